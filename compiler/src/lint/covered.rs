//! A member that another one makes useless, such as `"crash*"` beside `"crashed*"`.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use super::row::Cover;
use super::site::with;
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0820",
        name: "covered-term",
        level: Level::Advice,
        summary: "a term that is found only where another one of the row is found",
        why: "It brings no post that the wider one does not bring. Often the wider one takes more than was meant.",
        bad: "query talk = \"crash*\" or \"crash landing*\"\n",
        good: "query talk = \"crash*\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    for (at, member) in row.members.iter().enumerate() {
        let Some(Cover::Part(by)) = member.cover else { continue };
        let Some(wide) = row.members.get(by) else { continue };
        let (place, own, other) = (site.at(member.expr.span), site.text(member.expr.span), site.text(wide.expr.span));
        let told = LINT
            .told(place, format!("`{own}` changes nothing beside `{other}`"))
            .label(site.at(wide.expr.span), "this is found wherever the other one is")
            .help("take it out, or write the wider one more narrowly");
        found.push(with(told, row.without(site, at)));
    }
}
