//! Hosts: labels between dots up to a known top-level domain. A link with a scheme and a bare domain differ in which
//! signs they allow, as the public suite for links does.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::Kind;
use crate::links::path_end;
use crate::scan::{Scanner, char_at};
use crate::table::{Class, Table};

/// Names that are never in the root zone, yet are hosts where a scheme or an account says so.
const RESERVED: [&str; 6] = ["example", "test", "invalid", "localhost", "onion", "local"];
/// Longest label that the domain name system allows, in its ASCII form.
const LABEL_BYTES_MAX: usize = 63;
/// The ASCII form of another label has at least this many signs more than it has letters (`xn--`).
const LABEL_CHARS_MAX: usize = LABEL_BYTES_MAX - 4;

/// Longest name in the list, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// A host that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// The byte behind the top-level domain.
    pub end: usize,
    /// How many labels it has.
    pub labels: usize,
    /// The byte behind the path, where the host has one.
    pub path_end: Option<usize>,
}

/// Which labels a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Labels {
    /// Behind a scheme: all letters, `_` in subdomains, reserved names.
    Any,
    /// In running text: ASCII and accented Latin letters.
    Latin,
    /// In an account's name: the same, reserved names too.
    Account,
}

/// The longest host from `from` on, and the byte behind all labels that were looked at.
pub(crate) fn longest(text: &str, from: usize, limit: usize, allowed: Labels) -> (Option<Host>, usize) {
    let mut found = None;
    let mut at = from;
    let mut plain_before = false;
    for labels in 1.. {
        let end = label_end(text, at, limit, allowed);
        if plain_before && let Some(tld) = top_level(text, at, limit, allowed) {
            found = Some(Host { end: tld, labels, path_end: None });
        }
        let label = text.get(at..end).unwrap_or_default();
        if !is_label(label) || text.as_bytes().get(end) != Some(&b'.') || end >= limit {
            return (found, end);
        }
        plain_before = !label.contains('_');
        at = end + 1;
    }
    (found, at)
}

fn label_end(text: &str, from: usize, limit: usize, allowed: Labels) -> usize {
    let mut at = from;
    while at < limit
        && let Some(c) = char_at(text, at)
    {
        let fits = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => true,
            '_' => allowed == Labels::Any,
            _ if c.is_ascii() => false,
            _ if allowed == Labels::Any => is_host_sign(c),
            _ => is_accented_latin(c),
        };
        if !fits {
            break;
        }
        at += c.len_utf8();
    }
    at
}

/// Behind a scheme a host may hold any sign that is no space, control or direction mark.
fn is_host_sign(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

pub(crate) fn is_accented_latin(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{253}'..='\u{2AF}' | '\u{1E00}'..='\u{1EFF}')
}

fn is_label(label: &str) -> bool {
    let edge = |c: Option<char>| matches!(c, None | Some('-' | '_'));
    if edge(label.chars().next()) || edge(label.chars().next_back()) {
        return false;
    }
    if label.is_ascii() {
        return label.len() <= LABEL_BYTES_MAX;
    }
    let encoded = label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    !encoded && label.chars().count() <= LABEL_CHARS_MAX
}

/// The byte behind a top-level domain that begins at `at`.
fn top_level(text: &str, at: usize, limit: usize, allowed: Labels) -> Option<usize> {
    let rest = text.get(at..limit)?;
    let ascii = rest.bytes().take(NAME_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    let name = rest.get(..ascii)?;
    if name.eq_ignore_ascii_case("xn") {
        let length = rest.bytes().take(LABEL_BYTES_MAX).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        return (rest.get(2..4) == Some("--") && length > 4).then_some(at + length);
    }
    if ascii > 0 {
        let next = rest.as_bytes().get(ascii);
        let known = is_known(&name.to_ascii_lowercase(), allowed != Labels::Latin);
        return (known && !matches!(next, Some(b'@' | b'+' | b'-'))).then_some(at + ascii);
    }
    // Other scripts need no separator behind the name: the longest known name that the text begins with.
    let table = Table::get();
    let mut best = None;
    for (i, c) in rest.char_indices() {
        let end = i + c.len_utf8();
        if c.is_ascii() || end > NAME_BYTES_MAX || matches!(table.class(c), Class::Other | Class::Emoji) {
            break;
        }
        if rest.get(..end).is_some_and(|name| is_known(name, false)) {
            best = Some(at + end);
        }
    }
    best
}

fn is_known(name: &str, reserved: bool) -> bool {
    static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        include_str!("tlds.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
    });
    NAMES.contains(name) || (reserved && RESERVED.contains(&name))
}

impl Scanner<'_> {
    /// The bare domain whose first label begins at `start` and goes on at `at` with `.` or `-`.
    pub fn host(&mut self, start: usize, at: usize) -> Option<Host> {
        if start < self.hosts_seen
            || !self.byte(at + 1).is_some_and(|next| next >= 0x80 || next.is_ascii_alphanumeric())
        {
            return None;
        }
        let before = self.char_before(start);
        if before.is_some_and(|c| {
            c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃' | '_' | '.' | '/' | '-')
        }) {
            return None;
        }
        let (host, seen) = longest(self.text, start, self.limit, Labels::Latin);
        self.hosts_seen = seen;
        let mut host = host?;
        let path = self.skip_port(host.end);
        if self.byte(path) == Some(b'/') {
            host.path_end = Some(path_end(self.text, path, self.limit));
        }
        Some(host)
    }

    fn skip_port(&self, at: usize) -> usize {
        if self.byte(at) != Some(b':') {
            return at;
        }
        let mut end = at + 1;
        while self.byte(end).is_some_and(|byte| byte.is_ascii_digit()) {
            end += 1;
        }
        if end > at + 1 { end } else { at }
    }

    /// Where the label that ends at `at` begins, inside a word that begins at `start`.
    pub fn label_start(&self, start: usize, at: usize) -> usize {
        let word = self.text.get(start..at).unwrap_or_default();
        let tail = word
            .chars()
            .rev()
            .take_while(|&c| c.is_ascii_alphanumeric() || is_accented_latin(c))
            .map(char::len_utf8)
            .sum::<usize>();
        at - tail
    }

    /// A bare domain with a path is a link like any other; the byte behind it.
    pub fn host_with_path(&mut self, start: usize, host: Host) -> Option<usize> {
        let end = host.path_end?;
        let key = self.url_key(start, end);
        self.push_counted(Kind::Url, start, end, key);
        self.hosts_seen = self.hosts_seen.max(end);
        Some(end)
    }

    /// A bare domain without a path lies over its words, with the position of the first one, which was just added.
    pub fn lay_host_over(&mut self, start: usize, host: Host) {
        let key = self.url_key(start, host.end);
        self.out.push(Kind::Url, (start, host.end), self.next.saturating_sub(2), key);
    }

    /// A link's key: scheme and host in small ASCII letters, the rest as it stands.
    pub fn url_key(&mut self, start: usize, end: usize) -> (usize, usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        let host = text.find("://").map_or(0, |at| at + 3);
        let path = text.bytes().skip(host).position(|b| matches!(b, b'/' | b'?')).map_or(text.len(), |at| host + at);
        let rest = text.get(path..).unwrap_or_default();
        if !rest.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return (self.zone + start, self.zone + end);
        }
        let at = self.out.arena.len();
        self.out.arena.extend_from_within(self.zone + start..self.zone + start + path);
        self.out.arena.push_str(rest);
        (at, self.out.arena.len())
    }
}
