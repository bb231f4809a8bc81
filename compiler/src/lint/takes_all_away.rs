//! `and not` of a word that stands in all that is wanted.
//! Only the author can mend it.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind, Quantifier};

use super::cover::fits;
use super::row::{Join, read};
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::TokenPattern;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0834",
        name: "takes-all-away",
        level: Level::Warning,
        summary: "what is excluded stands in all that is wanted",
        why: "Every post with \"acme phone\" has \"acme\", so nothing is left. Often the exclusion was meant for a longer phrase.",
        bad: "query talk = \"acme phone*\" and not \"acme\"\n",
        good: "query talk = \"acme phone*\" and not \"acme radio\"\n",
    },
    fix: None,
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    if row.join != Join::All || site.measure {
        return;
    }
    let wanted = row.members.iter().filter(|member| !member.rows.is_empty());
    let excluded: Vec<(&Expr, Vec<Vec<TokenPattern>>)> =
        row.members.iter().flat_map(|member| excluded(member.expr)).collect();
    for want in wanted {
        let takes = |rows: &[Vec<TokenPattern>]| {
            let inside = |row: &Vec<TokenPattern>| {
                rows.iter().any(|wide| (0..row.len()).any(|from| row.get(from..).is_some_and(|rest| fits(wide, rest))))
            };
            want.rows.iter().all(inside)
        };
        // The checker tells of a term that is wanted and excluded itself.
        let same = |expr: &Expr| site.text(expr.span) == site.text(want.expr.span);
        let Some((unwanted, _)) = excluded.iter().find(|(expr, rows)| takes(rows) && !same(expr)) else { continue };
        let (own, other) = (site.text(want.expr.span), site.text(unwanted.span));
        let told = LINT
            .told(site.at(unwanted.span), format!("every post with `{own}` has `{other}`, which is excluded"))
            .label(site.at(want.expr.span), "wanted here")
            .help("exclude a longer phrase, or take the exclusion out");
        found.push(told);
    }
}

/// Terms that a member excludes, each alone enough to drop the post.
fn excluded(expr: &Expr) -> Vec<(&Expr, Vec<Vec<TokenPattern>>)> {
    let mut terms = Vec::new();
    let mut pending = match &expr.kind {
        ExprKind::Not(inner) => vec![&**inner],
        ExprKind::Set { quantifier: Quantifier::None, members } => members.iter().collect(),
        _ => return terms,
    };
    while let Some(next) = pending.pop() {
        match &next.kind {
            ExprKind::Term(term) => terms.push((next, read(term))),
            ExprKind::Group(members) | ExprKind::Set { quantifier: Quantifier::Any, members } => {
                pending.extend(members)
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => pending.extend([&**left, &**right]),
            _ => {}
        }
    }
    terms
}
