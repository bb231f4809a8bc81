//! Why a source can't go on, in classes that decide what the supervisor does next.
//! A connector sorts its platform's errors into them and never waits or retries by itself.

use std::time::SystemTime;

use miette::Diagnostic;
use thiserror::Error;

use crate::contract::Cursor;

#[derive(Clone, Debug, Diagnostic, Error, PartialEq, Eq)]
pub enum SourceError {
    /// It may work in a moment: tried again with back-off.
    #[error("{0}")]
    #[diagnostic(help("nothing to do: the connection is made again from the last post received"))]
    Transient(String),
    /// Nothing came for longer than the source's `max_quiet`, with the connection open.
    #[error("nothing was heard for {seconds} s")]
    #[diagnostic(help("the connection is made again; raise `max_quiet` if this source is often quiet for so long"))]
    Stalled { seconds: u64 },
    /// Tried again at the time told.
    #[error("the limit `{scope}` is used up")]
    #[diagnostic(help("the source waits until the platform's limit allows more"))]
    RateLimited { until: Option<SystemTime>, scope: String },
    /// Tried again when the quota is new.
    #[error("the quota is used up")]
    #[diagnostic(help("the source waits for the next period; a larger quota is bought at the platform"))]
    Quota { resets: Option<SystemTime> },
    /// Tried again rarely.
    #[error("the credential was refused: {0}")]
    #[diagnostic(help("check the credential that `mon.toml` names for this source"))]
    Auth(String),
    /// Another reader holds the only slot.
    #[error("another reader uses this source's only connection")]
    #[diagnostic(help("stop the other reader, or give each its own credential"))]
    SlotTaken,
    /// The server no longer keeps what follows the cursor: becomes a gap.
    #[error("the server no longer keeps the posts since the last run")]
    #[diagnostic(help("the lost range is recorded as a gap and reading goes on at the oldest post kept"))]
    CursorExpired { oldest: Option<Cursor> },
    /// Never tried again.
    #[error("{0}")]
    #[diagnostic(help("correct this source's section in `mon.toml`"))]
    Config(String),
    /// Tried again rarely.
    #[error("the platform forbids it: {0}")]
    #[diagnostic(help("ask the platform what this account may read"))]
    Forbidden(String),
}
