//! Measures that look back, against the same figures worked out from all windows that a run told.

use std::collections::{BTreeMap, BTreeSet};

use mon_compiler::history::{Against, HistoryPlan, Score};
use mon_compiler::plan::{MeasureKind, MeasurePlan, MonitorPlan, Place};
use mon_detect::burst::{Automaton, Batch, Quiet};
use mon_detect::{Reference, esd, fdr, score};
use mon_engine::{Feed, WindowRow};
use rand::Rng;
use rand::rngs::SmallRng;

use super::world::{
    MINUTE, Post, START, aggregate, cut, feed, monitor, options, plan, posts, rng, run, seed, simple, window,
};

const SIZE: i64 = 10 * MINUTE;
const EVERY: i64 = 2 * MINUTE;
const OVER: i64 = 80 * MINUTE;
const HALF_LIFE: i64 = 20 * MINUTE;

fn back(name: &str, against: Against, score: Score) -> MeasurePlan {
    let kind = MeasureKind::History(HistoryPlan { of: 0, against, score, without: None });
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
        back("level", any, Score::Burst { among: None, scale: 2.0 }),
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
            level(&values, count),
        ]
    }
}

/// The level of a burst in the last of these windows.
fn level(before: &[f64], now: f64) -> Option<f64> {
    let batches: Vec<Batch> = before.iter().filter_map(|count| Batch::new(*count, None)).collect();
    let mut automaton = Automaton::new(Quiet::of(&batches)?, 2.0, 1.0, batches.len() + 1);
    for batch in &batches {
        automaton.step(*batch);
    }
    (before.len() >= 5).then_some(automaton.step(Batch::new(now, None)?) as f64)
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

const HOUR: i64 = 60 * MINUTE;
const WEEK: i64 = 168 * HOUR;

/// Posts of seven weeks, some an hour: a day has a shape, and hours vary more than by chance (gamma of size 4 over Poisson).
fn seven_weeks(rng: &mut SmallRng) -> Vec<Post> {
    let mut posts = Vec::new();
    for hour in 0..7 * 168 {
        let usual = [2.0, 4.0, 9.0, 6.0].get(hour % 24 / 6).copied().unwrap_or(0.0);
        let varied = (0..4).map(|_| -(1.0 - rng.random::<f64>()).ln()).sum::<f64>() * usual / 4.0;
        let (limit, mut product) = ((-varied).exp(), rng.random::<f64>());
        let start = START + hour as i64 * HOUR;
        // One post an hour, so that every window is told.
        posts.push(simple(posts.len() as i64, start));
        while product > limit {
            posts.push(simple(posts.len() as i64, start + rng.random_range(0..HOUR)));
            product *= rng.random::<f64>();
        }
    }
    posts.sort_by_key(|post| post.at);
    posts
}

/// Counts of whole hours by end, and what is told of one by five weeks of the same hour of the week.
struct Hours(BTreeMap<i64, f64>);

impl Hours {
    fn of(&self, ends: impl IntoIterator<Item = i64>) -> Vec<f64> {
        ends.into_iter().filter_map(|end| self.0.get(&end).copied()).collect()
    }

    fn reference(&self, end: i64) -> Option<Reference> {
        let values = self.of((1..=5).map(|week| end - week * WEEK));
        if values.len() < 5 { None } else { Reference::of(&values) }
    }

    /// Hours of the five weeks that end two hours before, by their place in the week.
    fn cells(&self, end: i64) -> Vec<Vec<f64>> {
        let within = |ends: &i64| *ends > end - HOUR - 5 * WEEK && *ends < end - HOUR;
        let cell = |hour: i64| (0..=5).map(move |week| end - hour * HOUR - week * WEEK).filter(within);
        (0..168).map(|hour| self.of(cell(hour))).collect()
    }

    fn outlier(&self, end: i64, count: f64) -> Option<f64> {
        let cells = self.cells(end);
        let rest: Vec<f64> = cells.iter().flat_map(|cell| esd::without_season(cell)).collect();
        esd::newest_over_critical(esd::newest_without_season(count, cells.first()?)?, &rest, 0.05)
    }
}

#[test]
fn the_spread_of_all_hours_makes_fewer_false_alarms_than_that_of_one_hour() {
    // Figures are of any noise; false alarms are counted in noise that is always the same, so that chance decides nothing.
    let (mut any, mut planted) = (rng(seed()), rng(1));
    let week = Against::HourOfWeek { over_micros: 5 * WEEK, zone: chrono_tz::Tz::UTC };
    let measures = vec![
        aggregate("volume", "count", &[]),
        back("chance", week, Score::NegativeBinomial),
        back("few", week, Score::Flatline),
        back("out", week, Score::SeasonalEsd),
    ];
    let plan = plan(vec![monitor("hours", 0, window(HOUR, HOUR, 0), &[], measures)]);
    let (mut judged, mut own, mut pooled, mut out) = (0, 0, 0, 0);
    for round in 0..4 {
        let posts = seven_weeks(if round == 0 { &mut any } else { &mut planted });
        let mut rows: Vec<WindowRow> = Vec::new();
        run(&plan, options(), None, vec![feed(&posts), Feed::End], |epoch| rows.extend(epoch.windows));
        let hours = Hours(rows.iter().map(|row| (row.end, row.values[0].unwrap())).collect());
        for row in rows.iter().filter(|row| row.end > START + 5 * WEEK) {
            let count = row.values[0].unwrap();
            let reference = hours.reference(row.end).unwrap();
            let references: Vec<Reference> =
                hours.cells(row.end).iter().filter_map(|cell| Reference::of(cell)).collect();
            let dispersion = score::dispersion(&references).unwrap();
            let expected = [
                score::dispersed_upper(count, &reference, dispersion),
                score::dispersed_lower(count, &reference, dispersion),
                hours.outlier(row.end, count),
            ];
            for (told, expected) in row.values[1..].iter().zip(expected) {
                let (told, expected) = (told.unwrap(), expected.unwrap());
                assert!(
                    (told - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                    "{told}, expected {expected}: {row:?}"
                );
            }
            if round == 0 {
                continue;
            }
            judged += 1;
            own += u32::from(score::count_upper(count, &reference).unwrap() < 0.001);
            pooled += u32::from(row.values[1].unwrap() < 0.001);
            out += u32::from(row.values[3].unwrap().abs() > 1.0);
        }
    }
    println!("of {judged} windows: {own} by the spread of their hour, {pooled} by that of all hours, {out} outliers");
    assert!(judged > 900 && own > 4 && pooled * 4 <= own, "{own} and {pooled} of {judged}");
}

#[test]
fn what_is_told_together_is_told_of_all_groups_and_monitors() {
    let mut rng = rng(seed());
    let hour = Against::AnyHour { over_micros: HOUR };
    let measures = |score| {
        let rate = MeasurePlan { name: "rate".into(), place: Place::default(), kind: MeasureKind::QValue(1) };
        vec![aggregate("volume", "count", &[]), back("chance", hour, score), rate]
    };
    let steps = window(5 * MINUTE, 5 * MINUTE, 0);
    let plan = plan(vec![
        monitor("many", 0, steps, &["lang"], measures(Score::Poisson)),
        monitor("few", 0, steps, &["lang"], measures(Score::Flatline)),
        monitor("later", 0, window(5 * MINUTE, 5 * MINUTE, MINUTE), &[], measures(Score::Poisson)),
    ]);
    // Each group has posts in every window.
    let langs = [Some("de"), Some("en"), Some("es"), None];
    let mut posts: Vec<Post> = Vec::new();
    for step in 0..40 {
        for lang in langs {
            for _ in 0..rng.random_range(1..9) {
                let at = START + step * 5 * MINUTE + rng.random_range(0..5 * MINUTE);
                posts.push(Post { lang, ..simple(posts.len() as i64, at) });
            }
        }
    }
    posts.sort_by_key(|post| post.at);
    let mut rows: Vec<WindowRow> = Vec::new();
    run(&plan, options(), None, vec![feed(&posts), Feed::End], |epoch| rows.extend(epoch.windows));
    let mut moments: BTreeMap<i64, Vec<&WindowRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.values[1].is_some()) {
        moments.entry(row.end + if row.monitor == 2 { MINUTE } else { 0 }).or_default().push(row);
    }
    let mut largest = 0;
    for rows in moments.values() {
        let chances: Vec<f64> = rows.iter().filter_map(|row| row.values[1]).collect();
        let told: Vec<Option<f64>> = rows.iter().map(|row| row.values[2]).collect();
        assert_eq!(told, fdr::adjusted(&chances));
        largest = largest.max(chances.len());
    }
    assert_eq!(largest, 2 * langs.len(), "those of the third monitor are judged a minute later");
}
