//! A word, or a regular expression, that nearly every post has, where nothing narrows it.
//! Only the author can mend it.

use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::matching::regex;
use mon_grammar::ast::TermForm;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0808",
        name: "stop-word",
        level: Level::Advice,
        summary: "a word that nearly every post of its language has",
        why: "Taken alone, it brings every post of that language. As part of a phrase, or with `and`, it does no harm. The same holds for a regular expression that any letter meets.",
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

/// Short posts that have no letter in common: what is found in all of them is found nearly everywhere.
const SHORT: [&str; 6] = ["ok", "hm", "why", "lol", "ja", "si"];

/// A regular expression that asks for hardly anything, such as `/[a-z]+/`.
fn any_post(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let term = written.term;
    if term.form != TermForm::Regex || site.narrowed || site.excluded || site.positional {
        return None;
    }
    let found = regex(&term.text).ok()?;
    if !SHORT.iter().all(|post| found.is_match(post)) {
        return None;
    }
    let message = format!("nearly every post has what `/{}/` looks for", term.text.replace('/', "\\/"));
    let told = LINT.told(site.at(written.expr.span), message);
    Some(told.help("say more of what is meant, such as `/crash[a-z]+/`, or join it with `and` or `near`"))
}

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    if let Some(told) = any_post(site, written) {
        return Some(told);
    }
    if !is_found(site, written) {
        return None;
    }
    let word = written.term.text.trim().to_lowercase();
    let place = site.at(written.expr.span);
    let told = LINT.told(place, format!("nearly every post of its language has `{word}`"));
    Some(told.help("write the phrase that is meant, or join it with `and` or `near`"))
}
