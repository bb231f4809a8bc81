//! `distinct(story)`: how many stories the posts of a window tell. Two posts tell one story where their signatures share a
//! band, or where a row of posts leads from one to the other; the state is the set of signatures, and nothing else.

use std::collections::BTreeSet;

use arrow::array::{ArrayRef, BinaryArray, LargeBinaryArray};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Accumulator;
use mon_compiler::story::{BAND_BYTES, BYTES};
use rustc_hash::FxHashMap;

use super::{argument, torn};

/// The different signatures of one group.
#[derive(Debug, Default)]
pub(super) struct Stories(BTreeSet<[u8; BYTES]>);

impl Stories {
    fn add(&mut self, signature: &[u8]) -> Result<()> {
        self.0.insert(signature.try_into().map_err(|_| torn())?);
        Ok(())
    }

    /// Sets of signatures that share bands, as groups of a forest whose roots are counted.
    fn count(&self) -> usize {
        let mut parents: Vec<usize> = (0..self.0.len()).collect();
        let mut first: FxHashMap<(usize, &[u8]), usize> = FxHashMap::default();
        let mut joined = 0;
        for (at, signature) in self.0.iter().enumerate() {
            for band in signature.chunks_exact(BAND_BYTES).enumerate() {
                let (one, other) = (root(&mut parents, at), root(&mut parents, *first.entry(band).or_insert(at)));
                if one != other {
                    joined += 1;
                    if let Some(parent) = parents.get_mut(one.max(other)) {
                        *parent = one.min(other);
                    }
                }
            }
        }
        self.0.len() - joined
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
        argument::<BinaryArray>(values, 0)?.iter().flatten().try_for_each(|signature| self.add(signature))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(Some(self.count() as f64)))
    }

    fn size(&self) -> usize {
        // A node of the set holds up to 11 signatures, mostly about two thirds of that.
        size_of::<Self>() + self.0.len() * BYTES * 3 / 2
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let bytes = self.0.iter().flatten().copied().collect();
        Ok(vec![ScalarValue::LargeBinary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for records in argument::<LargeBinaryArray>(states, 0)?.iter().flatten() {
            records.chunks(BYTES).try_for_each(|signature| self.add(signature))?;
        }
        Ok(())
    }
}
