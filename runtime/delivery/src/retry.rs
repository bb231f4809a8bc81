//! When an attempt that did not work is made again, and when it is given up. Waiting times are random up to a bound that
//! doubles ("full jitter"), so that many senders do not come back together.

use std::time::Duration;

use mon_compiler::plan::Severity;
use mon_store::Settle;
use rand::Rng;

use crate::channel::{Limits, Outcome};

/// Times of retrying. The defaults are what the documentation promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Bound of the first wait; each further one doubles it.
    pub base: Duration,
    /// Bound of every wait.
    pub cap: Duration,
    /// Longest wait that a receiver can ask for.
    pub asked_cap: Duration,
    /// By severity, low to critical: after this time a message is dead.
    pub deadlines: [Duration; 4],
}

impl Default for Policy {
    fn default() -> Self {
        let hours = |n: u64| Duration::from_secs(n * 3600);
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(300),
            asked_cap: hours(1),
            deadlines: [hours(24), hours(6), hours(1), Duration::from_secs(600)],
        }
    }
}

/// What has to be known of an attempt to judge it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    pub attempt: u32,
    pub unsure: u32,
    pub severity: Severity,
    /// From when the deadline counts, microseconds.
    pub since: i64,
    pub now: i64,
    pub limits: Limits,
    pub idempotent: bool,
}

impl Policy {
    /// How long a message is tried to be sent.
    #[must_use]
    pub fn deadline(&self, severity: Severity, limits: &Limits) -> Duration {
        let [low, medium, high, critical] = self.deadlines;
        let asked = match severity {
            Severity::Low => low,
            Severity::Medium => medium,
            Severity::High => high,
            Severity::Critical => critical,
        };
        limits.patience.map_or(asked, |patience| patience.max(asked))
    }

    fn wait(&self, attempt: u32, after: Option<Duration>, random: &mut impl Rng) -> Duration {
        let doubled = self.base.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let bound = doubled.min(self.cap);
        let jitter = bound.mul_f64(random.random::<f64>());
        after.map_or(jitter, |asked| asked.min(self.asked_cap).saturating_add(jitter))
    }

    pub(crate) fn judge(&self, outcome: Outcome, tried: &Tried, random: &mut impl Rng) -> Settle {
        let (after, error, progress, unsure) = match outcome {
            Outcome::Sent { remote } => return Settle::Sent { remote },
            Outcome::Refused { error, .. } => return Settle::Dead { error },
            Outcome::Later { after, error, progress } => (after, error, progress, false),
            // A receiver that cannot tell a repeat gets at most one, and only where missing it would be worse.
            Outcome::Unknown { error }
                if !tried.idempotent && (tried.unsure > 0 || tried.severity < Severity::High) =>
            {
                return Settle::Held { error: format!("it may have arrived, and is not repeated unasked: {error}") };
            }
            Outcome::Unknown { error } => (None, error, None, true),
        };
        let at = tried.now.saturating_add(micros(self.wait(tried.attempt, after, random)));
        let deadline = self.deadline(tried.severity, &tried.limits);
        if at > tried.since.saturating_add(micros(deadline)) {
            let tries = tried.attempt;
            return Settle::Dead { error: format!("not taken within {deadline:?} in {tries} tries, at last: {error}") };
        }
        Settle::Retry { at, error, progress, unsure }
    }
}

pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::SmallRng;

    use super::*;

    fn tried(severity: Severity, attempt: u32, now: i64) -> Tried {
        Tried { attempt, unsure: 0, severity, since: 0, now, limits: Limits::default(), idempotent: true }
    }

    #[test]
    fn waits_grow_to_the_cap_and_never_undercut_what_was_asked() {
        let policy = Policy::default();
        let mut random = SmallRng::seed_from_u64(7);
        for attempt in 1..60 {
            let bound = Duration::from_secs(1u64 << (attempt - 1).min(20)).min(policy.cap);
            assert!(policy.wait(attempt, None, &mut random) <= bound);
            let asked = policy.wait(attempt, Some(Duration::from_secs(40)), &mut random);
            assert!(asked >= Duration::from_secs(40));
            let endless = policy.wait(attempt, Some(Duration::from_secs(1 << 40)), &mut random);
            assert!(endless <= policy.asked_cap + policy.cap);
        }
        let longest = (0..200).map(|_| policy.wait(20, None, &mut random)).max().unwrap();
        assert!(longest > Duration::from_secs(200), "the whole width is used");
    }

    #[test]
    fn a_message_is_dead_when_the_next_try_would_be_past_its_deadline() {
        let policy = Policy::default();
        let mut random = SmallRng::seed_from_u64(7);
        let later =
            || Outcome::Later { after: Some(Duration::from_secs(60)), error: "busy".to_owned(), progress: None };
        let critical = policy.judge(later(), &tried(Severity::Critical, 1, 560_000_000), &mut random);
        assert!(matches!(&critical, Settle::Dead { error } if error.contains("busy")), "{critical:?}");
        let high = policy.judge(later(), &tried(Severity::High, 1, 560_000_000), &mut random);
        assert!(matches!(high, Settle::Retry { at, unsure: false, .. } if at >= 620_000_000));
        let patient = Limits { patience: Some(Duration::from_secs(72 * 3600)), ..Limits::default() };
        let mail = Tried { limits: patient, ..tried(Severity::Critical, 1, 560_000_000) };
        assert!(matches!(policy.judge(later(), &mail, &mut random), Settle::Retry { .. }));
    }

    #[test]
    fn an_unknown_outcome_is_repeated_freely_only_where_repeats_are_seen() {
        let policy = Policy::default();
        let mut random = SmallRng::seed_from_u64(7);
        let mut judge = |tried: Tried| policy.judge(Outcome::unknown("no answer"), &tried, &mut random);
        assert!(matches!(judge(tried(Severity::Low, 3, 0)), Settle::Retry { unsure: true, .. }));
        let blind = |severity| Tried { idempotent: false, ..tried(severity, 1, 0) };
        assert!(matches!(judge(blind(Severity::High)), Settle::Retry { unsure: true, .. }));
        assert!(matches!(judge(Tried { unsure: 1, ..blind(Severity::Critical) }), Settle::Held { .. }));
        assert!(matches!(judge(blind(Severity::Medium)), Settle::Held { .. }));
    }
}
