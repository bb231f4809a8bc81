//! The same member twice in a row of `or`, `and` or a set.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use rustc_hash::FxHashMap;

use super::row::Join;
use super::site::with;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0823",
        name: "repeated-member",
        level: Level::Warning,
        summary: "the same member stands twice in a row",
        why: "The second one changes nothing; often another word was meant.",
        bad: "query talk = \"acme\" and (\"broken\" or \"refund\" or \"broken\")\n",
        good: "query talk = \"acme\" and (\"broken\" or \"refund\")\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    // The checker tells of terms that stand in a list twice.
    if row.whole.is_none() {
        return;
    }
    let mut first: FxHashMap<String, usize> = FxHashMap::default();
    for (at, member) in row.members.iter().enumerate() {
        let own = site.text(member.expr.span);
        let spaced: String = own.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some(earlier) = first.get(&spaced).and_then(|at| row.members.get(*at)) else {
            first.insert(spaced, at);
            continue;
        };
        // A distance takes two different places for the two.
        if site.positional && row.join == Join::All {
            continue;
        }
        let place = site.at(member.expr.span);
        let told = LINT
            .told(place, format!("`{own}` stands in this row twice"))
            .label(site.at(earlier.expr.span), "stands here first")
            .help("take one out, or write what was meant");
        found.push(with(told, row.without(site, at)));
    }
}
