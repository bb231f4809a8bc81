//! The audit log: rows that are only added, each with a hash over itself and the hash before, so that a row which was
//! changed, taken out or cut off at the end is found.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use crate::store::Fault;
use crate::{Store, StoreError, schema};

/// Something to be written down. The store adds its own rows for transitions, messages and what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Dotted words: `run.started`, `message.sent`.
    pub kind: String,
    /// What it is about: an id or a name.
    pub subject: String,
    /// JSON, or empty. Text of posts goes in by reference only.
    pub detail: String,
}

/// A row as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// 1 is the first.
    pub seq: u64,
    /// Wall clock, microseconds since 1970 UTC.
    pub at: i64,
    pub entry: AuditEntry,
}

/// The log was read whole and every hash agrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    pub rows: u64,
    /// Hash of the last row, lower-case hex: write it down elsewhere to prove later that nothing was rewritten.
    pub head: String,
}

const NO_HASH: [u8; 32] = [0; 32];

/// Adds rows inside one transaction.
pub(crate) struct Appender<'t> {
    transaction: &'t Transaction<'t>,
    rows: u64,
    head: [u8; 32],
    at: i64,
}

impl<'t> Appender<'t> {
    pub(crate) fn begin(transaction: &'t Transaction<'t>, at: i64) -> Result<Self, Fault> {
        let last = transaction
            .query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", (), |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, [u8; 32]>(1)?))
            })
            .optional()?;
        let (rows, head) = last.unwrap_or((0, NO_HASH));
        Ok(Self { transaction, rows, head, at })
    }

    pub(crate) fn add(&mut self, kind: &str, subject: &str, detail: &str) -> Result<(), Fault> {
        self.rows += 1;
        self.head = chain(&self.head, self.rows, self.at, [kind, subject, detail]);
        let mut insert = self.transaction.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        insert.execute(params![self.rows, self.at, kind, subject, detail, self.head])?;
        Ok(())
    }

    /// Notes the end of the chain beside it, so that a cut tail shows.
    pub(crate) fn finish(self) -> Result<(), Fault> {
        let mut set = self.transaction.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
        set.execute(params!["audit_rows", self.rows.to_string()])?;
        set.execute(params!["audit_head", hex(&self.head)])?;
        Ok(())
    }
}

fn chain(before: &[u8; 32], seq: u64, at: i64, parts: [&str; 3]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before).update(&seq.to_le_bytes()).update(&at.to_le_bytes());
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

impl Store {
    /// Adds rows of the caller to the audit log.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn audit(&self, now: i64, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut log = Appender::begin(transaction, now)?;
            for entry in entries {
                log.add(&entry.kind, &entry.subject, &entry.detail)?;
            }
            log.finish()
        })
    }

    /// Reads the whole log and checks each hash.
    ///
    /// # Errors
    /// [`StoreError::AuditBroken`] with the first row that does not agree.
    pub fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let broken = |row: u64| StoreError::AuditBroken { path: self.file().to_owned(), row };
        self.read(|db| {
            let mut select = db.prepare("SELECT seq, at, kind, subject, detail, hash FROM audit ORDER BY seq")?;
            let mut rows = select.query(())?;
            let (mut count, mut head) = (0u64, NO_HASH);
            while let Some(row) = rows.next()? {
                count += 1;
                let parts: [String; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
                let expected = chain(&head, count, row.get(1)?, parts.each_ref().map(String::as_str));
                if row.get::<_, u64>(0)? != count || row.get::<_, [u8; 32]>(5)? != expected {
                    return Err(broken(count).into());
                }
                head = expected;
            }
            let noted = meta(db, "audit_rows")?.map_or(0, |rows| rows.parse().unwrap_or(u64::MAX));
            let noted_head = meta(db, "audit_head")?.unwrap_or_else(|| hex(&NO_HASH));
            if noted != count || noted_head != hex(&head) {
                return Err(broken(count.min(noted) + 1).into());
            }
            Ok(AuditReport { rows: count, head: hex(&head) })
        })
    }

    /// Looks whether the file is whole and of a version that this release knows, and reads the audit log whole.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Damaged`] with what SQLite found first, or [`StoreError::AuditBroken`].
    pub fn verify(&self) -> Result<AuditReport, StoreError> {
        let (found, told): (u32, String) = self.read(|db| {
            let version = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
            Ok((version, db.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?))
        })?;
        let known = schema::newest();
        if found > known {
            return Err(StoreError::Newer { path: self.file().to_owned(), found, known });
        }
        if told != "ok" {
            return Err(StoreError::Damaged { path: self.file().to_owned(), detail: told });
        }
        self.verify_audit()
    }

    /// When the last row was added, microseconds since 1970 UTC; None in a new folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn last_written(&self) -> Result<Option<i64>, StoreError> {
        self.read(|db| {
            let last = db.query_row("SELECT at FROM audit ORDER BY seq DESC LIMIT 1", (), |row| row.get(0));
            Ok(last.optional()?)
        })
    }

    /// Rows of one kind from `since` on, microseconds since 1970 UTC, oldest first. It reads the whole log.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn audit_of(&self, kind: &str, since: i64) -> Result<Vec<AuditRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT seq, at, kind, subject, detail FROM audit WHERE kind = ?1 AND at >= ?2 ORDER BY seq",
            )?;
            let rows = select.query_map(params![kind, since], audit_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Up to `limit` rows after row `after`, oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn audit_rows(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read(|db| {
            let mut select =
                db.prepare("SELECT seq, at, kind, subject, detail FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
            let rows = select.query_map(params![after, limit], audit_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let entry = AuditEntry { kind: row.get(2)?, subject: row.get(3)?, detail: row.get(4)? };
    Ok(AuditRow { seq: row.get(0)?, at: row.get(1)?, entry })
}

pub(crate) fn meta(db: &Connection, key: &str) -> Result<Option<String>, Fault> {
    Ok(db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for at in 0..20 {
            let entry =
                |n| AuditEntry { kind: format!("k{n}"), subject: "s".to_owned(), detail: format!("{{\"n\":{at}}}") };
            store.audit(at, &[entry(1), entry(2)]).unwrap();
        }
        (folder, store)
    }

    #[test]
    fn an_untouched_log_agrees_and_rows_can_be_paged() {
        let (_folder, store) = filled();
        let report = store.verify_audit().unwrap();
        assert_eq!((report.rows, report.head.len()), (40, 64));
        let page = store.audit_rows(38, 10).unwrap();
        assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [39, 40]);
        assert_eq!(page[1].entry.detail, "{\"n\":19}");
        let of = store.audit_of("k2", 17).unwrap();
        assert_eq!(of.iter().map(|row| (row.at, row.seq)).collect::<Vec<_>>(), [(17, 36), (18, 38), (19, 40)]);
        assert_eq!(store.last_written().unwrap(), Some(19));
        assert_eq!(store.verify().unwrap(), report);
    }

    #[test]
    fn a_file_of_a_newer_release_and_one_with_a_hole_are_no_sound_ones() {
        let (folder, store) = filled();
        store.write(|t| Ok(t.pragma_update(None, "user_version", 99)?)).unwrap();
        let newer = store.verify().unwrap_err();
        assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");
        store.write(|t| Ok(t.pragma_update(None, "user_version", schema::newest())?)).unwrap();
        store.verify().unwrap();
        drop(store);
        let path = folder.path().join("control.sqlite");
        let mut bytes = std::fs::read(&path).unwrap();
        // Behind the first page, which holds the tables' names.
        bytes.get_mut(4_096..).unwrap().fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let damaged = Store::open_read_only(folder.path()).and_then(|store| store.verify()).unwrap_err();
        assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged}");
    }

    #[test]
    fn rows_cannot_be_changed_by_accident() {
        let (_folder, store) = filled();
        let change = store.write(|t| Ok(t.execute("UPDATE audit SET at = 0", ())?));
        let removal = store.write(|t| Ok(t.execute("DELETE FROM audit", ())?));
        assert!(change.is_err() && removal.is_err());
    }

    #[test]
    fn a_change_a_hole_and_a_cut_tail_are_found() {
        for (tamper, row) in [
            ("UPDATE audit SET detail = '{}' WHERE seq = 7", 7),
            ("DELETE FROM audit WHERE seq = 12", 12),
            ("DELETE FROM audit WHERE seq > 30", 31),
            ("UPDATE audit SET subject = 't' WHERE seq = 40", 40),
        ] {
            let (_folder, store) = filled();
            store
                .write(|t| Ok(t.execute_batch("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_cut")?))
                .unwrap();
            store.write(|t| Ok(t.execute_batch(tamper)?)).unwrap();
            let found = store.verify_audit().unwrap_err();
            assert!(matches!(found, StoreError::AuditBroken { row: r, .. } if r == row), "{tamper}: {found}");
        }
    }
}
