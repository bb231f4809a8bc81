//! An alert without `severity`, which is always `medium`.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0869",
        name: "no-severity",
        level: Level::Advice,
        summary: "an alert does not say how bad it is",
        why: "Without `severity` every incident is `medium`, whether twenty people speak or twenty thousand.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
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
    let Some((clause, _)) = watch.alert() else { return };
    if watch.severity().is_empty() && !watch.extends() {
        let told = LINT.told(site.at(clause.span), "every incident of this monitor is `medium`");
        found.push(told.help("add `severity { high when …  medium otherwise }`"));
    }
}
