//! `mon check`: everything that can be said of rules without posts.

use std::path::Path;

use mon_compiler::diagnostic::render;

use crate::cli::{Check, Format};
use crate::compiled::{self, Compiled};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::output::say;

pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    let compiled = compiled::load(&arguments.rules, true)?;
    match arguments.format {
        Format::Json => {
            let json = render::json(&compiled.checked.diagnostics, &compiled.checked.files);
            say(&format!("{json}\n"))?;
        }
        Format::Text => compiled::print(&compiled)?,
    }
    let unbound = match &arguments.deploy {
        Some(path) => deployment(path, &compiled)?,
        None => 0,
    };
    let clean = compiled.checked.diagnostics.is_empty() && unbound == 0;
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

/// Names that the rules use and the deployment does not bind, and the reverse; how many.
fn deployment(path: &Path, compiled: &Compiled) -> Result<usize, Failure> {
    let config = Config::read(path)?;
    let Some(plan) = &compiled.checked.plan else { return Ok(0) };
    let problems = config.problems(plan);
    for problem in &problems {
        eprintln!("{}: {problem}", path.display());
    }
    Ok(problems.len())
}
