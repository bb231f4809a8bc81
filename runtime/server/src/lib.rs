//! What a run shows to the outside over HTTP: whether it lives, whether it is ready, and its figures in the format that
//! Prometheus reads. The room knows nothing of posts: whoever runs answers through [`Operated`].
//!
//! ```text
//! operator ──GET──► door ──► /healthz  /readyz  /metrics ──► Operated ──► the run
//!                    └ the one place that every request passes: an access policy belongs here
//! ```

mod figures;
mod page;
mod server;

pub use figures::{Counter, Histogram, Tally};
pub use page::{CONTENT_TYPE, Family, Kind, Number, Page, Rows};
pub use server::{Operated, Server, ServerError, Verdict};
