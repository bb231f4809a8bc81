//! `not` of a `not`, which takes itself back.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Expr, ExprKind};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0830",
        name: "double-negation",
        level: Level::Warning,
        summary: "`not` stands before another `not`",
        why: "The two take each other back. It mostly comes from editing, and the reader has to count.",
        bad: "query talk = \"acme\" and not (not \"broken\")\n",
        good: "query talk = \"acme\" and \"broken\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Not(inner) = &expr.kind else { return None };
    let mut second: &Expr = inner;
    while let ExprKind::Group(members) = &second.kind {
        let [one] = members.as_slice() else { return None };
        second = one;
    }
    let ExprKind::Not(meant) = &second.kind else { return None };
    let place = site.at(expr.span);
    let text = match &meant.kind {
        ExprKind::Binary { .. } => format!("({})", site.text(meant.span)),
        _ => site.text(meant.span).to_owned(),
    };
    let told = LINT.told(place, "two `not`s take each other back").help("leave both out");
    Some(with(told, rewrite(site, expr, format!("write `{text}`"), Safety::Safe, &text)))
}
