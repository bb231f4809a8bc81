//! Answers to findings: the edits that come with them, and `allow` with a reason.

use mon_compiler::diagnostic::{Diagnostic, Fix, Level, Safety};
use mon_grammar::Span;
use mon_grammar::ast::{Allow, ClauseKind, Item, ItemKind, PlaybookClauseKind};

use super::add::{behind_item, last_line};
use super::lines::without_empty;
use super::{Action, ActionKind, Edit};
use crate::feature::exprs::{holds, touch};
use crate::snapshot::{Analysis, FileState, Snapshot};

/// Why something is allowed, until the author has said it.
const REASON: &str = "why this is right here";

/// Findings of a file that touch a range, with their numbers and places.
fn found<'a>(
    snapshot: &'a Snapshot,
    analysis: &'a Analysis,
    file: usize,
    range: Span,
) -> impl Iterator<Item = (usize, &'a Diagnostic, Span)> {
    analysis.diagnostics.iter().enumerate().filter_map(move |(number, told)| {
        let place = snapshot.now(analysis, told.place)?;
        (place.file == file && touch(place.span, range)).then_some((number, told, place.span))
    })
}

/// The edits of a fix in the texts as they are now; None where one of them has changed.
fn edits(snapshot: &Snapshot, analysis: &Analysis, fix: &Fix) -> Option<Vec<Edit>> {
    let edit = |(place, text): &(mon_compiler::plan::Place, String)| {
        let now = snapshot.now(analysis, *place)?;
        Some((now.file, now.span, text.clone()))
    };
    fix.edits.iter().map(edit).collect::<Option<Vec<_>>>().filter(|edits| !edits.is_empty())
}

/// The fixes of the findings that touch a range. Those that only show what could be meant are left out: the help of the finding
/// says the same, and no tool writes them.
pub(super) fn fixes(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Action> {
    let Some(analysis) = &snapshot.analysis else { return Vec::new() };
    let mut actions = Vec::new();
    for (number, told, _) in found(snapshot, analysis, file, range) {
        // Rules with an error match nothing yet, so no fix of it can change what they match.
        let is_safe = |fix: &&Fix| fix.safety == Safety::Safe || told.is_error() && fix.safety != Safety::ShowOnly;
        let alone = told.fixes.iter().filter(is_safe).count() == 1;
        for fix in told.fixes.iter().filter(|fix| fix.safety != Safety::ShowOnly) {
            let Some(edits) = edits(snapshot, analysis, fix) else { continue };
            let safe = is_safe(&fix);
            let title =
                if safe { fix.description.clone() } else { format!("{} (changes what matches)", fix.description) };
            let action = Action::new(ActionKind::QuickFix, title, without_empty(snapshot, edits));
            actions.push(Action { preferred: safe && alone, finding: Some(number), ..action });
        }
    }
    actions
}

/// All safe fixes of a file that meet no earlier one. What they leave comes with the next check.
pub(super) fn fix_all(snapshot: &Snapshot, file: usize) -> Option<Action> {
    let analysis = snapshot.analysis.as_ref()?;
    let mut chosen: Vec<Edit> = Vec::new();
    for (_, told, _) in found(snapshot, analysis, file, Span::new(0, u32::MAX)) {
        let safe = told.fixes.iter().filter(|fix| fix.safety == Safety::Safe);
        let mut ways = safe.filter_map(|fix| edits(snapshot, analysis, fix));
        let Some(way) = ways.find(|way| way.iter().all(|(at, _, _)| *at == file)) else { continue };
        if way.iter().all(|(_, span, _)| chosen.iter().all(|(_, other, _)| !touch(*span, *other))) {
            chosen.extend(way);
        }
    }
    let title = "mend all that keeps the meaning in this file";
    (!chosen.is_empty()).then(|| Action::new(ActionKind::FixAll, title, without_empty(snapshot, chosen)))
}

/// `allow` for the findings that touch a range, in the item that holds them.
pub(super) fn allows(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Action> {
    let (Some(analysis), Some(state)) = (&snapshot.analysis, snapshot.file(file)) else { return Vec::new() };
    let mut actions: Vec<Action> = Vec::new();
    for (number, told, span) in found(snapshot, analysis, file, range) {
        // What `allow` itself does wrong cannot be allowed.
        if told.severity() == Level::Error || told.code.id.starts_with("MON089") {
            continue;
        }
        let Some(item) = state.tree.items.iter().find(|item| holds(item.span, span)) else { continue };
        let Some((at, text)) = allow(state, item, told.code.id) else { continue };
        let title = format!("allow {} here, with a reason", told.code.id);
        if actions.iter().all(|known| known.title != title) {
            let action = Action::new(ActionKind::QuickFix, title, vec![(file, at, text)]).written_over(0, REASON);
            actions.push(Action { finding: Some(number), ..action });
        }
    }
    actions
}

fn allow(state: &FileState, item: &Item, code: &str) -> Option<(Span, String)> {
    let line = format!("allow {code} because \"{REASON}\"");
    let of = |kind: &ClauseKind| matches!(kind, ClauseKind::Allow(Allow { code: known, .. }) if known.text == code);
    let (known, is_block) = match &item.kind {
        ItemKind::Monitor(monitor) => (monitor.clauses.iter().any(|clause| of(&clause.kind)), true),
        ItemKind::Playbook(playbook) => {
            let of = |kind: &PlaybookClauseKind| matches!(kind, PlaybookClauseKind::Allow(Allow { code: known, .. }) if known.text == code);
            (playbook.clauses.iter().any(|clause| of(&clause.kind)), true)
        }
        ItemKind::Terms(terms) => (terms.allows.iter().any(|clause| of(&clause.kind)), false),
        ItemKind::Query(query) => (query.allows.iter().any(|clause| of(&clause.kind)), false),
        _ => return None,
    };
    if known {
        return None;
    }
    if is_block { last_line(state, item, &line) } else { Some(behind_item(state, item, &format!("\n  {line}"))) }
}
