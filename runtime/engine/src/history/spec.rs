//! What a monitor has to remember, worked out from its plan once.

use mon_compiler::history::{Against, DAY_MICROS, HistoryPlan, Score, sample_step};
use mon_compiler::plan::{Borders, MeasureKind, MonitorPlan, ValueExpr};

use super::mark::HALF_LIVES;
use super::series::Grid;
use crate::layout::{spell, spell_window};

/// What is kept longer than asked for: the neighbouring hours of a cell, and what clocks are put back and forward.
const SLACK_MICROS: i64 = 3 * DAY_MICROS;

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(super) measures: Vec<MeasureSpec>,
    pub(super) series: Vec<SeriesSpec>,
    pub(super) grid: Grid,
    pub(super) warmup_micros: i64,
    /// For how long samples are remembered.
    pub(super) memory_micros: i64,
    /// For how long a key without posts is.
    pub(super) key_micros: i64,
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
    /// The measure of which its own is a part, and the series of that one.
    pub(super) among: Option<(u32, usize)>,
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
            let MeasureKind::History(plan) = &measure.kind else { continue };
            let mut remember = |of: u32| {
                let found = series.iter().position(|known| known.of == of).unwrap_or_else(|| {
                    let spelt = format!("{} {:?} {}", spell_window(window), monitor.by, spell_measure(monitor, of));
                    series.push(SeriesSpec {
                        of,
                        nothing: nothing.get(of as usize).copied().flatten(),
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
                }
                found
            };
            let own = remember(plan.of);
            let among = match plan.score {
                Score::Burst { among: Some(among), .. } => Some((among, remember(among))),
                _ => None,
            };
            let fingerprint = series.get(own).map_or("", |spec| spec.fingerprint.as_str());
            let spelt = format!("{fingerprint} {:?} {:?}", plan.against, plan.score);
            measures.push(MeasureSpec { at, plan: plan.clone(), series: own, among, fingerprint: hash(&spelt) });
        }
        if measures.is_empty() && warmup_micros == 0 {
            return None;
        }
        let grid = match window.borders {
            Borders::Steps { size_micros, .. } => {
                Grid { borders: window.borders, size_micros, every_micros: sample_step(size_micros) }
            }
            _ => Grid { borders: window.borders, size_micros: 0, every_micros: 0 },
        };
        let shortest = window.borders.shortest_micros().unwrap_or(0);
        let most = |of: fn(&HistoryPlan, i64) -> i64| {
            measures.iter().map(|measure| of(&measure.plan, shortest)).max().unwrap_or(0)
        };
        let slack = if series.iter().any(|series| series.samples) { SLACK_MICROS } else { 0 };
        let (memory_micros, key_micros) = (most(memory).saturating_add(slack), most(key_memory).saturating_add(slack));
        Some(Self { measures, series, grid, warmup_micros, memory_micros, key_micros, monitor: monitor.name.clone() })
    }
}

/// A mean that fades needs the windows that it has not taken in, no more.
fn memory(plan: &HistoryPlan, window_micros: i64) -> i64 {
    match plan.against {
        Against::Previous | Against::Ewma { .. } => window_micros.saturating_mul(4),
        against => against.memory_micros(),
    }
}

/// What a key carries itself is gone with it.
fn key_memory(plan: &HistoryPlan, window_micros: i64) -> i64 {
    match plan.against {
        Against::Ewma { half_life_micros } => half_life_micros.saturating_mul(HALF_LIVES),
        _ => memory(plan, window_micros),
    }
}

/// A measure written out with all that it is computed from, wherever these stand.
fn spell_measure(monitor: &MonitorPlan, at: u32) -> String {
    match monitor.measures.get(at as usize).map(|measure| &measure.kind) {
        Some(MeasureKind::Aggregate(aggregate)) => spell(aggregate),
        Some(MeasureKind::Derived(expr)) => spell_expr(monitor, expr),
        Some(MeasureKind::History(_) | MeasureKind::QValue(_)) | None => String::new(),
    }
}

fn spell_expr(monitor: &MonitorPlan, expr: &ValueExpr) -> String {
    let all = |parts: &[ValueExpr]| parts.iter().map(|part| spell_expr(monitor, part)).collect::<Vec<_>>();
    match expr {
        ValueExpr::Measure(at) => spell_measure(monitor, *at),
        ValueExpr::Number(_) | ValueExpr::Truth(_) => format!("{expr:?}"),
        ValueExpr::Negate(inner) => format!("-({})", spell_expr(monitor, inner)),
        ValueExpr::Not(inner) => format!("not ({})", spell_expr(monitor, inner)),
        ValueExpr::Arithmetic(op, left, right) => {
            format!("({}) {op:?} ({})", spell_expr(monitor, left), spell_expr(monitor, right))
        }
        ValueExpr::Compare(op, left, right) => {
            format!("({}) {op:?} ({})", spell_expr(monitor, left), spell_expr(monitor, right))
        }
        ValueExpr::And(parts) => format!("and {:?}", all(parts)),
        ValueExpr::Or(parts) => format!("or {:?}", all(parts)),
    }
}

pub(crate) fn hash(spelt: &str) -> String {
    blake3::hash(spelt.as_bytes()).to_hex().chars().take(16).collect()
}
