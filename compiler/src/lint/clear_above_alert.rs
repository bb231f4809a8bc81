//! `clear when` that already holds while the alert does.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::{CompareOp, ValueExpr};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0865",
        name: "clear-above-alert",
        level: Level::Warning,
        summary: "`clear when` holds while the alert still does",
        why: "Between the two figures the incident is opened and cleared in turn. The figure that clears lies on the calm side of the one that alerts.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 100 for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
        good: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
    },
    fix: None,
    look: Look::Monitor(find),
};

fn find(site: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let Some((_, written)) = watch.alert() else { return };
    let Some(alert) = &watch.plan.alert else { return };
    let (Some(clear), Some(clear_at)) = (&alert.clear, &written.clear) else { return };
    let pairs =
        || parts(&alert.when).iter().flat_map(|when| parts(clear).iter().filter_map(|clear| overlap(when, clear)));
    // Where one measure cannot meet both, the two never hold together.
    if pairs().any(|both| both) && pairs().all(|both| both) {
        let told = LINT
            .told(site.at(clear_at.span), "this holds already while the alert does")
            .label(site.at(written.when.span), "the alert")
            .help("clear at a figure on the calm side of the one that alerts");
        found.push(told);
    }
}

fn parts(value: &ValueExpr) -> &[ValueExpr] {
    match value {
        ValueExpr::And(parts) => parts,
        one => std::slice::from_ref(one),
    }
}

/// Whether one measure can meet both; None where they are about different ones.
fn overlap(when: &ValueExpr, clear: &ValueExpr) -> Option<bool> {
    let (ValueExpr::Compare(a, left, x), ValueExpr::Compare(b, same, y)) = (when, clear) else { return None };
    let (ValueExpr::Number(x), ValueExpr::Number(y)) = (&**x, &**y) else { return None };
    match (a, b) {
        _ if left != same => None,
        (CompareOp::Ge | CompareOp::Gt, CompareOp::Lt | CompareOp::Le) => Some(y > x),
        (CompareOp::Le | CompareOp::Lt, CompareOp::Gt | CompareOp::Ge) => Some(y < x),
        _ => None,
    }
}
