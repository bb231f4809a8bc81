//! The most frequent items of a stream in bounded memory, each with the error that its count may have.
//!
//! What depends on order: nothing, while no more different items come than the capacity holds. After that the bounds hold in any
//! order, and every item with a count above `floor` is held, but which of the rare items are held beside those, and how
//! far a count is above the truth, depends on the order in which they came. Ties are broken by the items themselves and never by
//! memory or hashing, so the same items in the same order give the same state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// An item with what is known of its count: `count - error <= true count <= count`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<K> {
    /// The item.
    pub item: K,
    /// At most this often it came.
    pub count: u64,
    /// At most this much of the count is not its own.
    pub error: u64,
}

/// Counts of the most frequent items (Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in
/// data streams", ICDT 2005). With capacity k and N counted in all, no error is above `N / k`, and every item that came
/// more often than that is held. Counts stay at the largest number where they would overflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "Stored<K>",
    into = "Stored<K>",
    bound(serialize = "K: Ord + Clone + Serialize", deserialize = "K: Ord + Clone + Deserialize<'de>")
)]
pub struct SpaceSaving<K: Ord + Clone> {
    capacity: usize,
    total: u64,
    floor: u64,
    /// Count and error.
    held: BTreeMap<K, (u64, u64)>,
    /// The same items by count, so that the least is found at once.
    by_count: BTreeSet<(u64, K)>,
}

/// The form in which it is written down.
#[derive(Clone, Serialize, Deserialize)]
struct Stored<K> {
    capacity: usize,
    total: u64,
    floor: u64,
    held: Vec<Counted<K>>,
}

impl<K: Ord + Clone> SpaceSaving<K> {
    /// Room for `capacity` items, at least one.
    pub fn new(capacity: usize) -> SpaceSaving<K> {
        SpaceSaving { capacity: capacity.max(1), total: 0, floor: 0, held: BTreeMap::new(), by_count: BTreeSet::new() }
    }

    /// Counts an item `times` times. Where there is no room the item with the smallest count makes way, of these the smallest
    /// item; the new one takes its count over as error.
    pub fn add(&mut self, item: K, times: u64) {
        if times == 0 {
            return;
        }
        self.total = self.total.saturating_add(times);
        let (count, error) = match self.held.get(&item) {
            Some((count, error)) => (count.saturating_add(times), *error),
            None => {
                if self.held.len() >= self.capacity
                    && let Some((least, gone)) = self.by_count.pop_first()
                {
                    self.held.remove(&gone);
                    self.floor = self.floor.max(least);
                }
                (self.floor.saturating_add(times), self.floor)
            }
        };
        self.put(item, count, error);
    }

    /// Takes in what another one has counted (Agarwal et al., "Mergeable summaries", TODS 2013): counts are added, with the
    /// other's floor where the other does not hold an item. The smaller of the two capacities remains. Merging a into b
    /// gives the same as b into a; of three, the order in which they are merged may show in the rare items.
    pub fn merge(&mut self, other: &SpaceSaving<K>) {
        let floor = self.floor.saturating_add(other.floor);
        let mut all: BTreeMap<K, (u64, u64)> = BTreeMap::new();
        for (item, (count, error)) in &self.held {
            let (more, unsure) = other.held.get(item).copied().unwrap_or((other.floor, other.floor));
            all.insert(item.clone(), (count.saturating_add(more), error.saturating_add(unsure)));
        }
        for (item, (count, error)) in &other.held {
            let sums = || (count.saturating_add(self.floor), error.saturating_add(self.floor));
            all.entry(item.clone()).or_insert_with(sums);
        }
        self.capacity = self.capacity.min(other.capacity);
        self.total = self.total.saturating_add(other.total);
        self.floor = floor;
        self.held.clear();
        self.by_count.clear();
        for (item, (count, error)) in all {
            self.put(item, count, error);
        }
        while self.held.len() > self.capacity {
            let Some((least, gone)) = self.by_count.pop_first() else { break };
            self.held.remove(&gone);
            self.floor = self.floor.max(least);
        }
    }

    fn put(&mut self, item: K, count: u64, error: u64) {
        if let Some((before, _)) = self.held.insert(item.clone(), (count, error)) {
            self.by_count.remove(&(before, item.clone()));
        }
        self.by_count.insert((count, item));
    }

    /// The `n` items with the largest counts, in that order; of equal counts the smaller item first.
    pub fn top(&self, n: usize) -> Vec<Counted<K>> {
        let mut all: Vec<Counted<K>> = self
            .held
            .iter()
            .map(|(item, (count, error))| Counted { item: item.clone(), count: *count, error: *error })
            .collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.item.cmp(&b.item)));
        all.truncate(n);
        all
    }

    /// What is known of an item that is held; of one that is not, that it came at most [`SpaceSaving::floor`] times.
    pub fn get(&self, item: &K) -> Option<Counted<K>> {
        self.held.get(item).map(|(count, error)| Counted { item: item.clone(), count: *count, error: *error })
    }

    /// How often an item that is not held may have come at most. 0: nothing was ever left out, and all counts are exact.
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// All that was counted.
    pub fn total(&self) -> u64 {
        self.total
    }
}

impl<K: Ord + Clone> From<Stored<K>> for SpaceSaving<K> {
    fn from(stored: Stored<K>) -> SpaceSaving<K> {
        let mut read = SpaceSaving::new(stored.capacity);
        (read.total, read.floor) = (stored.total, stored.floor);
        for Counted { item, count, error } in stored.held {
            read.put(item, count, error);
        }
        read
    }
}

impl<K: Ord + Clone> From<SpaceSaving<K>> for Stored<K> {
    fn from(sketch: SpaceSaving<K>) -> Stored<K> {
        let held = sketch.top(usize::MAX);
        Stored { capacity: sketch.capacity, total: sketch.total, floor: sketch.floor, held }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Counted, SpaceSaving};

    fn of(capacity: usize, items: &[u8]) -> SpaceSaving<u8> {
        let mut sketch = SpaceSaving::new(capacity);
        items.iter().for_each(|item| sketch.add(*item, 1));
        sketch
    }

    #[test]
    fn the_least_makes_way_and_leaves_its_count_as_error() {
        let sketch = of(2, b"aaabc");
        assert_eq!(
            sketch.top(9),
            [Counted { item: b'a', count: 3, error: 0 }, Counted { item: b'c', count: 2, error: 1 }]
        );
        assert_eq!((sketch.floor(), sketch.total(), sketch.get(&b'b')), (1, 5, None));
    }

    #[test]
    fn it_reads_what_it_wrote() {
        let sketch = of(3, b"abracadabra");
        let written = serde_json::to_string(&sketch).unwrap();
        assert_eq!(serde_json::from_str::<SpaceSaving<u8>>(&written).unwrap(), sketch);
    }

    fn holds(sketch: &SpaceSaving<u8>, items: &[u8], capacity: usize) -> Result<(), TestCaseError> {
        let mut truth: BTreeMap<u8, u64> = BTreeMap::new();
        items.iter().for_each(|item| *truth.entry(*item).or_default() += 1);
        prop_assert!(sketch.held.len() <= capacity && sketch.held.len() == sketch.by_count.len());
        prop_assert!(sketch.floor() <= items.len() as u64 / capacity as u64, "{:?}", sketch);
        for (item, count) in truth {
            match sketch.get(&item) {
                Some(told) => prop_assert!(told.count >= count && told.count - told.error <= count, "{:?}", told),
                None => prop_assert!(count <= sketch.floor()),
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn the_bounds_hold_in_any_order(items in prop::collection::vec(0_u8..20, 0..200), capacity in 1_usize..12) {
            holds(&of(capacity, &items), &items, capacity)?;
        }

        #[test]
        fn with_room_for_all_order_does_not_matter(mut items in prop::collection::vec(0_u8..9, 0..80)) {
            let sketch = of(9, &items);
            items.sort_unstable();
            prop_assert_eq!(sketch, of(9, &items));
        }

        #[test]
        fn merged_bounds_hold_either_way(
            left in prop::collection::vec(0_u8..20, 0..150), right in prop::collection::vec(0_u8..20, 0..150),
            capacity in 1_usize..12,
        ) {
            let (a, b) = (of(capacity, &left), of(capacity, &right));
            let (mut ab, mut ba) = (a.clone(), b.clone());
            ab.merge(&b);
            ba.merge(&a);
            prop_assert_eq!(&ab, &ba);
            holds(&ab, &[left, right].concat(), capacity)?;
        }
    }
}
