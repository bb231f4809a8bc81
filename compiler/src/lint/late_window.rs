//! A window that waits longer for late posts than it is long.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::check::length;
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0860",
        name: "late-window",
        level: Level::Advice,
        summary: "a window waits longer than it is long",
        why: "Every result comes that much later. With a wait longer than the window, an alert is about a time that is over.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window tumble 1m, late 5m

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
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
    let (Some(plan), Some(window)) = (&watch.plan.window, watch.window()) else { return };
    let Some(shortest) = plan.borders.shortest_micros() else { return };
    let Some(late) = window.late.filter(|_| plan.late_micros > shortest) else { return };
    let (waits, size) = (length(plan.late_micros), length(shortest));
    let told = LINT.told(site.at(late.span), format!("a window of {size} waits {waits} for late posts"));
    found.push(
        told.help("wait as long as the slowest source needs, mostly less than a minute; or make the window longer"),
    );
}
