//! Stateful stand-ins, on loopback only, for the services that Bellwether talks to.
//! Each keeps a ledger of what it served and received, has the documented limits and errors, and refuses what the
//! real service's documentation forbids, so that a test can account for every post and every message.

mod http;
pub mod jetstream;
mod script;
mod server;
mod slack;
mod smtp;
mod webhook;
mod ws;

pub use jetstream::{FakeJetstream, Faults, JetstreamOptions, Times};
pub use script::{Answer, Script, ScriptError};
pub use slack::{FakeSlack, SlackLedger, SlackMessage, SlackOptions};
pub use smtp::{FakeSmtp, SmtpAnswer, SmtpLedger, SmtpMessage};
pub use webhook::{Attempt, FakeWebhook, IdCount, WebhookLedger, sign};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A ledger stays readable after a task that held it died: a fake that hides what it saw is worth nothing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Microseconds since 1970 UTC, now.
pub(crate) fn now_us() -> i64 {
    chrono::Utc::now().timestamp_micros()
}
