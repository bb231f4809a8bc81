//! The formulas of a monitor over its measures, compiled once: derived measures, alert conditions, severity rows.
//! Machine code where there is a generator for this machine, the reference interpreter otherwise; both mean the same.

use mon_alerts::{Judge, Question};
use mon_compiler::matching::{Backend, Condition, Truth, interpret_number, interpret_truth};
use mon_compiler::plan::{MeasureKind, MonitorPlan, Plan, ValueExpr};

use crate::error::EngineError;

/// One formula.
#[derive(Clone, Debug)]
enum Formula {
    Native(Condition),
    Interpreted(ValueExpr),
}

impl Formula {
    fn truth(&self, values: &[Option<f64>]) -> Option<bool> {
        let truth = match self {
            Self::Native(condition) => condition.eval(values),
            Self::Interpreted(expr) => interpret_truth(expr, values),
        };
        match truth {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        }
    }

    fn number(&self, values: &[Option<f64>]) -> Option<f64> {
        let number = match self {
            Self::Native(condition) => condition.number(values),
            Self::Interpreted(expr) => interpret_number(expr, values),
        };
        number.filter(|number| number.is_finite())
    }
}

/// All formulas of one monitor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Formulas {
    /// Measure and how to derive it, in the order of the measures: each may use the ones before it. None is one that other
    /// windows tell.
    derived: Vec<(usize, Option<Formula>)>,
    when: Option<Formula>,
    clear: Option<Formula>,
    severity: Vec<Option<Formula>>,
}

impl Formulas {
    /// Computes the derived measures of a window whose aggregates are there; `back` gives those that other windows tell.
    pub(crate) fn derive(
        &self,
        values: &mut [Option<f64>],
        mut back: impl FnMut(usize, &[Option<f64>]) -> Option<f64>,
    ) {
        for (at, formula) in &self.derived {
            let value = formula.as_ref().map_or_else(|| back(*at, values), |formula| formula.number(values));
            if let Some(cell) = values.get_mut(*at) {
                *cell = value;
            }
        }
    }
}

impl Judge for Formulas {
    fn truth(&self, question: Question, values: &[Option<f64>]) -> Option<bool> {
        let formula = match question {
            Question::When => self.when.as_ref(),
            Question::Clear => self.clear.as_ref(),
            Question::Severity(row) => self.severity.get(row).and_then(Option::as_ref),
        };
        formula.and_then(|formula| formula.truth(values))
    }
}

/// The formulas of all monitors, compiled in one go.
pub(crate) fn compile(plan: &Plan, backend: Backend) -> Result<Vec<Formulas>, EngineError> {
    let exprs: Vec<&ValueExpr> = plan.monitors.iter().flat_map(expressions).collect();
    let interpreted = || exprs.iter().map(|expr| Formula::Interpreted((*expr).clone())).collect::<Vec<_>>();
    let native = |conditions: Vec<Condition>| conditions.into_iter().map(Formula::Native).collect::<Vec<_>>();
    let formulas = match backend {
        _ if exprs.is_empty() => Vec::new(),
        Backend::Interpreter | Backend::Bytecode => interpreted(),
        Backend::MachineCode => native(Condition::compile_all(&exprs)?),
        Backend::Automatic => Condition::compile_all(&exprs).map_or_else(|_| interpreted(), native),
    };
    let mut formulas = formulas.into_iter();
    Ok(plan.monitors.iter().map(|monitor| assign(monitor, &mut formulas)).collect())
}

/// The formulas of a monitor in the order in which [`assign`] takes them again.
fn expressions(monitor: &MonitorPlan) -> impl Iterator<Item = &ValueExpr> {
    let derived = monitor.measures.iter().filter_map(|measure| match &measure.kind {
        MeasureKind::Derived(expr) => Some(expr),
        MeasureKind::Aggregate(_) | MeasureKind::History(_) | MeasureKind::QValue(_) => None,
    });
    let alert = monitor.alert.iter().flat_map(|alert| std::iter::once(&alert.when).chain(&alert.clear));
    derived.chain(alert).chain(monitor.severity.iter().filter_map(|row| row.when.as_ref()))
}

fn assign(monitor: &MonitorPlan, formulas: &mut impl Iterator<Item = Formula>) -> Formulas {
    let mut derived = Vec::new();
    for (at, measure) in monitor.measures.iter().enumerate() {
        match measure.kind {
            MeasureKind::Aggregate(_) => {}
            MeasureKind::Derived(_) => derived.push((at, formulas.next())),
            MeasureKind::History(_) | MeasureKind::QValue(_) => derived.push((at, None)),
        }
    }
    let (when, clear) = match &monitor.alert {
        None => (None, None),
        Some(alert) => (formulas.next(), alert.clear.as_ref().and_then(|_| formulas.next())),
    };
    let severity = monitor.severity.iter().map(|row| row.when.as_ref().and_then(|_| formulas.next())).collect();
    Formulas { derived, when, clear, severity }
}
