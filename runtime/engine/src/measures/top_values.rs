//! `show top 5 link.domain`: the values that most posts have, with how many have them, as a text in JSON. Every value is kept until
//! the window closes, since any of them may come to be one of the first.
//!
//! ```text
//! state   posts (8 bytes) | length (4) | text | posts length text | …      sorted by text, low byte first
//! ```

use arrow::array::{Array, ArrayRef, LargeBinaryArray};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err};
use datafusion_expr::Accumulator;
use mon_alerts::ShownValue;
use rustc_hash::FxHashMap;

use super::{argument, torn, values_of_row};

/// The values of one group.
#[derive(Debug)]
pub(super) struct TopValues {
    count: usize,
    posts: FxHashMap<Box<str>, u64>,
    /// Bytes of the texts.
    bytes: usize,
}

impl TopValues {
    /// The figure says how many are told.
    pub(super) fn new(figures: &[f64]) -> Self {
        let count = figures.first().copied().unwrap_or_default() as usize;
        Self { count, posts: FxHashMap::default(), bytes: 0 }
    }

    fn add(&mut self, text: &str, posts: u64) {
        if let Some(known) = self.posts.get_mut(text) {
            *known += posts;
        } else {
            self.bytes += text.len();
            self.posts.insert(text.into(), posts);
        }
    }

    /// Most posts first, ties in the order of the texts.
    fn top(&self) -> Vec<ShownValue> {
        let mut all: Vec<(&str, u64)> = self.posts.iter().map(|(text, posts)| (&**text, *posts)).collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all.truncate(self.count);
        all.into_iter().map(|(text, posts)| ShownValue { value: text.to_owned(), posts }).collect()
    }

    fn merge(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let (posts, rest) = bytes.split_first_chunk().ok_or_else(torn)?;
            let (length, rest) = rest.split_first_chunk().ok_or_else(torn)?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(torn)?;
            self.add(str::from_utf8(text).map_err(|_| torn())?, u64::from_le_bytes(*posts));
            bytes = rest;
        }
        Ok(())
    }
}

impl Accumulator for TopValues {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values.first().ok_or_else(torn)?;
        (0..values.len()).try_for_each(|row| values_of_row(values, row, &mut |text| self.add(text, 1)))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let json = serde_json::to_string(&self.top()).map_err(|error| exec_datafusion_err!("{error}"))?;
        Ok(ScalarValue::Utf8(Some(json)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.posts.capacity() * (size_of::<(Box<str>, u64)>() + 1) + self.bytes
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut all: Vec<(&str, u64)> = self.posts.iter().map(|(text, posts)| (&**text, *posts)).collect();
        all.sort_unstable();
        let mut bytes = Vec::with_capacity(self.bytes + all.len() * 12);
        for (text, posts) in all {
            let length =
                u32::try_from(text.len()).map_err(|_| exec_datafusion_err!("a value of a post is too long"))?;
            bytes.extend(posts.to_le_bytes());
            bytes.extend(length.to_le_bytes());
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

    use arrow::array::StringArray;

    use super::*;

    fn told(texts: &[&str]) -> TopValues {
        let mut values = TopValues::new(&[2.0]);
        values.update_batch(&[Arc::new(StringArray::from(texts.to_vec()))]).unwrap();
        values
    }

    #[test]
    fn ties_have_one_order_and_states_come_back() {
        let mut whole = told(&["b", "c", "a", "c", "b", "", "京都"]);
        let (mut half, mut rest) = (told(&["京都", "b", "", "c"]), told(&["c", "a", "b"]));
        let state = rest.state().unwrap().first().unwrap().to_array().unwrap();
        half.merge_batch(&[state]).unwrap();
        assert_eq!(half.state().unwrap(), whole.state().unwrap());
        let json = "[{\"value\":\"b\",\"posts\":2},{\"value\":\"c\",\"posts\":2}]";
        assert_eq!(half.evaluate().unwrap(), ScalarValue::Utf8(Some(json.to_owned())));
        assert_eq!(told(&[]).evaluate().unwrap(), ScalarValue::Utf8(Some("[]".to_owned())));
    }

    #[test]
    fn a_torn_state_is_refused() {
        for bytes in [&[1_u8; 7][..], &[1; 12], &[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff]] {
            let state: ArrayRef = Arc::new(LargeBinaryArray::from(vec![bytes]));
            assert!(TopValues::new(&[2.0]).merge_batch(&[state]).is_err());
        }
    }
}
