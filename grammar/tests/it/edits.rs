//! A document after any edits is what its text read anew gives.

use std::fmt::Write as _;

use mon_grammar::{Document, parse};
use proptest::prelude::*;

use crate::generated::Dice;
use crate::samples;

/// What people and their editors put in: letters, brackets one by one, whole items, things that change how the rest is read.
const PIECES: &[&str] = &[
    "a",
    " ",
    "\n",
    "\"",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "/",
    "//",
    "///",
    "// why\n",
    "=",
    ",",
    "@",
    "#",
    "\\",
    "💥",
    "é",
    "”",
    "~1",
    "5m",
    "monitor m {",
    "monitor",
    "terms t = \"x\"\n",
    "query q = ",
    "playbook p {\n}\n",
    "test m \"t\" {",
    "use \"a.mon\"\n",
    "dates d = 2026-12-24\n",
    " and ",
    " near/5 ",
    "not ",
    "match ",
    "alert when ",
    "  }\n",
    "/// says\n",
    "\"phrase\"",
    "near/",
    "qury x = \"y\"\n",
    "severity {",
];

/// The example file, some more items, and what an earlier edit left.
fn first_text() -> String {
    let mut text = samples::FIRST_FILE.to_owned();
    for number in 0..8 {
        let _ = write!(
            text,
            "\n/// The {number}th.\nquery q{number} = \"a{number}\" near/3 \"b\" or /x{number}/ // so\n\nmonitor m{number} {{\n  match q{number}\n  window tumble 5m\n}}\n"
        );
    }
    text
}

fn ten_thousand_edits(seed: u64) {
    let mut dice = Dice(seed);
    let mut document = Document::new(first_text());
    for number in 0..10_000 {
        // A text that is mostly broken teaches little, and one that has grown long takes long.
        if number % 250 == 0 {
            document = Document::new(first_text());
        }
        let before = document.source().len();
        let start = dice.roll(before + 1);
        let length = [0, 0, 0, 1, 1, 3, 30, 200].get(dice.roll(8)).copied().unwrap_or(0);
        let new = if dice.roll(4) == 0 { "" } else { dice.pick(PIECES) };
        document.edit(start..start + length, new);
        let full = parse(document.source());
        assert_eq!(
            **document.tree(),
            full,
            "edit {number}: {start}..{} by {new:?} in\n{}",
            start + length,
            document.source()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::with_cases(1) })]

    #[test]
    fn ten_thousand_edits_each_equal_a_full_reading(seed in 1_u64..) {
        ten_thousand_edits(seed);
    }
}

#[test]
fn an_edit_that_opens_and_closes_something_far_away_is_seen() {
    let mut document = Document::new(first_text());
    for (find, new) in [
        ("terms failure", "\"terms failure"),
        ("\"terms", "/*terms"),
        ("monitor m3 {", "monitor m3 "),
        ("match q3", "}} match q3"),
    ] {
        let at = document.source().find(find).unwrap();
        document.edit(at..at + find.len(), new);
        assert_eq!(**document.tree(), parse(document.source()), "{new}");
    }
}

#[test]
fn places_outside_the_text_and_inside_a_character_do_no_harm() {
    let mut document = Document::new("terms a = \"é\"");
    document.edit(12..12, "x");
    assert_eq!(&**document.source(), "terms a = \"xé\"");
    document.edit(100..200, "\nterms b = a");
    assert_eq!(document.tree().items.len(), 2);
    #[expect(clippy::reversed_empty_ranges, reason = "what a confused client may send")]
    document.edit(5..2, "");
    assert_eq!(**document.tree(), parse(document.source()));
}
