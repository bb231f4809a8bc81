//! Incidents and what happens to them, as plain data.

use mon_compiler::plan::{Severity, ValuesOrder};
use serde::{Deserialize, Serialize};

/// blake3-128 of (monitor name, group key, opening window end), lower-case hex: the same posts give the same id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub String);

/// blake3-128 of (incident, transition number, team, method), lower-case hex: the idempotency key of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotificationId(pub String);

/// One window of one monitor and group, closed. `values` has a number for each measure of the monitor, or None
/// where the measure is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Index into the plan's monitors.
    pub monitor: u32,
    /// One value for each `by` field, None where the posts did not tell it.
    pub key: Vec<Option<String>>,
    /// Event time, microseconds since 1970 UTC, half open.
    pub window_start: i64,
    pub window_end: i64,
    pub values: Vec<Option<f64>>,
    /// The posts to show, best first, as the monitor's `show` asks.
    pub evidence: Vec<Evidence>,
    /// The values to show, one list for each that the monitor's `show` asks for; none of a window without posts.
    pub shown: Vec<ShownValues>,
}

/// Values shown in a message, those of most posts first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownValues {
    pub order: ValuesOrder,
    /// Of what, as the rule names it: `link.domain`.
    pub of: String,
    pub values: Vec<ShownValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownValue {
    pub value: String,
    /// Posts of the window that have it.
    pub posts: u64,
}

/// A post shown in a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub post: String,
    pub url: Option<String>,
    pub text: String,
    pub at: i64,
    /// Value of the field that `show` orders by.
    pub rank: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransitionKind {
    Opened,
    /// The severity rose or fell while firing.
    SeverityChanged {
        from: Severity,
    },
    Cleared,
}

/// A step in an incident's life: what is stored, audited and routed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    pub incident: IncidentId,
    /// 0 is the opening.
    pub number: u32,
    #[serde(flatten)]
    pub kind: TransitionKind,
    pub monitor: String,
    /// Field name and value, in the monitor's `by` order.
    pub key: Vec<(String, Option<String>)>,
    /// Event time at which it happened: the end of the window that decided it.
    pub at: i64,
    pub opened_at: i64,
    pub severity: Severity,
    /// Every severity that the incident has had up to now, `severity` too, lowest first, without repeats: whoever was
    /// told at one of them is told how it goes on.
    #[serde(default)]
    pub levels: Vec<Severity>,
    /// Measure name and value.
    pub measures: Vec<(String, Option<f64>)>,
    pub evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<ShownValues>,
}

/// What one method of one team is told about one transition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: NotificationId,
    pub incident: IncidentId,
    pub transition: u32,
    /// `incident.opened`, `incident.changed`, `incident.cleared`.
    pub event: String,
    pub monitor: String,
    pub severity: Severity,
    pub team: String,
    pub method: String,
    /// Event time of the transition.
    pub at: i64,
    /// Not to be sent before this event time (`after 2m`); equal to `at` for `at once`.
    pub due: i64,
    pub title: String,
    pub body: String,
}
