//! `mon backtest`: what alerts would have raised over recorded posts at other thresholds. The posts are replayed once,
//! as `mon replay` does it; each threshold judges the windows of that replay again.

mod output;
mod svg;
mod sweep;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::plan::{MonitorPlan, Place, Plan};
use mon_engine::{EngineOptions, WindowRow};
use mon_lens::figures::{self, Row, Time};
use mon_lens::threshold::{self, Target, alone, judged, values};

use crate::cli::{Backtest, Format};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::{Sink, note, say};
use crate::verb::replay::{failure, play};
use mon_rules::{column_of, line_of};
use sweep::Sweep;

/// A monitor whose alert is tried at several thresholds.
struct Subject {
    /// This monitor, with what it takes to judge and to route; behind it those whose windows are judged together with its own.
    plan: Plan,
    target: Target,
    /// Where its alert stands.
    spot: Spot,
}

/// A place in the rules, as people find it.
struct Spot {
    file: String,
    line: usize,
    column: usize,
}

/// What a monitor would have raised.
struct Tried {
    subject: Subject,
    /// The windows that posts fell into, in the order in which they closed.
    windows: Vec<WindowRow>,
    /// By threshold.
    rows: Vec<Row>,
    /// The time that shares are of; None where there were no posts.
    time: Option<Time>,
}

/// All that a run has to say.
struct Told<'a> {
    posts: &'a Path,
    read: u64,
    tried: Vec<Tried>,
}

/// What one replay of the posts gave.
struct Recorded {
    /// In the order in which they closed.
    windows: Vec<WindowRow>,
    /// Names of the monitors that windows tell by number.
    monitors: Vec<String>,
    read: u64,
    first: Option<i64>,
    began: Option<i64>,
    youngest: Option<i64>,
    outcome: Result<Outcome, Failure>,
}

pub fn run(arguments: &Backtest, quiet: bool) -> Result<Outcome, Failure> {
    let sweep = arguments.sweep.as_deref().map(Sweep::read).transpose()?;
    let (plan, _) = compiled::plan(&arguments.rules)?;
    let subjects = subjects(&plan, arguments.monitor.as_deref(), arguments.of.as_deref())?;
    let recorded = record(&plan, &subjects, arguments, quiet)?;
    let tried = subjects.into_iter().map(|subject| judge(subject, &recorded, sweep));
    let named = arguments.posts.posts.as_deref().filter(|path| *path != Path::new("-"));
    let posts = named.unwrap_or(Path::new("standard input"));
    let told = Told { posts, read: recorded.read, tried: tried.collect::<Result<_, _>>()? };
    if let Some(path) = &arguments.svg {
        let mut file = Sink::create(path)?;
        file.write_all(svg::picture(&told).as_bytes()).map_err(|error| file.failed(&error))?;
        file.finish()?;
    }
    say(&match arguments.format {
        Format::Text => output::text(&told),
        Format::Json => format!("{:#}\n", output::json(&told)),
    })?;
    recorded.outcome
}

/// The monitors to try. One that was named must have a figure to sweep; of all others, those that have none are told.
fn subjects(plan: &Plan, name: Option<&str>, of: Option<&str>) -> Result<Vec<Subject>, Failure> {
    if let Some(name) = name {
        let found = plan.monitors.iter().find(|monitor| monitor.name == name).ok_or_else(|| {
            let names: Vec<&str> = plan.monitors.iter().map(|monitor| monitor.name.as_str()).collect();
            Failure::usage(format!("there is no monitor `{name}`"), format!("these are there: {}", names.join(", ")))
        })?;
        return Ok(vec![subject(plan, found, of)?]);
    }
    let with_alert = plan.monitors.iter().filter(|monitor| monitor.alert.is_some());
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for monitor in with_alert {
        match subject(plan, monitor, of) {
            Ok(subject) => found.push(subject),
            Err(failure) => refused.push(failure),
        }
    }
    if found.is_empty() {
        let none = || Failure::input("no monitor of these rules has an alert", "add `alert when …` to one of them");
        return Err(refused.into_iter().next().unwrap_or_else(none));
    }
    for failure in refused {
        note(format_args!("left out: {failure}"));
    }
    Ok(found)
}

fn subject(plan: &Plan, monitor: &MonitorPlan, of: Option<&str>) -> Result<Subject, Failure> {
    let Some(alert) = &monitor.alert else {
        let spot = Spot::of(plan, monitor.place);
        return Err(Failure::input(
            format!("{spot}: `{}` has no alert, so there is no threshold to try", monitor.name),
            "add `alert when …`, or name another monitor",
        ));
    };
    let spot = Spot::of(plan, alert.place);
    let target = sweep::find(monitor, alert, of)
        .map_err(|failure| Failure { message: format!("{spot}: {}", failure.message), ..failure })?;
    Ok(Subject { plan: alone(plan, monitor), target, spot })
}

/// Replays the posts for the rules as they are.
fn record(plan: &Plan, subjects: &[Subject], arguments: &Backtest, quiet: bool) -> Result<Recorded, Failure> {
    let judged = subjects.iter().flat_map(|subject| &subject.plan.monitors);
    let judged: BTreeSet<&str> = judged.map(|monitor| monitor.name.as_str()).collect();
    let monitors = plan.monitors.iter().filter(|monitor| judged.contains(monitor.name.as_str())).cloned().collect();
    let plan = Arc::new(Plan { monitors, tests: Vec::new(), flows: Vec::new(), ..plan.clone() });
    let mut windows = Vec::new();
    let (mut read, mut began, mut youngest) = (0, None, None);
    let played = play(&plan, &arguments.posts, None, EngineOptions::default(), None, quiet, |epoch| {
        read += epoch.counts.read;
        (began, youngest) = (epoch.began, epoch.youngest.or(youngest));
        windows.extend(epoch.windows);
        Ok(())
    })?;
    let monitors = plan.monitors.iter().map(|monitor| monitor.name.clone()).collect();
    Ok(Recorded { windows, monitors, read, first: played.first, began, youngest, outcome: played.read })
}

impl Recorded {
    /// The windows of the monitors of a plan, numbered as they are there.
    fn windows_of(&self, plan: &Plan) -> Vec<WindowRow> {
        let place = |name: &String| (0..).zip(&plan.monitors).find(|(_, monitor)| monitor.name == *name);
        let places: Vec<Option<u32>> = self.monitors.iter().map(|name| place(name).map(|(at, _)| at)).collect();
        let numbered = |window: &WindowRow| {
            let monitor = places.get(window.monitor as usize).copied().flatten()?;
            Some(WindowRow { monitor, ..window.clone() })
        };
        self.windows.iter().filter_map(numbered).collect()
    }
}

fn judge(subject: Subject, recorded: &Recorded, sweep: Option<Sweep>) -> Result<Tried, Failure> {
    let target = &subject.target;
    let mut windows = recorded.windows_of(&subject.plan);
    let thresholds = match sweep {
        Some(sweep) => sweep.thresholds(target.written),
        None => threshold::seen(&values(&windows, target.measure), target.written, sweep::ABOUT as usize).0,
    };
    let time = Time::of(&subject.plan, recorded.first, recorded.began, recorded.youngest);
    let rows = thresholds.into_iter().map(|threshold| {
        let plan = Arc::new(target.at(&subject.plan, threshold));
        figures::row(&plan, target, threshold, &windows, time).map_err(failure)
    });
    let rows = rows.collect::<Result<_, _>>()?;
    windows.retain(|window| window.monitor == 0);
    Ok(Tried { subject, windows, rows, time })
}

impl Subject {
    fn name(&self) -> &str {
        self.plan.monitors.first().map_or("", |monitor| &monitor.name)
    }
}

impl Spot {
    fn of(plan: &Plan, place: Place) -> Self {
        let Some(file) = plan.files.get(place.file as usize) else {
            return Self { file: String::new(), line: 1, column: 1 };
        };
        let at = place.span.start;
        Self { file: file.name.clone(), line: line_of(&file.text, at), column: column_of(&file.text, at) }
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
