//! The values of one measure of one key in windows that are over. What is as if no post came is not written down.

use std::collections::BTreeMap;
use std::ops::Range;

use mon_compiler::history::{DAY_MICROS, LeftOut};
use mon_compiler::plan::Borders;

/// Which windows are samples: windows that do not overlap, at most twelve an hour, told by their ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) borders: Borders,
    /// Length of a window; 0 in a calendar.
    pub(super) size_micros: i64,
    /// Samples end at its multiples; 0 in a calendar, where every window is one.
    pub(super) every_micros: i64,
}

impl Grid {
    /// Whether the window that ends then is a sample.
    pub(super) fn holds(&self, end: i64) -> bool {
        self.every_micros == 0 || end.checked_rem_euclid(self.every_micros) == Some(0)
    }

    /// Whether the windows that end then, and every one before that does, do not overlap.
    pub(super) fn is_apart(&self, end: i64) -> bool {
        self.size_micros == 0 || end.checked_rem_euclid(self.size_micros) == Some(0)
    }

    /// The first and the last end of a sample in `(after, until]`.
    pub(super) fn span(&self, after: i64, until: i64) -> Option<(i64, i64)> {
        if self.every_micros == 0 {
            let mut ends = self.ends(after, until);
            let first = ends.next()?;
            return Some((first, ends.last().unwrap_or(first)));
        }
        let (first, last) = (self.next(after), until.saturating_sub(until.rem_euclid(self.every_micros)));
        (first <= last).then_some((first, last))
    }

    /// The first end of a sample after a moment.
    fn next(&self, at: i64) -> i64 {
        if self.every_micros == 0 {
            // A border ends the window before it.
            return self.borders.pane(at).end;
        }
        at.saturating_sub(at.rem_euclid(self.every_micros)).saturating_add(self.every_micros)
    }

    /// Ends of samples in `(after, until]`, oldest first.
    pub(super) fn ends(&self, after: i64, until: i64) -> impl Iterator<Item = i64> {
        let ends = std::iter::successors(Some(self.next(after)), |at| Some(self.next(*at)));
        ends.take_while(move |at| *at <= until && *at < i64::MAX)
    }

    /// Samples are saved together that end in one stretch of time.
    const fn chunk_micros(&self) -> i64 {
        if self.every_micros == 0 { 64 * DAY_MICROS } else { DAY_MICROS }
    }

    pub(super) const fn chunk(&self, end: i64) -> i64 {
        end.div_euclid(self.chunk_micros())
    }

    pub(super) const fn chunk_start(&self, chunk: i64) -> i64 {
        chunk.saturating_mul(self.chunk_micros())
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series {
    /// By end of window; None is absent.
    pub(super) recent: BTreeMap<i64, Option<f64>>,
    pub(super) samples: BTreeMap<i64, Sample>,
}

/// The value of a window that is a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// None is absent.
    pub(super) value: Option<f64>,
    /// An incident of the key was open: what was measured then is not what is usual.
    pub(super) left_out: bool,
}

impl Series {
    pub(super) fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.samples.is_empty()
    }

    /// Windows that ended before this one began are behind what `previous` asks for.
    pub(super) fn keep_recent(&mut self, start: i64, end: i64, value: Option<f64>, nothing: Option<f64>) {
        self.recent = self.recent.split_off(&start);
        if value != nothing {
            self.recent.insert(end, value);
        }
    }

    /// Whether it is written down. What is left out is, so that it is not taken as a window without posts.
    pub(super) fn keep_sample(&mut self, end: i64, sample: Sample, nothing: Option<f64>) -> bool {
        let told = sample.value != nothing || sample.left_out;
        if told {
            self.samples.insert(end, sample);
        }
        told
    }

    /// Lets go of samples that ended before.
    pub(super) fn forget(&mut self, before: i64) {
        self.samples = self.samples.split_off(&before);
    }
}

/// What is known of a measure of a key when one of its windows is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) series: &'a Series,
    pub(super) grid: Grid,
    /// When the monitor's first window began.
    pub(super) since: i64,
    /// The value of a window without posts.
    pub(super) nothing: Option<f64>,
    /// Windows that are never taken as usual.
    pub(super) without: Option<&'a LeftOut>,
    /// The value of the window that is judged.
    pub(super) value: Option<f64>,
}

impl Told<'_> {
    /// The value of the window that ended then; None where it is absent or not known.
    pub(super) fn before(&self, end: i64) -> Option<f64> {
        if self.grid.borders.start_of(end) < self.since {
            return None;
        }
        self.series.recent.get(&end).copied().unwrap_or(self.nothing)
    }

    /// Ends of the samples of a stretch, `(start, end]`, since the monitor began, oldest first.
    pub(super) fn ends(&self, stretch: &Range<i64>) -> impl Iterator<Item = i64> {
        self.grid.ends(stretch.start.max(self.since), stretch.end)
    }

    /// The value of a sample; None where it is absent, not known or left out. Windows of days that a rule leaves out never count.
    pub(super) fn sample(&self, end: i64, also_left_out: bool) -> Option<f64> {
        if self.grid.borders.start_of(end) < self.since || self.without.is_some_and(|days| days.holds(end)) {
            return None;
        }
        match self.series.samples.get(&end) {
            Some(sample) if sample.left_out && !also_left_out => None,
            Some(sample) => sample.value,
            None => self.nothing,
        }
    }

    /// Values of the samples that end in these stretches, `(start, end]`.
    pub(super) fn values(&self, stretches: &[Range<i64>], also_left_out: bool) -> Vec<f64> {
        let ends = stretches.iter().flat_map(|stretch| self.ends(stretch));
        ends.filter_map(|end| self.sample(end, also_left_out)).collect()
    }
}
