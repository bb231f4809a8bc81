//! `mon explain`: why a post matches or not, clause by clause; or what a diagnostic's code means.

use std::path::PathBuf;

use mon_compiler::diagnostic::{find_code, page};
use mon_compiler::matching::{Backend, Explanation, Found, Truth};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::{PostBatch, PostBatchBuilder, PostRow, Zone};

use crate::cli::Explain;
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::recording;
use crate::verb::match_posts::{all_queries, matcher};

pub fn run(arguments: &Explain) -> Result<Outcome, Failure> {
    if let Some(code) = find_code(&arguments.subject) {
        say(&page::page(code))?;
        return Ok(Outcome::Clean);
    }
    let path = PathBuf::from(&arguments.subject);
    let looks_like_a_code = arguments.subject.starts_with("MON") && !path.exists();
    if looks_like_a_code {
        return Err(Failure::usage(
            format!("there is no diagnostic `{}`", arguments.subject),
            "`docs/errors/README.md` lists all of them",
        ));
    }
    let (plan, _) = compiled::plan(&[path])?;
    let queries = chosen(&plan, arguments.query.as_deref())?;
    let (batch, row) = post(arguments)?;
    let matcher = matcher(&plan, &queries, Backend::Interpreter)?;
    let mut text = String::new();
    let mut any = false;
    for query in queries {
        let Some(explanation) = matcher.explain(&batch, row, query) else { continue };
        let name = plan.queries.get(query.0 as usize).map_or("", |query| query.name.as_str());
        any |= explanation.truth.is_true();
        text.push_str(&headline(name, &explanation));
        describe(&explanation, 1, &batch, row, &mut text);
        text.push('\n');
    }
    say(&text)?;
    Ok(if any { Outcome::Clean } else { Outcome::Findings })
}

/// The queries that a name means, or all of them.
pub fn chosen(plan: &Plan, name: Option<&str>) -> Result<Vec<QueryId>, Failure> {
    let all = all_queries(plan);
    let Some(name) = name else { return Ok(all) };
    let found: Vec<QueryId> =
        all.into_iter().filter(|id| plan.queries.get(id.0 as usize).is_some_and(|query| query.name == name)).collect();
    if found.is_empty() {
        let names: Vec<&str> = plan.queries.iter().map(|query| query.name.as_str()).collect();
        return Err(Failure::usage(
            format!("there is no query or monitor `{name}`"),
            format!("these are there: {}", names.join(", ")),
        ));
    }
    Ok(found)
}

fn post(arguments: &Explain) -> Result<(PostBatch, u32), Failure> {
    if let Some(text) = &arguments.text {
        return Ok((one_post(text)?, 0));
    }
    let Some(path) = &arguments.posts else {
        return Err(Failure::usage("no post was named", "add `--text \"…\"`, or `--posts FILE --post ID`"));
    };
    let Some(wanted) = &arguments.post else {
        return Err(Failure::usage("which post is to be explained?", "add `--post ID` with the post's identifier"));
    };
    for read in recording::open_path(path, false)? {
        let batch = read.map_err(recording::failure)?.batch;
        if let Some(row) = (0..batch.len()).find(|row| batch.post_uid(*row) == wanted) {
            return Ok((batch, u32::try_from(row).unwrap_or_default()));
        }
    }
    Err(Failure::input(format!("`{}` holds no post `{wanted}`", path.display()), "`mon match` prints identifiers"))
}

/// A batch of one post that tells nothing but its text.
pub fn one_post(text: &str) -> Result<PostBatch, Failure> {
    let row = PostRow { post_uid: Some("text".into()), text: Some(text.into()), ..PostRow::default() };
    let mut builder = PostBatchBuilder::new();
    builder.append(&row).and_then(|()| builder.finish()).map_err(|error| Failure::input(error, "give a shorter text"))
}

fn headline(name: &str, explanation: &Explanation) -> String {
    let verdict = match explanation.truth {
        Truth::True => "matches".to_owned(),
        Truth::False => format!("does not match: {}", reason(explanation)),
        Truth::Unknown => format!("is unknown, so it does not match: {}", reason(explanation)),
    };
    format!("{name} {verdict}\n")
}

fn reason(explanation: &Explanation) -> String {
    let Some(failed) = explanation.first_failure() else { return "no clause holds".to_owned() };
    format!("`{}` is {}", failed.label, word(failed.truth))
}

const fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

fn describe(explanation: &Explanation, depth: usize, batch: &PostBatch, row: u32, text: &mut String) {
    let indent = "  ".repeat(depth);
    let truth = word(explanation.truth);
    text.push_str(&format!("{indent}{truth:8} {}{}\n", explanation.label, detail(explanation, batch, row)));
    for child in &explanation.children {
        describe(child, depth + 1, batch, row, text);
    }
}

fn detail(explanation: &Explanation, batch: &PostBatch, row: u32) -> String {
    match &explanation.found {
        Found::Members | Found::Nothing => String::new(),
        Found::Missing(miss) => format!("   ({miss})"),
        Found::Value { actual, confidence } => {
            let sure = confidence.map_or_else(String::new, |c| format!(", {:.0} % sure", c * 100.0));
            format!("   (the post says {actual}{sure})")
        }
        Found::Spans(spans) => {
            let shown: Vec<String> = spans
                .iter()
                .map(|span| {
                    let words = zone_text(batch, row, span.zone, span.text)
                        .and_then(|text| text.get(span.start as usize..span.end as usize).map(str::to_owned))
                        .unwrap_or_default();
                    format!("`{words}` at {} {}..{}", span.zone.name(), span.start, span.end)
                })
                .collect();
            format!("   ({})", shown.join(", "))
        }
    }
}

fn zone_text(batch: &PostBatch, row: u32, zone: Zone, which: u32) -> Option<String> {
    batch.zone(zone).texts(row as usize).nth(which as usize).map(str::to_owned)
}
