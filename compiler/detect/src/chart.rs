//! Control charts: they add up small deviations, so that a shift which no single window shows is found in the end.
//! The chart's parameters come with each step; what is kept between steps is the state, which is plain data.

use serde::{Deserialize, Serialize};

use crate::add;

/// A chart of the exponentially weighted mean of residuals (Roberts, "Control chart tests based on geometric moving
/// averages", Technometrics 1959).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EwmaChart {
    /// Weight of the newest residual, 0 < lambda <= 1; usual 0.1 to 0.3. Anything else is taken as 1: no memory. Below a
    /// millionth it is a millionth.
    pub lambda: f64,
}

/// What an [`EwmaChart`] has seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EwmaState {
    /// The weighted mean, from 0; unit of the residuals.
    pub z: f64,
    /// Residuals taken in.
    pub t: u64,
}

impl EwmaState {
    /// Takes in a standardised residual (mean 0, variance 1 while all is as usual) and gives the mean in its own standard
    /// deviations: `z / sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2t)))`. Usual limit 3. An absent residual changes
    /// nothing. 0 before the first.
    pub fn step(&mut self, chart: EwmaChart, residual: f64) -> f64 {
        let lambda = if chart.lambda > 0.0 && chart.lambda <= 1.0 { chart.lambda.max(1e-6) } else { 1.0 };
        if residual.is_finite() {
            self.z = lambda * residual + (1.0 - lambda) * self.z;
            self.t = self.t.saturating_add(1);
        }
        if self.t == 0 {
            return 0.0;
        }
        let settled = -libm::expm1(2.0 * self.t as f64 * libm::log1p(-lambda));
        (self.z / (lambda / (2.0 - lambda) * settled).sqrt()).clamp(f64::MIN, f64::MAX)
    }
}

/// Cumulated sums of residuals, up and down (Page, "Continuous inspection schemes", Biometrika 1954).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cusum {
    /// How far each residual must lie from 0 to count, k; half of the shift that is to be found, usual 0.5. A negative or
    /// absent one is taken as 0.
    pub slack: f64,
}

/// What a [`Cusum`] has added up, both from 0; unit of the residuals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CusumState {
    /// `max(0, up + u - k)`.
    pub up: f64,
    /// `max(0, down - u - k)`.
    pub down: f64,
}

impl CusumState {
    /// Takes in a standardised residual and gives the larger of the two sums; each is in the state. Usual limit h = 4 or 5.
    /// An absent residual changes nothing.
    pub fn step(&mut self, chart: Cusum, residual: f64) -> f64 {
        let slack = if chart.slack > 0.0 && chart.slack.is_finite() { chart.slack } else { 0.0 };
        if residual.is_finite() {
            self.up = add(add(self.up, residual), -slack).max(0.0);
            self.down = add(add(self.down, -residual), -slack).max(0.0);
        }
        self.up.max(self.down)
    }
}

/// Cumulated sums of counts against an expected mean that may differ from window to window (Lucas, "Counted data CUSUM's",
/// Technometrics 1985).
///
/// It takes counts to vary by chance alone. Where they vary more, it raises alarms by the dozen; hand it `x / φ` and `mean / φ`
/// then, with `φ = 1 + α mean` the variance over the mean (α from `score::dispersion`): a quasi-likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoissonCusum {
    /// The rise or fall that is to be found quickly: the shifted mean over the expected mean, `l1 / l0`. Above 1 the sum
    /// rises with counts that are too large, below 1 with counts that are too small. One that is not above 0 or is absent
    /// is taken as 1.
    pub ratio: f64,
}

/// What a [`PoissonCusum`] has added up, from 0; in counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PoissonCusumState {
    /// `max(0, sum + x - k)`, or `max(0, sum + k - x)` for a ratio below 1.
    pub sum: f64,
}

impl PoissonCusumState {
    /// Takes in a count and the mean expected of it and gives the sum, in counts. `k = (l1 - l0) / ln(l1 / l0)` with
    /// `l0 = mean` and `l1 = ratio mean`; its limit at ratio 1 is the mean. The sum times `ln ratio` is the logarithm of a
    /// likelihood ratio, so that windows of different means may be added. An absent count or mean changes nothing, a
    /// negative mean is absent.
    pub fn step(&mut self, chart: PoissonCusum, x: f64, mean: f64) -> f64 {
        if !x.is_finite() || !mean.is_finite() || mean < 0.0 {
            return self.sum;
        }
        let ratio = if chart.ratio > 0.0 && chart.ratio.is_finite() { chart.ratio } else { 1.0 };
        let log = libm::log(ratio);
        // Close to 1 both parts vanish; the series of (ratio - 1) / ln ratio is exact there.
        let share = if log.abs() < 1e-6 { 1.0 + log / 2.0 } else { (ratio - 1.0) / log };
        let surplus = add(x, -(share * mean).min(f64::MAX));
        self.sum = add(self.sum, if ratio >= 1.0 { surplus } else { -surplus }).max(0.0);
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cusum, CusumState, EwmaChart, EwmaState, PoissonCusum, PoissonCusumState};

    #[test]
    fn the_first_residual_is_its_own_statistic_whatever_lambda() {
        for lambda in [0.1, 0.25, 1.0] {
            let first = EwmaState::default().step(EwmaChart { lambda }, 2.0);
            assert!((first - 2.0).abs() < 1e-12, "{first}");
        }
    }

    #[test]
    fn a_worked_chart() {
        let (chart, mut state) = (EwmaChart { lambda: 0.5 }, EwmaState::default());
        assert_eq!(state.step(chart, f64::NAN), 0.0);
        state.step(chart, 1.0);
        // z = 0.5 * 3 + 0.5 * 0.5; its variance is 1/3 * (1 - 1/16).
        assert!((state.step(chart, 3.0) - 1.75 / (15.0_f64 / 48.0).sqrt()).abs() < 1e-12);
        assert_eq!(state, EwmaState { z: 1.75, t: 2 });
    }

    #[test]
    fn sums_forget_at_zero() {
        let (chart, mut state) = (Cusum { slack: 0.5 }, CusumState::default());
        let told: Vec<f64> = [1.0, 2.0, -3.0, f64::INFINITY, -1.0].iter().map(|u| state.step(chart, *u)).collect();
        assert_eq!(told, [0.5, 2.0, 2.5, 2.5, 3.0]);
        assert_eq!(state, CusumState { up: 0.0, down: 3.0 });
    }

    #[test]
    fn counts_against_a_mean_that_doubles() {
        let (chart, mut state) = (PoissonCusum { ratio: 2.0 }, PoissonCusumState::default());
        let k = 10.0 / 2.0_f64.ln();
        assert_eq!(state.step(chart, 10.0, 10.0), 0.0);
        assert!((state.step(chart, 20.0, 10.0) - (20.0 - k)).abs() < 1e-12);
        let (falling, mut state) = (PoissonCusum { ratio: 0.5 }, PoissonCusumState::default());
        assert!((state.step(falling, 2.0, 10.0) - (5.0 / 2.0_f64.ln() - 2.0)).abs() < 1e-12);
        assert_eq!(PoissonCusumState::default().step(PoissonCusum { ratio: f64::NAN }, 7.0, 4.0), 3.0);
    }

    #[test]
    fn a_ratio_close_to_one_has_the_limit_s_slope() {
        let sum = |ratio| PoissonCusumState::default().step(PoissonCusum { ratio }, 5e9, 4e9);
        for ratio in [1.0 + 9e-7, 1.0 + 1.1e-6] {
            // (ratio - 1) / ln ratio is 1 + (ratio - 1) / 2 but for a twelfth of the square.
            assert!((sum(ratio) - (1e9 - 2e9 * (ratio - 1.0))).abs() < 2.0, "{}", sum(ratio));
        }
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_finite_numbers(
            steps in prop::collection::vec((any::<f64>(), any::<f64>()), 0..60), parameter in any::<f64>(),
        ) {
            let (mut ewma, mut cusum, mut counts) = Default::default();
            for (x, mean) in steps {
                let told = [
                    EwmaState::step(&mut ewma, EwmaChart { lambda: parameter }, x),
                    CusumState::step(&mut cusum, Cusum { slack: parameter }, x),
                    PoissonCusumState::step(&mut counts, PoissonCusum { ratio: parameter }, x, mean),
                ];
                prop_assert!(told.iter().all(|t| t.is_finite()), "{:?}", told);
            }
            prop_assert!(ewma.z.is_finite() && cusum.up >= 0.0 && cusum.down >= 0.0 && counts.sum >= 0.0);
        }
    }
}
