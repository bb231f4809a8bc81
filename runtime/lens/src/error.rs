//! What can keep rules from being looked at over a capture, in words that an analyst can act on.

use mon_compiler::matching::MatchError;
use mon_engine::EngineError;
use mon_post::{PostError, ReadError};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LensError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Posts(#[from] PostError),
    #[error("the capture holds more than {limit} posts, which is the limit `capture_posts_max`")]
    #[diagnostic(
        code(mon::lens_posts),
        help("take a shorter capture, such as one day; `mon replay` and `mon backtest` read longer ones")
    )]
    TooManyPosts { limit: usize },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
    #[error("the rules could not be made ready for matching: {0}")]
    #[diagnostic(code(mon::lens_match), help("run `mon check` on the rules"))]
    Match(#[from] MatchError),
}

impl From<arrow::error::ArrowError> for LensError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Posts(error.into())
    }
}
