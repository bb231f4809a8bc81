//! What rules would have done, where they are written: above each monitor what it takes and raises, at a number what others would
//! raise, at a word how much it finds.

use std::fmt::Write as _;

use mon_compiler::plan::Place;
use mon_grammar::Span;
use mon_lens::{Alert, AlertsChanged, Curve, Difference, MonitorLook, Part, Post, Word};

use crate::consequences::Consequences;
use crate::snapshot::Snapshot;
use crate::symbols::{Kind, Occurrence, Role};

/// Values of a threshold that a table shows.
const VALUES_SHOWN_MAX: usize = 12;
/// Alerts that are named.
const ALERTS_SHOWN_MAX: usize = 5;
/// Letters of a post that are shown.
const TEXT_SHOWN_MAX: usize = 120;
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
    let mut lenses = Vec::new();
    for (monitor, changed) in found.now.monitors.iter().zip(&found.changed) {
        let Some(span) = name_of(snapshot, found, file, monitor) else { continue };
        let title = title(found, monitor, changed.as_ref());
        lenses.push(Lens { span, title, explains: summary(found, monitor, changed.as_ref()) });
        if let Some(title) = misses(snapshot, found, monitor) {
            lenses.push(Lens { span, title, explains: near(snapshot, found, monitor) });
        }
    }
    lenses
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
        None => title.push_str(" (not saved yet)"),
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
            let parts = parts.map(|(sign, count, noun)| format!("{sign}{}", counted(*count, noun)));
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
fn misses(snapshot: &Snapshot, found: &Consequences, monitor: &MonitorLook) -> Option<String> {
    let mut parts: Vec<&Part> = monitor.parts.iter().filter(|part| part.posts > 0).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.posts));
    let said: Vec<String> = parts
        .iter()
        .take(3)
        .map(|part| format!("{} by `{}`", grouped(part.posts), cut(&written(snapshot, found, part.place), 40)))
        .collect();
    (!said.is_empty()).then(|| format!("nearest misses: {}", said.join(", ")))
}

/// The text of a place, as it was looked at.
fn written(snapshot: &Snapshot, found: &Consequences, place: Place) -> String {
    let _ = snapshot;
    let text = found.files.get(place.file as usize).map_or("", |(_, text)| place.span.text(text));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    opened(&mut out, "", &monitor.alerts);
    if let Some(changed) = changed.filter(|changed| !changed.is_none()) {
        out.push_str("\n\nAgainst the saved version:");
        sides(&mut out, "gained", changed.gained, &changed.gained_posts);
        sides(&mut out, "lost", changed.lost, &changed.lost_posts);
        opened(&mut out, "alerts gained", &changed.alerts.gained);
        opened(&mut out, "alerts lost", &changed.alerts.lost);
    }
    out
}

fn opened(out: &mut String, what: &str, all: &[Alert]) {
    if all.is_empty() {
        return;
    }
    if !what.is_empty() {
        let _ = write!(out, "\n\n{} {what}:", all.len());
    }
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
        let text: String =
            cut(&post.text.split_whitespace().collect::<Vec<_>>().join(" "), TEXT_SHOWN_MAX).replace('`', "'");
        let _ = write!(out, "\n- `{text}`");
    }
}

fn near(snapshot: &Snapshot, found: &Consequences, monitor: &MonitorLook) -> String {
    let mut out = format!("Posts that **{}** misses by one part alone:", monitor.name);
    for part in monitor.parts.iter().filter(|part| part.posts > 0) {
        let _ = write!(out, "\n\n`{}` keeps out {}", written(snapshot, found, part.place), posts(part.posts));
        listed(&mut out, &part.examples);
    }
    out
}

/// What the look says of the thing at a byte: a threshold, a word, or a part of a match.
#[must_use]
pub fn at(snapshot: &Snapshot, file: usize, offset: u32) -> Option<String> {
    let found = snapshot.consequences.as_ref()?;
    let holds = |place: Place| {
        here(snapshot, found, file, place).is_some_and(|span| span.start <= offset && offset <= span.end)
    };
    let mut said: Vec<String> = Vec::new();
    for monitor in &found.now.monitors {
        let curves = monitor.curves.iter().filter(|curve| curve.place.is_some_and(holds));
        said.extend(curves.map(|curve| table(found, monitor, curve)));
        let words = monitor.words.iter().filter(|word| holds(word.place));
        said.extend(words.map(|word| weight(monitor, word)));
    }
    (!said.is_empty()).then(|| said.join("\n\n"))
}

/// Alerts for other values of a threshold.
fn table(found: &Consequences, monitor: &MonitorLook, curve: &Curve) -> String {
    let days = found.micros as f64 / (24.0 * HOUR);
    let unit = if days >= 1.0 { "alerts a day".to_owned() } else { format!("alerts in {}", length(found.micros)) };
    let mut out = format!(
        "**{}** with other numbers\n\n| `{} {}` | {unit} |\n| ---: | ---: |",
        monitor.name,
        curve.measure,
        curve.op.sign()
    );
    let written = curve.points.iter().position(|point| point.value == curve.written).unwrap_or(0);
    let from = written.saturating_sub(VALUES_SHOWN_MAX / 2).min(curve.points.len().saturating_sub(VALUES_SHOWN_MAX));
    for point in curve.points.iter().skip(from).take(VALUES_SHOWN_MAX) {
        let count = if days >= 1.0 { format!("{:.1}", point.alerts as f64 / days) } else { point.alerts.to_string() };
        let value = if point.value == curve.written { format!("**{}**", point.value) } else { point.value.to_string() };
        let _ = write!(out, "\n| {value} | {count} |");
    }
    out
}

fn weight(monitor: &MonitorLook, word: &Word) -> String {
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

/// The weight of each word of a range: `31%, 4% alone`. Of a word that several monitors use, that of the first.
#[must_use]
pub fn weights(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Weight> {
    let Some(found) = &snapshot.consequences else { return Vec::new() };
    let mut weights: Vec<Weight> = Vec::new();
    for monitor in &found.now.monitors {
        for word in &monitor.words {
            let Some(span) = here(snapshot, found, file, word.place) else { continue };
            let is_in = range.start <= span.start && span.end <= range.end;
            if !is_in || weights.iter().any(|known| known.at == span.end) {
                continue;
            }
            let text = if word.keeps_out { format!("−{}", grouped(word.posts)) } else { shares(monitor, word) };
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
        _ if word.posts == 0 => "no posts".to_owned(),
        Some(0) => format!("{}, none alone", percent(word.posts)),
        Some(alone) if alone < word.posts => format!("{}, {} alone", percent(word.posts), percent(alone)),
        _ => percent(word.posts),
    }
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(count)) }
}

fn posts(count: u64) -> String {
    counted(count, "post")
}

fn alerts(count: usize) -> String {
    counted(count as u64, "alert")
}

/// Digits in threes: `1,234`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
