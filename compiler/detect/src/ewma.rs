//! A mean that forgets: each value weighs half as much after one half-life.
//! Values may come at any distance in time, and time may pass without a value.

use serde::{Deserialize, Serialize};

/// A mean with exponentially fading weights, `sum w_i x_i / sum w_i` with `w_i = 2^-(age of i in half-lives)`.
///
/// The first values are therefore a plain mean, and none of them is preferred. Source: Eckner, "Algorithms for
/// unevenly spaced time series", 2014; the weights are those of pandas' `ewm(halflife, times, adjust=True)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ewma {
    mean: Option<f64>,
    weight: f64,
}

impl Ewma {
    /// Lets `elapsed_over_half_life` half-lives pass (time since the last step over the half-life), then takes the value in.
    /// No value, NaN and infinity let time pass alone: what is absent is not zero. A negative or absent time is 0.
    pub fn step(&mut self, x: Option<f64>, elapsed_over_half_life: f64) {
        if elapsed_over_half_life > 0.0 {
            self.weight *= libm::exp2(-elapsed_over_half_life);
        }
        let Some(x) = x.filter(|x| x.is_finite()) else { return };
        // A weight only falls or grows by 1; steps without time between them can bring it to where adding 1 does nothing.
        self.weight += 1.0;
        let share = 1.0 / self.weight;
        self.mean = Some(match self.mean {
            None => x,
            // Written as two products, since a difference of large numbers overflows.
            Some(mean) if (x - mean).is_infinite() => mean * (1.0 - share) + x * share,
            Some(mean) => mean + (x - mean) * share,
        });
    }

    /// The mean in the unit of the values; `None` until the first value. It does not fade while no value comes.
    pub fn mean(&self) -> Option<f64> {
        self.mean
    }

    /// How many values' worth of weight are in the mean now: 1 just after the first, less as time passes.
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ewma;

    #[test]
    fn a_value_of_one_half_life_ago_weighs_half() {
        let mut mean = Ewma::default();
        mean.step(Some(9.0), 0.0);
        mean.step(Some(3.0), 1.0);
        assert_eq!(mean.mean(), Some((9.0 * 0.5 + 3.0) / 1.5));
        assert_eq!(mean.weight(), 1.5);
    }

    #[test]
    fn time_without_a_value_fades_the_weight_and_not_the_mean() {
        let mut mean = Ewma::default();
        mean.step(None, 4.0);
        assert_eq!(mean.mean(), None);
        mean.step(Some(8.0), 1.0);
        mean.step(Some(f64::NAN), 3.0);
        assert_eq!((mean.mean(), mean.weight()), (Some(8.0), 0.125));
        mean.step(Some(f64::INFINITY), f64::INFINITY);
        mean.step(Some(2.0), f64::NAN);
        assert_eq!(mean.mean(), Some(2.0), "nothing is left of the old value");
    }

    proptest! {
        #[test]
        fn the_mean_lies_among_the_values(steps in prop::collection::vec((any::<f64>(), 0.0_f64..9.0), 1..40)) {
            let mut mean = Ewma::default();
            for (x, elapsed) in &steps {
                mean.step(Some(*x), *elapsed);
            }
            let values: Vec<f64> = steps.iter().map(|s| s.0).filter(|x| x.is_finite()).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let slack = 1e-12 * low.abs().max(high.abs()).min(1e300);
            prop_assert_eq!(mean.mean().is_some(), !values.is_empty());
            if let Some(m) = mean.mean() {
                prop_assert!(m.is_finite() && m >= low - slack && m <= high + slack, "{} not in {}..{}", m, low, high);
            }
        }
    }
}
