//! The same example twice in one monitor.
//! Its fix keeps the meaning.

use mon_grammar::ast::{Clause, ClauseKind};

use super::site::fix;
use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0874",
        name: "same-example",
        level: Level::Warning,
        summary: "an example stands twice in one monitor",
        why: "The second one tests nothing new; often another text was meant.",
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
  example yes "my acme is broken"
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
    fix: Some(Safety::Safe),
    look: Look::Monitor(find),
};

fn find(site: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&str, bool, &Clause)> = Vec::new();
    for clause in &watch.monitor.clauses {
        let ClauseKind::Example { expected, text, .. } = &clause.kind else { continue };
        let Some((_, _, first)) = seen.iter().find(|(known, answer, _)| known == text && answer == expected) else {
            seen.push((text, *expected, clause));
            continue;
        };
        let place = site.at(clause.span);
        let told = LINT
            .told(place, "this example stands here twice")
            .label(site.at(first.span), "stands here first")
            .help("take one out, or write the text that was meant");
        found.push(told.fix(fix("take it out", Safety::Safe, place, "")));
    }
}
