//! The language server from outside: an editor at the other end of a pipe.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an answer that is not as it must be ends the test"
)]

mod editor;
mod edits;
mod features;
mod folders;
mod lenses;
