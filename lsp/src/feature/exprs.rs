//! The expressions of an item, and the way from one of them inwards.

use mon_grammar::Span;
use mon_grammar::ast::{Clause, ClauseKind, Expr, ExprKind, Item, ItemKind, PlaybookClauseKind, TestStepKind};

/// What an expression is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is a member of a list.
    Member,
    Posts,
    /// Windows, or incidents.
    Windows,
}

/// The outermost expressions of an item.
pub(crate) fn of_item(item: &Item) -> Vec<(&Expr, Asked)> {
    let mut found = Vec::new();
    match &item.kind {
        ItemKind::Terms(terms) => found.extend(terms.members.iter().map(|member| (member, Asked::Member))),
        ItemKind::Query(query) => found.push((&query.expr, Asked::Posts)),
        ItemKind::Monitor(monitor) => monitor.clauses.iter().for_each(|clause| of_clause(clause, &mut found)),
        ItemKind::Playbook(playbook) => {
            for clause in &playbook.clauses {
                match &clause.kind {
                    PlaybookClauseKind::Route { rows, .. } => windows(&mut found, rows.iter().map(|row| &row.when)),
                    PlaybookClauseKind::Ticket { rows, .. } => windows(&mut found, rows.iter().map(|row| &row.when)),
                    _ => {}
                }
            }
        }
        ItemKind::Test(test) => {
            for step in &test.steps {
                if let TestStepKind::Matched { filter: Some(filter), .. } = &step.kind {
                    found.push((filter, Asked::Posts));
                }
            }
        }
        ItemKind::Use(_) | ItemKind::Dates(_) | ItemKind::Broken => {}
    }
    found
}

fn windows<'a>(found: &mut Vec<(&'a Expr, Asked)>, rows: impl Iterator<Item = &'a Option<Expr>>) {
    found.extend(rows.flatten().map(|expr| (expr, Asked::Windows)));
}

fn of_clause<'a>(clause: &'a Clause, found: &mut Vec<(&'a Expr, Asked)>) {
    match &clause.kind {
        ClauseKind::Match(expr) => found.push((expr, Asked::Posts)),
        ClauseKind::Window(window) => {
            found.extend(window.kind.steps().iter().map(|step| (&step.cond, Asked::Posts)));
        }
        ClauseKind::Measure { expr, .. } | ClauseKind::Guard { value: expr, .. } => found.push((expr, Asked::Windows)),
        ClauseKind::Alert(alert) => {
            found.push((&alert.when, Asked::Windows));
            found.extend(alert.clear.iter().map(|clear| (clear, Asked::Windows)));
        }
        ClauseKind::Severity(rows) => windows(found, rows.iter().map(|row| &row.when)),
        _ => {}
    }
}

/// The expressions directly inside.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::List(members)
        | ExprKind::Group(members)
        | ExprKind::Set { members, .. }
        | ExprKind::Scope { members, .. }
        | ExprKind::Call { args: members, .. } => members.iter().collect(),
        ExprKind::Not(inner)
        | ExprKind::Negate(inner)
        | ExprKind::Confident { expr: inner, .. }
        | ExprKind::Zone { expr: inner, .. } => vec![inner],
        ExprKind::Binary { left, right, .. } | ExprKind::Infix { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    }
}

/// Looks at an expression and at all that are inside it. A tree's depth is bounded, so recursion is safe.
pub(crate) fn each<'a>(expr: &'a Expr, look: &mut impl FnMut(&'a Expr)) {
    look(expr);
    parts(expr).into_iter().for_each(|part| each(part, look));
}

/// The expressions that hold a stretch of the text, from the outermost one inwards.
pub(crate) fn around(expr: &Expr, span: Span) -> Vec<&Expr> {
    let mut way = Vec::new();
    let mut next = Some(expr).filter(|expr| holds(expr.span, span));
    while let Some(expr) = next {
        way.push(expr);
        next = parts(expr).into_iter().find(|part| holds(part.span, span));
    }
    way
}

/// Whether one stretch lies in another.
pub(crate) const fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether two stretches have a place in common; ends count.
pub(crate) const fn touch(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}
