//! What story a post tells: a signature of its words that posts with nearly the same words share in part. Neither the order in
//! which posts are read nor what was read before has a part in it, so it may be kept and compared on any machine.
//!
//! The words are those of the post without its links and handles, folded; pairs of neighbours are what is compared. A
//! signature is the least hash of all pairs under each of 96 functions (Broder, On the resemblance and containment of
//! documents, 1997), eight of them to a band (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4). Two posts share
//! one of the twelve bands with probability `1 - (1 - s^8)^12` where a part `s` of all their pairs is in both: 1 in 20 at a
//! half, 1 in 2 at 0.7, 9 in 10 at 0.8.
//!
//! ```
//! use mon_text::story::{BAND_BYTES, Reader};
//!
//! let mut reader = Reader::default();
//! let mut story = |text| reader.signature([text]).unwrap();
//! let first = story("Acme phones overheat while charging, says the regulator https://news.example/1");
//! let again = story("RT @nora: ACME phones overheat while charging, says the regulator");
//! let other = story("Acme opens a new shop in Lisbon next week and everybody is invited");
//! assert_eq!(first, again);
//! assert!(first.chunks(BAND_BYTES).zip(other.chunks(BAND_BYTES)).all(|(a, b)| a != b));
//! ```

use crate::{Kind, Tokens, key_hash};

/// Bands of a signature.
pub const BANDS: usize = 12;
/// Hash functions of a band.
const ROWS: usize = 8;
/// Bytes of a band.
pub const BAND_BYTES: usize = 8;
/// Bytes of a signature.
pub const BYTES: usize = BANDS * BAND_BYTES;

/// Reads stories, one post after another.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    tokens: Tokens,
    words: Vec<u64>,
    pairs: Vec<u64>,
}

impl Reader {
    /// The signature of a post of these texts; none where they have no words.
    pub fn signature<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Option<[u8; BYTES]> {
        self.pairs.clear();
        let mut alone = None;
        for text in texts {
            self.read(text);
            alone = alone.or(self.words.first().copied());
            self.pairs.extend(self.words.windows(2).filter_map(|pair| match pair {
                [first, second] => Some(mixed(first.rotate_left(1) ^ mixed(*second))),
                _ => None,
            }));
        }
        // A single word is compared as it is.
        if self.pairs.is_empty() {
            self.pairs.push(alone?);
        }
        self.pairs.sort_unstable();
        self.pairs.dedup();
        let mut seed = 0_u64;
        let mut signature = [0; BYTES];
        for band in signature.chunks_exact_mut(BAND_BYTES) {
            let mut least = 0;
            for _ in 0..ROWS {
                seed = seed.wrapping_add(STEP);
                let function = mixed(seed);
                let hashes = self.pairs.iter().map(|pair| mixed(pair ^ function));
                least = mixed(least ^ hashes.min().unwrap_or(u64::MAX));
            }
            band.copy_from_slice(&least.to_be_bytes());
        }
        Some(signature)
    }

    /// The words of a text that tell its story.
    fn read(&mut self, text: &str) {
        self.tokens.tokenize(text, 0);
        self.words.clear();
        // A bare domain lies over its words, which are no words of the story either.
        let mut passed = 0;
        let tokens = self.tokens.as_slice();
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at + 1);
            let names = |kind: Kind| matches!(kind, Kind::Url | Kind::Email | Kind::Handle);
            let lies_under = next.is_some_and(|next| names(next.kind) && next.start == token.start);
            if names(token.kind) || lies_under {
                passed = passed.max(token.end).max(next.filter(|_| lies_under).map_or(0, |next| next.end));
                continue;
            }
            if token.start < passed || !token.kind.counted() {
                continue;
            }
            let Some(key) = self.tokens.keys(token).next() else { continue };
            // Who passes a post on by hand writes `RT @nora:` before it.
            if key.text == "rt" && next.is_some_and(|next| next.kind == Kind::Handle) {
                continue;
            }
            self.words.push(if token.kind == Kind::Tag {
                key_hash(key.text.trim_start_matches('#'))
            } else {
                key.hash
            });
        }
    }
}

/// The step from one seed to the next: 2^64 by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Stirs the bits of a number: one to one, and the same everywhere (Steele, Lea and Flood, Fast splittable pseudorandom number
/// generators, 2014).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(STEP);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(texts: &[&str]) -> Option<[u8; BYTES]> {
        Reader::default().signature(texts.iter().copied())
    }

    fn near(one: &str, other: &str) -> bool {
        let (one, other) = (story(&[one]).unwrap(), story(&[other]).unwrap());
        one.chunks(BAND_BYTES).zip(other.chunks(BAND_BYTES)).any(|(a, b)| a == b)
    }

    #[test]
    fn case_accents_links_handles_and_punctuation_tell_no_other_story() {
        let plain = story(&["acme recalls its phones after the fire in lyon"]);
        for same in [
            "Acme RECALLS its phones, after the fire in Lyon!",
            "@nora @ben Acme recalls its phones after the fire in Lyon https://t.example/a1?b=2",
            "Acme recalls its phones after the fire in Lyon acme.com/news 🔥🔥",
            "news.com Acme recalls its phones after the fire in Lyon",
            "RT @nora.bsky.social: Acme recalls its phones after the fire in Lyon",
            "#acme recalls its phones after the fire in Lyon",
            "Ácme recalls its phones\nafter the fire in Lyon",
        ] {
            assert_eq!(story(&[same]), plain, "{same}");
        }
        assert_eq!(story(&["acme recalls its phones after the fire in lyon", ""]), plain);
    }

    #[test]
    fn a_few_other_words_tell_the_same_story_and_half_others_do_not() {
        let text =
            "acme recalls all phones of last year after three fires in lyon and asks owners to switch them off at once";
        assert!(near(text, &format!("breaking: {text}")));
        assert!(near(text, &format!("{text} please share")));
        assert!(near(text, &text.replace("three", "four")));
        assert!(!near(
            text,
            "zeta opens its first shop in lisbon next week and gives a phone to everybody who comes early"
        ));
        assert!(!near("my acme is broken", "my acme is great"));
        assert!(near("好消息:京都新店今天开业", "好消息:京都新店今天开业!"));
        assert!(!near("好消息:京都新店今天开业", "昨天晚上大阪发生了火灾"));
    }

    #[test]
    fn without_words_there_is_no_story() {
        for text in ["", "  ", "https://acme.example/a", "@nora @ben", "🔥🔥🔥", "!?"] {
            assert_eq!(story(&[text]), None, "{text:?}");
        }
        assert_eq!(story(&[]), None);
        assert!(story(&["yes"]).is_some());
        assert_ne!(story(&["yes"]), story(&["no"]));
    }

    #[test]
    fn signatures_stay_what_they_were_when_state_was_kept() {
        let hash = key_hash(&format!("{:?}", story(&["acme recalls its phones"]).unwrap()));
        assert_eq!(hash, 13_996_076_238_250_305_970);
    }
}
