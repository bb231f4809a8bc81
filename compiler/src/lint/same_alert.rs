//! Two monitors that look for the same and alert at the same figure.
//! Only the author can mend it.

use mon_grammar::ast::{ClauseKind, ItemKind, Monitor, Name};
use rustc_hash::FxHashMap;

use super::{Lint, Look, Rules};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0876",
        name: "same-alert",
        level: Level::Warning,
        summary: "two monitors raise the same alert",
        why: "Each crisis is told twice. Often one is a copy in which something was left to change.",
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

  example yes "my acme is broken"
  example no  "acme opens a shop"
}

/// Phones that fail, once more.
monitor failure {
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

/// Phones that fail, once more.
monitor failure {
  match  "acme" and "smoke"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
  follow playbook desk
  owner  "press desk"

  example yes "my acme smokes: smoke everywhere"
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
    look: Look::Folder(find),
};

fn find(rules: &Rules<'_>, found: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<String, &Name> = FxHashMap::default();
    let mut places: FxHashMap<&Name, u32> = FxHashMap::default();
    for (tree, file) in rules.trees.iter().zip(0..) {
        for item in &tree.items {
            let ItemKind::Monitor(monitor) = &item.kind else { continue };
            let Some(key) = key(rules, file, monitor) else { continue };
            places.insert(&monitor.name, file);
            let Some(other) = first.get(&key) else {
                first.insert(key, &monitor.name);
                continue;
            };
            let place = Place { file: places.get(other).copied().unwrap_or(file), span: other.span };
            let own = Place { file, span: monitor.name.span };
            let told = LINT
                .told(own, format!("`{}` raises the same alerts as `{}`", monitor.name.text, other.text))
                .label(place, "the same match, window and alert")
                .help("take one out, or let their matches differ");
            found.push(told);
        }
    }
}

/// What a monitor looks for, measures and alerts on, as it is written; None where it raises no alert.
fn key(rules: &Rules<'_>, file: u32, monitor: &Monitor) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut alerts = false;
    for clause in &monitor.clauses {
        alerts |= matches!(clause.kind, ClauseKind::Alert(_));
        if matches!(
            clause.kind,
            ClauseKind::Match(_)
                | ClauseKind::Window(_)
                | ClauseKind::Measure { .. }
                | ClauseKind::Alert(_)
                | ClauseKind::Group(_)
        ) {
            parts.push(rules.text(file, clause.span).split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    parts.sort();
    alerts.then(|| parts.join("\n"))
}
