//! What lies between two tokens: comments, line breaks, blank lines.

use std::ops::Range;

use super::Printer;
use crate::span::Span;
use crate::tree::SyntaxKind as K;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    /// A comment on the line of the token before.
    pub trailing: Option<String>,
    /// Comments on lines of their own, each with whether a blank line stands before it.
    pub own: Vec<(String, bool)>,
    /// A blank line before the token behind the gap.
    pub blank: bool,
    /// Any line break at all.
    pub breaks: bool,
}

impl Printer<'_, '_> {
    /// All tokens between two spans; from the start or to the end of the file where there is none.
    pub(crate) fn between(&self, before: Option<Span>, behind: Option<Span>) -> Range<usize> {
        let place = |at: u32| self.text.tokens.partition_point(|t| t.span.start < at);
        let start = before.map_or(0, |span| place(span.end));
        let end = behind.map_or(self.text.tokens.len(), |span| place(span.start));
        start..end.max(start)
    }

    /// The gap before a solid token.
    pub(crate) fn gap_before(&self, at: usize) -> Gap {
        self.gap(self.tokens_before(at), at > 0)
    }

    fn tokens_before(&self, at: usize) -> Range<usize> {
        let place = |at: usize| self.text.solid.get(at).map(|&i| i as usize);
        let start = at.checked_sub(1).and_then(place).map_or(0, |i| i + 1);
        start..place(at).unwrap_or(self.text.tokens.len())
    }

    /// `behind_token`: a comment on the first line trails a token.
    pub(crate) fn gap(&self, tokens: Range<usize>, behind_token: bool) -> Gap {
        let mut gap = Gap::default();
        let (mut lines, mut first) = (0, behind_token);
        for token in self.text.tokens.get(tokens).unwrap_or(&[]) {
            let text = token.text(self.text.source);
            if token.kind == K::Space {
                lines += text.bytes().filter(|&b| b == b'\n').count();
                continue;
            }
            gap.breaks |= lines > 0;
            let comment = text.trim_end().to_owned();
            if first && lines == 0 {
                gap.trailing = Some(comment);
            } else {
                gap.own.push((comment, lines > 1));
            }
            (lines, first) = (0, false);
        }
        gap.breaks |= lines > 0;
        gap.blank = lines > 1;
        gap
    }

    /// A comment stands between the first and the last token of a range.
    pub(crate) fn commented(&self, range: &Range<usize>) -> bool {
        let place = |at: usize| self.text.solid.get(at).map_or(0, |&i| i as usize);
        let all = place(range.start)..place(range.end.saturating_sub(1));
        self.text.tokens.get(all).unwrap_or(&[]).iter().any(|t| matches!(t.kind, K::Comment | K::Doc))
    }

    pub(crate) fn breaks_before(&self, at: usize) -> bool {
        self.gap_before(at).breaks
    }
}
