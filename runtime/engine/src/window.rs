//! The window operator: all classes of monitors over event time, in one pass. Markers decide nothing here that the
//! rows had not decided: they only make time pass where no rows come.
//!
//! Where the state is more than half of what memory may hold, the oldest panes go to disk; they are read again when a window
//! fires that they are part of. What comes of it does not depend on it.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{SchemaRef, UInt32Type};
use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use datafusion_execution::TaskContext;
use datafusion_execution::memory_pool::{MemoryConsumer, MemoryReservation};
use mon_compiler::plan::{Borders, QueryId};
use rustc_hash::FxHashMap;

use crate::class::{Class, Input, Pair};
use crate::control::{Control, column, watermarks};
use crate::error::EngineError;
use crate::layout::{ClassSpec, Layout};
use crate::matching::QUERIES;
use crate::options::Limits;
use crate::ordered::Ordered;
use crate::output::{Counts, Memory};
use crate::pattern::Patterns;
use crate::posts;
use crate::readings::Readings;
use crate::rows::{self, Closed};
use crate::shared::{Restored, Shared};
use crate::snapshot::{Part, Snapshot};
use crate::spill::Spill;
use crate::stage::{Stage, StageSpec};

/// Posts after which the size of the state is looked at again, at most.
const SIZE_EVERY_MAX: usize = 1 << 15;
/// Values of windows that are given on in one batch, where they are of several moments.
const BATCH_VALUES: usize = 1 << 16;
/// What a post may add to the state in between.
const POST_BYTES: usize = 1 << 12;

#[derive(Debug)]
pub(crate) struct WindowSpec {
    pub(crate) layout: Arc<Layout>,
    pub(crate) limits: Limits,
    pub(crate) shared: Shared,
    pub(crate) restore: Restored,
    pub(crate) spill: Arc<Spill>,
}

impl StageSpec for WindowSpec {
    const NAME: &'static str = "WindowExec";

    fn describe(&self) -> String {
        let classes: Vec<String> = self.layout.classes.iter().map(describe_class).collect();
        format!("groups_max={}, classes=[{}]", self.limits.groups_max, classes.join("; "))
    }

    fn schema(&self, _: &SchemaRef) -> SchemaRef {
        rows::schema()
    }

    fn start(&self, context: &TaskContext) -> Result<Box<dyn Stage>> {
        let restore = self.restore.take();
        let mut classes = Vec::with_capacity(self.layout.classes.len());
        for spec in &self.layout.classes {
            let mut class = Kind::new(Arc::new(spec.clone()), &self.limits)?;
            if let Some(snapshot) = &restore {
                class.restore(snapshot)?;
            }
            classes.push(class);
        }
        let mut windows = Windows {
            pairs: vec![Vec::new(); classes.len()],
            classes,
            layout: Arc::clone(&self.layout),
            limits: self.limits,
            shared: self.shared.clone(),
            schema: rows::schema(),
            memory: MemoryConsumer::new("WindowExec").register(context.memory_pool()),
            unsized_rows: 0,
            step: 0,
            spill: Arc::clone(&self.spill),
        };
        windows.weigh()?;
        Ok(Box::new(windows))
    }
}

fn describe_class(class: &ClassSpec) -> String {
    let seconds = |micros: i64| format!("{}s", micros / 1_000_000);
    let window = class.window;
    let by: Vec<&str> = class.by.iter().filter_map(|id| id.get()).map(|field| field.name).collect();
    let aggregates: Vec<&str> = class.aggregates.iter().map(crate::aggregate::Aggregate::function).collect();
    let borders = match window.borders {
        Borders::Steps { size_micros, every_micros } => {
            format!("size={} every={}", seconds(size_micros), seconds(every_micros))
        }
        Borders::Calendar(calendar) => format!("calendar={calendar}"),
        Borders::Session { gap_micros } => format!("gap={}", seconds(gap_micros)),
        Borders::Count { posts } => format!("posts={posts}"),
        Borders::Pattern { within_micros, absent_micros } => {
            let absent = absent_micros.map(|micros| format!(" absent={}", seconds(micros))).unwrap_or_default();
            format!("steps={} within={}{absent}", class.steps.len(), seconds(within_micros))
        }
    };
    format!(
        "{borders} late={} by=[{}] aggregates=[{}] monitors={}",
        seconds(window.late_micros),
        by.join(", "),
        aggregates.join(", "),
        class.members.len()
    )
}

/// A class by how its windows begin and end.
enum Kind {
    /// At borders that are the same for all groups.
    Panes(Box<Class>),
    /// Where the posts of a group make them.
    Ordered(Box<Ordered>),
    /// Where posts that follow one another make them.
    Pattern(Box<Patterns>),
}

impl Kind {
    fn new(spec: Arc<ClassSpec>, limits: &Limits) -> Result<Self> {
        if let Some(patterns) = Patterns::new(&spec, limits)? {
            return Ok(Self::Pattern(Box::new(patterns)));
        }
        Ok(match Ordered::new(Arc::clone(&spec), limits)? {
            Some(ordered) => Self::Ordered(Box::new(ordered)),
            None => Self::Panes(Box::new(Class::new(spec, limits)?)),
        })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        match self {
            Self::Panes(class) => class.restore(snapshot),
            Self::Ordered(class) => class.restore(snapshot),
            Self::Pattern(class) => class.restore(snapshot),
        }
    }

    fn batch(
        &mut self,
        input: &mut Input<'_>,
        pairs: &[Pair],
        counts: &mut Counts,
        closed: &mut Vec<Closed>,
    ) -> Result<()> {
        match self {
            Self::Panes(class) => class.batch(input, pairs, counts, closed),
            Self::Ordered(class) => class.batch(input, pairs, counts, closed),
            Self::Pattern(class) => class.batch(input, pairs, counts, closed),
        }
    }

    fn advance(&mut self, watermark: i64, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        match self {
            Self::Panes(class) => class.advance(watermark, closed),
            Self::Ordered(class) => class.advance(watermark, counts, closed),
            Self::Pattern(class) => class.advance(watermark, counts, closed),
        }
    }

    fn finish(&mut self, youngest: i64, counts: &mut Counts, closed: &mut Vec<Closed>) -> Result<()> {
        match self {
            Self::Panes(class) => class.finish(closed),
            Self::Ordered(class) => class.finish(counts, closed),
            Self::Pattern(class) => class.finish(youngest, counts, closed),
        }
    }

    fn size(&mut self) -> usize {
        match self {
            Self::Panes(class) => class.size(),
            Self::Ordered(class) => class.size(),
            Self::Pattern(class) => class.size(),
        }
    }

    fn save(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        match self {
            Self::Panes(class) => class.save(parts),
            Self::Ordered(class) => class.save(parts),
            Self::Pattern(class) => class.save(parts),
        }
    }
}

struct Windows {
    classes: Vec<Kind>,
    /// By class, for one batch.
    pairs: Vec<Vec<Pair>>,
    layout: Arc<Layout>,
    limits: Limits,
    shared: Shared,
    schema: SchemaRef,
    memory: MemoryReservation,
    unsized_rows: usize,
    /// The step of the ladder at which posts are heard now.
    step: u8,
    spill: Arc<Spill>,
}

impl Windows {
    /// Deals the matches out to the classes; false where no class has any.
    fn deal(&mut self, batch: &RecordBatch) -> Result<bool> {
        for pairs in &mut self.pairs {
            pairs.clear();
        }
        let lists = column(batch, QUERIES)?.as_list::<i32>();
        let queries = lists.values().as_primitive::<UInt32Type>().values();
        let mut any = false;
        for (row, bounds) in (0u32..).zip(lists.value_offsets().windows(2)) {
            let &[from, to] = bounds else { continue };
            if from == to {
                continue;
            }
            for query in queries.get(from as usize..to as usize).unwrap_or_default() {
                for monitor in self.layout.listeners(QueryId(*query)) {
                    let place = self.layout.places.get(*monitor as usize).copied().flatten();
                    let Some((class, slot)) = place else { continue };
                    if let Some(pairs) = self.pairs.get_mut(class) {
                        pairs.push(Pair { row, slot });
                        any = true;
                    }
                }
            }
        }
        Ok(any)
    }

    fn batch(&mut self, batch: &RecordBatch, closed: &mut Vec<Closed>) -> Result<Counts> {
        let mut counts = Counts::sized(self.layout.places.len());
        let lists = column(batch, QUERIES)?.as_list::<i32>();
        let offsets = lists.value_offsets();
        let values = lists.values().as_primitive::<UInt32Type>().values();
        let of_row = |row: usize| {
            let bound = |at: usize| offsets.get(at).map(|offset| *offset as usize);
            let range = bound(row).zip(bound(row + 1));
            range.and_then(|(from, to)| values.get(from..to)).unwrap_or_default()
        };
        let posts = posts::open(batch)?;
        let (texts, readings) = (FxHashMap::default(), Readings::default());
        let mut input =
            Input { posts: &posts, marks: watermarks(batch)?, queries: &of_row, texts, readings, step: self.step };
        for (class, pairs) in self.classes.iter_mut().zip(&self.pairs) {
            class.batch(&mut input, pairs, &mut counts, closed)?;
        }
        Ok(counts)
    }

    fn emit(&self, mut closed: Vec<Closed>, youngest: Option<i64>, out: &mut Vec<RecordBatch>) -> Result<()> {
        if closed.is_empty() {
            return Ok(());
        }
        closed.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut rest = closed.as_slice();
        while let Some(last) = rest.len().checked_sub(1) {
            // What is judged together stays together.
            let mut values = 0;
            let cut = rest.windows(2).position(|two| {
                let [one, next] = two else { return false };
                values += one.seen.iter().map(Vec::len).sum::<usize>();
                values > BATCH_VALUES && one.fire != next.fire
            });
            let (now, later) = rest.split_at(cut.unwrap_or(last) + 1);
            out.push(rows::encode(now, youngest, &self.schema)?);
            rest = later;
        }
        Ok(())
    }

    /// Takes rows into account that came since the state was weighed, and weighs it where they may be much.
    fn weigh_after(&mut self, rows: usize) -> Result<()> {
        self.unsized_rows += rows;
        let often = (self.limits.state_bytes_max / 4 / POST_BYTES).min(SIZE_EVERY_MAX);
        if self.unsized_rows > often { self.weigh() } else { Ok(()) }
    }

    /// Keeps the state within its limit.
    fn weigh(&mut self) -> Result<()> {
        self.unsized_rows = 0;
        let limit = self.limits.state_bytes_max;
        let mut used = self.size();
        // Where what must stay is the most of it, little by little would make many small pieces.
        if used > limit / 2 && (used > limit || self.movable() > limit / 16) {
            self.put_aside(used - limit / 4)?;
            used = self.size();
        }
        if used > limit {
            return Err(EngineError::StateLimit { used, limit }.into());
        }
        self.memory.try_resize(used)
    }

    /// Bytes in memory that could lie on disk.
    fn movable(&self) -> usize {
        let of = |class: &Kind| if let Kind::Panes(class) = class { class.movable() } else { 0 };
        self.classes.iter().map(of).sum()
    }

    fn size(&mut self) -> usize {
        self.classes.iter_mut().map(Kind::size).sum()
    }

    /// Puts so many bytes aside, of the oldest panes first. What is open by posts stays: sessions and runs are read at every turn.
    fn put_aside(&mut self, mut bytes: usize) -> Result<()> {
        let mut panes: Vec<(i64, usize)> = Vec::new();
        for (at, class) in self.classes.iter().enumerate() {
            if let Kind::Panes(class) = class {
                panes.extend(class.pane_starts().map(|start| (start, at)));
            }
        }
        panes.sort_unstable();
        for (start, at) in panes {
            if bytes == 0 {
                break;
            }
            if let Some(Kind::Panes(class)) = self.classes.get_mut(at) {
                let (before, after) = class.put_aside(start, &self.spill)?;
                bytes = bytes.saturating_sub(before.saturating_sub(after));
            }
        }
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let mut parts = Vec::new();
        for class in &mut self.classes {
            class.save(&mut parts)?;
        }
        let (windows, put_aside) = (self.size(), self.spill.used());
        let mut open = self.shared.lock();
        open.parts.append(&mut parts);
        open.epoch.memory = Memory { windows, put_aside, ..open.epoch.memory };
        Ok(())
    }
}

impl Stage for Windows {
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
        if !self.deal(&batch)? {
            return Ok(());
        }
        let mut closed = Vec::new();
        let mut counts = self.batch(&batch, &mut closed)?;
        // Classes without posts in this batch fire too, so that all that becomes final here is put in one order.
        let mark = watermarks(&batch)?.last().copied().unwrap_or(i64::MIN);
        for class in &mut self.classes {
            class.advance(mark, &mut counts, &mut closed)?;
        }
        self.shared.lock().epoch.counts += &counts;
        self.weigh_after(batch.num_rows())?;
        self.emit(closed, None, out)
    }

    fn control(&mut self, marker: Control, out: &mut Vec<RecordBatch>) -> Result<()> {
        match marker {
            Control::Flush => return Ok(()),
            Control::Load(step) => {
                self.step = step;
                return Ok(());
            }
            Control::Watermark(_) | Control::Barrier(_) | Control::End(_) => {}
        }
        let mut closed = Vec::new();
        let mut counts = Counts::sized(self.layout.places.len());
        for class in &mut self.classes {
            match marker {
                Control::Watermark(at) => class.advance(at, &mut counts, &mut closed)?,
                Control::End(youngest) => class.finish(youngest, &mut counts, &mut closed)?,
                Control::Barrier(_) | Control::Flush | Control::Load(_) => {}
            }
        }
        self.shared.lock().epoch.counts += &counts;
        let youngest = if let Control::End(youngest) = marker { Some(youngest) } else { None };
        self.emit(closed, youngest, out)?;
        if marker.keeps_state() {
            self.save()?;
        }
        Ok(())
    }
}
