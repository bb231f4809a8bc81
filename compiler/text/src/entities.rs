//! Tags, handles and cashtags: a sign and the name behind it.

use crate::Kind;
use crate::ascii::{self, WORD};
use crate::fold::fold;
use crate::hosts::{Labels, is_accented_latin, longest};
use crate::scan::Scanner;
use crate::table::{Class, Folded, OTHER};
use crate::words::Draft;

/// Longest name of an account without a host, in signs.
const HANDLE_CHARS_MAX: usize = 20;
/// Longest symbol of a cashtag, and of the class behind its dot.
const SYMBOL_CHARS_MAX: usize = 6;
const SYMBOL_CLASS_CHARS_MAX: usize = 2;

/// The folded name without the signs that only part its words. Some letters fold to such a sign and another letter.
fn tag_name(written: &str) -> String {
    let mut name = written.to_string();
    loop {
        name.retain(|c| !matches!(c, '_' | '·'));
        name = fold(&name).into_owned();
        if !name.contains(['_', '·']) {
            return name;
        }
    }
}

impl Scanner<'_> {
    /// A tag whose sign is at `start`; its name would begin at `from`.
    pub fn tag(&mut self, start: usize, from: usize) -> Option<usize> {
        if self.char_before(start).is_some_and(|c| c == '&' || self.is_tag_sign(c)) {
            return None;
        }
        let mut draft = Draft::new(start);
        if from > start + 1 {
            self.replace(&mut draft, start, from, Folded::Char('#'));
        }
        let (end, has_letter) = self.tag_end(from, &mut draft);
        if !has_letter || self.text.get(end..).is_some_and(|rest| rest.starts_with("://")) {
            return None;
        }
        let key = if draft.whole {
            let name = tag_name(self.text.get(from..end).unwrap_or_default());
            let at = self.out.arena.len();
            self.out.arena.push('#');
            self.out.arena.push_str(&name);
            (at, self.out.arena.len())
        } else {
            self.finish(draft, end)
        };
        self.push_counted(Kind::Tag, start, end, key);
        // The second sign of `#tag#` closes it.
        let closed = if self.byte(end) == Some(b'#') { end + 1 } else { end };
        Some(if closed > end { closed } else { self.skip_possessive(end) })
    }

    /// The end of a tag's name, and whether it has a letter.
    fn tag_end(&mut self, from: usize, draft: &mut Draft) -> (usize, bool) {
        let mut at = from;
        let mut has_letter = false;
        let mut before = OTHER;
        while let Some(c) = self.char_at(at) {
            let after = at + c.len_utf8();
            let class = if c.is_ascii() { Class::Other } else { self.table.class(c) };
            match class {
                Class::Letter | Class::Run | Class::Mark => has_letter = true,
                Class::Digit | Class::TagExtra => {}
                Class::Mid => {
                    // Its part of the name is folded as a whole where letters meet that were apart.
                    draft.whole = true;
                }
                // Joiners belong to the name only where it goes on behind them, and `#️⃣` is an emoji.
                Class::Ignorable if at > from => {
                    let next = self.next_visible(at);
                    if !self.char_at(next).is_some_and(|c| self.is_tag_sign(c)) {
                        break;
                    }
                    draft.whole = true;
                    at = next;
                    continue;
                }
                _ if c == '_' => self.replace(draft, at, after, Folded::Gone),
                _ if ascii::action(self.byte(at).unwrap_or(0)) & WORD != 0 => has_letter |= c.is_ascii_alphabetic(),
                _ => break,
            }
            if !c.is_ascii() {
                before = draft.add(self, at, c, before);
            } else if c != '_' {
                draft.stand_behind(c);
                before = OTHER;
            }
            at = after;
        }
        (at, has_letter)
    }

    fn is_tag_sign(&self, c: char) -> bool {
        c == '_'
            || if c.is_ascii() {
                c.is_ascii_alphanumeric()
            } else {
                matches!(
                    self.table.class(c),
                    Class::Letter | Class::Run | Class::Mark | Class::Digit | Class::Mid | Class::TagExtra
                )
            }
    }

    /// `'s` right behind an entity is no word of its own.
    pub fn skip_possessive(&self, end: usize) -> usize {
        let Some(c) = self.char_at(end) else { return end };
        let apostrophe = c == '\'' || (!c.is_ascii() && self.table.class(c) == Class::Apostrophe);
        let after = end + c.len_utf8() + 1;
        if apostrophe
            && matches!(self.byte(after - 1), Some(b's' | b'S'))
            && !self.char_at(after).is_some_and(|c| c == '_' || self.is_word(c))
        {
            after
        } else {
            end
        }
    }

    /// A handle whose sign is at `start`; its name would begin at `from`.
    pub fn handle(&mut self, start: usize, from: usize) -> Option<usize> {
        if !self.may_precede_handle(start) {
            return None;
        }
        let name = self.name_end(from, |b| b.is_ascii_alphanumeric() || b == b'_');
        if name == from {
            return None;
        }
        let end = self.handle_with_host(from, name).or_else(|| self.plain_handle_end(from, name))?;
        let key = self.handle_key(start, from, end);
        self.push_counted(Kind::Handle, start, end, key);
        self.hosts_seen = self.hosts_seen.max(end);
        Some(self.skip_possessive(end))
    }

    /// The sign and the name; a host may have accented letters, which fold as everywhere.
    fn handle_key(&mut self, start: usize, from: usize, end: usize) -> (usize, usize) {
        let name = self.text.get(from..end).unwrap_or_default();
        if from == start + 1 && name.is_ascii() {
            return (self.zone + start, self.zone + end);
        }
        let at = self.out.arena.len();
        self.out.arena.push('@');
        self.out.arena.push_str(&fold(name));
        (at, self.out.arena.len())
    }

    fn name_end(&self, from: usize, fits: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        while self.byte(at).is_some_and(&fits) {
            at += 1;
        }
        at
    }

    /// Handles are not glued to words, but for the old mark of a repost (`RT@acme`).
    fn may_precede_handle(&self, start: usize) -> bool {
        let Some(c) = self.char_before(start) else { return true };
        let letter = if c.is_ascii() { c.is_ascii_alphanumeric() } else { self.is_word(c) };
        if !letter {
            return !matches!(c, '_' | '!' | '#' | '$' | '%' | '&' | '*' | '@' | '＠' | '＃');
        }
        let Some(repost) = start.checked_sub(2) else { return false };
        self.text.get(repost..start).is_some_and(|mark| mark.eq_ignore_ascii_case("rt"))
            && self.char_before(repost).is_none_or(|c| {
                !(matches!(c, '_' | '+' | '~' | '.' | '-') || c.is_ascii_alphanumeric() || self.is_word(c))
            })
    }

    /// `@name.host.tld` or `@name@host.tld`, whole.
    fn handle_with_host(&self, from: usize, name: usize) -> Option<usize> {
        if matches!(self.byte(name), Some(b'.' | b'-')) {
            let host = longest(self.text, from, self.limit, Labels::Account).0;
            if let Some(host) = host
                && host.labels >= 3
                && self.byte(host.end) != Some(b'@')
            {
                return Some(host.end);
            }
        }
        let name = self.name_end(name, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if self.byte(name) != Some(b'@') {
            return None;
        }
        let host = longest(self.text, name + 1, self.limit, Labels::Account).0?;
        (self.byte(host.end) != Some(b'@')).then_some(host.end)
    }

    fn plain_handle_end(&self, from: usize, name: usize) -> Option<usize> {
        let glued = self.char_at(name).is_some_and(|c| matches!(c, '@' | '＠') || is_accented_latin(c))
            || self.text.get(name..).is_some_and(|rest| rest.starts_with("://"));
        (name - from <= HANDLE_CHARS_MAX && !glued).then_some(name)
    }

    /// A cashtag whose sign is at `start`.
    pub fn cashtag(&mut self, start: usize) -> Option<usize> {
        let opens = |c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '(' | '['
                        | '{'
                        | '<'
                        | '"'
                        | '\''
                        | '“'
                        | '‘'
                        | '„'
                        | '‚'
                        | '«'
                        | '‹'
                        | '「'
                        | '『'
                        | '（'
                        | '【'
                        | '《'
                        | '¿'
                        | '¡'
                )
        };
        if !self.char_before(start).is_none_or(opens) {
            return None;
        }
        let letters = |from: usize| self.name_end(from, |b| b.is_ascii_alphabetic());
        let symbol = letters(start + 1);
        if symbol == start + 1 || symbol - start - 1 > SYMBOL_CHARS_MAX {
            return None;
        }
        let mut end = symbol;
        if matches!(self.byte(symbol), Some(b'.' | b'_')) {
            let class = letters(symbol + 1);
            if (1..=SYMBOL_CLASS_CHARS_MAX).contains(&(class - symbol - 1)) && self.ends_symbol(class) {
                end = class;
            }
        }
        if !self.ends_symbol(end) {
            return None;
        }
        self.push_counted(Kind::Cash, start, end, (self.zone + start, self.zone + end));
        self.hosts_seen = self.hosts_seen.max(end);
        Some(self.skip_possessive(end))
    }

    /// End, space or punctuation stands at `at`.
    fn ends_symbol(&self, at: usize) -> bool {
        self.char_at(at).is_none_or(|c| {
            if c.is_ascii() {
                !c.is_ascii_alphanumeric()
            } else {
                matches!(self.table.class(c), Class::Other | Class::Apostrophe | Class::Ignorable | Class::Emoji)
            }
        })
    }
}
