//! The command `mon`: reads what the user typed, runs one verb, and turns its outcome into an exit code.

mod baseline;
mod cli;
mod compiled;
mod config;
mod deployment;
mod doctor;
mod failure;
mod live;
mod log;
mod output;
mod progress;
mod recording;
mod remarks;
mod report;
mod score;
mod tape;
mod verb;

use clap::Parser;
use clap::error::ErrorKind;

use failure::{Failure, Outcome};

fn main() {
    let code = match cli::Cli::try_parse() {
        Ok(cli) => {
            if cli.no_color {
                output::without_colour();
            }
            match verb::run(&cli) {
                Ok(Outcome::Clean) => 0,
                Ok(Outcome::Findings) => 1,
                Err(failure) => say(&failure),
            }
        }
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _ = error.print();
            if asked { 0 } else { 3 }
        }
    };
    std::process::exit(code);
}

fn say(failure: &Failure) -> i32 {
    if failure.message.is_empty() {
        return failure.code;
    }
    if let Some(event) = log::failure(failure) {
        output::line(&event);
        return failure.code;
    }
    output::note(format_args!("error: {failure}"));
    if let Some(help) = &failure.help {
        output::note(format_args!("  help: {help}"));
    }
    failure.code
}
