//! The parts of a snapshot that hold what is known of values: one for each measure and day, written again where a value came or
//! went, and one for all else.

use serde::{Deserialize, Serialize};

use super::{Known, Novelty, Tracker};
use crate::error::EngineError;
use crate::history::{Key, part};
use crate::snapshot::{Part, Snapshot};

const STATE: &str = "novelty/state";
const DAY: &str = "novelty/day";

#[derive(Serialize, Deserialize)]
struct SavedState {
    monitor: String,
    measures: Vec<SavedMeasure>,
}

#[derive(Serialize, Deserialize)]
struct SavedMeasure {
    fingerprint: String,
    since: Option<i64>,
    blind_until: i64,
}

#[derive(Serialize, Deserialize)]
struct SavedDay {
    monitor: String,
    fingerprint: String,
    day: i64,
    /// Hashes, with the ends of the first windows that had them.
    keys: Vec<(Key, Vec<(u64, i64)>)>,
}

impl Novelty {
    pub(crate) fn save(&mut self, parts: &mut Vec<Part>) -> Result<(), EngineError> {
        let measure = |tracker: &Tracker| SavedMeasure {
            fingerprint: tracker.fingerprint.clone(),
            since: tracker.since,
            blind_until: tracker.blind_until,
        };
        let measures = self.trackers.iter().map(measure).collect();
        parts.push(part(STATE, &SavedState { monitor: self.monitor.clone(), measures })?);
        for tracker in &mut self.trackers {
            let stale = tracker.days.iter().filter(|(_, part)| part.is_none()).map(|(day, _)| *day);
            for day in stale.collect::<Vec<_>>() {
                let part = tracker.day(&self.monitor, day)?;
                tracker.days.insert(day, Some(part));
            }
            parts.extend(tracker.days.values().flatten().cloned());
        }
        Ok(())
    }

    /// Puts back what the monitor of the same name saved, of measures that are the same; others begin anew.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        for (_, part) in snapshot.under(STATE) {
            let saved: SavedState = part.json()?;
            for tracker in self.trackers.iter_mut().filter(|_| saved.monitor == self.monitor) {
                let found = saved.measures.iter().find(|saved| saved.fingerprint == tracker.fingerprint);
                if let Some(found) = found {
                    (tracker.since, tracker.blind_until) = (found.since, found.blind_until);
                }
            }
        }
        for (_, part) in snapshot.under(DAY) {
            let saved: SavedDay = part.json()?;
            if saved.monitor != self.monitor {
                continue;
            }
            for tracker in self.trackers.iter_mut().filter(|tracker| tracker.fingerprint == saved.fingerprint) {
                for (key, values) in &saved.keys {
                    let known = tracker.keys.entry(key.clone()).or_default();
                    known.extend(values.iter().map(|(hash, first)| (*hash, Known { first: *first, day: saved.day })));
                    tracker.kept += values.len();
                }
                tracker.days.insert(saved.day, Some(part.clone()));
            }
        }
        Ok(())
    }
}

impl Tracker {
    fn day(&self, monitor: &str, day: i64) -> Result<Part, EngineError> {
        let keys = self.keys.iter().map(|(key, values)| {
            let of_day = values.iter().filter(|(_, known)| known.day == day);
            let mut values: Vec<(u64, i64)> = of_day.map(|(hash, known)| (*hash, known.first)).collect();
            values.sort_unstable();
            (key.clone(), values)
        });
        let keys = keys.filter(|(_, values)| !values.is_empty()).collect();
        let (monitor, fingerprint) = (monitor.to_owned(), self.fingerprint.clone());
        part(DAY, &SavedDay { monitor, fingerprint, day, keys })
    }
}
