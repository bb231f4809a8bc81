//! The reference interpreter: it walks a condition over one post, searching each text from its beginning, and so
//! defines what a query means. It shares no index, no lowering and no memory with the compiled evaluators.

use mon_post::{PostBatch, Zone};
use mon_text::units::units;
use mon_text::{Tokens, counted_between};

use super::evaluate::SPANS_MAX;
use super::fields::test_field;
use super::pattern::{Place, find_all};
use super::truth::Truth;
use crate::plan::{Cond, CondKind, Edge, SpanExpr, TermPattern, TokenPattern, Unit};

/// One text of a post with its tokens.
#[derive(Debug)]
pub(super) struct TextTokens<'a> {
    pub(super) zone: Zone,
    /// Which of the zone's texts.
    pub(super) number: u32,
    pub(super) text: &'a str,
    tokens: Tokens,
    /// The post's language.
    lang: Option<&'a str>,
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
                texts.push(TextTokens { zone: *zone, number, text, tokens, lang: batch.language(row) });
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

    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn is_inside(&self, other: &Self) -> bool {
        other.start <= self.start && self.end <= other.end
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
        CondKind::Count { zones, spans, times } => count_truth(terms, zones, spans, *times, post),
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

fn count_truth(terms: &[TermPattern], zones: &[Zone], spans: &SpanExpr, times: u32, post: &PostTexts<'_>) -> Truth {
    let mut found: Option<usize> = None;
    for text in post.within(zones) {
        *found.get_or_insert(0) += apart(spans_of(terms, spans, text));
    }
    found.map_or(Truth::Unknown, |found| Truth::of(found >= times as usize))
}

/// The most spans of one text of which no two overlap: taking the one that ends first never costs a later one.
fn apart(mut spans: Vec<Span>) -> usize {
    spans.sort_by_key(|span| span.end);
    let mut taken: Option<Span> = None;
    let mut count = 0;
    for span in spans {
        if taken.is_none_or(|taken| taken.end <= span.start) {
            taken = Some(span);
            count += 1;
        }
    }
    count
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
        CondKind::Text { zones, spans } | CondKind::Count { zones, spans, .. } => {
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
    fn units(&self, unit: Unit) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        units(self.text, unit, |start, end| found.push((start, end)));
        found
    }

    pub(super) fn place(&self, span: &Span) -> MatchSpan {
        MatchSpan { zone: self.zone, text: self.number, start: span.start, end: span.end }
    }

    fn all(&self, pattern: &TokenPattern) -> Vec<Span> {
        let places = find_all(pattern, self.text, &self.tokens, self.lang);
        let span = |place: Place| Span { start: place.start, end: place.end, first: place.first, last: place.last };
        places.into_iter().map(span).collect()
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
            let mut out = Vec::new();
            for left in &lefts {
                for right in &rights {
                    out.extend(joined(left, right, *gap));
                    if either_order {
                        out.extend(joined(right, left, *gap));
                    }
                }
            }
            tidy(out)
        }
        SpanExpr::NearNot { gap, left, right } => {
            let rights = spans_of(terms, right, text);
            let is_near = |span: &Span, other: &Span| {
                let apart = joined(span, other, *gap).or_else(|| joined(other, span, *gap));
                other != span && (span.overlaps(other) || apart.is_some())
            };
            spans_of(terms, left, text).into_iter().filter(|span| !rights.iter().any(|r| is_near(span, r))).collect()
        }
        SpanExpr::Inside { left, right } | SpanExpr::Outside { left, right } => {
            let wanted = matches!(expr, SpanExpr::Inside { .. });
            let rights = spans_of(terms, right, text);
            let is_inside = |span: &Span| rights.iter().any(|around| span.is_inside(around));
            spans_of(terms, left, text).into_iter().filter(|span| is_inside(span) == wanted).collect()
        }
        SpanExpr::Same { unit, members } => {
            let members: Vec<Vec<Span>> = members.iter().map(|member| spans_of(terms, member, text)).collect();
            tidy(text.units(*unit).iter().filter_map(|unit| whole(&members, *unit)).collect())
        }
        SpanExpr::Edge { edge, inner } => {
            let counted = text.tokens.iter().map(|token| token.pos.div_euclid(2)).max().unwrap_or(-1);
            let stands = |span: &Span| match edge {
                Edge::First(words) => i64::from(span.last.div_euclid(2)) < i64::from(*words),
                Edge::Start => span.first <= 0,
                Edge::End => span.last.div_euclid(2) == counted,
            };
            spans_of(terms, inner, text).into_iter().filter(stands).collect()
        }
    }
}

/// The stretch from one span to a later one with at most `gap` counted tokens between.
fn joined(one: &Span, later: &Span, gap: u32) -> Option<Span> {
    one.before(later).filter(|between| *between <= i64::from(gap)).map(|_| one.until(later))
}

/// From the first to the last of all spans inside a unit; none where a member has none there.
fn whole(members: &[Vec<Span>], (start, end): (u32, u32)) -> Option<Span> {
    let mut whole: Option<Span> = None;
    for spans in members {
        let mut inside = spans.iter().filter(|span| start <= span.start && span.end <= end).peekable();
        inside.peek()?;
        for span in inside {
            let so_far = whole.unwrap_or(*span);
            whole = Some(Span {
                start: so_far.start.min(span.start),
                end: so_far.end.max(span.end),
                first: so_far.first.min(span.first),
                last: so_far.last.max(span.last),
            });
        }
    }
    whole
}

fn tidy(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup();
    spans.truncate(SPANS_MAX);
    spans
}
