//! What people read: a title of one line and a body in plain text, made from a transition alone. Text of posts is
//! untrusted: signs that steer a terminal or turn the reading direction are taken out, and it is cut on grapheme
//! borders. Channels escape for their own markup.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use mon_compiler::plan::{MonitorPlan, ValuesOrder};
use unicode_segmentation::UnicodeSegmentation;

use crate::{Evidence, IncidentId, Message, ShownValues, Transition, TransitionKind};

/// Graphemes of a post's text that a message shows.
const POST_TEXT_MAX: usize = 280;
/// Graphemes of a title.
const TITLE_MAX: usize = 150;
/// Graphemes of one key's value.
const KEY_VALUE_MAX: usize = 60;
/// Posts in a message whose monitor is not in the plan.
const POSTS_MAX: usize = 10;

/// Title and body for one transition. `monitor` gives the description and how many posts to show; None, as for a
/// monitor that was removed while its incident was open, leaves them out.
#[must_use]
pub fn render(monitor: Option<&MonitorPlan>, transition: &Transition) -> (String, String) {
    (title(transition), body(monitor, transition))
}

/// A message as one JSON line without the line's end: always the same keys in the same order.
#[must_use]
pub fn to_line(message: &Message) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

fn title(transition: &Transition) -> String {
    let mut title = format!("[{}] {}", transition.severity.name(), clean(&transition.monitor, TITLE_MAX));
    let key: Vec<String> = transition.key.iter().map(|(_, value)| key_value(value.as_deref())).collect();
    if !key.is_empty() {
        let _ = write!(title, " · {}", key.join(", "));
    }
    match transition.kind {
        TransitionKind::Opened => {}
        TransitionKind::SeverityChanged { from } if from < transition.severity => {
            let _ = write!(title, ": up from {}", from.name());
        }
        TransitionKind::SeverityChanged { from } => {
            let _ = write!(title, ": down from {}", from.name());
        }
        TransitionKind::Cleared => {
            let _ = write!(title, ": cleared after {}", length(transition.at.saturating_sub(transition.opened_at)));
        }
    }
    clean(&title, TITLE_MAX)
}

fn body(monitor: Option<&MonitorPlan>, transition: &Transition) -> String {
    let mut body = String::new();
    if let Some(doc) = monitor.and_then(|m| m.doc.as_deref()) {
        for line in doc.lines() {
            body.push_str(line.trim());
            body.push('\n');
        }
        body.push('\n');
    }
    let severity = transition.severity.name();
    let (opened, at) = (time(transition.opened_at), time(transition.at));
    let _ = match transition.kind {
        TransitionKind::Opened => writeln!(body, "Opened {at}, severity {severity}."),
        TransitionKind::SeverityChanged { from } => {
            writeln!(body, "Changed {at}: severity {severity}, before {}. Opened {opened}.", from.name())
        }
        TransitionKind::Cleared => {
            let lasted = length(transition.at.saturating_sub(transition.opened_at));
            writeln!(body, "Cleared {at} after {lasted}, severity {severity}. Opened {opened}.")
        }
    };
    facts(&mut body, transition);
    transition.shown.iter().for_each(|shown| values(&mut body, shown));
    let shown = monitor.map_or(POSTS_MAX, |m| m.show.count as usize);
    let rank = monitor.and_then(|m| m.show.by).and_then(|field| field.get()).map(|field| field.name);
    posts(&mut body, transition.evidence.iter().take(shown), rank);
    let IncidentId(incident) = &transition.incident;
    let _ = write!(body, "\nIncident {incident}, step {}", transition.number);
    body
}

/// Group key and measures, their names padded to one column.
fn facts(body: &mut String, transition: &Transition) {
    let keys = transition.key.iter().map(|(name, value)| (name.as_str(), key_value(value.as_deref())));
    let measures = transition.measures.iter().map(|(name, value)| (name.as_str(), number(*value)));
    let rows: Vec<(&str, String)> = keys.chain(measures).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    if !rows.is_empty() {
        body.push('\n');
    }
    for (name, value) in rows {
        let _ = writeln!(body, "{name:width$}  {value}");
    }
}

/// Values with their posts, the counts in one column.
fn values(body: &mut String, shown: &ShownValues) {
    if shown.values.is_empty() {
        return;
    }
    let head = match shown.order {
        ValuesOrder::Top => "Most posts by",
        ValuesOrder::New => "New values of",
    };
    let _ = writeln!(body, "\n{head} {}", shown.of);
    let rows = shown.values.iter().map(|one| (number(Some(one.posts as f64)), clean(&one.value, KEY_VALUE_MAX)));
    let rows: Vec<(String, String)> = rows.collect();
    let width = rows.iter().map(|(posts, _)| posts.len()).max().unwrap_or(0);
    for (posts, value) in rows {
        let _ = writeln!(body, "{posts:>width$}  {value}");
    }
}

fn posts<'e>(body: &mut String, evidence: impl Iterator<Item = &'e Evidence>, rank: Option<&str>) {
    for (at, post) in evidence.enumerate() {
        if at == 0 {
            body.push_str("\nPosts\n");
        }
        let _ = writeln!(body, "{}. {}", at + 1, clean(&post.text, POST_TEXT_MAX));
        let _ = write!(body, "   {}", time(post.at));
        if let (Some(name), Some(value)) = (rank, post.rank) {
            let _ = write!(body, " · {name} {}", integer(value));
        }
        if let Some(url) = post.url.as_deref().and_then(link) {
            let _ = write!(body, " · {url}");
        }
        body.push('\n');
    }
}

/// A web address that can stand in a message; anything else is not shown.
fn link(url: &str) -> Option<&str> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.len() <= 2000 && url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '|'));
    (web && plain).then_some(url)
}

fn key_value(value: Option<&str>) -> String {
    value.map_or_else(|| "not told".to_owned(), |value| clean(value, KEY_VALUE_MAX))
}

/// One line of harmless text: white space of any kind becomes one space, control signs, direction marks and other
/// invisible steering signs go, and what is longer than `graphemes_max` ends in `…`.
#[must_use]
pub fn clean(text: &str, graphemes_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * graphemes_max));
    let mut space = false;
    let mut kept = 0;
    let mut left = text.graphemes(true);
    for grapheme in left.by_ref() {
        if grapheme.chars().all(char::is_whitespace) {
            space = true;
            continue;
        }
        let mut seen = grapheme.chars().filter(|&c| !steers(c)).peekable();
        if seen.peek().is_none() {
            continue;
        }
        if kept == graphemes_max {
            line.push('…');
            return line;
        }
        if space && kept > 0 {
            line.push(' ');
        }
        space = false;
        kept += 1;
        // A grapheme can carry marks without end; eight signs hold every real letter and emoji family.
        line.extend(seen.take(8));
    }
    line
}

/// Control signs and the marks that override direction or hide letters. The joiner of emoji families stays.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{061c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

/// `2026-03-04 10:03 UTC`, with seconds where there are any.
fn time(micros: i64) -> String {
    let Some(at) = DateTime::<Utc>::from_timestamp_micros(micros) else { return "at an unknown time".to_owned() };
    let whole_minute = micros.rem_euclid(60_000_000) == 0;
    at.format(if whole_minute { "%Y-%m-%d %H:%M UTC" } else { "%Y-%m-%d %H:%M:%S UTC" }).to_string()
}

/// A length of time, in microseconds, in its two largest units that are not 0: `2h 5m`, `1d 5s`.
#[must_use]
pub fn length(micros: i64) -> String {
    let mut seconds = micros.max(0) / 1_000_000;
    let mut parts: Vec<String> = Vec::new();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        if seconds >= size && parts.len() < 2 {
            parts.push(format!("{}{unit}", seconds / size));
        }
        seconds %= size;
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// `1,234` for whole numbers, three significant figures after the point for small ones.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "not told".to_owned() };
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    let size = value.abs();
    if size >= 1e15 {
        return format!("{value:.2e}");
    }
    if size >= 1000.0 || value.fract() == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "below 1e15 every whole number fits")]
        let whole = value.round() as i64;
        return integer(whole);
    }
    let digits = match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.01 => 3,
        _ => return format!("{value:.2e}"),
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn integer(value: i64) -> String {
    format!("{}{}", if value < 0 { "-" } else { "" }, grouped(value.unsigned_abs()))
}

/// Digits in threes: `1234567` is `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 post`, `1,234 posts`.
#[must_use]
pub fn many(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(count)) }
}

#[cfg(test)]
mod tests;
