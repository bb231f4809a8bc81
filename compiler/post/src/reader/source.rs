//! Where the bytes of a file come from: disk or standard input, unpacked where they are gzip or zstd, with the bytes
//! consumed so far counted for progress.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::ReadError;
use crate::reader::pipe::{Hasty, Pipe};
use crate::reader::{Format, Progress};

/// Bytes that Parquet or Arrow files may have when they do not come from a plain file: they are held in memory.
pub const MAX_STDIN_BYTES: u64 = 1 << 30;

const HEAD: usize = 64;

/// A stream of bytes.
pub type Stream = Box<dyn Read + Send>;

/// An opened file.
pub struct Source {
    pub name: String,
    pub stream: Stream,
    /// The plain file itself, where its format needs to jump about in it.
    #[cfg_attr(not(feature = "archives"), expect(dead_code, reason = "only tables need it"))]
    pub file: Option<File>,
    pub format: Format,
    pub progress: Progress,
    /// Set where the stream may pause.
    pub hasty: Option<Hasty>,
}

struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn unreadable(name: &str, error: &io::Error) -> ReadError {
    ReadError::Unreadable { name: name.to_owned(), reason: error.to_string() }
}

/// Reads the first bytes and puts them back; of a stream that pauses, those that are there.
fn peek(mut stream: Stream) -> io::Result<(Vec<u8>, Stream)> {
    let mut head = vec![0; HEAD];
    let mut have = 0;
    while have < HEAD {
        match stream.read(head.get_mut(have..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && have == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    head.truncate(have);
    Ok((head.clone(), Box::new(Cursor::new(head).chain(stream))))
}

impl Source {
    /// Opens `path`, or standard input for `-`.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, ReadError> {
        let count = Arc::new(AtomicU64::new(0));
        if path.as_os_str() == "-" {
            let name = "standard input".to_owned();
            return Self::pausing(name, io::stdin(), format, None, count);
        }
        let name = path.display().to_string();
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ReadError::NotFound { path: path.to_owned() },
            _ => unreadable(&name, &error),
        })?;
        if metadata.is_dir() {
            return Err(ReadError::IsFolder { path: path.to_owned() });
        }
        let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
        let ending = by_ending(path);
        if !metadata.is_file() {
            return Self::pausing(name, file, format, ending, count);
        }
        let again = File::open(path).ok();
        let stream: Stream = Box::new(Counted { inner: file, count: Arc::clone(&count) });
        Self::sniff(name, stream, again, format, ending, Progress { count, total: Some(metadata.len()) })
    }

    /// A stream that may pause.
    pub fn live(name: &str, stream: impl Read + Send + 'static, format: Format) -> Result<Self, ReadError> {
        Self::pausing(name.to_owned(), stream, Some(format), None, Arc::default())
    }

    fn pausing(
        name: String,
        stream: impl Read + Send + 'static,
        told: Option<Format>,
        ending: Option<Format>,
        count: Arc<AtomicU64>,
    ) -> Result<Self, ReadError> {
        let hasty = Hasty::new(true.into());
        let inner = Pipe::new(stream, Arc::clone(&hasty)).map_err(|error| unreadable(&name, &error))?;
        let stream = Box::new(Counted { inner, count: Arc::clone(&count) });
        let source = Self::sniff(name, stream, None, told, ending, Progress { count, total: None })?;
        Ok(Self { hasty: Some(hasty), ..source })
    }

    fn sniff(
        name: String,
        stream: Stream,
        file: Option<File>,
        told: Option<Format>,
        ending: Option<Format>,
        progress: Progress,
    ) -> Result<Self, ReadError> {
        let io_error = |error: io::Error| unreadable(&name, &error);
        let (head, stream) = peek(stream).map_err(io_error)?;
        let (head, stream, file): (Vec<u8>, Stream, Option<File>) = match head.as_slice() {
            [0x1F, 0x8B, ..] => {
                let (head, stream) = peek(Box::new(flate2::read::MultiGzDecoder::new(stream))).map_err(io_error)?;
                (head, stream, None)
            }
            #[cfg(not(feature = "archives"))]
            [0x28, 0xB5, 0x2F, 0xFD, ..] => {
                return Err(ReadError::Unreadable { name, reason: "this build does not unpack zstd".to_owned() });
            }
            #[cfg(feature = "archives")]
            [0x28, 0xB5, 0x2F, 0xFD, ..] => {
                let unpacked = zstd::stream::read::Decoder::new(stream).map_err(io_error)?;
                let (head, stream) = peek(Box::new(unpacked)).map_err(io_error)?;
                (head, stream, None)
            }
            _ => (head, stream, file),
        };
        if matches!(head.as_slice(), [0xFF, 0xFE, other, ..] if *other != 0xFF) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(ReadError::Utf16 { name });
        }
        let format = told.or_else(|| by_magic(&head)).or(ending).unwrap_or_else(|| by_look(&head));
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
        if format == Format::JsonLines && first == Some(&b'[') {
            return Err(ReadError::JsonList { name });
        }
        Ok(Self { name, stream, file, format, progress, hasty: None })
    }

    /// All bytes, for formats that jump about in a stream that cannot.
    #[cfg_attr(not(feature = "archives"), expect(dead_code, reason = "only tables need it"))]
    pub fn into_memory(self) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let read = self.stream.take(MAX_STDIN_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(&self.name, &error))?;
        if bytes.len() as u64 > MAX_STDIN_BYTES {
            return Err(ReadError::StdinTooLarge { name: self.name, limit: MAX_STDIN_BYTES });
        }
        Ok(bytes)
    }
}

fn by_ending(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
        "csv" | "tsv" => Some(Format::Csv),
        "parquet" => Some(Format::Parquet),
        "arrow" | "ipc" | "feather" => Some(Format::ArrowFile),
        "arrows" => Some(Format::ArrowStream),
        _ => None,
    }
}

fn by_magic(head: &[u8]) -> Option<Format> {
    match head {
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Format::ArrowFile),
        [0xFF, 0xFF, 0xFF, 0xFF, ..] => Some(Format::ArrowStream),
        _ => None,
    }
}

fn by_look(head: &[u8]) -> Format {
    let head = head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head);
    match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') | None => Format::JsonLines,
        Some(_) => Format::Csv,
    }
}
