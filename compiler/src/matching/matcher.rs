//! The matcher that the engine holds: a set of queries made ready once, run over batches by any number of threads.
//! A batch meets all queries in one pass over its posts; a query costs nothing on a post that holds none of its words.

use std::sync::Arc;

use mon_post::PostBatch;
use mon_text::Tokens;

use super::anchors::Frequencies;
use super::columns::{Bitmap, Columns, STRETCH_ROWS, WORDS, bit};
use super::dictionary::{Dictionary, Origin};
use super::error::MatchError;
use super::evaluate::{PostState, Texts};
use super::formula::{Formula, Tables, Test};
use super::index::Index;
use super::interpret::{MatchSpan, PostTexts, evaluate, find_spans};
use super::jit::NativeQueries;
use super::program::{Tests, run};
use super::trace::{Explanation, explain};
use super::truth::Truth;
use crate::plan::{Cond, Plan, QueryId, TermPattern};

/// Which evaluator decides about candidates. All give the same matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The fastest by measurement on most sets, and ready at once: bytecode.
    #[default]
    Automatic,
    /// The reference interpreter, one query after another; for tests and for small sets of posts.
    Interpreter,
    Bytecode,
    MachineCode,
}

/// How a matcher is made.
#[derive(Clone, Debug, Default)]
pub struct MatchOptions {
    /// Posts to learn from how frequent words are, so that the rarest word of a query calls it up. Results never
    /// depend on it.
    pub sample: Option<PostBatch>,
}

/// A query that is true of a row of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Match {
    pub row: u32,
    pub query: QueryId,
}

/// A set of queries ready to run. `Send` and `Sync`: share it by `Arc`, give each thread its own [`Scratch`].
#[derive(Debug)]
pub struct Matcher {
    index: Index,
    native: Option<NativeQueries>,
    backend: Backend,
    terms: Arc<[TermPattern]>,
    conds: Vec<Arc<Cond>>,
}

/// A thread's working memory for one matcher; made by [`Matcher::scratch`].
#[derive(Debug)]
pub struct Scratch {
    pub(super) tokens: Tokens,
    pub(super) post: PostState,
    pub(super) columns: Columns,
    /// One bit a query: already a candidate of this post.
    marked: Vec<u64>,
    candidates: Vec<u32>,
    /// Row in the stretch, index into the always-list.
    pending: Vec<(u32, u32)>,
    /// Positions in the index of the queries that matched this post.
    matched: Vec<u32>,
}

impl Matcher {
    /// Makes the given queries of a plan ready.
    ///
    /// # Errors
    /// When a limit is met ([`MatchError::Limit`]), a query is not in the plan, or machine code was asked for and
    /// cannot be made here.
    pub fn build(
        plan: &Plan,
        queries: &[QueryId],
        backend: Backend,
        options: &MatchOptions,
    ) -> Result<Self, MatchError> {
        let index = Index::build(plan, queries, |tables, dictionary, frequencies| {
            if let Some(sample) = &options.sample {
                learn(tables, dictionary, frequencies, sample);
            }
        })?;
        let native = match backend {
            Backend::MachineCode => Some(NativeQueries::compile(&index)?),
            _ => None,
        };
        let cond = |id: &QueryId| {
            let query = plan.queries.get(id.0 as usize).ok_or(MatchError::NoQuery { query: id.0 })?;
            Ok(Arc::clone(&query.cond))
        };
        let conds = queries.iter().map(cond).collect::<Result<_, MatchError>>()?;
        Ok(Self { index, native, backend, terms: plan.terms.clone().into(), conds })
    }

    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch {
            tokens: Tokens::default(),
            post: PostState::new(&self.index.tables),
            columns: Columns::new(self.index.tables.predicates.len()),
            marked: vec![0; self.index.queries.len().div_ceil(64)],
            candidates: Vec::new(),
            pending: Vec::new(),
            matched: Vec::new(),
        }
    }

    /// Appends the matches of all rows to `out`, by row and then by query.
    pub fn match_batch(&self, batch: &PostBatch, scratch: &mut Scratch, out: &mut Vec<Match>) {
        if self.backend == Backend::Interpreter {
            self.interpret_batch(batch, out);
            return;
        }
        let mut start = 0;
        while start < batch.len() {
            let len = STRETCH_ROWS.min(batch.len() - start);
            scratch.columns.turn(start, len);
            self.pass_always(batch, scratch, len);
            let mut pending = std::mem::take(&mut scratch.pending).into_iter().peekable();
            for row in 0..len {
                self.read_post(batch, start + row, scratch);
                self.gather(scratch);
                self.decide(batch, row, scratch);
                while let Some((_, at)) = pending.next_if(|(of, _)| *of as usize == row) {
                    self.decide_always(batch, row, at, scratch);
                }
                self.emit(start + row, scratch, out);
            }
            start += len;
        }
    }

    /// Tokenises and looks up only, giving the number of patterns seen: the floor of [`Matcher::match_batch`], for
    /// measurements.
    pub fn look_up_batch(&self, batch: &PostBatch, scratch: &mut Scratch) -> usize {
        let mut seen = 0;
        for row in 0..batch.len() {
            self.read_post(batch, row, scratch);
            seen += scratch.post.touched.len();
        }
        scratch.post.clear();
        seen
    }

    /// Gathers candidates only, giving their number: for measurements.
    pub fn candidates_batch(&self, batch: &PostBatch, scratch: &mut Scratch) -> usize {
        let mut count = 0;
        for row in 0..batch.len() {
            self.read_post(batch, row, scratch);
            self.gather(scratch);
            count += scratch.candidates.len();
        }
        scratch.post.clear();
        count
    }

    /// Where the words of a match stand; empty where the query is not of this matcher or not true of the row.
    #[must_use]
    pub fn spans(&self, batch: &PostBatch, row: u32, query: QueryId) -> Vec<MatchSpan> {
        let Some(cond) = self.cond(query) else { return Vec::new() };
        find_spans(&self.terms, cond, &PostTexts::read(batch, row as usize))
    }

    /// Why a query is true of a row or not; none where the query is not of this matcher.
    #[must_use]
    pub fn explain(&self, batch: &PostBatch, row: u32, query: QueryId) -> Option<Explanation> {
        Some(explain(&self.terms, self.cond(query)?, &PostTexts::read(batch, row as usize)))
    }

    fn cond(&self, query: QueryId) -> Option<&Cond> {
        let at = self.index.queries.iter().position(|known| *known == query)?;
        self.conds.get(at).map(AsRef::as_ref)
    }

    /// Queries that no word calls up: each post costs them at least a look at its fields.
    #[must_use]
    pub fn unanchored(&self) -> Vec<QueryId> {
        self.index.always.iter().filter_map(|always| self.query(always.query)).collect()
    }

    /// The size of the index, in a few lines.
    #[must_use]
    pub fn describe_index(&self) -> String {
        let code = self.native.as_ref().map_or_else(String::new, |native| format!("\n{}", native.describe()));
        format!("{}{code}", self.index.describe())
    }

    /// The code generator's intermediate text of a query's program; none where it needs none: a word seen is a match.
    ///
    /// # Errors
    /// When this machine has no code generator, or the query is not of this matcher.
    pub fn clif(&self, query: QueryId) -> Result<Option<String>, MatchError> {
        let at = self.index.queries.iter().position(|known| *known == query);
        let at = at.and_then(|at| u32::try_from(at).ok()).ok_or(MatchError::NoQuery { query: query.0 })?;
        NativeQueries::clif(&self.index, at)
    }

    fn query(&self, at: u32) -> Option<QueryId> {
        self.index.queries.get(at as usize).copied()
    }

    fn interpret_batch(&self, batch: &PostBatch, out: &mut Vec<Match>) {
        let mut matched: Vec<QueryId> = Vec::new();
        for row in 0..batch.len() {
            let post = PostTexts::read(batch, row);
            for (cond, query) in self.conds.iter().zip(&self.index.queries) {
                if evaluate(&self.terms, cond, &post) == Truth::True {
                    matched.push(*query);
                }
            }
            matched.sort_unstable();
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            out.extend(matched.drain(..).map(|query| Match { row, query }));
        }
    }

    /// Marks what the post's texts hold.
    fn read_post(&self, batch: &PostBatch, row: usize, scratch: &mut Scratch) {
        read_post(&self.index.tables, &self.index.dictionary, batch, row, &mut scratch.tokens, &mut scratch.post);
    }

    /// Collects the queries that the words seen call up, each once.
    fn gather(&self, scratch: &mut Scratch) {
        let Scratch { post, marked, candidates, .. } = scratch;
        for query in candidates.drain(..) {
            if let Some(word) = marked.get_mut(query as usize / 64) {
                *word = 0;
            }
        }
        for slot in &post.touched {
            for (query, zones) in self.index.postings(*slot) {
                if !post.seen(*slot, zones) {
                    continue;
                }
                if let Some(word) = marked.get_mut(query as usize / 64) {
                    let bit = 1 << (query % 64);
                    if *word & bit == 0 {
                        *word |= bit;
                        candidates.push(query);
                    }
                }
            }
        }
    }

    fn decide(&self, batch: &PostBatch, row: usize, scratch: &mut Scratch) {
        let Scratch { post, columns, candidates, matched, .. } = scratch;
        let mut view = View { index: &self.index, post, columns, batch, row };
        match &self.native {
            Some(native) => native.run(candidates, &mut view, matched),
            None => {
                // Programs lie far apart: asking for each one's beginning first lets memory bring them side by side.
                let firsts = candidates.iter().filter_map(|query| self.index.program(*query).first());
                std::hint::black_box(firsts.fold(0, |sum, node| sum ^ node.argument()));
                for query in candidates {
                    let program = self.index.program(*query);
                    if program.is_empty() || run(program, &mut view) {
                        matched.push(*query);
                    }
                }
            }
        }
    }

    /// For each query without an anchor, the rows of the stretch that its field tests leave, by row.
    fn pass_always(&self, batch: &PostBatch, scratch: &mut Scratch, len: usize) {
        scratch.pending.clear();
        for (at, always) in (0_u32..).zip(&self.index.always) {
            let rows = bitmap_of(&always.fields, &self.index.tables, batch, &mut scratch.columns);
            for (word, first) in rows.iter().zip((0_u32..).step_by(64)) {
                let mut word = *word;
                while word != 0 {
                    let row = first + word.trailing_zeros();
                    word &= word - 1;
                    if (row as usize) < len {
                        scratch.pending.push((row, at));
                    }
                }
            }
        }
        scratch.pending.sort_unstable();
    }

    fn decide_always(&self, batch: &PostBatch, row: usize, at: u32, scratch: &mut Scratch) {
        let Some(always) = self.index.always.get(at as usize) else { return };
        let Scratch { post, columns, matched, .. } = scratch;
        let mut view = View { index: &self.index, post, columns, batch, row };
        if always.exact || run(self.index.program(always.query), &mut view) {
            matched.push(always.query);
        }
    }

    fn emit(&self, row: usize, scratch: &mut Scratch, out: &mut Vec<Match>) {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let first = out.len();
        out.extend(scratch.matched.drain(..).filter_map(|at| self.query(at)).map(|query| Match { row, query }));
        if let Some(new) = out.get_mut(first..) {
            new.sort_unstable();
        }
    }
}

/// One post of the stretch, as programs ask about it.
pub(super) struct View<'a> {
    pub(super) index: &'a Index,
    pub(super) post: &'a mut PostState,
    pub(super) columns: &'a mut Columns,
    pub(super) batch: &'a PostBatch,
    /// In the stretch.
    pub(super) row: usize,
}

impl Tests for View<'_> {
    #[inline]
    fn seen(&self, slot: u32, zones: u8) -> bool {
        self.post.seen(slot, zones)
    }

    #[inline]
    fn lazy(&mut self, id: u32) -> bool {
        let texts = Texts { batch: self.batch, row: self.columns.row(self.row), zones: self.index.tables.zones };
        self.post.lazy(&self.index.tables, id, texts)
    }

    #[inline]
    fn field(&mut self, id: u32) -> bool {
        self.columns.holds(&self.index.tables.predicates, self.batch, id, self.row)
    }
}

fn read_post(
    tables: &Tables,
    dictionary: &Dictionary,
    batch: &PostBatch,
    row: usize,
    tokens: &mut Tokens,
    post: &mut PostState,
) {
    post.clear();
    let lang = dictionary.asks_language().then(|| batch.language(row)).flatten();
    for (number, (zone, text)) in (0..).zip(Texts { batch, row, zones: tables.zones }.each()) {
        post.add_zone(zone);
        tokens.tokenize(text, 0);
        post.end_text(tokens.as_slice().last().map_or(-1, |token| token.pos));
        dictionary.look_up(tokens, Origin { zone, text: number, source: text, lang }, post);
    }
}

/// Counts in how many posts of a sample each pattern stands.
fn learn(tables: &Tables, dictionary: &Dictionary, frequencies: &mut Frequencies, sample: &PostBatch) {
    let (mut tokens, mut post) = (Tokens::default(), PostState::new(tables));
    let mut counts = vec![0; tables.slots()];
    for row in 0..sample.len() {
        read_post(tables, dictionary, sample, row, &mut tokens, &mut post);
        for slot in &post.touched {
            if let Some(count) = counts.get_mut(*slot as usize) {
                *count += 1;
            }
        }
    }
    frequencies.learn(&counts, sample.len());
}

/// Evaluates a formula of field tests for all rows of the stretch at once.
fn bitmap_of(formula: &Formula, tables: &Tables, batch: &PostBatch, columns: &mut Columns) -> Bitmap {
    const ALL: Bitmap = [u64::MAX; WORDS];
    const NONE: Bitmap = [0; WORDS];
    match formula {
        Formula::Const(value) => {
            if *value {
                ALL
            } else {
                NONE
            }
        }
        Formula::Test { test: Test::Field(id), sense: true } => *columns.bitmap(&tables.predicates, batch, *id),
        // Tests of text have been taken out, and tests of fields are never negated.
        Formula::Test { .. } => ALL,
        Formula::And(members) => members.iter().fold(ALL, |mut rows, member| {
            let member = bitmap_of(member, tables, batch, columns);
            rows.iter_mut().zip(&member).for_each(|(word, member)| *word &= member);
            rows
        }),
        Formula::Or(members) => members.iter().fold(NONE, |mut rows, member| {
            let member = bitmap_of(member, tables, batch, columns);
            rows.iter_mut().zip(&member).for_each(|(word, member)| *word |= member);
            rows
        }),
        Formula::AtLeast { k, members } => {
            let members: Vec<Bitmap> = members.iter().map(|member| bitmap_of(member, tables, batch, columns)).collect();
            let mut rows = NONE;
            for row in 0..STRETCH_ROWS {
                let count = members.iter().filter(|member| bit(member, row)).count();
                if let Some(word) = rows.get_mut(row / 64).filter(|_| count >= *k as usize) {
                    *word |= 1 << (row % 64);
                }
            }
            rows
        }
    }
}
