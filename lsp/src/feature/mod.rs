//! What an editor can ask, one file a feature.

pub mod actions;
pub mod format;
pub mod hints;
pub mod tokens;

mod exprs;
#[cfg(test)]
mod fixture;
