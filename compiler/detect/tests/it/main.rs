//! The crate from outside: against the answers of independent packages.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests fail as tests do")]

mod oracle;
mod oracle_series;
