//! A tag, handle or cashtag in quotes, which means the same without them.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Term, TermForm};
use mon_text::Kind;

use super::row::read;
use super::site::fix;
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0812",
        name: "quoted-sign",
        level: Level::Advice,
        summary: "a tag, handle or cashtag in quotes",
        why: "It means the same without them, and is read at once for what it is.",
        bad: "query talk = \"#acme\" and \"broken\"\n",
        good: "query talk = #acme and \"broken\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = written.term.text.as_str();
    let [token] = written.tokens.as_slice() else { return None };
    let form = match token.kind {
        Kind::Tag => TermForm::Tag,
        Kind::Handle => TermForm::Handle,
        Kind::Cash => TermForm::Cashtag,
        _ => return None,
    };
    let bare = Term { form, text: text.to_owned(), edits: None };
    let simple = text.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !written.is_plain() || !simple || read(&bare) != read(written.term) {
        return None;
    }
    let place = site.at(written.expr.span);
    let told = LINT.told(place, format!("`{text}` needs no quotes")).help("leave them out");
    Some(told.fix(fix(format!("write `{text}`"), Safety::Safe, place, text)))
}
