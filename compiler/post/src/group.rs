//! Groups of named columns (the post itself, its author, one link): the macro that declares a group once and derives
//! from it the struct, the Arrow fields, the columns, and how it is read from and written to JSON and tables.

use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Builder, ListArray, MapBuilder, MapFieldNames, StringBuilder, StructArray,
    new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int64Type};
use arrow::error::ArrowError;
use serde::de::{Deserializer, MapAccess};

use crate::json::{Item, LeafSeed, ListSeed, Notes, OneSeed, Seed as _, TallySeed, entry};
use crate::kind::{Column, Leaf, put, write_json_text};

/// A kind of column: a leaf, a struct, a list.
pub trait Kind: 'static {
    type Value<'a>: Clone + Debug + PartialEq;
    type Column: Default;
    fn data_type() -> DataType;
    /// Stores the value of row `at`; rows that were passed over are not told.
    fn set(column: &mut Self::Column, at: usize, value: &Self::Value<'_>);
    fn finish(column: Self::Column, rows: usize) -> Result<ArrayRef, ArrowError>;
    fn get(array: &dyn Array, row: usize) -> Option<Self::Value<'_>>;
    /// Reads the entry `name` of a map, or with `rest` the part of the value that a dotted key names. False: no such part.
    fn read<'de, A: MapAccess<'de>>(
        value: &mut Option<Self::Value<'de>>,
        name: &'static str,
        rest: Option<&str>,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error>;
    /// Reads a cell of a table. `Ok(false)`: no such part. The error says what is expected.
    fn read_cell<'a>(
        value: &mut Option<Self::Value<'a>>,
        rest: Option<&str>,
        text: &'a str,
    ) -> Result<bool, &'static str>;
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>);
    /// The names of the cells that a table has for it.
    fn cells(name: String, out: &mut Vec<String>);
    /// The cells in the order of [`Kind::cells`], as JSON.
    fn visit_cells(value: Option<&Self::Value<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>));
}

fn pad<C: Column>(column: &mut C, rows: usize) {
    let have = column.rows();
    if have < rows {
        column.push_nulls(rows - have);
    }
}

fn told(array: &dyn Array, row: usize) -> bool {
    row < array.len() && array.is_valid(row)
}

impl<L: Leaf> Kind for L {
    type Value<'a> = L::Value<'a>;
    type Column = L::Builder;

    fn data_type() -> DataType {
        L::arrow()
    }
    #[inline]
    fn set(column: &mut Self::Column, at: usize, value: &Self::Value<'_>) {
        pad(column, at);
        L::push(column, value);
    }
    fn finish(mut column: Self::Column, rows: usize) -> Result<ArrayRef, ArrowError> {
        if column.rows() == 0 {
            return Ok(new_null_array(&L::arrow(), rows));
        }
        pad(&mut column, rows);
        column.done()
    }
    fn get(array: &dyn Array, row: usize) -> Option<Self::Value<'_>> {
        if told(array, row) { L::at(array, row) } else { None }
    }
    fn read<'de, A: MapAccess<'de>>(
        value: &mut Option<Self::Value<'de>>,
        name: &'static str,
        rest: Option<&str>,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error> {
        if rest.is_some() {
            return Ok(false);
        }
        *value = entry(map, name, notes, LeafSeed::<L>(PhantomData))?;
        Ok(true)
    }
    fn read_cell<'a>(
        value: &mut Option<Self::Value<'a>>,
        rest: Option<&str>,
        text: &'a str,
    ) -> Result<bool, &'static str> {
        if rest.is_some() {
            return Ok(false);
        }
        *value = Some(L::from_text(text).ok_or(L::WHAT)?);
        Ok(true)
    }
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>) {
        L::write(value, out);
    }
    fn cells(name: String, out: &mut Vec<String>) {
        out.push(name);
    }
    fn visit_cells(value: Option<&Self::Value<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>)) {
        visit(value.map(|value| json_of::<Self>(value)));
    }
}

fn json_of<K: Kind>(value: &K::Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    K::write(value, &mut out);
    out
}

/// Named columns that stand together.
pub trait Group: 'static {
    type Row<'a>: Clone + Debug + PartialEq + Default;
    type Columns: Default;
    fn fields() -> Fields;
    fn set(columns: &mut Self::Columns, at: usize, row: &Self::Row<'_>);
    fn finish(columns: Self::Columns, rows: usize) -> Result<Vec<ArrayRef>, ArrowError>;
    fn get(columns: &[ArrayRef], at: usize) -> Self::Row<'_>;
    /// Reads the entry of a map; false and nothing read where the key is unknown.
    fn read_key<'de, A: MapAccess<'de>>(
        row: &mut Self::Row<'de>,
        key: &str,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error>;
    fn read_cell<'a>(row: &mut Self::Row<'a>, key: &str, text: &'a str) -> Result<bool, &'static str>;
    /// Writes the entries that are told, without the braces.
    fn write(row: &Self::Row<'_>, out: &mut Vec<u8>);
    fn cells(prefix: &str, out: &mut Vec<String>);
    fn visit_cells(row: Option<&Self::Row<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>));
    /// What a bare text in the place of the object means, if anything.
    fn named(_text: Cow<'_, str>) -> Option<Self::Row<'_>> {
        None
    }
}

/// Splits `author.followers` at its first dot.
#[must_use]
pub fn split_key(key: &str) -> (&str, Option<&str>) {
    let (head, rest) = key.split_once('.').map_or((key, None), |(head, rest)| (head, Some(rest)));
    // The registry's names for two columns of the author.
    match head {
        "bot" => ("is_bot", rest),
        "location" => ("location_text", rest),
        _ => (head, rest),
    }
}

/// Writes one entry of an object.
pub fn write_entry<K: Kind>(name: &str, value: Option<&K::Value<'_>>, out: &mut Vec<u8>) {
    let Some(value) = value else { return };
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    K::write(value, out);
}

/// Declares a group. After a column's kind: nothing (may be absent), `[or VALUE]` (never null, `VALUE` where not
/// told), `[filled]` (never null, the builder works it out).
macro_rules! group {
    (@nullable) => { true };
    (@nullable [$($mode:tt)+]) => { false };
    (@set $kind:ty, $column:expr, $at:expr, $value:expr) => {
        if let Some(value) = &$value {
            <$kind as $crate::group::Kind>::set(&mut $column, $at, value);
        }
    };
    (@set $kind:ty, $column:expr, $at:expr, $value:expr, [filled]) => {
        group!(@set $kind, $column, $at, $value)
    };
    (@set $kind:ty, $column:expr, $at:expr, $value:expr, [or $default:expr]) => {
        match &$value {
            Some(value) => <$kind as $crate::group::Kind>::set(&mut $column, $at, value),
            None => <$kind as $crate::group::Kind>::set(&mut $column, $at, &$default),
        }
    };
    (
        $(#[$meta:meta])*
        $name:ident / $columns:ident $(named $named:ident)? {
            $( $(#[$field_meta:meta])* $field:ident : $kind:ty $([$($mode:tt)+])? ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name<'a> {
            $( $(#[$field_meta])* pub $field: Option<<$kind as $crate::group::Kind>::Value<'a>>, )*
        }

        #[derive(Default)]
        pub struct $columns {
            $( pub $field: <$kind as $crate::group::Kind>::Column, )*
        }

        impl $crate::group::Group for $name<'static> {
            type Row<'a> = $name<'a>;
            type Columns = $columns;

            fn fields() -> arrow::datatypes::Fields {
                arrow::datatypes::Fields::from(vec![$(
                    arrow::datatypes::Field::new(
                        stringify!($field),
                        <$kind as $crate::group::Kind>::data_type(),
                        group!(@nullable $([$($mode)+])?),
                    )
                ),*])
            }
            fn set(columns: &mut $columns, at: usize, row: &$name<'_>) {
                $( group!(@set $kind, columns.$field, at, row.$field $(, [$($mode)+])?); )*
            }
            fn finish(
                columns: $columns,
                rows: usize,
            ) -> Result<Vec<arrow::array::ArrayRef>, arrow::error::ArrowError> {
                Ok(vec![$( <$kind as $crate::group::Kind>::finish(columns.$field, rows)? ),*])
            }
            fn get(columns: &[arrow::array::ArrayRef], at: usize) -> $name<'_> {
                let mut columns = columns.iter();
                $name {
                    $( $field: columns.next().and_then(|column| <$kind as $crate::group::Kind>::get(column, at)), )*
                }
            }
            fn read_key<'de, A: serde::de::MapAccess<'de>>(
                row: &mut $name<'de>,
                key: &str,
                map: &mut A,
                notes: &mut $crate::json::Notes<'de>,
            ) -> Result<bool, A::Error> {
                let (head, rest) = $crate::group::split_key(key);
                match head {
                    $( stringify!($field) => <$kind as $crate::group::Kind>::read(
                        &mut row.$field, stringify!($field), rest, map, notes,
                    ), )*
                    _ => Ok(false),
                }
            }
            fn read_cell<'a>(
                row: &mut $name<'a>,
                key: &str,
                text: &'a str,
            ) -> Result<bool, &'static str> {
                let (head, rest) = $crate::group::split_key(key);
                match head {
                    $( stringify!($field) => {
                        <$kind as $crate::group::Kind>::read_cell(&mut row.$field, rest, text)
                    } )*
                    _ => Ok(false),
                }
            }
            fn write(row: &$name<'_>, out: &mut Vec<u8>) {
                $( $crate::group::write_entry::<$kind>(stringify!($field), row.$field.as_ref(), out); )*
            }
            fn cells(prefix: &str, out: &mut Vec<String>) {
                $( <$kind as $crate::group::Kind>::cells(format!("{prefix}{}", stringify!($field)), out); )*
            }
            fn visit_cells(row: Option<&$name<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>)) {
                $( <$kind as $crate::group::Kind>::visit_cells(row.and_then(|row| row.$field.as_ref()), visit); )*
            }
            $(
            fn named(text: std::borrow::Cow<'_, str>) -> Option<$name<'_>> {
                Some($name { $named: Some(text), ..$name::default() })
            }
            )?
        }
    };
}
pub(crate) use group;

// ------------------------------------------------------------------------------------------------ one group

/// A nested struct.
pub struct One<G>(PhantomData<G>);

pub struct OneColumn<G: Group> {
    columns: G::Columns,
    /// One flag a row so far.
    valid: Vec<bool>,
}

impl<G: Group> Default for OneColumn<G> {
    fn default() -> Self {
        Self { columns: G::Columns::default(), valid: Vec::new() }
    }
}

impl<G: Group> Kind for One<G> {
    type Value<'a> = G::Row<'a>;
    type Column = OneColumn<G>;

    fn data_type() -> DataType {
        DataType::Struct(G::fields())
    }
    fn set(column: &mut Self::Column, at: usize, value: &Self::Value<'_>) {
        column.valid.resize(at, false);
        column.valid.push(true);
        G::set(&mut column.columns, at, value);
    }
    fn finish(mut column: Self::Column, rows: usize) -> Result<ArrayRef, ArrowError> {
        if column.valid.is_empty() {
            return Ok(new_null_array(&Self::data_type(), rows));
        }
        column.valid.resize(rows, false);
        let nulls = column.valid.contains(&false).then(|| NullBuffer::from(column.valid));
        Ok(Arc::new(StructArray::try_new(G::fields(), G::finish(column.columns, rows)?, nulls)?))
    }
    fn get(array: &dyn Array, row: usize) -> Option<Self::Value<'_>> {
        if !told(array, row) {
            return None;
        }
        Some(G::get(array.as_struct_opt()?.columns(), row))
    }
    fn read<'de, A: MapAccess<'de>>(
        value: &mut Option<Self::Value<'de>>,
        name: &'static str,
        rest: Option<&str>,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error> {
        let Some(rest) = rest else {
            let seed = OneSeed::<G>(value.take());
            *value = notes.within(name, |notes| entry(map, "", notes, seed))?;
            return Ok(true);
        };
        let mut row = value.take();
        let fresh = row.is_none();
        let into = row.get_or_insert_with(G::Row::default);
        let known = notes.within(name, |notes| G::read_key(into, rest, map, notes))?;
        *value = if known || !fresh { row } else { None };
        Ok(known)
    }
    fn read_cell<'a>(
        value: &mut Option<Self::Value<'a>>,
        rest: Option<&str>,
        text: &'a str,
    ) -> Result<bool, &'static str> {
        let Some(rest) = rest else {
            if let Some(named) = G::named(Cow::Borrowed(text)) {
                *value = Some(named);
                return Ok(true);
            }
            return Ok(false);
        };
        let mut row = value.take();
        let fresh = row.is_none();
        let known = G::read_cell(row.get_or_insert_with(G::Row::default), rest, text);
        *value = if known == Ok(true) || !fresh { row } else { None };
        known
    }
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        G::write(value, out);
        out.push(b'}');
    }
    fn cells(name: String, out: &mut Vec<String>) {
        G::cells(&format!("{name}."), out);
    }
    fn visit_cells(value: Option<&Self::Value<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>)) {
        G::visit_cells(value, visit);
    }
}

// ------------------------------------------------------------------------------------------------ lists

/// Where the lists of a list column begin and end.
#[derive(Default)]
pub struct Bounds {
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Bounds {
    fn last(&self) -> i32 {
        self.ends.last().copied().unwrap_or_default()
    }
    /// Adds a list of `count` items as row `at`; gives back where its items begin.
    fn push(&mut self, at: usize, count: usize) -> usize {
        let begin = self.last();
        self.ends.resize(at, begin);
        self.valid.resize(at, false);
        self.ends.push(begin.saturating_add(i32::try_from(count).unwrap_or(i32::MAX)));
        self.valid.push(true);
        usize::try_from(begin).unwrap_or_default()
    }
    fn items(&self) -> usize {
        usize::try_from(self.last()).unwrap_or_default()
    }
    fn list(mut self, field: Field, items: ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
        let end = self.last();
        self.ends.resize(rows, end);
        self.valid.resize(rows, false);
        let lengths = std::iter::once(0).chain(self.ends).collect::<Vec<i32>>();
        let nulls = self.valid.contains(&false).then(|| NullBuffer::from(self.valid));
        Ok(Arc::new(ListArray::try_new(Arc::new(field), OffsetBuffer::new(lengths.into()), items, nulls)?))
    }
}

/// A list of items of another kind: of structs (`Many<One<Link>>`) or of texts (`Many<Text>`).
pub struct Many<K>(PhantomData<K>);

pub struct ManyColumn<K: Kind> {
    bounds: Bounds,
    items: K::Column,
}

impl<K: Kind> Default for ManyColumn<K> {
    fn default() -> Self {
        Self { bounds: Bounds::default(), items: K::Column::default() }
    }
}

/// How one item of a list is read.
pub trait ItemKind: Kind {
    fn item<'de, D: Deserializer<'de>>(d: D, notes: &mut Notes<'de>) -> Result<Option<Self::Value<'de>>, D::Error>;
    /// What a bare text in the place of the list means.
    fn bare(text: Cow<'_, str>) -> Option<Self::Value<'_>>;
}

impl ItemKind for crate::kind::Text {
    fn item<'de, D: Deserializer<'de>>(d: D, notes: &mut Notes<'de>) -> Result<Option<Cow<'de, str>>, D::Error> {
        LeafSeed::<Self>(PhantomData).read(d, notes)
    }
    fn bare(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
        Some(text)
    }
}

impl<G: Group> ItemKind for One<G> {
    fn item<'de, D: Deserializer<'de>>(d: D, notes: &mut Notes<'de>) -> Result<Option<G::Row<'de>>, D::Error> {
        OneSeed::<G>(None).read(d, notes)
    }
    fn bare(text: Cow<'_, str>) -> Option<G::Row<'_>> {
        G::named(text)
    }
}

impl<'de, K: ItemKind> Item<'de> for Many<K> {
    type Value = K::Value<'de>;
    fn item<D: Deserializer<'de>>(deserializer: D, notes: &mut Notes<'de>) -> Result<Option<Self::Value>, D::Error> {
        K::item(deserializer, notes)
    }
    fn bare(text: Cow<'de, str>) -> Option<Self::Value> {
        K::bare(text)
    }
}

impl<K: ItemKind> Kind for Many<K> {
    type Value<'a> = Vec<K::Value<'a>>;
    type Column = ManyColumn<K>;

    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new("item", K::data_type(), true)))
    }
    fn set(column: &mut Self::Column, at: usize, value: &Self::Value<'_>) {
        let from = column.bounds.push(at, value.len());
        for (offset, item) in value.iter().enumerate() {
            K::set(&mut column.items, from + offset, item);
        }
    }
    fn finish(column: Self::Column, rows: usize) -> Result<ArrayRef, ArrowError> {
        if column.bounds.valid.is_empty() {
            return Ok(new_null_array(&Self::data_type(), rows));
        }
        let items = K::finish(column.items, column.bounds.items())?;
        column.bounds.list(Field::new("item", K::data_type(), true), items, rows)
    }
    fn get(array: &dyn Array, row: usize) -> Option<Self::Value<'_>> {
        if !told(array, row) {
            return None;
        }
        let array = array.as_list_opt::<i32>()?;
        let mut ends =
            array.value_offsets().iter().skip(row).take(2).map(|&end| usize::try_from(end).unwrap_or_default());
        let (from, to) = (ends.next()?, ends.next()?);
        Some((from..to).filter_map(|at| K::get(array.values(), at)).collect())
    }
    fn read<'de, A: MapAccess<'de>>(
        value: &mut Option<Self::Value<'de>>,
        name: &'static str,
        rest: Option<&str>,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error> {
        if rest.is_some() {
            return Ok(false);
        }
        *value = notes.within(name, |notes| entry(map, "", notes, ListSeed::<Self>(PhantomData)))?;
        Ok(true)
    }
    fn read_cell<'a>(
        value: &mut Option<Self::Value<'a>>,
        rest: Option<&str>,
        text: &'a str,
    ) -> Result<bool, &'static str> {
        if rest.is_some() {
            return Ok(false);
        }
        *value = Some(crate::table::list_cell::<K>(text)?);
        Ok(true)
    }
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, item) in value.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            K::write(item, out);
        }
        out.push(b']');
    }
    fn cells(name: String, out: &mut Vec<String>) {
        out.push(name);
    }
    fn visit_cells(value: Option<&Self::Value<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>)) {
        visit(value.map(json_of::<Self>));
    }
}

// ------------------------------------------------------------------------------------------------ tallies

/// Numbers by name: reactions.
pub enum Tally {}

#[derive(Default)]
pub struct TallyColumn {
    rows: Vec<Option<Vec<(String, i64)>>>,
}

impl Kind for Tally {
    type Value<'a> = Vec<(Cow<'a, str>, i64)>;
    type Column = TallyColumn;

    fn data_type() -> DataType {
        let entries =
            Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int64, true)]);
        DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
    }
    fn set(column: &mut Self::Column, at: usize, value: &Self::Value<'_>) {
        column.rows.resize(at, None);
        column.rows.push(Some(value.iter().map(|(name, count)| (name.to_string(), *count)).collect()));
    }
    fn finish(mut column: Self::Column, rows: usize) -> Result<ArrayRef, ArrowError> {
        if column.rows.is_empty() {
            return Ok(new_null_array(&Self::data_type(), rows));
        }
        column.rows.resize(rows, None);
        let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
        let mut builder = MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new());
        for row in &column.rows {
            for (name, count) in row.iter().flatten() {
                builder.keys().append_value(name);
                builder.values().append_value(*count);
            }
            builder.append(row.is_some())?;
        }
        Ok(Arc::new(builder.finish()))
    }
    fn get(array: &dyn Array, row: usize) -> Option<Self::Value<'_>> {
        if !told(array, row) {
            return None;
        }
        let array = array.as_map_opt()?;
        let names = array.keys().as_string_opt::<i32>()?;
        let counts = array.values().as_primitive_opt::<Int64Type>()?;
        let mut ends =
            array.value_offsets().iter().skip(row).take(2).map(|&end| usize::try_from(end).unwrap_or_default());
        let (from, to) = (ends.next()?, ends.next()?);
        Some((from..to).map(|at| (Cow::Borrowed(names.value(at)), counts.value(at))).collect())
    }
    fn read<'de, A: MapAccess<'de>>(
        value: &mut Option<Self::Value<'de>>,
        name: &'static str,
        rest: Option<&str>,
        map: &mut A,
        notes: &mut Notes<'de>,
    ) -> Result<bool, A::Error> {
        if rest.is_some() {
            return Ok(false);
        }
        *value = entry(map, name, notes, TallySeed)?;
        Ok(true)
    }
    fn read_cell<'a>(
        value: &mut Option<Self::Value<'a>>,
        rest: Option<&str>,
        text: &'a str,
    ) -> Result<bool, &'static str> {
        if rest.is_some() {
            return Ok(false);
        }
        let told: std::collections::BTreeMap<String, i64> =
            serde_json::from_str(text).map_err(|_| "a JSON object of whole numbers")?;
        *value = Some(told.into_iter().map(|(name, count)| (Cow::Owned(name), count)).collect());
        Ok(true)
    }
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (name, count)) in value.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_json_text(name, out);
            put(out, format_args!(":{count}"));
        }
        out.push(b'}');
    }
    fn cells(name: String, out: &mut Vec<String>) {
        out.push(name);
    }
    fn visit_cells(value: Option<&Self::Value<'_>>, visit: &mut dyn FnMut(Option<Vec<u8>>)) {
        visit(value.map(json_of::<Self>));
    }
}
