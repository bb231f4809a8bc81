//! A row of `route first` right above `otherwise` that leads to the same team.
//! Its fix keeps the meaning.

use mon_grammar::Span;
use mon_grammar::ast::{Playbook, PlaybookClauseKind};

use super::site::{fix, with};
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0882",
        name: "idle-route",
        level: Level::Advice,
        summary: "a route leads where `otherwise` leads",
        why: "Whether it holds or not, that team is told. Often another team was meant.",
        bad: r#"/// Who hears of it.
playbook desk {
  route first {
    when severity >= high to team care
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
  route first { otherwise to team care }
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
    fix: Some(Safety::Safe),
    look: Look::Playbook(find),
};

fn find(site: &Site<'_>, playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    for clause in &playbook.clauses {
        let PlaybookClauseKind::Route { first: true, rows } = &clause.kind else { continue };
        let [.., row, last] = rows.as_slice() else { continue };
        if last.when.is_some() || row.when.is_none() || row.team.text != last.team.text {
            continue;
        }
        let place = site.at(row.span);
        let told = LINT
            .told(place, format!("this row leads to `{}`, and so does `otherwise`", row.team.text))
            .label(site.at(last.span), "the same team")
            .help("take it out, or name the team that was meant");
        // A comment between the rows would be lost.
        let bare = site.text(Span::new(place.span.end, last.span.start)).trim().is_empty();
        let upto = Place { file: site.file, span: Span::new(row.span.start, last.span.start) };
        found.push(with(told, bare.then(|| fix("take the row out", Safety::Safe, upto, ""))));
    }
}
