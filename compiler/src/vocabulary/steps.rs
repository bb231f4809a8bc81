//! Words of tests: what is replayed, and what is expected of it.

use super::Context::{Expect, ExpectJoin, Test};
use super::{Kind, Word, maybe, param, shape};

const fn expect(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Joint, name, &[Expect], says, example, insert)
}

const fn joint(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Joint, name, &[ExpectJoin], says, example, insert)
}

pub(super) const WORDS: &[Word] = &[
    Word::new(
        Kind::TestStep,
        "replay",
        &[Test],
        "Names the recorded posts that the test replays; a test has one.",
        "replay \"captures/launch.jsonl\"",
        "replay \"${1:captures/day.jsonl}\"",
    )
    .shapes(&[shape("replay \"file\"", &[param("\"file\"", "The path of a recording, from the rule file.")])]),
    Word::new(
        Kind::TestStep,
        "expect",
        &[Test],
        "Says what must come of the replay; the test fails where it does not.",
        "expect 1 incident of acme_outage",
        "expect ${1:1} ${2|incident,incidents|}",
    )
    .shapes(&[
        shape(
            "expect N incidents of monitor",
            &[param("N", "How many, or `no`."), maybe("of monitor", "Another monitor than the one that is tested.")],
        ),
        shape(
            "expect opened at time within tolerance",
            &[
                param("time", "A clock time of the replayed day, or a full time, in UTC."),
                maybe("within tolerance", "How far off it may be, either way."),
            ],
        ),
        shape("expect cleared by time", &[param("time", "The last moment at which it may clear, in UTC.")]),
        shape(
            "expect severity level by time",
            &[
                param("level", "The level that an incident must reach."),
                maybe("by time", "The last moment at which it may do so, in UTC."),
            ],
        ),
        shape(
            "expect N posts matched where condition",
            &[
                param("N", "How many, `no`, or a comparison such as `>= 10`."),
                maybe("where condition", "Counts only posts that meet this, too."),
            ],
        ),
        shape(
            "expect N messages to team name",
            &[param("N", "How many, or `no`."), maybe("to team name", "Counts only messages to this team.")],
        ),
    ]),
    expect("incidents", "Asks for so many incidents.", "expect 2 incidents of acme_outage", "${1:2} incidents")
        .joints(&["incident"]),
    expect("no incidents", "Asks that no incident opens.", "expect no incidents", "no incidents"),
    expect(
        "opened at",
        "Asks that an incident opens at this time of the replayed day, in UTC.",
        "expect opened at 10:03 within 5m",
        "opened at ${1:10:03} within ${2:5m}",
    ),
    expect(
        "cleared by",
        "Asks that an incident clears by this time of the replayed day, in UTC.",
        "expect cleared by 13:00",
        "cleared by ${1:13:00}",
    ),
    expect(
        "severity",
        "Asks that an incident reaches this level.",
        "expect severity high by 10:30",
        "severity ${1|low,medium,high,critical|} by ${2:10:30}",
    ),
    expect(
        "posts matched",
        "Asks that the monitor matches so many posts of the recording.",
        "expect >= 10 posts matched",
        "${1:10} posts matched",
    )
    .joints(&["post"]),
    expect(
        "no posts matched",
        "Asks that the monitor matches none of these posts.",
        "expect no posts matched where text has \"giveaway\"",
        "no posts matched where ${1:text has \"giveaway\"}",
    ),
    expect("messages", "Asks for so many messages.", "expect 2 messages to team care", "${1:2} messages")
        .joints(&["message"]),
    joint(
        "of",
        "Names another monitor than the one that is tested.",
        "expect 1 incident of acme_outage",
        "of ${1:acme_outage}",
    ),
    joint(
        "within",
        "Says how far off the time may be, either way.",
        "expect opened at 10:03 within 5m",
        "within ${1:5m}",
    ),
    joint(
        "by",
        "Names the last moment at which it may happen, in UTC.",
        "expect severity high by 10:30",
        "by ${1:10:30}",
    ),
    joint(
        "where",
        "Counts only the posts that meet this condition, too.",
        "expect no posts matched where lang is de",
        "where ${1:lang is de}",
    ),
    joint("to team", "Counts only the messages to this team.", "expect 2 messages to team care", "to team ${1:care}"),
];
