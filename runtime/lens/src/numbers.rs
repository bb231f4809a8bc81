//! Where the numbers stand that an alert or a row of `severity` compares with measures: the tree is walked alongside of the plan, which has no places.

use mon_compiler::folder::operands;
use mon_compiler::plan::{MonitorPlan, Place, SourceFile, ValueExpr};
use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, ClauseKind, Expr, ExprKind, File, ItemKind, Quantifier};

use crate::threshold;

/// The places of the numbers that [`threshold::Target::with_rows`] finds, in its order.
pub(crate) fn places(monitor: &MonitorPlan, files: &[SourceFile], trees: &[&File]) -> Vec<Option<Place>> {
    let Some(alert) = &monitor.alert else { return Vec::new() };
    let written = clauses(alert.place, trees).find_map(|clause| match &clause.kind {
        ClauseKind::Alert(written) if clause.span.start == alert.place.span.start => Some(&written.when),
        _ => None,
    });
    let when = written.map_or(&alert.when, |written| guarded(written, &alert.when));
    // What a guard such as `min 20 posts` compares comes last, and stands in no `when`.
    let mut found = of_condition(written, when, alert.place, files, threshold::Target::all(monitor).len());
    for (at, row) in monitor.severity.iter().enumerate() {
        let Some(when) = &row.when else { continue };
        let rows = clauses(row.place, trees).filter_map(|clause| match &clause.kind {
            ClauseKind::Severity(rows) => Some(rows),
            _ => None,
        });
        let written = rows.flatten().find(|written| written.span.start == row.place.span.start);
        let all = threshold::Target::of(monitor, threshold::Condition::Row(at), when).len();
        found.extend(of_condition(written.and_then(|row| row.when.as_ref()), when, row.place, files, all));
    }
    found
}

/// The places of so many numbers of one condition, which begins in the file of `near`.
fn of_condition(
    written: Option<&Expr>,
    when: &ValueExpr,
    near: Place,
    files: &[SourceFile],
    all: usize,
) -> Vec<Option<Place>> {
    let mut found = Vec::new();
    if let Some(written) = written.filter(|written| fits(written, when)) {
        pair(written, when, &mut found);
    }
    let text = files.get(near.file as usize).map_or("", |file| &file.text);
    let place = |span: Span| {
        let length = u32::try_from(span.text(text).trim_end().len()).unwrap_or(0);
        Place { file: near.file, span: Span::new(span.start, span.start.saturating_add(length)) }
    };
    found.into_iter().map(|span| Some(place(span))).chain(std::iter::repeat(None)).take(all).collect()
}

/// The clauses of all monitors of the file that a place is in.
fn clauses<'t>(place: Place, trees: &[&'t File]) -> impl Iterator<Item = &'t ast::Clause> {
    let items = trees.get(place.file as usize).copied().into_iter().flat_map(|tree| &tree.items);
    let monitors = items.filter_map(|item| match &item.kind {
        ItemKind::Monitor(monitor) => Some(monitor),
        _ => None,
    });
    monitors.flat_map(|monitor| &monitor.clauses)
}

/// The condition as it is written: a guard puts another one behind it.
fn guarded<'p>(written: &Expr, when: &'p ValueExpr) -> &'p ValueExpr {
    match when {
        ValueExpr::And(parts) if !fits(written, when) => match parts.as_slice() {
            [first, _] if fits(written, first) => first,
            _ => when,
        },
        _ => when,
    }
}

/// The parts of an expression that are those of the plan's, in its order; none where it has none.
fn parts<'t>(written: &'t Expr, value: &ValueExpr) -> Option<Vec<&'t Expr>> {
    match (&written.kind, value) {
        (ExprKind::Group(members), _) => match members.as_slice() {
            [one] => parts(one, value),
            _ => None,
        },
        (ExprKind::Binary { op: op @ BinaryOp::And, .. }, ValueExpr::And(_))
        | (ExprKind::Binary { op: op @ BinaryOp::Or, .. }, ValueExpr::Or(_)) => Some(operands(written, *op)),
        (ExprKind::Set { quantifier: Quantifier::All, members }, ValueExpr::And(_))
        | (ExprKind::Set { quantifier: Quantifier::Any, members }, ValueExpr::Or(_)) => Some(members.iter().collect()),
        (ExprKind::Not(inner), ValueExpr::Not(_)) => Some(vec![&**inner]),
        (ExprKind::Set { quantifier: Quantifier::None, members }, ValueExpr::Not(_)) => Some(members.iter().collect()),
        (ExprKind::Binary { op: BinaryOp::Compare(op), left, right, .. }, ValueExpr::Compare(same, ..)) => {
            (op == same).then(|| vec![&**left, &**right])
        }
        _ => None,
    }
}

fn values(value: &ValueExpr) -> Vec<&ValueExpr> {
    match value {
        ValueExpr::And(parts) | ValueExpr::Or(parts) => parts.iter().collect(),
        // `none [a, b]` is the opposite of one list.
        ValueExpr::Not(inner) => match &**inner {
            ValueExpr::Or(parts) => parts.iter().collect(),
            _ => vec![&**inner],
        },
        ValueExpr::Compare(_, left, right) => vec![&**left, &**right],
        _ => Vec::new(),
    }
}

/// Pairs of written and lowered parts; none where they do not go together one by one.
fn pairs<'t, 'p>(written: &'t Expr, value: &'p ValueExpr) -> Option<Vec<(&'t Expr, &'p ValueExpr)>> {
    let parts = parts(written, value)?;
    let values = match value {
        ValueExpr::Not(inner) if parts.len() == 1 => vec![&**inner],
        _ => values(value),
    };
    (parts.len() == values.len()).then(|| parts.into_iter().zip(values).collect())
}

/// Whether the plan's condition was made of this expression.
fn fits(written: &Expr, value: &ValueExpr) -> bool {
    match value {
        ValueExpr::And(_) | ValueExpr::Or(_) | ValueExpr::Not(_) | ValueExpr::Compare(..) => {
            let no_posts = matches!(written.kind, ExprKind::NoPosts);
            no_posts || pairs(written, value).is_some_and(|pairs| pairs.iter().all(|(one, other)| fits(one, other)))
        }
        ValueExpr::Number(number) => literal(written).is_some_and(|(_, value)| value == *number),
        ValueExpr::Measure(_) | ValueExpr::Negate(_) | ValueExpr::Arithmetic(..) | ValueExpr::Truth(_) => true,
    }
}

/// Tells the numbers that are compared with a measure.
fn pair(written: &Expr, value: &ValueExpr, found: &mut Vec<Span>) {
    if let ValueExpr::Compare(op, left, right) = value {
        let sides = parts(written, value);
        let Some([first, second]) = sides.as_deref() else { return };
        let number = match threshold::compared(*op, left, right) {
            Some(threshold::Side::Right) => second,
            Some(threshold::Side::Left) => first,
            None => return,
        };
        found.extend(literal(number).map(|(span, _)| span));
        return;
    }
    for (written, value) in pairs(written, value).unwrap_or_default() {
        pair(written, value, found);
    }
}

fn literal(expr: &Expr) -> Option<(Span, f64)> {
    match &expr.kind {
        ExprKind::Number { value, .. } => Some((expr.span, *value)),
        ExprKind::Negate(inner) => literal(inner).map(|(_, value)| (expr.span, -value)),
        ExprKind::Group(members) => match members.as_slice() {
            [one] => literal(one),
            _ => None,
        },
        _ => None,
    }
}
