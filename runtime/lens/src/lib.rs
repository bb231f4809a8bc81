//! What rules would have done over a capture of posts, as plain data: posts and alerts of each monitor, what other thresholds
//! would raise, what each word adds, and which posts fail by one part alone. What a monitor means is looked at once.
//!
//! ```text
//! capture ─► posts     which posts a match takes, the weight of its words, nearest misses
//!               └─► windows   what the engine measures over these posts
//!                      └─► alerts   incidents, and those of other thresholds
//! ```
//!
//! Each step is kept by what it depends on, without places, so that moved text costs nothing and another threshold needs the last
//! step alone.

mod alerts;
mod capture;
mod difference;
mod error;
pub mod figures;
mod keys;
mod look;
mod numbers;
mod passes;
mod posts;
mod rules;
mod shape;
pub mod threshold;
mod windows;

pub use alerts::{Alert, Curve, Point, raised};
pub use capture::{Capture, POSTS_MAX, Post};
pub use difference::{AlertsChanged, Difference, between, difference};
pub use error::LensError;
pub use look::{Fresh, Lens, Look, MonitorLook, Part, Seen, Word};
pub use rules::Rules;
