//! Measures of one window: counts, averages, shares, and what is told of people and values.

use super::Context::{Argument, ArgumentJoin, Figures, Measure};
use super::{Context, Kind, Param, Shape, Word, maybe, param, shape};

/// A measure stands in a line of its own, and in the condition of an alert.
const FIGURE: &[Context] = &[Measure, Figures];

const fn measure(
    name: &'static str,
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Measure, name, FIGURE, says, example, insert).shapes(shapes)
}

const fn inside(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Joint, name, &[ArgumentJoin], says, example, insert)
}

const NUMERIC: Param = param("field", "A field that holds numbers, such as `author.followers` or `sentiment`.");
const WHOLE: Param = param("field", "A field that holds whole numbers, such as `author.followers`.");
const ANY: Param = param("field", "A field of a post, such as `author.uid`.");
const VALUES: Param = param("values", "A field that holds words, such as `link.domain`; or `tag`, or `link.url`.");
const PERCENTAGE: Param = param("P", "A percentage from 0 to 100; 95 means that 95 of 100 posts are not larger.");

pub(super) const WORDS: &[Word] = &[
    measure(
        "count",
        &[
            shape("count()", &[]),
            shape(
                "count(condition)",
                &[param("condition", "Counts only posts that meet it, such as `kind is repost`.")],
            ),
            shape("count(field)", &[param("field", "Counts only posts that tell this field.")]),
        ],
        "The number of posts of the window, and of edits of posts.",
        "count(sentiment <= -0.3 @ 70%)",
        "count($1)",
    )
    .more("`count(op is created)` leaves edits out."),
    measure(
        "distinct",
        &[
            shape("distinct(field)", &[ANY]),
            shape("distinct(story)", &[param("story", "Posts with nearly the same words are one story.")]),
        ],
        "How many different values of a field the posts have.",
        "distinct(author.uid)",
        "distinct(${1:author.uid})",
    ),
    measure(
        "sum",
        &[shape("sum(field)", &[NUMERIC])],
        "The sum of a field over the posts; absent where no post tells it.",
        "sum(engagement.likes)",
        "sum(${1:engagement.likes})",
    ),
    measure(
        "avg",
        &[shape("avg(field)", &[NUMERIC])],
        "The average of a field over the posts; absent where no post tells it.",
        "avg(sentiment)",
        "avg(${1:sentiment})",
    ),
    measure(
        "min",
        &[shape("min(field)", &[NUMERIC])],
        "The smallest value of a field; absent where no post tells it.",
        "min(sentiment)",
        "min(${1:sentiment})",
    ),
    measure(
        "max",
        &[shape("max(field)", &[NUMERIC])],
        "The largest value of a field; absent where no post tells it.",
        "max(author.followers)",
        "max(${1:author.followers})",
    ),
    measure(
        "median",
        &[shape("median(field)", &[NUMERIC])],
        "The middle value of a field; absent where no post tells it.",
        "median(author.followers)",
        "median(${1:author.followers})",
    ),
    measure(
        "percentile",
        &[shape("percentile(field, P)", &[NUMERIC, PERCENTAGE])],
        "The value that so many of a hundred posts do not exceed.",
        "percentile(engagement.views, 95)",
        "percentile(${1:engagement.views}, ${2:95})",
    ),
    measure(
        "stddev",
        &[shape("stddev(field)", &[NUMERIC])],
        "The standard deviation of a field, of a sample.",
        "stddev(sentiment)",
        "stddev(${1:sentiment})",
    ),
    measure(
        "stddev_samp",
        &[shape("stddev_samp(field)", &[NUMERIC])],
        "The standard deviation of a field, of a sample; the same as `stddev`.",
        "stddev_samp(sentiment)",
        "stddev_samp(${1:sentiment})",
    ),
    measure(
        "stddev_pop",
        &[shape("stddev_pop(field)", &[NUMERIC])],
        "The standard deviation of a field, of all posts of the window.",
        "stddev_pop(sentiment)",
        "stddev_pop(${1:sentiment})",
    ),
    measure(
        "var",
        &[shape("var(field)", &[NUMERIC])],
        "The variance of a field, of a sample.",
        "var(sentiment)",
        "var(${1:sentiment})",
    ),
    measure(
        "var_samp",
        &[shape("var_samp(field)", &[NUMERIC])],
        "The variance of a field, of a sample; the same as `var`.",
        "var_samp(sentiment)",
        "var_samp(${1:sentiment})",
    ),
    measure(
        "var_pop",
        &[shape("var_pop(field)", &[NUMERIC])],
        "The variance of a field, of all posts of the window.",
        "var_pop(sentiment)",
        "var_pop(${1:sentiment})",
    ),
    measure(
        "approx_distinct",
        &[shape("approx_distinct(field)", &[ANY])],
        "About how many different values of a field there are, in less memory than `distinct`.",
        "approx_distinct(author.uid)",
        "approx_distinct(${1:author.uid})",
    ),
    measure(
        "approx_median",
        &[shape("approx_median(field)", &[NUMERIC])],
        "About the middle value of a field, in less memory than `median`.",
        "approx_median(author.followers)",
        "approx_median(${1:author.followers})",
    ),
    measure(
        "approx_percentile_cont",
        &[shape("approx_percentile_cont(field, P)", &[NUMERIC, PERCENTAGE])],
        "About the value that so many of a hundred posts do not exceed, in less memory.",
        "approx_percentile_cont(engagement.views, 95)",
        "approx_percentile_cont(${1:engagement.views}, ${2:95})",
    ),
    measure(
        "bit_and",
        &[shape("bit_and(field)", &[WHOLE])],
        "The bits that all values of a field have.",
        "bit_and(author.posts)",
        "bit_and(${1:author.posts})",
    ),
    measure(
        "bit_or",
        &[shape("bit_or(field)", &[WHOLE])],
        "The bits that some value of a field has.",
        "bit_or(author.posts)",
        "bit_or(${1:author.posts})",
    ),
    measure(
        "bit_xor",
        &[shape("bit_xor(field)", &[WHOLE])],
        "The bits that an odd number of values of a field have.",
        "bit_xor(author.posts)",
        "bit_xor(${1:author.posts})",
    ),
    measure(
        "rate",
        &[shape("rate()", &[]), shape("rate(condition)", &[param("condition", "Counts only posts that meet it.")])],
        "Posts a minute, in windows of one length: `tumble` and `slide`.",
        "rate()",
        "rate($1)",
    ),
    measure(
        "share",
        &[shape("share(a of b)", &[param("a", "A measure: the part."), param("b", "A measure: the whole.")])],
        "One measure as a part of another; absent where that is zero.",
        "share(bad of volume)",
        "share(${1:bad} of ${2:volume})",
    ),
    measure(
        "ratio",
        &[shape("ratio(a, b)", &[param("a", "A measure."), param("b", "The measure that it is divided by.")])],
        "One measure divided by another; absent where that is zero.",
        "ratio(volume, voices)",
        "ratio(${1:volume}, ${2:voices})",
    ),
    measure(
        "engagement",
        &[
            shape("engagement()", &[]),
            shape(
                "engagement(weighted by sentiment)",
                &[param("weighted by sentiment", "The mood of the posts by how much people take part.")],
            ),
        ],
        "Likes, replies, reposts and quotes of the posts together; absent where no post tells any.",
        "engagement()",
        "engagement($1)",
    )
    .more("A post counts once, as the window last heard of it."),
    Word::new(
        Kind::Joint,
        "weighted by sentiment",
        &[Argument],
        "Weighs the mood of each post by how much people take part in it.",
        "engagement(weighted by sentiment)",
        "weighted by sentiment",
    ),
    measure(
        "reach",
        &[shape("reach()", &[])],
        "Followers of all different authors together; absent where no author tells them.",
        "reach()",
        "reach()",
    )
    .more("Each author counts once, however often they post."),
    measure(
        "share_of_voice",
        &[shape(
            "share_of_voice(brand of [brand, other])",
            &[
                param("brand", "The brand whose share is wanted; it is one of the market."),
                param("[brand, other]", "All brands of the market: lists, queries or words."),
            ],
        )],
        "The part of a brand in the posts of its market, from 0 to 1.",
        "share_of_voice(acme of [acme, zeta])",
        "share_of_voice(${1:acme} of [${1:acme}, ${2:zeta}])",
    )
    .more("A post that names several brands counts for each in equal parts."),
    measure(
        "top_count",
        &[shape("top_count(values)", &[VALUES])],
        "How many posts have the value that most posts have; 0 where none has one.",
        "top_count(link.domain)",
        "top_count(${1:link.domain})",
    ),
    measure(
        "top_share",
        &[shape("top_share(values)", &[VALUES])],
        "The part of the posts with a value that have the most frequent one; absent where none has one.",
        "top_share(link.domain)",
        "top_share(${1:link.domain})",
    ),
    measure(
        "new_values",
        &[shape(
            "new_values(values over time, posts >= N, authors >= M)",
            &[
                VALUES,
                param("time", "How long no window may have had the value, from a day to 26 weeks."),
                maybe("posts >= N", "In how many posts of the window it must be; 3 without it."),
                maybe("authors >= M", "Of how many authors these posts must be; 2 without it."),
            ],
        )],
        "How many values there are that no window of this time had; absent until so much is known.",
        "new_values(tag over 30d, posts >= 3, authors >= 2)",
        "new_values(${1:tag} over ${2:30d})",
    ),
    measure(
        "coordinated",
        &[shape(
            "coordinated(shared within time, shared >= N, accounts >= M)",
            &[
                param(
                    "shared",
                    "What is shared: `link.url`, `link.domain`, `tag`, `story` or a field that holds words.",
                ),
                param("within time", "How far apart two sharings may be, an hour at most; 60 seconds are usual."),
                maybe("shared >= N", "How many different things a pair must share so; 2 without it."),
                maybe("accounts >= M", "How many authors a group must have; 3 without it."),
            ],
        )],
        "How many authors share the same things at nearly the same time, again and again.",
        "coordinated(link.url within 60s, shared >= 3, accounts >= 5)",
        "coordinated(${1:link.url} within ${2:60s})",
    )
    .more("It is evidence of people or programs that act together, and does not tell why: look at the posts."),
    inside("of", "Says what the first figure is a part of.", "share(bad of volume)", "of ${1:volume}"),
    inside("over", "Says how long no window may have had a value.", "new_values(tag over 30d)", "over ${1:30d}"),
    inside(
        "within",
        "Says how far apart two sharings of one thing may be.",
        "coordinated(link.url within 60s)",
        "within ${1:60s}",
    ),
    inside(
        "posts",
        "In how many posts of the window a value must be to count.",
        "new_values(tag over 30d, posts >= 3)",
        "posts >= ${1:3}",
    ),
    inside(
        "authors",
        "Of how many authors the posts with a value must be.",
        "new_values(tag over 30d, authors >= 2)",
        "authors >= ${1:2}",
    ),
    inside(
        "shared",
        "How many different things a pair of authors must share.",
        "coordinated(link.url within 60s, shared >= 3)",
        "shared >= ${1:2}",
    ),
    inside(
        "accounts",
        "How many authors a group must have.",
        "coordinated(link.url within 60s, accounts >= 5)",
        "accounts >= ${1:3}",
    ),
];
