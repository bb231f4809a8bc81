//! How far the newest value of a seasonal series lies out: the season is taken out, then the generalised extreme studentised
//! deviate test asks whether what is left of it lies too far from the rest.
//!
//! Sources: B. Rosner, "Percentage points for a generalized ESD many-outlier procedure", Technometrics 1983; Hochenbaum,
//! Vallis, Kejariwal, "Automatic anomaly detection in the cloud via statistical learning", arXiv 1704.07706 (S-H-ESD: the
//! median and the MAD take the place of mean and standard deviation). The season is the median of each cell (an hour of the
//! week, say), where that paper has STL: cells keep their hour when clocks change and windows are missing.

use crate::finite;
use crate::reference::{median, median_of_sorted};
use crate::special::student_quantile;

/// The part of the values that may be outliers beside the newest.
const OUTLIERS_MAX: f64 = 0.1;
/// Cells of fewer values have no season.
pub const CELL_MIN: usize = 3;
/// Fewer values say nothing.
const VALUES_MIN: usize = 24;

/// What is left of the values of a cell without their season: each less the median of the others. Less the median of all, a cell of few values
/// would fit them better than it fits a new one, which is then an outlier too often. None of fewer than [`CELL_MIN`] values.
pub fn without_season(cell: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = cell.iter().copied().filter(|x| x.is_finite()).collect();
    if sorted.len() < CELL_MIN {
        return Vec::new();
    }
    sorted.sort_by(f64::total_cmp);
    // Without a value of the lower half the median lies in the upper one, and the other way round.
    let (n, half) = (sorted.len(), sorted.len() / 2);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    let middle = |low: usize, high: usize| at(low) / 2.0 + at(high) / 2.0;
    let others = |place: usize| match (n % 2, place.cmp(&half)) {
        (0, std::cmp::Ordering::Less) => at(half),
        (0, _) => at(half - 1),
        (_, std::cmp::Ordering::Less) => middle(half, half + 1),
        (_, std::cmp::Ordering::Equal) => middle(half - 1, half + 1),
        (_, std::cmp::Ordering::Greater) => middle(half - 1, half),
    };
    (0..n).filter_map(|place| finite(at(place) - others(place))).collect()
}

/// The newest value less the median of its cell; `None` where the value is absent, or the cell has fewer than [`CELL_MIN`] values.
pub fn newest_without_season(newest: f64, cell: &[f64]) -> Option<f64> {
    if cell.iter().filter(|x| x.is_finite()).count() < CELL_MIN {
        return None;
    }
    finite(newest - median(cell.iter().copied())?)
}

/// The statistic of the newest value over its critical value, with the sign of its side: above 1 it is an outlier above the
/// rest, below -1 one below it. `rest` are the other values without their season, `alpha` (0..1) is the probability that a test finds
/// an outlier where there is none.
///
/// The statistic is `|x - median| / (1.4826 MAD)` of the values that are left when those further out are taken away, at most a tenth of all, one after the
/// other; where the MAD is 0, 1.2533 times the mean absolute deviation stands in its place. The critical value is Rosner's
/// `(n-1) t / sqrt(n (n - 2 + t²))` for the n values that are left then.
///
/// `None` where a figure is absent, with fewer than 24 values, and where all others are equal and the newest is not.
pub fn newest_over_critical(newest: f64, rest: &[f64], alpha: f64) -> Option<f64> {
    finite(newest)?;
    let mut sorted: Vec<f64> = rest.iter().copied().chain([newest]).filter(|x| x.is_finite()).collect();
    if sorted.len() < VALUES_MIN || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let mut left = sorted.as_slice();
    for _ in 0..(sorted.len() as f64 * OUTLIERS_MAX) as usize {
        let (centre, [low, .., high]) = (median_of_sorted(left)?, left) else { break };
        // Of equal distances the upper one.
        let (distance, without) = if high - centre >= centre - low {
            (high - centre, left.split_last().map(|(_, rest)| rest))
        } else {
            (centre - low, left.split_first().map(|(_, rest)| rest))
        };
        if distance <= (newest - centre).abs() {
            break;
        }
        left = without?;
    }
    let centre = median_of_sorted(left)?;
    let distances = || left.iter().map(|x| (x - centre).abs());
    let mad = median(distances())?;
    let n = left.len() as f64;
    let spread = if mad > 0.0 { 1.4826 * mad } else { 1.2533 * crate::sum(distances()) / n };
    let distance = newest - centre;
    if distance == 0.0 {
        return Some(0.0);
    }
    // A spread that the newest value alone makes says nothing.
    let others_differ = mad > 0.0 || rest.iter().any(|x| x.is_finite() && *x != centre);
    others_differ.then_some(())?;
    finite(distance / spread / critical_value(n, alpha)?)
}

/// `(n-1) t / sqrt(n (n - 2 + t²))` with t the point of Student's distribution with n-2 degrees of freedom above which lies
/// `alpha/2n`.
fn critical_value(n: f64, alpha: f64) -> Option<f64> {
    let t = student_quantile(alpha / (2.0 * n), n - 2.0)?;
    finite((n - 1.0) * t / (n * (n - 2.0 + t * t)).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{critical_value, newest_over_critical, newest_without_season, without_season};
    use crate::reference::median;

    /// The example of Rosner's paper, as the NIST/SEMATECH handbook prints it (1.3.5.17.3).
    const ROSNER: [f64; 54] = [
        -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70,
        1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40,
        2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
    ];

    #[test]
    fn critical_values_are_those_that_the_handbook_prints() {
        for (n, printed) in [(54.0, 3.159), (53.0, 3.151), (52.0, 3.144), (45.0, 3.085)] {
            assert!((critical_value(n, 0.05).unwrap() - printed).abs() < 1e-3, "{n}");
        }
    }

    #[test]
    fn a_value_is_judged_among_those_that_lie_less_far_out() {
        let of = |at: usize| {
            let rest: Vec<f64> = ROSNER.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, x)| *x).collect();
            newest_over_critical(ROSNER[at], &rest, 0.05).unwrap()
        };
        assert!(of(53) > 1.0 && of(30).abs() < 0.2, "{} {}", of(53), of(30));
        assert!(of(53) > of(52) && of(52) > of(51), "further out is more");
        assert!(of(0) < 0.0, "the lowest lies below");
    }

    #[test]
    fn others_medians_are_those_of_the_others() {
        for cell in [vec![1.0, 5.0, 2.0], vec![4.0, 1.0, 9.0, 2.0], vec![3.0, 3.0, 7.0, 1.0, 8.0]] {
            let mut sorted = cell.clone();
            sorted.sort_by(f64::total_cmp);
            let expected: Vec<f64> = (0..sorted.len())
                .map(|at| {
                    let others = sorted.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, x)| *x);
                    sorted[at] - median(others).unwrap()
                })
                .collect();
            assert_eq!(without_season(&cell), expected);
        }
        assert!(without_season(&[1.0, 2.0, f64::NAN]).is_empty());
        assert_eq!(newest_without_season(9.0, &[1.0, 2.0]), None);
        assert_eq!(newest_without_season(9.0, &[1.0, 2.0, 4.0]), Some(7.0));
    }

    #[test]
    fn what_cannot_be_judged_is_none() {
        let quiet: Vec<f64> = (0..30).map(|at| f64::from(at % 3)).collect();
        assert!(newest_over_critical(9.0, &quiet, 0.05).unwrap() > 1.0);
        assert_eq!(newest_over_critical(9.0, &quiet[..20], 0.05), None);
        assert_eq!(newest_over_critical(f64::NAN, &quiet, 0.05), None);
        assert_eq!(newest_over_critical(9.0, &quiet, 0.0), None);
        assert_eq!(newest_over_critical(9.0, &[4.0; 30], 0.05), None);
        assert_eq!(newest_over_critical(4.0, &[4.0; 30], 0.05), Some(0.0));
        let mut silent = [0.0; 30];
        silent[3] = 1.0;
        assert!(newest_over_critical(12.0, &silent, 0.05).unwrap() > 1.0, "the MAD is 0 here");
    }

    proptest! {
        #[test]
        fn the_order_of_the_rest_changes_no_bit(
            mut rest in prop::collection::vec(prop_oneof![any::<f64>(), -9.0_f64..9.0], 0..60), newest in -99.0_f64..99.0,
        ) {
            let before = newest_over_critical(newest, &rest, 0.05);
            prop_assert!(before.is_none_or(f64::is_finite));
            rest.reverse();
            prop_assert_eq!(before.map(f64::to_bits), newest_over_critical(newest, &rest, 0.05).map(f64::to_bits));
        }

        #[test]
        fn a_value_further_out_is_never_less_unusual(rest in prop::collection::vec(-9.0_f64..9.0, 30..60), x in 0.0_f64..50.0) {
            let middle = median(rest.iter().copied()).unwrap();
            let (near, far) = (newest_over_critical(middle + 20.0 + x, &rest, 0.05), newest_over_critical(middle + 21.0 + x, &rest, 0.05));
            prop_assert!(far.unwrap() > near.unwrap());
        }
    }
}
