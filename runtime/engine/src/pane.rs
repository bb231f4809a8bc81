//! A pane: the posts of one step of a window class, as aggregates by group. It has at most one live table and a list
//! of immutable deltas; a checkpoint never peeks into the live table (`GroupsAccumulator::state` may reset it) but
//! drains it into a delta and starts it afresh.
//!
//! ```text
//! pane ── keys      key ⇄ group number, in order of arrival
//!      ├─ live      accumulators over the groups touched since the last drain
//!      ├─ deltas    [group, key, partial state of each aggregate …] as the bytes of Arrow batches, in memory or put aside
//!      │            on disk, each a part of snapshots with its number in the name: two deltas may say the same
//!      │            ("group 0: one post"), and both count
//!      └─ best      evidence of each group
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, UInt32Array};
use arrow::buffer::Buffer;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt32Type};
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::{EmitTo, GroupsAccumulator};

use crate::aggregate::{Aggregate, results};
use crate::error::EngineError;
use crate::evidence::Best;
use crate::keys::{self, Keys};
use crate::snapshot::{Content, Part, hash};
use crate::spill::Spill;

/// Deltas that a pane holds in memory beyond which they are merged into one. Those that were put aside are not read for it: they
/// are few, since each was much when memory was short.
const DELTAS_MAX: usize = 8;

/// Aggregates of a class with the columns of their states.
#[derive(Debug)]
pub(crate) struct States {
    pub(crate) aggregates: Vec<Aggregate>,
    /// Number of state columns of each aggregate.
    widths: Vec<usize>,
    schema: SchemaRef,
}

impl States {
    pub(crate) fn new(aggregates: Vec<Aggregate>) -> Result<Self> {
        let mut widths = Vec::with_capacity(aggregates.len());
        let mut fields = vec![
            Arc::new(Field::new("group", DataType::UInt32, false)),
            Arc::new(Field::new("key", DataType::Binary, false)),
        ];
        for (at, aggregate) in aggregates.iter().enumerate() {
            let own: Vec<FieldRef> = aggregate.state_fields()?;
            widths.push(own.len());
            fields.extend(
                own.iter().enumerate().map(|(part, field)| {
                    Arc::new(Field::new(format!("s{at}_{part}"), field.data_type().clone(), true))
                }),
            );
        }
        Ok(Self { aggregates, widths, schema: Arc::new(Schema::new(fields)) })
    }

    pub(crate) fn accumulators(&self) -> Result<Vec<Box<dyn GroupsAccumulator>>> {
        self.aggregates.iter().map(Aggregate::accumulator).collect()
    }

    /// Drains accumulators into a delta; `groups` are the numbers of their rows.
    fn drain(
        &self,
        accumulators: &mut [Box<dyn GroupsAccumulator>],
        groups: &[u32],
        keys: &Keys,
    ) -> Result<RecordBatch> {
        let bytes: BinaryArray = groups.iter().map(|group| Some(keys.get(*group))).collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(groups.to_vec())), Arc::new(bytes)];
        for accumulator in accumulators {
            columns.extend(accumulator.state(EmitTo::All)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(groups.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    /// Merges a delta's states into accumulators, `targets` being the group of each of its rows.
    pub(crate) fn merge(
        &self,
        delta: &RecordBatch,
        accumulators: &mut [Box<dyn GroupsAccumulator>],
        targets: &[usize],
        groups: usize,
    ) -> Result<()> {
        let mut states = delta.columns().get(2..).unwrap_or_default();
        for (accumulator, width) in accumulators.iter_mut().zip(&self.widths) {
            let (own, rest) = states.split_at_checked(*width).unwrap_or((states, &[]));
            accumulator.merge_batch(own, targets, groups)?;
            states = rest;
        }
        Ok(())
    }
}

/// An immutable partial result.
pub(crate) struct Delta {
    content: Content,
    /// Place among all deltas that the pane ever had.
    number: u64,
    /// Of its bytes, where a snapshot has named them.
    hash: Option<String>,
}

impl Delta {
    /// Its rows; what lies in memory is not copied.
    pub(crate) fn read(&self, states: &States) -> Result<RecordBatch> {
        let bytes = self.content.read().map_err(|error| exec_datafusion_err!("what was put aside is lost: {error}"))?;
        from_ipc(bytes, &states.schema).map_err(|reason| exec_datafusion_err!("a partial result {reason}"))
    }

    /// Bytes in memory or on disk.
    pub(crate) fn len(&self) -> usize {
        self.content.len()
    }

    fn hash(&mut self) -> Result<String> {
        if let Some(hash) = &self.hash {
            return Ok(hash.clone());
        }
        let bytes = self.content.read().map_err(|error| exec_datafusion_err!("what was put aside is lost: {error}"))?;
        Ok(self.hash.insert(hash(&bytes)).clone())
    }
}

/// The groups of the rows of a delta.
pub(crate) fn groups(delta: &RecordBatch) -> &[u32] {
    delta.column(0).as_primitive::<UInt32Type>().values()
}

/// Accumulators over the groups that were touched since the last drain.
pub(crate) struct Live {
    pub(crate) accumulators: Vec<Box<dyn GroupsAccumulator>>,
    /// Group of each row.
    pub(crate) groups: Vec<u32>,
    /// Row of each group, plus one; 0 is none.
    rows: Vec<u32>,
}

impl Live {
    fn new(states: &States) -> Result<Self> {
        Ok(Self { accumulators: states.accumulators()?, groups: Vec::new(), rows: Vec::new() })
    }

    /// Bytes, roughly.
    fn size(&self) -> usize {
        let accumulators: usize = self.accumulators.iter().map(|one| one.size()).sum();
        accumulators + (self.groups.capacity() + self.rows.capacity()) * size_of::<u32>()
    }

    /// The row of a group, made where it has none.
    fn row(&mut self, group: u32) -> usize {
        let at = group as usize;
        if at >= self.rows.len() {
            self.rows.resize(at + 1, 0);
        }
        match self.rows.get_mut(at) {
            Some(0) => {
                let row = self.groups.len();
                self.groups.push(group);
                if let Some(cell) = self.rows.get_mut(at) {
                    *cell = u32::try_from(row + 1).unwrap_or(u32::MAX);
                }
                row
            }
            Some(row) => *row as usize - 1,
            None => 0,
        }
    }
}

#[derive(Default)]
pub(crate) struct Pane {
    pub(crate) keys: Keys,
    pub(crate) live: Option<Live>,
    pub(crate) deltas: Vec<Delta>,
    /// Number of the next delta.
    next: u64,
    /// By group number.
    pub(crate) best: Vec<Best>,
    best_part: Option<Part>,
    /// Bytes of `best`, where it did not change since they were added up.
    best_bytes: Option<usize>,
    /// Posts that wait for the next update: row of the batch, and row of the live table.
    pub(crate) waiting: Vec<u32>,
    pub(crate) waiting_rows: Vec<usize>,
}

impl Pane {
    /// Marks a post of the batch to be aggregated into a group.
    pub(crate) fn wait(&mut self, states: &States, row: u32, group: u32) -> Result<()> {
        let live = match &mut self.live {
            Some(live) => live,
            empty => empty.insert(Live::new(states)?),
        };
        self.waiting.push(row);
        self.waiting_rows.push(live.row(group));
        Ok(())
    }

    /// Where a group's evidence is kept.
    pub(crate) fn best_mut(&mut self, group: u32) -> Option<&mut Best> {
        (self.best_part, self.best_bytes) = (None, None);
        let at = group as usize;
        if at >= self.best.len() {
            self.best.resize_with(at + 1, Best::default);
        }
        self.best.get_mut(at)
    }

    /// Live becomes a delta; too many deltas in memory become one.
    pub(crate) fn freeze(&mut self, states: &States) -> Result<()> {
        if let Some(mut live) = self.live.take() {
            let drained = states.drain(&mut live.accumulators, &live.groups, &self.keys)?;
            self.push(&drained)?;
        }
        if self.held().count() > DELTAS_MAX { self.join(states) } else { Ok(()) }
    }

    /// Deltas in memory.
    fn held(&self) -> impl Iterator<Item = &Delta> {
        self.deltas.iter().filter(|delta| matches!(delta.content, Content::Held(_)))
    }

    /// Merges the deltas in memory into one.
    fn join(&mut self, states: &States) -> Result<()> {
        let mut all = Live::new(states)?;
        for delta in self.held() {
            let rows = delta.read(states)?;
            let targets: Vec<usize> = groups(&rows).iter().map(|group| all.row(*group)).collect();
            states.merge(&rows, &mut all.accumulators, &targets, all.groups.len())?;
        }
        let merged = states.drain(&mut all.accumulators, &all.groups, &self.keys)?;
        self.deltas.retain(|delta| matches!(delta.content, Content::PutAside(_)));
        self.push(&merged)
    }

    fn push(&mut self, rows: &RecordBatch) -> Result<()> {
        self.keep(Content::Held(Buffer::from_vec(to_ipc(rows)?)), None);
        Ok(())
    }

    fn keep(&mut self, content: Content, hash: Option<String>) {
        self.deltas.push(Delta { content, number: self.next, hash });
        self.next += 1;
    }

    /// Writes what can be written to disk, and forgets it in memory. Keys and evidence stay.
    pub(crate) fn put_aside(&mut self, states: &States, spill: &Arc<Spill>) -> Result<()> {
        self.freeze(states)?;
        if self.held().count() > 1 {
            self.join(states)?;
        }
        for delta in &mut self.deltas {
            if let Content::Held(bytes) = &delta.content {
                delta.content = Content::PutAside(spill.put(bytes)?);
            }
        }
        Ok(())
    }

    /// Bytes in memory that could lie on disk.
    pub(crate) fn movable(&self) -> usize {
        let deltas: usize = self.deltas.iter().map(|delta| delta.content.held()).sum();
        self.live.as_ref().map_or(0, Live::size) + deltas
    }

    /// Bytes in memory, roughly.
    pub(crate) fn size(&mut self) -> usize {
        let best = *self.best_bytes.get_or_insert_with(|| self.best.iter().map(Best::size).sum());
        let best = best + self.best.capacity() * size_of::<Best>();
        let deltas: usize = self.deltas.iter().map(|delta| delta.content.held() + size_of::<Delta>()).sum();
        let part = self.best_part.as_ref().map_or(0, Part::len);
        self.live.as_ref().map_or(0, Live::size) + deltas + self.keys.size() + best + part
    }

    /// The parts of a snapshot that hold this pane.
    pub(crate) fn save(&mut self, prefix: &str, states: &States, parts: &mut Vec<Part>) -> Result<()> {
        self.freeze(states)?;
        for delta in &mut self.deltas {
            let name = format!("{prefix}/delta/{}", delta.number);
            parts.push(Part::of(&name, &delta.hash()?, delta.content.clone()));
        }
        if self.best.iter().any(|best| !best.is_empty()) {
            let part = match &self.best_part {
                Some(part) => part.clone(),
                None => Part::new(&format!("{prefix}/best"), to_json(&self.best)?),
            };
            parts.push(part.clone());
            self.best_part = Some(part);
        }
        Ok(())
    }

    /// Puts back what [`Self::save`] gave. `slots` says which slot each saved slot is now; groups of slots that are
    /// gone are left out.
    pub(crate) fn restore(&mut self, states: &States, parts: &Saved<'_>, slots: &[Option<u32>]) -> Result<()> {
        let unchanged = slots.iter().zip(0u32..).all(|(now, before)| *now == Some(before));
        let read = |part: &&Part| from_ipc(part.read()?, &states.schema).map_err(|reason| part.bad(reason));
        let deltas = parts.deltas.values().map(read).collect::<std::result::Result<Vec<_>, EngineError>>()?;
        let mut groups = Vec::new();
        for delta in &deltas {
            let numbers = self::groups(delta);
            groups.extend(numbers.iter().copied().zip(delta.column(1).as_binary::<i32>().iter().flatten()));
        }
        groups.sort_by_key(|(number, _)| *number);
        groups.dedup_by_key(|(number, _)| *number);
        let mut now: Vec<Option<u32>> = vec![None; groups.last().map_or(0, |(number, _)| *number as usize + 1)];
        for (number, key) in groups {
            let slot = slots.get(keys::slot(key) as usize).copied().flatten();
            if let (Some(slot), Some(cell)) = (slot, now.get_mut(number as usize)) {
                *cell = Some(self.keys.restore(&keys::with_slot(key, slot)));
            }
        }
        for (delta, (number, part)) in deltas.into_iter().zip(&parts.deltas) {
            self.next = *number;
            if unchanged {
                let hash = part.name.rsplit('/').next().map(str::to_owned);
                self.keep(part.content().clone(), hash);
            } else {
                self.push(&self.renumber(&delta, &now, states)?)?;
            }
        }
        if let Some(part) = parts.best {
            let best: Vec<Best> = part.json()?;
            for (best, group) in best.into_iter().zip(&now) {
                if let Some(cell) = group.and_then(|group| self.best_mut(group)) {
                    *cell = best;
                }
            }
            self.best_part = unchanged.then(|| part.clone());
        }
        Ok(())
    }

    /// Forgets all groups but these; gives the new number of each group, None where it is gone.
    pub(crate) fn retain(&mut self, states: &States, kept: impl Fn(u32) -> bool) -> Result<Vec<Option<u32>>> {
        self.freeze(states)?;
        let before = std::mem::take(&mut self.keys);
        let keep = |(group, key)| kept(group).then(|| self.keys.restore(key));
        let now: Vec<Option<u32>> = (0u32..).zip(before.iter()).map(keep).collect();
        for delta in std::mem::take(&mut self.deltas) {
            let rest = self.renumber(&delta.read(states)?, &now, states)?;
            if rest.num_rows() > 0 {
                self.push(&rest)?;
            }
        }
        (self.best_part, self.best_bytes) = (None, None);
        for (best, group) in std::mem::take(&mut self.best).into_iter().zip(&now) {
            if let Some(cell) = group.and_then(|group| self.best_mut(group)) {
                *cell = best;
            }
        }
        Ok(now)
    }

    /// The values of some groups, which have no further use: of each aggregate by place among `chosen`, and evidence.
    pub(crate) fn take_out(&mut self, states: &States, chosen: &[u32]) -> Result<(Vec<ArrayRef>, Vec<Best>)> {
        self.freeze(states)?;
        let mut places: Vec<Option<usize>> = vec![None; self.keys.len()];
        for (place, group) in chosen.iter().enumerate() {
            if let Some(cell) = places.get_mut(*group as usize) {
                *cell = Some(place);
            }
        }
        let place = |group: &u32| places.get(*group as usize).copied().flatten();
        let mut accumulators = states.accumulators()?;
        for delta in &self.deltas {
            let rows = delta.read(states)?;
            let wanted = groups(&rows).iter().map(|group| Some(place(group).is_some())).collect();
            let targets: Vec<usize> = groups(&rows).iter().filter_map(place).collect();
            let rows = filter_record_batch(&rows, &wanted)?;
            states.merge(&rows, &mut accumulators, &targets, chosen.len())?;
        }
        let values = accumulators.iter_mut().map(|one| results(one.as_mut())).collect::<Result<Vec<_>>>()?;
        let best =
            chosen.iter().map(|group| self.best.get_mut(*group as usize).map(std::mem::take).unwrap_or_default());
        let best: Vec<Best> = best.collect();
        if best.iter().any(|best| !best.is_empty()) {
            (self.best_part, self.best_bytes) = (None, None);
        }
        Ok((values, best))
    }

    fn renumber(&self, delta: &RecordBatch, now: &[Option<u32>], states: &States) -> Result<RecordBatch> {
        let numbers = groups(delta);
        let new = |number: &u32| now.get(*number as usize).copied().flatten();
        let kept = numbers.iter().map(|number| Some(new(number).is_some())).collect();
        let rest = filter_record_batch(delta, &kept)?;
        let groups: Vec<u32> = numbers.iter().filter_map(new).collect();
        let bytes: BinaryArray = groups.iter().map(|group| Some(self.keys.get(*group))).collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(groups)), Arc::new(bytes)];
        columns.extend(rest.columns().iter().skip(2).cloned());
        Ok(RecordBatch::try_new(Arc::clone(&states.schema), columns)?)
    }
}

/// The parts of one pane in a snapshot.
#[derive(Default)]
pub(crate) struct Saved<'a> {
    /// By number.
    pub(crate) deltas: BTreeMap<u64, &'a Part>,
    pub(crate) best: Option<&'a Part>,
}

fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| exec_datafusion_err!("{error}"))
}

pub(crate) fn to_ipc(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(batch)?;
    let mut bytes = writer.into_inner()?;
    // They may stay for long, and grew by doubling.
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// The batch that these bytes hold, where it has these columns; else what is wrong with them. The batch lies in the bytes.
pub(crate) fn from_ipc(mut bytes: Buffer, schema: &SchemaRef) -> std::result::Result<RecordBatch, String> {
    let mut decoder = StreamDecoder::new();
    let batch = decoder.decode(&mut bytes).map_err(|error| error.to_string())?.ok_or("is empty")?;
    if batch.schema_ref().fields() != schema.fields() {
        return Err("has other columns than these rules need".to_owned());
    }
    Ok(batch)
}
