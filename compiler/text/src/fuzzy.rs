//! Words a typing mistake or two away: letters left out, added, taken for others, or two neighbours that changed places.
//! The distance is that of optimal string alignment; no letter is changed twice.

/// Whether `key` is at most `edits` edits away from `wanted`. Edits are tried one by one from the first letter that
/// differs, which for the one or two that a term may have is less work than a table.
///
/// ```
/// use mon_text::fuzzy::within;
///
/// assert!(within(1, "acme", "amce") && within(1, "acme", "acmes"));
/// assert!(!within(1, "acme", "came4"));
/// ```
pub fn within(edits: u8, wanted: &str, key: &str) -> bool {
    // An edit adds or takes one character, of four bytes at most.
    let apart = wanted.len().abs_diff(key.len());
    let step = if wanted.is_ascii() && key.is_ascii() { 1 } else { 4 };
    apart <= usize::from(edits) * step && reaches(edits, wanted, key)
}

fn reaches(edits: u8, wanted: &str, key: &str) -> bool {
    let (mut left, mut right) = (wanted.chars(), key.chars());
    loop {
        // Letters that are the same need no edit, and never gain by one.
        let (wanted, key) = (left.as_str(), right.as_str());
        let (a, b) = match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(_), None) => return wanted.chars().count() <= usize::from(edits),
            (None, Some(_)) => return key.chars().count() <= usize::from(edits),
            (Some(a), Some(b)) => (a, b),
        };
        if a == b {
            continue;
        }
        let Some(edits) = edits.checked_sub(1) else { return false };
        let swapped = || {
            let (mut left, mut right) = (left.clone(), right.clone());
            left.next() == Some(b) && right.next() == Some(a) && reaches(edits, left.as_str(), right.as_str())
        };
        return reaches(edits, left.as_str(), right.as_str())
            || reaches(edits, left.as_str(), key)
            || reaches(edits, wanted, right.as_str())
            || swapped();
    }
}

#[cfg(test)]
mod tests {
    use super::within;
    use proptest::prelude::*;

    #[test]
    fn counts_edits_and_one_for_a_swap() {
        let cases = [
            ("acme", "acme", 0),
            ("acme", "acne", 1),
            ("acme", "acm", 1),
            ("acme", "acmee", 1),
            ("acme", "cme", 1),
            ("acme", "amce", 1),
            ("acme", "caem", 2),
            ("acme", "acm3s", 2),
            ("müller", "muller", 1),
            ("ca", "abc", 3),
            ("обувь", "обуви", 1),
            ("", "ab", 2),
        ];
        for (wanted, key, distance) in cases {
            for edits in 0..4 {
                assert_eq!(within(edits, wanted, key), distance <= edits, "{wanted} {key} ~{edits}");
                assert_eq!(within(edits, key, wanted), distance <= edits, "{key} {wanted} ~{edits}");
            }
        }
    }

    /// The distance by its table.
    fn distance(wanted: &str, key: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (wanted.chars().collect(), key.chars().collect());
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let same = usize::from(a[i - 1] != b[j - 1]);
                    let plain = (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + same);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        plain.min(table[i - 2][j - 2] + 1)
                    } else {
                        plain
                    }
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_table(wanted in "[abcé漢]{0,8}", key in "[abcé漢]{0,8}", edits in 0u8..4) {
            prop_assert_eq!(within(edits, &wanted, &key), distance(&wanted, &key) <= usize::from(edits));
        }

        #[test]
        fn one_edit_of_any_text_is_found(text in any::<String>(), at in any::<prop::sample::Index>(), c in any::<char>()) {
            let mut chars: Vec<char> = text.chars().collect();
            chars.insert(at.index(chars.len() + 1), c);
            let more: String = chars.into_iter().collect();
            prop_assert!(within(1, &text, &more) && within(1, &more, &text));
        }
    }
}
