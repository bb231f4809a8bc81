//! What was planted, so that detection can be scored.

use serde::Serialize;

use crate::Spec;
use crate::stream::moment;

/// What a simulated file holds, as `FILE.truth.json` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Truth {
    pub scenario: &'static str,
    pub seed: u64,
    /// Midnight of the simulated day, RFC 3339 as every time here.
    pub start: String,
    /// Rows in the file: posts, and the few that were delivered twice.
    pub deliveries: u64,
    pub events: Vec<Event>,
}

/// Something planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// `failure`, `viral`, `slow-burn`, `silent-source`, or `decoy`: looks like an event and is none.
    pub kind: &'static str,
    pub start: String,
    pub end: String,
    /// The monitor that is meant to find it; none for a decoy.
    pub monitor: Option<&'static str>,
    /// `post_uid`s, in the order of writing.
    pub posts: Vec<String>,
}

impl Event {
    pub(crate) fn new(kind: &'static str, monitor: Option<&'static str>, start: i64, end: i64) -> Self {
        Self { kind, start: moment(start), end: moment(end), monitor, posts: Vec::new() }
    }
}

impl Truth {
    pub(crate) fn new(spec: &Spec, events: Vec<Event>) -> Self {
        let start = moment(spec.start);
        Self { scenario: spec.scenario.name(), seed: spec.seed, start, deliveries: 0, events }
    }

    pub(crate) fn planted(&mut self, event: usize, uid: String) {
        if let Some(event) = self.events.get_mut(event) {
            event.posts.push(uid);
        }
    }
}
