//! What `new_values(tag over 30d, posts >= 3, authors >= 2)` wants to know of a window: every value that its posts have, by hash, and
//! those with so many posts of so many authors in words, as a text in JSON. Which of them are new the rules tell.
//!
//! ```text
//! state   posts (8 bytes) | authors (4) | author (8) … | length (4) | text | posts …      sorted by text, low byte first
//! ```

use arrow::array::{ArrayRef, LargeBinaryArray, StringArray};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err};
use datafusion_expr::Accumulator;
use rustc_hash::FxHashMap;

use super::{argument, key_of, torn, values_of_row};
use crate::novelty::Seen;

/// The values of one group.
#[derive(Debug)]
pub(super) struct SeenValues {
    posts_min: u64,
    authors_min: usize,
    values: FxHashMap<Box<str>, Support>,
    /// Bytes of the texts and of the authors.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Support {
    posts: u64,
    /// The least hashes of its authors in ascending order, no more than are asked for.
    authors: Vec<u64>,
}

impl SeenValues {
    /// The figures are how long ago, the least posts and the least authors.
    pub(super) fn new(figures: &[f64]) -> Self {
        let figure = |at: usize| figures.get(at).copied().unwrap_or_default();
        Self { posts_min: figure(1) as u64, authors_min: figure(2) as usize, values: FxHashMap::default(), bytes: 0 }
    }

    fn add(&mut self, text: &str, posts: u64, authors: impl IntoIterator<Item = u64>) {
        if !self.values.contains_key(text) {
            self.bytes += text.len();
            self.values.insert(text.into(), Support::default());
        }
        let Some(support) = self.values.get_mut(text) else { return };
        support.posts += posts;
        for author in authors {
            if let Err(at) = support.authors.binary_search(&author)
                && at < self.authors_min
            {
                self.bytes += if support.authors.len() < self.authors_min { size_of::<u64>() } else { 0 };
                support.authors.insert(at, author);
                support.authors.truncate(self.authors_min);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, &Support)> {
        self.values.iter().map(|(text, support)| (&**text, support))
    }

    fn seen(&self) -> Vec<Seen> {
        let one = |(text, support): (&str, &Support)| {
            let enough = support.posts >= self.posts_min && support.authors.len() >= self.authors_min;
            Seen { hash: hash(text), told: enough.then(|| (text.to_owned(), support.posts)) }
        };
        let mut all: Vec<Seen> = self.all().map(one).collect();
        all.sort_unstable_by(|a, b| (a.hash, &a.told).cmp(&(b.hash, &b.told)));
        all
    }

    fn merge(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let (posts, rest) = bytes.split_first_chunk().ok_or_else(torn)?;
            let (count, rest) = rest.split_first_chunk().ok_or_else(torn)?;
            let length = (u32::from_le_bytes(*count) as usize).saturating_mul(size_of::<u64>());
            let (authors, rest) = rest.split_at_checked(length).ok_or_else(torn)?;
            let (length, rest) = rest.split_first_chunk().ok_or_else(torn)?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(torn)?;
            let authors = authors.as_chunks().0.iter().map(|author| u64::from_le_bytes(*author));
            self.add(str::from_utf8(text).map_err(|_| torn())?, u64::from_le_bytes(*posts), authors);
            bytes = rest;
        }
        Ok(())
    }
}

fn hash(text: &str) -> u64 {
    (key_of(text) >> 64) as u64
}

impl Accumulator for SeenValues {
    /// An author who is not told cannot be told from others, and counts for none.
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let authors: &StringArray = argument(values, 0)?;
        let values = values.get(1).ok_or_else(torn)?;
        for (row, author) in authors.iter().enumerate() {
            let author = author.map(hash);
            values_of_row(values, row, &mut |text| self.add(text, 1, author))?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let json = serde_json::to_string(&self.seen()).map_err(|error| exec_datafusion_err!("{error}"))?;
        Ok(ScalarValue::Utf8(Some(json)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * (size_of::<(Box<str>, Support)>() + 1) + self.bytes
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut all: Vec<(&str, &Support)> = self.all().collect();
        all.sort_unstable_by_key(|(text, _)| *text);
        let small =
            |size: usize| u32::try_from(size).map_err(|_| exec_datafusion_err!("a value of a post is too long"));
        let mut bytes = Vec::with_capacity(self.bytes + all.len() * 16);
        for (text, support) in all {
            bytes.extend(support.posts.to_le_bytes());
            bytes.extend(small(support.authors.len())?.to_le_bytes());
            support.authors.iter().for_each(|author| bytes.extend(author.to_le_bytes()));
            bytes.extend(small(text.len())?.to_le_bytes());
            bytes.extend(text.as_bytes());
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

    fn told(rows: &[(Option<&str>, &str)]) -> SeenValues {
        let mut values = SeenValues::new(&[0.0, 3.0, 2.0]);
        let authors: StringArray = rows.iter().map(|row| row.0).collect();
        let texts: StringArray = rows.iter().map(|row| Some(row.1)).collect();
        values.update_batch(&[Arc::new(authors), Arc::new(texts)]).unwrap();
        values
    }

    const ROWS: [(Option<&str>, &str); 10] = [
        (Some("nora"), "a"),
        (Some("nora"), "a"),
        (Some("nora"), "a"),
        (Some("nora"), "b"),
        (Some("ben"), "b"),
        (Some("kim"), "b"),
        (Some("kim"), "c"),
        (Some("ben"), "c"),
        (None, "d"),
        (None, "d"),
    ];

    #[test]
    fn enough_posts_of_enough_authors_are_told_in_words() {
        let in_words: Vec<_> = told(&ROWS).seen().into_iter().filter_map(|seen| seen.told).collect();
        assert_eq!(in_words, [("b".to_owned(), 3)]);
        assert_eq!(told(&ROWS).seen().len(), 4);
    }

    #[test]
    fn states_are_the_same_bytes_for_any_order_and_come_back() {
        let mut rows = ROWS.to_vec();
        rows.reverse();
        let (mut half, mut rest) = (told(&rows[..4]), told(&rows[4..]));
        let state = rest.state().unwrap().first().unwrap().to_array().unwrap();
        half.merge_batch(&[state]).unwrap();
        assert_eq!(half.state().unwrap(), told(&ROWS).state().unwrap());
        assert_eq!(half.evaluate().unwrap(), told(&ROWS).evaluate().unwrap());
    }

    #[test]
    fn a_torn_state_is_refused() {
        for bytes in [&[1_u8; 7][..], &[1; 12], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff]] {
            let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![bytes]));
            assert!(told(&[]).merge_batch(&[state]).is_err());
        }
    }
}
