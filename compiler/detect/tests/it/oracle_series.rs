//! Series, streams and edges against `oracle/cases.json`: positions, states, counts and groups are equal; the sums of charts
//! lie within 1e-9 of theirs, relative to the larger of 1 and the sum, since theirs are differences of long sums.

use std::collections::BTreeMap;

use mon_detect::burst::{self, Burst, BurstState};
use mon_detect::change_point::pelt;
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState, PoissonCusum, PoissonCusumState};
use mon_detect::coordination::{Coordination, Edge, coordinated};
use mon_detect::esd::{Direction, is_last_unusual, seasonal_esd};
use serde::Deserialize;

use crate::oracle::cases;

#[track_caller]
fn near(ours: f64, theirs: f64, what: &str) {
    let size = ours.abs().max(theirs.abs()).max(1.0);
    assert!((ours - theirs).abs() <= 1e-9 * size, "{what}: ours {ours}, theirs {theirs}");
}

#[derive(Deserialize)]
struct OfChart {
    residuals: Vec<f64>,
    lambda: f64,
    ewma: Vec<f64>,
    slack: f64,
    up: Vec<f64>,
    down: Vec<f64>,
    counts: Vec<f64>,
    means: Vec<f64>,
    ratio: f64,
    sums: Vec<f64>,
}

#[test]
fn charts_are_their_closed_forms() {
    for case in cases::<OfChart>("charts", 20) {
        let (mut ewma, mut cusum, mut counts) =
            (EwmaState::default(), CusumState::default(), PoissonCusumState::default());
        for at in 0..case.residuals.len() {
            let what = format!("step {at} of {:?}", case.residuals);
            near(ewma.step(EwmaChart { lambda: case.lambda }, case.residuals[at]), case.ewma[at], &what);
            cusum.step(Cusum { slack: case.slack }, case.residuals[at]);
            near(cusum.up, case.up[at], &what);
            near(cusum.down, case.down[at], &what);
            let sum = counts.step(PoissonCusum { ratio: case.ratio }, case.counts[at], case.means[at]);
            near(sum, case.sums[at], &format!("count {at} of {:?}", case.counts));
        }
    }
}

#[derive(Deserialize)]
struct OfBurst {
    batches: Vec<(u64, u64)>,
    s: f64,
    gamma: f64,
    states: Vec<u8>,
    rates: Vec<f64>,
    online: Vec<u8>,
}

#[test]
fn bursts_are_shortest_paths() {
    let mut bursts = 0;
    for case in cases::<OfBurst>("burst", 20) {
        assert_eq!(burst::states(&case.batches, case.s, case.gamma), case.states, "{:?}", case.batches);
        let automaton = Burst { s: case.s, gamma: case.gamma, batches: case.batches.len() as u64 };
        let mut state = BurstState::default();
        let told: Vec<u8> =
            case.batches.iter().zip(&case.rates).map(|((r, d), p0)| state.step(&automaton, *r, *d, *p0)).collect();
        assert_eq!(told, case.online, "{:?}", case.batches);
        bursts += case.states.iter().filter(|state| **state == 1).count();
    }
    assert!(bursts > 20, "only {bursts} batches are in a burst");
}

#[derive(Deserialize)]
struct OfSeries {
    values: Vec<f64>,
    period: usize,
    fraction: f64,
    alpha: f64,
    hybrid: bool,
    direction: Direction,
    found: Vec<usize>,
}

#[test]
fn outliers_are_those_of_statsmodels_seasons_and_scipy_s_quantiles() {
    let mut outliers = 0;
    for case in cases::<OfSeries>("esd", 40) {
        let (period, fraction, alpha, hybrid) = (case.period, case.fraction, case.alpha, case.hybrid);
        let found = seasonal_esd(&case.values, period, fraction, alpha, hybrid, case.direction);
        assert_eq!(found, case.found, "period {period}, hybrid {hybrid}, {:?}: {:?}", case.direction, case.values);
        let last = is_last_unusual(&case.values, period, fraction, alpha, hybrid, case.direction);
        assert_eq!(last, Some(case.found.last() == Some(&(case.values.len() - 1))));
        outliers += found.len();
    }
    assert!(outliers > 40, "only {outliers} outliers");
}

#[derive(Deserialize)]
struct OfLevels {
    values: Vec<f64>,
    penalty: f64,
    min_size: usize,
    changes: Vec<usize>,
}

#[test]
fn change_points_are_those_of_ruptures() {
    for case in cases::<OfLevels>("change_point", 20) {
        assert_eq!(pelt(&case.values, case.penalty, case.min_size), case.changes, "{:?}", case.values);
    }
}

type Evidence = (String, String, Vec<(String, i64)>);

#[derive(Deserialize)]
struct OfEdges {
    edges: Vec<(String, String, i64)>,
    within: i64,
    objects_min: usize,
    accounts_min: usize,
    groups: Vec<(Vec<String>, Vec<Evidence>)>,
}

#[test]
fn groups_of_accounts_are_those_of_networkx() {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for case in cases::<OfEdges>("coordination", 15) {
        let edges: Vec<Edge<&str, &str>> = case
            .edges
            .iter()
            .map(|(account, object, time)| Edge { account: account.as_str(), object: object.as_str(), time: *time })
            .collect();
        let (within, objects_min, accounts_min) = (case.within, case.objects_min, case.accounts_min);
        let rule = Coordination { within, objects_min, accounts_min, pairs_max: 10_000 };
        let found: Vec<(Vec<String>, Vec<Evidence>)> = coordinated(&edges, &rule)
            .groups
            .into_iter()
            .map(|group| {
                let owned = |objects: Vec<(&str, i64)>| objects.into_iter().map(|(o, d)| (o.to_owned(), d)).collect();
                let pairs =
                    group.pairs.into_iter().map(|p| (p.first.to_owned(), p.second.to_owned(), owned(p.objects)));
                (group.accounts.iter().map(|a| (*a).to_owned()).collect(), pairs.collect())
            })
            .collect();
        assert_eq!(found, case.groups, "{rule:?} {:?}", case.edges);
        found.iter().for_each(|(accounts, _)| *sizes.entry(accounts.len()).or_default() += 1);
    }
    assert!(sizes.len() > 2, "groups of few sizes: {sizes:?}");
}
