//! Finds the items of a file without parsing them, so that a broken one never hides its neighbours.
//!
//! The seven item keywords are reserved: outside braces such a word always opens an item. Inside braces it does so only
//! where a brace was plainly forgotten: at the very start of a line and in the shape of an item's head.

use std::ops::Range;

use crate::lex::{Token, lex};
use crate::parse::suggest::nearest;
use crate::tree::SyntaxKind as K;
use crate::work::step;

pub(crate) const ITEM_WORDS: &[&str] = &["use", "terms", "query", "dates", "monitor", "playbook", "test"];

/// A source text with its tokens, and the tokens that are neither space nor comment.
pub(crate) struct Text<'s> {
    pub source: &'s str,
    pub tokens: Vec<Token>,
    /// Places in `tokens`.
    pub solid: Vec<u32>,
}

/// A text for the grammar, and where in the source each of its bytes comes from.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub text: String,
    /// One more than the text has bytes.
    pub places: Vec<u32>,
}

/// An item's stretch of solid tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Range in [`Text::solid`]; never empty.
    pub solid: Range<usize>,
    pub kind: PieceKind,
    /// A braced item whose last `}` is there.
    pub closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Use,
    Terms,
    Query,
    Dates,
    Monitor,
    Playbook,
    Test,
    Unknown,
}

impl PieceKind {
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "use" => Self::Use,
            "terms" => Self::Terms,
            "query" => Self::Query,
            "dates" => Self::Dates,
            "monitor" => Self::Monitor,
            "playbook" => Self::Playbook,
            "test" => Self::Test,
            _ => return None,
        })
    }

    pub(crate) fn braced(self) -> bool {
        matches!(self, Self::Monitor | Self::Playbook | Self::Test | Self::Unknown)
    }
}

impl Piece {
    /// Whether another one of as many tokens is of the same kind.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.solid.len() == other.solid.len() && self.kind == other.kind && self.closed == other.closed
    }
}

impl<'s> Text<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let tokens = lex(source);
        let solid = tokens
            .iter()
            .zip(0_u32..)
            .filter(|(t, _)| !matches!(t.kind, K::Space | K::Comment | K::Doc))
            .map(|(_, i)| i)
            .collect();
        Self { source, tokens, solid }
    }

    /// The solid token at `at`, counted among solid tokens.
    pub(crate) fn at(&self, at: usize) -> Option<Token> {
        step(1);
        self.solid.get(at).and_then(|&i| self.tokens.get(i as usize)).copied()
    }

    pub(crate) fn kind(&self, at: usize) -> Option<K> {
        self.at(at).map(|t| t.kind)
    }

    pub(crate) fn word(&self, at: usize) -> Option<&'s str> {
        self.at(at).filter(|t| t.kind == K::Word).map(|t| t.span.text(self.source))
    }

    /// Nothing but spaces stands before the token on its line.
    pub(crate) fn first_on_line(&self, at: usize) -> bool {
        let Some(&i) = self.solid.get(at) else { return false };
        let Some(before) = (i as usize).checked_sub(1).and_then(|b| self.tokens.get(b)) else { return true };
        before.kind == K::Space && (before.span.start == 0 || before.text(self.source).contains('\n'))
    }

    /// The blanks before the first token of a line.
    pub(crate) fn indent(&self, at: usize) -> &'s str {
        let start = self.at(at).map_or(0, |token| token.span.start as usize);
        let head = self.source.get(..start).unwrap_or("");
        let indent = head.rsplit('\n').next().unwrap_or("");
        if indent.trim().is_empty() { indent } else { "" }
    }

    fn at_column_zero(&self, at: usize) -> bool {
        let Some(token) = self.at(at) else { return false };
        let Some(before) = (token.span.start as usize).checked_sub(1) else { return true };
        self.source.as_bytes().get(before) == Some(&b'\n')
    }

    /// The `///` comments right before a solid token, as a range of all tokens.
    pub(crate) fn doc_before(&self, at: usize) -> Option<Range<usize>> {
        let end = *self.solid.get(at)? as usize;
        let mut found: Option<Range<usize>> = None;
        for i in (0..end).rev() {
            match self.tokens.get(i).map(|t| t.kind) {
                Some(K::Doc) => found = Some(i..found.map_or(i + 1, |f| f.end)),
                Some(K::Space) => {}
                _ => break,
            }
        }
        found
    }

    /// A range of solid tokens as the grammar reads it: each token with one blank behind it, whatever stands there.
    pub(crate) fn packed(&self, solid: Range<usize>) -> Packed {
        let solid = self.solid.get(solid).unwrap_or(&[]);
        let tokens = || solid.iter().filter_map(|&i| self.tokens.get(i as usize));
        let bytes: usize = tokens().map(|token| (token.span.end - token.span.start) as usize + 2).sum();
        let mut packed = Packed { text: String::with_capacity(bytes), places: Vec::with_capacity(bytes + 1) };
        let mut tokens = tokens().peekable();
        while let Some(token) = tokens.next() {
            if token.kind == K::Regex {
                packed.text.push('/');
                packed.places.push(token.span.start);
            }
            packed.text.push_str(token.text(self.source));
            packed.places.extend(token.span.start..token.span.end);
            if !tokens.peek().is_some_and(|next| self.stick(*token, **next)) {
                packed.text.push(' ');
                packed.places.push(token.span.end);
            }
        }
        packed.places.extend(packed.places.last().copied());
        step(packed.text.len());
        packed
    }

    /// Whether the grammar tells two tokens that touch from two that stand apart.
    fn stick(&self, before: Token, token: Token) -> bool {
        if before.span.end != token.span.start {
            return false;
        }
        match (before.kind, token.kind) {
            (K::Word, K::Dot | K::ParenOpen | K::Colon | K::Regex)
            | (K::Dot | K::Number | K::Distance, K::Word)
            | (K::Tilde, K::Number) => true,
            (K::Word, K::Operator) => matches!(token.text(self.source), "/" | "+" | "-"),
            (K::Operator, K::Word | K::Number) => matches!(before.text(self.source), "/" | "+" | "-"),
            _ => false,
        }
    }

    /// The items in order. Together they hold every solid token.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let mut out: Vec<Piece> = Vec::new();
        let mut at = 0;
        while at < self.solid.len() {
            let kind = self.item_at(at).unwrap_or(PieceKind::Unknown);
            let (end, closed) = self.piece_end(at, kind);
            out.push(Piece { solid: at..end, kind, closed });
            at = end;
        }
        out
    }

    /// An item keyword that is not part of a dotted name or a zone.
    fn item_at(&self, at: usize) -> Option<PieceKind> {
        let kind = PieceKind::of(self.word(at)?)?;
        let dotted = at.checked_sub(1).and_then(|b| self.kind(b)) == Some(K::Dot);
        let joined = matches!(self.kind(at + 1), Some(K::Dot | K::Colon));
        // `brand: terms,` and `brand: terms)` say what a query is given.
        let before = at.checked_sub(1).and_then(|b| self.kind(b));
        let kind_of = before == Some(K::Colon) && matches!(self.kind(at + 1), Some(K::Comma | K::ParenClose));
        (!dotted && !joined && !kind_of).then_some(kind)
    }

    /// Whether the word at `at` and what follows it have the shape of a head of that kind.
    pub(crate) fn has_head(&self, at: usize, kind: PieceKind) -> bool {
        let named = self.kind(at + 1) == Some(K::Word);
        let next = self.kind(at + 2);
        match kind {
            PieceKind::Use => matches!(self.kind(at + 1), Some(K::String | K::Word)),
            PieceKind::Query if next == Some(K::ParenOpen) => named && self.kind(at + 4) == Some(K::Colon),
            PieceKind::Terms | PieceKind::Query | PieceKind::Dates => named && next == Some(K::Equals),
            PieceKind::Monitor | PieceKind::Playbook => named && next == Some(K::BraceOpen),
            PieceKind::Test => named && next == Some(K::String),
            PieceKind::Unknown => named && next == Some(K::BraceOpen),
        }
    }

    /// Where the item that starts at `start` ends, and whether its brace is closed.
    fn piece_end(&self, start: usize, kind: PieceKind) -> (usize, bool) {
        let mut depth = 0_usize;
        for at in start + 1..self.solid.len() {
            let found = self.kind(at);
            match found {
                Some(K::BraceOpen) => depth += 1,
                Some(K::BraceClose) if depth == 1 && kind.braced() => return (at + 1, true),
                Some(K::BraceClose) => depth = depth.saturating_sub(1),
                Some(K::Word) if self.opens_item(at, start, depth, kind) => return (at, false),
                _ => {}
            }
        }
        (self.solid.len(), false)
    }

    /// A misspelt item keyword: at the start of a line, and in the shape of an item's head where that is not skipped anyway.
    fn opens_misspelt(&self, at: usize, depth: usize, within: PieceKind) -> bool {
        if !self.first_on_line(at) {
            return false;
        }
        let named = self.kind(at + 1) == Some(K::Word);
        let shaped = named && matches!(self.kind(at + 2), Some(K::Equals | K::ParenOpen | K::BraceOpen | K::String));
        let meant = || self.word(at).and_then(|word| nearest(word, ITEM_WORDS.iter().copied()));
        let meant = || meant().and_then(|near| PieceKind::of(near.word));
        let headed = || shaped && meant().is_some_and(|kind| self.has_head(at, kind));
        match within {
            PieceKind::Unknown if depth == 0 => self.has_head(at, PieceKind::Unknown) || (named && meant().is_some()),
            within if within.braced() => self.at_column_zero(at) && headed(),
            _ => self.has_head(at, PieceKind::Unknown) || headed(),
        }
    }

    fn opens_item(&self, at: usize, start: usize, depth: usize, within: PieceKind) -> bool {
        let Some(kind) = self.item_at(at) else { return self.opens_misspelt(at, depth, within) };
        if depth > 0 && within.braced() {
            return self.at_column_zero(at) && self.has_head(at, kind);
        }
        let is_name = at == start + 1 && matches!(self.kind(at + 1), Some(K::Equals | K::BraceOpen | K::String));
        !is_name
    }
}
