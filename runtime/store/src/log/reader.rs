//! Reading the log from its start or from an entry on, while another process may be writing it.

use std::collections::VecDeque;
use std::path::Path;

use super::segment::{Frames, Next, Segment, damaged, list};
use crate::StoreError;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1 on, without a hole inside a stretch that was written in one go.
    pub seq: u64,
    /// Index into [`LogReader::segments`].
    pub segment: usize,
    pub bytes: Vec<u8>,
}

/// The entries of a folder in their order.
pub struct LogReader {
    segments: Vec<Segment>,
    waiting: VecDeque<usize>,
    open: Option<(usize, Frames)>,
    /// Number of the next entry.
    next: u64,
    /// Entries up to here are passed over.
    after: u64,
    torn: u64,
    failed: bool,
}

impl LogReader {
    /// Opens a folder to read the entries behind number `after`; 0 is all of them.
    ///
    /// # Errors
    /// The folder cannot be read, or a segment does not begin as one does.
    pub fn open(folder: impl AsRef<Path>, after: u64) -> Result<Self, StoreError> {
        let mut segments = Vec::new();
        for (number, path) in list(folder.as_ref())? {
            segments.push(Segment::open(&path, number)?.0);
        }
        Ok(Self::over(segments, after))
    }

    pub(super) fn over(segments: Vec<Segment>, after: u64) -> Self {
        // The last segment that begins at or before the entry holds it.
        let from = segments.iter().rposition(|segment| segment.first <= after.saturating_add(1)).unwrap_or(0);
        let waiting = (from..segments.len()).collect();
        Self { segments, waiting, open: None, next: 0, after, torn: 0, failed: false }
    }

    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Bytes at the end of the last segment that are no whole entry, known when all others were read: the run that wrote
    /// them was killed, or is writing still.
    #[must_use]
    pub const fn torn(&self) -> u64 {
        self.torn
    }

    fn read(&mut self) -> Result<Option<Entry>, StoreError> {
        loop {
            let Some((at, frames)) = &mut self.open else {
                if !self.enter()? {
                    return Ok(None);
                }
                continue;
            };
            let at = *at;
            let path = self.segments.get(at).map(|segment| segment.path.clone()).unwrap_or_default();
            match frames.next()? {
                Next::Frame(bytes) => {
                    let seq = self.next;
                    self.next += 1;
                    if seq > self.after {
                        return Ok(Some(Entry { seq, segment: at, bytes }));
                    }
                }
                Next::End => self.open = None,
                Next::Torn if self.waiting.is_empty() => {
                    self.torn = frames.left();
                    self.open = None;
                }
                Next::Torn | Next::Damaged => {
                    return Err(damaged(&path, format!("entry {} does not agree with its check", self.next)));
                }
            }
        }
    }

    /// Goes on to the next segment; false behind the last.
    fn enter(&mut self) -> Result<bool, StoreError> {
        let Some(at) = self.waiting.pop_front() else { return Ok(false) };
        let Some(segment) = self.segments.get(at) else { return Ok(false) };
        let (head, mut frames) = Segment::open(&segment.path, segment.number)?;
        for _ in 0..head.parts {
            frames.part(&segment.path)?;
        }
        if self.next != 0 && !head.anew && head.first != self.next {
            let detail =
                format!("it begins with entry {} where {} is due: a segment is missing", head.first, self.next);
            return Err(damaged(&segment.path, detail));
        }
        self.next = head.first;
        self.open = Some((at, frames));
        Ok(true)
    }
}

impl Iterator for LogReader {
    type Item = Result<Entry, StoreError>;

    /// The next entry; nothing more comes behind an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}
