//! The reference meaning of a test of one field on one post: it reads the value and compares, nothing else.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use mon_post::{FieldId, FieldType, PostBatch};

use super::truth::Truth;
use crate::plan::{CompareOp, FieldOp, FieldTest, Value};

/// What a post says in a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Actual {
    /// Nobody told.
    Absent,
    Integer(i64),
    Decimal(f64),
    Text(String),
    /// Members that are told.
    List(Vec<String>),
    Flag(bool),
    /// Microseconds since 1970 UTC.
    Time(i64),
}

impl std::fmt::Display for Actual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("not told"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "`{text}`"),
            Self::List(members) if members.is_empty() => f.write_str("empty"),
            Self::List(members) => write!(f, "`{}`", members.join("`, `")),
            Self::Flag(value) => write!(f, "{value}"),
            Self::Time(micros) => f.write_str(&mon_post::time::format(*micros)),
        }
    }
}

/// The value of a field in one row; a decimal that is not a number counts as not told.
#[must_use]
pub fn actual(batch: &PostBatch, field: FieldId, row: usize) -> Actual {
    let column = batch.column(field);
    if row >= column.len() || column.is_null(row) {
        return Actual::Absent;
    }
    let Some(known) = field.get() else { return Actual::Absent };
    let found = match known.ty {
        FieldType::Text | FieldType::Enum(_) | FieldType::Language | FieldType::Country => {
            column.as_string_opt::<i32>().map(|texts| Actual::Text(texts.value(row).to_owned()))
        }
        FieldType::TextList => column.as_list_opt::<i32>().map(|lists| {
            let members = lists.value(row);
            let texts = members.as_string_opt::<i32>();
            Actual::List(texts.into_iter().flatten().flatten().map(str::to_owned).collect())
        }),
        FieldType::Integer { .. } => {
            column.as_primitive_opt::<Int64Type>().map(|numbers| Actual::Integer(numbers.value(row)))
        }
        FieldType::Decimal { .. } => column
            .as_primitive_opt::<Float64Type>()
            .map(|numbers| numbers.value(row))
            .filter(|value| !value.is_nan())
            .map(Actual::Decimal),
        FieldType::Flag => column.as_boolean_opt().map(|flags| Actual::Flag(flags.value(row))),
        FieldType::Time => {
            column.as_primitive_opt::<TimestampMicrosecondType>().map(|times| Actual::Time(times.value(row)))
        }
    };
    found.unwrap_or(Actual::Absent)
}

/// How sure the model was of the value, 0 to 1; none where nobody told or no model makes the field.
#[must_use]
pub fn confidence(batch: &PostBatch, field: FieldId, row: usize) -> Option<f64> {
    let column = batch.confidence(field)?.as_primitive_opt::<Float64Type>()?;
    (row < column.len() && column.is_valid(row)).then(|| column.value(row))
}

/// The truth of a field test on one row.
#[must_use]
pub fn test_field(batch: &PostBatch, test: &FieldTest, row: usize) -> Truth {
    let value = actual(batch, test.field, row);
    let received = match test.op {
        FieldOp::WithinLast { .. } => received_at(batch, row),
        _ => None,
    };
    let at = match test.op {
        FieldOp::Inside(_) => place(batch, row),
        _ => None,
    };
    test_value(test, &value, sure_enough(batch, test, row), received, at)
}

/// The truth of a test of a value that is told, or absent. `sure` is whether its confidence reaches the test's floor;
/// `received` is when the post was received, `at` its latitude and longitude.
pub(crate) fn test_value(
    test: &FieldTest,
    value: &Actual,
    sure: bool,
    received: Option<i64>,
    at: Option<(f64, f64)>,
) -> Truth {
    if test.op == FieldOp::Exists {
        return Truth::of(match value {
            Actual::Absent => false,
            Actual::List(members) => !members.is_empty(),
            _ => true,
        });
    }
    if *value == Actual::Absent || !sure {
        return Truth::Unknown;
    }
    match &test.op {
        FieldOp::Exists => Truth::Unknown,
        FieldOp::Compare(op, wanted) => compare(test.field, value, *op, wanted),
        FieldOp::In(wanted) => {
            Truth::any(wanted.iter().map(|wanted| compare(test.field, value, CompareOp::Eq, wanted)))
        }
        FieldOp::Inside(area) => match at {
            Some((lat, lon)) => Truth::of(area.holds(lat, lon)),
            None => Truth::Unknown,
        },
        FieldOp::Clock(clock) => match value {
            Actual::Time(time) => Truth::of(clock.holds(*time)),
            _ => Truth::Unknown,
        },
        FieldOp::WithinLast { micros } => match (value, received) {
            (Actual::Time(time), Some(received)) => {
                Truth::of(*time <= received && received.saturating_sub(*time) <= *micros)
            }
            _ => Truth::Unknown,
        },
    }
}

/// Whether the value's confidence reaches the test's floor. A floor asks for a confidence that was told.
fn sure_enough(batch: &PostBatch, test: &FieldTest, row: usize) -> bool {
    match test.floor {
        Some(floor) if batch.confidence(test.field).is_some() => {
            confidence(batch, test.field, row).is_some_and(|confidence| confidence >= floor)
        }
        _ => true,
    }
}

/// The post's latitude and longitude.
fn place(batch: &PostBatch, row: usize) -> Option<(f64, f64)> {
    let degrees = |name: &str| match actual(batch, mon_post::find(name)?, row) {
        Actual::Decimal(value) => Some(value),
        _ => None,
    };
    degrees("geo.lat").zip(degrees("geo.lon"))
}

fn received_at(batch: &PostBatch, row: usize) -> Option<i64> {
    match actual(batch, mon_post::find("received_at")?, row) {
        Actual::Time(time) => Some(time),
        _ => None,
    }
}

/// Whether texts of this field compare in lower case.
pub(super) fn is_folded(field: FieldId) -> bool {
    let ty = field.get().map(|known| known.ty);
    matches!(ty, Some(FieldType::Enum(_) | FieldType::Language | FieldType::Country))
}

/// Values of different types cannot be compared: unknown.
fn compare(field: FieldId, actual: &Actual, op: CompareOp, wanted: &Value) -> Truth {
    let text = |actual: &str, wanted: &str| match is_folded(field) {
        true => holds(op, actual.to_lowercase().cmp(&wanted.to_lowercase())),
        false => holds(op, actual.cmp(wanted)),
    };
    match (actual, wanted) {
        (Actual::Integer(actual), Value::Integer(wanted)) => holds(op, actual.cmp(wanted)),
        #[expect(clippy::cast_precision_loss, reason = "a decimal in a rule is compared as a decimal")]
        (Actual::Integer(actual), Value::Decimal(wanted)) => decimal(op, *actual as f64, *wanted),
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        (Actual::Decimal(actual), Value::Integer(wanted)) => decimal(op, *actual, *wanted as f64),
        (Actual::Decimal(actual), Value::Decimal(wanted)) => decimal(op, *actual, *wanted),
        (Actual::Text(actual), Value::Text(wanted)) => text(actual, wanted),
        (Actual::Text(actual), Value::Like(wanted)) => like(op, wanted.matches(actual)),
        (Actual::List(members), Value::Like(wanted)) => {
            Truth::any(members.iter().map(|member| like(op, wanted.matches(member))))
        }
        (Actual::List(members), Value::Text(wanted)) => Truth::any(members.iter().map(|member| text(member, wanted))),
        (Actual::Flag(actual), Value::Flag(wanted)) => holds(op, actual.cmp(wanted)),
        (Actual::Time(actual), Value::Time(wanted)) => holds(op, actual.cmp(wanted)),
        _ => Truth::Unknown,
    }
}

/// A text with wildcards is met or not; it has no order.
pub(super) const fn like(op: CompareOp, met: bool) -> Truth {
    match op {
        CompareOp::Eq => Truth::of(met),
        CompareOp::Ne => Truth::of(!met),
        CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => Truth::Unknown,
    }
}

pub(super) fn holds(op: CompareOp, ordering: std::cmp::Ordering) -> Truth {
    Truth::of(op.holds(ordering))
}

fn decimal(op: CompareOp, actual: f64, wanted: f64) -> Truth {
    actual.partial_cmp(&wanted).map_or(Truth::Unknown, |ordering| holds(op, ordering))
}
