use std::path::Path;

use mon_post::{PostBatch, PostBatchBuilder, PostRow};
use mon_sources::Cursor;
use mon_store::LogReader;

use super::*;
use crate::config::Config;
use crate::live::Live;

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
    let snapshot = Snapshot { parts: vec![mon_engine::Part::stored("p".to_owned(), vec![7; 9])] };
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
    Snapshot { parts: vec![mon_engine::Part::stored("p".to_owned(), bytes)] }
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
