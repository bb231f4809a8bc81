//! Whether a deployment is well, without running it: each check looks at one thing and says what it found. Nothing is sent,
//! nothing is left behind, and no secret is shown.

mod data;
mod deployment;
mod past;
mod sources;

use std::path::Path;
use std::sync::Arc;

use miette::Diagnostic;
use mon_compiler::plan::Plan;
use serde::Serialize;

use crate::failure::Failure;

/// What is examined.
pub struct Patient<'a> {
    /// The rules, where names are to be compared with them.
    pub plan: Option<Arc<Plan>>,
    pub config: Option<&'a Path>,
    pub data: &'a Path,
    /// Connect to nothing.
    pub offline: bool,
    /// This machine's clock, microseconds since 1970 UTC.
    pub now: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    Ok,
    /// It runs, and somebody should look.
    Warning,
    /// It does not run, or somebody is not told.
    Failed,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub subject: String,
    pub finding: Finding,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// All checks in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    fn ok(&mut self, subject: &str, message: impl Into<String>) {
        self.add(subject, Finding::Ok, message.into(), None);
    }

    fn warn(&mut self, subject: &str, message: impl Into<String>, help: impl Into<String>) {
        self.add(subject, Finding::Warning, message.into(), Some(help.into()));
    }

    fn fail(&mut self, subject: &str, message: impl Into<String>, help: impl Into<String>) {
        self.add(subject, Finding::Failed, message.into(), Some(help.into()));
    }

    /// An error of a room.
    fn error(&mut self, subject: &str, error: &impl Diagnostic) {
        let help =
            error.help().map_or_else(|| "check `mon.toml` and the data folder".to_owned(), |help| help.to_string());
        self.fail(subject, error.to_string(), help);
    }

    fn add(&mut self, subject: &str, finding: Finding, message: String, help: Option<String>) {
        self.checks.push(Check { subject: subject.to_owned(), finding, message, help });
    }

    /// Nothing has failed and nothing is warned of.
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.finding == Finding::Ok)
    }

    /// A line a check, with help below it where there is something to do.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let word = match check.finding {
                Finding::Ok => "ok",
                Finding::Warning => "warning",
                Finding::Failed => "failed",
            };
            text.push_str(&format!("{word:8} {}: {}\n", check.subject, check.message));
            if let Some(help) = &check.help {
                text.push_str(&format!("         help: {help}\n"));
            }
        }
        let count = |finding| self.checks.iter().filter(|check| check.finding == finding).count();
        let (ok, warnings, failed) = (count(Finding::Ok), count(Finding::Warning), count(Finding::Failed));
        text.push_str(&format!("{ok} ok, {warnings} warnings, {failed} failed\n"));
        text
    }
}

/// Looks at everything.
///
/// # Errors
/// There is no file of the name that was given for `mon.toml`.
pub fn examine(patient: &Patient<'_>) -> Result<Report, Failure> {
    let mut report = Report::default();
    let config = deployment::examine(&mut report, patient)?;
    let store = data::examine(&mut report, patient);
    data::clock(&mut report, patient.now, store.as_ref());
    if let Some(config) = &config {
        sources::examine(&mut report, config, patient.offline);
    }
    if let Some(store) = &store {
        past::examine(&mut report, patient.now, config.as_ref(), store);
    }
    Ok(report)
}

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A length of time as people say it, in its largest unit that is there twice.
fn span(micros: i64) -> String {
    let units = [(DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")];
    let found = units.iter().find(|(unit, _)| micros >= 2 * unit);
    found.map_or_else(|| format!("{} seconds", micros / SECOND), |(unit, name)| format!("{} {name}", micros / unit))
}

#[cfg(test)]
mod tests;
