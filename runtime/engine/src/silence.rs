//! Groups whose silence raises an alert. An alert that is true of no posts is judged in windows without posts, too: for a monitor
//! without groups from the first window on that begins when the run does, else for each group that has had a post.

use std::collections::BTreeSet;

use mon_alerts::{Judge, Question};
use mon_compiler::plan::{Borders, MeasureKind, MonitorPlan};

use crate::history::Key;
use crate::judge::Formulas;

/// What is watched for one monitor.
pub(crate) struct Silence {
    keys: BTreeSet<Key>,
    keys_max: usize,
    /// End of the first window that is judged without posts; `i64::MIN` before time has begun.
    pub(crate) first_end: i64,
}

impl Silence {
    /// None where no window without posts can begin an alert. `nothing` are the monitor's aggregates over no posts.
    pub(crate) fn new(
        monitor: &MonitorPlan,
        formulas: &Formulas,
        nothing: &[Option<f64>],
        keys_max: usize,
    ) -> Option<Self> {
        if !monitor.window?.borders.has_quiet_windows() || monitor.alert.is_none() {
            return None;
        }
        let mut values = nothing.to_vec();
        for (value, measure) in values.iter_mut().zip(&monitor.measures) {
            // Nothing is new where nothing came.
            if matches!(&measure.kind, MeasureKind::Aggregate(plan) if plan.function == "new_values") {
                *value = Some(0.0);
            }
        }
        formulas.derive(&mut values, |_, _| None);
        let holds = formulas.truth(Question::When, &values) == Some(true);
        let whole = monitor.by.is_empty().then(Vec::new);
        holds.then(|| Self { keys: whole.into_iter().collect(), keys_max, first_end: i64::MIN })
    }

    /// A group has a post; false where it is one too many.
    pub(crate) fn meet(&mut self, key: &Key) -> bool {
        self.keys.contains(key) || (self.keys.len() < self.keys_max && self.keys.insert(key.clone()))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

/// End of the first window that begins at this moment or later.
pub(crate) fn first_end(borders: Borders, began: i64) -> i64 {
    let mut end = borders.pane(began).end;
    while borders.start_of(end) < began {
        end = borders.pane(end).end;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_window_begins_when_the_run_does_or_later() {
        let slide = Borders::Steps { size_micros: 15, every_micros: 5 };
        assert_eq!([0, 1, 5, 6].map(|began| first_end(slide, began)), [15, 20, 20, 25]);
        let tumble = Borders::Steps { size_micros: 10, every_micros: 10 };
        assert_eq!([0, 1, 10].map(|began| first_end(tumble, began)), [10, 20, 20]);
    }
}
