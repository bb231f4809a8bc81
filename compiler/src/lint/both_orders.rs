//! `a then/5 b or b then/5 a`, which is `a near/5 b`.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use super::site::{is_written, rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0853",
        name: "both-orders",
        level: Level::Advice,
        summary: "both orders of two words are listed",
        why: "`near` takes either order, and is read at once.",
        bad: "query talk = \"acme\" then/8 \"recall\" or \"recall\" then/8 \"acme\"\n",
        good: "query talk = \"acme\" near/8 \"recall\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Or, left, right, .. } = &expr.kind else { return None };
    let (first, second) = (then(site, left)?, then(site, right)?);
    let same =
        |one: &Expr, other: &Expr| site.text(one.span).split_whitespace().eq(site.text(other.span).split_whitespace());
    if first.0 != second.0 || !same(first.1, second.2) || !same(first.2, second.1) {
        return None;
    }
    let place = site.at(expr.span);
    let text = format!("{} near/{} {}", site.text(first.1.span), first.0, site.text(first.2.span));
    let told = LINT.told(place, "both orders are listed, each for itself").help("`near` takes either order");
    Some(with(told, rewrite(site, expr, format!("write `near/{}`", first.0), Safety::ChangesMeaning, &text)))
}

fn then<'e>(site: &Site<'_>, expr: &'e Expr) -> Option<(u32, &'e Expr, &'e Expr)> {
    match &expr.kind {
        // A distance that a parameter says holds 0 in the tree.
        ExprKind::Binary { op: BinaryOp::Then(gap), op_span, left, right } if is_written(site, *op_span) => {
            Some((*gap, left, right))
        }
        ExprKind::Group(members) => match members.as_slice() {
            [one] => then(site, one),
            _ => None,
        },
        _ => None,
    }
}
