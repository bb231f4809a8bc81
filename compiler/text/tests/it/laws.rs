//! Laws that hold for any text. A failing case is printed by the runner with its seed and its smallest form.

use mon_text::{Kind, POST_TOKENS_MAX, Tokens, fold, key_hash};
use proptest::prelude::*;

/// Text that is rich in what the tokeniser treats specially.
fn lively() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(
        concat!(
            "a|B|é|e\u{301}|İ|ß|ﬁ|Ω|й|и\u{306}|ا|لا|\u{654}|ـ|ب\u{651}\u{64E}|ה|한|\u{1112}\u{1161}\u{11AB}|は|",
            "ﾊ|ﾟ|漢|ไ|\u{E48}|क|\u{94D}|\u{93C}|٣|７|1|10,000|3.14| |\n|\t|\u{A0}|.|,|:|'|’|\"|-|_|&|+|/|//|?|",
            "=|(|)|#|＃|@|＠|$|%|*|·|\u{200D}|\u{200C}|\u{200B}|\u{AD}|\u{202E}|\u{FE0F}|\u{20E3}|🔥|👩|🏽|♀|❤|🇫|",
            "🇷|©|http://|https://|t.co|acme.com|x.みんな|RT|xD|:)|<3|'s|sss|\u{344}|\u{345}|\u{1FB3}|\u{FDFA}|",
            "\u{1D7D8}|\u{2F800}|\u{11131}\u{11127}|\u{9C7}\u{9BE}|Å|ǆ|ŉ|ℵ|ｶﾞ|\u{E0067}",
        )
        .split('|')
        .collect::<Vec<_>>(),
    );
    prop::collection::vec(
        prop_oneof![6 => pieces.prop_map(str::to_string), 1 => any::<char>().prop_map(String::from)],
        0..40,
    )
    .prop_map(|pieces| pieces.concat())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mut tokens = Tokens::default();
    tokens.tokenize(text, 0);
    let (mut free, mut last_start, mut last_pos, mut counted) = (0, 0, -1, 0);
    for (at, token) in tokens.iter().enumerate() {
        let (start, end) = (token.start as usize, token.end as usize);
        prop_assert!(start < end, "token {at} is empty");
        prop_assert!(text.get(start..end).is_some(), "token {at} is not on character borders");
        prop_assert!(start >= last_start && token.pos >= last_pos, "token {at} is out of order");
        let before = at.checked_sub(1).and_then(|before| tokens.as_slice().get(before));
        let overlay = token.kind == Kind::Url && before.is_some_and(|before| before.pos == token.pos);
        if overlay {
            prop_assert!(!text[start..end].contains('/'), "only bare domains lie over words");
        } else {
            prop_assert!(start >= free, "token {at} lies over another");
            free = end;
            prop_assert_eq!(token.pos, if token.kind.counted() { counted } else { counted - 1 });
            counted += if token.kind.counted() { 2 } else { 0 };
        }
        (last_start, last_pos) = (start, token.pos);
        prop_assert!(tokens.keys(token).next().is_some(), "token {at} has no key");
        for key in tokens.keys(token) {
            prop_assert!(!key.text.is_empty(), "token {at} has an empty key");
            prop_assert_eq!(key.hash, key_hash(key.text));
            if matches!(
                token.kind,
                Kind::Word | Kind::Number | Kind::Sign | Kind::Tag | Kind::Handle | Kind::Cash | Kind::Run
            ) {
                prop_assert_eq!(fold(key.text), key.text, "a key of token {} is not folded", at);
            }
        }
        let own = tokens.keys(token).next().map_or("", |key| key.text);
        if token.kind == Kind::Word && !text[start..end].contains(',') || token.kind == Kind::Run {
            prop_assert_eq!(fold(&text[start..end]), own, "token {} folds otherwise than its text", at);
        }
    }
    prop_assert!(tokens.len() <= POST_TOKENS_MAX);
    let flat: usize = tokens.iter().map(|token| tokens.keys(token).count()).sum();
    prop_assert_eq!(flat, tokens.entries().len());
    for entry in tokens.entries() {
        let token = &tokens.as_slice()[entry.token as usize];
        prop_assert!(tokens.keys(token).any(|key| key.text == tokens.text_of(entry)), "an entry of another token");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_of_lively_text_are_sound(text in lively()) {
        check(&text)?;
    }

    #[test]
    fn tokens_of_any_text_are_sound(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn folding_twice_changes_nothing(text in prop_oneof![lively(), any::<String>()]) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once.as_ref());
    }

    #[test]
    fn a_word_is_found_by_the_term_that_is_written_like_it(text in lively()) {
        use mon_text::term::{Form, TokenPattern, alternatives};
        let mut tokens = Tokens::default();
        tokens.tokenize(&text, 0);
        for token in tokens.iter().filter(|token| token.kind == Kind::Word) {
            let written = &text[token.start as usize..token.end as usize];
            if written == "xD" {
                // Behind a `_` it is a word, alone it is a face.
                continue;
            }
            let rows = alternatives(Form::Plain, written);
            prop_assert!(rows.is_ok(), "{written}: {rows:?}");
            let own = tokens.keys(token).next().map_or("", |key| key.text);
            let first = rows.ok().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
            prop_assert_eq!(first, vec![TokenPattern::Key(own.to_string())], "{}", written);
        }
    }

    #[test]
    fn a_term_of_any_form_is_read_or_refused_with_a_help(text in prop_oneof![lively(), "[ab*?\\\\@#$. 漢é-]{0,12}"]) {
        use mon_text::term::{Form, alternatives};
        let forms = [
            Form::Plain, Form::Tag, Form::Handle, Form::Cashtag, Form::Exact, Form::Part, Form::Stem, Form::Loose,
            Form::Word, Form::Regex, Form::Url, Form::Fuzzy(1), Form::Fuzzy(2),
        ];
        for form in forms {
            match alternatives(form, &text) {
                Ok(rows) => prop_assert!(!rows.is_empty() && rows.iter().all(|row| !row.is_empty())),
                Err(error) => prop_assert!(!error.help().is_empty()),
            }
        }
    }

    #[test]
    fn a_word_is_found_with_a_wildcard_for_one_of_its_letters(
        word in "[a-zA-Zéüñйщё]{4,10}",
        at in any::<prop::sample::Index>(),
        wildcard in prop::sample::select(vec!["*", "?"]),
        sign in prop::sample::select(vec!["", "#"]),
    ) {
        use mon_text::glob::Glob;
        use mon_text::term::{Form, TokenPattern, alternatives};
        let letters: Vec<char> = word.chars().collect();
        let at = at.index(letters.len());
        let shown = |c: (usize, &char)| if c.0 == at { wildcard.to_string() } else { c.1.to_string() };
        let written: String = std::iter::once(sign.to_string()).chain(letters.iter().enumerate().map(shown)).collect();
        let key = fold(&format!("{sign}{word}")).into_owned();
        let rows = alternatives(Form::Plain, &written).expect(&written);
        let found = match rows.concat().first() {
            Some(TokenPattern::Glob(pattern)) => Glob::new(pattern).matches(&key),
            Some(TokenPattern::Prefix(prefix)) => key.starts_with(prefix.as_str()),
            _ => false,
        };
        prop_assert!(found, "{} finds {}: {:?}", written, key, rows);
    }
}
