//! Visits every expression inside an expression, and counts visits for tests of how work grows.

use mon_grammar::ast::{BinaryOp, Expr, ExprKind, Path};

/// Tells that an expression, a condition or a place is looked at. Tests count them; outside of tests nothing does.
#[inline]
pub(super) fn step() {
    #[cfg(test)]
    super::tests::STEPS.set(super::tests::STEPS.get() + 1);
}

/// How many expressions stand inside each other at most.
pub(super) fn depth(expr: &Expr) -> usize {
    let mut deepest = 0;
    let mut pending = vec![(expr, 1)];
    while let Some((next, depth)) = pending.pop() {
        deepest = deepest.max(depth);
        parts(next, &mut |part| pending.push((part, depth + 1)));
    }
    deepest
}

/// Calls `visit` with `expr` and all that it holds, outermost first.
pub fn each<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    let mut pending = vec![expr];
    while let Some(next) = pending.pop() {
        visit(next);
        let from = pending.len();
        parts(next, &mut |part| pending.push(part));
        if let Some(added) = pending.get_mut(from..) {
            added.reverse();
        }
    }
}

/// Whether the right side of an operator holds values of the field on its left, such as codes of languages: a name there is
/// never that of a list or query. What a measure is compared with may count posts of one.
#[must_use]
pub fn takes_values(op: BinaryOp, left: &Expr) -> bool {
    match &left.kind {
        ExprKind::Group(members) => members.len() == 1 && members.iter().all(|one| takes_values(op, one)),
        ExprKind::Path(path) => match op {
            BinaryOp::Within => true,
            BinaryOp::Compare(_) | BinaryOp::Is | BinaryOp::In => mon_post::find(&path.dotted()).is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// Calls `visit` with each path that may name a list or query, in the order of the text.
pub fn each_name<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Path)) {
    let mut pending = vec![expr];
    while let Some(next) = pending.pop() {
        let from = pending.len();
        match &next.kind {
            ExprKind::Path(path) => visit(path),
            ExprKind::Binary { op, left, .. } if takes_values(*op, left) => pending.push(left),
            _ => parts(next, &mut |part| pending.push(part)),
        }
        if let Some(added) = pending.get_mut(from..) {
            added.reverse();
        }
    }
}

/// Calls `visit` with each expression directly inside, in the order of the text.
pub fn parts<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    step();
    match &expr.kind {
        ExprKind::List(members)
        | ExprKind::Group(members)
        | ExprKind::Set { members, .. }
        | ExprKind::Scope { members, .. }
        | ExprKind::Call { args: members, .. } => members.iter().for_each(visit),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => visit(inner),
        ExprKind::Confident { expr: inner, .. } | ExprKind::Zone { expr: inner, .. } => visit(inner),
        ExprKind::Binary { left, right, .. } | ExprKind::Infix { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::Path(_)
        | ExprKind::Term(_)
        | ExprKind::Number { .. }
        | ExprKind::Duration(_)
        | ExprKind::Quantity { .. }
        | ExprKind::Time(_)
        | ExprKind::Exists(_)
        | ExprKind::NoPosts
        | ExprKind::Error => {}
    }
}

/// The expressions directly inside, in the same order as [`parts`], to be changed.
pub(crate) fn parts_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::List(members)
        | ExprKind::Group(members)
        | ExprKind::Set { members, .. }
        | ExprKind::Scope { members, .. }
        | ExprKind::Call { args: members, .. } => members.iter_mut().collect(),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => vec![inner],
        ExprKind::Confident { expr: inner, .. } | ExprKind::Zone { expr: inner, .. } => vec![inner],
        ExprKind::Binary { left, right, .. } | ExprKind::Infix { left, right, .. } => vec![left, right],
        ExprKind::Path(_)
        | ExprKind::Term(_)
        | ExprKind::Number { .. }
        | ExprKind::Duration(_)
        | ExprKind::Quantity { .. }
        | ExprKind::Time(_)
        | ExprKind::Exists(_)
        | ExprKind::NoPosts
        | ExprKind::Error => Vec::new(),
    }
}

/// The members of a row of one operator, left to right; brackets end the row.
#[must_use]
pub fn operands(expr: &Expr, op: BinaryOp) -> Vec<&Expr> {
    let mut members = Vec::new();
    let mut pending = vec![expr];
    while let Some(next) = pending.pop() {
        match &next.kind {
            ExprKind::Binary { op: found, left, right, .. } if *found == op => {
                pending.push(right);
                pending.push(left);
            }
            _ => members.push(next),
        }
    }
    members
}
