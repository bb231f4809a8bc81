//! Matching while a run can't keep up: whoever is in a sample is asked of all monitors; the posts of the others are asked only of the
//! monitors that hear everybody, by a matcher that knows nothing else.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use mon_compiler::matching::{Backend, Match, MatchOptions, Matcher, Scratch};
use mon_compiler::plan::{Plan, QueryId};
use mon_post::{FieldId, PostBatch};

use crate::aggregate::Aggregate;
use crate::error::EngineError;
use crate::layout::Layout;
use crate::output::Counts;
use crate::posts;
use crate::sample;

/// What is ready before a run.
#[derive(Clone)]
pub(crate) struct Vital {
    /// Of the monitors without a ladder; None where all have one.
    matcher: Option<Arc<Matcher>>,
}

impl Debug for Vital {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vital").field("any", &self.matcher.is_some()).finish()
    }
}

impl Vital {
    /// None where no monitor has a ladder.
    ///
    /// # Errors
    /// When a limit of the matcher is met.
    pub(crate) fn new(matching: &Plan, layout: &Layout, backend: Backend) -> Result<Option<Self>, EngineError> {
        if layout.ladders.iter().all(|ladder| ladder.is_empty()) {
            return Ok(None);
        }
        let queries = layout.vital();
        let build = || Matcher::build(matching, &queries, backend, &MatchOptions::default()).map(Arc::new);
        let matcher = (!queries.is_empty()).then(build).transpose()?;
        Ok(Some(Self { matcher }))
    }

    pub(crate) fn sampler(&self) -> Sampler {
        let vital = self.matcher.as_ref().map(|matcher| (Arc::clone(matcher), matcher.scratch()));
        Sampler { vital, author: mon_post::find("author.uid"), found: Vec::new() }
    }
}

/// A run's own.
pub(crate) struct Sampler {
    vital: Option<(Arc<Matcher>, Scratch)>,
    author: Option<FieldId>,
    found: Vec<Match>,
}

/// Where the authors of a batch stand, and which rows are in a sample.
struct Heard {
    standings: Vec<u64>,
    inside: Vec<u32>,
    outside: Vec<u32>,
}

impl Sampler {
    /// The matches of a batch at a step of the ladders, by row and query; counts what was not asked.
    pub(crate) fn matches(
        &mut self,
        batch: &RecordBatch,
        posts: &PostBatch,
        (layout, step): (&Layout, u8),
        (all, scratch): (&Matcher, &mut Scratch),
        matches: &mut Vec<Match>,
    ) -> Result<Counts> {
        let heard = self.hear(posts, layout, step);
        let inside = posts::open(&sample::rows(batch, &heard.inside)?)?;
        all.match_batch(&inside, scratch, &mut self.found);
        let standing = |row: u32| heard.standings.get(row as usize).copied().unwrap_or_default();
        for found in self.found.drain(..) {
            let Some(row) = heard.inside.get(found.row as usize).copied() else { continue };
            let listeners = layout.listeners(found.query);
            if listeners.is_empty()
                || listeners.iter().any(|at| sample::is_heard(standing(row), layout.one_in(*at, step)))
            {
                matches.push(Match { row, ..found });
            }
        }
        let mut counts = Counts::sized(layout.ladders.len());
        match &mut self.vital {
            Some((vital, scratch)) => {
                let outside = posts::open(&sample::rows(batch, &heard.outside)?)?;
                vital.match_batch(&outside, scratch, &mut self.found);
                let outside =
                    |found: Match| Some(Match { row: heard.outside.get(found.row as usize).copied()?, ..found });
                matches.extend(self.found.drain(..).filter_map(outside));
            }
            None => counts.shed = heard.outside.len() as u64,
        }
        matches.sort_unstable_by_key(|found| (found.row, found.query.0));
        for (at, unheard) in (0u32..).zip(&mut counts.unheard) {
            let one_in = layout.one_in(at, step);
            if one_in > 1 {
                *unheard = heard.standings.iter().filter(|at| !sample::is_heard(**at, one_in)).count() as u64;
            }
        }
        Ok(counts)
    }

    fn hear(&self, posts: &PostBatch, layout: &Layout, step: u8) -> Heard {
        let monitors = 0..u32::try_from(layout.ladders.len()).unwrap_or(u32::MAX);
        let widest = monitors.map(|at| layout.one_in(at, step)).filter(|one_in| *one_in > 1).min().unwrap_or(1);
        let standings: Vec<u64> = (0..posts.len()).map(|row| sample::standing(posts, self.author, row)).collect();
        let (inside, outside) = (0u32..)
            .zip(&standings)
            .partition::<Vec<(u32, &u64)>, _>(|(_, standing)| sample::is_heard(**standing, widest));
        let rows = |part: Vec<(u32, &u64)>| part.into_iter().map(|(row, _)| row).collect();
        let (inside, outside) = (rows(inside), rows(outside));
        Heard { standings, inside, outside }
    }
}

/// The queries that are asked of every post while some monitors hear a part.
impl Layout {
    fn vital(&self) -> Vec<QueryId> {
        let hears_all = |at: &u32| self.ladders.get(*at as usize).is_some_and(|ladder| ladder.is_empty());
        let known = |query: usize| self.listeners.get(query).is_some_and(|listeners| listeners.iter().any(hears_all));
        let of_classes =
            self.classes.iter().filter(|class| class.members.iter().any(|member| hears_all(&member.monitor)));
        let asked: Vec<u32> = of_classes
            .flat_map(|class| class.aggregates.iter().flat_map(Aggregate::queries).chain(class.steps.iter().copied()))
            .collect();
        let vital =
            (0u32..).zip(&self.queries).map(|(at, _)| at).filter(|at| known(*at as usize) || asked.contains(at));
        vital.map(QueryId).collect()
    }

    /// How many authors one stands for with a monitor.
    pub(crate) fn one_in(&self, monitor: u32, step: u8) -> u32 {
        self.ladders.get(monitor as usize).map_or(1, |ladder| sample::weight(ladder, step))
    }
}
