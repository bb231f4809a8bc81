//! Signs that nobody sees inside a term: spaces of no width, marks of direction, soft hyphens.
//! Its fix keeps the meaning.

use super::row::read;
use super::site::{fix, quoted, with};
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0801",
        name: "invisible-signs",
        level: Level::Warning,
        summary: "a term holds signs that nobody sees",
        why: "They come along when a word is copied from a web page or a chat. They are not looked for, and whoever edits the term later wonders why two equal words are not equal.",
        bad: "query talk = \"ac\u{200b}me\" and \"broken\"\n",
        good: "query talk = \"acme\" and \"broken\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = &written.term.text;
    let sign = text.chars().find(|c| is_invisible(*c))?;
    let place = site.at(written.expr.span);
    let clean: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let told = LINT
        .told(place, "this term holds a sign that nobody sees")
        .label(place, format!("U+{:04X} stands in it", u32::from(sign)))
        .help("write the term anew, without it");
    let mut changed = written.term.clone();
    changed.text.clone_from(&clean);
    let same = written.is_plain() && read(&changed) == read(written.term);
    let fix = quoted(&clean).filter(|_| same).map(|text| fix("write it without the sign", Safety::Safe, place, text));
    Some(with(told, fix))
}

/// Joiners stay: emoji and some scripts are written with them.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{180e}' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}
