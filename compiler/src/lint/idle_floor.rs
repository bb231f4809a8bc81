//! A confidence of 0 %, which asks for nothing, or of 100 %, which no model has.
//! Its fix changes what the rule takes.

use mon_grammar::ast::{Expr, ExprKind};

use super::site::fix;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0842",
        name: "idle-floor",
        level: Level::Warning,
        summary: "`@ 0%` or `@ 100%`",
        why: "Every guess has more than 0 %, so nothing is asked. Hardly any guess has 100 %, so nothing is left.",
        bad: "query talk = \"acme\" and sentiment <= -0.3 @ 100%\n",
        good: "query talk = \"acme\" and sentiment <= -0.3 @ 70%\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Confident { expr: inner, floor } = &expr.kind else { return None };
    let message = if *floor <= 0.0 {
        "`@ 0%` asks for nothing"
    } else if *floor >= 1.0 {
        "hardly any guess of a model is 100% sure"
    } else {
        return None;
    };
    let place = site.at(expr.span);
    let text = format!("{} @ 70%", site.text(inner.span));
    let told = LINT.told(place, message).help("70% is a good beginning");
    Some(told.fix(fix(format!("write `{text}`"), Safety::ChangesMeaning, place, text)))
}
