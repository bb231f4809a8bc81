//! Parquet and Arrow files: our own are taken as they are, any other table is read by the names of its columns.

use std::io::{Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::batch::{PostBatch, with_nulls};
use crate::error::ReadError;
use crate::kind::write_json_text;
use crate::reader::draft::Draft;
use crate::reader::source::Source;
use crate::reader::{Format, Progress, ReadOptions, table};
use crate::schema::{VERSION, VERSION_KEY, schema};
use crate::time;

type Tables = Box<dyn Iterator<Item = Result<RecordBatch, String>> + Send>;

pub struct Columnar {
    tables: Tables,
    /// The table at hand and the row to go on with.
    table: Option<(RecordBatch, usize)>,
    rows_read: u64,
    /// Rows of a Parquet file, tables of an Arrow file: what progress is told by.
    parts_read: u64,
    parts_total: Option<u64>,
    name: String,
    format: Format,
}

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

impl Columnar {
    pub fn open(mut source: Source, options: &ReadOptions) -> Result<Self, ReadError> {
        let (name, format) = (source.name.clone(), source.format);
        let file = source.file.take();
        let refused = |detail: String| ReadError::NotThatFormat { name: name.clone(), format: format.name(), detail };
        let mut parts_total = None;
        let tables: Result<Tables, String> = match format {
            Format::ArrowStream => {
                let stream = source.stream;
                guard(move || StreamReader::try_new(std::io::BufReader::new(stream), None).map_err(|e| e.to_string()))
                    .map(|tables| guarded(tables.map(|table| table.map_err(|e| e.to_string()))))
            }
            Format::ArrowFile => {
                let file: Box<dyn ReadSeek> = match file {
                    Some(file) => Box::new(std::io::BufReader::new(file)),
                    None => Box::new(Cursor::new(source.into_memory()?)),
                };
                guard(move || FileReader::try_new(file, None).map_err(|e| e.to_string())).map(|tables| {
                    parts_total = u64::try_from(tables.num_batches()).ok();
                    guarded(tables.map(|table| table.map_err(|e| e.to_string())))
                })
            }
            _ => match file {
                Some(file) => parquet(file, options, &mut parts_total),
                None => parquet(bytes::Bytes::from(source.into_memory()?), options, &mut parts_total),
            },
        };
        let tables = tables.map_err(refused)?;
        Ok(Self { tables, table: None, rows_read: 0, parts_read: 0, parts_total, name, format })
    }

    /// The bytes consumed, as far as rows or tables tell it.
    pub fn bytes_read(&self, progress: &Progress) -> u64 {
        match (self.parts_total, progress.total) {
            (Some(parts), Some(bytes)) if parts > 0 => {
                let share = u128::from(bytes) * u128::from(self.parts_read.min(parts)) / u128::from(parts);
                u64::try_from(share).unwrap_or(bytes)
            }
            _ => progress.bytes_read(),
        }
    }

    /// The next rows as a batch, `None` at the end of the file.
    pub fn next(&mut self, draft: &mut Draft, options: &ReadOptions) -> Result<Option<PostBatch>, ReadError> {
        let refused =
            |detail: String| ReadError::NotThatFormat { name: self.name.clone(), format: self.format.name(), detail };
        let (table, from) = loop {
            match self.table.take() {
                Some((table, from)) if from < table.num_rows() => break (table, from),
                _ => match self.tables.next() {
                    None => return Ok(None),
                    Some(table) => self.table = Some((table.map_err(refused)?, 0)),
                },
            }
        };
        let rows = (table.num_rows() - from).min(options.batch_rows);
        let part = table.slice(from, rows);
        let ends = from + rows == table.num_rows();
        self.table = Some((table, from + rows));
        let first = self.rows_read + 1;
        self.rows_read += rows as u64;
        self.parts_read += match self.format {
            Format::Parquet => rows as u64,
            _ => u64::from(ends),
        };
        if let Some(ours) = ours(&part) {
            return Ok(Some(PostBatch::try_new(ours)?));
        }
        foreign(&part, first, draft, options)?;
        Ok(Some(draft.builder.finish()?))
    }
}

fn parquet<F>(file: F, options: &ReadOptions, parts_total: &mut Option<u64>) -> Result<Tables, String>
where
    F: parquet::file::reader::ChunkReader + 'static,
{
    let batch_rows = options.batch_rows;
    let builder = guard(move || ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string()))?;
    *parts_total = u64::try_from(builder.metadata().file_metadata().num_rows()).ok();
    let tables = guard(move || builder.with_batch_size(batch_rows).build().map_err(|e| e.to_string()))?;
    Ok(guarded(tables.map(|table| table.map_err(|e| e.to_string()))))
}

/// Damaged files can drive the decoders below us into a panic: to the reader it is one more way of being damaged.
fn guard<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("the file is damaged".to_owned()))
}

fn guarded<I>(mut tables: I) -> Tables
where
    I: Iterator<Item = Result<RecordBatch, String>> + Send + 'static,
{
    let mut broken = false;
    Box::new(std::iter::from_fn(move || {
        if broken {
            return None;
        }
        let next = guard(|| Ok(tables.next())).unwrap_or_else(|reason| Some(Err(reason)));
        broken = matches!(next, Some(Err(_)));
        next
    }))
}

/// A table of `post_event` v1, whichever minor version wrote it; `None` for another table.
fn ours(table: &RecordBatch) -> Option<RecordBatch> {
    let told = table.schema_ref().metadata().get(VERSION_KEY);
    if told.is_some_and(|version| version != VERSION) || table.column_by_name("event_id").is_none() {
        return None;
    }
    let wanted = schema();
    let columns = wanted.fields().iter().map(|field| match table.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Some(Arc::clone(column)),
        Some(column) => {
            let converted = cast(column, field.data_type()).ok()?;
            // A value that the cast could not take would be lost without a word.
            (converted.null_count() == column.null_count()).then_some(converted)
        }
        None => field.is_nullable().then(|| new_null_array(field.data_type(), table.num_rows())),
    });
    let columns = columns.collect::<Option<Vec<ArrayRef>>>()?;
    RecordBatch::try_new(wanted, columns).ok()
}

/// Reads the rows of any table by the names of its columns.
fn foreign(part: &RecordBatch, first: u64, draft: &mut Draft, options: &ReadOptions) -> Result<(), ReadError> {
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in part.schema_ref().fields().iter().zip(part.columns()) {
        flatten(field.name(), column, &mut names, &mut columns);
    }
    for row in 0..part.num_rows() {
        let texts: Vec<Option<String>> = columns.iter().map(|column| column.text(row)).collect();
        let cells: Vec<table::Cell<'_>> =
            texts.iter().map(|text| (text.as_deref().unwrap_or_default(), text.is_some())).collect();
        let number = first + row as u64;
        draft.add(number, table::parse(&names, &cells), options)?;
        if options.strict && !draft.problems.is_empty() {
            break;
        }
    }
    Ok(())
}

enum Cells {
    Texts(StringArray),
    /// Microseconds since 1970.
    Times(ArrayRef),
    Lists(ArrayRef),
    /// As Arrow displays it.
    Other(ArrayRef),
}

fn flatten(name: &str, column: &ArrayRef, names: &mut Vec<String>, cells: &mut Vec<Cells>) {
    if let Some(parent) = column.as_struct_opt() {
        for (field, child) in parent.fields().iter().zip(parent.columns()) {
            flatten(&format!("{name}.{}", field.name()), &with_nulls(Arc::clone(child), parent.nulls()), names, cells);
        }
        return;
    }
    names.push(name.to_owned());
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    cells.push(match column.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => cast(column, &micros)
            .and_then(|times| cast(&times, &DataType::Int64))
            .map_or_else(|_| Cells::Other(Arc::clone(column)), Cells::Times),
        DataType::List(field) if field.data_type() == &DataType::Utf8 => Cells::Lists(Arc::clone(column)),
        _ => match cast(column, &DataType::Utf8) {
            Ok(texts) if texts.null_count() == column.null_count() => texts
                .as_string_opt::<i32>()
                .map_or_else(|| Cells::Other(Arc::clone(column)), |texts| Cells::Texts(texts.clone())),
            _ => Cells::Other(Arc::clone(column)),
        },
    });
}

impl Cells {
    fn text(&self, row: usize) -> Option<String> {
        match self {
            Self::Texts(texts) => texts.is_valid(row).then(|| texts.value(row).to_owned()),
            Self::Times(times) => {
                let times = times.as_primitive_opt::<Int64Type>()?;
                times.is_valid(row).then(|| time::format(times.value(row)))
            }
            Self::Lists(lists) => {
                let lists = lists.as_list_opt::<i32>()?;
                let items = lists.is_valid(row).then(|| lists.value(row))?;
                let mut json = vec![b'['];
                for item in items.as_string_opt::<i32>()?.iter().flatten() {
                    if json.len() > 1 {
                        json.push(b',');
                    }
                    write_json_text(item, &mut json);
                }
                json.push(b']');
                Some(String::from_utf8_lossy(&json).into_owned())
            }
            Self::Other(other) => {
                let told = other.is_valid(row);
                let formatter = ArrayFormatter::try_new(other, &FormatOptions::default()).ok()?;
                told.then(|| formatter.value(row).try_to_string().ok())?
            }
        }
    }
}
