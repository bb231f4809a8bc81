//! Keeps one source running: connects, reconnects with back-off, notices silence, reports gaps, cuts batches, and
//! knows what is durable. A source that fails is tried again for ever, except when its configuration is wrong.
//!
//! ```text
//!   Starting ──► Running ──► Degraded | Limited | Stalled | AuthFailed ──► (wait) ──► Running
//!                   │  └───► Gap ──► (at once) ──► Running
//!                   └──► Stopped
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use mon_post::PostBatch;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::backoff::Backoff;
use crate::batcher::Batcher;
use crate::checkpoint::{Checkpoint, CommitError};
use crate::contract::{Cursor, GapReason, Item, MapError, Notice, Partition, ReadyBatch, Resume, Source};
use crate::error::SourceError;
use crate::status::{Counts, State, Status};

/// How a source is supervised. Each limit has its default here.
#[derive(Clone, Debug)]
pub struct SupervisorOptions {
    /// Posts a batch at most.
    pub batch_rows: usize,
    /// A batch is handed on when its first event is so old.
    pub batch_wait: Duration,
    /// Batches that wait for the caller; when they are full, the source is not read further.
    pub channel: usize,
    /// Silence after which the connection counts as dead; zero is never.
    pub max_quiet: Duration,
    /// How often a healthy but silent source says so.
    pub quiet_tick: Duration,
    /// How far behind the newest post another may come: silence is never told nearer to now than this.
    pub disorder: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    pub backoff: Backoff,
    /// Wait after a refused credential.
    pub auth_retry: Duration,
    /// How long a stop waits at most for what a source had read that can't be read again.
    pub stop_wait: Duration,
}

impl Default for SupervisorOptions {
    fn default() -> Self {
        Self {
            batch_rows: 4_096,
            batch_wait: Duration::from_millis(50),
            channel: 8,
            max_quiet: Duration::from_secs(20),
            quiet_tick: Duration::from_secs(1),
            disorder: Duration::ZERO,
            connect_timeout: Duration::from_secs(15),
            backoff: Backoff::default(),
            auth_retry: Duration::from_secs(300),
            stop_wait: Duration::from_secs(1),
        }
    }
}

/// Posts that came together.
#[derive(Clone, Debug)]
pub struct SourceBatch {
    /// The configured name.
    pub source: Arc<str>,
    /// May be empty: then the source went on without a post.
    pub batch: PostBatch,
    /// Commit this when the batch is durable.
    pub cursor_after: Cursor,
    /// Events or records read for it.
    pub received: u64,
    /// Of them, those that could not be mapped.
    pub map_error_count: u64,
    /// The first of the map errors.
    pub map_errors: Vec<MapError>,
}

/// A range that is lost for this source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub source: Arc<str>,
    /// The last that came before it, None when nothing had come.
    pub from: Option<Cursor>,
    /// The first that is there again, None when that is not known yet.
    pub to: Option<Cursor>,
    pub why: GapReason,
}

#[derive(Clone, Debug)]
pub enum SourceEvent {
    Batch(SourceBatch),
    Gap(Gap),
    /// A connection stands, the first or a new one. What it delivers may be as old as the outage before it: until it has
    /// delivered something, silence says nothing about now.
    Connected,
    /// The connection stands and nothing came: all posts up to this moment, which lies the source's disorder before now,
    /// are there. This trusts that our clock and the platform's differ by less than the disorder. Where our clock is
    /// further ahead, posts that come after the silence are late; where it is behind, time only passes later.
    Quiet {
        until: SystemTime,
    },
    /// Nothing more will come; an error says why, if it was not asked for.
    Ended {
        error: Option<SourceError>,
    },
}

/// A running source.
pub struct Supervised {
    pub events: mpsc::Receiver<SourceEvent>,
    pub handle: SourceHandle,
}

/// Watches, commits and stops a running source.
#[derive(Clone)]
pub struct SourceHandle {
    board: Arc<Board>,
    stop: watch::Sender<bool>,
    durable: watch::Sender<Option<Cursor>>,
}

impl SourceHandle {
    /// Changes of state and counts.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.board.status.subscribe()
    }

    #[must_use]
    pub fn status(&self) -> Status {
        self.board.status.borrow().clone()
    }

    /// Everything up to `cursor`, which came with a batch or a gap, is durable with the caller.
    pub fn commit(&self, cursor: &Cursor) -> Result<(), CommitError> {
        self.board.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).commit(cursor)?;
        self.board.status.send_modify(|status| status.committed = Some(cursor.clone()));
        self.durable.send_replace(Some(cursor.clone()));
        Ok(())
    }

    /// Ends the source after the batch that is being filled.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

struct Board {
    status: watch::Sender<Status>,
    checkpoint: Mutex<Checkpoint>,
}

/// Starts to read `source` under its configured `name`. It ends when stopped, when the receiver is dropped, or when
/// the source has nothing more.
#[must_use]
pub fn supervise(name: &str, source: Box<dyn Source>, from: Resume, options: SupervisorOptions) -> Supervised {
    let (out, events) = mpsc::channel(options.channel.max(1));
    let reached = from.reached().cloned();
    let status =
        Status { state: State::Starting, counts: Counts::default(), reached: reached.clone(), committed: reached };
    let board = Arc::new(Board { status: watch::Sender::new(status), checkpoint: Mutex::default() });
    let (stop, stopped) = watch::channel(false);
    let (durable, to_commit) = watch::channel(None);
    let worker = Worker {
        name: Arc::from(name),
        source: Arc::from(source),
        partition: Partition::whole(),
        counts: Counts::default(),
        last: from.reached().cloned(),
        from,
        batcher: Batcher::default(),
        backoff: options.backoff.clone(),
        options,
        out,
        board: Arc::clone(&board),
        stopped,
        to_commit,
        expired_in_a_row: 0,
    };
    tokio::spawn(worker.run());
    Supervised { events, handle: SourceHandle { board, stop, durable } }
}

struct Worker {
    name: Arc<str>,
    source: Arc<dyn Source>,
    partition: Partition,
    counts: Counts,
    from: Resume,
    /// As far as it was read.
    last: Option<Cursor>,
    batcher: Batcher,
    backoff: Backoff,
    options: SupervisorOptions,
    out: mpsc::Sender<SourceEvent>,
    board: Arc<Board>,
    stopped: watch::Receiver<bool>,
    to_commit: watch::Receiver<Option<Cursor>>,
    /// Answers "expired" without anything between them: a server that never names a usable cursor.
    expired_in_a_row: u32,
}

type Items = BoxStream<'static, Result<Item, SourceError>>;

/// Why a connection is over.
enum End {
    /// Nothing more will come, ever.
    Finished,
    /// It was asked for, or nobody listens any more.
    Stopped,
    Failed(SourceError),
}

/// Never ready when the handle is gone: then the end of the receiver decides.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A source that can't be read again counts as read out when nothing more of it came for so long.
const LAST_ITEMS_QUIET: Duration = Duration::from_millis(150);
/// Expired cursors after which the back-off begins.
const EXPIRED_MAX: u32 = 3;

impl Worker {
    async fn run(mut self) {
        let error = self.serve().await;
        self.flush().await;
        let why = error.as_ref().map(ToString::to_string);
        if let Some(why) = &why {
            tracing::error!(source = &*self.name, why, "source ended");
        }
        self.state(State::Stopped { why });
        let _ = self.out.send(SourceEvent::Ended { error }).await;
    }

    /// Connects again and again; the error that ends it for good.
    async fn serve(&mut self) -> Option<SourceError> {
        loop {
            let opened = Instant::now();
            let received = self.counts.received;
            let end = match self.open().await {
                Ok(items) => {
                    self.state(State::Running);
                    tracing::info!(source = &*self.name, cursor = self.token(), "source connected");
                    if !self.send(SourceEvent::Connected).await {
                        return None;
                    }
                    self.pump(items).await
                }
                Err(end) => end,
            };
            let delivered = self.counts.received > received;
            if delivered {
                self.expired_in_a_row = 0;
            }
            let error = match end {
                End::Finished | End::Stopped => return None,
                End::Failed(error) => error,
            };
            if !self.flush().await {
                return None;
            }
            let wait = match self.react(error, opened.elapsed(), delivered).await {
                Ok(wait) => wait,
                Err(error) => return error,
            };
            self.counts.reconnects += 1;
            let mut stopped = self.stopped.clone();
            tokio::select! {
                () = asked_to_stop(&mut stopped) => return None,
                () = self.out.closed() => return None,
                () = sleep(wait) => {}
            }
        }
    }

    async fn open(&mut self) -> Result<Items, End> {
        let from = match (&self.from, &self.last) {
            (Resume::Between(_, end), Some(last)) => Resume::Between(last.clone(), end.clone()),
            (_, Some(last)) => Resume::After(last.clone()),
            (from, None) => from.clone(),
        };
        let source = Arc::clone(&self.source);
        let mut stopped = self.stopped.clone();
        tokio::select! {
            () = asked_to_stop(&mut stopped) => Err(End::Stopped),
            opened = timeout(self.options.connect_timeout, source.open(&self.partition, from)) => match opened {
                Ok(Ok(items)) => Ok(items),
                Ok(Err(error)) => Err(End::Failed(error)),
                Err(_) => {
                    let seconds = self.options.connect_timeout.as_secs();
                    Err(End::Failed(SourceError::Transient(format!("no connection within {seconds} s"))))
                }
            },
        }
    }

    /// Reads one connection to its end.
    async fn pump(&mut self, mut items: Items) -> End {
        let end = self.listen(&mut items).await;
        if matches!(end, End::Stopped) && !self.source.spec().caps.resume {
            self.last_items(&mut items).await;
        }
        end
    }

    /// Takes what a source had read when it was stopped and can't read again.
    async fn last_items(&mut self, items: &mut Items) {
        let end = Instant::now() + self.options.stop_wait;
        loop {
            tokio::select! {
                item = items.next() => match item {
                    Some(Ok(item)) => {
                        let listening = self.take(item).await;
                        let full = self.batcher.is_full(self.options.batch_rows);
                        if !listening || (full && !self.flush().await) {
                            return;
                        }
                    }
                    Some(Err(error)) => {
                        tracing::warn!(source = &*self.name, %error, "the source failed while it was stopped");
                        return;
                    }
                    None => return,
                },
                () = sleep_until((Instant::now() + LAST_ITEMS_QUIET).min(end)) => return,
            }
        }
    }

    async fn listen(&mut self, items: &mut Items) -> End {
        let source = Arc::clone(&self.source);
        let (mut stopped, mut to_commit) = (self.stopped.clone(), self.to_commit.clone());
        let mut heard = Instant::now();
        let mut told_quiet = heard;
        loop {
            let quiet_at = told_quiet.max(heard) + self.options.quiet_tick;
            let stall_at = (!self.options.max_quiet.is_zero()).then(|| heard + self.options.max_quiet);
            let flush_at = self.batcher.since().map(|since| since + self.options.batch_wait);
            let wake_at = flush_at.unwrap_or(quiet_at).min(stall_at.unwrap_or(quiet_at));
            tokio::select! {
                biased;
                () = asked_to_stop(&mut stopped) => return End::Stopped,
                Ok(()) = to_commit.changed() => {
                    let cursor = to_commit.borrow_and_update().clone();
                    if let Some(cursor) = cursor
                        && let Err(error) = source.commit(&self.partition, &cursor).await
                    {
                        return End::Failed(error);
                    }
                }
                item = items.next() => {
                    if let Some(end) = self.take_ready(item, items).await {
                        return end;
                    }
                    // After the caller held us up, silence is measured anew.
                    heard = Instant::now();
                }
                () = sleep_until(wake_at) => {
                    let now = Instant::now();
                    if flush_at.is_some_and(|at| now >= at) {
                        if !self.flush().await {
                            return End::Stopped;
                        }
                    } else if stall_at.is_some_and(|at| now >= at) {
                        self.counts.stalls += 1;
                        return End::Failed(SourceError::Stalled { seconds: self.options.max_quiet.as_secs() });
                    } else if now >= quiet_at {
                        told_quiet = now;
                        let until = SystemTime::now().checked_sub(self.options.disorder);
                        if let Some(until) = until
                            && !self.send(SourceEvent::Quiet { until }).await
                        {
                            return End::Stopped;
                        }
                    }
                }
            }
        }
    }

    /// Takes an item and all that are ready behind it; Some ends the connection.
    async fn take_ready(&mut self, first: Option<Result<Item, SourceError>>, items: &mut Items) -> Option<End> {
        let mut next = first;
        loop {
            let item = match next {
                None => return Some(End::Finished),
                Some(Err(error)) => return Some(End::Failed(error)),
                Some(Ok(item)) => item,
            };
            if !self.take(item).await {
                return Some(End::Stopped);
            }
            let overdue = self.batcher.since().is_some_and(|since| since.elapsed() >= self.options.batch_wait);
            if (overdue || self.batcher.is_full(self.options.batch_rows)) && !self.flush().await {
                return Some(End::Stopped);
            }
            if *self.stopped.borrow() {
                return Some(End::Stopped);
            }
            next = items.next().now_or_never()?;
        }
    }

    /// False when nobody listens any more.
    async fn take(&mut self, item: Item) -> bool {
        match item {
            Item::Event(envelope) => {
                self.counts.count(envelope.op);
                if !self.advances(&envelope.cursor) {
                    self.counts.duplicates_expected += 1;
                }
                let errors = self.batcher.map_error_count();
                let rows = self.batcher.add(self.source.mapper(), &envelope);
                let errors = self.batcher.map_error_count() - errors;
                self.counts.map_errors += errors;
                self.counts.mapped += rows as u64;
                self.counts.not_posts += u64::from(rows == 0 && errors == 0);
                self.last = Some(envelope.cursor);
                true
            }
            Item::Batch(ready) => self.hand_on(ready).await,
            Item::Progress(cursor) => {
                self.batcher.reach(&cursor);
                self.last = Some(cursor);
                true
            }
            Item::Gap { from, to, why } => self.gap(from, to, why).await,
            Item::Notice(Notice::UnknownKind(kind)) => {
                if self.counts.unknown_kinds == 0 {
                    tracing::warn!(source = &*self.name, kind, "events of an unknown kind are counted and left out");
                }
                self.counts.unknown_kinds += 1;
                true
            }
            Item::Notice(Notice::Server { name, message }) => {
                tracing::info!(source = &*self.name, name, message, "the server says");
                true
            }
        }
    }

    fn advances(&self, cursor: &Cursor) -> bool {
        self.last.as_ref().is_none_or(|last| last.epoch != cursor.epoch || cursor.order > last.order)
    }

    async fn hand_on(&mut self, ready: ReadyBatch) -> bool {
        if !self.flush().await {
            return false;
        }
        self.counts.received += ready.received;
        self.counts.mapped += ready.batch.len() as u64;
        self.counts.map_errors += ready.problems.len() as u64;
        self.last = Some(ready.cursor.clone());
        let batch = SourceBatch {
            source: Arc::clone(&self.name),
            batch: ready.batch,
            cursor_after: ready.cursor,
            received: ready.received,
            map_error_count: ready.problems.len() as u64,
            map_errors: ready.problems,
        };
        self.send_batch(batch).await
    }

    /// Cuts the batch and hands it on; false when nobody listens any more.
    async fn flush(&mut self) -> bool {
        match self.batcher.take(&self.name) {
            None => true,
            Some(Ok(batch)) => self.send_batch(batch).await,
            Some(Err(why)) => {
                // The rows came from a mapper through the builder, so this is a defect; it is told, not hidden.
                tracing::error!(source = &*self.name, why, "a batch could not be built");
                let from = self.last.clone();
                self.send_gap(from.clone(), from, GapReason::Unreadable).await
            }
        }
    }

    async fn send_batch(&mut self, batch: SourceBatch) -> bool {
        self.reached(&batch.cursor_after);
        self.send(SourceEvent::Batch(batch)).await
    }

    async fn gap(&mut self, from: Option<Cursor>, to: Option<Cursor>, why: GapReason) -> bool {
        if !self.flush().await {
            return false;
        }
        self.send_gap(from, to, why).await
    }

    async fn send_gap(&mut self, from: Option<Cursor>, to: Option<Cursor>, why: GapReason) -> bool {
        self.counts.gaps += 1;
        let token = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| cursor.token.clone()).unwrap_or_default();
        tracing::warn!(source = &*self.name, from = token(&from), to = token(&to), why = why.words(), "posts are lost");
        if let Some(to) = &to {
            self.reached(to);
        }
        self.send(SourceEvent::Gap(Gap { source: Arc::clone(&self.name), from, to, why })).await
    }

    fn reached(&self, cursor: &Cursor) {
        self.board.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).hand_on(cursor);
        let counts = self.counts;
        self.board.status.send_modify(|status| {
            status.counts = counts;
            status.reached = Some(cursor.clone());
        });
    }

    async fn send(&self, event: SourceEvent) -> bool {
        self.out.send(event).await.is_ok()
    }

    fn state(&self, state: State) {
        let counts = self.counts;
        self.board.status.send_modify(|status| {
            status.counts = counts;
            status.state = state;
        });
    }

    fn token(&self) -> &str {
        self.last.as_ref().map_or("live", |cursor| cursor.token.as_str())
    }

    /// How long to wait after an error, or the error that ends the source (None when nobody listens).
    async fn react(
        &mut self,
        error: SourceError,
        stood: Duration,
        delivered: bool,
    ) -> Result<Duration, Option<SourceError>> {
        let why = error.to_string();
        let (state, wait) = match error {
            SourceError::Config(_) => return Err(Some(error)),
            SourceError::CursorExpired { oldest } => return self.expired(oldest, stood).await,
            SourceError::Auth(_) | SourceError::Forbidden(_) => {
                let next_attempt_in = self.options.auth_retry;
                (State::AuthFailed { why: why.clone(), next_attempt_in }, next_attempt_in)
            }
            SourceError::RateLimited { until, .. } | SourceError::Quota { resets: until } => {
                self.counts.limited += 1;
                let now = SystemTime::now();
                // A reset in the past, from a wrong clock, still means: not at once.
                let told = until.and_then(|until| until.duration_since(now).ok()).unwrap_or_default();
                let wait = told + self.backoff.wait(stood, delivered);
                (State::Limited { until: now + wait }, wait)
            }
            SourceError::Stalled { .. } => {
                let next_attempt_in = self.backoff.wait(stood, delivered);
                (State::Stalled { next_attempt_in }, next_attempt_in)
            }
            SourceError::Transient(_) | SourceError::SlotTaken => {
                let next_attempt_in = self.backoff.wait(stood, delivered);
                (State::Degraded { why: why.clone(), next_attempt_in }, next_attempt_in)
            }
        };
        let next_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(source = &*self.name, state = state.word(), why, next_ms, cursor = self.token(), "source waits");
        self.state(state);
        Ok(wait)
    }

    /// Declares what lies between the last cursor and the oldest kept one, and goes on there.
    async fn expired(&mut self, oldest: Option<Cursor>, stood: Duration) -> Result<Duration, Option<SourceError>> {
        self.expired_in_a_row += 1;
        let follows = match (&self.last, &oldest) {
            (Some(last), Some(oldest)) => last.epoch == oldest.epoch && oldest.order <= last.order.saturating_add(1),
            _ => false,
        };
        if !follows {
            self.state(State::Gap);
            if !self.send_gap(self.last.clone(), oldest.clone(), GapReason::Expired).await {
                return Err(None);
            }
        }
        // The oldest itself has not come yet: should it expire too, the next gap must cover it.
        self.last = oldest.map(|oldest| Cursor { order: oldest.order.saturating_sub(1), ..oldest });
        if self.last.is_none() {
            self.from = Resume::Earliest;
        }
        if self.expired_in_a_row < EXPIRED_MAX {
            return Ok(Duration::ZERO);
        }
        let next_attempt_in = self.backoff.wait(stood, false);
        self.state(State::Degraded { why: "the server names no cursor that it takes".to_owned(), next_attempt_in });
        Ok(next_attempt_in)
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
