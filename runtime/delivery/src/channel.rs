//! What every channel promises: one call is one attempt, and it says honestly what it knows about the effect.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use mon_alerts::Message;

/// One attempt to tell one team by one method.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its id is the idempotency key, the same at every attempt.
    pub message: Message,
    /// 1 is the first.
    pub attempt: u32,
    /// An earlier attempt may have arrived, and the receiver cannot tell by itself.
    pub may_repeat: bool,
    /// What an earlier attempt of this channel got done.
    pub progress: Option<String>,
    /// The remote reference of this incident's first message here, to answer in its thread.
    pub thread: Option<String>,
}

impl Delivery {
    /// The title, marked where the message may be there already.
    #[must_use]
    pub fn title(&self) -> String {
        let mark = if self.may_repeat { " (may be a repeat)" } else { "" };
        format!("{}{mark}", self.message.title)
    }
}

/// What is known after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it; `remote` is how it calls it.
    Sent { remote: Option<String> },
    /// Certainly not done; to be tried again, not before `after`.
    Later { after: Option<Duration>, error: String, progress: Option<String> },
    /// It will never work. `gone`: nor will anything else to this target.
    Refused { error: String, gone: bool },
    /// Sent, but no answer: it may have arrived.
    Unknown { error: String },
}

impl Outcome {
    pub(crate) fn later(error: impl Into<String>) -> Self {
        Self::Later { after: None, error: error.into(), progress: None }
    }

    pub(crate) fn refused(error: impl Into<String>) -> Self {
        Self::Refused { error: error.into(), gone: false }
    }

    pub(crate) fn unknown(error: impl Into<String>) -> Self {
        Self::Unknown { error: error.into() }
    }
}

/// How a target wants to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Attempts at the same time: also the most repeats that a crash can cause here.
    pub in_flight: usize,
    /// Time between the starts of two attempts.
    pub gap: Duration,
    /// How long to go on trying, where that is longer than the severity asks.
    pub patience: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 4, gap: Duration::ZERO, patience: None }
    }
}

/// Turns one message into one effect at a remote system.
#[async_trait]
pub trait Channel: Send + Sync {
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// The receiver knows a repeat by the message's id.
    fn idempotent(&self) -> bool;

    /// One attempt. It never panics, and gives up by itself after a time.
    async fn send(&self, delivery: &Delivery) -> Outcome;
}

/// `11:03 on 4 March 2026, Europe/Berlin`: the transition's time for the people of a team.
pub(crate) fn local_time(micros: i64, zone: Tz) -> Option<String> {
    let at = DateTime::<Utc>::from_timestamp_micros(micros)?.with_timezone(&zone);
    Some(format!("{}, {}", at.format("%H:%M on %-d %B %Y"), zone.name()))
}
