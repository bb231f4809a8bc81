//! Whether one term is found wherever another one is: a row of tokens is found inside a longer one, `crash*` inside
//! `crashed`. Looked up by first token, so that long lists cost no pairs.

use rustc_hash::FxHashMap;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::plan::TokenPattern;

/// Rows of tokens by their first one, each with the number of the member that it belongs to.
#[derive(Default)]
pub(super) struct Wide {
    rows: Vec<(usize, Vec<TokenPattern>)>,
    by_first: FxHashMap<TokenPattern, Vec<usize>>,
}

impl Wide {
    pub fn add(&mut self, member: usize, row: &[TokenPattern]) {
        let Some(first) = row.first() else { return };
        self.by_first.entry(first.clone()).or_default().push(self.rows.len());
        self.rows.push((member, row.to_vec()));
    }

    /// Members with exactly this row.
    pub fn equal<'w>(&'w self, row: &'w [TokenPattern]) -> impl Iterator<Item = usize> + 'w {
        let known = row.first().and_then(|first| self.by_first.get(first)).into_iter().flatten();
        known.filter_map(|at| self.rows.get(*at)).filter(move |(_, known)| known == row).map(|(member, _)| *member)
    }

    /// A member that is found wherever this row is.
    pub fn cover(&self, row: &[TokenPattern], is_alive: &dyn Fn(usize) -> bool) -> Option<usize> {
        (0..row.len()).find_map(|from| {
            let rest = row.get(from..)?;
            let firsts = wider(rest.first()?);
            let known = firsts.iter().filter_map(|first| self.by_first.get(first)).flatten();
            let mut known = known.filter_map(|at| self.rows.get(*at));
            known.find(|(member, wide)| is_alive(*member) && fits(wide, rest)).map(|(member, _)| *member)
        })
    }
}

/// Whether a row is found at the beginning of another one.
pub(super) fn fits(wide: &[TokenPattern], narrow: &[TokenPattern]) -> bool {
    let alone = wide.len() == 1;
    wide.len() <= narrow.len() && wide.iter().zip(narrow).all(|(wide, narrow)| takes(wide, narrow, alone))
}

/// Whether every token that `narrow` takes is taken by `wide`.
fn takes(wide: &TokenPattern, narrow: &TokenPattern, alone: bool) -> bool {
    match (wide, narrow) {
        (TokenPattern::Prefix(prefix), TokenPattern::Key(key) | TokenPattern::Prefix(key)) => {
            key.starts_with(prefix.as_str()) && is_simple(key)
        }
        (TokenPattern::Run(part), TokenPattern::Run(run)) if alone => stands_in(part, run),
        _ => wide == narrow,
    }
}

/// A key that only a word or a tag has; a prefix without a sign does not take links and handles.
fn is_simple(key: &str) -> bool {
    key.trim_start_matches('#').chars().all(|c| c.is_alphanumeric() || c == '\'')
}

fn stands_in(part: &str, run: &str) -> bool {
    run.match_indices(part).any(|(at, _)| {
        let borders: Vec<usize> = run.grapheme_indices(true).map(|(at, _)| at).chain([run.len()]).collect();
        borders.contains(&at) && borders.contains(&(at + part.len()))
    })
}

/// Every pattern that takes all that this one takes.
fn wider(pattern: &TokenPattern) -> Vec<TokenPattern> {
    let mut all = vec![pattern.clone()];
    match pattern {
        TokenPattern::Key(key) | TokenPattern::Prefix(key) if is_simple(key) => {
            let ends = key.char_indices().map(|(at, c)| at + c.len_utf8());
            all.extend(ends.filter_map(|end| key.get(..end)).map(|part| TokenPattern::Prefix(part.to_owned())));
        }
        TokenPattern::Run(run) => {
            let borders: Vec<usize> = run.grapheme_indices(true).map(|(at, _)| at).chain([run.len()]).collect();
            for (number, from) in borders.iter().enumerate() {
                let ends = borders.iter().skip(number + 1);
                let parts = ends.filter_map(|to| run.get(*from..*to));
                all.extend(parts.map(|part| TokenPattern::Run(part.to_owned())));
            }
        }
        _ => {}
    }
    all
}
