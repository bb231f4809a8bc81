//! An accumulator that keeps its values and lets the real function see them once, sorted. Functions whose floating
//! point depends on the order of additions thus give the same bits for the same posts.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, new_empty_array};
use arrow::compute::{SortColumn, concat, lexsort_to_indices, take};
use arrow::datatypes::DataType;
use datafusion_common::utils::SingleRowListArrayBuilder;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Accumulator;
use datafusion_physical_expr::aggregate::AggregateFunctionExpr;

/// One group's values. Its state is one list for each argument.
#[derive(Debug)]
pub(crate) struct Collect {
    inner: Arc<AggregateFunctionExpr>,
    arguments: Vec<(DataType, Vec<ArrayRef>)>,
}

impl Collect {
    pub(crate) fn new(inner: Arc<AggregateFunctionExpr>, types: Vec<DataType>) -> Self {
        Self { inner, arguments: types.into_iter().map(|ty| (ty, Vec::new())).collect() }
    }

    fn push(&mut self, values: impl IntoIterator<Item = ArrayRef>) {
        for ((_, chunks), array) in self.arguments.iter_mut().zip(values) {
            chunks.push(array);
        }
    }

    fn joined(&self) -> Result<Vec<ArrayRef>> {
        let join = |(ty, chunks): &(DataType, Vec<ArrayRef>)| {
            if chunks.is_empty() {
                return Ok(new_empty_array(ty));
            }
            let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
            Ok(concat(&chunks)?)
        };
        self.arguments.iter().map(join).collect()
    }
}

impl Accumulator for Collect {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.push(values.iter().cloned());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let values = self.joined()?;
        let columns: Vec<SortColumn> =
            values.iter().map(|values| SortColumn { values: Arc::clone(values), options: None }).collect();
        let order = lexsort_to_indices(&columns, None)?;
        let sorted = values.iter().map(|values| take(values, &order, None)).collect::<Result<Vec<_>, _>>()?;
        let mut inner = self.inner.create_accumulator()?;
        inner.update_batch(&sorted)?;
        inner.evaluate()
    }

    fn size(&self) -> usize {
        let bytes = |chunks: &Vec<ArrayRef>| chunks.iter().map(|chunk| chunk.get_array_memory_size()).sum::<usize>();
        size_of::<Self>() + self.arguments.iter().map(|(_, chunks)| bytes(chunks)).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = self.joined()?;
        for (_, chunks) in &mut self.arguments {
            chunks.clear();
        }
        Ok(values.into_iter().map(|values| SingleRowListArrayBuilder::new(values).build_list_scalar()).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in 0..states.first().map_or(0, |state| state.len()) {
            self.push(states.iter().map(|state| state.as_list::<i32>().value(row)));
        }
        Ok(())
    }
}
