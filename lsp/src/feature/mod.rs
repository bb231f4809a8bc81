//! What an editor can ask, one file a feature: plain data about a snapshot, in bytes of its texts.

pub mod calls;
#[cfg(test)]
mod fixture;
pub mod links;
pub mod navigate;
pub mod outline;
pub mod rename;
