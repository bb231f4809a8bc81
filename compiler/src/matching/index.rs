//! The compiled form of a set of queries, shared by all threads: the dictionary, the postings that lead from a word
//! seen to the queries that it may satisfy, and each query's program.
//!
//! ```text
//! tokens ──dictionary──► slots seen ──postings──► candidates ──programs──► matches
//! fields ──bitmaps─────► rows of queries without a word (always-list) ──►
//! ```

use super::anchors::{Anchors, Frequencies, anchors, order, residual};
use super::dictionary::Dictionary;
use super::error::MatchError;
use super::formula::{Formula, Needs, SpanId, Tables, Test, ZoneMask};
use super::program::{self, Node};
use crate::plan::{Plan, QueryId};

/// How many queries one matcher holds: a posting has 24 bits for one.
pub(super) const QUERIES_MAX: usize = 1 << 24;

/// A query without an anchor: every post is a candidate, but for those that its field tests rule out together.
#[derive(Debug)]
pub(super) struct Always {
    /// Index into [`Index::queries`].
    pub(super) query: u32,
    /// The query with its text tests taken as true: what the bitmaps of a batch decide at once.
    pub(super) fields: Formula,
    /// Nothing is left to ask of a post that passes.
    pub(super) exact: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) tables: Tables,
    pub(super) dictionary: Dictionary,
    pub(super) queries: Vec<QueryId>,
    /// By slot: where its postings begin; one more at the end.
    offsets: Vec<u32>,
    /// `query << 8 | zones`.
    postings: Vec<u32>,
    pub(super) nodes: Vec<Node>,
    /// By query: its nodes; empty when an anchor seen is a match.
    programs: Vec<(u32, u32)>,
    /// By query: the formula of its program.
    pub(super) always: Vec<Always>,
    /// Positions in [`Index::queries`] in the order of program memory.
    pub(super) layout: Vec<u32>,
}

/// One query while the index is built.
struct Draft {
    formula: Formula,
    anchors: Option<Anchors>,
}

impl Index {
    pub(super) fn build(
        plan: &Plan,
        queries: &[QueryId],
        learn: impl FnOnce(&Tables, &Dictionary, &mut Frequencies),
    ) -> Result<Self, MatchError> {
        if queries.len() > QUERIES_MAX {
            return Err(MatchError::Limit { what: "queries", limit: QUERIES_MAX });
        }
        let mut tables = Tables::new();
        let mut formulas = Vec::with_capacity(queries.len());
        for id in queries {
            let query = plan.queries.get(id.0 as usize).ok_or(MatchError::NoQuery { query: id.0 })?;
            formulas.push(tables.lower(&plan.terms, &query.cond, true)?);
        }
        tables.seal();
        let dictionary = Dictionary::new(&tables)?;
        let mut frequencies = Frequencies::guess(&tables);
        learn(&tables, &dictionary, &mut frequencies);
        let drafts: Vec<Draft> = formulas.into_iter().map(|formula| draft(formula, &tables, &frequencies)).collect();
        let (offsets, postings) = postings(&drafts, tables.slots())?;
        let mut index = Self {
            tables,
            dictionary,
            queries: queries.to_vec(),
            offsets,
            postings,
            nodes: Vec::new(),
            programs: vec![(0, 0); drafts.len()],
            always: Vec::new(),
            layout: Vec::new(),
        };
        index.compile(&drafts, &frequencies)?;
        Ok(index)
    }

    /// Lays programs out by their most frequent anchor, so that one word's candidates lie side by side.
    fn compile(&mut self, drafts: &[Draft], frequencies: &Frequencies) -> Result<(), MatchError> {
        let hottest = |draft: &Draft| {
            let slots = draft.anchors.iter().flat_map(|anchors| &anchors.slots);
            slots.map(|(slot, _)| *slot).max_by(|a, b| frequencies.of(*a).total_cmp(&frequencies.of(*b)))
        };
        let mut layout: Vec<(u32, Option<u32>)> = (0..).zip(drafts.iter().map(hottest)).collect();
        layout.sort_by_key(|(_, slot)| *slot);
        for (at, _) in &layout {
            let Some(draft) = drafts.get(*at as usize) else { continue };
            let start = self.nodes.len();
            if draft.formula != Formula::Const(true) {
                program::compile(&guarded(&draft.formula, &self.tables), &mut self.nodes)?;
            }
            let limit = MatchError::Limit { what: "parts of queries", limit: u32::MAX as usize };
            let end = u32::try_from(self.nodes.len()).map_err(|_| limit)?;
            if let Some(program) = self.programs.get_mut(*at as usize) {
                *program = (u32::try_from(start).unwrap_or(end), end);
            }
        }
        self.layout = layout.into_iter().map(|(at, _)| at).collect();
        for (query, draft) in (0..).zip(drafts) {
            if draft.anchors.is_none() {
                let fields = fields_only(&draft.formula);
                self.always.push(Always { query, exact: fields == draft.formula, fields });
            }
        }
        Ok(())
    }

    /// What a query asks of a candidate; empty is nothing.
    #[inline]
    pub(super) fn program(&self, query: u32) -> &[Node] {
        match self.programs.get(query as usize) {
            Some((start, end)) => self.nodes.get(*start as usize..*end as usize).unwrap_or_default(),
            None => &[],
        }
    }

    /// The queries that a slot calls up, each with the zones in which it does.
    #[inline]
    pub(super) fn postings(&self, slot: u32) -> impl Iterator<Item = (u32, ZoneMask)> + '_ {
        let at = slot as usize;
        let range = match self.offsets.get(at..at + 2) {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        };
        #[expect(clippy::cast_possible_truncation, reason = "the low 8 bits are the zones")]
        self.postings.get(range).unwrap_or_default().iter().map(|posting| (posting >> 8, *posting as ZoneMask))
    }

    pub(super) fn describe(&self) -> String {
        let longest = self.offsets.windows(2).map(|pair| pair.iter().rev().copied().reduce(|e, s| e - s).unwrap_or(0));
        let bytes = self.nodes.len() * size_of::<Node>();
        format!(
            "{} queries, {} of them without an anchor\n{}\n{} postings, the longest list {}\n{} tests of rows and \
             distances, {} of fields\n{} nodes of programs, {bytes} bytes",
            self.queries.len(),
            self.always.len(),
            self.dictionary.describe(),
            self.postings.len(),
            longest.max().unwrap_or(0),
            self.tables.lazies.len(),
            self.tables.predicates.len(),
            self.nodes.len(),
        )
    }
}

fn draft(mut formula: Formula, tables: &Tables, frequencies: &Frequencies) -> Draft {
    let anchors = anchors(&formula, tables, frequencies);
    if let Some(anchors) = &anchors {
        formula = residual(formula, anchors, tables, frequencies);
    }
    if formula == Formula::And(Vec::new()) {
        formula = Formula::Const(true);
    }
    order(&mut formula, tables, frequencies);
    Draft { formula, anchors }
}

/// How many slots may be asked before a row or a distance; a plain word has two, itself and its tag. What needs more goes
/// without.
const GUARDS_MAX: usize = 8;

/// The formula with each row and distance behind the words that it needs: these are asked in the program itself, which
/// is at hand, where the row's description lies elsewhere in memory. Most are answered by a word that the post lacks.
fn guarded(formula: &Formula, tables: &Tables) -> Formula {
    let each = |members: &[Formula]| members.iter().map(|member| guarded(member, tables)).collect();
    match formula {
        Formula::Test { test: Test::Lazy(id), sense } => {
            let guard = tables.lazies.get(*id as usize).and_then(|lazy| {
                let mut left = GUARDS_MAX;
                needed(lazy.spans, lazy.zones, *sense, tables, &mut left)
            });
            match (guard, sense) {
                (None, _) => formula.clone(),
                (Some(guard), true) => Formula::And(vec![guard, formula.clone()]),
                (Some(guard), false) => Formula::Or(vec![guard, formula.clone()]),
            }
        }
        Formula::Const(_) | Formula::Test { .. } => formula.clone(),
        Formula::And(members) => Formula::And(each(members)),
        Formula::Or(members) => Formula::Or(each(members)),
        Formula::AtLeast { k, members } => Formula::AtLeast { k: *k, members: each(members) },
    }
}

/// "The post has the words of a span expression" (`sense`) or "it lacks some"; none where that asks more than `left`.
fn needed(id: SpanId, zones: ZoneMask, sense: bool, tables: &Tables, left: &mut usize) -> Option<Formula> {
    let both =
        |members: Vec<Formula>, all: bool| if all == sense { Formula::And(members) } else { Formula::Or(members) };
    let mut of = |member: &SpanId| needed(*member, zones, sense, tables, left);
    match tables.span(id)?.needs() {
        Needs::Slots(slots) => {
            *left = left.checked_sub(slots.len())?;
            let seen = |slot: &u32| Formula::Test { test: Test::Seen { slot: *slot, zones }, sense };
            match slots {
                [slot] => Some(seen(slot)),
                slots => Some(both(slots.iter().map(seen).collect(), true)),
            }
        }
        Needs::All(members) => Some(both(members.iter().map(of).collect::<Option<_>>()?, true)),
        Needs::Any(members) => Some(both(members.iter().map(of).collect::<Option<_>>()?, false)),
        Needs::Both(members) => Some(both(members.iter().map(of).collect::<Option<_>>()?, true)),
        Needs::One(member) => of(&member),
    }
}

/// Postings by slot, in one array.
fn postings(drafts: &[Draft], slots: usize) -> Result<(Vec<u32>, Vec<u32>), MatchError> {
    let pairs = || {
        (0_u32..).zip(drafts).flat_map(|(query, draft)| {
            draft.anchors.iter().flat_map(move |anchors| {
                anchors.slots.iter().map(move |(slot, zones)| (*slot as usize, query << 8 | u32::from(*zones)))
            })
        })
    };
    let mut offsets = vec![0_u32; slots + 1];
    for (slot, _) in pairs() {
        if let Some(count) = offsets.get_mut(slot + 1) {
            *count += 1;
        }
    }
    let mut total = 0_u32;
    for offset in &mut offsets {
        total = total
            .checked_add(*offset)
            .ok_or(MatchError::Limit { what: "anchors of queries", limit: u32::MAX as usize })?;
        *offset = total;
    }
    let mut next = offsets.clone();
    let mut postings = vec![0; total as usize];
    for (slot, posting) in pairs() {
        if let Some(at) = next.get_mut(slot) {
            if let Some(place) = postings.get_mut(*at as usize) {
                *place = posting;
            }
            *at += 1;
        }
    }
    Ok((offsets, postings))
}

/// The formula with every test of text taken as true. Formulas have no negation above a test, so what this rules out
/// the formula rules out.
fn fields_only(formula: &Formula) -> Formula {
    match formula {
        Formula::Const(_) | Formula::Test { test: Test::Field(_), .. } => formula.clone(),
        Formula::Test { .. } => Formula::Const(true),
        Formula::And(members) => Formula::And(members.iter().map(fields_only).collect()),
        Formula::Or(members) => Formula::Or(members.iter().map(fields_only).collect()),
        Formula::AtLeast { k, members } => {
            Formula::AtLeast { k: *k, members: members.iter().map(fields_only).collect() }
        }
    }
}
