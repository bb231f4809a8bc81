//! Bits that tell most keys of most posts from those that a dictionary may know, in a few instructions and no branch.

use mon_text::Entry;

/// How many bits a word has: of keys that are no words, at most one in sixteen passes, until the bits reach their bound.
const BITS_A_WORD: usize = 16;
const WORD_BITS_MAX: usize = 1 << 23;
const HEAD_BITS: u32 = 16;
const BLOCKS: usize = 1 << (HEAD_BITS - 6);

/// Says yes of each key that is a word or begins with a prefix, and of few others.
#[derive(Debug)]
pub(super) struct KeyFilter {
    /// By the highest bits of a key's hash.
    words: Vec<u64>,
    shift: u32,
    /// By a hash of a key's first four bytes: prefixes of four bytes and more.
    heads: Box<[u64; BLOCKS]>,
    /// By a key's first two bytes: shorter prefixes.
    pairs: Box<[u64; BLOCKS]>,
}

/// The first four bytes of a key, the lowest first, with zeros behind a shorter one.
#[inline]
pub(super) fn head_of(key: &[u8]) -> u32 {
    match key.first_chunk::<4>() {
        Some(four) => u32::from_le_bytes(*four),
        None => key.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
    }
}

#[inline]
fn mixed(head: u32) -> u64 {
    u64::from(head).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - HEAD_BITS)
}

#[inline]
const fn pair(head: u32) -> u64 {
    head as u64 & 0xFFFF
}

#[inline]
fn bit(bits: &[u64], at: u64) -> u64 {
    let block = usize::try_from(at >> 6).unwrap_or(usize::MAX);
    bits.get(block).map_or(0, |block| block >> (at & 63) & 1)
}

fn set(bits: &mut [u64], at: u64) {
    let block = usize::try_from(at >> 6).unwrap_or(usize::MAX);
    if let Some(block) = bits.get_mut(block) {
        *block |= 1 << (at & 63);
    }
}

impl KeyFilter {
    /// A filter for so many words that knows none yet.
    pub(super) fn new(words: usize) -> Self {
        let bits = words.saturating_mul(BITS_A_WORD).next_power_of_two().clamp(64, WORD_BITS_MAX);
        Self {
            words: vec![0; bits / 64],
            shift: u64::BITS - bits.trailing_zeros(),
            heads: Box::new([0; BLOCKS]),
            pairs: Box::new([0; BLOCKS]),
        }
    }

    pub(super) fn add_word(&mut self, hash: u64) {
        set(&mut self.words, hash >> self.shift);
    }

    pub(super) fn add_prefix(&mut self, prefix: &str) {
        let head = head_of(prefix.as_bytes());
        match prefix.len() {
            0 => self.pairs.fill(u64::MAX),
            1 => (0..=u8::MAX).for_each(|second| set(&mut *self.pairs, pair(head | u32::from(second) << 8))),
            2 | 3 => set(&mut *self.pairs, pair(head)),
            _ => set(&mut *self.heads, mixed(head)),
        }
    }

    #[inline]
    fn passes(&self, entry: &Entry) -> u64 {
        bit(&self.words, entry.hash >> self.shift)
            | bit(&*self.heads, mixed(entry.head))
            | bit(&*self.pairs, pair(entry.head))
    }

    /// Fills `passed` with the places of the entries that pass.
    #[inline]
    pub(super) fn pick(&self, entries: &[Entry], passed: &mut Vec<u32>) {
        passed.resize(entries.len(), 0);
        let mut count = 0;
        // The place is written before it is known whether it counts: nothing to guess wrong.
        for (at, entry) in (0..).zip(entries) {
            if let Some(place) = passed.get_mut(count) {
                *place = at;
            }
            count += usize::from(self.passes(entry) != 0);
        }
        passed.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use mon_text::{Tokens, key_hash};

    use super::KeyFilter;

    /// The keys of `text` that pass, as texts.
    fn passing(filter: &KeyFilter, text: &str) -> Vec<String> {
        let (mut tokens, mut passed) = (Tokens::default(), vec![7; 90]);
        tokens.tokenize(text, 0);
        filter.pick(tokens.entries(), &mut passed);
        let entries = passed.iter().map(|at| &tokens.entries()[*at as usize]);
        entries.map(|entry| tokens.text_of(entry).to_owned()).collect()
    }

    #[test]
    fn words_and_what_begins_with_a_prefix_pass() {
        let mut filter = KeyFilter::new(1_000);
        filter.add_word(key_hash("acme"));
        filter.add_word(key_hash("землетрясение"));
        for prefix in ["overheat", "zq", "ж", "kit"] {
            filter.add_prefix(prefix);
        }
        let text = "Acme is bad, Землетрясение overheated zqs zq z ж жу kitten kin";
        // Of a short prefix only two bytes are looked at, so `kin` passes.
        assert_eq!(
            passing(&filter, text),
            ["acme", "землетрясение", "overheated", "zqs", "zq", "ж", "жу", "kitten", "kin"]
        );
    }

    #[test]
    fn the_empty_prefix_passes_every_key_and_no_word_none() {
        let mut filter = KeyFilter::new(0);
        assert_eq!(passing(&filter, "a bc def ghij"), Vec::<String>::new());
        filter.add_prefix("");
        assert_eq!(passing(&filter, "a bc def ghij"), ["a", "bc", "def", "ghij"]);
    }

    #[test]
    fn every_word_passes_and_few_others() {
        let mut filter = KeyFilter::new(10_000);
        let words: Vec<String> = (0..10_000).map(|n| format!("word{n}")).collect();
        words.iter().for_each(|word| filter.add_word(key_hash(word)));
        assert!(words.iter().all(|word| passing(&filter, word) == [word.as_str()]));
        let others = (0..10_000).filter(|n| !passing(&filter, &format!("other{n}")).is_empty()).count();
        assert!((1..1_500).contains(&others), "{others} of 10,000 unknown keys pass");
    }
}
