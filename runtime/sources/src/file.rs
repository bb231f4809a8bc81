//! Recorded posts as a source: JSON lines, CSV, Parquet or Arrow IPC.
//! The cursor is the number of posts read, so that a run goes on exactly where the last one ended.

use std::path::{Path, PathBuf};
use std::thread;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use mon_post::reader::{Format, ReadBatch, ReadOptions, open};
use mon_post::{LineProblem, ReadError};
use tokio::sync::mpsc;

use crate::contract::{
    Completeness, Cursor, Envelope, Health, Item, MapError, Mapper, Partition, PostSink, ReadyBatch, Resume, Source,
};
use crate::error::SourceError;
use crate::spec::{FILE, Spec};

/// Batches read ahead.
const AHEAD: usize = 2;

pub struct FileSource {
    path: PathBuf,
    format: Option<Format>,
    options: ReadOptions,
}

impl FileSource {
    /// `source` is the configured name.
    #[must_use]
    pub fn new(source: &str, path: impl Into<PathBuf>, format: Option<Format>) -> Self {
        let options = ReadOptions { source: source.to_owned(), ..ReadOptions::default() };
        Self { path: path.into(), format, options }
    }

    /// Posts a batch at most.
    #[must_use]
    pub const fn batch_rows(mut self, rows: usize) -> Self {
        self.options.batch_rows = rows;
        self
    }
}

#[async_trait]
impl Source for FileSource {
    fn spec(&self) -> &'static Spec {
        &FILE
    }

    fn mapper(&self) -> &dyn Mapper {
        &ReadyMade
    }

    async fn check(&self) -> Result<Health, SourceError> {
        let meta = tokio::fs::metadata(&self.path).await.map_err(|error| unreadable(&self.path, &error.to_string()))?;
        Ok(Health { detail: format!("`{}`, {} bytes", self.path.display(), meta.len()), cost: 0 })
    }

    async fn open(
        &self,
        _partition: &Partition,
        from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
        let epoch = self.path.display().to_string();
        let (skip, end) = match &from {
            Resume::Live | Resume::Earliest => (0, u64::MAX),
            Resume::After(cursor) => (cursor.order, u64::MAX),
            Resume::Between(cursor, end) => (cursor.order, end.order),
        };
        let other = from.reached().filter(|cursor| cursor.epoch != epoch);
        let skip = match (other, &from) {
            (None, _) => skip,
            (Some(_), Resume::Between(..)) => {
                return Err(SourceError::Config(format!("the range to read belongs to another file than `{epoch}`")));
            }
            // Another file under the name of this source: nothing of it was read yet.
            (Some(cursor), _) => {
                tracing::warn!(before = cursor.epoch, now = epoch, "another file than before is read from its start");
                0
            }
        };
        read(self.path.clone(), self.format, self.options.clone(), epoch, skip, end)
    }
}

fn unreadable(path: &Path, why: &str) -> SourceError {
    SourceError::Config(format!("`{}` can't be read: {why}", path.display()))
}

/// Reads in a thread of its own, a few batches ahead. Nobody waits for the thread: a read from a pipe may never end.
pub(crate) fn read(
    path: PathBuf,
    format: Option<Format>,
    options: ReadOptions,
    epoch: String,
    skip: u64,
    end: u64,
) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let work = move || {
        let mut reader = match open(&path, format, &options) {
            Ok(reader) => reader,
            Err(error) => {
                let _ = sender.blocking_send(Err(failed(&error)));
                return;
            }
        };
        let mut rows = 0;
        while rows < end {
            let item = match reader.next() {
                None if rows < skip => Err(shorter(&epoch, rows, skip)),
                None => return,
                Some(Err(error)) => Err(failed(&error)),
                Some(Ok(read)) => match cut(read, &mut rows, skip, end, &epoch) {
                    None => continue,
                    Some(ready) => Ok(Item::Batch(ready)),
                },
            };
            let last = item.is_err();
            if sender.blocking_send(item).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("mon-reader".to_owned())
        .spawn(work)
        .map_err(|error| SourceError::Transient(format!("the machine gives no thread: {error}")))?;
    let items =
        futures::stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|item| (item, receiver)) });
    Ok(items.boxed())
}

/// What was read of the file before is not there any more, so what is there now is something else.
fn shorter(name: &str, rows: u64, read: u64) -> SourceError {
    SourceError::Config(format!(
        "`{name}` holds {rows} posts, but {read} were read of it before: another file has taken its place. Give the new \
         file a name of its own, or its source another name, and it is read from its start"
    ))
}

/// A file does not get better by reading it again.
fn failed(error: &ReadError) -> SourceError {
    SourceError::Config(error.to_string())
}

/// The part of a batch that lies between `skip` and `end`; `rows` counts on. None when nothing of it does.
fn cut(read: ReadBatch, rows: &mut u64, skip: u64, end: u64, epoch: &str) -> Option<ReadyBatch> {
    let len = read.batch.len() as u64;
    let (first, last) = (*rows, *rows + len);
    *rows = last;
    if last <= skip && !(len == 0 && first >= skip && !read.problems.is_empty()) {
        return None;
    }
    let from = skip.saturating_sub(first).min(len);
    let to = end.min(last) - first;
    let batch = match (usize::try_from(from), usize::try_from(to.saturating_sub(from))) {
        (Ok(from), Ok(count)) if count < read.batch.len() => read.batch.slice(from, count),
        _ => read.batch,
    };
    let order = end.min(last);
    let cursor = Cursor { order, token: order.to_string(), epoch: epoch.to_owned() };
    let received = batch.len() as u64 + read.problems.len() as u64;
    Some(ReadyBatch { batch, cursor, received, problems: read.problems.into_iter().map(problem).collect() })
}

fn problem(problem: LineProblem) -> MapError {
    MapError { wire: "file", path: format!("line {}", problem.line), reason: problem.message }
}

/// Sources of whole batches send no envelopes.
pub(crate) struct ReadyMade;

impl Mapper for ReadyMade {
    fn wires(&self) -> &'static [&'static str] {
        &["file"]
    }

    fn version(&self) -> i32 {
        1
    }

    fn map(&self, envelope: &Envelope, _out: &mut dyn PostSink) -> Result<Completeness, MapError> {
        Err(MapError { wire: "file", path: envelope.wire.to_owned(), reason: "is no wire of a file".to_owned() })
    }
}
