//! What may be written inside lists, queries, monitors and tests: clause by clause, from the tokens before the cursor.

use mon_compiler::vocabulary::Context;
use mon_grammar::tree::SyntaxKind as K;

use super::place::{Before, Fields, Token, Wanted, is_level, is_operand};
use super::place_figures::{Of, figures};
use crate::symbols::Kind;

/// Behind `terms NAME`.
pub(super) fn list(rest: &[Token<'_>], fresh_line: bool, wanted: &mut Wanted) {
    let Some(equals) = rest.iter().position(|token| token.kind == K::Equals) else { return };
    match rest.get(equals + 1..).and_then(<[_]>::last) {
        Some(last) if last.text == "from" => {}
        Some(last) if is_operand(last) => {
            wanted.word(Context::MemberJoin);
            if fresh_line {
                wanted.word(Context::TopLevel);
            }
        }
        _ => {
            wanted.word(Context::Member);
            wanted.names.push(Kind::Terms);
        }
    }
}

/// Behind `query NAME`.
pub(super) fn query(rest: &[Token<'_>], fresh_line: bool, wanted: &mut Wanted) {
    let Some(equals) = rest.iter().position(|token| token.kind == K::Equals) else {
        if rest.last().is_some_and(|last| last.kind == K::Colon) {
            wanted.word(Context::ParamKind);
        }
        return;
    };
    let own = rest.get(equals + 1..).unwrap_or(&[]);
    wanted.posts(own);
    if fresh_line && own.last().is_some_and(is_operand) {
        wanted.word(Context::TopLevel);
    }
}

/// Words that open a clause, and those that go on with the one before only on its line.
fn opens(item: &str, word: &str) -> bool {
    let words: &[&str] = match item {
        "monitor" => &[
            "match", "window", "measure", "alert", "severity", "group", "dedupe", "show", "follow", "example", "allow",
            "extend", "locked", "owner", "status", "since", "warmup", "cooldown", "under", "clear", "min", "for",
        ],
        "playbook" => {
            &["route", "notify", "share", "escalate", "acknowledgement", "quiet", "budget", "ticket", "allow"]
        }
        _ => &["replay", "expect", "at"],
    };
    words.contains(&word)
}

/// Inside the braces of a monitor, playbook or test.
pub(super) fn braced(item: &str, rest: &[Token<'_>], before: &Before<'_>, wanted: &mut Wanted) {
    let (mut depth, mut start) = (0_usize, None);
    for (at, token) in rest.iter().enumerate() {
        match token.kind {
            K::BraceOpen => depth += 1,
            K::BraceClose => {
                depth = depth.saturating_sub(1);
                start = if depth == 1 { None } else { start };
            }
            // A word that opens clauses may stand in one too, and does so behind something that is not whole.
            K::Word if depth == 1 && opens(item, token.text) && is_whole(rest.get(..at).unwrap_or(&[]), token) => {
                start = Some(at)
            }
            _ => {}
        }
    }
    let clause = match item {
        "monitor" => Context::Monitor,
        "playbook" => Context::Playbook,
        _ => Context::Test,
    };
    let Some(own) = start.and_then(|start| rest.get(start..)).filter(|_| depth > 0) else {
        if depth > 0 {
            wanted.word(clause);
        }
        return;
    };
    if depth == 1 && before.fresh_line && own.len() > 1 && own.last().is_some_and(ends) {
        wanted.word(clause);
    }
    let Some((head, own)) = own.split_first() else { return };
    match item {
        "monitor" => monitor(head.text, own, wanted),
        "playbook" => super::place_playbook::clause(head.text, own, wanted),
        _ => step(head.text, own, wanted),
    }
}

/// Whether a clause can end with a token.
fn ends(last: &Token<'_>) -> bool {
    const GO_ON: [&str; 14] = [
        "playbook", "region", "until", "because", "late", "every", "gap", "to", "team", "for", "at", "by", "when",
        "with",
    ];
    last.kind == K::BraceClose || is_operand(last) && !GO_ON.contains(&last.text) || last.text == "match"
}

fn is_whole(before: &[Token<'_>], token: &Token<'_>) -> bool {
    let (open, close) = before.iter().fold((0_usize, 0_usize), |(open, close), token| match token.kind {
        K::ParenOpen | K::BracketOpen => (open + 1, close),
        K::ParenClose | K::BracketClose => (open, close + 1),
        _ => (open, close),
    });
    // `for 2m` and `min(x)` go on; `for crisis` and `min 20 posts` begin.
    let goes_on = matches!(token.text, "for")
        && before.iter().rev().take(40).any(|token| matches!(token.text, "alert" | "clear" | "pattern" | "extend"));
    let last = before.last();
    let joined = last.is_some_and(|last| {
        matches!(last.kind, K::Operator | K::Equals | K::Comma | K::Colon)
            || matches!(last.text, "by" | "follow" | "locked")
    });
    open <= close && !goes_on && !joined
}

fn monitor(head: &str, own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last().map_or("", |last| last.text);
    match head {
        "match" => wanted.posts(own),
        "window" => window(own, last, wanted),
        "measure" => {
            if let Some(equals) = own.iter().position(|token| token.kind == K::Equals) {
                figures(own.get(equals + 1..).unwrap_or(&[]), Of::Measure, wanted);
            }
        }
        "alert" | "clear" => alert(if head == "alert" { Of::Alert } else { Of::Clear }, own, wanted),
        "severity" => rows(own, wanted),
        "group" if matches!(last, "by" | ",") => wanted.fields = Some(Fields::Keys),
        "show" => show(own, last, wanted),
        "follow" if own.is_empty() => {
            wanted.names.push(Kind::Playbook);
            wanted.before_names = "playbook ";
        }
        "follow" if last == "playbook" => wanted.names.push(Kind::Playbook),
        "extend" if own.is_empty() => wanted.names.push(Kind::Monitor),
        "extend" if last == "region" || last == "," => wanted.values_of = Some("country".to_owned()),
        "extend" if own.len() == 1 => wanted.word(Context::ExtendJoin),
        "extend" if last == "for" => wanted.piece(Context::ExtendJoin, "for region", "region ${1:de}"),
        "locked" if own.is_empty() || last == "," => wanted.word(Context::Locked),
        "example" if own.is_empty() => wanted.word(Context::Answer),
        "status" if own.is_empty() => wanted.word(Context::Status),
        "allow" => allow(own, wanted),
        "min" if own.len() == 1 => wanted.piece(Context::Monitor, "min", "posts"),
        _ => {}
    }
}

/// Behind `allow`.
pub(super) fn allow(own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last().map_or("", |last| last.text);
    match own.len() {
        0 => wanted.names.push(Kind::Code),
        1 => wanted.word(Context::AllowJoin),
        3 if last != "because" && own.iter().all(|token| token.text != "because") => {
            wanted.only(Context::AllowJoin, &["because"]);
        }
        _ => {}
    }
}

/// Behind `alert` and `clear`.
fn alert(of: Of, own: &[Token<'_>], wanted: &mut Wanted) {
    let Some((when, condition)) = own.split_first() else {
        return match of {
            Of::Alert => wanted.piece(Context::Monitor, "alert when", "when ${1:volume} >= ${2:20}"),
            _ => wanted.piece(Context::AlertJoin, "clear when", "when ${1:volume} < ${2:10}"),
        };
    };
    let held = condition.iter().rposition(|token| matches!(token.kind, K::ParenClose) || token.text == "for");
    match held.filter(|at| condition.get(*at).is_some_and(|token| token.text == "for")) {
        _ if when.text != "when" => {}
        Some(held) if held + 1 == condition.len() => {}
        Some(_) if of == Of::Alert => wanted.only(Context::AlertJoin, &["clear when"]),
        Some(_) => {}
        None => {
            figures(condition, of, wanted);
        }
    }
}

/// Behind `show`.
fn show(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    if own.is_empty() {
        return wanted.word(Context::Show);
    }
    if last == "," {
        return wanted.only(Context::Show, &["top", "new"]);
    }
    let start = own.iter().rposition(|token| token.kind == K::Comma).map_or(0, |at| at + 1);
    match own.get(start..).unwrap_or(&[]) {
        [first, _] if first.text == "top" => {
            wanted.fields = Some(Fields::Shown);
            wanted.only(Context::Argument, &["tag", "link.url"]);
        }
        [number] if number.kind == K::Number => wanted.piece(Context::Show, "posts", "posts"),
        [number, _] if number.kind == K::Number => wanted.word(Context::ShowJoin),
        [number, _, by] if number.kind == K::Number && by.text == "by" => {
            wanted.fields = Some(Fields::Counts);
            wanted.piece(Context::ShowJoin, "reach", "reach");
        }
        _ => {}
    }
}

fn window(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    let Some(kind) = own.first() else { return wanted.word(Context::WindowKind) };
    if own.iter().any(|token| token.text == "late") {
        return;
    }
    if let Some(by) = own.iter().rposition(|token| token.text == "by") {
        if by + 1 == own.len() || last == "," {
            wanted.fields = Some(Fields::Keys);
        }
        if by + 1 < own.len() {
            wanted.only(Context::WindowJoin, &["late"]);
        }
        return;
    }
    if last == "," {
        return wanted.only(Context::WindowJoin, &["late"]);
    }
    match (kind.text, own.len()) {
        ("pattern", _) => pattern(own, wanted),
        ("calendar", 1) => wanted.word(Context::CalendarUnit),
        ("calendar", 2) => {
            wanted.piece(Context::WindowKind, "calendar", "in ${1:Europe/Berlin}");
            wanted.word(Context::WindowJoin);
        }
        ("calendar", 3) => {}
        ("calendar", _) if own.last().is_some_and(|last| last.kind == K::Operator) => {}
        ("session", 1) => wanted.piece(Context::WindowKind, "session gap", "gap ${1:30m}"),
        ("slide", 2) => wanted.piece(Context::WindowKind, "slide", "every ${1:1m}"),
        (_, 1) | ("slide", 3) | ("session", 2) => {}
        _ => wanted.word(Context::WindowJoin),
    }
}

/// Behind `window pattern`: a step is a name, a term, or a condition in brackets.
fn pattern(own: &[Token<'_>], wanted: &mut Wanted) {
    let mut depth = 0_usize;
    let (mut start, mut opened) = (0, None);
    for (at, token) in own.iter().enumerate() {
        match token.kind {
            K::ParenOpen | K::BracketOpen => {
                depth += 1;
                opened.get_or_insert(at);
            }
            K::ParenClose | K::BracketClose => {
                depth = depth.saturating_sub(1);
                opened = opened.filter(|_| depth > 0);
            }
            K::Word if depth == 0 && token.text == "then" => start = at,
            _ => {}
        }
    }
    if let Some(open) = opened {
        return wanted.posts(own.get(open + 1..).unwrap_or(&[]));
    }
    let step = own.get(start + 1..).unwrap_or(&[]);
    let is_negated = step.first().is_some_and(|first| first.text == "not");
    let own = if is_negated { step.get(1..).unwrap_or(&[]) } else { step };
    let bound = own.iter().rposition(|token| matches!(token.text, "within" | "for"));
    match (own.last(), bound) {
        (None, _) => {
            wanted.names.extend([Kind::Terms, Kind::Query]);
            wanted.only(Context::Posts, &STEPS);
        }
        (Some(last), _) if !is_operand(last) || matches!(last.text, "within" | "for") => {}
        (_, Some(_)) if is_negated => wanted.word(Context::WindowJoin),
        // Behind the time of the whole pattern only an absence can come.
        (_, Some(_)) => {
            wanted.only(Context::StepJoin, &["then not"]);
            wanted.word(Context::WindowJoin);
        }
        _ if start == 0 => wanted.only(Context::StepJoin, &["then", "then not"]),
        _ if is_negated => wanted.piece(Context::StepJoin, "then not", "for ${1:1h}"),
        _ => {
            wanted.word(Context::StepJoin);
            wanted.word(Context::WindowJoin);
        }
    }
}

/// Words of a condition that are a step of a pattern without brackets.
const STEPS: [&str; 10] = ["exact", "part", "stem", "loose", "word", "url", "any", "all", "at least N of", "exists"];

/// The tokens of the row that is being written: `high when …`.
fn rows(own: &[Token<'_>], wanted: &mut Wanted) {
    let when = own.iter().rposition(|token| token.text == "when");
    let level = own.iter().rposition(|token| is_level(token.text));
    match (level, when) {
        (Some(level), Some(when)) if when > level => {
            let is_whole = figures(own.get(when + 1..).unwrap_or(&[]), Of::Row, wanted);
            wanted.contexts.extend(is_whole.then_some(Context::SeverityRow));
        }
        (Some(level), _) if level + 1 == own.len() => wanted.word(Context::SeverityJoin),
        // `otherwise` is the last row.
        (None, _) if !own.is_empty() => wanted.word(Context::SeverityRow),
        _ => {}
    }
}

/// Behind the first word of a step of a test.
fn step(head: &str, own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last();
    let said = last.map_or("", |last| last.text);
    let has = |word: &str| own.iter().any(|token| token.text == word);
    if head != "expect" {
        return;
    }
    match said {
        "" => wanted.word(Context::Expect),
        "of" => wanted.names.push(Kind::Monitor),
        "team" => wanted.names.push(Kind::Team),
        "to" => wanted.piece(Context::ExpectJoin, "to team", "team ${1:care}"),
        "severity" => wanted.levels(),
        "incident" | "incidents" => wanted.only(Context::ExpectJoin, &["of"]),
        "message" | "messages" => wanted.only(Context::ExpectJoin, &["to team"]),
        "post" | "posts" => wanted.piece(Context::Expect, "posts matched", "matched"),
        "matched" => wanted.only(Context::ExpectJoin, &["where"]),
        "opened" => wanted.piece(Context::Expect, "opened at", "at ${1:10:03}"),
        "cleared" => wanted.piece(Context::Expect, "cleared by", "by ${1:13:00}"),
        "no" => wanted.bare(Context::Expect, &["incidents", "posts matched", "messages"]),
        _ if has("where") => {
            let at = own.iter().position(|token| token.text == "where").map_or(0, |at| at + 1);
            wanted.posts(own.get(at..).unwrap_or(&[]));
        }
        _ if is_level(said) => wanted.only(Context::ExpectJoin, &["by"]),
        _ if has("opened") && own.len() == 3 => wanted.only(Context::ExpectJoin, &["within"]),
        _ if own.len() == 1 && last.is_some_and(|last| last.kind == K::Number) => {
            wanted.bare(Context::Expect, &["incidents", "posts matched", "messages"]);
        }
        _ if own.len() == 2 && own.first().is_some_and(|first| first.kind == K::Operator) => {
            wanted.bare(Context::Expect, &["posts matched"]);
        }
        _ => {}
    }
}
