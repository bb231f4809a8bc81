//! What may be written inside items: clause by clause, from the tokens before the cursor.

use mon_compiler::vocabulary::Context;
use mon_grammar::tree::SyntaxKind as K;

use super::place::{Before, Token, Wanted, is_operand};
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
    if depth == 1
        && before.fresh_line
        && own.last().is_some_and(|last| is_operand(last) || own.len() > 1 && last.kind == K::Word)
    {
        wanted.word(clause);
    }
    let Some((head, own)) = own.split_first() else { return };
    match item {
        "monitor" => monitor(head.text, own, wanted),
        "playbook" => playbook(head.text, own, wanted),
        _ => step(head.text, own, wanted),
    }
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
        matches!(last.kind, K::Operator | K::Equals | K::Comma | K::Colon) || matches!(last.text, "by" | "follow")
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
                wanted.figures(own.get(equals + 1..).unwrap_or(&[]), Context::Measure, Context::FiguresJoin);
            }
        }
        "alert" | "clear" => match own.split_first() {
            Some((when, condition)) if when.text == "when" => {
                wanted.figures(condition, Context::Figures, Context::AlertJoin)
            }
            _ => {}
        },
        "severity" => rows(own, wanted),
        "group" | "dedupe" => wanted.fields = matches!(last, "by" | ","),
        "show" if own.is_empty() || last == "," => wanted.word(Context::Show),
        "show"
            if matches!(last, "by" | "each")
                || own.len() == 2 && own.first().is_some_and(|word| matches!(word.text, "top" | "new")) =>
        {
            wanted.fields = true;
        }
        "show" => wanted.word(Context::ShowJoin),
        "follow" if own.is_empty() => {
            wanted.names.push(Kind::Playbook);
            wanted.before_names = "playbook ";
        }
        "follow" if last == "playbook" => wanted.names.push(Kind::Playbook),
        "extend" if own.is_empty() => wanted.names.push(Kind::Monitor),
        "extend" if matches!(last, "region" | ",") => wanted.values_of = Some("country".to_owned()),
        "extend" => wanted.word(Context::ExtendJoin),
        "locked" => wanted.word(Context::Locked),
        "example" if own.is_empty() => wanted.word(Context::Answer),
        "status" if own.is_empty() => wanted.word(Context::Status),
        "allow" if own.is_empty() => wanted.names.push(Kind::Code),
        "allow" => wanted.word(Context::AllowJoin),
        _ => {}
    }
}

fn window(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    if own.is_empty() {
        return wanted.word(Context::WindowKind);
    }
    if last == "calendar" {
        return wanted.word(Context::CalendarUnit);
    }
    if own.iter().any(|token| token.text == "by") && matches!(last, "by" | ",") {
        wanted.fields = true;
        if last == "," {
            wanted.word(Context::WindowJoin);
        }
        return;
    }
    match own.first().map(|kind| kind.text) {
        Some("pattern") if matches!(last, "pattern" | "then" | "not") => wanted.posts(&[]),
        Some("pattern") => {
            wanted.word(Context::StepJoin);
            wanted.word(Context::WindowJoin);
        }
        _ => wanted.word(Context::WindowJoin),
    }
}

/// The tokens of the row that is being written: `high when …`.
fn rows(own: &[Token<'_>], wanted: &mut Wanted) {
    let when = own.iter().rposition(|token| token.text == "when");
    let level = own.iter().rposition(|token| matches!(token.text, "critical" | "high" | "medium" | "low"));
    match (level, when) {
        (Some(level), Some(when)) if when > level => {
            let condition = own.get(when + 1..).unwrap_or(&[]);
            wanted.figures(condition, Context::Figures, Context::FiguresJoin);
            if condition.last().is_some_and(is_operand) {
                wanted.word(Context::SeverityRow);
            }
        }
        (Some(level), _) if level + 1 == own.len() => wanted.word(Context::SeverityJoin),
        _ if !own.is_empty() => wanted.word(Context::SeverityRow),
        _ => {}
    }
}

fn playbook(head: &str, own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last().map_or("", |last| last.text);
    let in_braces = own.iter().any(|token| token.kind == K::BraceOpen);
    match head {
        _ if last == "team" && !matches!(own.get(own.len().wrapping_sub(2)).map(|word| word.text), Some("of")) => {
            wanted.names.push(Kind::Team)
        }
        "route" if own.is_empty() => wanted.word(Context::RouteMode),
        "route" if in_braces => route(own, last, wanted),
        "notify" if in_braces => notify(own, last, wanted),
        "share" if own.is_empty() || last == "," && own.iter().all(|token| token.text != "with") => {
            wanted.word(Context::Label)
        }
        "share" => wanted.word(Context::ShareJoin),
        "escalate" if matches!(last, "by" | ",") => wanted.names.push(Kind::Method),
        "quiet" | "budget" if own.iter().any(|token| token.text == "except") => {
            wanted.word(Context::NotifyRow);
            wanted.word(Context::Timing);
        }
        "allow" if own.is_empty() => wanted.names.push(Kind::Code),
        "allow" => wanted.word(Context::AllowJoin),
        _ => {}
    }
}

fn route(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    let when = own.iter().rposition(|token| token.text == "when");
    let to = own.iter().rposition(|token| token.text == "to");
    match (when, to) {
        _ if last == "otherwise" => wanted.word(Context::RouteJoin),
        (Some(when), to) if to.is_none_or(|to| to < when) => {
            let condition = own.get(when + 1..).unwrap_or(&[]);
            let mut inner = Wanted::default();
            inner.posts(condition);
            match inner.values_of {
                Some(field) => wanted.values_of = Some(field),
                None if condition.last().is_some_and(is_operand) => {
                    wanted.word(Context::RouteJoin);
                    wanted.word(Context::FieldJoin);
                }
                None => {
                    wanted.word(Context::Route);
                    wanted.fields = true;
                }
            }
        }
        _ => wanted.word(Context::RouteRow),
    }
}

fn notify(own: &[Token<'_>], last: &str, wanted: &mut Wanted) {
    let by = own.iter().rposition(|token| token.text == "by");
    let level = own.iter().rposition(|token| matches!(token.text, "critical" | "high" | "medium" | "low"));
    match (level, by) {
        (Some(level), _) if level + 1 == own.len() => wanted.word(Context::NotifyJoin),
        (Some(level), Some(by)) if by > level && matches!(last, "by" | ",") => wanted.names.push(Kind::Method),
        (Some(level), Some(by)) if by > level => {
            wanted.word(Context::Timing);
            wanted.word(Context::NotifyRow);
        }
        _ => wanted.word(Context::NotifyRow),
    }
}

fn step(head: &str, own: &[Token<'_>], wanted: &mut Wanted) {
    let last = own.last().map_or("", |last| last.text);
    match head {
        "expect" if own.is_empty() => wanted.word(Context::Expect),
        "expect" if last == "of" => wanted.names.push(Kind::Monitor),
        "expect" if last == "team" => wanted.names.push(Kind::Team),
        "expect" => match own.iter().position(|token| token.text == "where") {
            Some(at) => wanted.posts(own.get(at + 1..).unwrap_or(&[])),
            None => wanted.word(Context::ExpectJoin),
        },
        _ => {}
    }
}
