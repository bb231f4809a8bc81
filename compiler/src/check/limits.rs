//! How large a folder, a rule and its numbers may be. Each limit has a name that its error tells.

/// Limits of one folder of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files in a folder: 10,000.
    pub files_max: usize,
    /// Monitors in a folder: 100,000.
    pub monitors_max: usize,
    /// Terms that one match or query looks for, with all lists that it uses: 20,000.
    pub terms_per_query_max: usize,
    /// How deep brackets, queries and lists may nest, followed through names: 300.
    pub depth_max: usize,
    /// Words between two spans (`near/n`): 1,000.
    pub gap_max: u32,
    /// Length of a window, its step, and the times of an alert: 366 days, in microseconds.
    pub window_micros_max: i64,
    /// How long results wait for late posts: 7 days, in microseconds.
    pub late_micros_max: i64,
    /// Pieces (steps) that a sliding window is put together from: 10,000.
    pub window_steps_max: i64,
    /// The pause that ends a session: 12 hours, in microseconds. A session itself ends after a day at the latest.
    pub session_gap_micros_max: i64,
    /// Posts of a `window count`: 1,000,000.
    pub window_posts_max: u64,
    /// Steps of a pattern: 8.
    pub pattern_steps_max: usize,
    /// How long a pattern may take, and how long something must not come: 7 days, in microseconds.
    pub pattern_micros_max: i64,
    /// Group keys of one monitor: 8.
    pub group_keys_max: usize,
    /// Measures of one monitor: 64.
    pub measures_max: usize,
    /// How far back a measure looks: 26 weeks, in microseconds.
    pub history_micros_max: i64,
    /// Windows that one measure is compared with: 10,000.
    pub history_samples_max: i64,
    /// Brands of one market: 32.
    pub market_max: usize,
    /// Posts that a message shows: 50.
    pub show_max: u32,
    /// How long `notify` may wait: 7 days, in microseconds.
    pub notify_after_micros_max: i64,
}

const DAY: i64 = 86_400_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            files_max: 10_000,
            monitors_max: 100_000,
            terms_per_query_max: 20_000,
            depth_max: 300,
            gap_max: 1_000,
            window_micros_max: 366 * DAY,
            late_micros_max: 7 * DAY,
            window_steps_max: 10_000,
            session_gap_micros_max: DAY / 2,
            window_posts_max: 1_000_000,
            pattern_steps_max: 8,
            pattern_micros_max: 7 * DAY,
            group_keys_max: 8,
            measures_max: 64,
            history_micros_max: 182 * DAY,
            history_samples_max: 10_000,
            market_max: 32,
            show_max: 50,
            notify_after_micros_max: 7 * DAY,
        }
    }
}
