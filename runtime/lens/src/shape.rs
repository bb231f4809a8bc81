//! What a match is made of: its parts, the terms in each and whether they take posts or keep them out, and the same condition as
//! if no post held a term.

use std::sync::Arc;

use mon_compiler::plan::{Cond, CondKind, SpanExpr, TermId};
use mon_post::Zone;
use rustc_hash::FxHashMap;

/// What must all be true for a post to match, through the names of queries: `a and b and not c` has three parts.
pub(crate) fn parts(cond: &Cond) -> Vec<&Cond> {
    let mut found = Vec::new();
    add_parts(cond, &mut found);
    found
}

fn add_parts<'c>(cond: &'c Cond, found: &mut Vec<&'c Cond>) {
    let mut meant = cond;
    while let CondKind::Named { cond, .. } = &meant.kind {
        meant = cond;
    }
    match &meant.kind {
        CondKind::And(members) => members.iter().for_each(|member| add_parts(member, found)),
        _ => found.push(cond),
    }
}

/// What a term does in a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Where it is looked for, each different choice of zones once.
    pub zones: Vec<Arc<[Zone]>>,
    /// Somewhere more posts match because of it.
    pub takes: bool,
    /// The parts in which it keeps posts out, ascending.
    pub keeps_out: Vec<usize>,
}

/// What each term of a match does.
pub(crate) fn uses(parts: &[&Cond]) -> FxHashMap<TermId, Uses> {
    let mut found = FxHashMap::default();
    for (at, part) in parts.iter().enumerate() {
        each_text(part, true, &mut |zones, spans, positive| {
            each_term(spans, positive, &mut |term, positive| {
                let uses: &mut Uses = found.entry(term).or_default();
                if !uses.zones.iter().any(|known| known[..] == zones[..]) {
                    uses.zones.push(Arc::clone(zones));
                }
                uses.takes |= positive;
                if !positive && uses.keeps_out.last() != Some(&at) {
                    uses.keeps_out.push(at);
                }
            });
        });
    }
    found
}

fn each_text(cond: &Cond, positive: bool, tell: &mut impl FnMut(&Arc<[Zone]>, &SpanExpr, bool)) {
    match &cond.kind {
        CondKind::Text { zones, spans } | CondKind::Count { zones, spans, .. } => tell(zones, spans, positive),
        CondKind::Not(inner) => each_text(inner, !positive, tell),
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            members.iter().for_each(|member| each_text(member, positive, tell));
        }
        CondKind::Named { cond, .. } => each_text(cond, positive, tell),
        CondKind::Const(_) | CondKind::Field(_) => {}
    }
}

fn each_term(spans: &SpanExpr, positive: bool, tell: &mut impl FnMut(TermId, bool)) {
    match spans {
        SpanExpr::Term(id) => tell(*id, positive),
        SpanExpr::NearNot { left, right, .. } | SpanExpr::Outside { left, right } => {
            each_term(left, positive, tell);
            each_term(right, !positive, tell);
        }
        other => other.parts().into_iter().for_each(|part| each_term(part, positive, tell)),
    }
}

/// The condition as if no post held the terms that are `gone`.
pub(crate) fn without(cond: &Cond, gone: &dyn Fn(TermId) -> bool) -> Cond {
    let each = |members: &[Cond]| members.iter().map(|member| without(member, gone)).collect();
    let kind = match &cond.kind {
        CondKind::Text { zones, spans } => CondKind::Text { zones: Arc::clone(zones), spans: less(spans, gone) },
        CondKind::Count { zones, spans, times } => {
            CondKind::Count { zones: Arc::clone(zones), spans: less(spans, gone), times: *times }
        }
        CondKind::Not(inner) => CondKind::Not(Box::new(without(inner, gone))),
        CondKind::And(members) => CondKind::And(each(members)),
        CondKind::Or(members) => CondKind::Or(each(members)),
        CondKind::AtLeast { k, members } => CondKind::AtLeast { k: *k, members: each(members) },
        CondKind::Named { cond, .. } => return without(cond, gone),
        CondKind::Const(_) | CondKind::Field(_) => cond.kind.clone(),
    };
    Cond { place: cond.place, kind }
}

fn less(spans: &SpanExpr, gone: &dyn Fn(TermId) -> bool) -> SpanExpr {
    let boxed = |spans: &SpanExpr| Box::new(less(spans, gone));
    match spans {
        SpanExpr::Term(id) if gone(*id) => SpanExpr::AnyOf(Vec::new()),
        SpanExpr::Term(id) => SpanExpr::Term(*id),
        SpanExpr::AnyOf(members) => {
            let members = members.iter().map(|member| less(member, gone));
            SpanExpr::AnyOf(members.filter(|member| !is_nothing(member)).collect())
        }
        SpanExpr::Near { gap, left, right } => SpanExpr::Near { gap: *gap, left: boxed(left), right: boxed(right) },
        SpanExpr::Then { gap, left, right } => SpanExpr::Then { gap: *gap, left: boxed(left), right: boxed(right) },
        SpanExpr::NearNot { gap, left, right } => {
            SpanExpr::NearNot { gap: *gap, left: boxed(left), right: boxed(right) }
        }
        SpanExpr::Inside { left, right } => SpanExpr::Inside { left: boxed(left), right: boxed(right) },
        SpanExpr::Outside { left, right } => SpanExpr::Outside { left: boxed(left), right: boxed(right) },
        SpanExpr::Same { unit, members } => {
            SpanExpr::Same { unit: *unit, members: members.iter().map(|member| less(member, gone)).collect() }
        }
        SpanExpr::Edge { edge, inner } => SpanExpr::Edge { edge: *edge, inner: boxed(inner) },
    }
}

fn is_nothing(spans: &SpanExpr) -> bool {
    matches!(spans, SpanExpr::AnyOf(members) if members.is_empty())
}
