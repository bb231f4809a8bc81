//! Where posts come from: the contract of a connector, its supervisor, and one module for each kind of source.
//!
//! A connector speaks its platform's protocol and nothing else; reconnecting, back-off, stalls, gaps, batches and
//! checkpoints are the supervisor's. A connector may lose data only out loud, as a [`Item::Gap`].

mod backoff;
mod batcher;
mod checkpoint;
mod config;
mod contract;
mod credentials;
mod error;
mod file;
pub mod jetstream;
mod spec;
mod status;
mod stdin;
mod supervisor;

pub use backoff::{BACKOFF_BASE, BACKOFF_MAX, Backoff, FLAPPING_ATTEMPTS_MAX, GOOD_AFTER};
pub use checkpoint::CommitError;
pub use config::{
    ConfigError, FileConfig, JetstreamConfig, SourceConfig, Start, StdinConfig, build, default_source, parse_duration,
};
pub use contract::{
    Completeness, Cursor, Envelope, GapReason, Health, Item, MapError, Mapper, Notice, Op, Partition, PostSink,
    ReadyBatch, Resume, Source,
};
pub use credentials::{Credentials, Lease, Outcome};
pub use error::SourceError;
pub use file::FileSource;
pub use spec::{Caps, Limit, ResetHeader, Spec, Terms, specs};
pub use status::{Counts, State, Status};
pub use stdin::StdinSource;
pub use supervisor::{Gap, SourceBatch, SourceEvent, SourceHandle, Supervised, SupervisorOptions, supervise};
