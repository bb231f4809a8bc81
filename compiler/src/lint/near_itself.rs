//! A distance between a term and itself, or a longer phrase that holds it.
//! Only the author can mend it.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};

use super::cover::fits;
use super::row::read;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::TokenPattern;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0851",
        name: "near-itself",
        level: Level::Warning,
        summary: "both sides of a distance are found in the same words",
        why: "Two places are needed that do not overlap: the post has to say the word twice. Mostly another word was meant on one side.",
        bad: "query talk = \"acme phone*\" near/5 \"acme\"\n",
        good: "query talk = \"acme phone*\" near/5 \"broken\"\n",
    },
    fix: None,
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Near(_) | BinaryOp::Then(_), left, right, .. } = &expr.kind else {
        return None;
    };
    let (ExprKind::Term(first), ExprKind::Term(second)) = (&left.kind, &right.kind) else { return None };
    let (first, second) = (read(first), read(second));
    let holds = |narrow: &[Vec<TokenPattern>], wide: &[Vec<TokenPattern>]| {
        let inside = |row: &Vec<TokenPattern>| {
            wide.iter().any(|wide| (0..row.len()).any(|from| row.get(from..).is_some_and(|rest| fits(wide, rest))))
        };
        !narrow.is_empty() && narrow.iter().all(inside)
    };
    if !holds(&first, &second) && !holds(&second, &first) {
        return None;
    }
    let (own, other) = (site.text(left.span), site.text(right.span));
    let message = if own == other {
        format!("this needs `{own}` twice in the text")
    } else {
        format!("`{own}` and `{other}` are found in the same words, and each needs words of its own")
    };
    Some(
        LINT.told(site.at(expr.span), message)
            .help("write the other word that was meant; if it is meant so, `allow` it"),
    )
}
