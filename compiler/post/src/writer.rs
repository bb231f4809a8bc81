//! Writes posts: JSON lines and CSV with only what is told, Parquet and Arrow as the tables that they are.
//! What is written reads back as the same posts.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Fields, Schema, SchemaRef};
use arrow::ipc::writer::{FileWriter, StreamWriter};
#[cfg(feature = "archives")]
use parquet::arrow::ArrowWriter;
#[cfg(feature = "archives")]
use parquet::basic::{Compression, ZstdLevel};
#[cfg(feature = "archives")]
use parquet::file::properties::WriterProperties;

use crate::batch::PostBatch;
use crate::error::WriteError;
use crate::group::Group;
use crate::row::{Ingest, PostRow};
use crate::schema::schema;

/// Leaves out what a builder would work out again.
fn told<'a>(mut row: PostRow<'a>) -> PostRow<'a> {
    fn unless(value: &mut Option<std::borrow::Cow<'_, str>>, usual: &str) {
        if value.as_deref() == Some(usual) {
            *value = None;
        }
    }
    let uid = row.post_uid.clone().unwrap_or_default();
    unless(&mut row.root_uid, &uid);
    unless(&mut row.native_id, &uid);
    for (value, usual) in [
        (&mut row.op, "created"),
        (&mut row.platform, "other"),
        (&mut row.source, "file"),
        (&mut row.time_quality, "platform"),
        (&mut row.kind, "post"),
        (&mut row.status, "ok"),
        (&mut row.residency, "default"),
        (&mut row.residency_basis, "default"),
    ] {
        unless(value, usual);
    }
    if row.received_at == row.event_at {
        row.received_at = None;
    }
    if row.created_at.is_some() && row.event_at == row.created_at {
        row.event_at = None;
    }
    if row.completeness == Some(0) {
        row.completeness = None;
    }
    let usual = Ingest {
        wire: Some("file".into()),
        mapper: Some(1),
        partition: Some("".into()),
        cursor: Some("".into()),
        env: Some("local".into()),
        ..Ingest::default()
    };
    if row.ingest.as_ref() == Some(&usual) {
        row.ingest = None;
    }
    row.raw = None;
    row
}

/// Writes one post as a line of JSON: the schema's columns in its order, only those that are told.
pub fn write_row(row: &PostRow<'_>, out: &mut Vec<u8>) {
    let from = out.len();
    out.push(b'{');
    PostRow::write(&told(row.clone()), out);
    debug_assert!(out.len() > from, "a row is at least its braces");
    out.extend_from_slice(b"}\n");
}

/// Writes posts as JSON lines.
pub fn write_jsonl(batch: &PostBatch, out: &mut impl Write) -> Result<(), WriteError> {
    let mut line = Vec::new();
    for row in 0..batch.len() {
        line.clear();
        write_row(&batch.row(row), &mut line);
        out.write_all(&line)?;
    }
    Ok(())
}

/// Writes the header of a CSV file: every column that a cell can tell.
pub fn write_csv_header(out: &mut impl Write) -> Result<(), WriteError> {
    let mut names = Vec::new();
    PostRow::cells("", &mut names);
    Ok(writeln!(out, "{}", names.join(","))?)
}

/// Writes posts as rows of CSV, without the header.
pub fn write_csv(batch: &PostBatch, out: &mut impl Write) -> Result<(), WriteError> {
    for row in 0..batch.len() {
        let mut line = String::new();
        PostRow::visit_cells(Some(&told(batch.row(row))), &mut |cell| {
            if let Some(json) = cell {
                // A JSON string is the text in it; any other value stands for itself.
                let text: Option<String> = serde_json::from_slice(&json).ok();
                let text = text.unwrap_or_else(|| String::from_utf8_lossy(&json).into_owned());
                if text.is_empty() || text.contains(['"', ',', ';', '\t', '\n', '\r']) {
                    line.push('"');
                    line.push_str(&text.replace('"', "\"\""));
                    line.push('"');
                } else {
                    line.push_str(&text);
                }
            }
            line.push(',');
        });
        line.pop();
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn encode<'f>(format: &'static str) -> impl Fn(String) -> WriteError + 'f {
    move |reason| WriteError::Encode { format, reason }
}

/// Writes a Parquet file, zstd.
#[cfg(feature = "archives")]
pub struct ParquetWriter<W: Write + Send>(ArrowWriter<W>);

#[cfg(feature = "archives")]
impl<W: Write + Send> ParquetWriter<W> {
    pub fn new(out: W) -> Result<Self, WriteError> {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        ArrowWriter::try_new(out, schema(), Some(properties)).map(Self).map_err(|e| encode("Parquet")(e.to_string()))
    }

    pub fn write(&mut self, batch: &PostBatch) -> Result<(), WriteError> {
        self.0.write(batch.record()).map_err(|e| encode("Parquet")(e.to_string()))
    }

    /// Writes the footer and gives the sink back; without it the file cannot be read.
    pub fn finish(self) -> Result<W, WriteError> {
        self.0.into_inner().map_err(|e| encode("Parquet")(e.to_string()))
    }
}

/// A type with its dictionaries unpacked.
fn plain(data_type: &DataType) -> DataType {
    let field = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(plain(field.data_type())));
    match data_type {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::List(item) => DataType::List(field(item)),
        other => other.clone(),
    }
}

/// Writes an Arrow IPC file. That format holds one dictionary a column for the whole file, so words are written as
/// plain texts; readers pack them again.
pub struct ArrowFileWriter<W: Write> {
    writer: FileWriter<W>,
    schema: SchemaRef,
}

impl<W: Write> ArrowFileWriter<W> {
    pub fn new(out: W) -> Result<Self, WriteError> {
        let ours = schema();
        let fields: Fields =
            ours.fields().iter().map(|field| field.as_ref().clone().with_data_type(plain(field.data_type()))).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, ours.metadata().clone()));
        let writer = FileWriter::try_new(out, &schema).map_err(|e| encode("Arrow")(e.to_string()))?;
        Ok(Self { writer, schema })
    }

    pub fn write(&mut self, batch: &PostBatch) -> Result<(), WriteError> {
        let columns = self.schema.fields().iter().zip(batch.record().columns());
        let columns = columns.map(|(field, column)| cast(column, field.data_type())).collect::<Result<Vec<_>, _>>();
        let record = columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&self.schema), columns));
        record.and_then(|record| self.writer.write(&record)).map_err(|e| encode("Arrow")(e.to_string()))
    }

    /// Writes the footer and gives the sink back.
    pub fn finish(self) -> Result<W, WriteError> {
        self.writer.into_inner().map_err(|e| encode("Arrow")(e.to_string()))
    }
}

/// Writes Arrow IPC as a stream.
pub struct ArrowStreamWriter<W: Write>(StreamWriter<W>);

impl<W: Write> ArrowStreamWriter<W> {
    pub fn new(out: W) -> Result<Self, WriteError> {
        StreamWriter::try_new(out, &schema()).map(Self).map_err(|e| encode("Arrow stream")(e.to_string()))
    }

    pub fn write(&mut self, batch: &PostBatch) -> Result<(), WriteError> {
        self.0.write(batch.record()).map_err(|e| encode("Arrow stream")(e.to_string()))
    }

    /// Ends the stream and gives the sink back.
    pub fn finish(self) -> Result<W, WriteError> {
        self.0.into_inner().map_err(|e| encode("Arrow stream")(e.to_string()))
    }
}
