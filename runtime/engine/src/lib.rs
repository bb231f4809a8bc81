//! The runtime of monitors: a DataFusion plan of our own operators over event time, from posts to transitions of
//! incidents, deterministic at any batch size and speed, with states to start again from.
//!
//! ```text
//! Feed ─► SourceExec ─► DedupeExec ─► MatchExec ─► WindowExec ─► RuleExec ─► Epoch
//!         watermark     event_id      all monitors  panes of      condition
//!         row by row                  in one pass   aggregates    machines
//! ```
//!
//! A run that can't keep up hears a part of the authors where monitors allow that ([`Feed::Load`]).
//!
//! One chain, one partition: what an operator gives out has one order. Control travels with the posts (a barrier, the
//! passing of time), and the watermark is a column, so neither batches nor speed can move a window's border.

mod aggregate;
mod class;
mod collect;
mod control;
mod dedupe;
mod engine;
mod error;
mod evidence;
mod fingerprints;
mod held;
mod history;
pub mod json;
mod judge;
mod keys;
mod layout;
mod matching;
mod measures;
mod novelty;
mod options;
mod ordered;
mod output;
mod pane;
mod pattern;
mod posts;
mod readings;
mod recording;
mod replay;
mod rows;
mod rule;
mod sample;
mod sampler;
mod shared;
mod silence;
mod snapshot;
mod source;
mod spill;
mod stage;
mod window;

pub use control::Feed;
pub use engine::Engine;
pub use error::{BoxError, EngineError};
pub use options::{EngineOptions, Limits};
pub use output::{Counts, Epoch, Memory, Mention, MentionDetails, OTHER, WindowRow};
pub use recording::Recording;
pub use replay::replay;
pub use rule::{judge_again, judge_windows};
pub use snapshot::{Part, Snapshot};
