//! `distinct(story)`: how many stories the posts of a window tell. Two posts tell one story where their signatures share a
//! band, or where a row of posts leads from one to the other; the state is the set of signatures, and nothing else.

use arrow::array::{ArrayRef, BinaryArray, LargeBinaryArray};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Accumulator;
use mon_compiler::story::{BAND_BYTES, BANDS, BYTES};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{argument, torn};

/// The different signatures of one group.
#[derive(Debug, Default)]
pub(super) struct Stories(FxHashSet<[u64; BANDS]>);

/// A signature as numbers.
pub(super) fn bands(signature: &[u8]) -> Result<[u64; BANDS]> {
    let mut bands = [0; BANDS];
    for (band, bytes) in bands.iter_mut().zip(signature.chunks_exact(BAND_BYTES)) {
        *band = u64::from_be_bytes(*bytes.first_chunk().ok_or_else(torn)?);
    }
    if signature.len() == BYTES { Ok(bands) } else { Err(torn()) }
}

/// For each signature the first one of its story. Signatures that share bands are groups of a forest.
pub(super) fn roots(signatures: &[[u64; BANDS]]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..signatures.len()).collect();
    // The hashes of different bands are different functions: no value stands in two of them by more than chance.
    let mut first: FxHashMap<u64, usize> = FxHashMap::default();
    first.reserve(signatures.len() * BANDS);
    for (at, signature) in signatures.iter().enumerate() {
        for band in signature {
            let before = *first.entry(*band).or_insert(at);
            let (one, other) = (root(&mut parents, at), root(&mut parents, before));
            if let Some(parent) = parents.get_mut(one.max(other)) {
                *parent = one.min(other);
            }
        }
    }
    (0..signatures.len()).map(|at| root(&mut parents, at)).collect()
}

impl Stories {
    fn count(&self) -> usize {
        let signatures: Vec<[u64; BANDS]> = self.0.iter().copied().collect();
        roots(&signatures).into_iter().enumerate().filter(|(at, root)| at == root).count()
    }
}

/// The root of a tree, whose path is halved on the way.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at).copied().filter(|parent| *parent != at) {
        let above = parents.get(parent).copied().unwrap_or(parent);
        if let Some(cell) = parents.get_mut(at) {
            *cell = above;
        }
        at = above;
    }
    at
}

impl Accumulator for Stories {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for signature in argument::<BinaryArray>(values, 0)?.iter().flatten() {
            self.0.insert(bands(signature)?);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(Some(self.count() as f64)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.0.capacity() * (BYTES + 1)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut signatures: Vec<&[u64; BANDS]> = self.0.iter().collect();
        signatures.sort_unstable();
        let bytes = signatures.into_iter().flatten().flat_map(|band| band.to_be_bytes()).collect();
        Ok(vec![ScalarValue::LargeBinary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for records in argument::<LargeBinaryArray>(states, 0)?.iter().flatten() {
            for signature in records.chunks(BYTES) {
                self.0.insert(bands(signature)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A signature with these bands and others of its own.
    fn signature(own: u64, shared: &[(usize, u64)]) -> Vec<u8> {
        let mut bands: [u64; BANDS] = std::array::from_fn(|at| own * 1000 + at as u64);
        shared.iter().for_each(|(at, band)| bands[*at] = *band);
        bands.iter().flat_map(|band| band.to_be_bytes()).collect()
    }

    fn stories(signatures: &[Vec<u8>]) -> Stories {
        let mut stories = Stories::default();
        let column = BinaryArray::from_iter_values(signatures);
        stories.update_batch(&[Arc::new(column)]).unwrap();
        stories
    }

    #[test]
    fn posts_in_a_row_of_shared_bands_are_one_story() {
        let (one, other) = (signature(1, &[(0, 7)]), signature(2, &[(11, 8)]));
        let (apart, between) = (signature(4, &[]), signature(3, &[(0, 7), (11, 8)]));
        assert_eq!(stories(&[]).count(), 0);
        assert_eq!(stories(&[one.clone(), other.clone(), apart.clone(), one.clone()]).count(), 3);
        assert_eq!(stories(&[one.clone(), other.clone(), apart.clone(), between.clone()]).count(), 2);
        assert_eq!(stories(&[between, apart, other, one]).count(), 2);
    }

    #[test]
    fn states_are_sorted_come_back_and_are_refused_where_they_are_torn() {
        let all: Vec<Vec<u8>> = (0..50).map(|own| signature(own * 7 % 50, &[])).collect();
        let mut whole = stories(&all);
        let state = whole.state().unwrap();
        let mut halves = stories(&all[25..]);
        let column = stories(&all[..30]).state().unwrap().first().unwrap().to_array().unwrap();
        halves.merge_batch(&[column]).unwrap();
        assert_eq!(halves.state().unwrap(), state);
        assert_eq!(halves.count(), 50);
        let torn: ArrayRef = Arc::new(LargeBinaryArray::from(vec![&[1_u8; BYTES + 1][..]]));
        assert!(Stories::default().merge_batch(&[torn]).is_err());
    }
}
