//! Which words stand for a query in the index. A query can only match a post that holds one of its anchors: the
//! cheapest set of patterns of which a match must contain at least one.

use super::formula::{Formula, Needs, SpanId, Tables, Test, ZoneMask};
use crate::plan::TokenPattern;

/// How often each slot is seen, in posts: the share of posts that hold it, 0 to 1.
#[derive(Debug)]
pub(crate) struct Frequencies {
    shares: Vec<f32>,
}

/// How much a share that was counted in a sample weighs against the guess by form: as many posts as this.
const GUESS_WEIGHT: f32 = 64.0;

/// Frequent words of many posts, of any language we know well; everything else is guessed by length.
const FREQUENT: &str = "a ai al and are as at au aux be but by can como con da das de del der des die do dos du e el \
    em en er es et for from get good has have he ich ihr il in is ist it its je just la las le les los lo love mit me \
    more my na new nicht no not o of on one or os our out para pas por pour qu que rt se she sie so su sur that the \
    this to um un una und une up us via was we what when who will with yo you your и в не на я что с";

impl Frequencies {
    /// Shares guessed from the form of each pattern.
    pub(crate) fn guess(tables: &Tables) -> Self {
        let frequent: hashbrown::HashSet<&str, rustc_hash::FxBuildHasher> = FREQUENT.split_whitespace().collect();
        let share = |pattern: &TokenPattern| match pattern {
            TokenPattern::Key(key) if frequent.contains(key.as_str()) => 0.1,
            TokenPattern::Key(key) => key_share(key),
            TokenPattern::Prefix(prefix) => prefix_share(prefix),
            TokenPattern::Glob(glob) => 2.0 * prefix_share(mon_text::glob::Glob::new(glob).needle()),
            TokenPattern::Fuzzy { key, .. } | TokenPattern::Stem(key) | TokenPattern::Loose(key) => {
                4.0 * key_share(key)
            }
            TokenPattern::Exact(literal) | TokenPattern::Part(literal) => 2.0 * prefix_share(literal),
            TokenPattern::Regex(_) | TokenPattern::Url(_) => 0.01,
            TokenPattern::Run(run) | TokenPattern::Word(run) => match run.chars().count() {
                0 | 1 => 0.05,
                2 => 0.01,
                _ => 0.002,
            },
        };
        Self { shares: std::iter::once(1.0).chain(tables.patterns.iter().map(share)).collect() }
    }

    /// Takes in what was counted in `posts` posts: how many of them hold each slot.
    pub(super) fn learn(&mut self, counts: &[u32], posts: usize) {
        #[expect(clippy::cast_precision_loss, reason = "shares need no more than 24 bits")]
        for (share, count) in self.shares.iter_mut().zip(counts) {
            *share = (*share * GUESS_WEIGHT + *count as f32) / (GUESS_WEIGHT + posts as f32);
        }
    }

    pub(crate) fn of(&self, slot: u32) -> f32 {
        self.shares.get(slot as usize).copied().unwrap_or(1.0)
    }
}

fn prefix_share(prefix: &str) -> f32 {
    match prefix.chars().count() {
        0..=2 => 0.3,
        3 => 0.1,
        4 => 0.03,
        5 => 0.01,
        6 => 0.005,
        _ => 0.002,
    }
}

fn key_share(key: &str) -> f32 {
    if key.starts_with(['#', '@', '$']) {
        return 0.0005;
    }
    match key.chars().count() {
        1 if !key.is_ascii() => 0.01,
        0..=2 => 0.05,
        3 => 0.02,
        4 => 0.01,
        5 => 0.004,
        6 => 0.002,
        _ => 0.001,
    }
}

/// Slots with the zones in which they count, and how many posts in one they will call up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Anchors {
    pub(crate) cost: f32,
    pub(crate) slots: Vec<(u32, ZoneMask)>,
    /// The formula is true exactly when an anchor is seen.
    pub(super) exact: bool,
}

impl Anchors {
    fn one(frequencies: &Frequencies, slot: u32, zones: ZoneMask, exact: bool) -> Self {
        Self { cost: frequencies.of(slot) + 1e-7, slots: vec![(slot, zones)], exact }
    }

    fn union(members: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        let mut sum = Self { exact: true, ..Self::default() };
        for member in members {
            let member = member?;
            sum.cost += member.cost;
            sum.exact &= member.exact;
            sum.slots.extend(member.slots);
        }
        sum.slots.sort_unstable();
        sum.slots.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 |= later.1;
            }
            same
        });
        Some(sum)
    }

    fn cheapest(members: impl Iterator<Item = Self>) -> Option<Self> {
        members.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }
}

/// The cheapest anchors of a formula; none when a post without any of its words can match. Never matching has anchors:
/// the empty set.
pub(crate) fn anchors(formula: &Formula, tables: &Tables, frequencies: &Frequencies) -> Option<Anchors> {
    match formula {
        Formula::Const(false) => Some(Anchors { exact: true, ..Anchors::default() }),
        Formula::Test { test: Test::Seen { slot, zones }, sense: true } if *slot != super::formula::PRESENCE => {
            Some(Anchors::one(frequencies, *slot, *zones, true))
        }
        Formula::Test { test: Test::Lazy(id), sense: true } => {
            let lazy = tables.lazies.get(*id as usize)?;
            span_anchors(lazy.spans, lazy.zones, tables, frequencies)
        }
        Formula::Const(true) | Formula::Test { .. } => None,
        Formula::And(members) => {
            let best = Anchors::cheapest(members.iter().filter_map(|member| anchors(member, tables, frequencies)));
            best.map(|best| Anchors { exact: false, ..best })
        }
        Formula::Or(members) => Anchors::union(members.iter().map(|member| anchors(member, tables, frequencies))),
        Formula::AtLeast { k, members } => {
            // Any `k` members overlap any `n - k + 1` members, so the cheapest of those are enough.
            let mut open: Vec<_> = members.iter().filter_map(|member| anchors(member, tables, frequencies)).collect();
            let needed = (members.len() + 1).saturating_sub(*k as usize);
            open.sort_by(|a, b| a.cost.total_cmp(&b.cost));
            if open.len() < needed {
                return None;
            }
            let best = Anchors::union(open.into_iter().take(needed).map(Some));
            best.map(|best| Anchors { exact: false, ..best })
        }
    }
}

fn span_anchors(id: SpanId, zones: ZoneMask, tables: &Tables, frequencies: &Frequencies) -> Option<Anchors> {
    let of = |member: &SpanId| span_anchors(*member, zones, tables, frequencies);
    let found = match tables.span(id)?.needs() {
        Needs::Slots(slots) => {
            Anchors::cheapest(slots.iter().map(|slot| Anchors::one(frequencies, *slot, zones, false)))?
        }
        Needs::All(members) => Anchors::cheapest(members.iter().filter_map(of))?,
        Needs::Any(members) => Anchors::union(members.iter().map(of))?,
        Needs::Both(members) => Anchors::cheapest(members.iter().filter_map(of))?,
        Needs::One(member) => of(&member)?,
    };
    Some(Anchors { exact: false, ..found })
}

/// How likely a formula is true and how much it costs to find out, both roughly.
pub(crate) fn weigh(formula: &Formula, tables: &Tables, frequencies: &Frequencies) -> (f32, f32) {
    let (share, cost) = match formula {
        Formula::Const(value) => (f32::from(u8::from(*value)), 0.0),
        Formula::Test { test: Test::Seen { slot, .. }, sense } => (sensed(frequencies.of(*slot), *sense), 1.0),
        Formula::Test { test: Test::Field(_), sense } => (sensed(0.4, *sense), 2.0),
        Formula::Test { test: Test::Lazy(id), sense } => {
            let anchors = tables
                .lazies
                .get(*id as usize)
                .and_then(|lazy| span_anchors(lazy.spans, lazy.zones, tables, frequencies));
            (sensed(anchors.map_or(0.1, |anchors| anchors.cost) * 0.2, *sense), 6.0)
        }
        Formula::And(members) => members
            .iter()
            .map(|member| weigh(member, tables, frequencies))
            .fold((1.0, 0.0), |(share, cost), next| (share * next.0, cost + share * next.1)),
        Formula::Or(members) => {
            let weigh = members.iter().map(|member| weigh(member, tables, frequencies));
            let (miss, cost) =
                weigh.fold((1.0, 0.0), |(miss, cost), next| (miss * (1.0 - next.0), cost + miss * next.1));
            (1.0 - miss, cost)
        }
        Formula::AtLeast { members, .. } => {
            let all = members.iter().map(|member| weigh(member, tables, frequencies));
            let (share, cost) = all.fold((0.0, 0.0), |(share, cost), next| (share + next.0, cost + next.1));
            (share / 4.0, cost)
        }
    };
    (share.clamp(0.0, 1.0), cost)
}

fn sensed(share: f32, sense: bool) -> f32 {
    if sense { share } else { 1.0 - share }
}

/// Sorts members so that what decides soonest for the least work is asked first.
pub(super) fn order(formula: &mut Formula, tables: &Tables, frequencies: &Frequencies) {
    let (members, decides_when) = match formula {
        Formula::And(members) => (members, false),
        Formula::Or(members) | Formula::AtLeast { members, .. } => (members, true),
        Formula::Const(_) | Formula::Test { .. } => return,
    };
    for member in members.iter_mut() {
        order(member, tables, frequencies);
    }
    members.sort_by_cached_key(|member| {
        let (share, cost) = weigh(member, tables, frequencies);
        let decides = if decides_when { share } else { 1.0 - share };
        Rank(cost / (decides + 1e-6))
    });
}

#[derive(PartialEq)]
struct Rank(f32);

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// What is left to ask when an anchor was seen: without the member that is true exactly then.
pub(super) fn residual(formula: Formula, chosen: &Anchors, tables: &Tables, frequencies: &Frequencies) -> Formula {
    let is_chosen = |member: &Formula| {
        anchors(member, tables, frequencies).is_some_and(|found| found.exact && found.slots == chosen.slots)
    };
    match formula {
        Formula::And(mut members) => {
            if let Some(at) = members.iter().position(is_chosen) {
                members.remove(at);
            }
            Formula::And(members)
        }
        other if is_chosen(&other) => Formula::Const(true),
        other => other,
    }
}
