//! Figures that many threads add to and one reads: sums without locks. A reader may meet them in the middle of an addition;
//! each number by itself is right and none ever falls.

use std::sync::atomic::{AtomicU64, Ordering};

/// A sum that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many lengths of time were at most so long, for each of some fixed bounds.
#[derive(Debug)]
pub struct Histogram {
    /// Microseconds, rising.
    bounds: &'static [u64],
    /// One more than there are bounds: the last holds what is longer than all of them.
    counts: Vec<AtomicU64>,
    /// Microseconds.
    sum: AtomicU64,
}

impl Histogram {
    /// `bounds` in microseconds, rising.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// A tally to count many lengths in before they are added in one go.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally { bounds: self.bounds, counts: vec![0; self.counts.len()], sum: 0 }
    }

    /// Adds one length; below zero, where two clocks differ, is zero.
    pub fn observe(&self, micros: i64) {
        let mut tally = self.tally();
        tally.observe(micros);
        self.add(&tally);
    }

    /// Adds what a tally of this histogram counted.
    pub fn add(&self, tally: &Tally) {
        for (count, more) in self.counts.iter().zip(&tally.counts).filter(|(_, more)| **more > 0) {
            count.fetch_add(*more, Ordering::Relaxed);
        }
        self.sum.fetch_add(tally.sum, Ordering::Relaxed);
    }

    /// Each bound in microseconds and how many lengths were at most so long; None stands for all of them.
    #[must_use]
    pub fn cumulated(&self) -> Vec<(Option<u64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        let mut below = 0;
        let counts = self.counts.iter().map(|count| {
            below += count.load(Ordering::Relaxed);
            below
        });
        bounds.zip(counts).collect()
    }

    /// Microseconds.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }
}

/// Lengths that are counted on one thread and added to their histogram together: an addition each.
#[derive(Debug)]
pub struct Tally {
    bounds: &'static [u64],
    counts: Vec<u64>,
    sum: u64,
}

impl Tally {
    /// Counts one length; below zero, where two clocks differ, is zero.
    pub fn observe(&mut self, micros: i64) {
        let micros = u64::try_from(micros).unwrap_or(0);
        let at = self.bounds.partition_point(|bound| *bound < micros);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.sum = self.sum.saturating_add(micros);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static BOUNDS: [u64; 4] = [10, 100, 1_000, 1_000_000];

    #[test]
    fn a_length_counts_at_its_bound_and_above() {
        let histogram = Histogram::new(&BOUNDS);
        for micros in [10, 11, -5, 2_000_000] {
            histogram.observe(micros);
        }
        let expected = [(Some(10), 2), (Some(100), 3), (Some(1_000), 3), (Some(1_000_000), 3), (None, 4)];
        assert_eq!(histogram.cumulated(), expected);
        assert_eq!(histogram.sum(), 2_000_021);
    }

    proptest! {
        #[test]
        fn a_histogram_says_for_each_bound_how_many_were_at_most_so_long(
            batches in prop::collection::vec(prop::collection::vec(-50_i64..3_000_000, 0..40), 0..8),
        ) {
            let histogram = Histogram::new(&BOUNDS);
            std::thread::scope(|scope| {
                for batch in &batches {
                    let histogram = &histogram;
                    scope.spawn(move || {
                        let mut tally = histogram.tally();
                        batch.iter().for_each(|micros| tally.observe(*micros));
                        histogram.add(&tally);
                    });
                }
            });
            let all: Vec<u64> = batches.concat().iter().map(|micros| u64::try_from(*micros).unwrap_or(0)).collect();
            for (bound, count) in histogram.cumulated() {
                let expected = all.iter().filter(|micros| bound.is_none_or(|bound| **micros <= bound)).count();
                prop_assert_eq!(count, expected as u64);
            }
            prop_assert_eq!(histogram.sum(), all.iter().sum::<u64>());
        }
    }
}
