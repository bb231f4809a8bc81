//! What the runs of the last week left in the data folder: messages that nobody got, ranges that were lost, sources that
//! were silent, and how far each source was read.

use std::collections::BTreeMap;

use mon_sources::Cursor;
use mon_store::{GapRow, OutboxState, Store, StoreError};

use super::{DAY, Report, span};
use crate::config::Config;
use crate::report::{many, times};

/// What is older is left alone.
const WEEK: i64 = 7 * DAY;
/// A source that was read no further than so long ago has much to catch up with, or lost it.
const BEHIND_MAX: i64 = DAY;

pub fn examine(report: &mut Report, now: i64, config: Option<&Config>, store: &Store) {
    let looked = outbox(report, store)
        .and_then(|()| gaps(report, now, store))
        .and_then(|()| silences(report, now, store))
        .and_then(|()| reached(report, now, config, store));
    if let Err(error) = looked {
        report.error("store", &error);
    }
}

fn outbox(report: &mut Report, store: &Store) -> Result<(), StoreError> {
    let counts = store.outbox_counts()?;
    for (state, what) in [(OutboxState::Dead, "given up"), (OutboxState::Held, "held, perhaps not taken")] {
        let count = counts.of(state);
        if count > 0 {
            let first = store.outbox(Some(state), 1)?.pop().and_then(|row| row.last_error).unwrap_or_default();
            report.warn(
                "outbox",
                format!(
                    "{} {} {what}; the oldest: {first}",
                    many(number(count), "message"),
                    if count == 1 { "is" } else { "are" }
                ),
                "somebody was not told: tell them, and mend what the message says",
            );
        }
    }
    if counts.dead + counts.held == 0 {
        report.ok("outbox", format!("{} sent, {} to be sent", many(number(counts.sent), "message"), counts.open()));
    }
    Ok(())
}

fn gaps(report: &mut Report, now: i64, store: &Store) -> Result<(), StoreError> {
    let mut lost: BTreeMap<String, Vec<GapRow>> = BTreeMap::new();
    for gap in store.gaps()?.into_iter().filter(|gap| gap.from >= now - WEEK) {
        lost.entry(gap.source.clone()).or_default().push(gap);
    }
    if lost.is_empty() {
        report.ok("gaps", "no source has lost anything in the last 7 days");
    }
    for (source, gaps) in lost {
        let Some(last) = gaps.iter().max_by_key(|gap| gap.from) else { continue };
        let long: i64 = gaps.iter().filter_map(length).sum();
        let long = if long > 0 { format!(", about {} in all", span(long)) } else { String::new() };
        report.warn(
            "gaps",
            format!(
                "source `{source}` has lost posts {} in the last 7 days{long}, last at {}: {}",
                times(gaps.len() as u64),
                mon_post::time::format(last.from),
                last.reason
            ),
            "posts of these times are missing in windows and mentions; keep `mon run` running, or start it again sooner",
        );
    }
    Ok(())
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How much of the stream a gap took, microseconds, where its ends tell their times.
fn length(gap: &GapRow) -> Option<i64> {
    let (_, ends) = gap.reason.strip_suffix(')')?.rsplit_once("(from ")?;
    let (from, to) = ends.split_once(" to ")?;
    let time = |token: &str| token.split_once('@')?.1.parse::<i64>().ok().filter(|time| *time > 0);
    Some((time(to)? - time(from)?).max(0))
}

fn silences(report: &mut Report, now: i64, store: &Store) -> Result<(), StoreError> {
    let rows = store.audit_of("source.stalled", now - WEEK)?;
    let mut silent: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for row in rows {
        let (count, last) = silent.entry(row.entry.subject).or_default();
        *count += 1;
        *last = row.at.max(*last);
    }
    for (source, (count, last)) in silent {
        report.warn(
            "silence",
            format!(
                "source `{source}` was connected and silent for longer than usual {} in the last 7 days, last at {}",
                times(count),
                mon_post::time::format(last)
            ),
            "ask whether the platform still sends what this source asks for; `stalled_after` says how long is too long",
        );
    }
    Ok(())
}

fn reached(report: &mut Report, now: i64, config: Option<&Config>, store: &Store) -> Result<(), StoreError> {
    let Some((config, checkpoint)) = config.zip(store.load_checkpoint()?) else { return Ok(()) };
    for (name, source) in &config.sources {
        let row = checkpoint.cursors.iter().find(|row| &row.source == name);
        let cursor = row.and_then(|row| serde_json::from_str::<Cursor>(&row.cursor).ok());
        let Some(at) = cursor.and_then(|cursor| source.reached(&cursor)) else { continue };
        let behind = now.saturating_sub(at).max(0);
        let told = format!("source `{name}` was read up to {}, {} ago", mon_post::time::format(at), span(behind));
        if behind > BEHIND_MAX {
            report.warn(
                "place",
                told,
                "the next run asks for the rest; what the platform no longer keeps becomes a gap",
            );
        } else {
            report.ok("place", told);
        }
    }
    Ok(())
}
