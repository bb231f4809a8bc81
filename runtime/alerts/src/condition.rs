//! The condition machine: pending, firing, clearing, cleared, one for each monitor and group key. It is a pure
//! function from a state and a closed window to the next state and its transitions; time is the windows' own.
//!
//! ```text
//!              `when` is true                  held for `for`
//!   (nothing) ───────────────► pending ───────────────────────► firing ◄──────────┐
//!       ▲                         │ not true                      │ clear holds    │ clear stops holding
//!       ├─────────────────────────┘                               ▼                │
//!       └──────────────────────────────────────────────────── clearing ────────────┘
//!                        held for `clear … for`
//! ```
//!
//! With `cooldown` a key that has cleared is not quiet at once but cooling: `when` is watched, and opens nothing before the
//! time is over.

use mon_compiler::plan::{AlertPlan, MonitorPlan, Severity};
use serde::{Deserialize, Serialize};

use crate::model::{Evaluation, IncidentId, Transition, TransitionKind};

/// What the machine asks about a window's measures. The answer is three-valued; None is unknown, which is not true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// The alert's `when`.
    When,
    /// The alert's `clear when`; only asked where the alert has one.
    Clear,
    /// The condition of this row of `severity { … }`; only asked where the row has one.
    Severity(usize),
}

/// Answers a monitor's questions about the values of one window, one value for each measure. Machine code and
/// interpreter both stand behind it; a closure will do.
pub trait Judge {
    fn truth(&self, question: Question, values: &[Option<f64>]) -> Option<bool>;
}

impl<F: Fn(Question, &[Option<f64>]) -> Option<bool>> Judge for F {
    fn truth(&self, question: Question, values: &[Option<f64>]) -> Option<bool> {
        self(question, values)
    }
}

/// Where the condition of one (monitor, key) stands. A key without a track is quiet: neither pending nor firing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Track {
    /// `when` has been true since the window that ended then.
    Pending { since: i64 },
    /// An incident is open.
    Firing { open: Open },
    /// An incident is open, and its clear condition has held since the window that ended then.
    Clearing { open: Open, since: i64 },
    /// An incident has cleared, and none opens before `until`. `when` has been true since the window that ended at `since`.
    Cooling { until: i64, since: Option<i64> },
}

/// An open incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub incident: IncidentId,
    /// End of the window that opened it.
    pub opened_at: i64,
    pub severity: Severity,
    /// Every severity that it has had, lowest first, without repeats.
    pub levels: Vec<Severity>,
    /// Number of the next transition.
    pub next: u32,
}

impl Track {
    /// The open incident, if there is one.
    #[must_use]
    pub const fn open(&self) -> Option<&Open> {
        match self {
            Self::Pending { .. } | Self::Cooling { .. } => None,
            Self::Firing { open } | Self::Clearing { open, .. } => Some(open),
        }
    }
}

/// The outcome of one closed window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// None: nothing is pending or open any more.
    pub track: Option<Track>,
    /// In the order in which they happened; an incident that opens and clears in one window has both.
    pub transitions: Vec<Transition>,
}

/// The identifier of the incident that a window opens: the same posts give the same one, in any run.
#[must_use]
pub fn incident_id(monitor: &str, key: &[Option<String>], opened_at: i64) -> IncidentId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"incident\0");
    hash_text(&mut hasher, monitor);
    for value in key {
        match value {
            None => {
                hasher.update(&[0]);
            }
            Some(text) => {
                hasher.update(&[1]);
                hash_text(&mut hasher, text);
            }
        }
    }
    hasher.update(&opened_at.to_le_bytes());
    let mut short = [0; 16];
    hasher.finalize_xof().fill(&mut short);
    IncidentId(format!("{:032x}", u128::from_be_bytes(short)))
}

/// Lengths before contents, so that no two different rows of texts hash alike.
fn hash_text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// Takes one closed window into account. Windows of a key come in the order of their ends. A monitor without an
/// alert has no track and no transitions.
///
/// The severity is judged at every window while the incident is firing, and rests while it is clearing: a crisis
/// that fades says so once. Where no row of `severity` is true the lowest level that it lists counts, and `medium`
/// where the monitor lists none.
///
/// An incident of a session or a pattern ends by itself, [`mon_compiler::plan::Borders::incident_micros`] after the last window
/// of its key for which `when` was true: until then its track is clearing. Sessions end further apart than that, so an incident is
/// about one of them alone.
#[must_use]
pub fn step(monitor: &MonitorPlan, judge: &impl Judge, before: Option<Track>, window: &Evaluation) -> Step {
    let Some(alert) = &monitor.alert else { return Step::default() };
    let mut turn = Turn { monitor, alert, judge, window, transitions: Vec::new() };
    let track = match before {
        None => turn.rest(None, None),
        Some(Track::Pending { since }) => turn.rest(Some(since), None),
        Some(Track::Cooling { until, since }) => {
            turn.rest(since, Some(until).filter(|until| *until > window.window_end))
        }
        Some(Track::Firing { open }) => turn.fire(open, None),
        Some(Track::Clearing { open, since }) => turn.fire(open, Some(since)),
    };
    Step { track, transitions: turn.transitions }
}

struct Turn<'a, J> {
    monitor: &'a MonitorPlan,
    alert: &'a AlertPlan,
    judge: &'a J,
    window: &'a Evaluation,
    transitions: Vec<Transition>,
}

impl<J: Judge> Turn<'_, J> {
    fn holds(&self, question: Question) -> bool {
        self.judge.truth(question, &self.window.values) == Some(true)
    }

    fn lasted(&self, since: i64, now: i64) -> i64 {
        self.monitor.window.map_or_else(|| now.saturating_sub(since), |window| window.borders.lasted(since, now))
    }

    /// No incident is open; `when`, if it is true, has been so since then. None opens while the key is cooling.
    fn rest(&mut self, since: Option<i64>, cooling: Option<i64>) -> Option<Track> {
        let now = self.window.window_end;
        let since = if self.holds(Question::When) { Some(since.unwrap_or(now)) } else { None };
        if let Some(until) = cooling {
            return Some(Track::Cooling { until, since });
        }
        let since = since?;
        if self.lasted(since, now) < self.alert.hold_micros {
            return Some(Track::Pending { since });
        }
        let incident = incident_id(&self.monitor.name, &self.window.key, now);
        let severity = self.severity();
        let mut open = Open { incident, opened_at: now, severity, levels: vec![severity], next: 0 };
        self.tell(&mut open, TransitionKind::Opened);
        // A `clear when` that is already true is a contradiction in the rule; it clears at a later window.
        Some(Track::Firing { open })
    }

    fn fire(&mut self, mut open: Open, clearing_since: Option<i64>) -> Option<Track> {
        if let Some(micros) = self.monitor.window.and_then(|window| window.borders.incident_micros()) {
            return self.fire_alone(open, clearing_since, micros);
        }
        let now = self.window.window_end;
        let clear = match self.alert.clear {
            Some(_) => self.holds(Question::Clear),
            None => !self.holds(Question::When),
        };
        if clear {
            let since = clearing_since.unwrap_or(now);
            if self.lasted(since, now) < self.alert.clear_hold_micros {
                return Some(Track::Clearing { open, since });
            }
            self.tell(&mut open, TransitionKind::Cleared);
            let until = now.saturating_add(self.alert.cooldown_micros);
            return (until > now).then_some(Track::Cooling { until, since: None });
        }
        self.follow_severity(&mut open);
        Some(Track::Firing { open })
    }

    /// An incident that ends by itself so long after the last window that raised it.
    fn fire_alone(&mut self, mut open: Open, clearing_since: Option<i64>, micros: i64) -> Option<Track> {
        let now = self.window.window_end;
        let since = clearing_since.unwrap_or(open.opened_at);
        if now.saturating_sub(since) >= micros {
            self.tell(&mut open, TransitionKind::Cleared);
            return None;
        }
        if !self.holds(Question::When) {
            return Some(Track::Clearing { open, since });
        }
        self.follow_severity(&mut open);
        Some(Track::Clearing { open, since: now })
    }

    fn follow_severity(&mut self, open: &mut Open) {
        let severity = self.severity();
        if severity != open.severity {
            let from = std::mem::replace(&mut open.severity, severity);
            if let Err(at) = open.levels.binary_search(&severity) {
                open.levels.insert(at, severity);
            }
            self.tell(open, TransitionKind::SeverityChanged { from });
        }
    }

    fn severity(&self) -> Severity {
        let rows = &self.monitor.severity;
        rows.iter()
            .enumerate()
            .find(|(at, row)| row.when.is_none() || self.holds(Question::Severity(*at)))
            .map(|(_, row)| row.level)
            .or_else(|| rows.iter().map(|row| row.level).min())
            .unwrap_or(Severity::Medium)
    }

    fn tell(&mut self, open: &mut Open, kind: TransitionKind) {
        let names = self.monitor.by.iter().map(|id| id.get().map_or("", |field| field.name).to_owned());
        let measures = self.monitor.measures.iter().map(|measure| measure.name.clone());
        self.transitions.push(Transition {
            incident: open.incident.clone(),
            number: open.next,
            kind,
            monitor: self.monitor.name.clone(),
            key: names.zip(self.window.key.iter().cloned()).collect(),
            at: self.window.window_end,
            opened_at: open.opened_at,
            severity: open.severity,
            levels: open.levels.clone(),
            measures: measures.zip(self.window.values.iter().copied()).collect(),
            evidence: self.window.evidence.clone(),
            shown: self.window.shown.clone(),
        });
        open.next += 1;
    }
}

#[cfg(test)]
mod tests;
