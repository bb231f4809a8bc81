//! Kinds of leaf columns: how one value is held, stored in Arrow, read back, parsed and written.
//! Columns are sparse while they are built: a value that nobody told costs nothing until a later one is.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::io::Write as _;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, DictionaryArray, GenericStringBuilder, Int16Array, LargeBinaryBuilder,
    OffsetSizeTrait, PrimitiveBuilder, StringArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use rustc_hash::FxHashMap;
use serde::de::{Deserializer, Error as _};

use crate::json::ScalarVisitor;
use crate::time;

/// The different words that one dictionary column of one batch can hold; a further one is stored as `other`.
pub const MAX_WORDS: usize = 32_766;

/// A column while it is built.
pub trait Column: Default {
    /// Rows so far.
    fn rows(&self) -> usize;
    fn push_nulls(&mut self, count: usize);
    fn done(self) -> Result<ArrayRef, ArrowError>;
}

/// A scalar as JSON tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Large(u64),
    Decimal(f64),
    Flag(bool),
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let short: String = text.chars().take(40).collect();
                let more = if short.len() < text.len() { "…" } else { "" };
                write!(f, "the text `{short}{more}`")
            }
            Self::Integer(value) => write!(f, "the number `{value}`"),
            Self::Large(value) => write!(f, "the number `{value}`"),
            Self::Decimal(value) => write!(f, "the number `{value}`"),
            Self::Flag(value) => write!(f, "`{value}`"),
        }
    }
}

/// A kind of column that holds one value a row.
pub trait Leaf: Sized + 'static {
    type Value<'a>: Clone + Debug + PartialEq;
    type Builder: Column;
    /// For messages: "a whole number".
    const WHAT: &'static str;
    fn arrow() -> DataType;
    fn push(column: &mut Self::Builder, value: &Self::Value<'_>);
    /// The value at a row that is in range and not null.
    fn at(array: &dyn Array, row: usize) -> Option<Self::Value<'_>>;
    fn from_scalar(scalar: Scalar<'_>) -> Result<Self::Value<'_>, Scalar<'_>>;
    /// From JSON; `null` is not told.
    fn from_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Value<'de>>, D::Error> {
        deserializer.deserialize_any(ScalarVisitor::<Self>(PhantomData))
    }
    /// From a cell of a table.
    fn from_text(text: &str) -> Option<Self::Value<'_>>;
    fn write(value: &Self::Value<'_>, out: &mut Vec<u8>);
}

/// Writes a text as a JSON string.
pub fn write_json_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out.push(b'"');
}

/// Appends what formats without being able to fail: a vector takes every byte.
pub fn put(out: &mut Vec<u8>, args: fmt::Arguments<'_>) {
    let told = out.write_fmt(args);
    debug_assert!(told.is_ok(), "a vector takes every byte");
}

// ------------------------------------------------------------------------------------------------ texts

pub struct TextColumn<O: OffsetSizeTrait>(GenericStringBuilder<O>);

impl<O: OffsetSizeTrait> Default for TextColumn<O> {
    fn default() -> Self {
        Self(GenericStringBuilder::with_capacity(0, 0))
    }
}

impl<O: OffsetSizeTrait> Column for TextColumn<O> {
    fn rows(&self) -> usize {
        self.0.offsets_slice().len().saturating_sub(1)
    }
    fn push_nulls(&mut self, count: usize) {
        self.0.append_nulls(count);
    }
    fn done(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

macro_rules! text_kind {
    ($(#[$meta:meta])* $name:ident, $offset:ty, $arrow:ident, $what:literal, $numbers:literal) => {
        $(#[$meta])*
        pub enum $name {}

        impl Leaf for $name {
            type Value<'a> = Cow<'a, str>;
            type Builder = TextColumn<$offset>;
            const WHAT: &'static str = $what;
            fn arrow() -> DataType {
                DataType::$arrow
            }
            #[inline]
            fn push(column: &mut Self::Builder, value: &Cow<'_, str>) {
                column.0.append_value(value);
            }
            fn at(array: &dyn Array, row: usize) -> Option<Cow<'_, str>> {
                Some(Cow::Borrowed(array.as_string_opt::<$offset>()?.value(row)))
            }
            fn from_scalar(scalar: Scalar<'_>) -> Result<Cow<'_, str>, Scalar<'_>> {
                match scalar {
                    Scalar::Text(text) => Ok(text),
                    Scalar::Integer(value) if $numbers => Ok(Cow::Owned(value.to_string())),
                    Scalar::Large(value) if $numbers => Ok(Cow::Owned(value.to_string())),
                    other => Err(other),
                }
            }
            fn from_text(text: &str) -> Option<Cow<'_, str>> {
                Some(Cow::Borrowed(text))
            }
            fn write(value: &Cow<'_, str>, out: &mut Vec<u8>) {
                write_json_text(value, out);
            }
        }
    };
}

text_kind!(
    /// A short text.
    Text, i32, Utf8, "a text", false
);
text_kind!(
    /// An identifier: a text, or a whole number taken as its digits.
    Id, i32, Utf8, "a text or a whole number", true
);
text_kind!(
    /// The post's text, with room for very long ones.
    BigText, i64, LargeUtf8, "a text", false
);

/// A JSON object, kept as its text.
pub enum Extras {}

impl Leaf for Extras {
    type Value<'a> = Cow<'a, str>;
    type Builder = TextColumn<i64>;
    const WHAT: &'static str = "a JSON object";
    fn arrow() -> DataType {
        DataType::LargeUtf8
    }
    fn push(column: &mut Self::Builder, value: &Cow<'_, str>) {
        column.0.append_value(value);
    }
    fn at(array: &dyn Array, row: usize) -> Option<Cow<'_, str>> {
        BigText::at(array, row)
    }
    fn from_scalar(scalar: Scalar<'_>) -> Result<Cow<'_, str>, Scalar<'_>> {
        Err(scalar)
    }
    fn from_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
        let value: &'de serde_json::value::RawValue = serde::Deserialize::deserialize(deserializer)?;
        match value.get() {
            "null" => Ok(None),
            object if object.starts_with('{') => Ok(Some(Cow::Borrowed(object))),
            _ => Err(D::Error::custom("holds something else where a JSON object is expected")),
        }
    }
    fn from_text(text: &str) -> Option<Cow<'_, str>> {
        let value: &'_ serde_json::value::RawValue = serde_json::from_str(text).ok()?;
        value.get().starts_with('{').then(|| Cow::Borrowed(value.get()))
    }
    fn write(value: &Cow<'_, str>, out: &mut Vec<u8>) {
        out.extend_from_slice(value.as_bytes());
    }
}

/// Bytes that are kept out of JSON and CSV.
pub enum Bytes {}

pub struct BytesColumn(LargeBinaryBuilder);

impl Default for BytesColumn {
    fn default() -> Self {
        Self(LargeBinaryBuilder::with_capacity(0, 0))
    }
}

impl Column for BytesColumn {
    fn rows(&self) -> usize {
        self.0.offsets_slice().len().saturating_sub(1)
    }
    fn push_nulls(&mut self, count: usize) {
        self.0.append_nulls(count);
    }
    fn done(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

impl Leaf for Bytes {
    type Value<'a> = Cow<'a, [u8]>;
    type Builder = BytesColumn;
    const WHAT: &'static str = "nothing: raw bytes are read from Parquet and Arrow files only";
    fn arrow() -> DataType {
        DataType::LargeBinary
    }
    fn push(column: &mut Self::Builder, value: &Cow<'_, [u8]>) {
        column.0.append_value(value);
    }
    fn at(array: &dyn Array, row: usize) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(array.as_binary_opt::<i64>()?.value(row)))
    }
    fn from_scalar(scalar: Scalar<'_>) -> Result<Cow<'_, [u8]>, Scalar<'_>> {
        Err(scalar)
    }
    fn from_text(_: &str) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn write(_: &Cow<'_, [u8]>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }
}

// ------------------------------------------------------------------------------------------------ words

/// A word of a small vocabulary, stored once a batch.
pub enum Word {}

#[derive(Default)]
pub struct WordColumn {
    keys: Vec<i16>,
    nulls: Option<Vec<bool>>,
    words: Vec<String>,
    index: FxHashMap<String, i16>,
    last: usize,
}

impl WordColumn {
    fn key(&mut self, word: &str) -> i16 {
        if self.words.get(self.last).is_some_and(|last| last == word) {
            return i16::try_from(self.last).unwrap_or_default();
        }
        let key = match self.index.get(word) {
            Some(&key) => key,
            None if self.words.len() < MAX_WORDS => self.add(word),
            None => match self.index.get("other") {
                Some(&key) => key,
                None => self.add("other"),
            },
        };
        self.last = usize::try_from(key).unwrap_or_default();
        key
    }

    fn add(&mut self, word: &str) -> i16 {
        let key = i16::try_from(self.words.len()).unwrap_or(i16::MAX);
        self.words.push(word.to_owned());
        self.index.insert(word.to_owned(), key);
        key
    }
}

impl Column for WordColumn {
    fn rows(&self) -> usize {
        self.keys.len()
    }
    fn push_nulls(&mut self, count: usize) {
        let rows = self.keys.len();
        let nulls = self.nulls.get_or_insert_with(|| vec![true; rows]);
        nulls.resize(rows + count, false);
        self.keys.resize(rows + count, 0);
    }
    fn done(self) -> Result<ArrayRef, ArrowError> {
        let keys = Int16Array::try_new(self.keys.into(), self.nulls.map(NullBuffer::from))?;
        let words = StringArray::from_iter_values(self.words);
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?))
    }
}

impl Leaf for Word {
    type Value<'a> = Cow<'a, str>;
    type Builder = WordColumn;
    const WHAT: &'static str = "a word";
    fn arrow() -> DataType {
        DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8))
    }
    #[inline]
    fn push(column: &mut Self::Builder, value: &Cow<'_, str>) {
        let key = column.key(value);
        column.keys.push(key);
        if let Some(nulls) = &mut column.nulls {
            nulls.push(true);
        }
    }
    fn at(array: &dyn Array, row: usize) -> Option<Cow<'_, str>> {
        let array = array.as_dictionary_opt::<Int16Type>()?;
        let key = usize::try_from(array.keys().value(row)).ok()?;
        let words = array.values().as_string_opt::<i32>()?;
        (key < words.len()).then(|| Cow::Borrowed(words.value(key)))
    }
    fn from_scalar(scalar: Scalar<'_>) -> Result<Cow<'_, str>, Scalar<'_>> {
        Text::from_scalar(scalar)
    }
    fn from_text(text: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(text))
    }
    fn write(value: &Cow<'_, str>, out: &mut Vec<u8>) {
        write_json_text(value, out);
    }
}

// ------------------------------------------------------------------------------------------------ numbers

pub struct NumberColumn<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

impl<T: ArrowPrimitiveType> Default for NumberColumn<T> {
    fn default() -> Self {
        Self(PrimitiveBuilder::with_capacity(0))
    }
}

impl<T: ArrowPrimitiveType> Column for NumberColumn<T> {
    fn rows(&self) -> usize {
        self.0.values_slice().len()
    }
    fn push_nulls(&mut self, count: usize) {
        self.0.append_nulls(count);
    }
    fn done(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

fn whole(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the value is whole and below 2^53")]
    (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64)
}

macro_rules! number_kind {
    ($(#[$meta:meta])* $name:ident, $arrow:ident, $native:ty, $type:ident, $what:literal, $from:expr) => {
        $(#[$meta])*
        pub enum $name {}

        impl Leaf for $name {
            type Value<'a> = $native;
            type Builder = NumberColumn<$arrow>;
            const WHAT: &'static str = $what;
            fn arrow() -> DataType {
                DataType::$type
            }
            #[inline]
            fn push(column: &mut Self::Builder, value: &$native) {
                column.0.append_value(*value);
            }
            fn at(array: &dyn Array, row: usize) -> Option<$native> {
                Some(array.as_primitive_opt::<$arrow>()?.value(row))
            }
            fn from_scalar(scalar: Scalar<'_>) -> Result<$native, Scalar<'_>> {
                let from: fn(&Scalar<'_>) -> Option<$native> = $from;
                from(&scalar).ok_or(scalar)
            }
            fn from_text(text: &str) -> Option<$native> {
                text.trim().parse::<$native>().ok().and_then(|value| {
                    let mut written = Vec::new();
                    Self::write(&value, &mut written);
                    (written != b"null").then_some(value)
                })
            }
            fn write(value: &$native, out: &mut Vec<u8>) {
                put_number(*value, out);
            }
        }
    };
}

fn put_number<N: fmt::Display>(value: N, out: &mut Vec<u8>) {
    let from = out.len();
    put(out, format_args!("{value}"));
    // JSON has no word for infinity or for "not a number".
    if out.get(from..).is_some_and(|written| written.iter().any(|byte| matches!(byte, b'N' | b'i'))) {
        out.truncate(from);
        out.extend_from_slice(b"null");
    }
}

fn integer(scalar: &Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::Integer(value) => Some(*value),
        Scalar::Large(value) => i64::try_from(*value).ok(),
        Scalar::Decimal(value) => whole(*value),
        Scalar::Text(_) | Scalar::Flag(_) => None,
    }
}

fn decimal(scalar: &Scalar<'_>) -> Option<f64> {
    match scalar {
        #[expect(clippy::cast_precision_loss, reason = "a decimal column holds the nearest number")]
        Scalar::Integer(value) => Some(*value as f64),
        #[expect(clippy::cast_precision_loss, reason = "a decimal column holds the nearest number")]
        Scalar::Large(value) => Some(*value as f64),
        Scalar::Decimal(value) => Some(*value),
        Scalar::Text(_) | Scalar::Flag(_) => None,
    }
}

number_kind!(
    /// A whole number.
    Int, Int64Type, i64, Int64, "a whole number", integer
);
number_kind!(
    /// A whole number of at most 32 bits.
    Int32, Int32Type, i32, Int32, "a whole number", |s| integer(s).and_then(|v| i32::try_from(v).ok())
);
number_kind!(
    /// A set of bits.
    Bits, UInt32Type, u32, UInt32, "a whole number from 0", |s| integer(s).and_then(|v| u32::try_from(v).ok())
);
number_kind!(
    /// A running number.
    Sequence, UInt64Type, u64, UInt64, "a whole number from 0", |s| match s {
        Scalar::Large(value) => Some(*value),
        other => integer(other).and_then(|v| u64::try_from(v).ok()),
    }
);
number_kind!(
    /// A number with decimals.
    Decimal, Float64Type, f64, Float64, "a number", decimal
);
number_kind!(
    /// A number with a few decimals.
    Float, Float32Type, f32, Float32, "a number", |s| {
        #[expect(clippy::cast_possible_truncation, reason = "the column holds the nearest number of 32 bits")]
        decimal(s).map(|v| v as f32)
    }
);

/// A moment, in microseconds since 1970 UTC.
pub enum Time {}

#[derive(Default)]
pub struct TimeColumn(NumberColumn<TimestampMicrosecondType>);

impl Column for TimeColumn {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn push_nulls(&mut self, count: usize) {
        self.0.push_nulls(count);
    }
    fn done(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.0.finish().with_timezone("UTC")))
    }
}

impl Leaf for Time {
    type Value<'a> = i64;
    type Builder = TimeColumn;
    const WHAT: &'static str = "a time, such as `2026-11-02T10:00:00Z`";
    fn arrow() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    }
    #[inline]
    fn push(column: &mut Self::Builder, value: &i64) {
        column.0.0.append_value(*value);
    }
    fn at(array: &dyn Array, row: usize) -> Option<i64> {
        Some(array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row))
    }
    fn from_scalar(scalar: Scalar<'_>) -> Result<i64, Scalar<'_>> {
        match &scalar {
            Scalar::Text(text) => time::parse(text),
            Scalar::Integer(value) => time::from_number(*value),
            Scalar::Decimal(seconds) => time::from_seconds(*seconds),
            Scalar::Large(_) | Scalar::Flag(_) => None,
        }
        .ok_or(scalar)
    }
    fn from_text(text: &str) -> Option<i64> {
        let text = text.trim();
        text.parse().map_or_else(|_| time::parse(text), time::from_number)
    }
    fn write(value: &i64, out: &mut Vec<u8>) {
        out.push(b'"');
        time::write(*value, out);
        out.push(b'"');
    }
}

/// Yes or no.
pub enum Flag {}

pub struct FlagColumn(BooleanBuilder);

impl Default for FlagColumn {
    fn default() -> Self {
        Self(BooleanBuilder::with_capacity(0))
    }
}

impl Column for FlagColumn {
    fn rows(&self) -> usize {
        arrow::array::ArrayBuilder::len(&self.0)
    }
    fn push_nulls(&mut self, count: usize) {
        self.0.append_nulls(count);
    }
    fn done(mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

impl Leaf for Flag {
    type Value<'a> = bool;
    type Builder = FlagColumn;
    const WHAT: &'static str = "`true` or `false`";
    fn arrow() -> DataType {
        DataType::Boolean
    }
    fn push(column: &mut Self::Builder, value: &bool) {
        column.0.append_value(*value);
    }
    fn at(array: &dyn Array, row: usize) -> Option<bool> {
        Some(array.as_boolean_opt()?.value(row))
    }
    fn from_scalar(scalar: Scalar<'_>) -> Result<bool, Scalar<'_>> {
        match scalar {
            Scalar::Flag(value) => Ok(value),
            other => Err(other),
        }
    }
    fn from_text(text: &str) -> Option<bool> {
        match text.trim() {
            "true" | "True" | "TRUE" | "1" | "yes" => Some(true),
            "false" | "False" | "FALSE" | "0" | "no" => Some(false),
            _ => None,
        }
    }
    fn write(value: &bool, out: &mut Vec<u8>) {
        out.extend_from_slice(if *value { b"true" } else { b"false" });
    }
}
