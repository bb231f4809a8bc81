//! The crate's one integration binary.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, reads its data from files and its seed from the environment"
)]

mod analysis;
mod export;
mod import;
mod matching;
