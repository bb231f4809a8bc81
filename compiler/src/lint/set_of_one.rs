//! A set of one member.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Expr, ExprKind, Quantifier};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0833",
        name: "set-of-one",
        level: Level::Advice,
        summary: "a set of one member",
        why: "A set says how many of its members are needed. Of one member, that is the member itself.",
        bad: "query talk = \"acme\" and any [\"broken\"]\n",
        good: "query talk = \"acme\" and \"broken\"\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Set { quantifier, members } = &expr.kind else { return None };
    let [one] = members.as_slice() else { return None };
    let list = matches!(one.kind, ExprKind::Path(_));
    let own = site.text(one.span);
    let inner = if matches!(one.kind, ExprKind::Binary { .. }) { format!("({own})") } else { own.to_owned() };
    let text = match quantifier {
        Quantifier::Any => inner,
        Quantifier::All if !list => inner,
        Quantifier::None => format!("not {inner}"),
        _ => return None,
    };
    let place = site.at(expr.span);
    let told = LINT.told(place, "this set has one member").help(format!("write `{text}`"));
    Some(with(told, rewrite(site, expr, format!("write `{text}`"), Safety::Safe, &text)))
}
