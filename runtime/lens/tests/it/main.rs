//! What the lens says is what replays, matches and rules that are edited by hand say.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect should panic"
)]

mod capture;
mod curves;
mod difference;
mod edits;
mod replays;
mod words;
mod world;
