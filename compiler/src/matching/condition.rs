//! Conditions and numbers over a window's measures, compiled once and evaluated at every window's end. The interpreter
//! here defines what a [`ValueExpr`] means; [`super::jit`] compiles the same to native code.

use std::sync::Arc;

use super::error::MatchError;
use super::jit::NativeValues;
use super::truth::Truth;
use crate::plan::{Arithmetic, CompareOp, ValueExpr};

/// A compiled [`ValueExpr`]. Cheap to clone; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Condition {
    code: Arc<NativeValues>,
    /// Its number within `code`.
    at: usize,
    /// How many leading measures it can look at.
    measures: usize,
}

impl Condition {
    /// Compiles one expression to machine code.
    ///
    /// # Errors
    /// When this machine has no code generator, or a limit of the generator is met.
    pub fn compile(expr: &ValueExpr) -> Result<Self, MatchError> {
        Self::compile_all(&[expr])?.pop().ok_or_else(|| MatchError::code("no condition was compiled"))
    }

    /// Compiles many expressions into one module; it is freed when the last of them drops.
    ///
    /// # Errors
    /// As [`Condition::compile`].
    pub fn compile_all(exprs: &[&ValueExpr]) -> Result<Vec<Self>, MatchError> {
        let code = Arc::new(NativeValues::compile(exprs)?);
        let make = |(at, expr): (usize, &&ValueExpr)| Self { code: Arc::clone(&code), at, measures: measures(expr) };
        Ok(exprs.iter().enumerate().map(make).collect())
    }

    /// The truth over measures in the order of [`crate::plan::MonitorPlan::measures`]; one that is absent, not a
    /// number or beyond the end is unknown. An expression that is a number has no truth: unknown.
    #[must_use]
    pub fn eval(&self, values: &[Option<f64>]) -> Truth {
        with_packed(values, self.measures, |numbers, present| self.code.truth(self.at, numbers, present))
    }

    /// The number, for a derived measure; none where it is unknown, or where the expression is a truth.
    #[must_use]
    pub fn number(&self, values: &[Option<f64>]) -> Option<f64> {
        with_packed(values, self.measures, |numbers, present| self.code.number(self.at, numbers, present))
    }

    /// The code generator's intermediate text of the truth function.
    ///
    /// # Errors
    /// As [`Condition::compile`].
    pub fn clif(expr: &ValueExpr) -> Result<String, MatchError> {
        NativeValues::clif(expr)
    }
}

/// Packs into one number and one presence bit a measure, on the stack for up to 32 of them.
fn with_packed<T>(values: &[Option<f64>], measures: usize, call: impl FnOnce(&[f64], &[u64]) -> T) -> T {
    fn fill(values: &[Option<f64>], numbers: &mut [f64], present: &mut [u64]) {
        for (at, (number, value)) in numbers.iter_mut().zip(values).enumerate() {
            if let (Some(value), Some(word)) = (value, present.get_mut(at / 64)) {
                *number = *value;
                *word |= 1 << (at % 64);
            }
        }
    }
    if measures <= 32 {
        let (mut numbers, mut present) = ([0.0; 32], [0; 1]);
        fill(values, &mut numbers, &mut present);
        call(&numbers, &present)
    } else {
        let (mut numbers, mut present) = (vec![0.0; measures], vec![0; measures.div_ceil(64)]);
        fill(values, &mut numbers, &mut present);
        call(&numbers, &present)
    }
}

/// One more than the highest measure that the expression names.
pub(super) fn measures(expr: &ValueExpr) -> usize {
    match expr {
        ValueExpr::Number(_) | ValueExpr::Truth(_) => 0,
        ValueExpr::Measure(at) => *at as usize + 1,
        ValueExpr::Negate(inner) | ValueExpr::Not(inner) => measures(inner),
        ValueExpr::Arithmetic(_, left, right) | ValueExpr::Compare(_, left, right) => {
            measures(left).max(measures(right))
        }
        ValueExpr::And(members) | ValueExpr::Or(members) => members.iter().map(measures).max().unwrap_or(0),
    }
}

/// The reference meaning of an expression as a truth.
#[must_use]
pub fn interpret_truth(expr: &ValueExpr, values: &[Option<f64>]) -> Truth {
    match expr {
        ValueExpr::Truth(value) => Truth::of(*value),
        ValueExpr::Not(inner) => interpret_truth(inner, values).negated(),
        ValueExpr::And(members) => Truth::all(members.iter().map(|member| interpret_truth(member, values))),
        ValueExpr::Or(members) => Truth::any(members.iter().map(|member| interpret_truth(member, values))),
        ValueExpr::Compare(op, left, right) => {
            match (interpret_number(left, values), interpret_number(right, values)) {
                (Some(left), Some(right)) => Truth::of(compare(*op, left, right)),
                _ => Truth::Unknown,
            }
        }
        ValueExpr::Number(_) | ValueExpr::Measure(_) | ValueExpr::Negate(_) | ValueExpr::Arithmetic(..) => {
            Truth::Unknown
        }
    }
}

/// The reference meaning of an expression as a number: none is unknown, which "not a number" is too.
#[must_use]
pub fn interpret_number(expr: &ValueExpr, values: &[Option<f64>]) -> Option<f64> {
    let number = match expr {
        ValueExpr::Number(value) => *value,
        ValueExpr::Measure(at) => values.get(*at as usize).copied().flatten()?,
        ValueExpr::Negate(inner) => -interpret_number(inner, values)?,
        ValueExpr::Arithmetic(op, left, right) => {
            let (left, right) = (interpret_number(left, values)?, interpret_number(right, values)?);
            match op {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide if right == 0.0 => return None,
                Arithmetic::Divide => left / right,
            }
        }
        ValueExpr::Truth(_) | ValueExpr::Not(_) | ValueExpr::And(_) | ValueExpr::Or(_) | ValueExpr::Compare(..) => {
            return None;
        }
    };
    (!number.is_nan()).then_some(number)
}

#[expect(clippy::float_cmp, reason = "`=` in a rule means exactly equal")]
fn compare(op: CompareOp, left: f64, right: f64) -> bool {
    match op {
        CompareOp::Eq => left == right,
        CompareOp::Ne => left != right,
        CompareOp::Lt => left < right,
        CompareOp::Le => left <= right,
        CompareOp::Gt => left > right,
        CompareOp::Ge => left >= right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(at: u32) -> Box<ValueExpr> {
        Box::new(ValueExpr::Measure(at))
    }

    fn both(expr: &ValueExpr, values: &[Option<f64>]) -> (Truth, Option<f64>) {
        let native = Condition::compile(expr).unwrap();
        let expected = (interpret_truth(expr, values), interpret_number(expr, values));
        assert_eq!((native.eval(values), native.number(values)), expected, "{expr:?} over {values:?}");
        expected
    }

    #[test]
    fn division_by_zero_is_unknown_and_stays_so() {
        let ratio = ValueExpr::Arithmetic(Arithmetic::Divide, measure(0), measure(1));
        let above = ValueExpr::Compare(CompareOp::Gt, Box::new(ratio.clone()), Box::new(ValueExpr::Number(2.0)));
        assert_eq!(both(&ratio, &[Some(1.0), Some(0.0)]).1, None);
        assert_eq!(both(&above, &[Some(1.0), Some(0.0)]).0, Truth::Unknown);
        assert_eq!(both(&above, &[Some(9.0), Some(3.0)]).0, Truth::True);
        let either = ValueExpr::Or(vec![above.clone(), ValueExpr::Truth(true)]);
        assert_eq!(both(&either, &[Some(1.0), Some(0.0)]).0, Truth::True);
    }

    #[test]
    fn an_absent_measure_is_unknown_and_a_short_row_too() {
        let low = ValueExpr::Compare(CompareOp::Lt, measure(40), Box::new(ValueExpr::Number(1.0)));
        assert_eq!(both(&low, &[Some(0.0)]).0, Truth::Unknown);
        assert_eq!(both(&ValueExpr::Not(Box::new(low.clone())), &[]).0, Truth::Unknown);
        let mut values = vec![None; 41];
        values[40] = Some(0.5);
        assert_eq!(both(&low, &values).0, Truth::True);
    }

    #[test]
    fn the_intermediate_text_names_the_comparison() {
        let low = ValueExpr::Compare(CompareOp::Lt, measure(0), Box::new(ValueExpr::Number(1.0)));
        assert!(Condition::clif(&low).unwrap().contains("fcmp lt"));
    }
}
