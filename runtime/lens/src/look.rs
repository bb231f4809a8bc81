//! The look itself: of each monitor what is known already is taken, what is not is found out, all monitors together in a few passes.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use mon_compiler::plan::{Cond, Place, TermId};
use rustc_hash::FxHashMap;

use crate::alerts::{self, Alert, Alerts, Curve};
use crate::capture::{Capture, Post};
use crate::error::LensError;
use crate::keys::{Key, Keys};
use crate::posts::{self, Posts};
use crate::rules::Rules;
use crate::shape;
use crate::threshold::Target;
use crate::windows::{self, Windows};

/// Looks for which a result is kept that none of them needed: an author goes back and forth between versions.
const LOOKS_KEPT: u64 = 16;

/// What rules do over one capture. It keeps what it found.
#[derive(Debug)]
pub struct Lens {
    capture: Arc<Capture>,
    posts: Store<Posts>,
    windows: Store<Windows>,
    alerts: Store<Alerts>,
    looks: u64,
}

/// How a look ended.
#[derive(Clone, Debug)]
pub enum Seen {
    All(Look),
    /// It was stopped; what it had found by then is kept.
    Cancelled,
}

/// What a look found: one for each monitor, in the order of the plan.
#[derive(Clone, Debug)]
pub struct Look {
    pub monitors: Vec<MonitorLook>,
    /// Monitors whose posts had to be looked at anew, of which windows were measured, and whose alert was judged.
    pub fresh: Fresh,
}

/// How many monitors each step was done for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    pub posts: usize,
    pub windows: usize,
    pub alerts: usize,
}

/// What one monitor would have done.
#[derive(Clone, Debug)]
pub struct MonitorLook {
    pub name: String,
    pub place: Place,
    /// Posts that it matches.
    pub posts: u64,
    /// In the order in which they opened.
    pub alerts: Vec<Alert>,
    /// One for each number of its alert that is compared with a measure, in the order in which they are written.
    pub curves: Vec<Curve>,
    /// One for each place where a term is written that its match uses.
    pub words: Vec<Word>,
    /// One for each part of its match, where it has several.
    pub parts: Vec<Part>,
    pub(crate) found: Arc<Posts>,
}

/// The weight of a term where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub place: Place,
    pub written: String,
    /// It keeps posts out, and takes none.
    pub keeps_out: bool,
    /// Posts that hold it: of those that the monitor matches, or, where it keeps posts out, of those that match all parts without it.
    pub posts: u64,
    /// Posts that are taken, or kept out, because of it alone. None where the match has too many words to find out. 0: it does
    /// nothing.
    pub alone: Option<u64>,
}

/// The nearest misses by one part of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub place: Place,
    /// Posts that match all other parts, and not this one.
    pub posts: u64,
    /// The first of them.
    pub examples: Vec<Post>,
}

/// Results by what they depend on, each with the look that needed it last.
#[derive(Debug)]
struct Store<T>(FxHashMap<Key, (Arc<T>, u64)>);

impl<T> Store<T> {
    fn get(&mut self, key: &Key, look: u64) -> Option<Arc<T>> {
        let (found, last) = self.0.get_mut(key)?;
        *last = look;
        Some(Arc::clone(found))
    }

    fn put(&mut self, key: Key, found: T, look: u64) {
        match self.0.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().1 = look,
            Entry::Vacant(free) => drop(free.insert((Arc::new(found), look))),
        }
    }

    fn forget(&mut self, look: u64) {
        self.0.retain(|_, (_, last)| look.saturating_sub(*last) < LOOKS_KEPT);
    }

    /// The places of those whose key has no result, each key once.
    fn missing<'k>(&mut self, keys: impl Iterator<Item = (usize, &'k Key)>, look: u64) -> Vec<usize> {
        let mut asked: Vec<&Key> = Vec::new();
        let mut missing = Vec::new();
        for (at, key) in keys {
            if self.get(key, look).is_none() && !asked.contains(&key) {
                asked.push(key);
                missing.push(at);
            }
        }
        missing
    }
}

impl Lens {
    #[must_use]
    pub fn new(capture: Arc<Capture>) -> Self {
        let (posts, windows, alerts) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        Self { capture, posts: Store(posts), windows: Store(windows), alerts: Store(alerts), looks: 0 }
    }

    #[must_use]
    pub const fn capture(&self) -> &Arc<Capture> {
        &self.capture
    }

    /// Finds out what the rules do. `stop` is asked between batches, and between the thresholds of a curve.
    ///
    /// # Errors
    /// When the rules cannot be made ready, or a limit of matcher or engine is met.
    pub fn look(&mut self, rules: &Rules, stop: &dyn Fn() -> bool) -> Result<Seen, LensError> {
        self.looks += 1;
        let keys = Keys::of(&rules.plan);
        let Some(fresh) = self.fill(rules, &keys, stop)? else { return Ok(Seen::Cancelled) };
        let monitors = (0..keys.len()).filter_map(|at| self.told(rules, &keys, at)).collect();
        let look = self.looks;
        self.posts.forget(look);
        self.windows.forget(look);
        self.alerts.forget(look);
        Ok(Seen::All(Look { monitors, fresh }))
    }

    /// Finds out what is not known yet. None where it was stopped.
    fn fill(&mut self, rules: &Rules, keys: &[Keys], stop: &dyn Fn() -> bool) -> Result<Option<Fresh>, LensError> {
        let (plan, look) = (&*rules.plan, self.looks);
        let all = || keys.iter().enumerate();
        let unknown = self.posts.missing(all().map(|(at, keys)| (at, &keys.posts)), look);
        let asked: Vec<(usize, &Keys)> = unknown.iter().filter_map(|at| Some((*at, keys.get(*at)?))).collect();
        let Some(found) = posts::find(plan, &asked, &self.capture, stop)? else { return Ok(None) };
        for ((_, keys), found) in asked.iter().zip(found) {
            self.posts.put(keys.posts, found, look);
        }
        // A monitor without an alert measures for nobody.
        let judged: Vec<(usize, &Keys)> = all()
            .filter(|(at, _)| {
                plan.monitors.get(*at).is_some_and(|monitor| monitor.alert.is_some() && monitor.window.is_some())
            })
            .collect();
        let unmeasured = self.windows.missing(judged.iter().map(|(at, keys)| (*at, &keys.windows)), look);
        let mut asked: Vec<(usize, Arc<Posts>)> = Vec::new();
        for at in &unmeasured {
            asked.extend(keys.get(*at).and_then(|keys| self.posts.get(&keys.posts, look)).map(|posts| (*at, posts)));
        }
        let Some(found) = windows::measure(plan, &asked, &self.capture, stop)? else { return Ok(None) };
        for ((at, _), found) in asked.iter().zip(found) {
            if let Some(keys) = keys.get(*at) {
                self.windows.put(keys.windows, found, look);
            }
        }
        let unjudged = self.alerts.missing(judged.iter().map(|(at, keys)| (*at, &keys.alerts)), look);
        let mut windows: Vec<Option<Arc<Windows>>> = vec![None; keys.len()];
        for (at, keys) in &judged {
            if let Some(slot) = windows.get_mut(*at) {
                *slot = self.windows.get(&keys.windows, look);
            }
        }
        for at in &unjudged {
            let Some(keys) = keys.get(*at) else { continue };
            let Some(found) = alerts::judge(plan, *at, &windows, &self.capture, stop)? else { return Ok(None) };
            self.alerts.put(keys.alerts, found, look);
        }
        Ok(Some(Fresh { posts: unknown.len(), windows: unmeasured.len(), alerts: unjudged.len() }))
    }

    /// What is known of a monitor, with the places that it has in these rules.
    fn told(&mut self, rules: &Rules, keys: &[Keys], at: usize) -> Option<MonitorLook> {
        let (plan, look) = (&*rules.plan, self.looks);
        let (monitor, keys) = (plan.monitors.get(at)?, keys.get(at)?);
        let found = self.posts.get(&keys.posts, look)?;
        let known = self.alerts.get(&keys.alerts, look);
        let places = rules.numbers.get(at).map_or(&[][..], Vec::as_slice).iter().copied();
        let targets = Target::with_rows(monitor).into_iter().zip(places.chain(std::iter::repeat(None)));
        // A measure may have another name than when it was looked at.
        let curves = known.iter().flat_map(|known| &known.curves).zip(targets);
        let curves = curves.map(|(curve, (target, place))| Curve { place, measure: target.name, ..curve.clone() });
        let word = |(id, weight): (&TermId, &posts::Weight)| {
            let posts::Weight { keeps_out, posts, alone } = *weight;
            let written = plan.terms.get(id.0 as usize)?.written.clone();
            Some(Word { place: *plan.written_at.get(id.0 as usize)?, written, keeps_out, posts, alone })
        };
        let parts = shape::parts(&plan.queries.get(monitor.query.0 as usize)?.cond);
        let part = |(part, misses): (&Cond, &posts::Misses)| Part {
            place: part.place,
            posts: misses.posts,
            examples: misses.examples.iter().filter_map(|at| self.capture.post(*at)).collect(),
        };
        Some(MonitorLook {
            name: monitor.name.clone(),
            place: monitor.place,
            posts: found.count(),
            alerts: known.iter().flat_map(|known| known.alerts.iter().cloned()).collect(),
            curves: curves.collect(),
            words: keys.terms.iter().zip(&found.words).filter_map(word).collect(),
            parts: parts.into_iter().zip(&found.parts).map(part).collect(),
            found,
        })
    }
}
