//! The scenarios: what day it is and what is planted in it, minute by minute.

use mon_post::time::SECOND;

/// Microseconds a minute.
pub const MINUTE: i64 = 60 * SECOND;

/// 2026-11-02T00:00:00Z, a Monday.
pub const DEFAULT_START: i64 = 1_793_577_600 * SECOND;

/// A day to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A phone launch that fails at ten: hundreds of people complain within minutes, among prize draws for the phone.
    LaunchDay,
    /// One harmless post is reposted and quoted thousands of times.
    Viral,
    /// Complaints about double charges creep up over twelve hours.
    SlowBurn,
    /// One platform falls silent for forty minutes.
    SilentSource,
    /// The two hours around a launch-day failure, dense.
    Crisis,
    /// Nothing happens: chatter and spam alone.
    QuietDay,
}

impl Scenario {
    pub const ALL: &'static [Self] =
        &[Self::LaunchDay, Self::Viral, Self::SlowBurn, Self::SilentSource, Self::Crisis, Self::QuietDay];

    /// As the command line writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LaunchDay => "launch-day",
            Self::Viral => "viral",
            Self::SlowBurn => "slow-burn",
            Self::SilentSource => "silent-source",
            Self::Crisis => "crisis",
            Self::QuietDay => "quiet-day",
        }
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scenario| scenario.name() == name)
    }

    /// One line on what happens.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::LaunchDay => {
                "a phone launch fails at 10:00: hundreds complain within minutes, prize draws in between"
            }
            Self::Viral => "one harmless post is reposted and quoted thousands of times from 10:00 on",
            Self::SlowBurn => "complaints about double charges creep up from 08:00 to 20:00",
            Self::SilentSource => "Bluesky falls silent from 10:00 to 10:40",
            Self::Crisis => "the two hours around a failed phone launch, from 09:15 to 11:15, dense",
            Self::QuietDay => "no event: chatter and spam alone",
        }
    }

    /// Posts where the user tells no number.
    #[must_use]
    pub const fn default_posts(self) -> u64 {
        match self {
            Self::Crisis => 60_000,
            _ => 100_000,
        }
    }

    /// First minute of the day and number of minutes.
    pub(crate) const fn minutes(self) -> (usize, usize) {
        match self {
            Self::Crisis => (555, 120),
            _ => (0, 1_440),
        }
    }

    pub(crate) fn bursts(self) -> &'static [Burst] {
        match self {
            Self::LaunchDay => LAUNCH,
            Self::Crisis => CRISIS,
            Self::Viral => VIRAL,
            Self::SlowBurn => SLOW,
            Self::SilentSource => SILENT,
            Self::QuietDay => &[],
        }
    }
}

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    Failure,
    /// A decoy beside the failure.
    Giveaway,
    Viral,
    Charge,
    Silence,
}

/// How many of the posts of a burst fall on its minutes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Rises with the square of time for ten minutes, then falls off with it.
    Outbreak,
    /// Rises in a straight line.
    Creep,
    Even,
}

/// Something planted in a stretch of the day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    pub plant: Plant,
    /// Minutes of the day.
    pub from: usize,
    pub to: usize,
    /// Thousandths of all posts.
    pub share: u64,
    pub shape: Shape,
    /// Of the truth: what it is called and which starter monitor is meant to find it.
    pub kind: &'static str,
    pub monitor: Option<&'static str>,
}

const fn burst(
    plant: Plant,
    from: usize,
    to: usize,
    share: u64,
    shape: Shape,
    kind: &'static str,
    monitor: Option<&'static str>,
) -> Burst {
    Burst { plant, from, to, share, shape, kind, monitor }
}

const LAUNCH: &[Burst] = &[
    burst(Plant::Failure, 600, 720, 25, Shape::Outbreak, "failure", Some("acme_outage")),
    burst(Plant::Giveaway, 540, 780, 4, Shape::Even, "decoy", None),
];
const CRISIS: &[Burst] = &[
    burst(Plant::Failure, 600, 675, 80, Shape::Outbreak, "failure", Some("acme_outage")),
    burst(Plant::Giveaway, 570, 675, 10, Shape::Even, "decoy", None),
];
const VIRAL: &[Burst] = &[burst(Plant::Viral, 600, 780, 60, Shape::Outbreak, "viral", Some("viral_post"))];
const SLOW: &[Burst] = &[burst(Plant::Charge, 480, 1_200, 8, Shape::Creep, "slow-burn", Some("acme_pay_charges"))];
const SILENT: &[Burst] = &[burst(Plant::Silence, 600, 640, 0, Shape::Even, "silent-source", Some("source_silent"))];

impl Burst {
    /// The weight of a minute of the day.
    fn weight(&self, minute: usize) -> u64 {
        if minute < self.from || minute >= self.to {
            return 0;
        }
        let after = (minute - self.from) as u64;
        match self.shape {
            Shape::Outbreak if after < 10 => (after + 1) * (after + 1) * 10,
            Shape::Outbreak => 900_000 / ((20 + after) * (20 + after)),
            Shape::Creep => after + 1,
            Shape::Even => 1,
        }
    }
}

/// Parts a number of posts over minutes in the proportion of weights, exactly.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    posts: u64,
    /// Running sums, one more than there are minutes.
    sums: Vec<u64>,
}

impl Schedule {
    fn new(posts: u64, weights: impl Iterator<Item = u64>) -> Self {
        let mut sum = 0;
        let rest = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { posts, sums: std::iter::once(0).chain(rest).collect() }
    }

    pub fn of_burst(burst: &Burst, posts: u64, first: usize, minutes: usize) -> Self {
        Self::new(posts * burst.share / 1_000, (first..first + minutes).map(|minute| burst.weight(minute)))
    }

    pub fn of_rhythm(posts: u64, first: usize, minutes: usize) -> Self {
        Self::new(posts, (first..first + minutes).map(|minute| crate::rhythm::activity(minute).1))
    }

    /// Posts of all minutes.
    pub fn posts(&self) -> u64 {
        if self.sums.last().copied().unwrap_or_default() == 0 { 0 } else { self.posts }
    }

    /// Posts of a minute, counted from the first.
    pub fn count(&self, at: usize) -> u64 {
        let total = u128::from(self.sums.last().copied().unwrap_or_default().max(1));
        let upto = |at: usize| {
            let sum = self.sums.get(at).copied().unwrap_or_default();
            u64::try_from(u128::from(self.posts) * u128::from(sum) / total).unwrap_or_default()
        };
        upto(at + 1).saturating_sub(upto(at))
    }
}
