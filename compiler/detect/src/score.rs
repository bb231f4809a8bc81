//! How far one number lies from its reference: distances in units of spread, and the probability of a count at least, or
//! at most, as large. A tail is the p-value of one window; `fdr` is for many of them.
//!
//! Which to take: distances for figures with many posts behind them; count tails for counts, above all for small ones.
//! `dispersed_upper` takes the spread of all cells and the shortness of the history into account and is the one to take
//! where a baseline has cells; `count_upper` where there is one reference alone. `tests/planted.rs` shows what each finds.
//! Counts beyond 1e15 are no whole numbers in this form; beyond 1e150 their tails may be `None`.

use crate::special::{beta, gamma};
use crate::{Reference, finite};

/// The factor that makes the median absolute deviation of a normal distribution its standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;
/// `sqrt(π/2)`, rounded as Iglewicz and Hoaglin print it: the same for the mean absolute deviation.
const MEAN_DEVIATION_TO_SIGMA: f64 = 1.2533;

/// `(x - mean) / standard deviation`, in standard deviations. `None` where x is absent, the variance unknown (a reference
/// of one value), or the variance 0 and x another value than the mean: how unusual that is, such a reference can't tell.
/// Where the variance is 0 and x equals the mean it is 0.
pub fn z(x: f64, reference: &Reference) -> Option<f64> {
    over(x - reference.mean, reference.variance?.sqrt())
}

/// `(x - median) / (1.4826 MAD)`, in standard deviations of a normal distribution with that spread: up to half of the
/// reference may be spoilt without effect. Iglewicz and Hoaglin, "How to detect and handle outliers", 1993.
///
/// Where more than half of the values are equal the MAD is 0; `1.2533 × mean absolute deviation about the median` stands in
/// its place. Where all are equal it is 0 for that value and `None` for another. `None` also where x is absent.
pub fn robust_z(x: f64, reference: &Reference) -> Option<f64> {
    let spread = if reference.mad > 0.0 {
        MAD_TO_SIGMA * reference.mad
    } else {
        MEAN_DEVIATION_TO_SIGMA * reference.mean_deviation
    };
    over(x - reference.median, spread)
}

/// Relative change `(x - reference) / |reference|`: 0.5 is half as much again, -1 is nothing left. Dividing by the absolute
/// value keeps the sign that of the change where a figure is negative (net sentiment). `None` where either is absent or the
/// reference is 0: no figure is a multiple of nothing.
pub fn change(x: f64, reference: f64) -> Option<f64> {
    if reference == 0.0 { None } else { finite((x - reference) / reference.abs()) }
}

fn over(distance: f64, spread: f64) -> Option<f64> {
    if spread > 0.0 {
        finite(distance / spread)
    } else if distance == 0.0 {
        Some(0.0)
    } else {
        None
    }
}

/// P(X >= x) for a Poisson count of known mean, by the regularised incomplete gamma function. A count between two whole
/// numbers asks for the next one above. `None` where an argument is absent or the mean negative.
///
/// The mean is taken at its word: a mean of 0 makes every count above 0 impossible (0.0). Where the mean comes from a
/// history, take [`predictive_upper`] or [`count_upper`], or [`Reference::count_mean`], which is never 0.
pub fn poisson_upper(x: f64, mean: f64) -> Option<f64> {
    Law::Poisson { mean: at_least_zero(mean)? }.at_least(finite(x)?.ceil())
}

/// P(X <= x) for a Poisson count of known mean; see [`poisson_upper`]. A count between two whole numbers asks for the one
/// below.
pub fn poisson_lower(x: f64, mean: f64) -> Option<f64> {
    Law::Poisson { mean: at_least_zero(mean)? }.at_most(finite(x)?.floor())
}

/// P(X >= x) for a negative binomial count of known mean and variance: counts that vary more than by chance alone.
/// By the method of moments its size is `mean² / (variance - mean)`. A variance that is not above the mean gives the
/// Poisson tail. `None` where an argument is absent or the mean negative. As there, a mean of 0 is taken at its word.
pub fn negative_binomial_upper(x: f64, mean: f64, variance: f64) -> Option<f64> {
    let (k, law) = (finite(x)?.ceil(), Law::of(mean, variance)?);
    law.at_least(k)
}

/// P(X <= x) for a negative binomial count; see [`negative_binomial_upper`].
pub fn negative_binomial_lower(x: f64, mean: f64, variance: f64) -> Option<f64> {
    let (k, law) = (finite(x)?.floor(), Law::of(mean, variance)?);
    law.at_most(k)
}

/// P(X >= x) of the next count, given the counts before it and that they are Poisson: the mean itself is uncertain, and
/// more so after a short history. With Jeffreys' prior Gamma(1/2, 0) for the mean, the next count is negative binomial with
/// size `sum + 1/2` and success probability `n / (n + 1)` (Gelman et al., "Bayesian Data Analysis", 2.6).
/// `None` where x is absent or the reference's sum negative.
pub fn predictive_upper(x: f64, reference: &Reference) -> Option<f64> {
    let (k, law) = (finite(x)?.ceil(), Law::predictive(reference)?);
    law.at_least(k)
}

/// P(X <= x) of the next count; see [`predictive_upper`].
pub fn predictive_lower(x: f64, reference: &Reference) -> Option<f64> {
    let (k, law) = (finite(x)?.floor(), Law::predictive(reference)?);
    law.at_most(k)
}

/// P(X >= x) of the next count, given the counts before it, which may vary more than a Poisson count: a negative binomial
/// with mean `m = (sum + 1/2) / n` and variance `max(m, variance of the reference) (1 + 1/n)`, the last factor for the
/// uncertainty of the mean. Where the reference varies no more than a Poisson count this is [`predictive_upper`] exactly.
/// `None` as there.
pub fn count_upper(x: f64, reference: &Reference) -> Option<f64> {
    let (k, law) = (finite(x)?.ceil(), Law::widened(reference)?);
    law.at_least(k)
}

/// P(X <= x) of the next count; see [`count_upper`].
pub fn count_lower(x: f64, reference: &Reference) -> Option<f64> {
    let (k, law) = (finite(x)?.floor(), Law::widened(reference)?);
    law.at_most(k)
}

/// How much the counts of several references (the cells of a week, say) vary beyond chance, as one figure α for all: the
/// variance of a count of mean m is `m + α m²`. By the method of moments, `sum (variance - mean) / sum mean²` over the
/// references of two values and more, each in the numbers of its values, with the part that chance has in `mean²` taken off.
/// Never below 0. `None` without such a reference, or where all counts are 0.
///
/// A single cell has few values, and its own variance is right only roughly: a tail of 1e-4 is then passed ten times and more too often.
/// What all cells vary by is known far better.
pub fn dispersion<'a>(references: impl IntoIterator<Item = &'a Reference>) -> Option<f64> {
    let (mut excess, mut squares) = (0.0, 0.0);
    for reference in references {
        let Some(variance) = reference.variance.filter(|_| reference.sum >= 0.0) else { continue };
        let n = reference.n as f64;
        excess += n * (variance - reference.mean);
        squares += n * (reference.mean * reference.mean - variance / n);
    }
    if squares > 0.0 { finite(excess.max(0.0) / squares) } else { None }
}

/// P(X >= x) of the next count, given the counts before it and how much such counts vary beyond chance (α, from
/// [`dispersion`]): a negative binomial with mean `m = (sum + 1/2) / n` and variance `(m + α m²) (1 + 1/n)`. With α = 0 this is
/// [`predictive_upper`] exactly. `None` as there, and where α is absent or negative.
pub fn dispersed_upper(x: f64, reference: &Reference, dispersion: f64) -> Option<f64> {
    let (k, law) = (finite(x)?.ceil(), Law::dispersed(reference, dispersion)?);
    law.at_least(k)
}

/// P(X <= x) of the next count; see [`dispersed_upper`].
pub fn dispersed_lower(x: f64, reference: &Reference, dispersion: f64) -> Option<f64> {
    let (k, law) = (finite(x)?.floor(), Law::dispersed(reference, dispersion)?);
    law.at_most(k)
}

/// How a count is distributed. `success + failure = 1`; the count has the mean `size * failure / success`.
enum Law {
    Poisson { mean: f64 },
    NegativeBinomial { size: f64, success: f64, failure: f64 },
}

impl Law {
    fn of(mean: f64, variance: f64) -> Option<Law> {
        let (mean, variance) = (at_least_zero(mean)?, finite(variance)?);
        let size = mean * (mean / (variance - mean));
        // Beyond the last, rounding of the variance says more than its excess.
        if variance <= mean || mean == 0.0 || !size.is_finite() || (variance - mean) / mean < 1e-13 {
            return Some(Law::Poisson { mean });
        }
        // A size that is too small to be told from 0 is a count that is 0 but for a probability of that size.
        let size = size.max(f64::MIN_POSITIVE);
        Some(Law::NegativeBinomial { size, success: mean / variance, failure: (variance - mean) / variance })
    }

    fn predictive(reference: &Reference) -> Option<Law> {
        reference.count_mean()?;
        let n = reference.n as f64;
        Some(Law::NegativeBinomial { size: reference.sum + 0.5, success: n / (n + 1.0), failure: 1.0 / (n + 1.0) })
    }

    fn widened(reference: &Reference) -> Option<Law> {
        match reference.variance {
            Some(variance) if variance > reference.count_mean()? => Law::next(reference, variance),
            _ => Law::predictive(reference),
        }
    }

    fn dispersed(reference: &Reference, dispersion: f64) -> Option<Law> {
        let (mean, dispersion) = (reference.count_mean()?, at_least_zero(dispersion)?);
        if dispersion == 0.0 {
            return Law::predictive(reference);
        }
        Law::next(reference, mean + dispersion * mean * mean)
    }

    /// The next count where counts have this variance around their mean, and the mean comes from n of them.
    fn next(reference: &Reference, variance: f64) -> Option<Law> {
        Law::of(reference.count_mean()?, (variance * (1.0 + 1.0 / reference.n as f64)).min(f64::MAX))
    }

    /// P(X >= k) for a whole k. `None` where a count is so vast (1e150) that on the way to its probability a number overflows.
    fn at_least(&self, k: f64) -> Option<f64> {
        if k <= 0.0 {
            return Some(1.0);
        }
        finite(match *self {
            Law::Poisson { mean } => gamma(k, mean).lower,
            Law::NegativeBinomial { size, success, failure } => beta(k, size, failure, success).lower,
        })
    }

    /// P(X <= k) for a whole k; `None` as there.
    fn at_most(&self, k: f64) -> Option<f64> {
        if k < 0.0 {
            return Some(0.0);
        }
        finite(match *self {
            Law::Poisson { mean } => gamma(k + 1.0, mean).upper,
            Law::NegativeBinomial { size, success, failure } => beta(k + 1.0, size, failure, success).upper,
        })
    }
}

fn at_least_zero(mean: f64) -> Option<f64> {
    finite(mean).filter(|mean| *mean >= 0.0)
}

#[cfg(test)]
mod tests;
