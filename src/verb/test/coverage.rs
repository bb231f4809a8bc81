//! Coverage of clauses: shows the examples, the recorded posts and what the replays made of them to the clauses.

use std::sync::Arc;

use mon_alerts::{TransitionKind, route};
use mon_compiler::coverage::Coverage;
use mon_compiler::folder::Folder;
use mon_compiler::plan::{MonitorPlan, Plan, TestPlan};
use mon_grammar::ast::TestStepKind;

use super::trial::{Recordings, Replayed, Replays};
use super::{Measured, Open, Words, replayed_path};
use crate::compiled::Compiled;
use crate::failure::Failure;

const WORDS: Words = Words { title: "coverage", all: "clauses", reached: "covered", open: "uncovered" };

/// What the examples and the tests cover.
pub fn measure(
    folder: &Folder,
    plan: &Arc<Plan>,
    compiled: &Compiled,
    recordings: &Recordings,
    replays: &Replays,
) -> Result<Measured, Failure> {
    let mut coverage = Coverage::new(folder, plan);
    for (number, monitor) in (0..).zip(&plan.monitors) {
        coverage.see_examples(number);
        let mut seen = Vec::new();
        for test in plan.tests.iter().filter(|test| asks_about(plan, test, &monitor.name)) {
            let Some(path) = replayed_path(test, compiled).filter(|path| !seen.contains(path)) else { continue };
            if let (Some(recording), Some(replayed)) = (recordings.get(&path), replays.known(&path)) {
                coverage.see_posts(number, &recording.batches).map_err(|error| {
                    Failure::input(error, "cover fewer rules at once: name the files that you work on")
                })?;
                show(&mut coverage, plan, number, monitor, replayed);
            }
            seen.push(path);
        }
    }
    let open = coverage.clauses().into_iter().filter_map(|clause| {
        let written = clause.written.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Open { place: clause.place, said: format!("`{written}` {}", clause.missing()?) })
    });
    Ok(Measured {
        words: &WORDS,
        monitors: (0..).zip(&plan.monitors).map(|(at, one)| (one.name.clone(), coverage.of_monitor(at))).collect(),
        total: coverage.total(),
        by: Vec::new(),
        open: open.collect(),
        min: None,
    })
}

/// Whether a test expects something of a monitor.
fn asks_about(plan: &Plan, test: &TestPlan, name: &str) -> bool {
    let own = plan.monitors.get(test.monitor.0 as usize).is_some_and(|monitor| monitor.name == name);
    own || test
        .steps
        .iter()
        .any(|(_, step)| matches!(step, TestStepKind::Incidents { monitor: Some(named), .. } if named.text == name))
}

fn show(coverage: &mut Coverage, plan: &Plan, number: u32, monitor: &MonitorPlan, replayed: &Replayed) {
    for window in replayed.windows.iter().filter(|window| window.monitor == number) {
        coverage.see_window(number, &window.values);
    }
    for transition in replayed.account.transitions.iter().filter(|transition| transition.monitor == monitor.name) {
        let values: Vec<Option<f64>> = transition.measures.iter().map(|(_, value)| *value).collect();
        let cleared = transition.kind == TransitionKind::Cleared;
        // A window without posts is no row of the account, and clears all the same. Where incidents end alone, none is asked.
        if !cleared || monitor.window.is_none_or(|window| window.borders.incident_micros().is_none()) {
            coverage.see_window(number, &values);
        }
        if !cleared {
            coverage.see_severity(number, &values);
            let playbook = monitor.playbook.and_then(|at| plan.playbooks.get(at as usize));
            let rows = playbook.into_iter().flat_map(|playbook| &playbook.notify);
            rows.filter(|row| row.level == transition.severity).for_each(|row| coverage.see_row(row.place));
        }
        route(plan, transition).teams.iter().filter_map(|team| team.place).for_each(|row| coverage.see_row(row));
    }
}
