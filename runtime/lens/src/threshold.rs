//! The numbers that an alert compares with measures, which values of theirs tell something, and what a monitor is with another one.

use mon_compiler::plan::{CompareOp, MeasureKind, MonitorPlan, Plan, QueryId, ValueExpr};
use mon_engine::{OTHER, WindowRow};

/// The condition that a number stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Alert,
    /// The row of `severity` of this number.
    Row(usize),
}

/// A comparison of a measure with a number in `alert when` or in a row of `severity`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub condition: Condition,
    /// Which one it is of those that the condition makes, in the order in which they are written.
    pub nth: usize,
    /// Index into the monitor's measures.
    pub measure: u32,
    pub name: String,
    /// As it is read with the measure on the left.
    pub op: CompareOp,
    /// The number that stands in the rules.
    pub written: f64,
}

impl Target {
    /// All of a monitor's alert, in the order in which they are written.
    #[must_use]
    pub fn all(monitor: &MonitorPlan) -> Vec<Self> {
        monitor.alert.as_ref().map_or_else(Vec::new, |alert| Self::of(monitor, Condition::Alert, &alert.when))
    }

    /// All of a monitor's alert, then those of its rows of `severity`.
    #[must_use]
    pub fn with_rows(monitor: &MonitorPlan) -> Vec<Self> {
        let mut found = Self::all(monitor);
        // Without an alert no row is asked.
        for (at, row) in monitor.severity.iter().enumerate().filter(|_| monitor.alert.is_some()) {
            found.extend(row.when.iter().flat_map(|when| Self::of(monitor, Condition::Row(at), when)));
        }
        found
    }

    /// Those of one condition.
    pub(crate) fn of(monitor: &MonitorPlan, condition: Condition, when: &ValueExpr) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        each(&mut when.clone(), &mut |measure, op, number| {
            let name = monitor.measures.get(measure as usize).map_or("", |measure| measure.name.as_str()).to_owned();
            found.push(Self { condition, nth: found.len(), measure, name, op, written: *number });
        });
        found
    }

    /// The plan with this threshold in its first monitor that has an alert. What `clear when` says of the same measure keeps its ratio
    /// to a threshold of the alert.
    #[must_use]
    pub fn at(&self, plan: &Plan, threshold: f64) -> Plan {
        let mut plan = plan.clone();
        let monitor = plan.monitors.iter_mut().find(|monitor| monitor.alert.is_some());
        let Some(monitor) = monitor.filter(|_| threshold != self.written) else { return plan };
        let mut at = 0;
        let mut write = |_: u32, _: CompareOp, number: &mut f64| {
            if at == self.nth {
                *number = threshold;
            }
            at += 1;
        };
        if let Condition::Row(row) = self.condition {
            let when = monitor.severity.get_mut(row).and_then(|row| row.when.as_mut());
            when.into_iter().for_each(|when| each(when, &mut write));
            return plan;
        }
        let Some(alert) = monitor.alert.as_mut() else { return plan };
        each(&mut alert.when, &mut write);
        if let Some(clear) = alert.clear.as_mut().filter(|_| self.written != 0.0) {
            each(clear, &mut |measure, _, number| {
                if measure == self.measure {
                    *number = plain(*number * threshold / self.written);
                }
            });
        }
        plan
    }

    /// Whether what `clear when` asks moves with this number: by less than from value to value, so that those between differ, too.
    pub(crate) fn moves_clear(&self, monitor: &MonitorPlan) -> bool {
        let clear = monitor.alert.as_ref().and_then(|alert| alert.clear.clone());
        let mut moves = false;
        if let Some(mut clear) = clear.filter(|_| self.condition == Condition::Alert) {
            each(&mut clear, &mut |measure, _, _| moves |= measure == self.measure);
        }
        moves
    }

    /// `voices >=`, without the number.
    #[must_use]
    pub fn compares(&self) -> String {
        format!("{} {}", self.name, self.op.sign())
    }

    /// Whether high values raise the alert, so that the values to look at are the high ones.
    #[must_use]
    pub const fn is_upward(&self) -> bool {
        !matches!(self.op, CompareOp::Lt | CompareOp::Le)
    }
}

/// On which side of a comparison the number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Where the number stands that is compared with a measure; none where something else is compared. That something is exactly
/// nothing, as `no posts` says, is no threshold.
pub(crate) fn compared(op: CompareOp, left: &ValueExpr, right: &ValueExpr) -> Option<Side> {
    match (left, right) {
        (ValueExpr::Measure(_), ValueExpr::Number(number)) if op == CompareOp::Eq && *number == 0.0 => None,
        (ValueExpr::Measure(_), ValueExpr::Number(_)) => Some(Side::Right),
        (ValueExpr::Number(_), ValueExpr::Measure(_)) => Some(Side::Left),
        _ => None,
    }
}

/// Calls for every comparison of a measure with a number, in the order in which they are written.
fn each(expr: &mut ValueExpr, call: &mut impl FnMut(u32, CompareOp, &mut f64)) {
    match expr {
        ValueExpr::Compare(op, left, right) => {
            let side = compared(*op, left, right);
            match (&mut **left, &mut **right) {
                (ValueExpr::Measure(measure), ValueExpr::Number(number)) if side.is_some() => {
                    call(*measure, *op, number)
                }
                (ValueExpr::Number(number), ValueExpr::Measure(measure)) => call(*measure, op.turned(), number),
                _ => {}
            }
        }
        ValueExpr::Not(inner) => each(inner, call),
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter_mut().for_each(|part| each(part, call)),
        _ => {}
    }
}

/// Whether false alarms of a monitor are shared with other monitors.
#[must_use]
pub fn shares(monitor: &MonitorPlan) -> bool {
    monitor.measures.iter().any(|measure| matches!(measure.kind, MeasureKind::QValue(_)))
}

/// A plan that is copied for each threshold: this monitor, and behind it those with which it shares its false alarms. It has no
/// terms, since its posts are matched already.
#[must_use]
pub fn alone(plan: &Plan, monitor: &MonitorPlan) -> Plan {
    let others = plan.monitors.iter().filter(|other| shares(monitor) && shares(other) && other.name != monitor.name);
    let queried = |(number, monitor): (u32, &MonitorPlan)| {
        let query = plan.queries.get(monitor.query.0 as usize)?.clone();
        Some((MonitorPlan { query: QueryId(number), ..monitor.clone() }, query))
    };
    let (monitors, queries) = (0..).zip(std::iter::once(monitor).chain(others)).filter_map(queried).unzip();
    Plan { queries, monitors, playbooks: plan.playbooks.clone(), ..Plan::default() }
}

/// The values of a measure of a plan's first monitor in windows that its alert is judged by, in the order of the windows.
#[must_use]
pub fn values(windows: &[WindowRow], measure: u32) -> Vec<f64> {
    judged(windows).filter_map(|window| window.values.get(measure as usize).copied().flatten()).collect()
}

/// Windows of a plan's first monitor, but for the group that takes in what is beyond the bound of groups: it raises no alert.
pub fn judged(windows: &[WindowRow]) -> impl Iterator<Item = &WindowRow> {
    let other =
        |window: &WindowRow| !window.key.is_empty() && window.key.iter().all(|key| key.as_deref() == Some(OTHER));
    windows.iter().filter(move |window| window.monitor == 0 && !other(window))
}

/// Without the dust that reckoning with steps such as 0.1 leaves behind.
#[must_use]
pub fn plain(number: f64) -> f64 {
    if number.fract() == 0.0 { number } else { (number * 1e9).round() / 1e9 }
}

/// About so many thresholds that tell something: of all different values that the measure had, those at even distances in
/// their order; and the written one. Figures that are not whole are cut to three digits. And whether these are all values.
#[must_use]
pub fn seen(values: &[f64], written: f64, about: usize) -> (Vec<f64>, bool) {
    let values = sorted(values.to_vec());
    let last = values.len().saturating_sub(1);
    let steps = about.saturating_sub(1).max(1);
    let chosen = (0..about).filter_map(|at| values.get(last * at / steps));
    let short = |number: f64| {
        let whole = number.fract() == 0.0;
        if whole { number } else { format!("{number:.2e}").parse().unwrap_or(number) }
    };
    let tried = sorted(chosen.map(|value| short(*value)).chain([written]).collect());
    let all = values.iter().all(|value| tried.binary_search_by(|known| known.total_cmp(value)).is_ok());
    (tried, all)
}

/// In order, each once.
#[must_use]
pub fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::seen;

    #[test]
    fn thresholds_that_nobody_named_are_values_that_were_seen() {
        let many: Vec<f64> = (1..=100).map(f64::from).collect();
        let ten = vec![1.0, 12.0, 23.0, 25.0, 34.0, 45.0, 56.0, 67.0, 78.0, 89.0, 100.0];
        assert_eq!(seen(&many, 25.0, 10), (ten, false));
        assert_eq!(seen(&many, 25.0, 3), (vec![1.0, 25.0, 50.0, 100.0], false));
        assert_eq!(seen(&[2.0, 2.0, 1.0], 3.0, 10), (vec![1.0, 2.0, 3.0], true));
        assert_eq!(seen(&[1.0 / 3.0, -0.123_456], 0.5, 10), (vec![-0.123, 0.333, 0.5], false));
        assert_eq!(seen(&[], 5.0, 10), (vec![5.0], true));
    }
}
