//! Group keys as bytes, and the table that numbers them in the order of their arrival, with a bound for each monitor.
//!
//! ```text
//! key = slot (4 bytes, big endian), then for each field: 0 (not told) | 1, length (4 bytes), text
//! ```

use std::sync::Arc;

use arrow::array::{Array, StringArray};
use hashbrown::HashMap;

use crate::output::OTHER;

/// Writes a key into the buffer, which is emptied before.
pub(crate) fn write(out: &mut Vec<u8>, slot: u32, texts: &[Arc<StringArray>], row: usize) {
    out.clear();
    out.extend_from_slice(&slot.to_be_bytes());
    for column in texts {
        if column.is_valid(row) { write_text(out, column.value(row)) } else { out.push(0) }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(1);
    out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// The key that stands for all groups of a slot beyond the bound.
pub(crate) fn write_other(slot: u32, fields: usize) -> Vec<u8> {
    let mut out = slot.to_be_bytes().to_vec();
    for _ in 0..fields {
        write_text(&mut out, OTHER);
    }
    out
}

/// Whether these are the values of the key that stands for all groups beyond the bound.
pub(crate) fn is_other(values: &[Option<String>]) -> bool {
    !values.is_empty() && values.iter().all(|value| value.as_deref() == Some(OTHER))
}

/// The slot of a key.
pub(crate) fn slot(key: &[u8]) -> u32 {
    key.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// The same key for another slot.
pub(crate) fn with_slot(key: &[u8], slot: u32) -> Vec<u8> {
    let mut out = slot.to_be_bytes().to_vec();
    out.extend_from_slice(key.get(4..).unwrap_or_default());
    out
}

/// The values of a key; None where its bytes are torn.
pub(crate) fn values(key: &[u8]) -> Option<Vec<Option<String>>> {
    let mut rest = key.get(4..)?;
    let mut values = Vec::new();
    while let Some((told, tail)) = rest.split_first() {
        if *told == 0 {
            values.push(None);
            rest = tail;
            continue;
        }
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let (text, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        values.push(Some(std::str::from_utf8(text).ok()?.to_owned()));
        rest = tail;
    }
    Some(values)
}

/// Keys numbered in the order of their arrival.
#[derive(Default)]
pub(crate) struct Keys {
    numbers: HashMap<Arc<[u8]>, u32>,
    list: Vec<Arc<[u8]>>,
    /// How many keys a slot has.
    by_slot: HashMap<u32, u32>,
    /// Of the keys themselves.
    bytes: usize,
}

/// What stands before the bytes of a key, and what the allocator rounds them up by.
const KEY_BYTES: usize = 2 * size_of::<usize>() + 8;

impl Keys {
    /// The number of a key, and whether the key was too many and went to `(other)`.
    pub(crate) fn number(&mut self, key: &[u8], fields: usize, groups_max: u32) -> (u32, bool) {
        if let Some(number) = self.numbers.get(key) {
            return (*number, false);
        }
        let slot = slot(key);
        let count = self.by_slot.entry(slot).or_default();
        if *count < groups_max || fields == 0 {
            *count += 1;
            return (self.insert(key.into()), false);
        }
        let other = write_other(slot, fields);
        match self.numbers.get(other.as_slice()) {
            Some(number) => (*number, true),
            None => (self.insert(other.into()), true),
        }
    }

    fn insert(&mut self, key: Arc<[u8]>) -> u32 {
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.bytes += key.len() + KEY_BYTES;
        self.list.push(Arc::clone(&key));
        self.numbers.insert(key, number);
        number
    }

    /// Takes a key that was admitted before, whatever the bound says now.
    pub(crate) fn restore(&mut self, key: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        *self.by_slot.entry(slot(key)).or_default() += 1;
        self.insert(key.into())
    }

    pub(crate) fn get(&self, number: u32) -> &[u8] {
        self.list.get(number as usize).map_or(&[], AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(AsRef::as_ref)
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Bytes, roughly.
    pub(crate) fn size(&self) -> usize {
        self.bytes + self.list.capacity() * size_of::<Arc<[u8]>>() + self.numbers.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_went() {
        let texts = [
            Arc::new(StringArray::from(vec![Some("DE"), None])),
            Arc::new(StringArray::from(vec![Some(""), Some("a\0b")])),
        ];
        let mut key = Vec::new();
        write(&mut key, 7, &texts, 0);
        assert_eq!((slot(&key), values(&key).unwrap()), (7, vec![Some("DE".into()), Some(String::new())]));
        write(&mut key, 8, &texts, 1);
        assert_eq!((slot(&key), values(&key).unwrap()), (8, vec![None, Some("a\0b".into())]));
        assert_eq!(values(&with_slot(&key, 3)), values(&key));
    }

    #[test]
    fn keys_beyond_the_bound_of_their_slot_share_one() {
        let texts = [Arc::new(StringArray::from(vec!["a", "b", "c", "d"]))];
        let mut keys = Keys::default();
        let mut key = Vec::new();
        let mut numbers = Vec::new();
        for row in [0, 1, 2, 3, 0] {
            write(&mut key, 0, &texts, row);
            numbers.push(keys.number(&key, 1, 2));
        }
        assert_eq!(numbers, [(0, false), (1, false), (2, true), (2, true), (0, false)]);
        assert_eq!(values(keys.get(2)), Some(vec![Some(OTHER.to_owned())]));
        write(&mut key, 1, &texts, 3);
        assert_eq!(keys.number(&key, 1, 2), (3, false), "another slot has its own bound");
    }
}
