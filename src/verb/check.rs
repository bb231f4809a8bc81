//! `mon check`: everything that can be said of rules, and of the deployment that runs them, without posts.

use mon_compiler::diagnostic::machine;
use mon_compiler::lint::Lints;

use crate::cli::{Check, CheckFormat};
use crate::compiled::{self, Compiled};
use crate::deployment;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use mon_rules::seen_from_here;

pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    let mut compiled = compiled::load_with(&arguments.rules, true, Lints::Warnings)?;
    if let Some(path) = &arguments.deploy {
        let checked = &mut compiled.checked;
        let number = u32::try_from(checked.files.len()).unwrap_or(u32::MAX);
        let (file, found) = deployment::check(path, number, checked.plan.as_ref())?;
        checked.files.push(file);
        checked.diagnostics.extend(found);
    }
    tell(compiled, arguments.format)
}

/// Prints what was found in one of the formats.
pub fn tell(mut compiled: Compiled, format: CheckFormat) -> Result<Outcome, Failure> {
    compiled.quote_lists();
    if !matches!(format, CheckFormat::Text | CheckFormat::Json) {
        compiled.checked.files.iter_mut().for_each(|file| file.name = seen_from_here(&file.name));
    }
    let (found, files) = (&compiled.checked.diagnostics, &compiled.checked.files);
    match format {
        CheckFormat::Text => compiled::print(&compiled)?,
        CheckFormat::Json => say(&format!("{}\n", machine::json(found, files)))?,
        CheckFormat::Sarif => say(&format!("{:#}\n", machine::sarif(found, files)))?,
        CheckFormat::Junit => say(&machine::junit(found, files))?,
        CheckFormat::Github => say(&machine::github(found, files))?,
    }
    Ok(if compiled.checked.diagnostics.is_empty() { Outcome::Clean } else { Outcome::Findings })
}
