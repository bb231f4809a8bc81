//! Field predicates a column at a time: for a stretch of posts, one bitmap of where each predicate is true and one of
//! where it is false; where neither has a bit it is unknown. A bitmap is made when programs ask for more than a few rows.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, PrimitiveArray, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int64Type, TimestampMicrosecondType};
use mon_post::PostBatch;

use super::fields::{holds, is_folded, like};
use super::truth::Truth;
use crate::plan::{Area, CompareOp, FieldOp, FieldTest, Value};

/// How many posts are looked at together: enough to share bitmaps, few enough that they stay in the near cache.
pub(super) const STRETCH_ROWS: usize = 1024;
pub(super) const WORDS: usize = STRETCH_ROWS / 64;
pub(super) type Bitmap = [u64; WORDS];
/// One row asked alone costs about as much as this many rows of a bitmap.
const ROW_COST: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Columns {
    /// By predicate: where true, where false.
    pub(super) bits: Vec<[Bitmap; 2]>,
    /// By predicate: 1 when its bitmaps are made for the stretch at hand.
    pub(super) ready: Vec<u8>,
    made: Vec<u32>,
    /// By predicate: how many questions about the stretch were answered for a row alone.
    asked: Vec<u32>,
    /// The stretch: rows `start .. start + len` of the batch.
    start: usize,
    len: usize,
}

impl Columns {
    pub(super) fn new(predicates: usize) -> Self {
        let (bits, ready) = (vec![[[0; WORDS]; 2]; predicates], vec![0; predicates]);
        Self { bits, ready, asked: vec![0; predicates], ..Self::default() }
    }

    /// Turns to the next stretch.
    pub(super) fn turn(&mut self, start: usize, len: usize) {
        for id in self.made.drain(..) {
            if let Some(ready) = self.ready.get_mut(id as usize) {
                *ready = 0;
            }
        }
        self.asked.fill(0);
        self.start = start;
        self.len = len.min(STRETCH_ROWS);
    }

    /// The batch's row for one of the stretch.
    pub(super) const fn row(&self, row: usize) -> usize {
        self.start + row
    }

    /// Whether "predicate `id / 2` is true" (`id` even) or "is false" (odd) holds of a row of the stretch. Few rows are
    /// asked one by one; where many are, the bitmap is made.
    pub(super) fn holds(&mut self, predicates: &[FieldTest], batch: &PostBatch, id: u32, row: usize) -> bool {
        let at = id as usize / 2;
        if self.ready.get(at) != Some(&0) {
            return bit(self.bitmap(predicates, batch, id), row);
        }
        if let Some(asked) = self.asked.get_mut(at) {
            *asked += 1;
            if *asked as usize * ROW_COST > self.len {
                return bit(self.bitmap(predicates, batch, id), row);
            }
        }
        let mut both = [[0; WORDS]; 2];
        if let Some(test) = predicates.get(at) {
            fill(&mut both, batch, test, self.start + row, 1);
        }
        both.get(id as usize % 2).is_some_and(|bitmap| bit(bitmap, 0))
    }

    /// The bitmap of "predicate `id / 2` is true" (`id` even) or "is false" (odd).
    pub(super) fn bitmap(&mut self, predicates: &[FieldTest], batch: &PostBatch, id: u32) -> &Bitmap {
        static NOWHERE: Bitmap = [0; WORDS];
        self.prepare(predicates, batch, id / 2);
        let both = self.bits.get(id as usize / 2);
        both.and_then(|both| both.get(id as usize % 2)).unwrap_or(&NOWHERE)
    }

    fn prepare(&mut self, predicates: &[FieldTest], batch: &PostBatch, predicate: u32) {
        let at = predicate as usize;
        if self.ready.get(at) != Some(&0) {
            return;
        }
        if let (Some(test), Some(both)) = (predicates.get(at), self.bits.get_mut(at)) {
            *both = [[0; WORDS]; 2];
            fill(both, batch, test, self.start, self.len);
        }
        if let Some(ready) = self.ready.get_mut(at) {
            *ready = 1;
            self.made.push(predicate);
        }
    }
}

#[inline]
pub(super) fn bit(bitmap: &Bitmap, row: usize) -> bool {
    bitmap.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

/// Sets the bits of rows `start .. start + len` by `answer`.
fn each_row(both: &mut [Bitmap; 2], start: usize, len: usize, answer: impl Fn(usize) -> Truth) {
    let [trues, falses] = both;
    for (at, (is_true, is_false)) in trues.iter_mut().zip(falses.iter_mut()).take(len.div_ceil(64)).enumerate() {
        for bit in 0..64.min(len.saturating_sub(at * 64)) {
            let truth = answer(start + at * 64 + bit);
            *is_true |= u64::from(truth == Truth::True) << bit;
            *is_false |= u64::from(truth == Truth::False) << bit;
        }
    }
}

fn fill(both: &mut [Bitmap; 2], batch: &PostBatch, test: &FieldTest, start: usize, len: usize) {
    let column = batch.column(test.field);
    match &test.op {
        FieldOp::Exists => {
            let lists = column.as_list_opt::<i32>();
            let decimals = column.as_primitive_opt::<Float64Type>();
            each_row(both, start, len, |row| {
                let told = column.is_valid(row)
                    && lists.is_none_or(|lists| has_member(lists, row))
                    && decimals.is_none_or(|decimals| !decimals.value(row).is_nan());
                Truth::of(told)
            });
        }
        FieldOp::Inside(area) => inside(both, batch, column, area, start, len),
        FieldOp::Clock(clock) => {
            if let Some(times) = column.as_primitive_opt::<TimestampMicrosecondType>() {
                let told = |row: usize| times.is_valid(row).then(|| clock.holds(times.value(row)));
                each_row(both, start, len, |row| told(row).map_or(Truth::Unknown, Truth::of));
            }
        }
        FieldOp::WithinLast { micros } => within_last(both, batch, column, *micros, start, len),
        FieldOp::Compare(op, wanted) => compare(both, column, test, *op, std::slice::from_ref(wanted), start, len),
        FieldOp::In(wanted) => compare(both, column, test, CompareOp::Eq, wanted, start, len),
    }
    if test.op != FieldOp::Exists {
        keep_sure(both, batch, test, start, len);
    }
}

fn inside(both: &mut [Bitmap; 2], batch: &PostBatch, column: &ArrayRef, area: &Area, start: usize, len: usize) {
    let east = mon_post::find("geo.lon").map(|field| batch.column(field));
    let east = east.and_then(|column| column.as_primitive_opt::<Float64Type>());
    let (Some(lats), Some(lons)) = (column.as_primitive_opt::<Float64Type>(), east) else { return };
    let told = |values: &PrimitiveArray<Float64Type>, row: usize| {
        values.is_valid(row).then(|| values.value(row)).filter(|value| !value.is_nan())
    };
    each_row(both, start, len, |row| match (told(lats, row), told(lons, row)) {
        (Some(lat), Some(lon)) => Truth::of(area.holds(lat, lon)),
        _ => Truth::Unknown,
    });
}

fn has_member(lists: &ListArray, row: usize) -> bool {
    let members = lists.value(row);
    members.len() > members.null_count()
}

/// Makes unknown what the model was not sure enough of.
fn keep_sure(both: &mut [Bitmap; 2], batch: &PostBatch, test: &FieldTest, start: usize, len: usize) {
    let (Some(floor), Some(column)) = (test.floor, batch.confidence(test.field)) else { return };
    let mut sure = [[0; WORDS]; 2];
    if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        each_row(&mut sure, start, len, |row| Truth::of(values.is_valid(row) && values.value(row) >= floor));
    }
    let [sure, _] = &sure;
    for bitmap in both {
        bitmap.iter_mut().zip(sure).for_each(|(word, sure)| *word &= sure);
    }
}

fn within_last(both: &mut [Bitmap; 2], batch: &PostBatch, column: &ArrayRef, micros: i64, start: usize, len: usize) {
    let received = mon_post::find("received_at").map(|field| batch.column(field));
    let received = received.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let (Some(times), Some(received)) = (column.as_primitive_opt::<TimestampMicrosecondType>(), received) else {
        return;
    };
    each_row(both, start, len, |row| {
        if times.is_null(row) || received.is_null(row) {
            return Truth::Unknown;
        }
        let (time, received) = (times.value(row), received.value(row));
        Truth::of(time <= received && received.saturating_sub(time) <= micros)
    });
}

/// Compares with each wanted value; any is enough. What cannot be compared is unknown.
fn compare(
    both: &mut [Bitmap; 2],
    column: &ArrayRef,
    test: &FieldTest,
    op: CompareOp,
    wanted: &[Value],
    start: usize,
    len: usize,
) {
    if let Some(texts) = column.as_string_opt::<i32>() {
        texts_compare(both, texts, is_folded(test.field), op, wanted, start, len);
    } else if let Some(lists) = column.as_list_opt::<i32>() {
        lists_compare(both, lists, is_folded(test.field), op, wanted, start, len);
    } else if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        #[expect(clippy::cast_precision_loss, reason = "a decimal in a rule is compared as a decimal")]
        numbers_compare(both, numbers, wanted, start, len, |value, wanted| match wanted {
            Value::Integer(wanted) => Some(holds(op, value.cmp(wanted))),
            Value::Decimal(wanted) => Some(decimal(op, value as f64, *wanted)),
            _ => None,
        });
    } else if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        numbers_compare(both, numbers, wanted, start, len, |value, wanted| match wanted {
            _ if value.is_nan() => None,
            Value::Integer(wanted) => Some(decimal(op, value, *wanted as f64)),
            Value::Decimal(wanted) => Some(decimal(op, value, *wanted)),
            _ => None,
        });
    } else if let Some(times) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        numbers_compare(both, times, wanted, start, len, |value, wanted| match wanted {
            Value::Time(wanted) => Some(holds(op, value.cmp(wanted))),
            _ => None,
        });
    } else if let Some(flags) = column.as_boolean_opt() {
        flags_compare(both, flags, op, wanted, start, len);
    }
}

fn decimal(op: CompareOp, actual: f64, wanted: f64) -> Truth {
    actual.partial_cmp(&wanted).map_or(Truth::Unknown, |ordering| holds(op, ordering))
}

fn numbers_compare<T: ArrowPrimitiveType>(
    both: &mut [Bitmap; 2],
    numbers: &PrimitiveArray<T>,
    wanted: &[Value],
    start: usize,
    len: usize,
    one: impl Fn(T::Native, &Value) -> Option<Truth>,
) {
    let any = |value: T::Native| match wanted {
        [only] => one(value, only).unwrap_or(Truth::Unknown),
        many => Truth::any(many.iter().map(|wanted| one(value, wanted).unwrap_or(Truth::Unknown))),
    };
    each_row(both, start, len, |row| if numbers.is_null(row) { Truth::Unknown } else { any(numbers.value(row)) });
}

fn flags_compare(
    both: &mut [Bitmap; 2],
    flags: &BooleanArray,
    op: CompareOp,
    wanted: &[Value],
    start: usize,
    len: usize,
) {
    each_row(both, start, len, |row| {
        if flags.is_null(row) {
            return Truth::Unknown;
        }
        Truth::any(wanted.iter().map(|wanted| match wanted {
            Value::Flag(wanted) => holds(op, flags.value(row).cmp(wanted)),
            _ => Truth::Unknown,
        }))
    });
}

/// The order of two texts, in lower case if asked.
fn text_order(actual: &str, wanted: &str, folded: bool) -> Ordering {
    if !folded {
        return actual.cmp(wanted);
    }
    if actual.is_ascii() && wanted.is_ascii() {
        let small = |text: &'_ str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
        return if actual.eq_ignore_ascii_case(wanted) { Ordering::Equal } else { small(actual).cmp(&small(wanted)) };
    }
    actual.to_lowercase().cmp(&wanted.to_lowercase())
}

fn text_truth(actual: &str, folded: bool, op: CompareOp, wanted: &[Value]) -> Truth {
    Truth::any(wanted.iter().map(|wanted| match (op, wanted) {
        (CompareOp::Eq, Value::Text(wanted)) if actual == wanted => Truth::True,
        (CompareOp::Eq, Value::Text(wanted)) if folded && actual.is_ascii() && wanted.is_ascii() => {
            Truth::of(actual.eq_ignore_ascii_case(wanted))
        }
        (_, Value::Text(wanted)) => holds(op, text_order(actual, wanted, folded)),
        (_, Value::Like(wanted)) => like(op, wanted.matches(actual)),
        _ => Truth::Unknown,
    }))
}

fn texts_compare(
    both: &mut [Bitmap; 2],
    texts: &StringArray,
    folded: bool,
    op: CompareOp,
    wanted: &[Value],
    start: usize,
    len: usize,
) {
    each_row(both, start, len, |row| {
        if texts.is_null(row) { Truth::Unknown } else { text_truth(texts.value(row), folded, op, wanted) }
    });
}

fn lists_compare(
    both: &mut [Bitmap; 2],
    lists: &ListArray,
    folded: bool,
    op: CompareOp,
    wanted: &[Value],
    start: usize,
    len: usize,
) {
    each_row(both, start, len, |row| {
        if lists.is_null(row) {
            return Truth::Unknown;
        }
        let members = lists.value(row);
        let texts = members.as_string_opt::<i32>();
        // A wanted value that is no text is unknown whatever the members are.
        let strange =
            wanted.iter().filter(|wanted| !matches!(wanted, Value::Text(_) | Value::Like(_))).map(|_| Truth::Unknown);
        let told = texts.into_iter().flatten().flatten().map(|member| text_truth(member, folded, op, wanted));
        Truth::any(told.chain(strange))
    });
}
