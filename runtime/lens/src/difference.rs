//! What differs between two results of one monitor over the same capture: before an edit and after it.

use crate::alerts::Alert;
use crate::capture::{At, Capture, Post};
use crate::look::MonitorLook;

/// Posts and alerts that an edit gains and loses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub gained: u64,
    pub lost: u64,
    /// The first posts that are gained, and that are lost.
    pub gained_posts: Vec<Post>,
    pub lost_posts: Vec<Post>,
    pub alerts: AlertsChanged,
}

/// Alerts that an edit gains and loses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsChanged {
    /// Alerts of a moment and group that there was none of before.
    pub gained: Vec<Alert>,
    /// Those of which there is none any more.
    pub lost: Vec<Alert>,
    /// Alerts of the same moment and group that have another severity: before, after.
    pub regraded: Vec<(Alert, Alert)>,
}

impl AlertsChanged {
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty() && self.regraded.is_empty()
    }
}

impl Difference {
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.gained + self.lost == 0 && self.alerts.is_none()
    }
}

/// Compares two results over one capture, and shows so many posts each way.
#[must_use]
pub fn difference(capture: &Capture, before: &MonitorLook, after: &MonitorLook, show: usize) -> Difference {
    let (gained, gained_posts) = beyond(capture, after, before, show);
    let (lost, lost_posts) = beyond(capture, before, after, show);
    Difference { gained, lost, gained_posts, lost_posts, alerts: between(&before.alerts, &after.alerts) }
}

/// How many posts one has and the other has not, and the first of them.
fn beyond(capture: &Capture, one: &MonitorLook, other: &MonitorLook, show: usize) -> (u64, Vec<Post>) {
    let (mut count, mut shown) = (0, Vec::new());
    for (batch, (own, known)) in (0..).zip(one.found.rows.iter().zip(&other.found.rows)) {
        for row in own.iter().filter(|row| known.binary_search(row).is_err()) {
            count += 1;
            if shown.len() < show {
                shown.extend(capture.post(At { batch, row: *row }));
            }
        }
    }
    (count, shown)
}

/// Which alerts an edit gains and loses.
#[must_use]
pub fn between(before: &[Alert], after: &[Alert]) -> AlertsChanged {
    let same = |one: &Alert, other: &Alert| one.opened_at == other.opened_at && one.group == other.group;
    let beyond = |one: &[Alert], other: &[Alert]| {
        one.iter().filter(|own| !other.iter().any(|known| same(own, known))).cloned().collect()
    };
    let regraded = before.iter().filter_map(|old| {
        let new = after.iter().find(|new| same(old, new))?;
        (new.severity != old.severity).then(|| (old.clone(), new.clone()))
    });
    AlertsChanged { gained: beyond(after, before), lost: beyond(before, after), regraded: regraded.collect() }
}
