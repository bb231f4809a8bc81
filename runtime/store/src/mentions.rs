//! Posts that matched. A commit puts them into the table `mention_pending`; when there are many, or the oldest has waited
//! long enough, they move into one Parquet file a day. A file is written under another name, flushed and renamed before
//! the transaction that lists it and removes its rows; what no transaction lists is removed when the folder is opened next.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::store::{Fault, sync_folder};
use crate::{Store, StoreError};

/// Rows that are compressed together; a reader skips whole groups.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// One post that one monitor took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention {
    pub post: String,
    pub monitor: String,
    /// Event time, microseconds since 1970 UTC.
    pub at: i64,
    /// The group key as JSON, or empty where the monitor has none.
    pub key: String,
    pub platform: Option<String>,
    pub lang: Option<String>,
    pub author: Option<String>,
    pub url: Option<String>,
    pub text: Option<String>,
}

/// A file of mentions, as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionsFile {
    /// Relative to the data folder, with `/`.
    pub path: String,
    /// Event times of the first and last post, microseconds.
    pub min_at: i64,
    pub max_at: i64,
    pub rows: u64,
    pub bytes: u64,
    /// Hash of the file's bytes, lower-case hex.
    pub blake3: String,
}

/// When pending mentions move into files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Rows that are enough for a file.
    pub rows: u64,
    /// How long a row may wait, microseconds of wall time.
    pub wait_micros: i64,
}

impl Filing {
    /// A file of some megabytes, or one a minute.
    pub const USUAL: Self = Self { rows: 50_000, wait_micros: 60_000_000 };
    /// Whatever there is.
    pub const ALL: Self = Self { rows: 1, wait_micros: 0 };
}

/// Takes mentions into the table where they wait for a file.
pub(crate) fn insert_pending(t: &Transaction<'_>, at: i64, mentions: &[Mention]) -> Result<(), Fault> {
    let mut insert =
        t.prepare_cached("INSERT INTO mention_pending VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
    for m in mentions {
        let row = params![at, m.at, m.post, m.monitor, m.key, m.platform, m.lang, m.author, m.url, m.text];
        insert.execute(row)?;
    }
    Ok(())
}

/// First and last number of the rows that wait, and since when the first does.
type Waiting = Option<(u64, u64, i64)>;

fn waiting(db: &Connection) -> Result<Waiting, Fault> {
    let mut first = db.prepare_cached("SELECT id, since FROM mention_pending ORDER BY id LIMIT 1")?;
    let mut last = db.prepare_cached("SELECT id FROM mention_pending ORDER BY id DESC LIMIT 1")?;
    let first = first.query_row((), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let last = last.query_row((), |row| row.get(0)).optional()?;
    Ok(first.zip(last).map(|((first, since), last)| (first, last, since)))
}

impl Store {
    /// Moves pending mentions into files where they are due at `now` (wall clock, microseconds), and gives the files.
    ///
    /// # Errors
    /// The folder cannot be written; then the mentions wait on.
    pub fn file_mentions(&self, now: i64, filing: Filing) -> Result<Vec<MentionsFile>, StoreError> {
        let Some((first, last, since)) = self.read(waiting)? else { return Ok(Vec::new()) };
        let enough = last.saturating_sub(first).saturating_add(1) >= filing.rows;
        if !enough && now.saturating_sub(since) < filing.wait_micros {
            return Ok(Vec::new());
        }
        let files = self.write_files(&format!("part-{first:012}-{last:012}"), &self.pending_mentions(last)?)?;
        self.write(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO mentions_file
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce((SELECT value FROM meta WHERE key = 'epoch'), 0)",
            )?;
            for file in &files {
                insert.execute(params![file.path, file.min_at, file.max_at, file.rows, file.bytes, file.blake3])?;
            }
            transaction.execute("DELETE FROM mention_pending WHERE id <= ?1", [last])?;
            Ok(())
        })?;
        Ok(files)
    }

    /// Mentions that are committed and in no file yet, up to this number, in the order in which they came.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn pending_mentions(&self, last: u64) -> Result<Vec<Mention>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT post, monitor, at, key, platform, lang, author, url, text FROM mention_pending
                 WHERE id <= ?1 ORDER BY id",
            )?;
            let rows = select.query_map([i64::try_from(last).unwrap_or(i64::MAX)], |row| {
                Ok(Mention {
                    post: row.get(0)?,
                    monitor: row.get(1)?,
                    at: row.get(2)?,
                    key: row.get(3)?,
                    platform: row.get(4)?,
                    lang: row.get(5)?,
                    author: row.get(6)?,
                    url: row.get(7)?,
                    text: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes one file for each day that the mentions touch, sorted by time and post.
    fn write_files(&self, name: &str, mentions: &[Mention]) -> Result<Vec<MentionsFile>, StoreError> {
        let mut days: BTreeMap<String, Vec<&Mention>> = BTreeMap::new();
        for mention in mentions {
            days.entry(day(mention.at)).or_default().push(mention);
        }
        let mut files = Vec::with_capacity(days.len());
        for (day, mut rows) in days {
            rows.sort_by(|a, b| (a.at, &a.post, &a.monitor).cmp(&(b.at, &b.post, &b.monitor)));
            let path = format!("mentions/dt={day}/{name}.parquet");
            let full = self.folder().join(&path);
            let bytes = encode(&rows).map_err(|detail| StoreError::Other { path: full.clone(), detail })?;
            write_whole(&full, &bytes)?;
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
            files.push(MentionsFile {
                path,
                min_at: first.at,
                max_at: last.at,
                rows: rows.len() as u64,
                bytes: bytes.len() as u64,
                blake3: blake3::hash(&bytes).to_hex().to_string(),
            });
        }
        if !files.is_empty() {
            sync_folder(&self.folder().join("mentions"))?;
            sync_folder(self.folder())?;
        }
        Ok(files)
    }
}

fn day(micros: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
    at.format("%Y-%m-%d").to_string()
}

fn encode(rows: &[&Mention]) -> Result<Vec<u8>, String> {
    let text = |of: fn(&Mention) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>())
    };
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.at)).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([
        ("post", text(|m| Some(&m.post))),
        ("monitor", text(|m| Some(&m.monitor))),
        ("event_at", Arc::new(times) as ArrayRef),
        ("key", text(|m| (!m.key.is_empty()).then_some(m.key.as_str()))),
        ("platform", text(|m| m.platform.as_deref())),
        ("lang", text(|m| m.lang.as_deref())),
        ("author", text(|m| m.author.as_deref())),
        ("url", text(|m| m.url.as_deref())),
        ("text", text(|m| m.text.as_deref())),
    ])
    .map_err(|error| error.to_string())?;
    let level = ZstdLevel::try_new(3).map_err(|error| error.to_string())?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_column_bloom_filter_enabled(ColumnPath::from("post"), true)
        .set_column_bloom_filter_enabled(ColumnPath::from("author"), true)
        .build();
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).map_err(|error| error.to_string())?;
    writer.write(&batch).map_err(|error| error.to_string())?;
    writer.close().map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The name appears only when every byte is on disk.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| StoreError::from_io(folder, &error))?;
    let draft = path.with_extension("parquet.tmp");
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    if let Err(error) = write() {
        // Best effort: what stays is removed when the folder is opened next.
        let _ = std::fs::remove_file(&draft);
        return Err(StoreError::from_io(path, &error));
    }
    sync_folder(folder)
}

/// Removes files of ours that the manifest does not list.
pub(crate) fn sweep(folder: &Path, db: &Connection, file: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let sql = |error: rusqlite::Error| StoreError::from_sql(file, &error);
    let mut select = db.prepare("SELECT path FROM mentions_file").map_err(sql)?;
    let listed = select.query_map((), |row| row.get::<_, String>(0)).map_err(sql)?;
    let listed: BTreeSet<PathBuf> =
        listed.map(|path| path.map(|p| folder.join(p))).collect::<Result<_, _>>().map_err(sql)?;
    let mut swept = Vec::new();
    for day in entries(&folder.join("mentions"))? {
        for path in entries(&day)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let ours = name.starts_with("part-") && (name.ends_with(".parquet") || name.ends_with(".parquet.tmp"));
            if ours && !listed.contains(&path) {
                std::fs::remove_file(&path).map_err(|error| StoreError::from_io(&path, &error))?;
                swept.push(path);
            }
        }
    }
    swept.sort_unstable();
    Ok(swept)
}

/// What a folder holds; nothing where it is not there or is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let read = std::fs::read_dir(folder).and_then(|list| list.map(|e| e.map(|e| e.path())).collect());
    read.map_err(|error| StoreError::from_io(folder, &error))
}

#[cfg(test)]
mod tests;
