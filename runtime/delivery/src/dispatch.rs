//! Takes due messages out of the outbox, sends them, and writes down what became of them. Each (team, method) is a lane
//! of its own: a slow receiver fills its own lane and holds up no other.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use mon_alerts::Message;
use mon_compiler::plan::Severity;
use mon_store::{Claimed, Settle, Store, StoreError, Target};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};

use crate::bindings::Channels;
use crate::channel::{Channel, Delivery, Limits, Outcome};
use crate::clock::{Clock, SystemClock};
use crate::retry::{Policy, Tried, micros};

/// How the dispatcher works. The defaults suit one machine.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub policy: Policy,
    /// Attempts at the same time over all lanes.
    pub in_flight_max: usize,
    /// An attempt that takes longer counts as unknown.
    pub attempt_max: Duration,
    /// The outbox is looked at least this often.
    pub look_every: Duration,
    /// Seed of the waiting times.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            in_flight_max: 64,
            attempt_max: Duration::from_secs(120),
            look_every: Duration::from_secs(1),
            seed: RandomState::new().build_hasher().finish(),
        }
    }
}

/// What the dispatcher did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub attempts: u64,
    pub sent: u64,
    pub retried: u64,
    pub held: u64,
    pub dead: u64,
}

/// Is told what a dispatcher does, to count it. The calls hold up the dispatcher.
pub trait Observer: Send + Sync {
    /// An attempt is handed to the target's channel at `now`, microseconds; 1 is the message's first.
    fn handed_over(&self, message: &Message, attempt: u32, now: i64);

    /// What became of an attempt, or of a message that can't be attempted.
    fn settled(&self, target: &Target, settle: &Settle);
}

/// Tells a running dispatcher that there may be something new; cheap to call after each commit.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Notify>);

impl Waker {
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Sends what the outbox holds. Dropping it ends all attempts, as a crash would; the store knows what was in flight.
pub struct Dispatcher {
    store: Store,
    channels: Channels,
    clock: Arc<dyn Clock>,
    options: Options,
    lanes: HashMap<Target, Lane>,
    sends: JoinSet<Outcome>,
    under_way: HashMap<Id, Sending>,
    /// What became of attempts, until the store has taken it: an attempt that is forgotten would be made again.
    unsettled: Vec<(String, Settle)>,
    random: SmallRng,
    tally: Tally,
    started_at: i64,
    notify: Arc<Notify>,
    observer: Option<Arc<dyn Observer>>,
}

#[derive(Debug, Default)]
struct Lane {
    in_flight: usize,
    /// No attempt may start before, microseconds.
    free_at: i64,
    /// Why nothing is sent here any more.
    closed: Option<String>,
}

struct Sending {
    claimed: Claimed,
    severity: Severity,
    limits: Limits,
    idempotent: bool,
}

impl Dispatcher {
    #[must_use]
    pub fn new(store: Store, channels: Channels, options: Options) -> Self {
        Self::with_clock(store, channels, options, Arc::new(SystemClock))
    }

    #[must_use]
    pub fn with_clock(store: Store, channels: Channels, options: Options, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            channels,
            options,
            lanes: HashMap::new(),
            sends: JoinSet::new(),
            under_way: HashMap::new(),
            unsettled: Vec::new(),
            random: SmallRng::seed_from_u64(options.seed),
            tally: Tally::default(),
            started_at: clock.now(),
            notify: Arc::new(Notify::new()),
            clock,
            observer: None,
        }
    }

    /// Tells `observer` of every attempt from now on.
    #[must_use]
    pub fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.notify))
    }

    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Sends until `stop` is done, then waits for the attempts that are under way. A store that cannot be used is said
    /// and tried again for as long as it takes: nobody else would notice that nothing is sent any more.
    ///
    /// # Errors
    /// The store cannot be used at the very end: what became of the last attempts is not written down.
    pub async fn run(&mut self, stop: impl Future<Output = ()>) -> Result<Tally, StoreError> {
        tokio::pin!(stop);
        let mut faults = 0;
        loop {
            let wait = match self.round().await {
                Ok(wait) => {
                    if std::mem::take(&mut faults) > 0 {
                        tracing::warn!("the outbox can be used again, sending goes on");
                    }
                    wait
                }
                Err(error) => {
                    let wait = fault_wait(faults);
                    faults += 1;
                    tracing::error!(%error, again_in = ?wait, "the outbox can't be used: nobody is told anything");
                    wait
                }
            };
            // While the store is out of order only time helps, however many commits and answers come.
            let works = faults == 0;
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(done) = self.sends.join_next_with_id(), if works => self.collect(done),
                () = self.notify.notified(), if works => {}
                () = self.clock.sleep(wait) => {}
            }
        }
        self.finish_all().await?;
        Ok(self.tally)
    }

    /// Writes down what became of attempts, starts new ones; how long nothing is due after that.
    async fn round(&mut self) -> Result<Duration, StoreError> {
        self.settle().await?;
        self.fill().await?;
        self.wait().await
    }

    /// Sends all that is due now, each message at most until its first retry, and returns.
    ///
    /// # Errors
    /// The store cannot be used any more.
    pub async fn flush(&mut self) -> Result<Tally, StoreError> {
        let until = self.clock.now();
        loop {
            if self.fill_until(until).await? {
                continue;
            }
            if let Some(done) = self.sends.join_next_with_id().await {
                self.finish(done).await?;
                continue;
            }
            let now = self.clock.now();
            let free = self.lanes.values().map(|lane| lane.free_at).filter(|&at| at > now).min();
            match free.map(|at| Duration::from_micros(at.abs_diff(now))) {
                Some(wait) if wait <= GAP_WAIT_MAX => self.clock.sleep(wait).await,
                _ => return Ok(self.tally),
            }
        }
    }

    /// Sends until no message is open, however long its retries take.
    ///
    /// # Errors
    /// The store cannot be used any more.
    pub async fn drain(&mut self) -> Result<Tally, StoreError> {
        loop {
            self.fill().await?;
            if self.sends.is_empty() && self.on_store(|store| store.outbox_counts()).await?.open() == 0 {
                return Ok(self.tally);
            }
            let wait = self.wait().await?;
            tokio::select! {
                biased;
                Some(done) = self.sends.join_next_with_id() => self.finish(done).await?,
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    async fn finish_all(&mut self) -> Result<(), StoreError> {
        while let Some(done) = self.sends.join_next_with_id().await {
            self.collect(done);
        }
        self.settle().await
    }

    async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        let folder = store.folder().to_owned();
        let joined = tokio::task::spawn_blocking(move || work(&store)).await;
        joined.unwrap_or_else(|error| Err(StoreError::Other { path: folder, detail: error.to_string() }))
    }

    async fn fill(&mut self) -> Result<(), StoreError> {
        while self.fill_until(self.clock.now()).await? {}
        Ok(())
    }

    /// Starts attempts for what was due at `due_at`, as many as the lanes take; true where messages of closed lanes
    /// were settled, so that there may be more.
    async fn fill_until(&mut self, due_at: i64) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut wanted = Vec::new();
        let mut unsendable = false;
        let mut free = self.options.in_flight_max.saturating_sub(self.sends.len());
        for target in self.on_store(|store| store.waiting_targets()).await? {
            let channel = self.channels.get(&target);
            let lane = self.lanes.entry(target.clone()).or_default();
            let open = match &channel {
                Some(channel) if lane.closed.is_none() => lane.places(now, &channel.limits()).min(free),
                _ => {
                    unsendable = true;
                    CLOSED_AT_ONCE
                }
            };
            if channel.is_some() && lane.closed.is_none() {
                free -= open;
            }
            if open > 0 {
                wanted.push((target, open));
            }
        }
        if wanted.is_empty() {
            return Ok(false);
        }
        let claimed = self.on_store(move |store| store.claim(due_at, &wanted)).await?;
        let before = self.unsettled.len();
        for claimed in claimed {
            let target = claimed.target.clone();
            if let Some((id, settle)) = self.start(claimed, now) {
                self.note(&target, id, settle);
            }
        }
        let more = unsendable && self.unsettled.len() > before;
        self.settle().await?;
        Ok(more)
    }

    /// Starts one attempt; what cannot be attempted is settled.
    fn start(&mut self, claimed: Claimed, now: i64) -> Option<(String, Settle)> {
        let id = claimed.id.clone();
        let channel = self.channels.get(&claimed.target);
        let lane = self.lanes.entry(claimed.target.clone()).or_default();
        if let Some(error) = &lane.closed {
            return Some((id, Settle::Dead { error: error.clone() }));
        }
        let Some(channel) = channel else {
            let Target { team, method } = &claimed.target;
            let error = format!("`mon.toml` does not say how to tell team `{team}` by `{method}`");
            return Some((id, Settle::Held { error }));
        };
        let message: Message = match serde_json::from_str(&claimed.message) {
            Ok(message) => message,
            Err(error) => {
                return Some((id, Settle::Dead { error: format!("the stored message cannot be read: {error}") }));
            }
        };
        let (limits, idempotent) = (channel.limits(), channel.idempotent());
        lane.in_flight += 1;
        lane.free_at = now.saturating_add(micros(limits.gap));
        self.tally.attempts += 1;
        if let Some(observer) = &self.observer {
            observer.handed_over(&message, claimed.attempt, now);
        }
        let severity = message.severity;
        let delivery = Delivery {
            message,
            attempt: claimed.attempt,
            may_repeat: claimed.unsure > 0 && !idempotent,
            progress: claimed.progress.clone(),
            thread: claimed.thread.clone(),
        };
        let task = self.sends.spawn(attempt(channel, delivery, self.options.attempt_max));
        self.under_way.insert(task.id(), Sending { claimed, severity, limits, idempotent });
        None
    }

    /// Takes this finished attempt and all others that are finished by now, and settles them together.
    async fn finish(&mut self, done: Result<(Id, Outcome), JoinError>) -> Result<(), StoreError> {
        self.collect(done);
        self.settle().await
    }

    /// Takes this finished attempt and all others that are finished by now.
    fn collect(&mut self, done: Result<(Id, Outcome), JoinError>) {
        let mut next = Some(done);
        while let Some(done) = next {
            let (id, outcome) = match done {
                Ok(done) => done,
                Err(error) => (error.id(), Outcome::unknown("the channel stopped without an answer")),
            };
            if let Some(sending) = self.under_way.remove(&id) {
                let target = sending.claimed.target.clone();
                let (id, settle) = self.judge(sending, outcome);
                self.note(&target, id, settle);
            }
            next = self.sends.try_join_next_with_id();
        }
    }

    fn judge(&mut self, sending: Sending, outcome: Outcome) -> (String, Settle) {
        let Sending { claimed, severity, limits, idempotent } = sending;
        let lane = self.lanes.entry(claimed.target.clone()).or_default();
        lane.in_flight = lane.in_flight.saturating_sub(1);
        let now = self.clock.now();
        match &outcome {
            Outcome::Refused { error, gone: true } => {
                lane.closed = Some(format!("nothing more is sent here until `mon` starts again: {error}"));
            }
            Outcome::Later { after: Some(after), .. } => {
                let asked = now.saturating_add(micros((*after).min(self.options.policy.asked_cap)));
                lane.free_at = lane.free_at.max(asked);
            }
            Outcome::Sent { .. } | Outcome::Later { .. } | Outcome::Refused { .. } | Outcome::Unknown { .. } => {}
        }
        // Time in which nobody could send does not count against the deadline.
        let since = claimed.ready_at.max(self.started_at);
        let tried =
            Tried { attempt: claimed.attempt, unsure: claimed.unsure, severity, since, now, limits, idempotent };
        let settle = self.options.policy.judge(outcome, &tried, &mut self.random);
        (claimed.id, settle)
    }

    /// Counts what became of a message and keeps it until the store has it.
    fn note(&mut self, target: &Target, id: String, settle: Settle) {
        if let Some(observer) = &self.observer {
            observer.settled(target, &settle);
        }
        match &settle {
            Settle::Sent { .. } => self.tally.sent += 1,
            Settle::Retry { error, .. } => {
                self.tally.retried += 1;
                tracing::warn!(message_id = %id, %error, "a message was not taken and will be sent again");
            }
            Settle::Held { error } => {
                self.tally.held += 1;
                tracing::error!(message_id = %id, %error, "a message is held: it stays in the outbox and nobody is told");
            }
            Settle::Dead { error } => {
                self.tally.dead += 1;
                tracing::error!(message_id = %id, %error, "a message is given up: it stays in the outbox and nobody is told");
            }
        }
        self.unsettled.push((id, settle));
    }

    /// Writes down what became of messages; what the store does not take is kept for the next time.
    async fn settle(&mut self) -> Result<(), StoreError> {
        if self.unsettled.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let settled = self.unsettled.clone();
        self.on_store(move |store| store.settle(now, &settled)).await?;
        self.unsettled.clear();
        Ok(())
    }

    /// Until the next message is due or a lane is free again.
    async fn wait(&self) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        let due = self.on_store(move |store| store.next_due(now)).await?;
        let free = self.lanes.values().map(|lane| lane.free_at).filter(|&at| at > now).min();
        let next = due.into_iter().chain(free).min().map_or(u64::MAX, |at| at.abs_diff(now));
        Ok(Duration::from_micros(next.max(1_000)).min(self.options.look_every))
    }
}

/// Wait after the first time that the store could not be used; it doubles up to [`FAULT_WAIT_MAX`].
const FAULT_WAIT: Duration = Duration::from_millis(200);
const FAULT_WAIT_MAX: Duration = Duration::from_secs(5);

/// The wait after so many faults in a row before this one.
fn fault_wait(faults: u32) -> Duration {
    FAULT_WAIT.saturating_mul(1_u32.checked_shl(faults).unwrap_or(u32::MAX)).min(FAULT_WAIT_MAX)
}

/// Longest that [`Dispatcher::flush`] waits for a lane that keeps a gap between its messages.
const GAP_WAIT_MAX: Duration = Duration::from_secs(5);

/// Messages of a closed lane that are settled in one go.
const CLOSED_AT_ONCE: usize = 256;

impl Lane {
    fn places(&self, now: i64, limits: &Limits) -> usize {
        if now < self.free_at {
            return 0;
        }
        let most = if limits.gap.is_zero() { limits.in_flight } else { 1 };
        most.min(limits.in_flight.saturating_sub(self.in_flight))
    }
}

async fn attempt(channel: Arc<dyn Channel>, delivery: Delivery, most: Duration) -> Outcome {
    let answer = tokio::time::timeout(most, channel.send(&delivery)).await;
    answer.unwrap_or_else(|_| Outcome::unknown(format!("no answer within {most:?}")))
}

#[cfg(test)]
pub(crate) mod tests;
