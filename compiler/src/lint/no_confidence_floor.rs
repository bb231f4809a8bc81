//! A test of what a model guessed, without saying how sure the model must be.
//! Its fix changes what the rule takes.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};
use mon_post::FieldId;

use super::site::fix;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0841",
        name: "no-floor",
        level: Level::Advice,
        summary: "a model's guess is tested, however unsure the model was",
        why: "A model gives a mood to every post, also where it can't tell. `@ 70%` leaves out guesses that it was less sure of.",
        bad: "query talk = \"acme\" and sentiment <= -0.3\n",
        good: "query talk = \"acme\" and sentiment <= -0.3 @ 70%\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Compare(_), left, .. } = &expr.kind else { return None };
    let ExprKind::Path(path) = &left.kind else { return None };
    let field = mon_post::find(&path.dotted()).and_then(FieldId::get)?;
    if !field.modelled || site.measure || site.floored {
        return None;
    }
    let (place, text) = (site.at(expr.span), site.text(expr.span));
    let told = LINT
        .told(place, format!("`{}` is a model's guess, and this takes also what it was unsure of", field.name))
        .help(format!("say how sure it must be: `{text} @ 70%`"));
    let text = format!("{text} @ 70%");
    Some(told.fix(fix(format!("write `{text}`"), Safety::ChangesMeaning, place, text)))
}
