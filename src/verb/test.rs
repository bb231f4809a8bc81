//! `mon test`: the `example` lines and `test` items of a folder of rules.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveTime};
use mon_alerts::{Transition, TransitionKind};
use mon_compiler::diagnostic::machine::xml;
use mon_compiler::diagnostic::{Level, codes, render};
use mon_compiler::matching::{Backend, Match, PostTexts, Truth, evaluate};
use mon_compiler::plan::{CompareOp, Cond, MonitorPlan, Place, Plan, Severity, TestPlan};
use mon_grammar::ast::{Comparison, TestStepKind};
use serde_json::{Value, json};

use crate::cli::{Test, TestFormat};
use crate::compiled::{self, Compiled};
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::recording;
use crate::report::clock;
use crate::rules::{line_of, seen_from_here};
use crate::verb::match_posts::matcher;
use crate::verb::replay::{Account, account_of};

const DAY_MICROS: i64 = 86_400_000_000;

/// One thing that was tried.
struct Case {
    name: String,
    place: String,
    /// Why it failed; empty when it passed.
    failures: Vec<String>,
}

pub fn run(arguments: &Test) -> Result<Outcome, Failure> {
    let mut compiled = compiled::load(&arguments.rules, true)?;
    let hard = |found: &mon_compiler::diagnostic::Diagnostic| {
        found.severity() == Level::Error && found.code.id != codes::EXAMPLE_FAILS.id
    };
    if compiled.checked.diagnostics.iter().any(hard) {
        compiled.checked.diagnostics.retain(|found| found.is_error());
        crate::output::note_text(&compiled.text(crate::output::colour()));
        return Err(Failure::reported());
    }
    warn(&compiled);
    // A failed example keeps the plan back, but not the tests.
    let plan = match compiled.checked.plan.take() {
        Some(plan) => plan,
        None => compiled::load(&arguments.rules, false)?.checked.plan.ok_or_else(Failure::reported)?,
    };
    let plan = Arc::new(plan);
    let mut cases = examples(&plan, &compiled);
    let mut replays = HashMap::new();
    for test in &plan.tests {
        cases.push(run_test(&plan, test, &compiled, &mut replays));
    }
    print(&cases, arguments.format)?;
    Ok(if cases.iter().all(|case| case.failures.is_empty()) { Outcome::Clean } else { Outcome::Findings })
}

/// Warnings; a failed example is told as a case.
fn warn(compiled: &Compiled) {
    let warnings: Vec<_> = compiled.checked.diagnostics.iter().filter(|found| !found.is_error()).cloned().collect();
    let style = render::TextStyle { colour: crate::output::colour(), ..render::TextStyle::default() };
    crate::output::note_text(&render::text(&warnings, &compiled.checked.files, style));
}

/// The examples were evaluated by the checker; here each is a case of its own.
fn examples(plan: &Plan, compiled: &Compiled) -> Vec<Case> {
    let mut cases = Vec::new();
    for monitor in &plan.monitors {
        for example in &monitor.examples {
            let failures = compiled
                .checked
                .diagnostics
                .iter()
                .filter(|found| found.place == example.place)
                .map(|found| found.message.clone())
                .collect();
            let verdict = if example.expected { "yes" } else { "no" };
            let name = format!("{}: example {verdict} \"{}\"", monitor.name, example.text);
            cases.push(Case { name, place: place_text(compiled, example.place), failures });
        }
    }
    cases
}

fn place_text(compiled: &Compiled, place: Place) -> String {
    let Some(file) = compiled.checked.files.get(place.file as usize) else { return String::new() };
    format!("{}:{}", file.name, line_of(&file.text, place.span.start))
}

/// A replay that tests share, with the monitors' posts that matched.
struct Replayed {
    account: Account,
    /// What is said of lines that could not be read.
    problem: Option<String>,
    path: PathBuf,
    /// Event time of the first post.
    day: i64,
}

fn run_test(
    plan: &Arc<Plan>,
    test: &TestPlan,
    compiled: &Compiled,
    replays: &mut HashMap<PathBuf, Result<Replayed, Failure>>,
) -> Case {
    let mut failures = Vec::new();
    let folder =
        compiled.files.get(test.place.file as usize).and_then(|file| file.path.parent()).unwrap_or(Path::new("."));
    let replay = test.steps.iter().find_map(|(_, step)| match step {
        TestStepKind::Replay { path, .. } => Some(folder.join(path)),
        _ => None,
    });
    let monitor = plan.monitors.get(test.monitor.0 as usize);
    if let (Some(path), Some(monitor)) = (replay, monitor) {
        match replays.entry(path).or_insert_with_key(|path| replayed(plan, path)) {
            Ok(replayed) => {
                failures.extend(replayed.problem.clone());
                for (at, (_, step)) in test.steps.iter().enumerate() {
                    let filter = test.filters.get(at).and_then(Option::as_ref);
                    let found = expect(plan, monitor, step, filter.map(AsRef::as_ref), replayed);
                    failures.extend(found.unwrap_or_else(|failure| Some(failure.to_string())));
                }
            }
            Err(failure) => failures.push(failure.to_string()),
        }
    }
    let name = monitor.map_or_else(String::new, |monitor| format!("{}: ", monitor.name)) + &test.title;
    Case { name, place: place_text(compiled, test.place), failures }
}

/// One recording, replayed. A recording that cannot be read fails the tests that name it, not the others.
fn replayed(plan: &Arc<Plan>, path: &Path) -> Result<Replayed, Failure> {
    let (account, problems) = account_of(plan, path)?;
    let problem = problems.first().map(|first| {
        let lines = if problems.len() == 1 { "1 line".to_owned() } else { format!("{} lines", problems.len()) };
        format!("{lines} of `{}` cannot be read; the first is line {}: {}", path.display(), first.line, first.message)
    });
    Ok(Replayed { day: first_time(path)?, account, problem, path: path.to_path_buf() })
}

fn first_time(path: &Path) -> Result<i64, Failure> {
    for read in recording::open_path(path, true)? {
        let batch = read.map_err(recording::failure)?.batch;
        if !batch.is_empty() {
            return Ok(batch.event_at(0));
        }
    }
    Ok(0)
}

/// What is wrong with one expectation, if anything.
fn expect(
    plan: &Plan,
    monitor: &MonitorPlan,
    step: &TestStepKind,
    filter: Option<&Cond>,
    replayed: &Replayed,
) -> Result<Option<String>, Failure> {
    let account = &replayed.account;
    let of = |name: &str| account.transitions.iter().filter(move |t| t.monitor == name).collect::<Vec<&Transition>>();
    let own = of(&monitor.name);
    let time = |text: &str| moment(text, replayed.day);
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
            let found = matched(plan, monitor, filter, &replayed.path)?;
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
fn matched(plan: &Plan, monitor: &MonitorPlan, filter: Option<&Cond>, path: &Path) -> Result<u64, Failure> {
    let matcher = matcher(plan, &[monitor.query], Backend::Automatic)?;
    let mut scratch = matcher.scratch();
    let mut found: Vec<Match> = Vec::new();
    let mut count = 0;
    for read in recording::open_path(path, true)? {
        let batch = read.map_err(recording::failure)?.batch;
        found.clear();
        matcher.match_batch(&batch, &mut scratch, &mut found);
        let takes = |row: u32| match filter {
            None => true,
            Some(cond) => evaluate(&plan.terms, cond, &PostTexts::read(&batch, row as usize)) == Truth::True,
        };
        count += found.iter().filter(|found| takes(found.row)).count() as u64;
    }
    Ok(count)
}

const fn holds(wanted: Comparison, found: u64) -> bool {
    match wanted.op {
        CompareOp::Eq => found == wanted.value,
        CompareOp::Ne => found != wanted.value,
        CompareOp::Lt => found < wanted.value,
        CompareOp::Le => found <= wanted.value,
        CompareOp::Gt => found > wanted.value,
        CompareOp::Ge => found >= wanted.value,
    }
}

fn said(wanted: Comparison) -> String {
    let sign = match wanted.op {
        CompareOp::Eq => "",
        CompareOp::Ne => "!= ",
        CompareOp::Lt => "< ",
        CompareOp::Le => "<= ",
        CompareOp::Gt => "> ",
        CompareOp::Ge => ">= ",
    };
    format!("{sign}{}", wanted.value)
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

fn print(cases: &[Case], format: TestFormat) -> Result<(), Failure> {
    let failed = cases.iter().filter(|case| !case.failures.is_empty()).count();
    let passed = cases.len() - failed;
    say(&match format {
        TestFormat::Text => text(cases, passed, failed),
        TestFormat::Json => {
            let one = |case: &Case| json!({"name": case.name, "place": case.place, "failures": case.failures});
            let list: Vec<Value> = cases.iter().map(one).collect();
            format!("{}\n", json!({"passed": passed, "failed": failed, "cases": list}))
        }
        TestFormat::Junit => junit(cases, failed),
    })
}

fn text(cases: &[Case], passed: usize, failed: usize) -> String {
    let mut text = String::new();
    for case in cases {
        text.push_str(&format!("{} {}\n", if case.failures.is_empty() { "ok    " } else { "FAILED" }, case.name));
        for failure in &case.failures {
            text.push_str(&format!("       {} ({})\n", failure, case.place));
        }
    }
    text.push_str(&format!("{passed} passed, {failed} failed\n"));
    text
}

fn junit(cases: &[Case], failed: usize) -> String {
    let counts = format!("name=\"mon test\" tests=\"{}\" failures=\"{failed}\"", cases.len());
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite {counts}>\n");
    for case in cases {
        let (file, line) = case.place.rsplit_once(':').unwrap_or((&case.place, "1"));
        let file = xml(&seen_from_here(file));
        let open =
            format!("    <testcase classname=\"{file}\" name=\"{}\" file=\"{file}\" line=\"{line}\"", xml(&case.name));
        if case.failures.is_empty() {
            out.push_str(&format!("{open}/>\n"));
            continue;
        }
        let first = case.failures.first().map_or("", String::as_str);
        let all = case.failures.join("\n");
        out.push_str(&format!(
            "{open}>\n      <failure type=\"failure\" message=\"{}\">{}</failure>\n    </testcase>\n",
            xml(first),
            xml(&all)
        ));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}
