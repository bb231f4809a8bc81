//! What a measure that looks back carries from window to window, and how it tells a window.

use std::ops::Range;

use mon_compiler::history::{Against, HistoryPlan, Score};
use mon_detect::burst::Batch;
use mon_detect::chart::{Cusum, CusumState, EwmaChart, EwmaState};
use mon_detect::ewma::Ewma;
use mon_detect::{esd, score};
use serde::{Deserialize, Serialize};

use super::series::Told;
use super::usual::Usual;

/// Half-lives after which a value no longer counts: it weighs a thousandth.
pub(super) const HALF_LIVES: i64 = 10;

/// The probability that an outlier is told among windows that have none.
const ALPHA: f64 = 0.05;

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
    usual: Option<(Vec<Range<i64>>, Option<Usual>)>,
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
    /// The measure of one window. `among`: the measure of which its own is a part; `open`: an incident of the key is open.
    pub(super) fn tell(
        &mut self,
        plan: &HistoryPlan,
        of: &Told<'_>,
        among: Option<&Told<'_>>,
        window: Range<i64>,
        open: bool,
    ) -> Option<f64> {
        match plan.against {
            Against::Previous => simple(plan.score, of.value, of.before(window.start)?),
            Against::Ewma { half_life_micros } => {
                self.ewma.go_on(of, window.start, half_life_micros);
                simple(plan.score, of.value, self.ewma.mean.mean()?)
            }
            _ => {
                self.compare(plan, of, among, &window);
                let among = among.map(|among| among.value);
                self.score(plan.score, of.value, among, of.grid.is_apart(window.end), open)
            }
        }
    }

    /// Works out the windows to compare with, where they are others than for the window before.
    fn compare(&mut self, plan: &HistoryPlan, of: &Told<'_>, among: Option<&Told<'_>>, window: &Range<i64>) {
        let mut stretches = plan.against.stretches(window, 0);
        if matches!(plan.against, Against::AnyHour { .. }) {
            // Which samples there are changes with the samples, not with each step of a window.
            for stretch in &mut stretches {
                let span = of.grid.span(stretch.start.max(of.since), stretch.end);
                *stretch = span.map_or(0..0, |(first, last)| first.saturating_sub(1)..last);
            }
        }
        if self.usual.as_ref().is_none_or(|(known, _)| *known != stretches) {
            let usual = Usual::of(plan, of, among, window, &stretches);
            self.usual = Some((stretches, usual));
        }
    }

    fn score(
        &mut self,
        score: Score,
        value: Option<f64>,
        among: Option<Option<f64>>,
        apart: bool,
        open: bool,
    ) -> Option<f64> {
        let (reference, dispersion) = match self.usual.as_ref().and_then(|(_, usual)| usual.as_ref())? {
            Usual::Windows { reference, dispersion } => (reference, *dispersion),
            Usual::Run(automaton) => {
                let all = match among {
                    Some(all) => Some(all?),
                    None => None,
                };
                let level = automaton.clone().step(Batch::new(value?, all)?);
                return u32::try_from(level).ok().map(f64::from);
            }
            Usual::Rest { rest, cell } => {
                return esd::newest_over_critical(esd::newest_without_season(value?, cell)?, rest, ALPHA);
            }
        };
        let residual = || score::robust_z(value?, reference);
        match score {
            Score::Baseline | Score::Change => simple(score, value, reference.median),
            Score::Z => score::z(value?, reference),
            Score::RobustZ => residual(),
            Score::Poisson => score::predictive_upper(value?, reference),
            Score::NegativeBinomial => match dispersion {
                Some(dispersion) => score::dispersed_upper(value?, reference, dispersion),
                None => score::count_upper(value?, reference),
            },
            Score::Flatline => match dispersion {
                Some(dispersion) => score::dispersed_lower(value?, reference, dispersion),
                None => score::count_lower(value?, reference),
            },
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
            // These have no reference.
            Score::Burst { .. } | Score::SeasonalEsd => None,
        }
    }
}

/// What needs no spread.
fn simple(score: Score, value: Option<f64>, usual: f64) -> Option<f64> {
    if score == Score::Change { score::change(value?, usual) } else { Some(usual) }
}

impl Fading {
    /// Takes in the samples that ended up to where a window begins.
    fn go_on(&mut self, of: &Told<'_>, until: i64, half_life_micros: i64) {
        let earliest = until.saturating_sub(half_life_micros.saturating_mul(HALF_LIVES)).max(of.since);
        let mut last = self.until.unwrap_or(earliest).max(earliest);
        for end in of.grid.ends(last, until) {
            #[expect(clippy::cast_precision_loss, reason = "a mean is no more exact than its values")]
            let elapsed = (end - last) as f64 / half_life_micros.max(1) as f64;
            self.mean.step(of.sample(end, false), elapsed);
            last = end;
        }
        self.until = Some(last);
    }
}
