//! Reads a text from left to right and fills the buffer of tokens. Links and e-mails are found first, since nothing may
//! reach into them; between them each byte's class decides which recogniser tries its luck.

use crate::ascii::{self, JOIN, LETTER, SIGN, WIDE, WORD};
use crate::bitmap::{self, Bitmap};
use crate::table::{Class, Table};
use crate::token::POST_TOKENS_MAX;
use crate::{Kind, Tokens, links};

/// A post's texts are read up to this many bytes together; offsets of keys are 32 bits wide.
pub const POST_BYTES_MAX: usize = 64 << 20;

/// A link or an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// Where the reading of one text stands.
pub(crate) struct Scanner<'a> {
    pub text: &'a str,
    pub bytes: &'a [u8],
    pub out: &'a mut Tokens,
    pub table: &'static Table,
    /// Borders of ASCII words, by byte of the text.
    pub bitmap: &'a Bitmap,
    /// Where the copy of the text with small ASCII letters begins in the arena.
    pub zone: usize,
    /// No token may reach over this byte.
    pub limit: usize,
    /// Position of the next counted token.
    pub next: i32,
    /// Whether some ASCII letter stands three times in a row in the text.
    pub stretched: bool,
    /// A host was looked for in all that lies before this byte.
    pub hosts_seen: usize,
}

pub(crate) fn scan(out: &mut Tokens, text: &str, base: i32) {
    let mut cut = text.len().min(POST_BYTES_MAX.saturating_sub(out.arena.len()));
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    out.truncated |= cut < text.len();
    let text = text.get(..cut).unwrap_or_default();
    let zone = out.arena.len();
    out.arena.push_str(text);
    let mut stretched = false;
    if let Some(copy) = out.arena.get_mut(zone..) {
        copy.make_ascii_lowercase();
        stretched = bitmap::has_stretch(copy.as_bytes());
    }
    let mut spans = std::mem::take(&mut out.spans);
    spans.clear();
    links::find(text, &mut spans);
    let bytes = text.as_bytes();
    let mut bitmap = std::mem::take(&mut out.bitmap);
    bitmap.fill(bytes);
    let mut scanner = Scanner {
        text,
        bytes,
        out,
        table: Table::get(),
        bitmap: &bitmap,
        zone,
        limit: 0,
        next: base,
        stretched,
        hosts_seen: 0,
    };
    let mut at = 0;
    for span in &spans {
        scanner.segment(at, span.start);
        scanner.link(*span);
        at = span.end;
    }
    scanner.segment(at, bytes.len());
    out.bitmap = bitmap;
    out.spans = spans;
}

/// Whether the letters and digits in `start..end` are a word whatever follows: nothing there joins or makes more of them.
#[inline]
fn ends_plainly(bytes: &[u8], start: usize, end: usize) -> bool {
    let Some(&next) = bytes.get(end) else { return !may_laugh(bytes, start, end) };
    let action = ascii::action(next);
    if action & (JOIN | WIDE) == 0 {
        return !may_laugh(bytes, start, end);
    }
    // Punctuation joins only what stands on both sides of it, but for `C++` and `C#`.
    let beyond = bytes.get(end + 1).map_or(0, |&byte| ascii::action(byte));
    action & WIDE == 0
        && beyond & (WORD | WIDE) == 0
        && (end - start > 1 || !matches!(next, b'+' | b'#'))
        && !may_laugh(bytes, start, end)
}

/// Whether the word is `xD`, which may be a face.
#[inline]
fn may_laugh(bytes: &[u8], start: usize, end: usize) -> bool {
    end - start == 2 && bytes.get(start..end) == Some(b"xD")
}

impl Scanner<'_> {
    fn segment(&mut self, from: usize, to: usize) {
        self.limit = to;
        let mut at = self.bitmap.next_start(from);
        while at < to {
            if !self.stretched {
                at = self.plain_words(at);
            }
            if at >= to {
                return;
            }
            if self.out.tokens.len() >= POST_TOKENS_MAX {
                self.out.truncated = self.out.truncated || self.more_to_come(at);
                return;
            }
            let action = self.bytes.get(at).map_or(0, |&byte| ascii::action(byte));
            let end = if action & WORD != 0 {
                self.word(at)
            } else if action & SIGN != 0 {
                self.sign(at)
            } else {
                self.wide(at)
            };
            at = self.bitmap.next_start(end);
        }
    }

    /// Reads words of ASCII one after another, from the one at `at` up to something else; the place of that. Most of
    /// most texts goes this way, so it asks nothing that such words don't need.
    fn plain_words(&mut self, mut at: usize) -> usize {
        let bytes = self.bytes.get(..self.limit).unwrap_or_default();
        while let Some(&first) = bytes.get(at)
            && ascii::action(first) & WORD != 0
            && self.out.tokens.len() < POST_TOKENS_MAX
        {
            let end = self.bitmap.word_end(at).min(bytes.len());
            if !ends_plainly(bytes, at, end) {
                break;
            }
            let word = bytes.get(at..end).unwrap_or_default();
            let letter = |&byte: &u8| ascii::action(byte) & LETTER != 0;
            let kind = if letter(&first) || word.iter().any(letter) { Kind::Word } else { Kind::Number };
            self.out.push_here(kind, (at, end), self.next, (self.zone + at, self.zone + end));
            self.next = self.next.saturating_add(2);
            at = self.bitmap.next_start(end);
        }
        at
    }

    /// Whether a letter or digit follows: something that would have been a token.
    fn more_to_come(&self, at: usize) -> bool {
        self.bytes.get(at..).unwrap_or_default().iter().any(|&byte| ascii::action(byte) & (WORD | WIDE) != 0)
    }

    fn sign(&mut self, at: usize) -> usize {
        let found = match self.byte(at) {
            Some(b'#') => self.keycap(at).or_else(|| self.tag(at, at + 1)),
            Some(b'*') => self.keycap(at),
            Some(b'@') => self.handle(at, at + 1),
            Some(b'$') => self.cashtag(at),
            _ => self.emoticon(at),
        };
        found.unwrap_or(at + 1)
    }

    /// At a character beyond ASCII.
    fn wide(&mut self, at: usize) -> usize {
        let Some(c) = self.char_at(at) else { return at + 1 };
        let after = at + c.len_utf8();
        match self.table.class(c) {
            Class::Letter | Class::Digit => self.word(at),
            Class::Run => self.run(at),
            Class::Emoji | Class::Regional | Class::EmojiText => self.emoji(at).unwrap_or(after),
            Class::HashSign => self.tag(at, after).unwrap_or(after),
            Class::AtSign => self.handle(at, after).unwrap_or(after),
            _ => after,
        }
    }

    /// A link or an e-mail that was found beforehand.
    fn link(&mut self, span: Span) {
        if self.out.tokens.len() >= POST_TOKENS_MAX {
            self.out.truncated = true;
            return;
        }
        let key = match span.kind {
            Kind::Url => self.url_key(span.start, span.end),
            _ => (self.zone + span.start, self.zone + span.end),
        };
        self.push_counted(span.kind, span.start, span.end, key);
    }

    /// Adds a token that counts.
    #[inline]
    pub fn push_counted(&mut self, kind: Kind, start: usize, end: usize, key: (usize, usize)) {
        self.out.push(kind, (start, end), self.next, key);
        self.next = self.next.saturating_add(2);
    }

    /// Adds a token that does not count.
    pub fn push_uncounted(&mut self, kind: Kind, start: usize, end: usize, key: (usize, usize)) {
        self.out.push(kind, (start, end), self.next.saturating_sub(1), key);
    }

    /// Adds a text to the arena and says where it lies.
    pub fn keep(&mut self, text: &str) -> (usize, usize) {
        let at = self.out.arena.len();
        self.out.arena.push_str(text);
        (at, self.out.arena.len())
    }

    /// The byte, if it lies before the limit.
    #[inline]
    pub fn byte(&self, at: usize) -> Option<u8> {
        step();
        if at < self.limit { self.bytes.get(at).copied() } else { None }
    }

    /// The character, if it lies before the limit.
    #[inline]
    pub fn char_at(&self, at: usize) -> Option<char> {
        if at < self.limit { char_at(self.text, at) } else { None }
    }

    /// The character that ends at this byte.
    pub fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(..at).and_then(|before| before.chars().next_back())
    }

    /// Whether the character continues a word: a letter, digit or mark.
    pub fn is_word(&self, c: char) -> bool {
        if c.is_ascii() {
            return c.is_ascii_alphanumeric();
        }
        matches!(self.table.class(c), Class::Letter | Class::Digit | Class::Mark)
    }
}

/// The code point that begins at `at` with `first`, a byte beyond ASCII, and its length in bytes.
#[inline]
pub(crate) fn decode(bytes: &[u8], at: usize, first: u8) -> (u32, usize) {
    step();
    let tail = |back: usize| bytes.get(at + back).map_or(0, |&byte| u32::from(byte & 0x3F));
    let first = u32::from(first);
    match first {
        0..0xE0 => ((first & 0x1F) << 6 | tail(1), 2),
        0xE0..0xF0 => ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3),
        _ => ((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
    }
}

/// Counts looks at the text, so that a test can show that there are not too many of them; nothing outside of tests.
#[inline]
pub(crate) fn step() {
    #[cfg(test)]
    tests::STEPS.with(|steps| steps.set(steps.get() + 1));
}

#[inline]
pub(crate) fn char_at(text: &str, at: usize) -> Option<char> {
    step();
    text.get(at..).and_then(|rest| rest.chars().next())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::Tokens;

    thread_local! {
        pub(super) static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    /// Looks at the text while it is read, and the bytes of keys that came of it.
    fn work(text: &str) -> u64 {
        let mut tokens = Tokens::default();
        STEPS.set(0);
        tokens.tokenize(text, 0);
        STEPS.get() + tokens.arena.len() as u64
    }

    #[test]
    fn work_grows_no_faster_than_the_text() {
        let pieces = concat!(
            "a|'|a'|\u{200D}|a\u{200D}|\u{200B}|#|#a|@|@a|a@|a@a|@a.|@a-|$|$a|(|((|)|[|.|a.|-|a-|a-a.|_|&|a&|",
            "+|a+|:|::|:)|http://|http://a|http://a.co/(|http://a.co/(a|http://a.co?|//|1,|1,000|10:|é|é.|é-|",
            "e\u{301}|\u{301}|漢|漢\u{200D}|한|한.|👩\u{200D}|🇫|🏽|\u{FE0F}|©|<|</|<3|xD|\"|א\"|·|a·|#a_|#\u{200D}|",
            "#a\u{200D}|a.com|a.com.|é.com|한a.com.|@a@b.com|x@y.com@|t.co/|http://t.co/|ßß|\u{FDFA}| |\n|",
            "क\u{94D}|。|中.",
        );
        for piece in pieces.split('|') {
            let short = piece.repeat(4_096 / piece.len());
            let long = piece.repeat(65_536 / piece.len());
            let (few, many) = (work(&short), work(&long));
            // Sixteen times the text; a quarter more for what grows by doubling.
            assert!(many <= few * 20 + 4_096, "{piece:?}: {few} steps, then {many}");
        }
    }

    #[test]
    fn a_megabyte_is_read_within_a_few_looks_a_byte() {
        for piece in ["a", "ß", "a'", "word and. more-of it ", "#tag @handle a.com/x "] {
            let text = piece.repeat(1_000_000 / piece.len());
            assert!(work(&text) < 16 * text.len() as u64, "{piece:?}");
        }
    }
}
