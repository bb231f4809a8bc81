//! The reference interpreter: it walks a condition over one post, searching each text from its beginning, and so
//! defines what a query means. It shares no index, no lowering and no memory with the compiled evaluators.

use mon_post::{PostBatch, Zone};
use mon_text::{Kind, Token, Tokens, counted_between};

use super::dictionary::{RunBorders, takes_prefix};
use super::evaluate::SPANS_MAX;
use super::fields::test_field;
use super::truth::Truth;
use crate::plan::{Cond, CondKind, SpanExpr, TermPattern, TokenPattern};

/// One text of a post with its tokens.
#[derive(Debug)]
pub(super) struct TextTokens<'a> {
    pub(super) zone: Zone,
    /// Which of the zone's texts.
    pub(super) number: u32,
    pub(super) text: &'a str,
    tokens: Tokens,
}

/// One post as the interpreter sees it: its texts, tokenised, and its fields.
#[derive(Debug)]
pub struct PostTexts<'a> {
    pub(super) batch: &'a PostBatch,
    pub(super) row: usize,
    pub(super) texts: Vec<TextTokens<'a>>,
}

impl<'a> PostTexts<'a> {
    /// Reads all zones of a row.
    #[must_use]
    pub fn read(batch: &'a PostBatch, row: usize) -> Self {
        let mut texts = Vec::new();
        for zone in Zone::ALL {
            for (number, text) in (0..).zip(batch.zone(*zone).texts(row)) {
                let mut tokens = Tokens::default();
                tokens.tokenize(text, 0);
                texts.push(TextTokens { zone: *zone, number, text, tokens });
            }
        }
        Self { batch, row, texts }
    }

    pub(super) fn within<'b>(&'b self, zones: &'b [Zone]) -> impl Iterator<Item = &'b TextTokens<'a>> {
        self.texts.iter().filter(|text| zones.contains(&text.zone))
    }
}

/// A span inside one text: bytes of the original, and positions of its first and last token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    first: i32,
    last: i32,
}

impl Span {
    /// How many counted tokens stand between this and a later span; none where it is not later or overlaps.
    pub(super) fn before(&self, later: &Self) -> Option<i64> {
        (self.end <= later.start).then(|| i64::from(counted_between(self.last, later.first)))
    }

    fn until(&self, later: &Self) -> Self {
        Self { end: later.end, last: later.last, ..*self }
    }
}

/// Where a query's words were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchSpan {
    pub zone: Zone,
    /// Which of the zone's texts; 0 but for `alt` and `link.title`.
    pub text: u32,
    /// UTF-8 bytes of the original text, half open.
    pub start: u32,
    pub end: u32,
}

/// The truth of a condition on one post. `terms` is [`crate::plan::Plan::terms`].
#[must_use]
pub fn evaluate(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>) -> Truth {
    match &cond.kind {
        CondKind::Const(value) => Truth::of(*value),
        CondKind::Text { zones, spans } => text_truth(terms, zones, spans, post),
        CondKind::Field(test) => test_field(post.batch, test, post.row),
        CondKind::Not(inner) => evaluate(terms, inner, post).negated(),
        CondKind::And(members) => Truth::all(members.iter().map(|member| evaluate(terms, member, post))),
        CondKind::Or(members) => Truth::any(members.iter().map(|member| evaluate(terms, member, post))),
        CondKind::AtLeast { k, members } => {
            Truth::at_least(*k, members.iter().map(|member| evaluate(terms, member, post)))
        }
        CondKind::Named { cond, .. } => evaluate(terms, cond, post),
    }
}

fn text_truth(terms: &[TermPattern], zones: &[Zone], spans: &SpanExpr, post: &PostTexts<'_>) -> Truth {
    let mut truth = Truth::Unknown;
    for text in post.within(zones) {
        truth = Truth::False;
        if !spans_of(terms, spans, text).is_empty() {
            return Truth::True;
        }
    }
    truth
}

/// The bytes that made the query true: of each of its words, phrases and distances that is true and not under `not`.
/// Sorted, without repeats; empty where the condition is not true.
#[must_use]
pub fn find_spans(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>) -> Vec<MatchSpan> {
    let mut found = Vec::new();
    gather(terms, cond, post, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn gather(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>, out: &mut Vec<MatchSpan>) {
    if evaluate(terms, cond, post) != Truth::True {
        return;
    }
    match &cond.kind {
        CondKind::Text { zones, spans } => {
            for text in post.within(zones) {
                out.extend(spans_of(terms, spans, text).iter().map(|span| text.place(span)));
            }
        }
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            members.iter().for_each(|member| gather(terms, member, post, out));
        }
        CondKind::Named { cond, .. } => gather(terms, cond, post, out),
        CondKind::Const(_) | CondKind::Field(_) | CondKind::Not(_) => {}
    }
}

impl TextTokens<'_> {
    pub(super) fn place(&self, span: &Span) -> MatchSpan {
        MatchSpan { zone: self.zone, text: self.number, start: span.start, end: span.end }
    }

    /// The spans inside one token that satisfy a pattern: the token, or stretches of a run.
    fn matches(&self, token: &Token, pattern: &TokenPattern) -> Vec<Span> {
        let whole = Span { start: token.start, end: token.end, first: token.pos, last: token.pos };
        let mut keys = self.tokens.keys(token);
        match pattern {
            TokenPattern::Key(wanted) => keys.any(|key| key.text == wanted).then_some(whole).into_iter().collect(),
            TokenPattern::Prefix(prefix) => {
                let starts = |key: &str| takes_prefix(token.kind, key) && key.starts_with(prefix.as_str());
                keys.any(|key| starts(key.text)).then_some(whole).into_iter().collect()
            }
            TokenPattern::Run(literal) => match keys.next() {
                Some(key) if token.kind == Kind::Run && !literal.is_empty() => {
                    let borders = RunBorders::new(key.text, token, self.text);
                    let starts = key.text.char_indices().map(|(at, _)| at);
                    let found = starts.filter(|at| key.text.get(*at..).is_some_and(|rest| rest.starts_with(literal)));
                    found
                        .filter_map(|at| borders.place(at, at + literal.len()))
                        .map(|(start, end)| Span { start, end, ..whole })
                        .collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn all(&self, pattern: &TokenPattern) -> Vec<Span> {
        self.tokens.iter().flat_map(|token| self.matches(token, pattern)).collect()
    }

    /// Rows of tokens that follow one another, with no counted token between.
    pub(super) fn rows(&self, row: &[TokenPattern]) -> Vec<Span> {
        let Some((first, rest)) = row.split_first() else { return Vec::new() };
        let rest: Vec<Vec<Span>> = rest.iter().map(|pattern| self.all(pattern)).collect();
        let mut out = Vec::new();
        for start in self.all(first) {
            let mut ends = vec![start];
            for tokens in &rest {
                let follows = |token: &&Span| ends.iter().any(|end| end.before(token).is_some_and(|gap| gap <= 0));
                ends = tokens.iter().filter(follows).copied().collect();
                ends.dedup();
            }
            out.extend(ends.iter().map(|end| start.until(end)));
        }
        tidy(out)
    }
}

/// The spans of an expression in one text, in order, without repeats, the first [`SPANS_MAX`].
pub(super) fn spans_of(terms: &[TermPattern], expr: &SpanExpr, text: &TextTokens<'_>) -> Vec<Span> {
    match expr {
        SpanExpr::Term(id) => {
            let rows = terms.get(id.0 as usize).map_or(&[][..], |term| &term.alternatives);
            tidy(rows.iter().flat_map(|row| text.rows(row)).collect())
        }
        SpanExpr::AnyOf(members) => tidy(members.iter().flat_map(|member| spans_of(terms, member, text)).collect()),
        SpanExpr::Near { gap, left, right } | SpanExpr::Then { gap, left, right } => {
            let either_order = matches!(expr, SpanExpr::Near { .. });
            let (lefts, rights) = (spans_of(terms, left, text), spans_of(terms, right, text));
            let near =
                |a: &Span, b: &Span| a.before(b).filter(|between| *between <= i64::from(*gap)).map(|_| a.until(b));
            let mut out = Vec::new();
            for left in &lefts {
                for right in &rights {
                    out.extend(near(left, right));
                    if either_order {
                        out.extend(near(right, left));
                    }
                }
            }
            tidy(out)
        }
    }
}

fn tidy(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup();
    spans.truncate(SPANS_MAX);
    spans
}
