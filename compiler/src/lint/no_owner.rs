//! A monitor that raises alerts and belongs to nobody.
//! Only the author can mend it.

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0870",
        name: "no-owner",
        level: Level::Advice,
        summary: "a monitor that raises alerts has no owner",
        why: "When it wakes people for nothing, somebody has to be asked. `owner` says who.",
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
    let owner = watch.plan.owner.as_deref().map(str::trim);
    if watch.plan.alert.is_none() || owner.is_some_and(|owner| !owner.is_empty()) {
        return;
    }
    let told = LINT.told(watch.plan.place, format!("nobody is named who keeps `{}`", watch.plan.name));
    found.push(told.help(match owner {
        None => "add a line such as `owner \"press desk\"`",
        Some(_) => "its `owner` is empty: write who it is, such as `owner \"press desk\"`",
    }));
}
