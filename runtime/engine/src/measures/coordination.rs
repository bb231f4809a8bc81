//! `coordinated(v within t)`: authors in groups who shared the same values at nearly the same time, again and again. The state is
//! the set of sharings; groups are looked for when the window closes.
//!
//! ```text
//! state   author (16 bytes) | value (8 each) | time (8) | author value time | …      sorted, high byte first
//! ```

use arrow::array::{Array, ArrayRef, BinaryArray, Int64Array, LargeBinaryArray, StringArray};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Accumulator;
use mon_compiler::story::BANDS;
use mon_detect::coordination::{Coordination, Edge, coordinated};
use rustc_hash::FxHashSet;

use super::{argument, key_of, stories, torn, values_of_row};

/// Pairs of authors that one value may make: what more share at once says nothing about two of them. About 700 authors at once
/// make so many.
const COORDINATION_PAIRS_MAX: usize = 250_000;

/// Where a value stands among the arguments, behind the author and the time.
const VALUE: usize = 2;

/// A word of a state.
const WORD: usize = 8;

/// A value as its hash.
pub(super) type Hashed = [u64; 2];

/// An author shared a value at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Sharing<const N: usize> {
    author: Hashed,
    value: [u64; N],
    at: i64,
}

/// Tells the values of a row.
type Read<const N: usize> = fn(&ArrayRef, usize, &mut dyn FnMut([u64; N])) -> Result<()>;

/// The sharings of one group; values of `N` words.
#[derive(Debug)]
pub(super) struct Coordinated<const N: usize> {
    rule: Coordination,
    read: Read<N>,
    /// Numbers values, those with one number being the same.
    same: fn(&[[u64; N]]) -> Vec<usize>,
    sharings: FxHashSet<Sharing<N>>,
}

/// Whose figures are the distance in microseconds, the least shared values and the least authors.
fn rule(figures: &[f64]) -> Coordination {
    let figure = |at: usize| figures.get(at).copied().unwrap_or_default();
    Coordination {
        within: figure(0) as i64,
        objects_min: figure(1) as usize,
        accounts_min: figure(2) as usize,
        pairs_max: COORDINATION_PAIRS_MAX,
    }
}

/// Of texts.
pub(super) fn of_values(figures: &[f64]) -> Coordinated<2> {
    let same = |values: &[Hashed]| (0..values.len()).collect();
    Coordinated { rule: rule(figures), read: hashes, same, sharings: FxHashSet::default() }
}

/// Of stories.
pub(super) fn of_stories(figures: &[f64]) -> Coordinated<BANDS> {
    Coordinated { rule: rule(figures), read: story, same: stories::roots, sharings: FxHashSet::default() }
}

fn hashes(values: &ArrayRef, row: usize, tell: &mut dyn FnMut(Hashed)) -> Result<()> {
    values_of_row(values, row, &mut |text| tell(words(key_of(text))))
}

fn story(values: &ArrayRef, row: usize, tell: &mut dyn FnMut([u64; BANDS])) -> Result<()> {
    let values: &BinaryArray = argument(std::slice::from_ref(values), 0)?;
    if values.is_valid(row) {
        tell(stories::bands(values.value(row))?);
    }
    Ok(())
}

fn words(key: u128) -> Hashed {
    [(key >> 64) as u64, key as u64]
}

impl<const N: usize> Coordinated<N> {
    /// Authors in groups.
    fn count(&self) -> usize {
        let mut values: Vec<[u64; N]> = self.sharings.iter().map(|sharing| sharing.value).collect();
        values.sort_unstable();
        values.dedup();
        let numbers = (self.same)(&values);
        let number = |value: &[u64; N]| numbers.get(values.binary_search(value).ok()?).copied();
        let edge = |sharing: &Sharing<N>| {
            Some(Edge { account: sharing.author, object: number(&sharing.value)?, time: sharing.at })
        };
        let edges: Vec<Edge<Hashed, usize>> = self.sharings.iter().filter_map(edge).collect();
        coordinated(&edges, &self.rule).groups.iter().map(|group| group.accounts.len()).sum()
    }

    fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        let (words, rest) = bytes.as_chunks::<WORD>();
        let records = words.chunks_exact(N + 3);
        if !rest.is_empty() || !records.remainder().is_empty() {
            return Err(torn());
        }
        for record in records {
            let [first, second, value @ .., at] = record else { return Err(torn()) };
            let mut sharing = Sharing {
                author: [u64::from_be_bytes(*first), u64::from_be_bytes(*second)],
                value: [0; N],
                at: i64::from_be_bytes(*at),
            };
            for (word, bytes) in sharing.value.iter_mut().zip(value) {
                *word = u64::from_be_bytes(*bytes);
            }
            self.sharings.insert(sharing);
        }
        Ok(())
    }
}

impl<const N: usize> Accumulator for Coordinated<N> {
    /// An author who is not told cannot be told from others, and is left out.
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (authors, times): (&StringArray, &Int64Array) = (argument(values, 0)?, argument(values, 1)?);
        let shared = values.get(VALUE).ok_or_else(torn)?;
        for (row, (author, at)) in authors.iter().zip(times).enumerate() {
            let (Some(author), Some(at)) = (author, at) else { continue };
            let author = words(key_of(author));
            let sharings = &mut self.sharings;
            (self.read)(shared, row, &mut |value| {
                sharings.insert(Sharing { author, value, at });
            })?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(Some(self.count() as f64)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sharings.capacity() * (size_of::<Sharing<N>>() + 1)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut sharings: Vec<&Sharing<N>> = self.sharings.iter().collect();
        sharings.sort_unstable();
        let mut bytes = Vec::with_capacity(sharings.len() * (N + 3) * WORD);
        for sharing in sharings {
            sharing.author.iter().chain(&sharing.value).for_each(|word| bytes.extend(word.to_be_bytes()));
            bytes.extend(sharing.at.to_be_bytes());
        }
        Ok(vec![ScalarValue::LargeBinary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        argument::<LargeBinaryArray>(states, 0)?.iter().flatten().try_for_each(|bytes| self.merge(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn told(rows: &[(Option<&str>, i64, Option<&str>)]) -> Vec<ArrayRef> {
        let authors: StringArray = rows.iter().map(|row| row.0).collect();
        let times: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
        let values: StringArray = rows.iter().map(|row| row.2).collect();
        vec![Arc::new(authors), Arc::new(times), Arc::new(values)]
    }

    fn fresh() -> Coordinated<2> {
        of_values(&[60e6, 2.0, 3.0])
    }

    /// Three who share two links within a minute, and one who is late for the second one.
    fn rows() -> Vec<(Option<&'static str>, i64, Option<&'static str>)> {
        let mut rows = vec![(None, 0, Some("x")), (Some("eve"), 0, None), (Some("eve"), MINUTE, Some("x"))];
        for (author, delay) in [("nora", 0), ("ben", 1), ("kim", 60_000_000)] {
            rows.push((Some(author), delay, Some("x")));
            rows.push((Some(author), 9 * MINUTE + delay, Some("y")));
        }
        rows.push((Some("eve"), 11 * MINUTE + 1, Some("y")));
        rows
    }

    #[test]
    fn who_shares_two_values_with_two_others_in_time_counts() {
        let mut one = fresh();
        one.update_batch(&told(&rows())).unwrap();
        assert_eq!(one.count(), 3);
        let four = Coordination { accounts_min: 4, ..one.rule };
        assert_eq!(Coordinated { rule: four, ..one }.count(), 0);
        assert_eq!(fresh().evaluate().unwrap(), ScalarValue::Float64(Some(0.0)));
    }

    #[test]
    fn states_are_the_same_bytes_for_any_order_and_come_back() {
        let mut rows = rows();
        let mut one = fresh();
        one.update_batch(&told(&rows)).unwrap();
        rows.reverse();
        let mut halves = fresh();
        halves.update_batch(&told(&rows[4..])).unwrap();
        let mut other = fresh();
        other.update_batch(&told(&rows[..6])).unwrap();
        let state = other.state().unwrap().first().unwrap().to_array().unwrap();
        halves.merge_batch(&[state]).unwrap();
        assert_eq!(halves.state().unwrap(), one.state().unwrap());
        assert_eq!(halves.count(), 3);
    }

    #[test]
    fn a_torn_state_is_refused() {
        for bytes in [&[1_u8; 3][..], &[1; 5 * WORD + 1], &[1; 4 * WORD]] {
            let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![bytes]));
            assert!(fresh().merge_batch(&[state]).is_err());
        }
    }
}
