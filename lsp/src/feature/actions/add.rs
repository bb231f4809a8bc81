//! Lines and items that a monitor lacks: examples, an owner, a test.

use mon_compiler::analysis::compare;
use mon_compiler::check::{decided, posts};
use mon_compiler::matching::{PostTexts, Truth};
use mon_compiler::plan::{Cond, CondKind, Place, Plan, QueryId, QueryPlan};
use mon_grammar::Span;
use mon_grammar::ast::{Clause, ClauseKind, Item, ItemKind, Monitor};

use super::{Action, ActionKind};
use crate::feature::exprs::touch;
use crate::snapshot::{FileState, Snapshot, whole};
use crate::text::Encoding;

/// Bytes of a made-up text; a longer one shows nobody anything.
const EXAMPLE_MAX: usize = 500;

pub(super) fn actions(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Action> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let mut actions = Vec::new();
    let is_package = snapshot.packages.get(file).is_some_and(Option::is_some);
    for item in state.tree.items.iter().filter(|item| touch(whole(item), range)) {
        let ItemKind::Monitor(monitor) = &item.kind else { continue };
        if is_package || monitor.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Broken { .. })) {
            continue;
        }
        actions.extend(owner(snapshot, file, state, item, monitor));
        let name = &monitor.name.text;
        let holds = |answer, text: &String| keeps_promise(snapshot, name, answer, text);
        let taken = made_up(snapshot, name, true).filter(|text| holds(true, text));
        // A text without words says nothing that most monitors look for.
        let texts = [made_up(snapshot, name, false), Some("…".to_owned())];
        let other = texts.into_iter().flatten().find(|text| holds(false, text));
        actions.extend(taken.and_then(|text| example(file, state, item, "yes", &text)));
        actions.extend(other.and_then(|text| example(file, state, item, "no", &text)));
        actions.push(test(snapshot, file, state, item, monitor));
    }
    actions
}

/// A line more before the brace that closes an item; None where none does yet.
pub(super) fn last_line(state: &FileState, item: &Item, line: &str) -> Option<(Span, String)> {
    let close = item.span.end.saturating_sub(1);
    if Span::new(close, item.span.end).text(&state.text) != "}" {
        return None;
    }
    let at = state.lines().position(&state.text, close, Encoding::Utf8);
    let start = close - at.column;
    let before = Span::new(start, close).text(&state.text);
    Some(if before.trim().is_empty() {
        (Span::new(start, start), format!("  {line}\n"))
    } else {
        let gap = if before.ends_with(' ') { "" } else { " " };
        (Span::new(close, close), format!("{gap}{line} "))
    })
}

/// A text behind an item, and behind a comment on its last line.
pub(super) fn behind_item(state: &FileState, item: &Item, text: &str) -> (Span, String) {
    let line = state.lines().position(&state.text, item.span.end, Encoding::Utf8).line;
    let end = state.lines().line(&state.text, line).map_or(item.span.end, |(_, end)| end);
    let rest = Span::new(item.span.end, end).text(&state.text).trim_start();
    let at = if rest.is_empty() || rest.starts_with("//") { end } else { item.span.end };
    (Span::new(at, at), text.to_owned())
}

/// What is missing where a monitor raises alerts and nobody keeps it.
fn owner(snapshot: &Snapshot, file: usize, state: &FileState, item: &Item, monitor: &Monitor) -> Option<Action> {
    const WHO: &str = "the desk that keeps it";
    let has = |kind: &ClauseKind| match kind {
        ClauseKind::Meta { key, .. } => key.text == "owner",
        // The other monitor may have one.
        ClauseKind::Extend { .. } => true,
        _ => false,
    };
    let raises = monitor.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Alert(_)));
    if !raises || monitor.clauses.iter().any(|clause| has(&clause.kind)) {
        return None;
    }
    let finding = snapshot.analysis.as_ref().and_then(|analysis| {
        let here = |place: Place| {
            let now = snapshot.now(analysis, place);
            now.is_some_and(|now| now.file == file && touch(now.span, monitor.name.span))
        };
        analysis.diagnostics.iter().position(|told| told.code.id == "MON0870" && here(told.place))
    });
    let (at, text) = last_line(state, item, &format!("owner \"{WHO}\""))?;
    let kind = if finding.is_some() { ActionKind::QuickFix } else { ActionKind::Add };
    let title = format!("say who keeps `{}`", monitor.name.text);
    let action = Action::new(kind, title, vec![(file, at, text)]).written_over(0, WHO);
    Some(Action { finding, ..action })
}

fn example(file: usize, state: &FileState, item: &Item, answer: &str, text: &str) -> Option<Action> {
    let written = text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ");
    let gap = if answer == "no" { " " } else { "" };
    let (at, line) = last_line(state, item, &format!("example {answer}{gap} \"{written}\""))?;
    let title = format!("add an `example {answer}`");
    Some(Action::new(ActionKind::Add, title, vec![(file, at, line)]).written_over(0, &written))
}

fn test(snapshot: &Snapshot, file: usize, state: &FileState, item: &Item, monitor: &Monitor) -> Action {
    const TITLE: &str = "what it has to show";
    let name = &monitor.name.text;
    // A monitor without an alert has no incidents; what it takes over may hold one.
    let expected = if raises(snapshot, monitor) { "no incidents" } else { ">= 1 posts matched" };
    let text = format!("\n\ntest {name} \"{TITLE}\" {{\n  replay \"captures/{name}.jsonl\"\n  expect {expected}\n}}");
    let (at, text) = behind_item(state, item, &text);
    let title = format!("add a test of `{name}`");
    Action::new(ActionKind::Add, title, vec![(file, at, text)]).written_over(0, TITLE)
}

/// Whether a monitor is known to raise alerts.
fn raises(snapshot: &Snapshot, monitor: &Monitor) -> bool {
    let is_alert = |clause: &Clause| matches!(clause.kind, ClauseKind::Alert(_));
    let plan = || snapshot.analysis.as_ref()?.plan.as_ref();
    let planned = || plan()?.monitors.iter().find(|known| known.name == monitor.name.text);
    monitor.clauses.iter().any(is_alert) || planned().is_some_and(|known| known.alert.is_some())
}

/// Whether an example of a text would hold: the check would not tell of it.
fn keeps_promise(snapshot: &Snapshot, monitor: &str, answer: bool, text: &str) -> bool {
    let Some(plan) = snapshot.analysis.as_ref().and_then(|analysis| analysis.plan.as_ref()) else { return false };
    let known = plan.monitors.iter().find(|known| known.name == monitor);
    let query = known.and_then(|known| plan.queries.get(known.query.0 as usize));
    let Some((query, batch)) = query.zip(posts(std::iter::once(text))) else { return false };
    decided(&plan.terms, &query.cond, &PostTexts::read(&batch, 0)) != if answer { Truth::False } else { Truth::True }
}

/// A text that a monitor takes, or one that it does not take; None where a post needs none for that, or none was found.
fn made_up(snapshot: &Snapshot, monitor: &str, taken: bool) -> Option<String> {
    let plan = snapshot.analysis.as_ref()?.plan.as_ref()?;
    let query = plan.monitors.iter().find(|known| known.name == monitor)?.query;
    // What it takes is more than nothing, and less than everything.
    let start = Cond { place: Place::default(), kind: CondKind::Const(!taken) };
    let start = QueryPlan { name: String::new(), named: false, place: Place::default(), cond: start.into() };
    let start = Plan { queries: vec![start], ..Plan::default() };
    let compared = compare((&start, QueryId(0)), (plan, query));
    let example = if taken { compared.known } else { compared.kept };
    let text = example.example()?.told.iter().find(|(name, _)| name == "text").map(|(_, text)| text.clone());
    text.filter(|text| !text.trim().is_empty() && text.len() <= EXAMPLE_MAX)
}
