//! Random numbers that are the same for a seed on every machine, now and later: xoshiro256** seeded by splitmix64,
//! and whole-number arithmetic only.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    a: u64,
    b: u64,
    c: u64,
    d: u64,
}

/// Spreads a number over all 64 bits.
#[must_use]
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The stream of a seed; streams of different names are independent.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let a = mix(seed ^ mix(stream));
        let b = mix(a);
        let c = mix(b);
        Self { a, b, c, d: mix(c) }
    }

    pub fn next(&mut self) -> u64 {
        let result = self.b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = self.b << 17;
        self.c ^= self.a;
        self.d ^= self.b;
        self.b ^= self.c;
        self.a ^= self.d;
        self.c ^= t;
        self.d = self.d.rotate_left(45);
        result
    }

    /// From 0 to `bound - 1`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// As [`Random::below`], for moments and spans.
    pub fn span(&mut self, bound: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(bound).unwrap_or_default())).unwrap_or_default()
    }

    /// True `share` times in a thousand.
    pub fn mille(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// One of the items; the default where there is none.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let at = usize::try_from(self.below(items.len() as u64)).unwrap_or_default();
        items.get(at).copied().unwrap_or_default()
    }

    /// The place that a random point falls on, weights given as running sums.
    pub fn weighted(&mut self, sums: &[u64]) -> usize {
        let point = self.below(sums.last().copied().unwrap_or_default());
        sums.partition_point(|sum| *sum <= point)
    }

    /// A heavy-tailed count, about log-normal: median `1 << middle`, a factor of about 5 for each standard deviation.
    pub fn heavy(&mut self, middle: u64) -> i64 {
        // Eight dice of 0..4096 are nearly normal: mean 16,380, deviation 3,344. One deviation is 2.3 doublings.
        let dice: u64 = (0..8).map(|_| self.below(4_096)).sum();
        let doublings = (middle * 4_096 + dice * 45 / 16).saturating_sub(16_380 * 45 / 16);
        let (whole, part) = (doublings / 4_096, doublings % 4_096);
        i64::try_from((1_u64 << whole.min(40)) * (4_096 + part) / 4_096).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_change() {
        let mut random = Random::new(11, 0);
        let first: Vec<u64> = (0..3).map(|_| random.below(1_000_000)).collect();
        expect_test::expect![[r#"
            [
                500786,
                547573,
                932969,
            ]
        "#]]
        .assert_debug_eq(&first);
    }

    #[test]
    fn counts_have_a_long_tail_around_their_middle() {
        let mut random = Random::new(1, 1);
        let mut counts: Vec<i64> = (0..10_000).map(|_| random.heavy(8)).collect();
        counts.sort_unstable();
        assert!((200..330).contains(&counts[5_000]), "{}", counts[5_000]);
        assert!(counts[9_990] > 20_000 && counts[10] < 8, "{} {}", counts[9_990], counts[10]);
    }
}
