//! What a backtest found, as a page for a person with a plot in plain characters, and as JSON.

use mon_alerts::length;
use mon_compiler::describe;
use mon_compiler::plan::{AlertPlan, Severity};
use mon_lens::figures::Row;
use mon_post::time;
use serde_json::{Map, Value, json};

use super::{Told, Tried, judged, values};
use crate::report::{clock, grouped};

/// Characters of the longest bar: the page stays within 80 columns.
const BAR_MAX: usize = 50;

pub fn text(told: &Told<'_>) -> String {
    let posts = told.posts.display();
    let mut page = format!("{} posts of {posts}; nothing was sent\n", grouped(told.read));
    for tried in &told.tried {
        page.push_str(&monitor(tried));
    }
    page
}

fn monitor(tried: &Tried) -> String {
    let (target, spot) = (&tried.subject.target, &tried.subject.spot);
    let mut page = format!(
        "\n{} ({spot}): the number of `{} {}` is swept\n",
        tried.subject.name(),
        target.compares(),
        target.written
    );
    if let Some(alert) = alert(tried) {
        page.push_str(&format!("  `alert when {}`", said(tried, alert)));
        match &alert.clear {
            Some(clear) if moves(tried) => page.push_str(&format!(
                "; what `clear when {}` says of `{}` keeps its ratio",
                describe_value(tried, clear),
                target.name
            )),
            Some(clear) => page.push_str(&format!("; `clear when {}` stays", describe_value(tried, clear))),
            None => {}
        }
        page.push('\n');
    }
    page.push_str(&seen(tried));
    page.push('\n');
    page.push_str(&table(&tried.rows));
    page.push_str("\n  incidents by threshold\n");
    page.push_str(&plot(&tried.rows));
    page
}

fn alert(tried: &Tried) -> Option<&AlertPlan> {
    tried.subject.plan.monitors.first()?.alert.as_ref()
}

fn said(tried: &Tried, alert: &AlertPlan) -> String {
    describe_value(tried, &alert.when)
}

fn describe_value(tried: &Tried, expr: &mon_compiler::plan::ValueExpr) -> String {
    tried.subject.plan.monitors.first().map_or_else(String::new, |monitor| describe::value(monitor, expr))
}

/// Whether a threshold other than the written one has another `clear when`.
fn moves(tried: &Tried) -> bool {
    let (target, plan) = (&tried.subject.target, &tried.subject.plan);
    let clear = |plan: &mon_compiler::plan::Plan| plan.monitors.first()?.alert.as_ref()?.clear.clone();
    clear(&target.at(plan, target.written * 2.0 + 1.0)) != clear(plan)
}

fn seen(tried: &Tried) -> String {
    let values = values(&tried.windows, tried.subject.target.measure);
    let (low, high) = range(&values);
    let Some((low, high)) = low.zip(high) else { return "  no post came into a window\n".to_owned() };
    let windows = judged(&tried.windows).count();
    format!("  in {} windows with posts it was {} to {}\n", grouped(windows as u64), figure(low), figure(high))
}

/// The lowest and the highest.
pub fn range(values: &[f64]) -> (Option<f64>, Option<f64>) {
    (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max))
}

fn table(rows: &[Row]) -> String {
    let width = width(rows).max("threshold".len());
    let seconds = rows.iter().filter_map(|row| row.first).any(|first| first % 60_000_000 != 0);
    let wide = if seconds { "2026-11-02 10:00:00".len() } else { "2026-11-02 10:00".len() };
    let mut text = format!(
        "  {:>width$}  {:>9}  {:>7}  {:<wide$}  {:>7}  messages\n",
        "threshold", "incidents", "open", "first opened", "longest"
    );
    for row in rows {
        let mark = if row.written { '>' } else { ' ' };
        let share = row.share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let first: String = row.first.map_or_else(|| "-".to_owned(), clock).chars().take(wide).collect();
        let longest = row.longest.map_or_else(|| "-".to_owned(), length);
        let line = format!(
            "{mark} {:>width$}  {:>9}  {share:>7}  {first:<wide$}  {longest:>7}  {}",
            figure(row.threshold),
            grouped(row.incidents as u64),
            messages(row)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str("  > as it is written\n");
    text
}

fn messages(row: &Row) -> String {
    let worst_first = row.messages.iter().rev();
    let parts: Vec<String> = worst_first.map(|(level, count)| format!("{count} {}", level.name())).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

/// Thresholds below each other, a bar for the incidents of each.
fn plot(rows: &[Row]) -> String {
    let width = width(rows);
    let most = rows.iter().map(|row| row.incidents).max().unwrap_or(0).max(1);
    let each = (BAR_MAX / most).min(10);
    let mut text = String::new();
    for row in rows {
        let mark = if row.written { '>' } else { ' ' };
        // Rounded up, so that one incident can be seen beside thousands.
        let bar = if each > 0 { row.incidents * each } else { (row.incidents * BAR_MAX).div_ceil(most) };
        let gap = if bar > 0 { " " } else { "" };
        let (threshold, bar) = (figure(row.threshold), "#".repeat(bar));
        text.push_str(&format!("{mark} {threshold:>width$} |{bar}{gap}{}\n", grouped(row.incidents as u64)));
    }
    text
}

fn width(rows: &[Row]) -> usize {
    rows.iter().map(|row| figure(row.threshold).len()).max().unwrap_or(0)
}

/// A number as short as it reads back, three digits behind the point at most.
pub fn figure(number: f64) -> String {
    let text = format!("{number:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.parse() == Ok(number) { short.to_owned() } else { number.to_string() }
}

pub fn json(told: &Told<'_>) -> Value {
    let monitors: Vec<Value> = told.tried.iter().map(object).collect();
    json!({"posts": told.posts.display().to_string(), "read": told.read, "monitors": monitors})
}

fn object(tried: &Tried) -> Value {
    let (target, spot) = (&tried.subject.target, &tried.subject.spot);
    let (low, high) = range(&values(&tried.windows, target.measure));
    let span = tried.time.map(|time| time.span);
    let rows: Vec<Value> = tried.rows.iter().map(|row| threshold(tried, row)).collect();
    json!({
        "monitor": tried.subject.name(),
        "place": {"file": spot.file, "line": spot.line, "column": spot.column},
        "alert": alert(tried).map(|alert| said(tried, alert)),
        "swept": target.compares(),
        "measure": target.name,
        "written": whole(target.written),
        "windows": judged(&tried.windows).count(),
        "lowest": low.map(whole),
        "highest": high.map(whole),
        "from": span.map(|span| time::format(span.from)),
        "until": span.map(|span| time::format(span.until)),
        "thresholds": rows,
    })
}

fn threshold(tried: &Tried, row: &Row) -> Value {
    let plan = tried.subject.target.at(&tried.subject.plan, row.threshold);
    let monitor = plan.monitors.first();
    let clear = monitor.and_then(|monitor| Some(describe::value(monitor, monitor.alert.as_ref()?.clear.as_ref()?)));
    let mut messages = Map::new();
    for level in Severity::ALL {
        messages.insert(level.name().to_owned(), row.messages.get(&level).copied().unwrap_or(0).into());
    }
    json!({
        "threshold": whole(row.threshold),
        "written": row.written,
        "clear": clear,
        "incidents": row.incidents,
        "open_at_end": row.still_open,
        "open_share": row.share,
        "first_opened": row.first.map(time::format),
        "longest_seconds": row.longest.map(|micros| micros as f64 / 1e6),
        "messages": messages,
    })
}

/// Whole numbers without a point.
fn whole(number: f64) -> Value {
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= WHOLE_MAX { json!(number as i64) } else { json!(number) }
}

#[cfg(test)]
mod tests {
    use super::figure;
    use mon_alerts::length;

    #[test]
    fn figures_and_lengths_are_written_for_people() {
        let figures = [25.0, 2.5, -0.04, 1.0 / 3.0, 0.0, 1e6].map(figure);
        assert_eq!(figures, ["25", "2.5", "-0.04", "0.3333333333333333", "0", "1000000"]);
        let lengths = [0, 30, 90, 3_600, 5_400, 93_600, 86_405].map(|seconds| length(seconds * 1_000_000));
        assert_eq!(lengths, ["0s", "30s", "1m 30s", "1h", "1h 30m", "1d 2h", "1d 5s"]);
    }
}
