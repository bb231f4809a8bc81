//! Levels, units, and values that are no fields of their own.

use super::Context::{Argument, Distance, Duration, Figures, Flag, NotifyRow, Number, Posts, SeverityRow, ShowJoin};
use super::{Context, Kind, Word, param, shape};

const fn level(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Severity, name, &[SeverityRow], says, example, insert)
}

const fn told(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Severity, name, &[NotifyRow], says, example, insert)
}

const fn unit(name: &'static str, context: &'static [Context], says: &'static str, example: &'static str) -> Word {
    Word::new(Kind::Unit, name, context, says, example, name)
}

const fn value(
    name: &'static str,
    contexts: &'static [Context],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Value, name, contexts, says, example, insert)
}

pub(super) const WORDS: &[Word] = &[
    level(
        "critical",
        "The highest level of severity.",
        "severity { critical when volume >= 500  medium otherwise }",
        "critical when ${1:volume >= 500}",
    ),
    level(
        "high",
        "The level of severity below `critical`.",
        "severity { high when volume >= 100  medium otherwise }",
        "high when ${1:volume >= 100}",
    ),
    level(
        "medium",
        "The level of severity below `high`; incidents have it where nothing says another one.",
        "severity { medium otherwise }",
        "medium when ${1:volume >= 50}",
    ),
    level("low", "The lowest level of severity.", "severity { low otherwise }", "low when ${1:volume >= 20}"),
    told(
        "critical",
        "How teams are told of incidents of the highest level.",
        "notify { critical by slack, email at once }",
        "critical by ${1:slack} at once",
    ),
    told(
        "high",
        "How teams are told of incidents of the level below `critical`.",
        "notify { high by slack at once }",
        "high by ${1:slack} at once",
    ),
    told(
        "medium",
        "How teams are told of incidents of the level below `high`.",
        "notify { medium by slack after 2m }",
        "medium by ${1:slack} after 2m",
    ),
    told(
        "low",
        "How teams are told of incidents of the lowest level.",
        "notify { low by email after 15m }",
        "low by ${1:email} after 15m",
    ),
    unit("ms", &[Duration], "Thousandths of a second.", "created within 500ms"),
    unit("s", &[Duration], "Seconds.", "created within 30s"),
    unit("m", &[Duration], "Minutes.", "created within 15m"),
    unit("h", &[Duration], "Hours.", "created within 2h"),
    unit("d", &[Duration], "Days of 24 hours.", "created within 7d"),
    unit("w", &[Duration], "Weeks of seven days.", "created within 2w"),
    unit("k", &[Number], "Thousands.", "author.followers >= 10k"),
    unit("M", &[Number], "Millions.", "author.followers >= 1M"),
    unit("%", &[Number], "Hundredths.", "sentiment <= -0.3 @ 70%"),
    unit("km", &[Distance], "Kilometres.", "geo within circle(52.52, 13.40, 25km)"),
    unit("mi", &[Distance], "Miles.", "geo within circle(52.52, 13.40, 15mi)"),
    Word::new(Kind::Constant, "true", &[Flag, Posts], "Is true.", "author.verified is true", "true"),
    Word::new(Kind::Constant, "false", &[Flag, Posts], "Is false.", "author.verified is false", "false"),
    value(
        "geo",
        &[Posts],
        "The post's place on the map.",
        "geo within circle(52.52, 13.40, 25km)",
        "geo within ${1:circle(52.52, 13.40, 25km)}",
    )
    .shapes(&[shape("geo within shape", &[param("shape", "One of `circle(…)`, `box(…)` and `polygon(…)`.")])]),
    value(
        "tag",
        &[Argument],
        "The tags in title and text, as a term such as `#acme` looks for them.",
        "top_count(tag)",
        "tag",
    ),
    value(
        "link.url",
        &[Argument],
        "The pages that the post's links lead to, without what only tells who came by which way.",
        "top_count(link.url)",
        "link.url",
    ),
    value(
        "story",
        &[Argument],
        "What a post says, told apart by its words: posts with nearly the same words are one story.",
        "distinct(story)",
        "story",
    ),
    value(
        "heard_one_in",
        &[Figures],
        "How many authors each one that was heard stands for, in a monitor with `under load`.",
        "heard_one_in <= 4",
        "heard_one_in <= ${1:4}",
    ),
    value(
        "reach",
        &[ShowJoin],
        "The followers of a post's author, to show posts by.",
        "show 5 posts by reach",
        "by reach",
    ),
];
