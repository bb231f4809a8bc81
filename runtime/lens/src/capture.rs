//! Recorded posts, read once into memory.

use std::path::Path;

use mon_engine::Recording;
use mon_post::reader::{self, Format, ReadOptions};
use mon_post::{PostBatch, ReadError, Zone};

use crate::error::LensError;

/// Posts that a capture holds at most (`capture_posts_max`), where nobody says another number.
pub const POSTS_MAX: usize = 1_000_000;

/// Posts in the order in which they arrived, as monitors see them: without those whose event had been seen.
#[derive(Debug, Default)]
pub struct Capture {
    recording: Recording,
    read: u64,
    problems: u64,
    first: Option<i64>,
}

/// A post as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub id: String,
    pub text: String,
    /// Event time, microseconds since 1970 UTC.
    pub at: i64,
}

/// Where a post of a capture stands: its batch and its row there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub batch: u32,
    pub row: u32,
}

impl Capture {
    /// Reads a file of posts, of at most so many. Bad lines are counted and left out; of a packed file that is cut, the posts before
    /// the cut are taken. None where `stop` said so, which is asked between batches.
    ///
    /// # Errors
    /// When the file cannot be read, or holds more posts.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        posts_max: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Self>, LensError> {
        let reader = reader::open(path, format, &ReadOptions::default())?;
        let (mut batches, mut problems, mut posts) = (Vec::new(), 0, 0);
        for read in reader {
            if stop() {
                return Ok(None);
            }
            let read = match read {
                Ok(read) => read,
                Err(ReadError::Cut { .. }) => {
                    problems += 1;
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            problems += read.problems.len() as u64;
            posts += read.batch.len();
            if posts > posts_max {
                return Err(LensError::TooManyPosts { limit: posts_max });
            }
            batches.push(read.batch);
        }
        let capture = Self::of(batches, stop)?;
        Ok(capture.map(|capture| Self { problems, ..capture }))
    }

    /// Takes posts that are read already. None where `stop` said so.
    ///
    /// # Errors
    /// When a batch lacks a column of posts.
    pub fn of(batches: Vec<PostBatch>, stop: &dyn Fn() -> bool) -> Result<Option<Self>, LensError> {
        let read = batches.iter().map(|batch| batch.len() as u64).sum();
        let first = batches.iter().flat_map(|batch| (0..batch.len()).map(|row| batch.event_at(row))).min();
        let Some(recording) = Recording::read(batches, stop)? else { return Ok(None) };
        Ok(Some(Self { recording, read, problems: 0, first }))
    }

    /// Posts that were read, repeats too.
    #[must_use]
    pub const fn posts(&self) -> u64 {
        self.read
    }

    /// Posts whose event had been seen: no monitor sees them.
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.recording.duplicates()
    }

    /// Lines that could not be read.
    #[must_use]
    pub const fn problems(&self) -> u64 {
        self.problems
    }

    /// Event time of the oldest post, in microseconds since 1970 UTC.
    #[must_use]
    pub fn first(&self) -> Option<i64> {
        Some(self.first?.min(self.recording.youngest()?))
    }

    /// Event time of the youngest post. One that lies in the future alone is not believed.
    #[must_use]
    pub const fn last(&self) -> Option<i64> {
        self.recording.youngest()
    }

    pub(crate) const fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(crate) fn batches(&self) -> &[PostBatch] {
        self.recording.posts()
    }

    pub(crate) fn post(&self, at: At) -> Option<Post> {
        let (batch, row) = (self.batches().get(at.batch as usize)?, at.row as usize);
        let mut texts = Zone::DEFAULT.iter().rev().flat_map(|zone| batch.zone(*zone).texts(row));
        let text = batch.zone(Zone::Text).texts(row).find(|text| !text.trim().is_empty());
        let text = text.or_else(|| texts.find(|text| !text.trim().is_empty())).unwrap_or_default();
        Some(Post { id: batch.post_uid(row).to_owned(), text: text.to_owned(), at: batch.event_at(row) })
    }
}
