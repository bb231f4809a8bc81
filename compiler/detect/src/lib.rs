//! What is unusual in a series of numbers: references, scores, charts, bursts, outliers, accounts that act together.
//! It knows no posts, no zones and no clock: numbers come in, numbers go out, and the same numbers give the same bits.
//!
//! Three rules hold everywhere. An input that is NaN or infinite counts as absent. A result is finite or `None`.
//! Elementary functions come from `libm`, written in Rust, so that no machine's own library changes a last bit.

pub mod burst;
pub mod chart;
pub mod coordination;
pub mod esd;
pub mod ewma;
pub mod fdr;
pub mod reference;
pub mod score;
mod special;

pub use reference::Reference;

/// The number, unless it is NaN or infinite.
pub(crate) fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// The sum, kept inside the finite numbers: a sum that would overflow stays at the largest number of its sign.
pub(crate) fn add(a: f64, b: f64) -> f64 {
    (a + b).clamp(f64::MIN, f64::MAX)
}

/// A sum with Neumaier's compensation ("Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54, 1974): the error does not grow with the number of terms. The order of the terms is the caller's.
pub(crate) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for term in terms {
        let next = total + term;
        lost += if total.abs() >= term.abs() { (total - next) + term } else { (term - next) + total };
        total = next;
    }
    // Where the total overflows the compensation is not a number; the total then says so itself.
    if lost.is_finite() { total + lost } else { total }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_lost_to_a_large_term_comes_back() {
        assert_eq!(super::sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
        assert_eq!(super::sum([f64::MAX, f64::MAX].into_iter()), f64::INFINITY);
        assert_eq!(super::add(f64::MAX, f64::MAX), f64::MAX);
    }
}
