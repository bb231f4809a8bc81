//! What is heard while a run can't keep up: at each step of a monitor's ladder, one author in so many, with all their posts. The samples are
//! nested: whoever is heard at a step is heard at all gentler ones.

use arrow::array::UInt32Array;
use arrow::array::{Array, AsArray};
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use mon_post::{FieldId, PostBatch};

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
