//! A severity row that every alert meets, so that later rows wait for nothing.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::check::implies;
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0866",
        name: "weak-severity",
        level: Level::Advice,
        summary: "a severity row asks for less than the alert",
        why: "Every alert opens with this row: it holds wherever the alert holds. The rows below it are reached only while the figure falls.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 10  medium otherwise }
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
    let Some(alert) = &watch.plan.alert else { return };
    for (row, plan) in watch.severity().iter().zip(&watch.plan.severity) {
        let (Some(written), Some(when)) = (&row.when, &plan.when) else { return };
        if implies(&alert.when, when) {
            let told = LINT
                .told(site.at(written.span), format!("every alert begins as `{}`", plan.level.name()))
                .label(site.at(row.level.span), "this row holds wherever the alert does")
                .help("ask for more than the alert does, or make it the `otherwise` row");
            found.push(told);
            return;
        }
    }
}
