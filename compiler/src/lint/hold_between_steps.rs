//! A time that an alert must hold for, between two looks at its window.
//! Its fix keeps the meaning, unless another monitor takes the alert over.

use super::site::fix;
use super::{Lint, Look, Site, Watch};
use crate::check::length;
use crate::diagnostic::{Code, Diagnostic, Level, Safety};
use crate::plan::Borders;
use mon_grammar::ast;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0864",
        name: "hold-between-steps",
        level: Level::Advice,
        summary: "an alert holds for a time between two looks",
        why: "A window is looked at once a step. A time in between is rounded up to the next look, so the rule says something else than it does.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 90s
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
    fix: Some(Safety::Safe),
    look: Look::Monitor(find),
};

fn find(site: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(plan), Some((_, alert))) = (&watch.plan.window, watch.alert()) else { return };
    let Borders::Steps { every_micros, .. } = plan.borders else { return };
    for hold in [alert.hold, alert.clear_hold].into_iter().flatten() {
        let rest = hold.micros % every_micros.max(1);
        if hold.micros <= 0 || rest == 0 {
            continue;
        }
        let place = site.at(hold.span);
        let text = length(hold.micros - rest + every_micros);
        let told = LINT
            .told(place, format!("the window is looked at every {}, so this is {text}", length(every_micros)))
            .help(format!("write `{text}`, or make the step shorter"));
        // Another monitor may take the alert over and look at it in other steps.
        let taken = site.rules.trees.iter().flat_map(|tree| &tree.items).any(|item| extends(item, watch));
        let safety = if taken { Safety::ChangesMeaning } else { Safety::Safe };
        found.push(told.fix(fix(format!("write `{text}`"), safety, place, text)));
    }
}

fn extends(item: &ast::Item, watch: &Watch<'_>) -> bool {
    let ast::ItemKind::Monitor(monitor) = &item.kind else { return false };
    monitor.clauses.iter().any(|clause| match &clause.kind {
        ast::ClauseKind::Extend { base, .. } => base.text == watch.monitor.name.text,
        _ => false,
    })
}
