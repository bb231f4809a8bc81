//! Brackets around one word or name, or around brackets.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Expr, ExprKind};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0831",
        name: "idle-brackets",
        level: Level::Advice,
        summary: "brackets that hold one thing",
        why: "Brackets say what belongs together. Around one word, or around other brackets, they say nothing.",
        bad: "query talk = (\"acme\") and ((\"broken\" or \"refund\"))\n",
        good: "query talk = \"acme\" and (\"broken\" or \"refund\")\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Group(members) = &expr.kind else { return None };
    let [one] = members.as_slice() else { return None };
    let (place, text) = (site.at(expr.span), site.text(one.span));
    let alone = matches!(
        one.kind,
        ExprKind::Term(_) | ExprKind::Path(_) | ExprKind::Group(_) | ExprKind::Set { .. } | ExprKind::Call { .. }
    );
    if !alone {
        return None;
    }
    let told = LINT.told(place, "these brackets hold one thing").help("leave them out");
    Some(with(told, rewrite(site, expr, "leave the brackets out", Safety::Safe, text)))
}
