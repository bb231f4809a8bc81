//! Places of a text in bytes of UTF-8 and in units of UTF-16.

/// The units of a text before each of its bytes.
#[derive(Debug)]
pub struct Units(Vec<u32>);

impl Units {
    pub fn new(text: &str) -> Self {
        let mut before = Vec::with_capacity(text.len() + 1);
        let mut units = 0;
        for c in text.chars() {
            before.extend(std::iter::repeat_n(units, c.len_utf8()));
            units += if c.len_utf16() == 2 { 2 } else { 1 };
        }
        before.push(units);
        Self(before)
    }

    /// The units before a byte; behind the text all of them.
    pub fn of(&self, byte: u32) -> u32 {
        self.0.get(byte as usize).or(self.0.last()).copied().unwrap_or_default()
    }

    /// The first byte that has so many units before it.
    pub fn byte(&self, units: u32) -> u32 {
        let at = self.0.partition_point(|before| *before < units).min(self.0.len().saturating_sub(1));
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    #[test]
    fn bytes_and_units_turn_into_each_other() {
        let text = "aé😡b";
        let units = Units::new(text);
        let places: Vec<(u32, u32)> =
            text.char_indices().map(|(at, _)| at as u32).map(|at| (at, units.of(at))).collect();
        assert_eq!(places, [(0, 0), (1, 1), (3, 2), (7, 4)]);
        assert_eq!([units.of(8), units.of(99)], [5, 5]);
        assert!(places.iter().all(|(byte, at)| units.byte(*at) == *byte));
        assert_eq!([units.byte(5), units.byte(99)], [8, 8]);
        // Half of a pair is what follows the character.
        assert_eq!(units.byte(3), 7);
    }
}
