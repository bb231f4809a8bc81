//! "Did you mean": only where the distance is at most a third of the name's length, or case alone differs. A bad
//! suggestion is worse than none.

/// Longer words are never misspellings of ours; the limit keeps the distance cheap whatever the input.
const WORD_MAX: usize = 40;

/// A word that another one is near to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Near<'k> {
    pub word: &'k str,
    /// No other word is as near.
    pub alone: bool,
}

/// The nearest of `known`, if it is near enough; the first of several that are as near.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<Near<'k>> {
    if word.len() > WORD_MAX {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    let mut best: Option<(usize, Near<'k>)> = None;
    for name in known {
        let same = name.eq_ignore_ascii_case(word);
        let distance = if same { 0 } else { distance(&letters, name) };
        if name == word || distance * 3 > name.chars().count().max(letters.len()) {
            continue;
        }
        match &mut best {
            Some((least, near)) if *least == distance => near.alone &= near.word == name,
            Some((least, _)) if *least < distance => {}
            _ => best = Some((distance, Near { word: name, alone: true })),
        }
    }
    best.map(|(_, near)| near)
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
        let nearest = |word| nearest(word, ["window", "match", "measure", "show"]).map(|near| near.word);
        assert_eq!(nearest("windw"), Some("window"));
        assert_eq!(nearest("mesaure"), Some("measure"));
        assert_eq!(nearest("Match"), Some("match"));
        assert_eq!(nearest("shot"), Some("show"));
        assert_eq!(nearest("snow"), Some("show"));
        assert_eq!(nearest("wander"), None);
        assert_eq!(nearest("x"), None);
    }

    #[test]
    fn a_word_between_two_is_near_to_none_alone() {
        let alone = |word| nearest(word, ["show", "slow"]).map(|near| near.alone);
        assert_eq!((alone("shw"), alone("sow"), alone("Show")), (Some(true), Some(false), Some(true)));
    }
}
