//! Splits the values that one field can have into cells in which all tests of it come out alike. Each cell is found by a
//! value that stands for it, and what the tests say of that value is what the interpreter says.

use mon_post::{Field, FieldType};
use rustc_hash::FxHashSet;

use crate::matching::{Actual, Truth, test_value};
use crate::plan::{FieldOp, FieldTest, Value};

/// Values times tests that are tried for one field.
const TRIED_MAX: usize = 1 << 16;

/// Whole numbers beyond this have no exact decimal.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Columns that the schema never leaves empty.
const ALWAYS_TOLD: [&str; 8] = ["platform", "source", "kind", "op", "event_at", "received_at", "post_uid", "root_uid"];

/// Values that read well in an example, tried before others that say the same.
const PLAIN: [&str; 12] = ["en", "de", "fr", "US", "FR", "x", "reddit", "post", "reply", "created", "public", "other"];

/// A value that stands for all that the tests see alike.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// What each test says, in their order.
    pub truths: Vec<Truth>,
    pub value: Actual,
    /// Of a value that a model made.
    pub confidence: Option<f64>,
}

/// What the cells of a field are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// The post's one value, which lies in one cell.
    Value,
    /// The members of a list; several cells may have members.
    Members,
    /// How long before it was received the post's time lies: a time as if it had been received at 0.
    Age,
}

/// The cells, or nothing where the tests ask for something else or for too much.
pub(super) fn cells(field: &Field, tests: &[&FieldTest], holds: Holds) -> Option<Vec<Cell>> {
    let mut constants = Vec::new();
    for test in tests {
        match (&test.op, holds) {
            (FieldOp::Compare(_, value), Holds::Value | Holds::Members) => constants.push(value),
            (FieldOp::In(values), Holds::Value | Holds::Members) => constants.extend(values),
            (FieldOp::Exists, Holds::Value | Holds::Members) | (FieldOp::WithinLast { .. }, Holds::Age) => {}
            _ => return None,
        }
    }
    // Which texts a wildcard meets has no edges to try.
    if constants.iter().any(|value| matches!(value, Value::Like(_))) {
        return None;
    }
    let values = match (holds, field.ty) {
        (Holds::Age, _) => ages(tests),
        (Holds::Members, _) if !constants.iter().all(|value| matches!(value, Value::Text(_))) => return None,
        (Holds::Members, _) => texts(&constants).into_iter().map(|text| Actual::List(vec![text])).collect(),
        (_, FieldType::Text | FieldType::Enum(_) | FieldType::Language | FieldType::Country) => {
            texts(&constants).into_iter().map(Actual::Text).collect()
        }
        (_, FieldType::Integer { min, max }) => whole(&constants, min, max)?.into_iter().map(Actual::Integer).collect(),
        (_, FieldType::Time) => whole(&constants, 0, i64::MAX)?.into_iter().map(Actual::Time).collect(),
        (_, FieldType::Decimal { min, max }) => {
            decimals(&constants, min, max)?.into_iter().map(Actual::Decimal).collect()
        }
        (_, FieldType::Flag) => vec![Actual::Flag(true), Actual::Flag(false)],
        (Holds::Value, FieldType::TextList) => return None,
    };
    split(field, tests, values, holds)
}

fn split(field: &Field, tests: &[&FieldTest], values: Vec<Actual>, holds: Holds) -> Option<Vec<Cell>> {
    let confidences = confidences(field, tests);
    if values.len().saturating_mul(confidences.len()).saturating_mul(tests.len()) > TRIED_MAX {
        return None;
    }
    let absent = holds != Holds::Members && !ALWAYS_TOLD.contains(&field.name);
    let told = values.iter().flat_map(|value| confidences.iter().map(move |sure| (value.clone(), *sure)));
    let all = absent.then_some((Actual::Absent, None)).into_iter().chain(told);
    let mut seen: FxHashSet<Vec<u8>> = FxHashSet::default();
    let mut cells = Vec::new();
    for (value, confidence) in all {
        let truth = |test: &&FieldTest| {
            let sure = match test.floor {
                Some(floor) if field.modelled => confidence.is_some_and(|confidence| confidence >= floor),
                _ => true,
            };
            test_value(test, &value, sure, Some(0), None)
        };
        let truths: Vec<Truth> = tests.iter().map(truth).collect();
        // An absent value is kept apart: other tests of the same field know of it too.
        let first = seen.insert(truths.iter().map(|truth| *truth as u8).collect());
        if first || value == Actual::Absent {
            cells.push(Cell { truths, value, confidence });
        }
    }
    Some(cells)
}

fn confidences(field: &Field, tests: &[&FieldTest]) -> Vec<Option<f64>> {
    let floors: Vec<f64> = tests.iter().filter_map(|test| test.floor).collect();
    if floors.is_empty() || !field.modelled {
        return vec![None];
    }
    let edges = floors.iter().flat_map(|floor| [*floor, floor.next_down()]);
    std::iter::once(1.0).chain(edges).chain([0.0]).map(Some).chain([None]).collect()
}

/// Each text that is compared with, the one right behind it, and the first of all.
fn texts(constants: &[&Value]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for constant in constants {
        if let Value::Text(text) = constant {
            all.push(text.clone());
        }
    }
    all.extend(PLAIN.iter().map(|text| (*text).to_owned()));
    for constant in constants {
        if let Value::Text(text) = constant {
            all.extend([format!("{text}\0"), format!("{}\0", text.to_lowercase()), text.to_lowercase()]);
        }
    }
    all.push(String::new());
    all
}

fn whole(constants: &[&Value], min: i64, max: i64) -> Option<Vec<i64>> {
    let mut all = Vec::new();
    for constant in constants {
        match constant {
            Value::Integer(number) | Value::Time(number) => {
                all.extend([*number, number.saturating_add(1), number.saturating_sub(1)]);
            }
            Value::Decimal(number) if number.abs() < EXACT_MAX => {
                #[expect(clippy::cast_possible_truncation, reason = "it is smaller than what is exact")]
                let floor = number.floor() as i64;
                all.extend([floor, floor + 1, floor - 1, floor + 2]);
            }
            Value::Decimal(_) => return None,
            Value::Text(_) | Value::Like(_) | Value::Flag(_) => {}
        }
    }
    // Large whole numbers compared as decimals come out alike with their neighbours.
    let exact = |number: &i64| number.unsigned_abs() < 1 << 53;
    if constants.iter().any(|value| matches!(value, Value::Decimal(_))) && !all.iter().all(exact) {
        return None;
    }
    all.sort_by_key(|number| !(min..=max).contains(number));
    all.extend([0, i64::MIN, i64::MAX]);
    Some(all)
}

fn decimals(constants: &[&Value], min: f64, max: f64) -> Option<Vec<f64>> {
    let mut edges = Vec::new();
    for constant in constants {
        match constant {
            Value::Decimal(number) if number.is_finite() => edges.push(*number),
            Value::Decimal(_) => return None,
            #[expect(clippy::cast_precision_loss, reason = "the interpreter compares it as a decimal too")]
            Value::Integer(number) => edges.push(*number as f64),
            Value::Text(_) | Value::Like(_) | Value::Flag(_) | Value::Time(_) => {}
        }
    }
    edges.sort_by(f64::total_cmp);
    let between = edges.iter().zip(edges.iter().skip(1)).map(|(low, high)| f64::midpoint(*low, *high));
    let mut all: Vec<f64> = edges.iter().copied().chain(between).chain([min, max, 0.0]).collect();
    all.extend(edges.iter().flat_map(|edge| [edge.next_up(), edge.next_down()]));
    all.sort_by_key(|number| !(min..=max).contains(number));
    all.extend([f64::NEG_INFINITY, f64::INFINITY]);
    Some(all)
}

fn ages(tests: &[&FieldTest]) -> Vec<Actual> {
    let limits = tests.iter().filter_map(|test| match test.op {
        FieldOp::WithinLast { micros } => Some(micros),
        _ => None,
    });
    let edges = limits.flat_map(|micros| [micros, micros.saturating_add(1)]);
    edges.chain([0, -1]).map(|age| Actual::Time(age.saturating_neg())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CompareOp;

    fn split(name: &str, ops: Vec<FieldOp>) -> Vec<Cell> {
        let field = mon_post::find(name).unwrap();
        let tests: Vec<FieldTest> = ops.into_iter().map(|op| FieldTest { field, op, floor: None }).collect();
        cells(field.get().unwrap(), &tests.iter().collect::<Vec<_>>(), Holds::Value).unwrap()
    }

    #[test]
    fn whole_numbers_split_where_the_tests_turn() {
        let at_least = |number| FieldOp::Compare(CompareOp::Ge, Value::Integer(number));
        let found = split("author.followers", vec![at_least(10), at_least(11)]);
        // Not told, below, exactly ten, above.
        assert_eq!(found.len(), 4, "{found:?}");
        let found = split("author.followers", vec![at_least(10), FieldOp::Compare(CompareOp::Lt, Value::Integer(10))]);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn words_of_a_closed_set_exclude_each_other() {
        let is = |word: &str| FieldOp::Compare(CompareOp::Eq, Value::Text(word.to_owned()));
        let found = split("platform", vec![is("x"), is("REDDIT")]);
        assert_eq!(found.len(), 3, "always told: {found:?}");
        assert!(found.iter().all(|cell| cell.truths != [Truth::True, Truth::True]));
    }
}
