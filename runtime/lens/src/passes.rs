//! Passes of many conditions at once over posts, and the posts of a capture that later passes need.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use mon_compiler::matching::{Backend, Match, MatchOptions, Matcher};
use mon_compiler::plan::{Cond, Plan, QueryId, QueryPlan, TermPattern};
use mon_post::PostBatch;

use crate::error::LensError;

/// Some rows of a batch of the capture, as a batch of their own.
pub(crate) struct Taken {
    pub rows: Vec<u32>,
    pub posts: PostBatch,
}

impl Taken {
    /// The rows of each batch; batches of which none is needed are left out, with their number before them.
    pub fn of(batches: &[PostBatch], rows: Vec<Vec<u32>>) -> Result<Vec<(usize, Self)>, LensError> {
        let needed = batches.iter().zip(rows).enumerate().filter(|(_, (_, rows))| !rows.is_empty());
        let take = |(at, (batch, rows)): (usize, (&PostBatch, Vec<u32>))| {
            let taken = take_record_batch(batch.record(), &UInt32Array::from(rows.clone()))?;
            Ok((at, Self { rows, posts: PostBatch::try_new(taken)? }))
        };
        needed.map(take).collect()
    }
}

/// Asks all conditions of all posts in one pass; `tell` is given the number of the batch and what matched, by row and then by
/// condition. False where `stop` said so, which is asked between batches.
pub(crate) fn run<'b>(
    terms: &[TermPattern],
    conds: Vec<Arc<Cond>>,
    batches: impl Iterator<Item = &'b PostBatch>,
    stop: &dyn Fn() -> bool,
    mut tell: impl FnMut(usize, &[Match]),
) -> Result<bool, LensError> {
    if conds.is_empty() {
        return Ok(!stop());
    }
    let query = |cond: Arc<Cond>| QueryPlan { name: String::new(), named: false, place: cond.place, cond };
    let plan = Plan { terms: terms.to_vec(), queries: conds.into_iter().map(query).collect(), ..Plan::default() };
    let ids: Vec<QueryId> = (0..).map(QueryId).take(plan.queries.len()).collect();
    let matcher = Matcher::build(&plan, &ids, Backend::Automatic, &MatchOptions::default())?;
    let mut scratch = matcher.scratch();
    let mut found = Vec::new();
    for (at, batch) in batches.enumerate() {
        if stop() {
            return Ok(false);
        }
        found.clear();
        matcher.match_batch(batch, &mut scratch, &mut found);
        tell(at, &found);
    }
    Ok(true)
}
