//! The source operator: turns the feed into batches with markers, and decides the watermark row by row in the order
//! of arrival, so that lateness and firing are the same at any batch size and speed.
//!
//! ```text
//! watermark of a source = max(event_at so far, what it said by `Quiet`) - disorder
//! watermark             = min over the sources that do not sleep, never going back
//! ```

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
use crate::output::{Part, Snapshot};
use crate::posts;
use crate::shared::Shared;
use crate::stage::one_partition;

/// Time as the feed has told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// By name: numbers mean other sources when the configuration has changed.
    sources: BTreeMap<String, SourceTime>,
    watermark: Option<i64>,
    /// Time of the youngest post.
    youngest: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SourceTime {
    /// Youngest post, less disorder; `i64::MIN` before the first.
    posts: i64,
    /// What `Quiet` promised, less disorder; `i64::MAX` while it sleeps.
    quiet: i64,
}

impl SourceTime {
    const NEW: Self = Self { posts: i64::MIN, quiet: i64::MIN };

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
    fn rows(&mut self, source: &str, rows: impl Iterator<Item = (i64, bool)>, disorder: i64) -> (Vec<i64>, u64) {
        let others = self.others(source);
        let mut time = self.sources.get(source).copied().unwrap_or(SourceTime::NEW);
        if time.quiet == i64::MAX {
            time.quiet = i64::MIN; // It woke up.
        }
        let mut watermark = self.watermark.unwrap_or(i64::MIN);
        let mut youngest = self.youngest.unwrap_or(i64::MIN);
        let mut ahead = 0;
        let marks = rows.map(|(at, is_ahead)| {
            if is_ahead {
                ahead += 1;
            } else {
                youngest = youngest.max(at);
                time.posts = time.posts.max(at.saturating_sub(disorder));
                watermark = watermark.max(others.min(time.posts.max(time.quiet)));
            }
            watermark
        });
        let marks = marks.collect();
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
            clock = serde_json::from_slice(&part.bytes)
                .map_err(|error| EngineError::Snapshot { part: part.name.clone(), reason: error.to_string() })?;
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
        let batches = feed.flat_map(move |item| {
            let mut out = VecDeque::new();
            let done = run.take(item, &mut out);
            let results = out.into_iter().map(Ok).chain(done.err().map(Err)).collect::<Vec<_>>();
            futures::stream::iter(results)
        });
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
            Feed::Barrier { epoch } => Some(Control::Barrier(epoch)),
            Feed::End => Some(Control::End(self.clock.youngest.unwrap_or_default())),
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
        self.shared.lock().epoch.watermark = self.clock.watermark;
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
        clock.rows(source, times.iter().map(|at| (*at, false)), 10).0
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
        let (marks, ahead) = clock.rows("a", [(100, false), (9_000, true), (101, false)].into_iter(), 10);
        assert_eq!((marks, ahead), (vec![90, 90, 91], 1));
    }
}
