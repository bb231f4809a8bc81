//! `at least 1 of` and `at least n of` n members, which `any` and `all` say.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Expr, ExprKind, Quantifier};

use super::site::fix;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0832",
        name: "plain-count",
        level: Level::Advice,
        summary: "`at least` asks for one member, or for all",
        why: "`any [..]` and `all [..]` say the same, and stay right when a member is added.",
        bad: "query talk = at least 2 of [\"acme\", \"broken\"]\n",
        good: "query talk = all [\"acme\", \"broken\"]\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Set { quantifier: Quantifier::AtLeast(count), members } = &expr.kind else { return None };
    let word = match members.as_slice() {
        _ if *count == 1 => "any",
        // A list alone stands for its members.
        [one] if matches!(one.kind, ExprKind::Path(_)) => return None,
        all if all.len() == *count as usize => "all",
        _ => return None,
    };
    let whole = site.text(expr.span);
    let (head, members) = whole.split_once('[')?;
    let place = site.at(expr.span);
    let told = LINT.told(place, format!("`{}` is `{word}`", head.trim())).help(format!("write `{word} [..]`"));
    let text = format!("{word} [{members}");
    Some(told.fix(fix(format!("write `{word}`"), Safety::Safe, place, text)))
}
