//! A text that is being written, with its tree. An edit reads again only the items that it can have changed; the others keep
//! their trees and are moved.

use std::ops::Range;
use std::sync::Arc;

use crate::ast::{File, Item, SyntaxError};
use crate::lex::Token;
use crate::parse::{MAX_FILE_BYTES, parse, read_piece};
use crate::shift::Shift;
use crate::splitter::{Piece, Text};

/// Solid tokens behind an item that decide where it ends.
const LOOK_AHEAD: usize = 8;
/// Tokens before an item that its reading may look at, its description aside.
const LOOK_BACK: usize = 4;

/// A `.mon` text with its tree, which is at every moment what [`parse`] gives for the text.
#[derive(Clone, Debug)]
pub struct Document {
    source: Arc<str>,
    tokens: Vec<Token>,
    parts: Vec<Part>,
    file: Arc<File>,
}

/// An item's stretch of the text.
#[derive(Clone, Debug)]
struct Part {
    piece: Piece,
    /// All tokens that can have a say in what it is.
    tokens: Range<usize>,
    /// Errors that reading it gave.
    errors: usize,
}

impl Document {
    /// Reads a whole text.
    #[must_use]
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        let source = source.into();
        let mut document =
            Self { source: Arc::clone(&source), tokens: Vec::new(), parts: Vec::new(), file: Arc::default() };
        document.become_text(source, None);
        document
    }

    #[must_use]
    pub const fn source(&self) -> &Arc<str> {
        &self.source
    }

    #[must_use]
    pub const fn tree(&self) -> &Arc<File> {
        &self.file
    }

    /// Replaces a range of bytes. Ends that lie outside the text or inside a character are taken back to the one before.
    pub fn edit(&mut self, range: Range<usize>, new: &str) {
        let start = self.source.floor_char_boundary(range.start);
        let end = self.source.floor_char_boundary(range.end).max(start);
        let (before, after) = (self.source.get(..start).unwrap_or(""), self.source.get(end..).unwrap_or(""));
        let source: Arc<str> = [before, new, after].concat().into();
        self.become_text(source, Some(Edit { start, end, grown: new.len() as i64 - (end - start) as i64 }));
    }

    fn become_text(&mut self, source: Arc<str>, edit: Option<Edit>) {
        self.source = Arc::clone(&source);
        if source.len() > MAX_FILE_BYTES {
            (self.tokens, self.parts, self.file) = (Vec::new(), Vec::new(), Arc::new(parse(&source)));
            return;
        }
        if self.tokens.is_empty() {
            self.file = Arc::default();
        }
        let text = Text::new(&source);
        let pieces = text.pieces();
        let ahead = |piece: &Piece| {
            let last = text.solid.get(piece.solid.end + LOOK_AHEAD).map_or(text.tokens.len(), |at| *at as usize);
            let first = text.doc_before(piece.solid.start).map(|doc| doc.start);
            let first = first.or_else(|| text.solid.get(piece.solid.start).map(|at| *at as usize)).unwrap_or(0);
            first.saturating_sub(LOOK_BACK)..last
        };
        let new: Vec<Part> = pieces.into_iter().map(|piece| Part { tokens: ahead(&piece), piece, errors: 0 }).collect();
        let kept = edit.map_or(Kept::default(), |edit| self.kept(&text, &new, edit));
        let grown = edit.map_or(0, |edit| edit.grown);
        self.splice(&text, new, kept, grown);
        self.tokens = text.tokens;
    }

    /// How many items at both ends cannot have changed.
    fn kept(&self, text: &Text<'_>, new: &[Part], edit: Edit) -> Kept {
        let same = |old: &Token, now: &Token, by: i64| {
            let mut moved = old.span;
            moved.shift(by);
            old.kind == now.kind && moved == now.span
        };
        let pairs = self.tokens.iter().zip(&text.tokens);
        let front = pairs.take_while(|(old, now)| old.span.end as usize <= edit.start && same(old, now, 0)).count();
        let pairs = self.tokens.iter().rev().zip(text.tokens.iter().rev());
        let back =
            pairs.take_while(|(old, now)| old.span.start as usize >= edit.end && same(old, now, edit.grown)).count();
        let alike = |old: &Part, now: &Part| old.piece.is_alike(&now.piece);
        // A last item may end with the text, which moves when something comes behind it.
        let pairs = self.parts.iter().zip(new);
        let first =
            pairs.take_while(|(old, now)| alike(old, now) && now.tokens.end < front && old.tokens.end < front).count();
        let back_from = text.tokens.len() - back;
        let pairs = self.parts.iter().skip(first).rev().zip(new.iter().skip(first).rev());
        let last = pairs.take_while(|(old, now)| alike(old, now) && now.tokens.start > back_from).count();
        Kept { first, last }
    }

    /// Puts the tree together: items that are kept, and between them those that are read.
    fn splice(&mut self, text: &Text<'_>, mut new: Vec<Part>, kept: Kept, grown: i64) {
        let file = Arc::make_mut(&mut self.file);
        let old = std::mem::take(&mut self.parts);
        let errors_of = |parts: &[Part]| parts.iter().map(|part| part.errors).sum::<usize>();
        let (first, last) = (kept.first, old.len() - kept.last);
        let gone = first..last;
        let errors_before = errors_of(old.get(..first).unwrap_or(&[]));
        let errors_gone = errors_before..errors_before + errors_of(old.get(gone.clone()).unwrap_or(&[]));
        file.items.iter_mut().skip(last).for_each(|item| item.shift(grown));
        file.errors.iter_mut().skip(errors_gone.end).for_each(|error| error.shift(grown));
        let (mut items, mut errors): (Vec<Item>, Vec<SyntaxError>) = (Vec::new(), Vec::new());
        let read = first..new.len() - kept.last;
        for part in new.get_mut(read).unwrap_or_default() {
            let (item, told) = read_piece(text, &part.piece);
            part.errors = told.len();
            items.push(item);
            errors.extend(told);
        }
        for (now, old) in new.iter_mut().zip(&old).take(first) {
            now.errors = old.errors;
        }
        for (now, old) in new.iter_mut().rev().zip(old.iter().rev()).take(kept.last) {
            now.errors = old.errors;
        }
        file.items.splice(gone, items);
        file.errors.splice(errors_gone, errors);
        self.parts = new;
    }
}

#[derive(Clone, Copy)]
struct Edit {
    /// Bytes of the old text.
    start: usize,
    end: usize,
    /// Bytes by which the text behind it moves.
    grown: i64,
}

/// Items at both ends that stay.
#[derive(Clone, Copy, Default)]
struct Kept {
    first: usize,
    last: usize,
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn an_edit_reads_the_item_that_it_is_in_and_keeps_the_others() {
        let item = |number: usize| format!("/// One.\nquery q{number} = \"a\" near/3 \"b\" // é\n\n");
        let document = Document::new((0..200).map(item).collect::<String>());
        let at = document.source().find("query q100").unwrap();
        let text = crate::splitter::Text::new(document.source());
        let parts: Vec<super::Part> = document.parts.clone();
        let edit = super::Edit { start: at, end: at, grown: 0 };
        let kept = document.kept(&text, &parts, edit);
        assert!(kept.first + kept.last >= 196 && kept.first + kept.last < 200, "{} and {}", kept.first, kept.last);
    }
}
