//! From the keys of a post's tokens to the slots of the patterns that they satisfy. Words are found by one look-up of
//! the hash that the tokeniser made; prefixes of known words are expanded beforehand.
//!
//! ```text
//! keys ─► filters of bits, all keys in one pass ─► those that may be known     most keys of most posts stop here
//! key ─hash─► words  { key, exact slot, list of prefixes }     hit: one line of memory
//!        └──► prefixes by their first bytes
//! run ───────► one automaton over all run literals
//! ```

use aho_corasick::AhoCorasick;
use hashbrown::{HashMap, HashTable};
use mon_text::segment::Borders;
use mon_text::{Kind, Token, Tokens, key_hash};
use rustc_hash::FxBuildHasher;
use unicode_segmentation::GraphemeCursor;

use super::error::MatchError;
use super::evaluate::{PostState, Stretch};
use super::filter::{KeyFilter, head_of};
use super::finders::Finders;
use super::formula::{Needs, Tables, ZoneMask};
use super::pattern::takes_prefix;
use crate::plan::TokenPattern;

/// A slot, and whether a row or a distance needs the place too (the lowest bit).
pub(super) type Entry = u32;

/// 32 bytes, so that a word found costs one line of memory: the key's first bytes stand inside.
#[derive(Debug)]
struct Word {
    head: [u8; HEAD_INSIDE],
    len: u32,
    /// Where the key's bytes after the head begin in [`Dictionary::tails`].
    tail: u32,
    exact: Entry,
    /// Where the slots of its prefixes begin in [`Dictionary::expansions`], up to [`END`].
    prefixes: u32,
}

const HEAD_INSIDE: usize = 16;
/// Ends a list of entries.
const END: Entry = u32::MAX;

/// Prefixes are told apart by this many bytes first.
const HEAD_BYTES: usize = 4;

#[derive(Debug, Default)]
struct Prefixes {
    /// Whether prefixes of 1, 2, 3, and 4 or more bytes exist.
    lengths: [bool; HEAD_BYTES],
    by_head: HashMap<u64, Vec<Prefix>, FxBuildHasher>,
    /// What the empty prefix stands for: any key.
    any: Vec<Entry>,
}

/// A prefix of more than its head, told from a key by one comparison where it is not long.
#[derive(Debug)]
struct Prefix {
    /// The bytes behind the head, in the lowest first, and which of them count.
    next: u64,
    mask: u64,
    len: usize,
    /// What stands behind [`INSIDE`].
    rest: Box<[u8]>,
    entry: Entry,
}

/// How many bytes of a prefix are compared without reading elsewhere.
const INSIDE: usize = HEAD_BYTES + 8;

/// Up to eight bytes behind the head, in the lowest first.
#[inline]
fn behind_head(bytes: &[u8]) -> u64 {
    match bytes.get(HEAD_BYTES..).and_then(<[u8]>::first_chunk::<8>) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes.iter().skip(HEAD_BYTES).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    }
}

#[derive(Debug)]
pub(super) struct Dictionary {
    filter: KeyFilter,
    words: HashTable<Word>,
    tails: Vec<u8>,
    /// Lists of entries; the first one is the empty list.
    expansions: Vec<Entry>,
    prefixes: Option<Prefixes>,
    /// What is looked for inside runs, and whether it must stand between borders of words.
    runs: Option<(AhoCorasick, Vec<(Entry, bool)>)>,
    finders: Option<Box<Finders>>,
}

/// What a stretch of tokens belongs to.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) zone: ZoneMask,
    /// Which of the post's texts.
    pub(super) text: u32,
    pub(super) source: &'a str,
    /// The post's language, where a pattern asks for it.
    pub(super) lang: Option<&'a str>,
}

impl Dictionary {
    pub(super) fn new(tables: &Tables) -> Result<Self, MatchError> {
        let placed = placed_slots(tables);
        let entry = |slot: u32| slot << 1 | u32::from(placed.get(slot as usize).copied().unwrap_or(false));
        let mut prefixes = Prefixes::default();
        let keys = tables.patterns.iter().filter(|pattern| matches!(pattern, TokenPattern::Key(_))).count();
        let mut filter = KeyFilter::new(keys);
        let mut keys = Vec::with_capacity(keys);
        let mut literals = Vec::new();
        let mut literal_entries = Vec::new();
        for (slot, pattern) in (1..).zip(&tables.patterns) {
            match pattern {
                TokenPattern::Key(key) => keys.push((key.as_str(), entry(slot))),
                TokenPattern::Prefix(prefix) => {
                    filter.add_prefix(prefix);
                    prefixes.add(prefix, entry(slot));
                }
                TokenPattern::Run(run) | TokenPattern::Word(run) if run.is_empty() => {}
                TokenPattern::Run(run) | TokenPattern::Word(run) => {
                    literals.push(run.as_str());
                    literal_entries.push((entry(slot), matches!(pattern, TokenPattern::Word(_))));
                }
                // The rest is found by the finders.
                _ => {}
            }
        }
        let runs = match literals.is_empty() {
            true => None,
            false => Some((AhoCorasick::new(&literals).map_err(MatchError::code)?, literal_entries)),
        };
        let prefixes = (!prefixes.by_head.is_empty() || !prefixes.any.is_empty()).then_some(prefixes);
        let words = HashTable::with_capacity(keys.len());
        let finders = Finders::new(tables, entry)?;
        let mut dictionary = Self { filter, words, tails: Vec::new(), expansions: vec![END], prefixes, runs, finders };
        for (key, entry) in keys {
            dictionary.add_word(key, entry);
        }
        Ok(dictionary)
    }

    fn add_word(&mut self, key: &str, exact: Entry) {
        let here = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let mut head = [0; HEAD_INSIDE];
        head.iter_mut().zip(key.as_bytes()).for_each(|(to, from)| *to = *from);
        let tail = here(self.tails.len());
        self.tails.extend(key.as_bytes().iter().skip(HEAD_INSIDE));
        let mut prefixes = here(self.expansions.len());
        if let Some(table) = &self.prefixes {
            table.each(key, |entry| self.expansions.push(entry));
        }
        if prefixes == here(self.expansions.len()) {
            prefixes = 0;
        } else {
            self.expansions.push(END);
        }
        let word = Word { head, len: here(key.len()), tail, exact, prefixes };
        let (hash, tails) = (key_hash(key), &self.tails);
        self.filter.add_word(hash);
        self.words.insert_unique(hash, word, |word| key_hash(&String::from_utf8_lossy(&whole(word, tails))));
    }

    #[inline]
    fn find(&self, hash: u64, bytes: &[u8]) -> Option<&Word> {
        self.words.find(hash, |word| {
            word.len as usize == bytes.len()
                && match bytes.get(HEAD_INSIDE..) {
                    None => word.head.get(..bytes.len()) == Some(bytes),
                    Some(rest) => bytes.starts_with(&word.head) && self.tail(word, rest.len()) == Some(rest),
                }
        })
    }

    fn tail(&self, word: &Word, len: usize) -> Option<&[u8]> {
        self.tails.get(word.tail as usize..)?.get(..len)
    }

    /// Marks in `post` all slots whose patterns the tokens of one text satisfy.
    pub(super) fn look_up(&self, tokens: &Tokens, origin: Origin<'_>, post: &mut PostState) {
        let entries = tokens.entries();
        let mut known = std::mem::take(&mut post.known);
        self.filter.pick(entries, &mut known);
        for entry in known.iter().filter_map(|at| entries.get(*at as usize)) {
            let word = self.find(entry.hash, tokens.bytes_of(entry));
            let text = tokens.text_of(entry);
            let Some(token) = tokens.as_slice().get(entry.token as usize) else { continue };
            let stretch =
                Stretch { text: origin.text, start: token.start, end: token.end, first: token.pos, last: token.pos };
            let mut mark = |entry: Entry| mark_entry(post, entry, origin.zone, stretch);
            match word {
                Some(word) => {
                    mark(word.exact);
                    if word.prefixes != 0 && takes_prefix(token.kind, text) {
                        let list = self.expansions.get(word.prefixes as usize..).unwrap_or_default();
                        list.iter().copied().take_while(|entry| *entry != END).for_each(mark);
                    }
                }
                None if takes_prefix(token.kind, text) => {
                    if let Some(prefixes) = &self.prefixes {
                        prefixes.each(text, mark);
                    }
                }
                None => {}
            }
        }
        post.known = known;
        if let Some((automaton, entries)) = &self.runs {
            for token in tokens.iter().filter(|token| token.kind == Kind::Run) {
                look_into(automaton, entries, tokens, token, origin, post);
            }
        }
        if let Some(finders) = &self.finders {
            finders.look_up(tokens, origin, post);
        }
    }

    /// Whether a pattern asks for the post's language.
    pub(super) fn asks_language(&self) -> bool {
        self.finders.as_ref().is_some_and(|finders| finders.asks_language())
    }

    pub(super) fn describe(&self) -> String {
        let prefixes = self.prefixes.as_ref().map_or(0, |table| table.by_head.values().map(Vec::len).sum());
        let runs = self.runs.as_ref().map_or(0, |(_, entries)| entries.len());
        let others = self.finders.as_ref().map_or_else(String::new, |finders| format!("\n{}", finders.describe()));
        format!("{} words, {prefixes} prefixes, {runs} run literals{others}", self.words.len())
    }
}

/// Marks the literals that stand in one run.
fn look_into(
    automaton: &AhoCorasick,
    entries: &[(Entry, bool)],
    tokens: &Tokens,
    token: &Token,
    origin: Origin<'_>,
    post: &mut PostState,
) {
    let Some(key) = tokens.keys(token).next() else { return };
    let borders = RunBorders::new(key.text, token, origin.source);
    let mut words: Option<Borders> = None;
    for found in automaton.find_overlapping_iter(key.text) {
        let Some((entry, segments)) = entries.get(found.pattern().as_usize()) else { continue };
        let mut is_border = |at: usize| {
            let read = || {
                let mut words = Borders::default();
                words.read(key.text);
                words
            };
            !segments || words.get_or_insert_with(read).has(at)
        };
        if is_border(found.start())
            && is_border(found.end())
            && let Some((start, end)) = borders.place(found.start(), found.end())
        {
            let (first, last) = (token.pos, token.pos);
            mark_entry(post, *entry, origin.zone, Stretch { text: origin.text, start, end, first, last });
        }
    }
}

/// Whether a row, a distance or a count needs the places of this entry's slot.
pub(super) const fn is_placed(entry: Entry) -> bool {
    entry & 1 == 1
}

#[inline]
pub(super) fn mark_entry(post: &mut PostState, entry: Entry, zone: ZoneMask, stretch: Stretch) {
    post.see(entry >> 1, zone);
    if is_placed(entry) {
        post.place(entry >> 1, zone, stretch);
    }
}

/// The key of a word.
fn whole(word: &Word, tails: &[u8]) -> Vec<u8> {
    let len = word.len as usize;
    let rest = tails.get(word.tail as usize..).and_then(|tails| tails.get(..len.saturating_sub(HEAD_INSIDE)));
    word.head.iter().take(len).chain(rest.unwrap_or_default()).copied().collect()
}

/// Which slots stand in a row or a distance, by slot.
fn placed_slots(tables: &Tables) -> Vec<bool> {
    let mut placed = vec![false; tables.slots()];
    let mut visited = vec![false; tables.spans.len()];
    let mut pending: Vec<u32> = tables.lazies.iter().map(|lazy| lazy.spans).collect();
    while let Some(id) = pending.pop() {
        let (Some(node), Some(visited)) = (tables.span(id), visited.get_mut(id as usize)) else { continue };
        if std::mem::replace(visited, true) {
            continue;
        }
        pending.extend(node.parts());
        if let Needs::Slots(slots) = node.needs() {
            for slot in slots {
                if let Some(place) = placed.get_mut(*slot as usize) {
                    *place = true;
                }
            }
        }
    }
    placed
}

impl Prefixes {
    /// What tells prefixes of `length` bytes apart, at most [`HEAD_BYTES`].
    #[inline]
    const fn head(first_bytes: u32, length: usize) -> u64 {
        (first_bytes as u64 & ((1 << (8 * length)) - 1)) << 3 | length as u64
    }

    fn add(&mut self, prefix: &str, entry: Entry) {
        if prefix.is_empty() {
            self.any.push(entry);
            return;
        }
        let length = prefix.len().min(HEAD_BYTES);
        let head = Self::head(head_of(prefix.as_bytes()), length);
        if let Some(used) = self.lengths.get_mut(length - 1) {
            *used = true;
        }
        let bytes = prefix.as_bytes();
        let inside = bytes.len().saturating_sub(HEAD_BYTES).min(8);
        let mask = if inside == 8 { u64::MAX } else { (1 << (8 * inside)) - 1 };
        let rest = bytes.get(INSIDE..).unwrap_or_default().into();
        self.by_head.entry(head).or_default().push(Prefix {
            next: behind_head(bytes),
            mask,
            len: bytes.len(),
            rest,
            entry,
        });
    }

    /// The heads that prefixes of `key` may have.
    fn heads(&self, key: &[u8]) -> impl Iterator<Item = u64> + '_ {
        let (first_bytes, most) = (head_of(key), key.len());
        let used = (1..).zip(&self.lengths).filter(move |(length, used)| **used && *length <= most);
        used.map(move |(length, _)| Self::head(first_bytes, length))
    }

    /// Calls back with each prefix that `key` begins with.
    fn each(&self, key: &str, mut found: impl FnMut(Entry)) {
        self.any.iter().copied().for_each(&mut found);
        let key = key.as_bytes();
        let next = behind_head(key);
        for head in self.heads(key) {
            let same = self.by_head.get(&head).map_or(&[][..], Vec::as_slice);
            for prefix in same.iter().filter(|prefix| next & prefix.mask == prefix.next && prefix.len <= key.len()) {
                if prefix.rest.is_empty() || key.get(INSIDE..).is_some_and(|rest| rest.starts_with(&prefix.rest)) {
                    found(prefix.entry);
                }
            }
        }
    }
}

/// Where a stretch of a run's folded key stands in the original text, if it begins and ends on grapheme borders.
pub(super) struct RunBorders<'a> {
    key: &'a str,
    start: u32,
    /// Pairs of folded and original offsets at the borders of graphemes; none where folding moved nothing.
    moved: Option<Vec<(usize, u32)>>,
    end: u32,
}

impl<'a> RunBorders<'a> {
    pub(super) fn new(key: &'a str, token: &mon_text::Token, source: &str) -> Self {
        let original = source.get(token.start as usize..token.end as usize).unwrap_or_default();
        let moved = (original.len() != key.len()).then(|| {
            let mut folded = 0;
            let graphemes = unicode_segmentation::UnicodeSegmentation::grapheme_indices(original, true);
            let mut borders: Vec<(usize, u32)> = graphemes
                .map(|(at, grapheme)| {
                    let border = (folded, token.start + u32::try_from(at).unwrap_or(0));
                    folded += mon_text::fold(grapheme).len();
                    border
                })
                .collect();
            borders.push((folded, token.end));
            borders
        });
        Self { key, start: token.start, moved, end: token.end }
    }

    fn is_border(&self, at: usize) -> bool {
        let mut cursor = GraphemeCursor::new(at, self.key.len(), true);
        cursor.is_boundary(self.key, 0).unwrap_or(true)
    }

    /// The original bytes of `key[start..end]`; none where it cuts a grapheme.
    pub(super) fn place(&self, start: usize, end: usize) -> Option<(u32, u32)> {
        if !self.is_border(start) || !self.is_border(end) {
            return None;
        }
        let Some(moved) = &self.moved else {
            let offset = |at: usize| self.start + u32::try_from(at).unwrap_or(0);
            return Some((offset(start), offset(end)));
        };
        // A border that folding made inside a grapheme widens to the grapheme.
        let before = moved.iter().rev().find(|(folded, _)| *folded <= start).map_or(self.start, |(_, at)| *at);
        let behind = moved.iter().find(|(folded, _)| *folded >= end).map_or(self.end, |(_, at)| *at);
        Some((before, behind))
    }
}
