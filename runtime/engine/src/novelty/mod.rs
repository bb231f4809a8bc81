//! Which values are new: what each group's windows had, as hashes, with the day on which it was there last.
//!
//! ```text
//! Novelty (monitor) ── Tracker of a measure ── key ── value ─ first   end of the first window that had it
//!                        │                                  └ day     of the last one
//!                        └─ days   a part of a snapshot each, written again where a value came or went
//! ```

mod save;

use std::collections::BTreeMap;

use mon_alerts::{Evaluation, ShownValue};
use mon_compiler::history::DAY_MICROS;
use mon_compiler::plan::{AggregateArg, AggregatePlan, MeasureKind, MonitorPlan, ValuesOrder, WindowPlan};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::history::{self, Key};
use crate::layout::{spell, spell_window};
use crate::snapshot::Part;

/// A value that posts of a window have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) hash: u64,
    /// The value and its posts, where it has enough of them.
    pub(crate) told: Option<(String, u64)>,
}

/// The measures of a monitor that tell new values, with their places.
pub(crate) fn measures(monitor: &MonitorPlan) -> impl Iterator<Item = (usize, &AggregatePlan)> {
    monitor.measures.iter().enumerate().filter_map(|(at, measure)| match &measure.kind {
        MeasureKind::Aggregate(plan) if plan.function == "new_values" => Some((at, plan)),
        _ => None,
    })
}

/// What one monitor remembers.
pub(crate) struct Novelty {
    monitor: String,
    trackers: Vec<Tracker>,
}

/// What one measure remembers.
struct Tracker {
    /// Its place among the measures of the monitor.
    at: usize,
    over_micros: i64,
    values_max: usize,
    /// What was saved under it fits.
    fingerprint: String,
    /// When the first window began.
    since: Option<i64>,
    /// Up to here it does not know all that was there.
    blind_until: i64,
    keys: BTreeMap<Key, FxHashMap<u64, Known>>,
    /// Values of all keys.
    kept: usize,
    /// The days on which values were there last, with their parts; None where one came or went since.
    days: BTreeMap<i64, Option<Part>>,
}

#[derive(Clone, Copy)]
struct Known {
    first: i64,
    day: i64,
}

/// What a tracker tells of a window.
#[derive(Default)]
struct Told {
    /// None where it is absent.
    new: Option<Vec<ShownValue>>,
    unkept: u64,
}

impl Novelty {
    /// None where a monitor has no such measure.
    pub(crate) fn of(monitor: &MonitorPlan, values_max: usize) -> Option<Self> {
        let window = monitor.window?;
        let tracker = |(at, plan): (usize, &AggregatePlan)| {
            let over = plan.args.iter().find_map(|arg| match arg {
                AggregateArg::Number(over) => Some(*over as i64),
                _ => None,
            });
            Tracker {
                at,
                over_micros: over.unwrap_or_default(),
                values_max,
                fingerprint: history::hash(&format!("{} {:?} {}", spell_window(window), monitor.by, spell(plan))),
                since: None,
                blind_until: i64::MIN,
                keys: BTreeMap::new(),
                kept: 0,
                days: BTreeMap::new(),
            }
        };
        let trackers: Vec<Tracker> = measures(monitor).map(tracker).collect();
        (!trackers.is_empty()).then(|| Self { monitor: monitor.name.clone(), trackers })
    }

    /// Puts the measures and the lists of new values into a window, and remembers its values: a list for each measure, or none in a
    /// window without posts. Where they are not given, as in windows that are judged again, the measures stay as they are. Gives
    /// how many values could not be kept.
    pub(crate) fn tell(
        &mut self,
        monitor: &MonitorPlan,
        plan: WindowPlan,
        window: &mut Evaluation,
        seen: Option<&[Vec<Seen>]>,
        is_group: bool,
    ) -> u64 {
        let mut unkept = 0;
        for (place, tracker) in self.trackers.iter_mut().enumerate() {
            tracker.since.get_or_insert(history::began(window, plan));
            let seen = match seen {
                Some([]) => continue,
                Some(lists) => lists.get(place).map_or(&[][..], Vec::as_slice),
                None => &[],
            };
            let told = if is_group { tracker.tell(window, seen) } else { tracker.miss(window, seen) };
            unkept += told.unkept;
            if let Some(value) = window.values.get_mut(tracker.at) {
                *value = told.new.as_ref().map(|new| new.len() as f64);
            }
            for (plan, list) in monitor.show_values.iter().zip(&mut window.shown) {
                let asked = plan.order == ValuesOrder::New && plan.measure.is_some_and(|at| at as usize == tracker.at);
                if asked {
                    let new = told.new.iter().flatten().take(plan.count as usize);
                    list.values = new.cloned().collect();
                }
            }
        }
        unkept
    }
}

impl Tracker {
    /// Values of groups that are counted together: what one of them had is not known, so nothing is new for a while.
    fn miss(&mut self, window: &Evaluation, seen: &[Seen]) -> Told {
        if !seen.is_empty() {
            self.blind_until = self.blind_until.max(window.window_end.saturating_add(self.over_micros));
        }
        Told { unkept: seen.len() as u64, ..Told::default() }
    }

    fn tell(&mut self, window: &Evaluation, seen: &[Seen]) -> Told {
        let end = window.window_end;
        let day = end.saturating_sub(1).div_euclid(DAY_MICROS);
        let oldest = end.saturating_sub(self.over_micros).div_euclid(DAY_MICROS);
        self.forget(oldest);
        let warm = self.since.is_some_and(|since| end.saturating_sub(since) >= self.over_micros);
        let knows = warm && end >= self.blind_until;
        let (mut new, mut unkept) = (Vec::new(), 0);
        if !seen.is_empty() && !self.keys.contains_key(&window.key) {
            self.keys.insert(window.key.clone(), FxHashMap::default());
        }
        let Some(values) = self.keys.get_mut(&window.key) else {
            return Told { new: knows.then(Vec::new), unkept };
        };
        for one in seen {
            let first = match values.get_mut(&one.hash) {
                // Of windows that overlap, an older one may have the value already.
                Some(known) => {
                    if known.day < day {
                        self.days.insert(known.day, None);
                        self.days.insert(day, None);
                        known.day = day;
                    }
                    known.first
                }
                None if self.kept < self.values_max => {
                    self.kept += 1;
                    self.days.insert(day, None);
                    values.insert(one.hash, Known { first: end, day });
                    end
                }
                None => {
                    unkept += 1;
                    end
                }
            };
            if first > window.window_start
                && let Some((value, posts)) = &one.told
            {
                new.push(ShownValue { value: value.clone(), posts: *posts });
            }
        }
        if unkept > 0 {
            self.blind_until = self.blind_until.max(end.saturating_add(self.over_micros));
        }
        new.sort_unstable_by(|a, b| b.posts.cmp(&a.posts).then_with(|| a.value.cmp(&b.value)));
        Told { new: knows.then_some(new), unkept }
    }

    /// Lets go of values that were there last before this day.
    fn forget(&mut self, oldest: i64) {
        let mut gone = false;
        while let Some(first) = self.days.first_entry().filter(|first| *first.key() < oldest) {
            first.remove();
            gone = true;
        }
        if gone {
            self.keys.values_mut().for_each(|values| values.retain(|_, known| known.day >= oldest));
            self.keys.retain(|_, values| !values.is_empty());
            self.kept = self.keys.values().map(FxHashMap::len).sum();
        }
    }
}
