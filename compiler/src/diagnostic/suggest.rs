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
    let (length, letters) = (written.chars().count(), letters(written));
    let limit = length / 3;
    let same = |candidate: &str| match (candidate.is_ascii(), written.is_ascii()) {
        (true, true) => candidate.eq_ignore_ascii_case(written),
        _ => candidate.to_lowercase() == written.to_lowercase(),
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == written {
            continue;
        }
        if same(candidate) {
            return Some(candidate);
        }
        let others = self::letters(candidate);
        // Each letter that only one of the two has needs an edit.
        let least = (letters & !others).count_ones().max((others & !letters).count_ones());
        if candidate.chars().count().abs_diff(length) > limit || least as usize > limit {
            continue;
        }
        let distance = distance(written, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The letters of a word, some of which share a bit.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |letters, c| letters | 1 << (u32::from(c) % 64))
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
