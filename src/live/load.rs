//! When a run can't keep up, and how many steps of their ladders monitors then go down. Behind is where posts are old when the engine can take
//! them; that counts only while the engine is busy all the time, and while it does not catch up: a start after a long pause is behind, too.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a change is looked at before the next one.
const LOOK: Duration = Duration::from_secs(5);
/// How long all is well before more is heard again, where the engine will have time for it.
const HOLD: Duration = Duration::from_secs(10);
/// How long before more is tried where it may not; twice as long after each time that it had not.
const TRY: Duration = Duration::from_secs(30);
const TRY_MAX: Duration = Duration::from_secs(600);
/// Overload so soon after more was heard means that it was too early.
const RELAPSE: Duration = Duration::from_secs(60);
/// Part of the time for which an engine works that has more than it can do.
const BUSY: f64 = 0.9;
/// The same, when it may have more to do.
const FREE: f64 = 0.7;
/// A run catches up when it makes up so much of the time that passes.
const CATCHES_UP: f64 = 0.2;

/// What was seen at a tick.
struct Seen {
    at: Instant,
    /// Age of the newest post of the source that is furthest behind.
    behind: Duration,
    /// How long the engine had nothing to do since the tick before.
    idle: Duration,
}

/// See the module.
pub struct Load {
    /// For each step, how many times as much is to be done without it, at most.
    steps: Vec<f64>,
    step: usize,
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
    /// `ladders` are those of the rules; `limit` is how old posts may be.
    pub fn new<'a>(ladders: impl Iterator<Item = &'a [u32]>, limit: Duration, now: Instant) -> Self {
        let mut steps: Vec<f64> = Vec::new();
        for ladder in ladders {
            let gentler = std::iter::once(&1).chain(ladder);
            for (at, (step, before)) in ladder.iter().zip(gentler).enumerate() {
                let more = f64::from(*step) / f64::from(*before);
                match steps.get_mut(at) {
                    Some(known) => *known = known.max(more),
                    None => steps.push(more),
                }
            }
        }
        let seen = VecDeque::new();
        Self { steps, step: 0, limit, seen, changed: now, heard_more: None, hold: TRY, told: false }
    }

    pub const fn has_ladder(&self) -> bool {
        !self.steps.is_empty()
    }

    pub fn tick(&mut self, now: Instant, behind: Duration, idle: Duration) -> Option<Verdict> {
        self.seen.push_back(Seen { at: now, behind, idle });
        while self.seen.get(1).is_some_and(|second| now.duration_since(second.at) >= LOOK) {
            self.seen.pop_front();
        }
        let since = now.duration_since(self.changed);
        let first = self.seen.front()?;
        let looked = now.duration_since(first.at);
        if looked < LOOK {
            return None;
        }
        let busy = 1.0 - self.seen.iter().skip(1).map(|seen| seen.idle).sum::<Duration>().div_duration_f64(looked);
        let made_up = first.behind.saturating_sub(behind).div_duration_f64(looked);
        if behind > self.limit && busy >= BUSY && made_up < CATCHES_UP {
            return if since >= LOOK { self.less(now) } else { None };
        }
        let Some(gentler) = self.step.checked_sub(1) else {
            self.told = false;
            if since >= TRY_MAX {
                self.hold = TRY;
            }
            return None;
        };
        let more = self.steps.get(gentler).copied().unwrap_or(1.0);
        let fits = since >= HOLD && busy * more < FREE;
        if fits || (since >= self.hold && behind < self.limit / 4 && busy < BUSY) {
            self.heard_more = Some(now);
            return Some(self.turn(now, gentler));
        }
        None
    }

    fn less(&mut self, now: Instant) -> Option<Verdict> {
        if self.step < self.steps.len() {
            if self.heard_more.is_some_and(|at| now.duration_since(at) < RELAPSE) {
                self.hold = (self.hold * 2).min(TRY_MAX);
            }
            return Some(self.turn(now, self.step + 1));
        }
        (!std::mem::replace(&mut self.told, true)).then_some(Verdict::Helpless)
    }

    fn turn(&mut self, now: Instant, step: usize) -> Verdict {
        self.changed = now;
        self.step = step;
        Verdict::Step(u8::try_from(step).unwrap_or(u8::MAX))
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
        fn new(ladder: &[u32]) -> Self {
            let now = Instant::now();
            let load = Load::new(std::iter::once(ladder), Duration::from_secs(15), now);
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
                let idle = TICK.mul_f64(1.0 - busy);
                if let Some(verdict) = self.load.tick(self.now, Duration::from_secs_f64(self.behind), idle) {
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
        let mut world = World::new(&[4, 16]);
        world.run(600, 0.85);
        assert_eq!((world.step, world.told.len()), (0, 0));
    }

    #[test]
    fn five_times_too_much_is_met_by_two_steps_and_ends_at_none() {
        let mut world = World::new(&[4, 16]);
        world.run(300, 5.0);
        assert!(world.behind < 20.0, "{} s behind", world.behind);
        let twice = world.told.iter().filter(|(_, verdict)| *verdict == Verdict::Step(2)).count();
        assert!(twice > 0 && world.step > 0, "a quarter is not enough for five times as much: {:?}", world.told);
        assert!(world.told.len() < 10, "it does not flap: {:?}", world.told);
        let told = world.told.len() + usize::from(world.step);
        world.run(700, 0.5);
        assert_eq!((world.step, world.behind), (0, 0.0), "{:?}", world.told);
        assert_eq!(world.told.len(), told, "there is room for all, which is seen at once: {:?}", world.told);
        let first = world.told.first().map(|(_, verdict)| *verdict);
        assert_eq!(first, Some(Verdict::Step(1)));
    }

    #[test]
    fn what_may_not_fit_is_tried_seldom() {
        let mut world = World::new(&[4, 16]);
        // Three times too much: a step is enough, and without it there is never room.
        world.run(3_600, 3.0);
        assert!(world.told.len() < 22, "{:?}", world.told);
        let later = world.told.iter().filter(|(at, _)| *at > 1_800).count();
        assert!(later <= 6, "once in ten minutes: {:?}", world.told);
        assert!(world.told.iter().all(|(_, verdict)| !matches!(verdict, Verdict::Step(2))), "{:?}", world.told);
    }

    #[test]
    fn whoever_catches_up_waits() {
        let mut world = World::new(&[4, 16]);
        world.behind = 3_600.0;
        world.run(600, 0.7);
        assert_eq!(world.told, []);
    }

    #[test]
    fn without_a_ladder_it_is_told_once() {
        let mut world = World::new(&[]);
        world.run(300, 2.0);
        assert_eq!(world.told.iter().map(|(_, verdict)| *verdict).collect::<Vec<_>>(), [Verdict::Helpless]);
    }

    #[test]
    fn a_source_that_is_always_late_is_no_load() {
        let mut world = World::new(&[4, 16]);
        for _ in 0..1_000 {
            world.now += TICK;
            assert_eq!(world.load.tick(world.now, Duration::from_secs(90), TICK), None);
        }
    }
}
