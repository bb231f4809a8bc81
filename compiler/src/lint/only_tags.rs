//! A list or row of tags alone: who writes the word without `#` is not found.
//! Only the author can mend it.

use mon_grammar::ast::TermForm;

use super::row::Join;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0826",
        name: "only-tags",
        level: Level::Advice,
        summary: "only tags, and none of their words",
        why: "A tag finds only the tag. Most people write the word; the word finds both.",
        bad: "query talk = #acmefail or #acmeburns\n",
        good: "query talk = \"acme fail\" or \"acme burns\"\n",
    },
    fix: None,
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    let tags = row.members.iter().all(|member| member.term.is_some_and(|term| term.form == TermForm::Tag));
    let (Some(first), Some(last)) = (row.members.first(), row.members.last()) else { return };
    if row.join == Join::Any && tags && row.members.len() > 1 && !site.excluded {
        let place = site.at(first.expr.span.to(last.expr.span));
        let told = LINT.told(place, "these tags find only those who write `#`");
        found.push(told.help("write the words: `\"acme fail\"` finds the words and the tag `#acmefail`"));
    }
}
