//! Whatever a query says, the reader ends, and what it writes can be read.

use proptest::prelude::*;

use super::super::{Dialect, import};

fn piece() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(vec![
        "(",
        ")",
        "\"",
        "{",
        "}",
        "<<<",
        ">>>",
        " ",
        " ",
        " ",
        "~",
        "~2",
        "^2",
        "+",
        "-",
        "/",
        "\\",
        ":",
        "[",
        "]",
        "&&",
        "||",
        "!",
        "AND",
        "OR",
        "NOT",
        "NEAR/3",
        "NEAR/2f",
        " AND ",
        " OR ",
        " NOT ",
        " NEAR/4 ",
        "acme",
        "niño",
        "C++",
        "*",
        "?",
        "#tag",
        "@who",
        "$CASH",
        "🔥",
        "東京",
        "title:",
        "language:",
        "en",
        "lang:",
        "from:",
        "is:reply",
        "authorFollowers:",
        "[1 TO 5]",
        "rating:",
        "raw:",
        "a b",
        "'",
        "\n",
        "site:",
        "x.com",
        "wendy's",
        "co-op",
        "“",
        "é*",
        "url:",
        "acme.example/x",
        "or",
        "true",
        "\u{0}",
    ]);
    signs.prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_imported_as_text_that_can_be_read_or_refused(pieces in prop::collection::vec(piece(), 0..24)) {
        let source = pieces.concat();
        for dialect in Dialect::ALL {
            let Ok(imported) = import(dialect, &source, "acme") else { continue };
            let again = mon_grammar::format(&imported.mon);
            prop_assert!(again.errors.is_empty(), "{dialect:?} {source:?}\n{}\n{:?}", imported.mon, again.errors);
            prop_assert_eq!(&again.text, &imported.mon);
            for note in &imported.report {
                prop_assert_eq!(note.span.text(&source), note.piece.as_str());
            }
        }
    }
}
