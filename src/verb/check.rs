//! `mon check`: everything that can be said of rules, and of the deployment that runs them, without posts.

use mon_compiler::diagnostic::machine;

use crate::cli::{Check, CheckFormat};
use crate::compiled;
use crate::deployment;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::rules::seen_from_here;

pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    let mut compiled = compiled::load(&arguments.rules, true)?;
    if let Some(path) = &arguments.deploy {
        let checked = &mut compiled.checked;
        let number = u32::try_from(checked.files.len()).unwrap_or(u32::MAX);
        let (file, found) = deployment::check(path, number, checked.plan.as_ref())?;
        checked.files.push(file);
        checked.diagnostics.extend(found);
    }
    if !matches!(arguments.format, CheckFormat::Text | CheckFormat::Json) {
        compiled.checked.files.iter_mut().for_each(|file| file.name = seen_from_here(&file.name));
    }
    let (found, files) = (&compiled.checked.diagnostics, &compiled.checked.files);
    match arguments.format {
        CheckFormat::Text => compiled::print(&compiled)?,
        CheckFormat::Json => say(&format!("{}\n", machine::json(found, files)))?,
        CheckFormat::Sarif => say(&format!("{:#}\n", machine::sarif(found, files)))?,
        CheckFormat::Junit => say(&machine::junit(found, files))?,
        CheckFormat::Github => say(&machine::github(found, files))?,
    }
    Ok(if compiled.checked.diagnostics.is_empty() { Outcome::Clean } else { Outcome::Findings })
}
