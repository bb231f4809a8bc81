//! Where one pattern of a term stands in one text: the reference meaning, which looks at every token or at the whole
//! text and remembers nothing. It shares with the index what a single comparison means, and no way of finding.

use std::cell::RefCell;

use hashbrown::HashMap;
use mon_text::fuzzy::within;
use mon_text::glob::Glob;
use mon_text::literal::{Plain, stands_alone};
use mon_text::url::UrlPattern;
use mon_text::{Kind, Token, Tokens, loose, position_of, segment, stem};
use regex::{Regex, RegexBuilder};
use rustc_hash::FxBuildHasher;

use super::dictionary::RunBorders;
use crate::plan::TokenPattern;

/// Bytes that one compiled regular expression may take: what it may cost is bounded before it runs.
pub(crate) const REGEX_BYTES_MAX: usize = 1 << 20;

/// Where a pattern stands: bytes of the text, and positions of its first and last token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) first: i32,
    pub(super) last: i32,
}

/// A regular expression as rules mean it: case counts only after `(?-i)`. Looking for its first place takes time linear in
/// the text; looking for all of them may take more.
///
/// # Errors
/// When it cannot be read, or is larger than [`REGEX_BYTES_MAX`].
pub(crate) fn regex(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).case_insensitive(true).size_limit(REGEX_BYTES_MAX).build()
}

/// Whether a wildcard or a prefix may be looked for in this key at all.
pub(super) fn takes_prefix(kind: Kind, key: &str) -> bool {
    match kind {
        Kind::Url | Kind::Email => false,
        Kind::Tag | Kind::Handle | Kind::Cash => key.starts_with(['#', '@', '$']),
        _ => true,
    }
}

/// The wildcard that is one token of any kind, if it counts in distances.
pub(super) const ANY_TOKEN: &str = "*";

/// Whether another wildcard, which begins with `prefix`, may be looked for in this key: that of a tag, handle or cashtag
/// only where the sign itself is written.
pub(super) fn takes_glob(kind: Kind, key: &str, prefix: &str) -> bool {
    takes_prefix(kind, key)
        && (!matches!(kind, Kind::Tag | Kind::Handle | Kind::Cash) || prefix.starts_with(['#', '@', '$']))
}

/// Whether words that are nearly the same are looked for in a token.
pub(super) const fn takes_fuzzy(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Number | Kind::Sign)
}

/// Every place of a pattern in one text, by start. `lang` is the post's language.
pub(super) fn find_all(pattern: &TokenPattern, text: &str, tokens: &Tokens, lang: Option<&str>) -> Vec<Place> {
    let place = |start: u32, end: u32| {
        let (first, last) = position_of(tokens, start, end);
        Place { start, end, first, last }
    };
    match pattern {
        TokenPattern::Exact(literal) => {
            let plain = Plain::nfc(text);
            let alone = |at: &usize| stands_alone(plain.text(), *at, *at + literal.len());
            let found = starts_of(plain.text(), literal).filter(alone);
            found.filter_map(|at| plain.place(at, at + literal.len())).map(|(start, end)| place(start, end)).collect()
        }
        TokenPattern::Part(literal) => {
            let plain = Plain::folded(text);
            let found = starts_of(plain.text(), literal);
            found.filter_map(|at| plain.place(at, at + literal.len())).map(|(start, end)| place(start, end)).collect()
        }
        TokenPattern::Regex(source) => {
            regex_places(source, text).into_iter().map(|(start, end)| place(start, end)).collect()
        }
        TokenPattern::Loose(wanted) => {
            let mut found = Vec::new();
            loose::words(text, |key, start, end| {
                if key == wanted {
                    found.push(place(start, end));
                }
            });
            found
        }
        TokenPattern::Key(_)
        | TokenPattern::Prefix(_)
        | TokenPattern::Glob(_)
        | TokenPattern::Fuzzy { .. }
        | TokenPattern::Stem(_)
        | TokenPattern::Url(_)
        | TokenPattern::Run(_)
        | TokenPattern::Word(_) => {
            tokens.iter().flat_map(|token| in_token(pattern, text, tokens, token, lang)).collect()
        }
    }
}

/// Where a literal begins, also where it overlaps itself.
fn starts_of<'a>(text: &'a str, literal: &'a str) -> impl Iterator<Item = usize> + 'a {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.filter(move |at| !literal.is_empty() && text.get(*at..).is_some_and(|rest| rest.starts_with(literal)))
}

fn regex_places(source: &str, text: &str) -> Vec<(u32, u32)> {
    thread_local! {
        /// Expressions that were read already: reading one costs more than most searches.
        static KNOWN: RefCell<HashMap<String, Option<Regex>, FxBuildHasher>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let found = known.entry_ref(source).or_insert_with(|| regex(source).ok());
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let ranges = found.iter().flat_map(|found| found.find_iter(text)).filter(|found| !found.is_empty());
        ranges.map(|found| (offset(found.start()), offset(found.end()))).collect()
    })
}

/// The places inside one token: the token, or stretches of a run.
fn in_token(pattern: &TokenPattern, text: &str, tokens: &Tokens, token: &Token, lang: Option<&str>) -> Vec<Place> {
    let whole = Place { start: token.start, end: token.end, first: token.pos, last: token.pos };
    let original = text.get(token.start as usize..token.end as usize).unwrap_or_default();
    let mut keys = tokens.keys(token);
    let found = match pattern {
        TokenPattern::Key(wanted) => keys.any(|key| key.text == wanted),
        TokenPattern::Prefix(prefix) => {
            keys.any(|key| takes_prefix(token.kind, key.text) && key.text.starts_with(prefix.as_str()))
        }
        TokenPattern::Glob(written) if written == ANY_TOKEN => token.kind.counted(),
        TokenPattern::Glob(written) => {
            let glob = Glob::new(written);
            keys.any(|key| takes_glob(token.kind, key.text, glob.prefix()) && glob.matches(key.text))
        }
        TokenPattern::Fuzzy { key: wanted, edits } => {
            takes_fuzzy(token.kind) && keys.any(|key| within(*edits, wanted, key.text))
        }
        TokenPattern::Stem(wanted) => {
            let own = keys.next().map_or("", |key| key.text);
            token.kind == Kind::Word && stem::same(lang, wanted, own, original)
        }
        TokenPattern::Url(wanted) => {
            token.kind == Kind::Url && UrlPattern::parse(wanted).is_ok_and(|wanted| wanted.matches(original))
        }
        TokenPattern::Run(literal) => return in_run(literal, false, text, tokens, token),
        TokenPattern::Word(literal) => return in_run(literal, true, text, tokens, token),
        TokenPattern::Exact(_) | TokenPattern::Part(_) | TokenPattern::Regex(_) | TokenPattern::Loose(_) => false,
    };
    found.then_some(whole).into_iter().collect()
}

/// Stretches of a run that are the literal; with `segments`, only those between borders of words.
fn in_run(literal: &str, segments: bool, text: &str, tokens: &Tokens, token: &Token) -> Vec<Place> {
    let Some(key) = tokens.keys(token).next().filter(|_| token.kind == Kind::Run) else { return Vec::new() };
    let borders = RunBorders::new(key.text, token, text);
    let is_word = |at: &usize| {
        !segments || segment::is_border(key.text, *at) && segment::is_border(key.text, *at + literal.len())
    };
    let found = starts_of(key.text, literal).filter(is_word);
    let places = found.filter_map(|at| borders.place(at, at + literal.len()));
    places.map(|(start, end)| Place { start, end, first: token.pos, last: token.pos }).collect()
}
