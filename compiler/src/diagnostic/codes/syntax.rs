//! MON01xx: the grammar lists them with what they mean; here are the examples of their pages.

use std::sync::LazyLock;

use mon_grammar::SYNTAX_CODES;

use super::{Code, Level};

/// Number, one line, a file that raises it, the same file mended. Without a file: it is too large to show.
type Example = (&'static str, &'static str, &'static str, &'static str);

const EXAMPLES: &[Example] = &[
    (
        "MON0100",
        "something else is expected here",
        "monitor talk {\n  match \"acme\" and\n}\n",
        "monitor talk {\n  match \"acme\" and \"broken\"\n}\n",
    ),
    (
        "MON0101",
        "no item begins like this",
        "monitr talk {\n  match \"acme\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    (
        "MON0102",
        "no clause begins like this",
        "monitor talk {\n  matsch \"acme\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    (
        "MON0103",
        "a quote is not closed",
        "monitor talk {\n  match \"acme\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    ("MON0104", "quotes are curly", "monitor talk {\n  match “acme”\n}\n", "monitor talk {\n  match \"acme\"\n}\n"),
    ("MON0105", "a brace is not closed", "monitor talk {\n  match \"acme\"\n", "monitor talk {\n  match \"acme\"\n}\n"),
    (
        "MON0106",
        "a bracket closes nothing",
        "monitor talk {\n  match \"acme\")\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    (
        "MON0107",
        "a sign stands for a word",
        "monitor talk {\n  match \"acme\" && \"broken\"\n}\n",
        "monitor talk {\n  match \"acme\" and \"broken\"\n}\n",
    ),
    (
        "MON0108",
        "a single `=` compares nothing",
        "monitor talk {\n  match \"acme\" and likes = 5\n}\n",
        "monitor talk {\n  match \"acme\" and likes == 5\n}\n",
    ),
    (
        "MON0109",
        "a length of time has no unit",
        "monitor talk {\n  match \"acme\"\n  window tumble 5\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n}\n",
    ),
    (
        "MON0110",
        "a unit does not exist",
        "monitor talk {\n  match \"acme\"\n  window tumble 5min\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n}\n",
    ),
    ("MON0111", "something nests too deep", "", ""),
    (
        "MON0112",
        "a regular expression is not closed",
        "monitor talk {\n  match /acme\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    (
        "MON0113",
        "a backslash stands before a letter",
        "monitor talk {\n  match \"ac\\me\"\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n",
    ),
    (
        "MON0114",
        "a sign means nothing here",
        "monitor talk {\n  match \"acme\" ^ \"broken\"\n}\n",
        "monitor talk {\n  match \"acme\" and \"broken\"\n}\n",
    ),
    (
        "MON0115",
        "a bracket is not closed",
        "monitor talk {\n  match (\"acme\" or \"apex\"\n}\n",
        "monitor talk {\n  match (\"acme\" or \"apex\")\n}\n",
    ),
    (
        "MON0116",
        "a number is too large",
        "monitor talk {\n  match at least 99999999999 of [\"acme\", \"apex\"]\n}\n",
        "monitor talk {\n  match at least 2 of [\"acme\", \"apex\"]\n}\n",
    ),
    (
        "MON0117",
        "a set has round brackets",
        "monitor talk {\n  match any (\"acme\", \"apex\")\n}\n",
        "monitor talk {\n  match any [\"acme\", \"apex\"]\n}\n",
    ),
    ("MON0118", "a file is too large", "", ""),
    (
        "MON0119",
        "`near` has no distance",
        "monitor talk {\n  match \"acme\" near \"broken\"\n}\n",
        "monitor talk {\n  match \"acme\" near/5 \"broken\"\n}\n",
    ),
    (
        "MON0120",
        "`not` stands in the wrong place",
        "monitor talk {\n  match \"acme\" and lang is not en\n}\n",
        "monitor talk {\n  match \"acme\" and not lang is en\n}\n",
    ),
];

static CODES: LazyLock<[Code; SYNTAX_CODES.len()]> = LazyLock::new(|| {
    SYNTAX_CODES.map(|(id, name, why)| {
        let example = EXAMPLES.iter().find(|example| example.0 == id);
        let (_, summary, bad, good) = example.copied().unwrap_or((id, "the file cannot be read here", "", ""));
        Code { id, name, level: Level::Error, summary, why, bad, good }
    })
});

pub(super) fn all() -> &'static [Code] {
    &*CODES
}

/// The code of this number; the first and most general one for a number that the grammar does not list.
pub(super) fn find(id: &str) -> &'static Code {
    let [general, ..] = &*CODES;
    CODES.iter().find(|code| code.id == id).unwrap_or(general)
}
