//! Patterns of events: rows of posts that come one after the other in a group, and posts that do not come. Posts wait until no
//! older one can come, as for [`crate::ordered`]; then those of a group whose pattern has begun are kept until it is complete
//! or cannot become so any more, and are aggregated when it is.
//!
//! ```text
//! posts ─► held ─(time passes)─► kept, from the first that may begin the pattern ─┬─(last step)─► complete ─► closed
//!                                     ▲                                           └─(absence lasts)─┘
//!                                     └── the first ones go when they are older than `within`
//! ```
//!
//! The posts that are kept are all the state there is: which steps they have met follows from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use datafusion_common::{Result, exec_datafusion_err};
use mon_alerts::Evaluation;
use mon_compiler::plan::Borders;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::aggregate::results;
use crate::class::{Input, Pair, measures, seen, shown};
use crate::evidence::Best;
use crate::held::{self, Held, Spot};
use crate::keys;
use crate::layout::ClassSpec;
use crate::options::Limits;
use crate::output::Counts;
use crate::pane::States;
use crate::rows::Closed;
use crate::snapshot::{Part, Snapshot};

/// What makes a pattern; times in microseconds.
#[derive(Clone, Copy)]
struct Shape {
    /// How many posts it is a row of. The step behind them, if there is one, is what must not come.
    posts: usize,
    within: i64,
    absent: Option<i64>,
}

struct Kept {
    at: i64,
    /// What [`Held`] keeps it under.
    number: u64,
    /// Whether it meets the first step.
    begins: bool,
}

/// A pattern that has begun: the posts of its group since then.
struct Open {
    posts: VecDeque<Kept>,
    /// For each step but the last: when the youngest row of posts began that has come so far.
    begun: Vec<i64>,
    /// When it is complete, unless what must not come comes before.
    complete_at: Option<i64>,
    /// When time alone changes it.
    due: i64,
}

struct Complete {
    key: Arc<[u8]>,
    start: i64,
    end: i64,
    posts: Vec<u64>,
}

/// What a post that is kept takes beside its columns: its place in the pattern, and in the tree of those that are kept.
const KEPT_BYTES: usize = 64;

pub(crate) struct Patterns {
    spec: Arc<ClassSpec>,
    states: States,
    shape: Shape,
    groups_max: u32,
    held: Held,
    open: FxHashMap<Arc<[u8]>, Open>,
    /// How many groups of a slot have a pattern that has begun.
    groups: FxHashMap<u32, u32>,
    /// ([`Open::due`], group)
    due: BTreeSet<(i64, Arc<[u8]>)>,
    /// Patterns that are complete, and are not given out yet.
    over: Vec<Complete>,
    watermark: i64,
    /// Behind what had been taken when a recording was over.
    floor: i64,
}

/// The part of a snapshot that describes a class.
#[derive(Serialize, Deserialize)]
struct Header {
    watermark: i64,
    floor: i64,
    /// Monitor names by slot.
    monitors: Vec<String>,
}

impl Patterns {
    /// None where the windows of the class are no patterns.
    pub(crate) fn new(spec: &Arc<ClassSpec>, limits: &Limits) -> Result<Option<Self>> {
        let Borders::Pattern { within_micros, absent_micros } = spec.window.borders else { return Ok(None) };
        let posts = spec.steps.len().saturating_sub(usize::from(absent_micros.is_some()));
        Ok(Some(Self {
            states: States::new(spec.aggregates.clone())?,
            shape: Shape { posts, within: within_micros, absent: absent_micros },
            groups_max: limits.groups_max,
            held: Held::new(spec),
            open: FxHashMap::default(),
            groups: FxHashMap::default(),
            due: BTreeSet::new(),
            over: Vec::new(),
            watermark: i64::MIN,
            floor: i64::MIN,
            spec: Arc::clone(spec),
        }))
    }

    /// Takes the pairs of one batch, in the order of its rows. A post is late where younger ones than it may be taken already.
    pub(crate) fn batch(
        &mut self,
        input: &mut Input<'_>,
        pairs: &[Pair],
        counts: &mut Counts,
        closed: &mut Vec<Closed>,
    ) -> Result<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let texts = input.read(&self.spec, pairs)?;
        let chunk = self.held.add(&self.spec, input, pairs, &texts)?;
        for (pair, row) in pairs.iter().zip(0u32..) {
            self.pass(input.mark(pair.row), counts);
            let at = input.posts.event_at(pair.row as usize);
            if at >= self.taken_until() {
                self.held.wait(at, (chunk, row));
            } else {
                self.spec.count(&mut counts.late, pair.slot);
            }
        }
        self.settle(closed)
    }

    /// Lets time pass to this watermark.
    pub(crate) fn advance(&mut self, watermark: i64, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        self.pass(watermark, counts);
        self.settle(closed)
    }

    /// The recording is over, with its youngest post at this time. What would have to stay away for longer may still come: such a
    /// pattern goes on where the recording grows, as one does that lacks a post.
    pub(crate) fn finish(&mut self, youngest: i64, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        // What is dated later than the youngest post that moved time waits on.
        self.take_before(youngest.saturating_add(1), counts);
        self.let_pass(youngest);
        self.floor = self.floor.max(youngest.saturating_add(1));
        self.settle(closed)
    }

    /// Posts older than this are taken already.
    fn taken_until(&self) -> i64 {
        self.watermark.saturating_sub(self.spec.window.late_micros).max(self.floor)
    }

    fn pass(&mut self, watermark: i64, counts: &mut Counts) {
        if watermark <= self.watermark {
            return;
        }
        self.watermark = watermark;
        let due = watermark.saturating_sub(self.spec.window.late_micros);
        self.take_before(due, counts);
        self.let_pass(due);
    }

    /// Takes the posts that wait and are older than this, in order.
    fn take_before(&mut self, until: i64, counts: &mut Counts) {
        while let Some((at, spots)) = self.held.next_before(until) {
            self.let_pass(at);
            // The next pattern of a group begins behind a complete one, so at a later moment.
            let mut done = FxHashSet::default();
            for spot in spots {
                self.take(at, spot, &mut done, counts);
            }
        }
    }

    fn take(&mut self, at: i64, spot: Spot, done: &mut FxHashSet<Arc<[u8]>>, counts: &mut Counts) {
        let begins = self.held.meets(spot, 0);
        let key = self.held.key(spot);
        let slot = keys::slot(key);
        let (key, mut open) = match self.open.remove_entry(key) {
            Some((key, open)) => {
                self.due.remove(&(open.due, Arc::clone(&key)));
                (key, open)
            }
            None if !begins || key.is_empty() || done.contains(key) => return,
            None if self.groups.get(&slot).is_some_and(|groups| *groups >= self.groups_max) => {
                return self.spec.count(&mut counts.overflow, slot);
            }
            None => {
                *self.groups.entry(slot).or_default() += 1;
                (key.into(), self.fresh())
            }
        };
        if open.complete_at.is_some() && self.held.meets(spot, self.shape.posts) {
            open.complete_at = None;
            self.forget_old(&mut open, at);
            if open.posts.is_empty() && !begins {
                return self.leave(slot);
            }
        }
        open.posts.push_back(Kept { at, number: self.held.keep(spot), begins });
        let is_row = self.follow(&mut open, at, spot) && open.complete_at.is_none();
        match self.shape.absent {
            None if is_row => {
                done.insert(Arc::clone(&key));
                return self.complete(key, open, at.saturating_add(1));
            }
            Some(absent) if is_row => open.complete_at = Some(at.saturating_add(absent)),
            _ => {}
        }
        self.go_on(key, open);
    }

    fn fresh(&self) -> Open {
        let begun = vec![i64::MIN; self.shape.posts.saturating_sub(1)];
        Open { posts: VecDeque::new(), begun, complete_at: None, due: i64::MAX }
    }

    /// Whether a row that began then may still become whole at this moment.
    const fn lasts(&self, begun: i64, at: i64) -> bool {
        at.saturating_sub(begun) <= self.shape.within
    }

    /// Lets a post be the next one of the rows of posts so far; true where it is the last of one. Of rows that have come equally
    /// far the youngest lasts longest, so no other has to be known. Steps are looked at from the last to the first, so that a post
    /// is one step of a row.
    fn follow(&self, open: &mut Open, at: i64, spot: Spot) -> bool {
        let mut is_row = false;
        for step in (0..self.shape.posts).rev().filter(|step| self.held.meets(spot, *step)) {
            let begun = match step.checked_sub(1) {
                None => Some(at),
                Some(before) => open.begun.get(before).copied().filter(|begun| self.lasts(*begun, at)),
            };
            match (begun, open.begun.get_mut(step)) {
                (Some(begun), Some(cell)) => *cell = begun,
                (Some(_), None) => is_row = true,
                (None, _) => {}
            }
        }
        is_row
    }

    /// Forgets the posts before the first one with which the pattern may still begin.
    fn forget_old(&mut self, open: &mut Open, at: i64) {
        let may_begin = |post: &Kept| post.begins && self.shape.posts > 1 && self.lasts(post.at, at);
        let old = open.posts.iter().position(may_begin).unwrap_or(open.posts.len());
        for post in open.posts.drain(..old) {
            self.held.release(post.number);
        }
    }

    /// Time comes to this moment: absences have lasted, and what took too long is forgotten.
    fn let_pass(&mut self, at: i64) {
        while let Some((moment, key)) = self.due.first().filter(|(moment, _)| *moment <= at).cloned() {
            self.due.remove(&(moment, Arc::clone(&key)));
            let Some(mut open) = self.open.remove(&key) else { continue };
            if open.complete_at.is_some() {
                self.complete(key, open, moment);
                continue;
            }
            self.forget_old(&mut open, moment);
            if open.posts.is_empty() {
                self.leave(keys::slot(&key));
            } else {
                self.go_on(key, open);
            }
        }
    }

    fn go_on(&mut self, key: Arc<[u8]>, mut open: Open) {
        let too_old = |first: &Kept| first.at.saturating_add(self.shape.within).saturating_add(1);
        open.due = open.complete_at.or_else(|| open.posts.front().map(too_old)).unwrap_or(i64::MAX);
        self.due.insert((open.due, Arc::clone(&key)));
        self.open.insert(key, open);
    }

    /// A group has no pattern any more that has begun.
    fn leave(&mut self, slot: u32) {
        if let Some(groups) = self.groups.get_mut(&slot) {
            *groups = groups.saturating_sub(1);
        }
    }

    fn complete(&mut self, key: Arc<[u8]>, open: Open, end: i64) {
        self.leave(keys::slot(&key));
        let start = open.posts.front().map_or(end, |first| first.at);
        self.over.push(Complete { key, start, end, posts: open.posts.iter().map(|post| post.number).collect() });
    }

    /// Gives out the patterns that are complete. Nothing that comes of it depends on how often it is called.
    fn settle(&mut self, closed: &mut Vec<Closed>) -> Result<()> {
        if !self.over.is_empty() {
            let over = std::mem::take(&mut self.over);
            let (values, best) = self.aggregate(&over)?;
            for (row, (one, best)) in over.iter().zip(best).enumerate() {
                let Some(member) = self.spec.members.get(keys::slot(&one.key) as usize) else { continue };
                let key = keys::values(&one.key).ok_or_else(|| exec_datafusion_err!("a group key is torn"))?;
                let window = Evaluation {
                    monitor: member.monitor,
                    key,
                    window_start: one.start,
                    window_end: one.end,
                    values: measures(member, &values, row),
                    evidence: best.into_evidence(),
                    shown: shown(member, &values, row)?,
                };
                let fire = one.end.saturating_add(self.spec.window.late_micros);
                closed.push(Closed { fire, window, seen: seen(member, &values, row)? });
            }
        }
        self.held.tidy()
    }

    /// The values of each aggregate over the posts of each of these patterns, and the posts to show.
    fn aggregate(&mut self, over: &[Complete]) -> Result<(Vec<ArrayRef>, Vec<Best>)> {
        let count = self.spec.show.map_or(0, |show| show.count as usize);
        let mut best: Vec<Best> = Vec::with_capacity(over.len());
        let mut places: BTreeMap<u64, (Vec<u32>, Vec<usize>)> = BTreeMap::new();
        for (target, one) in over.iter().enumerate() {
            let mut shown = Best::default();
            for number in &one.posts {
                let Some((chunk, row)) = self.held.release(*number) else { continue };
                if let Some(ranked) = self.held.shown((chunk, row))? {
                    shown.add(ranked, count);
                }
                let (rows, targets) = places.entry(chunk).or_default();
                rows.push(row);
                targets.push(target);
            }
            best.push(shown);
        }
        let mut accumulators = self.states.accumulators()?;
        for (chunk, (rows, targets)) in places {
            let rows = UInt32Array::from(rows);
            for (at, (aggregate, accumulator)) in self.states.aggregates.iter().zip(&mut accumulators).enumerate() {
                let (values, filter) = self.held.values(at, aggregate, chunk, &rows)?;
                accumulator.update_batch(&values, &targets, filter.as_ref(), over.len())?;
            }
        }
        let values = accumulators.iter_mut().map(|one| results(one.as_mut()));
        Ok((values.collect::<Result<_>>()?, best))
    }

    /// Bytes, roughly.
    pub(crate) fn size(&self) -> usize {
        let kept: usize = self.open.values().map(|open| open.posts.capacity()).sum();
        self.held.size() + self.open.len() * 256 + kept * KEPT_BYTES
    }

    fn prefix(&self) -> String {
        format!("window/{}", self.spec.fingerprint)
    }

    pub(crate) fn save(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let monitors = self.spec.members.iter().map(|member| member.name.clone()).collect();
        let header = Header { watermark: self.watermark, floor: self.floor, monitors };
        let bytes = serde_json::to_vec(&header).map_err(|error| exec_datafusion_err!("{error}"))?;
        let prefix = self.prefix();
        parts.push(Part::new(&format!("{prefix}/class"), bytes));
        self.held.save(&prefix, parts)
    }

    /// Puts back what was saved under the same fingerprint; monitors are found again by their names.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        let prefix = self.prefix();
        let mut slots: Vec<Option<u32>> = Vec::new();
        for (name, part) in snapshot.under(&prefix) {
            match name.split('/').collect::<Vec<_>>().as_slice() {
                ["class", _] => {
                    let header: Header = part.json()?;
                    (self.watermark, self.floor) = (header.watermark, header.floor);
                    slots = header.monitors.iter().map(|name| self.spec.slot_of(name)).collect();
                }
                ["kept", _] => {}
                ["held", number, _] if number.parse::<u64>().is_ok() => {}
                _ => Err(part.bad("has an unknown name"))?,
            }
        }
        let from = self.taken_until();
        self.held.restore(&held::saved(snapshot, &prefix), &slots, from)?;
        for (number, at, spot) in self.held.all_kept() {
            self.take_again(number, at, spot);
        }
        Ok(())
    }

    /// Finds out again what a post that was kept has met.
    fn take_again(&mut self, number: u64, at: i64, spot: Spot) {
        let begins = self.held.meets(spot, 0);
        let key = self.held.key(spot);
        let (key, mut open) = match self.open.remove_entry(key) {
            Some((key, open)) => {
                self.due.remove(&(open.due, Arc::clone(&key)));
                (key, open)
            }
            None => {
                *self.groups.entry(keys::slot(key)).or_default() += 1;
                (key.into(), self.fresh())
            }
        };
        if open.complete_at.is_some() && self.held.meets(spot, self.shape.posts) {
            open.complete_at = None;
        }
        open.posts.push_back(Kept { at, number, begins });
        if self.follow(&mut open, at, spot) && open.complete_at.is_none() {
            open.complete_at = self.shape.absent.map(|absent| at.saturating_add(absent));
        }
        self.go_on(key, open);
    }
}
