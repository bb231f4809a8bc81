use super::{Form, TERM_TOKENS_MAX, TermError, TokenPattern, alternatives};

/// Rows in short: tokens with blanks between, `*` behind a prefix, brackets around a run, a sign before what is none.
fn rows(form: Form, text: &str) -> Vec<String> {
    let show = |pattern: &TokenPattern| match pattern {
        TokenPattern::Key(key) => key.clone(),
        TokenPattern::Prefix(key) => format!("{key}*"),
        TokenPattern::Run(key) => format!("[{key}]"),
        TokenPattern::Word(key) => format!("[|{key}|]"),
        TokenPattern::Glob(pattern) => format!("glob:{pattern}"),
        TokenPattern::Fuzzy { key, edits } => format!("{key}~{edits}"),
        TokenPattern::Stem(word) => format!("stem:{word}"),
        TokenPattern::Exact(text) => format!("exact:{text}"),
        TokenPattern::Part(text) => format!("part:{text}"),
        TokenPattern::Regex(source) => format!("/{source}/"),
        TokenPattern::Loose(key) => format!("loose:{key}"),
        TokenPattern::Url(pattern) => format!("url:{pattern}"),
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
fn wildcards_stand_anywhere_in_a_token() {
    let cases: [(&str, &[&str]); 25] = [
        ("*gate", &["glob:*gate"]),
        ("Colo?r", &["glob:colo?r"]),
        ("c*h d?g", &["glob:c*h glob:d?g"]),
        ("cra*sh*", &["glob:cra*sh*"]),
        ("crash**", &["crash*"]),
        ("a*", &["a*"]),
        ("#*gate", &["glob:#*gate"]),
        ("#acme_*", &["#acme*"]),
        ("@acme?", &["glob:@acme?"]),
        ("@*.bsky.social", &["glob:@*.bsky.social"]),
        ("$go?g", &["glob:$go?g"]),
        ("the * bank", &["the glob:* bank"]),
        ("the *", &["the glob:*"]),
        ("plan ?", &["plan glob:?"]),
        ("covid-??", &["covid glob:??", "glob:covid??"]),
        ("co-op*", &["co op*", "coop*"]),
        ("c?-op*", &["glob:c? op*", "glob:c?op*"]),
        ("wom?n's", &["glob:wom?n's"]),
        ("M?ll*r, ja", &["glob:m?ll*r ja"]),
        ("Mü?ler", &["glob:mu?ler", "glob:mue?ler"]),
        ("кра?ка", &["glob:кра?ка"]),
        ("10?", &["glob:10?"]),
        ("C++*", &["c++*"]),
        ("(ga?e)", &["glob:ga?e"]),
        ("京都 * 行く", &["[京都] glob:* [行く]"]),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(Form::Plain, text), expected, "{text}");
    }
    assert_eq!(rows(Form::Plain, "thequickbrownfoxjumpsoverthelazy?dog").len(), 1, "every letter is taken");
    assert_eq!(rows(Form::Tag, "*gate"), ["glob:#*gate"]);
    assert_eq!(rows(Form::Handle, "@acme*care"), ["glob:@acme*care"]);
    assert_eq!(rows(Form::Cashtag, "GOOGLE*"), ["$google*"], "six letters and a wildcard");
}

#[test]
fn literals_are_taken_as_they_are_written() {
    let cases = [
        (Form::Exact, "AT&T", "exact:AT&T"),
        (Form::Exact, "re\u{301}sume\u{301}", "exact:résumé"),
        (Form::Exact, "what\\?", "exact:what?"),
        (Form::Exact, "what?", "exact:what?"),
        (Form::Exact, "C:\\dir", "exact:C:\\dir"),
        (Form::Part, "GÂTE", "part:gate"),
        (Form::Part, "100%", "part:100%"),
        (Form::Regex, "re+call(ed)?", "/re+call(ed)?/"),
        (Form::Url, "https://Acme.Example/Recall/", "url:acme.example/Recall"),
    ];
    for (form, text, expected) in cases {
        assert_eq!(rows(form, text), [expected], "{text}");
    }
}

#[test]
fn every_word_of_a_stem_term_is_stemmed() {
    let cases: [(&str, &[&str]); 7] = [
        ("running", &["stem:running"]),
        ("Running Shoes", &["stem:running stem:shoes"]),
        ("Cafe\u{301}s", &["stem:cafés"]),
        ("Wendy’s", &["stem:wendy's"]),
        ("Häuser", &["stem:häuser", "stem:haeuser"]),
        ("10 crashes #fail 🔥", &["10 stem:crashes #fail 🔥"]),
        ("re-running", &["stem:re stem:running"]),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(Form::Stem, text), expected, "{text}");
    }
}

#[test]
fn other_forms_of_words() {
    assert_eq!(rows(Form::Fuzzy(1), "Acme"), ["acme~1"]);
    assert_eq!(rows(Form::Fuzzy(2), "Samsung"), ["samsung~2"]);
    assert_eq!(rows(Form::Fuzzy(1), "Müller"), ["muller~1", "mueller~1"]);
    assert_eq!(rows(Form::Word, "京都"), ["[|京都|]", "#京都"]);
    assert_eq!(rows(Form::Word, "acme"), ["acme", "#acme"]);
    assert_eq!(rows(Form::Word, "iPhoneが"), ["iphone [|が|]", "#iphoneが"]);
    for written in ["PayPal", "P4YP4L", "@paypal", "pаypаl", "paypal!"] {
        assert_eq!(rows(Form::Loose, written), rows(Form::Loose, "paypal"), "{written}");
    }
}

#[test]
fn mistakes_have_a_reason_and_a_help() {
    let cases = [
        (Form::Plain, "", "the term is empty"),
        (Form::Plain, "  ", "the term is empty"),
        (Form::Plain, "!!!", "`!!!` has no letter, digit or emoji to look for"),
        (Form::Plain, "*", "`*` has wildcards alone, which any text has"),
        (Form::Plain, "* ??", "`* ??` has wildcards alone, which any text has"),
        (Form::Plain, "?*", "`?*` has wildcards alone, which any text has"),
        (Form::Plain, "*a*", "`*a*` in `*a*` has fewer than 2 letters or digits beside its wildcard"),
        (Form::Plain, "big *a", "`*a` in `big *a` has fewer than 2 letters or digits beside its wildcard"),
        (Form::Plain, "big ?*", "`?*` in `big ?*` has fewer than 2 letters or digits beside its wildcard"),
        (Form::Plain, "co-*", "a `*` in `co-*` touches no letter or digit"),
        (Form::Plain, "wow! (*)", "a `*` in `wow! (*)` touches no letter or digit"),
        (Form::Plain, "東*都", "a wildcard in `東*都` touches letters of a script that is written without spaces"),
        (Form::Plain, "東京*", "a wildcard in `東京*` touches letters of a script that is written without spaces"),
        (Form::Plain, "?東京", "a wildcard in `?東京` touches letters of a script that is written without spaces"),
        (Form::Plain, "a@b.com*", "a wildcard cannot stand in the link or e-mail address in `a@b.com*`"),
        (Form::Plain, "a?me@b.com", "a wildcard cannot stand in the link or e-mail address in `a?me@b.com`"),
        (
            Form::Plain,
            "https://a*me.com",
            "a wildcard cannot stand in the link or e-mail address in `https://a*me.com`",
        ),
        (Form::Tag, "#*", "a `*` in `#*` touches no letter or digit"),
        (Form::Tag, "#*a", "`#*a` in `#*a` has fewer than 2 letters or digits beside its wildcard"),
        (Form::Handle, "@acme *", "`@acme *` is not a handle"),
        (Form::Stem, "run*", "`*` and `?` are no wildcards in a stem: `run*`"),
        (Form::Stem, "🔥 42", "`🔥 42` has no word of letters, so it has no stem"),
        (Form::Fuzzy(1), "ac?e", "`*` and `?` are no wildcards in a term with `~`: `ac?e`"),
        (Form::Fuzzy(1), "acm", "`acm` has 3 letters, and `~1` needs 4 at least"),
        (Form::Fuzzy(2), "camera", "`camera` has 6 letters, and `~2` needs 7 at least"),
        (Form::Fuzzy(0), "acme", "`~0` behind `acme` allows a number of edits other than 1 or 2"),
        (Form::Fuzzy(3), "acme", "`~3` behind `acme` allows a number of edits other than 1 or 2"),
        (Form::Fuzzy(1), "acme phone", "`acme phone` is not one word, and a term with `~` looks for one"),
        (Form::Fuzzy(1), "#acme", "`#acme` is not one word, and a term with `~` looks for one"),
        (Form::Loose, "pay pal", "`pay pal` is not one word, and a loose term looks for one"),
        (Form::Loose, "pay*", "`*` and `?` are no wildcards in a loose term: `pay*`"),
        (Form::Loose, "???", "`*` and `?` are no wildcards in a loose term: `???`"),
        (Form::Loose, "-", "`-` has no letter, digit or emoji to look for"),
        (Form::Loose, "aall", "`aall` has 2 letters once runs are cut, and a loose term needs 3 at least"),
        (Form::Exact, " ", "the term is empty"),
        (Form::Part, "\u{200B}", "`\u{200B}` has no letter, digit or emoji to look for"),
        (Form::Regex, "", "the term is empty"),
        (
            Form::Url,
            "acme",
            "`acme` is not a link, host, path or parameter: its host is not a name like `acme.example`",
        ),
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
