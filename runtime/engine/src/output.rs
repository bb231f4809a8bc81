//! What a run gives out: mentions, closed windows, transitions of incidents, counts, and what it holds.

use std::ops::AddAssign;

use mon_alerts::Transition;

use crate::snapshot::Snapshot;

/// The value of the key of groups beyond `Limits::groups_max`.
pub const OTHER: &str = "(other)";

/// One post that matched one monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The post's own identifier (`post_uid`).
    pub post: String,
    /// Index into the plan's monitors.
    pub monitor: u32,
    /// Event time, microseconds since 1970 UTC.
    pub at: i64,
    /// One value for each `by` field of the monitor.
    pub key: Vec<Option<String>>,
    /// What a store keeps beside it; a live run only.
    pub details: Option<Box<MentionDetails>>,
}

/// The post behind a mention, as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MentionDetails {
    pub platform: Option<String>,
    pub lang: Option<String>,
    /// The author's identifier.
    pub author: Option<String>,
    pub url: Option<String>,
    pub text: Option<String>,
}

/// One closed window of one monitor and group.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowRow {
    /// Index into the plan's monitors.
    pub monitor: u32,
    pub key: Vec<Option<String>>,
    /// Event time, microseconds since 1970 UTC, half open.
    pub start: i64,
    pub end: i64,
    /// One value for each measure of the monitor, None where it is absent.
    pub values: Vec<Option<f64>>,
}

/// What was counted since the epoch before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Posts that came in, duplicates too.
    pub read: u64,
    /// Posts left out because their event had been seen.
    pub duplicates: u64,
    /// Posts that matched at least one monitor.
    pub matched: u64,
    /// Posts that matched none.
    pub unmatched: u64,
    /// Posts that no monitor was asked about, because a run under load heard a part of the authors.
    pub shed: u64,
    /// Pairs of post and monitor.
    pub mentions: u64,
    /// Posts from further in the future than `EngineOptions::ahead_micros`, or a day after all others where only their own
    /// time is known; they did not move time.
    pub ahead: u64,
    /// Generations of deduplication that were closed early (`Limits::dedupe_keys_max`).
    pub dedupe_early: u64,
    /// Pairs of post and monitor that missed at least one of their windows, by monitor.
    pub late: Vec<u64>,
    /// Pairs of post and monitor that went to the group `(other)`, or would have begun a pattern, where their own group would have been
    /// too many (`Limits::groups_max`), by monitor.
    pub overflow: Vec<u64>,
    /// Sessions that were as long as `Limits::session_micros_max` allows and ended there, by monitor.
    pub cut: Vec<u64>,
    /// Windows of groups that a monitor does not remember (`Limits::history_keys_max`), by monitor.
    pub unremembered: Vec<u64>,
    /// Values that a monitor could not remember (`Limits::new_values_max`), by monitor.
    pub unkept: Vec<u64>,
    /// Windows that no alert judged, because too many groups of the monitor have something pending or open
    /// (`Limits::groups_max`), by monitor.
    pub unjudged: Vec<u64>,
    /// Posts that a monitor did not hear under load, by monitor.
    pub unheard: Vec<u64>,
}

impl Counts {
    pub(crate) fn sized(monitors: usize) -> Self {
        let zeros = || vec![0; monitors];
        Self {
            late: zeros(),
            overflow: zeros(),
            cut: zeros(),
            unremembered: zeros(),
            unkept: zeros(),
            unjudged: zeros(),
            unheard: zeros(),
            ..Self::default()
        }
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.read += other.read;
        self.duplicates += other.duplicates;
        self.matched += other.matched;
        self.unmatched += other.unmatched;
        self.shed += other.shed;
        self.mentions += other.mentions;
        self.ahead += other.ahead;
        self.dedupe_early += other.dedupe_early;
        add_all(&mut self.late, &other.late);
        add_all(&mut self.overflow, &other.overflow);
        add_all(&mut self.cut, &other.cut);
        add_all(&mut self.unremembered, &other.unremembered);
        add_all(&mut self.unkept, &other.unkept);
        add_all(&mut self.unjudged, &other.unjudged);
        add_all(&mut self.unheard, &other.unheard);
    }
}

fn add_all(sums: &mut Vec<u64>, more: &[u64]) {
    if sums.len() < more.len() {
        sums.resize(more.len(), 0);
    }
    for (sum, value) in sums.iter_mut().zip(more) {
        *sum += value;
    }
}

/// Everything that happened since the epoch before. The rows of all epochs in a row do not depend on where the
/// epochs lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epoch {
    /// The barrier's number; None for a flush and for the end of a recording.
    pub epoch: Option<u64>,
    /// True for the last epoch of a recording.
    pub last: bool,
    /// Event time of a recording's youngest post, in its last epoch.
    pub youngest: Option<i64>,
    /// Event time up to which every source has told all it will; None before the first post.
    pub watermark: Option<i64>,
    /// Event time at which time began in this run: the first watermark. None before it has.
    pub began: Option<i64>,
    /// In the order of the posts, then of the monitors.
    pub mentions: Vec<Mention>,
    /// Ordered by the time at which they became final (end + `late`), then end, monitor, key.
    pub windows: Vec<WindowRow>,
    /// In the same order.
    pub transitions: Vec<Transition>,
    pub counts: Counts,
    /// At a barrier and at the end of a recording.
    pub snapshot: Option<Snapshot>,
    /// As it was at the last barrier, or at the end of a recording.
    pub memory: Memory,
}

/// Bytes that operators hold, nearly; what they are depends on where barriers lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of windows, which `Limits::state_bytes_max` bounds.
    pub windows: usize,
    /// Of windows, put aside on disk.
    pub put_aside: u64,
    /// Of identifiers, which `Limits::dedupe_keys_max` bounds.
    pub dedupe: usize,
}
