//! Whatever a query says, the reader ends, and what it writes can be read.

use proptest::prelude::*;

use super::super::{Dialect, import};
use crate::diagnostic::Diagnostic;

/// Words, signs, fields and values of all dialects.
const PIECES: &[&str] = &[
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
    "text:",
    "text:(",
    "title:(",
    "sentiment:",
    "[-5 TO 1]",
    "[0.5 TO 0.2]",
    "{* TO 9}",
    "followers:",
    ".5",
    "99999999999999999999",
    "created_at:",
    "[2026-02-31 TO 2026-12-01]",
    "{2026-12-01 TO 2026-12-01}",
    "point_radius:",
    "[13.4 95 30000km]",
    "bounding_box:",
    "[1 2 3 1]",
    "from:",
    "to:",
    "author:",
    "_exists_:",
    "contains:",
    "bio:",
    "links:",
    "a..b",
    "country:",
    "city:",
    "NEAR/0",
    "~0",
    "/x/",
    "/re+call?/",
];

fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(PIECES).prop_map(str::to_owned)
}

/// What was read is written so that it compiles, unless no post can meet it.
fn is_refused_rightly(told: &Diagnostic) -> bool {
    !told.message.contains("written in Mon")
        || ["no post meets", "a post cannot have"].iter().any(|why| told.message.contains(why))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_imported_as_text_that_can_be_read_or_refused(pieces in prop::collection::vec(piece(), 0..24)) {
        let source = pieces.concat();
        for dialect in Dialect::ALL {
            let imported = match import(dialect, &source, "acme") {
                Ok(imported) => imported,
                Err(told) => {
                    prop_assert!(is_refused_rightly(&told), "{dialect:?} {source:?}\n{told:#?}");
                    continue;
                }
            };
            let again = mon_grammar::format(&imported.mon);
            prop_assert!(again.errors.is_empty(), "{dialect:?} {source:?}\n{}\n{:?}", imported.mon, again.errors);
            prop_assert_eq!(&again.text, &imported.mon);
            for note in &imported.report {
                prop_assert_eq!(note.span.text(&source), note.piece.as_str());
            }
        }
    }
}
