//! One file a verb. Each is thin: it reads what the user named, calls the rooms below, and prints.

mod backtest;
mod check;
mod debug;
mod diff;
mod doc;
mod doctor;
mod explain;
mod export;
mod fix;
mod fmt;
mod import;
mod init;
mod lint;
mod lsp;
mod match_posts;
pub mod replay;
mod run;
mod simulate;
mod test;

use crate::cli::{Cli, Verb};
use crate::failure::{Failure, Outcome};

/// Runs the verb that was asked for.
pub fn run(cli: &Cli) -> Result<Outcome, Failure> {
    match &cli.verb {
        Verb::Init(arguments) => init::run(arguments),
        Verb::Check(arguments) => check::run(arguments),
        Verb::Lint(arguments) => lint::run(arguments),
        Verb::Diff(arguments) => diff::run(arguments, cli.quiet),
        Verb::Fix(arguments) => fix::run(arguments),
        Verb::Fmt(arguments) => fmt::run(arguments),
        Verb::Match(arguments) => match_posts::run(arguments, cli.quiet),
        Verb::Replay(arguments) => replay::run(arguments, cli.quiet),
        Verb::Backtest(arguments) => backtest::run(arguments, cli.quiet),
        Verb::Run(arguments) => run::run(arguments, cli.quiet),
        Verb::Doctor(arguments) => doctor::run(arguments),
        Verb::Test(arguments) => test::run(arguments),
        Verb::Explain(arguments) => explain::run(arguments),
        Verb::Doc(arguments) => doc::run(arguments),
        Verb::Simulate(arguments) => simulate::run(arguments, cli.quiet),
        Verb::Import(arguments) => import::run(arguments),
        Verb::Export(arguments) => export::run(arguments),
        Verb::Lsp(arguments) => lsp::run(arguments),
        Verb::Debug(arguments) => debug::run(arguments),
    }
}
