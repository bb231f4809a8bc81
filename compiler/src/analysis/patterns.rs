//! Which pattern of a token holds wherever another does. Only what the tokeniser's rules make certain is claimed; a
//! pattern that is not spoken of here is like itself alone.

use crate::plan::TokenPattern;

/// Whether every token that satisfies `narrow` satisfies `broad`, as the same stretch of text.
pub(super) fn within(narrow: &TokenPattern, broad: &TokenPattern) -> bool {
    match (narrow, broad) {
        (TokenPattern::Key(key), TokenPattern::Prefix(prefix)) => key.starts_with(prefix.as_str()) && takes_prefix(key),
        (TokenPattern::Prefix(longer), TokenPattern::Prefix(prefix)) => longer.starts_with(prefix.as_str()),
        _ => narrow == broad,
    }
}

/// Whether a text that holds `narrow` holds `broad`.
pub(super) fn found_with(narrow: &TokenPattern, broad: &TokenPattern) -> bool {
    match (narrow, broad) {
        (TokenPattern::Run(longer), TokenPattern::Run(shorter)) => {
            longer == shorter
                || !shorter.is_empty() && longer.contains(shorter.as_str()) && longer.chars().all(is_plain)
        }
        _ => within(narrow, broad),
    }
}

/// Whether a token with this key can be no link and no address, in which prefixes are not looked for.
fn takes_prefix(key: &str) -> bool {
    let mut chars = key.chars();
    let first = chars.next().is_some_and(|first| first.is_alphanumeric() || matches!(first, '#' | '@' | '$'));
    first && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '\''))
}

/// Signs that are each a grapheme of their own, whatever stands beside them: a part of a row of them ends where signs end.
const fn is_plain(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::{found_with, within};
    use crate::plan::TokenPattern::{Key, Prefix, Run};

    #[test]
    fn a_word_lies_within_its_beginnings_and_a_link_does_not() {
        let (key, prefix) = (|text: &str| Key(text.to_owned()), |text: &str| Prefix(text.to_owned()));
        assert!(within(&key("crashed"), &prefix("crash")) && !within(&prefix("crash"), &key("crash")));
        assert!(within(&prefix("crashe"), &prefix("crash")) && !within(&prefix("crash"), &prefix("crashe")));
        assert!(within(&key("#acme"), &prefix("#a")) && !within(&key("#acme"), &prefix("a")));
        assert!(!within(&key("acme.example"), &prefix("acme")), "a bare domain is a link");
    }

    #[test]
    fn a_run_holds_its_parts_where_signs_stand_alone() {
        let run = |text: &str| Run(text.to_owned());
        assert!(found_with(&run("東京都"), &run("京都")) && !within(&run("東京都"), &run("京都")));
        assert!(!found_with(&run("กิน"), &run("ก")), "a vowel may belong to the letter before it");
    }
}
