//! Measures that look back, against the same figures worked out from all windows that a run told.

use std::collections::{BTreeMap, BTreeSet};

use mon_compiler::history::{Against, HistoryPlan, Score};
use mon_compiler::plan::{MeasureKind, MeasurePlan, MonitorPlan, Place};
use mon_detect::{Reference, score};
use mon_engine::{Feed, WindowRow};

use super::world::{MINUTE, aggregate, cut, monitor, options, plan, posts, rng, run, seed, window};

const SIZE: i64 = 10 * MINUTE;
const EVERY: i64 = 2 * MINUTE;
const OVER: i64 = 80 * MINUTE;
const HALF_LIFE: i64 = 20 * MINUTE;

fn back(name: &str, against: Against, score: Score) -> MeasurePlan {
    let kind = MeasureKind::History(HistoryPlan { of: 0, against, score });
    MeasurePlan { name: name.into(), place: Place::default(), kind }
}

fn looking_back() -> MonitorPlan {
    let any = Against::AnyHour { over_micros: OVER };
    let measures = vec![
        aggregate("volume", "count", &[]),
        back("before", Against::Previous, Score::Baseline),
        back("usual", any, Score::Baseline),
        back("z", any, Score::Z),
        back("few", any, Score::Flatline),
        back("faded", Against::Ewma { half_life_micros: HALF_LIFE }, Score::Baseline),
    ];
    monitor("back", 0, window(SIZE, EVERY, 0), &["lang"], measures)
}

/// The counts of one key by end of window, and what they say about one of them.
struct Naive<'a> {
    counts: &'a BTreeMap<i64, f64>,
    since: i64,
    /// Where the mean that fades begins: ten half-lives before the key's first window.
    fades_from: i64,
}

impl Naive<'_> {
    fn count(&self, end: i64) -> Option<f64> {
        (end - SIZE >= self.since).then(|| self.counts.get(&end).copied().unwrap_or(0.0))
    }

    fn expected(&self, end: i64) -> Vec<Option<f64>> {
        let start = end - SIZE;
        // Samples end at multiples of the size, which is above five minutes.
        let apart = |after: i64| {
            let first = after.div_euclid(SIZE) * SIZE + SIZE;
            let ends = std::iter::successors(Some(first), |at| Some(at + SIZE)).take_while(|at| *at <= start);
            ends.filter_map(|at| Some((at, self.count(at)?))).collect::<Vec<_>>()
        };
        let values: Vec<f64> = apart(end - OVER).into_iter().map(|(_, count)| count).collect();
        let reference = if values.len() < 5 { None } else { Reference::of(&values) };
        let count = self.counts.get(&end).copied().unwrap_or(0.0);
        let weight = |at: i64| (-((start - at) as f64) / HALF_LIFE as f64).exp2();
        let (sum, weights) = apart(self.fades_from)
            .into_iter()
            .fold((0.0, 0.0), |(sum, weights), (at, count)| (sum + weight(at) * count, weights + weight(at)));
        vec![
            Some(count),
            self.count(start),
            reference.as_ref().map(|reference| reference.median),
            reference.as_ref().and_then(|reference| score::z(count, reference)),
            reference.as_ref().and_then(|reference| score::count_lower(count, reference)),
            (weights > 0.0).then(|| sum / weights),
        ]
    }
}

#[test]
fn measures_that_look_back_are_those_of_the_windows_before() {
    let seed = seed();
    let (mut known, mut all) = (0, 0);
    for round in 0..4 {
        let mut rng = rng(seed.wrapping_add(round));
        let posts = posts(&mut rng, 2_500);
        let plan = plan(vec![looking_back()]);
        let mut rows: Vec<WindowRow> = Vec::new();
        let mut feeds = cut(&mut rng, &posts, 90);
        feeds.push(Feed::End);
        run(&plan, options(), None, feeds, |epoch| rows.extend(epoch.windows));
        let mut keys: BTreeMap<_, BTreeMap<i64, f64>> = BTreeMap::new();
        for row in &rows {
            keys.entry(row.key.clone()).or_default().insert(row.end, row.values[0].unwrap());
        }
        let since = rows.iter().map(|row| row.end - EVERY).min().unwrap();
        for row in &rows {
            let counts = &keys[&row.key];
            let fades_from = since.max(counts.first_key_value().unwrap().0 - SIZE - 10 * HALF_LIFE);
            let naive = Naive { counts, since, fades_from };
            let expected = naive.expected(row.end);
            for (at, (told, expected)) in row.values.iter().zip(&expected).enumerate() {
                let same = match (told, expected) {
                    (Some(told), Some(expected)) => (told - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                    (told, expected) => told == expected,
                };
                assert!(same, "measure {at} of {row:?}: {told:?}, expected {expected:?}");
            }
            known += usize::from(expected[2].is_some());
        }
        all += rows.len();
    }
    assert!(known * 4 > all, "{known} of {all} windows could be compared");
}

#[test]
fn groups_beyond_the_bound_are_not_remembered_and_counted() {
    let mut rng = rng(seed());
    let posts = posts(&mut rng, 1_500);
    let plan = plan(vec![looking_back()]);
    let mut options = options();
    options.limits.history_keys_max = 2;
    let mut feeds = cut(&mut rng, &posts, 200);
    feeds.push(Feed::End);
    let (mut rows, mut counted) = (Vec::new(), 0);
    run(&plan, options, None, feeds, |epoch| {
        counted += epoch.counts.unremembered[0];
        rows.extend(epoch.windows);
    });
    let known: BTreeSet<_> = rows.iter().filter(|row| row.values[1].is_some()).map(|row| row.key.clone()).collect();
    assert_eq!(known.len(), 2, "{known:?}");
    let others = rows.iter().filter(|row| !known.contains(&row.key));
    // A key of the two may have had no window before its first: what is counted are the others alone.
    assert!(others.clone().all(|row| row.values[0].is_some() && row.values[1..].iter().all(Option::is_none)));
    assert_eq!(counted, others.count() as u64);
}
