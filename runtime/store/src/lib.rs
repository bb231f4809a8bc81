//! What must survive: one SQLite file for offsets, incidents, outbox and audit, which change together in one
//! transaction, and Parquet files for the posts that matched. Everything under the data folder belongs to this crate;
//! one process at a time may write in it.
//!
//! ```text
//! data/
//!   lock               held by the process that writes
//!   control.sqlite     WAL, synchronous=FULL; the tables below
//!   mentions/dt=2026-03-04/part-000000000001-000000000012.parquet    counted only when `mentions_file` lists it
//!
//!              one EpochCommit = one transaction
//!   ┌───────────────┬──────────────┬─────────────┬──────────────┬────────────────┐
//!   ▼               ▼              ▼             ▼              ▼                ▼
//! cursor          snapshot_part  transition    outbox         mention_pending  audit
//!  source ┐pk      name pk        incident ┐pk  id pk          id pk, since     seq pk
//!  partition┘      bytes          number   ┘    incident          ▼ files       at, kind, subject, detail
//!  cursor json                    kind, at      transition_no  mentions_file    hash = blake3(hash before, this row)
//!                 count           json          team, method    path pk, rows
//!  ingest_gap      name pk           │          urgency, due                  meta
//!   source, from   value             ▼          message json                   epoch, audit_head, audit_rows
//!   to, lost                      incident      state ──► pending ─► sending ─► sent
//!   reason                         id pk                     ▲          │  ├──► held  (unsure; a person decides)
//!                                  now: severity,            └──────────┘  └──► dead  (refused or past its deadline)
//!                                  open, number              retry, crash
//! ```
//!
//! Mentions wait in `mention_pending` until there are enough of them for a file, or a minute is over.
//! Ids are hashes of content, so committing the same transition or message again changes nothing.

mod audit;
mod checkpoint;
mod commit;
mod error;
mod log;
mod mentions;
mod outbox;
mod schema;
mod store;
mod view;

pub use audit::{AuditEntry, AuditReport, AuditRow};
pub use checkpoint::Checkpoint;
pub use commit::{Committed, CursorRow, EpochCommit, GapRow, MessageRow, SnapshotPart, TransitionRow};
pub use error::StoreError;
pub use log::{Begin, Entry, Log, LogReader, Pruned, Segment, Since, Torn, fingerprint};
pub use mentions::{Filing, Mention, MentionsFile};
pub use outbox::{Claimed, OutboxCounts, OutboxRow, OutboxState, Settle, Target};
pub use store::{OpenReport, Store};
pub use view::IncidentRow;
