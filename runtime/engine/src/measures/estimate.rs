//! Measures of a monitor that may hear a part of its authors: each post counts as often as the authors that its own stands for (Horvitz and
//! Thompson 1952). An author of whom some posts came while more were heard stands for the fewest of these times, because that is how
//! probable it was to hear of them at all. The first argument is that weight; sums are in fixed point.

use arrow::array::LargeBinaryArray;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Decimal128Type};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err};
use datafusion_expr::Accumulator;

use super::keyed::{Keyed, Rule};
use super::{argument, torn};

/// By author how many the author stands for, negative so that the larger figure is the smaller weight.
pub(super) const AUTHORS: Rule<1> = Rule { read: authors, join: each_larger, value: number_of_authors };

/// By author the same, and the followers.
pub(super) const REACH: Rule<2> = Rule { read: reach, join: each_larger, value: followers };

fn each_larger<const N: usize>(known: &[i64; N], told: &[i64; N]) -> [i64; N] {
    let mut figures = *known;
    figures.iter_mut().zip(told).for_each(|(figure, told)| *figure = (*figure).max(*told));
    figures
}

fn authors(keyed: &mut Keyed<1>, values: &[ArrayRef]) -> Result<()> {
    let (weights, authors): (&Int64Array, &StringArray) = (argument(values, 0)?, argument(values, 1)?);
    for (weight, author) in weights.values().iter().zip(authors) {
        if let Some(author) = author {
            keyed.tell(author, [weight.saturating_neg()]);
        }
    }
    Ok(())
}

fn number_of_authors(keyed: &Keyed<1>) -> Option<f64> {
    Some(keyed.figures().map(|[weight]| -i128::from(*weight)).sum::<i128>() as f64)
}

fn reach(keyed: &mut Keyed<2>, values: &[ArrayRef]) -> Result<()> {
    let (weights, authors, followers): (&Int64Array, &StringArray, &Int64Array) =
        (argument(values, 0)?, argument(values, 1)?, argument(values, 2)?);
    for ((weight, author), followers) in weights.values().iter().zip(authors).zip(followers) {
        if let (Some(author), Some(followers)) = (author, followers) {
            keyed.tell(author, [weight.saturating_neg(), followers]);
        }
    }
    Ok(())
}

fn followers(keyed: &Keyed<2>) -> Option<f64> {
    let all = keyed.figures().map(|[weight, followers]| -i128::from(*weight) * i128::from(*followers));
    all.reduce(|sum, more| sum + more).map(|sum| sum as f64)
}

/// What is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Count,
    Sum,
    Average,
}

/// Digits behind the point of a sum.
const SCALE: i8 = 12;

/// The posts of one group.
#[derive(Debug)]
pub(super) struct Estimate {
    of: Of,
    posts: i128,
    sum: i128,
}

impl Estimate {
    pub(super) const fn new(of: Of) -> Self {
        Self { of, posts: 0, sum: 0 }
    }

    fn add(&mut self, posts: i128, sum: i128) {
        self.posts = self.posts.saturating_add(posts);
        self.sum = self.sum.saturating_add(sum);
    }
}

impl Accumulator for Estimate {
    /// The weight, then the value where there is one: posts without it do not count.
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let weights: &Int64Array = argument(values, 0)?;
        let Some(told) = values.get(1) else {
            self.add(weights.values().iter().copied().map(i128::from).sum(), 0);
            return Ok(());
        };
        let decimals = told.as_primitive_opt::<Decimal128Type>();
        let unit = match told.data_type() {
            DataType::Decimal128(_, scale) => 10_i128.pow(u32::from(SCALE.saturating_sub(*scale).unsigned_abs())),
            _ if self.of == Of::Count => 1,
            other => return Err(exec_datafusion_err!("a sum of {other} can't be estimated")),
        };
        for (row, weight) in weights.values().iter().enumerate().filter(|(row, _)| told.is_valid(*row)) {
            let weight = i128::from(*weight);
            let value = decimals.map_or(0, |decimals| decimals.value(row));
            self.add(weight, value.saturating_mul(unit).saturating_mul(weight));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = self.sum as f64 / 10_f64.powi(i32::from(SCALE));
        let posts = self.posts as f64;
        Ok(ScalarValue::Float64(match self.of {
            Of::Count => Some(posts),
            Of::Sum => (self.posts > 0).then_some(sum),
            Of::Average => (self.posts > 0).then(|| sum / posts),
        }))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let bytes = [self.posts, self.sum].iter().flat_map(|number| number.to_le_bytes()).collect();
        Ok(vec![ScalarValue::LargeBinary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in argument::<LargeBinaryArray>(states, 0)?.iter().flatten() {
            let (posts, sum) = bytes.split_first_chunk().ok_or_else(torn)?;
            let sum = <[u8; 16]>::try_from(sum).map_err(|_| torn())?;
            self.add(i128::from_le_bytes(*posts), i128::from_le_bytes(sum));
        }
        Ok(())
    }
}
