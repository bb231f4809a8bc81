//! One event of the log and its frames on both wires.
//! The log keeps the parts; a frame is written when it is sent, because v1 and v2 clients may listen at once.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

pub(crate) const POST: &str = "app.bsky.feed.post";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `create`, `update` or `delete` of a record.
    Commit {
        operation: &'static str,
        collection: String,
        rkey: String,
        record: Option<Value>,
    },
    Identity {
        handle: String,
    },
    Account {
        active: bool,
        status: Option<&'static str>,
    },
    /// Never sent on v1.
    Sync,
    /// A kind that no documentation names: a client must count it and go on.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) did: String,
    /// What the frame tells as its time, microseconds since 1970 UTC.
    pub(crate) time_us: i64,
    /// How much older its time is on v2, where the time is not the cursor.
    pub(crate) late_us: i64,
    /// When the server saw it: never falls along the log; timestamp cursors mean this one.
    pub(crate) witnessed_us: i64,
    pub(crate) kind: Kind,
}

impl Event {
    pub(crate) fn collection(&self) -> Option<&str> {
        match &self.kind {
            Kind::Commit { collection, .. } => Some(collection),
            _ => None,
        }
    }

    pub(crate) fn uri(&self) -> Option<String> {
        match &self.kind {
            Kind::Commit { collection, rkey, .. } => Some(format!("at://{}/{collection}/{rkey}", self.did)),
            _ => None,
        }
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Commit { .. } => "commit",
            Kind::Identity { .. } => "identity",
            Kind::Account { .. } => "account",
            Kind::Sync => "sync",
            Kind::Unknown => "novelty",
        }
    }

    /// The operation of a commit, else the kind.
    pub(crate) fn op(&self) -> &'static str {
        match &self.kind {
            Kind::Commit { operation, .. } => operation,
            _ => self.kind_name(),
        }
    }

    /// True when a v2 `kinds` list asks for it; unknown kinds are pushed to everybody.
    pub(crate) fn is_of(&self, kinds: &[String]) -> bool {
        kinds.is_empty() || self.kind == Kind::Unknown || kinds.iter().any(|kind| kind == self.kind_name())
    }

    /// The upstream event that identity, account and sync frames wrap.
    fn upstream(&self) -> Value {
        let mut body = json!({ "did": self.did, "seq": self.seq + 30_000_000_000, "time": rfc3339(self.witnessed_us) });
        let extra = match &self.kind {
            Kind::Identity { handle } => vec![("handle", json!(handle))],
            Kind::Account { active, status } => {
                let mut extra = vec![("active", json!(active))];
                extra.extend(status.map(|status| ("status", json!(status))));
                extra
            }
            Kind::Sync => vec![("rev", json!(tid(self.witnessed_us, hash(&self.did))))],
            Kind::Commit { .. } | Kind::Unknown => Vec::new(),
        };
        if let Some(object) = body.as_object_mut() {
            object.extend(extra.into_iter().map(|(key, value)| (key.to_owned(), value)));
        }
        body
    }

    /// The v1 frame, None for what that wire never carries.
    pub(crate) fn v1(&self) -> Option<String> {
        let name = self.kind_name();
        let mut frame = json!({ "did": self.did, "time_us": self.time_us, "kind": name });
        let body = match &self.kind {
            Kind::Commit { .. } => self.commit(),
            Kind::Sync => return None,
            Kind::Identity { .. } | Kind::Account { .. } | Kind::Unknown => self.upstream(),
        };
        frame.as_object_mut()?.insert(name.to_owned(), body);
        Some(frame.to_string())
    }

    pub(crate) fn v2(&self) -> String {
        let name = self.kind_name();
        let mut payload = match &self.kind {
            Kind::Commit { .. } => self.commit(),
            _ => json!({ name: self.upstream() }),
        };
        if let Some(object) = payload.as_object_mut() {
            object.insert("$type".to_owned(), json!(format!("network.bsky.jetstream.subscribeEvents#{name}")));
            object.insert("seq".to_owned(), json!(self.seq));
            object.insert("did".to_owned(), json!(self.did));
            object.insert("time".to_owned(), json!(rfc3339(self.time_us - self.late_us)));
        }
        json!({ "$type": "message", "payload": payload }).to_string()
    }

    fn commit(&self) -> Value {
        let Kind::Commit { operation, collection, rkey, record } = &self.kind else { return Value::Null };
        let rev = tid(self.witnessed_us, hash(&self.did));
        let mut commit = json!({ "rev": rev, "operation": operation, "collection": collection, "rkey": rkey });
        if let (Some(record), Some(object)) = (record, commit.as_object_mut()) {
            object.insert("record".to_owned(), record.clone());
            object.insert("cid".to_owned(), json!(cid(hash(&(&self.did, rkey, record.to_string())))));
        }
        commit
    }
}

/// Revisions and content ids belong to the repository: every instance tells the same ones.
fn hash<T: Hash>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn rfc3339(us: i64) -> String {
    chrono::DateTime::from_timestamp_micros(us).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

const SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn digit(alphabet: &[u8; 32], value: u64) -> char {
    alphabet.get(usize::try_from(value & 31).unwrap_or(0)).map_or('a', |byte| char::from(*byte))
}

/// A record key as the protocol makes them: microseconds and a ten-bit clock id in sortable base 32.
pub(crate) fn tid(us: i64, clock: u64) -> String {
    let value = (u64::try_from(us).unwrap_or(0) << 10) | (clock & 1023);
    (0..13).rev().map(|place| digit(SORTABLE, value >> (5 * place))).collect()
}

/// A content id of the right shape; the same number gives the same id.
pub(crate) fn cid(number: u64) -> String {
    let mut state = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let tail: String = (0..52)
        .map(|_| {
            state = state.wrapping_mul(0xd129_42ad_3f1f_5ff5).wrapping_add(0x1405_7b7e_f767_814f);
            digit(BASE32, state >> 40)
        })
        .collect();
    format!("bafyrei{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_record_key_sorts_later() {
        let keys = [tid(1_783_175_888_085_434, 5), tid(1_783_175_888_085_435, 0), tid(1_883_175_888_085_434, 0)];
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(keys.iter().all(|key| key.len() == 13));
    }

    #[test]
    fn a_deletion_has_neither_record_nor_cid() {
        let kind =
            Kind::Commit { operation: "delete", collection: POST.to_owned(), rkey: "3mmoo".to_owned(), record: None };
        let event = Event { seq: 7, did: "did:plc:a".to_owned(), time_us: 0, late_us: 0, witnessed_us: 0, kind };
        let frame: Value = serde_json::from_str(&event.v2()).unwrap();
        assert_eq!(frame["payload"]["seq"], 7);
        assert_eq!(frame["payload"]["operation"], "delete");
        assert!(frame["payload"].get("record").is_none() && frame["payload"].get("cid").is_none());
    }
}
