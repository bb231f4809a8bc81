//! What may be written inside a playbook: clause by clause, from the tokens before the cursor.

use mon_compiler::vocabulary::{Context, field};
use mon_grammar::tree::SyntaxKind as K;

use super::place::{Fields, Token, Wanted, is_level, is_operand, name_before};
use crate::symbols::Kind;

/// Behind the first word of a clause.
pub(super) fn clause(head: &str, own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last().map_or("", |last| last.text);
    let braced = own.iter().position(|token| token.kind == K::BraceOpen).and_then(|open| own.get(open + 1..));
    match (head, braced) {
        ("route", None) if own.is_empty() => wanted.word(Context::RouteMode),
        ("route", Some(rows)) => route(rows, own.first().is_some_and(|mode| mode.text == "first"), wanted),
        ("notify", Some(rows)) => notify(rows, wanted),
        ("share", _) => share(own, last, wanted),
        ("escalate", Some(_)) if last == "by" || last == "," => wanted.names.push(Kind::Method),
        ("escalate", Some(_)) if last == "team" => wanted.names.push(Kind::Team),
        ("quiet" | "budget", _) if last == "except" || last == "," && own.iter().any(|word| word.text == "except") => {
            wanted.levels();
        }
        ("ticket", Some(rows)) => ticket(rows, wanted),
        ("allow", _) => super::place_clauses::allow(own, wanted),
        _ => {}
    }
}

/// Among the rows of `route`.
fn route(rows: &[Token<'_>], is_first: bool, wanted: &mut Wanted) {
    let begins = |token: &Token<'_>| matches!(token.text, "when" | "otherwise");
    let Some(start) = rows.iter().rposition(begins) else { return wanted.word(Context::RouteRow) };
    let (head, own) = (rows.get(start), rows.get(start + 1..).unwrap_or(&[]));
    let is_last = head.is_some_and(|head| head.text == "otherwise");
    let Some(to) = own.iter().rposition(|token| token.text == "to") else {
        return match is_last {
            true if own.is_empty() => wanted.only(Context::RouteJoin, &["to team"]),
            true => {}
            false => choice(own, Context::RouteJoin, wanted),
        };
    };
    match own.get(to + 1..).unwrap_or(&[]) {
        [] => wanted.piece(Context::RouteJoin, "to team", "team ${1:care}"),
        [team] if team.text == "team" => wanted.names.push(Kind::Team),
        // A row behind the one that takes every incident is never reached.
        [_, _] if !(is_first && is_last) => wanted.word(Context::RouteRow),
        _ => {}
    }
}

/// Among the rows of `ticket`, where `when` opens a condition on the incident.
fn ticket(rows: &[Token<'_>], wanted: &mut Wanted) {
    if let Some(when) = rows.iter().rposition(|token| token.text == "when") {
        choice(rows.get(when + 1..).unwrap_or(&[]), Context::FieldJoin, wanted);
    }
}

/// A condition that chooses by the incident, of which these tokens stand already.
fn choice(tokens: &[Token<'_>], join: Context, wanted: &mut Wanted) {
    let (own, is_inner) = innermost(tokens);
    let (own, is_listed) = match own.iter().rposition(|token| token.kind == K::BracketOpen) {
        Some(open) if own.iter().skip(open).all(|token| token.kind != K::BracketClose) => {
            let values = own.get(open + 1..).unwrap_or(&[]);
            // Two values in a list have a comma between them.
            if values.last().is_some_and(|last| last.kind != K::Comma) {
                return;
            }
            (own.get(..open).unwrap_or(&[]), true)
        }
        _ => (own, false),
    };
    let start = own.iter().rposition(|token| matches!(token.text, "and" | "or" | "not")).map_or(0, |at| at + 1);
    let test = own.get(start..).unwrap_or(&[]);
    let Some((last, subject)) = test.split_last() else {
        wanted.word(Context::Route);
        return wanted.fields = Some(Fields::Keys);
    };
    if last.kind == K::Operator || matches!(last.text, "is" | "in") {
        return values(subject, wanted);
    }
    if is_listed || !is_operand(last) {
        return;
    }
    let name = name_before(test).filter(|name| name.len() == length(test)).unwrap_or_default();
    match (name.as_str(), field(&name)) {
        ("severity", _) => wanted.bare(Context::FieldJoin, &["is", "in", "==", "!=", ">=", "<=", ">", "<"]),
        ("monitor", _) => wanted.bare(Context::FieldJoin, &["is", "in", "==", "!="]),
        (_, Some(_)) => wanted.bare(Context::FieldJoin, &["is", "in", "==", "!="]),
        _ if is_inner || join != Context::RouteJoin => wanted.bare(Context::RouteJoin, &["and", "or"]),
        _ => wanted.word(join),
    }
}

/// The part of a condition that the cursor is in: inside its innermost brackets, and the member of a set.
fn innermost<'a, 't>(tokens: &'a [Token<'t>]) -> (&'a [Token<'t>], bool) {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        let is_set = || {
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            before.is_some_and(|before| matches!(before.text, "any" | "all" | "none"))
        };
        match token.kind {
            K::ParenClose | K::BracketClose => depth += 1,
            K::ParenOpen | K::BracketOpen if depth > 0 => depth -= 1,
            K::ParenOpen => return (tokens.get(at + 1..).unwrap_or(&[]), true),
            K::BracketOpen if is_set() => {
                let members = tokens.get(at + 1..).unwrap_or(&[]);
                return (last_member(members), true);
            }
            _ => {}
        }
    }
    (tokens, false)
}

/// What stands behind the last comma that is in no brackets.
fn last_member<'a, 't>(members: &'a [Token<'t>]) -> &'a [Token<'t>] {
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in members.iter().enumerate() {
        match token.kind {
            K::ParenOpen | K::BracketOpen => depth += 1,
            K::ParenClose | K::BracketClose => depth = depth.saturating_sub(1),
            K::Comma if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    members.get(start..).unwrap_or(&[])
}

fn length(tokens: &[Token<'_>]) -> usize {
    tokens.iter().map(|token| token.text.len()).sum()
}

/// What the severity, the monitor or a field of an incident can be compared with.
fn values(subject: &[Token<'_>], wanted: &mut Wanted) {
    match name_before(subject).as_deref() {
        Some("severity") => wanted.levels(),
        Some("monitor") => wanted.names.push(Kind::Monitor),
        name => wanted.values_of = name.filter(|name| field(name).is_some()).map(str::to_owned),
    }
}

/// Among the rows of `notify`.
fn notify(rows: &[Token<'_>], wanted: &mut Wanted) {
    let levels = rows.iter().filter(|token| is_level(token.text)).map(|token| token.text.to_owned());
    let row = |wanted: &mut Wanted| {
        wanted.word(Context::NotifyRow);
        // A level has one row.
        wanted.taken.extend(levels.clone());
    };
    let Some(level) = rows.iter().rposition(|token| is_level(token.text)) else { return row(wanted) };
    let own = rows.get(level + 1..).unwrap_or(&[]);
    let timing = own.iter().position(|token| matches!(token.text, "at" | "after"));
    match (own.first(), timing) {
        (None, _) => wanted.word(Context::NotifyJoin),
        (_, Some(timing)) if own.len() == timing + 2 => row(wanted),
        (_, Some(timing)) => {
            if own.get(timing).is_some_and(|word| word.text == "at") {
                wanted.piece(Context::Timing, "at once", "once");
            }
        }
        _ => match own.last() {
            Some(last) if last.text == "by" || last.kind == K::Comma => methods(own, wanted),
            Some(last) if last.kind == K::Word => wanted.word(Context::Timing),
            _ => {}
        },
    }
}

/// The methods that do not stand there already.
fn methods(own: &[Token<'_>], wanted: &mut Wanted) {
    wanted.names.push(Kind::Method);
    wanted.taken.extend(own.iter().filter(|token| token.kind == K::Word).map(|token| token.text.to_owned()));
}

/// Behind `share`: labels, teams, methods, purposes.
fn share(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    let part = own.iter().rposition(|token| matches!(token.text, "with" | "team" | "by" | "for"));
    let goes_on = last == ",";
    match part.and_then(|at| Some((own.get(at)?.text, at + 1 == own.len()))) {
        None if own.is_empty() || goes_on => {
            wanted.word(Context::Label);
            wanted.taken.extend(own.iter().map(|token| token.text.to_owned()));
        }
        None => wanted.word(Context::ShareJoin),
        Some(("with", true)) => wanted.piece(Context::ShareJoin, "with team", "team ${1:care} for ${2:support}"),
        Some(("team", is_last)) if is_last || goes_on => wanted.names.push(Kind::Team),
        Some(("team", _)) => {
            wanted.piece(Context::ShareJoin, "with team", "by ${1:slack} for ${2:support}");
            wanted.piece(Context::ShareJoin, "with team", "for ${1:support}");
        }
        Some(("by", is_last)) if is_last || goes_on => methods(own, wanted),
        Some(("by", _)) => wanted.piece(Context::ShareJoin, "with team", "for ${1:support}"),
        Some(_) => {}
    }
}
