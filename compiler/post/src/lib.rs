//! The unified post: `post_event` v1 as Arrow, its fields, readers and writers.

mod field;

pub use field::{FIELDS, Field, FieldId, FieldType, KINDS, OPS, PLATFORMS, Privacy, VISIBILITIES, Zone, find};
