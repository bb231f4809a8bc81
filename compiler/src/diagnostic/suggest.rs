//! "Did you mean": a suggestion only where it is very likely right, because a bad one is worse than none.

/// Longer names are not guessed at: a distance costs the product of two lengths.
const WRITTEN_MAX: usize = 256;

/// The candidate nearest to `written`: the same letters in another case, else one whose edit distance (a swap of
/// neighbours counts once) is at most a third of the length of `written`.
#[must_use]
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > WRITTEN_MAX {
        return None;
    }
    let limit = written.chars().count() / 3;
    let lower = written.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == written {
            continue;
        }
        if candidate.to_lowercase() == lower {
            return Some(candidate);
        }
        if candidate.chars().count().abs_diff(written.chars().count()) > limit {
            continue;
        }
        let distance = distance(written, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance over characters.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut above_letter: Option<char> = None;
    for (i, &a) in left.iter().enumerate() {
        let mut next = vec![i + 1];
        let mut left_letter: Option<char> = None;
        for (j, &b) in right.iter().enumerate() {
            let mut cost = (at(&row, j + 1) + 1).min(at(&next, j) + 1).min(at(&row, j) + usize::from(a != b));
            if above_letter == Some(b) && left_letter == Some(a) && j > 0 {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            next.push(cost);
            left_letter = Some(b);
        }
        above_letter = Some(a);
        before = std::mem::replace(&mut row, next);
    }
    at(&row, right.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("blusky", ["bluesky", "reddit"]), Some("bluesky"));
        assert_eq!(did_you_mean("auhtor", ["author"]), Some("author"));
        assert_eq!(did_you_mean("DE", ["de", "en"]), Some("de"));
        assert_eq!(did_you_mean("xx", ["x", "en"]), None);
        assert_eq!(did_you_mean("volume", ["voices", "mood"]), None);
    }

    #[test]
    fn a_swap_counts_once_and_an_empty_word_costs_its_length() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
