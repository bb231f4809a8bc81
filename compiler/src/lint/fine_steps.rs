//! A sliding window of very many steps.
//! Only the author can mend it.

use mon_grammar::ast::WindowKind;

use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level};
use crate::plan::Borders;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0861",
        name: "fine-steps",
        level: Level::Advice,
        summary: "a window slides in very many steps",
        why: "Each step is kept for itself and looked at anew. People can't tell a step of a thousandth of the window from one of a hundredth.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 1d every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
        good: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity { high when voices >= 80  medium otherwise }
"#
        ),
    },
    fix: None,
    look: Look::Monitor(find),
};

/// A day, every five minutes.
const STEPS_MAX: i64 = 288;

fn find(site: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(plan), Some(window)) = (&watch.plan.window, watch.window()) else { return };
    let (WindowKind::Slide { every, .. }, Borders::Steps { size_micros, every_micros }) = (&window.kind, plan.borders)
    else {
        return;
    };
    let steps = size_micros / every_micros.max(1);
    if steps > STEPS_MAX {
        let told = LINT.told(site.at(every.span), format!("this window slides in {steps} steps"));
        found.push(told.help(format!("{STEPS_MAX} steps are plenty; make the step longer")));
    }
}
