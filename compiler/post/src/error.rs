//! What can go wrong with a batch or a file of posts as a whole, said so that a non-programmer can act on it.
//! Faults of a single line are no errors: they travel beside the batch as [`LineProblem`]s.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// A table that is not a batch of posts, or a batch over its limits.
#[derive(Debug, Error, Diagnostic)]
pub enum PostError {
    #[error("the table has no column `{column}`")]
    #[diagnostic(help(
        "a table of posts has every column of `post_event` version 1; read other tables with `mon`'s readers"
    ))]
    MissingColumn { column: String },
    #[error("the column `{column}` holds {found} where {expected} is expected")]
    #[diagnostic(help(
        "the table was written by another program or version; read it with `mon`'s readers, which convert"
    ))]
    WrongType { column: String, expected: String, found: String },
    #[error("a batch of posts would hold more than {limit} bytes of text")]
    #[diagnostic(help("give smaller batches; the limit is `MAX_BATCH_BYTES`"))]
    BatchTooLarge { limit: usize },
    #[error("the batch of posts could not be built: {reason}")]
    #[diagnostic(help(
        "this is a fault in the program that made the batch; please report it with the file that it was read from"
    ))]
    Arrow { reason: String },
}

impl From<arrow::error::ArrowError> for PostError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Arrow { reason: error.to_string() }
    }
}

/// A file of posts that cannot be read any further.
#[derive(Debug, Error, Diagnostic)]
pub enum ReadError {
    #[error("there is no file `{}`", path.display())]
    #[diagnostic(help("check the spelling and the folder; `-` reads from standard input"))]
    NotFound { path: PathBuf },
    #[error("`{}` is a folder, not a file of posts", path.display())]
    #[diagnostic(help("name one file in it"))]
    IsFolder { path: PathBuf },
    #[error("`{name}` cannot be read: {reason}")]
    #[diagnostic(help("check that the file is whole and that you may read it"))]
    Unreadable { name: String, reason: String },
    /// All posts before the cut were given out.
    #[error("`{name}` is cut: it ends in the middle of its packed data, after {at} bytes")]
    #[diagnostic(help("the posts before the cut were read; copy or download the file again for the others"))]
    Cut { name: String, at: u64 },
    #[error("`{name}` is no whole {format} file: {}", plain(detail))]
    #[diagnostic(help(
        "copy or download it again; where the ending misleads, `--posts-format` names the format (the decoder's own words: {})",
        tidy(detail)
    ))]
    NotThatFormat {
        name: String,
        format: &'static str,
        /// What the decoder said.
        detail: String,
    },
    #[error("`{name}` is written in UTF-16")]
    #[diagnostic(help("save it as UTF-8; many editors offer this under \"save with encoding\""))]
    Utf16 { name: String },
    #[error("`{name}` is one JSON list, not JSON lines")]
    #[diagnostic(help(
        "write one post a line, without the brackets and commas around them: `jq -c '.[]' posts.json > posts.jsonl`"
    ))]
    JsonList { name: String },
    #[error("`{name}`, line {line}: {message}")]
    #[diagnostic(help("{help}"))]
    BadLine { name: String, line: u64, message: String, help: String },
    #[error("`{name}` is larger than the {limit} bytes that can be read from standard input in this format")]
    #[diagnostic(help("write it to a file first and name the file; the limit is `MAX_STDIN_BYTES`"))]
    StdinTooLarge { name: String, limit: u64 },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Post(#[from] PostError),
}

/// What a decoder of tables said, as a person reads it.
fn plain(detail: &str) -> &'static str {
    let said = |words: &[&str]| words.iter().any(|word| detail.contains(word));
    if said(&["too small", "footer", "EOF", "eof", "end of file", "failed to fill", "magic"]) {
        "its end is missing, or it is of another format"
    } else {
        "it is damaged inside, or of another format"
    }
}

/// Without what only the decoder's authors can read.
fn tidy(detail: &str) -> String {
    let words = detail.split_once(" {").map_or(detail, |(words, _)| words);
    let words = words.trim().trim_end_matches([':', ',', ';', '.']);
    if words.is_empty() { "none".to_owned() } else { words.to_owned() }
}

/// A post that could not be written.
#[derive(Debug, Error, Diagnostic)]
pub enum WriteError {
    #[error("the posts cannot be written: {reason}")]
    #[diagnostic(help("check that the disk has room and that you may write there"))]
    Io { reason: String },
    #[error("the posts cannot be written as {format}: {reason}")]
    #[diagnostic(help("write JSON lines instead, and please report this"))]
    Encode { format: &'static str, reason: String },
}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        Self::Io { reason: error.to_string() }
    }
}

/// One line (or row) that was skipped: where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// From 1; in a CSV file the line on which the row begins, in a table the row.
    pub line: u64,
    pub message: String,
    pub help: String,
}
