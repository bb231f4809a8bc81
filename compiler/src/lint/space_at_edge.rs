//! Spaces at the beginning or end of a term, or several in a row.
//! Its fix keeps the meaning.

use super::row::read;
use super::site::{fix, quoted, with};
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0804",
        name: "space-at-edge",
        level: Level::Warning,
        summary: "a term begins or ends with a space, or holds two in a row",
        why: "Spaces are not looked for. Words are always found whole, so nothing has to keep them apart from longer ones.",
        bad: "query talk = \" acme \" and \"broken\"\n",
        good: "query talk = \"acme\" and \"broken\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = &written.term.text;
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !written.is_plain() || clean == *text || clean.is_empty() {
        return None;
    }
    let place = site.at(written.expr.span);
    let told = LINT
        .told(place, "spaces at the edge of a term, or several in a row, are not looked for")
        .help("a word is never found inside a longer one; the spaces can go");
    let mut changed = written.term.clone();
    changed.text.clone_from(&clean);
    let same = read(&changed) == read(written.term);
    let fix = quoted(&clean).filter(|_| same).map(|text| fix(format!("write `{text}`"), Safety::Safe, place, text));
    Some(with(told, fix))
}
