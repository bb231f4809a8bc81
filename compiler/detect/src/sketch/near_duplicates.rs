//! Texts that are nearly the same, without comparing each with each: a signature of fixed size a text, and bands of it that
//! bring likely pairs together.
//!
//! What depends on order: the clusters do not. Two texts are linked if their signatures agree, whichever came first, and a
//! cluster is what hangs together; it is called by its smallest member. While texts still come, a cluster holds what has
//! come: two clusters may turn out to be one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many words in a row make a shingle.
pub const SHINGLE_WORDS: usize = 5;
/// How many permutations a signature has; its estimate of a similarity s has the standard error `sqrt(s (1-s) / 64)`, 0.05 at
/// 0.8.
pub const PERMUTATIONS: usize = 64;
/// How many of them must agree in near duplicates: the first number that is at least 0.8 of them.
pub const NEAR_AGREEMENT: usize = 52;
/// Values in a band. Near duplicates differ in at most 12 values, which can't spoil all of the 16 bands: each such pair shares a
/// band, so that bands lose none. A pair of similarity 0.3 shares one with probability 0.12.
const BAND_VALUES: usize = 4;
/// The prime 2^61 - 1, over which the permutations are linear.
const PRIME: u64 = (1 << 61) - 1;
/// From which the permutations are drawn. Written signatures are worth nothing under another.
const SEED: u64 = 0x6d6f_6e2d_6465_7465;

/// The smallest value of a text's shingles under each permutation (Broder, "On the resemblance and containment of
/// documents", 1997). The share of values in which two signatures agree estimates the Jaccard similarity of the sets of
/// shingles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature(Vec<u64>);

impl Signature {
    /// The signature of a text in tokens (folded as the caller compares them). A text of fewer than five is one shingle.
    /// `None` without tokens.
    pub fn of<T: AsRef<str>>(tokens: &[T]) -> Option<Signature> {
        if tokens.is_empty() {
            return None;
        }
        let mut drawn = SEED;
        let permutations: [(u64, u64); PERMUTATIONS] =
            std::array::from_fn(|_| (1 + draw(&mut drawn) % (PRIME - 1), draw(&mut drawn) % PRIME));
        let mut values = vec![u64::MAX; PERMUTATIONS];
        for shingle in tokens.windows(SHINGLE_WORDS.min(tokens.len())) {
            let hash = hash(shingle) % PRIME;
            for (value, (factor, offset)) in values.iter_mut().zip(&permutations) {
                *value = (*value).min(permuted(hash, *factor, *offset));
            }
        }
        Some(Signature(values))
    }

    /// In how many of the 64 permutations two texts agree.
    pub fn agreement(&self, other: &Signature) -> usize {
        self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count()
    }

    /// The estimated Jaccard similarity, 0..1.
    pub fn similarity(&self, other: &Signature) -> f64 {
        self.agreement(other) as f64 / PERMUTATIONS as f64
    }
}

/// `(factor hash + offset) mod (2^61 - 1)`; the prime's form makes two additions of the division.
fn permuted(hash: u64, factor: u64, offset: u64) -> u64 {
    let product = u128::from(factor) * u128::from(hash) + u128::from(offset);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// FNV-1a of 64 bits over the tokens, each closed by a byte that no UTF-8 holds; mixed, since FNV's low bits are weak.
fn hash<T: AsRef<str>>(tokens: &[T]) -> u64 {
    let bytes = tokens.iter().flat_map(|token| token.as_ref().bytes().chain([0xff]));
    let mut state = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    draw(&mut state)
}

/// The next number of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Clusters of texts that are nearly the same: linked are those whose signatures agree in at least [`NEAR_AGREEMENT`]
/// values. Texts with the same signature are compared as one; texts that are alike but not the same are compared
/// with each other, so that n of them cost n² comparisons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "Vec<(I, Signature)>",
    into = "Vec<(I, Signature)>",
    bound(serialize = "I: Ord + Clone + Serialize", deserialize = "I: Ord + Clone + Deserialize<'de>")
)]
pub struct NearDuplicates<I: Ord + Clone> {
    texts: BTreeMap<I, Signature>,
    /// For each signature the smallest text that has it.
    same: BTreeMap<Signature, I>,
    /// The signatures that share a band, by its number and its values.
    bands: BTreeMap<(usize, Vec<u64>), Vec<Signature>>,
    /// Each text's way to the smallest of its cluster, which leads to itself.
    towards: BTreeMap<I, I>,
}

impl<I: Ord + Clone> Default for NearDuplicates<I> {
    fn default() -> Self {
        NearDuplicates {
            texts: BTreeMap::new(),
            same: BTreeMap::new(),
            bands: BTreeMap::new(),
            towards: BTreeMap::new(),
        }
    }
}

impl<I: Ord + Clone> NearDuplicates<I> {
    /// Takes a text in and gives the smallest member of the cluster that it is in now. A text that is here already, under
    /// this identifier, is not changed.
    pub fn insert(&mut self, id: I, signature: Signature) -> I {
        if !self.texts.contains_key(&id) {
            self.texts.insert(id.clone(), signature.clone());
            self.towards.insert(id.clone(), id.clone());
            match self.same.get(&signature).cloned() {
                Some(other) => {
                    self.same.insert(signature, other.clone().min(id.clone()));
                    self.unite(&id, &other);
                }
                None => self.link(&id, signature),
            }
        }
        self.root(&id)
    }

    /// Links a text of a new signature to all that are near.
    fn link(&mut self, id: &I, signature: Signature) {
        let keys: Vec<(usize, Vec<u64>)> = signature.0.chunks(BAND_VALUES).map(<[u64]>::to_vec).enumerate().collect();
        let mut near: Vec<&Signature> = keys
            .iter()
            .filter_map(|key| self.bands.get(key))
            .flatten()
            .filter(|other| signature.agreement(other) >= NEAR_AGREEMENT)
            .collect();
        near.sort();
        near.dedup();
        let near: Vec<I> = near.into_iter().filter_map(|other| self.same.get(other).cloned()).collect();
        for other in near {
            self.unite(id, &other);
        }
        for key in keys {
            self.bands.entry(key).or_default().push(signature.clone());
        }
        self.same.insert(signature, id.clone());
    }

    fn unite(&mut self, a: &I, b: &I) {
        let (a, b) = (self.root(a), self.root(b));
        let (least, other) = if a <= b { (a, b) } else { (b, a) };
        self.towards.insert(other, least);
    }

    fn root(&mut self, id: &I) -> I {
        let root = self.look_up(id).unwrap_or_else(|| id.clone());
        // The way is short the next time.
        let mut at = id.clone();
        while at != root {
            let Some(next) = self.towards.insert(at, root.clone()) else { break };
            at = next;
        }
        root
    }

    fn look_up(&self, id: &I) -> Option<I> {
        let mut at = id;
        loop {
            let next = self.towards.get(at)?;
            if next == at {
                return Some(at.clone());
            }
            at = next;
        }
    }

    /// The smallest member of a text's cluster; `None` for a text that is not here.
    pub fn cluster(&self, id: &I) -> Option<I> {
        self.look_up(id)
    }

    /// All clusters of at least `size` texts, by their smallest member; members in ascending order.
    pub fn clusters(&self, size: usize) -> Vec<Vec<I>> {
        let mut all: BTreeMap<I, Vec<I>> = BTreeMap::new();
        for id in self.texts.keys() {
            if let Some(root) = self.look_up(id) {
                all.entry(root).or_default().push(id.clone());
            }
        }
        all.into_values().filter(|members| members.len() >= size).collect()
    }

    /// Forgets the texts that `keep` refuses. What hung together only through them does so no more.
    pub fn retain(&mut self, mut keep: impl FnMut(&I) -> bool) {
        let texts = std::mem::take(&mut self.texts);
        *self = texts.into_iter().filter(|(id, _)| keep(id)).collect::<Vec<_>>().into();
    }

    /// How many texts are here.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether none is here.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

impl<I: Ord + Clone> From<Vec<(I, Signature)>> for NearDuplicates<I> {
    fn from(texts: Vec<(I, Signature)>) -> Self {
        let mut clusters = NearDuplicates::default();
        for (id, signature) in texts {
            clusters.insert(id, signature);
        }
        clusters
    }
}

impl<I: Ord + Clone> From<NearDuplicates<I>> for Vec<(I, Signature)> {
    fn from(clusters: NearDuplicates<I>) -> Self {
        clusters.texts.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{NEAR_AGREEMENT, NearDuplicates, Signature};

    fn words(from: u32, to: u32) -> Vec<String> {
        (from..to).map(|n| format!("word{n}")).collect()
    }

    fn signature(tokens: &[String]) -> Signature {
        Signature::of(tokens).unwrap()
    }

    #[test]
    fn a_text_with_another_ending_is_near_and_another_text_is_not() {
        let mut clusters = NearDuplicates::default();
        assert_eq!(clusters.insert(7, signature(&words(0, 60))), 7);
        assert_eq!(clusters.insert(9, signature(&words(100, 160))), 9);
        // 56 shingles and 57, of which 56 are common.
        assert_eq!(clusters.insert(3, signature(&words(0, 61))), 3);
        assert_eq!(clusters.insert(5, signature(&words(0, 60))), 3);
        assert_eq!((clusters.cluster(&7), clusters.cluster(&4)), (Some(3), None));
        assert_eq!(clusters.clusters(1), [vec![3, 5, 7], vec![9]]);
        clusters.retain(|id| *id != 3);
        assert_eq!(clusters.clusters(2), [[5, 7]]);
        let written = serde_json::to_string(&clusters).unwrap();
        assert_eq!(serde_json::from_str::<NearDuplicates<i32>>(&written).unwrap().clusters(1), clusters.clusters(1));
    }

    #[test]
    fn short_texts_are_one_shingle() {
        assert_eq!(Signature::of::<&str>(&[]), None);
        assert_eq!(Signature::of(&["a", "b"]), Signature::of(&["a", "b"]));
        assert_eq!(Signature::of(&["ab"]).unwrap().agreement(&Signature::of(&["a", "b"]).unwrap()), 0);
    }

    /// Written down once: another value would make signatures of a stored state worthless without a word.
    #[test]
    fn signatures_stay_what_they_are() {
        let Signature(values) = signature(&words(0, 9));
        assert_eq!(values[..2], [720_232_388_339_397_357, 63_489_492_903_097_832]);
    }

    fn jaccard(a: &[String], b: &[String]) -> f64 {
        let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.windows(5).collect(), b.windows(5).collect());
        a.intersection(&b).count() as f64 / a.union(&b).count() as f64
    }

    proptest! {
        #[test]
        fn the_estimate_is_near_the_jaccard_similarity(start in 0_u32..100_000, shared in 5_u32..90, own in 0_u32..60) {
            let (a, b) = (words(start, start + 60), words(start + 60 - shared.min(60), start + 60 + own));
            // Six standard errors of 64 draws.
            let slack = 6.0 * 0.0625;
            if b.len() >= 5 {
                let estimate = signature(&a).similarity(&signature(&b));
                prop_assert!((estimate - jaccard(&a, &b)).abs() <= slack, "{} {}", estimate, jaccard(&a, &b));
            }
        }

        #[test]
        fn clusters_do_not_depend_on_order(lengths in prop::collection::vec(20_u32..26, 1..25), by in 0_usize..25) {
            let texts: Vec<(usize, Signature)> =
                lengths.iter().enumerate().map(|(id, length)| (id, signature(&words(0, length * length / 8)))).collect();
            let (mut ahead, mut back) = (NearDuplicates::default(), NearDuplicates::default());
            for at in 0..texts.len() {
                let (id, one) = &texts[at];
                ahead.insert(*id, one.clone());
                let (id, one) = &texts[(2 * texts.len() - 1 - at + by) % texts.len()];
                back.insert(*id, one.clone());
            }
            prop_assert_eq!(ahead.clusters(1), back.clusters(1));
            for (id, one) in &texts {
                for (other_id, other) in &texts {
                    if one.agreement(other) >= NEAR_AGREEMENT {
                        prop_assert_eq!(ahead.cluster(id), ahead.cluster(other_id));
                    }
                }
            }
        }
    }
}
