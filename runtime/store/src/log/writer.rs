//! Writing the log: one process adds entries to the newest segment, begins new ones, and removes the oldest.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::segment::{Frames, MAGIC, Next, Packer, Segment, damaged, list, name};
use crate::StoreError;
use crate::store::{lock, sync_folder};

/// How a new segment begins.
#[derive(Default)]
pub struct Begin<'a> {
    /// Wall clock, microseconds since 1970 UTC.
    pub at: i64,
    /// It does not continue what is there: its first entry is behind this number, and its state is what counts.
    pub anew: Option<u64>,
    /// What the reader is to know of it.
    pub head: Vec<u8>,
    /// The parts of the state with which a replay that begins here begins, read one after another; None where it is that of all
    /// segments before.
    pub state: Option<&'a mut dyn ExactSizeIterator<Item = io::Result<Vec<u8>>>>,
}

/// The end of a segment that a crash had torn; it was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub path: PathBuf,
    pub bytes: u64,
}

/// Segments that were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    pub segments: usize,
    pub bytes: u64,
    /// Wall clock up to which they were written, microseconds.
    pub until: i64,
    /// Why the next one that is due is still there, in words.
    pub failed: Option<String>,
}

struct Current {
    file: File,
    path: PathBuf,
    packer: Packer,
    bytes: u64,
    unsynced: bool,
}

/// What was written since the last segment with which a replay can begin, over all starts since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Wall clock at which that segment was begun, microseconds since 1970 UTC.
    pub at: i64,
    /// Bytes of its head and state.
    pub head: u64,
    /// Bytes behind them, with the heads of the segments that follow.
    pub bytes: u64,
}

/// A folder of segments, opened for writing.
pub struct Log {
    folder: PathBuf,
    segments: Vec<Segment>,
    /// Number of the last entry; 0 before the first.
    last: u64,
    current: Option<Current>,
    torn: Option<Torn>,
    since: Option<Since>,
    _lock: File,
}

impl Log {
    /// Opens the folder and makes it where it is not there. The torn end of the last segment is cut off,
    /// and behind entry `committed` all from the first damaged one on: a machine that loses power may have put what was not
    /// synced on disk in any order.
    ///
    /// # Errors
    /// The folder is in use or cannot be written; the last segment is damaged at or before entry `committed`.
    pub fn open(folder: impl AsRef<Path>, committed: u64) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|error| StoreError::from_io(folder, &error))?;
        let lock = lock(folder)?;
        let mut segments = Vec::new();
        for (number, path) in list(folder)? {
            segments.push(Segment::open(&path, number)?.0);
        }
        let folder = folder.to_owned();
        let mut log = Self { folder, segments, last: 0, current: None, torn: None, since: None, _lock: lock };
        log.mend(committed)?;
        log.since = log.measure();
        Ok(log)
    }

    /// Finds the last entry.
    fn mend(&mut self, committed: u64) -> Result<(), StoreError> {
        let Some(segment) = self.segments.last() else { return Ok(()) };
        let path = &segment.path;
        let (head, mut frames) = Segment::open(path, segment.number)?;
        for _ in 0..head.parts {
            frames.part(path)?;
        }
        self.last = head.first.saturating_sub(1);
        loop {
            match frames.next()? {
                Next::Frame(_) => self.last += 1,
                Next::End => return Ok(()),
                Next::Damaged if self.last < committed => {
                    let detail = format!("entry {} does not agree with its check", self.last + 1);
                    return Err(damaged(path, detail));
                }
                Next::Torn | Next::Damaged => break,
            }
        }
        self.torn = Some(cut(path, &frames)?);
        Ok(())
    }

    fn measure(&self) -> Option<Since> {
        let from = self.segments.iter().rposition(|segment| segment.can_begin)?;
        let begun = self.segments.get(from)?;
        let bytes: u64 = self.segments.iter().skip(from).map(size).sum();
        // What can't be read here is told by those who need it.
        let head = begun.head_bytes().unwrap_or(0);
        Some(Since { at: begun.at, head, bytes: bytes.saturating_sub(head) })
    }

    /// Number of the last entry; 0 before the first.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// What opening cut off.
    #[must_use]
    pub const fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Bytes of the segment that is being written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.bytes)
    }

    /// What was written since a replay could last begin; None where it can't begin anywhere.
    #[must_use]
    pub const fn since(&self) -> Option<Since> {
        self.since
    }

    /// Begins a new segment; it is on disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written; then the old segment is still the one that is written.
    pub fn begin(&mut self, begin: Begin<'_>) -> Result<(), StoreError> {
        self.sync()?;
        let last = begin.anew.map_or(self.last, |behind| behind.max(self.last));
        let number = self.segments.last().map_or(1, |segment| segment.number + 1);
        let parts = begin.state.as_ref().map_or(0, |parts| parts.len());
        let path = self.folder.join(name(number));
        let segment = Segment {
            path: path.clone(),
            number,
            first: last + 1,
            at: begin.at,
            anew: begin.anew.is_some(),
            can_begin: begin.state.is_some() || last == 0,
            head: begin.head,
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
        };
        let write = || {
            let mut packer = Packer::new(number)?;
            let draft = path.with_extension("log.tmp");
            let mut file = BufWriter::new(File::create(&draft)?);
            let mut bytes = 0;
            let mut add = |piece: &[u8]| {
                bytes += piece.len() as u64;
                file.write_all(piece)
            };
            add(MAGIC)?;
            add(&packer.frame(&segment.write_head())?)?;
            for part in begin.state.into_iter().flatten() {
                add(&packer.frame(&part?)?)?;
            }
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            std::fs::rename(&draft, &path)?;
            Ok(Current { file, path: path.clone(), packer, bytes, unsynced: false })
        };
        let current = write().map_err(|error: io::Error| StoreError::from_io(&path, &error))?;
        sync_folder(&self.folder)?;
        if segment.can_begin {
            self.since = Some(Since { at: segment.at, head: current.bytes, bytes: 0 });
        } else if let Some(since) = &mut self.since {
            since.bytes += current.bytes;
        }
        self.segments.push(segment);
        (self.current, self.last) = (Some(current), last);
        Ok(())
    }

    /// Adds an entry and gives its number. It outlives this process when this returns, and the machine after the next
    /// [`Log::sync`].
    ///
    /// # Errors
    /// The folder cannot be written, or no segment was begun; nothing may be added any more then.
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64, StoreError> {
        let Some(current) = &mut self.current else {
            return Err(damaged(&self.folder, "no segment of it was begun"));
        };
        let frame = current.packer.frame(bytes);
        let written = frame.and_then(|frame| current.file.write_all(&frame).map(|()| frame.len()));
        let length = written.map_err(|error| StoreError::from_io(&current.path, &error))?;
        current.bytes += length as u64;
        if let Some(since) = &mut self.since {
            since.bytes += length as u64;
        }
        current.unsynced = true;
        self.last += 1;
        Ok(self.last)
    }

    /// Puts all entries on disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if let Some(current) = self.current.as_mut().filter(|current| current.unsynced) {
            current.file.sync_data().map_err(|error| StoreError::from_io(&current.path, &error))?;
            current.unsynced = false;
        }
        Ok(())
    }

    /// Removes the oldest segments: those that were written before `before` (wall clock, microseconds), and as many as it
    /// takes for the others to have at most `bytes_max` bytes. What is behind entry `committed` stays, and the first
    /// segment that stays is one with which a replay can begin. Where a file can't be removed, it and those behind it stay
    /// for the next time, so that there is no hole.
    pub fn prune(&mut self, before: i64, bytes_max: u64, committed: u64) -> Option<Pruned> {
        let sizes: Vec<u64> = self.segments.iter().map(size).collect();
        let mut left: u64 = sizes.iter().sum();
        let mut due = 0;
        for (next, (segment, size)) in self.segments.iter().skip(1).zip(&sizes).enumerate() {
            if segment.first > committed.saturating_add(1) || (segment.at >= before && left <= bytes_max) {
                break;
            }
            left -= size;
            if segment.can_begin {
                due = next + 1;
            }
        }
        if due == 0 {
            return None;
        }
        let mut pruned = Pruned { segments: 0, bytes: 0, until: 0, failed: None };
        for (segment, size) in self.segments.iter().zip(&sizes).take(due) {
            match std::fs::remove_file(&segment.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    pruned.failed = Some(StoreError::from_io(&segment.path, &error).to_string());
                    break;
                }
                _ => {
                    pruned.segments += 1;
                    pruned.bytes += size;
                }
            }
        }
        self.segments.drain(..pruned.segments);
        pruned.until = self.segments.first().map_or(0, |segment| segment.at);
        if let (None, Err(error)) = (&pruned.failed, sync_folder(&self.folder)) {
            pruned.failed = Some(error.to_string());
        }
        Some(pruned)
    }
}

fn size(segment: &Segment) -> u64 {
    std::fs::metadata(&segment.path).map_or(0, |meta| meta.len())
}

/// Cuts off what is no whole frame.
fn cut(path: &Path, frames: &Frames) -> Result<Torn, StoreError> {
    let bytes = frames.left();
    let cut = || {
        let file = File::options().write(true).open(path)?;
        let size = file.metadata()?.len();
        file.set_len(size.saturating_sub(bytes))?;
        file.sync_all()
    };
    cut().map_err(|error| StoreError::from_io(path, &error))?;
    Ok(Torn { path: path.to_owned(), bytes })
}
