//! Rules as they lie on a disk: which files belong together, what `mon.toml` says of them, packages and lists that they name;
//! read and checked in one go. An editor puts its own texts in front of the disk.

use std::ops::Range;
use std::path::PathBuf;

pub mod binding;
mod files;
mod lists;
mod load;
mod project;
pub mod terms_list;

pub use files::{RuleFile, RuleFiles, column_of, line_of, plain, read, seen_from_here, shown};
pub use load::{Compiled, Disk, LIST, LoadOptions, Texts, check_again, load, load_those};
pub use project::{EditorSettings, PROJECT_FILE, Project, Settings};

/// Why rules could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LoadError {
    pub message: String,
    pub help: String,
    /// The file that is at fault and the bytes of it, where that is known.
    pub at: Option<(PathBuf, Range<usize>)>,
}

impl LoadError {
    pub(crate) fn new(message: impl std::fmt::Display, help: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), help: help.to_string(), at: None }
    }
}
