//! A recording of `mon run`, replayed: each start of a process is an engine of its own, fed with what was fed then, up to
//! what had been committed when the next one started.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mon_compiler::plan::Plan;
use mon_engine::{Engine, EngineOptions, Epoch, Feed, Snapshot};
use mon_store::LogReader;

use super::failure;
use crate::failure::{Failure, Outcome};
use crate::output::note;
use crate::progress::{self, Unit};
use crate::report::grouped;
use crate::tape::entries::{Content, Entries, heads, unreadable};
use crate::tape::{self, Head};

/// What one process fed.
struct Session {
    head: Head,
    /// Its first segment; entries of those before are fed once more.
    segment: usize,
    /// Entries behind the first number, up to the second.
    after: u64,
    until: u64,
    /// The state that its first segment begins with.
    state: Option<Snapshot>,
}

/// Replays all that a folder holds, and gives the posts that were fed.
pub fn play(
    plan: &Arc<Plan>,
    folder: &Path,
    options: EngineOptions,
    quiet: bool,
    mut on_epoch: impl FnMut(Epoch) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let sessions = sessions(folder)?;
    let rules = tape::hash(plan);
    if sessions.iter().any(|session| session.head.rules != rules) {
        note("other rules than these ran when this was recorded: this is what these rules would have found");
    }
    let line = progress::line("replaying", Unit::Open, quiet);
    let mut last: Option<Snapshot> = None;
    let mut torn = 0;
    for mut session in sessions {
        let options = EngineOptions { disorder_micros: session.head.disorder_micros, ..options };
        let mut engine = Engine::new(Arc::clone(plan), options).map_err(failure)?;
        engine.name_sources(session.head.sources.iter().cloned());
        if session.state.is_some() {
            last = session.state.take();
        }
        if let Some(state) = last.clone().filter(|state| !state.parts.is_empty()) {
            engine.restore(state).map_err(failure)?;
        }
        let feeds = Feeds::open(folder, session)?;
        let (failed, left) = (Arc::clone(&feeds.failed), Arc::clone(&feeds.torn));
        let shown = line.clone();
        let feed = futures::stream::iter(feeds.inspect(move |feed| {
            if let Feed::Posts { batch, .. } = feed {
                shown.inc(batch.len() as u64);
            }
        }));
        let ran = futures::executor::block_on(engine.run(feed, |epoch| {
            last = epoch.snapshot.clone().or_else(|| last.take());
            on_epoch(epoch)
        }));
        if let Some(failure) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(failure);
        }
        ran.map_err(failure)?;
        torn = *left.lock().unwrap_or_else(PoisonError::into_inner);
    }
    line.finish_and_clear();
    if torn == 0 {
        return Ok(Outcome::Clean);
    }
    note(format_args!(
        "{} bytes at the end of the recording are no whole entry and were left out: its run was cut off there, or goes on",
        grouped(torn)
    ));
    Ok(Outcome::Findings)
}

fn sessions(folder: &Path) -> Result<Vec<Session>, Failure> {
    let reader = LogReader::open(folder, 0).map_err(crate::live::told)?;
    let Some(first) = reader.segments().first() else {
        return Err(Failure::input(
            format!("there is no recording in `{}`", folder.display()),
            "`mon run --record DIR` makes one; without `--record` it lies in `recording` of the data folder",
        ));
    };
    if !first.can_begin {
        let why = format!("its first segment, `{}`, goes on from one that is not there", first.path.display());
        return Err(unreadable(folder, &why));
    }
    let mut sessions: Vec<Session> = Vec::new();
    for (at, (segment, head)) in reader.segments().iter().zip(heads(&reader, folder)?).enumerate() {
        if at > 0 && !head.start {
            continue;
        }
        let own_state = at == 0 || segment.anew;
        if let Some(before) = sessions.last_mut() {
            before.until = head.after;
        }
        let state = if own_state {
            let parts = segment.state().map_err(crate::live::told)?;
            Some(tape::snapshot(&parts).ok_or_else(|| unreadable(folder, "the state that it begins with is torn"))?)
        } else {
            None
        };
        let after = if own_state { segment.first - 1 } else { head.after };
        if segment.anew && at > 0 {
            note(format_args!(
                "the run went on without being recorded before {}: the replay goes on with the state of then",
                mon_post::time::format(segment.at)
            ));
        }
        sessions.push(Session { head, segment: at, after, until: u64::MAX, state });
    }
    Ok(sessions)
}

/// The feed of one session.
struct Feeds {
    entries: Entries,
    session: Session,
    failed: Arc<Mutex<Option<Failure>>>,
    torn: Arc<Mutex<u64>>,
}

impl Feeds {
    fn open(folder: &Path, session: Session) -> Result<Self, Failure> {
        let entries = Entries::open(folder, session.after, &session.head.sources)?;
        Ok(Self { entries, session, failed: Arc::default(), torn: Arc::default() })
    }

    fn read(&mut self) -> Result<Option<Feed>, Failure> {
        loop {
            let Some(entry) = self.entries.next()? else {
                *self.torn.lock().unwrap_or_else(PoisonError::into_inner) = self.entries.torn();
                return Ok(None);
            };
            if entry.seq > self.session.until {
                return Ok(None);
            }
            return Ok(Some(match entry.content {
                Content::Feed(feed) => feed,
                Content::Barrier(_) => Feed::Barrier { epoch: entry.seq },
                // What was fed once more did not end there.
                Content::End if entry.segment < self.session.segment => continue,
                Content::End => Feed::End,
            }));
        }
    }
}

impl Iterator for Feeds {
    type Item = Feed;

    fn next(&mut self) -> Option<Feed> {
        self.read().unwrap_or_else(|failure| {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            None
        })
    }
}
