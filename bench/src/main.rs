//! Measures the matcher on a workload that anyone can make again: `mon-bench w1 --monitors 10000`.
//! All times are CPU time of the one thread that works.

mod log;
mod measure;
mod monitors;
mod stream;
mod vocabulary;
mod workload;

use std::error::Error;
use std::process::ExitCode;

const HELP: &str = "\
mon-bench w1 [options]     matches posts with monitors that watch brands and topics
mon-bench w2 [options]     posts through the whole engine: sliding windows, barriers, very many groups

  --monitors N             how many monitors (1000)
  --posts N                how many posts (200000)
  --keys N                 how many groups a state holds, w2 alone (1000000)
  --seed N                 of words, posts and monitors (7)
  --repeat N               the best of so many runs counts (3)
  --vocabulary FILE        real words instead of made-up ones, as `vocabulary.py` writes them
  --no-native              leave machine code out: compiling it takes long for many monitors
  --log [FILE]             append the result as one JSON line (bench/log.jsonl): date, commit, machine, figures
";

/// What to run.
pub struct Options {
    pub monitors: usize,
    pub posts: usize,
    pub keys: usize,
    pub seed: u64,
    pub repeat: usize,
    pub vocabulary: Option<String>,
    pub native: bool,
    pub log: Option<String>,
}

fn parse(args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        monitors: 1_000,
        posts: 200_000,
        keys: 1_000_000,
        seed: 7,
        repeat: 3,
        vocabulary: None,
        native: true,
        log: None,
    };
    let mut args = args.peekable();
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("`{name}` needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("`{text}` is not a number"));
        match name.as_str() {
            "--monitors" => options.monitors = number(value()?)?,
            "--posts" => options.posts = number(value()?)?,
            "--keys" => options.keys = number(value()?)?,
            "--seed" => options.seed = number(value()?)? as u64,
            "--repeat" => options.repeat = number(value()?)?,
            "--vocabulary" => options.vocabulary = Some(value()?),
            "--no-native" => options.native = false,
            "--log" => {
                let file = args.next_if(|next| !next.starts_with("--"));
                options.log =
                    Some(file.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/log.jsonl").to_owned()));
            }
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    Ok(options)
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("w1") => measure::w1(&parse(args)?),
        Some("w2") => stream::w2(&parse(args)?),
        Some("--help" | "-h" | "help") => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("no workload named `{}`\n\n{HELP}", other.unwrap_or_default()).into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mon-bench: {error}");
            ExitCode::from(3)
        }
    }
}
