//! Reads files of posts: JSON lines, CSV, Parquet, Arrow IPC, from disk or from standard input.
//! A bad line is reported beside the batch and skipped; only a file that cannot be read on is an error.

#[cfg(feature = "archives")]
mod columnar;
#[cfg(not(feature = "archives"))]
#[path = "no_columnar.rs"]
mod columnar;
mod csv;
mod draft;
mod jsonl;
mod lines;
mod pipe;
mod source;
mod table;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use csv::MAX_ROW_LINES;
pub use draft::{MAX_EXTRAS_BYTES, MAX_UNKNOWN_KEYS};
pub use lines::MAX_LINE_BYTES;
pub use pipe::LINGER;
pub use source::MAX_STDIN_BYTES;

use crate::batch::PostBatch;
use crate::error::{LineProblem, ReadError};
use crate::reader::columnar::Columnar;
use crate::reader::csv::Csv;
use crate::reader::draft::Draft;
use crate::reader::jsonl::JsonLines;
use crate::reader::source::{Source, Stream};

/// A file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
    Parquet,
    /// Arrow IPC with its footer.
    ArrowFile,
    /// Arrow IPC as it flows.
    ArrowStream,
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Posts a batch at most; between 1 and [`MAX_BATCH_ROWS`].
    pub batch_rows: usize,
    /// Stop at the first bad line.
    pub strict: bool,
    /// A post without any time is a bad line. Without it such a post stands at 1970-01-01 with `time_quality` `none`
    /// and the completeness bit `MISSING_TIME`.
    pub need_time: bool,
    /// The column `source` where the file does not tell it.
    pub source: String,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { batch_rows: 8_192, strict: false, need_time: true, source: "file".to_owned() }
    }
}

/// Posts a batch at most, so that a dictionary column's keys always suffice.
pub const MAX_BATCH_ROWS: usize = 32_766;

/// A batch and what happened while it was read.
#[derive(Clone, Debug)]
pub struct ReadBatch {
    pub batch: PostBatch,
    /// The lines that were skipped, in order.
    pub problems: Vec<LineProblem>,
    /// Keys that the schema does not know, with how often each was met in this batch.
    pub unknown: BTreeMap<String, u64>,
    /// Bytes of the file consumed so far (of the compressed file, where it is).
    pub bytes_read: u64,
}

/// A file of posts being read.
pub trait Reader: Iterator<Item = Result<ReadBatch, ReadError>> + Send {
    /// The file's size on disk, where it is known.
    fn bytes_total(&self) -> Option<u64>;
}

/// How far into the file the reader is.
pub struct Progress {
    count: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    fn bytes_read(&self) -> u64 {
        let count = self.count.load(Ordering::Relaxed);
        self.total.map_or(count, |total| count.min(total))
    }

    fn failed(&self, name: &str, error: &std::io::Error) -> ReadError {
        let (name, at) = (name.to_owned(), self.bytes_read());
        // Plain streams just end; only what unpacks one knows that more must follow.
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return ReadError::Cut { name, at };
        }
        ReadError::Unreadable { name, reason: format!("{error}, after {at} bytes") }
    }
}

impl Format {
    /// As a message says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON lines",
            Self::Csv => "CSV",
            Self::Parquet => "Parquet",
            Self::ArrowFile => "Arrow",
            Self::ArrowStream => "Arrow stream",
        }
    }

    /// The format of a name as a user writes it: `jsonl`, `csv`, `parquet`, `arrow`, `arrows`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            "csv" | "tsv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            "arrow" | "ipc" => Some(Self::ArrowFile),
            "arrows" => Some(Self::ArrowStream),
            _ => None,
        }
    }
}

/// Opens a file of posts, or standard input for `-`; lines of a stream that pauses are handed on after [`LINGER`]. The format is told by `format`, or by the file's first bytes
/// where they are a signature, or by its ending (`.jsonl .ndjson .json .csv .tsv .parquet .arrow .ipc .arrows`, each also
/// with `.gz` or `.zst`), or by the look of its first bytes.
///
/// A post needs a text or a title, and a time: `event_at` is `created_at`, else `received_at`, where it is not told.
/// `id` is the post's native identifier and, where `post_uid` is not told, that too; a post without any is `line:N`.
pub fn open(path: &Path, format: Option<Format>, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let source = Source::open(path, format)?;
    start(source, options)
}

/// Reads from a stream that may pause, such as a pipe or a socket: what was read of it is handed on after [`LINGER`],
/// where the format is one of lines.
pub fn read_live(
    stream: impl Read + Send + 'static,
    name: &str,
    format: Format,
    options: &ReadOptions,
) -> Result<Box<dyn Reader>, ReadError> {
    let source = Source::live(name, stream, format)?;
    start(source, options)
}

/// Reads from a stream, such as a body that was received; `name` is for messages.
pub fn read_from(
    stream: impl Read + Send + 'static,
    name: &str,
    format: Format,
    options: &ReadOptions,
) -> Result<Box<dyn Reader>, ReadError> {
    let progress = Progress { count: Arc::new(AtomicU64::new(0)), total: None };
    let source = Source { name: name.to_owned(), stream: Box::new(stream), file: None, format, progress, hasty: None };
    start(source, options)
}

fn start(mut source: Source, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut options = options.clone();
    options.batch_rows = options.batch_rows.clamp(1, MAX_BATCH_ROWS);
    let name = source.name.clone();
    let total = source.progress.total;
    let progress = Progress { count: Arc::clone(&source.progress.count), total };
    // Only lines can be handed on by parts; tables wait for their bytes.
    let lines = matches!(source.format, Format::JsonLines | Format::Csv);
    if let Some(hasty) = source.hasty.as_ref().filter(|_| !lines) {
        hasty.store(false, Ordering::Relaxed);
    }
    let live = source.hasty.is_some() && lines;
    let way = match source.format {
        Format::JsonLines => Way::JsonLines(JsonLines::new(take(&mut source), name.clone(), live)),
        Format::Csv => Way::Csv(Csv::new(take(&mut source), name.clone(), live)),
        _ => Way::Columnar(Columnar::open(source, &options)?),
    };
    Ok(Box::new(FileReader { way, options, progress, name, ended: false, failed: None }))
}

fn take(source: &mut Source) -> Stream {
    std::mem::replace(&mut source.stream, Box::new(std::io::empty()))
}

enum Way {
    JsonLines(JsonLines<Stream>),
    Csv(Csv<Stream>),
    Columnar(Columnar),
}

struct FileReader {
    way: Way,
    options: ReadOptions,
    progress: Progress,
    name: String,
    ended: bool,
    /// Told after the posts that were read before it.
    failed: Option<ReadError>,
}

impl FileReader {
    /// The next batch; in it the posts before a failure, which is kept for the call after.
    fn read(&mut self) -> Result<Option<ReadBatch>, ReadError> {
        let mut draft = Draft::default();
        let options = &self.options;
        let read = match &mut self.way {
            Way::JsonLines(lines) => lines.fill(&mut draft, options, &self.progress).map(|more| (more, None)),
            Way::Csv(csv) => csv.fill(&mut draft, options, &self.progress).map(|more| (more, None)),
            Way::Columnar(tables) => tables.next(&mut draft, options).map(|batch| (batch.is_some(), batch)),
        };
        let batch = match read {
            Ok((more, batch)) => {
                self.ended = !more;
                batch
            }
            Err(error) => {
                self.ended = true;
                self.failed = Some(error);
                None
            }
        };
        if self.options.strict
            && let Some(problem) = draft.problems.first()
        {
            self.ended = true;
            self.failed = Some(ReadError::BadLine {
                name: self.name.clone(),
                line: problem.line,
                message: problem.message.clone(),
                help: problem.help.clone(),
            });
        }
        let batch = match batch {
            Some(batch) => batch,
            None => draft.builder.finish()?,
        };
        if batch.is_empty() && draft.problems.is_empty() && self.ended {
            return Ok(None);
        }
        let bytes_read = match &self.way {
            Way::Columnar(tables) => tables.bytes_read(&self.progress),
            Way::JsonLines(_) | Way::Csv(_) => self.progress.bytes_read(),
        };
        Ok(Some(ReadBatch { batch, problems: draft.problems, unknown: draft.unknown, bytes_read }))
    }
}

impl Iterator for FileReader {
    type Item = Result<ReadBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.ended {
            match self.read() {
                Ok(Some(batch)) => return Some(Ok(batch)),
                Ok(None) => {}
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
        self.failed.take().map(Err)
    }
}

impl Reader for FileReader {
    fn bytes_total(&self) -> Option<u64> {
        self.progress.total
    }
}
