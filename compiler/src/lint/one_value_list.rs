//! `in` with a list of one value.
//! Its fix keeps the meaning.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0843",
        name: "one-value-list",
        level: Level::Advice,
        summary: "`in` with a list of one value",
        why: "`is` says the same in fewer signs.",
        bad: "query talk = \"acme\" and lang in [en]\n",
        good: "query talk = \"acme\" and lang is en\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::In, left, right, .. } = &expr.kind else { return None };
    let ExprKind::List(values) = &right.kind else { return None };
    let [one] = values.as_slice() else { return None };
    let place = site.at(expr.span);
    let text = format!("{} is {}", site.text(left.span), site.text(one.span));
    let told = LINT.told(place, "this list has one value").help(format!("write `{text}`"));
    Some(with(told, rewrite(site, expr, format!("write `{text}`"), Safety::Safe, &text)))
}
