//! `mon simulate`: a day of posts with planted events, the same for the same seed.

use std::io::Write as _;
use std::path::PathBuf;

use mon_post::writer::write_jsonl;
use mon_simulate::{Scenario, Simulation, Spec, simulate};

use crate::cli::Simulate;
use crate::failure::{Failure, Outcome};
use crate::output::{Sink, say};
use crate::progress::{self, Unit};
use crate::report::grouped;

/// Starts a scenario by its name; also says how many posts it has, repeats aside.
pub fn start(name: &str, seed: u64, posts: Option<u64>) -> Result<(Simulation, u64), Failure> {
    let Some(scenario) = Scenario::find(name) else {
        let names: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
        return Err(Failure::usage(
            format!("there is no scenario `{name}`"),
            format!("these are there: {}", names.join(", ")),
        ));
    };
    let spec = Spec { posts, ..Spec::new(scenario, seed) };
    Ok((simulate(&spec), posts.unwrap_or(scenario.default_posts())))
}

pub fn run(arguments: &Simulate, quiet: bool) -> Result<Outcome, Failure> {
    let (mut simulation, total) = start(&arguments.scenario, arguments.seed, arguments.posts)?;
    let mut out = Sink::create(&arguments.out)?;
    let line = progress::line("simulating", Unit::Posts(total), quiet);
    let mut written = 0;
    for batch in simulation.by_ref() {
        let batch = batch.map_err(|error| Failure::input(&error, "report the scenario and seed"))?;
        write_jsonl(&batch, &mut out).map_err(|error| out.failed(&error))?;
        written += batch.len() as u64;
        line.set_position(written);
    }
    line.finish_and_clear();
    out.finish()?;
    let path = truth_path(arguments);
    let mut truth = Sink::create(&path)?;
    let json = serde_json::to_string_pretty(simulation.truth()).map_err(|error| truth.failed(&error))?;
    truth.write_all(json.as_bytes()).and_then(|()| truth.write_all(b"\n")).map_err(|error| truth.failed(&error))?;
    truth.finish()?;
    say(&format!(
        "{} posts in {}, what was planted in {}\n",
        grouped(written),
        arguments.out.display(),
        path.display()
    ))?;
    Ok(Outcome::Clean)
}

fn truth_path(arguments: &Simulate) -> PathBuf {
    let mut name = arguments.out.clone().into_os_string();
    name.push(".truth.json");
    PathBuf::from(name)
}
