//! Links with a scheme and e-mail addresses, found before all other tokens because nothing may reach into them. The
//! grammar of links is that of the public suite for posts: one level of balanced brackets, no punctuation at the end.

use memchr::memchr2_iter;

use crate::Kind;
use crate::hosts::{Labels, longest};
use crate::scan::{Span, char_at, step};
use crate::table::{Class, Table};

/// Longer names behind the shortener's host are no link of it.
const SHORT_NAME_BYTES_MAX: usize = 40;

/// Finds links and e-mails in one pass over the signs that every one of them has.
pub(crate) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut free = 0;
    // Behind this byte no other `@` was seen: local parts are looked for once.
    let mut last_at = 0;
    for at in memchr2_iter(b'@', b':', bytes) {
        if at < free {
            continue;
        }
        let span = if bytes.get(at) == Some(&b'@') {
            let span = email(text, at, free.max(last_at));
            last_at = at + 1;
            span
        } else {
            link(text, at, free)
        };
        if let Some(span) = span {
            free = span.end;
            spans.push(span);
        }
    }
}

/// The link whose scheme ends at this colon.
fn link(text: &str, colon: usize, free: usize) -> Option<Span> {
    if !text.get(colon..)?.starts_with("://") {
        return None;
    }
    let scheme = |name: &str| {
        let start = colon.checked_sub(name.len())?;
        text.get(start..colon)?.eq_ignore_ascii_case(name).then_some(start)
    };
    let start = scheme("https").or_else(|| scheme("http"))?;
    if start < free {
        return None;
    }
    let before = text.get(..start)?.chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃')) {
        return None;
    }
    let from = colon + 3;
    let host = longest(text, from, text.len(), Labels::Any).0?.end;
    let is_shortener = text.get(from..host)?.eq_ignore_ascii_case("t.co");
    let mut at = host;
    let digits =
        text.get(at..)?.strip_prefix(':').map_or(0, |port| port.bytes().take_while(u8::is_ascii_digit).count());
    if digits > 0 {
        at += 1 + digits;
    }
    if is_shortener && digits == 0 {
        let name =
            text.get(at..)?.strip_prefix('/').map_or(0, |n| n.bytes().take_while(u8::is_ascii_alphanumeric).count());
        if name > SHORT_NAME_BYTES_MAX {
            return None;
        }
        if name > 0 {
            let end = query_end(text, at + 1 + name);
            return Some(Span { start, end, kind: Kind::Url });
        }
    }
    if text.as_bytes().get(at) == Some(&b'/') {
        at = path_end(text, at, text.len());
    }
    Some(Span { start, end: query_end(text, at), kind: Kind::Url })
}

/// The byte behind the query that begins at `at`, or `at`.
fn query_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    if rest.first() != Some(&b'?') {
        return at;
    }
    let mut end = at;
    for (i, &byte) in rest.iter().enumerate().skip(1) {
        match byte {
            b'-' | b'_' | b'&' | b'=' | b'#' | b'/' => end = at + i + 1,
            _ if byte.is_ascii_alphanumeric() => end = at + i + 1,
            b'!' | b'?' | b'*' | b'\'' | b'@' | b'(' | b')' | b';' | b':' | b'+' | b'$' | b'%' | b'[' | b']' | b'.'
            | b',' | b'~' | b'|' => {}
            _ => break,
        }
    }
    end
}

/// The byte behind the path whose slash is at `slash`; it ends where a path may end.
pub(crate) fn path_end(text: &str, slash: usize, limit: usize) -> usize {
    let mut at = slash + 1;
    let mut end = at;
    while at < limit
        && let Some(c) = char_at(text, at)
    {
        if is_path_sign(c) {
            at += c.len_utf8();
            if ends_path(c) {
                end = at;
            }
        } else if c == '('
            && let Some(after) = brackets_end(text, at, limit)
        {
            at = after;
            end = after;
        } else {
            break;
        }
    }
    end
}

fn is_path_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{400}'..='\u{4FF}') || crate::hosts::is_accented_latin(c)
}

fn is_path_sign(c: char) -> bool {
    step();
    is_path_letter(c)
        || matches!(
            c,
            '!' | '*'
                | '\''
                | ';'
                | ':'
                | '='
                | '+'
                | ','
                | '.'
                | '$'
                | '/'
                | '%'
                | '#'
                | '['
                | ']'
                | '-'
                | '–'
                | '_'
                | '~'
                | '@'
                | '|'
                | '&'
        )
}

fn ends_path(c: char) -> bool {
    is_path_letter(c) || matches!(c, '+' | '-' | '=' | '_' | '#' | '/')
}

/// The byte behind `(…)` with at most one pair of brackets inside.
fn brackets_end(text: &str, open: usize, limit: usize) -> Option<usize> {
    let mut depth = 1;
    let mut pairs = 0;
    let mut since_open = 0;
    for (i, c) in text.get(open + 1..limit)?.char_indices() {
        match c {
            '(' if depth == 1 && pairs == 0 => {
                depth = 2;
                pairs = 1;
                since_open = 0;
                continue;
            }
            ')' if since_open == 0 && !(depth == 1 && pairs == 1) => return None,
            ')' if depth == 2 => depth = 1,
            ')' => return Some(open + 2 + i),
            _ if is_path_sign(c) => {}
            _ => return None,
        }
        since_open += 1;
    }
    None
}

/// The address around this `@`.
fn email(text: &str, at: usize, free: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let is_local = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
    let local = bytes.get(free..at)?.iter().rev().take_while(|b| is_local(b)).count();
    let leading = bytes.get(at - local..at)?.iter().take_while(|b| !b.is_ascii_alphanumeric() && **b != b'_').count();
    let start = at - local + leading;
    if start >= at || bytes.get(at - 1) == Some(&b'.') {
        return None;
    }
    let before = text.get(..start)?.chars().next_back();
    if before.is_some_and(|c| {
        matches!(c, '@' | '＠')
            || (!c.is_ascii()
                && matches!(Table::get().class(c), Class::Letter | Class::Digit | Class::Mark | Class::Ignorable))
    }) {
        return None;
    }
    let end = mail_host_end(bytes, at + 1)?;
    let glued = text.get(end..)?.chars().next().is_some_and(|c| matches!(c, '@' | '＠'));
    (!glued).then_some(Span { start, end, kind: Kind::Email })
}

/// Any name of two letters or more may end an address: private and new domains get mail too.
fn mail_host_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut found = None;
    let mut at = from;
    for labels in 1.. {
        let rest = bytes.get(at..)?;
        let label = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let text = rest.get(..label)?;
        if label == 0 || text.first() == Some(&b'-') || text.last() == Some(&b'-') {
            break;
        }
        at += label;
        if labels > 1 && label > 1 && text.iter().all(u8::is_ascii_alphabetic) {
            found = Some(at);
        }
        if bytes.get(at) != Some(&b'.') {
            break;
        }
        at += 1;
    }
    found
}
