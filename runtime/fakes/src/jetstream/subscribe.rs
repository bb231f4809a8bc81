//! What a subscription asks for, and whether the documentation allows it.
//! v1 answers a refusal in plain text, v2 with an error object that has a name.

use super::event::Event;
use super::{Log, Shared};
use crate::http::{Request, Response};
use crate::lock;

/// Cursors from here on are microseconds since 1970, below they are sequence numbers.
const TIME_CURSOR_MIN: u64 = 1_000_000_000_000_000;
const COLLECTIONS_MAX: usize = 100;
const DIDS_MAX: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    V1,
    V2,
}

/// What a client wants to hear.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    kinds: Vec<String>,
    dids: Vec<String>,
    collections: Vec<String>,
}

impl Filter {
    pub(super) fn wants(&self, event: &Event) -> bool {
        if !event.is_of(&self.kinds) || !(self.dids.is_empty() || self.dids.contains(&event.did)) {
            return false;
        }
        let Some(collection) = event.collection() else { return true };
        self.collections.is_empty() || self.collections.iter().any(|pattern| fits(pattern, collection))
    }
}

fn fits(pattern: &str, collection: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(prefix) => collection.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
        None => pattern == collection,
    }
}

/// An allowed subscription.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) wire: Wire,
    pub(super) filter: Filter,
    /// Sequence number of the first event to consider.
    pub(super) start: u64,
    /// Name and text of the notice that comes first.
    pub(super) info: Option<(&'static str, String)>,
}

/// A refusal's status, name and message.
type Refusal = (u16, &'static str, String);

pub(super) fn refuse(wire: Wire, (status, name, message): Refusal) -> Response {
    match wire {
        Wire::V1 => Response::text(status, &message),
        Wire::V2 => Response::json(status, &serde_json::json!({ "error": name, "message": message })),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    (400, "InvalidRequest", message.into())
}

/// The cursor as it was asked, for the ledger.
pub(super) fn asked_cursor(request: &Request) -> Option<u64> {
    request.parameters().into_iter().find(|(key, _)| key == "cursor").and_then(|(_, value)| value.parse().ok())
}

pub(super) fn plan(request: &Request, wire: Wire, expire_by: u64, shared: &Shared) -> Result<Plan, Refusal> {
    let filter = match wire {
        Wire::V1 => filter_v1(request)?,
        Wire::V2 => filter_v2(request)?,
    };
    let raw = request.parameters().into_iter().find(|(key, _)| key == "cursor");
    let cursor = match raw {
        None => None,
        Some((_, raw)) => Some(raw.parse::<u64>().map_err(|_| invalid(format!("invalid cursor: \"{raw}\"")))?),
    };
    let mut log = lock(&shared.log);
    let live = log.next;
    let Some(cursor) = cursor else { return Ok(Plan { wire, filter, start: live, info: None }) };
    let (wanted, by_time) = resolve(&log, wire, cursor);
    if expire_by > 0 && wanted < live {
        let floor = (wanted + expire_by).min(live);
        log.ledger.floor = log.ledger.floor.max(floor);
    }
    let floor = log.ledger.floor;
    if wanted >= floor {
        return Ok(Plan { wire, filter, start: wanted.min(live), info: None });
    }
    match (wire, by_time) {
        (Wire::V1, _) => Ok(Plan { wire, filter, start: floor, info: None }),
        (Wire::V2, true) => {
            let info =
                Some(("OutdatedCursor", format!("cursor is below the retention floor; resuming from seq {floor}")));
            Ok(Plan { wire, filter, start: floor, info })
        }
        (Wire::V2, false) => {
            let message = format!("cursor {cursor} is below the retention floor; oldest available seq is {floor}");
            Err((400, "CursorTooOld", message))
        }
    }
}

/// The sequence number that a cursor means, and whether it was a time.
fn resolve(log: &Log, wire: Wire, cursor: u64) -> (u64, bool) {
    if cursor < TIME_CURSOR_MIN {
        return (cursor, false);
    }
    let cursor = i64::try_from(cursor).unwrap_or(i64::MAX);
    let reaches = |event: &Event| match wire {
        Wire::V1 => event.time_us >= cursor,
        Wire::V2 => event.witnessed_us >= cursor,
    };
    // A time before the oldest kept event may mean events that are gone: below the floor, so that it is told.
    let first = log.events.iter().find(|event| reaches(event)).map_or(log.next, |event| event.seq);
    let before_all = log.events.front().is_some_and(|event| event.seq == first && event.witnessed_us > cursor);
    (if before_all { 0 } else { first }, true)
}

fn all(request: &Request, name: &str) -> Vec<String> {
    request.parameters().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

fn filter_v1(request: &Request) -> Result<Filter, Refusal> {
    let filter =
        Filter { kinds: Vec::new(), dids: all(request, "wantedDids"), collections: all(request, "wantedCollections") };
    if filter.collections.len() > COLLECTIONS_MAX {
        return Err(invalid("too many collections"));
    }
    if filter.dids.len() > DIDS_MAX {
        return Err(invalid("too many DIDs"));
    }
    Ok(filter)
}

fn filter_v2(request: &Request) -> Result<Filter, Refusal> {
    for (key, _) in request.parameters() {
        match key.as_str() {
            "wantedCollections" => return Err(invalid("wantedCollections is a /subscribe parameter: use collections")),
            "wantedDids" => return Err(invalid("wantedDids is a /subscribe parameter: use dids")),
            "requireHello" => return Err(invalid("requireHello: this endpoint is server-push only")),
            "compress" => return Err(invalid("compress is the /subscribe opt-in: use zstdDictionary")),
            "zstdDictionary" => {
                return Err((
                    400,
                    "UnknownZstdDictionary",
                    "current dictionary id is 0: this fake has none".to_owned(),
                ));
            }
            _ => {}
        }
    }
    let filter =
        Filter { kinds: all(request, "kinds"), dids: all(request, "dids"), collections: all(request, "collections") };
    for kind in &filter.kinds {
        if !["commit", "identity", "account", "sync"].contains(&kind.as_str()) {
            return Err(invalid(format!("unknown kind \"{kind}\"")));
        }
    }
    if !filter.collections.is_empty() && !filter.kinds.is_empty() && !filter.kinds.iter().any(|kind| kind == "commit") {
        return Err(invalid("collections can never apply without kind commit"));
    }
    if filter.collections.len() > COLLECTIONS_MAX || filter.dids.len() > DIDS_MAX {
        return Err(invalid("too many collections or dids"));
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_takes_whole_segments_only() {
        assert!(fits("app.bsky.feed.*", "app.bsky.feed.post"));
        assert!(!fits("app.bsky.feed.*", "app.bsky.feedgen.post"));
        assert!(!fits("app.bsky.feed.post", "app.bsky.feed.posts"));
    }

    #[test]
    fn v2_refuses_what_only_v1_knows() {
        for query in [
            "wantedCollections=a.b.c",
            "wantedDids=did:plc:a",
            "requireHello=true",
            "compress=true",
            "kinds=likes",
            "kinds=identity&collections=a.b.c",
        ] {
            let request = Request { query: query.to_owned(), ..Request::default() };
            let refusal = filter_v2(&request).unwrap_err();
            assert_eq!((refusal.0, refusal.1), (400, "InvalidRequest"), "{query}");
        }
    }
}
