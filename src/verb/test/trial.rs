//! Recordings that tests replay, each read once, and what rules make of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mon_alerts::route;
use mon_compiler::matching::{Backend, Match};
use mon_compiler::plan::Plan;
use mon_engine::WindowRow;
use mon_post::PostBatch;

use crate::failure::Failure;
use crate::recording;
use crate::verb::match_posts::matcher;
use crate::verb::replay::{Account, account_of};

/// Recorded posts, as tests need them.
pub struct Recording {
    pub path: PathBuf,
    pub batches: Vec<PostBatch>,
    /// What is said of lines that could not be read.
    pub problem: Option<String>,
    /// Event time of the first post.
    pub day: i64,
}

/// Recordings by path. One that cannot be read fails the tests that name it, not the others.
#[derive(Default)]
pub struct Recordings(HashMap<PathBuf, Result<Arc<Recording>, Failure>>);

impl Recordings {
    pub fn open(&mut self, path: &Path) -> Result<Arc<Recording>, Failure> {
        self.0.entry(path.to_path_buf()).or_insert_with(|| read(path).map(Arc::new)).clone()
    }

    /// One that was read.
    pub fn get(&self, path: &Path) -> Option<&Arc<Recording>> {
        self.0.get(path)?.as_ref().ok()
    }
}

fn read(path: &Path) -> Result<Recording, Failure> {
    let (mut batches, mut problems) = (Vec::new(), Vec::new());
    for read in recording::open_path(path, true)? {
        let read = read.map_err(recording::failure)?;
        problems.extend(read.problems);
        batches.push(read.batch);
    }
    let problem = problems.first().map(|first| {
        let lines = if problems.len() == 1 { "1 line".to_owned() } else { format!("{} lines", problems.len()) };
        format!("{lines} of `{}` cannot be read; the first is line {}: {}", path.display(), first.line, first.message)
    });
    let day = batches.iter().find(|batch| !batch.is_empty()).map_or(0, |batch| batch.event_at(0));
    Ok(Recording { path: path.to_path_buf(), batches, problem, day })
}

/// What came of a replay.
#[derive(Default)]
pub struct Replayed {
    pub account: Account,
    pub windows: Vec<WindowRow>,
}

impl Replayed {
    /// The same incidents, told as another plan's playbooks tell them.
    pub fn told_by(&self, plan: &Plan) -> Self {
        let transitions = self.account.transitions.clone();
        let messages = transitions.iter().flat_map(|transition| route(plan, transition).messages).collect();
        Self { account: Account { transitions, messages, ..Account::default() }, windows: Vec::new() }
    }
}

/// Replays of one plan by recording.
#[derive(Default)]
pub struct Replays(HashMap<PathBuf, Result<Arc<Replayed>, Failure>>);

impl Replays {
    pub fn get(&mut self, plan: &Arc<Plan>, recording: &Recording, backend: Backend) -> Result<Arc<Replayed>, Failure> {
        let replay = || {
            let mut windows = Vec::new();
            let account = account_of(plan, recording.batches.clone(), backend, |epoch| {
                windows.extend_from_slice(&epoch.windows)
            })?;
            Ok(Arc::new(Replayed { account, windows }))
        };
        self.0.entry(recording.path.clone()).or_insert_with(replay).clone()
    }

    /// One that was made.
    pub fn known(&self, path: &Path) -> Option<&Arc<Replayed>> {
        self.0.get(path)?.as_ref().ok()
    }

    pub fn add(&mut self, path: &Path, replayed: Arc<Replayed>) {
        self.0.insert(path.to_path_buf(), Ok(replayed));
    }
}

/// The posts of each batch that each monitor takes.
pub fn taken(plan: &Plan, recording: &Recording) -> Result<Vec<Vec<Match>>, Failure> {
    let queries: Vec<_> = plan.monitors.iter().map(|monitor| monitor.query).collect();
    let matcher = matcher(plan, &queries, Backend::Bytecode)?;
    let mut scratch = matcher.scratch();
    let matches = recording.batches.iter().map(|batch| {
        let mut found = Vec::new();
        matcher.match_batch(batch, &mut scratch, &mut found);
        found
    });
    Ok(matches.collect())
}
