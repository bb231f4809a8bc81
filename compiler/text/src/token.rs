//! Tokens of a post and the buffer that holds them, which a matcher fills anew for each post without allocating.
//!
//! ```text
//! arena    | zone 1, ASCII letters small | keys that differ from it | zone 2, … | …
//!            ▲                             ▲
//! entries  { hash, at, len, token } …      one for each key; those of a token lie side by side, its own first
//! tokens   { start, end, pos, kind, keys } in the order of `start`
//! ```

use crate::bitmap::Bitmap;
use crate::hash::hash_within;
use crate::{Kind, scan};

/// A token longer than this gets no aliases.
pub const ALIAS_TOKEN_BYTES_MAX: usize = 256;

/// At most this many tokens of one post are kept; what follows is left to terms that read plain text.
pub const POST_TOKENS_MAX: usize = 4_096;

/// What to add to `base` from one zone to the next: positions of zones lie 1,000 counted tokens apart at least.
pub const ZONE_STEP: i32 = 2_000;

/// A place in a post that a rule can look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte in the text given, the sign (`#`, `@`, `$`) included.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
    /// Even for a counted token (0, 2, 4 …), odd for an uncounted one after it (−1 before the first), plus the base.
    pub pos: i32,
    pub kind: Kind,
    /// How many keys it has, 1 at least.
    pub(crate) key_count: u8,
    /// Index of its own key in [`Tokens::entries`].
    pub(crate) first_key: u32,
}

/// How many counted tokens stand between a span that ends at position `end` and a later one that starts at `start`.
#[inline]
pub const fn counted_between(end: i32, start: i32) -> i32 {
    (start - 1).div_euclid(2) - end.div_euclid(2)
}

/// A text that a rule's term is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Folded, but for the path of a link and for emoticons.
    pub text: &'a str,
    /// [`crate::key_hash`] of the text.
    pub hash: u64,
}

/// A key in the flat list of all keys of a post, for matchers that look each of them up once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// [`crate::key_hash`] of the key.
    pub hash: u64,
    /// The key's first four bytes, the lowest first, with zeros behind a shorter key.
    pub head: u32,
    at: u32,
    len: u32,
    /// Index of the token in [`Tokens::as_slice`].
    pub token: u32,
}

/// The tokens of one post; keep it and fill it again.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    pub(crate) tokens: Vec<Token>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) arena: String,
    pub(crate) spans: Vec<scan::Span>,
    pub(crate) bitmap: Bitmap,
    pub(crate) truncated: bool,
}

impl Tokens {
    /// Forgets the last post and reads this text; see [`Tokens::append`].
    #[inline]
    pub fn tokenize(&mut self, text: &str, base: i32) {
        self.clear();
        self.append(text, base);
    }

    /// Forgets the last post, keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.entries.clear();
        self.arena.clear();
        self.truncated = false;
    }

    /// Reads one more zone of the same post behind the others. `base` is added to its positions and should be even
    /// (a multiple of [`ZONE_STEP`] that lies behind the zone before); offsets refer to this text. Returns the indices
    /// of the zone's tokens. Texts over 4 GiB are cut.
    pub fn append(&mut self, text: &str, base: i32) -> std::ops::Range<usize> {
        let first = self.tokens.len();
        scan::scan(self, text, base);
        first..self.tokens.len()
    }

    /// Whether the post had more than [`POST_TOKENS_MAX`] tokens, of which the first ones were kept.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// All tokens in the order of `start`; a bare domain follows its first word.
    #[inline]
    pub fn as_slice(&self) -> &[Token] {
        &self.tokens
    }

    #[inline]
    pub fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.tokens.iter()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// All keys of all tokens with their hashes: the cheapest way to look each of them up. Mostly in the tokens' order.
    #[inline]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The key's text.
    #[inline]
    pub fn text_of(&self, entry: &Entry) -> &str {
        let at = entry.at as usize;
        self.arena.get(at..at + entry.len as usize).unwrap_or_default()
    }

    /// The key's bytes, for matchers that compare bytes.
    #[inline]
    pub fn bytes_of(&self, entry: &Entry) -> &[u8] {
        let at = entry.at as usize;
        self.arena.as_bytes().get(at..at + entry.len as usize).unwrap_or_default()
    }

    /// The token's own key first, then its aliases.
    #[inline]
    pub fn keys(&self, token: &Token) -> Keys<'_> {
        let first = token.first_key as usize;
        let entries = self.entries.get(first..first + usize::from(token.key_count)).unwrap_or_default();
        Keys { tokens: self, entries: entries.iter() }
    }
}

impl<'a> IntoIterator for &'a Tokens {
    type Item = &'a Token;
    type IntoIter = std::slice::Iter<'a, Token>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The keys of one token.
#[derive(Clone, Debug)]
pub struct Keys<'a> {
    tokens: &'a Tokens,
    entries: std::slice::Iter<'a, Entry>,
}

impl<'a> Iterator for Keys<'a> {
    type Item = Key<'a>;

    #[inline]
    fn next(&mut self) -> Option<Key<'a>> {
        self.entries.next().map(|entry| Key { text: self.tokens.text_of(entry), hash: entry.hash })
    }
}

/// What the scanner puts in.
impl Tokens {
    #[expect(clippy::cast_possible_truncation, reason = "texts are cut at 4 GiB before they are read")]
    #[inline]
    fn entry(&self, at: usize, end: usize, token: usize) -> Entry {
        let (hash, head) = hash_within(self.arena.as_bytes(), at, end);
        Entry { hash, head, at: at as u32, len: (end - at) as u32, token: token as u32 }
    }

    /// Adds a token whose own key is `arena[key]`.
    pub(crate) fn push(&mut self, kind: Kind, span: (usize, usize), pos: i32, key: (usize, usize)) {
        self.push_here(kind, span, pos, key);
    }

    /// The same without a call, for the loop that most words go through.
    #[expect(clippy::cast_possible_truncation, reason = "texts are cut at 4 GiB before they are read")]
    #[expect(clippy::inline_always, reason = "measured: the call costs a third of the work")]
    #[inline(always)]
    pub(crate) fn push_here(&mut self, kind: Kind, (start, end): (usize, usize), pos: i32, key: (usize, usize)) {
        let entry = self.entry(key.0, key.1, self.tokens.len());
        let first_key = self.entries.len() as u32;
        self.entries.push(entry);
        self.tokens.push(Token { start: start as u32, end: end as u32, pos, kind, key_count: 1, first_key });
    }

    /// Adds an alias of the last token, `arena[at..end]`, unless it is empty or one of its keys already.
    pub(crate) fn push_alias(&mut self, at: usize, end: usize) {
        let Some(last) = self.tokens.last() else { return };
        let entry = self.entry(at, end, self.tokens.len() - 1);
        let text = self.arena.get(at..end).unwrap_or_default();
        if text.is_empty() || last.key_count == u8::MAX || self.keys(last).any(|key| key.text == text) {
            return;
        }
        self.entries.push(entry);
        if let Some(last) = self.tokens.last_mut() {
            last.key_count += 1;
        }
    }

    /// Text of a key of the last token, given by its place in the arena.
    pub(crate) fn arena_text(&self, at: usize, end: usize) -> &str {
        self.arena.get(at..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::counted_between;

    #[test]
    fn distances_count_what_stands_strictly_between() {
        assert_eq!(counted_between(0, 2), 0);
        assert_eq!(counted_between(0, 4), 1);
        assert_eq!(counted_between(0, 1), 0, "an emoji right behind");
        assert_eq!(counted_between(1, 2), 0, "a word right behind an emoji");
        assert_eq!(counted_between(-1, 0), 0);
        assert_eq!(counted_between(-1, 2), 1);
    }
}
