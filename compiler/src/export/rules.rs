//! Packs a filter into rules of a limited length. A rule that is too long is split at its alternatives, and asks for less where
//! that does not suffice: both let through more, never less.

use rustc_hash::FxHashSet;

/// Letters that a rule of X may have.
pub const RULE_LETTERS_MAX: usize = 1_024;

/// Rules that one stream of X may have.
pub const RULES_MAX: usize = 1_000;

/// The part of a rule that may be asked beside its alternatives, where these are split.
const BESIDE_MAX: usize = RULE_LETTERS_MAX / 3;

/// What X is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// X can say nothing of it.
    Everything,
    /// No post of X fulfils it.
    Nothing,
    /// Any of these spellings.
    Word(Vec<String>),
    /// An operator that cannot stand alone: `lang:en`.
    Operator(String),
    /// `-lang:en`
    Not(String),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

/// All of the members, simplified.
pub(super) fn all(members: Vec<Filter>) -> Filter {
    let mut out = Vec::new();
    for member in members {
        match member {
            Filter::Everything => {}
            Filter::Nothing => return Filter::Nothing,
            Filter::All(inner) => out.extend(inner.into_iter().filter(|one| !out.contains(one)).collect::<Vec<_>>()),
            other if out.contains(&other) => {}
            other => out.push(other),
        }
    }
    match out.len() {
        0 => Filter::Everything,
        1 => out.swap_remove(0),
        _ => Filter::All(out),
    }
}

/// Any of the members, simplified: their words are one list.
pub(super) fn any(members: Vec<Filter>) -> Filter {
    let mut out: Vec<Filter> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut pending: Vec<Filter> = members.into_iter().rev().collect();
    while let Some(member) = pending.pop() {
        match member {
            Filter::Everything => return Filter::Everything,
            Filter::Nothing => {}
            Filter::Any(inner) => pending.extend(inner.into_iter().rev()),
            Filter::Word(spellings) => words.extend(spellings),
            other if out.contains(&other) => {}
            other => out.push(other),
        }
    }
    if !words.is_empty() {
        out.insert(0, Filter::Word(needed(words)));
    }
    match out.len() {
        0 => Filter::Nothing,
        1 => out.swap_remove(0),
        _ => Filter::Any(out),
    }
}

/// Each spelling once. X splits at signs, so that a word finds the tag, handle and cashtag that it is.
fn needed(words: Vec<String>) -> Vec<String> {
    let all: FxHashSet<&str> = words.iter().map(String::as_str).collect();
    let mut seen = FxHashSet::default();
    let wanted = words.iter().filter(|word| {
        let bare = word.trim_start_matches(['#', '@', '$']);
        (bare.len() == word.len() || !all.contains(bare)) && seen.insert(word.as_str())
    });
    wanted.cloned().collect()
}

/// Whether every post that it lets through holds a word that X looks for.
pub(super) fn anchored(filter: &Filter) -> bool {
    match filter {
        Filter::Word(_) => true,
        Filter::All(members) => members.iter().any(anchored),
        Filter::Any(members) => members.iter().all(anchored),
        Filter::Everything | Filter::Nothing | Filter::Operator(_) | Filter::Not(_) => false,
    }
}

/// The filter as rules, any of which lets a post through, and whether something is asked no more for its length.
pub(super) fn pack(filter: &Filter) -> (Vec<String>, bool) {
    let whole = match filter {
        Filter::All(members) => members.iter().map(written).collect::<Vec<_>>().join(" "),
        Filter::Any(members) => members.iter().map(written).collect::<Vec<_>>().join(" OR "),
        Filter::Word(spellings) => spellings.join(" OR "),
        other => written(other),
    };
    if length(&whole) <= RULE_LETTERS_MAX {
        return (vec![whole], false);
    }
    match filter {
        Filter::All(members) => split_all(members),
        Filter::Any(members) => split(members, ""),
        Filter::Word(spellings) => split(&words(spellings), ""),
        _ => (vec![whole], false),
    }
}

/// Keeps the shortest part that names words and what fits beside it.
fn split_all(members: &[Filter]) -> (Vec<String>, bool) {
    let mut by_length: Vec<(usize, &Filter)> = members.iter().map(|one| (length(&written(one)), one)).collect();
    by_length.sort_by_key(|(length, _)| *length);
    let Some(anchor) = by_length.iter().position(|(_, member)| anchored(member)) else { return (Vec::new(), true) };
    let (long, anchor) = by_length.remove(anchor);
    // A part that fits a rule is not split; what else fits stands beside it.
    let room = if long < RULE_LETTERS_MAX { RULE_LETTERS_MAX - long } else { BESIDE_MAX };
    let mut beside = String::new();
    let mut less = false;
    for (length, member) in by_length {
        if self::length(&beside) + length < room {
            beside.push(' ');
            beside.push_str(&written(member));
        } else {
            less = true;
        }
    }
    let (rules, more) = match anchor {
        Filter::Any(members) => split(members, &beside),
        Filter::Word(spellings) => split(&words(spellings), &beside),
        other => split(std::slice::from_ref(other), &beside),
    };
    (rules, less || more)
}

/// As many alternatives in one rule as fit, with the same condition beside them.
fn split(members: &[Filter], beside: &str) -> (Vec<String>, bool) {
    let (mut rules, mut less) = (Vec::new(), false);
    let mut row: Vec<String> = Vec::new();
    let rule = |row: &[String]| match row {
        [one] => format!("{one}{beside}"),
        many if beside.is_empty() => many.join(" OR "),
        many => format!("({}){beside}", many.join(" OR ")),
    };
    for member in members {
        let text = written(member);
        if length(&rule(std::slice::from_ref(&text))) > RULE_LETTERS_MAX {
            // It needs rules of its own; what stands beside is asked no more.
            let (own, _) = pack(member);
            rules.extend(own);
            less |= !beside.is_empty();
            continue;
        }
        row.push(text);
        if length(&rule(&row)) > RULE_LETTERS_MAX {
            let last = row.pop();
            rules.push(rule(&row));
            row = last.into_iter().collect();
        }
    }
    if !row.is_empty() {
        rules.push(rule(&row));
    }
    (rules, less)
}

fn words(spellings: &[String]) -> Vec<Filter> {
    spellings.iter().map(|spelling| Filter::Word(vec![spelling.clone()])).collect()
}

/// A filter as part of a rule.
fn written(filter: &Filter) -> String {
    match filter {
        Filter::Everything | Filter::Nothing => String::new(),
        Filter::Word(spellings) => match spellings.as_slice() {
            [one] => one.clone(),
            many => format!("({})", many.join(" OR ")),
        },
        Filter::Operator(text) => text.clone(),
        Filter::Not(text) => format!("-{text}"),
        Filter::All(members) => format!("({})", members.iter().map(written).collect::<Vec<_>>().join(" ")),
        Filter::Any(members) => format!("({})", members.iter().map(written).collect::<Vec<_>>().join(" OR ")),
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
