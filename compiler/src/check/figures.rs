//! Figures that a measure may be given by name: `shared >= 3`.

use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind};

use crate::diagnostic::{Diagnostic, codes};

use super::state::Checker;

/// One of them: its name, what it is where a rule does not say, and what it may be.
pub(super) struct Figure {
    pub name: &'static str,
    pub usual: f64,
    pub least: f64,
    pub most: f64,
}

impl Checker<'_> {
    /// The figures in the order of `known`. `takes` says what the function takes, `why` why a figure has bounds.
    pub fn figures<const N: usize>(
        &mut self,
        args: &[Expr],
        known: &[Figure; N],
        function: &str,
        takes: &str,
        why: &str,
    ) -> Option<[f64; N]> {
        let mut given = [None; N];
        for arg in args {
            let found = at_least(arg).and_then(|(name, value)| {
                let at = known.iter().position(|figure| figure.name == name)?;
                Some((known.get(at)?, given.get_mut(at)?, value))
            });
            let Some((figure, slot @ None, value)) = found else {
                return self.wrong_arguments(arg, function, takes);
            };
            if value.fract() != 0.0 || value < figure.least || value > figure.most {
                let message = format!("`{}` is a whole number from {} to {}", figure.name, figure.least, figure.most);
                let told = Diagnostic::new(&codes::OUT_OF_RANGE, self.at(arg.span), message).help(why);
                self.tell(told);
                return None;
            }
            *slot = Some(value);
        }
        let mut figures = known.each_ref().map(|figure| figure.usual);
        for (figure, given) in figures.iter_mut().zip(given) {
            *figure = given.unwrap_or(*figure);
        }
        Some(figures)
    }
}

/// `name >= figure`.
fn at_least(expr: &Expr) -> Option<(String, f64)> {
    let ExprKind::Binary { op: BinaryOp::Compare(CompareOp::Ge), left, right, .. } = &expr.kind else { return None };
    match (&left.kind, &right.kind) {
        (ExprKind::Path(path), ExprKind::Number { value, percent: false }) => Some((path.dotted(), *value)),
        _ => None,
    }
}
