//! Builds batches of posts row by row: fills what can be worked out, and gives every row its identity.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray};
use arrow::buffer::Buffer;
use arrow::record_batch::RecordBatch;

use crate::batch::PostBatch;
use crate::error::PostError;
use crate::group::{Group, Kind};
use crate::kind::{Id, Time};
use crate::row::{PostColumns, PostRow};
use crate::schema::schema;

/// Bytes of text that one batch holds at most: offsets into a text column have 31 bits, with room to spare.
pub const MAX_BATCH_BYTES: usize = 1 << 30;

/// Collects [`PostRow`]s into a [`PostBatch`].
#[derive(Default)]
pub struct PostBatchBuilder {
    columns: PostColumns,
    ids: Vec<u8>,
    rows: usize,
    bytes: usize,
}

/// The identity of an event: blake3-128 over the post, what happened, the revision (or the time of the counts) and the
/// instance, each with its length before it, so that no two different events can spell the same bytes.
#[must_use]
pub fn event_id(row: &PostRow<'_>) -> [u8; 16] {
    let mut spelled = [0_u8; 256];
    let as_of;
    let revision = match (&row.revision, row.engagement.as_ref().and_then(|e| e.as_of)) {
        (Some(revision), _) => revision.as_bytes(),
        (None, Some(at)) => {
            as_of = at.to_le_bytes();
            &as_of
        }
        (None, None) => &[],
    };
    let parts = [
        post_uid(row).as_bytes(),
        row.op.as_deref().unwrap_or("created").as_bytes(),
        revision,
        row.instance.as_deref().unwrap_or_default().as_bytes(),
    ];
    let total: usize = parts.iter().map(|part| part.len() + 4).sum();
    let hash = match spelled.get_mut(..total) {
        Some(room) => {
            let mut rest = room;
            for part in parts {
                rest = place(place(rest, &length(part)), part);
            }
            blake3::hash(spelled.get(..total).unwrap_or_default())
        }
        None => {
            let mut hasher = blake3::Hasher::new();
            for part in parts {
                hasher.update(&length(part)).update(part);
            }
            hasher.finalize()
        }
    };
    let mut id = [0; 16];
    id.copy_from_slice(hash.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
    id
}

fn length(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn place<'a>(room: &'a mut [u8], part: &[u8]) -> &'a mut [u8] {
    match room.split_at_mut_checked(part.len()) {
        Some((into, rest)) => {
            into.copy_from_slice(part);
            rest
        }
        None => &mut [],
    }
}

fn post_uid<'r>(row: &'r PostRow<'_>) -> &'r str {
    row.post_uid.as_deref().or(row.native_id.as_deref()).unwrap_or_default()
}

impl PostBatchBuilder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a post. Errors when the batch would pass [`MAX_BATCH_BYTES`]; the builder is then as it was before.
    pub fn append(&mut self, row: &PostRow<'_>) -> Result<(), PostError> {
        let bytes = self.bytes + weight(row);
        if bytes > MAX_BATCH_BYTES {
            return Err(PostError::BatchTooLarge { limit: MAX_BATCH_BYTES });
        }
        let at = self.rows;
        self.ids.extend_from_slice(&event_id(row));
        <PostRow<'static> as Group>::set(&mut self.columns, at, row);
        self.fill(at, row);
        self.rows += 1;
        self.bytes = bytes;
        Ok(())
    }

    fn fill(&mut self, at: usize, row: &PostRow<'_>) {
        let uid = Cow::Borrowed(post_uid(row));
        if row.post_uid.is_none() {
            Id::set(&mut self.columns.post_uid, at, &uid);
        }
        if row.root_uid.is_none() {
            Id::set(&mut self.columns.root_uid, at, &uid);
        }
        if row.native_id.is_none() {
            Id::set(&mut self.columns.native_id, at, &uid);
        }
        let event_at = row.event_at.or(row.created_at).or(row.received_at).unwrap_or_default();
        if row.event_at.is_none() {
            Time::set(&mut self.columns.event_at, at, &event_at);
        }
        if row.received_at.is_none() {
            Time::set(&mut self.columns.received_at, at, &event_at);
        }
    }

    /// Rows so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes of text so far, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The batch; the builder is empty again.
    pub fn finish(&mut self) -> Result<PostBatch, PostError> {
        let built = std::mem::take(self);
        let ids = FixedSizeBinaryArray::try_new(16, Buffer::from_vec(built.ids), None)?;
        let columns: Vec<ArrayRef> = std::iter::once(Arc::new(ids) as ArrayRef)
            .chain(<PostRow<'static> as Group>::finish(built.columns, built.rows)?)
            .collect();
        PostBatch::try_new(RecordBatch::try_new(schema(), columns)?)
    }
}

/// Bytes that a post adds to the widest columns, at least.
fn weight(row: &PostRow<'_>) -> usize {
    fn size(text: Option<&Cow<'_, str>>) -> usize {
        text.map_or(0, |text| text.len())
    }
    let texts =
        [&row.text, &row.title, &row.text_html, &row.summary, &row.url, &row.extras, &row.post_uid, &row.native_id];
    let own: usize = texts.into_iter().map(|text| size(text.as_ref())).sum();
    let media: usize = row.media.iter().flatten().map(|m| size(m.alt.as_ref()) + size(m.url.as_ref())).sum();
    let links: usize = row
        .links
        .iter()
        .flatten()
        .map(|l| size(l.url.as_ref()) + size(l.title.as_ref()) + size(l.description.as_ref()))
        .sum();
    let author = row.author.as_ref().map_or(0, |a| size(a.bio.as_ref()) + size(a.name.as_ref()));
    own + media + links + author + 64
}
