//! Windows whose borders the posts of a group make: sessions and runs of so many posts. Posts wait until no older one can come,
//! then they are taken in the order of event time and id, so a group has one window at a time and never two to be joined.
//!
//! ```text
//! posts ─► held ─(time passes)─► the window of their group ─(it ends, and `late` is over)─► closed
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt64Type};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use mon_alerts::Evaluation;
use mon_compiler::plan::Borders;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::class::{Input, Pair, measures, seen, shown};
use crate::held::{self, Held, Spot};
use crate::keys;
use crate::layout::ClassSpec;
use crate::options::Limits;
use crate::output::Counts;
use crate::pane::{Pane, Saved, States, from_ipc, to_ipc};
use crate::rows::Closed;
use crate::snapshot::{Part, Snapshot};

/// Windows that are over may stay in the tables, beside one for each that is open.
const OVER_MAX: usize = 256;

/// What ends a window.
#[derive(Clone, Copy)]
enum Rule {
    /// A pause of `gap`, or `longest` behind its first post; in microseconds.
    Session { gap: i64, longest: i64 },
    /// So many posts.
    Count(u64),
}

struct Window {
    key: Arc<[u8]>,
    /// Its group in the pane.
    group: u32,
    first: i64,
    last: i64,
    posts: u64,
    /// `i64::MAX` until it is known.
    end: i64,
    /// End of the window of the same group that is just before, where that still waits for late posts.
    before: i64,
    /// The end of a recording has told it: it takes no more posts and is not told again.
    told: bool,
}

pub(crate) struct Ordered {
    spec: Arc<ClassSpec>,
    states: States,
    rule: Rule,
    groups_max: u32,
    held: Held,
    /// By number, in the order in which they began.
    windows: BTreeMap<u64, Window>,
    next: u64,
    /// The last window of each group.
    current: FxHashMap<Arc<[u8]>, u64>,
    /// How many groups a slot has, `(other)` not among them.
    groups: FxHashMap<u32, u32>,
    /// (end, number)
    ends: BTreeSet<(i64, u64)>,
    /// One group for each window.
    pane: Pane,
    /// Posts that found their window's group, and are not aggregated yet.
    taken: Vec<(Spot, u32)>,
    /// Windows that ended, and are not given out yet.
    over: Vec<Window>,
    watermark: i64,
    /// Behind the last post that was taken when a recording was over.
    floor: i64,
}

/// The part of a snapshot that describes a class.
#[derive(Serialize, Deserialize)]
struct Header {
    watermark: i64,
    floor: i64,
    next: u64,
    /// Monitor names by slot.
    monitors: Vec<String>,
}

impl Ordered {
    /// None where the windows of the class have borders that are the same for all groups.
    pub(crate) fn new(spec: Arc<ClassSpec>, limits: &Limits) -> Result<Option<Self>> {
        let rule = match spec.window.borders {
            Borders::Session { gap_micros } => {
                let gap = gap_micros.max(1);
                Rule::Session { gap, longest: limits.session_micros_max.max(gap) }
            }
            Borders::Count { posts } => Rule::Count(posts.max(1)),
            Borders::Steps { .. } | Borders::Calendar(_) | Borders::Pattern { .. } => return Ok(None),
        };
        Ok(Some(Self {
            states: States::new(spec.aggregates.clone())?,
            rule,
            groups_max: limits.groups_max,
            held: Held::new(&spec),
            windows: BTreeMap::new(),
            next: 0,
            current: FxHashMap::default(),
            groups: FxHashMap::default(),
            ends: BTreeSet::new(),
            pane: Pane::default(),
            taken: Vec::new(),
            over: Vec::new(),
            watermark: i64::MIN,
            floor: i64::MIN,
            spec,
        }))
    }

    /// Takes the pairs of one batch, in the order of its rows. A post is late where older ones than it are taken already, unless
    /// it lies within the open session of its group.
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
            self.pass(input.mark(pair.row), counts)?;
            let (at, spot) = (input.posts.event_at(pair.row as usize), (chunk, row));
            if at >= self.taken_until() {
                self.held.wait(at, spot);
            } else if let Some((number, overflowed)) = self.within(at, spot) {
                self.grow(number, at, spot);
                if overflowed {
                    self.spec.count(&mut counts.overflow, pair.slot);
                }
            } else {
                self.spec.count(&mut counts.late, pair.slot);
            }
        }
        self.settle(closed)
    }

    /// Lets time pass to this watermark.
    pub(crate) fn advance(&mut self, watermark: i64, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        self.pass(watermark, counts)?;
        self.settle(closed)
    }

    /// The recording is over: all posts are taken and sessions end. A run that is not full is not told, and goes on where posts
    /// are added to the recording.
    pub(crate) fn finish(&mut self, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        self.take_before(i64::MAX, counts)?;
        for number in self.ends.iter().map(|(_, number)| *number).collect::<Vec<_>>() {
            let Some(window) = self.windows.get_mut(&number).filter(|window| !window.told) else { continue };
            window.told = true;
            let over = Window { key: Arc::clone(&window.key), ..*window };
            self.tell(over, counts);
        }
        self.settle(closed)
    }

    /// Posts older than this are taken already.
    fn taken_until(&self) -> i64 {
        self.watermark.saturating_sub(self.spec.window.late_micros).max(self.floor)
    }

    fn pass(&mut self, watermark: i64, counts: &mut Counts) -> Result<()> {
        if watermark <= self.watermark {
            return Ok(());
        }
        self.watermark = watermark;
        let due = watermark.saturating_sub(self.spec.window.late_micros);
        self.take_before(due, counts)?;
        while let Some((end, number)) = self.ends.first().copied().filter(|(end, _)| *end <= due) {
            self.ends.remove(&(end, number));
            self.end(number, counts);
        }
        Ok(())
    }

    /// Takes the posts that wait and are older than this, in order.
    fn take_before(&mut self, until: i64, counts: &mut Counts) -> Result<()> {
        while let Some((at, spots)) = self.held.next_before(until) {
            for spot in spots {
                self.take(at, spot, counts);
            }
            if until == i64::MAX {
                self.floor = at.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Puts a post into the window of its group, where it is not older than any other post there.
    fn take(&mut self, at: i64, spot: Spot, counts: &mut Counts) {
        let Some((key, overflowed)) = self.group_key(self.held.key(spot)) else { return };
        let slot = keys::slot(&key);
        let current = self.current.get(&key).and_then(|number| Some((*number, self.windows.get(number)?)));
        let number = match current {
            Some((_, window)) if window.told && at < window.end && window.posts < self.posts_max() => {
                return self.spec.count(&mut counts.late, slot);
            }
            Some((number, window)) if window.posts < self.posts_max() && at < window.end => number,
            Some((_, window)) => {
                let before = window.end;
                self.begin(key, at, before)
            }
            None => self.begin(key, at, i64::MIN),
        };
        if overflowed {
            self.spec.count(&mut counts.overflow, slot);
        }
        self.grow(number, at, spot);
    }

    /// Posts after which a window is full.
    const fn posts_max(&self) -> u64 {
        match self.rule {
            Rule::Session { .. } => u64::MAX,
            Rule::Count(posts) => posts,
        }
    }

    /// The key that a post is counted under, and whether that is `(other)` because its own would be too many.
    fn group_key(&self, key: &[u8]) -> Option<(Arc<[u8]>, bool)> {
        if key.is_empty() {
            return None;
        }
        if let Some((known, _)) = self.current.get_key_value(key) {
            return Some((Arc::clone(known), false));
        }
        let slot = keys::slot(key);
        let full = self.groups.get(&slot).is_some_and(|groups| *groups >= self.groups_max);
        if full && !self.spec.by.is_empty() {
            return Some((keys::write_other(slot, self.spec.by.len()).into(), true));
        }
        Some((key.into(), false))
    }

    fn is_other(&self, key: &[u8]) -> bool {
        !self.spec.by.is_empty() && *key == *keys::write_other(keys::slot(key), self.spec.by.len())
    }

    fn begin(&mut self, key: Arc<[u8]>, at: i64, before: i64) -> u64 {
        let number = self.next;
        self.next += 1;
        let group = self.group(keys::slot(&key), number);
        if self.current.insert(Arc::clone(&key), number).is_none() && !self.is_other(&key) {
            *self.groups.entry(keys::slot(&key)).or_default() += 1;
        }
        let window = Window { key, group, first: at, last: at, posts: 0, end: i64::MAX, before, told: false };
        self.windows.insert(number, window);
        number
    }

    /// The group of a window in the pane.
    fn group(&mut self, slot: u32, number: u64) -> u32 {
        let mut name = slot.to_be_bytes().to_vec();
        name.extend_from_slice(&number.to_be_bytes());
        self.pane.keys.number(&name, 0, u32::MAX).0
    }

    /// A window has one more post.
    fn grow(&mut self, number: u64, at: i64, spot: Spot) {
        let Some(window) = self.windows.get_mut(&number) else { return };
        self.taken.push((spot, window.group));
        window.last = window.last.max(at);
        window.posts += 1;
        let end = match self.rule {
            Rule::Session { gap, longest } => window.last.saturating_add(gap).min(window.first.saturating_add(longest)),
            // Of two runs that are filled in one microsecond, the second ends behind the first.
            Rule::Count(posts) if window.posts >= posts => at.max(window.before).saturating_add(1),
            Rule::Count(_) => i64::MAX,
        };
        if end != window.end {
            self.ends.remove(&(window.end, number));
            self.ends.insert((end, number));
            window.end = end;
        }
    }

    /// The open session that holds a moment which is past, and whether it is that of `(other)`.
    fn within(&self, at: i64, spot: Spot) -> Option<(u64, bool)> {
        let Rule::Session { .. } = self.rule else { return None };
        let (key, overflowed) = self.group_key(self.held.key(spot))?;
        let number = *self.current.get(&key)?;
        let window = self.windows.get(&number)?;
        (!window.told && window.first <= at && at < window.end).then_some((number, overflowed))
    }

    /// A window is over, and nobody asks for its end any more.
    fn end(&mut self, number: u64, counts: &mut Counts) {
        let Some(window) = self.windows.remove(&number) else { return };
        if self.current.get(&window.key) == Some(&number) {
            self.current.remove(&window.key);
            if !self.is_other(&window.key)
                && let Some(groups) = self.groups.get_mut(&keys::slot(&window.key))
            {
                *groups = groups.saturating_sub(1);
            }
        }
        if !window.told {
            self.tell(window, counts);
        }
    }

    fn tell(&mut self, window: Window, counts: &mut Counts) {
        if let Rule::Session { gap, .. } = self.rule
            && window.end < window.last.saturating_add(gap)
        {
            self.spec.count(&mut counts.cut, keys::slot(&window.key));
        }
        self.over.push(window);
    }

    /// Aggregates the posts that were taken and gives out the windows that are over. Nothing that comes of it depends on how
    /// often it is called.
    fn settle(&mut self, closed: &mut Vec<Closed>) -> Result<()> {
        self.absorb()?;
        self.held.tidy()?;
        if self.over.is_empty() {
            return Ok(());
        }
        let over = std::mem::take(&mut self.over);
        let groups: Vec<u32> = over.iter().map(|window| window.group).collect();
        let (values, best) = self.pane.take_out(&self.states, &groups)?;
        for (row, (window, best)) in over.iter().zip(best).enumerate() {
            let Some(member) = self.spec.members.get(keys::slot(&window.key) as usize) else { continue };
            let key = keys::values(&window.key).ok_or_else(|| exec_datafusion_err!("a group key is torn"))?;
            let evaluation = Evaluation {
                monitor: member.monitor,
                key,
                window_start: window.first,
                window_end: window.end,
                values: measures(member, &values, row),
                evidence: best.into_evidence(),
                shown: shown(member, &values, row)?,
            };
            let fire = window.end.saturating_add(self.spec.window.late_micros);
            closed.push(Closed { fire, window: evaluation, seen: seen(member, &values, row)? });
        }
        self.forget()
    }

    fn absorb(&mut self) -> Result<()> {
        let mut taken = std::mem::take(&mut self.taken);
        taken.sort_unstable();
        let count = self.spec.show.map_or(0, |show| show.count as usize);
        for posts in taken.chunk_by(|a, b| a.0.0 == b.0.0) {
            let Some(((chunk, _), _)) = posts.first() else { continue };
            for (spot, group) in posts {
                self.pane.wait(&self.states, spot.1, *group)?;
                if let Some(ranked) = self.held.shown(*spot)?
                    && let Some(best) = self.pane.best_mut(*group)
                {
                    best.add(ranked, count);
                }
            }
            let rows = UInt32Array::from(std::mem::take(&mut self.pane.waiting));
            let targets = std::mem::take(&mut self.pane.waiting_rows);
            let Some(live) = &mut self.pane.live else { continue };
            for (at, (aggregate, accumulator)) in self.states.aggregates.iter().zip(&mut live.accumulators).enumerate()
            {
                let (values, filter) = self.held.values(at, aggregate, *chunk, &rows)?;
                accumulator.update_batch(&values, &targets, filter.as_ref(), live.groups.len())?;
            }
        }
        Ok(())
    }

    /// Takes windows that are over out of the tables, where they are many.
    fn forget(&mut self) -> Result<()> {
        let open = self.windows.values().filter(|window| !window.told).count();
        if self.pane.keys.len() <= 2 * open + OVER_MAX {
            return Ok(());
        }
        let mut kept = vec![false; self.pane.keys.len()];
        for window in self.windows.values().filter(|window| !window.told) {
            if let Some(cell) = kept.get_mut(window.group as usize) {
                *cell = true;
            }
        }
        let now = self.pane.retain(&self.states, |group| kept.get(group as usize) == Some(&true))?;
        for window in self.windows.values_mut() {
            window.group = now.get(window.group as usize).copied().flatten().unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// Bytes, roughly.
    pub(crate) fn size(&mut self) -> usize {
        self.held.size() + self.pane.size() + self.windows.len() * 256
    }

    fn prefix(&self) -> String {
        format!("window/{}", self.spec.fingerprint)
    }

    pub(crate) fn save(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let monitors = self.spec.members.iter().map(|member| member.name.clone()).collect();
        let header = Header { watermark: self.watermark, floor: self.floor, next: self.next, monitors };
        let bytes = serde_json::to_vec(&header).map_err(|error| exec_datafusion_err!("{error}"))?;
        let prefix = self.prefix();
        parts.push(Part::new(&format!("{prefix}/class"), bytes));
        if !self.windows.is_empty() {
            parts.push(Part::new(&format!("{prefix}/open"), to_ipc(&self.table()?)?));
        }
        self.held.save(&prefix, parts)?;
        self.pane.save(&format!("{prefix}/0"), &self.states, parts)
    }

    /// The windows as a batch.
    fn table(&self) -> Result<RecordBatch> {
        let times = |of: fn(&Window) -> i64| -> ArrayRef {
            Arc::new(self.windows.values().map(of).collect::<Vec<_>>().into_iter().map(Some).collect::<Int64Array>())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.windows.keys().map(|number| Some(*number)).collect::<UInt64Array>()),
            Arc::new(self.windows.values().map(|window| Some(&*window.key)).collect::<BinaryArray>()),
            times(|window| window.first),
            times(|window| window.last),
            times(|window| window.end),
            times(|window| window.before),
            Arc::new(self.windows.values().map(|window| Some(window.posts)).collect::<UInt64Array>()),
            Arc::new(self.windows.values().map(|window| Some(window.told)).collect::<BooleanArray>()),
        ];
        Ok(RecordBatch::try_new(schema(), columns)?)
    }

    /// Puts back what was saved under the same fingerprint; monitors are found again by their names.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        let prefix = self.prefix();
        let mut slots: Vec<Option<u32>> = Vec::new();
        let (mut open, mut pane) = (None, Saved::default());
        for (name, part) in snapshot.under(&prefix) {
            match name.split('/').collect::<Vec<_>>().as_slice() {
                ["class", _] => {
                    let header: Header = part.json()?;
                    (self.watermark, self.floor, self.next) = (header.watermark, header.floor, header.next);
                    slots = header.monitors.iter().map(|name| self.spec.slot_of(name)).collect();
                }
                ["open", _] => open = Some(part),
                ["held", number, _] if number.parse::<u64>().is_ok() => {}
                ["0", "best", _] => pane.best = Some(part),
                ["0", "delta", number, _] => {
                    let number = number.parse().map_err(|_| part.bad("has no number in its name"))?;
                    pane.deltas.insert(number, part);
                }
                _ => Err(part.bad("has an unknown name"))?,
            }
        }
        self.pane.restore(&self.states, &pane, &slots)?;
        if let Some(part) = open {
            let table = from_ipc(part.read()?, &schema()).map_err(|reason| part.bad(reason))?;
            self.reopen(&table, &slots);
        }
        let from = self.taken_until();
        self.held.restore(&held::saved(snapshot, &prefix), &slots, from)
    }

    fn reopen(&mut self, table: &RecordBatch, slots: &[Option<u32>]) {
        let time = |column: usize, row: usize| table.column(column).as_primitive::<Int64Type>().value(row);
        let number = |column: usize, row: usize| table.column(column).as_primitive::<UInt64Type>().value(row);
        for row in 0..table.num_rows() {
            let key = table.column(1).as_binary::<i32>().value(row);
            let Some(slot) = slots.get(keys::slot(key) as usize).copied().flatten() else { continue };
            let (key, at): (Arc<[u8]>, u64) = (keys::with_slot(key, slot).into(), number(0, row));
            let told = table.column(7).as_boolean().value(row);
            // What is told has left the tables.
            let group = if told { u32::MAX } else { self.group(slot, at) };
            if self.current.insert(Arc::clone(&key), at).is_none() && !self.is_other(&key) {
                *self.groups.entry(slot).or_default() += 1;
            }
            let (first, last, end, before) = (time(2, row), time(3, row), time(4, row), time(5, row));
            if end != i64::MAX {
                self.ends.insert((end, at));
            }
            self.windows.insert(at, Window { key, group, first, last, posts: number(6, row), end, before, told });
        }
    }
}

fn schema() -> SchemaRef {
    let field = |name, ty| Field::new(name, ty, false);
    Arc::new(Schema::new(vec![
        field("number", DataType::UInt64),
        field("key", DataType::Binary),
        field("first", DataType::Int64),
        field("last", DataType::Int64),
        field("end", DataType::Int64),
        field("before", DataType::Int64),
        field("posts", DataType::UInt64),
        field("told", DataType::Boolean),
    ]))
}
