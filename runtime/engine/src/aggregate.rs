//! Measures as DataFusion aggregates, by name, in a form whose results do not depend on where batches, panes and
//! barriers lie: sums and averages in fixed point, every function whose floating point depends on the order computed once
//! over the sorted values, and measures of the language's own as [`crate::measures`] keeps them.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::compute::{can_cast_types, cast};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Schema};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::type_coercion::functions::fields_with_udf;
use datafusion_expr::{AggregateUDF, EmitTo, GroupsAccumulator};
use datafusion_functions_aggregate::all_default_aggregate_functions;
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::GroupsAccumulatorAdapter;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion_physical_expr::expressions::{Column, Literal};
use mon_compiler::plan::{AggregateArg, AggregatePlan, Cond};
use mon_post::{FieldId, FieldType, arrow_type};

use crate::collect::Collect;
use crate::measures;

/// Functions whose result is the same for any order and any split of their values.
const EXACT: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "approx_distinct",
    "median",
    "percentile_cont",
    "bool_and",
    "bool_or",
    "bit_and",
    "bit_or",
    "bit_xor",
];
/// Functions that are computed in fixed point, because floating point sums depend on the order.
const FIXED_POINT: &[&str] = &["sum", "avg", "estimated_sum", "estimated_avg"];
/// Digits behind the point. 38 digits in all leave room for the sum of more posts than there are.
const DECIMAL: DataType = DataType::Decimal128(38, 12);
const INTEGER: DataType = DataType::Decimal128(38, 6);

/// Where an argument's values come from.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Field(FieldId, DataType),
    Constant(ScalarValue),
    /// How sure the model is of the field's value.
    Confidence(FieldId),
    /// Whether the query of this number matches the post.
    Query(u32),
    /// The post's story, as bytes.
    Story,
    /// How many authors the post's own stands for, by the steps of this ladder.
    Weight(Arc<[u32]>),
    /// The post's tags.
    Tags,
    /// The pages that the post links to.
    Links,
}

/// One aggregate, ready to be computed for groups of posts.
#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    pub(crate) arguments: Vec<Argument>,
    /// Query that tells which posts count, where there is a filter.
    pub(crate) filter: Option<u32>,
    inner: Arc<AggregateFunctionExpr>,
    collected: bool,
}

/// Why an aggregate cannot be.
pub(crate) enum Refusal {
    Unknown,
    Type(String),
}

impl Aggregate {
    /// `query` gives the number of the query that a condition becomes. Where there is a `ladder`, a part of the authors may be heard, and the
    /// aggregate is an estimate.
    pub(crate) fn resolve(
        plan: &AggregatePlan,
        ladder: &[u32],
        query: &mut dyn FnMut(&Arc<Cond>) -> u32,
    ) -> Result<Self, Refusal> {
        let filter = plan.filter.as_ref().map(&mut *query);
        let estimate = (!ladder.is_empty()).then(|| estimate_of(plan)).transpose()?;
        let wanted = estimate.map_or_else(|| plan.function.to_ascii_lowercase(), str::to_owned);
        let own = measures::find(&wanted);
        let known = |function: &Arc<AggregateUDF>| function.name() == wanted || function.aliases().contains(&wanted);
        let function = match own {
            Some(own) => Arc::clone(own),
            None => all_default_aggregate_functions().into_iter().find(known).ok_or(Refusal::Unknown)?,
        };
        let refuse = |error: datafusion_common::DataFusionError| Refusal::Type(error.strip_backtrace());
        let mut arguments = arguments(plan, &function, own.is_some(), query).map_err(refuse)?;
        if estimate.is_some() {
            arguments.retain(|argument| !matches!(argument, Argument::Constant(_)));
            arguments.insert(0, Argument::Weight(ladder.into()));
        }
        let inner = build(&function, &arguments, plan.distinct && estimate.is_none()).map_err(refuse)?;
        let result = inner.field().data_type().clone();
        if !can_cast_types(&result, &DataType::Float64) {
            return Err(Refusal::Type(format!("its result is no number but {result}")));
        }
        let collected = own.is_none() && !EXACT.contains(&function.name());
        let aggregate = Self { arguments, filter, inner: Arc::new(inner), collected };
        // Some functions refuse a type only when the first group is made.
        aggregate.of_nothing().map_err(refuse)?;
        aggregate.state_fields().map_err(refuse)?;
        Ok(aggregate)
    }

    /// A fresh accumulator for any number of groups.
    pub(crate) fn accumulator(&self) -> Result<Box<dyn GroupsAccumulator>> {
        let inner = Arc::clone(&self.inner);
        if self.collected {
            let types: Vec<DataType> = self.types();
            return Ok(Box::new(GroupsAccumulatorAdapter::new(move || {
                Ok(Box::new(Collect::new(Arc::clone(&inner), types.clone())))
            })));
        }
        // The grouped average of decimals divides by the count of groups that have no value, which is zero.
        let divides_by_zero = inner.fun().name() == "avg";
        if inner.groups_accumulator_supported() && !divides_by_zero {
            return inner.create_groups_accumulator();
        }
        Ok(Box::new(GroupsAccumulatorAdapter::new(move || inner.create_accumulator())))
    }

    /// The columns of its state.
    pub(crate) fn state_fields(&self) -> Result<Vec<FieldRef>> {
        if !self.collected {
            return self.inner.state_fields();
        }
        let list = |ty: DataType| Arc::new(Field::new("values", DataType::new_list(ty, true), true));
        Ok(self.types().into_iter().map(list).collect())
    }

    /// The queries that it asks of each post.
    pub(crate) fn queries(&self) -> impl Iterator<Item = u32> {
        let asked = self.arguments.iter().filter_map(|argument| match argument {
            Argument::Query(query) => Some(*query),
            _ => None,
        });
        self.filter.into_iter().chain(asked)
    }

    fn types(&self) -> Vec<DataType> {
        self.arguments.iter().map(Argument::data_type).collect()
    }

    /// The value over no posts at all: 0 for counts, absent for most others.
    pub(crate) fn of_nothing(&self) -> Result<Option<f64>> {
        if let [Argument::Weight(_)] = self.arguments.as_slice()
            && self.function() == "max"
        {
            // Where no post came, none was left out, unless it is known better.
            return Ok(Some(1.0));
        }
        // A grouped accumulator without rows may answer 0 where SQL says null; the single one answers as SQL does.
        let value = self.inner.create_accumulator()?.evaluate()?;
        Ok(numbers(&value.to_array()?)?.iter().next().flatten())
    }

    /// The name of the DataFusion function.
    pub(crate) fn function(&self) -> &str {
        self.inner.fun().name()
    }
}

impl Argument {
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Field(_, data_type) => data_type.clone(),
            Self::Constant(value) => value.data_type(),
            Self::Confidence(_) => DataType::Float64,
            Self::Query(_) => DataType::Boolean,
            Self::Story => DataType::Binary,
            Self::Weight(_) => DataType::Int64,
            Self::Tags | Self::Links => arrow_type(FieldType::TextList),
        }
    }
}

/// The function that estimates an aggregate from a part of the authors.
fn estimate_of(plan: &AggregatePlan) -> Result<&'static str, Refusal> {
    Ok(match (plan.function.as_str(), plan.distinct) {
        ("count", false) => "estimated_count",
        ("count", true) => "estimated_authors",
        ("sum", false) => "estimated_sum",
        ("avg", false) => "estimated_avg",
        ("reach", _) => "estimated_reach",
        ("heard_one_in", _) => "max",
        _ => return Err(Refusal::Type("it can't be estimated from a part of the authors".to_owned())),
    })
}

/// Results as numbers; NaN and infinity are absent, because no condition could hold on them in a stable way.
pub(crate) fn numbers(values: &ArrayRef) -> Result<Float64Array> {
    let numbers = cast(values, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    Ok(numbers.iter().map(|value| value.filter(|number| number.is_finite())).collect())
}

/// What an accumulator came to: numbers, or the texts of one that has no number.
pub(crate) fn results(accumulator: &mut dyn GroupsAccumulator) -> Result<ArrayRef> {
    let values = accumulator.evaluate(EmitTo::All)?;
    if *values.data_type() == DataType::Utf8 { Ok(values) } else { Ok(Arc::new(numbers(&values)?)) }
}

/// Which of the posts an aggregate counts.
pub(crate) fn filter_array(kept: impl Iterator<Item = bool>) -> BooleanArray {
    kept.map(Some).collect()
}

/// `own` functions take their arguments as they are, times as microseconds.
fn arguments(
    plan: &AggregatePlan,
    function: &AggregateUDF,
    own: bool,
    query: &mut dyn FnMut(&Arc<Cond>) -> u32,
) -> Result<Vec<Argument>> {
    if plan.args.is_empty() {
        return Ok(vec![Argument::Constant(ScalarValue::Int64(Some(1)))]);
    }
    let fixed = FIXED_POINT.contains(&function.name());
    let wished = plan.args.iter().map(|argument| match argument {
        AggregateArg::Number(_) | AggregateArg::Confidence(_) => DataType::Float64,
        AggregateArg::Truth(_) => DataType::Boolean,
        AggregateArg::Story => DataType::Binary,
        AggregateArg::Tags | AggregateArg::Links => arrow_type(FieldType::TextList),
        AggregateArg::Field(id) => id.get().map_or(DataType::Null, |field| match field.ty {
            FieldType::Integer { .. } if fixed => INTEGER,
            FieldType::Decimal { .. } if fixed => DECIMAL,
            // The sketch knows texts and whole numbers; as texts, different values stay different.
            FieldType::Decimal { .. } | FieldType::Flag if function.name() == "approx_distinct" => DataType::Utf8,
            FieldType::Time if own => DataType::Int64,
            other => arrow_type(other),
        }),
    });
    let fields: Vec<FieldRef> =
        wished.enumerate().map(|(at, ty)| Arc::new(Field::new(format!("a{at}"), ty, true))).collect();
    let coerced = if own { fields } else { fields_with_udf(&fields, function)? };
    let pairs = plan.args.iter().zip(&coerced);
    pairs
        .map(|(argument, field)| match argument {
            AggregateArg::Field(id) => Ok(Argument::Field(*id, field.data_type().clone())),
            AggregateArg::Number(number) => {
                Ok(Argument::Constant(ScalarValue::Float64(Some(*number)).cast_to(field.data_type())?))
            }
            AggregateArg::Confidence(id) => Ok(Argument::Confidence(*id)),
            AggregateArg::Truth(cond) => Ok(Argument::Query(query(cond))),
            AggregateArg::Story => Ok(Argument::Story),
            AggregateArg::Tags => Ok(Argument::Tags),
            AggregateArg::Links => Ok(Argument::Links),
        })
        .collect()
}

fn build(function: &Arc<AggregateUDF>, arguments: &[Argument], distinct: bool) -> Result<AggregateFunctionExpr> {
    let fields: Vec<Field> =
        arguments.iter().enumerate().map(|(at, arg)| Field::new(format!("a{at}"), arg.data_type(), true)).collect();
    let exprs: Vec<Arc<dyn PhysicalExpr>> = arguments
        .iter()
        .enumerate()
        .map(|(at, argument)| -> Arc<dyn PhysicalExpr> {
            match argument {
                Argument::Constant(value) => Arc::new(Literal::new(value.clone())),
                _ => Arc::new(Column::new(&format!("a{at}"), at)),
            }
        })
        .collect();
    AggregateExprBuilder::new(Arc::clone(function), exprs)
        .schema(Arc::new(Schema::new(fields)))
        .alias(function.name())
        .with_distinct(distinct)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(function: &str, distinct: bool, args: Vec<AggregateArg>) -> AggregatePlan {
        AggregatePlan { function: function.into(), distinct, args, filter: None }
    }

    fn sentiment() -> AggregateArg {
        AggregateArg::Field(mon_post::find("sentiment").unwrap())
    }

    /// The result over these values in one go, and drained into states and merged after each value, in any order.
    fn both(plan: &AggregatePlan, values: &[f64]) -> (Option<f64>, Option<f64>) {
        let Ok(aggregate) = Aggregate::resolve(plan, &[], &mut |_| 0) else { panic!("{plan:?} is refused") };
        let inputs = |values: &[f64]| -> Vec<ArrayRef> {
            let column: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
            let make = |argument: &Argument| match argument {
                Argument::Constant(value) => value.to_array_of_size(values.len()).unwrap(),
                other => cast(&column, &other.data_type()).unwrap(),
            };
            aggregate.arguments.iter().map(make).collect()
        };
        let mut whole = aggregate.accumulator().unwrap();
        whole.update_batch(&inputs(values), &vec![0; values.len()], None, 1).unwrap();
        let mut merged = aggregate.accumulator().unwrap();
        for value in values.iter().rev() {
            let mut piece = aggregate.accumulator().unwrap();
            piece.update_batch(&inputs(&[*value]), &[0], None, 1).unwrap();
            let state = piece.state(EmitTo::All).unwrap();
            let types: Vec<_> = state.iter().map(|column| column.data_type().clone()).collect();
            let declared: Vec<_> =
                aggregate.state_fields().unwrap().iter().map(|field| field.data_type().clone()).collect();
            assert_eq!(types, declared);
            merged.merge_batch(&state, &[0], 1).unwrap();
        }
        let read = |mut accumulator: Box<dyn GroupsAccumulator>| {
            numbers(&accumulator.evaluate(EmitTo::All).unwrap()).unwrap().iter().next().flatten()
        };
        (read(whole), read(merged))
    }

    #[test]
    fn split_merged_and_reordered_values_give_the_same_bits() {
        let values: Vec<f64> = (1..200).map(|n| (f64::from(n) * 0.617).sin()).collect();
        for function in ["sum", "avg", "min", "max", "median", "stddev", "var_pop", "approx_distinct", "approx_median"]
        {
            let (whole, merged) = both(&plan(function, false, vec![sentiment()]), &values);
            assert!(whole.is_some(), "{function}");
            assert_eq!(whole.map(f64::to_bits), merged.map(f64::to_bits), "{function}");
        }
        for function in ["percentile_cont", "approx_percentile_cont"] {
            let (whole, merged) = both(&plan(function, false, vec![sentiment(), AggregateArg::Number(0.95)]), &values);
            assert_eq!(whole.map(f64::to_bits), merged.map(f64::to_bits), "{function}");
        }
        for function in ["corr", "covar_pop"] {
            let (whole, merged) = both(&plan(function, false, vec![sentiment(), sentiment()]), &values);
            assert_eq!(whole.map(f64::to_bits), merged.map(f64::to_bits), "{function}");
        }
    }

    #[test]
    fn decimals_add_up_as_people_write_them() {
        let tenth = vec![0.1; 10];
        assert_eq!(both(&plan("sum", false, vec![sentiment()]), &tenth).0, Some(1.0));
        assert_eq!(both(&plan("avg", false, vec![sentiment()]), &[0.1, 0.2, 0.3]).0, Some(0.2));
        assert_eq!(both(&plan("count", true, vec![sentiment()]), &[0.1, 0.1, 0.3]).0, Some(2.0));
        assert_eq!(both(&plan("count", false, vec![]), &[0.1, 0.1, 0.3]).0, Some(3.0));
    }

    #[test]
    fn of_nothing_counts_are_zero_and_others_absent() {
        let nothing =
            |plan: &AggregatePlan| Aggregate::resolve(plan, &[], &mut |_| 0).ok().unwrap().of_nothing().unwrap();
        assert_eq!(nothing(&plan("count", false, vec![])), Some(0.0));
        assert_eq!(nothing(&plan("avg", false, vec![sentiment()])), None);
        assert_eq!(nothing(&plan("count", true, vec![sentiment()])), Some(0.0));
        assert_eq!(nothing(&plan("approx_distinct", false, vec![sentiment()])), Some(0.0));
        for function in ["sum", "avg", "max", "median", "stddev"] {
            assert_eq!(nothing(&plan(function, false, vec![sentiment()])), None, "{function}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_compute() {
        assert!(matches!(Aggregate::resolve(&plan("mode", false, vec![]), &[], &mut |_| 0), Err(Refusal::Unknown)));
        let text = AggregateArg::Field(mon_post::find("text").unwrap());
        assert!(matches!(
            Aggregate::resolve(&plan("stddev", false, vec![text]), &[], &mut |_| 0),
            Err(Refusal::Type(_))
        ));
    }
}
