//! Splits a stream of bytes into lines, whatever its size: a line over the limit is passed over, not held.

use std::io::{self, Read};

use memchr::memchr;

/// Bytes that one line (one post) may have; a longer one is a bad line.
pub const MAX_LINE_BYTES: usize = 8 << 20;

const CHUNK: usize = 256 << 10;

/// One line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    pub bytes: &'a [u8],
    /// True where the file went on over [`MAX_LINE_BYTES`]; `bytes` is empty then.
    pub too_long: bool,
    /// True where the file ended before the line did.
    pub unfinished: bool,
    /// True where a carriage return stood before the line feed.
    pub returned: bool,
}

/// A stream taken apart at its line feeds.
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The bytes read and not yet given out.
    from: usize,
    to: usize,
    /// The bytes from `from` that are known to hold no line feed.
    searched: usize,
    number: u64,
    /// True inside of a line that is over the limit.
    too_long: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), from: 0, to: 0, searched: 0, number: 0, too_long: false, ended: false }
    }

    /// The next line, or `None` at the end. An error is the stream's own; after one of a stream that only pauses, the
    /// next call goes on in the same line.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let held = self.buffer.get(self.from..self.to).unwrap_or_default();
            let fresh = held.get(self.searched..).unwrap_or_default();
            if let Some(found) = memchr(b'\n', fresh) {
                let length = self.searched + found;
                let begin = self.from;
                self.from = begin + length + 1;
                return Ok(Some(self.line(begin, length, false)));
            }
            self.searched = held.len();
            if self.searched > MAX_LINE_BYTES {
                self.too_long = true;
                self.from = self.to;
                self.searched = 0;
            }
            if self.ended {
                let (begin, length) = (self.from, self.to - self.from);
                self.from = self.to;
                if length == 0 && !self.too_long {
                    return Ok(None);
                }
                return Ok(Some(self.line(begin, length, true)));
            }
            self.fill()?;
        }
    }

    fn line(&mut self, begin: usize, length: usize, unfinished: bool) -> Line<'_> {
        self.number += 1;
        self.searched = 0;
        let too_long = std::mem::take(&mut self.too_long);
        let length = if too_long { 0 } else { length };
        let mut bytes = self.buffer.get(begin..begin + length).unwrap_or_default();
        let returned = bytes.ends_with(b"\r");
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if let (1, [0xEF, 0xBB, 0xBF, rest @ ..]) = (self.number, bytes) {
            bytes = rest;
        }
        // A line of exactly the limit and one more byte was held whole: it is over the limit all the same.
        let too_long = too_long || bytes.len() > MAX_LINE_BYTES;
        let bytes = if too_long { &[] } else { bytes };
        Line { number: self.number, bytes, too_long, unfinished, returned }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
        }
        if self.buffer.len() - self.to < CHUNK {
            self.buffer.resize((self.buffer.len() * 2).max(2 * CHUNK), 0);
        }
        loop {
            match self.reader.read(self.buffer.get_mut(self.to..).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(count) => self.to += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8]) -> Vec<(u64, usize, bool, bool)> {
        let mut lines = Lines::new(bytes);
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push((line.number, line.bytes.len(), line.too_long, line.unfinished));
        }
        seen
    }

    #[test]
    fn ends_of_lines_and_of_the_file() {
        assert_eq!(split(b""), []);
        assert_eq!(split(b"\xEF\xBB\xBFab\r\n\ncd"), [(1, 2, false, false), (2, 0, false, false), (3, 2, false, true)]);
    }

    /// Gives one byte, then says that there is nothing yet, then one byte again.
    struct Pausing<'a>(&'a [u8], bool);

    impl Read for Pausing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.0.take(1).read(buffer).inspect(|count| self.0 = &self.0[*count..])
        }
    }

    #[test]
    fn a_stream_that_pauses_anywhere_gives_the_same_lines() {
        let mut lines = Lines::new(Pausing(b"ab\r\n\ncd", false));
        let (mut seen, mut pauses) = (Vec::new(), 0);
        loop {
            match lines.next_line() {
                Ok(Some(line)) => seen.push((line.number, line.bytes.to_vec(), line.unfinished)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    pauses += 1;
                }
            }
        }
        assert_eq!(seen, [(1, b"ab".to_vec(), false), (2, Vec::new(), false), (3, b"cd".to_vec(), true)]);
        assert_eq!(pauses, 8);
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over() {
        let mut file = b"a\n".to_vec();
        file.extend(std::iter::repeat_n(b'x', MAX_LINE_BYTES));
        file.extend(b"\n");
        file.extend(std::iter::repeat_n(b'x', MAX_LINE_BYTES + 1));
        file.extend(b"\nb\n");
        file.extend(std::iter::repeat_n(b'x', 3 * MAX_LINE_BYTES));
        assert_eq!(
            split(&file),
            [
                (1, 1, false, false),
                (2, MAX_LINE_BYTES, false, false),
                (3, 0, true, false),
                (4, 1, false, false),
                (5, 0, true, true)
            ]
        );
    }
}
