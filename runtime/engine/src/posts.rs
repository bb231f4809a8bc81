//! How operators read posts out of batches: times, group keys as texts, evidence.

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use mon_post::{FieldId, PostBatch};

use crate::control::column;

/// The schema of posts without markers.
pub(crate) fn schema() -> SchemaRef {
    mon_post::schema()
}

/// The posts of a batch that may have marker columns behind them.
pub(crate) fn open(batch: &RecordBatch) -> Result<PostBatch> {
    PostBatch::try_new(batch.clone()).map_err(|error| exec_datafusion_err!("{error}"))
}

/// What stands behind a post's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It lies no further than the allowance after a receipt that was told apart from it.
    Received,
    /// It lies further.
    Ahead,
    /// Nothing but the post: a recording often knows no receipt, which then is the post's own time.
    Alone,
}

/// Event time of each row, and what stands behind it.
pub(crate) fn times(rows: &RecordBatch, ahead: i64) -> Result<impl Iterator<Item = (i64, Trust)>> {
    let event = column(rows, "event_at")?.as_primitive::<TimestampMicrosecondType>();
    let received = column(rows, "received_at")?.as_primitive::<TimestampMicrosecondType>();
    Ok(event.values().iter().zip(received.iter()).map(move |(at, received)| {
        let trust = match received {
            Some(received) if *at > received.saturating_add(ahead) => Trust::Ahead,
            Some(received) if *at != received => Trust::Received,
            _ => Trust::Alone,
        };
        (*at, trust)
    }))
}

/// A field's values as the texts that group keys are made of.
pub(crate) fn key_texts(posts: &PostBatch, field: FieldId) -> Result<StringArray> {
    let values = posts.column(field);
    if let Some(texts) = values.as_string_opt::<i32>() {
        return Ok(texts.clone());
    }
    let texts = cast(values, &DataType::Utf8)?;
    Ok(texts.as_string::<i32>().clone())
}

/// One text of a column, where it is told.
pub(crate) fn text_at(texts: &StringArray, row: usize) -> Option<String> {
    (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row).to_owned())
}
