//! The one transaction of an epoch: where the sources stand, what the engine knows, which incidents changed and who is
//! to be told become true together, or not at all.

use std::collections::HashSet;

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use crate::audit::Appender;
use crate::checkpoint::last_epoch;
use crate::mentions::insert_pending;
use crate::store::Fault;
use crate::{AuditEntry, Mention, Store, StoreError};

/// Everything that becomes true with an epoch.
#[derive(Clone, Debug, Default)]
pub struct EpochCommit {
    /// Larger than any before it; an epoch that is already committed changes nothing.
    pub epoch: u64,
    /// Wall clock, microseconds since 1970 UTC.
    pub at: i64,
    pub cursors: Vec<CursorRow>,
    /// All parts of the engine's state at this epoch: parts that are not listed are removed. None keeps what is stored.
    pub snapshot: Option<Vec<SnapshotPart>>,
    pub transitions: Vec<TransitionRow>,
    pub messages: Vec<MessageRow>,
    /// They wait in a table until [`Store::file_mentions`] moves them into files.
    pub mentions: Vec<Mention>,
    pub gaps: Vec<GapRow>,
    /// Counters and the values that they have now; others keep theirs.
    pub counts: Vec<(String, u64)>,
    pub audit: Vec<AuditEntry>,
}

/// How far a source has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    pub source: String,
    pub partition: String,
    /// JSON that only the source understands.
    pub cursor: String,
}

/// A piece of the engine's state. A name stands for the same bytes for ever: it holds the epoch or a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPart {
    pub name: String,
    /// None where an earlier commit stored the part.
    pub bytes: Option<Vec<u8>>,
}

/// A time in which a source may have lost posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapRow {
    pub source: String,
    pub partition: String,
    /// Wall clock, microseconds.
    pub from: i64,
    /// None while it lasts; committed again with the end, the row is completed.
    pub to: Option<i64>,
    /// How many posts, where that is known.
    pub lost: Option<u64>,
    pub reason: String,
}

/// A step of an incident, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionRow {
    columns: TransitionColumns,
    json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct TransitionColumns {
    incident: String,
    number: u32,
    kind: String,
    monitor: String,
    at: i64,
    opened_at: i64,
    severity: String,
    key: Vec<(String, Option<String>)>,
}

impl TransitionRow {
    /// Takes a `Transition`, or anything that serialises to the same names.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where a name is missing.
    pub fn of(transition: &impl Serialize) -> Result<Self, StoreError> {
        let (columns, json) = lay_out(transition, "a transition")?;
        Ok(Self { columns, json })
    }
}

/// A message to be sent, as the outbox keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    columns: MessageColumns,
    json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct MessageColumns {
    id: String,
    incident: String,
    transition: u32,
    event: String,
    severity: String,
    team: String,
    method: String,
    due: i64,
}

impl MessageRow {
    /// Takes a `Message`, or anything that serialises to the same names.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where a name is missing.
    pub fn of(message: &impl Serialize) -> Result<Self, StoreError> {
        let (columns, json) = lay_out(message, "a message")?;
        Ok(Self { columns, json })
    }
}

/// The row's JSON, with the columns that the tables are searched by read out of it.
fn lay_out<C: for<'de> Deserialize<'de>>(row: &impl Serialize, what: &'static str) -> Result<(C, String), StoreError> {
    let shape = |error: serde_json::Error| StoreError::Shape { what, detail: error.to_string() };
    let json = serde_json::to_string(row).map_err(shape)?;
    let columns = serde_json::from_str(&json).map_err(shape)?;
    Ok((columns, json))
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The epoch had been committed before; nothing was changed.
    pub already: bool,
    /// Transitions and messages that were not there yet.
    pub transitions: u64,
    pub messages: u64,
}

impl Store {
    /// Makes the epoch true, in one transaction that is on disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written, or the commit names a part that is not there; then nothing was changed.
    pub fn commit(&self, commit: &EpochCommit) -> Result<Committed, StoreError> {
        self.write(|transaction| {
            if last_epoch(transaction)?.is_some_and(|last| commit.epoch <= last) {
                return Ok(Committed { already: true, ..Committed::default() });
            }
            let mut log = Appender::begin(transaction, commit.at)?;
            let transitions = insert_transitions(transaction, commit, &mut log)?;
            let messages = insert_messages(transaction, commit, &mut log)?;
            for entry in &commit.audit {
                log.add(&entry.kind, &entry.subject, &entry.detail)?;
            }
            log.finish()?;
            if let Some(parts) = &commit.snapshot {
                store_snapshot(transaction, commit.epoch, parts)?;
            }
            store_progress(transaction, commit)?;
            Ok(Committed { already: false, transitions, messages })
        })
    }
}

fn insert_transitions(t: &Transaction<'_>, commit: &EpochCommit, log: &mut Appender<'_>) -> Result<u64, Fault> {
    let mut insert = t.prepare_cached("INSERT OR IGNORE INTO transition VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let mut state = t.prepare_cached(
        "INSERT INTO incident VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET
           severity = excluded.severity, open = excluded.open, changed_at = excluded.changed_at,
           number = excluded.number
         WHERE excluded.number > incident.number",
    )?;
    let mut added = 0;
    for TransitionRow { columns: c, json } in &commit.transitions {
        if insert.execute(params![c.incident, c.number, c.kind, c.at, commit.epoch, json])? == 0 {
            continue;
        }
        added += 1;
        let key = serde_json::to_string(&c.key).unwrap_or_default();
        let open = c.kind != "cleared";
        state.execute(params![c.incident, c.monitor, key, c.severity, open, c.opened_at, c.at, c.number])?;
        let detail = serde_json::json!({"number": c.number, "monitor": c.monitor, "severity": c.severity, "at": c.at});
        log.add(&format!("incident.{}", c.kind), &c.incident, &detail.to_string())?;
    }
    Ok(added)
}

fn insert_messages(t: &Transaction<'_>, commit: &EpochCommit, log: &mut Appender<'_>) -> Result<u64, Fault> {
    let mut insert = t.prepare_cached(
        "INSERT OR IGNORE INTO outbox
           (id, incident, transition_no, team, method, event, urgency, due, created_at, message, next_attempt_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?8)",
    )?;
    let mut added = 0;
    for MessageRow { columns: c, json } in &commit.messages {
        let row = params![
            c.id,
            c.incident,
            c.transition,
            c.team,
            c.method,
            c.event,
            urgency(&c.severity),
            c.due,
            commit.at,
            json
        ];
        if insert.execute(row)? == 0 {
            continue;
        }
        added += 1;
        let detail = serde_json::json!({
            "incident": c.incident, "transition": c.transition, "event": c.event, "team": c.team, "method": c.method, "due": c.due,
        });
        log.add("message.queued", &c.id, &detail.to_string())?;
    }
    Ok(added)
}

/// 3 is sent first. A word that is not known waits behind the others.
fn urgency(severity: &str) -> u8 {
    match severity {
        "critical" => 3,
        "high" => 2,
        "medium" => 1,
        _ => 0,
    }
}

/// Writes the parts that are new and removes those that are not listed any more; the others are not touched.
fn store_snapshot(t: &Transaction<'_>, epoch: u64, parts: &[SnapshotPart]) -> Result<(), Fault> {
    let mut select = t.prepare_cached("SELECT name FROM snapshot_part ORDER BY name")?;
    let stored: HashSet<String> = select.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let listed: HashSet<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    let mut delete = t.prepare_cached("DELETE FROM snapshot_part WHERE name = ?1")?;
    for gone in stored.iter().filter(|name| !listed.contains(name.as_str())) {
        delete.execute([gone])?;
    }
    let mut insert = t.prepare_cached("INSERT INTO snapshot_part VALUES (?1, ?2, ?3)")?;
    for part in parts.iter().filter(|part| !stored.contains(&part.name)) {
        let Some(bytes) = &part.bytes else {
            return Err(StoreError::MissingPart { name: part.name.clone() }.into());
        };
        insert.execute(params![part.name, epoch, bytes])?;
    }
    Ok(())
}

fn store_progress(t: &Transaction<'_>, commit: &EpochCommit) -> Result<(), Fault> {
    let mut cursor = t.prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4)")?;
    for row in &commit.cursors {
        cursor.execute(params![row.source, row.partition, row.cursor, commit.epoch])?;
    }
    let mut count = t.prepare_cached("INSERT OR REPLACE INTO count VALUES (?1, ?2)")?;
    for (name, value) in &commit.counts {
        count.execute(params![name, value])?;
    }
    let mut gap = t.prepare_cached(
        "INSERT INTO ingest_gap VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
           to_at = coalesce(excluded.to_at, to_at), lost = coalesce(excluded.lost, lost)",
    )?;
    for row in &commit.gaps {
        gap.execute(params![row.source, row.partition, row.from, row.reason, row.to, row.lost, commit.epoch])?;
    }
    insert_pending(t, commit.at, &commit.mentions)?;
    t.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?1)", [commit.epoch.to_string()])?;
    Ok(())
}

#[cfg(test)]
mod tests;
