//! The windows of one class of monitors: panes by event time, updated with the posts of a batch in the order of their
//! arrival, fired as the watermark of each row passes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray, UInt32Array, new_null_array};
use arrow::compute::{cast, concat, filter_record_batch, take};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::GroupsAccumulator;
use mon_alerts::{Evaluation, ShownValues};
use mon_compiler::plan::ShowValuesPlan;
use mon_post::{FieldId, PostBatch};
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::aggregate::{Argument, filter_array, results};
use crate::evidence::{Best, Shelf};
use crate::keys::{self, Keys};
use crate::layout::{ClassSpec, Member};
use crate::novelty::Seen;
use crate::options::Limits;
use crate::output::Counts;
use crate::pane::{Delta, Pane, Saved, States, groups};
use crate::posts::key_texts;
use crate::readings::Readings;
use crate::rows::Closed;
use crate::sample;
use crate::snapshot::{Part, Snapshot};
use crate::spill::Spill;

/// What a class reads of one batch.
pub(crate) struct Input<'a> {
    pub(crate) posts: &'a PostBatch,
    /// Watermark at each row.
    pub(crate) marks: &'a [i64],
    /// Which queries match each row, in ascending order.
    pub(crate) queries: &'a dyn Fn(usize) -> &'a [u32],
    /// Key texts that were worked out for this batch.
    pub(crate) texts: FxHashMap<FieldId, Arc<StringArray>>,
    /// The step of the ladder at which the batch was heard.
    pub(crate) step: u8,
    /// What the texts tell of the rows that a measure asked for.
    pub(crate) readings: Readings,
}

impl Input<'_> {
    pub(crate) fn mark(&self, row: u32) -> i64 {
        self.marks.get(row as usize).copied().unwrap_or(i64::MAX)
    }

    /// Works out what a class needs of its pairs and another may have needed before; gives the texts of its key.
    pub(crate) fn read(&mut self, spec: &ClassSpec, pairs: &[Pair]) -> Result<Vec<Arc<StringArray>>> {
        for argument in spec.aggregates.iter().flat_map(|aggregate| &aggregate.arguments) {
            self.readings.read(argument, self.posts, pairs.iter().map(|pair| pair.row));
        }
        self.key_columns(&spec.by)
    }

    fn key_columns(&mut self, by: &[FieldId]) -> Result<Vec<Arc<StringArray>>> {
        let mut columns = Vec::with_capacity(by.len());
        for field in by {
            if !self.texts.contains_key(field) {
                self.texts.insert(*field, Arc::new(key_texts(self.posts, *field)?));
            }
            columns.extend(self.texts.get(field).cloned());
        }
        Ok(columns)
    }

    /// The values of an argument in some rows.
    pub(crate) fn values(&self, argument: &Argument, rows: &UInt32Array) -> Result<ArrayRef> {
        Ok(match argument {
            Argument::Constant(value) => value.to_array_of_size(rows.len())?,
            Argument::Field(field, ty) => {
                let values = take(self.posts.column(*field), rows, None)?;
                if values.data_type() == ty { values } else { cast(&values, ty)? }
            }
            Argument::Confidence(field) => match self.posts.confidence(*field) {
                Some(values) => cast(&take(values, rows, None)?, &DataType::Float64)?,
                None => new_null_array(&DataType::Float64, rows.len()),
            },
            Argument::Weight(ladder) => {
                Arc::new(Int64Array::from_value(i64::from(sample::weight(ladder, self.step)), rows.len()))
            }
            Argument::Query(query) => Arc::new(self.meets(*query, rows)),
            Argument::Story => self.readings.stories(rows.values()),
            Argument::Tags => self.readings.tags(rows.values()),
            Argument::Links => self.readings.links(rows.values()),
        })
    }

    /// Whether the rows match a query.
    pub(crate) fn meets(&self, query: u32, rows: &UInt32Array) -> BooleanArray {
        filter_array(rows.values().iter().map(|row| (self.queries)(*row as usize).binary_search(&query).is_ok()))
    }
}

/// A post of the batch that a member matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) row: u32,
    pub(crate) slot: u32,
}

pub(crate) struct Class {
    spec: Arc<ClassSpec>,
    states: States,
    groups_max: u32,
    /// Bytes of partial results that are merged at once, nearly.
    merge_bytes_max: usize,
    panes: BTreeMap<i64, Pane>,
    /// Every window that ends up to here has fired.
    fired: i64,
    /// Watermark that was taken into account.
    watermark: i64,
    /// The pane of the last post: the next one mostly lies there too, and calendars are slow to ask.
    near: Range<i64>,
}

/// The part of a snapshot that describes a class.
#[derive(Serialize, Deserialize)]
struct Header {
    fired: i64,
    watermark: i64,
    /// Monitor names by slot.
    monitors: Vec<String>,
}

impl Class {
    pub(crate) fn new(spec: Arc<ClassSpec>, limits: &Limits) -> Result<Self> {
        Ok(Self {
            states: States::new(spec.aggregates.clone())?,
            groups_max: limits.groups_max,
            merge_bytes_max: limits.state_bytes_max / 8,
            panes: BTreeMap::new(),
            fired: i64::MIN,
            watermark: i64::MIN,
            near: 0..0,
            spec,
        })
    }

    /// Takes the pairs of one batch, in the order of its rows, and fires what becomes due between them.
    pub(crate) fn batch(
        &mut self,
        input: &mut Input<'_>,
        pairs: &[Pair],
        counts: &mut Counts,
        closed: &mut Vec<Closed>,
    ) -> Result<()> {
        let texts = input.read(&self.spec, pairs)?;
        let mut rest = pairs;
        while let Some(first) = rest.first() {
            let mark = input.mark(first.row);
            self.advance(mark, closed)?;
            let boundary = self.next_boundary();
            let (now, later) = rest.split_at(rest.partition_point(|pair| input.mark(pair.row) < boundary).max(1));
            self.update(input, now, &texts, counts)?;
            rest = later;
        }
        Ok(())
    }

    /// The first watermark after the present one at which a window could fire.
    fn next_boundary(&self) -> i64 {
        let window = self.spec.window;
        let passed = window.borders.pane(self.watermark.saturating_sub(window.late_micros));
        passed.end.saturating_add(window.late_micros)
    }

    /// Between two boundaries no window fires, so what is late for one of these rows is late for all.
    fn update(
        &mut self,
        input: &Input<'_>,
        pairs: &[Pair],
        texts: &[Arc<StringArray>],
        counts: &mut Counts,
    ) -> Result<()> {
        let window = self.spec.window;
        let shelf = self.spec.show.map(|show| Shelf::new(input.posts, show)).transpose()?;
        let mut touched: Vec<i64> = Vec::new();
        let mut key = Vec::new();
        for pair in pairs {
            let at = input.posts.event_at(pair.row as usize);
            if !self.near.contains(&at) {
                self.near = window.borders.pane(at);
            }
            let at = self.near.start;
            let missed_some = self.near.end <= self.fired;
            let missed_all = missed_some && window.borders.last_end(at) <= self.fired;
            if missed_some {
                self.spec.count(&mut counts.late, pair.slot);
            }
            if missed_all {
                continue;
            }
            let pane = self.panes.entry(at).or_default();
            keys::write(&mut key, pair.slot, texts, pair.row as usize);
            let (group, overflowed) = pane.keys.number(&key, self.spec.by.len(), self.groups_max);
            if pane.waiting.is_empty() {
                touched.push(at);
            }
            pane.wait(&self.states, pair.row, group)?;
            if let (Some(shelf), Some(best)) = (&shelf, pane.best_mut(group)) {
                shelf.offer(pair.row as usize, best);
            }
            if overflowed {
                self.spec.count(&mut counts.overflow, pair.slot);
            }
        }
        for at in touched {
            self.absorb(at, input)?;
        }
        Ok(())
    }

    /// Aggregates the posts that wait in a pane.
    fn absorb(&mut self, at: i64, input: &Input<'_>) -> Result<()> {
        let Some(pane) = self.panes.get_mut(&at) else { return Ok(()) };
        let rows = UInt32Array::from(std::mem::take(&mut pane.waiting));
        let targets = std::mem::take(&mut pane.waiting_rows);
        let Some(live) = &mut pane.live else { return Ok(()) };
        for (aggregate, accumulator) in self.states.aggregates.iter().zip(&mut live.accumulators) {
            let values = aggregate.arguments.iter().map(|argument| input.values(argument, &rows));
            let values = values.collect::<Result<Vec<_>>>()?;
            let filter = aggregate.filter.map(|query| input.meets(query, &rows));
            accumulator.update_batch(&values, &targets, filter.as_ref(), live.groups.len())?;
        }
        Ok(())
    }

    /// Fires every window that is due at this watermark, and forgets panes that no later window needs.
    pub(crate) fn advance(&mut self, watermark: i64, closed: &mut Vec<Closed>) -> Result<()> {
        if watermark <= self.watermark {
            return Ok(());
        }
        self.watermark = watermark;
        let window = self.spec.window;
        let due = watermark.saturating_sub(window.late_micros);
        self.fire_until(due, closed)?;
        self.fired = self.fired.max(window.borders.pane(due).start);
        Ok(())
    }

    /// The recording is over: every window that holds a post fires. Time stays where it is, so that posts that are added
    /// to the recording go on from here; only windows that have spoken are closed to them.
    pub(crate) fn finish(&mut self, closed: &mut Vec<Closed>) -> Result<()> {
        self.fire_until(i64::MAX, closed)
    }

    fn fire_until(&mut self, due: i64, closed: &mut Vec<Closed>) -> Result<()> {
        let borders = self.spec.window.borders;
        while let Some(end) = self.next_end().filter(|end| *end <= due) {
            self.fire(end, closed)?;
            self.fired = end;
            while let Some(first) = self.panes.first_entry() {
                if borders.last_end(*first.key()) > end {
                    break;
                }
                first.remove();
            }
        }
        Ok(())
    }

    /// End of the first window that holds a pane and has not fired.
    fn next_end(&self) -> Option<i64> {
        let (first, _) = self.panes.first_key_value()?;
        let borders = self.spec.window.borders;
        Some(borders.pane(*first).end.max(borders.pane(self.fired).end))
    }

    fn fire(&mut self, end: i64, closed: &mut Vec<Closed>) -> Result<()> {
        let borders = self.spec.window.borders;
        let range = borders.start_of(end)..end;
        let members: Vec<i64> = self.panes.range(range).map(|(at, _)| *at).collect();
        if let (true, [at]) = (borders.is_tumbling(), members.as_slice())
            && let Some(mut pane) = self.panes.remove(at)
        {
            if !pane.deltas.is_empty() {
                pane.freeze(&self.states)?;
            }
            return self.close(end, &mut [pane], closed);
        }
        let mut panes = Vec::with_capacity(members.len());
        for at in &members {
            if let Some(mut pane) = self.panes.remove(at) {
                pane.freeze(&self.states)?;
                panes.push(pane);
            }
        }
        self.close(end, &mut panes, closed)?;
        self.panes.extend(members.into_iter().zip(panes));
        Ok(())
    }

    /// The rows of one window. A single pane that was never frozen is read straight from its live table.
    fn close(&self, end: i64, panes: &mut [Pane], closed: &mut Vec<Closed>) -> Result<()> {
        let (keys, values, best) = match panes {
            [pane] if pane.live.is_some() => self.read_live(pane)?,
            panes => self.merge(panes)?,
        };
        let WindowEnd { start, end, fire } = self.window_end(end);
        for (row, (key, best)) in keys.iter().zip(best).enumerate() {
            let Some(member) = self.spec.members.get(keys::slot(key) as usize) else { continue };
            let key = keys::values(key).ok_or_else(|| exec_datafusion_err!("a group key is torn"))?;
            let window = Evaluation {
                monitor: member.monitor,
                key,
                window_start: start,
                window_end: end,
                values: measures(member, &values, row),
                evidence: best.into_evidence(),
                shown: shown(member, &values, row)?,
            };
            closed.push(Closed { fire, window, seen: seen(member, &values, row)? });
        }
        Ok(())
    }

    fn window_end(&self, end: i64) -> WindowEnd {
        let window = self.spec.window;
        WindowEnd { start: window.borders.start_of(end), end, fire: end.saturating_add(window.late_micros) }
    }

    fn read_live(&self, pane: &mut Pane) -> Result<Tables> {
        let Some(mut live) = pane.live.take() else { return Ok(Tables::default()) };
        let values = live.accumulators.iter_mut().map(|one| results(one.as_mut())).collect::<Result<Vec<_>>>()?;
        let mut all = std::mem::take(&mut pane.best);
        let mut best = Vec::with_capacity(live.groups.len());
        for group in &live.groups {
            best.push(all.get_mut(*group as usize).map(std::mem::take).unwrap_or_default());
        }
        Ok((live.groups.iter().map(|group| pane.keys.get(*group).into()).collect(), values, best))
    }

    fn merge(&self, panes: &[Pane]) -> Result<Tables> {
        let mut keys = Keys::default();
        let mut best: Vec<Best> = Vec::new();
        let mut numbers = Vec::with_capacity(panes.len());
        let count = self.spec.show.map_or(0, |show| show.count as usize);
        for pane in panes {
            let number = |key: &[u8]| keys.number(key, self.spec.by.len(), self.groups_max).0;
            let own: Vec<u32> = pane.keys.iter().map(number).collect();
            best.resize_with(keys.len(), Best::default);
            for (posts, number) in pane.best.iter().zip(&own) {
                if let Some(cell) = best.get_mut(*number as usize) {
                    cell.merge(posts, count);
                }
            }
            numbers.push(own);
        }
        let values = self.values(panes, &numbers, keys.len())?;
        Ok((keys.iter().map(Into::into).collect(), values, best))
    }

    /// The value of each aggregate for all groups. Where partial results are many, groups are taken by pieces, and what was put
    /// aside is read anew for each: no more than a piece of the groups and one partial result is in memory.
    fn values(&self, panes: &[Pane], numbers: &[Vec<u32>], all: usize) -> Result<Vec<ArrayRef>> {
        let bytes: usize = panes.iter().flat_map(|pane| &pane.deltas).map(Delta::len).sum();
        let piece = all.div_ceil(bytes.div_ceil(self.merge_bytes_max.max(1)).max(1)).max(1);
        let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.states.aggregates.len()];
        for start in (0..all.max(1)).step_by(piece) {
            let range = start..all.min(start + piece);
            let mut accumulators = self.states.accumulators()?;
            for (pane, numbers) in panes.iter().zip(numbers) {
                for delta in &pane.deltas {
                    self.add(&delta.read(&self.states)?, numbers, &range, &mut accumulators)?;
                }
            }
            for (pieces, one) in pieces.iter_mut().zip(&mut accumulators) {
                pieces.push(results(one.as_mut())?);
            }
        }
        let whole = |pieces: &Vec<ArrayRef>| {
            let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
            Ok(concat(&pieces)?)
        };
        pieces.iter().map(whole).collect()
    }

    /// Merges the rows of groups in a range, where `numbers` tells the number of each group of the pane.
    fn add(
        &self,
        rows: &RecordBatch,
        numbers: &[u32],
        range: &Range<usize>,
        accumulators: &mut [Box<dyn GroupsAccumulator>],
    ) -> Result<()> {
        let place = |group: &u32| {
            let number = numbers.get(*group as usize).map_or(0, |number| *number as usize);
            range.contains(&number).then(|| number - range.start)
        };
        let targets: Vec<usize> = groups(rows).iter().filter_map(place).collect();
        if targets.len() == rows.num_rows() {
            return self.states.merge(rows, accumulators, &targets, range.len());
        }
        let wanted = groups(rows).iter().map(|group| Some(place(group).is_some())).collect();
        self.states.merge(&filter_record_batch(rows, &wanted)?, accumulators, &targets, range.len())
    }

    /// Bytes in memory, roughly.
    pub(crate) fn size(&mut self) -> usize {
        self.panes.values_mut().map(Pane::size).sum()
    }

    /// Bytes in memory that could lie on disk.
    pub(crate) fn movable(&self) -> usize {
        self.panes.values().map(Pane::movable).sum()
    }

    /// When panes begin, oldest first.
    pub(crate) fn pane_starts(&self) -> impl Iterator<Item = i64> {
        self.panes.keys().copied()
    }

    /// Puts a pane aside on disk; gives the bytes of memory that it held before and holds now.
    pub(crate) fn put_aside(&mut self, at: i64, spill: &Arc<Spill>) -> Result<(usize, usize)> {
        let Some(pane) = self.panes.get_mut(&at) else { return Ok((0, 0)) };
        let before = pane.size();
        pane.put_aside(&self.states, spill)?;
        Ok((before, pane.size()))
    }

    fn prefix(&self) -> String {
        format!("window/{}", self.spec.fingerprint)
    }

    pub(crate) fn save(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let monitors = self.spec.members.iter().map(|member| member.name.clone()).collect();
        let header = Header { fired: self.fired, watermark: self.watermark, monitors };
        let bytes = serde_json::to_vec(&header).map_err(|error| exec_datafusion_err!("{error}"))?;
        let prefix = self.prefix();
        parts.push(Part::new(&format!("{prefix}/class"), bytes));
        for (at, pane) in &mut self.panes {
            pane.save(&format!("{prefix}/{at}"), &self.states, parts)?;
        }
        Ok(())
    }

    /// Puts back what was saved under the same fingerprint; monitors are found again by their names.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        let prefix = self.prefix();
        let mut slots: Vec<Option<u32>> = Vec::new();
        let mut panes: BTreeMap<i64, Saved<'_>> = BTreeMap::new();
        for (name, part) in snapshot.under(&prefix) {
            match name.split('/').collect::<Vec<_>>().as_slice() {
                ["class", _] => {
                    let header: Header = part.json()?;
                    (self.fired, self.watermark) = (header.fired, header.watermark);
                    slots = header.monitors.iter().map(|name| self.spec.slot_of(name)).collect();
                }
                [at, "best", _] => {
                    let at = at.parse().map_err(|_| part.bad("has no time in its name"))?;
                    panes.entry(at).or_default().best = Some(part);
                }
                [at, "delta", number, _] => {
                    let of_name = at.parse::<i64>().ok().zip(number.parse::<u64>().ok());
                    let (at, number) = of_name.ok_or_else(|| part.bad("has no time and number in its name"))?;
                    panes.entry(at).or_default().deltas.insert(number, part);
                }
                _ => Err(part.bad("has an unknown name"))?,
            }
        }
        for (at, saved) in panes {
            let mut pane = Pane::default();
            pane.restore(&self.states, &saved, &slots)?;
            self.panes.insert(at, pane);
        }
        Ok(())
    }
}

/// Keys, values of each aggregate, and evidence, by row.
type Tables = (Vec<Arc<[u8]>>, Vec<ArrayRef>, Vec<Best>);

struct WindowEnd {
    start: i64,
    end: i64,
    fire: i64,
}

/// The values of a member's measures; derived ones stay absent until the rules compute them.
pub(crate) fn measures(member: &Member, values: &[ArrayRef], row: usize) -> Vec<Option<f64>> {
    let value = |place: &Option<usize>| {
        let column = place.and_then(|at| values.get(at))?.as_primitive_opt::<Float64Type>()?;
        (row < column.len() && column.is_valid(row)).then(|| column.value(row))
    };
    member.measures.iter().map(value).collect()
}

/// The values that a member shows, without those that are new: only the rules can tell them.
pub(crate) fn shown(member: &Member, values: &[ArrayRef], row: usize) -> Result<Vec<ShownValues>> {
    let list = |(plan, place): &(ShowValuesPlan, Option<usize>)| {
        let values = place.map_or_else(|| Ok(Vec::new()), |place| told(values, place, row))?;
        Ok(ShownValues { order: plan.order, of: plan.name.clone(), values })
    };
    member.shown.iter().map(list).collect()
}

/// The values of the posts, for each measure of a member that tells new ones.
pub(crate) fn seen(member: &Member, values: &[ArrayRef], row: usize) -> Result<Vec<Vec<Seen>>> {
    member.seen.iter().map(|place| told(values, *place, row)).collect()
}

/// What an aggregate told as a list.
fn told<T: DeserializeOwned>(values: &[ArrayRef], place: usize, row: usize) -> Result<Vec<T>> {
    let column = values.get(place).and_then(|column| column.as_string_opt::<i32>());
    let json = column.filter(|column| row < column.len() && column.is_valid(row)).map(|column| column.value(row));
    serde_json::from_str(json.unwrap_or("[]")).map_err(|error| exec_datafusion_err!("{error}"))
}
