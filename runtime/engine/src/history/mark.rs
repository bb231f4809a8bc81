//! What a measure that looks back carries from window to window, and how it tells a window.

use std::ops::Range;

use mon_compiler::history::{Against, HistoryPlan, Score};
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState};
use mon_detect::ewma::Ewma;
use mon_detect::{Reference, score};
use serde::{Deserialize, Serialize};

use super::series::{Series, Times};

/// Windows that a comparison needs; fewer say nothing. Where an hour has fewer, its neighbours are taken too.
const SAMPLES_MIN: usize = 5;

/// Half-lives after which a value no longer counts.
const HALF_LIVES: i64 = 32;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Mark {
    #[serde(default, skip_serializing_if = "is_default")]
    ewma: Fading,
    #[serde(default, skip_serializing_if = "is_default")]
    chart: EwmaState,
    #[serde(default, skip_serializing_if = "is_default")]
    cusum: CusumState,
    /// What a chart told last; it is told until the next window that does not overlap.
    #[serde(default, skip_serializing_if = "is_default")]
    told: Option<f64>,
    /// What the windows of these stretches came to. It follows from the samples, so it is not saved.
    #[serde(skip)]
    reference: Option<(Vec<Range<i64>>, Option<Reference>)>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A mean, and the end of the last window in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Fading {
    until: Option<i64>,
    mean: Ewma,
}

impl Mark {
    /// The measure of one window, `value` being what is remembered of it.
    pub(super) fn tell(
        &mut self,
        plan: &HistoryPlan,
        series: &Series,
        times: &Times,
        window: Range<i64>,
        value: Option<f64>,
    ) -> Option<f64> {
        match plan.against {
            Against::Previous => simple(plan.score, value, series.before(window.start, times)?),
            Against::Ewma { half_life_micros } => {
                self.ewma.go_on(series, times, window.start, half_life_micros);
                simple(plan.score, value, self.ewma.mean.mean()?)
            }
            _ => {
                self.compare(plan.against, series, times, &window);
                self.score(plan.score, value, times.grid.is_apart(window.end))
            }
        }
    }

    /// Works out the windows to compare with, where they are others than for the window before.
    fn compare(&mut self, against: Against, series: &Series, times: &Times, window: &Range<i64>) {
        let mut stretches = against.stretches(window, 0);
        if matches!(against, Against::AnyHour { .. }) {
            // Which samples there are changes with the samples, not with each step of a window.
            for stretch in &mut stretches {
                let ends = times.grid.ends(stretch.start, stretch.end);
                let (first, last) = ends.fold((None, None), |(first, _), end| (first.or(Some(end)), Some(end)));
                *stretch = first.map_or(0, |first| first - 1)..last.unwrap_or(0);
            }
        }
        if self.reference.as_ref().is_some_and(|(known, _)| *known == stretches) {
            return;
        }
        let mut values = series.values(&stretches, times);
        if values.len() < SAMPLES_MIN {
            values = series.values(&against.stretches(window, 1), times);
        }
        let reference = if values.len() < SAMPLES_MIN { None } else { Reference::of(&values) };
        self.reference = Some((stretches, reference));
    }

    fn score(&mut self, score: Score, value: Option<f64>, apart: bool) -> Option<f64> {
        let reference = self.reference.as_ref().and_then(|(_, reference)| reference.as_ref())?;
        let residual = || score::robust_z(value?, reference);
        match score {
            Score::Baseline | Score::Change => simple(score, value, reference.median),
            Score::Z => score::z(value?, reference),
            Score::RobustZ => residual(),
            Score::Poisson => score::predictive_upper(value?, reference),
            Score::NegativeBinomial => score::count_upper(value?, reference),
            Score::Flatline => score::count_lower(value?, reference),
            Score::EwmaChart { weight } => {
                if let Some(residual) = residual().filter(|_| apart) {
                    self.told = Some(self.chart.step(EwmaChart { lambda: weight }, residual));
                }
                self.told
            }
            Score::Cusum { slack } => {
                if let Some(residual) = residual().filter(|_| apart) {
                    self.cusum.step(Cusum { slack }, residual);
                    self.told = Some(self.cusum.up);
                }
                self.told
            }
        }
    }
}

/// What needs no spread.
fn simple(score: Score, value: Option<f64>, usual: f64) -> Option<f64> {
    if score == Score::Change { score::change(value?, usual) } else { Some(usual) }
}

impl Fading {
    /// Takes in the samples that ended up to where a window begins.
    fn go_on(&mut self, series: &Series, times: &Times, until: i64, half_life_micros: i64) {
        let earliest = until.saturating_sub(half_life_micros.saturating_mul(HALF_LIVES)).max(times.since);
        let mut last = self.until.unwrap_or(earliest).max(earliest);
        for end in times.grid.ends(last, until) {
            #[expect(clippy::cast_precision_loss, reason = "a mean is no more exact than its values")]
            let elapsed = (end - last) as f64 / half_life_micros.max(1) as f64;
            self.mean.step(series.sample(end, times), elapsed);
            last = end;
        }
        self.until = Some(last);
    }
}
