//! Messages on their way to people. A row is claimed, sent by somebody else, and settled; the order of an incident's
//! messages at one target is kept because only the first unsettled one can be claimed.

use rusqlite::{Row, Transaction, params};

use crate::audit::Appender;
use crate::store::Fault;
use crate::{Store, StoreError};

/// One method of one team: messages to it share a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    pub team: String,
    pub method: String,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    Pending,
    Sending,
    Sent,
    /// It may have arrived and must not be repeated unasked, or nothing sends by its method any more.
    Held,
    /// Refused, or not taken before its deadline.
    Dead,
}

impl OutboxState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Sending, Self::Sent, Self::Held, Self::Dead];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Held => "held",
            Self::Dead => "dead",
        }
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A message that is now being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The idempotency key: the same at every attempt.
    pub id: String,
    pub target: Target,
    /// The message as JSON.
    pub message: String,
    /// 1 is the first.
    pub attempt: u32,
    /// How many earlier attempts may have arrived without our knowing.
    pub unsure: u32,
    /// What an earlier attempt got done, in the channel's own words.
    pub progress: Option<String>,
    /// The remote reference of the first message of this incident to this target.
    pub thread: Option<String>,
    /// When it could be sent for the first time: its due time or its commit, whichever is later. Microseconds.
    pub ready_at: i64,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    /// It arrived; `remote` is how the other side calls it.
    Sent {
        remote: Option<String>,
    },
    /// To be tried again at this time. `unsure`: it may have arrived all the same.
    Retry {
        at: i64,
        error: String,
        progress: Option<String>,
        unsure: bool,
    },
    Held {
        error: String,
    },
    Dead {
        error: String,
    },
}

/// A row of the outbox, to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub id: String,
    pub incident: String,
    pub transition: u32,
    pub event: String,
    pub target: Target,
    pub state: OutboxState,
    pub attempts: u32,
    pub next_attempt_at: i64,
    pub last_error: Option<String>,
    pub remote: Option<String>,
    pub message: String,
}

/// How many messages stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    pub pending: u64,
    pub sending: u64,
    pub sent: u64,
    pub held: u64,
    pub dead: u64,
}

impl OutboxCounts {
    /// Messages in one state.
    #[must_use]
    pub const fn of(&self, state: OutboxState) -> u64 {
        match state {
            OutboxState::Pending => self.pending,
            OutboxState::Sending => self.sending,
            OutboxState::Sent => self.sent,
            OutboxState::Held => self.held,
            OutboxState::Dead => self.dead,
        }
    }

    /// Messages that are neither sent nor given up.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.pending + self.sending
    }
}

/// The first unsettled message of its (target, incident): held and dead ones do not stand in the way.
const CLAIMABLE: &str = "
SELECT id, message, attempts + 1, unsure, progress, max(due, created_at),
  (SELECT s.remote FROM outbox s WHERE s.incident = o.incident AND s.team = o.team AND s.method = o.method
     AND s.state = 'sent' AND s.remote IS NOT NULL ORDER BY s.transition_no LIMIT 1)
FROM outbox o
WHERE state = 'pending' AND team = ?1 AND method = ?2 AND next_attempt_at <= ?3
  AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.incident = o.incident AND e.team = o.team AND e.method = o.method
    AND e.transition_no < o.transition_no AND e.state IN ('pending', 'sending'))
ORDER BY urgency DESC, next_attempt_at, transition_no LIMIT ?4";

impl Store {
    /// Targets for which messages wait.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn waiting_targets(&self) -> Result<Vec<Target>, StoreError> {
        self.read(|db| {
            let mut select =
                db.prepare_cached("SELECT DISTINCT team, method FROM outbox WHERE state = 'pending' ORDER BY 1, 2")?;
            let targets = select.query_map((), |row| Ok(Target { team: row.get(0)?, method: row.get(1)? }))?;
            Ok(targets.collect::<Result<_, _>>()?)
        })
    }

    /// Takes messages that are due, the most severe first, up to the given number for each target.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn claim(&self, now: i64, wanted: &[(Target, usize)]) -> Result<Vec<Claimed>, StoreError> {
        self.write(|t| {
            let mut claimed = Vec::new();
            let mut select = t.prepare_cached(CLAIMABLE)?;
            let mut update =
                t.prepare_cached("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?1")?;
            for (target, most) in wanted {
                let most = i64::try_from(*most).unwrap_or(i64::MAX);
                let rows =
                    select.query_map(params![target.team, target.method, now, most], |row| claim(row, target))?;
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                for row in &rows {
                    update.execute([&row.id])?;
                }
                claimed.extend(rows);
            }
            Ok(claimed)
        })
    }

    /// The next time after `now` at which a waiting message becomes due.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn next_due(&self, now: i64) -> Result<Option<i64>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT min(next_attempt_at) FROM outbox WHERE state = 'pending' AND next_attempt_at > ?1",
            )?;
            Ok(select.query_row([now], |row| row.get(0))?)
        })
    }

    /// Writes down what became of claimed messages, and the audit rows for it. A message that is not being sent is left
    /// as it is.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn settle(&self, now: i64, outcomes: &[(String, Settle)]) -> Result<(), StoreError> {
        self.write(|t| {
            let mut log = Appender::begin(t, now)?;
            for (id, outcome) in outcomes {
                settle(t, &mut log, now, id, outcome)?;
            }
            log.finish()
        })
    }

    /// Sends a held or dead message again, at once.
    ///
    /// # Errors
    /// [`StoreError::UnknownMessage`] where no held or dead message has the id.
    pub fn retry(&self, now: i64, id: &str) -> Result<(), StoreError> {
        self.write(|t| {
            let changed = t.execute(
                "UPDATE outbox SET state = 'pending', next_attempt_at = ?2, created_at = ?2, unsure = 0, settled_at = NULL
                 WHERE id = ?1 AND state IN ('held', 'dead')",
                params![id, now],
            )?;
            if changed == 0 {
                return Err(StoreError::UnknownMessage { id: id.to_owned() }.into());
            }
            let mut log = Appender::begin(t, now)?;
            log.add("message.asked_again", id, "")?;
            log.finish()
        })
    }

    /// Up to `limit` messages, oldest first; all states or one.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn outbox(&self, state: Option<OutboxState>, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(
                "SELECT id, incident, transition_no, event, team, method, state, attempts, next_attempt_at, last_error,
                   remote, message
                 FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY created_at, due, transition_no, id LIMIT ?2",
            )?;
            let rows = select.query_map(params![state.map(OutboxState::name), limit], outbox_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// # Errors
    /// The folder cannot be read.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        self.read(|db| {
            let mut counts = OutboxCounts::default();
            let mut select = db.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
            let mut rows = select.query(())?;
            while let Some(row) = rows.next()? {
                let number = row.get(1)?;
                match OutboxState::find(&row.get::<_, String>(0)?) {
                    Some(OutboxState::Pending) => counts.pending = number,
                    Some(OutboxState::Sending) => counts.sending = number,
                    Some(OutboxState::Sent) => counts.sent = number,
                    Some(OutboxState::Held) => counts.held = number,
                    Some(OutboxState::Dead) => counts.dead = number,
                    None => {}
                }
            }
            Ok(counts)
        })
    }
}

fn claim(row: &Row<'_>, target: &Target) -> rusqlite::Result<Claimed> {
    Ok(Claimed {
        id: row.get(0)?,
        target: target.clone(),
        message: row.get(1)?,
        attempt: row.get(2)?,
        unsure: row.get(3)?,
        progress: row.get(4)?,
        ready_at: row.get(5)?,
        thread: row.get(6)?,
    })
}

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.get(0)?,
        incident: row.get(1)?,
        transition: row.get(2)?,
        event: row.get(3)?,
        target: Target { team: row.get(4)?, method: row.get(5)? },
        state: OutboxState::find(&row.get::<_, String>(6)?).unwrap_or(OutboxState::Dead),
        attempts: row.get(7)?,
        next_attempt_at: row.get(8)?,
        last_error: row.get(9)?,
        remote: row.get(10)?,
        message: row.get(11)?,
    })
}

fn settle(t: &Transaction<'_>, log: &mut Appender<'_>, now: i64, id: &str, outcome: &Settle) -> Result<(), Fault> {
    let mut update = t.prepare_cached(
        "UPDATE outbox SET state = ?2, next_attempt_at = coalesce(?3, next_attempt_at), last_error = ?4,
           progress = coalesce(?5, progress), unsure = unsure + ?6, remote = coalesce(?7, remote), settled_at = ?8
         WHERE id = ?1 AND state = 'sending'",
    )?;
    let (changed, kind, detail) = match outcome {
        Settle::Sent { remote } => {
            let none = None::<&str>;
            let row = params![id, "sent", None::<i64>, none, none, 0, remote, now];
            (update.execute(row)?, "message.sent", serde_json::json!({"remote": remote}))
        }
        Settle::Retry { at, error, progress, unsure } => {
            let row = params![id, "pending", at, error, progress, unsure, None::<&str>, None::<i64>];
            let detail = serde_json::json!({"error": error, "next": at, "unsure": unsure});
            (update.execute(row)?, "message.postponed", detail)
        }
        Settle::Held { error } | Settle::Dead { error } => {
            let dead = matches!(outcome, Settle::Dead { .. });
            let (state, kind) = if dead { ("dead", "message.dead") } else { ("held", "message.held") };
            let row = params![id, state, None::<i64>, error, None::<&str>, 0, None::<&str>, now];
            (update.execute(row)?, kind, serde_json::json!({"error": error}))
        }
    };
    if changed > 0 {
        log.add(kind, id, &detail.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
