//! The editor's side of the compiler: what can be said and done while rules are written. Every feature is plain data that is
//! made from a [`snapshot::Snapshot`] and tested without a server; `server` turns it into the Language Server Protocol and is the
//! only place that knows its types.

#[cfg(feature = "server")]
pub mod consequences;
pub mod feature;
#[cfg(feature = "server")]
pub mod server;
pub mod snapshot;
pub mod symbols;
pub mod text;
#[cfg(feature = "server")]
pub mod workspace;
