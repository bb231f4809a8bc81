//! The recording of a run: all that the engine is fed with is added to a log before the engine has it, and is on disk
//! before an epoch is committed that contains it. After a crash the entries behind the last commit are fed once more.
//!
//! ```text
//! pump ──Fed──► Tape ──Feed──► engine ──Epoch──► committer ──► store
//!                │ adds, and syncs at barriers                    │ counts "recording", "recorded"
//!                ▼                                                ▼
//!               log ◄── entries behind "recorded" are fed first, when a run starts
//! ```

mod resume;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use mon_engine::{Feed, Snapshot};
use mon_store::{Begin, Checkpoint, EpochCommit, Log, Pruned, Since, Store, StoreError};
use tokio::sync::mpsc;

use self::resume::Tail;
pub use self::resume::{Resumed, open};
use super::committer::now;
use super::pump::Barriers;
use super::told;
use crate::config::Record;
use crate::failure::Failure;
use crate::output::note;
use crate::report::grouped;
use crate::tape::{self, Head, Reached};

/// Counters of the store: which recording belongs to it, its last committed entry, whether commits came without it.
const ID: &str = "recording";
const RECORDED: &str = "recorded";
const UNRECORDED: &str = "unrecorded";

const HOUR: i64 = 3_600_000_000;

/// What the pump hands over: what the engine is to be fed with, and what was reached with it.
#[derive(Debug)]
pub struct Fed {
    pub feed: Feed,
    pub reached: Reached,
}

impl From<Feed> for Fed {
    fn from(feed: Feed) -> Self {
        Self { feed, reached: Reached::default() }
    }
}

/// The counters that a commit leaves.
pub fn counts(recorded: Option<u64>) -> Vec<(String, u64)> {
    let count = |name: &str, value| (name.to_owned(), value);
    match recorded {
        Some(at) => vec![count(RECORDED, at), count(UNRECORDED, 0)],
        None => vec![count(UNRECORDED, 1)],
    }
}

/// What a counter says; 0 where it was never set.
pub fn count(checkpoint: Option<&Checkpoint>, name: &str) -> u64 {
    let counts = checkpoint.map(|checkpoint| checkpoint.counts.as_slice()).unwrap_or_default();
    counts.iter().find(|(known, _)| known == name).map_or(0, |(_, value)| *value)
}

/// Commits counters alone, so that the store knows of what is being opened before anything stands there.
pub fn tie(store: &Store, checkpoint: &mut Option<Checkpoint>, counts: Vec<(String, u64)>) -> Result<(), StoreError> {
    let epoch = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.epoch) + 1;
    store.commit(&EpochCommit { epoch, at: now(), counts, ..EpochCommit::default() })?;
    *checkpoint = store.load_checkpoint()?;
    Ok(())
}

/// A log that is being written.
pub struct Recording {
    log: Log,
    head: Head,
    settings: Record,
    barriers: Barriers,
    /// Epoch of the last barrier, and its entry.
    epoch: u64,
    at: u64,
}

/// Shared by the feed and the committer, which take turns on the engine's thread.
pub type Shared = Arc<Mutex<Recording>>;

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the engine is fed with: first what is fed once more, then what comes, recorded.
pub struct Tape {
    received: mpsc::Receiver<Fed>,
    tail: Option<Tail>,
    recording: Option<Shared>,
    barriers: Barriers,
    failed: Arc<Mutex<Option<Failure>>>,
}

impl Tape {
    pub fn new(
        received: mpsc::Receiver<Fed>,
        resumed: &mut Resumed,
        recording: Option<Shared>,
        barriers: Barriers,
    ) -> Self {
        Self { received, tail: resumed.tail.take(), recording, barriers, failed: Arc::default() }
    }

    /// Why the feed ended early is found here.
    pub fn failed(&self) -> Arc<Mutex<Option<Failure>>> {
        Arc::clone(&self.failed)
    }

    /// The next feed. None is the end, and also where it can't be recorded: then nothing more may count.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Feed>> {
        match self.again() {
            Ok(None) => {}
            Ok(Some(feed)) => return Poll::Ready(Some(feed)),
            Err(failure) => return self.fail(failure),
        }
        let Poll::Ready(fed) = self.received.poll_recv(context) else { return Poll::Pending };
        let Some(fed) = fed else { return Poll::Ready(None) };
        match self.record(&fed) {
            Ok(()) => Poll::Ready(Some(fed.feed)),
            Err(error) => self.fail(told(error)),
        }
    }

    fn fail(&self, failure: Failure) -> Poll<Option<Feed>> {
        *locked(&self.failed) = Some(failure);
        Poll::Ready(None)
    }

    fn again(&mut self) -> Result<Option<Feed>, Failure> {
        let Some(tail) = &mut self.tail else { return Ok(None) };
        if let Some(feed) = tail.next(&self.barriers)? {
            return Ok(Some(feed));
        }
        let Some(source) = tail.strangers.pop() else {
            self.tail = None;
            return Ok(None);
        };
        let fed = Fed::from(Feed::Quiet { source, until: i64::MAX });
        self.record(&fed).map_err(told)?;
        Ok(Some(fed.feed))
    }

    fn record(&self, fed: &Fed) -> Result<(), StoreError> {
        self.recording.as_ref().map_or(Ok(()), |recording| locked(recording).take(fed))
    }
}

impl Recording {
    fn take(&mut self, fed: &Fed) -> Result<(), StoreError> {
        match &fed.feed {
            Feed::Posts { source, batch } => {
                let path = || self.settings.folder.clone();
                let bytes = tape::posts(*source, &fed.reached, batch)
                    .map_err(|detail| StoreError::Other { path: path(), detail })?;
                self.log.append(&bytes)?;
            }
            Feed::Quiet { source, until } => {
                self.log.append(&tape::quiet(*source, *until))?;
            }
            Feed::Load { step } => {
                self.log.append(&tape::load(*step))?;
            }
            Feed::Barrier { epoch } => {
                let reached = locked(&self.barriers).get(epoch).cloned().unwrap_or_default();
                self.at = self.log.append(&tape::barrier(&reached))?;
                // The pump may lay the next barrier ready meanwhile.
                self.log.sync()?;
                locked(&self.barriers).entry(*epoch).or_default().recorded = self.at;
                self.epoch = *epoch;
            }
            Feed::End => {
                self.at = self.log.append(&tape::end())?;
                self.log.sync()?;
                // The commit of an end has the number behind that of the last barrier.
                let reached = Reached { recorded: self.at, ..Reached::default() };
                locked(&self.barriers).insert(self.epoch + 1, reached);
            }
        }
        Ok(())
    }

    /// An epoch was committed, with this state. Where the segment is large or old, the next one begins with the state.
    pub fn committed(&mut self, snapshot: Option<&Snapshot>) -> Result<(), StoreError> {
        let Some(snapshot) = snapshot.filter(|_| self.log.last() == self.at) else { return Ok(()) };
        let at = now();
        if self.log.since().is_some_and(|since| !due(&self.settings, since, at)) {
            return Ok(());
        }
        let mut parts = snapshot.parts.iter().map(|part| Ok(tape::part(&part.name, &part.bytes()?)));
        let head = Head { start: false, after: self.at, ..self.head.clone() };
        self.log.begin(Begin { at, anew: None, head: head.write(), state: Some(&mut parts) })?;
        self.prune();
        Ok(())
    }

    fn prune(&mut self) {
        let before = now().saturating_sub(self.settings.keep_micros);
        let pruned = self.log.prune(before, self.settings.bytes_max, self.at);
        let Some(Pruned { segments, bytes, until, failed }) = pruned else { return };
        if let Some(why) = failed {
            note(format_args!("warning: the recording is larger or older than it should be: {why}"));
        }
        if segments > 0 {
            note(format_args!(
                "the recording up to {} is removed: {} segments, {} bytes (`keep` and `size` of `[record]`)",
                mon_post::time::format(until),
                segments,
                grouped(bytes)
            ));
        }
    }
}

/// Whether a segment with the state is to be begun. One that is smaller than the state that it begins with would make the
/// recording one of states.
fn due(settings: &Record, since: Since, now: i64) -> bool {
    let turn = (settings.keep_micros / 8).clamp(HOUR / 60, 24 * HOUR);
    // `size` can hold only where several segments fit into it.
    let large = settings.segment_bytes.min(settings.bytes_max / 4).max(since.head);
    since.bytes >= large || now.saturating_sub(since.at) >= turn
}

#[cfg(test)]
mod tests;
