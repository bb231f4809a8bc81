//! What can go wrong with the data folder, in words for the person who runs `mon`. Causes that have one remedy, such as
//! a full disk, are told apart from the rest.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    #[error("the data folder `{}` is in use by another `mon`", folder.display())]
    #[diagnostic(help("stop the other `mon run`, or give this one its own folder with `--data`"))]
    InUse { folder: PathBuf },

    #[error("another program holds `{}` and did not let go", path.display())]
    #[diagnostic(help(
        "close what has the file open for writing, such as a database viewer or a backup, and start again: all that was committed is safe"
    ))]
    Busy { path: PathBuf },

    #[error("cannot write to `{}`", path.display())]
    #[diagnostic(help("check that the folder exists, is not mounted read-only and that you may write in it"))]
    ReadOnly { path: PathBuf },

    #[error("there is no data in `{}`", path.display())]
    #[diagnostic(help("`mon run` makes the data folder; give the folder that it used with `--data`"))]
    Missing { path: PathBuf },

    #[error("the disk that holds `{}` is full", path.display())]
    #[diagnostic(help(
        "make room and start again: all that was committed before is safe, and nothing is half-written"
    ))]
    Full { path: PathBuf },

    #[error("the data in `{}` has version {found}, this `mon` knows versions up to {known}", path.display())]
    #[diagnostic(help("run the newer `mon` that made it, or use another data folder"))]
    Newer { path: PathBuf, found: u32, known: u32 },

    #[error("`{}` is damaged: {detail}", path.display())]
    #[diagnostic(help("restore the folder from a backup, or move it away to begin with an empty one"))]
    Damaged { path: PathBuf, detail: String },

    #[error("the audit log of `{}` was changed at row {row}", path.display())]
    #[diagnostic(help("rows of the audit log are never changed by `mon`: compare with a backup to see who did what"))]
    AuditBroken { path: PathBuf, row: u64 },

    #[error("the snapshot lists `{name}`, which is neither given nor stored")]
    #[diagnostic(help("this is a fault in `mon`; the commit was not made and the last one still stands"))]
    MissingPart { name: String },

    #[error("no message has the id `{id}`")]
    #[diagnostic(help("the table `outbox` of the data folder's `control.sqlite` lists the messages and their ids"))]
    UnknownMessage { id: String },

    #[error("cannot lay out `{what}` for the store: {detail}")]
    #[diagnostic(help("this is a fault in `mon`; the commit was not made and the last one still stands"))]
    Shape { what: &'static str, detail: String },

    #[error("`{}` could not be used: {detail}", path.display())]
    #[diagnostic(help("check the disk; what was committed before is safe"))]
    Other { path: PathBuf, detail: String },
}

impl StoreError {
    pub(crate) fn from_sql(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full { path },
            Some(Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied) => Self::ReadOnly { path },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { path },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged { path, detail: error.to_string() },
            _ => Self::Other { path, detail: error.to_string() },
        }
    }

    /// What a refusal of the disk means for this path.
    #[must_use]
    pub fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory => {
                Self::ReadOnly { path }
            }
            _ => Self::Other { path, detail: error.to_string() },
        }
    }
}
