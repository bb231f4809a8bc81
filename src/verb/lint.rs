//! `mon lint`: what `mon check` says, and advice beside it: rules that run, and seldom do what their author thinks.

use mon_compiler::lint::Lints;

use crate::cli::Lint;
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::verb::check::tell;

pub fn run(arguments: &Lint) -> Result<Outcome, Failure> {
    tell(compiled::load_with(&arguments.rules, true, Lints::All)?, &arguments.telling, Lints::All)
}
