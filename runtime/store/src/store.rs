//! Opening the data folder: one writer by a lock file, tables brought up to date, what a crash left behind put in
//! order. The handle is cheap to clone and may be used from any thread; calls block for a disk flush (some ms).

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, mentions, schema};

/// How long one try waits while another program, such as a backup, holds the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Tries before a write is given up: a minute and a half in all.
const BUSY_TRIES: u32 = 18;

/// The data folder, opened.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    file: PathBuf,
    db: Mutex<Connection>,
    opened: OpenReport,
    /// Held as long as the store lives; None for readers.
    _lock: Option<File>,
}

/// What opening put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Mentions files that no commit names, removed.
    pub swept: Vec<PathBuf>,
    /// Messages that were being sent when the last process ended; they will be sent again.
    pub in_flight: u64,
}

impl Store {
    /// Opens the folder for writing and makes it where it is not there.
    ///
    /// # Errors
    /// The folder is in use, cannot be written, is damaged or was made by a newer `mon`.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|error| StoreError::from_io(folder, &error))?;
        let lock = lock(folder)?;
        let file = folder.join("control.sqlite");
        let sql = |error: rusqlite::Error| StoreError::from_sql(&file, &error);
        let mut db = Connection::open(&file).map_err(sql)?;
        db.busy_timeout(BUSY_WAIT).map_err(sql)?;
        db.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        db.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
        schema::migrate(&mut db, schema::STEPS, &file)?;
        sync_folder(folder)?;
        let swept = mentions::sweep(folder, &db, &file)?;
        let in_flight = db
            .execute("UPDATE outbox SET state = 'pending', unsure = unsure + 1 WHERE state = 'sending'", ())
            .map_err(sql)?;
        let opened = OpenReport { swept, in_flight: in_flight as u64 };
        let shared = Shared { folder: folder.to_owned(), file, db: Mutex::new(db), opened, _lock: Some(lock) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Opens the folder to look into it, also while another process writes. All that would change it is an error.
    ///
    /// # Errors
    /// There is no data in the folder, or it cannot be read.
    pub fn open_read_only(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        let file = folder.join("control.sqlite");
        if !file.is_file() {
            return Err(StoreError::Missing { path: folder.to_owned() });
        }
        let sql = |error: rusqlite::Error| StoreError::from_sql(&file, &error);
        let db = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
        db.busy_timeout(BUSY_WAIT).map_err(sql)?;
        let opened = OpenReport::default();
        let shared = Shared { folder: folder.to_owned(), file, db: Mutex::new(db), opened, _lock: None };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether another process writes in the folder now.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn in_use(folder: impl AsRef<Path>) -> Result<bool, StoreError> {
        let path = folder.as_ref().join("lock");
        if !path.is_file() {
            return Ok(false);
        }
        match lock(folder.as_ref()) {
            Ok(_) => Ok(false),
            Err(StoreError::InUse { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Bytes of the control file, with what is not yet folded into it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let ahead = self.shared.folder.join("control.sqlite-wal");
        let of = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        of(&self.shared.file) + of(&ahead)
    }

    #[must_use]
    pub fn opened(&self) -> &OpenReport {
        &self.shared.opened
    }

    /// Runs `work` in one transaction, which is committed only where `work` succeeds. Another program that holds the file
    /// is waited for, but not for ever.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StoreError> {
        let fault = |fault: Fault| fault.at(&self.shared.file);
        let mut tries = 1;
        loop {
            // Free between the tries, so that readers of this process get their turn.
            let mut db = self.shared.db.lock().unwrap_or_else(PoisonError::into_inner);
            match db.transaction_with_behavior(TransactionBehavior::Immediate) {
                Ok(transaction) => {
                    let value = work(&transaction).map_err(fault)?;
                    transaction.commit().map_err(|error| fault(error.into()))?;
                    return Ok(value);
                }
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < BUSY_TRIES => {
                    tracing::warn!(file = %self.shared.file.display(), "another program holds the file; waiting for it");
                    tries += 1;
                }
                Err(error) => return Err(fault(error.into())),
            }
        }
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let db = self.shared.db.lock().unwrap_or_else(PoisonError::into_inner);
        work(&db).map_err(|fault| fault.at(&self.shared.file))
    }

    pub(crate) fn file(&self) -> &Path {
        &self.shared.file
    }
}

/// What a piece of work inside a transaction can meet; the path is added outside.
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl Fault {
    fn at(self, file: &Path) -> StoreError {
        match self {
            Self::Sql(error) => StoreError::from_sql(file, &error),
            Self::Store(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let open = File::options().create(true).write(true).truncate(false).open(&path);
    let lock = open.map_err(|error| StoreError::from_io(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::from_io(&path, &error)),
    }
}

/// Makes the names in a folder durable: a file's own flush does not.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let sync = File::open(folder).and_then(|opened| opened.sync_all());
    sync.map_err(|error| StoreError::from_io(folder, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_refused_while_a_reader_may_look() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let second = Store::open(folder.path()).unwrap_err();
        assert!(matches!(second, StoreError::InUse { .. }), "{second}");
        let reader = Store::open_read_only(folder.path()).unwrap();
        let written = reader.audit(1, &[]).unwrap_err();
        assert!(matches!(written, StoreError::ReadOnly { .. }), "{written}");
        assert!(Store::in_use(folder.path()).unwrap());
        drop(first);
        assert!(!Store::in_use(folder.path()).unwrap());
        drop(reader);
        Store::open(folder.path()).unwrap();
    }

    #[test]
    fn another_program_that_holds_the_file_is_waited_for_and_named_when_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let wait = |of: Duration| store.read(|db| Ok(db.busy_timeout(of)?)).unwrap();
        let other = Connection::open(store.file()).unwrap();
        let hold = || other.execute_batch("BEGIN IMMEDIATE").unwrap();

        wait(Duration::from_millis(5));
        hold();
        let error = store.audit(1, &[]).unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        assert!(error.to_string().contains("another program"), "{error}");
        other.execute_batch("COMMIT").unwrap();

        wait(Duration::from_millis(500));
        hold();
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| store.audit(1, &[]));
            std::thread::sleep(Duration::from_millis(700));
            other.execute_batch("COMMIT").unwrap();
            writing.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_folder_that_cannot_be_made_and_a_file_that_is_no_database_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "not a folder").unwrap();
        let error = Store::open(file.join("data")).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
        let other = folder.path().join("other");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("control.sqlite"), "this is not a database at all, but text ".repeat(100)).unwrap();
        let error = Store::open(&other).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        let error = Store::open_read_only(folder.path().join("nowhere")).unwrap_err();
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    }
}
