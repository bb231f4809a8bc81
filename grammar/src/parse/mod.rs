//! Text to typed tree. The splitter finds the items, pest reads each alone, the builders turn pest's pairs into the
//! tree; what pest refuses is read again clause by clause, so that every error is reported and nothing else is lost.

mod build;
#[cfg(test)]
mod cost;
mod explain;
mod expr;
mod monitor;
mod playbook;
mod recover;
mod said;
mod signs;
mod slips;
mod strings;
pub(crate) mod suggest;
mod test_item;

use pest::Parser as _;
use pest::iterators::Pair;

use self::build::Build;
use crate::ast::{Doc, File, Item, ItemKind, SyntaxError};
use crate::code;
use crate::lex::Token;
use crate::nesting::Nesting;
use crate::span::Span;
use crate::splitter::{Piece, PieceKind, Text};
use crate::tree::SyntaxKind as K;

/// How deep brackets, `not`s, zones and scopes may stand in each other.
pub const MAX_DEPTH: usize = 256;

/// How deep a typed tree may get, counted in nodes: brackets, and chains of operators other than `and` and `or`.
pub const MAX_TREE_DEPTH: u32 = 1024;

/// The largest file that is read.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// pest's side: private, so that no rule's name can be met outside.
mod peg {
    #[derive(pest_derive::Parser)]
    #[grammar = "mon.pest"]
    pub(super) struct Mon;
}

pub(crate) use peg::Rule;

type Found<'i> = Pair<'i, Rule>;

/// What a pair stands for in the source.
trait Written<'i> {
    /// Its text, without the blank that a token takes with it.
    fn written(&self) -> &'i str;
}

impl<'i> Written<'i> for Found<'i> {
    fn written(&self) -> &'i str {
        self.as_str().trim_end_matches(' ')
    }
}

/// Reads a `.mon` file. Never fails: what could not be read is in [`File::errors`], in the order of the text, and the
/// rest of the file is in the tree. Time is linear in the length of `source`.
#[must_use]
pub fn parse(source: &str) -> File {
    if source.len() > MAX_FILE_BYTES {
        let message = format!("this file has {} bytes, more than the limit of {MAX_FILE_BYTES}", source.len());
        let error = SyntaxError::new(Span::default(), code::FILE_TOO_LARGE, message, "split it into several files");
        return File { items: Vec::new(), errors: vec![error] };
    }
    parse_text(&Text::new(source))
}

pub(crate) fn parse_text(text: &Text<'_>) -> File {
    let mut file = File::default();
    for piece in text.pieces() {
        let (item, errors) = read_piece(text, &piece);
        file.items.push(item);
        file.errors.extend(errors);
    }
    file
}

/// An item, and the errors in it in the order of the text.
pub(crate) fn read_piece(text: &Text<'_>, piece: &Piece) -> (Item, Vec<SyntaxError>) {
    let build = Build::new();
    let kind = clean(text, piece).then(|| read_item(text, piece, &build)).flatten();
    let mut kind = kind.unwrap_or_else(|| recover::item(text, piece, &build));
    build.settle(&mut kind);
    let item = Item { span: span_of(text, piece), doc: doc(text, piece.solid.start), kind };
    let mut errors = build.errors.into_inner();
    errors.sort_by_key(|e| (e.span.start, e.span.end));
    (item, errors)
}

fn span_of(text: &Text<'_>, piece: &Piece) -> Span {
    let first = text.at(piece.solid.start).map(|t| t.span).unwrap_or_default();
    let last = text.at(piece.solid.end.saturating_sub(1)).map_or(first, |t| t.span);
    first.to(last)
}

fn doc(text: &Text<'_>, at: usize) -> Option<Doc> {
    let tokens: Vec<Token> =
        text.tokens.get(text.doc_before(at)?)?.iter().filter(|t| t.kind == K::Doc).copied().collect();
    let span = tokens.first()?.span.to(tokens.last()?.span);
    let lines: Vec<&str> = tokens
        .iter()
        .map(|t| {
            let line = t.text(text.source).trim_start_matches('/');
            line.strip_prefix(' ').unwrap_or(line).trim_end()
        })
        .collect();
    Some(Doc { span, text: lines.join("\n") })
}

/// Whether pest can be given the piece at all: no broken token, no depth that is refused anyway.
fn clean(text: &Text<'_>, piece: &Piece) -> bool {
    let mut nesting = Nesting::default();
    for at in piece.solid.clone() {
        let Some(token) = text.at(at) else { return false };
        if matches!(token.kind, K::UnclosedString | K::UnclosedRegex | K::WrongQuotes | K::Unknown) {
            return false;
        }
        if nesting.step(token.kind, token.text(text.source)) > MAX_DEPTH {
            return false;
        }
    }
    piece.kind != PieceKind::Unknown
}

fn read_item(text: &Text<'_>, piece: &Piece, build: &Build) -> Option<ItemKind> {
    let rule = match piece.kind {
        PieceKind::Use => Rule::use_item,
        PieceKind::Terms => Rule::terms_item,
        PieceKind::Query => Rule::query_item,
        PieceKind::Dates => Rule::dates_item,
        PieceKind::Monitor => Rule::monitor_item,
        PieceKind::Playbook => Rule::playbook_item,
        PieceKind::Test => Rule::test_item,
        PieceKind::Unknown => return None,
    };
    let packed = build.pack(text, piece.solid.clone());
    let found = peg::Mon::parse(rule, &packed).ok()?.next()?;
    Some(build.item(found))
}
