//! Why a verb could not do its work, and the exit code that follows.

use std::fmt::Display;

/// What a verb found when it did do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Clean,
    /// Exit code 1: the work was done and there is something to look at.
    Findings,
}

/// The work could not be done: bad input is exit code 2, bad use is 3.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: i32,
    pub message: String,
    pub help: Option<String>,
}

impl Failure {
    /// Something that was given to read, or a place to write to, is not as it must be.
    pub fn input(message: impl Display, help: impl Display) -> Self {
        Self { code: 2, message: message.to_string(), help: Some(help.to_string()) }
    }

    /// The command was called wrongly.
    pub fn usage(message: impl Display, help: impl Display) -> Self {
        Self { code: 3, message: message.to_string(), help: Some(help.to_string()) }
    }

    /// The findings were printed already; only the exit code is left to give.
    pub fn reported() -> Self {
        Self { code: 2, message: String::new(), help: None }
    }
}

impl From<mon_rules::LoadError> for Failure {
    fn from(error: mon_rules::LoadError) -> Self {
        Self::input(error.message, error.help)
    }
}
