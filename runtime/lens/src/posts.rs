//! Which posts a match takes, what each of its words adds, and which posts fail by one part alone.
//!
//! Three passes for all monitors together: the matches, and the same without each part, over all posts; then over the posts of
//! interest alone which words stand in them; then the matches without each word that does, asked of the posts that hold it.

use std::sync::Arc;

use mon_compiler::matching::Match;
use mon_compiler::plan::{Cond, CondKind, Place, Plan, SpanExpr, TermId, TermPattern};
use mon_post::{PostBatch, Zone};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::capture::{At, Capture};
use crate::error::LensError;
use crate::keys::Keys;
use crate::passes::{self, Taken};
use crate::shape::{self, Uses};

/// Posts that are kept to be shown for each part.
const EXAMPLES_MAX: usize = 3;
/// Words of a match of which it is found out what they alone add (`lens_words_max`); of further ones it is not.
const WORDS_MAX: usize = 2_000;
/// Terms that all conditions of one pass name together, about, so that making it ready takes no long while without a look at
/// `stop`.
const PASS_TERMS: usize = 200_000;

/// What a match does over a capture.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Posts {
    /// For each batch the rows that match, ascending.
    pub rows: Vec<Vec<u32>>,
    /// One for each term, in the order of [`Keys::terms`].
    pub words: Vec<Weight>,
    /// One for each part of the match, where it has several.
    pub parts: Vec<Misses>,
}

/// What a word adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// It keeps posts out, and takes none.
    pub keeps_out: bool,
    /// Posts that hold it: of those that match, or of those that it may keep out.
    pub posts: u64,
    /// Posts that are taken, or kept out, because of it alone.
    pub alone: Option<u64>,
}

/// Posts that fail by one part alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Misses {
    pub posts: u64,
    pub examples: Vec<At>,
}

impl Posts {
    pub fn count(&self) -> u64 {
        self.rows.iter().map(|rows| rows.len() as u64).sum()
    }
}

/// Looks at some monitors of a plan. None where `stop` said so.
pub(crate) fn find(
    plan: &Plan,
    monitors: &[(usize, &Keys)],
    capture: &Capture,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<Posts>>, LensError> {
    let mut subjects: Vec<Subject<'_>> =
        monitors.iter().filter_map(|(at, keys)| Subject::new(plan, *at, keys, capture.batches().len())).collect();
    if !matches(&mut subjects, &plan.terms, capture.batches(), stop)? {
        return Ok(None);
    }
    let taken = Taken::of(capture.batches(), interesting(&subjects, capture.batches().len()))?;
    if !presence(&mut subjects, &plan.terms, &taken, stop)? || !weights(&mut subjects, &plan.terms, &taken, stop)? {
        return Ok(None);
    }
    Ok(Some(subjects.into_iter().map(Subject::finish).collect()))
}

/// A match that is looked at.
struct Subject<'p> {
    parts: Vec<&'p Cond>,
    /// Its terms by their number, and what each does.
    terms: Vec<(TermId, Uses)>,
    /// Parts that are left out together: each alone, then those in which one term keeps posts out.
    left_out: Vec<Vec<usize>>,
    /// For each batch the rows that match.
    rows: Vec<Vec<u32>>,
    /// For each choice of parts and each batch the rows that match without them alone.
    missed: Vec<Vec<Vec<u32>>>,
    /// One for each term: whether some post of interest holds it, and what it adds.
    words: Vec<(bool, Weight)>,
}

impl<'p> Subject<'p> {
    fn new(plan: &'p Plan, at: usize, keys: &Keys, batches: usize) -> Option<Self> {
        let query = plan.monitors.get(at)?.query;
        let parts = shape::parts(&plan.queries.get(query.0 as usize)?.cond);
        let mut uses = shape::uses(&parts);
        let terms: Vec<(TermId, Uses)> =
            keys.terms.iter().map(|id| (*id, uses.remove(id).unwrap_or_default())).collect();
        let mut left_out: Vec<Vec<usize>> = (0..parts.len()).map(|part| vec![part]).collect();
        for (_, uses) in terms.iter().filter(|(_, uses)| !uses.takes) {
            if !left_out.contains(&uses.keeps_out) {
                left_out.push(uses.keeps_out.clone());
            }
        }
        let only_takes = terms.iter().all(|(_, uses)| uses.takes);
        if parts.len() == 1 && only_takes {
            // All posts that do not match fail by it: nothing that anyone wants to know.
            left_out.clear();
        }
        let weight = |(_, uses): &(TermId, Uses)| (false, Weight { keeps_out: !uses.takes, ..Weight::default() });
        Some(Self {
            rows: vec![Vec::new(); batches],
            missed: vec![vec![Vec::new(); batches]; left_out.len()],
            words: terms.iter().map(weight).collect(),
            parts,
            terms,
            left_out,
        })
    }

    /// The match without some of its parts.
    fn cond(&self, left_out: &[usize]) -> Arc<Cond> {
        let kept = self.parts.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
        let members: Vec<Cond> = kept.map(|(_, part)| (*part).clone()).collect();
        let kind = if members.is_empty() { CondKind::Const(true) } else { CondKind::And(members) };
        Arc::new(of_kind(kind))
    }

    /// The rows of a batch of which a term tells something.
    fn rows_of(&self, uses: &Uses, batch: usize) -> &[u32] {
        let rows = if uses.takes {
            self.rows.get(batch)
        } else {
            let at = self.left_out.iter().position(|left_out| *left_out == uses.keeps_out);
            at.and_then(|at| self.missed.get(at)?.get(batch))
        };
        rows.map_or(&[], Vec::as_slice)
    }

    /// All rows of a batch of which some term tells something.
    fn interesting(&self, batch: usize) -> Vec<u32> {
        let mut rows = self.rows.get(batch).cloned().unwrap_or_default();
        for (left_out, missed) in self.left_out.iter().zip(&self.missed) {
            if self.terms.iter().any(|(_, uses)| !uses.takes && uses.keeps_out == *left_out) {
                rows.extend(missed.get(batch).into_iter().flatten());
            }
        }
        rows
    }

    fn finish(self) -> Posts {
        let several = self.parts.len() > 1;
        let missed = self.missed.into_iter().take(if several { self.parts.len() } else { 0 });
        let misses = |batches: Vec<Vec<u32>>| {
            let at = (0..).zip(&batches).flat_map(|(batch, rows)| rows.iter().map(move |row| At { batch, row: *row }));
            Misses {
                posts: batches.iter().map(|rows| rows.len() as u64).sum(),
                examples: at.take(EXAMPLES_MAX).collect(),
            }
        };
        Posts {
            parts: missed.map(misses).collect(),
            words: self.words.into_iter().map(|(_, weight)| weight).collect(),
            rows: self.rows,
        }
    }
}

/// The rows that match, and those that match but for some parts.
fn matches(
    subjects: &mut [Subject<'_>],
    terms: &[TermPattern],
    batches: &[PostBatch],
    stop: &dyn Fn() -> bool,
) -> Result<bool, LensError> {
    let mut conds = Vec::new();
    // Whose a condition is, and which choice of parts it leaves out. The whole match of each stands before the others.
    let mut of: Vec<(usize, Option<usize>)> = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        conds.push(subject.cond(&[]));
        of.push((number, None));
        for (at, left_out) in subject.left_out.iter().enumerate() {
            conds.push(subject.cond(left_out));
            of.push((number, Some(at)));
        }
    }
    passes::run(terms, conds, batches.iter(), stop, |batch, found| {
        for row in found.chunk_by(|a, b| a.row == b.row) {
            let mut whole = None;
            for Match { row, query } in row {
                let Some((number, left_out)) = of.get(query.0 as usize).copied() else { continue };
                let Some(subject) = subjects.get_mut(number) else { continue };
                let rows = match left_out {
                    None => {
                        whole = Some(number);
                        subject.rows.get_mut(batch)
                    }
                    Some(_) if whole == Some(number) => None,
                    Some(at) => subject.missed.get_mut(at).and_then(|batches| batches.get_mut(batch)),
                };
                rows.into_iter().for_each(|rows| rows.push(*row));
            }
        }
    })
}

/// For each batch the rows that later passes look at.
fn interesting(subjects: &[Subject<'_>], batches: usize) -> Vec<Vec<u32>> {
    let of = |batch| {
        let mut rows: Vec<u32> = subjects.iter().flat_map(|subject| subject.interesting(batch)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    };
    (0..batches).map(of).collect()
}

/// Whether a term stands in a post where the match looks for it.
fn stands(id: TermId, uses: &Uses) -> Cond {
    let text = |zones: &Arc<[Zone]>| of_kind(CondKind::Text { zones: Arc::clone(zones), spans: SpanExpr::Term(id) });
    of_kind(CondKind::Or(uses.zones.iter().map(text).collect()))
}

fn of_kind(kind: CondKind) -> Cond {
    Cond { place: Place::default(), kind }
}

/// Which words stand in the posts, and in how many.
fn presence(
    subjects: &mut [Subject<'_>],
    terms: &[TermPattern],
    taken: &[(usize, Taken)],
    stop: &dyn Fn() -> bool,
) -> Result<bool, LensError> {
    let mut conds = Vec::new();
    // Several monitors may use one list: each word of it is asked for once.
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut of: Vec<Vec<(usize, usize)>> = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        for (word, (id, uses)) in subject.terms.iter().enumerate() {
            let at = *known.entry(format!("{id:?} {:?}", uses.zones)).or_insert_with(|| {
                conds.push(Arc::new(stands(*id, uses)));
                of.push(Vec::new());
                conds.len() - 1
            });
            if let Some(of) = of.get_mut(at) {
                of.push((number, word));
            }
        }
    }
    passes::run(terms, conds, taken.iter().map(|(_, taken)| &taken.posts), stop, |at, found| {
        let Some((batch, taken)) = taken.get(at) else { return };
        for found in found {
            let Some(row) = taken.rows.get(found.row as usize) else { continue };
            for (number, word) in of.get(found.query.0 as usize).into_iter().flatten() {
                let Some(subject) = subjects.get_mut(*number) else { continue };
                let Some((_, uses)) = subject.terms.get(*word) else { continue };
                let counts = u64::from(subject.rows_of(uses, *batch).binary_search(row).is_ok());
                if let Some((held, weight)) = subject.words.get_mut(*word) {
                    *held = true;
                    weight.posts += counts;
                }
            }
        }
    })
}

/// What each word adds alone: the posts that hold it are asked for the match as if none did.
fn weights(
    subjects: &mut [Subject<'_>],
    terms: &[TermPattern],
    taken: &[(usize, Taken)],
    stop: &dyn Fn() -> bool,
) -> Result<bool, LensError> {
    let mut wholes: Vec<(Cond, usize)> = Vec::new();
    let mut asked: Vec<(usize, usize)> = Vec::new();
    for (number, subject) in subjects.iter_mut().enumerate() {
        let held = subject.terms.iter().zip(&subject.words).filter(|(_, word)| word.0);
        let held: FxHashSet<TermId> = held.map(|((id, _), _)| *id).collect();
        // What stands in none of these posts changes nothing there.
        wholes.push((shape::without(&subject.cond(&[]), &|id| !held.contains(&id)), held.len()));
        let mut tried = 0;
        for (word, (_, weight)) in subject.words.iter_mut().enumerate() {
            if weight.posts == 0 {
                weight.alone = Some(0);
            } else if tried < WORDS_MAX {
                tried += 1;
                weight.alone = Some(if weight.keeps_out { 0 } else { weight.posts });
                asked.push((number, word));
            }
        }
    }
    let mut rest = asked.as_slice();
    while !rest.is_empty() {
        let mut size = 0;
        let fits = rest.iter().take_while(|(number, _)| {
            size += wholes.get(*number).map_or(0, |(_, size)| *size);
            size <= PASS_TERMS
        });
        let (now, later) = rest.split_at(fits.count().max(1));
        if !weigh(subjects, terms, &wholes, now, taken, stop)? {
            return Ok(false);
        }
        rest = later;
    }
    Ok(true)
}

/// One pass over some words: which are given by subject and number.
fn weigh(
    subjects: &mut [Subject<'_>],
    terms: &[TermPattern],
    wholes: &[(Cond, usize)],
    asked: &[(usize, usize)],
    taken: &[(usize, Taken)],
    stop: &dyn Fn() -> bool,
) -> Result<bool, LensError> {
    let cond = |(number, word): &(usize, usize)| {
        let (id, uses) = subjects.get(*number)?.terms.get(*word)?;
        let less = shape::without(&wholes.get(*number)?.0, &|other| other == *id);
        Some(Arc::new(of_kind(CondKind::And(vec![stands(*id, uses), less]))))
    };
    let conds: Vec<Arc<Cond>> = asked.iter().filter_map(cond).collect();
    passes::run(terms, conds, taken.iter().map(|(_, taken)| &taken.posts), stop, |at, found| {
        let Some((batch, taken)) = taken.get(at) else { return };
        for found in found {
            let Some((number, word)) = asked.get(found.query.0 as usize) else { continue };
            let (Some(row), Some(subject)) = (taken.rows.get(found.row as usize), subjects.get_mut(*number)) else {
                continue;
            };
            let Some((_, uses)) = subject.terms.get(*word) else { continue };
            let counts = u64::from(subject.rows_of(uses, *batch).binary_search(row).is_ok());
            let Some((_, Weight { keeps_out, alone: Some(alone), .. })) = subject.words.get_mut(*word) else {
                continue;
            };
            // A post that matches still needs the word no more; one that matches now is kept out by it.
            *alone = if *keeps_out { *alone + counts } else { *alone - counts };
        }
    })
}
