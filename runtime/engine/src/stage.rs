//! The frame that our physical operators share: one input, one partition, batches in, batches out, markers passed on.
//! What differs between them is a [`Stage`]; everything that DataFusion asks of a plan node is answered here.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{Result, exec_err, internal_err};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;

use crate::control::Control;

/// The running part of an operator.
pub(crate) trait Stage: Send {
    /// Takes a batch of posts (or rows), never a marker.
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()>;

    /// Takes a marker before it is passed on; what it pushes goes out before the marker.
    fn control(&mut self, marker: Control, out: &mut Vec<RecordBatch>) -> Result<()>;
}

/// What a kind of operator is before it runs.
pub(crate) trait StageSpec: Debug + Send + Sync + 'static {
    const NAME: &'static str;

    /// What EXPLAIN shows behind the name.
    fn describe(&self) -> String;
    fn schema(&self, input: &SchemaRef) -> SchemaRef;
    fn start(&self, context: &TaskContext) -> Result<Box<dyn Stage>>;
}

/// A plan node around a [`StageSpec`].
pub(crate) struct StageExec<S> {
    spec: Arc<S>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl<S: StageSpec> StageExec<S> {
    pub(crate) fn new(spec: Arc<S>, input: Arc<dyn ExecutionPlan>) -> Self {
        let schema = spec.schema(&input.schema());
        let properties = Arc::new(one_partition(schema, input.properties().boundedness));
        Self { spec, input, properties }
    }
}

/// Properties of a node with one partition that gives out what it has as it goes.
pub(crate) fn one_partition(schema: SchemaRef, boundedness: Boundedness) -> PlanProperties {
    let equivalences = EquivalenceProperties::new(schema);
    PlanProperties::new(equivalences, Partitioning::UnknownPartitioning(1), EmissionType::Incremental, boundedness)
}

impl<S: StageSpec> Debug for StageExec<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct(S::NAME).field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl<S: StageSpec> DisplayAs for StageExec<S> {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", S::NAME, self.spec.describe())
    }
}

impl<S: StageSpec> ExecutionPlan for StageExec<S> {
    fn name(&self) -> &str {
        S::NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = children.as_slice() else { return internal_err!("{} has one input", S::NAME) };
        Ok(Arc::new(Self::new(Arc::clone(&self.spec), Arc::clone(input))))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return exec_err!("{} has one partition", S::NAME);
        }
        let mut stage = self.spec.start(&context)?;
        let schema = Arc::clone(self.properties.eq_properties.schema());
        let own = Arc::clone(&schema);
        let input = self.input.execute(0, context)?;
        let batches = input.flat_map(move |batch| {
            let mut out = Vec::new();
            let done = batch.and_then(|batch| turn(stage.as_mut(), &own, batch, &mut out));
            let results = out.into_iter().map(Ok).chain(done.err().map(Err)).collect::<Vec<_>>();
            futures::stream::iter(results)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

fn turn(stage: &mut dyn Stage, schema: &SchemaRef, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
    if batch.num_rows() == 0 {
        return Ok(());
    }
    match Control::read(&batch)? {
        None => stage.data(batch, out),
        Some(marker) => {
            stage.control(marker, out)?;
            out.push(marker.batch(schema)?);
            Ok(())
        }
    }
}
