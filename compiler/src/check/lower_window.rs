//! Lowers windows: the kinds that there are, and their limits.

use std::sync::Arc;

use chrono_tz::Tz;
use mon_grammar::Span;
use mon_grammar::ast::{self, Clause, WindowKind};

use crate::calendar::{Calendar, Unit};
use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Borders, Cond, WindowPlan};

use super::length;
use super::lower_monitor::{Clauses, UNITS};
use super::state::Checker;
use super::unsupported::Construct;

impl<'a> Checker<'a> {
    /// A window, and the steps of it where it is a pattern.
    pub(super) fn window(&mut self, clause: &Clause, window: &ast::Window) -> Option<(WindowPlan, Vec<Arc<Cond>>)> {
        let mut steps = Vec::new();
        let borders = match &window.kind {
            WindowKind::Tumble(size) => self.steps(*size, *size),
            WindowKind::Slide { size, every } => self.steps(*size, *every),
            WindowKind::Session { gap } => self.session(*gap),
            WindowKind::Calendar { unit, zone, zone_span } => {
                self.calendar(unit, zone.as_deref().zip(*zone_span)).map(Borders::Calendar)
            }
            WindowKind::Count(posts) => self.run_of_posts(*posts, clause.span),
            WindowKind::Pattern(written) => self.pattern(clause.span, written).map(|(borders, conds)| {
                steps = conds;
                borders
            }),
        };
        Some((WindowPlan { borders: borders?, late_micros: self.late(clause, window)? }, steps))
    }

    /// Tells of a length that is none.
    fn lasts(&mut self, length: ast::Duration) -> Option<()> {
        if length.micros > 0 {
            return Some(());
        }
        let told = Diagnostic::new(&codes::BAD_WINDOW, self.at(length.span), "a window of no length holds no posts");
        self.tell(told.help("write a length such as `5m`"));
        None
    }

    fn session(&mut self, gap: ast::Duration) -> Option<Borders> {
        self.lasts(gap)?;
        let most = self.options.limits.session_gap_micros_max;
        if gap.micros > most {
            let message = format!("the pause that ends a session is at most {} long", length(most));
            self.exceed(gap.span, message, "session_gap_micros_max");
            return None;
        }
        Some(Borders::Session { gap_micros: gap.micros })
    }

    fn run_of_posts(&mut self, posts: u64, span: Span) -> Option<Borders> {
        let most = self.options.limits.window_posts_max;
        if posts == 0 {
            let told = Diagnostic::new(&codes::BAD_WINDOW, self.at(span), "a window of no posts is never full");
            self.tell(told.help("write a number of posts, such as `window count 1000`"));
            return None;
        }
        if posts > most {
            self.exceed(span, format!("a window counts at most {most} posts"), "window_posts_max");
            return None;
        }
        Some(Borders::Count { posts })
    }

    /// A session or a pattern is judged when it is over, once: nothing of it can hold for a time or clear later.
    pub(super) fn judged_once(
        &mut self,
        alert: &ast::Alert,
        window: Option<&WindowPlan>,
        clauses: &Clauses<'a>,
    ) -> Option<()> {
        if window.is_none_or(|window| window.borders.incident_micros().is_none()) {
            return Some(());
        }
        let held = [alert.hold, alert.clear_hold].into_iter().flatten().map(|held| held.span);
        if let Some(span) = alert.clear.as_ref().map(|clear| clear.span).into_iter().chain(held).next() {
            return self.refuse(Construct::JudgedOnce, span);
        }
        match clauses.cooldown {
            Some((own, _)) => self.inside(own, |checker| checker.refuse(Construct::JudgedOnce, own.clause.span)),
            None => Some(()),
        }
    }

    fn steps(&mut self, size: ast::Duration, every: ast::Duration) -> Option<Borders> {
        let limits = self.options.limits;
        self.lasts(size)?;
        self.lasts(every)?;
        if size.micros > limits.window_micros_max {
            self.exceed(size.span, "a window is at most a year long".to_owned(), "window_micros_max");
            return None;
        }
        if every.micros > size.micros {
            let told = Diagnostic::new(&codes::BAD_WINDOW, self.at(every.span), "the step is longer than the window")
                .label(self.at(size.span), "posts between two windows of this size would be counted nowhere")
                .help("make the step as long as the window or shorter");
            self.tell(told);
            return None;
        }
        if size.micros % every.micros != 0 {
            self.does_not_divide(size, every);
            return None;
        }
        if size.micros / every.micros > limits.window_steps_max {
            let message = format!("a window has at most {} steps", limits.window_steps_max);
            self.exceed(every.span, message, "window_steps_max");
            return None;
        }
        Some(Borders::Steps { size_micros: size.micros, every_micros: every.micros })
    }

    fn late(&mut self, clause: &Clause, window: &ast::Window) -> Option<i64> {
        let late = window.late.map_or(0, |late| late.micros);
        if late > self.options.limits.late_micros_max {
            let span = window.late.map_or(clause.span, |late| late.span);
            self.exceed(span, "a window waits at most 7 days for late posts".to_owned(), "late_micros_max");
            return None;
        }
        Some(late)
    }

    fn calendar(&mut self, unit: &ast::Name, zone: Option<(&str, Span)>) -> Option<Calendar> {
        let found = Unit::find(&unit.text);
        if found.is_none() {
            let message = format!("a calendar window is not as long as `{}`", unit.text);
            let names = Unit::ALL.map(Unit::name);
            let mut told = Diagnostic::new(&codes::BAD_WINDOW, self.at(unit.span), message).suggest(&unit.text, names);
            told.help.get_or_insert(format!(
                "write {}; shorter stretches need no calendar: `window tumble 1h`",
                names.map(|name| format!("`{name}`")).join(", ")
            ));
            self.tell(told);
        }
        let zone = match zone {
            Some((name, span)) => self.time_zone(name, span, str::to_owned)?,
            None => Tz::UTC,
        };
        Some(Calendar { unit: found?, zone })
    }

    fn does_not_divide(&mut self, size: ast::Duration, every: ast::Duration) {
        // Of the steps in the unit that was written, the nearest that fits.
        let unit = UNITS.iter().map(|(unit, _)| *unit).find(|unit| every.micros % unit == 0).unwrap_or(1);
        let fits = |steps: &i64| size.micros % steps == 0 && (size.micros / steps) % unit == 0;
        let near = (1..=self.options.limits.window_steps_max)
            .filter(fits)
            .min_by_key(|steps| (size.micros / steps).abs_diff(every.micros));
        let mut told = Diagnostic::new(
            &codes::WINDOW_DOES_NOT_DIVIDE,
            self.at(every.span),
            format!("`{}` does not fit into `{}` a whole number of times", length(every.micros), length(size.micros)),
        )
        .label(self.at(size.span), "the window's size");
        told = match near {
            Some(steps) => {
                let step = length(size.micros / steps);
                told.help(format!("the nearest step that fits is `{step}`"))
                    .replace_with(step, crate::diagnostic::Safety::ChangesMeaning)
            }
            None => told.help("choose a step that the size is a multiple of"),
        };
        self.tell(told);
    }
}
