//! The smallest pieces of a source text: tokens, spaces, comments. The splitter, the lossless tree and the formatter
//! stand on them; every byte of any input is in exactly one token.
//!
//! Whether a `/` divides or opens a regular expression follows from the token before it: behind something that is a
//! value it divides, anywhere else it opens.

use crate::span::Span;
use crate::tree::SyntaxKind as K;
use crate::work::step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: K,
    pub span: Span,
}

impl Token {
    pub(crate) fn text(self, source: &str) -> &str {
        self.span.text(source)
    }
}

/// Words behind which a value is expected, so that a `/` opens a regular expression.
const BEFORE_VALUE: &[&str] = &[
    "and", "or", "not", "in", "is", "has", "within", "outside", "inside", "match", "when", "where", "of", "then",
    "near",
];

pub(crate) fn lex(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        after_value: false,
        out: Vec::with_capacity(source.len() / 3),
    };
    while lexer.at < lexer.bytes.len() {
        lexer.token();
    }
    lexer.out
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    after_value: bool,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.source.get(at..).and_then(|rest| rest.chars().next())
    }

    /// Ends a token of `len` bytes; `value` says whether it can stand before an operator.
    fn push(&mut self, kind: K, len: usize, value: bool) {
        let end = self.at + len.max(1);
        let span = Span::new(offset(self.at), offset(end));
        self.out.push(Token { kind, span });
        self.at = end;
        if !matches!(kind, K::Space | K::Comment | K::Doc) {
            self.after_value = value;
        }
    }

    fn while_byte(&self, from: usize, test: impl Fn(u8) -> bool) -> usize {
        let found = self.bytes.get(self.at + from..).unwrap_or(&[]).iter().take_while(|&&b| test(b)).count();
        step(found);
        found
    }

    fn line_rest(&self) -> usize {
        let len = self.while_byte(0, |b| b != b'\n');
        if len > 1 && self.byte(len - 1) == b'\r' { len - 1 } else { len }
    }

    fn token(&mut self) {
        match self.byte(0) {
            b' ' | b'\t' | b'\r' | b'\n' => {
                let len = self.while_byte(0, |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
                self.push(K::Space, len, false);
            }
            b'/' => self.slash(),
            b'"' => self.string(),
            b'\'' => self.single_quoted(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'#' | b'@' | b'$' => self.sigil(),
            b'{' => self.push(K::BraceOpen, 1, false),
            b'}' => self.push(K::BraceClose, 1, false),
            b'(' => self.push(K::ParenOpen, 1, false),
            b')' => self.push(K::ParenClose, 1, true),
            b'[' => self.push(K::BracketOpen, 1, false),
            b']' => self.push(K::BracketClose, 1, true),
            b',' => self.push(K::Comma, 1, false),
            b':' => self.push(K::Colon, 1, false),
            b'.' => self.push(K::Dot, 1, false),
            b'~' => self.push(K::Tilde, 1, false),
            b'+' | b'-' | b'*' | b'%' => self.push(K::Operator, 1, false),
            b'=' | b'<' | b'>' | b'!' => {
                let len = if self.byte(1) == b'=' { 2 } else { 1 };
                let kind = match (self.byte(0), len) {
                    (b'=', 1) => K::Equals,
                    (b'!', 1) => K::Unknown,
                    _ => K::Operator,
                };
                self.push(kind, len, false);
            }
            b'&' | b'|' => {
                let len = if self.byte(1) == self.byte(0) { 2 } else { 1 };
                self.push(K::Unknown, len, false);
            }
            0x80.. => self.beyond_ascii(),
            _ => self.push(K::Unknown, 1, false),
        }
    }

    fn slash(&mut self) {
        if self.byte(1) == b'/' {
            let len = self.line_rest();
            // A line of four slashes or more is a rule across the page, not a description.
            let doc = self.byte(2) == b'/' && self.byte(3) != b'/';
            return self.push(if doc { K::Doc } else { K::Comment }, len, false);
        }
        if self.after_value {
            return self.push(K::Operator, 1, false);
        }
        match self.closing(b'/') {
            Some(len) => self.push(K::Regex, len, true),
            None => {
                let len = self.line_rest();
                self.push(K::UnclosedRegex, len, true);
            }
        }
    }

    /// The length up to and with the closing `quote` on this line, a backslash hiding the byte behind it.
    fn closing(&self, quote: u8) -> Option<usize> {
        let mut hidden = false;
        for (i, &b) in self.bytes.get(self.at + 1..)?.iter().enumerate() {
            step(1);
            match b {
                b'\n' => return None,
                _ if hidden => hidden = false,
                b'\\' => hidden = true,
                _ if b == quote => return Some(i + 2),
                _ => {}
            }
        }
        None
    }

    fn string(&mut self) {
        match self.closing(b'"') {
            Some(len) => self.push(K::String, len, true),
            None => {
                let len = self.line_rest();
                self.push(K::UnclosedString, len, true);
            }
        }
    }

    fn single_quoted(&mut self) {
        match self.while_byte(1, |b| b != b'\'' && b != b'\n') {
            inner if self.byte(inner + 1) == b'\'' => self.push(K::WrongQuotes, inner + 2, true),
            _ => self.push(K::Unknown, 1, false),
        }
    }

    fn number(&mut self) {
        let digits = self.while_byte(0, |b| b.is_ascii_digit());
        if let Some(len) = self.time(digits) {
            return self.push(K::Time, len, true);
        }
        let mut len = digits;
        if self.byte(len) == b'.' && self.byte(len + 1).is_ascii_digit() {
            len += 1 + self.while_byte(len + 1, |b| b.is_ascii_digit());
        }
        if self.byte(len) == b'%' {
            len += 1;
        } else {
            len += self.while_byte(len, |b| b.is_ascii_alphanumeric() || b == b'_');
        }
        self.push(K::Number, len, true);
    }

    /// `10:03`, `10:03:20`, `2026-11-01`, `2026-11-01T10:00:00.5Z`, `…+01:00`.
    fn time(&self, digits: usize) -> Option<usize> {
        let two = |at: usize| self.byte(at).is_ascii_digit() && self.byte(at + 1).is_ascii_digit();
        let clock = |at: usize, hour: usize| {
            let mut len = at + hour;
            if self.byte(len) != b':' || !two(len + 1) {
                return None;
            }
            len += 3;
            if self.byte(len) == b':' && two(len + 1) {
                len += 3;
            }
            Some(len)
        };
        if digits <= 2 {
            return clock(0, digits);
        }
        if digits != 4 || self.byte(4) != b'-' || !two(5) || self.byte(7) != b'-' || !two(8) {
            return None;
        }
        if self.byte(10) != b'T' || !two(11) {
            return Some(10);
        }
        let Some(mut len) = clock(11, 2) else { return Some(10) };
        if self.byte(len) == b'.' {
            len += 1 + self.while_byte(len + 1, |b| b.is_ascii_digit());
        }
        match self.byte(len) {
            b'Z' => len += 1,
            b'+' | b'-' => len = clock(len + 1, 2).unwrap_or(len),
            _ => {}
        }
        Some(len)
    }

    fn word_len(&self, from: usize) -> usize {
        let mut len = from;
        loop {
            let b = self.byte(len);
            if b.is_ascii_alphanumeric() || b == b'_' {
                len += 1;
            } else if b >= 0x80 {
                match self.char_at(self.at + len) {
                    Some(c) if pest::unicode::XID_CONTINUE(c) => len += c.len_utf8(),
                    _ => return len - from,
                }
            } else {
                return len - from;
            }
        }
    }

    fn word(&mut self) {
        let len = self.word_len(0);
        let text = self.source.get(self.at..self.at + len).unwrap_or("");
        let near = text.eq_ignore_ascii_case("near");
        if (near || text == "then") && self.byte(len) == b'/' {
            let digits = self.while_byte(len + 1, |b| b.is_ascii_digit());
            // A name, where no `/` closes it: that would be a regular expression.
            let named =
                if digits > 0 || !self.byte(len + 1).is_ascii_alphabetic() { 0 } else { self.word_len(len + 1) };
            let named = if matches!(self.byte(len + 1 + named), b' ' | b'\t' | b'\r' | b'\n') { named } else { 0 };
            if digits + named > 0 {
                return self.push(K::Distance, len + 1 + digits + named, false);
            }
        }
        let upper = near || ["and", "or", "not"].iter().any(|w| text.eq_ignore_ascii_case(w));
        let value = !upper && !BEFORE_VALUE.contains(&text) && !self.ends_scope(text);
        self.push(K::Word, len, value);
    }

    /// Whether a word ends `same sentence`, `first 10 words` or `starts with`, behind which a value is expected too.
    fn ends_scope(&self, word: &str) -> bool {
        let solid = self.out.iter().rev().filter(|t| !matches!(t.kind, K::Space | K::Comment | K::Doc));
        let mut before = solid.map(|t| (t.kind, t.text(self.source)));
        match word {
            "sentence" | "line" | "paragraph" => before.next() == Some((K::Word, "same")),
            "with" => matches!(before.next(), Some((K::Word, "starts" | "ends"))),
            "word" | "words" => {
                matches!(before.next(), Some((K::Number, _))) && before.next() == Some((K::Word, "first"))
            }
            _ => false,
        }
    }

    fn sigil(&mut self) {
        let first = self.byte(0);
        let len = match first {
            b'#' => self.word_len(1),
            b'$' => self.while_byte(1, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.'),
            _ => self.handle(),
        };
        // A full stop behind a name ends a sentence, it is no part of the name.
        let dots = (0..len).rev().take_while(|&i| matches!(self.byte(i + 1), b'.' | b'-')).count();
        match (first, len - dots) {
            (b'@', 0) => self.push(K::At, 1, false),
            (_, 0) => self.push(K::Unknown, 1, false),
            (b'#', n) => self.push(K::Tag, n + 1, true),
            (b'@', n) => self.push(K::Handle, n + 1, true),
            (_, n) => self.push(K::Cashtag, n + 1, true),
        }
    }

    /// The length of a handle behind its `@`; nothing where a percentage follows (`@70%`).
    fn handle(&self) -> usize {
        let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let len = self.while_byte(1, part);
        let number = self.while_byte(1, |b| b.is_ascii_digit() || b == b'.');
        if len == number && self.byte(len + 1) == b'%' {
            return 0;
        }
        if len > 0 && self.byte(len + 1) == b'@' {
            let host = self.while_byte(len + 2, part);
            if host > 0 {
                return len + 1 + host;
            }
        }
        len
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.char_at(self.at) else { return self.push(K::Unknown, 1, false) };
        if pest::unicode::XID_START(c) {
            return self.word();
        }
        let closing = match c {
            '“' | '„' | '”' => ['”', '“'],
            '‘' | '‚' => ['’', '‘'],
            '«' => ['»', '»'],
            '»' => ['«', '«'],
            c if c.is_whitespace() || c == '\u{feff}' => return self.push(K::Space, c.len_utf8(), false),
            _ => return self.push(K::Unknown, c.len_utf8(), false),
        };
        let rest = self.source.get(self.at..).unwrap_or("");
        let ends = |d: char| closing.contains(&d) || matches!(d, '"' | '\n');
        match rest.char_indices().skip(1).find(|&(_, d)| ends(d)) {
            Some((i, d)) if d != '\n' => self.push(K::WrongQuotes, i + d.len_utf8(), true),
            _ => {
                let len = self.line_rest();
                self.push(K::WrongQuotes, len, true);
            }
        }
    }
}

/// Files larger than `u32` can count are refused before they are read.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
