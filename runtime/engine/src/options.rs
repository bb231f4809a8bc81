//! Options and limits of a run. Every limit has a name, a default and what happens when it is met.

use mon_compiler::matching::Backend;
use mon_compiler::plan::SESSION_MICROS_MAX;

const MINUTE: i64 = 60_000_000;

/// How an engine runs. The results of a run depend on `disorder_micros`, `dedupe_micros` and the limits, never on
/// `batch_rows`, `flush_rows` or `backend`.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Posts that operators see at once, at most. Default 8192.
    pub batch_rows: usize,
    /// How much later than a younger post an older one may arrive from the same source. Default 30 s.
    pub disorder_micros: i64,
    /// A post whose time lies further than this after its receipt does not move time. Default 10 min.
    pub ahead_micros: i64,
    /// For how long of event time an event's identifier is remembered at least. Default 6 h.
    pub dedupe_micros: i64,
    /// How matching runs.
    pub backend: Backend,
    /// True for a run without an end; only the operators' description depends on it.
    pub live: bool,
    /// Results are given out without a barrier after so many posts; 0 is never. Default 0, in a replay 100 000.
    pub flush_rows: usize,
    pub limits: Limits,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            batch_rows: 8192,
            disorder_micros: MINUTE / 2,
            ahead_micros: 10 * MINUTE,
            dedupe_micros: 360 * MINUTE,
            backend: Backend::default(),
            live: false,
            flush_rows: 0,
            limits: Limits::default(),
        }
    }
}

/// What bounds a run's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Groups of one monitor in one window, or with sessions or runs of posts that are open at once; further groups are counted together
    /// under the key `(other)`, exactly, and no alert is raised for it. Also groups with a pattern that has begun; in further ones none
    /// begins, and `Counts::overflow` counts the posts with which one would have. Default 10 000: with distinct counts a group can take
    /// 20 KB.
    pub groups_max: u32,
    /// Identifiers in each of the two generations that deduplication remembers; when one is full it is closed early
    /// and `Counts::dedupe_early` counts it. Default 4 million: 160 MB where both are full.
    pub dedupe_keys_max: usize,
    /// Groups of which one monitor remembers earlier windows or watches for silence; measures of others that look back are absent, and
    /// `Counts::unremembered` counts them. Default 10 000.
    pub history_keys_max: usize,
    /// Values that one `new_values` of a monitor remembers over all of its groups; `Counts::unkept` counts those beyond it, and the
    /// measure is then absent for as long as it looks back. Default 1 million, about 90 MB with what a snapshot holds of them.
    pub new_values_max: usize,
    /// Bytes that all windows hold in memory. Beyond half of it the oldest are put aside on disk, until a quarter is left; where
    /// what cannot be put aside passes it, the run stops with an error that names this limit. Default 2 GiB.
    pub state_bytes_max: usize,
    /// Bytes that windows put aside on disk; beyond it the run stops with an error that names this limit. Default 64 GiB.
    pub spill_bytes_max: u64,
    /// Length of a session in microseconds: then it ends, is counted in `Counts::cut`, and the next post begins another.
    /// No shorter than the pause that ends it. Default 24 h.
    pub session_micros_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            groups_max: 10_000,
            history_keys_max: 10_000,
            new_values_max: 1_000_000,
            dedupe_keys_max: 4_000_000,
            state_bytes_max: 2 << 30,
            spill_bytes_max: 64 << 30,
            session_micros_max: SESSION_MICROS_MAX,
        }
    }
}
