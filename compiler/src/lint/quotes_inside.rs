//! Typographic quotes inside the quotes of a term.
//! Its fix keeps the meaning.

use super::row::read;
use super::site::{fix, quoted, with};
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0802",
        name: "quotes-inside",
        level: Level::Warning,
        summary: "a term has a second pair of quotes inside",
        why: "Quotes are not looked for. They come along when a query is pasted from a document or a mail.",
        bad: "query talk = \"“acme phone”\"\n",
        good: "query talk = \"acme phone\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Term(find),
};

const QUOTES: [char; 9] = ['“', '”', '„', '‟', '«', '»', '‹', '›', '＂'];

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = &written.term.text;
    if !written.is_plain() || !text.contains(QUOTES) {
        return None;
    }
    let place = site.at(written.expr.span);
    let clean = text.replace(QUOTES, "").trim().to_owned();
    let told = LINT.told(place, "quotes stand inside the quotes of this term").help("write it with one pair of quotes");
    let mut changed = written.term.clone();
    changed.text.clone_from(&clean);
    let same = read(&changed) == read(written.term);
    let fix = quoted(&clean).filter(|_| same).map(|text| fix(format!("write `{text}`"), Safety::Safe, place, text));
    Some(with(told, fix))
}
