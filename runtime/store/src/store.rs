//! Opening the data folder: one writer by a lock file, tables brought up to date, what a crash left behind put in
//! order. The handle is cheap to clone and may be used from any thread; calls block for a disk flush (some ms).

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, mentions, schema};

/// How long one try waits while another program, such as a backup, holds the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Tries before a write is given up: a minute and a half in all.
const BUSY_TRIES: u32 = 18;

/// Tries to take the lock: who only looks whether it is taken, such as `mon doctor`, holds it for a moment.
const LOCK_TRIES: u32 = 10;
/// The pause between them.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What is committed and not yet folded into the control file.
const AHEAD: &str = "control.sqlite-wal";

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
    /// Stands behind `db`, so that it is dropped when the file is closed.
    _traces: Option<Traces>,
}

/// Files that SQLite makes for a reader where there were none, and that a reader cannot remove.
#[derive(Debug)]
struct Traces {
    file: PathBuf,
}

impl Traces {
    /// None where they are there already: they are a writer's, or hold what a crash left.
    fn of(folder: &Path, file: &Path) -> Option<Self> {
        (!folder.join(AHEAD).exists()).then(|| Self { file: file.to_owned() })
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // The last one that closes the file for writing removes them; where somebody else has it open, it does nothing.
        // A failure leaves two files that the next run takes over.
        let _ = Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .and_then(|db| db.query_row("PRAGMA schema_version", (), |_| Ok(())));
    }
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
        let shared =
            Shared { folder: folder.to_owned(), file, db: Mutex::new(db), opened, _lock: Some(lock), _traces: None };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Opens the folder to look into it, also while another process writes. All that would change it is an error, and
    /// nothing is left behind in it.
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
        let traces = Traces::of(folder, &file);
        let db = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
        db.busy_timeout(BUSY_WAIT).map_err(sql)?;
        let opened = OpenReport::default();
        let shared =
            Shared { folder: folder.to_owned(), file, db: Mutex::new(db), opened, _lock: None, _traces: traces };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether another process writes in the folder now. Makes no file and keeps no writer from starting.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn in_use(folder: impl AsRef<Path>) -> Result<bool, StoreError> {
        let path = folder.as_ref().join("lock");
        let lock = match File::open(&path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::from_io(&path, &error)),
        };
        match lock.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(StoreError::from_io(&path, &error)),
        }
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Bytes of the control file, with what is not yet folded into it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let ahead = self.shared.folder.join(AHEAD);
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
    try_to_lock(folder, || std::thread::sleep(LOCK_PAUSE))
}

/// Takes the lock of the one who writes; `pause` is called between tries.
fn try_to_lock(folder: &Path, mut pause: impl FnMut()) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let open = File::options().create(true).write(true).truncate(false).open(&path);
    let lock = open.map_err(|error| StoreError::from_io(&path, &error))?;
    for tried in 1..=LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if tried < LOCK_TRIES => pause(),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(StoreError::from_io(&path, &error)),
        }
    }
    Err(StoreError::InUse { folder: folder.to_owned() })
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
    fn who_looks_whether_the_folder_is_in_use_makes_nothing_and_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!Store::in_use(folder.path()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        drop(Store::open(folder.path()).unwrap());

        let look = File::open(folder.path().join("lock")).unwrap();
        look.lock_shared().unwrap();
        assert!(!Store::in_use(folder.path()).unwrap(), "two may look at the same time");
        let mut look = Some(look);
        let held = try_to_lock(folder.path(), || drop(look.take())).unwrap();
        assert!(look.is_none(), "it was waited for");
        assert!(Store::in_use(folder.path()).unwrap());

        let mut pauses = 0;
        let refused = try_to_lock(folder.path(), || pauses += 1).unwrap_err();
        assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
        assert_eq!(pauses, LOCK_TRIES - 1);
        drop(held);
    }

    #[test]
    fn a_reader_leaves_nothing_behind_and_takes_nothing_away() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        drop(Store::open(folder.path()).unwrap());
        let bytes = || std::fs::read(folder.path().join("control.sqlite")).unwrap();
        let before = (names(), bytes());
        let reader = Store::open_read_only(folder.path()).unwrap();
        reader.verify().unwrap();
        drop(reader);
        assert_eq!(names(), before.0);
        assert!(bytes() == before.1, "the file has changed");

        let reader = Store::open_read_only(folder.path()).unwrap();
        reader.verify().unwrap();
        let writer = Store::open(folder.path()).unwrap();
        drop(reader);
        writer.audit(1, &[]).unwrap();
        assert!(folder.path().join(AHEAD).exists(), "a writer's file is not a reader's to remove");
        let reader = Store::open_read_only(folder.path()).unwrap();
        reader.verify().unwrap();
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
