//! What a monitor has to remember, worked out from its plan once.

use mon_compiler::history::{Against, DAY_MICROS, HistoryPlan};
use mon_compiler::plan::{Borders, MeasureKind, MonitorPlan, ValueExpr};

use super::series::Grid;
use crate::layout::{spell, spell_window};

/// Windows shorter than this are not all sampled.
const SAMPLE_MICROS_MIN: i64 = 300_000_000;

/// What is kept longer than asked for: the neighbouring hours of a cell, and what clocks are put back and forward.
const SLACK_MICROS: i64 = 3 * DAY_MICROS;

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(super) measures: Vec<MeasureSpec>,
    pub(super) series: Vec<SeriesSpec>,
    pub(super) grid: Grid,
    pub(super) warmup_micros: i64,
    /// For how long something is remembered.
    pub(super) memory_micros: i64,
    /// The least length of a window.
    pub(super) shortest_micros: i64,
    pub(super) monitor: String,
}

/// A measure that looks back.
#[derive(Clone, Debug)]
pub(super) struct MeasureSpec {
    /// Its place among the measures of the monitor.
    pub(super) at: usize,
    pub(super) plan: HistoryPlan,
    /// The series that it reads.
    pub(super) series: usize,
    /// What was saved under it fits.
    pub(super) fingerprint: String,
}

/// A measure that is remembered.
#[derive(Clone, Debug)]
pub(super) struct SeriesSpec {
    pub(super) of: u32,
    /// Its value in a window without posts.
    pub(super) nothing: Option<f64>,
    pub(super) recent: bool,
    pub(super) samples: bool,
    pub(super) fingerprint: String,
}

impl Spec {
    /// None where the monitor has nothing to remember. `nothing` holds its measures in a window without posts.
    pub(crate) fn of(monitor: &MonitorPlan, nothing: &[Option<f64>]) -> Option<Self> {
        let window = monitor.window?;
        let warmup_micros = monitor.alert.as_ref().map_or(0, |alert| alert.warmup_micros);
        let mut measures: Vec<MeasureSpec> = Vec::new();
        let mut series: Vec<SeriesSpec> = Vec::new();
        for (at, measure) in monitor.measures.iter().enumerate() {
            let MeasureKind::History(plan) = measure.kind else { continue };
            let found = series.iter().position(|known| known.of == plan.of).unwrap_or_else(|| {
                let spelt = format!("{} {:?} {}", spell_window(window), monitor.by, spell_measure(monitor, plan.of));
                series.push(SeriesSpec {
                    of: plan.of,
                    nothing: nothing.get(plan.of as usize).copied().flatten(),
                    recent: false,
                    samples: false,
                    fingerprint: hash(&spelt),
                });
                series.len() - 1
            });
            if let Some(spec) = series.get_mut(found) {
                let previous = plan.against == Against::Previous;
                spec.recent |= previous;
                spec.samples |= !previous;
                let spelt = format!("{} {:?} {:?}", spec.fingerprint, plan.against, plan.score);
                measures.push(MeasureSpec { at, plan, series: found, fingerprint: hash(&spelt) });
            }
        }
        if measures.is_empty() && warmup_micros == 0 {
            return None;
        }
        let grid = match window.borders {
            Borders::Steps { size_micros, .. } => {
                let sizes = (SAMPLE_MICROS_MIN + size_micros - 1).checked_div(size_micros).unwrap_or(1).max(1);
                Grid { borders: window.borders, size_micros, every_micros: size_micros.saturating_mul(sizes) }
            }
            _ => Grid { borders: window.borders, size_micros: 0, every_micros: 0 },
        };
        let memory = measures.iter().map(|measure| memory(measure.plan, window.borders)).max().unwrap_or(0);
        Some(Self {
            measures,
            series,
            grid,
            warmup_micros,
            memory_micros: memory.saturating_add(SLACK_MICROS),
            shortest_micros: window.borders.shortest_micros().unwrap_or(0),
            monitor: monitor.name.clone(),
        })
    }
}

/// A mean that fades needs the windows that it has not taken in, no more.
const fn memory(plan: HistoryPlan, borders: Borders) -> i64 {
    match plan.against {
        Against::Ewma { .. } => match borders.shortest_micros() {
            Some(shortest) => shortest.saturating_mul(4),
            None => 0,
        },
        against => against.memory_micros(),
    }
}

/// A measure written out with all that it is computed from, wherever these stand.
fn spell_measure(monitor: &MonitorPlan, at: u32) -> String {
    match monitor.measures.get(at as usize).map(|measure| &measure.kind) {
        Some(MeasureKind::Aggregate(aggregate)) => spell(aggregate),
        Some(MeasureKind::Derived(expr)) => {
            let mut used = Vec::new();
            measures_of(expr, &mut used);
            let used: Vec<String> = used.into_iter().map(|at| spell_measure(monitor, at)).collect();
            format!("{expr:?} of {used:?}")
        }
        Some(MeasureKind::History(_)) | None => String::new(),
    }
}

fn measures_of(expr: &ValueExpr, used: &mut Vec<u32>) {
    match expr {
        ValueExpr::Measure(at) => used.push(*at),
        ValueExpr::Number(_) | ValueExpr::Truth(_) => {}
        ValueExpr::Negate(inner) | ValueExpr::Not(inner) => measures_of(inner, used),
        ValueExpr::Arithmetic(_, left, right) | ValueExpr::Compare(_, left, right) => {
            measures_of(left, used);
            measures_of(right, used);
        }
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter().for_each(|part| measures_of(part, used)),
    }
}

fn hash(spelt: &str) -> String {
    blake3::hash(spelt.as_bytes()).to_hex().chars().take(16).collect()
}
