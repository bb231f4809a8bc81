//! A seeded generator of a day of posts: daily rhythm, languages, chatter, spam and planted events.
//!
//! The same scenario, seed, number of posts and start give the same posts on every machine: all arithmetic is on whole
//! numbers, and no map's order is ever seen.

mod compose;
mod people;
mod random;
mod rhythm;
mod scenario;
mod stream;
mod truth;
mod words;

pub use scenario::{DEFAULT_START, Scenario};
pub use stream::Simulation;
pub use truth::{Event, Truth};

/// Posts a batch.
pub const BATCH_ROWS: usize = 8_192;

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    pub scenario: Scenario,
    pub seed: u64,
    /// Different posts; about 0.3 % of them arrive twice on top. `None`: [`Scenario::default_posts`].
    pub posts: Option<u64>,
    /// Midnight UTC of the day, microseconds since 1970; [`DEFAULT_START`] is 2026-11-02.
    pub start: i64,
}

impl Spec {
    /// The scenario's usual number of posts on the usual day.
    #[must_use]
    pub const fn new(scenario: Scenario, seed: u64) -> Self {
        Self { scenario, seed, posts: None, start: DEFAULT_START }
    }
}

/// Starts a day. The iterator gives batches in the order of arrival; [`Simulation::truth`] is whole when it has ended.
#[must_use]
pub fn simulate(spec: &Spec) -> Simulation {
    Simulation::new(spec)
}
