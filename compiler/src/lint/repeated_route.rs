//! Two rows of one `route` with the same condition.
//! Only the author can mend it.

use mon_grammar::ast::{Playbook, PlaybookClauseKind, RouteRow};

use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0884",
        name: "repeated-route",
        level: Level::Warning,
        summary: "two routes ask for the same",
        why: "In `route first` the second one is never reached, in `route also` it adds nothing new. Mostly a value was left to change.",
        bad: r#"/// Who hears of it.
playbook desk {
  route first {
    when severity is high to team legal
    when severity is high to team press
    otherwise to team care
  }
  notify {
    high   by slack, email at once
    medium by slack after 5m
  }
}

/// Phones that fail.
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
"#,
        good: r#"/// Who hears of it.
playbook desk {
  route first {
    when severity is high to team legal
    otherwise to team care
  }
  notify {
    high   by slack, email at once
    medium by slack after 5m
  }
}

/// Phones that fail.
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
"#,
    },
    fix: None,
    look: Look::Playbook(find),
};

fn find(site: &Site<'_>, playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    for clause in &playbook.clauses {
        let PlaybookClauseKind::Route { first, rows } = &clause.kind else { continue };
        let mut seen: Vec<(String, &RouteRow)> = Vec::new();
        for row in rows {
            let Some(when) = &row.when else { continue };
            let text = site.text(when.span).split_whitespace().collect::<Vec<_>>().join(" ");
            let same = |known: &&(String, &RouteRow)| known.0 == text && (*first || known.1.team.text == row.team.text);
            let Some((_, earlier)) = seen.iter().find(same) else {
                seen.push((text, row));
                continue;
            };
            let told = LINT
                .told(site.at(row.span), "an earlier row asks for the same")
                .label(site.at(earlier.span), "stands here first")
                .help("take one out, or ask for what was meant");
            found.push(told);
        }
    }
}
