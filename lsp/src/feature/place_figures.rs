//! What may be written in a condition on windows, and in a figure.

use mon_compiler::vocabulary::{self, Context};
use mon_grammar::tree::SyntaxKind as K;

use super::place::{Fields, Token, Wanted, is_operand, open_call};
use crate::symbols::Kind;

/// Where a figure or a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Measure,
    Alert,
    Clear,
    /// A row of `severity`.
    Row,
}

const COMPARED: &[&str] = &[">=", "<=", ">", "<", "==", "!="];
const COMPUTED: &[&str] = &["+", "-", "*", "/"];
const JOINED: &[&str] = &["and", "or"];

/// A figure or condition of which these tokens stand already; whether it could be whole.
pub(super) fn figures(tokens: &[Token<'_>], of: Of, wanted: &mut Wanted) -> bool {
    if let Some((call, inner)) = open_call(tokens) {
        argument(&call, inner, wanted);
        return false;
    }
    let open = open_bracket(tokens);
    let own = tokens.get(open.map_or(0, |open| open + 1)..).unwrap_or(&[]);
    let Some(last) = own.last().filter(|last| is_operand(last)) else {
        wanted.word(if of == Of::Measure { Context::Measure } else { Context::Figures });
        wanted.names.push(Kind::Measure);
        return false;
    };
    if of == Of::Measure {
        wanted.only(Context::FiguresJoin, COMPUTED);
        return open.is_none();
    }
    // Nothing is computed with what is true or false.
    let is_truth = matches!(last.text, "post" | "posts") || closed(own).is_some_and(is_compared);
    let is_said = is_truth || is_compared(own);
    wanted.only(Context::FiguresJoin, if is_said { JOINED } else { COMPARED });
    if !is_truth {
        wanted.only(Context::FiguresJoin, COMPUTED);
    }
    if is_said && open.is_none() {
        match of {
            Of::Alert => wanted.word(Context::AlertJoin),
            Of::Clear => wanted.only(Context::AlertJoin, &["for"]),
            Of::Measure | Of::Row => {}
        }
    }
    is_said && open.is_none()
}

/// The innermost bracket that is open at the end of the tokens.
fn open_bracket(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().rposition(|token| match token.kind {
        K::ParenClose | K::BracketClose => {
            depth += 1;
            false
        }
        K::ParenOpen | K::BracketOpen if depth > 0 => {
            depth -= 1;
            false
        }
        kind => matches!(kind, K::ParenOpen | K::BracketOpen),
    })
}

/// What stands in the brackets that close at the end of the tokens.
fn closed<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let (last, before) = tokens.split_last()?;
    let closes = matches!(last.kind, K::ParenClose | K::BracketClose);
    let open = open_bracket(before).filter(|_| closes)?;
    let called = open.checked_sub(1).and_then(|at| before.get(at)).zip(before.get(open));
    let is_call = called.is_some_and(|(name, open)| name.kind == K::Word && name.span.end == open.span.start);
    before.get(open + 1..).filter(|_| !is_call)
}

/// Whether the last test of a condition compares, brackets around it included and what a call is given left out.
fn is_compared(tokens: &[Token<'_>]) -> bool {
    let (mut calls, mut depth, mut found) = (0_usize, 0_usize, false);
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let touches = before.is_some_and(|before| before.kind == K::Word && before.span.end == token.span.start);
        match token.kind {
            K::ParenOpen if calls > 0 || touches => calls += 1,
            K::ParenClose if calls > 0 => calls -= 1,
            K::ParenOpen | K::BracketOpen => depth += 1,
            K::ParenClose | K::BracketClose => depth = depth.saturating_sub(1),
            K::Comma if depth == 0 => found = false,
            K::Word if depth == 0 && calls == 0 && JOINED.contains(&token.text) => found = false,
            K::Operator if calls == 0 && COMPARED.contains(&token.text) => found = true,
            _ => {}
        }
    }
    found
}

/// Inside the brackets of a measure or detector.
fn argument(call: &str, inner: &[Token<'_>], wanted: &mut Wanted) {
    let references =
        vocabulary::word(call, Context::Measure).is_some_and(|word| word.kind == vocabulary::Kind::Detector);
    let from = inner.iter().rposition(|token| token.kind == K::Comma).map_or(0, |at| at + 1);
    let own = inner.get(from..).unwrap_or(&[]);
    match own.last() {
        None if references && from > 0 => wanted.word(Context::Reference),
        None if references => wanted.names.push(Kind::Measure),
        Some(last) if last.text == "without" => wanted.names.push(Kind::Dates),
        Some(_) if references && from > 0 => wanted.word(Context::ReferenceJoin),
        Some(last) if is_operand(last) => {
            wanted.word(Context::ArgumentJoin);
            wanted.posts(own);
        }
        None if takes_field(call, inner) => wanted.fields = Some(Fields::All),
        _ => {
            wanted.word(Context::Argument);
            wanted.names.push(Kind::Measure);
            wanted.posts(own);
        }
    }
}

/// Whether nothing but a field can be what a call takes next.
fn takes_field(call: &str, inner: &[Token<'_>]) -> bool {
    let Some(word) = super::hover::function(call) else { return false };
    let given = inner.iter().filter(|token| token.kind == K::Comma).count();
    let mut taken = word.shapes.iter().filter_map(|shape| shape.params.get(given)).peekable();
    taken.peek().is_some() && taken.all(|param| param.label == "field")
}
