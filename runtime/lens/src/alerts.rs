//! Alerts that a monitor raises over windows that were measured, and those that it would raise with other numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use mon_alerts::{IncidentId, Transition, TransitionKind};
use mon_compiler::plan::{CompareOp, MonitorPlan, Place, Plan, Severity};
use mon_engine::{WindowRow, judge_again, judge_windows};
use mon_post::PostBatch;

use crate::capture::Capture;
use crate::error::LensError;
use crate::threshold::{self, Condition, Target};
use crate::windows::Windows;

/// Values that are tried for one number of a monitor, about: at least and at most. Most counts have fewer than the latter, so that nothing is
/// left out between them.
const POINTS_MIN: usize = 8;
const POINTS_MAX: usize = 64;

/// Windows that are judged again for all values of all numbers of a monitor, where there are more values than the least: a quarter of a
/// second's work (`bench/examples/lens`, 1.3 microseconds each).
const JUDGED_MAX: usize = 200_000;

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Event time, microseconds since 1970 UTC.
    pub opened_at: i64,
    /// None: it was still open when the capture ended.
    pub cleared_at: Option<i64>,
    /// The highest severity that it had.
    pub severity: Severity,
    /// Field name and value, in the monitor's `by` order.
    pub group: Vec<(String, Option<String>)>,
}

/// What a monitor would raise with other values of one number of its alert, or of a row of its `severity`.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Where the number stands; None where it stands in no `alert when` and no row.
    pub place: Option<Place>,
    /// The severity of its row: alerts of that severity are counted, and no others.
    pub level: Option<Severity>,
    /// The measure that is compared with it.
    pub measure: String,
    /// As it is read with the measure on the left.
    pub op: CompareOp,
    pub written: f64,
    /// By value, the written one among them.
    pub points: Vec<Point>,
    /// Whether the points are all that there are: between two of them a value raises what one of the two raises.
    pub whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub value: f64,
    pub alerts: usize,
}

/// What is kept of a monitor's alert.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Alerts {
    pub alerts: Vec<Alert>,
    /// Without places.
    pub curves: Vec<Curve>,
}

/// The alerts of each monitor of a plan, without anything else that a look finds: one pass of the engine over all posts. None
/// where `stop` said so.
///
/// # Errors
/// When the engine cannot be built, or a limit is met.
pub fn raised(
    plan: &Arc<Plan>,
    capture: &Capture,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<Vec<Alert>>>, LensError> {
    let all = |batch: &PostBatch| (0..u32::try_from(batch.len()).unwrap_or(u32::MAX)).collect();
    let rows: Vec<Vec<u32>> = capture.batches().iter().map(all).collect();
    let Some(epoch) = capture.recording().replay(plan, &rows, stop)? else { return Ok(None) };
    let own = |monitor: &MonitorPlan| alerts(&monitor.name, &epoch.transitions);
    Ok(Some(plan.monitors.iter().map(own).collect()))
}

/// Judges one monitor. `windows` has those of each monitor of the plan that shares its false alarms, and its own. None where
/// `stop` said so.
pub(crate) fn judge(
    plan: &Plan,
    monitor: usize,
    windows: &[Option<Arc<Windows>>],
    capture: &Capture,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Alerts>, LensError> {
    let (Some(found), Some(youngest)) = (plan.monitors.get(monitor), capture.last()) else {
        return Ok(Some(Alerts::default()));
    };
    let alone = Arc::new(threshold::alone(plan, found));
    let rows = joined(plan, &alone, windows);
    let began = capture.recording().began();
    let (told, judged) = judge_windows(&alone, &rows, began, youngest)?;
    let alerts = alerts(&found.name, &told);
    let mut curves = Vec::new();
    let targets = Target::with_rows(found);
    let about = (JUDGED_MAX / (rows.len() * targets.len()).max(1)).clamp(POINTS_MIN, POINTS_MAX);
    for target in targets {
        let level = match target.condition {
            Condition::Alert => None,
            Condition::Row(at) => found.severity.get(at).map(|row| row.level),
        };
        let count =
            |alerts: &[Alert]| alerts.iter().filter(|alert| level.is_none_or(|level| alert.severity == level)).count();
        let mut points = Vec::new();
        let (values, all) = threshold::seen(&threshold::values(&judged, target.measure), target.written, about);
        // Of values that must be met exactly each is for itself.
        let whole = all && !target.moves_clear(found) && !matches!(target.op, CompareOp::Eq | CompareOp::Ne);
        for value in values {
            if stop() {
                return Ok(None);
            }
            #[expect(clippy::float_cmp, reason = "the written number is among the values as it is")]
            let count = if value == target.written {
                count(&alerts)
            } else {
                let other = Arc::new(target.at(&alone, value));
                count(&self::alerts(&found.name, &judge_again(&other, &rows, began, youngest)?))
            };
            points.push(Point { value, alerts: count });
        }
        let Target { name, op, written, .. } = target;
        curves.push(Curve { place: None, level, measure: name, op, written, points, whole });
    }
    Ok(Some(Alerts { alerts, curves }))
}

/// The windows of a plan's monitors, numbered as they are there, in the order in which they became final.
fn joined(plan: &Plan, alone: &Plan, windows: &[Option<Arc<Windows>>]) -> Vec<WindowRow> {
    let mut rows: Vec<WindowRow> = Vec::new();
    for (number, monitor) in (0..).zip(&alone.monitors) {
        let at = plan.monitors.iter().position(|known| known.name == monitor.name);
        let own = at.and_then(|at| windows.get(at)?.as_ref());
        rows.extend(own.into_iter().flat_map(|own| own.iter()).map(|row| WindowRow { monitor: number, ..row.clone() }));
    }
    if alone.monitors.len() > 1 {
        let late = |monitor: u32| {
            let monitor = alone.monitors.get(monitor as usize);
            monitor.and_then(|monitor| monitor.window).map_or(0, |window| window.late_micros)
        };
        rows.sort_by(|a, b| {
            let order = |row: &WindowRow| (row.end.saturating_add(late(row.monitor)), row.end, row.monitor);
            order(a).cmp(&order(b)).then_with(|| a.key.cmp(&b.key))
        });
    }
    rows
}

/// The incidents of a monitor, in the order in which they opened.
fn alerts(monitor: &str, transitions: &[Transition]) -> Vec<Alert> {
    let mut found: Vec<Alert> = Vec::new();
    let mut known: BTreeMap<&IncidentId, usize> = BTreeMap::new();
    for told in transitions.iter().filter(|told| told.monitor == monitor) {
        let at = *known.entry(&told.incident).or_insert(found.len());
        if at == found.len() {
            let (opened_at, severity, group) = (told.opened_at, told.severity, told.key.clone());
            found.push(Alert { opened_at, cleared_at: None, severity, group });
        }
        let Some(alert) = found.get_mut(at) else { continue };
        alert.severity = alert.severity.max(told.severity);
        if told.kind == TransitionKind::Cleared {
            alert.cleared_at = Some(told.at);
        }
    }
    found
}
