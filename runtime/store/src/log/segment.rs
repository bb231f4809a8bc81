//! One file of the log: its frames, and what its head says.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use zstd::stream::write::{Decoder, Encoder};

use crate::StoreError;

pub(super) const MAGIC: &[u8; 8] = b"MONFEED1";
const PREFIX: &str = "feed-";
const SUFFIX: &str = ".log";
/// Length and check.
const FRAME_HEAD: usize = 20;
/// Fast: the log is written while posts wait.
const LEVEL: i32 = 1;

/// The head of a segment does not continue what the segment before it ends with.
const ANEW: u8 = 1;
/// A replay can begin with the segment: nothing lies before it, or its parts are the state that it begins with.
const FIRST: u8 = 2;

/// What a segment begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub path: PathBuf,
    /// Ascending; also the file's name.
    pub number: u64,
    /// Number of its first entry.
    pub first: u64,
    /// Wall clock at which it was begun, microseconds since 1970 UTC.
    pub at: i64,
    /// It does not continue what the one before it ends with.
    pub anew: bool,
    /// A replay can begin here.
    pub can_begin: bool,
    /// What the writer said of it.
    pub head: Vec<u8>,
    /// Frames of state behind the head.
    pub parts: u32,
}

impl Segment {
    pub(super) fn write_head(&self) -> Vec<u8> {
        let flags = if self.anew { ANEW } else { 0 } | if self.can_begin { FIRST } else { 0 };
        let mut bytes = vec![flags];
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.at.to_le_bytes());
        bytes.extend_from_slice(&self.parts.to_le_bytes());
        bytes.extend_from_slice(&self.head);
        bytes
    }

    fn read_head(path: &Path, number: u64, bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (parts, head) = rest.split_first_chunk()?;
        Some(Self {
            path: path.to_owned(),
            number,
            first: u64::from_le_bytes(*first),
            at: i64::from_le_bytes(*at),
            anew: flags & ANEW != 0,
            can_begin: flags & FIRST != 0,
            head: head.to_vec(),
            parts: u32::from_le_bytes(*parts),
        })
    }

    /// Reads the head alone.
    pub(super) fn open(path: &Path, number: u64) -> Result<(Self, Frames), StoreError> {
        let mut frames = Frames::open(path, number)?;
        let head = match frames.next()? {
            Next::Frame(bytes) => Self::read_head(path, number, &bytes),
            Next::End | Next::Torn | Next::Damaged => None,
        };
        let head = head.ok_or_else(|| damaged(path, "its head can't be read"))?;
        Ok((head, frames))
    }

    /// Bytes of its head and state in the file.
    pub(super) fn head_bytes(&self) -> Result<u64, StoreError> {
        let (head, mut frames) = Self::open(&self.path, self.number)?;
        for _ in 0..head.parts {
            frames.part(&self.path)?;
        }
        Ok(frames.size - frames.left)
    }

    /// The state that it begins with.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn state(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let (head, mut frames) = Self::open(&self.path, self.number)?;
        (0..head.parts).map(|_| frames.part(&self.path)).collect()
    }
}

pub(super) fn name(number: u64) -> String {
    format!("{PREFIX}{number:012}{SUFFIX}")
}

/// The segments of a folder by number; none where the folder is not there.
pub(super) fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let io = |error: std::io::Error| StoreError::from_io(folder, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let digits = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

pub(super) fn damaged(path: &Path, detail: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), detail: detail.into() }
}

fn check(segment: u64, frame: u64, packed: &[u8]) -> [u8; 16] {
    let mut hash = blake3::Hasher::new();
    hash.update(&segment.to_le_bytes()).update(&frame.to_le_bytes()).update(packed);
    let mut short = [0; 16];
    hash.finalize_xof().fill(&mut short);
    short
}

/// Makes the frames of one segment.
pub(super) struct Packer {
    encoder: Encoder<'static, Vec<u8>>,
    segment: u64,
    frame: u64,
}

impl Packer {
    pub(super) fn new(segment: u64) -> std::io::Result<Self> {
        Ok(Self { encoder: Encoder::new(Vec::new(), LEVEL)?, segment, frame: 0 })
    }

    pub(super) fn frame(&mut self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        self.encoder.write_all(bytes)?;
        self.encoder.flush()?;
        let packed = std::mem::take(self.encoder.get_mut());
        let length = u32::try_from(packed.len()).map_err(|_| std::io::Error::other("an entry of more than 4 GiB"))?;
        let mut frame = Vec::with_capacity(FRAME_HEAD + packed.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&check(self.segment, self.frame, &packed));
        frame.extend_from_slice(&packed);
        self.frame += 1;
        Ok(frame)
    }
}

/// What comes next in a segment.
pub(super) enum Next {
    Frame(Vec<u8>),
    End,
    /// What is left is no whole frame, and nothing behind it is one.
    Torn,
    /// A frame does not agree with its check, though the one behind it does.
    Damaged,
}

/// Size of a frame, the check that it tells, and its packed bytes.
type Raw = (u64, [u8; 16], Vec<u8>);

/// Reads the frames of one segment.
pub(super) struct Frames {
    file: BufReader<File>,
    path: PathBuf,
    segment: u64,
    frame: u64,
    /// Of the file, in bytes.
    size: u64,
    /// Bytes that were not read yet, or are damaged.
    left: u64,
    decoder: Decoder<'static, Vec<u8>>,
}

impl Frames {
    pub(super) fn open(path: &Path, segment: u64) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| StoreError::from_io(path, &error);
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut file = BufReader::new(file);
        let mut magic = [0; MAGIC.len()];
        if size < MAGIC.len() as u64 || file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(damaged(path, "it is no recording that this `mon` can read"));
        }
        let decoder = Decoder::new(Vec::new()).map_err(io)?;
        Ok(Self { file, path: path.to_owned(), segment, frame: 0, size, left: size - MAGIC.len() as u64, decoder })
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    /// A frame that the head promises.
    pub(super) fn part(&mut self, path: &Path) -> Result<Vec<u8>, StoreError> {
        match self.next()? {
            Next::Frame(bytes) => Ok(bytes),
            Next::End | Next::Torn | Next::Damaged => Err(damaged(path, "the state that it begins with can't be read")),
        }
    }

    pub(super) fn next(&mut self) -> Result<Next, StoreError> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        // A file that shrinks while it is read is torn too.
        let Some((size, told, packed)) = self.raw()? else { return Ok(Next::Torn) };
        if told != check(self.segment, self.frame, &packed) {
            let next = self.raw()?;
            let follows = next.is_some_and(|(_, told, packed)| told == check(self.segment, self.frame + 1, &packed));
            return Ok(if follows { Next::Damaged } else { Next::Torn });
        }
        let opened = self.decoder.write_all(&packed).and_then(|()| self.decoder.flush());
        if opened.is_err() {
            return Ok(Next::Damaged);
        }
        self.frame += 1;
        self.left -= size;
        Ok(Next::Frame(std::mem::take(self.decoder.get_mut())))
    }

    /// The bytes of the next frame, whatever they are; None where there are too few. `left` stays.
    fn raw(&mut self) -> Result<Option<Raw>, StoreError> {
        let (mut length, mut told) = ([0; 4], [0; 16]);
        let read = |file: &mut BufReader<File>, into: &mut [u8]| match file.read_exact(into) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(StoreError::from_io(&self.path, &error)),
        };
        if !read(&mut self.file, &mut length)? || !read(&mut self.file, &mut told)? {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length);
        let size = u64::from(length) + FRAME_HEAD as u64;
        // A length that is torn itself must not make room for gigabytes.
        if size > self.left {
            return Ok(None);
        }
        let mut packed = vec![0; length as usize];
        Ok(read(&mut self.file, &mut packed)?.then_some((size, told, packed)))
    }
}
