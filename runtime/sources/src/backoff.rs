//! How long to wait before the next attempt: exponential, with full jitter, so that many clients of a server that
//! comes back do not come back together.

use std::time::Duration;

use rand::Rng;

/// Longest wait before the first new attempt.
pub const BACKOFF_BASE: Duration = Duration::from_millis(400);
/// Longest wait before any attempt.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A connection that stood so long makes the next wait a first one again.
pub const GOOD_AFTER: Duration = Duration::from_secs(60);
/// A connection that delivered something before it broke is no dead server: its waits grow no further than this.
pub const FLAPPING_ATTEMPTS_MAX: u32 = 3;

/// The state of the waits of one source.
#[derive(Clone, Debug)]
pub struct Backoff {
    pub base: Duration,
    pub max: Duration,
    pub good_after: Duration,
    attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(BACKOFF_BASE, BACKOFF_MAX, GOOD_AFTER)
    }
}

impl Backoff {
    #[must_use]
    pub const fn new(base: Duration, max: Duration, good_after: Duration) -> Self {
        Self { base, max, good_after, attempts: 0 }
    }

    /// Attempts since the last good time.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// A connection ended after `stood`, having delivered something or not: the longest wait before the next one.
    pub fn ceiling(&mut self, stood: Duration, delivered: bool) -> Duration {
        if stood >= self.good_after {
            self.attempts = 0;
        } else if delivered {
            self.attempts = self.attempts.min(FLAPPING_ATTEMPTS_MAX);
        }
        let ceiling = self.base.saturating_mul(1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX)).min(self.max);
        self.attempts = self.attempts.saturating_add(1);
        ceiling
    }

    /// The wait itself: anywhere between nothing and the ceiling.
    pub fn wait(&mut self, stood: Duration, delivered: bool) -> Duration {
        let ceiling = self.ceiling(stood, delivered);
        rand::rng().random_range(Duration::ZERO..=ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_again_after_a_good_time() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<u128> = (0..9).map(|_| backoff.ceiling(Duration::ZERO, false).as_millis()).collect();
        assert_eq!(ceilings, [400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(backoff.ceiling(GOOD_AFTER, true), BACKOFF_BASE);
    }

    #[test]
    fn a_connection_that_flaps_but_delivers_is_not_punished_for_ever() {
        let mut backoff = Backoff::default();
        let last = (0..50).map(|_| backoff.ceiling(Duration::from_secs(1), true)).last().unwrap();
        assert_eq!(last, BACKOFF_BASE * 8);
    }

    #[test]
    fn many_failures_do_not_overflow() {
        let mut backoff = Backoff::default();
        for _ in 0..200 {
            assert!(backoff.wait(Duration::ZERO, false) <= BACKOFF_MAX);
        }
    }
}
