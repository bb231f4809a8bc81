//! Answers about what is there: meaning, places of names, shape of a file.

use std::sync::Arc;

use tower_lsp::ls_types as lsp;

use super::capabilities::EXPLAIN;
use super::convert::{self, Page};
use super::state::{Abilities, View};
use crate::feature::{calls, consequence, everywhere, hints, hover, links, navigate, outline, signature};
use crate::snapshot::{Snapshot, Symbol};
use crate::symbols::{Kind, Role};

/// A text that is written as Markdown, without its signs for an editor that shows none.
pub fn marked_up(abilities: Abilities, value: String) -> lsp::MarkupContent {
    if abilities.reads_markdown {
        return lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value };
    }
    let lines = value.lines().filter(|line| !line.starts_with("```"));
    let plain: Vec<String> = lines.map(|line| line.replace("**", "").replace('`', "")).collect();
    lsp::MarkupContent { kind: lsp::MarkupKind::PlainText, value: plain.join("\n") }
}

pub fn hover(view: &View, offset: u32) -> Option<lsp::Hover> {
    let found = hover::hover(&view.snapshot, view.file, offset);
    let seen = consequence::at(&view.snapshot, view.file, offset);
    let span = found.as_ref().map(|found| found.span).or(seen.as_ref().map(|seen| seen.span));
    let told = hover::codes(&view.snapshot, view.file, offset);
    let said: Vec<String> = told.into_iter().chain(seen.into_iter().chain(found).map(|found| found.markdown)).collect();
    if said.is_empty() {
        return None;
    }
    let contents = lsp::HoverContents::Markup(marked_up(view.abilities, said.join("\n\n---\n\n")));
    let range = span.and_then(|span| Some(view.page()?.range(span)));
    Some(lsp::Hover { contents, range })
}

pub fn signature(view: &View, offset: u32) -> Option<lsp::SignatureHelp> {
    let found = signature::signature(&view.snapshot, view.file, offset)?;
    let param = |(label, says): &(String, String)| lsp::ParameterInformation {
        label: lsp::ParameterLabel::Simple(label.clone()),
        documentation: Some(lsp::Documentation::MarkupContent(marked_up(view.abilities, says.clone()))),
    };
    let number = |at: usize| u32::try_from(at).ok();
    let one = |own: &signature::Signature| lsp::SignatureInformation {
        label: own.label.clone(),
        documentation: Some(lsp::Documentation::MarkupContent(marked_up(view.abilities, own.docs.clone()))),
        parameters: Some(own.params.iter().map(param).collect()),
        active_parameter: None,
    };
    Some(lsp::SignatureHelp {
        signatures: found.all.iter().map(one).collect(),
        active_signature: number(found.active),
        active_parameter: found.param.and_then(number),
    })
}

pub fn definition(view: &View, offset: u32) -> Option<lsp::GotoDefinitionResponse> {
    let places = everywhere::definition(&view.snapshot, view.file, offset).into_iter();
    let places = places.filter_map(|place| convert::location_in(&place.file, place.span, view.abilities.encoding));
    Some(lsp::GotoDefinitionResponse::Array(places.collect()))
}

pub fn references(view: &View, others: &[Arc<Snapshot>], offset: u32, with_definition: bool) -> Vec<lsp::Location> {
    let places = everywhere::references(&view.snapshot, others, view.file, offset, with_definition);
    let encoding = view.abilities.encoding;
    places.into_iter().filter_map(|place| convert::location_in(&place.file, place.span, encoding)).collect()
}

pub fn highlights(view: &View, offset: u32) -> Option<Vec<lsp::DocumentHighlight>> {
    let page = view.page()?;
    let one = |found: navigate::Highlight| lsp::DocumentHighlight {
        range: page.range(found.place.span),
        kind: Some(if found.defines { lsp::DocumentHighlightKind::WRITE } else { lsp::DocumentHighlightKind::READ }),
    };
    Some(navigate::highlights(&view.snapshot, view.file, offset).into_iter().map(one).collect())
}

pub fn symbols(view: &View) -> Option<lsp::DocumentSymbolResponse> {
    let page = view.page()?;
    let all = outline::symbols(view.state()?);
    if view.abilities.nests_symbols {
        let nested = all.iter().map(|symbol| symbol_of(page, symbol)).collect();
        return Some(lsp::DocumentSymbolResponse::Nested(nested));
    }
    let uri = convert::uri_of(view.state()?)?;
    let mut flat = Vec::new();
    all.iter().for_each(|symbol| listed(page, &uri, symbol, None, &mut flat));
    Some(lsp::DocumentSymbolResponse::Flat(flat))
}

/// A symbol and those inside it, one behind the other.
#[expect(deprecated, reason = "the protocol's type has a field that it no longer uses")]
fn listed(
    page: Page<'_>,
    uri: &lsp::Uri,
    symbol: &outline::Symbol,
    inside: Option<&str>,
    flat: &mut Vec<lsp::SymbolInformation>,
) {
    flat.push(lsp::SymbolInformation {
        name: symbol.name.clone(),
        kind: convert::symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        location: lsp::Location { uri: uri.clone(), range: page.range(symbol.whole) },
        container_name: inside.map(str::to_owned),
    });
    symbol.inside.iter().for_each(|inner| listed(page, uri, inner, Some(&symbol.name), flat));
}

#[expect(deprecated, reason = "the protocol's type has a field that it no longer uses")]
fn symbol_of(page: Page<'_>, symbol: &outline::Symbol) -> lsp::DocumentSymbol {
    lsp::DocumentSymbol {
        name: symbol.name.clone(),
        detail: symbol.detail.clone(),
        kind: convert::symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: page.range(symbol.whole),
        selection_range: page.range(symbol.named),
        children: Some(symbol.inside.iter().map(|inside| symbol_of(page, inside)).collect()),
    }
}

pub fn folds(view: &View) -> Option<Vec<lsp::FoldingRange>> {
    let page = view.page()?;
    let one = |fold: &outline::Fold| {
        let range = page.range(fold.span);
        let braces = page.text.get(fold.span.start as usize..).is_some_and(|text| text.starts_with('{'));
        let columns = !view.abilities.folds_lines_only && braces;
        lsp::FoldingRange {
            start_line: range.start.line,
            start_character: columns.then_some(range.start.character + 1),
            // The line of the brace that closes stays.
            end_line: if braces && !columns { range.end.line.saturating_sub(1) } else { range.end.line },
            end_character: columns.then(|| range.end.character.saturating_sub(1)),
            kind: fold.is_comment.then_some(lsp::FoldingRangeKind::Comment),
            collapsed_text: None,
        }
    };
    let all = outline::folds(view.state()?).iter().map(one).filter(|fold| fold.start_line < fold.end_line).collect();
    Some(all)
}

pub fn selections(view: &View, places: &[lsp::Position]) -> Option<Vec<lsp::SelectionRange>> {
    let (page, state) = (view.page()?, view.state()?);
    let one = |place: &lsp::Position| {
        let offset = page.offset(*place);
        let spans = outline::selections(state, offset);
        let around = spans.iter().rev().fold(None, |parent: Option<Box<lsp::SelectionRange>>, span| {
            Some(Box::new(lsp::SelectionRange { range: page.range(*span), parent }))
        });
        let here = lsp::SelectionRange { range: lsp::Range::new(*place, *place), parent: None };
        around.map_or(here, |range| *range)
    };
    Some(places.iter().map(one).collect())
}

pub fn links(view: &View) -> Option<Vec<lsp::DocumentLink>> {
    let page = view.page()?;
    let one = |link: links::Link| {
        let target = convert::uri(&link.path)?;
        Some(lsp::DocumentLink {
            range: page.range(link.span),
            target: Some(target),
            tooltip: Some(link.says),
            data: None,
        })
    };
    Some(links::links(&view.snapshot, view.file).into_iter().filter_map(one).collect())
}

pub fn call_item(view: &View, node: &calls::Node) -> Option<lsp::CallHierarchyItem> {
    let file = view.snapshot.file(node.file)?;
    let page = Page::of(file, view.abilities.encoding);
    let folder = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    Some(lsp::CallHierarchyItem {
        name: if node.symbol.kind == Kind::Word {
            format!("test {}", node.symbol.name)
        } else {
            node.symbol.name.clone()
        },
        kind: convert::symbol_kind(node.symbol.kind),
        tags: None,
        detail: folder,
        uri: convert::uri_of(file)?,
        range: page.range(node.whole),
        selection_range: page.range(node.named),
        data: Some(serde_json::json!({ "kind": format!("{:?}", node.symbol.kind), "name": node.symbol.name })),
    })
}

pub fn prepare_calls(view: &View, offset: u32) -> Option<Vec<lsp::CallHierarchyItem>> {
    let node = calls::prepare(&view.snapshot, view.file, offset)?;
    Some(vec![call_item(view, &node)?])
}

/// The symbol of an item of a hierarchy: the one of its kind and name in its file, wherever that stands by now. A test has no name to be
/// found by, so it is the one at that place.
fn symbol_of_item(view: &View, item: &lsp::CallHierarchyItem) -> Option<Symbol> {
    let said = |key: &str| item.data.as_ref()?.get(key)?.as_str();
    let at_place = || {
        let offset = view.offset(item.selection_range.start)?;
        view.snapshot.symbol_at(view.file, offset).map(|(symbol, _)| symbol)
    };
    let (Some(kind), Some(name)) = (said("kind"), said("name")) else { return at_place() };
    let mut names = view.state()?.names().iter().filter(|found| found.role == Role::Definition);
    let mut named = names.find_map(|found| {
        let symbol = view.snapshot.resolve(view.file, found);
        (format!("{:?}", symbol.kind) == kind && symbol.name == name).then_some(symbol)
    });
    named.take().or_else(at_place)
}

pub fn incoming(view: &View, item: &lsp::CallHierarchyItem) -> Option<Vec<lsp::CallHierarchyIncomingCall>> {
    let symbol = symbol_of_item(view, item)?;
    let one = |call: calls::Call| {
        let page = Page::of(view.snapshot.file(call.node.file)?, view.abilities.encoding);
        let from_ranges = call.places.iter().map(|span| page.range(*span)).collect();
        Some(lsp::CallHierarchyIncomingCall { from: call_item(view, &call.node)?, from_ranges })
    };
    Some(calls::incoming(&view.snapshot, &symbol).into_iter().filter_map(one).collect())
}

pub fn outgoing(view: &View, item: &lsp::CallHierarchyItem) -> Option<Vec<lsp::CallHierarchyOutgoingCall>> {
    let (symbol, page) = (symbol_of_item(view, item)?, view.page()?);
    let one = |call: calls::Call| {
        let from_ranges = call.places.iter().map(|span| page.range(*span)).collect();
        Some(lsp::CallHierarchyOutgoingCall { to: call_item(view, &call.node)?, from_ranges })
    };
    Some(calls::outgoing(&view.snapshot, &symbol).into_iter().filter_map(one).collect())
}

/// The lines above monitors.
pub fn lenses(view: &View) -> Option<Vec<lsp::CodeLens>> {
    let page = view.page()?;
    let one = |lens: consequence::Lens| lsp::CodeLens {
        range: page.range(lens.span),
        command: Some(lsp::Command {
            title: lens.title,
            command: EXPLAIN.to_owned(),
            arguments: Some(vec![lens.explains.into()]),
        }),
        data: None,
    };
    Some(consequence::lenses(&view.snapshot, view.file).into_iter().map(one).collect())
}

/// The words beside the text of a range.
pub fn hints(view: &View, range: lsp::Range) -> Option<Vec<lsp::InlayHint>> {
    let page = view.page()?;
    let within = page.span(range);
    let hint = |at: u32, text: String, tooltip: String, kind, before: bool| lsp::InlayHint {
        position: page.position(at),
        label: lsp::InlayHintLabel::String(text),
        kind,
        text_edits: None,
        tooltip: Some(lsp::InlayHintTooltip::MarkupContent(marked_up(view.abilities, tooltip))),
        padding_left: Some(!before),
        padding_right: Some(before),
        data: None,
    };
    let own = hints::hints(&view.snapshot, view.file, within).into_iter().map(|found| match found.kind {
        hints::HintKind::Parameter => {
            hint(found.at, found.text, found.tooltip, Some(lsp::InlayHintKind::PARAMETER), true)
        }
        hints::HintKind::Note => hint(found.at, found.text, found.tooltip, None, false),
    });
    let weights = consequence::weights(&view.snapshot, view.file, within);
    let weights = weights.into_iter().map(|found| hint(found.at, found.text, found.tooltip, None, false));
    Some(own.chain(weights).collect())
}
