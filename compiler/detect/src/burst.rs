//! Bursts of a topic by a two-state automaton (Kleinberg, "Bursty and hierarchical structure in streams", KDD 2002,
//! section 4: batched arrivals). A batch is `(r, d)`: r posts of d are about the topic, so that a day on which everything
//! doubles is no burst. It takes each post to be about the topic by chance alone: where one post calls forth others, a large
//! topic is in a burst much of the time, and s or gamma must be larger.

use serde::{Deserialize, Serialize};

/// The largest probability that the burst state may have.
const P_MAX: f64 = 0.9999;

/// The automaton's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// How many times as likely a post is about the topic in a burst; usual 2. One that is not above 1 finds no burst.
    pub s: f64,
    /// What it costs to enter a burst, in units of `ln batches`; usual 1. A negative or absent one is 0.
    pub gamma: f64,
    /// How many batches the automaton is thought to see, n. In a batch run it is the length of the series; in an online run a
    /// number that stays the same, say the length of the reference.
    pub batches: u64,
}

impl Burst {
    /// `gamma ln n`, in nats.
    fn entry_cost(&self) -> f64 {
        let gamma = if self.gamma > 0.0 { self.gamma.min(1e100) } else { 0.0 };
        gamma * libm::log(self.batches.max(1) as f64)
    }

    /// How many nats cheaper the burst state explains a batch. The binomial coefficient is the same in both and cancels.
    /// `None` where the burst state is not likelier than the quiet one.
    fn gain(&self, r: u64, d: u64, p0: f64) -> Option<f64> {
        let p1 = (self.s * p0).min(P_MAX);
        if !(p0 > 0.0 && p1 > p0) {
            return None;
        }
        let (hits, rest) = (r.min(d) as f64, d.saturating_sub(r) as f64);
        Some(hits * libm::log(p1 / p0) + rest * (libm::log1p(-p1) - libm::log1p(-p0)))
    }
}

/// The automaton as it runs along: what is known after each batch, without those to come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BurstState {
    /// Cost of the cheapest path that ends in the burst state minus that of the cheapest that ends in the quiet one, in
    /// nats; below 0 the burst explains better. `None` before the first batch: the automaton starts in the quiet state.
    pub lead: Option<f64>,
}

impl BurstState {
    /// Takes in a batch and the base rate `p0` (share of posts about the topic while all is quiet, 0..1), and gives the state
    /// in which the cheapest path ends: 1 in a burst, else 0. An r above d counts as d. A p0 that is absent, not above 0, or
    /// so large that no burst is likelier, makes the batch tell nothing.
    ///
    /// The last state of [`states`] over the same batches is the same, given the same p0 at each step. Earlier ones may
    /// differ: with the batches that followed, `states` may see the burst begin sooner.
    pub fn step(&mut self, burst: &Burst, r: u64, d: u64, p0: f64) -> u8 {
        self.advance(burst.entry_cost(), burst.gain(r, d, p0).unwrap_or(0.0));
        u8::from(self.lead.is_some_and(|lead| lead < 0.0))
    }

    /// The states before, from which the cheapest paths to the quiet and to the burst state come.
    fn advance(&mut self, entry: f64, gain: f64) -> (bool, bool) {
        let (to_quiet_from_burst, to_burst_from_burst, lead) = match self.lead {
            None => (false, false, entry),
            Some(lead) => (lead < 0.0, lead < entry, entry.min(lead) - lead.min(0.0)),
        };
        self.lead = Some((lead - gain).clamp(f64::MIN, f64::MAX));
        (to_quiet_from_burst, to_burst_from_burst)
    }
}

/// The cheapest sequence of states over a whole series, 1 for a burst, by Viterbi's algorithm. `p0 = R/D` over the series,
/// `p1 = min(s p0, 0.9999)`; a batch costs `-ln(p^r (1-p)^(d-r))` in its state, each way from quiet to burst
/// `gamma ln n`, the way back nothing; the automaton starts quiet. Of paths of equal cost, the one that is quiet at the end,
/// and before that wherever it can be. All 0 where there are no posts, none of the topic, or `s p0` is not above p0.
pub fn states(batches: &[(u64, u64)], s: f64, gamma: f64) -> Vec<u8> {
    let hits: f64 = batches.iter().map(|(r, d)| u128::from(*r.min(d))).sum::<u128>() as f64;
    let all: f64 = batches.iter().map(|(_, d)| u128::from(*d)).sum::<u128>() as f64;
    let burst = Burst { s, gamma, batches: batches.len() as u64 };
    let p0 = if all > 0.0 { hits / all } else { 0.0 };
    let mut state = BurstState::default();
    let mut ways = Vec::with_capacity(batches.len());
    for (r, d) in batches {
        let Some(gain) = burst.gain(*r, *d, p0) else { return vec![0; batches.len()] };
        ways.push(state.advance(burst.entry_cost(), gain));
    }
    let mut bursting = state.lead.is_some_and(|lead| lead < 0.0);
    let mut told: Vec<u8> = Vec::with_capacity(batches.len());
    for (to_quiet, to_burst) in ways.iter().rev() {
        told.push(u8::from(bursting));
        bursting = if bursting { *to_burst } else { *to_quiet };
    }
    told.reverse();
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Burst, BurstState, states};

    #[test]
    fn a_doubled_share_is_a_burst_and_a_doubled_volume_is_none() {
        let mut batches = vec![(10, 100); 12];
        batches[6] = (40, 100);
        batches[7] = (40, 100);
        assert_eq!(states(&batches, 2.0, 1.0), [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
        batches[6] = (20, 200);
        batches[7] = (20, 200);
        assert_eq!(states(&batches, 2.0, 1.0), [0; 12]);
    }

    #[test]
    fn a_burst_that_saves_less_than_its_entry_is_not_told() {
        let mut batches = vec![(10, 100); 12];
        batches[6] = (20, 100);
        assert_eq!(states(&batches, 2.0, 9.0), [0; 12]);
        assert_eq!(states(&batches, 2.0, 0.0)[6], 1);
    }

    #[test]
    fn where_both_cost_the_same_it_is_quiet() {
        // Without posts both states cost nothing, and with gamma 0 it costs nothing to enter a burst later.
        assert_eq!(states(&[(0, 0), (0, 0), (9, 10), (0, 0), (1, 100)], 2.0, 0.0), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn series_without_a_burst_state() {
        assert!(states(&[], 2.0, 1.0).is_empty());
        assert_eq!(states(&[(0, 9), (0, 0)], 2.0, 1.0), [0, 0]);
        assert_eq!(states(&[(9, 9), (7, 7)], 2.0, 1.0), [0, 0]);
        assert_eq!(states(&[(1, 9), (7, 9)], f64::NAN, 1.0), [0, 0]);
        assert_eq!(states(&[(1, 9), (7, 9)], 1.0, 1.0), [0, 0]);
    }

    /// Cost of a path by the formula of the paper, in nats.
    fn cost(path: u32, batches: &[(u64, u64)], s: f64, gamma: f64) -> f64 {
        let (hits, all) = batches.iter().fold((0, 0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
        let p0 = hits as f64 / all as f64;
        let p = [p0, (s * p0).min(0.9999)];
        let (mut total, mut before) = (0.0, 0);
        for (at, (r, d)) in batches.iter().enumerate() {
            let state = (path >> at & 1) as usize;
            total -= *r as f64 * p[state].ln() + (d - r) as f64 * (1.0 - p[state]).ln();
            total += if state > before { gamma * (batches.len() as f64).ln() } else { 0.0 };
            before = state;
        }
        total
    }

    proptest! {
        #[test]
        fn no_path_is_cheaper(
            batches in prop::collection::vec((0_u64..30, 31_u64..60), 1..11), s in 1.1_f64..3.0, gamma in 0.0_f64..3.0,
        ) {
            prop_assume!(batches.iter().any(|b| b.0 > 0));
            let told = states(&batches, s, gamma);
            let path = told.iter().enumerate().fold(0, |path, (at, state)| path | u32::from(*state) << at);
            let least = (0..1_u32 << batches.len()).map(|p| cost(p, &batches, s, gamma)).fold(f64::INFINITY, f64::min);
            prop_assert!(cost(path, &batches, s, gamma) <= least + 1e-9 * least.abs());
        }

        #[test]
        fn running_along_ends_where_looking_back_ends(
            batches in prop::collection::vec((0_u64..60, 0_u64..60), 1..40), s in 0.5_f64..3.0, gamma in 0.0_f64..3.0,
        ) {
            let hits: u64 = batches.iter().map(|b| b.0.min(b.1)).sum();
            let all: u64 = batches.iter().map(|b| b.1).sum();
            let burst = Burst { s, gamma, batches: batches.len() as u64 };
            let mut state = BurstState::default();
            let mut last = 0;
            for (r, d) in &batches {
                last = state.step(&burst, *r, *d, hits as f64 / all as f64);
            }
            prop_assert_eq!(last, *states(&batches, s, gamma).last().unwrap());
        }

        #[test]
        fn any_input_gives_a_state(r in any::<u64>(), d in any::<u64>(), p0 in any::<f64>(), s in any::<f64>(), gamma in any::<f64>()) {
            let mut state = BurstState::default();
            for _ in 0..3 {
                state.step(&Burst { s, gamma, batches: r }, r, d, p0);
                prop_assert!(state.lead.unwrap().is_finite());
            }
        }
    }
}
