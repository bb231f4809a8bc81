//! Detectors on series with planted spikes: how many each finds, how late, and how often it cries wolf. Prints a table:
//! `cargo test -p mon-detect --test planted -- --nocapture`.
//!
//! The series are hourly counts with the shape of a week, by chance alone (Poisson) or with more variation (negative
//! binomial of size 8). A window is judged against the same hour of the eight weeks before the four that are judged.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests fail as tests do")]

use std::f64::consts::PI;

use mon_detect::burst::{Automaton, Batch, Quiet};
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState, PoissonCusum, PoissonCusumState};
use mon_detect::esd::{newest_over_critical, newest_without_season, without_season};
use mon_detect::{Reference, score};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const WEEK: usize = 168;
/// Where the judged windows begin.
const BEFORE: usize = 8 * WEEK;
const WINDOWS: usize = 12 * WEEK;
const SIZES: [f64; 4] = [1.5, 2.0, 3.0, 5.0];
const HOURS: [usize; 3] = [1, 6, 24];
const SERIES: usize = 4;
/// Posts of other topics for each of this one, for the share in which bursts are found.
const OTHERS: f64 = 9.0;

/// The seed of this run, from `MON_SEED`.
#[expect(clippy::disallowed_methods, reason = "the seed of a random test comes from outside")]
fn seed() -> u64 {
    let seed = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    println!("MON_SEED={seed}");
    seed
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Noise {
    Poisson,
    NegativeBinomial,
}

/// Counts of the topic and of all posts.
#[derive(Clone)]
struct Series {
    means: Vec<f64>,
    counts: Vec<f64>,
    all: Vec<f64>,
    references: Vec<Reference>,
    /// Of all cells of the week.
    dispersion: f64,
}

/// Expected posts in an hour of the week, 1 on average over working days.
fn shape(window: usize) -> f64 {
    let (day, hour) = (window / 24 % 7, (window % 24) as f64);
    (1.0 + 0.85 * (2.0 * PI * (hour - 14.0) / 24.0).cos()) * if day >= 5 { 0.6 } else { 1.0 }
}

/// By the product of uniform numbers (Knuth), in parts whose `e^-mean` is no zero.
fn poisson(rng: &mut SmallRng, mut mean: f64) -> f64 {
    let mut count = 0.0;
    while mean > 0.0 {
        let (limit, mut product) = ((-mean.min(500.0)).exp(), rng.random::<f64>());
        while product > limit {
            count += 1.0;
            product *= rng.random::<f64>();
        }
        mean -= 500.0;
    }
    count
}

/// A mean that itself varies: gamma of shape 8, the sum of eight exponential numbers.
fn varied(rng: &mut SmallRng, mean: f64) -> f64 {
    -(0..8).map(|_| (1.0 - rng.random::<f64>()).ln()).sum::<f64>() * mean / 8.0
}

/// A series of a level (posts an hour) without spikes.
fn series(rng: &mut SmallRng, noise: Noise, level: f64) -> Series {
    let (mut means, mut counts, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for window in 0..WINDOWS {
        let usual = level * shape(window);
        let mean = if noise == Noise::NegativeBinomial { varied(rng, usual) } else { usual };
        means.push(mean);
        counts.push(poisson(rng, mean));
        all.push(poisson(rng, OTHERS * usual) + counts[window]);
    }
    let references: Vec<Reference> = (0..WEEK)
        .map(|hour| {
            let values: Vec<f64> = (0..BEFORE / WEEK).map(|week| counts[week * WEEK + hour]).collect();
            Reference::of(&values).expect("there are values")
        })
        .collect();
    let dispersion = score::dispersion(&references).expect("there are posts");
    Series { means, counts, all, references, dispersion }
}

impl Series {
    /// The series with one spike: for some hours from `start` the means are `size` times what they were.
    fn with_spike(&self, rng: &mut SmallRng, start: usize, hours: usize, size: f64) -> Series {
        let mut spiked = self.clone();
        for window in start..start + hours {
            let count = poisson(rng, size * self.means[window]);
            spiked.all[window] += count - self.counts[window];
            spiked.counts[window] = count;
        }
        spiked
    }

    fn reference(&self, window: usize) -> &Reference {
        &self.references[window % WEEK]
    }

    /// Mean 0 and variance 1 while all is as usual, with the uncertainty of the mean in the variance.
    fn residual(&self, window: usize) -> f64 {
        let reference = self.reference(window);
        let mean = reference.count_mean().expect("they are counts");
        let variance = (mean + self.dispersion * mean * mean) * (1.0 + 1.0 / reference.n as f64);
        (self.counts[window] - mean) / variance.sqrt()
    }
}

/// Judges windows one after the other: whether it raises an alarm.
type Judge = Box<dyn FnMut(&Series, usize) -> bool>;

struct Detector {
    name: &'static str,
    new: fn() -> Judge,
    /// At most this many false alarms per 1,000 windows, by kind of noise, whatever the seed. `None`: it is not made for such
    /// series, and the table shows what comes of it.
    false_max: [Option<f64>; 2],
    /// Every how many windows it is asked where no spike is, and over how many series; the slow one less often.
    every: usize,
    series: usize,
}

fn stateless(judge: fn(&Series, usize) -> Option<bool>) -> Judge {
    Box::new(move |series, window| judge(series, window).unwrap_or(false))
}

fn ewma() -> Judge {
    let mut state = EwmaState::default();
    Box::new(move |series, window| {
        let alarm = state.step(EwmaChart { lambda: 0.3 }, series.residual(window)) > 4.0;
        if alarm {
            state = EwmaState::default();
        }
        alarm
    })
}

fn cusum() -> Judge {
    let mut state = CusumState::default();
    Box::new(move |series, window| {
        state.step(Cusum { slack: 0.5 }, series.residual(window));
        let alarm = state.up > 8.0;
        if alarm {
            state = CusumState::default();
        }
        alarm
    })
}

fn poisson_cusum(dispersed: bool) -> Judge {
    let mut state = PoissonCusumState::default();
    Box::new(move |series, window| {
        let mean = series.reference(window).count_mean().expect("they are counts");
        let ratio = if dispersed { 1.0 + series.dispersion * mean } else { 1.0 };
        let sum = state.step(PoissonCusum { ratio: 2.0 }, series.counts[window] / ratio, mean / ratio);
        // A likelihood ratio of 10,000.
        let alarm = sum > 1e4_f64.ln() / 2.0_f64.ln();
        if alarm {
            state = PoissonCusumState::default();
        }
        alarm
    })
}

/// Among the hours of the week before, as a rule asks for it.
fn burst() -> Judge {
    Box::new(|series, window| {
        let batch =
            |window: usize| Batch::new(series.counts[window], Some(series.all[window])).expect("they are counts");
        let before: Vec<Batch> = (window - WEEK..window).map(batch).collect();
        let mut automaton = Automaton::new(Quiet::of(&before).expect("there are posts"), 2.0, 1.0, WEEK + 1);
        for batch in before {
            automaton.step(batch);
        }
        automaton.step(batch(window)) > 0
    })
}

/// Within the cells of the four weeks before.
fn esd() -> Judge {
    stateless(|series, window| {
        let cell = |hour: usize| (1..=4).map(|week| series.counts[window + hour - week * WEEK]).collect::<Vec<_>>();
        let rest: Vec<f64> = (0..WEEK).flat_map(|hour| without_season(&cell(hour))).collect();
        Some(newest_over_critical(newest_without_season(series.counts[window], &cell(0))?, &rest, 0.05)? > 1.0)
    })
}

fn detectors() -> Vec<Detector> {
    let row = |name, new: fn() -> Judge, false_max| Detector { name, new, false_max, every: 1, series: SERIES };
    vec![
        row(
            "change ≥ +100 %, 10 posts",
            || stateless(|s, w| Some(s.counts[w] >= 10.0 && score::change(s.counts[w], s.reference(w).mean)? >= 1.0)),
            [None, None],
        ),
        row(
            "z ≥ 4",
            || stateless(|s, w| Some(score::z(s.counts[w], s.reference(w))? >= 4.0)),
            [Some(40.0), Some(40.0)],
        ),
        row(
            "robust z ≥ 4",
            || stateless(|s, w| Some(score::robust_z(s.counts[w], s.reference(w))? >= 4.0)),
            [Some(120.0), Some(120.0)],
        ),
        row(
            "Poisson tail < 1e-4",
            || stateless(|s, w| Some(score::poisson_upper(s.counts[w], s.reference(w).count_mean()?)? < 1e-4)),
            [Some(6.0), None],
        ),
        row(
            "predictive tail < 1e-4",
            || stateless(|s, w| Some(score::predictive_upper(s.counts[w], s.reference(w))? < 1e-4)),
            [Some(4.0), None],
        ),
        row(
            "count tail < 1e-4",
            || stateless(|s, w| Some(score::count_upper(s.counts[w], s.reference(w))? < 1e-4)),
            [Some(4.0), Some(20.0)],
        ),
        row(
            "dispersed tail < 1e-4",
            || stateless(|s, w| Some(score::dispersed_upper(s.counts[w], s.reference(w), s.dispersion)? < 1e-4)),
            [Some(4.0), Some(6.0)],
        ),
        row("EWMA chart 0.3, limit 4", ewma, [Some(20.0), Some(20.0)]),
        row("CUSUM 0.5, limit 8", cusum, [Some(20.0), Some(20.0)]),
        row("Poisson CUSUM ×2, 10⁴ : 1", || poisson_cusum(false), [Some(5.0), None]),
        row("the same, dispersed", || poisson_cusum(true), [Some(5.0), Some(10.0)]),
        row("burst, scale 2, a week", burst, [Some(10.0), None]),
        Detector {
            name: "seasonal hybrid ESD, 4 weeks",
            new: esd,
            false_max: [Some(100.0), Some(160.0)],
            every: 7,
            series: 1,
        },
    ]
}

/// False alarms per 1,000 windows of series without spikes.
fn false_alarms(detector: &Detector, usual: &[Series]) -> f64 {
    let (mut alarms, mut windows) = (0, 0);
    for series in usual.iter().take(detector.series) {
        let mut judge = (detector.new)();
        for window in (BEFORE..WINDOWS).step_by(detector.every) {
            windows += 1;
            alarms += usize::from(judge(series, window));
        }
    }
    1000.0 * f64::from(u32::try_from(alarms).expect("few windows")) / f64::from(windows)
}

/// What became of the spikes of one size and length.
#[derive(Default)]
struct Outcome {
    planted: u32,
    /// Those that raised an alarm while they lasted.
    found: u32,
    /// Windows from the beginning to the alarm, over those found.
    delay: usize,
}

fn outcome(detector: &Detector, rng: &mut SmallRng, usual: &[Series], size: f64, hours: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for usual in usual.iter().take(detector.series) {
        for spike in 0..12 {
            // By day, at a random hour from 9 to 14 of every second or third day.
            let start = (BEFORE + 56 * spike) / 24 * 24 + 24 + rng.random_range(9..15);
            let series = usual.with_spike(rng, start, hours, size);
            // Each spike meets a detector that has watched the two days before it.
            let mut judge = (detector.new)();
            let warm = if detector.every == 1 { 48 } else { 0 };
            for window in start - warm..start {
                judge(&series, window);
            }
            outcome.planted += 1;
            if let Some(at) = (start..start + hours).find(|window| judge(&series, *window)) {
                outcome.found += 1;
                outcome.delay += at - start;
            }
        }
    }
    outcome
}

/// One table: for each size the found spikes of 1, 6 and 24 hours in percent, and the mean delay of those of 24 hours. Each
/// detector sees the same series and the same spikes, the slow one the first of them.
fn table(noise: Noise, level: f64, seed: u64) {
    println!(
        "\n{noise:?}, {level} posts an hour; found of spikes of {HOURS:?} hours in percent, mean delay in hours (24 h)\n"
    );
    println!("| detector | false per 1,000 | ×1.5 | ×2 | ×3 | ×5 |\n| --- | --- | --- | --- | --- | --- |");
    let seed = seed ^ level.to_bits() ^ noise as u64;
    let mut rng = SmallRng::seed_from_u64(seed);
    let usual: Vec<Series> = (0..SERIES).map(|_| series(&mut rng, noise, level)).collect();
    for detector in detectors() {
        let mut rng = SmallRng::seed_from_u64(!seed);
        let alarms = false_alarms(&detector, &usual);
        let mut row = format!("| {} | {alarms:.1} |", detector.name);
        for size in SIZES {
            let outcomes = HOURS.map(|hours| outcome(&detector, &mut rng, &usual, size, hours));
            let shares =
                outcomes.each_ref().map(|o| format!("{:.0}", 100.0 * f64::from(o.found) / f64::from(o.planted)));
            let delay = outcomes[2].delay as f64 / f64::from(outcomes[2].found.max(1));
            row += &format!(" {} ({delay:.1}) |", shares.join("/"));
            if size == 5.0 && level >= 20.0 {
                for Outcome { planted, found, .. } in &outcomes[1..] {
                    let most = 10 * found >= 9 * planted;
                    assert!(most, "{} finds {found} of {planted} at ×5, {noise:?}, {level}", detector.name);
                }
            }
        }
        println!("{row}");
        if let Some(most) = detector.false_max[noise as usize] {
            assert!(alarms <= most, "{}: {alarms} false alarms per 1,000, {noise:?}, {level}", detector.name);
        }
    }
}

#[test]
fn large_spikes_are_found_and_false_alarms_are_bounded() {
    let seed = seed();
    for noise in [Noise::Poisson, Noise::NegativeBinomial] {
        for level in [2.0, 20.0, 200.0] {
            table(noise, level, seed);
        }
    }
}
