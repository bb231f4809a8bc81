//! Outliers of a seasonal series as a whole: the season is taken out, then the generalised extreme studentised deviate
//! test finds how many of the rest lie too far out. For a look back; a chart or a score is for the window at hand.
//!
//! Sources: B. Rosner, "Percentage points for a generalized ESD many-outlier procedure", Technometrics 1983; Hochenbaum,
//! Vallis, Kejariwal, "Automatic anomaly detection in the cloud via statistical learning", arXiv 1704.07706 (S-ESD and
//! S-H-ESD). The season is that of classical additive decomposition, where that paper has STL.

use serde::{Deserialize, Serialize};

use crate::reference::median;
use crate::special::student_quantile;
use crate::{finite, sum};

/// To which side an outlier may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Above the rest alone.
    Up,
    /// Below the rest alone.
    Down,
    /// To either side.
    Both,
}

/// The positions of the outliers of a series, in ascending order. The values stand at equal distances in time; `period` is
/// the number of them in a season (168 for hours in a week), 0 or 1 for no season.
///
/// The season is taken out, then the median of the series. Of the rest, at most `max_anomalies_fraction` (0..0.5; at least
/// one value) are looked at as outliers, one after the other; `alpha` (0..1) is the probability that the test finds one
/// where there is none. With `hybrid` the median and the MAD (x 1.4826) take the place of mean and standard deviation, and
/// medians that of means in the season, so that many outliers can't hide each other; where the MAD is 0 there, the mean
/// absolute deviation about the median x 1.2533 stands in its place.
///
/// Absent values are no outliers; a season is averaged over those that are there. Nothing is found in a series shorter than
/// two periods or than three values, in one whose rest does not vary, nor with a parameter out of range; [`is_last_unusual`]
/// tells such a series from one without outliers.
pub fn seasonal_esd(
    values: &[f64],
    period: usize,
    max_anomalies_fraction: f64,
    alpha: f64,
    hybrid: bool,
    direction: Direction,
) -> Vec<usize> {
    let found = outliers(values, period, max_anomalies_fraction, alpha, hybrid, direction);
    let mut positions = found.unwrap_or_default();
    positions.sort_unstable();
    positions
}

/// Whether the last value of a series is an outlier of it; arguments as in [`seasonal_esd`]. A season of few periods fits the
/// values that it was made of better than a new one: with four, the last value is an outlier in 1 to 5 of 100 quiet windows,
/// whatever alpha says. Give it many periods, or take a tail of `score`. `None` where the last value is absent, the series too
/// short, or a parameter out of range.
pub fn is_last_unusual(
    values: &[f64],
    period: usize,
    max_anomalies_fraction: f64,
    alpha: f64,
    hybrid: bool,
    direction: Direction,
) -> Option<bool> {
    let last = values.len().checked_sub(1)?;
    values.get(last).filter(|x| x.is_finite())?;
    Some(outliers(values, period, max_anomalies_fraction, alpha, hybrid, direction)?.contains(&last))
}

fn outliers(
    values: &[f64],
    period: usize,
    fraction: f64,
    alpha: f64,
    hybrid: bool,
    direction: Direction,
) -> Option<Vec<usize>> {
    if !(fraction > 0.0 && fraction < 0.5 && alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let season = if period < 2 { vec![Some(0.0)] } else { season(values, period, hybrid)? };
    let middle = median(values.iter().copied())?;
    let rest: Vec<(usize, f64)> = values
        .iter()
        .zip(season.iter().cycle())
        .enumerate()
        .filter_map(|(at, (x, season))| Some((at, finite(x - (*season)? - middle)?)))
        .collect();
    if rest.len() < 3 {
        return None;
    }
    let most = ((values.len() as f64 * fraction) as usize).max(1);
    Some(generalised_esd(rest, most, alpha, hybrid, direction))
}

/// The seasonal part at each phase: mean, or median where `robust`, of the values less the trend. A common part of all phases
/// is left in: it moves every value alike. A phase is `None` where it has no value with a trend. `None` for a series shorter than two periods.
fn season(values: &[f64], period: usize, robust: bool) -> Option<Vec<Option<f64>>> {
    if values.len() / 2 < period {
        return None;
    }
    let mut phases: Vec<Vec<f64>> = vec![Vec::new(); period];
    for (at, x) in values.iter().enumerate() {
        let detrended = moving_average(values, period, at).and_then(|trend| finite(x - trend));
        if let (Some(phase), Some(x)) = (phases.get_mut(at % period), detrended) {
            phase.push(x);
        }
    }
    let middle = |phase: &Vec<f64>| {
        let values = phase.iter().copied();
        if robust { median(values) } else { finite(sum(values) / phase.len() as f64) }
    };
    Some(phases.iter().map(middle).collect())
}

/// The trend of classical decomposition: the mean over a period around a place, both ends of it at half weight where the
/// period is even. Absent values are left out of the mean. `None` where the period reaches beyond the series.
fn moving_average(values: &[f64], period: usize, at: usize) -> Option<f64> {
    let half = period / 2;
    let window = values.get(at.checked_sub(half)?..=at.checked_add(half)?)?;
    let last = window.len() - 1;
    let weight = |place: usize| if period.is_multiple_of(2) && (place == 0 || place == last) { 0.5 } else { 1.0 };
    let present = || window.iter().enumerate().filter(|(_, x)| x.is_finite());
    let total = sum(present().map(|(place, x)| x * weight(place)));
    finite(total / sum(present().map(|(place, _)| weight(place))))
}

/// Positions in the order in which the test takes them out.
fn generalised_esd(
    mut rest: Vec<(usize, f64)>,
    most: usize,
    alpha: f64,
    hybrid: bool,
    direction: Direction,
) -> Vec<usize> {
    let (mut taken, mut significant) = (Vec::new(), 0);
    for _ in 0..most {
        let Some((centre, spread)) = centre_and_spread(&rest, hybrid) else { break };
        let distance = |x: f64| match direction {
            Direction::Up => x - centre,
            Direction::Down => centre - x,
            Direction::Both => (x - centre).abs(),
        };
        // Of equal distances the first value.
        let mut furthest: Option<(usize, f64)> = None;
        for (place, (_, x)) in rest.iter().enumerate() {
            if furthest.is_none_or(|(_, most)| distance(*x) > most) {
                furthest = Some((place, distance(*x)));
            }
        }
        let Some((place, distance)) = furthest else { break };
        let Some(critical) = critical_value(rest.len() as f64, alpha, direction) else { break };
        taken.push(rest.remove(place).0);
        if distance / spread > critical {
            significant = taken.len();
        }
    }
    taken.truncate(significant);
    taken
}

/// `None` with fewer than three values, or where the spread is 0 or no number.
fn centre_and_spread(rest: &[(usize, f64)], hybrid: bool) -> Option<(f64, f64)> {
    let n = rest.len() as f64;
    if rest.len() < 3 {
        return None;
    }
    let values = || rest.iter().map(|(_, x)| *x);
    let (centre, spread) = if hybrid {
        let centre = median(values())?;
        let mad = median(values().map(|x| (x - centre).abs()))?;
        (centre, if mad > 0.0 { 1.4826 * mad } else { 1.2533 * sum(values().map(|x| (x - centre).abs())) / n })
    } else {
        let mean = sum(values()) / n;
        (mean, (sum(values().map(|x| (x - mean) * (x - mean))) / (n - 1.0)).sqrt())
    };
    (spread > 0.0).then_some(())?;
    Some((finite(centre)?, finite(spread)?))
}

/// `(n-1) t / sqrt(n (n - 2 + t²))` with t the point of Student's distribution with n-2 degrees of freedom above which lies
/// `alpha/n`, half of it where both directions count.
fn critical_value(n: f64, alpha: f64, direction: Direction) -> Option<f64> {
    let sides = if direction == Direction::Both { 2.0 } else { 1.0 };
    let t = student_quantile(alpha / (sides * n), n - 2.0)?;
    finite((n - 1.0) * t / (n * (n - 2.0 + t * t)).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Direction, critical_value, is_last_unusual, season, seasonal_esd};

    /// The example of Rosner's paper, as the NIST/SEMATECH handbook prints it (1.3.5.17.3): three outliers.
    const ROSNER: [f64; 54] = [
        -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70,
        1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40,
        2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
    ];

    #[test]
    fn rosner_s_example_has_three_outliers() {
        assert_eq!(seasonal_esd(&ROSNER, 0, 0.19, 0.05, false, Direction::Both), [51, 52, 53]);
        assert_eq!(is_last_unusual(&ROSNER, 0, 0.19, 0.05, false, Direction::Both), Some(true));
        assert_eq!(is_last_unusual(&ROSNER, 0, 0.19, 0.05, false, Direction::Down), Some(false));
        assert!((critical_value(54.0, 0.05, Direction::Both).unwrap() - 3.159).abs() < 1e-3, "the handbook's first");
    }

    #[test]
    fn a_season_without_trend_or_noise_is_found_as_it_is() {
        let values: Vec<f64> = (0..20).map(|at| [1.0, 4.0, 2.0, 9.0][at % 4]).collect();
        for robust in [false, true] {
            let found: Vec<f64> = season(&values, 4, robust).unwrap().into_iter().flatten().collect();
            assert_eq!(found, [-3.0, 0.0, -2.0, 5.0]);
        }
    }

    #[test]
    fn a_high_value_at_a_low_hour_is_an_outlier() {
        let mut values: Vec<f64> = (0..96).map(|at| [5.0, 40.0, 80.0, 20.0][at % 4] + (at * 7 % 5) as f64).collect();
        values[60] = 45.0;
        assert_eq!(seasonal_esd(&values, 4, 0.05, 0.05, true, Direction::Up), [60]);
        assert_eq!(seasonal_esd(&values, 4, 0.05, 0.05, true, Direction::Down), [0_usize; 0]);
        assert_eq!(
            seasonal_esd(&values, 0, 0.05, 0.05, true, Direction::Up),
            [0_usize; 0],
            "without its season it is middling"
        );
    }

    #[test]
    fn what_cannot_be_judged_is_none() {
        let judged = |values: &[f64], period, fraction, alpha| {
            is_last_unusual(values, period, fraction, alpha, true, Direction::Both)
        };
        assert_eq!(judged(&[], 0, 0.1, 0.05), None);
        assert_eq!(judged(&[1.0, 2.0], 0, 0.1, 0.05), None);
        assert_eq!(judged(&[1.0; 7], 4, 0.1, 0.05), None, "shorter than two seasons");
        assert_eq!(judged(&[1.0, 2.0, 3.0, f64::NAN], 0, 0.1, 0.05), None);
        assert_eq!(judged(&ROSNER, 0, 0.5, 0.05), None);
        assert_eq!(judged(&ROSNER, 0, 0.1, f64::NAN), None);
        assert_eq!(judged(&[4.0; 9], 0, 0.1, 0.05), Some(false));
        let mut silent = [0.0; 30];
        silent[29] = 12.0;
        assert_eq!(judged(&silent, 0, 0.1, 0.05), Some(true), "the MAD is 0 here");
        assert_eq!(judged(&silent, 0, 0.01, 0.05), Some(true), "at least one value is looked at");
    }

    proptest! {
        #[test]
        fn positions_are_few_ascending_and_of_present_values(
            values in prop::collection::vec(prop_oneof![any::<f64>(), -9.0_f64..9.0], 0..60),
            period in 0_usize..9, fraction in any::<f64>(), hybrid in any::<bool>(),
        ) {
            for fraction in [fraction, 0.2] {
                let found = seasonal_esd(&values, period, fraction, 0.05, hybrid, Direction::Both);
                prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(found.len() as f64 <= (0.5 * values.len() as f64).max(1.0));
                prop_assert!(found.iter().all(|at| values[*at].is_finite()));
            }
        }
    }
}
