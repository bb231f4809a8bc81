//! Collects the posts of envelopes until a batch is full or old enough.

use std::sync::Arc;

use mon_post::PostBatchBuilder;
use tokio::time::Instant;

use crate::contract::{Cursor, Envelope, MapError, Mapper};
use crate::supervisor::SourceBatch;

/// Map errors that one batch carries; more are only counted.
const MAP_ERRORS_MAX: usize = 100;
/// Bytes of text after which a batch is cut whatever its rows.
const BYTES_MAX: usize = 16 << 20;

#[derive(Default)]
pub(crate) struct Batcher {
    builder: PostBatchBuilder,
    received: u64,
    map_error_count: u64,
    map_errors: Vec<MapError>,
    cursor: Option<Cursor>,
    since: Option<Instant>,
}

impl Batcher {
    /// Maps one envelope; the rows that it gave.
    pub(crate) fn add(&mut self, mapper: &dyn Mapper, envelope: &Envelope) -> usize {
        let before = self.builder.len();
        self.received += 1;
        if let Err(error) = mapper.map(envelope, &mut self.builder) {
            self.map_error_count += 1;
            if self.map_errors.len() < MAP_ERRORS_MAX {
                self.map_errors.push(error);
            }
        }
        self.reach(&envelope.cursor);
        self.builder.len() - before
    }

    /// Everything up to `cursor` is in this batch.
    pub(crate) fn reach(&mut self, cursor: &Cursor) {
        match &mut self.cursor {
            Some(known) => known.clone_from(cursor),
            None => self.cursor = Some(cursor.clone()),
        }
        self.since.get_or_insert_with(Instant::now);
    }

    pub(crate) const fn map_error_count(&self) -> u64 {
        self.map_error_count
    }

    pub(crate) fn is_full(&self, rows: usize) -> bool {
        self.builder.len() >= rows || self.builder.bytes() >= BYTES_MAX
    }

    /// When the first thing in it came.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// The batch, None when nothing came since the last one.
    pub(crate) fn take(&mut self, source: &Arc<str>) -> Option<Result<SourceBatch, String>> {
        let cursor_after = self.cursor.take()?;
        self.since = None;
        let received = std::mem::take(&mut self.received);
        let map_error_count = std::mem::take(&mut self.map_error_count);
        let map_errors = std::mem::take(&mut self.map_errors);
        let batch = self.builder.finish().map_err(|error| error.to_string());
        let source = Arc::clone(source);
        Some(batch.map(|batch| SourceBatch { source, batch, cursor_after, received, map_error_count, map_errors }))
    }
}
