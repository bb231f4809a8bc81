//! Two members that differ only in case, accents or another sign that is folded away.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use super::row::Cover;
use super::site::with;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0824",
        name: "same-when-folded",
        level: Level::Advice,
        summary: "two terms differ only in what is not looked at",
        why: "Case and accents make no difference: `\"resume\"` finds \"résumé\" and the other way round. Where the two mean different things, the row brings both.",
        bad: "query talk = \"resume\" or \"Résumé\"\n",
        good: "query talk = \"resume\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    for (at, member) in row.members.iter().enumerate() {
        let Some(Cover::Same(by)) = member.cover else { continue };
        let Some(other) = row.members.get(by) else { continue };
        // Equal ones are told as repeated.
        if member.term == other.term {
            continue;
        }
        let (place, own, first) = (site.at(member.expr.span), site.text(member.expr.span), site.text(other.expr.span));
        let told = LINT
            .told(place, format!("`{own}` looks for the same as `{first}`"))
            .label(site.at(other.expr.span), "the same, since case, accents and signs make no difference")
            .help("take one out; where they mean different things, `exact` keeps them apart");
        found.push(with(told, row.without(site, at)));
    }
}
