//! Brings the posts of all sources into one order, the order in which they count, and cuts epochs: it remembers for each
//! barrier how far every source was read before it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::stream::{SelectAll, StreamExt as _};
use indicatif::ProgressBar;
use mon_engine::Feed;
use mon_sources::{Gap, SourceError, SourceEvent, SourceHandle, State, Supervised};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::account::Board;
use super::load::{Load, Verdict};
use super::pace::Pace;
use super::record::Fed;
use crate::progress::{self, Unit};
use crate::tape::Reached;

/// How often what was read is committed.
const BARRIER_EVERY: Duration = Duration::from_millis(200);
/// After so many posts, too: what they all match is held until then.
const BARRIER_POSTS: usize = 4_096;
/// A source that has been down so long does not hold time back any more.
const IDLE_AFTER: Duration = Duration::from_secs(30);
/// How long a stopping run waits for sources to give out what they had read.
const LAST_BATCHES: Duration = Duration::from_secs(2);

/// What barriers stand for whose epochs are on their way, by epoch.
pub type Barriers = Arc<Mutex<BTreeMap<u64, Reached>>>;

/// A source that is being read.
pub struct Reading {
    pub name: String,
    pub handle: SourceHandle,
    events: Option<mpsc::Receiver<SourceEvent>>,
    down_since: Option<Instant>,
    pace: Pace,
    asleep: bool,
    ended: bool,
    /// Why it ended, where nobody asked it to.
    failed: Option<SourceError>,
    /// Gaps whose end has not come yet.
    open_gaps: Vec<Gap>,
    /// It tells what happens now, and goes on at its own pace.
    pub live: bool,
}

impl Reading {
    pub fn new(name: String, supervised: Supervised) -> Self {
        Self {
            name,
            handle: supervised.handle,
            events: Some(supervised.events),
            down_since: None,
            pace: Pace::new(Instant::now()),
            asleep: false,
            ended: false,
            failed: None,
            open_gaps: Vec::new(),
            live: true,
        }
    }
}

/// See the module.
pub struct Pump {
    readings: Vec<Reading>,
    feed: mpsc::Sender<Fed>,
    barriers: Barriers,
    epoch: u64,
    board: Board,
    line: ProgressBar,
    /// Since the last barrier.
    reached: Reached,
    changed: bool,
    /// Sources end because they were told to.
    stopping: bool,
    load: Load,
    /// Posts since the last barrier.
    posts: usize,
}

/// Nobody takes the feed any more: the engine has stopped and says why itself.
struct Gone;

impl Pump {
    pub fn new(
        readings: Vec<Reading>,
        feed: mpsc::Sender<Fed>,
        barriers: Barriers,
        epoch: u64,
        board: Board,
        quiet: bool,
    ) -> Self {
        let line = progress::line("posts", Unit::Open, quiet);
        Self {
            readings,
            feed,
            barriers,
            epoch,
            board,
            line,
            reached: Reached::default(),
            changed: false,
            stopping: false,
            load: Load::new(std::iter::empty(), Duration::MAX, Instant::now()),
            posts: 0,
        }
    }

    /// With ladders for what the engine can't keep up with.
    pub fn under_load(self, load: Load) -> Self {
        Self { load, ..self }
    }

    /// Goes on behind what was read and not committed before.
    pub fn resume(self, open: Reached) -> Self {
        Self { changed: !open.cursors.is_empty(), reached: open, ..self }
    }

    /// Pumps until told to stop or until every source has ended. Dropping the feed at the end stops the engine.
    pub async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        // An error only says that the engine is gone already.
        let _ = self.pump(&mut stopped).await;
        self.tell_sources();
        self.line.finish_and_clear();
    }

    async fn pump(&mut self, stopped: &mut watch::Receiver<bool>) -> Result<(), Gone> {
        let mut events = SelectAll::new();
        for (at, reading) in self.readings.iter_mut().enumerate() {
            if let Some(mut receiver) = reading.events.take() {
                events.push(futures::stream::poll_fn(move |cx| receiver.poll_recv(cx).map(|e| e.map(|e| (at, e)))));
            }
        }
        for at in 0..self.readings.len() {
            self.send(Feed::Quiet { source: number(at), until: i64::MIN }).await?;
        }
        if self.load.has_ladder() {
            self.send(Feed::Load { step: 0 }).await?;
        }
        let mut tick = interval(BARRIER_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => break,
                event = events.next() => match event {
                    Some((at, event)) => self.take(at, event).await?,
                    None => return self.end().await,
                },
                _ = tick.tick() => self.tick().await?,
            }
        }
        self.stopping = true;
        for reading in &self.readings {
            reading.handle.stop();
        }
        let rest = async {
            while let Some((at, event)) = events.next().await {
                self.take(at, event).await?;
            }
            Ok(())
        };
        tokio::time::timeout(LAST_BATCHES, rest).await.unwrap_or(Ok(()))?;
        self.changed = true;
        self.barrier().await
    }

    async fn take(&mut self, at: usize, event: SourceEvent) -> Result<(), Gone> {
        let source = number(at);
        match event {
            SourceEvent::Batch(batch) => {
                self.changed = true;
                self.line.inc(batch.batch.len() as u64);
                self.board.watch().batch(at, &batch.batch, micros(SystemTime::now()), Instant::now());
                for error in &batch.map_errors {
                    let error = crate::log::unquoted(&error.to_string());
                    tracing::warn!(source = %batch.source, error, "an event could not be read");
                }
                let mut reached = Reached::default();
                reached.cursors.insert(batch.source.to_string(), batch.cursor_after);
                if let Some(reading) = self.readings.get_mut(at) {
                    reached.gaps.append(&mut reading.open_gaps);
                    reading.asleep = false;
                    if let Some(newest) = (0..batch.batch.len()).map(|row| batch.batch.event_at(row)).max() {
                        reading.pace.heard(newest, micros(SystemTime::now()));
                    }
                }
                self.reached.add(reached.clone());
                if !batch.batch.is_empty() {
                    self.posts += batch.batch.len();
                    let feed = Feed::Posts { source, batch: batch.batch };
                    self.feed.send(Fed { feed, reached }).await.map_err(|_| Gone)?;
                    // What the engine finds in them is held until the next barrier.
                    if self.posts >= BARRIER_POSTS {
                        self.barrier().await?;
                    }
                }
            }
            SourceEvent::Gap(gap) => {
                tracing::warn!(source = %gap.source, why = gap.why.words(), "a gap");
                if gap.from.is_some() && gap.from == gap.to {
                    self.changed = true;
                    self.reached.gaps.push(gap);
                } else if let Some(reading) = self.readings.get_mut(at).filter(|one| !one.open_gaps.contains(&gap)) {
                    // Its end is an event that has not come yet, and the cursor must not pass it. So the gap counts with
                    // that event's batch; a run that ends before finds the gap again, and it is counted once.
                    reading.open_gaps.push(gap);
                }
            }
            SourceEvent::Connected => {
                if let Some(reading) = self.readings.get_mut(at) {
                    reading.pace = Pace::new(Instant::now());
                }
            }
            SourceEvent::Quiet { until } => {
                let pace = self.readings.get(at).map(|reading| &reading.pace);
                if let Some(until) = pace.and_then(|pace| pace.quiet(micros(until), Instant::now())) {
                    self.changed = true;
                    self.send(Feed::Quiet { source, until }).await?;
                }
            }
            SourceEvent::Ended { error } => {
                if let Some(reading) = self.readings.get_mut(at) {
                    reading.ended = true;
                    if let Some(error) = &error {
                        crate::output::note(format_args!(
                            "source `{}` has failed and is not read any more: {error}",
                            reading.name
                        ));
                    }
                    reading.failed = error;
                }
                // One that was stopped goes on at the next start: time must not run ahead of it.
                if !self.stopping {
                    self.send(Feed::Quiet { source, until: i64::MAX }).await?;
                }
            }
        }
        Ok(())
    }

    /// Lets time pass by sources that are down, and cuts an epoch where there is something to commit.
    async fn tick(&mut self) -> Result<(), Gone> {
        let mut stalled = self.board.watch().round(Instant::now());
        self.changed |= !stalled.is_empty();
        self.reached.stalled.append(&mut stalled);
        for at in 0..self.readings.len() {
            let Some(reading) = self.readings.get_mut(at) else { continue };
            let up = matches!(reading.handle.status().state, State::Running);
            if up || reading.ended {
                reading.down_since = None;
                continue;
            }
            let since = *reading.down_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= IDLE_AFTER && !reading.asleep {
                reading.asleep = true;
                self.changed = true;
                self.send(Feed::Quiet { source: number(at), until: i64::MAX }).await?;
            }
        }
        self.weigh_load().await?;
        self.tell_sources();
        self.line.set_message(self.board.line());
        self.barrier().await
    }

    /// Lets monitors hear fewer where the engine can't keep up, and more again where it can.
    async fn weigh_load(&mut self) -> Result<(), Gone> {
        let lags =
            self.readings.iter().filter(|reading| reading.live && !reading.ended).map(|reading| reading.pace.lag());
        let behind = lags.max().unwrap_or_default();
        let idle = self.board.watch().take_idle(Instant::now());
        let seconds = behind.as_secs();
        match self.load.tick(Instant::now(), behind, idle) {
            None => Ok(()),
            Some(Verdict::Helpless) => {
                crate::output::note(format_args!(
                    "the run can't keep up: posts are {seconds} seconds old when they are looked at, and no `under load` of a monitor leads further"
                ));
                Ok(())
            }
            Some(Verdict::Step(step)) => {
                let what = match step {
                    0 => "all monitors hear everybody again".to_owned(),
                    _ => format!("monitors with `under load` hear a part of the authors, step {step}"),
                };
                crate::output::note(format_args!("posts are {seconds} seconds old when they are looked at: {what}"));
                self.board.watch().load(step);
                self.changed = true;
                self.send(Feed::Load { step }).await
            }
        }
    }

    fn tell_sources(&self) {
        let told = self.readings.iter().map(|reading| {
            let failed = reading.failed.as_ref().map(ToString::to_string);
            (reading.name.clone(), reading.handle.status().counts, failed)
        });
        self.board.sources(told.collect());
    }

    async fn barrier(&mut self) -> Result<(), Gone> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        self.epoch += 1;
        self.posts = 0;
        let reached = std::mem::take(&mut self.reached);
        self.board.watch().waits(self.epoch, Instant::now());
        self.barriers.lock().unwrap_or_else(PoisonError::into_inner).insert(self.epoch, reached);
        self.send(Feed::Barrier { epoch: self.epoch }).await
    }

    /// Every source has ended, as files do: what is open closes as at the end of a recording. Where one failed, more
    /// would have come: what is open stays open for the next run.
    async fn end(&mut self) -> Result<(), Gone> {
        self.changed = true;
        self.barrier().await?;
        if self.readings.iter().any(|reading| reading.failed.is_some()) {
            return Ok(());
        }
        self.send(Feed::End).await
    }

    async fn send(&self, feed: Feed) -> Result<(), Gone> {
        self.feed.send(Fed::from(feed)).await.map_err(|_| Gone)
    }
}

fn number(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use mon_sources::{Cursor, GapReason, JetstreamConfig, Resume, SourceBatch, SourceConfig, build, supervise};

    use super::*;

    /// A source that never ends by itself: nobody answers.
    fn endless(name: &str) -> Reading {
        let config = JetstreamConfig { hosts: vec!["ws://127.0.0.1:9".to_owned()], ..JetstreamConfig::default() };
        let config = SourceConfig::Jetstream(config);
        let options = config.supervisor_options();
        Reading::new(name.to_owned(), supervise(name, build(name, &config).unwrap(), Resume::Live, options))
    }

    #[tokio::test]
    async fn a_source_that_ends_because_the_run_stops_does_not_fall_asleep() {
        let (feed, mut fed) = mpsc::channel(16);
        let readings = vec![endless("a"), endless("b")];
        let pump = Pump::new(readings, feed, Barriers::default(), 4, Board::default(), true);
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(pump.run(stopped));
        let mut seen = Vec::new();
        while let Some(item) = fed.recv().await {
            seen.push(format!("{:?}", item.feed));
            if seen.len() == 2 {
                stop.send_replace(true);
            }
        }
        running.await.unwrap();
        let announced = |source: u16| format!("{:?}", Feed::Quiet { source, until: i64::MIN });
        assert_eq!(seen, [announced(0), announced(1), format!("{:?}", Feed::Barrier { epoch: 5 })]);
    }

    #[tokio::test]
    async fn a_gap_counts_with_the_first_batch_behind_it() {
        let cursor = |order: u64| Cursor { order, token: order.to_string(), epoch: "a".to_owned() };
        let (feed, mut fed) = mpsc::channel(16);
        let mut pump = Pump::new(vec![endless("a")], feed, Barriers::default(), 4, Board::default(), true);
        let gap = |from, to| Gap {
            source: "a".into(),
            from: Some(cursor(from)),
            to: Some(cursor(to)),
            why: GapReason::Expired,
        };
        assert!(pump.take(0, SourceEvent::Gap(gap(3, 9))).await.is_ok());
        assert!(pump.barrier().await.is_ok());
        assert!(fed.try_recv().is_err(), "there is nothing to commit yet");
        assert!(pump.reached.gaps.is_empty() && pump.reached.cursors.is_empty());
        let batch = SourceBatch {
            source: "a".into(),
            batch: mon_post::PostBatchBuilder::new().finish().unwrap(),
            cursor_after: cursor(9),
            received: 1,
            map_error_count: 0,
            map_errors: Vec::new(),
        };
        assert!(pump.take(0, SourceEvent::Batch(batch)).await.is_ok());
        assert_eq!(pump.reached.gaps, [gap(3, 9)]);
        assert_eq!(pump.reached.cursors.get("a"), Some(&cursor(9)));
        // What the source itself dropped has no event behind it.
        assert!(pump.take(0, SourceEvent::Gap(gap(9, 9))).await.is_ok());
        assert_eq!(pump.reached.gaps, [gap(3, 9), gap(9, 9)]);
    }
}
