//! The Arrow schema of `post_event` v1.
//! It grows by new nullable columns only; readers of an older file fill those with "not told".

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::group::Group;
use crate::row::PostRow;

/// Key of the schema's version in its metadata.
pub const VERSION_KEY: &str = "post_event.version";
/// The version that this crate reads and writes.
pub const VERSION: &str = "1";

/// Bits of the column `completeness`.
pub mod completeness {
    pub const TRUNCATED_TEXT: u32 = 1;
    pub const MISSING_AUTHOR: u32 = 1 << 1;
    pub const MISSING_REF: u32 = 1 << 2;
    pub const MISSING_METRICS: u32 = 1 << 3;
    pub const MISSING_TIME: u32 = 1 << 4;
    pub const STRIPPED: u32 = 1 << 5;
    pub const HYDRATED: u32 = 1 << 6;
    pub const REMAPPED: u32 = 1 << 7;
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let id = Arc::new(Field::new("event_id", DataType::FixedSizeBinary(16), false));
    let fields: Fields = std::iter::once(id).chain(<PostRow<'static> as Group>::fields().iter().cloned()).collect();
    let metadata = HashMap::from([(VERSION_KEY.to_owned(), VERSION.to_owned())]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
});

/// The schema of `post_event` v1, with `post_event.version=1` in its metadata.
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}
