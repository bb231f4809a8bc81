//! `mon debug`: a look inside, for the curious and for bug reports.

use std::path::PathBuf;

use mon_compiler::analysis::cost::cost;
use mon_compiler::describe;
use mon_compiler::matching::{Backend, Condition};
use mon_text::Tokens;

use crate::cli::{Debug, DebugWhat};
use crate::compiled;
use crate::failure::{Failure, Outcome};
use crate::output::say;
use crate::verb::explain::chosen;
use crate::verb::match_posts::{all_queries, matcher};
use crate::verb::replay;
use mon_rules::{Disk, RuleFiles};

pub fn run(arguments: &Debug) -> Result<Outcome, Failure> {
    let text = match &arguments.what {
        DebugWhat::Tokens { text } => tokens(text),
        DebugWhat::Tree { file } => tree(file)?,
        DebugWhat::Plan { rules } => plan(rules)?,
        DebugWhat::Index { rules } => index(rules)?,
        DebugWhat::Clif { rules, query } => clif(rules, query.as_deref())?,
    };
    say(&text)?;
    Ok(Outcome::Clean)
}

fn tokens(text: &str) -> String {
    let mut tokens = Tokens::default();
    tokens.tokenize(text, 0);
    let mut out = format!("{:>5} {:>5} {:>4}  {:9} {:20} keys\n", "start", "end", "pos", "kind", "text");
    for token in tokens.iter() {
        let written = text.get(token.start as usize..token.end as usize).unwrap_or("");
        let keys: Vec<&str> = tokens.keys(token).map(|key| key.text).collect();
        let (start, end, pos, kind) = (token.start, token.end, token.pos, token.kind.name());
        out.push_str(&format!("{start:>5} {end:>5} {pos:>4}  {kind:9} {written:20} {}\n", keys.join(" ")));
    }
    if tokens.truncated() {
        out.push_str("the rest is not searched: a post is read up to 4,096 tokens\n");
    }
    out
}

fn tree(file: &PathBuf) -> Result<String, Failure> {
    let files = RuleFiles::load(std::slice::from_ref(file), &["mon"], &mut Disk)?;
    Ok(files.list.iter().map(|file| mon_grammar::tree::Tree::parse(&file.text).render()).collect())
}

fn plan(rules: &[PathBuf]) -> Result<String, Failure> {
    let (plan, _) = compiled::plan(rules)?;
    let mut out = String::new();
    for monitor in &plan.monitors {
        out.push_str(&describe::monitor(&plan, monitor));
        if let Some(cost) = cost(&plan, monitor.query) {
            out.push_str(&cost.to_string());
        }
        out.push('\n');
    }
    let engine = mon_engine::Engine::new(std::sync::Arc::clone(&plan), mon_engine::EngineOptions::default())
        .map_err(replay::failure)?;
    out.push_str("the stream plan that runs them:\n\n");
    out.push_str(&engine.explain().map_err(replay::failure)?);
    Ok(out)
}

fn index(rules: &[PathBuf]) -> Result<String, Failure> {
    let (plan, _) = compiled::plan(rules)?;
    let matcher = matcher(&plan, &all_queries(&plan), Backend::MachineCode)?;
    let mut out = matcher.describe_index();
    out.push('\n');
    let unanchored = matcher.unanchored();
    let names: Vec<&str> =
        unanchored.iter().filter_map(|id| plan.queries.get(id.0 as usize)).map(|query| query.name.as_str()).collect();
    if names.is_empty() {
        out.push_str("every query has an anchor: a word that a post must have before the query is looked at\n");
    } else {
        out.push_str(&format!("no anchor, looked at for every post: {}\n", names.join(", ")));
    }
    Ok(out)
}

fn clif(rules: &[PathBuf], name: Option<&str>) -> Result<String, Failure> {
    let (plan, _) = compiled::plan(rules)?;
    let queries = chosen(&plan, name)?;
    let matcher = matcher(&plan, &queries, Backend::Bytecode)?;
    let failed = |error: mon_compiler::matching::MatchError| {
        Failure::input(error, "this machine may have no code generator; bytecode runs everywhere")
    };
    let mut out = String::new();
    for query in queries {
        let name = plan.queries.get(query.0 as usize).map_or("", |query| query.name.as_str());
        match matcher.clif(query).map_err(failed)? {
            Some(text) => out.push_str(&format!("; match of {name}\n{text}\n")),
            None => out.push_str(&format!("; match of {name}: seeing its anchor is enough, no code is needed\n\n")),
        }
        let Some(monitor) = plan.monitors.iter().find(|monitor| monitor.query == query) else { continue };
        let Some(alert) = &monitor.alert else { continue };
        let text = Condition::clif(&alert.when).map_err(failed)?;
        out.push_str(&format!("; alert when of {name}\n{text}\n"));
        if let Some(clear) = &alert.clear {
            let text = Condition::clif(clear).map_err(failed)?;
            out.push_str(&format!("; clear when of {name}\n{text}\n"));
        }
    }
    Ok(out)
}
