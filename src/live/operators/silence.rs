//! Whether a source that is connected is silent for longer than its own rhythm explains. A busy stream that gives nothing
//! for minutes is broken somewhere; one that speaks twice a day is not. So the pauses of the last day say what is usual.

use std::time::{Duration, Instant};

/// A silence must be so many times as long as the longest pause of the last day.
const PAUSES: u32 = 2;
/// A source is told of after so many times its limit at the latest: a long silence of yesterday must not hide today's.
const LIMITS_MAX: u32 = 12;
/// The last day, in parts of which only the longest pause is kept.
const PARTS: usize = 24;
const PART: Duration = Duration::from_secs(3_600);

/// How a source's line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Connected, or just being connected again because nothing was heard.
    Up,
    /// Not connected: that is told by itself, and the silence is no wonder.
    Down,
}

/// The beginning and the end of a silence that is longer than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Stalled { silent: Duration, usual: Duration },
    Speaks { silent: Duration },
}

/// The ear that listens to one source.
#[derive(Debug)]
pub struct Silence {
    /// Silence before which nothing is told; None is never.
    limit: Option<Duration>,
    /// Since when it could have spoken: its last post, or its connection.
    since: Option<Instant>,
    /// The longest pause of each hour, the present one last.
    pauses: [Duration; PARTS],
    /// When the present hour began.
    part: Option<Instant>,
    stalled: bool,
    /// How often it was told.
    times: u64,
}

impl Silence {
    /// A limit of zero is none.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit: (!limit.is_zero()).then_some(limit),
            since: None,
            pauses: [Duration::ZERO; PARTS],
            part: None,
            stalled: false,
            times: 0,
        }
    }

    /// Nobody has listened until now: what was not heard since is no silence of the source. One that was told stays.
    pub fn deaf_until(&mut self, now: Instant) {
        if !self.stalled {
            self.since = self.since.map(|_| now);
        }
    }

    /// A post came.
    pub fn heard(&mut self, now: Instant) -> Option<Told> {
        self.turn(now);
        let silent = self.since.map_or(Duration::ZERO, |since| now.duration_since(since));
        if let Some(present) = self.pauses.last_mut() {
            *present = silent.max(*present);
        }
        self.since = Some(now);
        std::mem::take(&mut self.stalled).then_some(Told::Speaks { silent })
    }

    /// Looks at the clock.
    pub fn look(&mut self, line: Line, now: Instant) -> Option<Told> {
        self.turn(now);
        if line == Line::Down {
            self.since = None;
            self.stalled = false;
            return None;
        }
        let silent = now.duration_since(*self.since.get_or_insert(now));
        let stalled = !self.stalled && self.limit.is_some_and(|limit| silent >= self.patience(limit));
        if !stalled {
            return None;
        }
        self.stalled = true;
        self.times += 1;
        Some(Told::Stalled { silent, usual: self.usual() })
    }

    /// For how long it has been silent, where that is longer than usual.
    pub fn stalled(&self, now: Instant) -> Option<Duration> {
        self.since.filter(|_| self.stalled).map(|since| now.duration_since(since))
    }

    /// How often a silence was told since the process started.
    pub const fn times(&self) -> u64 {
        self.times
    }

    fn patience(&self, limit: Duration) -> Duration {
        limit.max(self.usual().saturating_mul(PAUSES)).min(limit.saturating_mul(LIMITS_MAX))
    }

    /// The longest pause of the last day.
    fn usual(&self) -> Duration {
        self.pauses.iter().copied().max().unwrap_or_default()
    }

    /// Forgets the hours that are older than a day.
    fn turn(&mut self, now: Instant) {
        let mut began = *self.part.get_or_insert(now);
        for _ in 0..PARTS {
            if now.duration_since(began) < PART {
                break;
            }
            self.pauses.rotate_left(1);
            if let Some(present) = self.pauses.last_mut() {
                *present = Duration::ZERO;
            }
            began += PART;
        }
        // After more than a day there is nothing left to forget.
        self.part = Some(if now.duration_since(began) < PART { began } else { now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const LIMIT: Duration = Duration::from_secs(300);

    /// A source that has given a post every `pause` for some hours, and the time of its last one.
    fn with_rhythm(pause: Duration, hours: u32) -> (Silence, Instant) {
        let mut silence = Silence::new(LIMIT);
        let mut now = Instant::now();
        let end = now + PART * hours;
        assert_eq!(silence.look(Line::Up, now), None);
        while now < end {
            now += pause;
            silence.heard(now);
        }
        (silence, now)
    }

    /// After how many seconds of silence it is told.
    fn told_after(silence: &mut Silence, from: Instant) -> Option<u64> {
        (1..20_000).find(|second| {
            let now = from + Duration::from_secs(*second);
            matches!(silence.look(Line::Up, now), Some(Told::Stalled { .. }))
        })
    }

    #[test]
    fn a_busy_stream_is_told_after_the_limit_once_and_again_when_it_speaks() {
        let (mut silence, last) = with_rhythm(Duration::from_secs(1), 1);
        assert_eq!(told_after(&mut silence, last), Some(300));
        assert_eq!(silence.stalled(last + LIMIT), Some(LIMIT));
        assert_eq!(told_after(&mut silence, last), None, "once is enough");
        let later = last + 7 * MINUTE;
        assert_eq!(silence.heard(later), Some(Told::Speaks { silent: 7 * MINUTE }));
        assert_eq!((silence.stalled(later), silence.times()), (None, 1));
        assert_eq!(silence.heard(later + MINUTE), None);
    }

    #[test]
    fn a_source_that_speaks_seldom_is_given_its_own_time() {
        let (mut silence, last) = with_rhythm(10 * MINUTE, 30);
        assert_eq!(told_after(&mut silence, last), Some(1_200), "twice its usual pause");
        let (mut silence, last) = with_rhythm(50 * MINUTE, 30);
        assert_eq!(told_after(&mut silence, last), Some(3_600), "twelve limits at the latest");
    }

    #[test]
    fn a_burst_does_not_make_a_seldom_source_forget_its_rhythm_but_a_day_does() {
        let (mut silence, mut now) = with_rhythm(10 * MINUTE, 1);
        for _ in 0..3_600 * 2 {
            now += Duration::from_secs(1);
            silence.heard(now);
        }
        assert_eq!(told_after(&mut silence, now), Some(1_200));
        silence.heard(now + Duration::from_secs(1));
        for _ in 0..3_600 * 24 {
            now += Duration::from_secs(1);
            silence.heard(now);
        }
        assert_eq!(told_after(&mut silence, now), Some(300));
    }

    #[test]
    fn a_source_that_is_down_is_not_stalled_and_begins_anew_when_it_is_up() {
        let (mut silence, last) = with_rhythm(Duration::from_secs(1), 1);
        assert_eq!(silence.look(Line::Down, last + 10 * MINUTE), None);
        let up = last + 20 * MINUTE;
        assert_eq!(silence.look(Line::Up, up), None);
        assert_eq!(told_after(&mut silence, up), Some(300));
        assert_eq!(silence.look(Line::Down, up + 10 * MINUTE), None);
        assert_eq!(silence.stalled(up + 10 * MINUTE), None, "now it is down, which is told otherwise");
    }

    #[test]
    fn without_a_limit_nothing_is_ever_told() {
        let mut silence = Silence::new(Duration::ZERO);
        assert_eq!(told_after(&mut silence, Instant::now()), None);
    }
}
