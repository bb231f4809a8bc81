//! What an editor can ask, one file a feature: plain data about a snapshot, in bytes of its texts.

pub mod actions;
pub mod bound;
pub mod calls;
pub mod completion;
#[cfg(feature = "server")]
pub mod consequence;
pub mod everywhere;
mod exprs;
pub mod findings;
#[cfg(test)]
mod fixture;
pub mod format;
pub mod hints;
pub mod hover;
pub mod links;
pub mod moved;
pub mod navigate;
pub mod outline;
#[cfg(feature = "server")]
pub mod paths;
pub mod place;
mod place_clauses;
mod place_figures;
mod place_playbook;
pub mod rename;
pub mod signature;
pub mod tokens;
