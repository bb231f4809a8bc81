//! Rules from disk to a plan: reads the files that the user named, checks them together, prints what was found.

use std::path::PathBuf;
use std::sync::Arc;

use mon_compiler::lint::Lints;
use mon_compiler::plan::Plan;
pub use mon_rules::{Compiled, LIST, check_again};
use mon_rules::{Disk, LoadOptions};

use crate::failure::Failure;
use crate::output::{colour, say};

/// Reads and checks; findings are kept, not printed.
pub fn load(arguments: &[PathBuf], examples: bool) -> Result<Compiled, Failure> {
    load_with(arguments, examples, Lints::Off)
}

/// The same, with what lints say.
pub fn load_with(arguments: &[PathBuf], examples: bool, lints: Lints) -> Result<Compiled, Failure> {
    Ok(mon_rules::load(arguments, LoadOptions { examples, lints }, &mut Disk)?)
}

/// The plan of the rules, or their errors on standard error and exit code 2. Warnings are told there too, and hold nothing up.
pub fn plan(arguments: &[PathBuf]) -> Result<(Arc<Plan>, Compiled), Failure> {
    plan_of(arguments, "")
}

/// The same for one of several sets of rules: what is told of them says whose it is.
pub fn plan_of(arguments: &[PathBuf], whose: &str) -> Result<(Arc<Plan>, Compiled), Failure> {
    let mut compiled = load(arguments, false)?;
    if !whose.is_empty() && !compiled.checked.diagnostics.is_empty() {
        crate::output::note(format_args!("in {whose}:"));
    }
    compiled.quote_lists();
    match compiled.checked.plan.take() {
        Some(plan) => {
            warn(&compiled);
            Ok((Arc::new(plan), compiled))
        }
        None => {
            compiled.checked.diagnostics.retain(|found| found.is_error());
            crate::output::note_text(&compiled.text(colour()));
            crate::output::note(format_args!("{}", compiled.summary()));
            Err(Failure::reported())
        }
    }
}

/// Tells on standard error what is found in rules that run all the same.
pub fn warn(compiled: &Compiled) {
    if !compiled.checked.diagnostics.is_empty() {
        crate::output::note_text(&compiled.text(colour()));
        crate::output::note(format_args!("{}", compiled.summary()));
    }
}

/// Prints the findings of a check as text on standard output.
pub fn print(compiled: &Compiled) -> Result<(), Failure> {
    say(&format!("{}{}\n", compiled.text(colour()), compiled.summary()))
}
