//! Replay: the same engine over recorded posts under a virtual clock. Reading runs on a thread of its own; matching
//! and windows run on the caller's.

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures::stream;
use mon_compiler::plan::Plan;
use mon_post::PostBatch;
use tokio::sync::mpsc::Sender;

use crate::control::Feed;
use crate::engine::Engine;
use crate::error::{BoxError, EngineError};
use crate::options::EngineOptions;
use crate::output::Epoch;

/// Batches that reading may be ahead of matching.
const BATCHES_AHEAD: usize = 4;
/// Posts after which a replay gives out what it has, so that its memory does not grow with the recording.
const FLUSH_ROWS: usize = 100_000;
/// Wall time that posts fed at once may stand for, where a replay runs at a speed.
const PACE: Duration = Duration::from_millis(100);

/// Replays recorded posts and calls back with what they cause, piece by piece; the pieces joined are the same at any
/// speed and batch size. `speed` 60 lets an hour of event time pass in a minute, None is as fast as can be. Blocks
/// until the last post is through.
///
/// # Errors
/// When the engine cannot be built, a limit is met, the reader fails, or the callback refuses.
pub fn replay<E, C>(
    plan: Arc<Plan>,
    reader: impl Iterator<Item = Result<PostBatch, E>> + Send + 'static,
    mut options: EngineOptions,
    speed: Option<f64>,
    on_epoch: impl FnMut(Epoch) -> Result<(), C>,
) -> Result<(), EngineError>
where
    E: Into<BoxError>,
    C: Into<BoxError>,
{
    if options.flush_rows == 0 {
        options.flush_rows = FLUSH_ROWS;
    }
    let mut engine = Engine::new(plan, options)?;
    let (sender, mut receiver) = tokio::sync::mpsc::channel(BATCHES_AHEAD);
    // The far end of this channel hangs up when the run is over, which wakes a reader that waits for its hour.
    let (over, gone) = mpsc::channel::<()>();
    let reading = thread::Builder::new()
        .name("mon-read".to_owned())
        .spawn(move || read(reader, &sender, &gone, speed))
        .map_err(|error| EngineError::Run(error.to_string()))?;
    let feed = stream::poll_fn(move |context| receiver.poll_recv(context));
    let ran = futures::executor::block_on(engine.run(feed, on_epoch));
    drop(over);
    drop(engine);
    let read = reading.join().map_err(|_| EngineError::Run("the reading thread failed".to_owned()))?;
    ran.and(read)
}

/// Reads to the end, or until nobody listens.
fn read<E: Into<BoxError>>(
    reader: impl Iterator<Item = Result<PostBatch, E>>,
    sender: &Sender<Feed>,
    gone: &mpsc::Receiver<()>,
    speed: Option<f64>,
) -> Result<(), EngineError> {
    let mut pace = speed.filter(|speed| speed.is_finite() && *speed > 0.0).map(Pace::new);
    for batch in reader {
        let batch = batch.map_err(|error| EngineError::Reader(error.into()))?;
        let mut from = 0;
        while from < batch.len() {
            let len = pace.as_mut().map_or(Some(batch.len()), |pace| pace.wait(&batch, from, gone));
            let Some(len) = len else { return Ok(()) };
            let piece = if len == batch.len() { batch.clone() } else { batch.slice(from, len) };
            if sender.blocking_send(Feed::Posts { source: 0, batch: piece }).is_err() {
                return Ok(());
            }
            from += len;
        }
    }
    // Whoever hung up has an error of his own to tell.
    drop(sender.blocking_send(Feed::End));
    Ok(())
}

/// The relation of event time to wall time. It decides when posts are fed, never what comes of them.
struct Pace {
    speed: f64,
    start: Option<(Instant, i64)>,
}

impl Pace {
    const fn new(speed: f64) -> Self {
        Self { speed, start: None }
    }

    /// Waits until the post at `from` is due, and says how many from there are due with it. None: nobody listens.
    fn wait(&mut self, batch: &PostBatch, from: usize, gone: &mpsc::Receiver<()>) -> Option<usize> {
        let at = batch.event_at(from);
        let (started, first) = *self.start.get_or_insert_with(|| (Instant::now(), at));
        let micros = (at.saturating_sub(first) as f64 / self.speed).max(0.0);
        let due = Duration::try_from_secs_f64(micros / 1e6).unwrap_or(Duration::MAX);
        let left = due.saturating_sub(started.elapsed());
        if !left.is_zero() && gone.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
            return None;
        }
        let reach = at.saturating_add((PACE.as_micros() as f64 * self.speed) as i64);
        let together = (from..batch.len()).take_while(|row| batch.event_at(*row) <= reach).count();
        Some(together.max(1))
    }
}
