//! A higher severity that is told later than a lower one.
//! Only the author can mend it.

use mon_grammar::ast::{NotifyRow, Playbook, PlaybookClauseKind, Timing};

use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Severity;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0880",
        name: "later-when-worse",
        level: Level::Warning,
        summary: "a worse alert is told later",
        why: "Whoever hears of the small things at once and of the large ones in ten minutes hears of them in the wrong order. Mostly two rows were mixed up.",
        bad: r#"/// Who hears of it.
playbook desk {
  route first { otherwise to team care }
  notify {
    high   by slack after 10m
    medium by slack at once
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
    fix: None,
    look: Look::Playbook(find),
};

fn find(site: &Site<'_>, playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let rows = notify(playbook);
    for row in rows {
        let (Some(level), Some(wait)) = (Severity::find(&row.level.text), wait(&row.timing)) else { continue };
        let lower = |other: &&NotifyRow| {
            let faster = self::wait(&other.timing).is_some_and(|other| other < wait);
            faster && Severity::find(&other.level.text).is_some_and(|other| other < level)
        };
        let Some(other) = rows.iter().find(lower) else { continue };
        let told = LINT
            .told(site.at(row.span), format!("`{}` is told later than `{}`", row.level.text, other.level.text))
            .label(site.at(other.span), "told earlier")
            .help("let the worse alert be told first");
        found.push(told);
    }
}

pub(super) fn notify(playbook: &Playbook) -> &[NotifyRow] {
    let rows = playbook.clauses.iter().find_map(|clause| match &clause.kind {
        PlaybookClauseKind::Notify(rows) => Some(rows.as_slice()),
        _ => None,
    });
    rows.unwrap_or_default()
}

const fn wait(timing: &Timing) -> Option<i64> {
    match timing {
        Timing::AtOnce => Some(0),
        Timing::After(wait) => Some(wait.micros),
        _ => None,
    }
}
