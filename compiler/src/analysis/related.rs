//! A quick look at whether the parts of a query have anything to do with each other. Where they do not, there is nothing
//! to prove about them, and checking ten thousand rules stays as fast as reading them.

use mon_post::FieldId;
use rustc_hash::FxHashMap;

use crate::plan::{Cond, CondKind, SpanExpr, TermPattern, TokenPattern};

use super::patterns;

/// Parts and terms of a query that is proved about in a check; a larger one is left alone.
const SIZE_MAX: usize = 192;

/// Beginnings and runs that are compared with all words.
const COMPARED_MAX: usize = 32;

/// The words of each part, and the fields.
#[derive(Default)]
struct Parts<'a> {
    /// By pattern: the part that it was first seen in.
    patterns: FxHashMap<&'a TokenPattern, usize>,
    fields: FxHashMap<FieldId, usize>,
    part: usize,
    size: usize,
    related: bool,
}

/// Whether the query is small enough to prove about.
pub(super) fn is_small(cond: &Cond) -> bool {
    let mut left = SIZE_MAX;
    counted(cond, &mut left);
    left > 0
}

/// Whether two parts of a query speak of the same word or field, or of words of which one holds the other.
pub(super) fn has_related_parts(terms: &[TermPattern], cond: &Cond) -> bool {
    let mut parts = Parts::default();
    parts.read(terms, cond);
    parts.related || parts.have_wider()
}

fn counted(cond: &Cond, left: &mut usize) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    match &cond.kind {
        CondKind::Text { spans, .. } | CondKind::Count { spans, .. } => counted_spans(spans, left),
        CondKind::Not(inner) => counted(inner, left),
        CondKind::Named { cond, .. } => counted(cond, left),
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            members.iter().take(SIZE_MAX).for_each(|member| counted(member, left));
        }
        CondKind::Const(_) | CondKind::Field(_) => {}
    }
}

fn counted_spans(spans: &SpanExpr, left: &mut usize) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    spans.parts().into_iter().take(SIZE_MAX).for_each(|part| counted_spans(part, left));
}

impl<'a> Parts<'a> {
    fn read(&mut self, terms: &'a [TermPattern], cond: &'a Cond) {
        match &cond.kind {
            CondKind::Const(_) => {}
            CondKind::Text { spans, .. } | CondKind::Count { spans, .. } => {
                self.part += 1;
                self.words(terms, spans);
            }
            CondKind::Field(test) => {
                self.part += 1;
                self.related |= self.fields.insert(test.field, self.part).is_some();
            }
            CondKind::Not(inner) => self.read(terms, inner),
            CondKind::Named { cond, .. } => self.read(terms, cond),
            CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
                members.iter().for_each(|member| self.read(terms, member));
            }
        }
    }

    fn words(&mut self, terms: &'a [TermPattern], spans: &SpanExpr) {
        match spans {
            SpanExpr::Term(id) => {
                let rows = terms.get(id.0 as usize).into_iter().flat_map(|term| &term.alternatives);
                for pattern in rows.flatten() {
                    let first = *self.patterns.entry(pattern).or_insert(self.part);
                    self.related |= first != self.part;
                }
            }
            joined => joined.parts().into_iter().for_each(|part| self.words(terms, part)),
        }
        self.size += 1;
    }

    /// Whether a pattern of one part holds wherever one of another does.
    fn have_wider(&self) -> bool {
        let wide = self.patterns.iter().filter(|(pattern, _)| !matches!(pattern, TokenPattern::Key(_)));
        wide.take(COMPARED_MAX).any(|(broad, part)| {
            self.patterns.iter().any(|(narrow, other)| part != other && patterns::found_with(narrow, broad))
        })
    }
}
