//! A word that nearly every post has, where nothing narrows it.
//! Only the author can mend it.

use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0808",
        name: "stop-word",
        level: Level::Advice,
        summary: "a word that nearly every post of its language has",
        why: "Taken alone, it brings every post of that language. As part of a phrase, or with `and`, it does no harm.",
        bad: "query talk = \"acme\" or \"the\"\n",
        good: "query talk = \"acme\" or \"the globex\"\n",
    },
    fix: None,
    look: Look::Term(find),
};

/// English, German, Spanish, French, Portuguese, Italian.
const WORDS: [&str; 63] = [
    "the", "a", "an", "and", "or", "of", "to", "in", "is", "it", "on", "at", "for", "with", "not", "this", "that",
    "be", "der", "die", "das", "und", "oder", "ist", "ein", "eine", "nicht", "mit", "von", "zu", "auf", "el", "la",
    "los", "las", "y", "o", "de", "en", "es", "un", "una", "con", "por", "que", "le", "les", "et", "ou", "est", "une",
    "avec", "pour", "os", "um", "uma", "com", "il", "gli", "e", "che", "di", "per",
];

/// Whether it is such a word.
pub(super) fn is_found(site: &Site<'_>, written: &Written<'_>) -> bool {
    let word = written.term.text.trim().to_lowercase();
    !(site.narrowed || site.excluded || site.positional) && written.is_plain() && WORDS.contains(&word.as_str())
}

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    if !is_found(site, written) {
        return None;
    }
    let word = written.term.text.trim().to_lowercase();
    let place = site.at(written.expr.span);
    let told = LINT.told(place, format!("nearly every post of its language has `{word}`"));
    Some(told.help("write the phrase that is meant, or join it with `and` or `near`"))
}
