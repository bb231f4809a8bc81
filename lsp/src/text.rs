//! Lines and columns of a text, in the units that an editor counts in.

/// What a column counts (LSP 3.17, `PositionEncodingKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    const fn units(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }

    /// The units of a part of a text of so many bytes.
    const fn of(self, bytes: usize, further: Further) -> usize {
        match self {
            Self::Utf8 => bytes,
            Self::Utf16 => bytes - further.inner as usize + further.pairs as usize,
            Self::Utf32 => bytes - further.inner as usize,
        }
    }
}

/// What makes units differ from bytes: bytes inside of characters, and characters of two units in UTF-16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Further {
    inner: u32,
    pairs: u32,
}

impl Further {
    /// Of these bytes, behind others.
    fn behind(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |so_far, byte| Self {
            inner: so_far.inner + u32::from(byte & 0xC0 == 0x80),
            pairs: so_far.pairs + u32::from(*byte >= 0xF0),
        })
    }
}

/// A line from 0, and a column from 0 in the units of an [`Encoding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Bytes between two marks, so that no more of a long line is read for a place in it.
const MARK_EVERY: usize = 256;

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<u32>,
    /// What stands before each mark.
    marks: Vec<Further>,
}

impl Lines {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: usize, byte: u8| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let behind = bytes.iter().enumerate().filter(|(at, byte)| ends(*at, **byte)).map(|(at, _)| small(at + 1));
        let mut further = Further::default();
        let marks = bytes.chunks(MARK_EVERY).map(|part| {
            let before = further;
            further = further.behind(part);
            before
        });
        Self { marks: marks.collect(), starts: std::iter::once(0).chain(behind).collect() }
    }

    /// What stands before a byte.
    fn further(&self, text: &str, offset: usize) -> Further {
        let mark = (offset / MARK_EVERY).min(self.marks.len().saturating_sub(1));
        let before = self.marks.get(mark).copied().unwrap_or_default();
        before.behind(text.as_bytes().get(mark * MARK_EVERY..offset).unwrap_or_default())
    }

    /// The units from one byte of a text to another.
    fn units(&self, text: &str, start: usize, end: usize, encoding: Encoding) -> usize {
        let (before, all) = (self.further(text, start), self.further(text, end));
        let own = Further { inner: all.inner - before.inner, pairs: all.pairs - before.pairs };
        encoding.of(end - start, own)
    }

    /// How many lines there are; an empty text has one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Where a line begins, and where it ends without its break.
    #[must_use]
    pub fn line(&self, text: &str, line: u32) -> Option<(u32, u32)> {
        let start = *self.starts.get(line as usize)?;
        let end = self.starts.get(line as usize + 1).map_or(text.len(), |end| *end as usize);
        let own = text.get(start as usize..end)?;
        Some((start, start + small(own.trim_end_matches(['\n', '\r']).len())))
    }

    /// The place of a byte. One inside a character is that of the character.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let offset = text.floor_char_boundary(offset as usize);
        let line = self.starts.partition_point(|start| *start as usize <= offset).max(1) - 1;
        let start = self.starts.get(line).map_or(0, |start| *start as usize);
        Position { line: small(line), column: small(self.units(text, start, offset.max(start), encoding)) }
    }

    /// The byte of a place. Behind the end of a line is its end, behind the last line the end of the text.
    #[must_use]
    pub fn offset(&self, text: &str, place: Position, encoding: Encoding) -> u32 {
        let Some((start, end)) = self.line(text, place.line) else { return small(text.len()) };
        let (start, end, column) = (start as usize, end as usize, place.column as usize);
        let column_of = |byte: usize| self.units(text, start, byte, encoding);
        // The last mark of the line that is not behind the place.
        let (mut low, mut high) = (start / MARK_EVERY, end / MARK_EVERY);
        let byte_of = |mark: usize| text.floor_char_boundary(mark * MARK_EVERY).clamp(start, end);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if column_of(byte_of(middle)) <= column { low = middle } else { high = middle - 1 }
        }
        let from = byte_of(low);
        let mut left = column.saturating_sub(column_of(from));
        for (at, c) in text.get(from..end).unwrap_or("").char_indices() {
            if left < encoding.units(c) {
                return small(from + at);
            }
            left -= encoding.units(c);
        }
        small(end)
    }
}

/// An offset as places hold it; files are smaller than 4 GiB.
pub(crate) fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_bytes_turn_into_each_other_in_every_unit() {
        let text = "aé😡b\r\nx\n\rlast";
        let lines = Lines::new(text);
        assert_eq!(lines.count(), 4);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (at, c) in text.char_indices().filter(|(_, c)| !matches!(c, '\r' | '\n')) {
                let place = lines.position(text, small(at), encoding);
                assert_eq!(lines.offset(text, place, encoding), small(at), "{c:?} {encoding:?}");
            }
        }
        let b = small(text.find('b').unwrap());
        let column = |encoding| lines.position(text, b, encoding).column;
        assert_eq!([column(Encoding::Utf8), column(Encoding::Utf16), column(Encoding::Utf32)], [7, 4, 3]);
    }

    #[test]
    fn places_in_long_lines_are_those_that_counting_finds() {
        let signs = ["a", "é", "字", "😡", "\u{301}", "b\r\n", "\r", "plain words in a row "];
        let text: String = (0..4_000_usize).map(|at| signs[at * at % 7 + at % 2]).collect();
        let text = format!("{text}\n{}", "字x".repeat(3_000));
        let lines = Lines::new(&text);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let mut place = Position::default();
            for (at, c) in text.char_indices() {
                assert_eq!(lines.position(&text, small(at), encoding), place, "{at} {encoding:?}");
                if !matches!(c, '\r' | '\n') {
                    assert_eq!(lines.offset(&text, place, encoding), small(at), "{at} {encoding:?}");
                }
                let ends = c == '\n' || c == '\r' && !text[at + 1..].starts_with('\n');
                let column = place.column + small(encoding.units(c));
                place = if ends { Position { line: place.line + 1, column: 0 } } else { Position { column, ..place } };
            }
            assert_eq!(lines.position(&text, small(text.len()), encoding), place);
        }
    }

    #[test]
    fn places_outside_the_text_are_its_edges() {
        let text = "ab\ncd";
        let lines = Lines::new(text);
        let offset = |line, column| lines.offset(text, Position { line, column }, Encoding::Utf16);
        assert_eq!([offset(0, 99), offset(9, 0), offset(1, 2)], [2, 5, 5]);
        assert_eq!(lines.position(text, 99, Encoding::Utf16), Position { line: 1, column: 2 });
        // Half of a pair of UTF-16 is the character's beginning.
        let pair = "😡";
        assert_eq!(Lines::new(pair).offset(pair, Position { line: 0, column: 1 }, Encoding::Utf16), 0);
    }
}
