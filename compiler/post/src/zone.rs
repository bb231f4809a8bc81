//! The texts of one zone of every post in a batch, seen without copying them.

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, ListArray, StringArray};

/// A zone of all posts of a batch.
#[derive(Clone, Debug)]
pub struct ZoneColumn(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Text(StringArray),
    Large(LargeStringArray),
    /// One text an item.
    List {
        lists: ListArray,
        texts: StringArray,
    },
    /// The batch has no such zone.
    Absent,
}

impl ZoneColumn {
    pub(crate) fn of_texts(array: Option<&ArrayRef>) -> Self {
        let Some(array) = array else { return Self(Kind::Absent) };
        if let Some(texts) = array.as_string_opt::<i32>() {
            return Self(Kind::Text(texts.clone()));
        }
        Self(array.as_string_opt::<i64>().map_or(Kind::Absent, |texts| Kind::Large(texts.clone())))
    }

    pub(crate) fn of_list(lists: Option<&ListArray>, item: usize) -> Self {
        let found = lists.and_then(|lists| {
            let texts = lists.values().as_struct_opt()?.columns().get(item)?.as_string_opt::<i32>()?.clone();
            Some(Kind::List { lists: lists.clone(), texts })
        });
        Self(found.unwrap_or(Kind::Absent))
    }

    /// One text a member of the lists, side by side.
    pub(crate) const fn of_members(lists: ListArray, texts: StringArray) -> Self {
        Self(Kind::List { lists, texts })
    }

    /// The texts of a row: none or one, several for `alt`, `link.title` and `link.url`. None where the row is out of range.
    #[must_use]
    pub fn texts(&self, row: usize) -> Texts<'_> {
        let range = match &self.0 {
            Kind::Text(texts) if row < texts.len() => row..row + 1,
            Kind::Large(texts) if row < texts.len() => row..row + 1,
            Kind::List { lists, .. } if row < lists.len() && lists.is_valid(row) => {
                let mut ends = lists.value_offsets().iter().skip(row);
                let mut end = || ends.next().and_then(|&end| usize::try_from(end).ok()).unwrap_or_default();
                end()..end()
            }
            _ => 0..0,
        };
        Texts { zone: self, range }
    }

    /// True when the row has at least one text here, be it empty.
    #[must_use]
    pub fn is_present(&self, row: usize) -> bool {
        match &self.0 {
            Kind::Text(texts) => row < texts.len() && texts.is_valid(row),
            Kind::Large(texts) => row < texts.len() && texts.is_valid(row),
            Kind::List { .. } => self.texts(row).next().is_some(),
            Kind::Absent => false,
        }
    }

    /// True when no row of the batch has a text here, so that the zone need not be looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Kind::Text(texts) => texts.null_count() == texts.len(),
            Kind::Large(texts) => texts.null_count() == texts.len(),
            Kind::List { texts, .. } => texts.null_count() == texts.len(),
            Kind::Absent => true,
        }
    }
}

/// The texts of one row of one zone.
#[derive(Clone, Debug)]
pub struct Texts<'a> {
    zone: &'a ZoneColumn,
    range: std::ops::Range<usize>,
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let zone = self.zone;
        let text = |at: &usize| match &zone.0 {
            Kind::Text(texts) | Kind::List { texts, .. } => texts.is_valid(*at).then(|| texts.value(*at)),
            Kind::Large(texts) => texts.is_valid(*at).then(|| texts.value(*at)),
            Kind::Absent => None,
        };
        self.range.by_ref().find_map(|at| text(&at))
    }
}
