//! What a series was like before: centre and spread of the reference windows, in a classical and in a robust form.
//! The values are sorted before anything is summed, so the same values in any order give the same bits.

use serde::{Deserialize, Serialize};

use crate::{finite, sum};

/// Centre and spread of the values of reference windows. Each figure but `n` has the unit of the values, `variance` its square.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// How many values were there; those that are NaN or infinite are absent and not counted. At least 1.
    pub n: usize,
    /// Sum of the values.
    pub sum: f64,
    /// `sum / n`.
    pub mean: f64,
    /// Sum of squared distances from the mean over `n - 1`. `None` for one value, or where it overflows.
    pub variance: Option<f64>,
    /// The middle value; between two middle values their mean.
    pub median: f64,
    /// Median of the absolute distances from the median, not scaled.
    pub mad: f64,
    /// Mean of the absolute distances from the median, not scaled. It is 0 only where all values are equal.
    pub mean_deviation: f64,
}

impl Reference {
    /// The reference of some values; `None` where no value is finite, or their sum overflows.
    ///
    /// ```
    /// let r = mon_detect::Reference::of(&[2.0, 4.0, f64::NAN, 9.0]).unwrap();
    /// assert_eq!((r.n, r.mean, r.variance, r.median, r.mad), (3, 5.0, Some(13.0), 4.0, 2.0));
    /// ```
    pub fn of(values: &[f64]) -> Option<Reference> {
        // Adding 0 turns a negative zero into a zero.
        let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).map(|x| x + 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let median = median_of_sorted(&sorted)?;
        let total = finite(sum(sorted.iter().copied()))?;
        let mean = total / n as f64;
        let mut distances: Vec<f64> = sorted.iter().map(|x| (x - median).abs()).collect();
        distances.sort_by(f64::total_cmp);
        let mad = finite(median_of_sorted(&distances)?)?;
        let mean_deviation = finite(sum(distances.iter().copied()))? / n as f64;
        let squares = sum(sorted.iter().map(|x| (x - mean) * (x - mean)));
        let variance = if n < 2 { None } else { finite(squares / (n - 1) as f64) };
        Some(Reference { n, sum: total, mean, variance, median, mad, mean_deviation })
    }

    /// The mean of counts as it is to be expected of the next window: `(sum + 1/2) / n`, the mean of the posterior under
    /// Jeffreys' prior for a Poisson mean (Gamma(1/2, 0)). It is never 0, so that after a silent history one post is
    /// rare but not impossible. `None` for a negative sum: those were no counts.
    pub fn count_mean(&self) -> Option<f64> {
        if self.sum < 0.0 || self.n == 0 { None } else { finite((self.sum + 0.5) / self.n as f64) }
    }
}

/// The median of values in ascending order, `None` without values.
pub(crate) fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    let upper = *sorted.get(n / 2)?;
    if n % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((n / 2).checked_sub(1)?)?;
    let middle = (lower + upper) / 2.0;
    Some(if middle.is_finite() { middle } else { lower / 2.0 + upper / 2.0 })
}

/// The median of the finite values in any order, `None` without one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Reference, median_of_sorted};

    #[test]
    fn a_worked_reference() {
        let r = Reference::of(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap();
        assert_eq!((r.n, r.sum, r.median, r.mad), (7, 25.0, 2.0, 1.0));
        assert_eq!(r.mean_deviation, (1.0 + 1.0 + 0.0 + 0.0 + 2.0 + 4.0 + 7.0) / 7.0);
        assert!((r.variance.unwrap() - 376.0 / 7.0 / 6.0).abs() < 1e-12, "{r:?}");
    }

    #[test]
    fn one_value_has_no_variance_and_no_value_no_reference() {
        let one = Reference::of(&[3.0, f64::INFINITY]).unwrap();
        assert_eq!((one.n, one.mean, one.variance, one.mad), (1, 3.0, None, 0.0));
        assert_eq!(Reference::of(&[]), None);
        assert_eq!(Reference::of(&[f64::NAN, f64::NEG_INFINITY]), None);
        assert_eq!(Reference::of(&[f64::MAX, f64::MAX]), None, "their sum is no number");
        assert_eq!(median_of_sorted(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    #[test]
    fn after_silence_the_next_count_is_not_impossible() {
        assert_eq!(Reference::of(&[0.0; 4]).unwrap().count_mean(), Some(0.125));
        assert_eq!(Reference::of(&[-1.0]).unwrap().count_mean(), None);
    }

    proptest! {
        #[test]
        fn order_changes_no_bit(mut values in prop::collection::vec(any::<f64>(), 0..40), by in 0_usize..40) {
            let before = Reference::of(&values);
            values.reverse();
            let shift = by.min(values.len());
            values.rotate_left(shift);
            prop_assert_eq!(format!("{:?}", before), format!("{:?}", Reference::of(&values)));
        }

        #[test]
        fn every_figure_is_finite(values in prop::collection::vec(any::<f64>(), 0..40)) {
            if let Some(r) = Reference::of(&values) {
                for figure in [r.sum, r.mean, r.variance.unwrap_or(0.0), r.median, r.mad, r.mean_deviation] {
                    prop_assert!(figure.is_finite(), "{:?}", r);
                }
            }
        }
    }
}
