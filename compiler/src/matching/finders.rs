//! The patterns that no look-up of a whole key finds: wildcards, nearly the same words, stems, and what is searched in
//! the text itself. Each kind has its own small index, is asked only where some rule uses it, and marks slots like the rest.
//!
//! ```text
//! keys   ─► wildcards by what they begin with, or by their longest literal     ─┐
//!        ─► fuzzy words by length and letters                                   │
//!        ─► stems of the post's language                                        ├─► slots, places
//! links  ─► link patterns                                                       │
//! text   ─► literals (one automaton), regular expressions (one set), loose keys ─┘
//! ```

use aho_corasick::AhoCorasick;
use hashbrown::HashMap;
use mon_text::fuzzy::within;
use mon_text::glob::Glob;
use mon_text::literal::{Plain, stands_alone};
use mon_text::url::UrlPattern;
use mon_text::{Kind, Tokens, fold, loose, position_of, stem};
use regex::{Regex, RegexSet, RegexSetBuilder};
use rustc_hash::FxBuildHasher;

use super::dictionary::{Entry, Origin, is_placed, mark_entry};
use super::error::MatchError;
use super::evaluate::{PostState, Stretch};
use super::formula::Tables;
use super::pattern::{self, ANY_TOKEN, takes_fuzzy, takes_glob};
use crate::plan::TokenPattern;

/// Bytes that all regular expressions of one matcher may take together.
const REGEX_SET_BYTES_MAX: usize = 256 << 20;

/// Lists of entries by a text.
type ByText = HashMap<String, Vec<Entry>, FxBuildHasher>;

/// All regular expressions at once, to learn which of them are in a text, and each alone, to learn where.
type Regexes = (RegexSet, Vec<(Regex, Entry)>);

#[derive(Debug, Default)]
pub(super) struct Finders {
    /// What one token of any kind satisfies.
    any_token: Vec<Entry>,
    globs: Globs,
    fuzzy: Vec<Fuzzy>,
    stems: Stems,
    loose: ByText,
    exact: Literals,
    part: Literals,
    regexes: Option<Regexes>,
    urls: Vec<(UrlPattern, Entry)>,
}

/// Marks a place in the post's state.
struct Marker<'a, 'p> {
    post: &'a mut PostState,
    tokens: &'a Tokens,
    origin: Origin<'p>,
}

impl Marker<'_, '_> {
    fn token(&mut self, entry: Entry, token: &mon_text::Token) {
        let (first, last) = (token.pos, token.pos);
        let stretch = Stretch { text: self.origin.text, start: token.start, end: token.end, first, last };
        mark_entry(self.post, entry, self.origin.zone, stretch);
    }

    fn place(&mut self, entry: Entry, start: u32, end: u32) {
        let (first, last) = position_of(self.tokens, start, end);
        mark_entry(self.post, entry, self.origin.zone, Stretch { text: self.origin.text, start, end, first, last });
    }
}

impl Finders {
    /// None where no pattern needs one.
    pub(super) fn new(tables: &Tables, entry: impl Fn(u32) -> Entry) -> Result<Option<Box<Self>>, MatchError> {
        let mut finders = Self::default();
        let (mut exact, mut part, mut regexes, mut any) = (Vec::new(), Vec::new(), Vec::new(), false);
        for (slot, pattern) in (1..).zip(&tables.patterns) {
            let entry = entry(slot);
            match pattern {
                TokenPattern::Key(_) | TokenPattern::Prefix(_) | TokenPattern::Run(_) | TokenPattern::Word(_) => {
                    continue;
                }
                TokenPattern::Glob(written) if written == ANY_TOKEN => finders.any_token.push(entry),
                TokenPattern::Glob(written) => finders.globs.all.push((Glob::new(written), entry)),
                TokenPattern::Fuzzy { key, edits } => finders.fuzzy.push(Fuzzy::new(key, *edits, entry)),
                TokenPattern::Stem(word) => finders.stems.add(word, entry),
                TokenPattern::Loose(key) => finders.loose.entry_ref(key.as_str()).or_default().push(entry),
                TokenPattern::Exact(literal) => exact.push((literal.as_str(), entry)),
                TokenPattern::Part(literal) => part.push((literal.as_str(), entry)),
                TokenPattern::Regex(source) => regexes.push((source.as_str(), entry)),
                TokenPattern::Url(written) => {
                    finders.urls.push((UrlPattern::parse(written).map_err(MatchError::code)?, entry));
                }
            }
            any = true;
        }
        finders.exact = Literals::new(&exact)?;
        finders.part = Literals::new(&part)?;
        finders.regexes = compile(&regexes)?;
        finders.globs.prepare()?;
        Ok(any.then(|| Box::new(finders)))
    }

    /// Whether the post's language matters.
    pub(super) fn asks_language(&self) -> bool {
        !self.stems.words.is_empty()
    }

    /// Marks in `post` all slots whose patterns stand in one text.
    pub(super) fn look_up(&self, tokens: &Tokens, origin: Origin<'_>, post: &mut PostState) {
        let mut marker = Marker { post, tokens, origin };
        for entry in &self.any_token {
            tokens.iter().filter(|token| token.kind.counted()).for_each(|token| marker.token(*entry, token));
        }
        if !self.globs.all.is_empty() || !self.fuzzy.is_empty() {
            self.keys(tokens, &mut marker);
        }
        if self.asks_language() {
            self.stems.look_up(tokens, origin, &mut marker);
        }
        if !self.urls.is_empty() {
            for token in tokens.iter().filter(|token| token.kind == Kind::Url) {
                let link = origin.source.get(token.start as usize..token.end as usize).unwrap_or_default();
                for (_, entry) in self.urls.iter().filter(|(wanted, _)| wanted.matches(link)) {
                    marker.token(*entry, token);
                }
            }
        }
        if !self.loose.is_empty() {
            loose::words(origin.source, |key, start, end| {
                for entry in self.loose.get(key).into_iter().flatten() {
                    marker.place(*entry, start, end);
                }
            });
        }
        if !self.exact.entries.is_empty() {
            let plain = Plain::nfc(origin.source);
            self.exact.look_up(&plain, &mut marker, |start, end| stands_alone(plain.text(), start, end));
        }
        if !self.part.entries.is_empty() {
            self.part.look_up(&Plain::folded(origin.source), &mut marker, |_, _| true);
        }
        if let Some((set, each)) = &self.regexes {
            let here = set.matches(origin.source);
            for (regex, entry) in here.iter().filter_map(|at| each.get(at)) {
                // Where only its presence is asked, one place is enough: finding all of them may cost far more.
                let most = if is_placed(*entry) { usize::MAX } else { 1 };
                for found in regex.find_iter(origin.source).filter(|found| !found.is_empty()).take(most) {
                    marker.place(*entry, offset(found.start()), offset(found.end()));
                }
            }
        }
    }

    fn keys(&self, tokens: &Tokens, marker: &mut Marker<'_, '_>) {
        for key in tokens.entries() {
            let (Some(token), text) = (tokens.as_slice().get(key.token as usize), tokens.text_of(key)) else {
                continue;
            };
            let mut mark = |entry: Entry| marker.token(entry, token);
            self.globs.each(text, |glob| takes_glob(token.kind, text, glob.prefix()), &mut mark);
            if takes_fuzzy(token.kind) && !self.fuzzy.is_empty() {
                let shape = Shape::of(text);
                for fuzzy in self.fuzzy.iter().filter(|fuzzy| fuzzy.shape.may_be(shape, fuzzy.edits)) {
                    if within(fuzzy.edits, &fuzzy.key, text) {
                        mark(fuzzy.entry);
                    }
                }
            }
        }
    }

    pub(super) fn describe(&self) -> String {
        let texts = self.exact.entries.len() + self.part.entries.len() + self.loose.len();
        let regexes = self.regexes.as_ref().map_or(0, |(_, each)| each.len());
        format!(
            "{} wildcards, {} fuzzy words, {} stems, {texts} literals, {regexes} regular expressions, {} links",
            self.globs.all.len() + self.any_token.len(),
            self.fuzzy.len(),
            self.stems.words.len(),
            self.urls.len(),
        )
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn compile(sources: &[(&str, Entry)]) -> Result<Option<Regexes>, MatchError> {
    if sources.is_empty() {
        return Ok(None);
    }
    let texts = sources.iter().map(|(source, _)| source);
    let set = RegexSetBuilder::new(texts).case_insensitive(true).size_limit(REGEX_SET_BYTES_MAX).build();
    let set =
        set.map_err(|_| MatchError::Limit { what: "regular expressions, in bytes", limit: REGEX_SET_BYTES_MAX })?;
    let each = sources.iter().map(|(source, entry)| Ok((pattern::regex(source).map_err(MatchError::code)?, *entry)));
    Ok(Some((set, each.collect::<Result<_, MatchError>>()?)))
}

/// Literals of the whole text, found in one pass.
#[derive(Debug, Default)]
struct Literals {
    automaton: Option<AhoCorasick>,
    entries: Vec<Entry>,
}

impl Literals {
    fn new(literals: &[(&str, Entry)]) -> Result<Self, MatchError> {
        if literals.is_empty() {
            return Ok(Self::default());
        }
        let automaton = AhoCorasick::new(literals.iter().map(|(text, _)| text)).map_err(MatchError::code)?;
        Ok(Self { automaton: Some(automaton), entries: literals.iter().map(|(_, entry)| *entry).collect() })
    }

    fn look_up(&self, plain: &Plain<'_>, marker: &mut Marker<'_, '_>, is_whole: impl Fn(usize, usize) -> bool) {
        let Some(automaton) = &self.automaton else { return };
        for found in automaton.find_overlapping_iter(plain.text()) {
            let entry = self.entries.get(found.pattern().as_usize());
            if let (Some(entry), true) = (entry, is_whole(found.start(), found.end()))
                && let Some((start, end)) = plain.place(found.start(), found.end())
            {
                marker.place(*entry, start, end);
            }
        }
    }
}

/// Wildcards: found by their first bytes, or where they begin with a wildcard, by their longest literal.
#[derive(Debug, Default)]
struct Globs {
    all: Vec<(Glob, Entry)>,
    /// Indices into `all`, by the first byte of what they begin with.
    by_first: HashMap<u8, Vec<u32>, FxBuildHasher>,
    /// Those that begin with a wildcard: an automaton over their longest literals, and which each belongs to.
    needles: Option<(AhoCorasick, Vec<u32>)>,
}

impl Globs {
    fn prepare(&mut self) -> Result<(), MatchError> {
        let (mut needles, mut owners) = (Vec::new(), Vec::new());
        for (at, (glob, _)) in (0..).zip(&self.all) {
            match glob.prefix().as_bytes().first() {
                Some(first) => self.by_first.entry(*first).or_default().push(at),
                None => {
                    needles.push(glob.needle().to_owned());
                    owners.push(at);
                }
            }
        }
        if !needles.is_empty() {
            self.needles = Some((AhoCorasick::new(&needles).map_err(MatchError::code)?, owners));
        }
        Ok(())
    }

    fn each(&self, key: &str, takes: impl Fn(&Glob) -> bool, mark: &mut impl FnMut(Entry)) {
        let mut test = |at: &u32| {
            if let Some((glob, entry)) = self.all.get(*at as usize)
                && key.starts_with(glob.prefix())
                && takes(glob)
                && glob.matches(key)
            {
                mark(*entry);
            }
        };
        if let Some(list) = key.as_bytes().first().and_then(|first| self.by_first.get(first)) {
            list.iter().for_each(&mut test);
        }
        if let Some((automaton, owners)) = &self.needles {
            for found in automaton.find_overlapping_iter(key) {
                if let Some(owner) = owners.get(found.pattern().as_usize()) {
                    test(owner);
                }
            }
        }
    }
}

/// A word and how many edits from it a key may be.
#[derive(Debug)]
struct Fuzzy {
    shape: Shape,
    edits: u8,
    entry: Entry,
    key: Box<str>,
}

impl Fuzzy {
    fn new(key: &str, edits: u8, entry: Entry) -> Self {
        Self { shape: Shape::of(key), edits, entry, key: key.into() }
    }
}

/// What tells most words apart without looking at their letters one by one.
#[derive(Clone, Copy, Debug)]
struct Shape {
    length: u32,
    /// One bit a letter, by its number.
    letters: u64,
}

impl Shape {
    fn of(word: &str) -> Self {
        let letters = word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64));
        Self { length: offset(word.chars().count()), letters }
    }

    /// One edit adds or takes one letter, changes one for another, or swaps two.
    const fn may_be(self, other: Self, edits: u8) -> bool {
        let edits = edits as u32;
        self.length.abs_diff(other.length) <= edits
            && (self.letters & !other.letters).count_ones() <= edits
            && (other.letters & !self.letters).count_ones() <= edits
    }
}

/// Words by their stems: for each language that a post may be in, once it was met.
#[derive(Debug, Default)]
struct Stems {
    words: Vec<(String, Entry)>,
    /// By the folded word itself, which is found in every language.
    plain: ByText,
    by_language: HashMap<&'static str, ByText, FxBuildHasher>,
}

impl Stems {
    fn add(&mut self, word: &str, entry: Entry) {
        self.words.push((word.to_owned(), entry));
        self.plain.entry_ref(&*fold(word)).or_default().push(entry);
        for lang in stem::languages() {
            let table = self.by_language.entry(lang).or_default();
            stem::stems(lang, word, |stem| table.entry_ref(stem).or_default().push(entry));
        }
    }

    fn look_up(&self, tokens: &Tokens, origin: Origin<'_>, marker: &mut Marker<'_, '_>) {
        let known = origin.lang.and_then(stem::language).and_then(|lang| Some((lang, self.by_language.get(lang)?)));
        for token in tokens.iter().filter(|token| token.kind == Kind::Word) {
            let own = tokens.keys(token).next().map_or("", |key| key.text);
            let mut mark = |entries: &[Entry]| entries.iter().for_each(|entry| marker.token(*entry, token));
            mark(self.plain.get(own).map_or(&[], Vec::as_slice));
            if let Some((lang, table)) = known {
                let original = origin.source.get(token.start as usize..token.end as usize).unwrap_or_default();
                stem::of_token(lang, own, original, |stem| mark(table.get(stem).map_or(&[], Vec::as_slice)));
            }
        }
    }
}
