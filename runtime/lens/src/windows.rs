//! The windows of monitors over the posts that they match: what the engine measures there.

use std::sync::Arc;

use mon_compiler::plan::{MonitorPlan, Plan, QueryId, ShowPlan};
use mon_engine::WindowRow;

use crate::capture::Capture;
use crate::error::LensError;
use crate::posts::Posts;

/// The windows of one monitor that posts fell into, in the order in which they became final.
pub(crate) type Windows = Vec<WindowRow>;

/// Runs the engine once for some monitors of a plan, each with what was found of its posts. None where `stop` said so.
pub(crate) fn measure(
    plan: &Plan,
    monitors: &[(usize, Arc<Posts>)],
    capture: &Capture,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<Windows>>, LensError> {
    if monitors.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let queried = |(number, (at, _)): (u32, &(usize, Arc<Posts>))| {
        let monitor = plan.monitors.get(*at)?;
        let query = plan.queries.get(monitor.query.0 as usize)?.clone();
        Some((silent(MonitorPlan { query: QueryId(number), ..monitor.clone() }), query))
    };
    let (own, queries) = (0..).zip(monitors).filter_map(queried).unzip();
    let own = Arc::new(Plan { terms: plan.terms.clone(), queries, monitors: own, ..Plan::default() });
    let rows: Vec<Vec<u32>> = (0..capture.batches().len()).map(|batch| union(monitors, batch)).collect();
    let Some(epoch) = capture.recording().replay(&own, &rows, stop)? else { return Ok(None) };
    let mut windows = vec![Vec::new(); monitors.len()];
    for window in epoch.windows {
        if let Some(own) = windows.get_mut(window.monitor as usize) {
            own.push(WindowRow { monitor: 0, ..window });
        }
    }
    Ok(Some(windows))
}

/// A monitor without what only messages need.
fn silent(monitor: MonitorPlan) -> MonitorPlan {
    let show = ShowPlan { count: 0, ..monitor.show };
    MonitorPlan { show, show_values: Vec::new(), playbook: None, examples: Vec::new(), ..monitor }
}

/// The rows of a batch that some monitor matches.
fn union(monitors: &[(usize, Arc<Posts>)], batch: usize) -> Vec<u32> {
    let mut rows: Vec<u32> =
        monitors.iter().filter_map(|(_, posts)| posts.rows.get(batch)).flatten().copied().collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
