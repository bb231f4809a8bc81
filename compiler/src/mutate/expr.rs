//! Edits of one expression, each with what it is called. A new form of expression needs a line in [`edits`] alone.

use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind, Quantifier};

use crate::check::walk::{parts, parts_mut};

use super::{is_chain, removed};

/// What is done to an expression.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// It becomes the part that stands in it at this number.
    Become(usize),
    /// A member of the list goes.
    Remove(usize),
    /// The members of a scope need not stand in it: all of them are enough.
    Unscope,
    /// Another operator.
    Operator(BinaryOp),
    /// Another figure.
    Number(f64),
}

/// An edit and where it is made.
pub(super) struct Found {
    pub path: Vec<usize>,
    pub edit: Edit,
    pub span: Span,
    pub said: String,
}

impl Edit {
    pub(super) fn apply(&self, mut expr: &mut Expr, path: &[usize]) {
        for step in path {
            let Some(part) = parts_mut(expr).into_iter().nth(*step) else { return };
            expr = part;
        }
        match (self, &mut expr.kind) {
            (Self::Become(at), _) => {
                let nothing = Expr { span: expr.span, kind: ExprKind::Error };
                let part = parts_mut(expr).into_iter().nth(*at).map(|part| std::mem::replace(part, nothing));
                part.into_iter().for_each(|part| *expr = part);
            }
            (
                Self::Remove(at),
                ExprKind::List(members)
                | ExprKind::Group(members)
                | ExprKind::Set { members, .. }
                | ExprKind::Scope { members, .. },
            ) if *at < members.len() => drop(members.remove(*at)),
            (Self::Unscope, ExprKind::Scope { members, .. }) => {
                let members = std::mem::take(members);
                expr.kind = ExprKind::Set { quantifier: Quantifier::All, members };
            }
            (Self::Operator(new), ExprKind::Binary { op, .. }) => *op = *new,
            (Self::Number(new), ExprKind::Number { value, .. }) => *value = *new,
            _ => {}
        }
    }
}

/// Calls `tell` with every edit of an expression and of all that stands in it. `written` gives the text of a span.
pub(super) fn edits(expr: &Expr, written: &dyn Fn(Span) -> String, tell: &mut dyn FnMut(Found)) {
    Editor { written, tell, path: Vec::new() }.visit(expr);
}

struct Editor<'a> {
    written: &'a dyn Fn(Span) -> String,
    tell: &'a mut dyn FnMut(Found),
    path: Vec<usize>,
}

impl Editor<'_> {
    fn tell(&mut self, span: Span, edit: Edit, said: String) {
        (self.tell)(Found { path: self.path.clone(), edit, span, said });
    }

    fn visit(&mut self, expr: &Expr) {
        self.own(expr);
        let mut inner = Vec::new();
        parts(expr, &mut |part| inner.push(part));
        for (at, part) in inner.into_iter().enumerate() {
            self.path.push(at);
            self.visit(part);
            self.path.pop();
        }
    }

    fn own(&mut self, expr: &Expr) {
        if let ExprKind::Scope { .. } = &expr.kind {
            let written = (self.written)(expr.span);
            self.tell(expr.span, Edit::Unscope, removed(written.split('(').next().unwrap_or_default()));
        }
        match &expr.kind {
            ExprKind::Binary { op, op_span, left, right } => self.binary(expr, *op, *op_span, left, right),
            ExprKind::Not(_) => self.tell(expr.span, Edit::Become(0), removed("not")),
            ExprKind::Zone { zone, .. } => {
                self.tell(zone.span, Edit::Become(0), removed(&format!("{}:", zone.dotted())));
            }
            ExprKind::Confident { floor, .. } => {
                let said = removed(&format!("@ {}%", (floor * 1e4).round() / 1e2));
                self.tell(expr.span, Edit::Become(0), said);
            }
            ExprKind::List(members)
            | ExprKind::Group(members)
            | ExprKind::Set { members, .. }
            | ExprKind::Scope { members, .. }
                if members.len() > 1 =>
            {
                for (at, member) in members.iter().enumerate() {
                    self.tell(member.span, Edit::Remove(at), removed(&(self.written)(member.span)));
                }
            }
            _ => {}
        }
    }

    fn binary(&mut self, expr: &Expr, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                for (at, operand) in [left, right].into_iter().enumerate() {
                    // In a row of one operator each operand goes once, where it stands.
                    if !is_chain(op, operand) {
                        let said = removed(&(self.written)(operand.span));
                        self.tell(operand.span, Edit::Become(1 - at), said);
                    }
                }
                let (new, said) = match op {
                    BinaryOp::And => (BinaryOp::Or, "`and` became `or`"),
                    _ => (BinaryOp::And, "`or` became `and`"),
                };
                self.tell(op_span, Edit::Operator(new), said.to_owned());
            }
            BinaryOp::Near(gap) => {
                self.tell(op_span, Edit::Operator(BinaryOp::And), format!("`near/{gap}` became `and`"));
                let wide = wider(gap);
                self.tell(op_span, Edit::Operator(BinaryOp::Near(wide)), format!("`near/{gap}` became `near/{wide}`"));
            }
            BinaryOp::Then(gap) => {
                let near = Edit::Operator(BinaryOp::Near(gap));
                self.tell(op_span, near, format!("`then/{gap}` became `near/{gap}`"));
                let wide = wider(gap);
                self.tell(op_span, Edit::Operator(BinaryOp::Then(wide)), format!("`then/{gap}` became `then/{wide}`"));
            }
            BinaryOp::NearNot(_) | BinaryOp::Outside | BinaryOp::Inside => {
                let rest = (self.written)(Span::new(op_span.start, expr.span.end));
                self.tell(op_span, Edit::Become(0), removed(&rest));
            }
            BinaryOp::Has => {
                let head = (self.written)(Span::new(expr.span.start, op_span.end));
                self.tell(op_span, Edit::Become(1), removed(&head));
            }
            BinaryOp::Compare(op) => self.compare(expr, op, left, right),
            _ => {}
        }
    }

    fn compare(&mut self, expr: &Expr, op: CompareOp, left: &Expr, right: &Expr) {
        let whole = (self.written)(expr.span);
        let (head, tail) = ((self.written)(left.span), (self.written)(right.span));
        for new in flipped(op) {
            let said = format!("`{whole}` became `{head} {} {tail}`", new.sign());
            self.tell(expr.span, Edit::Operator(BinaryOp::Compare(*new)), said);
        }
        for (at, side) in [left, right].into_iter().enumerate() {
            let (number, inner) = match &side.kind {
                ExprKind::Negate(inner) => (&**inner, true),
                _ => (side, false),
            };
            let ExprKind::Number { value, .. } = number.kind else { continue };
            if value == 0.0 {
                continue;
            }
            self.path.push(at);
            if inner {
                self.path.push(0);
            }
            for (factor, name) in [(0.5, "half"), (2.0, "twice")] {
                let said = format!("`{}` in `{whole}` became {name} as much", (self.written)(number.span));
                self.tell(number.span, Edit::Number(value * factor), said);
            }
            self.path.truncate(self.path.len() - 1 - usize::from(inner));
        }
    }
}

/// Half as far again, at least a word further.
fn wider(gap: u32) -> u32 {
    gap.saturating_add((gap / 2).max(1))
}

/// Its edge the other way, and its direction the other way.
const fn flipped(op: CompareOp) -> &'static [CompareOp] {
    match op {
        CompareOp::Eq => &[CompareOp::Ne],
        CompareOp::Ne => &[CompareOp::Eq],
        CompareOp::Lt => &[CompareOp::Le, CompareOp::Ge],
        CompareOp::Le => &[CompareOp::Lt, CompareOp::Gt],
        CompareOp::Gt => &[CompareOp::Ge, CompareOp::Le],
        CompareOp::Ge => &[CompareOp::Gt, CompareOp::Lt],
    }
}
