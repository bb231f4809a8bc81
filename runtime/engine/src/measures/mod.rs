//! Measures of the language that DataFusion has no aggregate for, as user-defined aggregates. Their states are whole
//! numbers by key, so any split of the posts into batches, panes and barriers, in any order, gives the same bits.

mod coordination;
mod engagement;
mod estimate;
mod keyed;
mod reach;
mod seen;
mod stories;
mod top;
mod top_values;
mod voice;

use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{DataFusionError, Result, ScalarValue, exec_datafusion_err};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion_physical_expr::expressions::Literal;

use estimate::{Estimate, Of};
use keyed::Keyed;

/// One of them: the name that plans call it by, and what computes it for one group.
#[derive(Debug)]
struct Measure {
    name: &'static str,
    signature: Signature,
    result: DataType,
    /// Given the arguments that are figures, and whether an argument is a story.
    fresh: fn(&Given) -> Box<dyn Accumulator>,
}

/// What a measure is told once, and not by each post.
#[derive(Debug, Default)]
struct Given {
    figures: Vec<f64>,
    stories: bool,
}

static ALL: LazyLock<Vec<Arc<AggregateUDF>>> = LazyLock::new(|| {
    let told = |name, result, fresh: fn(&Given) -> Box<dyn Accumulator>| {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Arc::new(AggregateUDF::from(Measure { name, signature, result, fresh }))
    };
    let measure = |name, fresh| told(name, DataType::Float64, fresh);
    vec![
        measure("engagement", |_| Box::new(Keyed::new(engagement::PLAIN))),
        measure("engagement_by_sentiment", |_| Box::new(Keyed::new(engagement::BY_SENTIMENT))),
        measure("reach", |_| Box::new(Keyed::new(reach::RULE))),
        measure("share_of_voice", |_| Box::new(voice::Voice::default())),
        measure("top_count", |_| Box::new(Keyed::new(top::COUNT))),
        measure("top_share", |_| Box::new(Keyed::new(top::SHARE))),
        measure("estimated_count", |_| Box::new(Estimate::new(Of::Count))),
        measure("estimated_sum", |_| Box::new(Estimate::new(Of::Sum))),
        measure("estimated_avg", |_| Box::new(Estimate::new(Of::Average))),
        measure("estimated_authors", |_| Box::new(Keyed::new(estimate::AUTHORS))),
        measure("estimated_reach", |_| Box::new(Keyed::new(estimate::REACH))),
        measure("stories", |_| Box::new(stories::Stories::default())),
        measure("coordinated", |given| match given.stories {
            false => Box::new(coordination::of_values(&given.figures)),
            true => Box::new(coordination::of_stories(&given.figures)),
        }),
        told("new_values", DataType::Utf8, |given| Box::new(seen::SeenValues::new(&given.figures))),
        told("top_values", DataType::Utf8, |given| Box::new(top_values::TopValues::new(&given.figures))),
    ]
});

/// The measure of this name.
pub(crate) fn find(name: &str) -> Option<&'static Arc<AggregateUDF>> {
    ALL.iter().find(|measure| measure.name() == name)
}

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Measure {}

impl Hash for Measure {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Measure {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let mut given = Given::default();
        for (expr, field) in arguments.exprs.iter().zip(arguments.expr_fields) {
            given.stories |= *field.data_type() == DataType::Binary;
            if let Some(ScalarValue::Float64(Some(figure))) = expr.downcast_ref::<Literal>().map(Literal::value) {
                given.figures.push(*figure);
            }
        }
        Ok((self.fresh)(&given))
    }

    fn state_fields(&self, _: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new("records", DataType::LargeBinary, true))])
    }
}

/// An argument as the array that it must be.
fn argument<T: Array + 'static>(values: &[ArrayRef], at: usize) -> Result<&T> {
    let found = values.get(at).and_then(|values| values.as_any().downcast_ref());
    found.ok_or_else(|| exec_datafusion_err!("argument {at} of a measure has another type"))
}

/// What stands for a text: 128 bits of its hash.
fn key_of(text: &str) -> u128 {
    let hash = blake3::hash(text.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

/// The different texts of one row, of a column of texts or of lists of them.
fn values_of_row(values: &ArrayRef, row: usize, tell: &mut dyn FnMut(&str)) -> Result<()> {
    if let Some(texts) = values.as_string_opt::<i32>() {
        if texts.is_valid(row) {
            tell(texts.value(row));
        }
        return Ok(());
    }
    let lists: &ListArray = argument(std::slice::from_ref(values), 0)?;
    if lists.is_valid(row) {
        let members = lists.value(row);
        let texts: &StringArray = argument(std::slice::from_ref(&members), 0)?;
        let mut different: Vec<&str> = texts.iter().flatten().collect();
        different.sort_unstable();
        different.dedup();
        different.into_iter().for_each(tell);
    }
    Ok(())
}

fn torn() -> DataFusionError {
    exec_datafusion_err!("the state of a measure is torn")
}
