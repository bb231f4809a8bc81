//! Tails of the gamma, beta, normal and Student distributions, each from the side on which it is small, so that a tail of
//! 1e-200 is as exact as one of 0.2.
//!
//! Sources: C. Loader, "Fast and accurate computation of binomial probabilities" (2000) for the factors in front, which
//! would lose digits as differences of `ln Γ`; Digital Library of Mathematical Functions, 8.7.1 (series) and 8.9.2 (continued
//! fraction, by Lentz's method); Didonato and Morris, "Algorithm 708", TOMS 18 (1992) (continued fraction of the beta
//! function); DLMF 8.12 and 8.18(ii) (Temme's expansions, for what is so large that the former need too many terms).

use std::f64::consts::PI;

/// Terms of a series or continued fraction. Both need about `9 sqrt(a)`, so this serves up to `TEMME_FROM`.
const TERMS_MAX: u32 = 100_000;
/// From here the leading term of Temme's expansion is exact to about 1e-11.
const TEMME_FROM: f64 = 5e7;
const EPSILON: f64 = 1e-16;
/// What Lentz's method puts in the place of a zero.
const TINY: f64 = 1e-300;

/// A probability and its complement, each computed so that it keeps its digits where it is small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sides {
    pub lower: f64,
    pub upper: f64,
}

impl Sides {
    fn from_lower(lower: f64) -> Sides {
        let lower = lower.clamp(0.0, 1.0);
        Sides { lower, upper: 1.0 - lower }
    }

    fn swapped(self) -> Sides {
        Sides { lower: self.upper, upper: self.lower }
    }
}

/// `ln Γ(n+1) - ln(sqrt(2 π n) (n/e)^n)`, the error of Stirling's formula, for n > 0.
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * libm::log(n) + n - 0.5 * libm::log(2.0 * PI);
    }
    let square = n * n;
    let terms = [1.0 / 1188.0, 1.0 / 1680.0, 1.0 / 1260.0, 1.0 / 360.0, 1.0 / 12.0];
    terms.iter().fold(0.0, |rest, term| term - rest / square) / n
}

/// Loader's deviance part `x ln(x/m) + m - x`, for x and m above 0.
fn deviance(x: f64, m: f64) -> f64 {
    let distance = x - m;
    if distance.abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) - distance;
    }
    let v = distance / (x + m);
    let (mut total, mut factor) = (distance * v, 2.0 * x * v);
    for j in 1_u32..1000 {
        factor *= v * v;
        let next = total + factor / f64::from(2 * j + 1);
        if next == total {
            break;
        }
        total = next;
    }
    total
}

/// `x^a e^-x / Γ(a+1)` for a and x above 0.
fn gamma_front(a: f64, x: f64) -> f64 {
    libm::exp(-stirling_error(a) - deviance(a, x)) / (2.0 * PI * a).sqrt()
}

/// `Γ(a+b+1) / (Γ(a+1) Γ(b+1)) x^a y^b` for all above 0 and `x + y = 1`.
fn beta_front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    libm::exp(exponent) * (n / a / (2.0 * PI * b)).sqrt()
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x), for a > 0.
pub(crate) fn gamma(a: f64, x: f64) -> Sides {
    if x <= 0.0 {
        return Sides { lower: 0.0, upper: 1.0 };
    }
    if a > TEMME_FROM {
        return gamma_large(a, x);
    }
    let front = gamma_front(a, x);
    if x < a + 1.0 {
        let (mut term, mut total) = (1.0, 1.0);
        for k in 1..TERMS_MAX {
            term *= x / (a + f64::from(k));
            total += term;
            if term < total * EPSILON {
                break;
            }
        }
        return Sides::from_lower(front * total);
    }
    let (mut b, mut c) = (x + 1.0 - a, 1.0 / TINY);
    let mut d = 1.0 / b;
    let mut h = d;
    for k in 1..TERMS_MAX {
        let k = f64::from(k);
        let numerator = -k * (k - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        h *= d * c;
        if (d * c - 1.0).abs() < EPSILON {
            break;
        }
    }
    Sides::from_lower(front * a * h).swapped()
}

/// DLMF 8.12.3 with the leading term of 8.12.7.
fn gamma_large(a: f64, x: f64) -> Sides {
    let half_square = deviance(a, x) / a;
    let eta = (2.0 * half_square).sqrt().copysign(x - a);
    // Near 0 the two terms of 1/(x/a - 1) - 1/eta cancel; the series is DLMF 8.12.9's.
    let c0 = if eta.abs() < 1e-3 { -1.0 / 3.0 + eta / 12.0 - eta * eta * 2.0 / 135.0 } else { a / (x - a) - 1.0 / eta };
    let rest = libm::exp(-a * half_square) / (2.0 * PI * a).sqrt() * c0;
    let root = eta * (a / 2.0).sqrt();
    Sides {
        lower: (0.5 * libm::erfc(-root) - rest).clamp(0.0, 1.0),
        upper: (0.5 * libm::erfc(root) + rest).clamp(0.0, 1.0),
    }
}

/// The regularised incomplete beta function I_x(a, b) and its complement, for a and b above 0, `x + y = 1`. Both x and y
/// are asked for, since the difference from 1 of the one would lose the digits of the other.
pub(crate) fn beta(a: f64, b: f64, x: f64, y: f64) -> Sides {
    if x <= 0.0 {
        return Sides { lower: 0.0, upper: 1.0 };
    }
    if y <= 0.0 {
        return Sides { lower: 1.0, upper: 0.0 };
    }
    if a.min(b) > TEMME_FROM {
        return beta_large(a, b, x, y);
    }
    // Both fractions converge; on its own side of the mean each does so at once, and gives the smaller of the two tails.
    if a * y >= b * x {
        Sides::from_lower(beta_front(a, b, x, y) * a * (b / (a + b)) / beta_fraction(a, b, x, y))
    } else {
        Sides::from_lower(beta_front(b, a, y, x) * b * (a / (a + b)) / beta_fraction(b, a, y, x)).swapped()
    }
}

/// `x^a y^b / (B(a, b) I_x(a, b))` as a continued fraction by Lentz's method. Unlike DLMF 8.17.22, of which it has every second
/// convergent, it subtracts nothing but `a y - b x`, so that it keeps its digits where one of a and b is vast.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let distance = a * y - b * x + 1.0;
    let mut h = nonzero(a * distance / (a + 1.0));
    let (mut c, mut d) = (h, 0.0);
    for m in 1..TERMS_MAX {
        let m = f64::from(m);
        let odd = a + 2.0 * m - 1.0;
        let numerator = ((a + m - 1.0) / odd) * ((a + b + m - 1.0) / odd) * (m * (b - m)) * (x * x);
        let denominator = m + m * (b - m) * x / odd + (a + m) * ((distance + m * (2.0 - x)) / (odd + 2.0));
        d = 1.0 / nonzero(denominator + numerator * d);
        c = nonzero(denominator + numerator / c);
        h *= c * d;
        if (c * d - 1.0).abs() < EPSILON {
            break;
        }
    }
    h
}

/// DLMF 8.18.9 with the leading term of 8.18.11.
fn beta_large(a: f64, b: f64, x: f64, y: f64) -> Sides {
    let n = a + b;
    let middle = a / n;
    let half_square = (deviance(a, n * x) + deviance(b, n * y)) / n;
    let spread = (middle * (b / n)).sqrt();
    let eta = (2.0 * half_square).sqrt().copysign(x - middle);
    let c0 = if eta.abs() < 1e-5 { (1.0 - 2.0 * middle) / (3.0 * spread) } else { 1.0 / eta - spread / (x - middle) };
    let rest = libm::exp(-n * half_square) / (2.0 * PI * n).sqrt() * c0;
    let root = eta * (n / 2.0).sqrt();
    Sides {
        lower: (0.5 * libm::erfc(-root) + rest).clamp(0.0, 1.0),
        upper: (0.5 * libm::erfc(root) - rest).clamp(0.0, 1.0),
    }
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// P(T > t) of Student's distribution with `degrees` of freedom, for t >= 0.
fn student_tail(t: f64, degrees: f64) -> f64 {
    let square = t * t;
    0.5 * beta(degrees / 2.0, 0.5, degrees / (degrees + square), square / (degrees + square)).lower
}

/// The t above which Student's distribution with `degrees` of freedom (at least 1) has the probability `tail` (0..0.5).
/// Newton's method on the logarithm of the tail, held inside a bracket. `None` where an argument is out of range.
pub(crate) fn student_quantile(tail: f64, degrees: f64) -> Option<f64> {
    if !(tail > 0.0 && tail <= 0.5 && degrees >= 1.0 && degrees.is_finite()) {
        return None;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    while student_tail(high, degrees) > tail {
        low = high;
        high *= 2.0;
        if high > 1e150 {
            return None;
        }
    }
    let half = degrees / 2.0;
    let scale = libm::exp(libm::lgamma(half + 0.5) - libm::lgamma(half)) / (degrees * PI).sqrt();
    let mut t = low;
    for _ in 0..200 {
        let there = student_tail(t, degrees);
        if there > tail {
            low = t;
        } else {
            high = t;
        }
        let density = scale * libm::exp(-(half + 0.5) * libm::log1p(t * t / degrees));
        let newton = t + libm::log(there / tail) * there / density;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() <= 4.0 * f64::EPSILON * next {
            return Some(next);
        }
        t = next;
    }
    Some(t)
}

#[cfg(test)]
mod tests {
    use super::{Sides, beta, beta_large, gamma, gamma_large, student_quantile};

    fn near(a: f64, b: f64, relative: f64) -> bool {
        (a - b).abs() <= relative * a.abs().max(b.abs())
    }

    fn both_near(a: Sides, b: Sides, relative: f64) -> bool {
        near(a.lower, b.lower, relative) && near(a.upper, b.upper, relative)
    }

    #[test]
    fn closed_forms_of_the_gamma_functions() {
        for x in [1e-3, 0.5, 1.0, 2.0, 9.0, 40.0, 500.0_f64] {
            assert!(near(gamma(1.0, x).upper, (-x).exp(), 1e-14), "Q(1, {x}) is e^-x");
            assert!(near(gamma(2.0, x).upper, (1.0 + x) * (-x).exp(), 1e-13), "Q(2, {x})");
            assert!(near(gamma(0.5, x).upper, libm::erfc(x.sqrt()), 1e-13), "Q(1/2, {x})");
        }
    }

    #[test]
    fn closed_forms_of_the_beta_function() {
        for x in [1e-9_f64, 0.1, 0.5, 0.7, 0.99] {
            assert!(near(beta(3.0, 1.0, x, 1.0 - x).lower, x.powi(3), 1e-13));
            assert!(near(beta(1.0, 4.0, x, 1.0 - x).upper, (1.0 - x).powi(4), 1e-13));
            let arcsine = 2.0 / std::f64::consts::PI * x.sqrt().asin();
            assert!(near(beta(0.5, 0.5, x, 1.0 - x).lower, arcsine, 1e-13));
        }
    }

    #[test]
    fn the_expansions_for_large_numbers_meet_the_continued_fractions() {
        for (a, sigmas) in [(2e7_f64, -6.0), (2e7, -1.0), (2e7, 0.01), (4e7, 3.0), (4e7, 9.0)] {
            let x = a + sigmas * a.sqrt();
            assert!(both_near(gamma(a, x), gamma_large(a, x), 1e-7), "{:?} {:?}", gamma(a, x), gamma_large(a, x));
            let b = 3.0 * a;
            let middle = a / (a + b);
            let x = middle + sigmas * (middle * (1.0 - middle) / (a + b)).sqrt();
            let (exact, large) = (beta(a, b, x, 1.0 - x), beta_large(a, b, x, 1.0 - x));
            assert!(both_near(exact, large, 1e-7), "{a} {sigmas}: {exact:?} {large:?}");
        }
    }

    #[test]
    fn quantiles_from_printed_tables() {
        for (tail, degrees, printed) in
            [(0.025, 1.0, 12.706), (0.025, 10.0, 2.228), (0.005, 30.0, 2.750), (0.05, 120.0, 1.658)]
        {
            assert!((student_quantile(tail, degrees).unwrap() - printed).abs() < 6e-4);
        }
        assert!(student_quantile(0.5, 7.0).unwrap().abs() < 1e-12);
        assert_eq!(student_quantile(0.0, 7.0), None);
        assert_eq!(student_quantile(f64::NAN, 7.0), None);
    }
}
