//! A row of `route also` to a team that is told in any case.
//! Only the author can mend it.

use mon_grammar::ast::{Playbook, PlaybookClauseKind};

use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0883",
        name: "told-already",
        level: Level::Advice,
        summary: "`route also` adds a team that is told anyway",
        why: "`route first` leads every alert to this team already, so the row adds nobody. Often another team was meant.",
        bad: r#"/// Who hears of it.
playbook desk {
  route first { otherwise to team care }
  route also { when severity >= high to team care }
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
  route first { otherwise to team care }
  route also { when severity >= high to team legal }
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
    let rows = |first: bool| {
        playbook.clauses.iter().filter_map(move |clause| match &clause.kind {
            PlaybookClauseKind::Route { first: kind, rows } if *kind == first => Some(rows),
            _ => None,
        })
    };
    let mut teams = rows(true).flatten();
    let Some(team) = teams.next() else { return };
    let whole = rows(true).flatten().any(|row| row.when.is_none());
    if !whole || teams.any(|row| row.team.text != team.team.text) {
        return;
    }
    for row in rows(false).flatten().filter(|row| row.team.text == team.team.text) {
        let told = LINT
            .told(site.at(row.span), format!("`{}` is told in any case", row.team.text))
            .label(site.at(team.span), "leads there already")
            .help("take it out, or name the team that was meant");
        found.push(told);
    }
}
