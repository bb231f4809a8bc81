//! A tag beside its own word, which finds the tag too.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use super::row::Cover;
use super::site::with;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0821",
        name: "tag-of-word",
        level: Level::Advice,
        summary: "a tag beside the word that finds it",
        why: "`\"acme\"` also finds the tag that is exactly that word, and `\"acme phone\"` finds `#acmephone`. A tag has to be written only where its word is not wanted.",
        bad: "query talk = \"acme\" or #acme\n",
        good: "query talk = \"acme\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    for (at, member) in row.members.iter().enumerate() {
        let Some(Cover::Tag(by)) = member.cover else { continue };
        let Some(word) = row.members.get(by) else { continue };
        let (place, own, other) = (site.at(member.expr.span), site.text(member.expr.span), site.text(word.expr.span));
        let told = LINT
            .told(place, format!("`{other}` finds the tag `{own}` too"))
            .label(site.at(word.expr.span), "a word finds its tag")
            .help("take the tag out");
        found.push(with(told, row.without(site, at)));
    }
}
