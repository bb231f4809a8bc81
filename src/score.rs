//! Scores matching against people's labels: how many of the wanted posts were found, how many of the found were wanted.

use std::collections::BTreeMap;

use crate::failure::Failure;

/// `FIELD=VALUE[,VALUE]`: where the label stands and which values say that a post is wanted.
pub struct Wanted {
    field: String,
    values: Vec<String>,
    by: Option<String>,
}

#[derive(Default)]
struct Row {
    posts: u64,
    wanted: u64,
    matched: u64,
    right: u64,
}

/// Counts by event.
pub struct Score {
    wanted: Wanted,
    rows: BTreeMap<String, Row>,
    unlabelled: u64,
}

impl Wanted {
    pub fn read(text: &str, by: Option<&str>) -> Result<Self, Failure> {
        let parsed = text.split_once('=').filter(|(field, values)| !field.is_empty() && !values.is_empty());
        let Some((field, values)) = parsed else {
            return Err(Failure::usage(
                format!("`--score {text}` is not understood"),
                "write the key and the values that are wanted: `--score label=on-topic`",
            ));
        };
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        Ok(Self { field: field.trim().to_owned(), values, by: by.map(str::to_owned) })
    }
}

impl Score {
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, rows: BTreeMap::new(), unlabelled: 0 }
    }

    /// Takes one post: its extra keys as JSON, its labels, and whether any query matched. A key `label` is read as the
    /// post's label, so it is looked for there too.
    pub fn take(&mut self, extras: Option<&str>, labels: &[&str], matched: bool) {
        let keys: serde_json::Value = extras.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let text = |key: &str| keys.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        let own =
            || matches!(self.wanted.field.as_str(), "label" | "labels").then(|| labels.first().copied()).flatten();
        let Some(label) = text(&self.wanted.field).or_else(|| own().map(str::to_owned)) else {
            self.unlabelled += 1;
            return;
        };
        let event = self.wanted.by.as_deref().map_or_else(|| Some("all".to_owned()), text).unwrap_or_default();
        let row = self.rows.entry(event).or_default();
        let wanted = self.wanted.values.contains(&label);
        row.posts += 1;
        row.wanted += u64::from(wanted);
        row.matched += u64::from(matched);
        row.right += u64::from(matched && wanted);
    }

    /// A table: an event a line.
    pub fn table(&self) -> String {
        let width = self.rows.keys().map(String::len).max().unwrap_or(0).max(5);
        let mut table = format!(
            "{:width$} {:>8} {:>8} {:>8} {:>8} {:>9} {:>7} {:>6}\n",
            "event", "posts", "wanted", "matched", "right", "precision", "recall", "f1"
        );
        for (event, row) in &self.rows {
            let precision = share(row.right, row.matched);
            let recall = share(row.right, row.wanted);
            let f1 = match (precision, recall) {
                (Some(p), Some(r)) if p + r > 0.0 => Some(2.0 * p * r / (p + r)),
                _ => None,
            };
            table.push_str(&format!(
                "{event:width$} {:>8} {:>8} {:>8} {:>8} {:>9} {:>7} {:>6}\n",
                row.posts,
                row.wanted,
                row.matched,
                row.right,
                shown(precision),
                shown(recall),
                shown(f1)
            ));
        }
        if self.unlabelled > 0 {
            table.push_str(&format!("{} posts had no `{}` and were not scored\n", self.unlabelled, self.wanted.field));
        }
        table
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares of post counts are shown with three digits")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

#[cfg(test)]
mod tests {
    use super::{Score, Wanted};

    #[test]
    fn precision_and_recall_are_counted_by_event() {
        let mut score = Score::new(Wanted::read("label=yes,maybe", Some("event")).unwrap());
        score.take(Some(r#"{"label":"yes","event":"a"}"#), &[], true);
        score.take(Some(r#"{"label":"no","event":"a"}"#), &[], true);
        score.take(Some(r#"{"event":"a"}"#), &["maybe"], false);
        score.take(Some(r#"{"event":"a"}"#), &[], true);
        let table = score.table();
        let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["a", "3", "2", "2", "1", "0.500", "0.500", "0.500"]);
        assert!(table.contains("1 posts had no `label`"));
    }

    #[test]
    fn a_score_without_values_is_wrong_use() {
        assert_eq!(Wanted::read("label", None).err().unwrap().code, 3);
    }
}
