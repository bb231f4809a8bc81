//! The spellings that X must look for so that it finds what Mon finds under one key: X keeps accents and splits words at every sign.
//! Each spelling differs from the plain one in one place; posts that differ in more are named as gaps.

/// Letters that fold to the one in front.
const ACCENTS: &[(char, &str)] = &[
    ('a', "áàâäãåāă"),
    ('c', "çćč"),
    ('d', "đð"),
    ('e', "éèêëēė"),
    ('g', "ğ"),
    ('i', "íìîïīı"),
    ('l', "ł"),
    ('n', "ñńŋ"),
    ('o', "óòôöõøō"),
    ('s', "šş"),
    ('u', "úùûüūů"),
    ('y', "ýÿ"),
    ('z', "žźż"),
    ('α', "ά"),
    ('ε', "έ"),
    ('η', "ή"),
    ('ι', "ίϊ"),
    ('ο', "ό"),
    ('υ', "ύϋ"),
    ('ω', "ώ"),
    ('е', "ё"),
];

/// Pairs of letters that one letter folds to.
const PAIRS: &[(&str, &str)] = &[("ss", "ß"), ("ae", "æ"), ("oe", "œ"), ("th", "þ")];

/// Letters of the longest word that is also written with dots, as in `U.S.A.`.
const DOTTED_MAX: usize = 5;

/// Words that X does not take alone.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "at", "but", "by", "com", "from", "http", "https", "if", "in", "is", "it", "its", "me", "my",
    "or", "rt", "the", "this", "to", "too", "via", "we", "www", "you",
];

/// Why X cannot be asked for a key.
pub(super) fn unsayable(key: &str) -> Option<&'static str> {
    let letters = key.trim_start_matches(['#', '@', '$']);
    if !letters.chars().any(char::is_alphanumeric) {
        return Some("an emoji has other forms, such as skin tones, that X does not look for");
    }
    if letters.contains(['/', '@']) {
        return Some("a link or an address is not looked for as a word");
    }
    let joined = |letter| matches!(letter, '\u{600}'..='\u{6FF}' | '\u{AC00}'..='\u{D7A3}');
    if !key.starts_with(['#', '@', '$']) && letters.contains(joined) {
        return Some("words of this script carry syllables that X does not take off");
    }
    STOP_WORDS.contains(&key).then_some("X does not look for a word as common as this one")
}

/// The spellings of a key as X's operators. `words` are the words of the term in small letters as the author spells them.
pub(super) fn spellings(key: &str, words: &[String]) -> Vec<String> {
    if key.starts_with(['@', '$']) {
        // X knows no handle with a host, and finds the part before it.
        let end = key.find('.').filter(|_| key.starts_with('@')).unwrap_or(key.len());
        return vec![key.get(..end).unwrap_or(key).to_owned()];
    }
    let mut found = vec![key.to_owned()];
    let mut add = |spelling: String| {
        if !found.contains(&spelling) {
            found.push(spelling);
        }
    };
    for word in words {
        if mon_text::fold(word) == key {
            add(word.clone());
        }
    }
    for (at, letter) in key.char_indices() {
        let (before, after) = (key.get(..at).unwrap_or(""), key.get(at + letter.len_utf8()..).unwrap_or(""));
        for variant in ACCENTS.iter().filter(|(plain, _)| *plain == letter).flat_map(|(_, variants)| variants.chars()) {
            add(format!("{before}{variant}{after}"));
        }
    }
    for (pair, letter) in PAIRS {
        for (at, _) in key.match_indices(pair) {
            let (before, after) = (key.get(..at).unwrap_or(""), key.get(at + pair.len()..).unwrap_or(""));
            add(format!("{before}{letter}{after}"));
        }
    }
    if let Some(before) = key.strip_suffix('σ') {
        add(format!("{before}ς"));
    }
    if !key.starts_with('#') {
        signs(key, &mut add);
    }
    found.iter().map(|spelling| operator(spelling)).collect()
}

/// Spellings with signs in the word, which Mon reads over and X splits at.
fn signs(key: &str, add: &mut dyn FnMut(String)) {
    let letters = key.chars().count();
    if key.chars().all(char::is_alphabetic) {
        if let Some(owner) = key.strip_suffix('s').filter(|owner| owner.chars().count() > 1) {
            add(format!("{owner}'s"));
        }
        let first = key.chars().next().map_or(0, char::len_utf8);
        if letters > 2 {
            add(format!("{}'{}", key.get(..first).unwrap_or(""), key.get(first..).unwrap_or("")));
        }
        if (2..=DOTTED_MAX).contains(&letters) {
            add(key.chars().map(String::from).collect::<Vec<_>>().join("."));
        }
    } else if letters > 3 && key.bytes().all(|byte| byte.is_ascii_digit()) {
        let mut grouped = String::new();
        for (at, digit) in key.chars().enumerate() {
            if at > 0 && (letters - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        add(grouped);
    }
}

/// A spelling as X reads it: in quotes where it is not one word.
fn operator(spelling: &str) -> String {
    let rest = spelling.strip_prefix('#').unwrap_or(spelling);
    if rest.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        spelling.to_owned()
    } else {
        format!("\"{}\"", spelling.replace('"', " "))
    }
}
