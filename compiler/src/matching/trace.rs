//! Why a post matched or not, clause by clause: the reference interpreter again, keeping what it saw.

use mon_post::Zone;

use super::fields::{Actual, actual, confidence};
use super::interpret::{MatchSpan, PostTexts, Span, evaluate, spans_of};
use super::truth::Truth;
use crate::plan::{Cond, CondKind, Edge, FieldOp, FieldTest, Place, SpanExpr, TermPattern, Unit, Value};

/// How many members of a long list of words a label names.
const LABEL_MEMBERS_MAX: usize = 6;

/// One clause of a condition with its outcome on one post.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Where the clause stands in the rules.
    pub place: Place,
    /// The clause as a rule would write it, long lists cut.
    pub label: String,
    pub truth: Truth,
    pub found: Found,
    pub children: Vec<Explanation>,
}

/// What decided a clause.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Its members did.
    Members,
    /// A constant.
    Nothing,
    /// The words stand here.
    Spans(Vec<MatchSpan>),
    /// The words were not found.
    Missing(Miss),
    /// What the post says in the field, and how sure the model was (0 to 1).
    Value { actual: Actual, confidence: Option<f64> },
}

/// Why a text clause found nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Miss {
    /// The post has none of these zones.
    NoZone(Vec<Zone>),
    /// These terms are not in the post.
    Absent(Vec<String>),
    /// All are there, but never closer than this many counted tokens.
    TooFar { nearest: u32, allowed: u32 },
    /// All are there, but only in the other order, in different texts, or overlapping.
    Apart,
    /// The words are there, but never where a scope, or what lies around them, lets them count.
    Elsewhere,
}

impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoZone(zones) => {
                let names: Vec<&str> = zones.iter().map(|zone| zone.name()).collect();
                write!(f, "the post has no {}", names.join(", "))
            }
            Self::Absent(terms) => write!(f, "not in the post: {}", terms.join(", ")),
            Self::TooFar { nearest, allowed } => {
                write!(f, "both are there, {nearest} words apart at the nearest; at most {allowed} are allowed")
            }
            Self::Apart => f.write_str("all are there, but not together in one text in this order"),
            Self::Elsewhere => f.write_str("it is there, but never where the rule lets it count"),
        }
    }
}

impl Explanation {
    /// The innermost clause that keeps the post from matching: the first member of each `and` that is not true.
    #[must_use]
    pub fn first_failure(&self) -> Option<&Self> {
        if self.truth == Truth::True {
            return None;
        }
        let conjunction = self.label == ALL_OF || self.children.len() == 1 && self.label != NOT;
        let inner = if conjunction { self.children.iter().find_map(Self::first_failure) } else { None };
        Some(inner.unwrap_or(self))
    }
}

const ALL_OF: &str = "all of";
const NOT: &str = "not";

/// Explains a condition on one post. `terms` is [`crate::plan::Plan::terms`].
#[must_use]
pub fn explain(terms: &[TermPattern], cond: &Cond, post: &PostTexts<'_>) -> Explanation {
    let children = |members: &[Cond]| members.iter().map(|member| explain(terms, member, post)).collect();
    let (label, found, children) = match &cond.kind {
        CondKind::Const(value) => (value.to_string(), Found::Nothing, Vec::new()),
        CondKind::Text { zones, spans } => {
            (text_label(terms, zones, spans), explain_text(terms, zones, spans, post), Vec::new())
        }
        CondKind::Count { zones, spans, times } => {
            let label = format!("count({}) >= {times}", text_label(terms, zones, spans));
            (label, explain_text(terms, zones, spans, post), Vec::new())
        }
        CondKind::Field(test) => (field_label(test), explain_field(test, post), Vec::new()),
        CondKind::Not(inner) => (NOT.to_owned(), Found::Members, vec![explain(terms, inner, post)]),
        CondKind::And(members) => (ALL_OF.to_owned(), Found::Members, children(members)),
        CondKind::Or(members) => ("any of".to_owned(), Found::Members, children(members)),
        CondKind::AtLeast { k, members } => (format!("at least {k} of"), Found::Members, children(members)),
        CondKind::Named { name, cond } => (name.clone(), Found::Members, vec![explain(terms, cond, post)]),
    };
    Explanation { place: cond.place, label, truth: evaluate(terms, cond, post), found, children }
}

fn explain_field(test: &FieldTest, post: &PostTexts<'_>) -> Found {
    Found::Value {
        actual: actual(post.batch, test.field, post.row),
        confidence: confidence(post.batch, test.field, post.row),
    }
}

fn explain_text(terms: &[TermPattern], zones: &[Zone], spans: &SpanExpr, post: &PostTexts<'_>) -> Found {
    let mut found = Vec::new();
    let mut present = false;
    for text in post.within(zones) {
        present = true;
        found.extend(spans_of(terms, spans, text).iter().map(|span| text.place(span)));
    }
    if !present {
        return Found::Missing(Miss::NoZone(zones.to_vec()));
    }
    if found.is_empty() { Found::Missing(miss(terms, zones, spans, post)) } else { Found::Spans(found) }
}

fn miss(terms: &[TermPattern], zones: &[Zone], expr: &SpanExpr, post: &PostTexts<'_>) -> Miss {
    let mut absent = Vec::new();
    missing_terms(terms, zones, expr, post, &mut absent);
    if !absent.is_empty() {
        return Miss::Absent(absent);
    }
    let (SpanExpr::Near { gap, left, right } | SpanExpr::Then { gap, left, right }) = expr else {
        return if matches!(expr, SpanExpr::Term(_) | SpanExpr::AnyOf(_)) { Miss::Apart } else { Miss::Elsewhere };
    };
    // An inner distance that fails is the reason, before this one.
    for side in [left, right] {
        if post.within(zones).all(|text| spans_of(terms, side, text).is_empty()) {
            return miss(terms, zones, side, post);
        }
    }
    let either_order = matches!(expr, SpanExpr::Near { .. });
    let nearest = post
        .within(zones)
        .filter_map(|text| nearest(&spans_of(terms, left, text), &spans_of(terms, right, text), either_order));
    match nearest.min() {
        Some(nearest) => Miss::TooFar { nearest: u32::try_from(nearest).unwrap_or(0), allowed: *gap },
        None => Miss::Apart,
    }
}

fn nearest(lefts: &[Span], rights: &[Span], either_order: bool) -> Option<i64> {
    let pairs = lefts.iter().flat_map(|left| rights.iter().map(move |right| (left, right)));
    let apart = |(left, right): (&Span, &Span)| {
        left.before(right).or_else(|| if either_order { right.before(left) } else { None })
    };
    pairs.filter_map(apart).min()
}

/// Terms without which the expression cannot be found, and that no text of the zones has.
fn missing_terms(terms: &[TermPattern], zones: &[Zone], expr: &SpanExpr, post: &PostTexts<'_>, out: &mut Vec<String>) {
    match expr {
        SpanExpr::Near { left, right, .. } | SpanExpr::Then { left, right, .. } => {
            missing_terms(terms, zones, left, post, out);
            missing_terms(terms, zones, right, post, out);
        }
        SpanExpr::Same { members, .. } => {
            members.iter().for_each(|member| missing_terms(terms, zones, member, post, out));
        }
        SpanExpr::Inside { left, right } => {
            missing_terms(terms, zones, left, post, out);
            missing_terms(terms, zones, right, post, out);
        }
        SpanExpr::NearNot { left: inner, .. }
        | SpanExpr::Outside { left: inner, .. }
        | SpanExpr::Edge { inner, .. } => {
            missing_terms(terms, zones, inner, post, out);
        }
        SpanExpr::Term(_) | SpanExpr::AnyOf(_) => {
            if post.within(zones).all(|text| spans_of(terms, expr, text).is_empty()) {
                out.push(span_label(terms, expr));
            }
        }
    }
}

fn text_label(terms: &[TermPattern], zones: &[Zone], spans: &SpanExpr) -> String {
    let label = span_label(terms, spans);
    if zones == Zone::DEFAULT {
        return label;
    }
    let names: Vec<&str> = zones.iter().map(|zone| zone.name()).collect();
    format!("{}: {label}", names.join(", "))
}

fn span_label(terms: &[TermPattern], expr: &SpanExpr) -> String {
    match expr {
        SpanExpr::Term(id) => terms.get(id.0 as usize).map_or_else(String::new, |term| term.written.clone()),
        SpanExpr::AnyOf(members) => {
            let mut labels: Vec<String> =
                members.iter().take(LABEL_MEMBERS_MAX).map(|member| span_label(terms, member)).collect();
            if members.len() > LABEL_MEMBERS_MAX {
                labels.push(format!("{} more", members.len() - LABEL_MEMBERS_MAX));
            }
            format!("({})", labels.join(" or "))
        }
        SpanExpr::Near { gap, left, right } => {
            format!("{} near/{gap} {}", span_label(terms, left), span_label(terms, right))
        }
        SpanExpr::Then { gap, left, right } => {
            format!("{} then/{gap} {}", span_label(terms, left), span_label(terms, right))
        }
        SpanExpr::NearNot { gap, left, right } => {
            format!("{} near/{gap} not {}", span_label(terms, left), span_label(terms, right))
        }
        SpanExpr::Inside { left, right } => format!("{} inside {}", span_label(terms, left), span_label(terms, right)),
        SpanExpr::Outside { left, right } => {
            format!("{} outside {}", span_label(terms, left), span_label(terms, right))
        }
        SpanExpr::Same { unit, members } => {
            let members: Vec<String> = members.iter().map(|member| span_label(terms, member)).collect();
            format!("{} ({})", unit_words(*unit), members.join(", "))
        }
        SpanExpr::Edge { edge, inner } => format!("{} ({})", edge_words(*edge), span_label(terms, inner)),
    }
}

/// As a rule writes it.
pub(crate) const fn unit_words(unit: Unit) -> &'static str {
    match unit {
        Unit::Sentence => "same sentence",
        Unit::Line => "same line",
        Unit::Paragraph => "same paragraph",
    }
}

/// As a rule writes it.
pub(crate) fn edge_words(edge: Edge) -> String {
    match edge {
        Edge::First(words) => format!("first {words} words"),
        Edge::Start => "starts with".to_owned(),
        Edge::End => "ends with".to_owned(),
    }
}

fn field_label(test: &FieldTest) -> String {
    let name = test.field.get().map_or("?", |field| field.name);
    let floor = test.floor.map_or_else(String::new, |floor| format!(" @ {}%", floor * 100.0));
    match &test.op {
        FieldOp::Compare(op, value) => format!("{name} {} {}{floor}", op.sign(), value_label(value)),
        FieldOp::In(values) => {
            let values: Vec<String> = values.iter().map(value_label).collect();
            format!("{name} in [{}]{floor}", values.join(", "))
        }
        FieldOp::Exists => format!("exists {name}"),
        FieldOp::Inside(area) => format!("geo within {area}"),
        FieldOp::Clock(clock) => format!("{name} within {clock}"),
        FieldOp::WithinLast { micros } => format!("{name} within {}s", micros / 1_000_000),
    }
}

fn value_label(value: &Value) -> String {
    match value {
        Value::Integer(value) => value.to_string(),
        Value::Decimal(value) => value.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Like(glob) => format!("\"{glob}\""),
        Value::Flag(value) => value.to_string(),
        Value::Time(micros) => mon_post::time::format(*micros),
    }
}
