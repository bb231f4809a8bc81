//! A recording that is read once and replayed many times: its posts without repeats, each with the watermark behind it. Since
//! every post knows how time stood at it, monitors can be run over the posts that concern them alone.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use datafusion_execution::TaskContext;
use datafusion_physical_plan::ExecutionPlan;
use futures::StreamExt;
use mon_compiler::plan::Plan;
use mon_post::PostBatch;

use crate::control::{Control, Feed};
use crate::dedupe::DedupeSpec;
use crate::engine::{Engine, over};
use crate::error::EngineError;
use crate::options::EngineOptions;
use crate::output::Epoch;
use crate::posts;
use crate::shared::{Restored, Shared};
use crate::source::SourceExec;
use crate::stage::{Stage, StageSpec};

/// The posts of a recording in the order in which they arrived, as monitors see them.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    posts: Vec<PostBatch>,
    /// The same with their watermarks.
    marked: Vec<RecordBatch>,
    watermark: Option<i64>,
    began: Option<i64>,
    youngest: Option<i64>,
    duplicates: u64,
}

impl Recording {
    /// Reads posts as a replay does it. None where `stop` said so, which is asked between batches.
    ///
    /// # Errors
    /// When a batch lacks a column of posts.
    pub fn read(posts: Vec<PostBatch>, stop: &dyn Fn() -> bool) -> Result<Option<Self>, EngineError> {
        let options = EngineOptions::default();
        let shared = Shared::new(0);
        let source = Arc::new(SourceExec::new(options, Arc::default(), shared.clone(), None)?);
        let dedupe = DedupeSpec {
            horizon_micros: options.dedupe_micros,
            keys_max: options.limits.dedupe_keys_max,
            shared: shared.clone(),
            restore: Restored::new(None),
        };
        let feed = posts.into_iter().map(|batch| Feed::Posts { source: 0, batch }).chain([Feed::End]);
        source.feed(futures::stream::iter(feed.collect::<Vec<_>>()).boxed());
        let root = over(dedupe, source as Arc<dyn ExecutionPlan>);
        let mut batches = root.execute(0, Arc::new(TaskContext::default()))?;
        let mut recording = Self::default();
        while let Some(batch) = futures::executor::block_on(batches.next()) {
            if stop() {
                return Ok(None);
            }
            let batch = batch?;
            match Control::read(&batch)? {
                None => {
                    recording.posts.push(posts::open(&batch)?);
                    recording.marked.push(batch);
                }
                Some(Control::End(youngest)) if !recording.posts.is_empty() => recording.youngest = Some(youngest),
                Some(_) => {}
            }
        }
        let epoch = &shared.lock().epoch;
        (recording.watermark, recording.began) = (epoch.watermark, epoch.began);
        recording.duplicates = epoch.counts.duplicates;
        Ok(Some(recording))
    }

    #[must_use]
    pub fn posts(&self) -> &[PostBatch] {
        &self.posts
    }

    /// Posts that were left out because their event had been seen.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Event time at which time began: the first watermark.
    #[must_use]
    pub const fn began(&self) -> Option<i64> {
        self.began
    }

    /// Event time of the youngest post.
    #[must_use]
    pub const fn youngest(&self) -> Option<i64> {
        self.youngest
    }

    /// Runs the monitors of a plan over some of the posts: for each batch of [`Self::posts`] the rows, ascending. Where every post
    /// that a monitor's `match` takes is among them, what comes of it is what [`crate::replay`] gives of all posts, but for the
    /// posts that are counted as read and as not matched. None where `stop` said so, which is asked between batches.
    ///
    /// # Errors
    /// When the engine cannot be built, or a limit is met.
    pub fn replay(
        &self,
        plan: &Arc<Plan>,
        rows: &[Vec<u32>],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Epoch>, EngineError> {
        let engine = Engine::new(Arc::clone(plan), EngineOptions::default())?;
        let shared = Shared::new(plan.monitors.len());
        {
            let epoch = &mut shared.lock().epoch;
            (epoch.began, epoch.watermark) = (self.began, self.watermark);
        }
        let (matching, window, rule) = engine.specs(&shared, None);
        let context = TaskContext::default();
        let mut line = Line { stages: vec![matching.start(&context)?, window.start(&context)?, rule.start(&context)?] };
        for (marked, rows) in self.marked.iter().zip(rows) {
            if stop() {
                return Ok(None);
            }
            if !rows.is_empty() {
                line.data(0, take_record_batch(marked, &UInt32Array::from(rows.clone()))?)?;
            }
        }
        if let Some(watermark) = self.watermark {
            line.control(Control::Watermark(watermark))?;
        }
        line.control(Control::End(self.youngest.unwrap_or_default()))?;
        let filled = shared.take(false);
        Ok(Some(Epoch { last: true, youngest: self.youngest, ..filled }))
    }
}

/// Operators in a row, without the plan nodes around them.
struct Line {
    stages: Vec<Box<dyn Stage>>,
}

impl Line {
    fn data(&mut self, at: usize, batch: RecordBatch) -> Result<()> {
        let Some(stage) = self.stages.get_mut(at) else { return Ok(()) };
        let mut out = Vec::new();
        stage.data(batch, &mut out)?;
        out.into_iter().try_for_each(|batch| self.data(at + 1, batch))
    }

    /// Each operator gives out what it has before the next one hears of the marker.
    fn control(&mut self, marker: Control) -> Result<()> {
        for at in 0..self.stages.len() {
            let mut out = Vec::new();
            if let Some(stage) = self.stages.get_mut(at) {
                stage.control(marker, &mut out)?;
            }
            out.into_iter().try_for_each(|batch| self.data(at + 1, batch))?;
        }
        Ok(())
    }
}
