//! Tokens on one line, and expressions that need several.

use std::ops::Range;

use super::page::{Line, Page};
use super::{Printer, WIDTH};
use crate::lex::Token;
use crate::tree::SyntaxKind as K;
use crate::work::step;

/// How tokens are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Normal,
    /// `/`, `+` and `-` join names: `Europe/Berlin`.
    Zone,
    /// Spaces where the source has them: clauses whose inside the grammar does not know.
    Kept,
}

/// Words behind which `(` opens a group, not a call.
const BEFORE_GROUP: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "in",
    "has",
    "within",
    "outside",
    "inside",
    "then",
    "pattern",
    "near",
    "when",
    "match",
    "where",
    "sentence",
    "line",
    "paragraph",
    "words",
    "word",
    "with",
    "over",
    "of",
    "by",
    "for",
];

/// Width on a screen, one column a character.
pub(crate) fn width(text: &str) -> usize {
    step(text.len());
    text.chars().count()
}

impl Printer<'_, '_> {
    /// A range of tokens on one line.
    pub(crate) fn flat(&self, range: Range<usize>, style: Style) -> String {
        let mut out = String::new();
        for at in range.clone() {
            let Some(token) = self.token(at) else { break };
            if at > range.start && self.spaced(at, style) {
                out.push(' ');
            }
            self.write(at, token, style, &mut out);
        }
        out
    }

    /// A range of tokens on one line behind `lead`, unless it is too long. What is plainly too long is not read.
    fn fitting(&self, lead: &str, range: Range<usize>, indent: usize) -> Option<String> {
        let before = |at: usize| self.letters.get(at).copied().unwrap_or(0);
        let least = before(range.end).saturating_sub(before(range.start));
        if indent + width(lead) + least > WIDTH {
            return None;
        }
        let line = format!("{lead}{}", self.flat(range, Style::Normal));
        (indent + width(&line) <= WIDTH).then_some(line)
    }

    /// The token behind the one at `at`; behind a bracket's whole inside where one opens there.
    fn beyond(&self, at: usize) -> usize {
        self.closing.get(at).copied().unwrap_or(at).max(at) + 1
    }

    fn read(&self, at: usize) -> &str {
        self.token(at).map_or("", |t| t.span.text(self.text.source))
    }

    pub(crate) fn kind(&self, at: usize) -> Option<K> {
        self.token(at).map(|t| t.kind)
    }

    fn write(&self, at: usize, token: Token, style: Style, out: &mut String) {
        let text = token.span.text(self.text.source);
        if style == Style::Normal && token.kind == K::Distance {
            // The name of a parameter keeps its letters.
            let (word, gap) = text.split_once('/').unwrap_or((text, ""));
            out.push_str(&word.to_ascii_lowercase());
            out.push('/');
            out.push_str(gap);
        } else if style == Style::Normal && self.small(at, token, text) {
            out.push_str(&text.to_ascii_lowercase());
        } else {
            out.push_str(text);
        }
    }

    /// `AND`, `OR`, `NOT` as operators; behind a full stop they are parts of a name.
    fn small(&self, at: usize, token: Token, text: &str) -> bool {
        token.kind == K::Word
            && ["and", "or", "not"].iter().any(|w| text.eq_ignore_ascii_case(w))
            && !matches!(self.kind(at + 1), Some(K::Dot | K::Colon))
            && at.checked_sub(1).and_then(|b| self.kind(b)) != Some(K::Dot)
    }

    /// Whether a space stands before the token at `at`.
    fn spaced(&self, at: usize, style: Style) -> bool {
        let (Some(before), Some(token)) = (at.checked_sub(1).and_then(|b| self.token(b)), self.token(at)) else {
            return false;
        };
        if style == Style::Kept {
            return before.span.end < token.span.start;
        }
        match (before.kind, token.kind) {
            (K::ParenOpen | K::BracketOpen | K::Dot | K::Tilde, _)
            | (_, K::ParenClose | K::BracketClose | K::Comma | K::Dot | K::Tilde | K::Colon) => false,
            (K::Operator, _) | (_, K::Operator) if style == Style::Zone || self.in_zone(at) => {
                before.span.end < token.span.start
            }
            (K::Word, K::ParenOpen) => BEFORE_GROUP.contains(&self.read(at - 1).to_ascii_lowercase().as_str()),
            (K::Operator, _) if self.read(at - 1) == "-" => !self.sign(at - 1),
            _ => true,
        }
    }

    /// Whether the token touches the one before it in what stands behind `in`: `Europe/Berlin` is a name.
    fn in_zone(&self, at: usize) -> bool {
        let touches = |at: &usize| {
            let before = at.checked_sub(1).and_then(|before| self.token(before));
            before.zip(self.token(*at)).is_some_and(|(before, token)| before.span.end == token.span.start)
        };
        // A zone has five parts at most: `America/Argentina/Salta`.
        let first = (at.saturating_sub(4)..=at).rev().find(|at| !touches(at)).unwrap_or(at);
        first < at
            && self.kind(first) == Some(K::Word)
            && first.checked_sub(1).is_some_and(|word| self.read(word) == "in")
    }

    /// A minus that belongs to what follows it.
    fn sign(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|b| self.token(b)) else { return true };
        match before.kind {
            K::Word => {
                let word = before.span.text(self.text.source).to_ascii_lowercase();
                let dotted = at.checked_sub(2).and_then(|b| self.kind(b)) == Some(K::Dot);
                !dotted && BEFORE_GROUP.contains(&word.as_str())
            }
            K::Operator | K::Comma | K::ParenOpen | K::BracketOpen | K::Colon | K::Equals | K::Distance => true,
            _ => false,
        }
    }

    /// The places of the loosest `or`s, else `and`s, outside brackets.
    pub(crate) fn joints(&self, range: &Range<usize>) -> Option<Vec<usize>> {
        let (mut ors, mut ands) = (Vec::new(), Vec::new());
        let mut at = range.start;
        while at < range.end {
            if let Some(token) = self.token(at).filter(|token| token.kind == K::Word && at > range.start) {
                let text = token.span.text(self.text.source);
                if text.eq_ignore_ascii_case("or") && self.small(at, token, text) {
                    ors.push(at);
                } else if text.eq_ignore_ascii_case("and") && self.small(at, token, text) {
                    ands.push(at);
                }
            }
            at = self.beyond(at);
        }
        let joints = if ors.is_empty() { ands } else { ors };
        (!joints.is_empty()).then_some(joints)
    }

    /// An expression on as many lines as it needs; `lead` stands before its first token.
    pub(crate) fn expression(&self, range: Range<usize>, indent: usize, page: &mut Page, lead: &str) {
        let top = lead.is_empty() && range.start >= 1 && self.kind(range.start - 1) == Some(K::Equals);
        let line = self.fitting(lead, range.clone(), indent);
        let joints = if top || line.is_none() { self.joints(&range) } else { None };
        let Some(joints) = joints else {
            return match line {
                Some(line) => page.line(Line::plain(indent, line)),
                None => self.brackets(range, indent, page, lead),
            };
        };
        let hang = if lead.is_empty() { indent } else { indent + 2 };
        let mut from = range.start;
        for to in joints.into_iter().chain([range.end]) {
            let first = from == range.start;
            let (lead, indent) = if first { (lead, indent) } else { ("", hang) };
            self.operand(from..to, indent, page, lead);
            from = to;
        }
    }

    /// One operand of a chain, its operator first.
    fn operand(&self, range: Range<usize>, indent: usize, page: &mut Page, lead: &str) {
        if let Some(line) = self.fitting(lead, range.clone(), indent) {
            return page.line(Line::plain(indent, line));
        }
        let operator = self.token(range.start).is_some_and(|t| self.small(range.start, t, self.read(range.start)));
        if operator && lead.is_empty() {
            let word = format!("{} ", self.flat(range.start..range.start + 1, Style::Normal));
            return self.expression(range.start + 1..range.end, indent, page, &word);
        }
        self.expression(range, indent, page, lead);
    }

    /// Opens the longest bracket of a line that is too long.
    fn brackets(&self, range: Range<usize>, indent: usize, page: &mut Page, lead: &str) {
        let (mut best, mut at) = (0..0, range.start);
        while at < range.end {
            let behind = self.beyond(at);
            if behind <= range.end && behind - 1 - at > best.len() {
                best = at..behind - 1;
            }
            at = behind;
        }
        if best.len() < 2 {
            return page.line(Line::plain(indent, format!("{lead}{}", self.flat(range, Style::Normal))));
        }
        page.line(Line::plain(indent, format!("{lead}{}", self.flat(range.start..best.start + 1, Style::Normal))));
        self.fill(best.start + 1..best.end, indent + 2, page);
        page.line(Line::plain(indent, self.flat(best.end..range.end, Style::Normal)));
    }

    /// Members between commas, as many on a line as fit.
    pub(crate) fn fill(&self, range: Range<usize>, indent: usize, page: &mut Page) {
        let (mut from, mut next, mut line) = (range.start, range.start, String::new());
        while from <= range.end && next <= range.end {
            let at = next;
            let last = at == range.end;
            next = if last { at + 1 } else { self.beyond(at).min(range.end) };
            if !(last || self.kind(at) == Some(K::Comma)) {
                continue;
            }
            let member = from..if last { at } else { at + 1 };
            let short = self.fitting("", member.clone(), indent);
            let room = WIDTH.saturating_sub(indent + width(&line) + 1);
            if !line.is_empty() && short.as_ref().is_none_or(|short| width(short) > room) {
                page.line(Line::plain(indent, std::mem::take(&mut line)));
            }
            match short {
                None if last => self.expression(member, indent, page, ""),
                short => {
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(&short.unwrap_or_else(|| self.flat(member, Style::Normal)));
                }
            }
            from = at + 1;
        }
        if !line.is_empty() {
            page.line(Line::plain(indent, line));
        }
    }

    /// Tokens on the lines on which they stand in the source, with their comments: the way of text whose comments lie
    /// where the style has no place for them.
    pub(crate) fn as_written(&self, range: Range<usize>, indent: usize, page: &mut Page) {
        self.kept_lines(range, indent, page, Style::Normal);
    }

    pub(crate) fn kept_lines(&self, range: Range<usize>, indent: usize, page: &mut Page, style: Style) {
        let mut from = range.start;
        let mut deep = 0;
        for at in range.start + 1..=range.end {
            let gap = if at < range.end { self.gap_before(at) } else { Default::default() };
            if at < range.end && !gap.breaks && gap.trailing.is_none() {
                continue;
            }
            page.line(Line::plain(indent + deep, self.flat(from..at, style)));
            deep = 2;
            page.gap(&gap, indent + 2, false);
            from = at;
        }
    }
}
