//! The jetstream source under its supervisor against the fake server: every post published is delivered, or lies in a
//! declared gap, whatever goes wrong on the way.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod conformance;
mod files;
mod run;
