//! Queries as negation-free Boolean formulas over two-valued tests. A three-valued condition is lowered to the formula
//! "it is true"; a `not` asks for the formula "it is false" instead, so unknown needs no third value any more.
//!
//! ```text
//! is_true(a and not b) = is_true(a) ∧ is_false(b)        is_false(text) = a zone is present ∧ ¬ found
//! is_true(at least k)  = at least k of is_true           is_false(at least k of n) = at least n-k+1 of is_false
//! ```

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use mon_post::Zone;

use super::error::MatchError;
use crate::plan::{Cond, CondKind, Edge, FieldTest, SpanExpr, TermId, TermPattern, TokenPattern, Unit};

/// One bit a zone.
pub(crate) type ZoneMask = u8;

/// The slot whose mask says which zones a post has.
pub(crate) const PRESENCE: u32 = 0;

/// How many different token patterns one matcher can tell apart: a slot number has 24 bits.
pub(super) const SLOTS_MAX: usize = 1 << 24;

pub(crate) fn zone_mask(zones: &[Zone]) -> ZoneMask {
    zones.iter().fold(0, |mask, zone| mask | 1 << (*zone as u8))
}

/// A question with two answers about one post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Test {
    /// The slot's pattern was seen in one of the zones. For [`PRESENCE`]: the post has one of the zones.
    Seen { slot: u32, zones: ZoneMask },
    /// A row of tokens or a distance: an index into [`Tables::lazies`].
    Lazy(u32),
    /// Twice the index into [`Tables::predicates`], plus 1 for "the predicate is false" instead of "is true".
    Field(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Formula {
    Const(bool),
    /// The test's answer is `sense`.
    Test {
        test: Test,
        sense: bool,
    },
    And(Vec<Formula>),
    Or(Vec<Formula>),
    AtLeast {
        k: u32,
        members: Vec<Formula>,
    },
}

/// Index into [`Tables::spans`].
pub(crate) type SpanId = u32;

/// A span expression over slots, each different one kept once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SpanNode {
    Token(u32),
    /// Tokens that follow one another.
    Row(Box<[u32]>),
    Any(Box<[SpanId]>),
    Near {
        gap: u32,
        ordered: bool,
        left: SpanId,
        right: SpanId,
    },
    NearNot {
        gap: u32,
        left: SpanId,
        right: SpanId,
    },
    /// Spans of `left` that lie in one of `right`, or (`inside` false) in none.
    Within {
        inside: bool,
        left: SpanId,
        right: SpanId,
    },
    Same {
        unit: Unit,
        members: Box<[SpanId]>,
    },
    Edge {
        edge: Edge,
        inner: SpanId,
    },
}

/// What a span expression cannot be found without.
#[derive(Clone, Copy)]
pub(crate) enum Needs<'a> {
    Slots(&'a [u32]),
    All(&'a [SpanId]),
    Any(&'a [SpanId]),
    Both([SpanId; 2]),
    One(SpanId),
}

impl SpanNode {
    /// What must be in a text for this to be found there.
    pub(crate) fn needs(&self) -> Needs<'_> {
        match self {
            Self::Token(slot) => Needs::Slots(std::slice::from_ref(slot)),
            Self::Row(slots) => Needs::Slots(slots),
            Self::Any(members) => Needs::Any(members),
            Self::Same { members, .. } => Needs::All(members),
            Self::Near { left, right, .. } | Self::Within { inside: true, left, right } => Needs::Both([*left, *right]),
            Self::NearNot { left, .. } | Self::Within { left, .. } => Needs::One(*left),
            Self::Edge { inner, .. } => Needs::One(*inner),
        }
    }

    /// The expressions directly inside.
    pub(crate) fn parts(&self) -> Vec<SpanId> {
        match self {
            Self::Token(_) | Self::Row(_) => Vec::new(),
            Self::Any(members) | Self::Same { members, .. } => members.to_vec(),
            Self::Near { left, right, .. } | Self::NearNot { left, right, .. } | Self::Within { left, right, .. } => {
                vec![*left, *right]
            }
            Self::Edge { inner, .. } => vec![*inner],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lazy {
    pub(crate) spans: SpanId,
    pub(crate) zones: ZoneMask,
    /// How many spans that do not overlap must be there.
    pub(crate) times: u32,
}

/// What all queries share: each different pattern, span expression and field predicate once.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Slot 0 is [`PRESENCE`] and has no pattern; slot `i` is pattern `i - 1`.
    pub(crate) patterns: Vec<TokenPattern>,
    pub(super) spans: Vec<SpanNode>,
    pub(crate) lazies: Vec<Lazy>,
    pub(crate) predicates: Vec<FieldTest>,
    /// All zones that any query looks at.
    pub(super) zones: ZoneMask,
    pattern_slots: HashMap<TokenPattern, u32, FxBuildHasher>,
    span_ids: HashMap<SpanNode, SpanId, FxBuildHasher>,
    lazy_ids: HashMap<Lazy, u32, FxBuildHasher>,
    /// By the written-out form: decimals have no hash of their own.
    predicate_ids: HashMap<String, u32, FxBuildHasher>,
    term_spans: HashMap<TermId, SpanId, FxBuildHasher>,
}

fn intern<K: Clone + Eq + std::hash::Hash>(
    ids: &mut HashMap<K, u32, FxBuildHasher>,
    items: &mut Vec<K>,
    key: K,
    first: u32,
) -> u32 {
    let next = first + u32::try_from(items.len()).unwrap_or(u32::MAX - first);
    match ids.entry(key) {
        Entry::Occupied(found) => *found.get(),
        Entry::Vacant(free) => {
            items.push(free.key().clone());
            *free.insert(next)
        }
    }
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self {
            patterns: Vec::new(),
            spans: Vec::new(),
            lazies: Vec::new(),
            predicates: Vec::new(),
            zones: 0,
            pattern_slots: HashMap::default(),
            span_ids: HashMap::default(),
            lazy_ids: HashMap::default(),
            predicate_ids: HashMap::default(),
            term_spans: HashMap::default(),
        }
    }

    pub(super) const fn slots(&self) -> usize {
        self.patterns.len() + 1
    }

    pub(crate) fn span(&self, id: SpanId) -> Option<&SpanNode> {
        self.spans.get(id as usize)
    }

    /// What a slot looks for; nothing for [`PRESENCE`].
    pub(crate) fn pattern(&self, slot: u32) -> Option<&TokenPattern> {
        self.patterns.get((slot as usize).checked_sub(1)?)
    }

    fn slot(&mut self, pattern: &TokenPattern) -> u32 {
        if let Some(slot) = self.pattern_slots.get(pattern) {
            return *slot;
        }
        intern(&mut self.pattern_slots, &mut self.patterns, pattern.clone(), 1)
    }

    pub(crate) fn span_id(&mut self, node: SpanNode) -> SpanId {
        intern(&mut self.span_ids, &mut self.spans, node, 0)
    }

    fn term(&mut self, terms: &[TermPattern], id: TermId) -> SpanId {
        if let Some(known) = self.term_spans.get(&id) {
            return *known;
        }
        let rows = terms.get(id.0 as usize).map_or(&[][..], |term| &term.alternatives);
        let mut members = Vec::with_capacity(rows.len());
        for row in rows {
            let slots: Vec<u32> = row.iter().map(|pattern| self.slot(pattern)).collect();
            match slots.as_slice() {
                [] => {}
                [slot] => members.push(self.span_id(SpanNode::Token(*slot))),
                _ => members.push(self.span_id(SpanNode::Row(slots.into()))),
            }
        }
        let span = self.any(members);
        self.term_spans.insert(id, span);
        span
    }

    fn any(&mut self, mut members: Vec<SpanId>) -> SpanId {
        members.sort_unstable();
        members.dedup();
        match members.as_slice() {
            [only] => *only,
            _ => self.span_id(SpanNode::Any(members.into())),
        }
    }

    fn spans_of(&mut self, terms: &[TermPattern], expr: &SpanExpr) -> SpanId {
        match expr {
            SpanExpr::Term(id) => self.term(terms, *id),
            SpanExpr::AnyOf(members) => {
                let members = members.iter().map(|member| self.spans_of(terms, member)).collect();
                self.any(members)
            }
            SpanExpr::Near { gap, left, right } | SpanExpr::Then { gap, left, right } => {
                let ordered = matches!(expr, SpanExpr::Then { .. });
                let (left, right) = (self.spans_of(terms, left), self.spans_of(terms, right));
                let (left, right) = if ordered { (left, right) } else { (left.min(right), left.max(right)) };
                self.span_id(SpanNode::Near { gap: *gap, ordered, left, right })
            }
            SpanExpr::NearNot { gap, left, right } => {
                let (left, right) = (self.spans_of(terms, left), self.spans_of(terms, right));
                self.span_id(SpanNode::NearNot { gap: *gap, left, right })
            }
            SpanExpr::Inside { left, right } | SpanExpr::Outside { left, right } => {
                let inside = matches!(expr, SpanExpr::Inside { .. });
                let (left, right) = (self.spans_of(terms, left), self.spans_of(terms, right));
                self.span_id(SpanNode::Within { inside, left, right })
            }
            SpanExpr::Same { unit, members } => {
                let members = members.iter().map(|member| self.spans_of(terms, member)).collect();
                self.span_id(SpanNode::Same { unit: *unit, members })
            }
            SpanExpr::Edge { edge, inner } => {
                let inner = self.spans_of(terms, inner);
                self.span_id(SpanNode::Edge { edge: *edge, inner })
            }
        }
    }

    fn lazy(&mut self, spans: SpanId, zones: ZoneMask, times: u32) -> Formula {
        let id = intern(&mut self.lazy_ids, &mut self.lazies, Lazy { spans, zones, times }, 0);
        Formula::Test { test: Test::Lazy(id), sense: true }
    }

    fn predicate(&mut self, test: &FieldTest) -> u32 {
        let next = u32::try_from(self.predicates.len()).unwrap_or(u32::MAX);
        match self.predicate_ids.entry(format!("{test:?}")) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                self.predicates.push(test.clone());
                *free.insert(next)
            }
        }
    }

    /// The formula "some span is found in one of the zones".
    fn found(&mut self, id: SpanId, zones: ZoneMask) -> Formula {
        match self.span(id).cloned() {
            None => Formula::Const(false),
            Some(SpanNode::Token(slot)) => Formula::Test { test: Test::Seen { slot, zones }, sense: true },
            Some(SpanNode::Any(members)) => any(members.iter().map(|member| self.found(*member, zones)).collect()),
            Some(_) => self.lazy(id, zones, 1),
        }
    }

    /// Lowers "`cond` is true" (`wanted`) or "`cond` is false".
    pub(crate) fn lower(&mut self, terms: &[TermPattern], cond: &Cond, wanted: bool) -> Result<Formula, MatchError> {
        let formula = match &cond.kind {
            CondKind::Const(value) => Formula::Const(*value == wanted),
            CondKind::Text { zones, spans } => {
                let (zones, spans) = (self.searched(zones), self.spans_of(terms, spans));
                let found = self.found(spans, zones);
                present(found, zones, wanted)
            }
            CondKind::Count { zones, spans, times } => {
                let (zones, spans) = (self.searched(zones), self.spans_of(terms, spans));
                let found = match times {
                    0 => Formula::Test { test: Test::Seen { slot: PRESENCE, zones }, sense: true },
                    times => self.lazy(spans, zones, *times),
                };
                present(found, zones, wanted)
            }
            CondKind::Field(test) => {
                let id = self.predicate(test) * 2 + u32::from(!wanted);
                Formula::Test { test: Test::Field(id), sense: true }
            }
            CondKind::Not(inner) => self.lower(terms, inner, !wanted)?,
            CondKind::Named { cond, .. } => self.lower(terms, cond, wanted)?,
            CondKind::And(members) if wanted => all(self.lower_all(terms, members, wanted)?),
            CondKind::And(members) => any(self.lower_all(terms, members, wanted)?),
            CondKind::Or(members) if wanted => any(self.lower_all(terms, members, wanted)?),
            CondKind::Or(members) => all(self.lower_all(terms, members, wanted)?),
            CondKind::AtLeast { k, members } => {
                let count = u32::try_from(members.len())
                    .map_err(|_| MatchError::Limit { what: "members of `at least`", limit: u32::MAX as usize })?;
                let needed = if wanted { *k } else { (count + 1).saturating_sub(*k) };
                at_least(needed, self.lower_all(terms, members, wanted)?)
            }
        };
        if self.slots() > SLOTS_MAX {
            return Err(MatchError::Limit { what: "words", limit: SLOTS_MAX });
        }
        Ok(formula)
    }

    fn searched(&mut self, zones: &[Zone]) -> ZoneMask {
        let zones = zone_mask(zones);
        self.zones |= zones;
        zones
    }

    fn lower_all(&mut self, terms: &[TermPattern], members: &[Cond], wanted: bool) -> Result<Vec<Formula>, MatchError> {
        members.iter().map(|member| self.lower(terms, member, wanted)).collect()
    }

    /// Terms are numbered anew in another plan; patterns and spans that both plans have stay one.
    pub(crate) fn next_plan(&mut self) {
        self.term_spans = HashMap::default();
    }

    /// Drops what only building needs.
    pub(super) fn seal(&mut self) {
        self.pattern_slots = HashMap::default();
        self.span_ids = HashMap::default();
        self.lazy_ids = HashMap::default();
        self.predicate_ids = HashMap::default();
        self.term_spans = HashMap::default();
    }
}

/// "It is found", or "it is not, though the post has one of the zones".
fn present(found: Formula, zones: ZoneMask, wanted: bool) -> Formula {
    if wanted {
        return found;
    }
    let present = Formula::Test { test: Test::Seen { slot: PRESENCE, zones }, sense: true };
    all(vec![present, complement(found)])
}

/// The two-valued opposite; only for formulas of text, whose tests are never unknown.
fn complement(formula: Formula) -> Formula {
    match formula {
        Formula::Const(value) => Formula::Const(!value),
        Formula::Test { test, sense } => Formula::Test { test, sense: !sense },
        Formula::And(members) => Formula::Or(members.into_iter().map(complement).collect()),
        Formula::Or(members) => Formula::And(members.into_iter().map(complement).collect()),
        Formula::AtLeast { k, members } => {
            let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            at_least((count + 1).saturating_sub(k), members.into_iter().map(complement).collect())
        }
    }
}

fn all(members: Vec<Formula>) -> Formula {
    join(members, true)
}

fn any(members: Vec<Formula>) -> Formula {
    join(members, false)
}

/// `and` (`neutral` is true) or `or` (`neutral` is false), flat, without constants and repeats.
fn join(members: Vec<Formula>, neutral: bool) -> Formula {
    let mut kept: Vec<Formula> = Vec::with_capacity(members.len());
    let mut push = |formula: Formula| {
        let repeated = kept.len() < REPEATS_LOOKED_FOR && kept.contains(&formula);
        if !repeated {
            kept.push(formula);
        }
    };
    for member in members {
        match member {
            Formula::Const(value) if value == neutral => {}
            Formula::Const(value) => return Formula::Const(value),
            Formula::And(inner) if neutral => inner.into_iter().for_each(&mut push),
            Formula::Or(inner) if !neutral => inner.into_iter().for_each(&mut push),
            other => push(other),
        }
    }
    match (kept.len(), neutral) {
        (0, _) => Formula::Const(neutral),
        (1, _) => kept.pop().unwrap_or(Formula::Const(neutral)),
        (_, true) => Formula::And(kept),
        (_, false) => Formula::Or(kept),
    }
}

/// Comparing each member with all before it is quadratic; long lists of words are left as they are.
const REPEATS_LOOKED_FOR: usize = 32;

/// Counts repeats as often as they are written, unlike `and` and `or`.
fn at_least(k: u32, members: Vec<Formula>) -> Formula {
    let sure = members.iter().filter(|member| **member == Formula::Const(true)).count();
    let open: Vec<Formula> = members.into_iter().filter(|member| !matches!(member, Formula::Const(_))).collect();
    let k = (k as usize).saturating_sub(sure);
    match k {
        0 => Formula::Const(true),
        k if k > open.len() => Formula::Const(false),
        1 => any(open),
        k if k == open.len() => all(open),
        k => Formula::AtLeast { k: u32::try_from(k).unwrap_or(u32::MAX), members: open },
    }
}
