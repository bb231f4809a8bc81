//! What `mon diff` found, as a page for a person and as one object for programs.

use mon_alerts::{clean, many};
use mon_compiler::analysis::{Example, Relation};
use serde_json::{Value, json};

use super::alerts::{Alerts, written};
use super::{Change, Read, Shown};
use crate::report::grouped;

/// How much of a post's text is shown, in graphemes.
const TEXT_SHOWN_MAX: usize = 100;

fn posts_of(count: u64) -> String {
    many(count, "post")
}

/// What is known of all posts.
pub(super) const fn proved(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal, takes the same posts (proved)",
        Relation::Wider => "wider, takes all that it took and more (proved)",
        Relation::Narrower => "narrower, takes only what it took and not all of it (proved)",
        Relation::Disjoint => "disjoint, takes nothing that it took (proved)",
        Relation::Changed => "changed, takes posts that it did not take and leaves some that it took",
        Relation::WiderOrEqual => "wider or equal, takes all that it took (proved)",
        Relation::NarrowerOrEqual => "narrower or equal, takes only what it took (proved)",
        Relation::Differs => "differs, in one direction at least",
        Relation::Undecided => "not decided",
    }
}

fn on_posts(change: &Change) -> String {
    let ([before, after], [lost, gained]) = (change.taken(), change.alone());
    match lost + gained {
        0 => format!("the same {}", posts_of(before)),
        _ => format!(
            "{} before, {} after: {} gained, {} lost",
            posts_of(before),
            grouped(after),
            grouped(gained),
            grouped(lost)
        ),
    }
}

fn summary(change: &Change, read: Option<&Read>) -> String {
    let [before, after] = change.taken();
    let mut parts: Vec<String> = Vec::new();
    match change.kinds {
        [None, _] => return one_sided(change, "new, takes", "new", read.map(|_| after)),
        [_, None] => return one_sided(change, "gone, took", "gone", read.map(|_| before)),
        [Some(old), Some(new)] if old != new => parts.push(format!("was a {old}, is a {new}")),
        _ => {}
    }
    parts.extend(change.relation().map(|relation| proved(relation).to_owned()));
    match change.proof.as_ref().map(|proof| proof.never) {
        Some([true, true]) => parts.push("no post can match, before and after".to_owned()),
        Some([false, true]) => parts.push("no post can match any more".to_owned()),
        Some([true, false]) => parts.push("no post could match before".to_owned()),
        _ => {}
    }
    parts.extend(read.map(|_| on_posts(change)));
    parts.extend(change.alerts.as_ref().map(Alerts::summary));
    parts.join("; ")
}

/// Of a name that only one of the two has.
fn one_sided(change: &Change, takes: &str, alone: &str, posts: Option<u64>) -> String {
    let own = posts.map_or_else(|| alone.to_owned(), |posts| format!("{takes} {}", posts_of(posts)));
    let alerts = change.alerts.as_ref().map(|alerts| match alerts.before + alerts.after {
        1 => "; 1 alert".to_owned(),
        count => format!("; {} alerts", grouped(count as u64)),
    });
    own + &alerts.unwrap_or_default()
}

pub(super) fn text(changes: &[Change], read: Option<&Read>, show: usize) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str(&format!("{}: {}\n", change.name, summary(change, read)));
        if change.kinds.contains(&None) {
            // Of a name that is new, its first posts are shown; of one that is gone, none.
            if let [None, _] = change.kinds {
                side(&mut out, change, 1, show);
            }
            alerts(&mut out, change, show);
            continue;
        }
        side(&mut out, change, 1, show);
        side(&mut out, change, 0, show);
        alerts(&mut out, change, show);
    }
    out.push_str(&ending(changes, read));
    out
}

/// The alerts that differ.
fn alerts(out: &mut String, change: &Change, show: usize) {
    let Some(Alerts { changed, .. }) = &change.alerts else { return };
    for (sign, alerts) in [('+', &changed.gained), ('-', &changed.lost)] {
        for alert in alerts.iter().take(show) {
            out.push_str(&format!("  {sign} alert at {}\n", clean(&written(alert), TEXT_SHOWN_MAX)));
        }
        match alerts.len().saturating_sub(show) {
            0 => {}
            1 => out.push_str(&format!("  {sign} and 1 more alert\n")),
            more => out.push_str(&format!("  {sign} and {} more alerts\n", grouped(more as u64))),
        }
    }
    for (old, new) in changed.regraded.iter().take(show) {
        out.push_str(&format!("  ~ alert at {}, was {}\n", clean(&written(new), TEXT_SHOWN_MAX), old.severity.name()));
    }
}

/// The posts that are gained (1) or lost (0): given ones, else a made-up one.
fn side(out: &mut String, change: &Change, side: usize, show: usize) {
    let sign = if side == 1 { '+' } else { '-' };
    let mut count = change.alone().get(side).copied().unwrap_or_default();
    if count == 0
        && let Some(example) = change.example(side)
    {
        out.push_str(&format!("  {sign} such as  {}\n", clean(&example.to_string(), TEXT_SHOWN_MAX)));
    }
    for Shown { post, text, words, .. } in change.shown(side, show) {
        let words = clean(&words.join(", "), TEXT_SHOWN_MAX);
        let words = if words.is_empty() { words } else { format!("  [{words}]") };
        let (post, text) = (clean(post, TEXT_SHOWN_MAX), clean(text, TEXT_SHOWN_MAX));
        out.push_str(&format!("  {sign} {post}  {text}{words}\n"));
        count = count.saturating_sub(1);
    }
    if count > 0 {
        out.push_str(&format!("  {sign} and {}\n", posts_of(count).replacen(' ', " more ", 1)));
    }
}

fn ending(changes: &[Change], read: Option<&Read>) -> String {
    let on = match read {
        None => "compared without posts".to_owned(),
        Some(Read { posts, edits: 0 }) => format!("compared on {}", posts_of(*posts)),
        Some(Read { posts, edits }) => {
            let edits = if *edits == 1 { "1 edit".to_owned() } else { format!("{} edits", grouped(*edits)) };
            format!("compared on {} and {edits}", posts_of(*posts))
        }
    };
    if changes.is_empty() {
        return format!("{on}: neither has a query or a monitor\n");
    }
    let differ = changes.iter().filter(|change| change.differs()).count();
    let open = changes.iter().filter(|change| change.relation() == Some(Relation::Undecided)).count();
    let open = if open == 0 { String::new() } else { format!(", {open} not decided") };
    format!("{on}: {differ} of {} differ{open}\n", changes.len())
}

pub(super) fn json(changes: &[Change], read: Option<&Read>, show: usize) -> Value {
    let one = |change: &Change| {
        let ([old, new], [before, after], [lost, gained]) = (change.kinds, change.taken(), change.alone());
        let shown = |side: usize| -> Vec<Value> {
            let one = |one: &Shown| json!({"post": one.post, "text": one.text, "words": one.words});
            change.shown(side, show).map(one).collect()
        };
        let example = |side: usize| -> Option<Value> {
            change.example(side).map(Example::json).and_then(|line| serde_json::from_str(&line).ok())
        };
        let never = change.proof.as_ref().map(|proof| proof.never);
        json!({
            "name": change.name,
            "was": old,
            "is": new,
            "relation": change.relation().map(Relation::name),
            "never_before": never.map(|[before, _]| before),
            "never_after": never.map(|[_, after]| after),
            "before": old.and(read).map(|_| before),
            "after": new.and(read).map(|_| after),
            "gained": read.map(|_| gained),
            "lost": read.map(|_| lost),
            "gained_posts": shown(1),
            "lost_posts": shown(0),
            "gained_example": example(1),
            "lost_example": example(0),
            "alerts": change.alerts.as_ref().map(Alerts::json),
        })
    };
    let queries: Vec<Value> = changes.iter().map(one).collect();
    json!({"posts": read.map(|read| read.posts), "edits": read.map(|read| read.edits), "queries": queries})
}
