//! An alert on a number of posts in a monitor that never counts different authors.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::MeasureKind;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0868",
        name: "one-voice",
        level: Level::Advice,
        summary: "nothing counts how many people speak",
        why: "One account that posts a hundred times raises this alert alone. `distinct(author.uid)` counts voices.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()

  alert when volume >= 25       for 2m
        clear when volume < 10  for 10m
  severity { high when volume >= 80  medium otherwise }
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
    let Some((_, alert)) = watch.alert() else { return };
    if watch.asks_for_no_posts() {
        return;
    }
    // Where one post suffices, it is told that the alert asks for no number of anything.
    if super::share_of_few::is_found(watch.plan) {
        return;
    }
    let aggregates = || {
        watch.plan.measures.iter().filter_map(|measure| match &measure.kind {
            MeasureKind::Aggregate(plan) => Some(plan),
            MeasureKind::Derived(_) | MeasureKind::History(_) | MeasureKind::QValue(_) => None,
        })
    };
    let counts = aggregates().any(|plan| plan.function == "count" && !plan.distinct);
    let voices = aggregates().any(|plan| plan.distinct || plan.function == "approx_distinct");
    if counts && !voices {
        let told = LINT.told(site.at(alert.when.span), "one account alone can raise this alert");
        found.push(told.help("add `measure voices = distinct(author.uid)` and ask for some of them"));
    }
}
