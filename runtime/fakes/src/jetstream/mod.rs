//! A Bluesky Jetstream server, v1 (`/subscribe`) and v2 (`/xrpc/network.bsky.jetstream.subscribeEvents`), in small.
//! It publishes a seeded stream of events at a rate, keeps a log that cursors replay, and misbehaves as told.

mod connection;
mod event;
mod faults;
mod ledger;
mod posts;
mod subscribe;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::event::{Event, Kind};
pub use self::faults::Faults;
pub use self::ledger::{Asked, JetstreamLedger, Published, Sums};
use self::posts::{Draft, Generator};
use crate::server::Server;
use crate::{lock, now_us};

/// Which time an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The moment of publishing.
    Now,
    /// As the file of posts says; the generator uses [`Times::Now`].
    Original,
    /// From this moment (microseconds since 1970 UTC) on, 20 ms further for each event: the same on every run.
    From(i64),
}

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct JetstreamOptions {
    /// 0 takes a free port.
    pub port: u16,
    pub v1: bool,
    pub v2: bool,
    /// Events a second; 0 publishes everything at once, which needs `total` or `posts`.
    pub rate: f64,
    pub seed: u64,
    pub faults: Faults,
    /// JSON lines of posts instead of the generator.
    pub posts: Option<PathBuf>,
    pub times: Times,
    /// Publishing ends after this many events; the server goes on serving them.
    pub total: Option<u64>,
    /// Publishing waits for the first connection.
    pub wait_for_client: bool,
    /// Events that a cursor can reach back.
    pub retained: usize,
    /// Sequence number of the first event: another instance numbers the same events differently.
    pub first_seq: u64,
}

impl Default for JetstreamOptions {
    fn default() -> Self {
        Self {
            port: 0,
            v1: true,
            v2: true,
            rate: 1_000.0,
            seed: 7,
            faults: Faults::none(),
            posts: None,
            times: Times::Now,
            total: None,
            wait_for_client: false,
            retained: 500_000,
            first_seq: 1,
        }
    }
}

/// What the connections and the publisher share.
struct Shared {
    v1: bool,
    v2: bool,
    seed: u64,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
    /// Next sequence number, sent after the log has grown.
    grown: watch::Sender<u64>,
    /// Raised to end all connections.
    generation: watch::Sender<u64>,
    done: AtomicBool,
    /// Events a second.
    rate: Mutex<f64>,
    client_seen: watch::Sender<bool>,
}

#[derive(Default)]
struct Log {
    events: VecDeque<Arc<Event>>,
    /// Sequence number of `events[0]`.
    front: u64,
    next: u64,
    retained: usize,
    ledger: JetstreamLedger,
}

impl Log {
    fn push(&mut self, draft: Draft, witnessed_us: i64, behind_us: i64, late_us: i64) {
        let seq = self.next;
        self.next += 1;
        let time_us = witnessed_us - behind_us;
        let event = Event { seq, did: draft.did, time_us, late_us, witnessed_us, kind: draft.kind };
        self.ledger.published.push(Published {
            seq,
            time_us: time_us - late_us,
            uri: event.uri(),
            op: event.op(),
            collection: event.collection().map(str::to_owned),
            text_kind: draft.text_kind,
        });
        self.events.push_back(Arc::new(event));
        if self.events.len() > self.retained {
            self.events.pop_front();
            self.front += 1;
            self.ledger.floor = self.ledger.floor.max(self.front);
        }
    }

    /// Up to `count` events from `seq` on; None when they are no longer kept.
    fn read(&self, seq: u64, count: usize) -> Option<Vec<Arc<Event>>> {
        let skip = usize::try_from(seq.checked_sub(self.front)?).ok()?;
        Some(self.events.iter().skip(skip).take(count).cloned().collect())
    }
}

/// A running server; it stops when dropped.
pub struct FakeJetstream {
    server: Server,
    publisher: JoinHandle<()>,
    shared: Arc<Shared>,
}

impl FakeJetstream {
    /// Starts to listen and to publish.
    pub async fn start(options: JetstreamOptions) -> io::Result<Self> {
        let drafts = match &options.posts {
            Some(path) => Some(posts::read_file(path)?),
            None => None,
        };
        if options.rate <= 0.0 && options.total.is_none() && drafts.is_none() {
            let why = "a rate of 0 publishes all at once and needs a total or a file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let log = Log {
            front: options.first_seq,
            next: options.first_seq,
            retained: options.retained.max(1),
            ledger: JetstreamLedger { floor: options.first_seq, ..JetstreamLedger::default() },
            events: VecDeque::new(),
        };
        let shared = Arc::new(Shared {
            v1: options.v1,
            v2: options.v2,
            seed: options.seed,
            faults: Mutex::new(options.faults),
            log: Mutex::new(log),
            grown: watch::Sender::new(options.first_seq),
            generation: watch::Sender::new(0),
            done: AtomicBool::new(false),
            rate: Mutex::new(options.rate),
            client_seen: watch::Sender::new(false),
        });
        let for_server = Arc::clone(&shared);
        let server = Server::start(options.port, move |stream, number| {
            connection::serve(stream, number, Arc::clone(&for_server))
        })
        .await?;
        let publisher = tokio::spawn(Publisher::new(&options, drafts, Arc::clone(&shared)).run());
        Ok(Self { server, publisher, shared })
    }

    /// `ws://127.0.0.1:PORT`, as a `hosts` entry of a source.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.server.addr())
    }

    /// Where a GET reads the ledger as JSON; `?sums=true` gives only its sums.
    #[must_use]
    pub fn ledger_url(&self) -> String {
        format!("http://{}/ledger", self.server.addr())
    }

    #[must_use]
    pub fn ledger(&self) -> JetstreamLedger {
        lock(&self.shared.log).ledger.clone()
    }

    /// Everything that `total` or the file asks for is published.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.shared.done.load(Ordering::Acquire)
    }

    /// Replaces the faults from the next frame on.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// Publishes so many events a second from now on.
    pub fn set_rate(&self, rate: f64) {
        *lock(&self.shared.rate) = rate;
    }

    /// Retention passes everything below `seq`.
    pub fn set_floor(&self, seq: u64) {
        let mut log = lock(&self.shared.log);
        log.ledger.floor = log.ledger.floor.max(seq);
    }

    /// Ends all connections at once, without a close frame.
    pub fn drop_connections(&self) {
        self.shared.generation.send_modify(|generation| *generation += 1);
    }
}

impl Drop for FakeJetstream {
    fn drop(&mut self) {
        self.publisher.abort();
    }
}

struct Publisher {
    generator: Generator,
    drafts: Option<std::vec::IntoIter<Draft>>,
    rng: SmallRng,
    times: Times,
    total: u64,
    wait_for_client: bool,
    published: u64,
    last_us: i64,
    shared: Arc<Shared>,
}

impl Publisher {
    fn new(options: &JetstreamOptions, drafts: Option<Vec<Draft>>, shared: Arc<Shared>) -> Self {
        Self {
            generator: Generator::new(options.seed),
            drafts: drafts.map(Vec::into_iter),
            rng: SmallRng::seed_from_u64(options.seed ^ 0x5eed),
            times: options.times,
            total: options.total.unwrap_or(u64::MAX),
            wait_for_client: options.wait_for_client,
            published: 0,
            last_us: 0,
            shared,
        }
    }

    async fn run(mut self) {
        if self.wait_for_client {
            let mut seen = self.shared.client_seen.subscribe();
            if seen.wait_for(|seen| *seen).await.is_err() {
                return;
            }
        }
        let (mut due, mut last) = (0.0, Instant::now());
        let mut tick = interval(Duration::from_millis(5));
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while self.published < self.total {
            tick.tick().await;
            let (rate, now) = (*lock(&self.shared.rate), Instant::now());
            due = if rate > 0.0 { due + now.duration_since(last).as_secs_f64() * rate } else { f64::INFINITY };
            last = now;
            if !self.publish_until(due) {
                break;
            }
        }
        self.shared.done.store(true, Ordering::Release);
    }

    /// False when there is nothing more to publish.
    fn publish_until(&mut self, due: f64) -> bool {
        let shared = Arc::clone(&self.shared);
        let faults = *lock(&shared.faults);
        let mut log = lock(&shared.log);
        let mut more = true;
        #[expect(clippy::cast_precision_loss, reason = "a count of events stays far below 2^52")]
        while self.published < self.total && (self.published as f64) < due {
            let Some((draft, witnessed_us)) = self.draw() else {
                more = false;
                break;
            };
            self.published += 1;
            let behind = if self.rng.random_bool(faults.disorder) { self.rng.random_range(0..5_000_000) } else { 0 };
            let late =
                if self.rng.random_bool(faults.late) { self.rng.random_range(60_000_000..600_000_000) } else { 0 };
            if self.rng.random_bool(faults.unknown) {
                let stranger = Draft { did: draft.did.clone(), kind: Kind::Unknown, text_kind: "", time_us: None };
                log.push(stranger, witnessed_us, 0, 0);
            }
            log.push(draft, witnessed_us, behind, late);
        }
        let next = log.next;
        drop(log);
        shared.grown.send_replace(next);
        more
    }

    fn draw(&mut self) -> Option<(Draft, i64)> {
        let clock = match self.times {
            Times::From(start) => start + i64::try_from(self.published).unwrap_or(0) * 20_000,
            Times::Now | Times::Original => now_us(),
        };
        let draft = match &mut self.drafts {
            Some(drafts) => drafts.next()?,
            None => self.generator.next(clock),
        };
        let told = if self.times == Times::Original { draft.time_us.unwrap_or(clock) } else { clock };
        // The server's own clock never goes back and never stands still, whatever a file says.
        self.last_us = told.max(self.last_us + 1);
        Some((draft, self.last_us))
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn everything_published_is_in_the_ledger() {
        let options = JetstreamOptions { rate: 0.0, total: Some(500), ..JetstreamOptions::default() };
        let fake = FakeJetstream::start(options).await.unwrap();
        while !fake.is_done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let ledger = fake.ledger();
        assert_eq!(ledger.published.len(), 500);
        assert!(ledger.published.windows(2).all(|two| two[0].seq + 1 == two[1].seq));
        let sums = ledger.sums();
        assert!(sums.posts_created > 350 && sums.posts_deleted > 0, "{sums:?}");
    }

    #[tokio::test]
    async fn the_last_events_of_a_file_reach_a_client_that_waits() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line =
            |n: u32| format!("{{\"post_uid\":\"x:{n}\",\"text\":\"\",\"created_at\":\"2026-03-02T10:00:00Z\"}}\n");
        std::fs::write(file.path(), (0..500).map(line).collect::<String>()).unwrap();
        let posts = Some(file.path().to_owned());
        let options = JetstreamOptions { rate: 0.0, posts, ..JetstreamOptions::default() };
        let fake = FakeJetstream::start(options).await.unwrap();
        let url = format!("{}/subscribe?cursor=1", fake.url());
        let (mut client, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        for n in 0..500 {
            let frame = tokio::time::timeout(Duration::from_secs(20), client.next()).await;
            assert!(matches!(frame, Ok(Some(Ok(_)))), "{n} came");
        }
    }

    #[tokio::test]
    async fn a_rate_of_zero_without_an_end_is_refused() {
        let options = JetstreamOptions { rate: 0.0, ..JetstreamOptions::default() };
        assert!(FakeJetstream::start(options).await.is_err());
    }
}
