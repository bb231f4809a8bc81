//! What a window is compared with, worked out from earlier ones: once for all windows that have the same.

use std::collections::BTreeMap;
use std::ops::Range;

use mon_compiler::history::{Against, BURST_LEVELS_MAX, HOUR_MICROS, HistoryPlan, SAMPLES_MIN, Score};
use mon_detect::burst::{Automaton, Batch, LEVELS_MAX, Quiet};
use mon_detect::{Reference, esd, score};

use super::series::Told;

const _: () = assert!(BURST_LEVELS_MAX as usize == LEVELS_MAX, "rules are checked against the levels that there are");

/// What a level upwards costs in a burst, in logarithms of the number of windows (Kleinberg, 2002).
const GAMMA: f64 = 1.0;

#[derive(Clone, Debug)]
pub(super) enum Usual {
    /// The windows to compare with, and how much the counts of all cells vary beyond chance.
    Windows { reference: Reference, dispersion: Option<f64> },
    /// What the windows of all cells have without what is usual there, in ascending order, and the windows of this cell.
    Rest { rest: Vec<f64>, cell: Vec<f64> },
    /// An automaton that went through the windows.
    Run(Automaton),
}

impl Usual {
    /// None where there are too few. `stretches`: where the windows end that are compared with.
    pub(super) fn of(
        plan: &HistoryPlan,
        of: &Told<'_>,
        among: Option<&Told<'_>>,
        window: &Range<i64>,
        stretches: &[Range<i64>],
    ) -> Option<Self> {
        match plan.score {
            Score::Burst { scale, .. } => run(of, among, scale, stretches).map(Self::Run),
            Score::SeasonalEsd => rest(plan.against, of, window),
            score => {
                let around = || plan.against.stretches(window, 1);
                let reference = reference(of, stretches, around)?;
                // The few windows of a cell know their own spread badly.
                let pooled = matches!(score, Score::NegativeBinomial | Score::Flatline);
                let dispersion = if pooled { dispersion(plan.against, of, window) } else { None };
                Some(Self::Windows { reference, dispersion })
            }
        }
    }
}

/// `around`: the same stretches and what lies beside them.
fn reference(of: &Told<'_>, stretches: &[Range<i64>], around: impl Fn() -> Vec<Range<i64>>) -> Option<Reference> {
    let mut values = of.values(stretches, false);
    if too_few(values.len()) {
        values = of.values(&around(), false);
    }
    // What outlasts all that is looked back at is what is usual now; otherwise its incident could not end.
    if too_few(values.len()) {
        values = of.values(&around(), true);
    }
    if too_few(values.len()) { None } else { Reference::of(&values) }
}

fn too_few(windows: usize) -> bool {
    i64::try_from(windows).is_ok_and(|windows| windows < SAMPLES_MIN)
}

/// None where no cell tells it; then a cell has its own spread alone.
fn dispersion(against: Against, of: &Told<'_>, window: &Range<i64>) -> Option<f64> {
    let cells = cells(against, of, window, false);
    let references: Vec<Reference> = cells.values().filter_map(|values| Reference::of(values)).collect();
    score::dispersion(&references)
}

fn rest(against: Against, of: &Told<'_>, window: &Range<i64>) -> Option<Usual> {
    let own = against.cell(window.end)?;
    let told = |also_left_out| {
        let mut cells = cells(against, of, window, also_left_out);
        let rest: Vec<f64> = cells.values().flat_map(|cell| esd::without_season(cell)).collect();
        let cell = cells.remove(&own).filter(|cell| cell.len() >= esd::CELL_MIN)?;
        Some((rest, cell))
    };
    // As above, what outlasts all else is usual.
    let (mut rest, cell) = told(false).or_else(|| told(true))?;
    rest.sort_by(f64::total_cmp);
    Some(Usual::Rest { rest, cell })
}

/// Values of earlier windows by cell; none where there are no cells.
fn cells(against: Against, of: &Told<'_>, window: &Range<i64>, also_left_out: bool) -> BTreeMap<u32, Vec<f64>> {
    let mut cells: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    // Clocks are set, and differ from each other, by whole quarters of an hour: all that ends in one has one cell.
    let mut known: Option<(i64, Option<u32>)> = None;
    for end in against.all_cells(window).iter().flat_map(|stretch| of.ends(stretch)) {
        let quarter = end.saturating_sub(1).div_euclid(HOUR_MICROS / 4);
        let cell = known.filter(|(of, _)| *of == quarter).map_or_else(|| against.cell(end), |(_, cell)| cell);
        known = Some((quarter, cell));
        if let Some((cell, value)) = cell.zip(of.sample(end, also_left_out)) {
            cells.entry(cell).or_default().push(value);
        }
    }
    cells
}

/// Windows of an incident are gone through, since a burst goes on in them, and are no part of what is usual.
fn run(of: &Told<'_>, among: Option<&Told<'_>>, scale: f64, stretches: &[Range<i64>]) -> Option<Automaton> {
    let batch = |end: i64, also_left_out: bool| {
        let all = match among {
            Some(among) => Some(among.sample(end, also_left_out)?),
            None => None,
        };
        Batch::new(of.sample(end, also_left_out)?, all)
    };
    let batches = |also_left_out: bool| -> Vec<Batch> {
        let ends = stretches.iter().flat_map(|stretch| of.ends(stretch));
        ends.filter_map(|end| batch(end, also_left_out)).collect()
    };
    let (all, mut quiet) = (batches(true), batches(false));
    if too_few(all.len()) {
        return None;
    }
    if too_few(quiet.len()) {
        quiet.clone_from(&all);
    }
    // With the window that is judged.
    let mut automaton = Automaton::new(Quiet::of(&quiet)?, scale, GAMMA, all.len().saturating_add(1));
    for batch in all {
        automaton.step(batch);
    }
    Some(automaton)
}
