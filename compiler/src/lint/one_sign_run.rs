//! A single sign of a script without spaces, which stands inside many words.
//! Only the author can mend it.

use mon_text::Kind;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0809",
        name: "one-sign",
        level: Level::Advice,
        summary: "one sign of a script without spaces",
        why: "In Chinese, Japanese or Thai a term is found wherever its signs stand together. One sign stands in many words that have nothing to do with it.",
        bad: "query talk = \"火\"\n",
        good: "query talk = \"火災\"\n",
    },
    fix: None,
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let [token] = written.tokens.as_slice() else { return None };
    let text = written.term.text.trim();
    if !written.is_plain() || token.kind != Kind::Run || text.graphemes(true).count() != 1 {
        return None;
    }
    let place = site.at(written.expr.span);
    let told = LINT.told(place, format!("`{text}` stands inside many other words"));
    Some(told.help("write the word that is meant, of two signs or more"))
}
