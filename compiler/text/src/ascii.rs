//! Bytes of ASCII text: what the scanner does at each of them, in one table that stays in the first-level cache.

/// A letter.
pub(crate) const LETTER: u8 = 1;
/// A digit.
pub(crate) const DIGIT: u8 = 2;
/// A letter or a digit.
pub(crate) const WORD: u8 = LETTER | DIGIT;
/// May begin a token that is no word: `#`, `@`, `$`, eyes of an emoticon.
pub(crate) const SIGN: u8 = 4;
/// Part of a character beyond ASCII.
pub(crate) const WIDE: u8 = 8;
/// Behind a word, it may make more of it: an apostrophe, the dot of a host, the `&` of `AT&T`.
pub(crate) const JOIN: u8 = 16;

static ACTIONS: [u8; 256] = actions();

const fn actions() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let b = byte as u8;
        let action = if b.is_ascii_alphabetic() {
            LETTER
        } else if b.is_ascii_digit() {
            DIGIT
        } else if matches!(b, b'#' | b'@' | b'$' | b':' | b';' | b'=' | b'<' | b'*') {
            SIGN
        } else if b >= 0x80 {
            WIDE
        } else {
            0
        };
        let join = if matches!(b, b'\'' | b'.' | b':' | b',' | b'-' | b'&' | b'+' | b'#' | b'"') { JOIN } else { 0 };
        #[expect(clippy::indexing_slicing, reason = "the loop ends at 256")]
        {
            table[byte] = action | join;
        }
        byte += 1;
    }
    table
}

/// What the byte is; 0 for one that separates.
#[inline]
#[expect(clippy::indexing_slicing, reason = "256 entries, one for each byte")]
pub(crate) fn action(byte: u8) -> u8 {
    ACTIONS[byte as usize]
}
