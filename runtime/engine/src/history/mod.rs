//! What monitors remember of windows that are over: for each key the values of a measure, from which baselines and detectors
//! are computed (`mon-detect`). A window that is as if no post came takes no room.
//!
//! ```text
//! History (monitor) ── since       when its first window began; a key that comes later was at nothing since then
//!   └─ key ── series  of a measure: recent  values of the last window length, at every step
//!          │                        samples values of windows that do not overlap, as far back as is asked for
//!          └─ marks   of a measure that looks back: what it carries from window to window
//! ```

mod mark;
mod save;
mod series;
mod spec;
mod usual;

use std::collections::BTreeMap;

use mon_alerts::Evaluation;
use mon_compiler::history::Against;
use mon_compiler::plan::{Borders, WindowPlan};

use crate::snapshot::Part;
use mark::Mark;
pub(crate) use save::part;
use serde::{Deserialize, Serialize};
use series::{Sample, Series, Told};
pub(crate) use spec::{Spec, hash};

pub(crate) type Key = Vec<Option<String>>;

/// When the memory of a monitor begins whose first window this is: earlier steps of it had no posts.
pub(crate) fn began(window: &Evaluation, plan: WindowPlan) -> i64 {
    match plan.borders {
        Borders::Steps { every_micros, .. } => window.window_end.saturating_sub(every_micros),
        _ => window.window_start,
    }
}

/// What one monitor remembers.
pub(crate) struct History {
    spec: Spec,
    keys_max: usize,
    since: Option<i64>,
    /// Since when each series is known.
    begun: Vec<Begun>,
    keys: BTreeMap<Key, Remembered>,
    /// The chunks that samples lie in, with their parts; None where samples came since.
    chunks: BTreeMap<i64, Option<Part>>,
    /// The part of all else, unless it changed.
    state: Option<Part>,
}

/// Since when the values of a series are known; None before the next window.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Begun {
    recent: Option<i64>,
    samples: Option<i64>,
}

/// What is remembered of one key.
#[derive(Clone, Debug, Default)]
struct Remembered {
    /// End of its last window that had posts.
    last: i64,
    /// One for each of [`Spec::series`].
    series: Vec<Series>,
    /// One for each of [`Spec::measures`].
    marks: Vec<Mark>,
}

impl History {
    pub(crate) fn new(spec: Spec, keys_max: usize) -> Self {
        Self {
            keys_max,
            begun: vec![Begun::default(); spec.series.len()],
            spec,
            since: None,
            keys: BTreeMap::new(),
            chunks: BTreeMap::new(),
            state: None,
        }
    }

    /// A monitor's window was judged; the first one begins its memory.
    pub(crate) fn begin(&mut self, window: &Evaluation, plan: WindowPlan) {
        let start = began(window, plan);
        let begun = self.begun.iter_mut().flat_map(|begun| [&mut begun.recent, &mut begun.samples]);
        for since in std::iter::once(&mut self.since).chain(begun).filter(|since| since.is_none()) {
            *since = Some(start);
            self.state = None;
        }
    }

    /// Whether the monitor has not yet run for its `warmup`.
    pub(crate) fn is_warming(&self, window: &Evaluation) -> bool {
        self.since.is_some_and(|since| window.window_end.saturating_sub(since) < self.spec.warmup_micros)
    }

    /// Whether keys are judged in every window.
    pub(crate) fn remembers(&self) -> bool {
        !self.spec.measures.is_empty()
    }

    /// Whether a key is remembered, or can be.
    pub(crate) fn has_room(&self, key: &Key) -> bool {
        self.keys.len() < self.keys_max || self.keys.contains_key(key)
    }

    /// Keys that are judged in windows without posts, too.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.keys()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The value of a measure that looks back, for a window whose earlier measures are there. `open`: an incident of the key is
    /// open.
    pub(crate) fn measure(
        &mut self,
        at: usize,
        window: &Evaluation,
        values: &[Option<f64>],
        open: bool,
    ) -> Option<f64> {
        let place = self.spec.measures.iter().position(|measure| measure.at == at)?;
        let spec = self.spec.measures.get(place)?;
        let key = self.keys.entry(window.key.clone()).or_default();
        key.marks.resize_with(self.spec.measures.len(), Mark::default);
        key.series.resize_with(self.spec.series.len(), Series::default);
        let told = |of: u32, at: usize| {
            let begun = self.begun.get(at)?;
            let since = if spec.plan.against == Against::Previous { begun.recent? } else { begun.samples? };
            let nothing = self.spec.series.get(at)?.nothing;
            let value = values.get(of as usize).copied().flatten();
            let without = spec.plan.without.as_ref();
            Some(Told { series: key.series.get(at)?, grid: self.spec.grid, since, nothing, without, value })
        };
        let of = told(spec.plan.of, spec.series)?;
        let among = match spec.among {
            Some((among, at)) => Some(told(among, at)?),
            None => None,
        };
        key.marks.get_mut(place)?.tell(&spec.plan, &of, among.as_ref(), window.window_start..window.window_end, open)
    }

    /// Remembers a window. What was measured while an incident was open is not what is usual.
    pub(crate) fn keep(&mut self, window: &Evaluation, posts: bool, open: bool) {
        let key = self.keys.entry(window.key.clone()).or_default();
        key.series.resize_with(self.spec.series.len(), Series::default);
        if posts {
            key.last = window.window_end;
        }
        for (series, spec) in key.series.iter_mut().zip(&self.spec.series) {
            let value = window.values.get(spec.of as usize).copied().flatten();
            if spec.recent {
                series.keep_recent(window.window_start, window.window_end, value, spec.nothing);
            }
            let sample = Sample { value, left_out: open };
            if spec.samples
                && self.spec.grid.holds(window.window_end)
                && series.keep_sample(window.window_end, sample, spec.nothing)
            {
                self.chunks.insert(self.spec.grid.chunk(window.window_end), None);
            }
        }
        self.state = None;
        self.forget(window, open);
    }

    /// Lets go of samples that nothing looks back to any more, and of a key that has none left.
    fn forget(&mut self, window: &Evaluation, open: bool) {
        let oldest = self.spec.grid.chunk(window.window_end.saturating_sub(self.spec.memory_micros));
        // A chunk goes as a whole and for all keys at once, so that its part says what is remembered.
        while let Some(first) = self.chunks.first_entry().filter(|first| *first.key() < oldest) {
            let (chunk, _) = first.remove_entry();
            let end = self.spec.grid.chunk_start(chunk.saturating_add(1));
            for samples in self.begun.iter_mut().filter_map(|begun| begun.samples.as_mut()) {
                *samples = end.max(*samples);
            }
            for key in self.keys.values_mut() {
                key.series.iter_mut().for_each(|series| series.forget(end));
            }
        }
        let Some(key) = self.keys.get(&window.key) else { return };
        let gone = window.window_end.saturating_sub(key.last) > self.spec.key_micros;
        if gone && !open && key.series.iter().all(|series| series.is_empty()) {
            self.keys.remove(&window.key);
        }
    }
}
