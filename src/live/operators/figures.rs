//! The figures of a run: which there are, what each means, and the page that shows them. `docs/operations.md` has the same
//! list; a test holds the two together.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Instant, UNIX_EPOCH};

use mon_compiler::plan::{Plan, Severity};
use mon_server::{Family, Kind, Page};
use mon_sources::{Counts, State};
use mon_store::OutboxState;

use super::{Method, Opened, SourceWatch, Watch, lock};
use crate::live::account::Account;

/// Bounds of latencies, microseconds: 100 ms to an hour.
pub static LATENCY_BOUNDS: [u64; 15] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    15_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    1_800_000_000,
    3_600_000_000,
];
/// Bounds of the time that a commit takes, microseconds: 1 ms to half a minute.
pub static COMMIT_BOUNDS: [u64; 14] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000,
];

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: Kind::Histogram, labels, help }
}

type OfAccount = fn(&Account) -> u64;

/// Sums that are committed with each epoch.
static COMMITTED: [(Family, OfAccount); 12] = [
    (counter("mon_posts_read_total", &[], "Posts that came to the engine, repeats too."), |a| a.read),
    (counter("mon_posts_duplicate_total", &[], "Posts left out because their event had been seen."), |a| a.duplicates),
    (counter("mon_posts_matched_total", &[], "Posts that matched at least one monitor."), |a| a.matched),
    (counter("mon_posts_unmatched_total", &[], "Posts that matched no monitor."), |a| a.unmatched),
    (
        counter(
            "mon_posts_shed_total",
            &[],
            "Posts that no monitor was asked about, because the run could not keep up.",
        ),
        |a| a.shed,
    ),
    (counter("mon_posts_ahead_total", &[], "Posts whose time lies too far in the future to be followed."), |a| a.ahead),
    (
        counter(
            "mon_dedupe_closed_early_total",
            &[],
            "Generations of seen identifiers that were full and closed early.",
        ),
        |a| a.dedupe_early,
    ),
    (counter("mon_gaps_total", &[], "Ranges that a source has lost, as committed."), |a| a.gaps),
    (counter("mon_incidents_opened_total", &[], "Incidents that were opened."), |a| a.incidents_opened),
    (counter("mon_incidents_cleared_total", &[], "Incidents that were cleared."), |a| a.incidents_cleared),
    (counter("mon_messages_total", &[], "Messages that were put into the outbox."), |a| a.messages),
    (counter("mon_epochs_committed_total", &[], "Epochs that were committed."), |a| a.epochs),
];

type Named = fn(&Account) -> &BTreeMap<String, u64>;

/// The same, by monitor.
static COMMITTED_BY_MONITOR: [(Family, Named); 7] = [
    (counter("mon_posts_unheard_total", &["monitor"], "Posts that the monitor did not hear under load."), |account| {
        &account.unheard
    }),
    (counter("mon_posts_late_total", &["monitor"], "Pairs of post and monitor that missed a window."), |account| {
        &account.late
    }),
    (
        counter(
            "mon_posts_overflow_total",
            &["monitor"],
            "Pairs of post and monitor that had no group of their own, because the monitor had too many.",
        ),
        |account| &account.overflow,
    ),
    (counter("mon_sessions_cut_total", &["monitor"], "Sessions that became too long and were cut."), |account| {
        &account.cut
    }),
    (
        counter("mon_windows_unremembered_total", &["monitor"], "Windows of groups that are not remembered."),
        |account| &account.unremembered,
    ),
    (counter("mon_values_unkept_total", &["monitor"], "Values that could not be remembered."), |account| {
        &account.unkept
    }),
    (counter("mon_windows_unjudged_total", &["monitor"], "Windows that no alert judged."), |account| &account.unjudged),
];

type OfSource = fn(&Counts) -> u64;

/// Sums of a source since the process started.
static SOURCES: [(Family, OfSource); 9] = [
    (counter("mon_source_events_received_total", &["source"], "Events or records that came."), |c| c.received),
    (counter("mon_source_posts_total", &["source"], "Posts that were handed on."), |c| c.mapped),
    (counter("mon_source_map_errors_total", &["source"], "Events that could not be read."), |c| c.map_errors),
    (counter("mon_source_not_posts_total", &["source"], "Events that are no posts."), |c| c.not_posts),
    (counter("mon_source_deletions_total", &["source"], "Events that delete a post."), |c| c.deletions),
    (counter("mon_source_gaps_total", &["source"], "Ranges that were found lost, committed or not."), |c| c.gaps),
    (counter("mon_source_reconnects_total", &["source"], "Connections that had to be made again."), |c| c.reconnects),
    (
        counter("mon_source_rate_limit_waits_total", &["source"], "Waits because the platform's limit was used up."),
        |c| c.limited,
    ),
    (
        counter("mon_source_quiet_hangups_total", &["source"], "Connections given up after `max_quiet` of silence."),
        |c| c.stalls,
    ),
];

static STALLS: Family = counter(
    "mon_source_stalls_total",
    &["source"],
    "Times that it was connected and silent for longer than its rhythm explains.",
);
static STALLED: Family =
    gauge("mon_source_stalled", &["source"], "1 while it is connected and silent for longer than its rhythm explains.");
static UP: Family = gauge("mon_source_up", &["source"], "1 while it is connected.");
static STATE: Family =
    gauge("mon_source_state", &["source", "state"], "1 for the state that it is in, 0 for the others.");
static LAG: Family = gauge(
    "mon_source_lag_seconds",
    &["source"],
    "How long ago its youngest post was written; absent before the first post.",
);
static RECEIVED: Family = histogram(
    "mon_received_latency_seconds",
    &["source"],
    "From the time that a post tells to its receipt, for each post.",
);
static MENTIONS: Family =
    counter("mon_mentions_total", &["monitor"], "Posts that matched the monitor and are committed.");
static MENTION_LATENCY: Family = histogram(
    "mon_committed_latency_seconds",
    &[],
    "From the time that a post tells to the commit of its match, for each pair of post and monitor.",
);
static COMMIT: Family = histogram("mon_commit_duration_seconds", &[], "How long the transaction of an epoch took.");
static COMMIT_WAIT: Family =
    gauge("mon_commit_wait_seconds", &[], "How long the oldest epoch has waited for its commit; 0 where none waits.");
static WATERMARK: Family = gauge(
    "mon_watermark_lag_seconds",
    &[],
    "How far the time up to which windows are complete is behind this machine's clock; absent before the first post.",
);
static LOAD_STEP: Family = gauge(
    "mon_load_step",
    &[],
    "The step of their ladders that monitors with `under load` are at; 0 where they hear everybody.",
);
static STATE_BYTES: Family =
    gauge("mon_state_bytes", &[], "Size of the engine's state: windows, incidents, seen posts.");
static STORE_BYTES: Family =
    gauge("mon_store_bytes", &[], "Size of `control.sqlite` with what is not yet folded into it.");
static OUTBOX: Family = gauge("mon_outbox_messages", &["state"], "Messages of the data folder, by where they stand.");
static INCIDENTS: Family = gauge("mon_incidents_open", &["severity"], "Incidents that are open.");
static UNREADABLE: Family = counter(
    "mon_store_read_errors_total",
    &[],
    "Readings of the data folder for this page that failed: outbox and incidents were left out.",
);
static HANDED_OVER: Family = histogram(
    "mon_handed_over_latency_seconds",
    &["method"],
    "From the moment that a message tells of, and the wait that the playbook asks for, to its first attempt.",
);

type OfMethod = fn(&Method) -> u64;

/// What became of messages since the process started.
static METHODS: [(Family, OfMethod); 5] = [
    (counter("mon_message_attempts_total", &["method"], "Attempts to hand a message over."), |m| m.attempts.get()),
    (counter("mon_messages_sent_total", &["method"], "Messages that their receiver has taken."), |m| m.sent.get()),
    (counter("mon_messages_retried_total", &["method"], "Attempts that failed and will be made again."), |m| {
        m.retried.get()
    }),
    (
        counter("mon_messages_held_total", &["method"], "Messages that nobody can say arrived, held for a person."),
        |m| m.held.get(),
    ),
    (counter("mon_messages_dead_total", &["method"], "Messages refused, or not taken before their deadline."), |m| {
        m.dead.get()
    }),
];

static STARTED: Family =
    gauge("process_start_time_seconds", &[], "When the process started, in seconds since 1970 UTC.");
static BUILD: Family = gauge("mon_build_info", &["version", "profile"], "1; its labels say which `mon` this is.");

/// Every family, in the order of the page.
#[cfg(test)]
pub fn families() -> Vec<&'static Family> {
    let committed = COMMITTED.iter().map(|(family, _)| family);
    let by_monitor = COMMITTED_BY_MONITOR.iter().map(|(family, _)| family);
    let sources = SOURCES.iter().map(|(family, _)| family);
    let methods = METHODS.iter().map(|(family, _)| family);
    committed
        .chain(by_monitor)
        .chain([&MENTIONS])
        .chain(sources)
        .chain([&STALLS, &STALLED, &UP, &STATE, &LAG, &RECEIVED])
        .chain([&MENTION_LATENCY, &COMMIT, &COMMIT_WAIT, &WATERMARK, &LOAD_STEP, &STATE_BYTES])
        .chain(methods)
        .chain([&HANDED_OVER, &OUTBOX, &INCIDENTS, &STORE_BYTES, &UNREADABLE, &STARTED, &BUILD])
        .collect()
}

/// The page at `now`, microseconds since 1970 UTC.
pub fn page(watch: &Watch, now: i64) -> String {
    let mut page = Page::default();
    if let Some(opened) = watch.0.opened.get() {
        // Copied, so that the run does not wait for the page.
        let account = opened.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
        committed(&mut page, &account, opened);
        sources(&mut page, &opened.sources, now);
    }
    engine(&mut page, watch, now);
    messages(&mut page, &lock(&watch.0.methods).clone());
    if let Some(opened) = watch.0.opened.get() {
        store(&mut page, watch, opened);
    }
    process(&mut page, watch);
    page.text()
}

fn committed(page: &mut Page, account: &Account, opened: &Opened) {
    for (family, value) in &COMMITTED {
        page.family(family).sample(&[], value(account));
    }
    for (family, named) in &COMMITTED_BY_MONITOR {
        let mut rows = page.family(family);
        for name in names(&opened.plan) {
            rows.sample(&[name], named(account).get(name).copied().unwrap_or(0));
        }
    }
    let mut rows = page.family(&MENTIONS);
    for (name, mentions) in names(&opened.plan).zip(&opened.mentions) {
        rows.sample(&[name], mentions.get());
    }
}

fn names(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.monitors.iter().map(|monitor| monitor.name.as_str())
}

fn sources(page: &mut Page, sources: &[SourceWatch], now: i64) {
    let instant = Instant::now();
    let statuses: Vec<_> = sources.iter().map(|source| (source, source.handle.status())).collect();
    for (family, value) in &SOURCES {
        let mut rows = page.family(family);
        for (source, status) in &statuses {
            rows.sample(&[&source.name], value(&status.counts));
        }
    }
    let mut rows = page.family(&STALLS);
    for source in sources {
        rows.sample(&[&source.name], lock(&source.line).silence.times());
    }
    let mut rows = page.family(&STALLED);
    for source in sources {
        rows.sample(&[&source.name], lock(&source.line).silence.stalled(instant).is_some());
    }
    let mut rows = page.family(&UP);
    for (source, status) in &statuses {
        rows.sample(&[&source.name], status.state == State::Running);
    }
    let mut rows = page.family(&STATE);
    for (source, status) in &statuses {
        for word in State::WORDS {
            rows.sample(&[&source.name, word], status.state.word() == word);
        }
    }
    let mut rows = page.family(&LAG);
    for source in sources {
        let newest = source.newest.load(Ordering::Relaxed);
        if newest != i64::MIN {
            rows.sample(&[&source.name], seconds(now.saturating_sub(newest)));
        }
    }
    let mut rows = page.family(&RECEIVED);
    for source in sources {
        rows.histogram(&[&source.name], &source.received);
    }
}

fn engine(page: &mut Page, watch: &Watch, now: i64) {
    page.family(&MENTION_LATENCY).histogram(&[], &watch.0.committed);
    page.family(&COMMIT).histogram(&[], &watch.0.commit);
    let waits = watch.standing(Instant::now()).commit_waits.unwrap_or_default();
    page.family(&COMMIT_WAIT).sample(&[], waits.as_secs_f64());
    let mut rows = page.family(&WATERMARK);
    let watermark = watch.0.watermark.load(Ordering::Relaxed);
    if watermark != i64::MIN {
        rows.sample(&[], seconds(now.saturating_sub(watermark)));
    }
    page.family(&LOAD_STEP).sample(&[], watch.0.load_step.load(Ordering::Relaxed));
    page.family(&STATE_BYTES).sample(&[], watch.0.state_bytes.load(Ordering::Relaxed));
}

fn messages(page: &mut Page, methods: &BTreeMap<String, Arc<Method>>) {
    for (family, value) in &METHODS {
        let mut rows = page.family(family);
        for (name, method) in methods {
            rows.sample(&[name], value(method));
        }
    }
    let mut rows = page.family(&HANDED_OVER);
    for (name, method) in methods {
        rows.histogram(&[name], &method.handed_over);
    }
}

fn store(page: &mut Page, watch: &Watch, opened: &Opened) {
    let Some(store) = &opened.store else { return };
    let read = store.outbox_counts().and_then(|counts| Ok((counts, store.open_incidents()?)));
    match read {
        Ok((counts, open)) => {
            let mut rows = page.family(&OUTBOX);
            for state in OutboxState::ALL {
                rows.sample(&[state.name()], counts.of(state));
            }
            let mut rows = page.family(&INCIDENTS);
            for severity in Severity::ALL.map(Severity::name) {
                let count = open.iter().find(|(name, _)| name == severity).map_or(0, |(_, count)| *count);
                rows.sample(&[severity], count);
            }
        }
        Err(error) => {
            watch.0.unreadable.add(1);
            tracing::warn!(%error, "the data folder could not be read for the page of figures");
        }
    }
    page.family(&STORE_BYTES).sample(&[], store.bytes());
    page.family(&UNREADABLE).sample(&[], watch.0.unreadable.get());
}

fn process(page: &mut Page, watch: &Watch) {
    let started = watch.0.started_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    page.family(&STARTED).sample(&[], started.as_secs_f64());
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    page.family(&BUILD).sample(&[env!("CARGO_PKG_VERSION"), profile], 1);
}

/// Seconds of microseconds; below zero, where two clocks differ, is zero.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 µs, which are 285 years, nothing is lost")]
fn seconds(micros: i64) -> f64 {
    micros.max(0) as f64 / 1e6
}
