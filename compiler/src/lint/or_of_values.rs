//! Tests of one field for single values, joined by `or`.
//! Its fix keeps the meaning.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind};
use mon_post::{FieldId, FieldType};

use super::site::{rewrite, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0845",
        name: "or-of-values",
        level: Level::Advice,
        summary: "one field is compared with several values, each for itself",
        why: "`lang in [en, de]` says it at once, and needs no brackets beside an `and`.",
        bad: "query talk = \"acme\" and (lang is en or lang is de)\n",
        good: "query talk = \"acme\" and lang in [en, de]\n",
    },
    fix: Some(Safety::Safe),
    look: Look::Expr(find),
};

fn find(site: &Site<'_>, expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Group(members) = &expr.kind else { return None };
    let [one] = members.as_slice() else { return None };
    let mut values = Vec::new();
    let mut field = None;
    collect(site, one, &mut field, &mut values)?;
    let (field, true) = (field?, values.len() > 1) else { return None };
    let place = site.at(expr.span);
    let text = format!("{field} in [{}]", values.join(", "));
    let told =
        LINT.told(place, format!("`{field}` is compared {} times", values.len())).help(format!("write `{text}`"));
    Some(with(told, rewrite(site, expr, format!("write `{text}`"), Safety::Safe, &text)))
}

/// The values that a row of `or` compares one field with; None where it says anything else.
fn collect<'a>(site: &Site<'a>, expr: &Expr, field: &mut Option<&'a str>, values: &mut Vec<&'a str>) -> Option<()> {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
            collect(site, left, field, values)?;
            collect(site, right, field, values)
        }
        ExprKind::Binary { op: BinaryOp::Is, left, right, .. } => {
            let ExprKind::Path(path) = &left.kind else { return None };
            let known = mon_post::find(&path.dotted()).and_then(FieldId::get)?;
            let own = site.text(left.span);
            let same = field.is_none_or(|field| field == own);
            let words = matches!(known.ty, FieldType::Enum(_) | FieldType::Language | FieldType::Country);
            if !same || !words || !matches!(right.kind, ExprKind::Path(_)) {
                return None;
            }
            *field = Some(own);
            values.push(site.text(right.span));
            Some(())
        }
        _ => None,
    }
}
