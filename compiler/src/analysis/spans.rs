//! What is certain of two span expressions: that the spans of one are spans of the other, and that a text that holds one
//! holds the other. It claims nothing of texts in which an expression has more than [`crate::matching::SPANS_MAX`] spans.

use std::cell::Cell;

use crate::matching::formula::{SpanId, SpanNode, Tables};

use super::patterns;

/// Comparisons of parts that one question between two expressions may take.
const STEPS_MAX: u32 = 4_096;

/// Spans that one expression may be spread out to, so that `(a or b) near/5 c` is `a near/5 c or b near/5 c`.
pub(super) const SPREAD_MAX: usize = 256;

/// Answers for the expressions of some tables; whatever it is not sure of it denies.
pub(super) struct Spans<'t> {
    tables: &'t Tables,
    steps: Cell<u32>,
}

impl<'t> Spans<'t> {
    pub fn new(tables: &'t Tables) -> Self {
        Self { tables, steps: Cell::new(0) }
    }

    /// Whether a text in which `narrow` is found is one in which `broad` is.
    pub fn implies(&self, narrow: SpanId, broad: SpanId) -> bool {
        self.steps.set(0);
        self.found_with(narrow, broad)
    }

    fn step(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() <= STEPS_MAX
    }

    fn found_with(&self, narrow: SpanId, broad: SpanId) -> bool {
        if !self.step() {
            return false;
        }
        if self.within(narrow, broad) {
            return true;
        }
        let (Some(from), Some(to)) = (self.tables.span(narrow), self.tables.span(broad)) else { return false };
        match (from, to) {
            (SpanNode::Any(members), _) => members.iter().all(|member| self.found_with(*member, broad)),
            (_, SpanNode::Any(members)) => members.iter().any(|member| self.found_with(narrow, *member)),
            (SpanNode::Token(slot), SpanNode::Token(other)) => self.slot_found_with(*slot, *other),
            (SpanNode::Row(slots), SpanNode::Token(other)) => {
                slots.iter().any(|slot| self.slot_found_with(*slot, *other))
            }
            (SpanNode::Row(slots), SpanNode::Row(part)) => {
                slots.windows(part.len().max(1)).any(|window| self.rows_within(window, part))
            }
            (SpanNode::Row(slots), SpanNode::Near { gap, ordered, left, right }) => {
                self.row_is_near(slots, *gap, *left, *right) || !ordered && self.row_is_near(slots, *gap, *right, *left)
            }
            (SpanNode::Near { left, right, .. } | SpanNode::Within { inside: true, left, right }, _) => {
                self.found_with(*left, broad) || self.found_with(*right, broad)
            }
            (SpanNode::Same { members, .. }, _) => members.iter().any(|member| self.found_with(*member, broad)),
            (SpanNode::NearNot { left: inner, .. } | SpanNode::Within { left: inner, .. }, _)
            | (SpanNode::Edge { inner, .. }, _) => self.found_with(*inner, broad),
            _ => false,
        }
    }

    /// Whether two tokens of a row stand as near as a distance asks.
    fn row_is_near(&self, slots: &[u32], gap: u32, left: SpanId, right: SpanId) -> bool {
        let reach = (gap as usize).saturating_add(1);
        slots.iter().enumerate().any(|(at, first)| {
            let mut behind = slots.iter().skip(at + 1).take(reach);
            self.slot_within(*first, left) && behind.any(|second| self.slot_within(*second, right))
        })
    }

    /// Whether every span of `narrow` is a span of `broad`.
    fn within(&self, narrow: SpanId, broad: SpanId) -> bool {
        if narrow == broad {
            return true;
        }
        if !self.step() {
            return false;
        }
        let (Some(from), Some(to)) = (self.tables.span(narrow), self.tables.span(broad)) else { return false };
        match (from, to) {
            (SpanNode::Any(members), _) => members.iter().all(|member| self.within(*member, broad)),
            (_, SpanNode::Any(members)) => members.iter().any(|member| self.within(narrow, *member)),
            (SpanNode::Token(slot), SpanNode::Token(other)) => self.slots_within(*slot, *other),
            (SpanNode::Row(row), SpanNode::Row(other)) => self.rows_within(row, other),
            (
                SpanNode::Near { gap, ordered, left, right },
                SpanNode::Near { gap: wide, ordered: strict, left: first, right: second },
            ) => {
                let straight = || self.within(*left, *first) && self.within(*right, *second);
                let crossed = || self.within(*left, *second) && self.within(*right, *first);
                gap <= wide && (*ordered || !strict) && (straight() || !strict && crossed())
            }
            // These are some of the places of what they ask of.
            (SpanNode::NearNot { left: inner, .. } | SpanNode::Within { left: inner, .. }, _)
            | (SpanNode::Edge { inner, .. }, _) => self.within(*inner, broad),
            _ => false,
        }
    }

    fn rows_within(&self, row: &[u32], other: &[u32]) -> bool {
        row.len() == other.len() && row.iter().zip(other).all(|(slot, other)| self.slots_within(*slot, *other))
    }

    fn slot_within(&self, slot: u32, span: SpanId) -> bool {
        match self.tables.span(span) {
            _ if !self.step() => false,
            Some(SpanNode::Token(other)) => self.slots_within(slot, *other),
            Some(SpanNode::Any(members)) => members.iter().any(|member| self.slot_within(slot, *member)),
            _ => false,
        }
    }

    fn slots_within(&self, slot: u32, other: u32) -> bool {
        slot == other || self.pair(slot, other).is_some_and(|(narrow, broad)| patterns::within(narrow, broad))
    }

    fn slot_found_with(&self, slot: u32, other: u32) -> bool {
        slot == other || self.pair(slot, other).is_some_and(|(narrow, broad)| patterns::found_with(narrow, broad))
    }

    fn pair(&self, slot: u32, other: u32) -> Option<(&crate::plan::TokenPattern, &crate::plan::TokenPattern)> {
        Some((self.tables.pattern(slot)?, self.tables.pattern(other)?))
    }
}

/// The expressions of which the union is `span`, without unions inside: itself alone where they would be too many.
pub(super) fn spread(tables: &mut Tables, span: SpanId) -> Vec<SpanId> {
    let mut parts = spread_within(tables, span).unwrap_or_else(|| vec![span]);
    parts.sort_unstable();
    parts.dedup();
    parts
}

fn spread_within(tables: &mut Tables, span: SpanId) -> Option<Vec<SpanId>> {
    match tables.span(span)?.clone() {
        SpanNode::Any(members) => {
            let mut parts = Vec::with_capacity(members.len());
            for member in &members {
                // A member that is too wide stays whole, the others do not.
                parts.extend(spread_within(tables, *member).unwrap_or_else(|| vec![*member]));
            }
            Some(parts)
        }
        SpanNode::Near { gap, ordered, left, right } => {
            let (lefts, rights) = (spread_within(tables, left)?, spread_within(tables, right)?);
            if lefts.len().saturating_mul(rights.len()) > SPREAD_MAX {
                return None;
            }
            let pairs = lefts.iter().flat_map(|left| rights.iter().map(move |right| (*left, *right)));
            let near = |(left, right): (SpanId, SpanId)| {
                let (left, right) = if ordered { (left, right) } else { (left.min(right), left.max(right)) };
                SpanNode::Near { gap, ordered, left, right }
            };
            Some(pairs.map(near).map(|node| tables.span_id(node)).collect())
        }
        SpanNode::Token(_)
        | SpanNode::Row(_)
        | SpanNode::NearNot { .. }
        | SpanNode::Within { .. }
        | SpanNode::Same { .. }
        | SpanNode::Edge { .. } => Some(vec![span]),
    }
}
