//! What a run knows of itself, for operators: the pump, the committer and the dispatcher tell it here as they go, and the
//! server reads it. Telling is an addition a post and a lock a batch; nothing that is told here changes what a run does.

mod figures;
mod ready;
mod silence;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use mon_alerts::Message;
use mon_compiler::plan::Plan;
use mon_delivery::Observer;
use mon_engine::Epoch;
use mon_post::PostBatch;
use mon_server::{Counter, Histogram, Operated, Server, Verdict};
use mon_sources::{SourceHandle, State};
use mon_store::{Settle, Store, Target};

use self::ready::{SourceStanding, Standing};
use self::silence::{Line, Silence, Told};
use super::account::Ledger;
use crate::config::ServerConfig;
use crate::failure::Failure;

/// The pump comes round several times a second. Where its last round lies further back than this it was held up, by an engine
/// that took nothing, and heard no source.
const HELD_UP: Duration = Duration::from_secs(5);

/// See the module; the parts of a run share it.
#[derive(Clone)]
pub struct Watch(Arc<Shared>);

struct Shared {
    started: Instant,
    started_at: SystemTime,
    recover_within: Duration,
    /// Microseconds from the start to the last round of the pump, and one; 0 before the first.
    round: AtomicU64,
    stopping: AtomicBool,
    opened: OnceLock<Opened>,
    /// Epochs that are not committed yet, and since when.
    waiting: Mutex<BTreeMap<u64, Instant>>,
    /// Event time, microseconds; the least number where there is none.
    watermark: AtomicI64,
    state_bytes: AtomicU64,
    load_step: AtomicU64,
    /// How long the engine had nothing to do since that was last asked, and since when it has.
    idle: Mutex<(Duration, Option<Instant>)>,
    commit: Histogram,
    committed: Histogram,
    methods: Mutex<BTreeMap<String, Arc<Method>>>,
    unreadable: Counter,
}

/// What there is once the data folder is open.
pub struct Opened {
    pub plan: Arc<Plan>,
    /// A reader of its own, which waits for no commit.
    pub store: Option<Store>,
    pub ledger: Ledger,
    pub sources: Vec<SourceWatch>,
    /// Mentions by the plan's monitors.
    mentions: Vec<Counter>,
}

impl Opened {
    pub fn new(plan: Arc<Plan>, store: Option<Store>, ledger: Ledger, sources: Vec<SourceWatch>) -> Self {
        let mentions = plan.monitors.iter().map(|_| Counter::default()).collect();
        Self { plan, store, ledger, sources, mentions }
    }
}

/// A source that is watched.
pub struct SourceWatch {
    name: String,
    handle: SourceHandle,
    received: Histogram,
    /// Event time of the youngest post, microseconds; the least number before the first.
    newest: AtomicI64,
    line: Mutex<SourceLine>,
}

struct SourceLine {
    silence: Silence,
    was_up: bool,
    down_since: Option<Instant>,
}

impl SourceWatch {
    /// `stalled_after`: silence before which nothing is told; zero is never.
    pub fn new(name: String, handle: SourceHandle, stalled_after: Duration) -> Self {
        let line = SourceLine { silence: Silence::new(stalled_after), was_up: false, down_since: None };
        Self {
            name,
            handle,
            received: Histogram::new(&figures::LATENCY_BOUNDS),
            newest: AtomicI64::new(i64::MIN),
            line: Mutex::new(line),
        }
    }

    fn standing(&self, now: Instant) -> SourceStanding {
        let line = lock(&self.line);
        SourceStanding {
            name: self.name.clone(),
            state: self.handle.status().state,
            was_up: line.was_up,
            down: line.down_since.map(|since| now.duration_since(since)),
            stalled: line.silence.stalled(now),
        }
    }
}

/// A source that is silent for longer than its rhythm explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    pub source: String,
    pub silent: Duration,
    pub usual: Duration,
}

/// What one method of telling people did.
#[derive(Debug)]
struct Method {
    attempts: Counter,
    sent: Counter,
    retried: Counter,
    held: Counter,
    dead: Counter,
    handed_over: Histogram,
}

impl Default for Watch {
    fn default() -> Self {
        Self::new(ServerConfig::default().recover_within)
    }
}

impl Watch {
    pub fn new(recover_within: Duration) -> Self {
        Self(Arc::new(Shared {
            started: Instant::now(),
            started_at: SystemTime::now(),
            recover_within,
            round: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            opened: OnceLock::new(),
            waiting: Mutex::default(),
            watermark: AtomicI64::new(i64::MIN),
            state_bytes: AtomicU64::new(0),
            load_step: AtomicU64::new(0),
            idle: Mutex::default(),
            commit: Histogram::new(&figures::COMMIT_BOUNDS),
            committed: Histogram::new(&figures::LATENCY_BOUNDS),
            methods: Mutex::default(),
            unreadable: Counter::default(),
        }))
    }

    /// The data folder is open and the sources are being read.
    pub fn opened(&self, opened: Opened) {
        // A run is opened once.
        let _ = self.0.opened.set(opened);
    }

    pub fn stopping(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    fn source(&self, at: usize) -> Option<&SourceWatch> {
        self.0.opened.get()?.sources.get(at)
    }

    fn sources(&self) -> &[SourceWatch] {
        self.0.opened.get().map_or(&[], |opened| &opened.sources)
    }

    /// How long ago the pump came round; None before the first time.
    fn since_round(&self, now: Instant) -> Option<Duration> {
        let round = self.0.round.load(Ordering::Relaxed).checked_sub(1).map(Duration::from_micros)?;
        Some(now.duration_since(self.0.started).saturating_sub(round))
    }

    fn held_up(&self, now: Instant) -> bool {
        self.since_round(now).is_some_and(|since| since > HELD_UP)
    }

    /// The pump has come round; the sources that are found to be stalled.
    pub fn round(&self, now: Instant) -> Vec<Stalled> {
        let held_up = self.held_up(now);
        let micros = u64::try_from(now.duration_since(self.0.started).as_micros()).unwrap_or(u64::MAX - 1);
        self.0.round.store(micros.saturating_add(1), Ordering::Relaxed);
        let looked = self.sources().iter().filter_map(|source| {
            let mut line = lock(&source.line);
            if held_up {
                line.silence.deaf_until(now);
            }
            let told = line.look(&source.handle.status().state, now)?;
            Some((source, told))
        });
        let stalled = looked.filter_map(|(source, told)| match told {
            Told::Stalled { silent, usual } => Some(Stalled { source: source.name.clone(), silent, usual }),
            Told::Speaks { .. } => None,
        });
        let stalled: Vec<Stalled> = stalled.collect();
        for Stalled { source, silent, usual } in &stalled {
            let (silent_s, usual_s) = (silent.as_secs(), usual.as_secs());
            tracing::warn!(source, silent_s, usual_s, "the source is connected and gives nothing");
        }
        stalled
    }

    /// Posts of source number `at` came; `wall` is this machine's clock, microseconds since 1970 UTC.
    pub fn batch(&self, at: usize, batch: &PostBatch, wall: i64, now: Instant) {
        let Some(source) = self.source(at).filter(|_| !batch.is_empty()) else { return };
        let mut tally = source.received.tally();
        let mut newest = i64::MIN;
        for row in 0..batch.len() {
            let event_at = batch.event_at(row);
            newest = newest.max(event_at);
            tally.observe(wall.saturating_sub(event_at));
        }
        source.received.add(&tally);
        source.newest.fetch_max(newest, Ordering::Relaxed);
        let mut line = lock(&source.line);
        if self.held_up(now) {
            line.silence.deaf_until(now);
        }
        if let Some(Told::Speaks { silent }) = line.silence.heard(now) {
            tracing::warn!(source = source.name, silent_s = silent.as_secs(), "the source gives posts again");
        }
    }

    /// How often the source with this name was found stalled since the process started.
    pub fn stalled(&self, name: &str) -> u64 {
        self.sources().iter().find(|source| source.name == name).map_or(0, |source| lock(&source.line).silence.times())
    }

    /// An epoch was cut and waits for its commit.
    pub fn waits(&self, epoch: u64, now: Instant) {
        lock(&self.0.waiting).insert(epoch, now);
    }

    /// The engine has nothing to do from now on, or has again.
    pub fn engine_waits(&self, waits: bool, now: Instant) {
        let (idle, since) = &mut *lock(&self.0.idle);
        match (waits, *since) {
            (true, None) => *since = Some(now),
            (false, Some(began)) => {
                *idle += now.duration_since(began);
                *since = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// How long it had nothing to do since this was last asked.
    pub fn take_idle(&self, now: Instant) -> Duration {
        let (idle, since) = &mut *lock(&self.0.idle);
        let going_on = since.map_or(Duration::ZERO, |began| now.duration_since(began));
        *since = since.map(|_| now);
        std::mem::take(idle) + going_on
    }

    /// Posts are heard at this step of the ladders from here on.
    pub fn load(&self, step: u8) {
        self.0.load_step.store(u64::from(step), Ordering::Relaxed);
    }

    /// An epoch is committed, `wall` microseconds since 1970 UTC; its transaction took so long.
    pub fn committed(&self, number: u64, epoch: &Epoch, wall: i64, took: Duration) {
        lock(&self.0.waiting).retain(|waiting, _| *waiting > number);
        self.0.commit.observe(i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
        if let Some(watermark) = epoch.watermark {
            self.0.watermark.store(watermark, Ordering::Relaxed);
        }
        if let Some(snapshot) = &epoch.snapshot {
            let bytes: usize = snapshot.parts.iter().map(mon_engine::Part::len).sum();
            self.0.state_bytes.store(bytes as u64, Ordering::Relaxed);
        }
        let mut tally = self.0.committed.tally();
        let counters = self.0.opened.get().map_or(&[][..], |opened| &opened.mentions);
        for mention in &epoch.mentions {
            tally.observe(wall.saturating_sub(mention.at));
            if let Some(counter) = counters.get(mention.monitor as usize) {
                counter.add(1);
            }
        }
        self.0.committed.add(&tally);
    }

    fn method(&self, name: &str) -> Arc<Method> {
        let mut methods = lock(&self.0.methods);
        if let Some(method) = methods.get(name) {
            return Arc::clone(method);
        }
        let method = Arc::new(Method {
            attempts: Counter::default(),
            sent: Counter::default(),
            retried: Counter::default(),
            held: Counter::default(),
            dead: Counter::default(),
            handed_over: Histogram::new(&figures::LATENCY_BOUNDS),
        });
        Arc::clone(methods.entry(name.to_owned()).or_insert(method))
    }

    fn standing(&self, now: Instant) -> Standing {
        let oldest = lock(&self.0.waiting).values().min().copied();
        Standing {
            opened: self.0.opened.get().is_some(),
            stopping: self.0.stopping.load(Ordering::Relaxed),
            sources: self.sources().iter().map(|source| source.standing(now)).collect(),
            commit_waits: oldest.map(|since| now.duration_since(since)),
            recover_within: self.0.recover_within,
        }
    }
}

impl SourceLine {
    fn look(&mut self, state: &State, now: Instant) -> Option<Told> {
        let line = match state {
            State::Running => Line::Up,
            // It stood and gave nothing: the supervisor makes the connection anew.
            State::Stalled { .. } if self.was_up => Line::Up,
            _ => Line::Down,
        };
        if *state == State::Running {
            self.was_up = true;
            self.down_since = None;
        } else {
            self.down_since.get_or_insert(now);
        }
        self.silence.look(line, now)
    }
}

impl Observer for Watch {
    fn handed_over(&self, message: &Message, attempt: u32, now: i64) {
        let method = self.method(&message.method);
        method.attempts.add(1);
        if attempt == 1 {
            method.handed_over.observe(now.saturating_sub(message.due.max(message.at)));
        }
    }

    fn settled(&self, target: &Target, settle: &Settle) {
        let method = self.method(&target.method);
        match settle {
            Settle::Sent { .. } => method.sent.add(1),
            Settle::Retry { .. } => method.retried.add(1),
            Settle::Held { .. } => method.held.add(1),
            Settle::Dead { .. } => method.dead.add(1),
        }
    }
}

impl Operated for Watch {
    fn alive(&self) -> Verdict {
        ready::alive(self.since_round(Instant::now()))
    }

    fn ready(&self) -> Verdict {
        ready::judge(&self.standing(Instant::now()))
    }

    fn metrics(&self) -> String {
        figures::page(self, super::committer::now())
    }
}

/// Starts to answer operators, where the deployment wants it.
pub async fn serve(config: &ServerConfig, watch: &Watch) -> Result<Option<Server>, Failure> {
    let Some(listen) = config.listen else { return Ok(None) };
    let server = Server::bind(listen, Arc::new(watch.clone())).await.map_err(super::told)?;
    let address = server.address();
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "whoever reaches this address reads the figures of the run: there is no access policy yet");
    }
    crate::output::note(format_args!("for operators: http://{address}/healthz, /readyz, /metrics"));
    Ok(Some(server))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
