//! "Did you mean": only where the distance is at most a third of the name's length, or case alone differs. A bad
//! suggestion is worse than none.

/// Longer words are never misspellings of ours; the limit keeps the distance cheap whatever the input.
const WORD_MAX: usize = 40;

/// The nearest of `known`, if it is near enough.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > WORD_MAX {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    known
        .into_iter()
        .filter_map(|name| {
            if name.eq_ignore_ascii_case(word) {
                return (name != word).then_some((0, name));
            }
            let distance = distance(&letters, name);
            (distance * 3 <= name.chars().count().max(letters.len()) && distance > 0).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Edits between two words; two neighbouring letters that changed places count as one.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&back, j + 1) + 1).min(get(&row, j) + 1).min(get(&back, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(get(&two_back, j - 1) + 1);
            }
            row.push(best);
        }
        two_back = std::mem::replace(&mut back, row);
    }
    back.last().copied().unwrap_or(usize::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let known = ["window", "match", "measure", "show"];
        assert_eq!(nearest("windw", known), Some("window"));
        assert_eq!(nearest("mesaure", known), Some("measure"));
        assert_eq!(nearest("Match", known), Some("match"));
        assert_eq!(nearest("shot", known), Some("show"));
        assert_eq!(nearest("snow", known), Some("show"));
        assert_eq!(nearest("wander", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
