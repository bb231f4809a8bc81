//! The figures of one threshold: what was opened, for how long, and who would have been told.

use std::collections::BTreeMap;
use std::sync::Arc;

use mon_alerts::{IncidentId, Transition, TransitionKind, route};
use mon_compiler::plan::{Plan, Severity};
use mon_engine::{EngineError, WindowRow, judge_again};

use crate::threshold::Target;

/// A stretch of event time, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub until: i64,
}

impl Span {
    #[must_use]
    pub const fn length(self) -> i64 {
        self.until.saturating_sub(self.from)
    }
}

/// When a recording happened, as one monitor looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// From the first post to the end of the last window that a post can have fallen into.
    pub span: Span,
    /// The first watermark.
    began: Option<i64>,
    youngest: i64,
}

impl Time {
    /// As a plan's first monitor looks at it. None where it has no window, or there were no posts.
    #[must_use]
    pub fn of(plan: &Plan, first: Option<i64>, began: Option<i64>, youngest: Option<i64>) -> Option<Self> {
        let window = plan.monitors.first()?.window?;
        let (first, youngest) = (first?, youngest?);
        let last = window.borders.pane(youngest).start;
        let span = Span { from: first.min(youngest), until: window.borders.last_end(last) };
        Some(Self { span, began, youngest })
    }
}

/// What one threshold would have raised.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub threshold: f64,
    /// True for the threshold that stands in the rules.
    pub written: bool,
    pub incidents: usize,
    /// How many of them were open when the recording ended.
    pub still_open: usize,
    pub first: Option<i64>,
    /// Microseconds that the longest one was open.
    pub longest: Option<i64>,
    /// Times at which at least one was open, in order, apart from each other.
    pub open: Vec<Span>,
    /// Part of the time at which at least one was open.
    pub share: Option<f64>,
    /// Messages to people by the severity that they tell.
    pub messages: BTreeMap<Severity, usize>,
}

/// Judges the windows by a plan in which the threshold stands; the figures are those of its first monitor.
///
/// # Errors
/// When the formulas or aggregates of the plan cannot be made ready.
pub fn row(
    plan: &Arc<Plan>,
    target: &Target,
    threshold: f64,
    windows: &[WindowRow],
    time: Option<Time>,
) -> Result<Row, EngineError> {
    let mut transitions = match time {
        Some(time) => judge_again(plan, windows, time.began, time.youngest)?,
        None => Vec::new(),
    };
    let own = plan.monitors.first().map(|monitor| monitor.name.as_str());
    transitions.retain(|transition| Some(transition.monitor.as_str()) == own);
    let span = time.map(|time| time.span);
    let mut messages = BTreeMap::new();
    for message in transitions.iter().flat_map(|transition| route(plan, transition).messages) {
        *messages.entry(message.severity).or_default() += 1;
    }
    let incidents = incidents(&transitions);
    let end = span.map_or(i64::MAX, |span| span.until);
    let spans: Vec<Span> =
        incidents.iter().map(|(from, until)| Span { from: *from, until: until.unwrap_or(end) }).collect();
    let open = joined(spans.clone());
    let share = span.map(|span| {
        let covered: i64 = open.iter().map(|open| open.until.min(span.until) - open.from.max(span.from)).sum();
        covered.max(0) as f64 / span.length().max(1) as f64
    });
    Ok(Row {
        threshold,
        written: threshold == target.written,
        incidents: incidents.len(),
        still_open: incidents.iter().filter(|(_, until)| until.is_none()).count(),
        first: incidents.iter().map(|(from, _)| *from).min(),
        longest: spans.iter().map(|span| span.length()).max(),
        open,
        share,
        messages,
    })
}

/// When each incident opened and was cleared.
fn incidents(transitions: &[Transition]) -> Vec<(i64, Option<i64>)> {
    let mut found: BTreeMap<&IncidentId, (i64, Option<i64>)> = BTreeMap::new();
    for transition in transitions {
        let incident = found.entry(&transition.incident).or_insert((transition.opened_at, None));
        if transition.kind == TransitionKind::Cleared {
            incident.1 = Some(transition.at);
        }
    }
    found.into_values().collect()
}

/// The same times without overlaps.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.from, span.until));
    let mut apart: Vec<Span> = Vec::new();
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            _ => apart.push(span),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::{Span, joined};

    #[test]
    fn times_that_overlap_are_counted_once() {
        let span = |from, until| Span { from, until };
        let spans = vec![span(8, 9), span(0, 4), span(1, 2), span(3, 5), span(5, 6)];
        assert_eq!(joined(spans), [span(0, 6), span(8, 9)]);
    }
}
