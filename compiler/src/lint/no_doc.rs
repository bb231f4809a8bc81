//! A monitor that raises alerts and does not say what they are about.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0871",
        name: "no-description",
        level: Level::Advice,
        summary: "a monitor that raises alerts has no description",
        why: "The lines with `///` above a monitor are shown with its alerts. Whoever is woken reads them first.",
        bad: r#"monitor outage {
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
    let silent = watch.item.doc.as_ref().is_none_or(|doc| doc.text.trim().is_empty());
    if watch.plan.alert.is_some() && silent {
        let told = LINT.told(watch.plan.place, format!("`{}` does not say what its alerts are about", watch.plan.name));
        found.push(told.help("add a line above it: `/// Many people say that their phone fails.`"));
    }
}
