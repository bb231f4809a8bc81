//! The source operator: turns the feed into batches with markers, and decides the watermark row by row in the order
//! of arrival, so that lateness and firing are the same at any batch size and speed.
//!
//! ```text
//! watermark of a source = max(event_at so far, what it said by `Quiet`) - disorder
//! watermark             = min over the sources that do not sleep, never going back
//! ```
//!
//! A post that nothing vouches for but its own time (a recording without receipts) moves time by more than a day only
//! where the next such post says the same from another minute: one mistyped year must not make all others late.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{Result, internal_err};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_plan::execution_plan::Boundedness;
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;
use futures::stream::BoxStream;
use mon_post::PostBatch;
use serde::{Deserialize, Serialize};

use crate::control::{Control, Feed, marker_fields, with_fields};
use crate::error::EngineError;
use crate::options::EngineOptions;
use crate::posts::{self, Trust};
use crate::sample::{self, Loaded};
use crate::shared::Shared;
use crate::snapshot::{Part, Snapshot};
use crate::stage::one_partition;

/// Time as the feed has told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// By name: numbers mean other sources when the configuration has changed.
    sources: BTreeMap<String, SourceTime>,
    watermark: Option<i64>,
    /// The first watermark of all.
    #[serde(default)]
    began: Option<i64>,
    /// Time of the youngest post.
    youngest: Option<i64>,
    /// The step of the ladders at which posts are heard.
    #[serde(default)]
    step: u8,
    /// When fewer than all authors were heard.
    #[serde(default)]
    loaded: Vec<Loaded>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SourceTime {
    /// Youngest post, less disorder; `i64::MIN` before the first.
    posts: i64,
    /// What `Quiet` promised, less disorder; `i64::MAX` while it sleeps.
    quiet: i64,
    /// A time that no second post has confirmed yet, and how many posts have it.
    claim: Option<(i64, u64)>,
}

/// How far the time of one post may lie after those before it and be believed at once.
const JUMP_MICROS: i64 = 86_400_000_000;
/// How far from a claim the post must lie that confirms it; the first post of all needs only another time.
const WITNESS_MICROS: u64 = 60_000_000;

impl SourceTime {
    const NEW: Self = Self { posts: i64::MIN, quiet: i64::MIN, claim: None };

    /// The latest time that is believed at once; None before time has begun.
    fn limit(self) -> Option<i64> {
        let known = self.posts.max(if self.quiet == i64::MAX { i64::MIN } else { self.quiet });
        (known != i64::MIN).then_some(known.saturating_add(JUMP_MICROS))
    }

    /// The time to which a post that stands alone lets posts move, if any, and how many posts turn out to have been
    /// too far ahead. Depends on the order of the rows only.
    fn believe(&mut self, at: i64) -> (Option<i64>, u64) {
        let limit = self.limit();
        if let Some(limit) = limit.filter(|limit| at <= *limit) {
            return match self.claim.take() {
                Some((claim, posts)) if claim > limit => (Some(at), posts),
                Some((claim, _)) => (Some(at.max(claim)), 0),
                None => (Some(at), 0),
            };
        }
        let Some((claim, posts)) = self.claim.replace((at, 1)) else { return (None, 0) };
        if at < claim.saturating_sub(JUMP_MICROS) {
            return (None, posts); // The one before lies further off than this one.
        }
        if at > claim.saturating_add(JUMP_MICROS) {
            return (Some(claim), 0); // The next posts are later still, so the claim was none too late.
        }
        let apart = if limit.is_none() { 1 } else { WITNESS_MICROS };
        if at.abs_diff(claim) < apart {
            self.claim = Some((claim, posts + 1));
            return (None, 0);
        }
        self.claim = None;
        (Some(at.max(claim)), 0)
    }

    /// Nothing comes any more that could confirm a claim: how many posts were too far ahead.
    fn give_up(&mut self) -> u64 {
        let limit = self.limit().unwrap_or(i64::MAX);
        self.claim.take().filter(|(claim, _)| *claim > limit).map_or(0, |(_, posts)| posts)
    }

    /// None while it sleeps.
    fn told(self) -> Option<i64> {
        (self.quiet != i64::MAX).then_some(self.posts.max(self.quiet))
    }
}

impl Clock {
    fn others(&self, source: &str) -> i64 {
        let others = self.sources.iter().filter(|(name, _)| *name != source).filter_map(|(_, time)| time.told());
        others.min().unwrap_or(i64::MAX)
    }

    /// The watermark after each row, and how many rows were too far ahead to count.
    fn rows(&mut self, source: &str, rows: impl Iterator<Item = (i64, Trust)>, disorder: i64) -> (Vec<i64>, u64) {
        let others = self.others(source);
        let mut time = self.sources.get(source).copied().unwrap_or(SourceTime::NEW);
        if time.quiet == i64::MAX {
            time.quiet = i64::MIN; // It woke up.
        }
        let mut watermark = self.watermark.unwrap_or(i64::MIN);
        let mut youngest = self.youngest.unwrap_or(i64::MIN);
        let mut ahead = 0;
        let marks = rows.map(|(at, trust)| {
            let (believed, wrong) = match trust {
                Trust::Received => (Some(at), 0),
                Trust::Ahead => (None, 1),
                Trust::Alone => time.believe(at),
            };
            ahead += wrong;
            if let Some(at) = believed {
                youngest = youngest.max(at);
                time.posts = time.posts.max(at.saturating_sub(disorder));
                watermark = watermark.max(others.min(time.posts.max(time.quiet)));
            }
            watermark
        });
        let marks: Vec<i64> = marks.collect();
        self.began = self.began.or_else(|| marks.iter().copied().find(|mark| *mark != i64::MIN));
        self.sources.insert(source.to_owned(), time);
        self.watermark = Some(watermark).filter(|at| *at != i64::MIN);
        self.youngest = Some(youngest).filter(|at| *at != i64::MIN);
        (marks, ahead)
    }

    /// Posts that are on their way when a source says that it has no more are as late as others: disorder counts here too.
    fn quiet(&mut self, source: &str, until: i64, disorder: i64) {
        let until = if until == i64::MAX { until } else { until.saturating_sub(disorder) };
        let time = self.sources.entry(source.to_owned()).or_insert(SourceTime::NEW);
        time.quiet = time.quiet.max(until);
        if let Some(least) = self.sources.values().filter_map(|time| time.told()).min().filter(|at| *at != i64::MIN) {
            self.watermark = Some(self.watermark.map_or(least, |at| at.max(least)));
            self.began = self.began.or(self.watermark);
        }
    }
}

/// The plan node. Its feed is put in before it runs, and taken out by running it.
pub(crate) struct SourceExec {
    feed: Mutex<Option<BoxStream<'static, Feed>>>,
    clock: Clock,
    names: Arc<[String]>,
    options: EngineOptions,
    shared: Shared,
    properties: Arc<PlanProperties>,
}

const PART: &str = "source";

impl SourceExec {
    /// `names` are the sources of this run by number. What a snapshot tells of others is left out: a source that is not
    /// read any more must not hold time back.
    pub(crate) fn new(
        options: EngineOptions,
        names: Arc<[String]>,
        shared: Shared,
        restore: Option<&Snapshot>,
    ) -> Result<Self, EngineError> {
        let mut clock = Clock::default();
        for (_, part) in restore.into_iter().flat_map(|snapshot| snapshot.under(PART)) {
            clock = part.json()?;
        }
        clock.sources.retain(|name, _| names.is_empty() || names.contains(name));
        let schema = with_fields(&posts::schema(), marker_fields());
        let boundedness = if options.live {
            Boundedness::Unbounded { requires_infinite_memory: false }
        } else {
            Boundedness::Bounded
        };
        let properties = Arc::new(one_partition(schema, boundedness));
        Ok(Self { feed: Mutex::new(None), clock, names, options, shared, properties })
    }

    /// Where time stands before the run.
    pub(crate) const fn watermark(&self) -> Option<i64> {
        self.clock.watermark
    }

    pub(crate) fn feed(&self, feed: BoxStream<'static, Feed>) {
        *self.feed.lock().unwrap_or_else(PoisonError::into_inner) = Some(feed);
    }
}

impl Debug for SourceExec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceExec").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl DisplayAs for SourceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = if self.options.live { "unbounded" } else { "bounded" };
        let seconds = self.options.disorder_micros / 1_000_000;
        write!(f, "SourceExec: {kind}, disorder={seconds}s, batch_rows={}", self.options.batch_rows)
    }
}

impl ExecutionPlan for SourceExec {
    fn name(&self) -> &str {
        "SourceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("SourceExec has no input") }
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(EngineError::Started)?;
        let schema = Arc::clone(self.properties.eq_properties.schema());
        let mut run = Run {
            clock: self.clock.clone(),
            names: Arc::clone(&self.names),
            options: self.options,
            shared: self.shared.clone(),
            schema: Arc::clone(&schema),
            unflushed: 0,
        };
        // What a state was saved under goes on.
        self.shared.lock().loaded.clone_from(&self.clock.loaded);
        let begin = match self.clock.step {
            0 => None,
            step => Some(Control::Load(step).batch(&schema)?),
        };
        let batches = feed.flat_map(move |item| {
            let mut out = VecDeque::new();
            let done = run.take(item, &mut out);
            let results = out.into_iter().map(Ok).chain(done.err().map(Err)).collect::<Vec<_>>();
            futures::stream::iter(results)
        });
        let batches = futures::stream::iter(begin.map(Ok)).chain(batches);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

struct Run {
    clock: Clock,
    names: Arc<[String]>,
    options: EngineOptions,
    shared: Shared,
    schema: SchemaRef,
    unflushed: usize,
}

impl Run {
    fn take(&mut self, item: Feed, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        let marker = match item {
            Feed::Posts { source, batch } => return self.posts(source, &batch, out),
            Feed::Quiet { source, until } => {
                self.clock.quiet(&self.name(source), until, self.options.disorder_micros);
                self.time()
            }
            Feed::Load { step } => {
                self.clock.step = step;
                sample::turn(&mut self.clock.loaded, step, self.clock.watermark, self.clock.youngest);
                self.shared.lock().loaded.clone_from(&self.clock.loaded);
                Some(Control::Load(step))
            }
            Feed::Barrier { epoch } => Some(Control::Barrier(epoch)),
            Feed::End => {
                self.shared.lock().epoch.counts.ahead +=
                    self.clock.sources.values_mut().map(SourceTime::give_up).sum::<u64>();
                Some(Control::End(self.clock.youngest.unwrap_or_default()))
            }
        };
        if let Some(marker) = marker {
            if marker.keeps_state() {
                let bytes = serde_json::to_vec(&self.clock).map_err(|error| EngineError::Run(error.to_string()))?;
                self.shared.lock().parts.push(Part::new(PART, bytes));
            }
            out.push_back(marker.batch(&self.schema)?);
        }
        Ok(())
    }

    /// A source that has no name is called by its number.
    fn name(&self, source: u16) -> String {
        self.names.get(usize::from(source)).map_or_else(|| source.to_string(), Clone::clone)
    }

    /// The marker that says where time stands.
    fn time(&self) -> Option<Control> {
        let epoch = &mut self.shared.lock().epoch;
        (epoch.watermark, epoch.began) = (self.clock.watermark, self.clock.began);
        self.clock.watermark.map(Control::Watermark)
    }

    fn posts(&mut self, source: u16, batch: &PostBatch, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        let rows = batch.record();
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let source = self.name(source);
        let (marks, ahead) =
            self.clock.rows(&source, posts::times(rows, self.options.ahead_micros)?, self.options.disorder_micros);
        {
            let counts = &mut self.shared.lock().epoch.counts;
            counts.read += rows.num_rows() as u64;
            counts.ahead += ahead;
        }
        let marks: ArrayRef = Arc::new(Int64Array::from(marks));
        let nulls = new_null_array(&DataType::Int64, rows.num_rows());
        let columns = rows.columns().iter().cloned().chain([nulls, marks]).collect();
        let whole = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let step = self.options.batch_rows.max(1);
        for start in (0..whole.num_rows()).step_by(step) {
            out.push_back(whole.slice(start, step.min(whole.num_rows() - start)));
        }
        if let Some(marker) = self.time() {
            out.push_back(marker.batch(&self.schema)?);
        }
        self.unflushed += whole.num_rows();
        if self.options.flush_rows > 0 && self.unflushed >= self.options.flush_rows {
            self.unflushed = 0;
            out.push_back(Control::Flush.batch(&self.schema)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(clock: &mut Clock, source: &str, times: &[i64]) -> Vec<i64> {
        clock.rows(source, times.iter().map(|at| (*at, Trust::Received)), 10).0
    }

    #[test]
    fn the_watermark_follows_the_youngest_post_and_never_goes_back() {
        let mut clock = Clock::default();
        assert_eq!(rows(&mut clock, "a", &[100, 90, 130, 120]), [90, 90, 120, 120]);
        assert_eq!(rows(&mut clock, "a", &[50]), [120]);
    }

    #[test]
    fn time_waits_for_the_slowest_source_that_does_not_sleep() {
        let mut clock = Clock::default();
        clock.quiet("b", i64::MIN, 10);
        assert_eq!(rows(&mut clock, "a", &[100]), [i64::MIN]);
        assert_eq!(clock.watermark, None);
        assert_eq!(rows(&mut clock, "b", &[50, 80]), [40, 70]);
        assert_eq!(rows(&mut clock, "a", &[200]), [70]);
        clock.quiet("b", 160, 10);
        assert_eq!(clock.watermark, Some(150));
        clock.quiet("b", i64::MAX, 10);
        assert_eq!(clock.watermark, Some(190));
        assert_eq!(rows(&mut clock, "b", &[100]), [190], "a sleeper that wakes late does not turn time back");
    }

    #[test]
    fn rows_from_the_future_do_not_move_time() {
        let mut clock = Clock::default();
        let (marks, ahead) =
            clock.rows("a", [(100, Trust::Received), (9_000, Trust::Ahead), (101, Trust::Received)].into_iter(), 10);
        assert_eq!((marks, ahead), (vec![90, 90, 91], 1));
    }

    /// The watermarks in seconds, and how many posts were ahead; times in seconds, no disorder.
    fn alone(seconds: &[i64]) -> (Vec<Option<i64>>, u64) {
        let mut clock = Clock::default();
        let (mut marks, mut ahead) = (Vec::new(), 0);
        for at in seconds {
            let (mark, wrong) = clock.rows("a", std::iter::once((at * 1_000_000, Trust::Alone)), 0);
            marks.extend(mark.iter().map(|mark| (*mark != i64::MIN).then_some(mark / 1_000_000)));
            ahead += wrong;
        }
        (marks, ahead + clock.sources.values_mut().map(SourceTime::give_up).sum::<u64>())
    }

    #[test]
    fn one_post_alone_does_not_let_time_jump() {
        let far = 2_000_000_000;
        assert_eq!(alone(&[100, 101, far, 102]), (vec![None, Some(101), Some(101), Some(102)], 1));
        assert_eq!(alone(&[100, 101, far, far, 102]).1, 2, "the same time again is no other witness");
        assert_eq!(alone(&[far, 100, 101]), (vec![None, None, Some(101)], 1), "nor does the first");
        assert_eq!(alone(&[100, 101, far]).1, 1, "nor the last");
        assert_eq!(alone(&[100]).1, 0);
    }

    #[test]
    fn a_recording_may_have_long_pauses() {
        let day = 86_400;
        let (marks, ahead) = alone(&[100, 101, 101 + 3 * day, 102 + 3 * day, 180 + 3 * day]);
        assert_eq!((marks.last(), ahead), (Some(&Some(180 + 3 * day)), 0));
        let (marks, ahead) = alone(&[0, 2 * day, 4 * day, 6 * day]);
        assert_eq!((marks, ahead), (vec![None, Some(0), Some(2 * day), Some(4 * day)], 1), "one post behind");
    }
}
