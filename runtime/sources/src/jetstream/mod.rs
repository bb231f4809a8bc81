//! Bluesky's Jetstream, v1 and v2 wire: the public stream of everything that people post there.
//! It needs no credential; a cursor resumes exactly, on another host with a margin.

mod connect;
mod cursor;
mod frame;
mod mapper;
mod record;
mod stream;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::Deserialize;

pub use self::connect::FRAME_BYTES_MAX;
pub use self::cursor::{HOST_REWIND_US, V1_LOOKBACK_US, V1_REWIND_US};
pub use self::mapper::JetstreamMapper;
use self::stream::Connection;
use crate::contract::{Cursor, Health, Item, Mapper, Partition, Resume, Source};
use crate::error::SourceError;
use crate::spec::{JETSTREAM, Spec};

pub const WIRE_V1: &str = "jetstream-v1";
pub const WIRE_V2: &str = "jetstream-v2";
/// The collection of posts.
pub const POST: &str = "app.bsky.feed.post";
/// Collections that one subscription takes.
pub const COLLECTIONS_MAX: usize = 100;
/// Attempts on one host without a single event before the next host is tried.
pub const BARREN_ATTEMPTS_MAX: u32 = 2;
/// Public hosts.
pub const HOSTS: &[&str] = &[
    "jetstream1.us-east.bsky.network",
    "jetstream2.us-west.bsky.network",
    "jetstream2.us-east.bsky.network",
    "jetstream1.us-west.bsky.network",
];

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    V1,
    #[default]
    V2,
}

/// What to read and from where.
#[derive(Clone, Debug)]
pub struct JetstreamOptions {
    /// Host names, or `ws://host:port` for a server without TLS.
    pub hosts: Vec<String>,
    pub wire: Wire,
    /// Collections of records; empty is all.
    pub collections: Vec<String>,
}

impl Default for JetstreamOptions {
    fn default() -> Self {
        Self {
            hosts: HOSTS.iter().map(|host| (*host).to_owned()).collect(),
            wire: Wire::V2,
            collections: vec![POST.to_owned()],
        }
    }
}

/// What outlives one connection.
#[derive(Debug, Default)]
struct Memory {
    /// Index of the host in use.
    host: usize,
    /// Attempts without an event.
    barren: u32,
    /// Epoch and order of the last good event before a frame that could not be read.
    suspect: Option<(String, u64)>,
}

pub struct JetstreamSource {
    options: JetstreamOptions,
    mapper: JetstreamMapper,
    memory: Arc<Mutex<Memory>>,
}

impl JetstreamSource {
    /// `name` is the configured name. Fails when there is no host, one is none or holds what may be a secret, or there are
    /// too many collections.
    pub fn new(name: &str, options: JetstreamOptions) -> Result<Self, SourceError> {
        if options.hosts.is_empty() {
            return Err(SourceError::Config("a Jetstream source needs at least one host".to_owned()));
        }
        if let Some(fault) = options.hosts.iter().enumerate().find_map(|(at, host)| fault(at + 1, host)) {
            return Err(SourceError::Config(fault));
        }
        if options.collections.len() > COLLECTIONS_MAX {
            let count = options.collections.len();
            return Err(SourceError::Config(format!(
                "{count} collections are more than the {COLLECTIONS_MAX} allowed"
            )));
        }
        Ok(Self { options, mapper: JetstreamMapper::new(name), memory: Arc::default() })
    }

    /// The host to use now: the next one when this one gave nothing several times.
    fn host(&self) -> &str {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.barren >= BARREN_ATTEMPTS_MAX {
            memory.host = (memory.host + 1) % self.options.hosts.len().max(1);
            memory.barren = 0;
        }
        memory.barren += 1;
        self.options.hosts.get(memory.host).map_or("", String::as_str)
    }

    fn url(&self, host: &str, cursor: Option<u64>) -> String {
        let (path, collections) = match self.options.wire {
            Wire::V1 => ("subscribe", "wantedCollections"),
            Wire::V2 => ("xrpc/network.bsky.jetstream.subscribeEvents", "collections"),
        };
        let scheme = if host.contains("://") { "" } else { "wss://" };
        let mut url = format!("{scheme}{}/{path}", host.trim_end_matches('/'));
        let mut mark = '?';
        for collection in &self.options.collections {
            let _ = write!(url, "{mark}{collections}={collection}");
            mark = '&';
        }
        if let Some(cursor) = cursor {
            let _ = write!(url, "{mark}cursor={cursor}");
        }
        url
    }
}

/// Why host number `number` is not taken. Hosts are shown in logs, in cursors and to operators: what may be a secret must
/// not stand in one, and is not shown here either.
fn fault(number: usize, host: &str) -> Option<String> {
    let held = match host {
        _ if host.contains('@') => "a name or password before `@`",
        _ if host.contains(['?', '#']) => "a query behind `?` or `#`",
        _ if host.contains("://") && !host.starts_with("ws://") && !host.starts_with("wss://") => {
            return Some(format!("`{host}` is no host: write its name alone, or `ws://host:port` without TLS"));
        }
        _ => return None,
    };
    Some(format!(
        "host {number} of `hosts` holds {held}: write its name alone. Jetstream asks for no secret; those of other sections \
         stand outside `mon.toml`, which names them as `env:NAME` or `file:PATH`"
    ))
}

/// The host's name in cursors.
fn epoch(host: &str) -> &str {
    host.split_once("://").map_or(host, |(_, rest)| rest).trim_end_matches('/')
}

/// The time of the last event that a cursor stands for, microseconds since 1970 UTC; None where it is none of ours.
#[must_use]
pub fn time_of(cursor: &Cursor) -> Option<u64> {
    cursor::Token::parse(&cursor.token).map(|token| token.time_us)
}

/// A cursor for a time, microseconds since 1970 UTC, on any host.
#[must_use]
pub fn time_cursor(us: u64) -> Cursor {
    cursor::live_cursor(us)
}

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Source for JetstreamSource {
    fn spec(&self) -> &'static Spec {
        &JETSTREAM
    }

    fn mapper(&self) -> &dyn Mapper {
        &self.mapper
    }

    /// Connects at the live tip and hangs up.
    async fn check(&self) -> Result<Health, SourceError> {
        let host = self.options.hosts.first().map_or("", String::as_str);
        let dialled = connect::dial(&self.url(host, None), epoch(host), None, 0).await;
        let mut socket = dialled.map_err(|refused| refused.error)?;
        // The answer is known; how the host takes the good-bye does not matter.
        let _ = socket.close(None).await;
        Ok(Health { detail: format!("`{}` accepts subscriptions", epoch(host)), cost: 0 })
    }

    async fn open(
        &self,
        _partition: &Partition,
        from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
        let host = self.host();
        let epoch = epoch(host);
        let v2 = self.options.wire == Wire::V2;
        let start = cursor::start(&from, epoch, v2).ok_or_else(|| {
            SourceError::Config("the place to go on from is not one of a Jetstream source".to_owned())
        })?;
        let live = matches!(from, Resume::Live).then(|| cursor::live_cursor(now_us()));
        let time_us =
            from.reached().and_then(|cursor| cursor::Token::parse(&cursor.token)).map_or(0, |token| token.time_us);
        let asked = start.cursor.filter(|cursor| *cursor < cursor::TIME_MIN);
        let dialled = connect::dial(&self.url(host, start.cursor), epoch, asked, time_us).await;
        let socket = dialled.map_err(|refused| {
            if refused.leave {
                self.memory.lock().unwrap_or_else(PoisonError::into_inner).barren = BARREN_ATTEMPTS_MAX;
            }
            refused.error
        })?;
        Ok(Connection::new(socket, epoch, v2, from, start, live, Arc::clone(&self.memory)).into_stream())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(wire: Wire) -> JetstreamSource {
        let collections = vec![POST.to_owned(), "app.bsky.feed.like".to_owned()];
        JetstreamSource::new("bsky", JetstreamOptions { wire, collections, ..JetstreamOptions::default() }).unwrap()
    }

    #[test]
    fn each_wire_names_its_own_parameters() {
        assert_eq!(
            source(Wire::V2).url("h.example", Some(7)),
            "wss://h.example/xrpc/network.bsky.jetstream.subscribeEvents?collections=app.bsky.feed.post&collections=app.bsky.feed.like&cursor=7"
        );
        assert_eq!(
            source(Wire::V1).url("ws://127.0.0.1:9/", None),
            "ws://127.0.0.1:9/subscribe?wantedCollections=app.bsky.feed.post&wantedCollections=app.bsky.feed.like"
        );
    }

    #[test]
    fn a_host_that_gives_nothing_is_left() {
        let source = source(Wire::V2);
        let hosts: Vec<&str> = (0..5).map(|_| source.host()).collect();
        assert_eq!(hosts, [HOSTS[0], HOSTS[0], HOSTS[1], HOSTS[1], HOSTS[2]]);
    }

    #[test]
    fn a_source_without_a_host_is_refused() {
        let options = JetstreamOptions { hosts: Vec::new(), ..JetstreamOptions::default() };
        assert!(matches!(JetstreamSource::new("bsky", options), Err(SourceError::Config(_))));
    }
}
