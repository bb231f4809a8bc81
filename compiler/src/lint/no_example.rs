//! A monitor that raises alerts and shows no post that it takes.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0872",
        name: "no-example",
        level: Level::Advice,
        summary: "a monitor that raises alerts has no `example yes`",
        why: "An example is checked at each change. Without one, a slip that makes the monitor blind is seen by nobody.",
        bad: r#"/// Phones that fail.
monitor outage {
  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
  follow playbook desk
  owner  "press desk"
  example no  "acme opens a shop"
}

playbook desk {
  route first { otherwise to team care }
  notify {
    high   by slack at once
    medium by email at once
  }
}
"#,
        good: r#"/// Phones that fail.
monitor outage {
  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
  follow playbook desk
  owner  "press desk"
  example yes "my acme is broken"
  example no  "acme opens a shop"
}

playbook desk {
  route first { otherwise to team care }
  notify {
    high   by slack at once
    medium by email at once
  }
}
"#,
    },
    fix: None,
    look: Look::Monitor(find),
};

fn find(_: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    if watch.plan.alert.is_some() && !watch.plan.examples.iter().any(|example| example.expected) {
        let told = LINT.told(watch.plan.place, format!("`{}` shows no post that it takes", watch.plan.name));
        found.push(told.help("add a line such as `example yes \"my acme is broken\"`"));
    }
}
