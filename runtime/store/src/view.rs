//! Looking into the store: incidents as they stand, their steps, gaps and the manifest of mentions.

use rusqlite::params;

use crate::{GapRow, MentionsFile, Store, StoreError};

/// An incident as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    pub id: String,
    pub monitor: String,
    /// JSON: `[["country","DE"]]`.
    pub key: String,
    pub severity: String,
    pub open: bool,
    /// Event time, microseconds.
    pub opened_at: i64,
    pub changed_at: i64,
    /// Number of its last transition.
    pub number: u32,
}

impl Store {
    /// Up to `limit` incidents, the last changed first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn incidents(&self, only_open: bool, limit: u32) -> Result<Vec<IncidentRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT id, monitor, key, severity, open, opened_at, changed_at, number FROM incident
                 WHERE open >= ?1 ORDER BY changed_at DESC, id LIMIT ?2",
            )?;
            let rows = select.query_map(params![only_open, limit], |row| {
                Ok(IncidentRow {
                    id: row.get(0)?,
                    monitor: row.get(1)?,
                    key: row.get(2)?,
                    severity: row.get(3)?,
                    open: row.get(4)?,
                    opened_at: row.get(5)?,
                    changed_at: row.get(6)?,
                    number: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many incidents are open, by severity; severities without any are left out.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open_incidents(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT severity, count(*) FROM incident WHERE open = 1 GROUP BY severity ORDER BY 1",
            )?;
            Ok(select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
        })
    }

    /// The transitions of one incident as JSON, first to last.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn transitions(&self, incident: &str) -> Result<Vec<String>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare("SELECT json FROM transition WHERE incident = ?1 ORDER BY number")?;
            Ok(select.query_map([incident], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// Every gap, by source and time.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn gaps(&self) -> Result<Vec<GapRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT source, partition, from_at, to_at, lost, reason FROM ingest_gap ORDER BY source, from_at, 2, 6",
            )?;
            let rows = select.query_map((), |row| {
                Ok(GapRow {
                    source: row.get(0)?,
                    partition: row.get(1)?,
                    from: row.get(2)?,
                    to: row.get(3)?,
                    lost: row.get(4)?,
                    reason: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The committed mentions files that hold posts of `[from, to)`, event time in microseconds.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn mentions_files(&self, from: i64, to: i64) -> Result<Vec<MentionsFile>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT path, min_at, max_at, rows, bytes, blake3 FROM mentions_file
                 WHERE max_at >= ?1 AND min_at < ?2 ORDER BY min_at, path",
            )?;
            let rows = select.query_map(params![from, to], |row| {
                Ok(MentionsFile {
                    path: row.get(0)?,
                    min_at: row.get(1)?,
                    max_at: row.get(2)?,
                    rows: row.get(3)?,
                    bytes: row.get(4)?,
                    blake3: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
