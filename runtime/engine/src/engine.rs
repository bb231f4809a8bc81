//! The engine: one physical plan from source to rules, run over a feed. Live and replay are the same plan; only the
//! feed differs.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_execution::TaskContext;
use datafusion_physical_plan::{ExecutionPlan, displayable};
use futures::{Stream, StreamExt};
use mon_compiler::matching::{MatchOptions, Matcher};
use mon_compiler::plan::{Plan, QueryId};

use crate::control::{Control, Feed};
use crate::dedupe::DedupeSpec;
use crate::error::{BoxError, EngineError};
use crate::judge::{self, Formulas};
use crate::layout::{Layout, layout};
use crate::matching::MatchSpec;
use crate::options::EngineOptions;
use crate::output::Epoch;
use crate::rule::RuleSpec;
use crate::sampler::Vital;
use crate::shared::{Restored, Shared};
use crate::snapshot::Snapshot;
use crate::source::SourceExec;
use crate::spill::Spill;
use crate::stage::{StageExec, StageSpec};
use crate::window::WindowSpec;

/// A plan made ready to run once.
#[derive(Debug)]
pub struct Engine {
    plan: Arc<Plan>,
    options: EngineOptions,
    layout: Arc<Layout>,
    matcher: Arc<Matcher>,
    vital: Option<Vital>,
    formulas: Arc<Vec<Formulas>>,
    sources: Arc<[String]>,
    spill: Arc<Spill>,
    restored: Option<Snapshot>,
    started: bool,
}

/// The physical plan and the two ends that are held on to.
struct Physical {
    source: Arc<SourceExec>,
    root: Arc<dyn ExecutionPlan>,
    shared: Shared,
}

impl Engine {
    /// Compiles everything that the plan's monitors need.
    ///
    /// # Errors
    /// When an aggregate is unknown or does not fit its fields, or a limit of the matcher is met.
    pub fn new(plan: Arc<Plan>, options: EngineOptions) -> Result<Self, EngineError> {
        let layout = Arc::new(layout(&plan)?);
        let queries = wanted(&plan, &layout);
        let matching = layout.matching_plan(&plan);
        let matcher = Arc::new(Matcher::build(&matching, &queries, options.backend, &MatchOptions::default())?);
        let vital = Vital::new(&matching, &layout, options.backend)?;
        let formulas = Arc::new(judge::compile(&plan, options.backend)?);
        let (sources, spill) = (Arc::default(), spill(std::env::temp_dir(), options));
        let engine =
            Self { plan, options, layout, matcher, vital, formulas, sources, spill, restored: None, started: false };
        check_markers(&engine.physical()?.root)?;
        Ok(engine)
    }

    /// Names the sources by their number in the feed; a number without a name stands for itself. A state tells how far
    /// each source was by its name: what it tells of sources that are not named here is forgotten.
    pub fn name_sources(&mut self, names: impl IntoIterator<Item = String>) {
        self.sources = names.into_iter().collect();
    }

    /// Says in which folder windows are put aside that do not fit into memory; else it is that of the system for what is temporary.
    /// What is put aside there has no name and is gone with this process.
    pub fn spill_into(&mut self, folder: PathBuf) {
        self.spill = spill(folder, self.options);
    }

    /// Starts from a state that a barrier or an end gave. Windows of monitors whose window, keys and measures are the same go
    /// on; others start anew.
    ///
    /// # Errors
    /// When a part of the snapshot cannot be read.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), EngineError> {
        self.restored = Some(snapshot);
        let physical = self.physical()?;
        drop(physical.start_stages()?);
        Ok(())
    }

    /// The plan of the rules that this engine runs.
    #[must_use]
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// DataFusion's indented plan, root first.
    ///
    /// # Errors
    /// When the state to start from cannot be read.
    pub fn explain(&self) -> Result<String, EngineError> {
        Ok(displayable(self.physical()?.root.as_ref()).indent(false).to_string())
    }

    /// Runs over a feed until it ends. A feed that ends without [`Feed::End`] is a stop: windows stay open, and what
    /// came after the last barrier is not given out, because it will be derived again from the state of the barrier.
    ///
    /// # Errors
    /// When a limit is met or the consumer refuses an epoch.
    pub async fn run<E: Into<BoxError>>(
        &mut self,
        feed: impl Stream<Item = Feed> + Send + 'static,
        mut on_epoch: impl FnMut(Epoch) -> Result<(), E>,
    ) -> Result<(), EngineError> {
        if std::mem::replace(&mut self.started, true) {
            return Err(EngineError::Started);
        }
        let physical = self.physical()?;
        // From here on the operators have it, and change it.
        self.restored = None;
        physical.source.feed(feed.boxed());
        let mut batches = physical.root.execute(0, Arc::new(TaskContext::default()))?;
        while let Some(batch) = batches.next().await {
            let (epoch, youngest) = match Control::read(&batch?)? {
                Some(Control::Barrier(epoch)) => (Some(epoch), None),
                Some(Control::Flush) => (None, None),
                Some(Control::End(youngest)) => (None, Some(youngest)),
                Some(Control::Watermark(_) | Control::Load(_)) | None => continue,
            };
            let last = youngest.is_some();
            let filled = physical.shared.take(epoch.is_some() || last);
            on_epoch(Epoch { epoch, last, youngest, ..filled }).map_err(|error| EngineError::Consumer(error.into()))?;
        }
        Ok(())
    }

    fn physical(&self) -> Result<Physical, EngineError> {
        let shared = Shared::new(self.plan.monitors.len());
        let restore = self.restored.clone();
        let source =
            Arc::new(SourceExec::new(self.options, Arc::clone(&self.sources), shared.clone(), restore.as_ref())?);
        shared.lock().epoch.watermark = source.watermark();
        let dedupe = DedupeSpec {
            horizon_micros: self.options.dedupe_micros,
            keys_max: self.options.limits.dedupe_keys_max,
            shared: shared.clone(),
            restore: Restored::new(restore.clone()),
        };
        let (matching, window, rule) = self.specs(&shared, restore);
        let root = Arc::clone(&source) as Arc<dyn ExecutionPlan>;
        let root = over(rule, over(window, over(matching, over(dedupe, root))));
        Ok(Physical { source, root, shared })
    }

    /// What stands behind deduplication, in its order.
    pub(crate) fn specs(&self, shared: &Shared, restore: Option<Snapshot>) -> (MatchSpec, WindowSpec, RuleSpec) {
        let matching = MatchSpec {
            plan: Arc::clone(&self.plan),
            layout: Arc::clone(&self.layout),
            matcher: Arc::clone(&self.matcher),
            vital: self.vital.clone(),
            shared: shared.clone(),
            details: self.options.live,
        };
        let window = WindowSpec {
            layout: Arc::clone(&self.layout),
            limits: self.options.limits,
            shared: shared.clone(),
            restore: Restored::new(restore.clone()),
            spill: Arc::clone(&self.spill),
        };
        let rule = RuleSpec {
            plan: Arc::clone(&self.plan),
            layout: Arc::clone(&self.layout),
            formulas: Arc::clone(&self.formulas),
            limits: self.options.limits,
            shared: shared.clone(),
            restore: Restored::new(restore),
        };
        (matching, window, rule)
    }
}

impl Physical {
    /// Starts every operator over an empty feed, which reads their saved states.
    fn start_stages(&self) -> Result<impl Sized, EngineError> {
        self.source.feed(futures::stream::empty().boxed());
        Ok(self.root.execute(0, Arc::new(TaskContext::default()))?)
    }
}

fn spill(folder: PathBuf, options: EngineOptions) -> Arc<Spill> {
    Arc::new(Spill::new(folder, options.limits.spill_bytes_max))
}

pub(crate) fn over<S: StageSpec>(spec: S, input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    Arc::new(StageExec::new(Arc::new(spec), input))
}

/// The queries that a run needs: those of monitors, and filters. Named queries that nothing but other queries use are
/// part of those.
fn wanted(plan: &Plan, layout: &Layout) -> Vec<QueryId> {
    let known = plan.queries.len();
    let query = |at: usize| u32::try_from(at).ok().map(QueryId);
    let queries = (0..layout.queries.len()).filter_map(query);
    queries.filter(|id| id.0 as usize >= known || !layout.listeners(*id).is_empty()).collect()
}

/// Operators that pass markers on, each batch in its place.
const TRANSPARENT: &[&str] = &["SourceExec", "DedupeExec", "MatchExec", "WindowExec", "RuleExec"];

/// Refuses a plan in which an operator would swallow, merge or reorder markers.
fn check_markers(root: &Arc<dyn ExecutionPlan>) -> Result<(), EngineError> {
    let mut stranger = None;
    root.apply(|node| {
        if TRANSPARENT.contains(&node.name()) {
            return Ok(TreeNodeRecursion::Continue);
        }
        stranger = Some(node.name().to_owned());
        Ok(TreeNodeRecursion::Stop)
    })?;
    stranger.map_or(Ok(()), |operator| Err(EngineError::MarkerUnsafe { operator }))
}

#[cfg(test)]
mod tests {
    use datafusion_physical_plan::coalesce_partitions::CoalescePartitionsExec;
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_plan_with_an_operator_that_hides_markers_is_refused() {
        let engine = Engine::new(Arc::new(Plan::default()), EngineOptions::default()).unwrap();
        let root = engine.physical().unwrap().root;
        check_markers(&root).unwrap();
        let spoiled: Arc<dyn ExecutionPlan> = Arc::new(CoalescePartitionsExec::new(root));
        let error = check_markers(&spoiled).unwrap_err();
        expect!["`CoalescePartitionsExec` stands between the posts and the windows and would hide the passing of time from them"]
            .assert_eq(&error.to_string());
    }
}
