//! Closed windows as they travel from the window operator to the rules: one batch, one row a window and group.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Builder, GenericStringArray, Int64Array, LargeStringArray, ListBuilder,
    OffsetSizeTrait, StringArray, StringBuilder, UInt32Array, new_null_array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef, UInt32Type};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use mon_alerts::Evaluation;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{column, marker_fields, with_fields};
use crate::novelty::Seen;

/// A closed window and the watermark at which it became final.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Closed {
    pub(crate) fire: i64,
    pub(crate) window: Evaluation,
    /// The values of its posts, a list for each measure of the monitor that tells new ones.
    pub(crate) seen: Vec<Vec<Seen>>,
}

impl Closed {
    /// The order in which windows are given out.
    pub(crate) fn order(&self) -> (i64, i64, u32, &[Option<String>]) {
        (self.fire, self.window.window_end, self.window.monitor, &self.window.key)
    }
}

pub(crate) fn schema() -> SchemaRef {
    let list = |name, ty| Field::new_list(name, Field::new_list_field(ty, true), true);
    let fields = [
        Field::new("monitor", DataType::UInt32, true),
        list("key", DataType::Utf8),
        Field::new("start", DataType::Int64, true),
        Field::new("end", DataType::Int64, true),
        list("values", DataType::Float64),
        Field::new("evidence", DataType::Utf8, true),
        Field::new("shown", DataType::Utf8, true),
        Field::new("seen", DataType::LargeUtf8, true),
        Field::new("youngest", DataType::Int64, true),
    ];
    with_fields(&Schema::new(marker_fields().to_vec()), fields)
}

/// `youngest` is the last post of a recording whose end closes these windows.
pub(crate) fn encode(rows: &[Closed], youngest: Option<i64>, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut keys = ListBuilder::new(StringBuilder::new());
    let mut values = ListBuilder::new(Float64Builder::new());
    let (mut evidence, mut shown, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        keys.append_value(row.window.key.iter().map(Option::as_deref));
        values.append_value(row.window.values.iter().copied());
        evidence.push(to_json(&row.window.evidence)?);
        shown.push(to_json(&row.window.shown)?);
        seen.push(to_json(&row.seen)?);
    }
    let times =
        |of: fn(&Closed) -> i64| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(of(row))).collect::<Int64Array>()) };
    let columns: Vec<ArrayRef> = vec![
        new_null_array(&DataType::Int64, rows.len()),
        times(|row| row.fire),
        Arc::new(rows.iter().map(|row| Some(row.window.monitor)).collect::<UInt32Array>()),
        Arc::new(keys.finish()),
        times(|row| row.window.window_start),
        times(|row| row.window.window_end),
        Arc::new(values.finish()),
        Arc::new(StringArray::from(evidence)),
        Arc::new(StringArray::from(shown)),
        Arc::new(LargeStringArray::from(seen)),
        Arc::new(Int64Array::from(vec![youngest; rows.len()])),
    ];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// A list as JSON; None where it is empty.
fn to_json<T: Serialize>(list: &[T]) -> Result<Option<String>> {
    let json = (!list.is_empty()).then(|| serde_json::to_string(list)).transpose();
    json.map_err(|error| exec_datafusion_err!("{error}"))
}

fn from_json<T: DeserializeOwned, O: OffsetSizeTrait>(texts: &GenericStringArray<O>, row: usize) -> Result<Vec<T>> {
    if texts.is_null(row) {
        return Ok(Vec::new());
    }
    serde_json::from_str(texts.value(row)).map_err(|error| exec_datafusion_err!("{error}"))
}

pub(crate) fn decode(batch: &RecordBatch) -> Result<(Vec<Closed>, Option<i64>)> {
    let fires = column(batch, crate::control::WM)?.as_primitive::<Int64Type>();
    let monitors = column(batch, "monitor")?.as_primitive::<UInt32Type>();
    let keys = column(batch, "key")?.as_list::<i32>();
    let starts = column(batch, "start")?.as_primitive::<Int64Type>();
    let ends = column(batch, "end")?.as_primitive::<Int64Type>();
    let values = column(batch, "values")?.as_list::<i32>();
    let evidence = column(batch, "evidence")?.as_string::<i32>();
    let shown = column(batch, "shown")?.as_string::<i32>();
    let seen = column(batch, "seen")?.as_string::<i64>();
    let read = |row: usize| {
        let key = keys.value(row).as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect();
        let window = Evaluation {
            monitor: monitors.value(row),
            key,
            window_start: starts.value(row),
            window_end: ends.value(row),
            values: values.value(row).as_primitive::<Float64Type>().iter().collect(),
            evidence: from_json(evidence, row)?,
            shown: from_json(shown, row)?,
        };
        Ok(Closed { fire: fires.value(row), window, seen: from_json(seen, row)? })
    };
    let youngest = column(batch, "youngest")?.as_primitive::<Int64Type>().iter().next().flatten();
    Ok(((0..batch.num_rows()).map(read).collect::<Result<_>>()?, youngest))
}

#[cfg(test)]
mod tests {
    use mon_alerts::{Evidence, ShownValue, ShownValues};
    use mon_compiler::plan::ValuesOrder;

    use super::*;

    #[test]
    fn rows_come_back_as_they_went() {
        let post = Evidence { post: "p".into(), url: None, text: "t".into(), at: 3, rank: Some(4) };
        let window = Evaluation {
            monitor: 2,
            key: vec![Some("DE".into()), None],
            window_start: 0,
            window_end: 60,
            values: vec![Some(1.5), None],
            evidence: vec![post],
            shown: vec![ShownValues {
                order: ValuesOrder::New,
                of: "tag".into(),
                values: vec![ShownValue { value: "#a".into(), posts: 2 }],
            }],
        };
        let bare = Evaluation { key: vec![], values: vec![], evidence: vec![], shown: vec![], ..window.clone() };
        let seen =
            vec![vec![Seen { hash: u64::MAX, told: Some(("#a".into(), 2)) }, Seen { hash: 0, told: None }], vec![]];
        let rows = [Closed { fire: 61, window, seen }, Closed { fire: 62, window: bare, seen: vec![] }];
        for youngest in [None, Some(7)] {
            let (again, told) = decode(&encode(&rows, youngest, &schema()).unwrap()).unwrap();
            assert_eq!((again.as_slice(), told), (rows.as_slice(), youngest));
        }
    }
}
