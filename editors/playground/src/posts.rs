//! What is asked about posts: which queries match, where their words stand, and why others do not match.

use std::io::Cursor;

use mon_compiler::matching::{Backend, Explanation, Found, MatchOptions, MatchSpan, Matcher};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::reader::{Format, ReadOptions, read_from};
use mon_post::{PostBatch, PostBatchBuilder, PostRow, Zone};
use serde_json::{Value, json};

use crate::ask::Question;
use crate::rules::{self, Rules};
use crate::units::Units;

/// Posts that are looked at; what stands behind them is not.
const POSTS_MAX: usize = 500;

pub fn matches(question: &Question) -> Value {
    let rules = rules::of(question);
    let (plan, matcher) = match ready(&rules) {
        Ok(ready) => ready,
        Err(refused) => return refused,
    };
    let lines = question.posts.lines().count();
    let posts: Vec<Value> = question
        .posts
        .lines()
        .take(POSTS_MAX)
        .map(|line| match batch(line, question.lang.as_deref()) {
            Ok(None) => Value::Null,
            Ok(Some(batch)) => post(plan, &matcher, &batch),
            Err(problem) => json!({"problem": problem}),
        })
        .collect();
    json!({"posts": posts, "left_out": lines.saturating_sub(POSTS_MAX)})
}

pub fn explain(question: &Question) -> Value {
    let rules = rules::of(question);
    let (plan, matcher) = match ready(&rules) {
        Ok(ready) => ready,
        Err(refused) => return refused,
    };
    let Some(line) = question.posts.lines().nth(question.post) else {
        return json!({"error": format!("there is no post in line {}", question.post + 1)});
    };
    let query = queries(plan).find(|(_, name, _)| *name == question.query);
    let Some((query, ..)) = query else { return json!({"error": format!("there is no query `{}`", question.query)}) };
    match batch(line, question.lang.as_deref()) {
        Ok(Some(batch)) => matcher.explain(&batch, 0, query).map_or(Value::Null, |told| clause(&rules, &batch, &told)),
        Ok(None) => Value::Null,
        Err(problem) => json!({"error": problem}),
    }
}

/// The plan and a matcher of all its queries.
fn ready(rules: &Rules) -> Result<(&Plan, Matcher), Value> {
    let plan = rules.snapshot.analysis.as_ref().and_then(|analysis| analysis.plan.as_deref());
    let plan = plan.ok_or_else(|| json!({"stopped": "the rules have an error"}))?;
    let all: Vec<QueryId> = queries(plan).map(|(id, ..)| id).collect();
    let matcher = Matcher::build(plan, &all, Backend::Interpreter, &MatchOptions::default());
    matcher.map(|matcher| (plan, matcher)).map_err(|error| json!({"stopped": error.to_string()}))
}

/// Every query with its name, and whether it is a monitor's own.
fn queries(plan: &Plan) -> impl Iterator<Item = (QueryId, &str, bool)> {
    (0..).map(QueryId).zip(&plan.queries).map(|(id, query)| (id, query.name.as_str(), !query.named))
}

/// The post of a line: none where it is empty.
fn batch(line: &str, lang: Option<&str>) -> Result<Option<PostBatch>, String> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    if line.trim_start().starts_with('{') {
        let options = ReadOptions { need_time: false, ..ReadOptions::default() };
        let stream = Cursor::new(line.as_bytes().to_vec());
        let mut read = read_from(stream, "posts", Format::JsonLines, &options).map_err(|error| error.to_string())?;
        let Some(read) = read.next() else { return Ok(None) };
        let read = read.map_err(|error| error.to_string())?;
        return match read.problems.first() {
            Some(problem) => Err(format!("{}; {}", problem.message, problem.help)),
            None => Ok(Some(read.batch)),
        };
    }
    let row = PostRow {
        post_uid: Some("text".into()),
        text: Some(line.into()),
        lang: lang.map(Into::into),
        ..PostRow::default()
    };
    let mut builder = PostBatchBuilder::new();
    builder.append(&row).and_then(|()| builder.finish()).map(Some).map_err(|error| error.to_string())
}

fn post(plan: &Plan, matcher: &Matcher, batch: &PostBatch) -> Value {
    let text = zone_text(batch, Zone::Text, 0).unwrap_or_default();
    let units = Units::new(&text);
    let outcomes: Vec<Value> = queries(plan)
        .filter_map(|(id, name, is_monitor)| {
            let told = matcher.explain(batch, 0, id)?;
            let spans: Vec<Value> = if told.truth.is_true() {
                matcher.spans(batch, 0, id).iter().map(|found| span(found, &units)).collect()
            } else {
                Vec::new()
            };
            let why = told.first_failure().map(|failed| reason(failed, batch));
            Some(json!({"query": name, "monitor": is_monitor, "truth": told.truth.name(), "spans": spans, "why": why}))
        })
        .collect();
    json!({"uid": batch.post_uid(0), "text": text, "outcomes": outcomes})
}

/// The clause that keeps a post from matching, with the one inside it where there is one alone, as in `not`.
fn reason(failed: &Explanation, batch: &PostBatch) -> Value {
    let inner = match failed.children.as_slice() {
        [inner] => Some(inner),
        _ => None,
    };
    let decided = inner.unwrap_or(failed);
    json!({"clause": failed.label, "inner": inner.map(|inner| &inner.label), "says": says(decided, batch)})
}

/// Units are told of the post's text alone: of other zones a page shows none.
fn span(found: &MatchSpan, units: &Units) -> Value {
    let mut told = json!({"zone": found.zone.name(), "text": found.text, "start": found.start, "end": found.end});
    if found.zone == Zone::Text
        && let Some(told) = told.as_object_mut()
    {
        told.insert("from".to_owned(), units.of(found.start).into());
        told.insert("to".to_owned(), units.of(found.end).into());
    }
    told
}

fn clause(rules: &Rules, batch: &PostBatch, told: &Explanation) -> Value {
    let clauses: Vec<Value> = told.children.iter().map(|child| clause(rules, batch, child)).collect();
    json!({
        "label": told.label, "truth": told.truth.name(), "says": says(told, batch),
        "place": rules.place(told.place), "clauses": clauses,
    })
}

/// What decided a clause, in words.
fn says(told: &Explanation, batch: &PostBatch) -> String {
    match &told.found {
        Found::Members | Found::Nothing => String::new(),
        Found::Missing(miss) => miss.to_string(),
        Found::Value { actual, confidence } => {
            let sure = confidence.map_or_else(String::new, |sure| format!(", {:.0} % sure", sure * 100.0));
            format!("the post says {actual}{sure}")
        }
        Found::Spans(spans) => {
            let shown: Vec<String> = spans.iter().map(|span| words(batch, span)).collect();
            shown.join(", ")
        }
    }
}

fn words(batch: &PostBatch, span: &MatchSpan) -> String {
    let text = zone_text(batch, span.zone, span.text).unwrap_or_default();
    let words = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    if span.zone == Zone::Text { format!("`{words}`") } else { format!("`{words}` in {}", span.zone.name()) }
}

fn zone_text(batch: &PostBatch, zone: Zone, which: u32) -> Option<String> {
    batch.zone(zone).texts(0).nth(which as usize).map(str::to_owned)
}
