//! What an editor can ask, one file a feature: plain data about a snapshot, in bytes of its texts.

pub mod calls;
pub mod completion;
mod exprs;
pub mod findings;
#[cfg(test)]
mod fixture;
pub mod format;
pub mod hover;
pub mod links;
pub mod navigate;
pub mod outline;
pub mod place;
mod place_clauses;
pub mod rename;
pub mod signature;
pub mod tokens;
