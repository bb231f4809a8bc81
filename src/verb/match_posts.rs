//! `mon match`: which posts match which query, in the order of the posts.

use std::io::Write as _;
use std::sync::Arc;

use mon_compiler::matching::{Backend, Match, MatchOptions, MatchSpan, Matcher, Scratch};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::reader::{ReadBatch, Reader};
use mon_post::{PostBatch, ReadError};

use crate::cli::{self, Evaluator};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::{Lines, say};
use crate::progress::{self, Unit};
use crate::recording::{self, Problems};
use crate::score::{Score, Wanted};

/// Which evaluator a flag asks for.
pub fn backend(evaluator: Option<Evaluator>) -> Backend {
    match evaluator {
        None => Backend::Automatic,
        Some(Evaluator::Interpreter) => Backend::Interpreter,
        Some(Evaluator::Bytecode) => Backend::Bytecode,
        Some(Evaluator::Machine) => Backend::MachineCode,
    }
}

/// A matcher of the given queries.
pub fn matcher(plan: &Plan, queries: &[QueryId], backend: Backend) -> Result<Matcher, Failure> {
    Matcher::build(plan, queries, backend, &MatchOptions::default()).map_err(|error| {
        let help = miette::Diagnostic::help(&error)
            .map_or_else(|| "try `--evaluator bytecode`, and report what you ran".to_owned(), |help| help.to_string());
        Failure::input(format!("the queries cannot be compiled: {error}"), help)
    })
}

/// Every query of a plan, monitors' own included.
pub fn all_queries(plan: &Plan) -> Vec<QueryId> {
    (0..).take(plan.queries.len()).map(QueryId).collect()
}

pub fn run(arguments: &cli::Match, quiet: bool) -> Result<Outcome, Failure> {
    let wanted =
        arguments.score.as_deref().map(|text| Wanted::read(text, arguments.score_by.as_deref())).transpose()?;
    let (plan, _) = compiled::plan(&arguments.rules)?;
    let matcher = matcher(&plan, &all_queries(&plan), backend(arguments.evaluator))?;
    let reader = recording::open(&arguments.posts, false)?;
    let mut work = Work {
        scratch: matcher.scratch(),
        matcher,
        names: plan.queries.iter().map(|query| quoted(&query.name)).collect(),
        totals: vec![0; plan.queries.len()],
        score: wanted.map(Score::new),
        spans: arguments.spans,
        // Totals and scores replace the lines.
        lines: (!arguments.count && arguments.score.is_none()).then(Lines::new),
        line: Vec::new(),
        found: Vec::new(),
    };
    let (problems, broken) = work.read(reader, arguments, quiet)?;
    // The lines of what was read stand, whatever follows.
    work.flush()?;
    let outcome = problems.end(broken, arguments.posts.strict, quiet)?;
    work.close(&plan, arguments.count)?;
    Ok(outcome)
}

struct Work {
    matcher: Matcher,
    scratch: Scratch,
    /// Names as JSON strings.
    names: Vec<String>,
    totals: Vec<u64>,
    score: Option<Score>,
    spans: bool,
    lines: Option<Lines>,
    line: Vec<u8>,
    found: Vec<Match>,
}

impl Work {
    /// Reads to the end, or to where the recording can't be read on.
    fn read(
        &mut self,
        reader: Box<dyn Reader>,
        arguments: &cli::Match,
        quiet: bool,
    ) -> Result<(Problems, Option<ReadError>), Failure> {
        let unit = reader.bytes_total().map_or(Unit::Open, Unit::Bytes);
        let line = progress::line("matching", unit, quiet);
        let mut problems = Problems::of(arguments.posts.posts.as_deref());
        let mut broken = None;
        for read in reader {
            let read: ReadBatch = match read {
                Ok(read) => read,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            };
            self.found.clear();
            self.matcher.match_batch(&read.batch, &mut self.scratch, &mut self.found);
            self.take(&read.batch)?;
            problems.take(&read);
            line.set_position(read.bytes_read);
        }
        line.finish_and_clear();
        Ok((problems, broken))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.lines.as_mut().map_or(Ok(()), Lines::flush)
    }

    fn take(&mut self, batch: &PostBatch) -> Result<(), Failure> {
        for found in &self.found {
            if let Some(total) = self.totals.get_mut(found.query.0 as usize) {
                *total += 1;
            }
        }
        if let Some(score) = &mut self.score {
            let mut matched = self.found.iter().map(|found| found.row).peekable();
            for row in 0..batch.len() {
                let mut hit = false;
                while matched.next_if(|at| *at as usize == row).is_some() {
                    hit = true;
                }
                let post = batch.row(row);
                let labels: Vec<&str> = post.labels.iter().flatten().map(AsRef::as_ref).collect();
                score.take(post.extras.as_deref(), &labels, hit);
            }
        }
        let Some(lines) = &mut self.lines else { return Ok(()) };
        for found in &self.found {
            let name = self.names.get(found.query.0 as usize).map_or("", String::as_str);
            self.line.clear();
            let post = quoted(batch.post_uid(found.row as usize));
            // A post and its edit are two events of one post, and two lines that differ.
            let op = match batch.op(found.row as usize) {
                "created" => String::new(),
                op => format!(",\"op\":\"{op}\""),
            };
            let spans = if self.spans {
                format!(",\"spans\":{}", spans_json(&self.matcher.spans(batch, found.row, found.query)))
            } else {
                String::new()
            };
            // Writing to a vector cannot fail.
            let _ = writeln!(self.line, "{{\"post\":{post},\"query\":{name}{op}{spans}}}");
            lines.write(&self.line)?;
        }
        Ok(())
    }

    fn close(&self, plan: &Arc<Plan>, count: bool) -> Result<(), Failure> {
        if count {
            let mut text = String::new();
            for (name, total) in self.names.iter().zip(&self.totals) {
                text.push_str(&format!("{{\"query\":{name},\"posts\":{total}}}\n"));
            }
            say(&text)?;
        }
        if let Some(score) = &self.score {
            let queries = plan.queries.len();
            say(&format!("a post counts as matched when any of {queries} queries is true\n{}", score.table()))?;
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn spans_json(spans: &[MatchSpan]) -> String {
    let all: Vec<String> = spans
        .iter()
        .map(|span| {
            let zone = span.zone.name();
            format!("{{\"zone\":\"{zone}\",\"text\":{},\"start\":{},\"end\":{}}}", span.text, span.start, span.end)
        })
        .collect();
    format!("[{}]", all.join(","))
}
