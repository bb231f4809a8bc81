//! What a source is doing, for whoever watches: its state, its counts, how far it is.

use std::time::{Duration, SystemTime};

use crate::contract::{Cursor, Op};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Connecting for the first time.
    Starting,
    Running,
    /// Something failed; the next attempt comes after `next_attempt_in`.
    Degraded {
        why: String,
        next_attempt_in: Duration,
    },
    /// The platform's limit is used up.
    Limited {
        until: SystemTime,
    },
    /// The connection is open but silent.
    Stalled {
        next_attempt_in: Duration,
    },
    /// The credential is refused; tried again rarely.
    AuthFailed {
        why: String,
        next_attempt_in: Duration,
    },
    /// A range was lost; reading goes on behind it.
    Gap,
    /// Ended, for this reason if it was not asked to.
    Stopped {
        why: Option<String>,
    },
}

impl State {
    /// What [`Self::word`] can be.
    pub const WORDS: [&'static str; 8] =
        ["starting", "running", "degraded", "limited", "stalled", "auth_failed", "gap", "stopped"];

    /// One word, as metrics label it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Degraded { .. } => "degraded",
            Self::Limited { .. } => "limited",
            Self::Stalled { .. } => "stalled",
            Self::AuthFailed { .. } => "auth_failed",
            Self::Gap => "gap",
            Self::Stopped { .. } => "stopped",
        }
    }
}

/// Sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events or records that came.
    pub received: u64,
    /// Posts that were handed on.
    pub mapped: u64,
    /// Events that are no posts: likes, identities, collections that nobody knows.
    pub not_posts: u64,
    /// Of `received`, events about accounts.
    pub account_events: u64,
    /// Of `received`, deletions.
    pub deletions: u64,
    pub map_errors: u64,
    /// Events of a kind that this version does not know.
    pub unknown_kinds: u64,
    pub gaps: u64,
    pub reconnects: u64,
    /// Events at or before a cursor that was already reached: what reconnecting delivers again, and stragglers.
    pub duplicates_expected: u64,
    pub stalls: u64,
    /// Waits because the platform's limit was used up.
    pub limited: u64,
}

impl Counts {
    pub(crate) fn count(&mut self, op: Op) {
        self.received += 1;
        match op {
            Op::Account => self.account_events += 1,
            Op::Deleted => self.deletions += 1,
            Op::Created | Op::Updated | Op::Engaged => {}
        }
    }
}

/// A source at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    pub counts: Counts,
    /// As far as it was handed on.
    pub reached: Option<Cursor>,
    /// As far as it is durable.
    pub committed: Option<Cursor>,
}
