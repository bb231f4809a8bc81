//! Words, numbers and runs. A word of ASCII letters is its own key in the lowered copy of the text and costs one pass
//! over its bytes; any other is folded letter by letter, and through the whole of Unicode's rules only where its
//! letters depend on one another.

use crate::ascii::{self, DIGIT, JOIN, LETTER, WIDE, WORD};
use crate::fold::fold;
use crate::hosts::Host;
use crate::scan::{Scanner, decode};
use crate::table::{Class, Folded, Info, OTHER};
use crate::{Kind, aliases};

/// Separators inside a number that are no part of its key.
const COMMA: u8 = 16;
/// An apostrophe between letters.
pub(crate) const APOSTROPHE: u8 = 32;

/// A token's key while it is put together.
pub(crate) struct Draft {
    start: usize,
    /// Text before this byte is in the key, or not wanted there.
    kept: usize,
    /// Where the key begins in the arena, once it differs from the lowered text.
    at: Option<usize>,
    /// Whether the key must be folded as a whole.
    pub whole: bool,
    last: u32,
    last_but_one: u32,
    stretched: bool,
}

/// ASCII letters and digits in a word that has others too.
struct AsciiRun {
    end: usize,
    seen: u8,
}

/// A stretch of letters that are their own fold.
struct Plain {
    at: usize,
    /// The last of them.
    info: Info,
    several: bool,
}

impl Scanner<'_> {
    /// A word or number that begins at this byte; the byte behind it.
    pub fn word(&mut self, start: usize) -> usize {
        let bytes = self.bytes.get(..self.limit).unwrap_or_default();
        let mut seen = 0;
        let mut at = start;
        loop {
            let mut action = 0;
            while let Some(&byte) = bytes.get(at) {
                action = ascii::action(byte);
                if action & WORD == 0 {
                    break;
                }
                seen |= action;
                at += 1;
            }
            if (at >= bytes.len() || action & (JOIN | WIDE) == 0) && seen & COMMA == 0 {
                return self.plain_word(start, at, seen);
            }
            match self.byte(at) {
                Some(byte) if byte >= 0x80 => {
                    let face = seen == LETTER && at - start == 2 && self.laughs(start);
                    return if face { at } else { self.wide_word(start, at, seen) };
                }
                Some(b'\'') if self.joins_letters(at, at + 1, seen) => seen |= APOSTROPHE,
                Some(b'.' | b':') if self.joins_digits(at) => {}
                Some(b',') if self.groups_digits(start, at) => seen |= COMMA,
                _ => break,
            }
            at += 1;
        }
        let mut host = None;
        if let Some(byte) = self.byte(at) {
            if matches!(byte, b'.' | b'-') {
                host = self.host(start, at);
            }
            if let Some(end) = self.odd_word(start, at, byte, host) {
                return end;
            }
        }
        if host.is_none() && seen & COMMA == 0 {
            return self.plain_word(start, at, seen);
        }
        let mut key = (self.zone + start, self.zone + at);
        if seen & COMMA != 0 {
            key = self.keep_without(key, b',');
        }
        self.push_counted(if seen & LETTER == 0 { Kind::Number } else { Kind::Word }, start, at, key);
        if (self.stretched || seen & APOSTROPHE != 0) && seen & LETTER != 0 {
            aliases::add(self.out, key, seen & APOSTROPHE != 0, self.stretched, false);
        }
        if let Some(host) = host {
            self.lay_host_over(start, host);
        }
        at
    }

    /// A word or number of ASCII that is its own key in the lowered text.
    #[inline]
    fn plain_word(&mut self, start: usize, at: usize, seen: u8) -> usize {
        if seen & LETTER != 0 && at - start == 2 && self.laughs(start) {
            return at;
        }
        let key = (self.zone + start, self.zone + at);
        self.push_counted(if seen & LETTER == 0 { Kind::Number } else { Kind::Word }, start, at, key);
        if (self.stretched || seen & APOSTROPHE != 0) && seen & LETTER != 0 {
            aliases::add(self.out, key, seen & APOSTROPHE != 0, self.stretched, false);
        }
        at
    }

    /// What only looks like a word so far: a host with a path, `AT&T`, `C++`, `U.S.A.`.
    fn odd_word(&mut self, start: usize, at: usize, next: u8, host: Option<Host>) -> Option<usize> {
        match (next, host) {
            (_, Some(host)) => self.host_with_path(start, host),
            (b'.', None) if at - start == 1 => self.dotted(start),
            (b'&', None) => self.ampersand(start, at),
            (b'+' | b'#', None) if at - start == 1 => self.letter_and_sign(start, at),
            _ => None,
        }
    }

    /// Whether the apostrophe at `at` stands between letters; `seen` tells what the token had so far.
    fn joins_letters(&self, at: usize, after: usize, seen: u8) -> bool {
        seen & LETTER != 0
            && self
                .char_at(after)
                .is_some_and(|c| c.is_ascii_alphabetic() || (!c.is_ascii() && self.table.class(c) == Class::Letter))
            && self.char_before(at).is_some_and(|c| self.is_word(c))
    }

    /// Whether the sign at `at` stands between two digits.
    fn joins_digits(&self, at: usize) -> bool {
        let is_digit = |c: char| c.is_ascii_digit() || (!c.is_ascii() && self.table.class(c) == Class::Digit);
        self.char_at(at + 1).is_some_and(is_digit) && self.char_before(at).is_some_and(is_digit)
    }

    /// Whether the comma at `at` groups the digits of one number: two or three digits follow it, three the last one,
    /// so that `10,000` and `1,00,000` are numbers and `1,2,3` is a list.
    fn groups_digits(&self, start: usize, at: usize) -> bool {
        let digits =
            |from: usize| (from..from + 4).take_while(|&i| self.byte(i).is_some_and(|b| b.is_ascii_digit())).count();
        let head = self.bytes.get(start..at).unwrap_or_default();
        let group = head.iter().rev().take(4).take_while(|b| b.is_ascii_digit()).count();
        let whole = match head.iter().rev().nth(group) {
            None => group <= 3,
            Some(b',') => matches!(group, 2 | 3),
            Some(_) => false,
        };
        whole
            && match digits(at + 1) {
                3 => true,
                2 => self.byte(at + 3) == Some(b',') && matches!(digits(at + 4), 2 | 3),
                _ => false,
            }
    }

    /// A word with characters beyond ASCII, from the first of them on.
    fn wide_word(&mut self, start: usize, from: usize, mut seen: u8) -> usize {
        if from == start + 1
            && seen == DIGIT
            && let Some(end) = self.keycap(start)
        {
            return end;
        }
        let mut draft = Draft::new(start);
        draft.last = self.char_before(from).map_or(0, |c| u32::from(c.to_ascii_lowercase()));
        let mut before = OTHER;
        let mut at = from;
        let mut chars = 0;
        loop {
            let plain = self.plain_stretch(at, &mut draft, Info::is_plain_letter);
            if plain.at > at {
                before = plain.info;
                chars += 1 + usize::from(plain.several);
                seen |= LETTER;
                at = plain.at;
            }
            let run = self.ascii_run(at);
            if run.end > at {
                seen |= run.seen;
                draft.count_run(self.bytes.get(at..run.end).unwrap_or_default());
                before = OTHER;
                at = run.end;
            }
            if let Some((info, folded, length)) = self.simple_fold_at(at) {
                draft.count(u32::from(folded));
                self.replace(&mut draft, at, at + length, Folded::Char(folded));
                before = info;
                chars += 1;
                seen |= LETTER;
                at += length;
                continue;
            }
            let Some(c) = self.char_at(at) else { break };
            let after = at + c.len_utf8();
            if c.is_ascii() {
                let Some(more) = self.joint_in_word(c, at, seen) else { break };
                seen |= more;
                draft.count(u32::from(c));
                before = OTHER;
                at = after;
                continue;
            }
            let info = self.table.info(c);
            match info.class() {
                Class::Letter | Class::Mark => seen |= LETTER,
                Class::Digit => seen |= DIGIT,
                Class::Ignorable => {
                    let Some(next) = self.skip_ignorable(after) else { break };
                    self.replace(&mut draft, at, next, Folded::Gone);
                    at = next;
                    continue;
                }
                Class::Apostrophe if self.joins_letters(at, after, seen) => seen |= APOSTROPHE,
                Class::Mid if self.joins_letters(at, after, seen) => {}
                _ => break,
            }
            chars += 1;
            before = draft.add(self, at, c, before);
            at = after;
        }
        if at == start {
            return start + 1;
        }
        self.finish_word(draft, at, seen, chars == 1)
    }

    /// ASCII letters and digits from `at` on.
    fn ascii_run(&self, at: usize) -> AsciiRun {
        let end = if at < self.limit { self.bitmap.word_end(at).min(self.limit) } else { at };
        let run = self.bytes.get(at..end).unwrap_or_default();
        AsciiRun { end, seen: run.iter().fold(0, |seen, &byte| seen | ascii::action(byte) & WORD) }
    }

    /// The letter at `at` that folds to one other, that other, and its length in bytes.
    #[inline]
    fn simple_fold_at(&self, at: usize) -> Option<(Info, char, usize)> {
        let bytes = self.bytes.get(..self.limit)?;
        let &first = bytes.get(at).filter(|first| **first >= 0x80)?;
        let (cp, length) = decode(bytes, at, first);
        let info = self.table.info_of(cp);
        info.simple_fold().map(|folded| (info, folded, length))
    }

    /// What an ASCII sign adds to a word that has other letters too, or nothing where the word ends before it.
    fn joint_in_word(&self, c: char, at: usize, seen: u8) -> Option<u8> {
        match c {
            '\'' => self.joins_letters(at, at + 1, seen).then_some(APOSTROPHE),
            '.' | ':' => self.joins_digits(at).then_some(0),
            '"' => self.is_hebrew_quote(at).then_some(0),
            _ => None,
        }
    }

    fn finish_word(&mut self, draft: Draft, at: usize, seen: u8, single: bool) -> usize {
        let start = draft.start;
        let mut host = None;
        if let Some(next @ (b'.' | b'-')) = self.byte(at) {
            // A host's first label may be glued to letters that are none of a host.
            let label = self.label_start(start, at);
            host = if label < at { self.host(label, at) } else { None };
            if host.is_some() && label > start {
                self.hosts_seen = label;
                let limit = std::mem::replace(&mut self.limit, label);
                let end = self.word(start);
                self.limit = limit;
                return end;
            }
            if let Some(end) = host.and_then(|host| self.host_with_path(start, host)) {
                return end;
            }
            if host.is_none()
                && single
                && next == b'.'
                && let Some(end) = self.dotted(start)
            {
                return end;
            }
        }
        let (whole, stretched, last) = (draft.whole, draft.stretched || self.stretched, draft.last);
        let mut key = self.finish(draft, at);
        if seen & COMMA != 0 {
            key = self.keep_without(key, b',');
        }
        if key.0 == key.1 {
            return at;
        }
        self.push_counted(if seen & LETTER == 0 { Kind::Number } else { Kind::Word }, start, at, key);
        if seen & LETTER != 0 {
            let first = self.bytes.get(start).copied().unwrap_or(0);
            let affixes = last >= aliases::AFFIXES_FROM || first >= aliases::AFFIXES_FROM_BYTE;
            aliases::add(self.out, key, seen & APOSTROPHE != 0, stretched || whole, affixes);
        }
        if let Some(host) = host {
            self.lay_host_over(start, host);
        }
        at
    }

    /// Letters of a script without spaces.
    pub fn run(&mut self, start: usize) -> usize {
        let mut draft = Draft::new(start);
        let mut before = OTHER;
        let mut at = start;
        loop {
            let plain = self.plain_stretch(at, &mut draft, Info::is_plain_run);
            if plain.at > at {
                before = plain.info;
                at = plain.at;
            }
            let Some(c) = self.char_at(at).filter(|c| !c.is_ascii()) else { break };
            let after = at + c.len_utf8();
            let info = self.table.info(c);
            match info.class() {
                Class::Run | Class::Mark => {}
                Class::Ignorable => {
                    let next = self.next_visible(after);
                    let joins =
                        self.char_at(next).is_some_and(|c| matches!(self.table.class(c), Class::Run | Class::Mark));
                    if !joins {
                        break;
                    }
                    self.replace(&mut draft, at, next, Folded::Gone);
                    at = next;
                    continue;
                }
                _ => break,
            }
            before = draft.add(self, at, c, before);
            at = after;
        }
        let key = self.finish(draft, at);
        if key.0 < key.1 {
            self.push_counted(Kind::Run, start, at, key);
        }
        at.max(start + 1)
    }

    /// Reads letters that are their own fold, two loads and two comparisons each, in a loop that fits the registers.
    #[inline]
    fn plain_stretch(&self, from: usize, draft: &mut Draft, is_plain: impl Fn(Info) -> bool) -> Plain {
        let bytes = self.bytes.get(..self.limit).unwrap_or_default();
        let table = self.table;
        let (mut at, mut info, mut several) = (from, OTHER, false);
        let (mut last, mut last_but_one, mut stretched) = (draft.last, draft.last_but_one, false);
        while let Some(&first) = bytes.get(at)
            && first >= 0x80
        {
            let (cp, length) = decode(bytes, at, first);
            let found = table.info_of(cp);
            if !is_plain(found) {
                break;
            }
            several = at > from;
            info = found;
            stretched |= (cp == last) & (last == last_but_one);
            last_but_one = last;
            last = cp;
            at += length;
        }
        draft.last = last;
        draft.last_but_one = last_but_one;
        draft.stretched |= stretched;
        Plain { at, info, several }
    }

    /// The first byte from `at` on that is not an invisible sign's.
    pub fn next_visible(&self, mut at: usize) -> usize {
        while let Some(c) = self.char_at(at)
            && !c.is_ascii()
            && self.table.class(c) == Class::Ignorable
        {
            at += c.len_utf8();
        }
        at
    }

    /// Where the word goes on behind invisible signs, if it does.
    fn skip_ignorable(&self, at: usize) -> Option<usize> {
        let next = self.next_visible(at);
        self.char_at(next).is_some_and(|c| self.is_word(c)).then_some(next)
    }

    fn is_hebrew_quote(&self, at: usize) -> bool {
        let hebrew = |c: char| ('\u{5D0}'..='\u{5F2}').contains(&c);
        self.char_before(at).is_some_and(hebrew) && self.char_at(at + 1).is_some_and(hebrew)
    }

    /// Puts `folded` into the key in place of `text[at..after]`.
    pub fn replace(&mut self, draft: &mut Draft, at: usize, after: usize, folded: Folded<'_>) {
        draft.at.get_or_insert(self.out.arena.len());
        self.out.arena.extend_from_within(self.zone + draft.kept..self.zone + at);
        match folded {
            Folded::Char(c) => self.out.arena.push(c),
            Folded::Text(text) => self.out.arena.push_str(text),
            Folded::Same | Folded::Gone => {}
        }
        draft.kept = after;
    }

    /// The place of the finished key in the arena.
    pub fn finish(&mut self, draft: Draft, end: usize) -> (usize, usize) {
        if draft.whole {
            if let Some(at) = draft.at {
                self.out.arena.truncate(at);
            }
            let folded = fold(self.text.get(draft.start..end).unwrap_or_default());
            return self.keep(&folded);
        }
        let Some(at) = draft.at else { return (self.zone + draft.start, self.zone + end) };
        self.out.arena.extend_from_within(self.zone + draft.kept..self.zone + end);
        (at, self.out.arena.len())
    }

    /// A key without one ASCII sign.
    pub fn keep_without(&mut self, key: (usize, usize), sign: u8) -> (usize, usize) {
        let at = self.out.arena.len();
        let mut from = key.0;
        while from < key.1 {
            let rest = self.out.arena.as_bytes().get(from..key.1).unwrap_or_default();
            let length = rest.iter().position(|&byte| byte == sign).unwrap_or(rest.len());
            self.out.arena.extend_from_within(from..from + length);
            from += length + 1;
        }
        (at, self.out.arena.len())
    }
}

impl Draft {
    pub fn new(start: usize) -> Draft {
        Draft { start, kept: start, at: None, whole: false, last: 0, last_but_one: 0, stretched: false }
    }

    /// Adds one letter's fold, which stands alone or behind `before`.
    pub fn add(&mut self, scanner: &mut Scanner<'_>, at: usize, c: char, before: Info) -> Info {
        let info = scanner.table.info(c);
        self.whole |= info.needs_context(before, self.last, c);
        match scanner.table.folded(info) {
            Folded::Gone => {
                // Its neighbours become each other's: what stood before it still does.
                scanner.replace(self, at, at + c.len_utf8(), Folded::Gone);
                return before;
            }
            Folded::Same => self.count(u32::from(c)),
            folded => {
                self.count(folded.last());
                scanner.replace(self, at, at + c.len_utf8(), folded);
            }
        }
        info
    }

    /// An ASCII letter or digit, which is in the lowered text already.
    pub fn stand_behind(&mut self, c: char) {
        self.last = u32::from(c.to_ascii_lowercase());
    }

    /// Notices what may stand three times in a row over the borders of a run of ASCII; inside of it the whole text was asked.
    #[inline]
    fn count_run(&mut self, run: &[u8]) {
        let (head, tail) = run.split_at(run.len().min(2));
        let tail = tail.get(tail.len().saturating_sub(2)..).unwrap_or_default();
        for byte in head.iter().chain(tail) {
            self.count(u32::from(byte.to_ascii_lowercase()));
        }
    }

    /// Notices one letter three times in a row.
    #[inline]
    fn count(&mut self, c: u32) {
        self.stretched |= (c == self.last) & (self.last == self.last_but_one);
        self.last_but_one = self.last;
        self.last = c;
    }
}
