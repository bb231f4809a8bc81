//! Figures by key: what each author, post or value told, joined by a rule that knows no order. Keys are 128 bits of a hash,
//! which no two texts of one stream share by chance, and which tell nobody's name in a snapshot.
//!
//! ```text
//! state   posts (8 bytes) | key (16) figures (8 each) | key figures | …      sorted by key, figures low byte first
//! ```

use arrow::array::{ArrayRef, LargeBinaryArray};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Accumulator;
use rustc_hash::FxHashMap;

use super::{argument, key_of, torn};

const KEY_BYTES: usize = 16;
const FIGURE_BYTES: usize = 8;

/// What a measure does with figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<const N: usize> {
    /// Reads a batch.
    pub(super) read: fn(&mut Keyed<N>, &[ArrayRef]) -> Result<()>,
    /// What is known of a key, and what a post tells of it; the same whichever comes first.
    pub(super) join: fn(&[i64; N], &[i64; N]) -> [i64; N],
    pub(super) value: fn(&Keyed<N>) -> Option<f64>,
}

/// The figures of one group.
#[derive(Debug)]
pub(super) struct Keyed<const N: usize> {
    rule: Rule<N>,
    /// Posts that told anything, for rules that divide by them.
    pub(super) posts: u64,
    entries: FxHashMap<u128, [i64; N]>,
}

/// The larger figures, the first ones deciding.
pub(super) fn larger<const N: usize>(known: &[i64; N], told: &[i64; N]) -> [i64; N] {
    *known.max(told)
}

impl<const N: usize> Keyed<N> {
    pub(super) fn new(rule: Rule<N>) -> Self {
        Self { rule, posts: 0, entries: FxHashMap::default() }
    }

    pub(super) fn tell(&mut self, key: &str, figures: [i64; N]) {
        self.put(key_of(key), figures);
    }

    fn put(&mut self, key: u128, figures: [i64; N]) {
        let join = self.rule.join;
        self.entries.entry(key).and_modify(|known| *known = join(known, &figures)).or_insert(figures);
    }

    /// The figures of each key.
    pub(super) fn figures(&self) -> impl Iterator<Item = &[i64; N]> {
        self.entries.values()
    }

    /// The sum of the last figure over all keys; none without keys.
    pub(super) fn total(&self) -> Option<i128> {
        let last = self.entries.values().map(|figures| figures.last().map_or(0, |figure| i128::from(*figure)));
        (!self.entries.is_empty()).then(|| last.sum())
    }

    /// The largest last figure; none without keys.
    pub(super) fn largest(&self) -> Option<i64> {
        self.entries.values().filter_map(|figures| figures.last().copied()).max()
    }

    fn write(&self) -> Vec<u8> {
        let mut entries: Vec<(&u128, &[i64; N])> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| **key);
        let mut bytes = Vec::with_capacity(FIGURE_BYTES + entries.len() * (KEY_BYTES + N * FIGURE_BYTES));
        bytes.extend(self.posts.to_le_bytes());
        for (key, figures) in entries {
            bytes.extend(key.to_be_bytes());
            figures.iter().for_each(|figure| bytes.extend(figure.to_le_bytes()));
        }
        bytes
    }

    fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        let (posts, records) = bytes.split_first_chunk().ok_or_else(torn)?;
        let records = records.chunks_exact(KEY_BYTES + N * FIGURE_BYTES);
        if !records.remainder().is_empty() {
            return Err(torn());
        }
        self.posts += u64::from_le_bytes(*posts);
        for record in records {
            let (key, rest) = record.split_first_chunk().ok_or_else(torn)?;
            let mut figures = [0; N];
            for (figure, bytes) in figures.iter_mut().zip(rest.chunks_exact(FIGURE_BYTES)) {
                *figure = i64::from_le_bytes(*bytes.first_chunk().ok_or_else(torn)?);
            }
            self.put(u128::from_be_bytes(*key), figures);
        }
        Ok(())
    }
}

impl<const N: usize> Accumulator for Keyed<N> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        (self.rule.read)(self, values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.rule.value)(self)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.entries.capacity() * (size_of::<(u128, [i64; N])>() + 1)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::LargeBinary(Some(self.write()))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        argument::<LargeBinaryArray>(states, 0)?.iter().flatten().try_for_each(|bytes| self.merge(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;
    use crate::measures::reach;

    fn told(authors: &[&str], followers: &[i64]) -> Vec<ArrayRef> {
        let authors = StringArray::from(authors.to_vec());
        vec![Arc::new(authors), Arc::new(Int64Array::from(followers.to_vec()))]
    }

    #[test]
    fn states_are_the_same_bytes_for_any_order_and_come_back() {
        let mut one = Keyed::new(reach::RULE);
        one.update_batch(&told(&["nora", "ben", "nora"], &[5, 7, i64::MAX])).unwrap();
        let mut other = Keyed::new(reach::RULE);
        other.update_batch(&told(&["ben"], &[7])).unwrap();
        other.update_batch(&told(&["nora", "nora"], &[i64::MAX, 5])).unwrap();
        let state = one.state().unwrap();
        assert_eq!(state, other.state().unwrap());
        let mut again = Keyed::new(reach::RULE);
        let column = state.first().unwrap().to_array().unwrap();
        again.merge_batch(&[Arc::clone(&column), Arc::clone(&column)]).unwrap();
        again.merge_batch(&[column]).unwrap();
        assert_eq!(again.state().unwrap(), state);
        assert_eq!(again.evaluate().unwrap(), ScalarValue::Float64(Some(7.0 + i64::MAX as f64)));
        assert!(again.size() > one.entries.len() * 24);
    }

    #[test]
    fn a_torn_state_is_refused() {
        let mut keyed = Keyed::new(reach::RULE);
        for bytes in [&[1_u8, 2, 3][..], &[0; 8 + 24 + 1]] {
            let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![bytes]));
            assert!(keyed.merge_batch(&[state]).is_err());
        }
        let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![&[0; 8 + 24][..]]));
        keyed.merge_batch(&[state]).unwrap();
    }
}
