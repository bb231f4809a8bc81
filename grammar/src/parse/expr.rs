//! Expressions: pest gives one flat row of operands and operators, its Pratt parser their binding, this module the
//! tree. Depth is counted on the way up, so that no later pass over a tree can run out of stack.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::build::{Build, hole, unit_micros};
use super::strings::regex_source;
use super::{Found, MAX_TREE_DEPTH, Rule, Written as _};
use crate::ast::{BinaryOp, CompareOp, Duration, Expr, ExprKind, Name, Path, Quantifier, Scope, Term, TermForm};
use crate::code;
use crate::span::Span;

static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::or_op))
        .op(left(Rule::and_op))
        .op(Op::prefix(Rule::not_op))
        .op(Op::postfix(Rule::confidence))
        .op(left(Rule::compare_op) | left(Rule::word_op))
        .op(left(Rule::span_op))
        .op(left(Rule::add_op))
        .op(left(Rule::mul_op))
        .op(Op::prefix(Rule::neg_op))
});

/// Longer chains of one `and` or `or` are balanced.
const LEANING_MAX: usize = 8;

/// A finished expression with its depth, or a chain of one `and` or `or` that may still grow.
enum Part {
    One(Deep),
    Chain { op: BinaryOp, operands: Vec<(Deep, Span)> },
}

pub(super) struct Deep {
    expr: Expr,
    depth: u32,
}

impl Deep {
    fn leaf(span: Span, kind: ExprKind) -> Self {
        Self { expr: Expr { span, kind }, depth: 1 }
    }
}

impl Build {
    pub fn expr(&self, found: Found<'_>) -> Expr {
        self.deep(found).expr
    }

    /// One operand without operators.
    pub fn operand(&self, found: Found<'_>) -> Expr {
        self.primary(found).expr
    }

    fn deep(&self, found: Found<'_>) -> Deep {
        let mut kids = found.into_inner();
        if kids.len() == 1
            && let Some(only) = kids.next()
        {
            return self.primary(only);
        }
        let part = PRATT
            .map_primary(|kid| Part::One(self.primary(kid)))
            .map_prefix(|op, right| self.prefix(&op, right))
            .map_postfix(|left, op| self.confident(left, &op))
            .map_infix(|left, op, right| self.infix(left, op, right))
            .parse(kids);
        self.finish(part)
    }

    /// A node over children of at most `depth`; past the limit the children give way to an error.
    fn over(&self, depth: u32, span: Span, kind: ExprKind) -> Deep {
        if depth < MAX_TREE_DEPTH {
            return Deep { expr: Expr { span, kind }, depth: depth + 1 };
        }
        self.error(
            span,
            code::TOO_DEEP,
            format!("this expression is nested deeper than {MAX_TREE_DEPTH} levels"),
            "give parts of it a name with `query … =` or `measure … =`",
        );
        Deep { expr: hole(span), depth: 1 }
    }

    fn finish(&self, part: Part) -> Deep {
        match part {
            Part::One(deep) => deep,
            Part::Chain { op, operands } => self.balance(op, operands).0,
        }
    }

    /// A tree of a chain's operands, and the place of the operator before its first one.
    fn balance(&self, op: BinaryOp, mut operands: Vec<(Deep, Span)>) -> (Deep, Span) {
        if operands.len() > LEANING_MAX {
            let back = operands.split_off(operands.len() / 2);
            let (left, before) = self.balance(op, operands);
            let (right, between) = self.balance(op, back);
            return (self.join(op, between, left, right), before);
        }
        let mut operands = operands.into_iter();
        let Some((mut left, before)) = operands.next() else {
            return (Deep::leaf(Span::default(), ExprKind::Error), Span::default());
        };
        for (right, op_span) in operands {
            left = self.join(op, op_span, left, right);
        }
        (left, before)
    }

    fn join(&self, op: BinaryOp, op_span: Span, left: Deep, right: Deep) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        self.over(depth, span, ExprKind::Binary { op, op_span, left, right })
    }

    fn prefix(&self, op: &Found<'_>, right: Part) -> Part {
        let right = self.finish(right);
        let span = self.span(op).to(right.expr.span);
        let Deep { expr, depth } = right;
        let kind = match (op.as_rule(), expr.kind) {
            (Rule::neg_op, ExprKind::Number { value, percent }) => {
                return Part::One(Deep::leaf(span, ExprKind::Number { value: -value, percent }));
            }
            (Rule::neg_op, kind) => ExprKind::Negate(Box::new(Expr { span: expr.span, kind })),
            (_, kind) => ExprKind::Not(Box::new(Expr { span: expr.span, kind })),
        };
        Part::One(self.over(depth, span, kind))
    }

    fn confident(&self, left: Part, op: &Found<'_>) -> Part {
        let left = self.finish(left);
        let floor = op.written().trim_matches(|c: char| !c.is_ascii_digit());
        let floor = floor.parse::<f64>().unwrap_or(0.0) / 100.0;
        let span = left.expr.span.to(self.span(op));
        Part::One(self.over(left.depth, span, ExprKind::Confident { expr: Box::new(left.expr), floor }))
    }

    fn infix(&self, left: Part, op: Found<'_>, right: Part) -> Part {
        let op_span = self.span(&op);
        let right = self.finish(right);
        let kind = match op.as_rule() {
            Rule::and_op => BinaryOp::And,
            Rule::or_op => BinaryOp::Or,
            Rule::span_op => return Part::One(self.span_op(left, op, right)),
            _ => operator(op.written()),
        };
        if !matches!(kind, BinaryOp::And | BinaryOp::Or) {
            let left = self.finish(left);
            return Part::One(self.join(kind, op_span, left, right));
        }
        let mut operands = match left {
            Part::Chain { op, operands } if op == kind => operands,
            other => vec![(self.finish(other), op_span)],
        };
        operands.push((right, op_span));
        Part::Chain { op: kind, operands }
    }

    fn span_op(&self, left: Part, op: Found<'_>, right: Deep) -> Deep {
        let left = self.finish(left);
        let op_span = self.span(&op);
        let mut kids = op.into_inner();
        let kind = match kids.next() {
            Some(kid) => match kid.as_rule() {
                Rule::near_op if kids.next().is_some() => BinaryOp::NearNot(self.distance(&kid)),
                Rule::near_op => BinaryOp::Near(self.distance(&kid)),
                Rule::then_op => BinaryOp::Then(self.distance(&kid)),
                Rule::outside_op => BinaryOp::Outside,
                Rule::inside_op => BinaryOp::Inside,
                _ => {
                    let word = Name { text: "then".to_owned(), span: op_span };
                    return self.word_between(word, left, right);
                }
            },
            None => BinaryOp::Inside,
        };
        self.join(kind, op_span, left, right)
    }

    fn word_between(&self, word: Name, left: Deep, right: Deep) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        self.over(depth, span, ExprKind::Infix { word, left, right })
    }

    fn primary(&self, found: Found<'_>) -> Deep {
        let span = self.span(&found);
        let leaf = |kind| Deep::leaf(span, kind);
        let plain = |form, text: &str| ExprKind::Term(Term { form, text: text.to_owned(), edits: None });
        match found.as_rule() {
            Rule::term | Rule::spelled => leaf(ExprKind::Term(self.term(found))),
            Rule::named => self.named(found),
            Rule::number => leaf(self.number(&found)),
            Rule::time => leaf(ExprKind::Time(found.written().to_owned())),
            Rule::tag => leaf(plain(TermForm::Tag, found.written())),
            Rule::handle => leaf(plain(TermForm::Handle, found.written())),
            Rule::cashtag => leaf(plain(TermForm::Cashtag, found.written())),
            Rule::regex => leaf(plain(TermForm::Regex, &regex_source(found.written()))),
            Rule::group => {
                let (members, depth) = self.members(found);
                self.over(depth, span, ExprKind::Group(members))
            }
            Rule::list => {
                let (members, depth) = self.members(found);
                self.over(depth, span, ExprKind::List(members))
            }
            Rule::set => self.set(found, span),
            Rule::scope => self.scope(found, span),
            Rule::absence => leaf(ExprKind::NoPosts),
            Rule::exists => match found.into_inner().find(|k| k.as_rule() == Rule::path) {
                Some(path) => leaf(ExprKind::Exists(self.path(&path))),
                None => leaf(ExprKind::Error),
            },
            _ => leaf(ExprKind::Error),
        }
    }

    /// The expressions among a pair's children, with their greatest depth.
    fn members(&self, found: Found<'_>) -> (Vec<Expr>, u32) {
        let mut members: Vec<Expr> = Vec::new();
        let mut depth = 0;
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::expr => {
                    let deep = self.deep(kid);
                    depth = depth.max(deep.depth);
                    members.push(deep.expr);
                }
                Rule::argument => {
                    let deep = self.argument(kid);
                    depth = depth.max(deep.depth);
                    members.push(deep.expr);
                }
                Rule::hold => {
                    let Some(left) = members.pop() else { continue };
                    let deep = self.held(Deep { expr: left, depth }, &kid);
                    depth = depth.max(deep.depth);
                    members.push(deep.expr);
                }
                _ => {}
            }
        }
        (members, depth)
    }

    /// `(not c for 1h)`: the `for 1h` behind an expression.
    fn held(&self, left: Deep, hold: &Found<'_>) -> Deep {
        let mut word = Name { text: "for".to_owned(), span: self.span(hold) };
        let mut right = Deep::leaf(word.span, ExprKind::Error);
        for kid in hold.clone().into_inner() {
            match kid.as_rule() {
                Rule::kw_for => word.span = self.span(&kid),
                Rule::duration => right = Deep::leaf(self.span(&kid), ExprKind::Duration(self.duration(&kid))),
                _ => {}
            }
        }
        self.word_between(word, left, right)
    }

    fn argument(&self, found: Found<'_>) -> Deep {
        let span = self.span(&found);
        let (mut left, mut word) = (None, None);
        for kid in found.into_inner() {
            match (kid.as_rule(), left.take(), word.take()) {
                (Rule::fresh, before, _) => {
                    left = before;
                    word = Some(self.name(&kid));
                }
                (Rule::expr, Some(before), Some(between)) => {
                    let right = self.deep(kid);
                    left = Some(self.word_between(between, before, right));
                }
                (Rule::expr, ..) => left = Some(self.deep(kid)),
                (Rule::without, Some(before), _) => left = Some(self.without(before, kid)),
                (_, before, between) => (left, word) = (before, between),
            }
        }
        left.unwrap_or_else(|| Deep::leaf(span, ExprKind::Error))
    }

    /// `any_hour over 7d without feasts`: the last two words of it.
    fn without(&self, left: Deep, found: Found<'_>) -> Deep {
        let mut word = Name { text: "without".to_owned(), span: self.span(&found) };
        let mut right = Deep::leaf(word.span, ExprKind::Error);
        for kid in found.into_inner() {
            let name = self.name(&kid);
            if kid.as_rule() == Rule::fresh {
                let span = name.span;
                right = Deep::leaf(span, ExprKind::Path(Path { parts: vec![name], span }));
            } else {
                word.span = name.span;
            }
        }
        self.word_between(word, left, right)
    }

    fn set(&self, found: Found<'_>, span: Span) -> Deep {
        let mut quantifier = Quantifier::Any;
        if let Some(head) = found.clone().into_inner().next() {
            for kid in head.into_inner() {
                match kid.as_rule() {
                    Rule::kw_all => quantifier = Quantifier::All,
                    Rule::kw_none => quantifier = Quantifier::None,
                    Rule::integer => quantifier = Quantifier::AtLeast(self.integer(&kid)),
                    _ => {}
                }
            }
        }
        let (members, depth) = self.members(found);
        self.over(depth, span, ExprKind::Set { quantifier, members })
    }

    fn scope(&self, found: Found<'_>, span: Span) -> Deep {
        let mut scope = Scope::StartsWith;
        let mut inner = Deep::leaf(span, ExprKind::Error);
        for kid in found.into_inner() {
            if kid.as_rule() != Rule::scope_head {
                inner = self.primary(kid);
                continue;
            }
            for word in kid.into_inner() {
                scope = match (word.as_rule(), word.written()) {
                    (Rule::scope_unit, "sentence") => Scope::SameSentence,
                    (Rule::scope_unit, "line") => Scope::SameLine,
                    (Rule::scope_unit, _) => Scope::SameParagraph,
                    (Rule::integer, _) => Scope::FirstWords(self.integer(&word)),
                    (Rule::kw_ends, _) => Scope::EndsWith,
                    _ => scope,
                };
            }
        }
        let depth = inner.depth;
        let members = match inner.expr.kind {
            ExprKind::Group(members) => members,
            kind => vec![Expr { span: inner.expr.span, kind }],
        };
        self.over(depth, span, ExprKind::Scope { scope, members })
    }

    /// A path, and what makes it a call or a zone.
    fn named(&self, found: Found<'_>) -> Deep {
        let span = self.span(&found);
        let mut kids = found.into_inner();
        let Some(head) = kids.next() else { return Deep::leaf(span, ExprKind::Error) };
        let Some(tail) = kids.next() else { return Deep::leaf(span, ExprKind::Path(self.path(&head))) };
        if tail.as_rule() == Rule::zone {
            return self.zone(&head, tail, span);
        }
        if matches!(head.written(), "any" | "all" | "none") {
            let word = head.written();
            self.error(
                span,
                code::SET_BRACKETS,
                format!("`{word}` takes its members in square brackets"),
                format!("write `{word} [\"…\", \"…\"]`"),
            );
        }
        let (args, depth) = self.members(tail);
        self.over(depth, span, ExprKind::Call { name: self.name(&head), args })
    }

    fn zone(&self, head: &Found<'_>, tail: Found<'_>, span: Span) -> Deep {
        let mut negated = None;
        let mut inner = Deep::leaf(span, ExprKind::Error);
        for kid in tail.into_inner() {
            match kid.as_rule() {
                Rule::colon => {}
                Rule::neg_op => negated = Some(kid),
                _ => inner = self.primary(kid),
            }
        }
        if let Some(op) = negated {
            inner = self.finish(self.prefix(&op, Part::One(inner)));
        }
        self.over(inner.depth, span, ExprKind::Zone { zone: self.path(head), expr: Box::new(inner.expr) })
    }

    /// `50`, `10k`, `70%`; with a unit of time a duration, with any other unit a quantity.
    fn number(&self, found: &Found<'_>) -> ExprKind {
        let text = found.written();
        let at = text.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(text.len());
        let (digits, unit) = text.split_at(at);
        let value = digits.parse::<f64>().unwrap_or(f64::INFINITY);
        let span = self.span(found);
        if !value.is_finite() {
            let message = format!("`{}…` is too large a number", digits.get(..12).unwrap_or(digits));
            self.error(span, code::NUMBER_RANGE, message, "write a smaller number");
            return ExprKind::Error;
        }
        match unit {
            "" => ExprKind::Number { value, percent: false },
            "k" => ExprKind::Number { value: value * 1e3, percent: false },
            "M" => ExprKind::Number { value: value * 1e6, percent: false },
            "%" => ExprKind::Number { value: value / 100.0, percent: true },
            _ if unit_micros(unit).is_some() => {
                let Duration { micros, span } = self.duration(found);
                ExprKind::Duration(Duration { micros, span })
            }
            _ => {
                let start = span.start + u32::try_from(at).unwrap_or(0);
                let unit = Name { text: unit.to_owned(), span: Span::new(start, span.end) };
                ExprKind::Quantity { value, unit }
            }
        }
    }
}

fn operator(text: &str) -> BinaryOp {
    match text {
        "==" => BinaryOp::Compare(CompareOp::Eq),
        "!=" => BinaryOp::Compare(CompareOp::Ne),
        "<" => BinaryOp::Compare(CompareOp::Lt),
        "<=" => BinaryOp::Compare(CompareOp::Le),
        ">" => BinaryOp::Compare(CompareOp::Gt),
        ">=" => BinaryOp::Compare(CompareOp::Ge),
        "is" => BinaryOp::Is,
        "in" => BinaryOp::In,
        "has" => BinaryOp::Has,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        _ => BinaryOp::Within,
    }
}
