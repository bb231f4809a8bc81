//! The recording of a run: all that the engine is fed with is added to a log before the engine has it, and is on disk
//! before an epoch is committed that contains it. After a crash the entries behind the last commit are fed once more.
//!
//! ```text
//! pump ──Fed──► Tape ──Feed──► engine ──Epoch──► committer ──► store
//!                │ adds, and syncs at barriers                    │ counts "recording", "recorded"
//!                ▼                                                ▼
//!               log ◄── entries behind "recorded" are fed first, when a run starts
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use mon_engine::{Feed, Snapshot};
use mon_sources::Cursor;
use mon_store::{Begin, Checkpoint, EpochCommit, Log, LogReader, Pruned, Since, Store, StoreError};
use tokio::sync::mpsc;

use super::committer::now;
use super::pump::Barriers;
use super::{Live, told};
use crate::config::Record;
use crate::failure::Failure;
use crate::output::note;
use crate::report::grouped;
use crate::tape::{self, Head, Item, Reached};

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

/// What a start takes from the recording.
#[derive(Default)]
pub struct Resumed {
    /// Names of the sources by number: those of the configuration, then those that only the recording knows.
    pub names: Vec<String>,
    /// How far the sources were read that are in it.
    pub cursors: BTreeMap<String, Cursor>,
    /// Behind its last barrier.
    pub open: Reached,
    pub barriers: u64,
    posts: u64,
    tail: Option<Tail>,
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

/// Opens the recording that the run is to have, if any, and finds what was not committed.
pub fn open(
    live: &Live,
    store: &Store,
    checkpoint: &mut Option<Checkpoint>,
    barriers: &Barriers,
) -> Result<(Option<Shared>, Resumed), Failure> {
    let mut resumed = Resumed { names: live.config.sources.keys().cloned().collect(), ..Resumed::default() };
    let Some(settings) = live.config.recording(live.record.as_deref(), &live.data) else {
        if count(checkpoint.as_ref(), ID) != 0 && count(checkpoint.as_ref(), UNRECORDED) == 0 {
            note(
                "the run before was recorded and this one is not: what it had read and not committed is not read again",
            );
        }
        return Ok((None, resumed));
    };
    let mut log = Log::open(&settings.folder, committed(&settings.folder, checkpoint.as_ref())?).map_err(told)?;
    if let Some(torn) = log.torn() {
        note(format_args!(
            "the last run was cut off: {} bytes at the end of `{}` are no whole entries and are left behind",
            grouped(torn.bytes),
            torn.path.display()
        ));
    }
    let found = Found::of(&log, &settings.folder, checkpoint.as_ref())?;
    let begin = if found.continues {
        resumed = tail(&settings.folder, found.at, resumed)?;
        Begin::default()
    } else {
        let anew = anew(&log, &found, checkpoint.as_ref());
        let behind = anew.anew.unwrap_or(0);
        let counts = [vec![(ID.to_owned(), found.id)], counts(Some(behind))].concat();
        tie(store, checkpoint, counts).map_err(told)?;
        anew
    };
    let head = Head {
        version: tape::VERSION,
        id: found.id,
        start: true,
        after: found.at,
        sources: resumed.names.clone(),
        disorder_micros: live.disorder_micros(),
        rules: tape::hash(&live.plan),
    };
    log.begin(Begin { at: now(), head: head.write(), ..begin }).map_err(told)?;
    let barriers = Arc::clone(barriers);
    let mut recording = Recording { log, head, settings, barriers, epoch: 0, at: found.at };
    recording.prune();
    if let Some(tail) = &mut resumed.tail {
        tail.epoch = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.epoch);
        note(format_args!(
            "{} posts that were read and not committed are taken from the recording",
            grouped(resumed.posts)
        ));
    }
    Ok((Some(Arc::new(Mutex::new(recording))), resumed))
}

/// The last entry that may not be lost: all of them where the folder holds the recording of another store.
fn committed(folder: &Path, checkpoint: Option<&Checkpoint>) -> Result<u64, Failure> {
    let reader = LogReader::open(folder, 0).map_err(told)?;
    let head = reader.segments().last().and_then(|segment| Head::read(&segment.head).ok());
    let ours = head.is_some_and(|head| head.id == count(checkpoint, ID));
    Ok(if ours { count(checkpoint, RECORDED) } else { u64::MAX })
}

/// What is in the folder, beside what the store says of it.
struct Found {
    id: u64,
    /// The last committed entry.
    at: u64,
    continues: bool,
}

impl Found {
    fn of(log: &Log, folder: &Path, checkpoint: Option<&Checkpoint>) -> Result<Self, Failure> {
        let (known, at) = (count(checkpoint, ID), count(checkpoint, RECORDED));
        let Some(last) = log.segments().last() else {
            let id = tape::number(&[&now().to_le_bytes(), &std::process::id().to_le_bytes()]);
            return Ok(Self { id, at: 0, continues: false });
        };
        let head = Head::read(&last.head).map_err(|why| {
            Failure::input(
                format!("the recording in `{}` can't be read on: {why}", folder.display()),
                "give another folder",
            )
        })?;
        if head.id != known {
            return Err(Failure::input(
                format!("`{}` holds the recording of another data folder", folder.display()),
                "give the recording a folder of its own: `folder` of `[record]` in mon.toml, or `--record`",
            ));
        }
        let first = log.segments().first().map_or(0, |segment| segment.first);
        let continues = count(checkpoint, UNRECORDED) == 0 && first <= at + 1 && at <= log.last();
        Ok(Self { id: head.id, at, continues })
    }
}

/// Begins with the state of the store, since what lies in the folder does not lead to it.
fn anew(log: &Log, found: &Found, checkpoint: Option<&Checkpoint>) -> Begin {
    let state = checkpoint.map(|checkpoint| &checkpoint.snapshot).filter(|parts| !parts.is_empty());
    let state = state.map(|parts| tape::parts(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))));
    if log.segments().is_empty() {
        let anew = state.is_some().then_some(0);
        return Begin { anew, state, ..Begin::default() };
    }
    note("the recording lacks a part of what was run meanwhile: it goes on with the state that the data folder has");
    Begin { anew: Some(found.at.max(log.last()) + 1), state: Some(state.unwrap_or_default()), ..Begin::default() }
}

/// Looks through the entries that were not committed.
fn tail(folder: &Path, after: u64, mut resumed: Resumed) -> Result<Resumed, Failure> {
    let mut reader = LogReader::open(folder, after).map_err(told)?;
    let configured = resumed.names.len();
    let heads = heads(&reader, folder)?;
    let mut entries = 0;
    for entry in &mut reader {
        let entry = entry.map_err(told)?;
        entries += 1;
        let source = match item(&entry.bytes, folder)? {
            Item::Posts { source, reached, posts } => {
                resumed.posts += posts.read().map_err(|why| unreadable(folder, &why))?.len() as u64;
                resumed.cursors.extend(reached.cursors.clone());
                resumed.open.add(reached);
                Some(source)
            }
            Item::Quiet { source, .. } => Some(source),
            Item::Barrier(reached) => {
                resumed.cursors.extend(reached.cursors);
                resumed.open = Reached::default();
                resumed.barriers += 1;
                None
            }
            Item::Load { .. } | Item::End => None,
        };
        let name = source.and_then(|source| heads.get(entry.segment)?.sources.get(usize::from(source)));
        if let Some(name) = name.filter(|name| !resumed.names.contains(name)) {
            resumed.names.push(name.clone());
        }
    }
    if entries > 0 {
        let number = |name: &String| resumed.names.iter().position(|known| known == name).map_or(u16::MAX, short);
        let numbers = heads.iter().map(|head| head.sources.iter().map(number).collect()).collect();
        let strangers = (configured..resumed.names.len()).map(short).collect();
        let reader = LogReader::open(folder, after).map_err(told)?;
        resumed.tail = Some(Tail { reader, folder: folder.to_owned(), numbers, strangers, epoch: 0 });
    }
    Ok(resumed)
}

fn short(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// What the segments say of themselves.
pub fn heads(reader: &LogReader, folder: &Path) -> Result<Vec<Head>, Failure> {
    reader.segments().iter().map(|segment| Head::read(&segment.head).map_err(|why| unreadable(folder, &why))).collect()
}

pub fn item<'a>(bytes: &'a [u8], folder: &Path) -> Result<Item<'a>, Failure> {
    tape::item(bytes).ok_or_else(|| unreadable(folder, "an entry is of no kind that this `mon` knows"))
}

pub fn unreadable(folder: &Path, why: &str) -> Failure {
    Failure::input(
        format!("the recording in `{}` can't be read: {why}", folder.display()),
        "read it with the `mon` that wrote it, or move it away: a run then begins a new one",
    )
}

/// The entries that are fed once more.
struct Tail {
    reader: LogReader,
    folder: PathBuf,
    /// By segment and number in it, the number of a source in this run.
    numbers: Vec<Vec<u16>>,
    /// Sources that are read no more: time must not wait for them.
    strangers: Vec<u16>,
    epoch: u64,
}

impl Tail {
    /// The next feed; a barrier's epoch is laid ready for the committer.
    fn next(&mut self, barriers: &Barriers) -> Result<Option<Feed>, Failure> {
        loop {
            let Some(entry) = self.reader.next() else { return Ok(None) };
            let entry = entry.map_err(told)?;
            let numbers = self.numbers.get(entry.segment);
            let number =
                |source: u16| numbers.and_then(|numbers| numbers.get(usize::from(source))).copied().unwrap_or(source);
            return Ok(Some(match item(&entry.bytes, &self.folder)? {
                Item::Posts { source, posts, .. } => {
                    let batch = posts.read().map_err(|why| unreadable(&self.folder, &why))?;
                    Feed::Posts { source: number(source), batch }
                }
                Item::Quiet { source, until } => Feed::Quiet { source: number(source), until },
                Item::Load { step } => Feed::Load { step },
                Item::Barrier(reached) => {
                    self.epoch += 1;
                    let reached = Reached { recorded: entry.seq, again: true, ..reached };
                    locked(barriers).insert(self.epoch, reached);
                    Feed::Barrier { epoch: self.epoch }
                }
                // The sources say themselves when they have ended.
                Item::End => continue,
            }));
        }
    }
}

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
        let parts = snapshot.parts.iter().map(|part| (part.name.as_str(), &*part.bytes));
        let head = Head { start: false, after: self.at, ..self.head.clone() };
        self.log.begin(Begin { at, anew: None, head: head.write(), state: Some(tape::parts(parts)) })?;
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
mod tests {
    use mon_post::{PostBatch, PostBatchBuilder, PostRow};

    use super::*;
    use crate::config::Config;

    fn batch(text: &str) -> PostBatch {
        let mut builder = PostBatchBuilder::new();
        builder.append(&PostRow { text: Some(text.to_owned().into()), ..PostRow::default() }).unwrap();
        builder.finish().unwrap()
    }

    fn cursor(order: u64) -> Cursor {
        Cursor { order, token: order.to_string(), epoch: String::new() }
    }

    fn posts(source: u16, name: &str, order: u64) -> Fed {
        let cursors = [(name.to_owned(), cursor(order))].into();
        let feed = Feed::Posts { source, batch: batch(&format!("{name} {order}")) };
        Fed { feed, reached: Reached { cursors, ..Reached::default() } }
    }

    fn live(sources: &[&str], data: &Path) -> Live {
        let toml: String = sources.iter().map(|name| format!("[source.{name}]\nkind = 'stdin'\n")).collect();
        Live {
            plan: Arc::default(),
            config: Config::parse(&toml).unwrap(),
            data: data.to_owned(),
            record: None,
            out: None,
            stop_after: None,
            quiet: true,
        }
    }

    struct Started {
        recording: Shared,
        resumed: Resumed,
        tape: Tape,
        feed: mpsc::Sender<Fed>,
        barriers: Barriers,
        epoch: u64,
    }

    /// One start on the data folder.
    fn start(live: &Live, store: &Store) -> Result<Started, Failure> {
        let mut checkpoint = store.load_checkpoint().unwrap();
        let barriers = Barriers::default();
        let (recording, mut resumed) = open(live, store, &mut checkpoint, &barriers)?;
        let recording = recording.unwrap();
        let (feed, received) = mpsc::channel(64);
        let tape = Tape::new(received, &mut resumed, Some(Arc::clone(&recording)), Arc::clone(&barriers));
        Ok(Started { recording, resumed, tape, feed, barriers, epoch: checkpoint.map_or(0, |found| found.epoch) })
    }

    impl Started {
        fn feed(&self, fed: Vec<Fed>) {
            for one in fed {
                self.feed.try_send(one).unwrap();
            }
        }

        /// What the engine gets while nothing more comes, in words.
        fn fed(&mut self) -> Vec<String> {
            let mut context = Context::from_waker(std::task::Waker::noop());
            let mut all = Vec::new();
            while let Poll::Ready(Some(feed)) = self.tape.poll(&mut context) {
                all.push(match feed {
                    Feed::Posts { source, batch } => {
                        format!("{source}: {}", batch.row(0).text.as_deref().unwrap_or_default())
                    }
                    Feed::Quiet { source, until: i64::MAX } => format!("{source} sleeps"),
                    Feed::Barrier { epoch } => format!("barrier {}", epoch - self.epoch),
                    other => format!("{other:?}"),
                });
            }
            assert!(self.tape.failed().lock().unwrap().is_none());
            all
        }

        fn commit(&self, store: &Store, behind: u64) {
            let epoch = self.epoch + behind;
            let reached = self.barriers.lock().unwrap().remove(&epoch).unwrap();
            let counts = counts(Some(reached.recorded));
            store.commit(&EpochCommit { epoch, counts, ..EpochCommit::default() }).unwrap();
        }
    }

    fn barrier(started: &Started, behind: u64) -> Fed {
        let epoch = started.epoch + behind;
        started.barriers.lock().unwrap().insert(epoch, Reached::default());
        Feed::Barrier { epoch }.into()
    }

    #[test]
    fn what_was_fed_and_not_committed_is_fed_once_more_whatever_the_sources_are_now() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let both = live(&["a", "b"], folder.path());
        let mut first = start(&both, &store).unwrap();
        first.feed(vec![posts(0, "a", 1), barrier(&first, 1), posts(1, "b", 2), barrier(&first, 2), posts(1, "b", 3)]);
        let all = first.fed();
        assert_eq!(all, ["0: a 1", "barrier 1", "1: b 2", "barrier 2", "1: b 3"]);
        first.commit(&store, 1);
        drop(first);

        // `b` is gone, and another one stands before `a`.
        let other = live(&["Z", "a"], folder.path());
        let mut second = start(&other, &store).unwrap();
        assert_eq!(second.resumed.names, ["Z", "a", "b"]);
        assert_eq!((second.resumed.barriers, second.resumed.posts), (1, 2));
        assert_eq!(second.resumed.cursors, [("b".to_owned(), cursor(3))].into());
        assert_eq!(second.resumed.open.cursors, [("b".to_owned(), cursor(3))].into());
        second.feed(vec![posts(1, "a", 2)]);
        assert_eq!(second.fed(), ["2: b 2", "barrier 1", "2: b 3", "2 sleeps", "1: a 2"]);
        second.commit(&store, 1);
        drop(second);

        // Killed again before a commit: all since then, also what was fed once more.
        let mut third = start(&other, &store).unwrap();
        assert_eq!(third.fed(), ["2: b 3", "2 sleeps", "1: a 2", "2 sleeps"]);
    }

    #[test]
    fn a_recording_of_another_data_folder_is_refused_and_a_hole_is_bridged_by_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let store = Store::open(&one).unwrap();
        let tape = folder.path().join("tape");
        let recorded = |data: &Path| Live { record: Some(tape.clone()), ..live(&["a"], data) };
        let mut first = start(&recorded(&one), &store).unwrap();
        first.feed(vec![posts(0, "a", 1), barrier(&first, 1), posts(0, "a", 2)]);
        assert_eq!(first.fed().len(), 3);
        first.commit(&store, 1);
        let epoch = first.epoch + 2;
        drop(first);
        let other = Store::open(&two).unwrap();
        let refused = start(&recorded(&two), &other).err().unwrap();
        assert!(refused.message.contains("holds the recording of another data folder"), "{refused}");

        // A run without a recording goes on; the next one with it begins with the state of the store.
        store.commit(&EpochCommit { epoch, counts: counts(None), ..EpochCommit::default() }).unwrap();
        let mut third = start(&recorded(&one), &store).unwrap();
        assert!(third.resumed.cursors.is_empty() && third.resumed.barriers == 0);
        third.feed(vec![posts(0, "a", 3)]);
        assert_eq!(third.fed(), ["0: a 3"]);
        drop(third);
        let reader = LogReader::open(&tape, 0).unwrap();
        let told: Vec<_> = reader.segments().iter().map(|one| (one.first, one.anew, one.can_begin)).collect();
        assert_eq!(told, [(1, false, true), (5, true, true)]);
    }

    #[test]
    fn damage_behind_the_last_commit_is_left_behind_but_not_in_what_another_folder_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let tape = folder.path().join("tape");
        let recorded = |data: &Path| Live { record: Some(tape.clone()), ..live(&["a"], data) };
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let store = Store::open(&one).unwrap();
        let mut first = start(&recorded(&one), &store).unwrap();
        first.feed(vec![posts(0, "a", 1), barrier(&first, 1)]);
        assert_eq!(first.fed().len(), 2);
        first.commit(&store, 1);
        let whole = first.recording.lock().unwrap().log.bytes() as usize;
        first.feed(vec![posts(0, "a", 2), posts(0, "a", 3)]);
        assert_eq!(first.fed().len(), 2);
        let path = first.recording.lock().unwrap().log.segments()[0].path.clone();
        drop(first);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[whole + 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(start(&recorded(&two), &Store::open(&two).unwrap()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing of it is cut off");
        let mut again = start(&recorded(&one), &store).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes[..whole]);
        again.feed(vec![posts(0, "a", 4)]);
        assert_eq!(again.fed(), ["0: a 4"]);
    }

    #[test]
    fn segments_turn_with_the_state_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut live = live(&["a"], folder.path());
        live.config = Config::parse("[source.a]\nkind = 'stdin'\n[record]\nsegment = '2kB'\nsize = '10kB'\n").unwrap();
        let mut started = start(&live, &store).unwrap();
        let snapshot = Snapshot { parts: vec![mon_engine::Part { name: "p".to_owned(), bytes: [7; 9][..].into() }] };
        for number in 1..=60 {
            started.feed(vec![posts(0, "a", number), barrier(&started, number)]);
            assert_eq!(started.fed().len(), 2);
            started.commit(&store, number);
            started.recording.lock().unwrap().committed(Some(&snapshot)).unwrap();
        }
        drop(started);
        let reader = LogReader::open(folder.path().join("recording"), 0).unwrap();
        let segments = reader.segments();
        assert!(segments.len() > 1 && segments[0].first > 1, "{segments:?}");
        assert!(segments.iter().all(|segment| segment.can_begin));
        assert_eq!(tape::snapshot(&segments[0].state().unwrap()), Some(snapshot));
        let sizes: u64 = segments.iter().map(|segment| segment.path.metadata().unwrap().len()).sum();
        assert!(sizes < 20_000, "{sizes}");
        assert_eq!(reader.map(|entry| entry.unwrap().seq).last(), Some(120));
    }

    /// A state that can't be packed smaller.
    fn state(bytes: usize) -> Snapshot {
        let mut noise = 1_u64;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise.to_le_bytes()[3]
        })
        .take(bytes)
        .collect();
        Snapshot { parts: vec![mon_engine::Part { name: "p".to_owned(), bytes: bytes.into() }] }
    }

    fn sizes(folder: &Path) -> Vec<u64> {
        let reader = LogReader::open(folder, 0).unwrap();
        reader.segments().iter().map(|segment| segment.path.metadata().unwrap().len()).collect()
    }

    #[test]
    fn a_state_larger_than_a_segment_does_not_begin_one_at_every_commit() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut live = live(&["a"], folder.path());
        live.config = Config::parse("[source.a]\nkind = 'stdin'\n[record]\nsegment = '2kB'\n").unwrap();
        let mut started = start(&live, &store).unwrap();
        let snapshot = state(5_000);
        for number in 1..=200 {
            started.feed(vec![posts(0, "a", number), barrier(&started, number)]);
            assert_eq!(started.fed().len(), 2);
            started.commit(&store, number);
            started.recording.lock().unwrap().committed(Some(&snapshot)).unwrap();
        }
        drop(started);
        let sizes = sizes(&folder.path().join("recording"));
        // The first one begins with no state; the last one is not full yet.
        let (_, full) = sizes[1..].split_last().unwrap();
        assert!(!full.is_empty() && full.iter().all(|size| *size >= 10_000), "{sizes:?}");
    }

    #[test]
    fn many_short_runs_leave_few_files() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut live = live(&["a"], folder.path());
        live.config = Config::parse("[source.a]\nkind = 'stdin'\n[record]\nsize = '8kB'\n").unwrap();
        for run in 1..=12 {
            let mut started = start(&live, &store).unwrap();
            for number in 1..=2 {
                started.feed(vec![posts(0, "a", run * 2 + number), barrier(&started, number)]);
                assert_eq!(started.fed().len(), 2);
                started.commit(&store, number);
                started.recording.lock().unwrap().committed(Some(&state(9))).unwrap();
            }
        }
        let folder = folder.path().join("recording");
        let sizes = sizes(&folder);
        assert!(sizes.len() <= 8 && sizes.iter().sum::<u64>() < 12_000, "{sizes:?}");
        let reader = LogReader::open(&folder, 0).unwrap();
        assert!(reader.segments()[0].can_begin && reader.segments()[0].first > 1);
        assert_eq!(reader.map(|entry| entry.unwrap().seq).last(), Some(48));
    }
}
