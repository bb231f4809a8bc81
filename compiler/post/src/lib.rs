//! The unified post: `post_event` v1 as Arrow, its fields, readers and writers.
//!
//! A [`PostRow`] is one post as a plain struct; a [`PostBatchBuilder`] makes [`PostBatch`]es of them; [`reader::open`] reads
//! them from files and [`writer`] writes them. `None` in a row and null in a column always mean "not told".

mod batch;
mod builder;
mod error;
mod field;
mod group;
mod json;
mod kind;
pub mod reader;
mod row;
mod schema;
mod table;
pub mod time;
pub mod writer;
mod zone;

pub use batch::{PostBatch, arrow_type, host};
pub use builder::{MAX_BATCH_BYTES, PostBatchBuilder, event_id};
pub use error::{LineProblem, PostError, ReadError, WriteError};
pub use field::{FIELDS, Field, FieldId, FieldType, KINDS, OPS, PLATFORMS, Privacy, VISIBILITIES, Zone, find};
pub use row::{
    Author, Community, Engagement, Enrichment, Entity, Geo, Ingest, Link, Media, Poll, PollOption, PostRow, Ref,
    ServerMatch,
};
pub use schema::{VERSION, VERSION_KEY, completeness, schema};
pub use zone::{Texts, ZoneColumn};
