use super::{Form, TERM_TOKENS_MAX, TermError, TokenPattern, alternatives};

/// Rows in short: tokens with blanks between, `*` behind a prefix, brackets around a run.
fn rows(form: Form, text: &str) -> Vec<String> {
    let show = |pattern: &TokenPattern| match pattern {
        TokenPattern::Key(key) => key.clone(),
        TokenPattern::Prefix(key) => format!("{key}*"),
        TokenPattern::Run(key) => format!("[{key}]"),
    };
    let rows = alternatives(form, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.iter().map(|row| row.iter().map(show).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn plain_terms_look_for_their_variants() {
    let cases: [(&str, &[&str]); 24] = [
        ("broken", &["broken", "#broken"]),
        ("Save the Bank", &["save the bank", "#savethebank"]),
        ("wendy's", &["wendy's", "wendys", "#wendys"]),
        ("Wendy’s", &["wendy's", "wendys", "#wendys"]),
        ("don't", &["don't", "dont", "#dont"]),
        ("dont", &["dont", "don't", "#dont"]),
        ("won't turn on", &["won't turn on", "wont turn on", "#wontturnon"]),
        ("co-op", &["co op", "coop", "#coop"]),
        ("co-op bank", &["co op bank", "coop bank", "#coopbank"]),
        ("COVID-19", &["covid 19", "covid19", "#covid19"]),
        ("7-Eleven", &["7 eleven", "7eleven", "#7eleven"]),
        ("Müller", &["muller", "#muller", "mueller", "#mueller"]),
        ("mu\u{308}ller", &["muller", "#muller", "mueller", "#mueller"]),
        ("Ødegård", &["odegard", "#odegard"]),
        ("crash*", &["crash*"]),
        ("big crash*", &["big crash*"]),
        ("crash* test", &["crash* test"]),
        ("#acme*", &["#acme*"]),
        ("#acme", &["#acme"]),
        ("🔥", &["🔥"]),
        ("👍🏽", &["👍"]),
        ("AT&T", &["at&t", "#att"]),
        ("東京", &["[東京]", "#東京"]),
        ("iPhoneが", &["iphone [が]", "#iphoneが"]),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(Form::Plain, text), expected, "{text}");
    }
}

#[test]
fn signs_stay_out_of_the_tag() {
    assert_eq!(rows(Form::Plain, "C++"), ["c++"]);
    assert_eq!(rows(Form::Plain, "19"), ["19"]);
    assert_eq!(rows(Form::Plain, "fire 🔥"), ["fire 🔥"]);
    assert_eq!(rows(Form::Plain, "booking.com"), ["booking com", "#bookingcom"]);
    assert_eq!(rows(Form::Plain, "care@acme.example"), ["care@acme.example"]);
}

#[test]
fn entities_look_for_themselves_alone() {
    assert_eq!(rows(Form::Tag, "#Acme_Phone"), ["#acmephone"]);
    assert_eq!(rows(Form::Tag, "acme*"), ["#acme*"]);
    assert_eq!(rows(Form::Tag, "#München"), ["#munchen", "#muenchen"]);
    assert_eq!(rows(Form::Handle, "@Acme"), ["@acme"]);
    assert_eq!(rows(Form::Handle, "@nora@mastodon.social"), ["@nora@mastodon.social"]);
    assert_eq!(rows(Form::Cashtag, "$BRK.A"), ["$brk.a"]);
    assert_eq!(rows(Form::Cashtag, "ACM*"), ["$acm*"]);
}

#[test]
fn escaped_wildcards_are_signs() {
    assert_eq!(rows(Form::Plain, "e\\*trade"), ["e trade", "#etrade"]);
    assert_eq!(rows(Form::Plain, "really\\?"), ["really", "#really"]);
}

#[test]
fn mistakes_have_a_reason_and_a_help() {
    let cases = [
        (Form::Plain, "", "the term is empty"),
        (Form::Plain, "  ", "the term is empty"),
        (Form::Plain, "!!!", "`!!!` has no letter, digit or emoji to look for"),
        (Form::Plain, "*", "the wildcard `*` in `*` does not stand at the end of a word"),
        (Form::Plain, "*gate", "the wildcard `*` in `*gate` does not stand at the end of a word"),
        (Form::Plain, "cra*sh", "the wildcard `*` in `cra*sh` does not stand at the end of a word"),
        (Form::Plain, "colo?r", "the wildcard `?` in `colo?r` does not stand at the end of a word"),
        (Form::Plain, "a *", "the wildcard `*` in `a *` does not stand at the end of a word"),
        (Form::Plain, "a@b.com*", "the wildcard `*` cannot follow the link or e-mail address in `a@b.com*`"),
        (Form::Tag, "#16", "`#16` is not a tag"),
        (Form::Tag, "#a b", "`#a b` is not a tag"),
        (Form::Handle, "@", "`@` has no letter, digit or emoji to look for"),
        (Form::Cashtag, "$TOOLONGX", "`$TOOLONGX` is not a cashtag"),
    ];
    for (form, text, message) in cases {
        let error = alternatives(form, text).expect_err(text);
        assert_eq!(error.to_string(), message);
        assert!(!error.help().is_empty());
    }
    let long = "a ".repeat(TERM_TOKENS_MAX + 1);
    assert!(matches!(alternatives(Form::Plain, &long), Err(TermError::TooManyTokens { count: 33, .. })));
}

#[test]
fn many_variants_are_bounded() {
    let found = alternatives(Form::Plain, &"don't ".repeat(20)).expect("a long term");
    assert_eq!(found.len(), 22, "as written, one word varied in each row, the tag");
}
