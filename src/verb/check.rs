//! `mon check`: everything that can be said of rules, and of the deployment that runs them, without posts.

use mon_compiler::diagnostic::machine;
use mon_compiler::lint::Lints;
use mon_rules::seen_from_here;
use serde_json::json;

use crate::baseline::{self, Baseline, Known};
use crate::cli::{Check, CheckFormat, Telling};
use crate::compiled::{self, Compiled};
use crate::deployment;
use crate::failure::{Failure, Outcome};
use crate::output::{colour, note, say};

pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    let mut compiled = compiled::load_with(&arguments.rules, true, Lints::Warnings)?;
    if let Some(path) = &arguments.deploy {
        let checked = &mut compiled.checked;
        let number = u32::try_from(checked.files.len()).unwrap_or(u32::MAX);
        let (file, found) = deployment::check(path, number, checked.plan.as_ref())?;
        checked.files.push(file);
        checked.diagnostics.extend(found);
    }
    tell(compiled, &arguments.telling, Lints::Warnings)
}

/// Prints what was found and is not in the baseline, in one of the formats; or writes the baseline. `lints` are those that
/// have run.
pub fn tell(mut compiled: Compiled, telling: &Telling, lints: Lints) -> Result<Outcome, Failure> {
    compiled.quote_lists();
    if let Some(path) = &telling.write_baseline {
        if compiled.checked.diagnostics.iter().any(|found| found.is_error()) {
            compiled::print(&compiled)?;
        }
        let written = baseline::write(path, &compiled)?;
        say(&format!("wrote {} into the baseline `{}`\n", counted(written, "finding", "findings"), path.display()))?;
        return Ok(Outcome::Clean);
    }
    let known = match &telling.baseline {
        Some(path) => Some(Baseline::read(path)?.take_from(&mut compiled, lints)),
        None => None,
    };
    print(&mut compiled, telling.format, known)?;
    let gone = known.map_or(0, |known| known.gone);
    if gone > 0 {
        let are = if gone == 1 { "is" } else { "are" };
        let entries = counted(gone, "entry", "entries");
        note(format_args!("advice: {entries} of the baseline {are} found no more; write it again"));
        note("  help: the same command with `--write-baseline` instead of `--baseline` does so");
    }
    let findings = !compiled.checked.diagnostics.is_empty() || (telling.strict_baseline && gone > 0);
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

fn print(compiled: &mut Compiled, format: CheckFormat, known: Option<Known>) -> Result<(), Failure> {
    if !matches!(format, CheckFormat::Text | CheckFormat::Json) {
        compiled.checked.files.iter_mut().for_each(|file| file.name = seen_from_here(&file.name));
    }
    let (found, files) = (&compiled.checked.diagnostics, &compiled.checked.files);
    match format {
        CheckFormat::Text => {
            let hidden = known.map_or(0, |known| known.hidden);
            let known = if hidden > 0 { format!("; {hidden} in the baseline") } else { String::new() };
            say(&format!("{}{}{known}\n", compiled.text(colour()), compiled.summary()))
        }
        CheckFormat::Json => {
            let mut object = machine::json(found, files);
            if let (Some(Known { hidden, gone }), Some(object)) = (known, object.as_object_mut()) {
                object.insert("baseline".to_owned(), json!({"hidden": hidden, "gone": gone}));
            }
            say(&format!("{object}\n"))
        }
        CheckFormat::Sarif => say(&format!("{:#}\n", machine::sarif(found, files))),
        CheckFormat::Junit => say(&machine::junit(found, files)),
        CheckFormat::Github => say(&machine::github(found, files)),
        CheckFormat::Gitlab => {
            let fingerprints = baseline::fingerprints(compiled);
            say(&format!("{:#}\n", machine::gitlab(found, files, &fingerprints)))
        }
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
