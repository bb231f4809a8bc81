//! `engagement()` and `engagement(weighted by sentiment)`: how people took part in the posts of a window. Each post counts
//! once, as it was last told; of two tellings of one moment the larger one counts.

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};
use datafusion_common::Result;

use super::argument;
use super::keyed::{Keyed, Rule, larger};

/// Interactions of the posts that tell any: by post its time, then how many.
pub(super) const PLAIN: Rule<2> = Rule { read: plain, join: larger, value: interactions };

/// By post its time, its interactions, then its weight.
pub(super) const BY_SENTIMENT: Rule<3> = Rule { read: by_sentiment, join: larger, value: weight };

/// Parts of one in which weights are added up.
const WEIGHT_UNIT: f64 = 1e12;

/// Arguments: identifier, time, then the parts of the engagement up to here.
const PARTS: std::ops::Range<usize> = 2..6;
const SENTIMENT: usize = 6;
const CONFIDENCE: usize = 7;

/// The columns that both read.
struct Columns<'a> {
    posts: &'a StringArray,
    times: &'a Int64Array,
    parts: Vec<&'a Int64Array>,
}

impl<'a> Columns<'a> {
    fn open(values: &'a [ArrayRef]) -> Result<Self> {
        let parts = PARTS.map(|at| argument(values, at)).collect::<Result<_>>()?;
        Ok(Self { posts: argument(values, 0)?, times: argument(values, 1)?, parts })
    }

    /// Time and interactions of the posts that tell any part, with their rows.
    fn told(&self) -> impl Iterator<Item = (usize, &'a str, i64, i64)> {
        let interactions = |row: usize| {
            let parts = self.parts.iter().filter(|part| part.is_valid(row)).map(|part| part.value(row).max(0));
            parts.reduce(i64::saturating_add)
        };
        let rows = self.posts.iter().zip(self.times).enumerate();
        rows.filter_map(move |(row, (post, at))| Some((row, post?, at?, interactions(row)?)))
    }
}

fn plain(keyed: &mut Keyed<2>, values: &[ArrayRef]) -> Result<()> {
    for (_, post, at, interactions) in Columns::open(values)?.told() {
        keyed.tell(post, [at, interactions]);
    }
    Ok(())
}

fn by_sentiment(keyed: &mut Keyed<3>, values: &[ArrayRef]) -> Result<()> {
    let sentiments: &Float64Array = argument(values, SENTIMENT)?;
    let confidences: &Float64Array = argument(values, CONFIDENCE)?;
    for (row, post, at, interactions) in Columns::open(values)?.told() {
        if sentiments.is_null(row) {
            continue;
        }
        // Who tells a mood and not how sure it is, stands by it.
        let confidence = if confidences.is_valid(row) { confidences.value(row) } else { 1.0 };
        let weight = sentiments.value(row) * confidence * ln_1p(interactions.unsigned_abs());
        let weight = (weight * WEIGHT_UNIT).round() as i64;
        keyed.tell(post, [at, interactions, weight]);
    }
    Ok(())
}

fn interactions(keyed: &Keyed<2>) -> Option<f64> {
    keyed.total().map(|total| total as f64)
}

fn weight(keyed: &Keyed<3>) -> Option<f64> {
    keyed.total().map(|total| total as f64 / WEIGHT_UNIT)
}

/// The natural logarithm of one more, to 15 digits. A library's may differ in its last bit from machine to machine; sums,
/// products and quotients do not. With `1 + n = m · 2^e` it is `e · ln 2 + 2 · artanh((m - 1) / (m + 1))`, the latter by
/// its power series (Abramowitz and Stegun, 4.1.27).
fn ln_1p(n: u64) -> f64 {
    let whole = u128::from(n) + 1;
    let exponent = whole.ilog2();
    let mantissa = whole as f64 / (1_u128 << exponent) as f64;
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    // z is at most a third, so what follows 19 terms is below 1e-18.
    for term in (0..19).rev() {
        sum = sum * z * z + 1.0 / f64::from(2 * term + 1);
    }
    f64::from(exponent) * std::f64::consts::LN_2 + 2.0 * z * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_the_library() {
        let numbers = (0..10_000).chain((0..64).map(|bit| 1_u64 << bit)).chain([u64::MAX, u64::MAX - 1]);
        for n in numbers {
            let wanted = (n as f64).ln_1p();
            assert!((ln_1p(n) - wanted).abs() <= 4.0 * f64::EPSILON * wanted.max(0.0), "{n}: {} {wanted}", ln_1p(n));
        }
        assert_eq!(ln_1p(0), 0.0);
    }
}
