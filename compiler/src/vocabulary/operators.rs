//! Operators: what joins words, tests fields and computes with figures.

use super::Context::{FieldJoin, Figures, FiguresJoin, Posts, PostsJoin, Route, RouteJoin};
use super::{Context, Kind, Word, param, shape};

const fn operator(
    name: &'static str,
    contexts: &'static [Context],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Operator, name, contexts, says, example, insert)
}

const fn words(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    operator(name, &[PostsJoin], says, example, insert)
}

const fn tests(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    operator(name, &[FieldJoin], says, example, insert)
}

const fn figures(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    operator(name, &[FiguresJoin], says, example, insert)
}

pub(super) const WORDS: &[Word] = &[
    words("and", "Both must hold; it binds tighter than `or`.", "\"acme\" and \"broken\"", "and ${1:\"broken\"}"),
    words(
        "or",
        "One of them must hold; brackets say which parts belong together.",
        "\"acme\" or @acme",
        "or ${1:#acme}",
    ),
    operator(
        "not",
        &[Posts],
        "Holds where the condition does not; it stays unknown where that is unknown.",
        "\"acme\" and not \"giveaway\"",
        "not ${1:\"giveaway\"}",
    ),
    words(
        "near/N",
        "Both stand near each other: at most so many words between them, in either order.",
        "\"acme\" near/5 (\"recall\" or \"refund\")",
        "near/${1:5} ${2:\"recall\"}",
    )
    .shapes(&[
        shape(
            "a near/N b",
            &[param("N", "How many words may stand between them."), param("b", "Words, or a list of them.")],
        ),
        shape("a near/N not b", &[param("N", "How far around `a` there must be no `b`.")]),
    ])
    .more("Emoji and punctuation are no words; `a near/5 not b` finds `a` with no `b` around it."),
    words(
        "then/N",
        "The first one stands before the second, with at most so many words between them.",
        "(\"switched\" or \"moved\") then/6 \"globex\"",
        "then/${1:5} ${2:\"globex\"}",
    )
    .shapes(&[shape(
        "a then/N b",
        &[param("N", "How many words may stand between them."), param("b", "Words, or a list of them.")],
    )]),
    words(
        "outside",
        "Finds a place of the first that lies in no place of the second.",
        "\"apple\" outside \"apple pie\"",
        "outside ${1:\"acme movers\"}",
    )
    .shapes(&[shape("a outside b", &[param("b", "What a place must not be a part of.")])]),
    words(
        "inside",
        "Finds a place of the first that lies in a place of the second.",
        "\"apple\" inside \"apple pie\"",
        "inside ${1:\"acme phone\"}",
    )
    .shapes(&[shape("a inside b", &[param("b", "What a place must be a part of.")])]),
    operator(
        "exists",
        &[Posts],
        "Holds where the post tells this field at all.",
        "exists country",
        "exists ${1:country}",
    )
    .shapes(&[shape(
        "exists field",
        &[param("field", "A field of a post; `geo` and `author` stand for all below them.")],
    )]),
    tests(
        "is",
        "Compares a field with a value; texts may have `*` and `?` in them.",
        "platform is bluesky",
        "is ${1:en}",
    )
    .shapes(&[shape("field is value", &[param("value", "A value that the field can hold.")])]),
    tests("in", "Holds where the field has one of these values.", "lang in [en, de]", "in [${1:en}, ${2:de}]")
        .shapes(&[shape("field in [value, value]", &[param("value", "A value that the field can hold.")])]),
    tests(
        "within",
        "Asks when a time is, or whether a place lies in a shape on the map.",
        "created within 2h",
        "within ${1:2h}",
    )
    .shapes(&[
        shape("time within length", &[param("length", "How long ago at most, such as `2h`.")]),
        shape("time within hours(from, to, zone)", &[param("hours(from, to, zone)", "A part of the day.")]),
        shape("geo within circle(lat, lon, radius)", &[param("circle(lat, lon, radius)", "A shape on the map.")]),
    ]),
    tests("has", "Looks for words in this zone of the post.", "text has \"giveaway\"", "has ${1:\"giveaway\"}")
        .shapes(&[shape("zone has words", &[param("words", "What is looked for there.")])]),
    tests(">=", "Is at least this.", "author.followers >= 10k", ">= ${1:10k}"),
    tests("<=", "Is at most this.", "sentiment <= -0.3", "<= ${1:10k}"),
    tests(">", "Is more than this.", "engagement.likes > 100", "> ${1:10k}"),
    tests("<", "Is less than this.", "author.followers < 50", "< ${1:10k}"),
    tests("==", "Equals this; the same as `is`.", "author.posts == 1", "== ${1:1}"),
    tests("!=", "Is another value than this; a field that is not told is unknown.", "lang != en", "!= ${1:en}"),
    words(
        "@",
        "Asks that the model was at least so sure; the test is unknown where it was less sure.",
        "sentiment <= -0.3 @ 70%",
        "@ ${1:70}%",
    )
    .shapes(&[shape("test @ P%", &[param("P%", "The least confidence, from 0% to 100%.")])]),
    words("~", "Finds words one or two edits away from the one in quotes.", "\"broken\"~1", "~${1|1,2|}")
        .shapes(&[shape("\"word\"~N", &[param("N", "How many edits: 1 for words of 4 letters, 2 for words of 7.")])]),
    figures("and", "Both must hold.", "volume >= 30 and voices >= 25", "and ${1:voices} >= ${2:25}"),
    figures("or", "One of them must hold.", "volume >= 100 or voices >= 50", "or ${1:voices} >= ${2:25}"),
    operator(
        "not",
        &[Figures],
        "Holds where the condition does not; it stays unknown where a measure is absent.",
        "not (volume < 30)",
        "not (${1:volume} < ${2:30})",
    ),
    figures(">=", "Is at least this.", "volume >= 30", ">= ${1:30}"),
    figures("<=", "Is at most this.", "volume <= 30", "<= ${1:30}"),
    figures(">", "Is more than this.", "volume > 30", "> ${1:30}"),
    figures("<", "Is less than this.", "volume < 30", "< ${1:30}"),
    figures("==", "Equals this.", "volume == 1", "== ${1:1}"),
    figures("!=", "Is another figure than this.", "volume != 1", "!= ${1:1}"),
    operator("+", &[FiguresJoin], "Adds two figures.", "volume + voices >= 50", "+ ${1:voices}"),
    operator(
        "-",
        &[FiguresJoin],
        "Takes one figure from another, or turns its sign.",
        "volume - voices >= 50",
        "- ${1:voices}",
    ),
    operator("*", &[FiguresJoin], "Multiplies two figures.", "volume >= 3 * voices", "* ${1:2}"),
    operator(
        "/",
        &[FiguresJoin],
        "Divides one figure by another; it is absent where that is zero.",
        "voices / volume >= 0.5",
        "/ ${1:volume}",
    ),
    operator(
        "no posts",
        &[Figures],
        "Holds where the window has no posts; it is `count() == 0`.",
        "no posts",
        "no posts",
    )
    .joints(&["post"])
    .more("`alert when no posts for 1h` tells of silence."),
    operator(
        "and",
        &[RouteJoin],
        "Both must hold.",
        "route also { when severity >= high and country is DE to team legal }",
        "and ${1:country is DE} to team ${2:legal}",
    ),
    operator(
        "or",
        &[RouteJoin],
        "One of them must hold.",
        "route also { when severity >= high or country is DE to team legal }",
        "or ${1:country is DE} to team ${2:legal}",
    ),
    operator(
        "not",
        &[Route],
        "Holds where the test does not.",
        "route also { when not country is DE to team legal }",
        "not ${1:country is DE}",
    ),
];
