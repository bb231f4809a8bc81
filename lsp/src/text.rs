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
}

/// A line from 0, and a column from 0 in the units of an [`Encoding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: usize, byte: u8| byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let behind = bytes.iter().enumerate().filter(|(at, byte)| ends(*at, **byte)).map(|(at, _)| small(at + 1));
        Self { starts: std::iter::once(0).chain(behind).collect() }
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
        let before = text.get(start..offset).unwrap_or("");
        let column = before.chars().map(|c| encoding.units(c)).sum::<usize>();
        Position { line: small(line), column: small(column) }
    }

    /// The byte of a place. Behind the end of a line is its end, behind the last line the end of the text.
    #[must_use]
    pub fn offset(&self, text: &str, place: Position, encoding: Encoding) -> u32 {
        let Some((start, end)) = self.line(text, place.line) else { return small(text.len()) };
        let own = text.get(start as usize..end as usize).unwrap_or("");
        let mut left = place.column as usize;
        for (at, c) in own.char_indices() {
            if left < encoding.units(c) {
                return start + small(at);
            }
            left -= encoding.units(c);
        }
        end
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
