//! What a measure that looks back carries from window to window, and how it tells a window.

use std::ops::Range;

use mon_compiler::history::{Against, HistoryPlan, SAMPLES_MIN, Score};
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState};
use mon_detect::ewma::Ewma;
use mon_detect::{Reference, score};
use serde::{Deserialize, Serialize};

use super::series::{Series, Times};

/// Half-lives after which a value no longer counts: it weighs a thousandth.
pub(super) const HALF_LIVES: i64 = 10;

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
    /// The measure of one window, `value` being what is remembered of it. `open`: an incident of the key is open.
    pub(super) fn tell(
        &mut self,
        plan: &HistoryPlan,
        series: &Series,
        times: &Times,
        window: Range<i64>,
        value: Option<f64>,
        open: bool,
    ) -> Option<f64> {
        match plan.against {
            Against::Previous => simple(plan.score, value, series.before(window.start, times)?),
            Against::Ewma { half_life_micros } => {
                self.ewma.go_on(series, times, window.start, half_life_micros);
                simple(plan.score, value, self.ewma.mean.mean()?)
            }
            _ => {
                self.compare(plan.against, series, times, &window);
                self.score(plan.score, value, times.grid.is_apart(window.end), open)
            }
        }
    }

    /// Works out the windows to compare with, where they are others than for the window before.
    fn compare(&mut self, against: Against, series: &Series, times: &Times, window: &Range<i64>) {
        let mut stretches = against.stretches(window, 0);
        if matches!(against, Against::AnyHour { .. }) {
            // Which samples there are changes with the samples, not with each step of a window.
            for stretch in &mut stretches {
                let span = times.grid.span(stretch.start.max(times.since), stretch.end);
                *stretch = span.map_or(0..0, |(first, last)| first.saturating_sub(1)..last);
            }
        }
        if self.reference.as_ref().is_some_and(|(known, _)| *known == stretches) {
            return;
        }
        let around = || against.stretches(window, 1);
        let mut values = series.values(&stretches, times, false);
        let too_few = |values: &[f64]| i64::try_from(values.len()).is_ok_and(|count| count < SAMPLES_MIN);
        if too_few(&values) {
            values = series.values(&around(), times, false);
        }
        // What outlasts all that is looked back at is what is usual now; otherwise its incident could not end.
        if too_few(&values) {
            values = series.values(&around(), times, true);
        }
        let reference = if too_few(&values) { None } else { Reference::of(&values) };
        self.reference = Some((stretches, reference));
    }

    fn score(&mut self, score: Score, value: Option<f64>, apart: bool, open: bool) -> Option<f64> {
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
                    // A crisis that is over is over: what it summed up would take days to drain away.
                    if open && residual <= slack {
                        self.cusum = CusumState::default();
                    }
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
            self.mean.step(series.sample(end, times, false), elapsed);
            last = end;
        }
        self.until = Some(last);
    }
}
