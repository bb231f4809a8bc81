//! The contract between a connector and the runtime: cursors, envelopes, items, and the two traits.
//! `Source` does the input and output of one platform, `Mapper` is pure and turns one envelope into posts.

use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use mon_post::{PostBatch, PostBatchBuilder, PostRow};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::SourceError;
use crate::spec::Spec;

/// A place in a source's stream from which it can go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Never falls along one epoch's stream; several events may share one.
    pub order: u64,
    /// What the source needs to go on, opaque to everybody else.
    pub token: String,
    /// The instance that the token is valid on; empty when it belongs to none.
    pub epoch: String,
}

/// A part of a source that is read on its own: a rule set, a hashtag, a shard, a feed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Partition {
    pub id: String,
    pub params: String,
}

impl Partition {
    /// The one partition of a source that has no parts.
    #[must_use]
    pub fn whole() -> Self {
        Self { id: "all".to_owned(), params: String::new() }
    }
}

/// Where to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// With what happens from now on.
    Live,
    /// With the oldest that the source keeps.
    Earliest,
    /// After this cursor; a source may deliver some events before it again.
    After(Cursor),
    /// After the first cursor and up to the second, then end.
    Between(Cursor, Cursor),
}

impl Resume {
    /// The cursor that was reached before, if any.
    #[must_use]
    pub const fn reached(&self) -> Option<&Cursor> {
        match self {
            Self::After(cursor) | Self::Between(cursor, _) => Some(cursor),
            Self::Live | Self::Earliest => None,
        }
    }
}

/// What happened to a post or an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Created,
    Updated,
    Deleted,
    /// A like, a repost count and the like.
    Engaged,
    /// Identity, status or repository of an account.
    Account,
}

/// One event as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub op: Op,
    /// The platform's identifier of what the event is about.
    pub native_id: String,
    pub cursor: Cursor,
    /// When it happened, by the platform's clock.
    pub occurred: Option<SystemTime>,
    pub received: SystemTime,
    pub media_type: &'static str,
    /// The wire format: which mapper reads the payload.
    pub wire: &'static str,
    pub payload: Bytes,
    pub tags: Vec<(&'static str, String)>,
}

/// Why a range of a stream is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The server no longer kept the range when it was asked for.
    Expired,
    /// The server's first answer lies after what it was asked for, without a word.
    Skipped,
    /// A frame could not be read, twice.
    Unreadable,
}

impl GapReason {
    /// As a person reads it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Expired => "the server no longer keeps this range",
            Self::Skipped => "the server left this range out",
            Self::Unreadable => "the server sent something that can't be read",
        }
    }
}

/// Something to know that loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A kind of event that this version does not know; counted, not mapped.
    UnknownKind(String),
    /// What the server wanted to say.
    Server { name: String, message: String },
}

/// A batch from a source whose records are posts already.
#[derive(Clone, Debug)]
pub struct ReadyBatch {
    pub batch: PostBatch,
    /// Reached when the batch is done.
    pub cursor: Cursor,
    /// Records read for it, with the bad ones.
    pub received: u64,
    pub problems: Vec<MapError>,
}

/// What a source's stream is made of.
#[derive(Clone, Debug)]
pub enum Item {
    Event(Envelope),
    Batch(ReadyBatch),
    /// Everything up to here was seen and held nothing to hand on.
    Progress(Cursor),
    /// What lies between is lost for this source: never left out in silence.
    Gap {
        from: Option<Cursor>,
        to: Option<Cursor>,
        why: GapReason,
    },
    Notice(Notice),
}

/// The answer of a cheap probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What was reached, for a person.
    pub detail: String,
    /// Units of the platform's quota that the probe used.
    pub cost: u32,
}

/// One connector: protocol only. It never sleeps, retries, deduplicates or stores.
#[async_trait]
pub trait Source: Send + Sync {
    /// What this kind of source can do and may do.
    fn spec(&self) -> &'static Spec;

    /// Maps the envelopes of this source.
    fn mapper(&self) -> &dyn Mapper;

    /// Asks the platform whether reading would work, for at most one unit of quota.
    async fn check(&self) -> Result<Health, SourceError>;

    /// The parts to read.
    async fn partitions(&self) -> Result<Vec<Partition>, SourceError> {
        Ok(vec![Partition::whole()])
    }

    /// Connects. The stream ends by itself only when there is nothing more to come, ever.
    async fn open(
        &self,
        partition: &Partition,
        from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError>;

    /// Everything up to `upto` is durable with the caller: sources that acknowledge do so here.
    async fn commit(&self, _partition: &Partition, _upto: &Cursor) -> Result<(), SourceError> {
        Ok(())
    }

    /// Fetches posts by identifier, to complete what came truncated or to fill a gap.
    async fn hydrate(&self, _ids: &[String]) -> Result<Vec<Envelope>, SourceError> {
        Ok(Vec::new())
    }
}

/// Bits of [`mon_post::completeness`] of the posts that an envelope gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completeness(pub u32);

/// An envelope that could not be mapped; the others go on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{wire}: `{path}` {reason}")]
pub struct MapError {
    pub wire: &'static str,
    /// Where in the payload, or which line.
    pub path: String,
    pub reason: String,
}

/// Where a mapper puts posts.
pub trait PostSink {
    fn push(&mut self, row: &PostRow<'_>) -> Result<(), String>;
}

impl PostSink for PostBatchBuilder {
    fn push(&mut self, row: &PostRow<'_>) -> Result<(), String> {
        self.append(row).map_err(|error| error.to_string())
    }
}

/// Turns envelopes into posts: pure, versioned, and never panicking whatever the bytes.
pub trait Mapper: Send + Sync {
    /// The wire formats that it reads.
    fn wires(&self) -> &'static [&'static str];

    /// Raised when the same bytes give other posts.
    fn version(&self) -> i32;

    /// Puts the posts of one envelope into `out`: none for an event that is no post.
    fn map(&self, envelope: &Envelope, out: &mut dyn PostSink) -> Result<Completeness, MapError>;
}
