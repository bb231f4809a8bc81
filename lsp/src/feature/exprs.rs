//! Stretches of a text, and the way through the expressions that hold them.

use mon_compiler::folder::parts;
use mon_grammar::Span;
use mon_grammar::ast::Expr;

/// The expressions that hold a stretch of the text, from the outermost one inwards.
pub(crate) fn around(expr: &Expr, span: Span) -> Vec<&Expr> {
    let mut way = Vec::new();
    let mut next = Some(expr).filter(|expr| holds(expr.span, span));
    while let Some(expr) = next {
        way.push(expr);
        next = None;
        parts(expr, &mut |part| {
            if next.is_none() && holds(part.span, span) {
                next = Some(part);
            }
        });
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
