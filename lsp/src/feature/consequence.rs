//! What rules would have done, where they are written: above each monitor what it takes and raises, at a number what others would
//! raise, at a word how much it finds.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use mon_alerts::{clean, grouped, many};
use mon_compiler::diagnostic::Diagnostic;
use mon_compiler::plan::{CompareOp, Place};
use mon_grammar::Span;
use mon_lens::{Alert, AlertsChanged, Curve, Difference, MonitorLook, Part, Post, Word};

use super::hover::Hover;
use crate::consequences::Consequences;
use crate::snapshot::{Analysis, Snapshot};
use crate::symbols::{Kind, Occurrence, Role};

/// Values of a threshold that a table shows.
const VALUES_SHOWN_MAX: usize = 12;
/// Alerts that are named.
const ALERTS_SHOWN_MAX: usize = 5;
/// Letters of a post that are shown.
const TEXT_SHOWN_MAX: usize = 120;
/// Letters of a part of a match that are shown in a line, and where there is room.
const PART_SHOWN_MAX: usize = 40;
const WHOLE_PART_SHOWN_MAX: usize = 400;
/// A part that keeps out more than one in so many of all posts is what the monitor is about: what it keeps out is no near miss.
const NEAR_ONE_IN: u64 = 10;
const HOUR: f64 = 3_600_000_000.0;

/// A line above a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The monitor's name.
    pub span: Span,
    pub title: String,
    /// What stands behind it, as Markdown.
    pub explains: String,
}

/// A few words behind a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    pub at: u32,
    pub text: String,
    pub tooltip: String,
}

/// The lines above the monitors of a file.
#[must_use]
pub fn lenses(snapshot: &Snapshot, file: usize) -> Vec<Lens> {
    let Some(found) = &snapshot.consequences else { return Vec::new() };
    let before = if is_of_now(snapshot, &found.files) { "" } else { "before the last edits: " };
    let mut lenses = Vec::new();
    for (monitor, changed) in found.now.monitors.iter().zip(&found.changed) {
        let Some(span) = name_of(snapshot, found, file, monitor) else { continue };
        let title = format!("{before}{}", title(found, monitor, changed.as_ref()));
        lenses.push(Lens { span, title, explains: summary(found, monitor, changed.as_ref()) });
        if let Some(title) = misses(found, monitor) {
            let title = format!("{before}{title}");
            lenses.push(Lens { span, title, explains: near(found, monitor) });
        }
    }
    lenses
}

/// Whether the look is about the rules as they are: no text has changed since, and nothing in them is wrong.
fn is_of_now(snapshot: &Snapshot, looked: &[(PathBuf, Arc<str>)]) -> bool {
    let is_same = |(path, then): &(PathBuf, Arc<str>)| {
        let state = snapshot.file_of(path).and_then(|at| snapshot.file(at));
        state.is_some_and(|state| Arc::ptr_eq(&state.text, then) || state.text == *then)
    };
    let is_wrong = |analysis: &Arc<Analysis>| analysis.diagnostics.iter().any(Diagnostic::is_error);
    snapshot.files.len() == looked.len()
        && looked.iter().all(is_same)
        && !snapshot.analysis.as_ref().is_some_and(is_wrong)
}

/// Where something of the look stands in a file now.
fn here(snapshot: &Snapshot, found: &Consequences, file: usize, place: Place) -> Option<Span> {
    let at = snapshot.now_in(&found.files, place)?;
    (at.file == file).then_some(at.span)
}

/// The monitor's name in a file as it is now: where it has moved to, else where something has that name.
fn name_of(snapshot: &Snapshot, found: &Consequences, file: usize, monitor: &MonitorLook) -> Option<Span> {
    let state = snapshot.file(file)?;
    let own = found.files.get(monitor.place.file as usize).is_some_and(|(path, _)| *path == state.path);
    let is =
        |name: &&Occurrence| name.kind == Kind::Monitor && name.role == Role::Definition && name.name == monitor.name;
    let named = || state.names().iter().find(is).map(|name| name.span);
    own.then(|| here(snapshot, found, file, monitor.place).or_else(named)).flatten()
}

/// `412 posts, 9 alerts in 24 h; saved: 400 posts, 7 alerts`
fn title(found: &Consequences, monitor: &MonitorLook, changed: Option<&Difference>) -> String {
    let mut title = format!("{}, {} in {}", posts(monitor.posts), alerts(monitor.alerts.len()), length(found.micros));
    match changed {
        None if found.saved_runs => title.push_str(" (not saved yet)"),
        None => title.push_str(" (the saved rules do not run)"),
        Some(changed) if changed.is_none() => {}
        Some(changed) => {
            let moved = moved(&changed.alerts);
            let only = |alerts: &[Alert]| (alerts.len() - moved) as u64;
            let signs = [
                ("+", changed.gained, "post"),
                ("−", changed.lost, "post"),
                ("+", only(&changed.alerts.gained), "alert"),
                ("−", only(&changed.alerts.lost), "alert"),
            ];
            let parts = signs.iter().filter(|(_, count, _)| *count > 0);
            let parts = parts.map(|(sign, count, noun)| format!("{sign}{}", many(*count, noun)));
            let others = [(moved, "at another time"), (changed.alerts.regraded.len(), "of another severity")];
            let others = others.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> =
                parts.chain(others.map(|(count, how)| format!("{} {how}", alerts(*count)))).collect();
            let _ = write!(title, "; against the saved version {}", parts.join(", "));
        }
    }
    title
}

/// How many alerts only open or clear at another time: one is gained where one of its group is lost that was open then, too.
fn moved(changed: &AlertsChanged) -> usize {
    let ends = |alert: &Alert| alert.cleared_at.unwrap_or(i64::MAX);
    let meet = |one: &Alert, other: &Alert| {
        one.group == other.group && one.opened_at <= ends(other) && other.opened_at <= ends(one)
    };
    let mut lost: Vec<&Alert> = changed.lost.iter().collect();
    let taken = changed.gained.iter().filter(|gained| {
        let at = lost.iter().position(|lost| meet(lost, gained));
        at.map(|at| lost.swap_remove(at)).is_some()
    });
    taken.count()
}

/// `nearest misses: 31 by lang in [en, de], 12 by author.followers >= 50`
fn misses(found: &Consequences, monitor: &MonitorLook) -> Option<String> {
    let said: Vec<String> = near_parts(found, monitor)
        .iter()
        .take(3)
        .map(|part| format!("{} by `{}`", grouped(part.posts), clean(written(found, part.place), PART_SHOWN_MAX)))
        .collect();
    (!said.is_empty()).then(|| format!("nearest misses: {}", said.join(", ")))
}

/// The parts of a match by which posts are missed narrowly, the one with the most of them first.
fn near_parts<'a>(found: &Consequences, monitor: &'a MonitorLook) -> Vec<&'a Part> {
    let near = |part: &&Part| is_near(part.posts, found.posts);
    let mut parts: Vec<&Part> = monitor.parts.iter().filter(near).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.posts));
    parts
}

const fn is_near(missed: u64, all: u64) -> bool {
    missed > 0 && missed <= all / NEAR_ONE_IN
}

/// The text of a place, as it was looked at.
fn written(found: &Consequences, place: Place) -> &str {
    found.files.get(place.file as usize).map_or("", |(_, text)| place.span.text(text))
}

fn summary(found: &Consequences, monitor: &MonitorLook, changed: Option<&Difference>) -> String {
    let mut out = format!(
        "**{}** over {} of `{}`, {}:\n\n{}, {}",
        monitor.name,
        posts(found.posts),
        found.capture.file_name().unwrap_or_default().to_string_lossy(),
        length(found.micros),
        posts(monitor.posts),
        alerts(monitor.alerts.len())
    );
    listed_alerts(&mut out, &monitor.alerts);
    if found.problems > 0 {
        let _ = write!(out, "\n\n{} of the capture could not be read.", many(found.problems, "line"));
    }
    if let Some(changed) = changed.filter(|changed| !changed.is_none()) {
        out.push_str("\n\nAgainst the saved version:");
        sides(&mut out, "gained", changed.gained, &changed.gained_posts);
        sides(&mut out, "lost", changed.lost, &changed.lost_posts);
        opened(&mut out, "gained", &changed.alerts.gained);
        opened(&mut out, "lost", &changed.alerts.lost);
    }
    out
}

fn opened(out: &mut String, what: &str, all: &[Alert]) {
    if !all.is_empty() {
        let _ = write!(out, "\n\n{} {what}:", alerts(all.len()));
        listed_alerts(out, all);
    }
}

fn listed_alerts(out: &mut String, all: &[Alert]) {
    for alert in all.iter().take(ALERTS_SHOWN_MAX) {
        let group: Vec<String> = alert
            .group
            .iter()
            .map(|(field, value)| format!("{field} {}", value.as_deref().unwrap_or("not told")))
            .collect();
        let group = if group.is_empty() { String::new() } else { format!(", {}", group.join(", ")) };
        let _ = write!(out, "\n- {} {}{group}", moment(alert.opened_at), alert.severity.name());
    }
    let more = all.len().saturating_sub(ALERTS_SHOWN_MAX);
    if more > 0 {
        let _ = write!(out, "\n- and {more} more");
    }
}

fn sides(out: &mut String, what: &str, count: u64, shown: &[Post]) {
    if count > 0 {
        let _ = write!(out, "\n\n{} {what}, such as", posts(count));
        listed(out, shown);
    }
}

fn listed(out: &mut String, shown: &[Post]) {
    for post in shown {
        // What people write is no Markdown.
        let text: String = clean(&post.text, TEXT_SHOWN_MAX).replace('`', "'");
        let _ = write!(out, "\n- `{text}`");
    }
}

fn near(found: &Consequences, monitor: &MonitorLook) -> String {
    let mut out = format!("Posts that **{}** misses by one part alone:", monitor.name);
    for part in near_parts(found, monitor) {
        let _ = write!(
            out,
            "\n\n`{}` keeps out {}",
            clean(written(found, part.place), WHOLE_PART_SHOWN_MAX),
            posts(part.posts)
        );
        listed(&mut out, &part.examples);
    }
    out
}

/// What the look says of the thing at a byte: a threshold, a word, or a part of a match.
#[must_use]
pub fn at(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Hover> {
    let found = snapshot.consequences.as_ref()?;
    let holds =
        |place: Place| here(snapshot, found, file, place).filter(|span| span.start <= offset && offset <= span.end);
    let mut said: Vec<(Span, String)> = Vec::new();
    for monitor in &found.now.monitors {
        let curves = monitor.curves.iter().filter_map(|curve| Some((curve.place.and_then(holds)?, curve)));
        said.extend(curves.map(|(span, curve)| (span, table(found, monitor, curve))));
        let words = monitor.words.iter().filter_map(|word| Some((holds(word.place)?, word)));
        said.extend(words.map(|(span, word)| (span, weight(monitor, word))));
    }
    let span = said.first()?.0;
    let said: Vec<String> = said.into_iter().map(|(_, said)| said).collect();
    Some(Hover { span, markdown: said.join("\n\n") })
}

/// Alerts for other values of a threshold.
fn table(found: &Consequences, monitor: &MonitorLook, curve: &Curve) -> String {
    let days = found.micros as f64 / (24.0 * HOUR);
    let counted = curve.level.map_or_else(|| "alerts".to_owned(), |level| format!("`{}` alerts", level.name()));
    let unit = if days >= 1.0 { format!("{counted} a day") } else { format!("{counted} in {}", length(found.micros)) };
    let mut out = format!(
        "**{}** with other numbers\n\n| `{} {}` | {unit} |\n| ---: | ---: |",
        monitor.name,
        curve.measure,
        curve.op.sign()
    );
    let rows = rows(curve);
    let written = rows.iter().position(|row| row.written).unwrap_or(0);
    let from = written.saturating_sub(VALUES_SHOWN_MAX / 2).min(rows.len().saturating_sub(VALUES_SHOWN_MAX));
    for row in rows.iter().skip(from).take(VALUES_SHOWN_MAX) {
        let count = if days >= 1.0 { format!("{:.1}", row.alerts as f64 / days) } else { row.alerts.to_string() };
        let value = row.value(curve.whole);
        let value = if row.written { format!("**{value}**") } else { value };
        let _ = write!(out, "\n| {value} | {count} |");
    }
    if out.contains('…') {
        out.push_str("\n\nWhere … stands, only some values between were tried; these raise the same.");
    }
    out
}

/// Neighbouring values of a threshold that raise the same number of alerts.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    values: Vec<f64>,
    alerts: usize,
    /// The value that stands in the rules, which has a row of its own.
    written: bool,
}

impl Row {
    /// A range is one `to` only where all its values are known to raise the same.
    fn value(&self, whole: bool) -> String {
        match self.values.as_slice() {
            [first, .., last] if whole => format!("{first} to {last}"),
            [first, .., last] => format!("{first} … {last}"),
            values => values.iter().map(f64::to_string).collect(),
        }
    }
}

fn rows(curve: &Curve) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let is_exact = matches!(curve.op, CompareOp::Eq | CompareOp::Ne);
    for point in &curve.points {
        let is_written = point.value == curve.written;
        let joins = |row: &Row| !row.written && !is_written && !is_exact && row.alerts == point.alerts;
        match rows.last_mut().filter(|row| joins(row)) {
            Some(row) => row.values.push(point.value),
            None => rows.push(Row { values: vec![point.value], alerts: point.alerts, written: is_written }),
        }
    }
    rows
}

fn weight(monitor: &MonitorLook, word: &Word) -> String {
    if monitor.posts == 0 && !word.keeps_out {
        return format!("**{}** takes no post here, so nothing can be said of `{}`.", monitor.name, word.written);
    }
    let alone = match word.alone {
        None => String::new(),
        Some(0) if word.posts == 0 => ": it does nothing here".to_owned(),
        Some(0) => ", none of them because of it alone".to_owned(),
        Some(alone) => format!(", {} because of it alone", posts(alone)),
    };
    if word.keeps_out {
        return format!(
            "In **{}**, `{}` stands in {} that would match otherwise{alone}.",
            monitor.name,
            word.written,
            posts(word.posts)
        );
    }
    format!(
        "In **{}**, `{}` stands in {} of {} that match{alone}.",
        monitor.name,
        word.written,
        grouped(word.posts),
        posts(monitor.posts)
    )
}

/// The weight of each word of a range: `31%, 4% alone`. Of a word that several monitors use, that of the first that takes posts.
#[must_use]
pub fn weights(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Weight> {
    let Some(found) = &snapshot.consequences else { return Vec::new() };
    let mut weights: Vec<Weight> = Vec::new();
    for monitor in &found.now.monitors {
        for word in monitor.words.iter().filter(|word| monitor.posts > 0 || word.keeps_out) {
            let Some(span) = here(snapshot, found, file, word.place) else { continue };
            let is_in = range.start <= span.start && span.end <= range.end;
            if !is_in || weights.iter().any(|known| known.at == span.end) {
                continue;
            }
            let text = match word.posts {
                0 => "no posts".to_owned(),
                posts if word.keeps_out => format!("−{}", grouped(posts)),
                _ => shares(monitor, word),
            };
            weights.push(Weight { at: span.end, text, tooltip: weight(monitor, word) });
        }
    }
    weights.sort_by_key(|weight| weight.at);
    weights
}

fn shares(monitor: &MonitorLook, word: &Word) -> String {
    let percent = |count: u64| match count as f64 * 100.0 / monitor.posts.max(1) as f64 {
        share if count > 0 && share < 1.0 => "<1%".to_owned(),
        share => format!("{share:.0}%"),
    };
    match word.alone {
        Some(0) if word.posts > 0 => format!("{}, none alone", percent(word.posts)),
        Some(alone) if alone < word.posts => format!("{}, {} alone", percent(word.posts), percent(alone)),
        _ => percent(word.posts),
    }
}

fn posts(count: u64) -> String {
    many(count, "post")
}

fn alerts(count: usize) -> String {
    many(count as u64, "alert")
}

/// `24 h`, `45 min`, `3 days`.
fn length(micros: i64) -> String {
    let hours = micros as f64 / HOUR;
    if hours >= 47.5 {
        return format!("{:.0} days", hours / 24.0);
    }
    if hours >= 1.5 { format!("{hours:.0} h") } else { format!("{:.0} min", hours * 60.0) }
}

fn moment(micros: i64) -> String {
    mon_compiler::check::times::written(micros)
}

#[cfg(test)]
mod tests {
    use mon_lens::Point;

    use super::*;
    use crate::feature::fixture::snapshot;

    #[test]
    fn values_that_raise_the_same_alerts_share_a_row_and_the_written_one_has_its_own() {
        let point = |(value, alerts): (f64, usize)| Point { value, alerts };
        let points = [(10.0, 3), (12.0, 1), (15.0, 1), (20.0, 1), (22.0, 1), (30.0, 1), (40.0, 1), (50.0, 0)]
            .map(point)
            .to_vec();
        let curve = Curve {
            place: None,
            level: None,
            measure: "v".to_owned(),
            op: CompareOp::Ge,
            written: 20.0,
            points,
            whole: true,
        };
        let shown = |whole: bool| -> Vec<String> {
            let row = |row: Row| format!("{}: {}{}", row.value(whole), row.alerts, if row.written { "!" } else { "" });
            rows(&curve).into_iter().map(row).collect()
        };
        assert_eq!(shown(true), ["10: 3", "12 to 15: 1", "20: 1!", "22 to 40: 1", "50: 0"]);
        assert_eq!(shown(false), ["10: 3", "12 … 15: 1", "20: 1!", "22 … 40: 1", "50: 0"]);
    }

    #[test]
    fn what_a_part_keeps_out_of_everything_is_no_near_miss() {
        assert!(is_near(8, 4_008) && is_near(400, 4_008));
        assert!(!is_near(0, 4_008) && !is_near(1_804, 4_008) && !is_near(1, 0));
    }

    fn texts(snapshot: &Snapshot) -> Vec<(PathBuf, Arc<str>)> {
        snapshot.files.iter().map(|file| (file.path.clone(), Arc::clone(&file.text))).collect()
    }

    #[test]
    fn a_look_is_of_now_until_a_text_changes_or_an_error_stands_in_it() {
        let list = "terms a = \"a\"\n";
        let before = snapshot(&[("a.mon", list), ("m.mon", "monitor m { match a }\n")]);
        let found = texts(&before);
        assert!(is_of_now(&before, &found));
        let same = snapshot(&[("a.mon", list), ("m.mon", "monitor m { match a }\n")]);
        assert!(is_of_now(&same, &found), "equal texts are the same rules");
        let other = snapshot(&[("a.mon", "terms a = \"b\"\n"), ("m.mon", "monitor m { match a }\n")]);
        assert!(!is_of_now(&other, &found), "a list that the monitor uses has changed");
        let more = snapshot(&[("a.mon", list), ("m.mon", "monitor m { match a }\n"), ("n.mon", "")]);
        assert!(!is_of_now(&more, &found), "a file is new");
        let wrong = snapshot(&[("a.mon", list), ("m.mon", "monitor m { match b }\n")]);
        assert!(!is_of_now(&wrong, &texts(&wrong)), "the rules have an error");
    }
}
