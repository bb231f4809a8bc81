//! What a `test` expects of a replay, and how it was instead.

use chrono::{DateTime, NaiveTime};
use mon_alerts::{Transition, TransitionKind};
use mon_compiler::matching::{Backend, Match, PostTexts, Truth, evaluate};
use mon_compiler::plan::{CompareOp, Cond, MonitorPlan, Place, Plan, Severity, TestPlan};
use mon_grammar::ast::{Comparison, TestStepKind};

use super::trial::{Recording, Replayed};
use crate::failure::Failure;
use crate::report::clock;
use crate::verb::match_posts::matcher;

const DAY_MICROS: i64 = 86_400_000_000;

/// What is wrong with the expectations of a test.
pub fn failures(plan: &Plan, test: &TestPlan, recording: &Recording, replayed: &Replayed) -> Vec<String> {
    let Some(monitor) = plan.monitors.get(test.monitor.0 as usize) else { return Vec::new() };
    let mut failures = Vec::new();
    for (at, (_, step)) in test.steps.iter().enumerate() {
        let filter = test.filters.get(at).and_then(Option::as_ref);
        let found = expect(plan, monitor, step, filter.map(AsRef::as_ref), recording, replayed);
        failures.extend(found.unwrap_or_else(|failure| Some(failure.to_string())));
    }
    failures
}

/// Whether an expectation of posts fails, for which nothing need be replayed.
pub fn fails_on_posts(plan: &Plan, test: &TestPlan, recording: &Recording) -> bool {
    let of_posts = |(_, step): &&(Place, TestStepKind)| matches!(step, TestStepKind::Matched { .. });
    let steps = test.steps.iter().zip(&test.filters).filter(|(step, _)| of_posts(step));
    let (steps, filters) = steps.map(|(step, filter)| (step.clone(), filter.clone())).unzip();
    let asked = TestPlan { steps, filters, ..test.clone() };
    !failures(plan, &asked, recording, &Replayed::default()).is_empty()
}

/// What is wrong with one expectation, if anything.
fn expect(
    plan: &Plan,
    monitor: &MonitorPlan,
    step: &TestStepKind,
    filter: Option<&Cond>,
    recording: &Recording,
    replayed: &Replayed,
) -> Result<Option<String>, Failure> {
    let account = &replayed.account;
    let of = |name: &str| account.transitions.iter().filter(move |t| t.monitor == name).collect::<Vec<&Transition>>();
    let own = of(&monitor.name);
    let time = |text: &str| moment(text, recording.day);
    Ok(match step {
        TestStepKind::Incidents { count, monitor: named } => {
            let name = named.as_ref().map_or(monitor.name.as_str(), |name| name.text.as_str());
            let found = account.opened().filter(|opened| opened.monitor == name).count();
            (found as u64 != u64::from(*count)).then(|| format!("expected {count} incidents of {name}, found {found}"))
        }
        TestStepKind::Opened { at, within } => {
            let wanted = time(&at.text);
            let slack = within.map_or(0, |within| within.micros);
            let times: Vec<i64> = own.iter().filter(|t| t.kind == TransitionKind::Opened).map(|t| t.at).collect();
            let hit = times.iter().any(|at| wanted.is_some_and(|wanted| (at - wanted).abs() <= slack));
            (!hit).then(|| format!("expected an incident opened at {}, found {}", at.text, clocks(&times)))
        }
        TestStepKind::ClearedBy { at } => {
            let times: Vec<i64> = own.iter().filter(|t| t.kind == TransitionKind::Cleared).map(|t| t.at).collect();
            let hit = times.iter().any(|found| time(&at.text).is_some_and(|by| *found <= by));
            (!hit).then(|| format!("expected an incident cleared by {}, found {}", at.text, clocks(&times)))
        }
        TestStepKind::Severity { level, by } => {
            let wanted = Severity::find(&level.text);
            let limit = by.as_ref().and_then(|by| time(&by.text)).unwrap_or(i64::MAX);
            let hit = own.iter().any(|t| Some(t.severity) == wanted && t.at <= limit);
            let reached = own.iter().map(|t| format!("{} at {}", t.severity.name(), clock(t.at))).collect::<Vec<_>>();
            (!hit).then(|| format!("expected severity {}, found {}", level.text, shown(&reached)))
        }
        TestStepKind::Matched { count, .. } => {
            let found = matched(plan, monitor, filter, recording)?;
            let wanted = count.unwrap_or(Comparison { op: CompareOp::Eq, value: 0 });
            (!holds(wanted, found)).then(|| format!("expected {} posts matched, found {found}", said(wanted)))
        }
        TestStepKind::Messages { count, team } => {
            let found = account
                .messages
                .iter()
                .filter(|message| message.monitor == monitor.name)
                .filter(|message| team.as_ref().is_none_or(|team| team.text == message.team))
                .count();
            (found as u64 != u64::from(*count)).then(|| format!("expected {count} messages, found {found}"))
        }
        // The checker refuses what it does not know; a replay is what the others are asked of.
        _ => None,
    })
}

/// How many posts the monitor takes that the filter takes too.
fn matched(plan: &Plan, monitor: &MonitorPlan, filter: Option<&Cond>, recording: &Recording) -> Result<u64, Failure> {
    let matcher = matcher(plan, &[monitor.query], Backend::Automatic)?;
    let mut scratch = matcher.scratch();
    let mut found: Vec<Match> = Vec::new();
    let mut count = 0;
    for batch in &recording.batches {
        found.clear();
        matcher.match_batch(batch, &mut scratch, &mut found);
        let takes = |row: u32| match filter {
            None => true,
            Some(cond) => evaluate(&plan.terms, cond, &PostTexts::read(batch, row as usize)) == Truth::True,
        };
        count += found.iter().filter(|found| takes(found.row)).count() as u64;
    }
    Ok(count)
}

fn holds(wanted: Comparison, found: u64) -> bool {
    wanted.op.holds(found.cmp(&wanted.value))
}

fn said(wanted: Comparison) -> String {
    match wanted.op {
        CompareOp::Eq => wanted.value.to_string(),
        op => format!("{} {}", op.sign(), wanted.value),
    }
}

/// `10:03` on the recording's first day, or a whole time; microseconds.
fn moment(text: &str, first: i64) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    let clock =
        NaiveTime::parse_from_str(text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()?;
    let since_midnight = clock.signed_duration_since(NaiveTime::MIN).num_microseconds()?;
    Some(first.div_euclid(DAY_MICROS) * DAY_MICROS + since_midnight)
}

fn clocks(times: &[i64]) -> String {
    shown(&times.iter().map(|at| clock(*at)).collect::<Vec<_>>())
}

fn shown(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
