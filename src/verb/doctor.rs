//! `mon doctor`: a line for each thing that an operator would look at, and what to do where it is not well.

use crate::cli::{Doctor, Format};
use crate::compiled;
use crate::doctor::{self, Patient, Report};
use crate::failure::{Failure, Outcome};
use crate::live;
use crate::output::say;

pub fn run(arguments: &Doctor) -> Result<Outcome, Failure> {
    let plan = if arguments.rules.is_empty() { None } else { Some(compiled::plan(&arguments.rules)?.0) };
    let report = doctor::examine(&Patient {
        plan,
        config: arguments.config.as_deref(),
        data: &arguments.data,
        offline: arguments.offline,
        now: live::now(),
    })?;
    say(&written(&report, arguments.format)?)?;
    Ok(if report.is_well() { Outcome::Clean } else { Outcome::Findings })
}

fn written(report: &Report, format: Format) -> Result<String, Failure> {
    match format {
        Format::Text => Ok(report.text()),
        Format::Json => match serde_json::to_string_pretty(report) {
            Ok(json) => Ok(json + "\n"),
            Err(error) => Err(Failure::input(error, "report what you ran")),
        },
    }
}
