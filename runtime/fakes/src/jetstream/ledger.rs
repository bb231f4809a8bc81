//! What the fake published and what it was asked, kept for the one who accounts for every post.
//! Entries are never dropped, also when retention has passed them.

use serde::Serialize;

/// One published event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    pub seq: u64,
    /// What the frame tells as its time, microseconds since 1970 UTC.
    pub time_us: i64,
    /// at-uri of the record, None for identity, account, sync and unknown events.
    pub uri: Option<String>,
    /// `create`, `update`, `delete`, or the event's kind.
    pub op: &'static str,
    pub collection: Option<String>,
    /// What the generator meant by it: `plain`, `tagged`, `mention`, `link`, `reply`, `quote`, `picture`, `empty`,
    /// `file`; empty for what is no post.
    pub text_kind: &'static str,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub cursor: Option<u64>,
    /// The status that it was answered, 101 for an upgrade.
    pub status: u16,
    /// Event frames that were sent whole on this connection.
    pub frames: u64,
    /// How the connection ended: a fault's name, `client`, `refused`, or empty while it stands.
    pub ended: &'static str,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct JetstreamLedger {
    pub published: Vec<Published>,
    pub asked: Vec<Asked>,
    /// Sequence number of the oldest event that a cursor can still reach.
    pub floor: u64,
}

/// The ledger's sums, as `/ledger?sums=true` answers them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sums {
    pub events: usize,
    pub posts_created: usize,
    pub posts_updated: usize,
    pub posts_deleted: usize,
    pub requests: usize,
    pub refused: usize,
    pub frames: u64,
    pub floor: u64,
    pub last_seq: u64,
}

impl JetstreamLedger {
    /// Events of one collection, in order.
    pub fn of<'a>(&'a self, collection: &'a str) -> impl Iterator<Item = &'a Published> {
        self.published.iter().filter(move |event| event.collection.as_deref() == Some(collection))
    }

    #[must_use]
    pub fn sums(&self) -> Sums {
        let posts = |op: &str| self.of(super::event::POST).filter(|event| event.op == op).count();
        Sums {
            events: self.published.len(),
            posts_created: posts("create"),
            posts_updated: posts("update"),
            posts_deleted: posts("delete"),
            requests: self.asked.len(),
            refused: self.asked.iter().filter(|asked| asked.status != 101).count(),
            frames: self.asked.iter().map(|asked| asked.frames).sum(),
            floor: self.floor,
            last_seq: self.published.last().map_or(0, |event| event.seq),
        }
    }
}
