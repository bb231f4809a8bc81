//! Takes each epoch from the engine and makes it true: routes its transitions and commits all of it, mentions too, with
//! the cursors in one transaction. Only then may sources forget and messages go out.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use mon_alerts::{TransitionKind, route};
use mon_compiler::plan::Plan;
use mon_delivery::Waker;
use mon_engine::{Epoch, Snapshot};
use mon_sources::{Gap, SourceHandle};
use mon_store::{
    AuditEntry, Checkpoint, CursorRow, EpochCommit, Filing, GapRow, Mention, MessageRow, SnapshotPart, Store,
    StoreError, TransitionRow,
};

use super::account::{Account, Board};
use super::operators::Watch;
use super::out::{self, Out};
use super::pump::Barriers;
use super::record;
use crate::tape::Reached;

/// The one partition of a source that has no parts.
const WHOLE: &str = "all";

/// See the module.
pub struct Committer {
    plan: Arc<Plan>,
    store: Store,
    barriers: Barriers,
    handles: Vec<(String, SourceHandle)>,
    waker: Waker,
    account: Account,
    board: Board,
    epoch: u64,
    /// Snapshot parts that the store holds.
    stored: BTreeSet<String>,
    recording: Option<record::Shared>,
    out: Option<Out>,
}

impl Committer {
    pub fn new(
        plan: Arc<Plan>,
        store: Store,
        checkpoint: Option<&Checkpoint>,
        barriers: Barriers,
        handles: Vec<(String, SourceHandle)>,
        waker: Waker,
        (recording, out): (Option<record::Shared>, Option<Out>),
    ) -> Self {
        let account = checkpoint.map_or_else(Account::default, |checkpoint| Account::from_counts(&checkpoint.counts));
        let stored = checkpoint.map_or_else(BTreeSet::new, |checkpoint| {
            checkpoint.snapshot.iter().map(|(name, _)| name.clone()).collect()
        });
        let epoch = checkpoint.map_or(0, |checkpoint| checkpoint.epoch);
        let board = Board::new(account.clone());
        Self { plan, store, barriers, handles, waker, account, board, epoch, stored, recording, out }
    }

    /// The same, told to `watch` too.
    pub fn watched(mut self, watch: Watch) -> Self {
        self.board = self.board.watched(watch);
        self
    }

    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Commits one epoch.
    pub fn take(&mut self, epoch: Epoch) -> Result<(), StoreError> {
        let number = epoch.epoch.unwrap_or(self.epoch + 1);
        let reached = self.barriers.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        let reached = reached.unwrap_or_default();
        let mut commit = self.lay_out(number, &epoch, &reached)?;
        commit.counts.extend(record::counts(self.recording.is_some().then_some(reached.recorded)));
        if let Some(out) = &mut self.out {
            out.epoch(&epoch, &self.plan);
            commit.counts.extend(out.sync()?);
        } else {
            commit.counts.push(out::without());
        }
        let messages = commit.messages.len();
        let began = Instant::now();
        self.store.commit(&commit)?;
        self.board.watch().committed(number, &epoch, now(), began.elapsed());
        log(number, &epoch);
        self.epoch = number;
        if let Some(parts) = commit.snapshot {
            self.stored = parts.into_iter().map(|part| part.name).collect();
        }
        self.board.committed(&self.account);
        for (name, handle) in self.handles.iter().filter(|_| !reached.again) {
            // With the cursor that it goes on behind a source has given out nothing yet.
            if let Some(cursor) = reached.cursors.get(name)
                && handle.status().committed.as_ref() != Some(cursor)
                && let Err(error) = handle.commit(cursor)
            {
                tracing::warn!(source = %name, %error, "the source does not know this cursor");
            }
        }
        if messages > 0 {
            self.waker.wake();
        }
        if let Some(recording) = &self.recording {
            recording.lock().unwrap_or_else(PoisonError::into_inner).committed(epoch.snapshot.as_ref())?;
        }
        self.file_mentions(Filing::USUAL)
    }

    /// The run is over: nothing waits for a fuller file any more.
    pub fn close(&self) -> Result<(), StoreError> {
        self.file_mentions(Filing::ALL)
    }

    fn file_mentions(&self, filing: Filing) -> Result<(), StoreError> {
        self.store.file_mentions(now(), filing).map(|_| ())
    }

    fn lay_out(&mut self, number: u64, epoch: &Epoch, reached: &Reached) -> Result<EpochCommit, StoreError> {
        let mut messages = Vec::new();
        let mut audit = Vec::new();
        for transition in &epoch.transitions {
            let routed = route(&self.plan, transition);
            for team in &routed.teams {
                audit.push(AuditEntry {
                    kind: "routed".to_owned(),
                    subject: transition.incident.0.clone(),
                    detail: format!("transition {} to team {}", transition.number, team.team),
                });
            }
            for message in &routed.messages {
                messages.push(MessageRow::of(message)?);
                if let Some(out) = &mut self.out {
                    out.message(message);
                }
            }
            match transition.kind {
                TransitionKind::Opened => self.account.incidents_opened += 1,
                TransitionKind::Cleared => self.account.incidents_cleared += 1,
                TransitionKind::SeverityChanged { .. } => {}
            }
        }
        for stalled in &reached.stalled {
            audit.push(AuditEntry {
                kind: "source.stalled".to_owned(),
                subject: stalled.source.clone(),
                detail: serde_json::json!({"silent_s": stalled.silent.as_secs(), "usual_s": stalled.usual.as_secs()})
                    .to_string(),
            });
        }
        self.account.add(&epoch.counts, &self.plan);
        self.account.gaps += reached.gaps.len() as u64;
        self.account.messages += messages.len() as u64;
        self.account.epochs += 1;
        let at = now();
        Ok(EpochCommit {
            epoch: number,
            at,
            cursors: reached.cursors.iter().filter_map(|(source, cursor)| cursor_row(source, cursor)).collect(),
            snapshot: epoch.snapshot.as_ref().map(|snapshot| self.parts(snapshot)).transpose()?,
            transitions: epoch.transitions.iter().map(TransitionRow::of).collect::<Result<_, _>>()?,
            messages,
            mentions: epoch.mentions.iter().map(|mention| self.mention(mention)).collect(),
            gaps: reached.gaps.iter().map(|gap| gap_row(gap, at)).collect(),
            counts: self.account.to_counts(),
            audit,
        })
    }

    fn mention(&self, mention: &mon_engine::Mention) -> Mention {
        let monitor = self.plan.monitors.get(mention.monitor as usize);
        let fields = monitor.into_iter().flat_map(|monitor| &monitor.by).filter_map(|field| field.get());
        let key: serde_json::Map<String, serde_json::Value> = fields
            .zip(&mention.key)
            .map(|(field, value)| (field.name.to_owned(), value.clone().map_or(serde_json::Value::Null, Into::into)))
            .collect();
        let details = mention.details.as_deref().cloned().unwrap_or_default();
        Mention {
            post: mention.post.clone(),
            monitor: monitor.map_or_else(String::new, |monitor| monitor.name.clone()),
            at: mention.at,
            key: if key.is_empty() { String::new() } else { serde_json::Value::Object(key).to_string() },
            platform: details.platform,
            lang: details.lang,
            author: details.author,
            url: details.url,
            text: details.text,
        }
    }

    fn parts(&self, snapshot: &Snapshot) -> Result<Vec<SnapshotPart>, StoreError> {
        let lost = |error| StoreError::from_io(self.store.folder(), &error);
        let part = |part: &mon_engine::Part| {
            let new = !self.stored.contains(&part.name);
            let bytes = new.then(|| part.bytes().map(|bytes| bytes.to_vec())).transpose().map_err(lost)?;
            Ok(SnapshotPart { name: part.name.clone(), bytes })
        };
        snapshot.parts.iter().map(part).collect()
    }
}

/// What an epoch changed, for the log.
fn log(number: u64, epoch: &Epoch) {
    for step in &epoch.transitions {
        let (monitor, incident, severity) = (&step.monitor, &step.incident.0, step.severity.name());
        match &step.kind {
            TransitionKind::Opened => tracing::info!(epoch = number, monitor, incident, severity, "incident opened"),
            TransitionKind::Cleared => tracing::info!(epoch = number, monitor, incident, severity, "incident cleared"),
            TransitionKind::SeverityChanged { from } => {
                tracing::info!(epoch = number, monitor, incident, severity, from = from.name(), "severity changed");
            }
        }
    }
    let (posts, mentions) = (epoch.counts.read, epoch.mentions.len());
    tracing::debug!(epoch = number, posts, mentions, "epoch committed");
}

fn cursor_row(source: &str, cursor: &mon_sources::Cursor) -> Option<CursorRow> {
    let cursor = serde_json::to_string(cursor).ok()?;
    Some(CursorRow { source: source.to_owned(), partition: WHOLE.to_owned(), cursor })
}

fn gap_row(gap: &Gap, at: i64) -> GapRow {
    let token =
        |cursor: &Option<mon_sources::Cursor>| cursor.as_ref().map_or("the start", |c| c.token.as_str()).to_owned();
    GapRow {
        source: gap.source.to_string(),
        partition: WHOLE.to_owned(),
        from: at,
        to: gap.to.is_some().then_some(at),
        lost: None,
        reason: format!("{} (from {} to {})", gap.why.words(), token(&gap.from), token(&gap.to)),
    }
}

/// Wall clock, microseconds since 1970 UTC.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
