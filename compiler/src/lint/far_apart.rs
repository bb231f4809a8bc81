//! A distance of more than 30 words, which most posts are shorter than.
//! Only the author can mend it.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0850",
        name: "far-apart",
        level: Level::Advice,
        summary: "a distance that is longer than most posts",
        why: "Most posts have fewer words than that, so `near` finds what `and` finds. In long texts the two have nothing to do with each other at such a distance.",
        bad: "query talk = \"acme\" near/60 \"broken\"\n",
        good: "query talk = \"acme\" near/10 \"broken\"\n",
    },
    fix: None,
    look: Look::Expr(find),
};

/// Words of two sentences.
const WORDS_MAX: u32 = 30;

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Near(gap) | BinaryOp::Then(gap), op_span, .. } = &expr.kind else {
        return None;
    };
    if *gap <= WORDS_MAX {
        return None;
    }
    let told = LINT.told(site.at(*op_span), format!("{gap} words lie between what belongs together"));
    Some(told.help("within a sentence `near/8` to `near/15` finds most; `and` does not ask for a distance"))
}
