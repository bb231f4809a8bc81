//! What is heard while a run can't keep up: at each step of a monitor's ladder, one author in so many, with all their posts. The samples are
//! nested: whoever is heard at a step is heard at all gentler ones.

use arrow::array::UInt32Array;
use std::ops::Range;

use arrow::array::{Array, AsArray};
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use mon_post::{FieldId, PostBatch};
use serde::{Deserialize, Serialize};

/// A time in which a part of the authors was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// No post before this was left out.
    from: i64,
    /// None behind this; `i64::MAX` while it goes on.
    until: i64,
    step: u8,
}

/// Times that are remembered.
const LOADED_MAX: usize = 1_024;

/// A step begins, where the watermark and the youngest post stand so.
pub(crate) fn turn(times: &mut Vec<Loaded>, step: u8, watermark: Option<i64>, youngest: Option<i64>) {
    if let Some(last) = times.last_mut().filter(|last| last.until == i64::MAX) {
        last.until = youngest.unwrap_or(i64::MIN);
    }
    if step > 0 {
        times.push(Loaded { from: watermark.unwrap_or(i64::MIN), until: i64::MAX, step });
    }
    times.drain(..times.len().saturating_sub(LOADED_MAX));
}

/// How many authors one stood for at most in a window.
pub(crate) fn one_in(ladder: &[u32], times: &[Loaded], window: &Range<i64>) -> u32 {
    let in_window = times.iter().filter(|time| time.from < window.end && time.until >= window.start);
    in_window.map(|time| weight(ladder, time.step)).max().unwrap_or(1)
}

/// How many authors one stands for at a step; 1 where all are heard.
pub(crate) fn weight(ladder: &[u32], step: u8) -> u32 {
    let reached = usize::from(step).min(ladder.len());
    reached.checked_sub(1).and_then(|at| ladder.get(at)).copied().unwrap_or(1).max(1)
}

/// Where an author stands among all, the same in every run: a sample of one in n is the first nth.
pub(crate) fn standing(posts: &PostBatch, author: Option<FieldId>, row: usize) -> u64 {
    let authors = author.and_then(|id| posts.column(id).as_string_opt::<i32>());
    // A post that does not tell its author is one of its own.
    let who = authors
        .filter(|authors| authors.is_valid(row))
        .map_or_else(|| posts.post_uid(row), |authors| authors.value(row));
    let hash = blake3::hash(who.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Whether an author of this standing is in a sample of one in so many.
pub(crate) fn is_heard(standing: u64, one_in: u32) -> bool {
    standing <= u64::MAX / u64::from(one_in.max(1))
}

/// Some rows of a batch.
pub(crate) fn rows(batch: &RecordBatch, rows: &[u32]) -> Result<RecordBatch> {
    Ok(take_record_batch(batch, &UInt32Array::from(rows.to_vec()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_of_a_ladder_lasts() {
        let ladder = [4, 16];
        assert_eq!([0, 1, 2, 3, 255].map(|step| weight(&ladder, step)), [1, 4, 16, 16, 16]);
        assert_eq!([0, 1, 9].map(|step| weight(&[], step)), [1, 1, 1]);
    }

    #[test]
    fn a_window_knows_the_smallest_sample_that_may_have_reached_into_it() {
        let mut times = Vec::new();
        turn(&mut times, 2, Some(100), Some(120));
        turn(&mut times, 1, Some(200), Some(220));
        turn(&mut times, 0, Some(300), Some(320));
        let of = |start, end| one_in(&[4, 16], &times, &(start..end));
        assert_eq!(
            [of(0, 100), of(0, 101), of(150, 201), of(221, 300), of(320, 400), of(321, 400)],
            [1, 16, 16, 4, 4, 1]
        );
        turn(&mut times, 1, Some(400), Some(420));
        assert_eq!((of_now(&times, 1_000), of_now(&[], 1_000)), (4, 1));
    }

    fn of_now(times: &[Loaded], now: i64) -> u32 {
        one_in(&[4, 16], times, &(now..now + 1))
    }

    #[test]
    fn samples_are_nested_and_as_large_as_they_say() {
        let standings: Vec<u64> = (0..100_000u32)
            .map(|n| u64::from_be_bytes(*blake3::hash(&n.to_le_bytes()).as_bytes().first_chunk().unwrap()))
            .collect();
        let heard = |one_in| standings.iter().filter(|at| is_heard(**at, one_in)).count();
        assert_eq!(heard(1), standings.len());
        for one_in in [2u32, 4, 16, 100] {
            let (found, wanted) = (heard(one_in) as f64, standings.len() as f64 / f64::from(one_in));
            assert!((found - wanted).abs() < 5.0 * wanted.sqrt(), "1 in {one_in}: {found} of {wanted}");
        }
        assert!(standings.iter().all(|at| !is_heard(*at, 16) || is_heard(*at, 4)));
    }
}
