//! Series, streams and edges against `oracle/cases.json`: positions, states, counts and groups are equal; the sums of charts
//! lie within 1e-9 of theirs, relative to the larger of 1 and the sum, since theirs are differences of long sums.

use std::collections::BTreeMap;

use mon_detect::burst::{Automaton, Batch, Quiet};
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState, PoissonCusum, PoissonCusumState};
use mon_detect::coordination::{Coordination, Edge, coordinated};
use mon_detect::esd::{newest_over_critical, newest_without_season, without_season};
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
    batches: Vec<(f64, f64)>,
    scale: f64,
    gamma: f64,
    share: f64,
    levels: Vec<usize>,
    count: f64,
    levels_of_counts: Vec<usize>,
}

#[test]
fn bursts_are_shortest_paths() {
    let mut bursts = 0;
    for case in cases::<OfBurst>("burst", 20) {
        for (quiet, levels) in
            [(Quiet::Share(case.share), &case.levels), (Quiet::Count(case.count), &case.levels_of_counts)]
        {
            let mut automaton = Automaton::new(quiet, case.scale, case.gamma, case.batches.len());
            let batches =
                case.batches.iter().map(|(hits, all)| Batch::new(*hits, Some(*all)).expect("both are counts"));
            let told: Vec<usize> = batches.map(|batch| automaton.step(batch)).collect();
            assert_eq!(&told, levels, "{quiet:?}, scale {}: {:?}", case.scale, case.batches);
            bursts += levels.iter().filter(|level| **level > 1).count();
        }
    }
    assert!(bursts > 20, "only {bursts} batches are in a burst of level 2 or more");
}

#[derive(Deserialize)]
struct OfSeries {
    cells: Vec<Vec<f64>>,
    newest: f64,
    /// The cell of the newest value.
    cell: usize,
    alpha: f64,
    over_critical: f64,
}

#[test]
fn outliers_are_those_of_medians_by_numpy_and_scipy_s_quantiles() {
    let mut outliers = 0;
    for case in cases::<OfSeries>("esd", 30) {
        let rest: Vec<f64> = case.cells.iter().flat_map(|cell| without_season(cell)).collect();
        let newest = newest_without_season(case.newest, &case.cells[case.cell]).expect("the cell has values");
        let told = newest_over_critical(newest, &rest, case.alpha).expect("there are values enough");
        near(told, case.over_critical, &format!("{} in cell {} of {:?}", case.newest, case.cell, case.cells));
        outliers += usize::from(told.abs() > 1.0);
    }
    assert!((10..25).contains(&outliers), "{outliers} outliers");
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
