//! An alert on a share, an average or a ratio alone, which one post can raise.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::{Arithmetic, CompareOp, MeasureKind, MonitorPlan, ValueExpr};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0862",
        name: "share-of-few",
        level: Level::Advice,
        summary: "an alert looks at a share or an average, whatever it is of",
        why: "One angry post of one is 100 %. A share says something only of enough posts, so the alert needs a count beside it.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  measure angry  = count("angry")
  measure share_angry = share(angry of volume)
  alert when share_angry >= 0.4      for 2m
        clear when share_angry < 0.2  for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
        good: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  measure angry  = count("angry")
  measure share_angry = share(angry of volume)
  alert when share_angry >= 0.4 and voices >= 25 for 2m
        clear when share_angry < 0.2  for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
    },
    fix: None,
    look: Look::Monitor(find),
};

/// Whether one post can raise the alert.
pub(super) fn is_found(plan: &MonitorPlan) -> bool {
    // A pattern is raised by the few posts that make it.
    let counts = plan.steps.is_empty();
    counts && plan.alert.as_ref().is_some_and(|alert| !guarded(plan, &alert.when) && asks_level(plan, &alert.when))
}

fn find(_: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let Some((_, written)) = watch.alert() else { return };
    if !is_found(watch.plan) {
        return;
    }
    let place = crate::plan::Place { file: watch.plan.place.file, span: written.when.span };
    let told = LINT.told(place, "a single post can raise this alert");
    found.push(told.help("add how many posts or voices it takes, such as `and distinct(author.uid) >= 20`"));
}

/// Whether the condition asks for a number of posts, in each of its alternatives.
fn guarded(plan: &MonitorPlan, when: &ValueExpr) -> bool {
    match when {
        ValueExpr::Compare(CompareOp::Ge | CompareOp::Gt | CompareOp::Eq, left, _) => amount(plan, left),
        ValueExpr::And(parts) => parts.iter().any(|part| guarded(plan, part)),
        ValueExpr::Or(parts) => parts.iter().all(|part| guarded(plan, part)),
        _ => false,
    }
}

/// A measure that grows with each post.
fn amount(plan: &MonitorPlan, value: &ValueExpr) -> bool {
    match value {
        ValueExpr::Measure(at) => match plan.measures.get(*at as usize).map(|measure| &measure.kind) {
            Some(MeasureKind::Aggregate(aggregate)) => {
                let grows = [
                    "count",
                    "sum",
                    "approx_distinct",
                    "engagement",
                    "reach",
                    "top_count",
                    "stories",
                    "coordinated",
                    "new_values",
                ];
                grows.contains(&aggregate.function.as_str())
            }
            Some(MeasureKind::Derived(inner)) => amount(plan, inner),
            // More than usual is a number of posts where what is usual is one.
            Some(MeasureKind::History(history)) => amount(plan, &ValueExpr::Measure(history.of)),
            Some(MeasureKind::QValue(of)) => amount(plan, &ValueExpr::Measure(*of)),
            None => false,
        },
        // `rate()` is a count by the window's length.
        ValueExpr::Arithmetic(Arithmetic::Divide, left, right) => {
            amount(plan, left) && matches!(**right, ValueExpr::Number(_))
        }
        ValueExpr::Arithmetic(_, left, right) => amount(plan, left) || amount(plan, right),
        _ => false,
    }
}

/// Whether it compares a share, an average or another figure that one post can have.
fn asks_level(plan: &MonitorPlan, when: &ValueExpr) -> bool {
    match when {
        ValueExpr::Compare(_, left, _) => !amount(plan, left),
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter().any(|part| asks_level(plan, part)),
        _ => false,
    }
}
