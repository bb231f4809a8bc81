//! Answers that help to write: what can stand here, the one style, new names, mends.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mon_grammar::Span;
use tower_lsp::ls_types as lsp;

use super::convert::{self, Page};
use super::reading::marked_up;
use super::state::{Abilities, View};
use crate::feature::actions::{self, Action, ActionKind};
use crate::feature::completion::{self, Offer, Source};
use crate::feature::findings::{Finding, findings};
use crate::feature::moved::{self, Move};
use crate::feature::rename::RenameError;
use crate::feature::{everywhere, format, tokens};
use crate::snapshot::{FileState, Snapshot};
use crate::symbols::Kind;

pub fn completion(view: &View, offset: u32) -> Option<lsp::CompletionResponse> {
    let found = completion::completion(&view.snapshot, view.file, offset)?;
    let range = view.page()?.range(found.replaces);
    let numbered = found.offers.iter().enumerate();
    let items = numbered.map(|(at, offer)| completion_item(view, at, offer, range)).collect();
    Some(lsp::CompletionResponse::Array(items))
}

fn completion_item(view: &View, at: usize, offer: &Offer, range: lsp::Range) -> lsp::CompletionItem {
    let snippet = view.abilities.takes_snippets;
    let text = if snippet { offer.insert.clone() } else { completion::plain(&offer.insert) };
    lsp::CompletionItem {
        label: offer.label.clone(),
        kind: Some(completion_kind(offer.source)),
        detail: Some(offer.detail.clone()),
        documentation: (!offer.docs.is_empty())
            .then(|| lsp::Documentation::MarkupContent(marked_up(view.abilities, offer.docs.clone()))),
        sort_text: Some(format!("{at:05}")),
        filter_text: Some(offer.label.clone()),
        insert_text_format: Some(if snippet {
            lsp::InsertTextFormat::SNIPPET
        } else {
            lsp::InsertTextFormat::PLAIN_TEXT
        }),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit { range, new_text: text })),
        ..lsp::CompletionItem::default()
    }
}

const fn completion_kind(source: Source) -> lsp::CompletionItemKind {
    match source {
        Source::Value => lsp::CompletionItemKind::ENUM_MEMBER,
        Source::Word => lsp::CompletionItemKind::KEYWORD,
        Source::Field => lsp::CompletionItemKind::FIELD,
        Source::File => lsp::CompletionItemKind::FILE,
        Source::Folder => lsp::CompletionItemKind::FOLDER,
        Source::Name(Kind::Query) => lsp::CompletionItemKind::FUNCTION,
        Source::Name(Kind::Monitor) => lsp::CompletionItemKind::CLASS,
        Source::Name(Kind::Playbook) => lsp::CompletionItemKind::INTERFACE,
        Source::Name(_) => lsp::CompletionItemKind::VARIABLE,
    }
}

pub fn edits(page: Page<'_>, edits: Vec<(Span, String)>) -> Vec<lsp::TextEdit> {
    edits.into_iter().map(|(span, new_text)| lsp::TextEdit { range: page.range(span), new_text }).collect()
}

pub fn format(view: &View) -> Option<Vec<lsp::TextEdit>> {
    Some(edits(view.page()?, format::document(&view.snapshot, view.file)))
}

pub fn format_range(view: &View, range: lsp::Range) -> Option<Vec<lsp::TextEdit>> {
    let page = view.page()?;
    Some(edits(page, format::range(&view.snapshot, view.file, page.span(range))))
}

pub fn format_typed(view: &View, offset: u32, sign: &str) -> Option<Vec<lsp::TextEdit>> {
    let sign = sign.chars().next()?;
    Some(edits(view.page()?, format::typed(&view.snapshot, view.file, offset, sign)))
}

/// What a new name changes, in every file.
pub fn rename(
    view: &View,
    others: &[Arc<Snapshot>],
    offset: u32,
    new: &str,
) -> Result<lsp::WorkspaceEdit, RenameError> {
    let places = everywhere::rename(&view.snapshot, others, view.file, offset, new)?;
    let edits = places.into_iter().map(|place| (place.file, place.span, new.to_owned()));
    Ok(workspace_edit(view.abilities, edits))
}

/// What is written anew where files move; the same place is told by each folder that holds its file.
pub fn moves(snapshots: &[Arc<Snapshot>], abilities: Abilities, moves: &[Move]) -> Option<lsp::WorkspaceEdit> {
    let mut all: BTreeMap<(PathBuf, Span), (Arc<FileState>, Span, String)> = BTreeMap::new();
    for snapshot in snapshots {
        for (number, span, text) in moved::edits(snapshot, moves) {
            let Some(file) = snapshot.files.get(number) else { continue };
            all.insert((file.path.clone(), span), (Arc::clone(file), span, text));
        }
    }
    (!all.is_empty()).then(|| workspace_edit(abilities, all.into_values()))
}

/// Edits of several files. Where the editor takes it, each counts for the version of the text that it was made for.
fn workspace_edit(
    abilities: Abilities,
    edits: impl IntoIterator<Item = (Arc<FileState>, Span, String)>,
) -> lsp::WorkspaceEdit {
    let mut by_file: BTreeMap<PathBuf, (Arc<FileState>, Vec<lsp::TextEdit>)> = BTreeMap::new();
    for (file, span, new_text) in edits {
        let range = Page::of(&file, abilities.encoding).range(span);
        let (_, own) = by_file.entry(file.path.clone()).or_insert_with(|| (file, Vec::new()));
        own.push(lsp::TextEdit { range, new_text });
    }
    let named = by_file.into_values().filter_map(|(file, edits)| Some((convert::uri_of(&file)?, file.version, edits)));
    if !abilities.takes_versions {
        let changes = named.map(|(uri, _, edits)| (uri, edits)).collect();
        return lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() };
    }
    let one = |(uri, version, edits): (lsp::Uri, Option<i32>, Vec<lsp::TextEdit>)| lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(lsp::OneOf::Left).collect(),
    };
    let document_changes = Some(lsp::DocumentChanges::Edits(named.map(one).collect()));
    lsp::WorkspaceEdit { document_changes, ..lsp::WorkspaceEdit::default() }
}

/// The colours of a file or of a range, as the protocol counts them: each from the one before.
pub fn tokens(view: &View, range: Option<lsp::Range>) -> Option<Vec<lsp::SemanticToken>> {
    let page = view.page()?;
    let within = range.map(|range| page.span(range));
    let (mut last, mut out) = (lsp::Position::new(0, 0), Vec::new());
    for token in tokens::tokens(&view.snapshot, view.file, within) {
        let range = page.range(token.span);
        let line = range.start.line - last.line;
        let column = if line == 0 { range.start.character - last.character } else { range.start.character };
        out.push(lsp::SemanticToken {
            delta_line: line,
            delta_start: column,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: token.kind.number(),
            token_modifiers_bitset: token.modifiers.0,
        });
        last = range.start;
    }
    Some(out)
}

/// The names of colours and of what they can be besides, in the order of their numbers.
pub fn legend() -> lsp::SemanticTokensLegend {
    let modifiers = tokens::Modifiers::NAMES.map(|name| match name {
        "unused" => lsp::SemanticTokenModifier::new("deprecated"),
        name => lsp::SemanticTokenModifier::new(name),
    });
    lsp::SemanticTokensLegend {
        token_types: tokens::TokenKind::ALL.map(|kind| lsp::SemanticTokenType::new(kind.like())).to_vec(),
        token_modifiers: modifiers.to_vec(),
    }
}

/// The one edit that makes one list of colours another: from the first that differs to the last (LSP 3.17,
/// `textDocument/semanticTokens/full/delta`). Places count numbers, five a token.
pub fn delta(before: &[lsp::SemanticToken], now: &[lsp::SemanticToken]) -> Vec<lsp::SemanticTokensEdit> {
    let front = before.iter().zip(now).take_while(|(one, other)| one == other).count();
    let room = before.len().min(now.len()) - front;
    let back = before.iter().rev().zip(now.iter().rev()).take(room).take_while(|(one, other)| one == other).count();
    let (gone, new) = (before.len() - front - back, now.get(front..now.len() - back).unwrap_or(&[]));
    if gone == 0 && new.is_empty() {
        return Vec::new();
    }
    let numbers = |count: usize| u32::try_from(count * 5).unwrap_or(u32::MAX);
    vec![lsp::SemanticTokensEdit { start: numbers(front), delete_count: numbers(gone), data: Some(new.to_vec()) }]
}

/// What can be done at a range, of the kinds that are asked for.
pub fn actions(
    view: &View,
    range: lsp::Range,
    only: Option<&[lsp::CodeActionKind]>,
) -> Option<lsp::CodeActionResponse> {
    let page = view.page()?;
    let is_wanted = |kind: &lsp::CodeActionKind| {
        only.is_none_or(|only| only.iter().any(|wanted| kind.as_str().starts_with(wanted.as_str())))
    };
    let found = actions::actions(&view.snapshot, view.file, page.span(range));
    let told = findings(&view.snapshot, view.file);
    let made = found.into_iter().map(|action| action_of(view, page, action, &told));
    Some(made.filter(|action| action.kind.as_ref().is_none_or(is_wanted)).map(Into::into).collect())
}

fn action_of(view: &View, page: Page<'_>, action: Action, findings: &[Finding]) -> lsp::CodeAction {
    let kind = match action.kind {
        ActionKind::QuickFix => lsp::CodeActionKind::QUICKFIX,
        ActionKind::FixAll => lsp::CodeActionKind::SOURCE_FIX_ALL,
        ActionKind::Extract => lsp::CodeActionKind::REFACTOR_EXTRACT,
        ActionKind::Inline => lsp::CodeActionKind::REFACTOR_INLINE,
        ActionKind::Add => lsp::CodeActionKind::REFACTOR_REWRITE,
    };
    let told = action.finding.and_then(|at| {
        let analysis = view.snapshot.analysis.as_ref()?;
        let told = analysis.diagnostics.get(at)?;
        let place = view.snapshot.now(analysis, told.place)?;
        findings.iter().find(|found| found.code == told.code.id && found.span == place.span)
    });
    let diagnostics = told.map(|told| vec![convert::diagnostic(&view.snapshot, page, told)]);
    let edits = action
        .edits
        .into_iter()
        .filter_map(|(file, span, text)| Some((Arc::clone(view.snapshot.files.get(file)?), span, text)));
    lsp::CodeAction {
        title: action.title,
        kind: Some(kind),
        diagnostics,
        edit: Some(workspace_edit(view.abilities, edits)),
        is_preferred: Some(action.preferred),
        ..lsp::CodeAction::default()
    }
}
