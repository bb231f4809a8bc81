//! A log of numbered entries in segment files: what a live run was fed with, in its order. It is only ever added to; what
//! an entry says is its writer's business.
//!
//! ```text
//! recording/
//!   lock                           held by the process that writes
//!   feed-000000000001.log          a segment: "MONFEED1", then frames
//!   feed-000000000002.log
//!
//! frame   length u32 │ check 16 bytes │ packed bytes
//!         check = blake3(number of the segment, number of the frame, packed bytes)
//! frames  head ─► parts of a state, as many as the head says ─► entries, numbered from the head's `first` on
//! ```
//!
//! The frames of a segment are pieces of one zstd stream, so what repeats from entry to entry (schemas) costs nearly
//! nothing, and a segment is read from its start. Head and parts are written under another name that is changed when
//! they are on disk: a segment that is there begins whole. Its end may be torn by a crash: [`Log::open`] cuts that off.

mod reader;
mod segment;
mod writer;

pub use reader::{Entry, LogReader};
pub use segment::Segment;
pub use writer::{Begin, Log, Pruned, Since, Torn};

/// A hash of pieces of text, each with its length, as lower-case hex: what tells recordings and rules apart.
#[must_use]
pub fn fingerprint(pieces: &[&[u8]]) -> String {
    let mut hash = blake3::Hasher::new();
    for piece in pieces {
        hash.update(&(piece.len() as u64).to_le_bytes()).update(piece);
    }
    hash.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests;
