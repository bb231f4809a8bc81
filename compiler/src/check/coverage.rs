//! Alerts that reach nobody: for each monitor that follows a playbook and each severity that it raises, some row of the
//! routes must hold for certain, and `notify` must have a row. What depends on an incident's group key is never certain.

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{MonitorPlan, Place, PlaybookPlan, RouteCond, RouteFacts, Severity, SeverityPlan};

use super::lower_playbook::Needs;

/// The severities that a monitor can raise: rows below `otherwise` are never reached.
pub(crate) fn raised(rows: &[SeverityPlan]) -> Vec<Severity> {
    let last = rows.iter().position(|row| row.when.is_none()).map_or(rows.len(), |at| at + 1);
    let mut levels: Vec<Severity> = Vec::new();
    for row in rows.iter().take(last) {
        if !levels.contains(&row.level) {
            levels.push(row.level);
        }
    }
    levels
}

/// What is wrong with a playbook for the monitors that follow it.
pub(super) fn find(playbook: &PlaybookPlan, need: &Needs, followers: &[&MonitorPlan]) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    told.extend(unrouted(playbook, need, followers));
    let mut missing: Vec<Severity> = Vec::new();
    for monitor in followers {
        for level in raised(&monitor.severity) {
            // A row that could not be read may be the one that is missing.
            if need.notifies && need.whole && !need.levels.contains(&level) && !missing.contains(&level) {
                missing.push(level);
                told.push(level_missing(monitor, level, need.place));
            }
        }
    }
    told
}

/// The first alert that no row takes for certain.
fn unrouted(playbook: &PlaybookPlan, need: &Needs, followers: &[&MonitorPlan]) -> Option<Diagnostic> {
    let routes = need.routes.filter(|_| need.whole)?;
    let taken = |monitor: Option<&str>, level: Severity| {
        // No incident is there yet, and so no group key.
        let facts = RouteFacts { level, monitor, key: &|_, _| None };
        let mut rows = playbook.first.iter().chain(&playbook.also);
        rows.any(|row| row.when.as_ref().is_none_or(|cond| cond.truth(facts) == Some(true)))
    };
    let mut told = Diagnostic::new(&codes::NO_OTHERWISE, routes, "an alert that fits no row reaches nobody")
        .help("add a last row, such as `otherwise to team care`");
    if followers.is_empty() {
        return (!Severity::ALL.into_iter().all(|level| taken(None, level))).then_some(told);
    }
    let (monitor, level) = followers.iter().find_map(|monitor| {
        let level = raised(&monitor.severity).into_iter().find(|level| !taken(Some(&monitor.name), *level))?;
        Some((monitor, level))
    })?;
    let keyed = playbook.first.iter().chain(&playbook.also).any(|row| row.when.as_ref().is_some_and(asks_key));
    let label = if keyed {
        format!("`{}` raises `{}`, which may fit no row", monitor.name, level.name())
    } else {
        format!("`{}` raises `{}`, which fits no row", monitor.name, level.name())
    };
    told = told.label(monitor.place, label);
    Some(told)
}

fn asks_key(cond: &RouteCond) -> bool {
    match cond {
        RouteCond::Key { .. } => true,
        RouteCond::Severity(..) | RouteCond::Monitor { .. } => false,
        RouteCond::Not(inner) => asks_key(inner),
        RouteCond::And(members) | RouteCond::Or(members) => members.iter().any(asks_key),
    }
}

fn level_missing(monitor: &MonitorPlan, level: Severity, playbook: Place) -> Diagnostic {
    let level = level.name();
    Diagnostic::new(&codes::LEVEL_NOT_NOTIFIED, playbook, format!("`notify` has no row for `{level}`"))
        .label(monitor.place, format!("`{}` raises `{level}`", monitor.name))
        .help(format!("add a row, such as `{level} by email at once`"))
}
