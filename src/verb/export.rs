//! `mon export`: rules for another system that let through every post that a query takes, and what is left to decide here.

use mon_compiler::diagnostic::render::{TextStyle, text};
use mon_compiler::diagnostic::{Diagnostic, machine};
use mon_compiler::export::x::{self, Export as Exported, GAPS, export};
use mon_compiler::plan::{Plan, QueryId};
use serde_json::{Value, json};

use crate::cli::{Export, Format, Target};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::{colour, note_text, say};
use crate::verb::explain::chosen;

pub fn run(arguments: &Export) -> Result<Outcome, Failure> {
    let Target::X = arguments.target;
    let (plan, _) = compiled::plan(&arguments.rules)?;
    let queries = chosen(&plan, arguments.query.as_deref())?;
    let (mut done, mut refused): (Vec<(QueryId, Exported)>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for query in queries {
        match export(&plan, query) {
            Ok(exported) => done.push((query, exported)),
            Err(told) => refused.push(*told),
        }
    }
    match arguments.format {
        Format::Json => {
            let findings = machine::json(&refused, &plan.files);
            let queries: Vec<Value> = done.iter().map(|(query, exported)| object(&plan, *query, exported)).collect();
            say(&format!(
                "{:#}\n",
                json!({"queries": queries, "gaps": GAPS, "diagnostics": findings.get("diagnostics")})
            ))?;
        }
        Format::Text => {
            for (query, exported) in &done {
                say(&exported.rules.iter().map(|rule| format!("{rule}\n")).collect::<String>())?;
                note_text(&account(&plan, *query, exported));
            }
            note_text(&text(&refused, &plan.files, TextStyle { colour: colour(), ..TextStyle::default() }));
        }
    }
    if !refused.is_empty() {
        return Err(Failure::reported());
    }
    Ok(if done.iter().all(|(_, exported)| exported.left.is_empty()) { Outcome::Clean } else { Outcome::Findings })
}

fn name(plan: &Plan, query: QueryId) -> &str {
    plan.queries.get(query.0 as usize).map_or("", |query| &query.name)
}

fn object(plan: &Plan, query: QueryId, exported: &Exported) -> Value {
    let left: Vec<x::LeftWritten> = exported.left.iter().map(|left| left.written(plan)).collect();
    json!({"query": name(plan, query), "rules": exported.rules, "left": left})
}

fn account(plan: &Plan, query: QueryId, exported: &Exported) -> String {
    let count = exported.rules.len();
    let rules = if count == 1 { "1 rule".to_owned() } else { format!("{count} rules") };
    let mut out = format!("{}: {rules} for X\n", name(plan, query));
    if !exported.left.is_empty() {
        out.push_str("left to decide on the posts that come:\n");
    }
    for left in &exported.left {
        let left = left.written(plan);
        let clause: String = left.clause.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = clause.chars().take(60).collect();
        let more = if short.len() < clause.len() { "…" } else { "" };
        out.push_str(&format!("  {short}{more}: {}\n", left.why));
    }
    out.push_str("posts that the rules may not let through:\n");
    out.push_str(&GAPS.iter().map(|gap| format!("  {gap}\n")).collect::<String>());
    out
}
