//! An alert without any hold: it opens and closes with every swing around its threshold.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0863",
        name: "flapping",
        level: Level::Advice,
        summary: "an alert begins and ends at the same figure, at once",
        why: "When the figure swings around the threshold, each swing is an incident with its messages. A lower threshold to clear, or a time, makes one of them.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25
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
    let Some((_, alert)) = watch.alert() else { return };
    if watch.asks_for_no_posts() {
        return;
    }
    // A session raises its incident once and takes no time to clear.
    if watch.plan.window.is_some_and(|window| window.borders.incident_micros().is_some()) {
        return;
    }
    if alert.hold.is_none() && alert.clear.is_none() && alert.clear_hold.is_none() {
        let told = LINT.told(site.at(alert.when.span), "each swing around this figure is an incident of its own");
        found.push(told.help("add a lower figure at which it ends: `clear when … for 10m`"));
    }
}
