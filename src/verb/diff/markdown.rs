//! What `mon diff` found, as a summary for a pull request. Nothing that a post holds is markup here, and it mentions nobody.

use std::fmt::Write as _;

use mon_alerts::clean;

use super::alerts::{Alerts, written};
use super::report::proved;
use super::{Change, Read};
use crate::report::grouped;

/// Posts that are shown each way.
const POSTS_MAX: usize = 3;
/// Alerts that are shown each way.
const ALERTS_MAX: usize = 10;
/// How much of a post's text is shown, in graphemes.
const TEXT_MAX: usize = 200;

pub(super) fn page(changes: &[Change], read: Option<&Read>, show: usize) -> String {
    let differ: Vec<&Change> = changes.iter().filter(|change| change.differs()).collect();
    let mut page = format!("### What this change of rules does\n\n{}\n", ending(changes.len(), differ.len(), read));
    if differ.is_empty() {
        return page;
    }
    page.push('\n');
    page.push_str(&table(&differ, read));
    for change in differ {
        page.push_str(&details(change, show.min(POSTS_MAX)));
    }
    page
}

fn ending(all: usize, differ: usize, read: Option<&Read>) -> String {
    let on = read.map_or_else(String::new, |read| match read.posts {
        1 => ", compared on 1 recorded post".to_owned(),
        posts => format!(", compared on {} recorded posts", grouped(posts)),
    });
    format!("Queries and monitors that differ: {differ} of {all}{on}.")
}

fn table(changes: &[&Change], read: Option<&Read>) -> String {
    let alerts = changes.iter().any(|change| change.alerts.is_some());
    let mut heads = vec!["name", "for all posts"];
    if read.is_some() {
        heads.extend(["posts", "gained", "lost"]);
    }
    if alerts {
        heads.extend(["alerts", "gained", "lost"]);
    }
    let rule: String = heads.iter().enumerate().map(|(at, _)| if at < 2 { " --- |" } else { " ---: |" }).collect();
    let mut table = format!("| {} |\n|{rule}\n", heads.join(" | "));
    for change in changes {
        let mut cells = vec![code(&change.name), known(change)];
        let ([before, after], [lost, gained]) = (change.taken(), change.alone());
        if read.is_some() {
            cells.push(format!("{} → {}", grouped(before), grouped(after)));
            cells.extend([gained, lost].map(grouped));
        }
        if alerts {
            cells.extend(match &change.alerts {
                None => ["", "", ""].map(str::to_owned),
                Some(Alerts { before, after, changed }) => {
                    [format!("{before} → {after}"), changed.gained.len().to_string(), changed.lost.len().to_string()]
                }
            });
        }
        let _ = writeln!(table, "| {} |", cells.join(" | "));
    }
    table
}

/// What is known of all posts.
fn known(change: &Change) -> String {
    match change.kinds {
        [None, _] => "new".to_owned(),
        [_, None] => "gone".to_owned(),
        [Some(old), Some(new)] => {
            let kind = if old == new { String::new() } else { format!("was a {old}, is a {new}; ") };
            format!("{kind}{}", change.relation().map_or("", proved))
        }
    }
}

fn details(change: &Change, show: usize) -> String {
    let mut body = String::new();
    for (side, word) in [(1, "Gained"), (0, "Lost")] {
        let count = change.alone().get(side).copied().unwrap_or_default();
        let mut lines: Vec<String> = change.shown(side, show).map(|post| code(&clean(&post.text, TEXT_MAX))).collect();
        if count == 0
            && let Some(example) = change.example(side)
        {
            lines.push(format!("a made-up post: {}", code(&clean(&example.to_string(), TEXT_MAX))));
        }
        body.push_str(&list(word, lines, count));
    }
    if let Some(Alerts { changed, .. }) = &change.alerts {
        for (word, alerts) in [("Gained alerts", &changed.gained), ("Lost alerts", &changed.lost)] {
            let lines = alerts.iter().take(ALERTS_MAX).map(|alert| code(&clean(&written(alert), TEXT_MAX)));
            body.push_str(&list(word, lines.collect(), alerts.len() as u64));
        }
        let other = changed
            .regraded
            .iter()
            .take(ALERTS_MAX)
            .map(|(old, new)| format!("{}, was {}", code(&clean(&written(new), TEXT_MAX)), old.severity.name()));
        body.push_str(&list("Alerts of another severity", other.collect(), changed.regraded.len() as u64));
    }
    if body.is_empty() {
        return body;
    }
    format!("\n<details><summary>{}</summary>\n\n{body}</details>\n", code(&change.name))
}

/// A list under its word, with how many more there are.
fn list(word: &str, lines: Vec<String>, count: u64) -> String {
    if lines.is_empty() && count == 0 {
        return String::new();
    }
    let more = count.saturating_sub(lines.len() as u64);
    let mut list = format!("{word}:\n\n");
    lines.iter().for_each(|line| list.push_str(&format!("- {line}\n")));
    if more > 0 {
        list.push_str(&format!("- {} {}\n", grouped(more), if lines.is_empty() { "in all" } else { "more" }));
    }
    list.push('\n');
    list
}

/// Text as it is. No sign of it is markup: each that could be is written as its number, and what looks like a name behind an `@`
/// is cut off from it.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for sign in text.chars() {
        match sign {
            '@' => out.push_str("&#64;&#8203;"),
            sign if sign.is_ascii_punctuation() => {
                let _ = write!(out, "&#{};", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
    out.push_str("</code>");
    out
}
