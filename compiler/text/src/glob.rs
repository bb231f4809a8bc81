//! Wildcards over the key of a token: `*` is any run of characters, `?` is one. A last `*` is the only one that is ever
//! tried again, so the work is bounded by key times pattern, whatever the pattern.

/// What one place of a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Char(char),
    One,
    Any,
}

/// A pattern that is ready to compare.
///
/// ```
/// use mon_text::glob::Glob;
///
/// let glob = Glob::new("colo?r*");
/// assert!(glob.matches("colours") && !glob.matches("color"));
/// assert_eq!((glob.prefix(), glob.needle()), ("colo", "colo"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    places: Vec<Place>,
    prefix: String,
    needle: String,
    /// Bytes of all literal pieces: a shorter key cannot be it.
    bytes_min: usize,
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.places.iter().try_for_each(|place| match place {
            Place::Any => f.write_str("*"),
            Place::One => f.write_str("?"),
            Place::Char(c @ ('*' | '?' | '\\')) => write!(f, "\\{c}"),
            Place::Char(c) => write!(f, "{c}"),
        })
    }
}

impl Glob {
    /// Reads a canonical pattern; a backslash makes the sign behind it stand for itself.
    pub fn new(canonical: &str) -> Self {
        let mut places = Vec::with_capacity(canonical.len());
        let mut pieces = vec![String::new()];
        let mut chars = canonical.chars();
        while let Some(c) = chars.next() {
            let place = match c {
                '*' => Place::Any,
                '?' => Place::One,
                '\\' => Place::Char(chars.next().unwrap_or(c)),
                _ => Place::Char(c),
            };
            match (place, pieces.last_mut()) {
                (Place::Char(c), Some(piece)) => piece.push(c),
                _ => pieces.push(String::new()),
            }
            if place != Place::Any || places.last() != Some(&Place::Any) {
                places.push(place);
            }
        }
        let bytes_min = pieces.iter().map(String::len).sum();
        let prefix = pieces.first().cloned().unwrap_or_default();
        let needle = pieces
            .into_iter()
            .reduce(|best, piece| if piece.len() > best.len() { piece } else { best })
            .unwrap_or_default();
        Self { places, prefix, needle, bytes_min }
    }

    /// Whether the whole key is of this pattern.
    pub fn matches(&self, key: &str) -> bool {
        if key.len() < self.bytes_min || !key.starts_with(&self.prefix) {
            return false;
        }
        let (mut places, mut rest) = (self.places.as_slice(), key.chars());
        // Where to go on when the text behind the last `*` turns out to be another.
        let mut again: Option<(&[Place], std::str::Chars<'_>)> = None;
        loop {
            match places.split_first() {
                Some((Place::Any, [])) => return true,
                Some((Place::Any, behind)) => {
                    places = behind;
                    again = Some((behind, rest.clone()));
                    continue;
                }
                Some((place, behind)) => {
                    let Some(c) = rest.next() else { return false };
                    if *place == Place::One || *place == Place::Char(c) {
                        places = behind;
                        continue;
                    }
                }
                None if rest.as_str().is_empty() => return true,
                None => {}
            }
            let Some((behind, from)) = &mut again else { return false };
            if from.next().is_none() {
                return false;
            }
            (places, rest) = (*behind, from.clone());
        }
    }

    /// The literal before the first wildcard; every key that matches begins with it.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The longest literal piece; every key that matches has it.
    pub fn needle(&self) -> &str {
        &self.needle
    }
}

#[cfg(test)]
mod tests {
    use super::{Glob, Place};
    use proptest::prelude::*;

    #[test]
    fn takes_what_the_wildcards_say() {
        let cases: [(&str, &[&str], &[&str]); 12] = [
            ("*gate", &["gate", "watergate", "gategate"], &["gates", "gat", ""]),
            ("colo?r", &["colour", "coloor", "coloér"], &["color", "colouur"]),
            ("c*h", &["ch", "crash", "chh"], &["crashes", "c", "hc"]),
            ("a*b*c", &["abc", "axbxc", "abcbc"], &["acb", "ab", "abcd"]),
            ("#*gate", &["#watergate"], &["watergate", "#gates"]),
            ("@acme_??", &["@acme_de"], &["@acme_d", "@acme_deu"]),
            ("*", &["", "a", "京都"], &[]),
            ("?", &["a", "é", "京"], &["", "ab"]),
            ("", &[""], &["a"]),
            ("*a*", &["a", "ba", "ab", "bab"], &["", "b"]),
            ("\\*\\?\\\\", &["*?\\"], &["a?\\", "*?"]),
            ("кра?*", &["крах", "краска"], &["кра"]),
        ];
        for (pattern, hits, misses) in cases {
            let glob = Glob::new(pattern);
            for hit in hits {
                assert!(glob.matches(hit), "{pattern} takes {hit}");
            }
            for miss in misses {
                assert!(!glob.matches(miss), "{pattern} does not take {miss}");
            }
        }
    }

    #[test]
    fn tells_its_literal_pieces() {
        let cases = [
            ("crash*", "crash", "crash"),
            ("*gate", "", "gate"),
            ("c*ash", "c", "ash"),
            ("ab*cd", "ab", "ab"),
            ("?", "", ""),
            ("a\\*b?", "a*b", "a*b"),
        ];
        for (pattern, prefix, needle) in cases {
            let glob = Glob::new(pattern);
            assert_eq!((glob.prefix(), glob.needle()), (prefix, needle), "{pattern}");
        }
    }

    #[test]
    fn many_wildcards_take_no_long_time() {
        let glob = Glob::new(&"a*".repeat(100).replace("a*a*", "a*?*a*"));
        assert!(!glob.matches(&"a".repeat(40)));
        let glob = Glob::new(&format!("{}b", "*a".repeat(60)));
        assert!(!glob.matches(&"a".repeat(5_000)));
    }

    /// The plain reading of a pattern: every way to share out the text.
    fn naive(places: &[Place], text: &[char]) -> bool {
        match places.split_first() {
            None => text.is_empty(),
            Some((Place::Any, behind)) => (0..=text.len()).any(|taken| naive(behind, &text[taken..])),
            Some((Place::One, behind)) => !text.is_empty() && naive(behind, &text[1..]),
            Some((Place::Char(c), behind)) => text.first() == Some(c) && naive(behind, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_plain_reading(pattern in "[abé*?]{0,8}", key in "[abé]{0,10}") {
            let glob = Glob::new(&pattern);
            let chars: Vec<char> = key.chars().collect();
            let matched = glob.matches(&key);
            prop_assert_eq!(matched, naive(&glob.places, &chars));
            prop_assert!(!matched || (key.starts_with(glob.prefix()) && key.contains(glob.needle())));
        }

        #[test]
        fn any_pattern_is_read(pattern in any::<String>(), key in any::<String>()) {
            Glob::new(&pattern).matches(&key);
        }
    }
}
