//! When a run can't keep up, and how many steps of their ladders monitors then go down. Behind is where posts are old when the engine can take
//! them; that counts only while the engine has more than it can do, and while it does not catch up: a start after a long pause is behind, too.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a change is looked at before the next one.
const LOOK: Duration = Duration::from_secs(5);
/// How long all is well before more is heard again; twice as long after each time that it was too early.
const HOLD: Duration = Duration::from_secs(10);
const HOLD_MAX: Duration = Duration::from_secs(300);
/// Overload so soon after a step up means that it was too early.
const RELAPSE: Duration = Duration::from_secs(60);
/// Part of the time for which the engine lets sources wait when it has more than it can do.
const BUSY: f64 = 0.5;
/// The same, when it has time left.
const IDLE: f64 = 0.2;
/// A run catches up when it makes up so much of the time that passes.
const CATCHES_UP: f64 = 0.2;

/// What was seen at a tick.
struct Seen {
    at: Instant,
    /// Age of the newest post of the source that is furthest behind.
    behind: Duration,
    /// How long sources waited for the engine since the tick before.
    waited: Duration,
}

/// See the module.
pub struct Load {
    /// Steps of the longest ladder.
    steps: u8,
    step: u8,
    limit: Duration,
    seen: VecDeque<Seen>,
    changed: Instant,
    heard_more: Option<Instant>,
    hold: Duration,
    told: bool,
}

/// What a tick finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Posts are to be heard at this step from here on.
    Step(u8),
    /// No ladder leads further down; told once for each time of load.
    Helpless,
}

impl Load {
    pub const fn new(steps: u8, limit: Duration, now: Instant) -> Self {
        let seen = VecDeque::new();
        Self { steps, step: 0, limit, seen, changed: now, heard_more: None, hold: HOLD, told: false }
    }

    pub const fn has_ladder(&self) -> bool {
        self.steps > 0
    }

    pub fn tick(&mut self, now: Instant, behind: Duration, waited: Duration) -> Option<Verdict> {
        self.seen.push_back(Seen { at: now, behind, waited });
        while self.seen.get(1).is_some_and(|second| now.duration_since(second.at) >= LOOK) {
            self.seen.pop_front();
        }
        let since = now.duration_since(self.changed);
        let first = self.seen.front()?;
        let looked = now.duration_since(first.at);
        if looked < LOOK {
            return None;
        }
        let busy = self.seen.iter().skip(1).map(|seen| seen.waited).sum::<Duration>().div_duration_f64(looked);
        let made_up = first.behind.saturating_sub(behind).div_duration_f64(looked);
        if behind > self.limit && busy >= BUSY && made_up < CATCHES_UP {
            return if since >= LOOK { self.less(now) } else { None };
        }
        if self.step == 0 {
            self.told = false;
            if since >= HOLD_MAX * 2 {
                self.hold = HOLD;
            }
        } else if since >= self.hold && (behind < self.limit / 4 || busy < IDLE) {
            self.heard_more = Some(now);
            return Some(self.turn(now, self.step - 1));
        }
        None
    }

    fn less(&mut self, now: Instant) -> Option<Verdict> {
        if self.step < self.steps {
            if self.heard_more.is_some_and(|at| now.duration_since(at) < RELAPSE) {
                self.hold = (self.hold * 2).min(HOLD_MAX);
            }
            return Some(self.turn(now, self.step + 1));
        }
        (!std::mem::replace(&mut self.told, true)).then_some(Verdict::Helpless)
    }

    fn turn(&mut self, now: Instant, step: u8) -> Verdict {
        self.changed = now;
        self.step = step;
        Verdict::Step(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(200);

    /// A run with an engine of one post a second for each post that it hears in full: a source that tells `rate` of these a second.
    struct World {
        now: Instant,
        start: Instant,
        load: Load,
        /// Seconds of posts that wait.
        behind: f64,
        step: u8,
        told: Vec<(u64, Verdict)>,
    }

    impl World {
        fn new(steps: u8) -> Self {
            let now = Instant::now();
            let load = Load::new(steps, Duration::from_secs(15), now);
            Self { now, start: now, load, behind: 0.0, step: 0, told: Vec::new() }
        }

        fn run(&mut self, seconds: u64, rate: f64) {
            for _ in 0..seconds * 5 {
                self.now += TICK;
                // At each step a quarter of the work is left.
                let work = rate / f64::from(4_u32.pow(u32::from(self.step)));
                let busy = if self.behind > 0.0 { 1.0 } else { work.min(1.0) };
                let passed = TICK.as_secs_f64();
                self.behind = (self.behind + passed * (1.0 - 1.0 / work)).max(0.0);
                let waited = if busy >= 1.0 { TICK } else { Duration::ZERO };
                if let Some(verdict) = self.load.tick(self.now, Duration::from_secs_f64(self.behind), waited) {
                    if let Verdict::Step(step) = verdict {
                        self.step = step;
                    }
                    self.told.push((self.now.duration_since(self.start).as_secs(), verdict));
                }
            }
        }
    }

    #[test]
    fn a_run_that_keeps_up_hears_all() {
        let mut world = World::new(2);
        world.run(600, 0.9);
        assert_eq!((world.step, world.told.len()), (0, 0));
    }

    #[test]
    fn five_times_too_much_is_met_by_two_steps_and_ends_at_none() {
        let mut world = World::new(2);
        world.run(300, 5.0);
        assert!(world.behind < 20.0, "{} s behind", world.behind);
        assert_eq!(world.step, 2, "a quarter is not enough for five times as much");
        assert!(world.told.len() < 20, "it does not flap: {:?}", world.told);
        world.run(700, 0.5);
        assert_eq!((world.step, world.behind), (0, 0.0), "{:?}", world.told);
        let first = world.told.first().map(|(_, verdict)| *verdict);
        assert_eq!(first, Some(Verdict::Step(1)));
    }

    #[test]
    fn whoever_catches_up_waits() {
        let mut world = World::new(2);
        world.behind = 3_600.0;
        world.run(600, 0.7);
        assert_eq!(world.told, []);
    }

    #[test]
    fn without_a_ladder_it_is_told_once() {
        let mut world = World::new(0);
        world.run(300, 2.0);
        assert_eq!(world.told.iter().map(|(_, verdict)| *verdict).collect::<Vec<_>>(), [Verdict::Helpless]);
    }

    #[test]
    fn a_source_that_is_always_late_is_no_load() {
        let mut world = World::new(2);
        world.behind = 0.0;
        for _ in 0..1_000 {
            world.now += TICK;
            assert_eq!(world.load.tick(world.now, Duration::from_secs(90), Duration::ZERO), None);
        }
    }
}
