//! A comparison with the end of what a field holds, which is true of all values or of none.
//! Its fix changes what the rule takes.

use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind};
use mon_post::{FieldId, FieldType};

use super::site::fix;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0840",
        name: "edge-of-range",
        level: Level::Warning,
        summary: "a comparison that every value meets, or none",
        why: "An account never has fewer than 0 followers. Such a test only asks whether the number is told at all.",
        bad: "query talk = \"acme\" and author.followers >= 0\n",
        good: "query talk = \"acme\" and exists author.followers\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op: BinaryOp::Compare(op), left, right, .. } = &expr.kind else { return None };
    let ExprKind::Path(path) = &left.kind else { return None };
    let field = mon_post::find(&path.dotted()).and_then(FieldId::get).filter(|_| !site.measure)?;
    let number = number(right)?;
    #[expect(clippy::cast_precision_loss, reason = "an end of the range may be off by its last digit")]
    let (low, high) = match field.ty {
        FieldType::Integer { min, max } => (min as f64, max as f64),
        FieldType::Decimal { min, max } => (min, max),
        _ => return None,
    };
    let always = match op {
        CompareOp::Ge if number <= low => true,
        CompareOp::Le if number >= high => true,
        CompareOp::Lt if number <= low => false,
        CompareOp::Gt if number >= high => false,
        _ => return None,
    };
    let place = site.at(expr.span);
    let name = site.text(left.span);
    let end = if number <= low { low } else { high };
    if !always {
        let told = LINT.told(place, format!("no post meets this: `{name}` is never beyond {end}"));
        return Some(told.help("compare with a figure that tells posts apart"));
    }
    let told = LINT
        .told(place, format!("every post that tells `{name}` meets this"))
        .help(format!("`exists {name}` says so; otherwise compare with a figure that tells posts apart"));
    Some(told.fix(fix(format!("write `exists {name}`"), Safety::ChangesMeaning, place, format!("exists {name}"))))
}

fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number { value, .. } => Some(*value),
        ExprKind::Negate(inner) => number(inner).map(|value| -value),
        _ => None,
    }
}
