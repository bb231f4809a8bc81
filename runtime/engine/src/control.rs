//! Control that travels in band with the posts: the feed's messages, and the marker column that every operator between
//! source and rules passes on. A batch is either all posts or exactly one marker.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, new_null_array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion_common::{Result, exec_datafusion_err};
use mon_post::PostBatch;

/// Name of the nullable marker column; null is a row of data.
pub(crate) const CTL: &str = "__ctl";
/// Name of the column that holds the watermark at each row, the row itself counted.
pub(crate) const WM: &str = "__wm";

/// What a run is fed with, in the order in which it is to count.
#[derive(Clone, Debug)]
pub enum Feed {
    /// Posts of a source, in the order in which they arrived.
    Posts { source: u16, batch: PostBatch },
    /// The source has told all posts older than `until`, as far as its disorder allows, though it may have none.
    /// `i64::MIN` only announces the source: time waits for it. `i64::MAX` says that it sleeps: time does not wait for it until it has posts again.
    Quiet { source: u16, until: i64 },
    /// From here on posts are heard at this step of the ladders of monitors that have one; 0 is all of them.
    Load { step: u8 },
    /// Everything before this is given out as one epoch, with the state to start again from.
    Barrier { epoch: u64 },
    /// The recording is over: every window that holds a post closes, and the state to start again from is given out.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// No post before this is to come.
    Watermark(i64),
    Barrier(u64),
    /// Give out what there is.
    Flush,
    /// End of a recording whose youngest post has this time.
    End(i64),
    /// The step of the ladder at which posts are heard from here on.
    Load(u8),
}

impl Control {
    /// True where operators put their state into a snapshot: at a barrier, and at the end, behind which a recording may
    /// have grown when it is read next.
    pub(crate) const fn keeps_state(self) -> bool {
        matches!(self, Self::Barrier(_) | Self::End(_))
    }

    /// Three bits say what it is, the rest is its number: microseconds until the year 38 000, epochs up to 2^60.
    fn code(self) -> i64 {
        let (number, kind) = match self {
            Self::Watermark(at) => (at, 0),
            Self::Barrier(epoch) => (i64::try_from(epoch).unwrap_or(i64::MAX), 1),
            Self::Flush => (0, 2),
            Self::End(at) => (at, 3),
            Self::Load(step) => (i64::from(step), 4),
        };
        (number.clamp(i64::MIN >> 3, i64::MAX >> 3) << 3) | kind
    }

    fn of(code: i64) -> Self {
        let number = code >> 3;
        match code & 7 {
            0 => Self::Watermark(number),
            1 => Self::Barrier(u64::try_from(number).unwrap_or_default()),
            2 => Self::Flush,
            3 => Self::End(number),
            _ => Self::Load(u8::try_from(number).unwrap_or(u8::MAX)),
        }
    }

    /// A batch of one marker row in this schema.
    pub(crate) fn batch(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let columns = schema.fields().iter().map(|field| -> ArrayRef {
            if field.name() == CTL {
                Arc::new(Int64Array::from_value(self.code(), 1))
            } else {
                new_null_array(field.data_type(), 1)
            }
        });
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options)?)
    }

    /// The marker that a batch is, or None where it is posts.
    pub(crate) fn read(batch: &RecordBatch) -> Result<Option<Self>> {
        let markers = column(batch, CTL)?.as_primitive::<Int64Type>();
        if batch.num_rows() == 1 && markers.is_valid(0) { Ok(Some(Self::of(markers.value(0)))) } else { Ok(None) }
    }
}

/// The same fields, all nullable (a marker row has none of them), with more behind.
pub(crate) fn with_fields(schema: &Schema, more: impl IntoIterator<Item = Field>) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.chain(more).collect::<Vec<_>>()))
}

pub(crate) fn marker_fields() -> [Field; 2] {
    [Field::new(CTL, DataType::Int64, true), Field::new(WM, DataType::Int64, true)]
}

pub(crate) fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| exec_datafusion_err!("the column {name} is missing"))
}

/// The watermark at each row.
pub(crate) fn watermarks(batch: &RecordBatch) -> Result<&[i64]> {
    Ok(column(batch, WM)?.as_primitive::<Int64Type>().values())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_come_back_as_they_went() {
        let schema = with_fields(&Schema::new(vec![Field::new("text", DataType::Utf8, false)]), marker_fields());
        let markers = [
            Control::Watermark(-5),
            Control::Watermark(1_700_000_000_000_000),
            Control::Barrier(7),
            Control::Flush,
            Control::End(0),
            Control::Load(3),
        ];
        for marker in markers {
            assert_eq!(Control::read(&marker.batch(&schema).unwrap()).unwrap(), Some(marker));
        }
    }
}
