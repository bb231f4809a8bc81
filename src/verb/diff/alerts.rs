//! The alerts that the two versions would have raised over the posts, and what differs in them.

use std::sync::Arc;

use mon_compiler::plan::Plan;
use mon_lens::{Alert, AlertsChanged, Capture, LensError, POSTS_MAX, between, raised};
use mon_post::PostBatch;
use serde_json::{Map, Value, json};

use super::Change;
use crate::failure::Failure;
use crate::output::note;
use crate::report::clock;

/// What becomes of the alerts of one monitor.
pub struct Alerts {
    pub before: usize,
    pub after: usize,
    pub changed: AlertsChanged,
}

impl Alerts {
    pub const fn differ(&self) -> bool {
        !self.changed.is_none()
    }

    /// `3 alerts before, 2 after: 1 gained, 2 lost`, or `the same 3 alerts`.
    pub fn summary(&self) -> String {
        let of = |count: usize| if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") };
        if !self.differ() {
            return format!("the same {}", of(self.before));
        }
        let AlertsChanged { gained, lost, regraded } = &self.changed;
        let other = match regraded.len() {
            0 => String::new(),
            count => format!(", {count} of another severity"),
        };
        let (gained, lost) = (gained.len(), lost.len());
        format!("{} before, {} after: {gained} gained, {lost} lost{other}", of(self.before), self.after)
    }

    pub fn json(&self) -> Value {
        let each = |alerts: &[Alert]| alerts.iter().map(|alert| Value::from(object(alert))).collect::<Vec<_>>();
        let regraded = |(old, new): &(Alert, Alert)| {
            let mut told = object(new);
            told.insert("severity_before".to_owned(), json!(old.severity.name()));
            Value::from(told)
        };
        let AlertsChanged { gained, lost, regraded: other } = &self.changed;
        json!({
            "before": self.before,
            "after": self.after,
            "gained": each(gained),
            "lost": each(lost),
            "regraded": other.iter().map(regraded).collect::<Vec<_>>(),
        })
    }
}

fn object(alert: &Alert) -> Map<String, Value> {
    let group: Map<String, Value> = alert.group.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut told = Map::new();
    told.insert("at".to_owned(), json!(mon_post::time::format(alert.opened_at)));
    told.insert("cleared_at".to_owned(), json!(alert.cleared_at.map(mon_post::time::format)));
    told.insert("severity".to_owned(), json!(alert.severity.name()));
    told.insert("group".to_owned(), group.into());
    told
}

/// `2026-11-02 10:05:00, country DE, high`.
pub fn written(alert: &Alert) -> String {
    let mut parts = vec![clock(alert.opened_at)];
    parts.extend(alert.group.iter().map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("not told"))));
    parts.push(alert.severity.name().to_owned());
    parts.join(", ")
}

/// Posts that are kept until all are read: alerts are compared where a version can raise some.
pub struct Kept {
    batches: Vec<PostBatch>,
    posts: usize,
    /// Why alerts are not compared; empty where they are.
    refused: Option<&'static str>,
    wanted: bool,
}

impl Kept {
    pub fn of(plans: [&Plan; 2]) -> Self {
        let raises = |plan: &&Plan| plan.monitors.iter().any(|monitor| monitor.alert.is_some());
        Self { batches: Vec::new(), posts: 0, refused: None, wanted: plans.iter().any(raises) }
    }

    pub fn take(&mut self, batch: PostBatch) {
        if !self.wanted || self.refused.is_some() {
            return;
        }
        self.posts += batch.len();
        if self.posts > POSTS_MAX {
            self.refuse("there are more posts than the limit `capture_posts_max` of 1,000,000");
        } else if (0..batch.len()).any(|row| batch.event_at(row) == 0) {
            self.refuse("some posts tell no time");
        } else {
            self.batches.push(batch);
        }
    }

    fn refuse(&mut self, why: &'static str) {
        self.refused = Some(why);
        self.batches = Vec::new();
    }

    /// Compares the alerts of each monitor that has some to raise.
    pub fn compare(self, plans: [&Arc<Plan>; 2], changes: &mut [Change]) -> Result<(), Failure> {
        if let Some(why) = self.refused {
            note(format_args!("alerts are not compared: {why}"));
            return Ok(());
        }
        if !self.wanted {
            return Ok(());
        }
        let never = || false;
        let Some(capture) = Capture::of(self.batches, &never).map_err(failure)? else { return Ok(()) };
        let of = |plan: &Arc<Plan>| raised(plan, &capture, &never).map_err(failure).map(Option::unwrap_or_default);
        let [old, new] = plans;
        let (before, after) = (of(old)?, of(new)?);
        for change in changes {
            let of = |plan: &Plan, alerts: &[Vec<Alert>]| {
                let at =
                    plan.monitors.iter().position(|monitor| monitor.name == change.name && monitor.alert.is_some());
                at.and_then(|at| alerts.get(at).cloned())
            };
            let (before, after) = (of(old, &before), of(new, &after));
            if before.is_none() && after.is_none() {
                continue;
            }
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let changed = between(&before, &after);
            change.alerts = Some(Alerts { before: before.len(), after: after.len(), changed });
        }
        Ok(())
    }
}

fn failure(error: LensError) -> Failure {
    let help = miette::Diagnostic::help(&error)
        .map_or_else(|| "report the rules and posts that you ran this on".to_owned(), |help| help.to_string());
    Failure::input(&error, help)
}
