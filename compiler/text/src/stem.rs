//! Stems: what is left of a word without its endings, in the post's language. A word is stemmed with its accents and
//! without them, so that they may be missing on either side.

use icu_normalizer::ComposingNormalizerBorrowed;
use snowball_stemmers_rs::{Algorithm, Stemmer};

use crate::ALIAS_TOKEN_BYTES_MAX;
use crate::fold::{fold, is_apostrophe, is_invisible};

/// Gives the folded stems of the word, one or two; none where the language is not supported. `lang` is a BCP-47 tag, of which
/// the language alone counts: `pt-BR` is `pt`.
///
/// ```
/// use mon_text::stem::stems;
///
/// let mut found = Vec::new();
/// stems("en", "Running", |stem| found.push(stem.to_string()));
/// assert_eq!(found, ["run"]);
/// ```
pub fn stems(lang: &str, word: &str, mut found: impl FnMut(&str)) {
    let Some(algorithm) = algorithm(lang) else { return };
    let (first, second) = pair(algorithm, word, &fold(word));
    found(&first);
    if second != first {
        found(&second);
    }
}

/// Gives the folded stems of a token that is written `original` and whose own key is `key`, as [`stems`] does of a word.
pub fn of_token(lang: &str, key: &str, original: &str, mut found: impl FnMut(&str)) {
    let Some(algorithm) = algorithm(lang) else { return };
    let (first, second) = pair(algorithm, original, key);
    found(&first);
    if second != first {
        found(&second);
    }
}

/// The code under which the language's stems are known; none where its stems are not known.
pub fn language(lang: &str) -> Option<&'static str> {
    known(lang).map(|(code, _)| *code)
}

/// The codes of all languages whose stems are known.
pub fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(code, _)| *code)
}

/// Whether a token has a stem of the wanted word: a token whose own key is `token_key` and that is written
/// `token_original`. Where stems of the language are not known, only the word itself is the same.
pub fn same(lang: Option<&str>, wanted: &str, token_key: &str, token_original: &str) -> bool {
    let folded = fold(wanted);
    if folded == token_key {
        return true;
    }
    let Some(algorithm) = lang.and_then(algorithm) else { return false };
    let (left, right) = (pair(algorithm, wanted, &folded), pair(algorithm, token_original, token_key));
    left.0 == right.0 || left.0 == right.1 || left.1 == right.0 || left.1 == right.1
}

/// The folded stems of a word as it is written and of the same word folded.
fn pair(algorithm: Algorithm, written: &str, folded: &str) -> (String, String) {
    if written.len() > ALIAS_TOKEN_BYTES_MAX {
        return (folded.to_string(), folded.to_string());
    }
    let stemmer = Stemmer::create(algorithm);
    let bare = fold(&stemmer.stem(folded)).into_owned();
    if written == folded {
        return (bare.clone(), bare);
    }
    let lower: String = written
        .to_lowercase()
        .chars()
        .filter(|&c| !is_invisible(c))
        .map(|c| if is_apostrophe(c) { '\'' } else { c })
        .collect();
    let lower = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
    (fold(&stemmer.stem(&lower)).into_owned(), bare)
}

fn algorithm(lang: &str) -> Option<Algorithm> {
    known(lang).map(|(_, algorithm)| *algorithm)
}

fn known(lang: &str) -> Option<&'static (&'static str, Algorithm)> {
    let primary = lang.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().find(|(code, _)| primary.eq_ignore_ascii_case(code))
}

/// Codes of ISO 639; where a language has one of two letters and one of three, both.
static LANGUAGES: [(&str, Algorithm); 39] = [
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("pt", Algorithm::Portuguese),
    ("fr", Algorithm::French),
    ("de", Algorithm::German),
    ("it", Algorithm::Italian),
    ("nl", Algorithm::Dutch),
    ("ru", Algorithm::Russian),
    ("ar", Algorithm::Arabic),
    ("tr", Algorithm::Turkish),
    ("id", Algorithm::Indonesian),
    ("in", Algorithm::Indonesian),
    ("hi", Algorithm::Hindi),
    ("pl", Algorithm::Polish),
    ("uk", Algorithm::Ukrainian),
    ("sv", Algorithm::Swedish),
    ("da", Algorithm::Danish),
    ("no", Algorithm::Norwegian),
    ("nb", Algorithm::Norwegian),
    ("nn", Algorithm::Norwegian),
    ("fi", Algorithm::Finnish),
    ("cs", Algorithm::Czech),
    ("el", Algorithm::Greek),
    ("hu", Algorithm::Hungarian),
    ("ro", Algorithm::Romanian),
    ("ca", Algorithm::Catalan),
    ("eu", Algorithm::Basque),
    ("et", Algorithm::Estonian),
    ("lt", Algorithm::Lithuanian),
    ("sr", Algorithm::Serbian),
    ("fa", Algorithm::Persian),
    ("ta", Algorithm::Tamil),
    ("ne", Algorithm::Nepali),
    ("hy", Algorithm::Armenian),
    ("ga", Algorithm::Irish),
    ("yi", Algorithm::Yiddish),
    ("ji", Algorithm::Yiddish),
    ("eo", Algorithm::Esperanto),
    ("st", Algorithm::Sesotho),
];

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, same, stems};
    use crate::fold;
    use proptest::prelude::*;

    fn all(lang: &str, word: &str) -> Vec<String> {
        let mut found = Vec::new();
        stems(lang, word, |stem| found.push(stem.to_string()));
        found
    }

    #[test]
    fn languages_are_told_by_their_first_part() {
        for lang in ["en", "EN", "pt-BR", "de_AT", "nb", "pl", "cs", "uk"] {
            assert!(!all(lang, "telefon").is_empty(), "{lang}");
        }
        for lang in ["", "und", "ja", "th", "xx", "e", "eng"] {
            assert!(all(lang, "telefon").is_empty(), "{lang}");
        }
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let cases = [
            ("en", "running", "run"),
            ("en", "crashes", "crashed"),
            ("en", "Batteries", "battery"),
            ("es", "cancelación", "cancelaciones"),
            ("es", "cancelacion", "cancelación"),
            ("pt", "reclamação", "reclamações"),
            ("pt", "reclamacao", "reclamação"),
            ("fr", "défectueuse", "defectueuse"),
            ("de", "Häuser", "haus"),
            ("de", "Rückrufe", "rückruf"),
            ("ru", "телефоны", "телефон"),
            ("tr", "evler", "ev"),
            ("it", "batterie", "batteria"),
            ("nl", "batterijen", "batterij"),
            ("pl", "telefonów", "telefony"),
            ("sv", "telefonerna", "telefon"),
        ];
        for (lang, left, right) in cases {
            for (wanted, other) in [(left, right), (right, left)] {
                assert!(
                    same(Some(lang), wanted, &fold(other), other),
                    "{lang}: {wanted} {other} {:?} {:?}",
                    all(lang, left),
                    all(lang, right)
                );
            }
        }
    }

    #[test]
    fn other_words_and_other_languages_stay_apart() {
        assert!(!same(Some("en"), "running", "ruin", "ruin"));
        assert!(!same(Some("ja"), "running", "run", "run"), "no stems in Japanese");
        assert!(!same(None, "running", "run", "run"));
        assert!(same(None, "Müller", "muller", "MÜLLER"), "the word itself");
        assert!(all("ja", "running").is_empty());
    }

    #[test]
    fn stems_are_folded_and_not_repeated() {
        assert_eq!(all("en", "Running"), ["run"]);
        assert_eq!(all("fr", "été"), ["ete"]);
        assert_eq!(all("en", "Wendy’s"), all("en", "wendy's"));
        for (lang, _) in LANGUAGES {
            for stem in all(lang, "Čaméras") {
                assert_eq!(fold(&stem), stem, "{lang}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_too_odd(text in prop_oneof![
            any::<String>(),
            "[a-zäöüßéñçåøæğışėųļ']{0,12}",
            "[а-яёіїєґђљњћџ]{0,12}",
            "[α-ωάέήίόύώς]{0,12}",
            "[\u{621}-\u{64A}\u{6CC}\u{6A9}\u{200C}]{0,10}",
            "[\u{900}-\u{97F}]{0,10}",
            "[\u{B80}-\u{BFF}]{0,10}",
            "[\u{531}-\u{587}]{0,10}",
            "[\u{5D0}-\u{5F2}\u{5B0}-\u{5BC}]{0,10}",
        ]) {
            for (lang, _) in LANGUAGES {
                let found = all(lang, &text);
                prop_assert!(matches!(found.len(), 1 | 2));
                prop_assert!(same(Some(lang), &text, &fold(&text), &text));
            }
        }
    }
}
