//! The entries of a recording in their order, as an engine is fed with them once more.

use std::path::{Path, PathBuf};

use mon_engine::Feed;
use mon_store::LogReader;

use super::{Head, Item, Reached};
use crate::failure::Failure;
use crate::live::told;

/// An entry of the log, read.
pub struct Entry {
    /// Its number in the log.
    pub seq: u64,
    /// Number of the segment that it stands in.
    pub segment: usize,
    pub content: Content,
}

/// What an entry says. Which number a barrier gets, and whether an end is one, is the run's to say.
pub enum Content {
    Feed(Feed),
    Barrier(Reached),
    End,
}

/// Reads entries, and gives sources the numbers that they have in the run which is fed.
pub struct Entries {
    reader: LogReader,
    folder: PathBuf,
    /// By segment and number in it, the number of a source in the run.
    numbers: Vec<Vec<u16>>,
}

impl Entries {
    /// The entries behind a number; `names` are those of the run's sources.
    ///
    /// # Errors
    /// When the folder cannot be read, or a head is of no version that this `mon` knows.
    pub fn open(folder: &Path, after: u64, names: &[String]) -> Result<Self, Failure> {
        let reader = LogReader::open(folder, after).map_err(told)?;
        let number = |name: &String| {
            let at = names.iter().position(|known| known == name);
            at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX)
        };
        let numbers = heads(&reader, folder)?.iter().map(|head| head.sources.iter().map(number).collect()).collect();
        Ok(Self { reader, folder: folder.to_owned(), numbers })
    }

    /// The next entry; None behind the last one.
    ///
    /// # Errors
    /// When an entry is torn, or of no kind that this `mon` knows.
    pub fn next(&mut self) -> Result<Option<Entry>, Failure> {
        let Some(entry) = self.reader.next() else { return Ok(None) };
        let entry = entry.map_err(told)?;
        let numbers = self.numbers.get(entry.segment);
        let number =
            |source: u16| numbers.and_then(|numbers| numbers.get(usize::from(source))).copied().unwrap_or(source);
        let content = match item(&entry.bytes, &self.folder)? {
            Item::Posts { source, posts, .. } => {
                let batch = posts.read().map_err(|why| unreadable(&self.folder, &why))?;
                Content::Feed(Feed::Posts { source: number(source), batch })
            }
            Item::Quiet { source, until } => Content::Feed(Feed::Quiet { source: number(source), until }),
            Item::Load { step } => Content::Feed(Feed::Load { step }),
            Item::Barrier(reached) => Content::Barrier(reached),
            Item::End => Content::End,
        };
        Ok(Some(Entry { seq: entry.seq, segment: entry.segment, content }))
    }

    /// Bytes behind the last whole entry.
    pub fn torn(&self) -> u64 {
        self.reader.torn()
    }
}

/// What the segments say of themselves.
pub fn heads(reader: &LogReader, folder: &Path) -> Result<Vec<Head>, Failure> {
    reader.segments().iter().map(|segment| Head::read(&segment.head).map_err(|why| unreadable(folder, &why))).collect()
}

pub fn item<'a>(bytes: &'a [u8], folder: &Path) -> Result<Item<'a>, Failure> {
    super::item(bytes).ok_or_else(|| unreadable(folder, "an entry is of no kind that this `mon` knows"))
}

pub fn unreadable(folder: &Path, why: &str) -> Failure {
    Failure::input(
        format!("the recording in `{}` can't be read: {why}", folder.display()),
        "read it with the `mon` that wrote it, or move it away: a run then begins a new one",
    )
}
