//! Numbers against `oracle/cases.json`: each within 1e-9 relative, probabilities too however small they are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mon_detect::ewma::Ewma;
use mon_detect::{Reference, fdr, score};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

static CASES: LazyLock<BTreeMap<String, Vec<Value>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../oracle/cases.json")).expect("cases.json is JSON"));

/// The cases of one part; there are at least `least` of them.
pub fn cases<C: DeserializeOwned>(part: &str, least: usize) -> Vec<C> {
    let found: Vec<C> = CASES[part]
        .iter()
        .map(|case| serde_json::from_value(case.clone()).unwrap_or_else(|error| panic!("{part}: {error}: {case}")))
        .collect();
    assert!(found.len() >= least, "{part} has {} cases", found.len());
    found
}

/// Within 1e-9 of the larger of the two.
#[track_caller]
pub fn near(ours: Option<f64>, theirs: Option<f64>, what: &str) {
    let close = match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        (a, b) => a == b,
    };
    assert!(close, "{what}: ours {ours:?}, theirs {theirs:?}");
}

#[derive(Deserialize)]
struct OfReference {
    values: Vec<f64>,
    mean: f64,
    variance: f64,
    median: f64,
    mad: f64,
    mean_deviation: f64,
    x: f64,
    z: Option<f64>,
    robust_z: Option<f64>,
    change: Option<f64>,
}

#[test]
fn references_and_distances_are_those_of_numpy_and_scipy() {
    for case in cases::<OfReference>("reference", 30) {
        let r = Reference::of(&case.values).expect("there are values");
        let what = format!("{:?}", case.values);
        // A sum that cancels is compared by the size of what it sums.
        let size = case.values.iter().map(|x| x.abs()).fold(0.0, f64::max);
        assert!((r.mean - case.mean).abs() <= 1e-12 * size, "{what}: {} {}", r.mean, case.mean);
        assert_eq!((r.n, r.median), (case.values.len(), case.median), "{what}");
        near(r.variance, Some(case.variance), &what);
        near(Some(r.mad), Some(case.mad), &what);
        near(Some(r.mean_deviation), Some(case.mean_deviation), &what);
        near(score::z(case.x, &r), case.z, &what);
        near(score::robust_z(case.x, &r), case.robust_z, &what);
        if case.change.is_some() {
            near(score::change(case.x, r.mean), case.change, &what);
        }
    }
}

#[derive(Deserialize)]
struct OfCount {
    x: f64,
    mean: f64,
    variance: Option<f64>,
    upper: f64,
    lower: f64,
}

#[test]
fn poisson_tails_are_those_of_scipy_and_mpmath() {
    for case in cases::<OfCount>("poisson", 40) {
        let what = format!("{} at {}", case.x, case.mean);
        near(score::poisson_upper(case.x, case.mean), Some(case.upper), &what);
        near(score::poisson_lower(case.x, case.mean), Some(case.lower), &what);
    }
}

#[test]
fn negative_binomial_tails_are_those_of_scipy_and_mpmath() {
    for case in cases::<OfCount>("negative_binomial", 40) {
        let variance = case.variance.expect("a negative binomial has one");
        let what = format!("{} at {}, {variance}", case.x, case.mean);
        near(score::negative_binomial_upper(case.x, case.mean, variance), Some(case.upper), &what);
        near(score::negative_binomial_lower(case.x, case.mean, variance), Some(case.lower), &what);
    }
}

#[derive(Deserialize)]
struct OfNext {
    values: Vec<f64>,
    x: f64,
    predictive_upper: f64,
    predictive_lower: f64,
    count_upper: f64,
    count_lower: f64,
    alpha: f64,
    dispersed_upper: f64,
    dispersed_lower: f64,
}

#[test]
fn tails_of_the_next_count_are_those_of_an_integral_over_the_mean() {
    for case in cases::<OfNext>("predictive", 30) {
        let r = Reference::of(&case.values).expect("there are values");
        let what = format!("{} after {:?}", case.x, case.values);
        near(score::predictive_upper(case.x, &r), Some(case.predictive_upper), &what);
        near(score::predictive_lower(case.x, &r), Some(case.predictive_lower), &what);
        near(score::count_upper(case.x, &r), Some(case.count_upper), &what);
        near(score::count_lower(case.x, &r), Some(case.count_lower), &what);
        near(score::dispersed_upper(case.x, &r, case.alpha), Some(case.dispersed_upper), &what);
        near(score::dispersed_lower(case.x, &r, case.alpha), Some(case.dispersed_lower), &what);
    }
}

#[derive(Deserialize)]
struct OfCells {
    cells: Vec<Vec<f64>>,
    dispersion: f64,
}

#[test]
fn the_dispersion_of_cells_is_that_of_numpy_s_moments() {
    for case in cases::<OfCells>("dispersion", 10) {
        let references: Vec<Reference> = case.cells.iter().filter_map(|cell| Reference::of(cell)).collect();
        near(score::dispersion(&references), Some(case.dispersion), &format!("{:?}", case.cells));
    }
}

#[derive(Deserialize)]
struct OfMean {
    values: Vec<Option<f64>>,
    elapsed: Vec<f64>,
    means: Vec<Option<f64>>,
}

#[test]
fn fading_means_are_those_of_pandas() {
    for case in cases::<OfMean>("ewma", 10) {
        let mut mean = Ewma::default();
        for at in 0..case.values.len() {
            mean.step(case.values[at], case.elapsed[at]);
            near(mean.mean(), case.means[at], &format!("value {at} of {:?}", case.values));
        }
    }
}

#[derive(Deserialize)]
struct OfRate {
    p: Vec<f64>,
    q: f64,
    rejected: Vec<bool>,
    adjusted: Vec<Option<f64>>,
}

#[test]
fn false_discovery_rates_are_those_of_statsmodels() {
    for case in cases::<OfRate>("fdr", 20) {
        let ours = fdr::adjusted(&case.p);
        let told: Vec<bool> = ours.iter().map(|q| q.is_some_and(|q| q <= case.q)).collect();
        assert_eq!(told, case.rejected, "{:?}", case.p);
        for (ours, theirs) in ours.into_iter().zip(case.adjusted) {
            near(ours, theirs, &format!("{:?}", case.p));
        }
    }
}
