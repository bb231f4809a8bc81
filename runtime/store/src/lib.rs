//! What must survive: one SQLite file for offsets, incidents, outbox and audit, which change together in one
//! transaction, and Parquet files for the posts that matched. Everything under the data folder belongs to this crate;
//! one process at a time may write in it.
//!
//! ```text
//! data/
//!   lock               held by the process that writes
//!   control.sqlite     WAL, synchronous=FULL; the tables below
//!   mentions/dt=2026-03-04/part-000000000012.parquet    counted only when `mentions_file` lists it
//!
//!              one EpochCommit = one transaction
//!   ┌───────────────┬──────────────┬─────────────┬──────────────┬────────────────┐
//!   ▼               ▼              ▼             ▼              ▼                ▼
//! cursor          snapshot_part  transition    outbox         mentions_file    audit
//!  source ┐pk      name pk        incident ┐pk  id pk          path pk          seq pk
//!  partition┘      bytes          number   ┘    incident       min_at, max_at   at, kind, subject, detail
//!  cursor json                    kind, at      transition_no  rows, bytes      hash = blake3(hash before, this row)
//!                 count           json          team, method   blake3
//!  ingest_gap      name pk           │          urgency, due                  meta
//!   source, from   value             ▼          message json                   epoch, audit_head, audit_rows
//!   to, lost                      incident      state ──► pending ─► sending ─► sent
//!   reason                         id pk                     ▲          │  ├──► held  (unsure; a person decides)
//!                                  now: severity,            └──────────┘  └──► dead  (refused or past its deadline)
//!                                  open, number              retry, crash
//! ```
//!
//! Ids are hashes of content, so committing the same transition or message again changes nothing.

mod audit;
mod checkpoint;
mod commit;
mod error;
mod mentions;
mod outbox;
mod schema;
mod store;
mod view;

pub use audit::{AuditEntry, AuditReport, AuditRow};
pub use checkpoint::Checkpoint;
pub use commit::{Committed, CursorRow, EpochCommit, GapRow, MessageRow, SnapshotPart, TransitionRow};
pub use error::StoreError;
pub use mentions::{Mention, MentionsFile};
pub use outbox::{Claimed, OutboxCounts, OutboxRow, OutboxState, Settle, Target};
pub use store::{OpenReport, Store};
pub use view::IncidentRow;
