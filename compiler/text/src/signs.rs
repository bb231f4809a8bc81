//! Words with a sign in them (`AT&T`, `C++`, `U.S.A.`) and emoticons, which the scanner meets behind a letter or at the
//! eyes of a face.

use crate::Kind;
use crate::scan::Scanner;
use crate::table::Class;

/// Letters or digits on either side of the `&` in a name.
const AMPERSAND_CHARS_MAX: usize = 3;

impl Scanner<'_> {
    /// `AT&T`: one to three letters or digits on both sides.
    pub fn ampersand(&mut self, start: usize, at: usize) -> Option<usize> {
        if at - start > AMPERSAND_CHARS_MAX || !self.is_free(start) {
            return None;
        }
        let mut end = at + 1;
        while self.byte(end).is_some_and(|b| b.is_ascii_alphanumeric()) && end - at <= AMPERSAND_CHARS_MAX {
            end += 1;
        }
        if end == at + 1 || self.char_at(end).is_some_and(|c| c == '_' || self.is_word(c)) {
            return None;
        }
        self.push_counted(Kind::Sign, start, end, (self.zone + start, self.zone + end));
        Some(self.skip_possessive(end))
    }

    /// `C++`, `C#`: a letter and its sign.
    pub fn letter_and_sign(&mut self, start: usize, at: usize) -> Option<usize> {
        let letter = self.byte(start)?.to_ascii_lowercase();
        let end = match self.byte(at)? {
            b'+' if letter.is_ascii_alphabetic() && self.byte(at + 1) == Some(b'+') => at + 2,
            b'#' if matches!(letter, b'c' | b'f' | b'j') => at + 1,
            _ => return None,
        };
        let glued = self.char_at(end).is_some_and(|c| matches!(c, '+' | '#' | '_') || self.is_word(c));
        if glued || !self.is_free(start) {
            return None;
        }
        self.push_counted(Kind::Sign, start, end, (self.zone + start, self.zone + end));
        Some(self.skip_possessive(end))
    }

    /// `U.S.A.`: single letters with dots, two dots at least; the key has no dots.
    pub fn dotted(&mut self, start: usize) -> Option<usize> {
        if !self.is_free(start) {
            return None;
        }
        let letter = |at: usize| {
            self.char_at(at)
                .filter(|c| if c.is_ascii() { c.is_ascii_alphabetic() } else { self.table.class(*c) == Class::Letter })
                .map(|c| at + c.len_utf8())
        };
        let (mut at, mut dots) = (start, 0);
        while let Some(after) = letter(at)
            && self.byte(after) == Some(b'.')
        {
            at = after + 1;
            dots += 1;
        }
        if dots < 2 {
            return None;
        }
        if let Some(after) = letter(at)
            && !self.char_at(after).is_some_and(|c| matches!(c, '_' | '\'' | '’') || self.is_word(c))
        {
            at = after;
        }
        let text = self.text.get(start..at).unwrap_or_default();
        let key = if text.is_ascii() {
            self.keep_without((self.zone + start, self.zone + at), b'.')
        } else {
            let letters: String = text.chars().filter(|&c| c != '.').collect();
            self.keep(&crate::fold(&letters))
        };
        self.push_counted(Kind::Sign, start, at, key);
        Some(self.skip_possessive(at))
    }

    /// Whether no letter, digit or `_` stands before.
    fn is_free(&self, start: usize) -> bool {
        !self.char_before(start).is_some_and(|c| c == '_' || self.is_word(c))
    }

    /// `xD`, a laughing face that looks like a word; `XD` and `xd` are left to be words.
    #[inline]
    pub fn laughs(&mut self, start: usize) -> bool {
        let end = start + 2;
        let is_face = self.bytes.get(start..end) == Some(b"xD") && self.is_free(start) && self.ends_face(end);
        if is_face {
            let key = self.keep("xD");
            self.push_uncounted(Kind::Emoticon, start, end, key);
        }
        is_face
    }

    /// Whether nothing goes on behind the face that could make a word of it.
    fn ends_face(&self, end: usize) -> bool {
        self.char_at(end).is_none_or(|c| {
            if c.is_ascii() {
                c != '_' && !c.is_ascii_alphanumeric()
            } else {
                matches!(self.table.class(c), Class::Other | Class::Run | Class::Emoji | Class::Regional)
            }
        })
    }

    /// A face whose eyes are at `start`, or a heart.
    pub fn emoticon(&mut self, start: usize) -> Option<usize> {
        let glued = !self.is_free(start);
        let end = match self.byte(start)? {
            b'<' => self.heart_end(start)?,
            b':' | b';' | b'=' => self.mouth_end(start, glued)?,
            _ => return None,
        };
        let key = self.keep(self.text.get(start..end)?);
        self.push_uncounted(Kind::Emoticon, start, end, key);
        Some(end)
    }

    fn heart_end(&self, start: usize) -> Option<usize> {
        let broken = self.byte(start + 1) == Some(b'/');
        let three = start + 1 + usize::from(broken);
        (self.byte(three) == Some(b'3') && self.ends_face(three + 1)).then_some(three + 1)
    }

    fn mouth_end(&self, start: usize, glued: bool) -> Option<usize> {
        let nose = matches!(self.byte(start + 1), Some(b'-' | b'^' | b'\''));
        let at = start + 1 + usize::from(nose);
        let mouth = self.byte(at)?;
        match mouth {
            b')' | b'(' | b']' | b'[' | b'|' => {
                let mut end = at + 1;
                while self.byte(end) == Some(mouth) {
                    end += 1;
                }
                Some(end)
            }
            b'D' | b'P' | b'p' | b'O' | b'o' | b'S' | b's' | b'/' | b'\\' | b'*' if !glued => {
                (self.ends_face(at + 1) && !matches!(self.byte(at + 1), Some(b'/' | b'*'))).then_some(at + 1)
            }
            _ => None,
        }
    }
}
