//! `mon test`: the `example` lines and `test` items of a folder of rules, and how much of the rules they put to work.

mod coverage;
mod expect;
mod mutation;
mod output;
mod trial;

use std::path::Path;
use std::sync::Arc;

use mon_compiler::coverage::Share;
use mon_compiler::diagnostic::{Level, codes, render};
use mon_compiler::folder::Folder;
use mon_compiler::matching::Backend;
use mon_compiler::plan::{Place, Plan, TestPlan};
use mon_grammar::ast::TestStepKind;

use crate::cli::Test;
use crate::compiled::{self, Compiled};
use crate::failure::{Failure, Outcome};
use mon_rules::{column_of, line_of};
use trial::{Recordings, Replays};

/// One thing that was tried.
struct Case {
    name: String,
    place: String,
    /// Why it failed; empty when it passed.
    failures: Vec<String>,
}

/// How much of the rules was put to work, and what was not.
struct Measured {
    words: &'static Words,
    /// By monitor, in the order of the files.
    monitors: Vec<(String, Share)>,
    total: Share,
    /// Who reached how many, where several can.
    by: Vec<(&'static str, usize)>,
    /// What is left open, by file and place.
    open: Vec<Open>,
    /// How many of a hundred are asked for.
    min: Option<f64>,
}

/// What a measure is called.
struct Words {
    title: &'static str,
    /// What is counted, as text and as a key of JSON.
    all: &'static str,
    /// Those that are as they should be.
    reached: &'static str,
    /// The others.
    open: &'static str,
}

/// A place in the rules that no example and no test asks about.
struct Open {
    place: Place,
    said: String,
}

impl Measured {
    fn is_enough(&self) -> bool {
        self.min.is_none_or(|min| self.total.is_at_least(min))
    }
}

/// All that a run of the tests has to say.
struct Told<'a> {
    compiled: &'a Compiled,
    cases: Vec<Case>,
    measured: Vec<Measured>,
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
    let mut recordings = Recordings::default();
    let mut replays = Replays::default();
    let mut cases = examples(&plan, &compiled);
    for test in &plan.tests {
        cases.push(run_test(&plan, test, &compiled, &mut recordings, &mut replays));
    }
    let passed = cases.iter().all(|case| case.failures.is_empty());
    let mut told = Told { compiled: &compiled, cases, measured: Vec::new() };
    let covering = arguments.coverage || arguments.coverage_min.is_some();
    let mutate = arguments.mutate || arguments.mutate_min.is_some();
    let folder = Folder::parse(if covering || mutate { compiled.checked.files.clone() } else { Vec::new() });
    if covering {
        let seen = coverage::measure(&folder, &plan, &compiled, &recordings, &replays)?;
        told.measured.push(Measured { min: arguments.coverage_min, ..seen });
    }
    if mutate && passed {
        let score = mutation::measure(&folder, &plan, &compiled, &recordings)?;
        told.measured.push(Measured { min: arguments.mutate_min, ..score });
    }
    output::print(&told, arguments.format)?;
    if mutate && !passed {
        crate::output::note("no mutants were made: first all examples and tests must pass");
    }
    let enough = told.measured.iter().all(Measured::is_enough);
    Ok(if passed && enough { Outcome::Clean } else { Outcome::Findings })
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
    let (file, line, _) = spot(compiled, place);
    format!("{file}:{line}")
}

/// File, line and column.
fn spot(compiled: &Compiled, place: Place) -> (&str, usize, usize) {
    let Some(file) = compiled.checked.files.get(place.file as usize) else { return ("", 1, 1) };
    (&file.name, line_of(&file.text, place.span.start), column_of(&file.text, place.span.start))
}

fn run_test(
    plan: &Arc<Plan>,
    test: &TestPlan,
    compiled: &Compiled,
    recordings: &mut Recordings,
    replays: &mut Replays,
) -> Case {
    let mut failures = Vec::new();
    let monitor = plan.monitors.get(test.monitor.0 as usize);
    if let Some(path) = replayed_path(test, compiled) {
        match recordings.open(&path) {
            Ok(recording) => {
                failures.extend(recording.problem.clone());
                match replays.get(plan, &recording, Backend::default()) {
                    Ok(replayed) => failures.extend(expect::failures(plan, test, &recording, &replayed)),
                    Err(failure) => failures.push(failure.to_string()),
                }
            }
            Err(failure) => failures.push(failure.to_string()),
        }
    }
    let name = monitor.map_or_else(String::new, |monitor| format!("{}: ", monitor.name)) + &test.title;
    Case { name, place: place_text(compiled, test.place), failures }
}

/// The recording that a test replays, seen from the test's file.
fn replayed_path(test: &TestPlan, compiled: &Compiled) -> Option<std::path::PathBuf> {
    let file = compiled.files.get(test.place.file as usize);
    let folder = file.and_then(|file| file.path.parent()).unwrap_or(Path::new("."));
    test.steps.iter().find_map(|(_, step)| match step {
        TestStepKind::Replay { path, .. } => Some(folder.join(path)),
        _ => None,
    })
}
