//! Bursts of a topic by an automaton whose states are rates (Kleinberg, "Bursty and hierarchical structure in streams", KDD
//! 2002): batched arrivals as in section 4, levels as in section 2. In level i posts about the topic come `scale^i` times as
//! often as while all is quiet, and each level upwards costs `gamma ln n`; the way down costs nothing.
//!
//! It takes each post to come by itself: where one post calls forth others, a large topic is in a burst much of the time,
//! and the scale must be larger.

use crate::{finite, sum};

/// The largest share that a level may have.
const SHARE_MAX: f64 = 0.9999;
/// No level lies above this one: with a scale of 2, posts come 256 times as often.
pub const LEVELS_MAX: usize = 8;

/// The posts of one window: those about the topic, and, where it is known, all of which they are a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batch {
    /// Posts about the topic, 0 or more.
    pub hits: f64,
    /// All posts; with fewer than `hits` it is taken to be as many.
    pub all: Option<f64>,
}

impl Batch {
    /// `None` where a figure is NaN, infinite or negative.
    pub fn new(hits: f64, all: Option<f64>) -> Option<Batch> {
        let amount = |x: f64| finite(x).filter(|x| *x >= 0.0);
        let hits = amount(hits)?;
        let all = match all {
            Some(all) => Some(amount(all)?.max(hits)),
            None => None,
        };
        Some(Batch { hits, all })
    }
}

/// What is usual while all is quiet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quiet {
    /// The share of posts that are about the topic, 0..1.
    Share(f64),
    /// How many posts a window has.
    Count(f64),
}

impl Quiet {
    /// Of quiet windows: `(hits + 1/2) / (all + 1)` where all of them tell how many posts there were, else `(hits + 1/2) / n`. Neither is ever 0,
    /// so that after a silent history one post is rare but not impossible. `None` without windows, and without posts to have a share in.
    pub fn of(batches: &[Batch]) -> Option<Quiet> {
        let hits = sum(batches.iter().map(|batch| batch.hits)) + 0.5;
        let all: Option<Vec<f64>> = batches.iter().map(|batch| batch.all).collect();
        match all {
            _ if batches.is_empty() => None,
            Some(all) => {
                finite(sum(all.into_iter())).filter(|all| *all > 0.0).map(|all| Quiet::Share(hits / (all + 1.0)))
            }
            None => finite(hits / batches.len() as f64).map(Quiet::Count),
        }
    }

    /// Rates of the levels above the quiet one, each above the one before it.
    fn levels(self, scale: f64) -> Vec<f64> {
        let (quiet, most) = match self {
            Quiet::Share(share) => (share, SHARE_MAX),
            Quiet::Count(count) => (count, f64::MAX),
        };
        let rates =
            std::iter::successors(Some(quiet), |rate| Some((rate * scale).min(most)).filter(|next| next > rate));
        rates.skip(1).take(LEVELS_MAX).collect()
    }

    /// How many nats cheaper a rate explains a batch than the quiet one. What is the same for all rates cancels.
    fn gain(self, rate: f64, batch: Batch) -> f64 {
        match (self, batch.all) {
            (Quiet::Share(quiet), Some(all)) => {
                let rest = (all - batch.hits).max(0.0);
                batch.hits * libm::log(rate / quiet) + rest * (libm::log1p(-rate) - libm::log1p(-quiet))
            }
            (Quiet::Count(quiet), _) => batch.hits * libm::log(rate / quiet) - (rate - quiet),
            (Quiet::Share(_), None) => 0.0,
        }
    }
}

/// The automaton as it runs along: what is known after each batch, without those to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Automaton {
    quiet: Quiet,
    rates: Vec<f64>,
    /// What each level upwards costs, in nats.
    step_cost: f64,
    /// Of the cheapest path that ends in each level, the quiet one first, in nats above the cheapest of all.
    costs: Vec<f64>,
}

impl Automaton {
    /// In the quiet state, before the first batch. A `scale` that is not above 1 finds no burst. `gamma`, usually 1, counts units of `ln batches`,
    /// with the number of batches that the automaton is going to see; a negative or absent one is 0.
    pub fn new(quiet: Quiet, scale: f64, gamma: f64, batches: usize) -> Automaton {
        let rates = quiet.levels(scale);
        let gamma = if gamma > 0.0 { gamma.min(1e100) } else { 0.0 };
        let step_cost = gamma * libm::log(batches.max(1) as f64);
        let costs = (0..=rates.len()).map(|level| if level == 0 { 0.0 } else { f64::MAX }).collect();
        Automaton { quiet, rates, step_cost, costs }
    }

    /// Takes in a batch, and gives the level in which the cheapest path ends: 0 while all is quiet, at most [`LEVELS_MAX`]. Of
    /// levels that explain equally well it is the lowest.
    pub fn step(&mut self, batch: Batch) -> usize {
        // From any level above for nothing, from the one below for its price.
        let mut from_above = f64::MAX;
        for cost in self.costs.iter_mut().rev() {
            from_above = from_above.min(*cost);
            *cost = from_above;
        }
        let mut from_below = f64::MAX;
        let gains = std::iter::once(0.0).chain(self.rates.iter().map(|rate| self.quiet.gain(*rate, batch)));
        let mut costs = Vec::with_capacity(self.costs.len());
        for (cost, gain) in self.costs.iter().zip(gains) {
            from_below = cost.min(from_below + self.step_cost);
            costs.push((from_below - gain).clamp(f64::MIN, f64::MAX));
        }
        let (mut level, mut least) = (0, f64::MAX);
        for (at, cost) in costs.iter().enumerate() {
            if *cost < least {
                (level, least) = (at, *cost);
            }
        }
        // Costs are told above the least, so that a long run loses no digits.
        self.costs = costs.into_iter().map(|cost| (cost - least).min(f64::MAX)).collect();
        level
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Automaton, Batch, LEVELS_MAX, Quiet};

    fn share(hits: u32, all: u32) -> Batch {
        Batch::new(f64::from(hits), Some(f64::from(all))).unwrap()
    }

    fn count(hits: u32) -> Batch {
        Batch::new(f64::from(hits), None).unwrap()
    }

    fn levels(batches: &[Batch], scale: f64, gamma: f64) -> Vec<usize> {
        let mut automaton = Automaton::new(Quiet::of(batches).unwrap(), scale, gamma, batches.len());
        batches.iter().map(|batch| automaton.step(*batch)).collect()
    }

    #[test]
    fn a_larger_share_is_a_burst_and_a_doubled_volume_is_none() {
        let mut batches = vec![share(10, 100); 12];
        batches[6] = share(40, 100);
        batches[7] = share(80, 100);
        assert_eq!(levels(&batches, 2.0, 1.0), [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]);
        batches[6] = share(20, 200);
        batches[7] = share(20, 200);
        assert_eq!(levels(&batches, 2.0, 1.0), [0; 12]);
    }

    #[test]
    fn a_burst_that_saves_less_than_its_price_is_not_told() {
        let mut batches = vec![count(10); 12];
        batches[6] = count(20);
        assert_eq!(levels(&batches, 2.0, 9.0), [0; 12]);
        assert_eq!(levels(&batches, 2.0, 0.0)[6], 1);
    }

    #[test]
    fn after_silence_posts_are_a_burst_and_a_scale_of_one_knows_none() {
        let mut automaton = Automaton::new(Quiet::of(&[count(0); 20]).unwrap(), 2.0, 1.0, 21);
        assert_eq!((0..20).map(|_| automaton.step(count(0))).max(), Some(0));
        assert!(automaton.step(count(9)) > 3);
        for scale in [1.0, 0.5, f64::NAN] {
            assert_eq!(Automaton::new(Quiet::Count(1.0), scale, 1.0, 9).step(count(900)), 0);
        }
        assert_eq!(Quiet::of(&[]), None);
        assert_eq!(Quiet::of(&[share(0, 0)]), None);
    }

    /// Cost of a path by the formula of the paper, in nats.
    fn cost(path: &[usize], batches: &[Batch], quiet: f64, scale: f64, gamma: f64) -> f64 {
        let (mut total, mut before) = (0.0, 0);
        for (level, batch) in path.iter().zip(batches) {
            let rate = (quiet * scale.powi(i32::try_from(*level).unwrap())).min(0.9999);
            let (hits, all) = (batch.hits, batch.all.unwrap());
            total -= hits * rate.ln() + (all - hits) * (1.0 - rate).ln();
            total += level.saturating_sub(before) as f64 * gamma * (batches.len() as f64).ln();
            before = *level;
        }
        total
    }

    proptest! {
        #[test]
        fn no_path_is_cheaper(
            given in prop::collection::vec((0_u32..30, 31_u32..60), 1..7), scale in 1.5_f64..2.5, gamma in 0.0_f64..3.0,
        ) {
            let batches: Vec<Batch> = given.iter().map(|(hits, all)| share(*hits, *all)).collect();
            let quiet = 0.2;
            let mut automaton = Automaton::new(Quiet::Share(quiet), scale, gamma, batches.len());
            let told = batches.iter().map(|batch| automaton.step(*batch)).last().unwrap();
            // All paths over the quiet state and the two levels that lie below the largest share.
            let paths = (0..3_usize.pow(u32::try_from(batches.len()).unwrap())).map(|mut number| {
                batches.iter().map(|_| { let level = number % 3; number /= 3; level }).collect::<Vec<_>>()
            });
            let ending = |wanted: usize| {
                let paths = paths.clone().filter(|path| path.last() == Some(&wanted));
                paths.map(|path| cost(&path, &batches, quiet, scale, gamma)).fold(f64::INFINITY, f64::min)
            };
            let least = (0..3).map(ending).fold(f64::INFINITY, f64::min);
            if told < 3 {
                prop_assert!(ending(told) <= least + 1e-9 * least.abs(), "level {}", told);
            }
        }

        #[test]
        fn any_figures_give_a_level(
            hits in any::<f64>(), all in any::<f64>(), quiet in any::<f64>(), scale in any::<f64>(), gamma in any::<f64>(), n in any::<usize>(),
        ) {
            for quiet in [Quiet::Share(quiet.abs() % 1.0), Quiet::Count(quiet)] {
                let mut automaton = Automaton::new(quiet, scale, gamma, n);
                for batch in [Batch::new(hits, Some(all)), Batch::new(hits, None)].into_iter().flatten() {
                    prop_assert!(automaton.step(batch) <= LEVELS_MAX);
                    prop_assert!(automaton.costs.iter().all(|cost| cost.is_finite()));
                }
            }
        }
    }
}
