//! The tables, as steps from one version to the next. A step is never changed once it is released; `user_version` says
//! how many a file has gone.

use std::path::Path;

use rusqlite::Connection;

use crate::StoreError;

/// Step `n` brings a file from version `n` to `n + 1`.
pub(crate) const STEPS: &[&str] = &[FIRST, PENDING];

const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  source TEXT NOT NULL, partition TEXT NOT NULL, cursor TEXT NOT NULL, epoch INTEGER NOT NULL,
  PRIMARY KEY (source, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot_part (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;

CREATE TABLE count (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE incident (
  id TEXT PRIMARY KEY, monitor TEXT NOT NULL, key TEXT NOT NULL, severity TEXT NOT NULL,
  open INTEGER NOT NULL, opened_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, number INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_open ON incident (open, changed_at);

CREATE TABLE transition (
  incident TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
  epoch INTEGER NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (incident, number)
) STRICT;

CREATE TABLE outbox (
  id TEXT PRIMARY KEY, incident TEXT NOT NULL, transition_no INTEGER NOT NULL,
  team TEXT NOT NULL, method TEXT NOT NULL, event TEXT NOT NULL, urgency INTEGER NOT NULL,
  due INTEGER NOT NULL, created_at INTEGER NOT NULL, message TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'held', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0, unsure INTEGER NOT NULL DEFAULT 0, next_attempt_at INTEGER NOT NULL,
  last_error TEXT, progress TEXT, remote TEXT, settled_at INTEGER
) STRICT;
CREATE INDEX outbox_ready ON outbox (team, method, urgency DESC, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_next ON outbox (next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_line ON outbox (incident, team, method, transition_no);
CREATE INDEX outbox_state ON outbox (state);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;

CREATE TABLE ingest_gap (
  source TEXT NOT NULL, partition TEXT NOT NULL, from_at INTEGER NOT NULL, reason TEXT NOT NULL,
  to_at INTEGER, lost INTEGER, epoch INTEGER NOT NULL,
  PRIMARY KEY (source, partition, from_at, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE mentions_file (
  path TEXT PRIMARY KEY, min_at INTEGER NOT NULL, max_at INTEGER NOT NULL, rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL, blake3 TEXT NOT NULL, epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_time ON mentions_file (min_at, max_at);
";

/// Numbers are never given twice: they name the file that the rows go into. Parts of the version before had names that
/// could be the same, so they may lack posts: windows start anew.
const PENDING: &str = "
DELETE FROM snapshot_part;
CREATE TABLE mention_pending (
  id INTEGER PRIMARY KEY AUTOINCREMENT, since INTEGER NOT NULL, at INTEGER NOT NULL, post TEXT NOT NULL,
  monitor TEXT NOT NULL, key TEXT NOT NULL, platform TEXT, lang TEXT, author TEXT, url TEXT, text TEXT
) STRICT;
";

/// The version that this release writes.
pub(crate) fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// Brings the file to the newest version, each step in a transaction of its own.
pub(crate) fn migrate(db: &mut Connection, steps: &[&str], path: &Path) -> Result<(), StoreError> {
    let sql = |error: rusqlite::Error| StoreError::from_sql(path, &error);
    let found: u32 = db.query_row("PRAGMA user_version", (), |row| row.get(0)).map_err(sql)?;
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    for (version, step) in (1u32..).zip(steps).skip(found as usize) {
        let transaction = db.transaction().map_err(sql)?;
        transaction.execute_batch(step).map_err(sql)?;
        transaction.pragma_update(None, "user_version", version).map_err(sql)?;
        transaction.commit().map_err(sql)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(db: &Connection) -> u32 {
        db.query_row("PRAGMA user_version", (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_file_goes_only_the_steps_that_it_lacks() {
        let mut db = Connection::open_in_memory().unwrap();
        let path = Path::new("control.sqlite");
        migrate(&mut db, &["CREATE TABLE a (x)"], path).unwrap();
        migrate(&mut db, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"], path).unwrap();
        assert_eq!(version(&db), 2);
        db.execute("INSERT INTO b VALUES (1)", ()).unwrap();
        let older = migrate(&mut db, &["CREATE TABLE a (x)"], path).unwrap_err();
        assert!(matches!(older, StoreError::Newer { found: 2, known: 1, .. }), "{older}");
    }

    #[test]
    fn a_failed_step_leaves_the_file_as_it_was() {
        let mut db = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        assert!(migrate(&mut db, &steps, Path::new("control.sqlite")).is_err());
        assert_eq!(version(&db), 1);
        assert!(db.execute("INSERT INTO b VALUES (1)", ()).is_err());
    }
}
