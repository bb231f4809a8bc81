//! Where words and signs begin and end in a text, as bits: the bytes are classified 64 at a time without a branch, and the
//! scanner then goes from border to border instead of from byte to byte.
//!
//! ```text
//! text    W o n ' t   t u r n   o n   😡
//! words   1 1 1 0 1 0 1 1 1 1 0 1 1 0 0000      ASCII letters and digits
//! starts  1 1 1 0 1 0 1 1 1 1 0 1 1 0 1111      the same, signs of entities, and all bytes beyond ASCII
//! ```

use wide::u8x16;

/// Bytes in one word of bits.
const BLOCK: usize = 64;

/// The bits of one text; filled anew for each text without allocating.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bitmap {
    /// Bits of [`Bitmap::words`] and of [`Bitmap::starts`] for each block.
    blocks: Vec<(u64, u64)>,
}

impl Bitmap {
    /// Reads a text.
    pub fn fill(&mut self, bytes: &[u8]) {
        self.blocks.clear();
        let (whole, rest) = bytes.as_chunks::<BLOCK>();
        self.blocks.extend(whole.iter().map(classify));
        if !rest.is_empty() {
            let mut last = [0; BLOCK];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.blocks.push(classify(&last));
        }
    }

    /// The first byte from `at` on that begins or continues something: letter, digit, sign, or beyond ASCII. The length of
    /// the text rounded up to whole blocks where there is none.
    #[inline]
    pub fn next_start(&self, at: usize) -> usize {
        self.first(at, |(_, starts)| starts)
    }

    /// The first byte from `at` on that is no ASCII letter or digit.
    #[inline]
    pub fn word_end(&self, at: usize) -> usize {
        self.first(at, |(words, _)| !words)
    }

    #[inline]
    fn first(&self, at: usize, bits: impl Fn((u64, u64)) -> u64) -> usize {
        let mut block = at / BLOCK;
        let mut keep = u64::MAX << (at % BLOCK);
        while let Some(both) = self.blocks.get(block) {
            let found = bits(*both) & keep;
            if found != 0 {
                return block * BLOCK + found.trailing_zeros() as usize;
            }
            keep = u64::MAX;
            block += 1;
        }
        self.blocks.len() * BLOCK
    }
}

/// Where the bytes lie in `from..from + count`.
#[inline]
fn within(bytes: u8x16, from: u8, count: u8) -> u8x16 {
    let offset = bytes - u8x16::splat(from);
    offset.min(u8x16::splat(count - 1)).simd_eq(offset)
}

#[inline]
fn classify(bytes: &[u8; BLOCK]) -> (u64, u64) {
    let (sixteens, _) = bytes.as_chunks::<16>();
    sixteens.iter().rev().fold((0, 0), |(words, starts), sixteen| {
        let bytes = u8x16::new(*sixteen);
        let word = within(bytes | u8x16::splat(0x20), b'a', 26) | within(bytes, b'0', 10);
        // `#` and `$`, `:` to `=`, `@`, `*`: what `ascii::SIGN` holds. The mask takes the highest bit of each byte, which
        // bytes beyond ASCII have set.
        let sign = within(bytes, b'#', 2) | within(bytes, b':', 4) | within(bytes, b'@', 1) | within(bytes, b'*', 1);
        let (word, start) = (word.to_bitmask(), (word | sign | bytes).to_bitmask());
        (words << 16 | u64::from(word), starts << 16 | u64::from(start))
    })
}

/// Whether a letter stands three times in a row somewhere in a text of small ASCII letters. Compares the whole text without
/// a branch, so that the question costs less than asking it for each word.
pub(crate) fn has_stretch(lower: &[u8]) -> bool {
    const STEP: usize = 16;
    let sixteen = |at: usize| lower.get(at..).and_then(<[u8]>::first_chunk::<STEP>).map(|bytes| u8x16::new(*bytes));
    let mut at = 0;
    while let (Some(first), Some(second), Some(third)) = (sixteen(at), sixteen(at + 1), sixteen(at + 2)) {
        if (first.simd_eq(second) & second.simd_eq(third) & within(first, b'a', 26)).to_bitmask() != 0 {
            return true;
        }
        at += STEP;
    }
    let rest = lower.get(at..).unwrap_or_default();
    rest.windows(3).any(|three| matches!(three, [a, b, c] if a == b && b == c && a.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::{Bitmap, has_stretch};
    use crate::ascii::{SIGN, WIDE, WORD, action};

    #[test]
    fn bits_say_what_the_table_of_bytes_says() {
        let mut bitmap = Bitmap::default();
        for shift in 0..=70 {
            let bytes: Vec<u8> = std::iter::repeat_n(b' ', shift).chain(0..=255).collect();
            bitmap.fill(&bytes);
            for at in 0..bytes.len() {
                let start = bytes[at..].iter().position(|&byte| action(byte) & (WORD | SIGN | WIDE) != 0);
                let found = bitmap.next_start(at);
                assert_eq!((found < bytes.len()).then_some(found - at), start, "start from {at} behind {shift} spaces");
                let end = bytes[at..].iter().position(|&byte| action(byte) & WORD == 0).unwrap_or(bytes.len() - at);
                assert_eq!(bitmap.word_end(at) - at, end, "end from {at} behind {shift} spaces");
            }
        }
    }

    #[test]
    fn a_stretch_is_found_wherever_it_stands() {
        for length in 0..70 {
            let text: Vec<u8> = (b'a'..=b'y').cycle().take(length).collect();
            assert!(!has_stretch(&text), "{length} bytes without a stretch");
            for at in 0..length.saturating_sub(2) {
                for (sign, expected) in [(b'z', true), (b'.', false), (b'0', false)] {
                    let mut text = text.clone();
                    text[at..at + 3].fill(sign);
                    assert_eq!(has_stretch(&text), expected, "{} at {at} of {length}", char::from(sign));
                }
            }
        }
    }

    #[test]
    fn an_empty_text_has_no_start() {
        let mut bitmap = Bitmap::default();
        bitmap.fill(b"");
        assert_eq!((bitmap.next_start(0), bitmap.word_end(0)), (0, 0));
    }
}
