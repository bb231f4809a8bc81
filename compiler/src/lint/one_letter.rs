//! A term of one letter, or a beginning of one or two letters with `*`.
//! Only the author can mend it.

use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0807",
        name: "one-letter",
        level: Level::Advice,
        summary: "a term of one letter, or a very short beginning with `*`",
        why: "It is found in far more posts than anybody can mean.",
        bad: "query talk = \"acme\" and \"a*\"\n",
        good: "query talk = \"acme\" and \"ac*\" near/3 \"phone\"\n",
    },
    fix: None,
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = written.term.text.trim();
    // Of a letter that is a word of nearly every post that lint says more.
    if super::stop_word::is_found(site, written) {
        return None;
    }
    if !written.is_plain() || written.words().len() > 1 || (site.positional && !text.ends_with('*')) {
        return None;
    }
    let (word, limit) = match text.strip_suffix('*') {
        Some(beginning) => (beginning, 2),
        None => (text, 1),
    };
    let letters = word.chars().count();
    let latin = word.chars().all(|c| c.is_alphabetic() && (c as u32) < 0x2000);
    if letters == 0 || letters > limit || !latin || (limit == 2 && site.narrowed && letters == 2) {
        return None;
    }
    let place = site.at(written.expr.span);
    let (message, help) = if limit == 2 {
        (format!("words that begin with `{word}` are far too many"), "write more of the beginning, or list the words")
    } else {
        (format!("`{word}` alone is found in very many posts"), "write the word that is meant, or a phrase around it")
    };
    Some(LINT.told(place, message).help(help))
}
