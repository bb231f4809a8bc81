//! Recorded posts as the user named them: opens the file, tells of bad lines as they come, counts.

use std::collections::BTreeMap;
use std::path::Path;

use mon_post::reader::{self, Format, ReadBatch, ReadOptions, Reader};
use mon_post::{LineProblem, ReadError};

use crate::cli::Posts;
use crate::failure::{Failure, Outcome};

/// Bad lines that are told one by one; the rest is only counted.
const PROBLEMS_SHOWN_MAX: u64 = 20;

/// Opens the posts that a verb was given.
pub fn open(posts: &Posts, need_time: bool) -> Result<Box<dyn Reader>, Failure> {
    let Some(path) = &posts.posts else {
        return Err(Failure::usage("no posts were named", "add `--posts FILE`, or `--posts -` for standard input"));
    };
    let format = posts.posts_format.as_deref().and_then(format_of);
    let options =
        ReadOptions { batch_rows: posts.batch as usize, strict: posts.strict, need_time, ..ReadOptions::default() };
    reader::open(path, format, &options).map_err(failure)
}

/// The same for a file that no flags came with.
pub fn open_path(path: &Path, need_time: bool) -> Result<Box<dyn Reader>, Failure> {
    reader::open(path, None, &ReadOptions { need_time, ..ReadOptions::default() }).map_err(failure)
}

fn format_of(name: &str) -> Option<Format> {
    match name {
        "jsonl" => Some(Format::JsonLines),
        "csv" => Some(Format::Csv),
        "parquet" => Some(Format::Parquet),
        "arrow" => Some(Format::ArrowFile),
        _ => None,
    }
}

/// A file of posts that cannot be read (on), as a failure of the verb.
pub fn failure(error: ReadError) -> Failure {
    let help = miette::Diagnostic::help(&error).map_or_else(|| "check the file".to_owned(), |help| help.to_string());
    Failure::input(&error, help)
}

/// Lines that were skipped and keys that were not known, told to the user as they come.
#[derive(Default)]
pub struct Problems {
    name: String,
    pub skipped: u64,
    unknown: BTreeMap<String, u64>,
}

impl Problems {
    pub fn of(name: Option<&Path>) -> Self {
        Self { name: name.map_or_else(String::new, |name| name.display().to_string()), ..Self::default() }
    }

    /// Tells of a batch's bad lines and takes its counts.
    pub fn take(&mut self, batch: &ReadBatch) {
        self.tell(&batch.problems);
        for (key, count) in &batch.unknown {
            *self.unknown.entry(key.clone()).or_default() += count;
        }
    }

    /// Tells of bad lines.
    pub fn tell(&mut self, problems: &[LineProblem]) {
        for problem in problems {
            self.skipped += 1;
            if self.skipped <= PROBLEMS_SHOWN_MAX {
                crate::output::note(format_args!("{}: line {}: {}", self.name, problem.line, problem.message));
                crate::output::note(format_args!("  help: {}", problem.help));
            }
        }
    }

    /// The last word on a recording that was read, or read up to `broken`. A packed file that was cut is like one whose
    /// last line was: its posts count, and it is something to look at.
    pub fn end(&self, broken: Option<ReadError>, strict: bool, quiet: bool) -> Result<Outcome, Failure> {
        self.close(quiet);
        match broken {
            Some(error @ ReadError::Cut { .. }) if !strict => {
                let failure = failure(error);
                crate::output::note(format_args!("{failure}"));
                crate::output::note(format_args!("  help: {}", failure.help.unwrap_or_default()));
                Ok(Outcome::Findings)
            }
            Some(error) => Err(failure(error)),
            None if self.skipped > 0 => Ok(Outcome::Findings),
            None => Ok(Outcome::Clean),
        }
    }

    fn close(&self, quiet: bool) {
        if self.skipped > PROBLEMS_SHOWN_MAX {
            crate::output::note(format_args!(
                "{}: {} more lines were skipped",
                self.name,
                self.skipped - PROBLEMS_SHOWN_MAX
            ));
        }
        if !self.unknown.is_empty() && !quiet {
            let keys: Vec<String> = self.unknown.iter().map(|(key, count)| format!("`{key}` ({count})")).collect();
            crate::output::note(format_args!(
                "{}: kept keys that the schema does not know: {}",
                self.name,
                keys.join(", ")
            ));
        }
    }
}
