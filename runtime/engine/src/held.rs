//! Posts that wait until no older one can come, and posts that are kept when they were taken. Of each post only what its class counts is kept: time and identity for the
//! order, the group key, the arguments of aggregates, the answers to their filters, the steps of a pattern that it meets, and the
//! evidence it may become.
//!
//! ```text
//! queue   time → places of posts              chunks   at | uid | event | key | arguments … | filters … | steps … | shown
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, Int64Array, StringArray, UInt32Array,
};
use arrow::compute::{interleave_record_batch, take};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion_common::utils::memory::get_record_batch_memory_size;
use datafusion_common::{Result, exec_datafusion_err};

use crate::aggregate::{Aggregate, Argument};
use crate::class::{Input, Pair};
use crate::evidence::{Ranked, Shelf};
use crate::keys;
use crate::layout::ClassSpec;
use crate::pane::{from_ipc, to_ipc};
use crate::snapshot::{Part, Snapshot};

/// Rows that chunks may hold for nothing, beside four for each post that waits.
const IDLE_ROWS_MAX: usize = 1 << 14;

/// What a time of the queue takes beside the places of its posts: its share of a tree's node, and a list that is longer than it
/// need be.
const QUEUE_BYTES: usize = 128;

/// Where a post waits: chunk and row.
pub(crate) type Spot = (u64, u32);

/// Which column of a chunk holds what.
pub(crate) struct Columns {
    schema: SchemaRef,
    /// For each aggregate its arguments; None is a constant.
    arguments: Vec<Vec<Option<usize>>>,
    /// For each aggregate its filter.
    filters: Vec<Option<usize>>,
    /// For each step of a pattern whether the post meets it.
    steps: Vec<usize>,
    shown: Option<usize>,
}

impl Columns {
    pub(crate) fn of(spec: &ClassSpec) -> Self {
        let mut fields = vec![
            Field::new("at", DataType::Int64, false),
            Field::new("uid", DataType::Utf8, false),
            Field::new("event", DataType::Binary, false),
            Field::new("key", DataType::Binary, false),
        ];
        let (mut arguments, mut filters) = (Vec::new(), Vec::new());
        for (number, aggregate) in spec.aggregates.iter().enumerate() {
            let mut own = Vec::with_capacity(aggregate.arguments.len());
            for (place, argument) in aggregate.arguments.iter().enumerate() {
                own.push(match argument {
                    Argument::Constant(_) => None,
                    told => {
                        fields.push(Field::new(format!("a{number}_{place}"), told.data_type(), true));
                        Some(fields.len() - 1)
                    }
                });
            }
            arguments.push(own);
            filters.push(aggregate.filter.map(|_| {
                fields.push(Field::new(format!("f{number}"), DataType::Boolean, true));
                fields.len() - 1
            }));
        }
        let mut steps = Vec::with_capacity(spec.steps.len());
        for step in 0..spec.steps.len() {
            fields.push(Field::new(format!("p{step}"), DataType::Boolean, true));
            steps.push(fields.len() - 1);
        }
        let shown = spec.show.map(|_| {
            fields.push(Field::new("shown", DataType::Utf8, false));
            fields.len() - 1
        });
        Self { schema: Arc::new(Schema::new(fields)), arguments, filters, steps, shown }
    }

    /// What the class counts of these posts.
    fn read(
        &self,
        spec: &ClassSpec,
        input: &Input<'_>,
        pairs: &[Pair],
        texts: &[Arc<StringArray>],
    ) -> Result<RecordBatch> {
        let rows: UInt32Array = pairs.iter().map(|pair| Some(pair.row)).collect();
        let each = || pairs.iter().map(|pair| pair.row as usize);
        let mut names = BinaryBuilder::new();
        let mut key = Vec::new();
        for pair in pairs {
            keys::write(&mut key, pair.slot, texts, pair.row as usize);
            names.append_value(&key);
        }
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(each().map(|row| Some(input.posts.event_at(row))).collect::<Int64Array>()),
            Arc::new(each().map(|row| Some(input.posts.post_uid(row))).collect::<StringArray>()),
            Arc::new(each().map(|row| Some(input.posts.event_id(row))).collect::<BinaryArray>()),
            Arc::new(names.finish()),
        ];
        for aggregate in &spec.aggregates {
            for argument in &aggregate.arguments {
                if !matches!(argument, Argument::Constant(_)) {
                    columns.push(input.values(argument, &rows)?);
                }
            }
            if let Some(query) = aggregate.filter {
                columns.push(Arc::new(input.meets(query, &rows)));
            }
        }
        for query in &spec.steps {
            columns.push(Arc::new(input.meets(*query, &rows)));
        }
        if let Some(show) = spec.show {
            let shelf = Shelf::new(input.posts, show)?;
            let json = |row| serde_json::to_string(&shelf.ranked(row)).map(Some);
            let shown: Vec<Option<String>> =
                each().map(json).collect::<Result<_, _>>().map_err(|error| exec_datafusion_err!("{error}"))?;
            columns.push(Arc::new(StringArray::from(shown)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(pairs.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

struct Chunk {
    rows: RecordBatch,
    /// Posts of it that wait or are kept.
    needed: usize,
    part: Option<Part>,
}

impl Chunk {
    fn time(&self, row: u32) -> i64 {
        let times = self.rows.column(0).as_primitive::<Int64Type>();
        times.values().get(row as usize).copied().unwrap_or(i64::MAX)
    }

    fn uid(&self, row: u32) -> &str {
        self.rows.column(1).as_string::<i32>().value(row as usize)
    }

    fn event(&self, row: u32) -> &[u8] {
        self.rows.column(2).as_binary::<i32>().value(row as usize)
    }

    fn key(&self, row: u32) -> &[u8] {
        self.rows.column(3).as_binary::<i32>().value(row as usize)
    }
}

/// The posts of a class that wait, and those that are kept though they were taken.
pub(crate) struct Held {
    columns: Columns,
    chunks: BTreeMap<u64, Chunk>,
    next: u64,
    queue: BTreeMap<i64, Vec<Spot>>,
    /// By number, in the order in which they were taken.
    kept: BTreeMap<u64, Spot>,
    next_kept: u64,
}

impl Held {
    pub(crate) fn new(spec: &ClassSpec) -> Self {
        Self {
            columns: Columns::of(spec),
            chunks: BTreeMap::new(),
            next: 0,
            queue: BTreeMap::new(),
            kept: BTreeMap::new(),
            next_kept: 0,
        }
    }

    /// Takes the posts of a batch; none of them waits before [`Self::wait`].
    pub(crate) fn add(
        &mut self,
        spec: &ClassSpec,
        input: &Input<'_>,
        pairs: &[Pair],
        texts: &[Arc<StringArray>],
    ) -> Result<u64> {
        let rows = self.columns.read(spec, input, pairs, texts)?;
        Ok(self.push(rows, None))
    }

    fn push(&mut self, rows: RecordBatch, part: Option<Part>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.chunks.insert(number, Chunk { rows, needed: 0, part });
        number
    }

    pub(crate) fn wait(&mut self, at: i64, spot: Spot) {
        self.queue.entry(at).or_default().push(spot);
        if let Some(chunk) = self.chunks.get_mut(&spot.0) {
            chunk.needed += 1;
        }
    }

    /// The first posts that wait, all of one time, in the order of their ids, where they are older than `until`. They do not
    /// wait any more; what they tell is kept until [`Self::tidy`].
    pub(crate) fn next_before(&mut self, until: i64) -> Option<(i64, Vec<Spot>)> {
        let first = self.queue.first_entry().filter(|first| *first.key() < until)?;
        let (at, mut spots) = first.remove_entry();
        for (chunk, _) in &spots {
            if let Some(chunk) = self.chunks.get_mut(chunk) {
                chunk.needed = chunk.needed.saturating_sub(1);
            }
        }
        let identity = |spot: &Spot| self.chunks.get(&spot.0).map(|chunk| (chunk.uid(spot.1), chunk.event(spot.1)));
        if spots.len() > 1 {
            spots.sort_by(|a, b| identity(a).cmp(&identity(b)));
        }
        Some((at, spots))
    }

    /// Keeps a post that was taken until it is released; gives the number that it has from now on.
    pub(crate) fn keep(&mut self, spot: Spot) -> u64 {
        let number = self.next_kept;
        self.next_kept += 1;
        self.kept.insert(number, spot);
        if let Some(chunk) = self.chunks.get_mut(&spot.0) {
            chunk.needed += 1;
        }
        number
    }

    /// What it tells stays until [`Self::tidy`].
    pub(crate) fn release(&mut self, number: u64) -> Option<Spot> {
        let spot = self.kept.remove(&number)?;
        if let Some(chunk) = self.chunks.get_mut(&spot.0) {
            chunk.needed = chunk.needed.saturating_sub(1);
        }
        Some(spot)
    }

    /// Number, time and place of the posts that are kept, in the order in which they were taken.
    pub(crate) fn all_kept(&self) -> Vec<(u64, i64, Spot)> {
        let time = |spot: &Spot| self.chunks.get(&spot.0).map_or(i64::MIN, |chunk| chunk.time(spot.1));
        self.kept.iter().map(|(number, spot)| (*number, time(spot), *spot)).collect()
    }

    /// Whether a post meets a step of the class's pattern.
    pub(crate) fn meets(&self, spot: Spot, step: usize) -> bool {
        let column = self.columns.steps.get(step).zip(self.chunks.get(&spot.0));
        column.is_some_and(|(at, chunk)| {
            let answers = chunk.rows.column(*at).as_boolean();
            let row = spot.1 as usize;
            row < answers.len() && answers.is_valid(row) && answers.value(row)
        })
    }

    pub(crate) fn key(&self, spot: Spot) -> &[u8] {
        self.chunks.get(&spot.0).map_or(&[], |chunk| chunk.key(spot.1))
    }

    /// What this post would be as evidence, where the class shows posts.
    pub(crate) fn shown(&self, spot: Spot) -> Result<Option<Ranked>> {
        let column = self.columns.shown.zip(self.chunks.get(&spot.0));
        let Some((column, chunk)) = column else { return Ok(None) };
        let json = chunk.rows.column(column).as_string::<i32>().value(spot.1 as usize);
        serde_json::from_str(json).map(Some).map_err(|error| exec_datafusion_err!("{error}"))
    }

    /// The arguments of an aggregate for some posts of one chunk, and which of them pass its filter.
    pub(crate) fn values(
        &self,
        number: usize,
        aggregate: &Aggregate,
        chunk: u64,
        rows: &UInt32Array,
    ) -> Result<(Vec<ArrayRef>, Option<BooleanArray>)> {
        let missing = || exec_datafusion_err!("posts that wait are gone");
        let chunk = self.chunks.get(&chunk).ok_or_else(missing)?;
        let places = self.columns.arguments.get(number).ok_or_else(missing)?;
        let mut values = Vec::with_capacity(places.len());
        for (argument, place) in aggregate.arguments.iter().zip(places) {
            values.push(match (argument, place) {
                (Argument::Constant(value), _) => value.to_array_of_size(rows.len())?,
                (_, Some(at)) => take(chunk.rows.column(*at), rows, None)?,
                (_, None) => return Err(missing()),
            });
        }
        let filter = match self.columns.filters.get(number).copied().flatten() {
            Some(at) => Some(take(chunk.rows.column(at), rows, None)?.as_boolean().clone()),
            None => None,
        };
        Ok((values, filter))
    }

    /// Forgets chunks of which no post waits or is kept, and what others hold for nothing where that is much.
    pub(crate) fn tidy(&mut self) -> Result<()> {
        self.chunks.retain(|_, chunk| chunk.needed > 0);
        let rows: usize = self.chunks.values().map(|chunk| chunk.rows.num_rows()).sum();
        let needed: usize = self.chunks.values().map(|chunk| chunk.needed).sum();
        if rows > 4 * needed + IDLE_ROWS_MAX { self.join(|_| true) } else { Ok(()) }
    }

    /// Puts the posts of these chunks that wait or are kept into one.
    fn join(&mut self, chosen: impl Fn(&Chunk) -> bool) -> Result<()> {
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for (number, chunk) in self.chunks.iter().filter(|(_, chunk)| chosen(chunk)) {
            places.insert(*number, batches.len());
            batches.push(chunk.rows.clone());
        }
        if batches.is_empty() {
            return Ok(());
        }
        let number = self.next;
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (chunk, row) in self.queue.values_mut().flatten().chain(self.kept.values_mut()) {
            if let Some(place) = places.get(chunk) {
                let fresh = u32::try_from(rows.len()).map_err(|_| exec_datafusion_err!("too many posts wait"))?;
                rows.push((*place, *row as usize));
                (*chunk, *row) = (number, fresh);
            }
        }
        let whole = interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &rows)?;
        self.chunks.retain(|number, _| !places.contains_key(number));
        self.push(whole, None);
        if let Some(chunk) = self.chunks.get_mut(&number) {
            chunk.needed = rows.len();
        }
        Ok(())
    }

    /// Bytes, roughly.
    pub(crate) fn size(&self) -> usize {
        let part = |chunk: &Chunk| chunk.part.as_ref().map_or(0, Part::len);
        let chunks: usize =
            self.chunks.values().map(|chunk| get_record_batch_memory_size(&chunk.rows) + part(chunk)).sum();
        let needed: usize = self.chunks.values().map(|chunk| chunk.needed).sum();
        chunks + needed * size_of::<Spot>() + self.queue.len() * QUEUE_BYTES
    }

    /// The parts of a snapshot that hold these posts: what came since the last one becomes a part of its own.
    pub(crate) fn save(&mut self, prefix: &str, parts: &mut Vec<Part>) -> Result<()> {
        if self.chunks.values().filter(|chunk| chunk.part.is_none()).count() > 1 {
            self.join(|chunk| chunk.part.is_none())?;
        }
        for (number, chunk) in &mut self.chunks {
            let part = match &chunk.part {
                Some(part) => part.clone(),
                None => Part::new(&format!("{prefix}/held/{number}"), to_ipc(&chunk.rows)?),
            };
            parts.push(part.clone());
            chunk.part = Some(part);
        }
        if !self.kept.is_empty() {
            let spots: Vec<Spot> = self.kept.values().copied().collect();
            let bytes = serde_json::to_vec(&spots).map_err(|error| exec_datafusion_err!("{error}"))?;
            parts.push(Part::new(&format!("{prefix}/kept"), bytes));
        }
        Ok(())
    }

    /// Puts back what [`Self::save`] gave: of its posts those wait that are not older than `from`. `slots` says which slot each
    /// saved slot is now; posts of slots that are gone are left out.
    pub(crate) fn restore(&mut self, saved: &Saved<'_>, slots: &[Option<u32>], from: i64) -> Result<()> {
        let unchanged = slots.iter().zip(0u32..).all(|(now, before)| *now == Some(before));
        let mut there: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        let kept: Vec<Spot> = saved.kept.map(Part::json).transpose()?.unwrap_or_default();
        let kept: BTreeSet<Spot> = kept.into_iter().collect();
        for (number, part) in &saved.chunks {
            let rows = from_ipc(part.read()?, &self.columns.schema).map_err(|reason| part.bad(reason))?;
            let names = rows.column(3).as_binary::<i32>();
            let now = |key: &[u8]| slots.get(keys::slot(key) as usize).copied().flatten();
            let spots: Vec<u32> =
                (0u32..).zip(names.iter().flatten()).filter_map(|(row, key)| now(key).map(|_| row)).collect();
            let rows = if unchanged {
                rows
            } else {
                let renamed = names.iter().flatten().map(|key| Some(keys::with_slot(key, now(key).unwrap_or(0))));
                let mut columns = rows.columns().to_vec();
                if let Some(column) = columns.get_mut(3) {
                    *column = Arc::new(renamed.collect::<BinaryArray>());
                }
                RecordBatch::try_new(Arc::clone(&self.columns.schema), columns)?
            };
            self.next = *number;
            let chunk = self.push(rows, unchanged.then(|| (*part).clone()));
            for row in &spots {
                let at = self.chunks.get(&chunk).map_or(i64::MIN, |chunk| chunk.time(*row));
                if at >= from && !kept.contains(&(chunk, *row)) {
                    self.wait(at, (chunk, *row));
                }
            }
            there.insert(chunk, spots);
        }
        for spot in kept {
            if there.get(&spot.0).is_some_and(|rows| rows.binary_search(&spot.1).is_ok()) {
                self.keep(spot);
            }
        }
        self.tidy()
    }
}

/// The parts of a snapshot that [`Held::save`] gave.
pub(crate) struct Saved<'a> {
    /// By number.
    chunks: BTreeMap<u64, &'a Part>,
    kept: Option<&'a Part>,
}

/// Finds `held/NUMBER/HASH` and `kept/HASH` behind the prefix.
pub(crate) fn saved<'a>(snapshot: &'a Snapshot, prefix: &'a str) -> Saved<'a> {
    let number = |name: &str| name.strip_prefix("held/")?.split('/').next()?.parse::<u64>().ok();
    Saved {
        chunks: snapshot.under(prefix).filter_map(|(name, part)| Some((number(name)?, part))).collect(),
        kept: snapshot.under(prefix).find(|(name, _)| name.starts_with("kept/")).map(|(_, part)| part),
    }
}
