//! How words are looked for, where in a post, and sets of them.

use super::Context::{Figures, Member, Posts, Route};
use super::{Context, Kind, Shape, Word, param, shape};

/// A form stands where a term does.
const TERM: &[Context] = &[Posts, Member];

const fn form(
    name: &'static str,
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::TermForm, name, TERM, says, example, insert).shapes(shapes)
}

const fn zone(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Zone, name, &[Posts], says, example, insert)
}

const fn scope(
    name: &'static str,
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Scope, name, TERM, says, example, insert).shapes(shapes)
}

const fn set(
    name: &'static str,
    contexts: &'static [Context],
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Quantifier, name, contexts, says, example, insert).shapes(shapes)
}

pub(super) const WORDS: &[Word] = &[
    form(
        "exact",
        &[shape("exact \"text\"", &[param("\"text\"", "The spelling that is looked for, standing alone.")])],
        "Finds this very spelling: case, accents and punctuation count.",
        "exact \"C++\"",
        "exact \"${1:AT&T}\"",
    ),
    form(
        "part",
        &[shape("part \"letters\"", &[param("\"letters\"", "The letters, in any case, with or without accents.")])],
        "Finds these letters anywhere, also inside longer words.",
        "part \"gate\"",
        "part \"${1:gate}\"",
    ),
    form(
        "stem",
        &[shape("stem \"word\"", &[param("\"word\"", "Any form of the word, or of each word of a phrase.")])],
        "Finds every form of the word in the post's language.",
        "stem \"running\"",
        "stem \"${1:running}\"",
    )
    .more("Where a post does not tell its language, the word itself is looked for."),
    form(
        "loose",
        &[shape("loose \"word\"", &[param("\"word\"", "A word of three letters at least.")])],
        "Finds the word behind look-alike letters, digits for letters, dots and stretched runs.",
        "loose \"paypal\"",
        "loose \"${1:paypal}\"",
    ),
    form(
        "word",
        &[shape("word \"text\"", &[param("\"text\"", "The word, in a script without spaces.")])],
        "Finds the text only between the borders of words, in scripts without spaces.",
        "word \"京都\"",
        "word \"${1:京都}\"",
    ),
    form(
        "url",
        &[shape(
            "url \"address\"",
            &[param(
                "\"address\"",
                "A host and the beginning of a path, or a parameter such as `?utm_campaign=launch`.",
            )],
        )],
        "Finds links to this host or one below it, with this beginning of the path.",
        "url \"acme.example/recall\"",
        "url \"${1:acme.example/recall}\"",
    )
    .more("Short links count as what they stand for; a post's own links are looked at, too."),
    zone("title", "Looks for words in the post's title.", "title: \"recall\"", "title: ${1:\"recall\"}"),
    zone("text", "Looks for words in the post's text.", "text: \"recall\"", "text: ${1:\"recall\"}"),
    zone(
        "summary",
        "Looks for words in the content warning or summary above the post.",
        "summary: \"spoiler\"",
        "summary: ${1:\"spoiler\"}",
    ),
    zone(
        "alt",
        "Looks for words in the descriptions of the post's pictures.",
        "alt: \"receipt\"",
        "alt: ${1:\"receipt\"}",
    ),
    zone(
        "bio",
        "Looks for words in what the author says of themselves.",
        "bio: \"journalist\"",
        "bio: ${1:\"journalist\"}",
    ),
    zone("name", "Looks for words in the author's display name.", "name: \"official\"", "name: ${1:\"official\"}"),
    zone(
        "link.title",
        "Looks for words in the titles of the pages that the post links to.",
        "link.title: \"recall\"",
        "link.title: ${1:\"recall\"}",
    ),
    zone(
        "link.url",
        "Looks for words in the addresses of the post's links.",
        "link.url: part \"recall\"",
        "link.url: ${1:part \"recall\"}",
    ),
    scope(
        "same sentence",
        &[shape("same sentence (a, b)", &[param("a, b", "What must all stand there.")])],
        "Asks that one sentence holds all of these.",
        "same sentence (\"acme\", \"broken\" or \"dead\")",
        "same sentence (${1:\"acme\"}, ${2:\"broken\"})",
    )
    .more("A line break ends a sentence; the dot of `Dr.` does not."),
    scope(
        "same line",
        &[shape("same line (a, b)", &[param("a, b", "What must all stand there.")])],
        "Asks that one line holds all of these.",
        "same line (\"acme\", \"broken\")",
        "same line (${1:\"acme\"}, ${2:\"broken\"})",
    ),
    scope(
        "same paragraph",
        &[shape("same paragraph (a, b)", &[param("a, b", "What must all stand there.")])],
        "Asks that one paragraph holds all of these.",
        "same paragraph (\"acme\", \"broken\")",
        "same paragraph (${1:\"acme\"}, ${2:\"broken\"})",
    ),
    scope(
        "first N words",
        &[shape(
            "first N words (a, b)",
            &[
                param("N", "How many words of the text are looked at."),
                param("a, b", "What is looked for, one of them."),
            ],
        )],
        "Asks that one of these stands among the first words of the text.",
        "first 10 words (\"recall\", \"refund\")",
        "first ${1:10} words (${2:\"recall\"})",
    )
    .joints(&["word"]),
    scope(
        "starts with",
        &[shape("starts with a", &[param("a", "What is looked for; `(a, b)` for one of several.")])],
        "Asks that the text begins with this; emoji and punctuation do not count.",
        "starts with \"breaking\"",
        "starts with ${1:\"breaking\"}",
    ),
    scope(
        "ends with",
        &[shape("ends with a", &[param("a", "What is looked for; `(a, b)` for one of several.")])],
        "Asks that the text ends with this; emoji and punctuation do not count.",
        "ends with #ad",
        "ends with ${1:#ad}",
    ),
    set(
        "any",
        &[Posts, Member],
        &[shape("any [a, b]", &[param("a, b", "Terms or conditions; a list alone stands for its members.")])],
        "Holds where at least one of these does.",
        "any [\"broken\", \"refund\", #fail]",
        "any [${1:\"broken\"}, ${2:\"refund\"}]",
    ),
    set(
        "all",
        &[Posts],
        &[shape("all [a, b]", &[param("a, b", "Terms or conditions; a list alone stands for its members.")])],
        "Holds where every one of these does.",
        "all [\"acme\", \"broken\"]",
        "all [${1:\"acme\"}, ${2:\"broken\"}]",
    ),
    set(
        "none",
        &[Posts],
        &[shape("none [a, b]", &[param("a, b", "Terms or conditions; a list alone stands for its members.")])],
        "Holds where not one of these does.",
        "\"acme\" and none [\"giveaway\", \"promo code\"]",
        "none [${1:\"giveaway\"}, ${2:\"promo code\"}]",
    ),
    set(
        "any",
        &[Figures],
        &[shape("any [a, b]", &[param("a, b", "Conditions on the window.")])],
        "Holds where at least one of these conditions does.",
        "any [volume >= 100, voices >= 50]",
        "any [${1:volume >= 100}, ${2:voices >= 50}]",
    ),
    set(
        "all",
        &[Figures],
        &[shape("all [a, b]", &[param("a, b", "Conditions on the window.")])],
        "Holds where every one of these conditions does.",
        "all [volume >= 100, voices >= 50]",
        "all [${1:volume >= 100}, ${2:voices >= 50}]",
    ),
    set(
        "none",
        &[Figures],
        &[shape("none [a, b]", &[param("a, b", "Conditions on the window.")])],
        "Holds where not one of these conditions does.",
        "volume >= 100 and none [voices < 50, bad < 20]",
        "none [${1:volume < 100}, ${2:voices < 50}]",
    ),
    set(
        "any",
        &[Route],
        &[shape("any [a, b]", &[param("a, b", "Tests of `severity`, `monitor` or a group of the window.")])],
        "Holds where at least one of these tests does.",
        "route also { when any [severity >= high, country is DE] to team legal }",
        "any [${1:severity >= high}, ${2:country is DE}]",
    ),
    set(
        "all",
        &[Route],
        &[shape("all [a, b]", &[param("a, b", "Tests of `severity`, `monitor` or a group of the window.")])],
        "Holds where every one of these tests does.",
        "route also { when all [severity >= high, country is DE] to team legal }",
        "all [${1:severity >= high}, ${2:country is DE}]",
    ),
    set(
        "none",
        &[Route],
        &[shape("none [a, b]", &[param("a, b", "Tests of `severity`, `monitor` or a group of the window.")])],
        "Holds where not one of these tests does.",
        "route also { when none [severity is low, country is DE] to team legal }",
        "none [${1:severity is low}, ${2:country is DE}]",
    ),
    set(
        "at least N of",
        &[Posts],
        &[shape(
            "at least N of [a, b, c]",
            &[
                param("N", "How many of them must hold."),
                param("a, b, c", "Terms or conditions; a list alone stands for its members."),
            ],
        )],
        "Holds where so many of these do.",
        "at least 2 of [\"broken\", \"refund\", \"angry\", #fail]",
        "at least ${1:2} of [${2:\"broken\"}, ${3:\"refund\"}, ${4:\"angry\"}]",
    ),
];
