//! What a start takes from the recording: whether it goes on with what lies in the folder, and which entries were not
//! committed and are fed once more.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use mon_engine::Feed;
use mon_sources::Cursor;
use mon_store::{Begin, Checkpoint, Log, LogReader, Store};

use super::{ID, RECORDED, Recording, Shared, UNRECORDED, count, counts, locked, tie};
use crate::failure::Failure;
use crate::live::committer::now;
use crate::live::pump::Barriers;
use crate::live::{Live, told};
use crate::output::note;
use crate::report::grouped;
use crate::tape::entries::{Content, Entries, heads, item, unreadable};
use crate::tape::{self, Head, Item, Reached};

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
    pub(super) posts: u64,
    pub(super) tail: Option<Tail>,
}

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
    let (anew, state) = if found.continues {
        resumed = tail(&settings.folder, found.at, resumed)?;
        (None, None)
    } else {
        let (anew, state) = anew(&log, &found, checkpoint.as_ref());
        let counts = [vec![(ID.to_owned(), found.id)], counts(Some(anew.unwrap_or(0)))].concat();
        tie(store, checkpoint, counts).map_err(told)?;
        (anew, state)
    };
    let mut state = state.map(|parts| parts.into_iter().map(Ok));
    let head = Head {
        version: tape::VERSION,
        id: found.id,
        start: true,
        after: found.at,
        sources: resumed.names.clone(),
        disorder_micros: live.disorder_micros(),
        rules: tape::hash(&live.plan),
    };
    let state = state.as_mut().map(|parts| parts as _);
    log.begin(Begin { at: now(), anew, head: head.write(), state }).map_err(told)?;
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

/// Begins with the state of the store, since what lies in the folder does not lead to it: behind which entry, and its parts.
fn anew(log: &Log, found: &Found, checkpoint: Option<&Checkpoint>) -> (Option<u64>, Option<Vec<Vec<u8>>>) {
    let state = checkpoint.map(|checkpoint| &checkpoint.snapshot).filter(|parts| !parts.is_empty());
    let state = state.map(|parts| parts.iter().map(|(name, bytes)| tape::part(name, bytes)).collect());
    if log.segments().is_empty() {
        return (state.is_some().then_some(0), state);
    }
    note("the recording lacks a part of what was run meanwhile: it goes on with the state that the data folder has");
    (Some(found.at.max(log.last()) + 1), Some(state.unwrap_or_default()))
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
        let strangers = (configured..resumed.names.len()).map(short).collect();
        let entries = Entries::open(folder, after, &resumed.names)?;
        resumed.tail = Some(Tail { entries, strangers, epoch: 0 });
    }
    Ok(resumed)
}

fn short(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The entries that are fed once more.
pub(super) struct Tail {
    entries: Entries,
    /// Sources that are read no more: time must not wait for them.
    pub(super) strangers: Vec<u16>,
    epoch: u64,
}

impl Tail {
    /// The next feed; a barrier's epoch is laid ready for the committer.
    pub(super) fn next(&mut self, barriers: &Barriers) -> Result<Option<Feed>, Failure> {
        while let Some(entry) = self.entries.next()? {
            match entry.content {
                Content::Feed(feed) => return Ok(Some(feed)),
                Content::Barrier(reached) => {
                    self.epoch += 1;
                    let reached = Reached { recorded: entry.seq, again: true, ..reached };
                    locked(barriers).insert(self.epoch, reached);
                    return Ok(Some(Feed::Barrier { epoch: self.epoch }));
                }
                // The sources say themselves when they have ended.
                Content::End => {}
            }
        }
        Ok(None)
    }
}
