//! Lowers patterns of events: what their posts meet, how long they may take, and what must not come.

use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::PatternStep;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Borders, Cond, CondKind};

use super::contradiction;
use super::length;
use super::state::Checker;

impl Checker<'_> {
    /// Borders and steps of a pattern; None where something is wrong with it, which is told.
    pub(super) fn pattern(&mut self, clause: Span, steps: &[PatternStep]) -> Option<(Borders, Vec<Arc<Cond>>)> {
        let borders = self.pattern_borders(clause, steps);
        let conds: Vec<Option<Arc<Cond>>> = steps.iter().map(|step| self.pattern_step(step)).collect();
        Some((borders?, conds.into_iter().collect::<Option<_>>()?))
    }

    fn pattern_step(&mut self, step: &PatternStep) -> Option<Arc<Cond>> {
        let cond = self.matching(&step.cond)?;
        Some(self.sized(cond, step.cond.span)?.cond)
    }

    fn bad_pattern<T>(&mut self, span: Span, message: &str, help: &str) -> Option<T> {
        self.tell(Diagnostic::new(&codes::BAD_PATTERN, self.at(span), message).help(help));
        None
    }

    fn pattern_borders(&mut self, clause: Span, steps: &[PatternStep]) -> Option<Borders> {
        let (row, absent) = match steps {
            [row @ .., last] if last.negated => (row, Some(last)),
            row => (row, None),
        };
        let most = self.options.limits.pattern_steps_max;
        if steps.len() > most {
            self.exceed(clause, format!("a pattern has at most {most} steps"), "pattern_steps_max");
            return None;
        }
        if let Some(step) = row.iter().find(|step| step.negated) {
            let help = "what must not come stands last: `leak then press within 30m then not denial for 1h`";
            return self.bad_pattern(step.span, "only the last step of a pattern may be one that must not come", help);
        }
        let Some((last, before)) = row.split_last() else {
            let help = "say after which post it is missed: `complaint then not answer for 1h`";
            return self.bad_pattern(clause, "a pattern begins with a post", help);
        };
        self.times_in_place(before, last, absent)?;
        let absent_micros = match absent {
            Some(step) => Some(self.absence(step)?),
            None => None,
        };
        let within_micros = match (last.within, before.is_empty()) {
            (Some(within), false) => self.pattern_time(within)?,
            (Some(within), true) => {
                return self.bad_pattern(within.span, "one post alone takes no time", "leave out `within`");
            }
            (None, true) if absent.is_some() => 0,
            (None, true) => {
                let help =
                    "say what follows, such as `leak then press within 30m` or `complaint then not answer for 1h`";
                return self.bad_pattern(clause, "a pattern has two steps at least", help);
            }
            (None, false) => {
                let help = "write the time from its first post to its last one, such as `leak then press within 30m`";
                return self.bad_pattern(last.span, "this pattern does not say how long it may take", help);
            }
        };
        Some(Borders::Pattern { within_micros, absent_micros })
    }

    /// Tells of times that stand where they say nothing.
    fn times_in_place(
        &mut self,
        before: &[PatternStep],
        last: &PatternStep,
        absent: Option<&PatternStep>,
    ) -> Option<()> {
        if let Some(hold) = before.iter().chain([last]).find_map(|step| step.hold) {
            let help = "write `within` behind the last step, or `not` before this one";
            return self.bad_pattern(hold.span, "`for` says how long something must not come", help);
        }
        if let Some(within) = before.iter().find_map(|step| step.within) {
            let help = "write it once, behind the last step; it counts from the first post to the last one";
            return self.bad_pattern(within.span, "`within` belongs to the whole pattern", help);
        }
        match absent.and_then(|step| step.within) {
            Some(within) => self.bad_pattern(within.span, "how long something must not come stands behind `for`", {
                "write `not … for 1h`"
            }),
            None => Some(()),
        }
    }

    fn absence(&mut self, step: &PatternStep) -> Option<i64> {
        match step.hold {
            Some(hold) => self.pattern_time(hold),
            None => {
                let help = "add the time, such as `not answer for 1h`";
                self.bad_pattern(step.span, "this does not say how long it must not come", help)
            }
        }
    }

    fn pattern_time(&mut self, time: mon_grammar::ast::Duration) -> Option<i64> {
        let most = self.options.limits.pattern_micros_max;
        if time.micros <= 0 {
            return self.bad_pattern(time.span, "a pattern needs some time", "write a length such as `30m`");
        }
        if time.micros > most {
            self.exceed(
                time.span,
                format!("the time of a pattern is at most {} long", length(most)),
                "pattern_micros_max",
            );
            return None;
        }
        Some(time.micros)
    }

    /// Tells of steps that no post meets which the monitor takes.
    pub(super) fn steps_are_met(&mut self, taken: &Cond, steps: &[Arc<Cond>]) {
        for step in steps {
            let place = step.place;
            let both = Cond { place, kind: CondKind::And(vec![taken.clone(), Cond::clone(step)]) };
            if contradiction::find(&both).is_none() {
                continue;
            }
            let told = Diagnostic::new(&codes::NEVER_MATCHES, place, "no post that this monitor takes meets this step")
                .label(taken.place, "what it takes")
                .help("let `match` take the posts of every step: only those are looked at");
            self.tell(told);
        }
    }
}
