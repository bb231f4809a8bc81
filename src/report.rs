//! What a replay found, as a page for a person: how much was read, which incidents there were, who would have been told.

use std::collections::BTreeMap;

use chrono::DateTime;
pub use mon_alerts::grouped;
use mon_alerts::{IncidentId, Transition, TransitionKind};
use mon_compiler::plan::{Plan, ValuesOrder};
use mon_engine::Counts;

use crate::remarks::Remarks;
use crate::verb::replay::Account;

/// Posts quoted with an incident.
const QUOTED_MAX: usize = 2;
/// Characters of a post that are quoted.
const QUOTE_CHARS_MAX: usize = 90;

/// The page. `seconds` is how long it took; None leaves speed out, so that the page depends on the posts alone.
pub fn replayed(plan: &Plan, account: &Account, seconds: Option<f64>) -> String {
    let mut page = counted(plan, &account.counts, seconds) + &Remarks::of(&account.counts, plan).lines();
    let mut incidents: BTreeMap<&IncidentId, Vec<&Transition>> = BTreeMap::new();
    for transition in &account.transitions {
        incidents.entry(&transition.incident).or_default().push(transition);
    }
    let mut incidents: Vec<_> = incidents.into_values().collect();
    incidents.sort_by_key(|steps| steps.first().map(|first| (first.at, first.monitor.clone(), first.key.clone())));
    if incidents.is_empty() {
        page.push_str("\nno incident\n");
        return page;
    }
    page.push_str(&format!(
        "\n{} and {} to people\n",
        many(incidents.len(), "incident"),
        many(account.messages.len(), "message")
    ));
    for steps in incidents {
        page.push_str(&incident(account, &steps));
    }
    page
}

fn counted(plan: &Plan, counts: &Counts, seconds: Option<f64>) -> String {
    let monitors = many(plan.monitors.len(), "monitor");
    let pace = seconds.filter(|s| *s > 0.0).map_or_else(String::new, |seconds| {
        let rate = posts_a_second(counts.read, seconds);
        format!(" in {seconds:.1} s ({} posts/s)", grouped(rate))
    });
    let late: u64 = counts.late.iter().sum();
    format!(
        "{} posts met {monitors}{pace}\n  {} matched, {} did not, {} were duplicates; {} late for a window\n",
        grouped(counts.read),
        grouped(counts.matched),
        grouped(counts.unmatched),
        grouped(counts.duplicates),
        grouped(late)
    )
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for a person"
)]
fn posts_a_second(posts: u64, seconds: f64) -> u64 {
    (posts as f64 / seconds) as u64
}

fn incident(account: &Account, steps: &[&Transition]) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let worst = steps.iter().map(|step| step.severity).max().unwrap_or(first.severity);
    let key: Vec<String> =
        first.key.iter().map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("not told"))).collect();
    let key = if key.is_empty() { String::new() } else { format!(" ({})", key.join(", ")) };
    let mut text = format!("\n{} {}{key}\n", worst.name().to_uppercase(), first.monitor);
    for step in steps {
        let what = match step.kind {
            TransitionKind::Opened => format!("opened {}", step.severity.name()),
            TransitionKind::SeverityChanged { from } => format!("{} to {}", from.name(), step.severity.name()),
            TransitionKind::Cleared => "cleared".to_owned(),
        };
        let measures: Vec<String> = step
            .measures
            .iter()
            .map(|(name, value)| format!("{name} {}", value.map_or_else(|| "-".to_owned(), number)))
            .collect();
        text.push_str(&format!("  {}  {what:16} {}\n", clock(step.at), measures.join(", ")));
    }
    for shown in first.shown.iter().filter(|shown| !shown.values.is_empty()) {
        let values: Vec<String> =
            shown.values.iter().map(|one| format!("{} {}", quote(&one.value), grouped(one.posts))).collect();
        let head = match shown.order {
            ValuesOrder::Top => "most posts by",
            ValuesOrder::New => "new values of",
        };
        text.push_str(&format!("    {head} {}: {}\n", shown.of, values.join(", ")));
    }
    for post in first.evidence.iter().take(QUOTED_MAX) {
        text.push_str(&format!("    \"{}\"\n", quote(&post.text)));
    }
    let mut told: Vec<String> = account
        .messages
        .iter()
        .filter(|message| message.incident == first.incident)
        .map(|message| format!("{} by {}", message.team, message.method))
        .collect();
    told.sort();
    told.dedup();
    text.push_str(&format!("  tells {}\n", if told.is_empty() { "nobody".to_owned() } else { told.join(", ") }));
    text
}

fn quote(text: &str) -> String {
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= QUOTE_CHARS_MAX {
        return flat;
    }
    let cut: String = flat.chars().take(QUOTE_CHARS_MAX).collect();
    format!("{cut}…")
}

/// Event time as a person reads it.
pub fn clock(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

fn number(value: f64) -> String {
    // A probability is often far below a hundredth.
    if value != 0.0 && value.abs() < 0.01 {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub fn many(count: usize, noun: &str) -> String {
    mon_alerts::many(count as u64, noun)
}

/// How often: `once`, `7 times`.
pub fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) }
}

#[cfg(test)]
mod tests {
    use super::{grouped, number, quote};

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(7), grouped(1_000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
        let numbers = [3.0, 0.126, -0.5, 0.0, 0.000_012].map(number);
        assert_eq!(numbers, ["3", "0.13", "-0.5", "0", "1.2e-5"]);
    }

    #[test]
    fn a_long_post_is_cut_between_characters() {
        assert!(quote(&"é".repeat(200)).ends_with("é…"));
        assert_eq!(quote("a\n b"), "a b");
    }
}
