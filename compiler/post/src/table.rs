//! Cells of tables (CSV, foreign Parquet and Arrow files) that stand for lists.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::group::{ItemKind, Many};
use crate::json::{ListSeed, Notes, Seed};

/// Reads a list from a cell: a JSON list, or bare items between `|`.
pub fn list_cell<K: ItemKind>(text: &str) -> Result<Vec<K::Value<'_>>, &'static str> {
    const WHAT: &str = "a JSON list, or items between `|`";
    if text.trim_start().starts_with('[') {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let list = ListSeed::<Many<K>>(PhantomData).read(&mut deserializer, &mut Notes::default());
        return match (list, deserializer.end()) {
            (Ok(Some(list)), Ok(())) => Ok(list),
            _ => Err(WHAT),
        };
    }
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split('|').map(|item| K::bare(Cow::Borrowed(item)).ok_or(WHAT)).collect()
}
