//! The tokeniser against texts with known tokens, public suites, and laws that hold for any text.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests fail as tests do")]

mod laws;
mod suite;
mod vectors;

use std::path::PathBuf;

/// A file of the shared test data, or nothing with a note where the data is not there.
#[expect(clippy::disallowed_methods, reason = "test data lies in files")]
fn shared(path: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        eprintln!("skipped: {path} is not beside the repository");
    }
    text
}
