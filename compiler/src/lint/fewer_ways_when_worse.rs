//! A higher severity that leaves out a way by which a lower one is told.
//! Only the author can mend it.

use mon_grammar::ast::{Name, NotifyRow, Playbook};

use super::later_when_worse::notify;
use super::{Lint, Look, Site};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Severity;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0881",
        name: "fewer-ways-when-worse",
        level: Level::Advice,
        summary: "a worse alert is told by fewer ways",
        why: "Who is used to hear of it by one way does not hear of the worst by it.",
        bad: r#"/// Who hears of it.
playbook desk {
  route first { otherwise to team care }
  notify {
    high   by slack at once
    medium by slack, email after 5m
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
        let Some(level) = Severity::find(&row.level.text) else { continue };
        let has = |method: &Name| row.methods.iter().any(|own| own.text == method.text);
        let lower = |other: &&NotifyRow| {
            let under = Severity::find(&other.level.text).is_some_and(|other| other < level);
            under
                && other.methods.len() > row.methods.len()
                && row.methods.iter().all(|own| other.methods.iter().any(|method| method.text == own.text))
        };
        let Some(other) = rows.iter().find(lower) else { continue };
        let Some(missing) = other.methods.iter().find(|method| !has(method)) else { continue };
        let told = LINT
            .told(
                site.at(row.span),
                format!("`{}` is not told by `{}`, and `{}` is", row.level.text, missing.text, other.level.text),
            )
            .label(site.at(other.span), "told by more ways")
            .help(format!("add `{}` here, or leave it out below", missing.text));
        found.push(told);
    }
}
