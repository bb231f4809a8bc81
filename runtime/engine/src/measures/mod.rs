//! Measures of the language that DataFusion has no aggregate for, as user-defined aggregates. Their states are whole
//! numbers by key, so any split of the posts into batches, panes and barriers, in any order, gives the same bits.

mod engagement;
mod estimate;
mod keyed;
mod reach;
mod stories;
mod top;
mod voice;

use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{DataFusionError, Result, exec_datafusion_err};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use estimate::{Estimate, Of};
use keyed::Keyed;

/// One of them: the name that plans call it by, and what computes it for one group.
#[derive(Debug)]
struct Measure {
    name: &'static str,
    signature: Signature,
    fresh: fn() -> Box<dyn Accumulator>,
}

static ALL: LazyLock<Vec<Arc<AggregateUDF>>> = LazyLock::new(|| {
    let measure = |name, fresh| {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Arc::new(AggregateUDF::from(Measure { name, signature, fresh }))
    };
    vec![
        measure("engagement", || Box::new(Keyed::new(engagement::PLAIN))),
        measure("engagement_by_sentiment", || Box::new(Keyed::new(engagement::BY_SENTIMENT))),
        measure("reach", || Box::new(Keyed::new(reach::RULE))),
        measure("share_of_voice", || Box::new(voice::Voice::default())),
        measure("top_count", || Box::new(Keyed::new(top::COUNT))),
        measure("top_share", || Box::new(Keyed::new(top::SHARE))),
        measure("estimated_count", || Box::new(Estimate::new(Of::Count))),
        measure("estimated_sum", || Box::new(Estimate::new(Of::Sum))),
        measure("estimated_avg", || Box::new(Estimate::new(Of::Average))),
        measure("estimated_authors", || Box::new(Keyed::new(estimate::AUTHORS))),
        measure("estimated_reach", || Box::new(Keyed::new(estimate::REACH))),
        measure("stories", || Box::new(stories::Stories::default())),
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
        Ok(DataType::Float64)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok((self.fresh)())
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

fn torn() -> DataFusionError {
    exec_datafusion_err!("the state of a measure is torn")
}
