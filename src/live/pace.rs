//! Whether the silence of a source says anything about now. After it was down it first tells the past, with pauses of its
//! own: time that passes in them would make the rest of the past late.

use std::time::{Duration, Instant};

/// A connection that has been silent from its start for so long has nothing to tell of the past.
const SILENT_AFTER: Duration = Duration::from_secs(30);
/// A source whose newest post was at most so old when it came has caught up with the present.
const CAUGHT_UP_LAG_MICROS: i64 = 10_000_000;

/// How far a source is behind the present, on the connection that it has now.
pub struct Pace {
    connected: Instant,
    /// How old the newest post of the last batch was when it came, microseconds; None before the first.
    lag_micros: Option<i64>,
}

impl Pace {
    /// What a connection before this one told no longer counts.
    pub const fn new(connected: Instant) -> Self {
        Self { connected, lag_micros: None }
    }

    /// Posts came, the newest of them from this time.
    pub const fn heard(&mut self, newest: i64, now: i64) {
        self.lag_micros = Some(now.saturating_sub(newest));
    }

    /// How old the newest post of the last batch was when it came.
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.lag_micros.and_then(|lag| u64::try_from(lag).ok()).unwrap_or_default())
    }

    /// How far time may pass in silence, where the source says that all up to `until` is there; None where it still
    /// tells the past.
    pub fn quiet(&self, until: i64, now: Instant) -> Option<i64> {
        match self.lag_micros {
            None => (now.duration_since(self.connected) >= SILENT_AFTER).then_some(until),
            Some(lag) => (lag <= CAUGHT_UP_LAG_MICROS).then(|| until.saturating_sub(lag.max(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_new_connection_says_nothing_about_now_until_it_has_caught_up() {
        let start = Instant::now();
        let soon = start + Duration::from_secs(1);
        let mut pace = Pace::new(start);
        pace.heard(99 * SECOND, 100 * SECOND);
        assert_eq!(pace.quiet(95 * SECOND, soon), Some(94 * SECOND), "posts come a second old");
        pace = Pace::new(start);
        assert_eq!(pace.quiet(125 * SECOND, soon), None, "it may still tell of the outage");
        pace.heard(108 * SECOND, 126 * SECOND);
        assert_eq!(pace.quiet(125 * SECOND, soon), None, "it tells of the outage");
        pace.heard(126 * SECOND, 127 * SECOND);
        assert_eq!(pace.quiet(125 * SECOND, soon), Some(124 * SECOND));
    }

    #[test]
    fn a_connection_that_stays_silent_from_its_start_lets_time_pass() {
        let start = Instant::now();
        let pace = Pace::new(start);
        assert_eq!(pace.quiet(7, start + SILENT_AFTER), Some(7));
    }
}
