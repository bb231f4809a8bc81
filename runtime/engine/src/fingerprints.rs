//! A set of 64-bit fingerprints that takes little more than the eight bytes of each: 10.7 to 13.3 in all.
//!
//! Cells lie in shards by the first byte, so that what grows is never copied as a whole. Within a shard a fingerprint lies at
//! the place that is to its cells as its other bytes are to all that they could be, or in the next cell that was free
//! (linear probing; a quarter of the cells is always free).

const SHARDS: usize = 256;
/// Cells of a shard that holds anything, at least.
const CELLS_MIN: usize = 8;
/// What stands in a free cell: the fingerprint 0 is kept as 1.
const FREE: u64 = 0;

/// The set. Fingerprints are parts of hashes: those that are not spread evenly are found, but slowly.
pub(crate) struct Fingerprints {
    shards: Vec<Shard>,
    len: usize,
}

#[derive(Clone, Default)]
struct Shard {
    cells: Vec<u64>,
    taken: usize,
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self { shards: vec![Shard::default(); SHARDS], len: 0 }
    }
}

impl Fingerprints {
    pub(crate) fn contains(&self, print: u64) -> bool {
        self.shards.get(shard(print)).is_some_and(|shard| shard.contains(print.max(1)))
    }

    /// False where it was there.
    pub(crate) fn insert(&mut self, print: u64) -> bool {
        let new = self.shards.get_mut(shard(print)).is_some_and(|shard| shard.insert(print.max(1)));
        self.len += usize::from(new);
        new
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes.
    pub(crate) fn size(&self) -> usize {
        let cells: usize = self.shards.iter().map(|shard| shard.cells.capacity()).sum();
        size_of::<u64>() * cells + size_of::<Shard>() * self.shards.capacity()
    }
}

const fn shard(print: u64) -> usize {
    (print >> 56) as usize
}

impl Shard {
    /// The first cell in which a fingerprint may lie.
    fn place(&self, print: u64) -> usize {
        let scaled = u128::from(print << 8) * self.cells.len() as u128;
        (scaled >> 64) as usize
    }

    fn contains(&self, print: u64) -> bool {
        let (before, from) = self.cells.split_at(self.place(print));
        from.iter().chain(before).take_while(|cell| **cell != FREE).any(|cell| *cell == print)
    }

    fn insert(&mut self, print: u64) -> bool {
        if 4 * (self.taken + 1) > 3 * self.cells.len() {
            self.grow();
        }
        let place = self.place(print);
        let (before, from) = self.cells.split_at_mut(place);
        for cell in from.iter_mut().chain(before) {
            if *cell == print {
                return false;
            }
            if *cell == FREE {
                *cell = print;
                self.taken += 1;
                return true;
            }
        }
        false
    }

    fn grow(&mut self) {
        let wider = (self.cells.len() + self.cells.len() / 4).max(CELLS_MIN);
        let cells = std::mem::replace(&mut self.cells, vec![FREE; wider]);
        self.taken = 0;
        for print in cells.into_iter().filter(|cell| *cell != FREE) {
            self.insert(print);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Numbers that look like parts of hashes.
    fn print(number: u64) -> u64 {
        let hash = blake3::hash(&number.to_le_bytes());
        u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap())
    }

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        let (mut prints, mut truth) = (Fingerprints::default(), HashSet::new());
        for number in 0..40_000 {
            let print = print(number % 30_000);
            assert_eq!(prints.insert(print), truth.insert(print));
        }
        assert_eq!(prints.len(), 30_000);
        assert!((0..30_000).all(|number| prints.contains(print(number))));
        assert!(!(30_000..60_000).any(|number| prints.contains(print(number))));
    }

    #[test]
    fn fingerprints_that_are_no_hashes_are_found_too() {
        let mut prints = Fingerprints::default();
        for print in (0..500).chain(u64::MAX - 500..=u64::MAX) {
            assert_eq!(prints.insert(print), print != 1, "0 and 1 are one: {print}");
        }
        assert!((0..500).chain(u64::MAX - 500..=u64::MAX).all(|print| prints.contains(print)));
        assert!(!prints.contains(500) && !prints.contains(1 << 56));
    }

    #[test]
    fn a_fingerprint_takes_less_than_fourteen_bytes() {
        let mut prints = Fingerprints::default();
        let mut most: f64 = 0.0;
        for number in 0..200_000 {
            prints.insert(print(number));
            if number > 100_000 {
                most = most.max(prints.size() as f64 / prints.len() as f64);
            }
        }
        assert!((10.0..14.0).contains(&most), "{most}");
    }
}
