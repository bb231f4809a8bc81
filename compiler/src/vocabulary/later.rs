//! Words that the language names and no release executes yet. A text may have them, so they are explained; nobody offers them.

use super::Context::{Expect, Figures, Measure, Monitor, Playbook, Posts, Show, Test, Timing};
use super::{Context, Kind, Word, param, shape};

const fn clause(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::later(Kind::MonitorClause, name, &[Monitor], says, example)
}

const fn response(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::later(Kind::PlaybookClause, name, &[Playbook], says, example)
}

const fn measure(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::later(Kind::Detector, name, &[Measure, Figures], says, example)
}

const fn value(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::later(Kind::Value, name, &[Posts], says, example)
}

const fn expect(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::later(Kind::Joint, name, &[Expect], says, example)
}

pub(super) const WORDS: &[Word] = &[
    clause(
        "dedupe",
        "Would count posts that tell the same once; `distinct(author.uid)` counts voices.",
        "dedupe by story within 6h",
    )
    .joints(&["by", "within"]),
    clause("tolerate", "Would let a condition be untrue for a while.", "tolerate 2 windows"),
    clause("update", "Would send messages while an incident goes on.", "update every 30m"),
    clause("mute", "Would keep an incident silent for a time.", "mute 2h"),
    clause("expire", "Would close an incident after a time.", "expire after 2d"),
    clause("flapping", "Would hold incidents that open and clear again and again.", "flapping 3 in 1h"),
    clause("record", "Would keep figures of the monitor.", "record volume"),
    clause("reply", "Would answer posts.", "reply \"sorry\""),
    clause("detect", "Would choose a detector by itself; compare `robust_z(…)` or `poisson(…)`.", "detect spikes"),
    clause("join", "Would join two streams of posts.", "join other"),
    Word::later(
        Kind::Joint,
        "each",
        &[Show],
        "Would show one post of each value.",
        "show 5 posts, each conversation once",
    )
    .joints(&["once"]),
    response(
        "escalate",
        "Would tell others where nobody acknowledges.",
        "escalate unless acknowledged { after 15m to oncall of team by sms repeat every 15m, 3 times }",
    )
    .joints(&["unless", "acknowledged", "after", "to", "of", "team", "by", "repeat", "every", "times", "time"]),
    Word::later(
        Kind::Role,
        "oncall",
        &[Context::RouteJoin],
        "Would be the person of a team who is on duty.",
        "escalate unless acknowledged { after 15m to oncall of team by sms }",
    ),
    response("acknowledgement lasts", "Would forget an acknowledgement after a time.", "acknowledgement lasts 4h"),
    response(
        "quiet",
        "Would hold messages at night.",
        "quiet 22:00 to 07:00 in time of team, except critical, then in a digest",
    )
    .joints(&["to", "in", "time", "of", "except", "then"]),
    response(
        "budget",
        "Would bound how many messages a team gets.",
        "budget 20 a day for team, except critical, then in a digest",
    )
    .joints(&["a", "for", "except", "then"]),
    response(
        "ticket",
        "Would open a ticket; a `webhook` can open one.",
        "ticket jira care { open when severity >= high title \"x\" read resolution customer by author.uid resolve when severity is low }",
    )
    .joints(&["open", "resolve", "title", "read", "customer", "when", "by"]),
    response("count", "Would count incidents.", "count time open"),
    response("record", "Would keep what was sent.", "record all"),
    response("reply", "Would answer posts.", "reply \"sorry\""),
    response("update", "Would send messages while an incident goes on.", "update every 30m"),
    response("mute", "Would keep incidents silent for a time.", "mute 2h"),
    response("expire", "Would close incidents after a time.", "expire after 2d"),
    Word::later(
        Kind::Timing,
        "in a digest",
        &[Timing],
        "Would gather messages; `after 2m` or `at once` are there.",
        "notify { low by email in a digest every 30m }",
    )
    .joints(&["every"]),
    Word::later(Kind::TestStep, "at", &[Test], "Would do something at a time of the replay.", "at 10:10 acknowledge as \"ana\"")
        .shapes(&[
        shape("at time acknowledge", &[param("time", "A clock time of the replayed day, in UTC.")]),
        shape("at time close", &[param("time", "A clock time of the replayed day, in UTC.")]),
    ])
    .joints(&["acknowledge", "close"]),
    expect("escalation", "Would ask for an escalation.", "expect escalation to lead"),
    expect("sms", "Would ask for messages by SMS.", "expect sms to lead"),
    expect("email", "Would ask for messages by e-mail.", "expect email to lead"),
    expect("slack", "Would ask for messages by Slack.", "expect slack to lead"),
    expect("nothing", "Would ask that nothing is sent.", "expect nothing to lead"),
    expect("measure", "Would ask for the figure of a measure.", "expect measure volume >= 20"),
    expect("digest", "Would ask for a digest.", "expect digest to lead"),
    expect("ticket", "Would ask for a ticket.", "expect ticket opened"),
    measure("top", "Would be the most frequent value; compare `top_count(f)` or `top_share(f)`.", "top(link.domain)"),
    measure("above", "Would compare with what is usual; use `robust_z` or `change`.", "above(volume)"),
    measure("below", "Would compare with what is usual; use `flatline` or `change`.", "below(volume)"),
    measure("ratio_to", "Would compare with another window; use `change(volume, previous)`.", "ratio_to(volume)"),
    measure("ewma", "Would be a faded mean; use `baseline(volume, ewma over 6h)`.", "ewma(volume)"),
    measure("esd", "Would find outliers; use `seasonal_esd`.", "esd(volume)"),
    measure("kleinberg", "Would find bursts; use `burst`.", "kleinberg(volume)"),
    measure("cardinality", "Would count different values; use `distinct`.", "cardinality(author.uid)"),
    measure("percentage", "Would be a part of a whole; use `share(a of b)`.", "percentage(volume)"),
    measure("anomaly", "Would choose a detector by itself; use `robust_z` or `poisson`.", "anomaly(volume)"),
    measure("detect", "Would choose a detector by itself; use `robust_z` or `poisson`.", "detect(volume)"),
    value("emotion", "Would be what the author feels; use `sentiment`, or words that show it.", "emotion is anger"),
    value("topic", "Would be what the post is about; list the words of the topic.", "topic is politics"),
    value("entity", "Would be whom the post names; list the names and handles.", "entity is acme"),
    value("bot", "Would be how likely the author is a program; use `author.bot`.", "bot > 0.5"),
    value("story", "Would be the story of one post; `distinct(story)` measures a window.", "story is acme"),
    value("reach", "Would be the reach of one post; use `author.followers`.", "reach >= 10k"),
    value("engagement", "Would be all interactions with one post; ask for a part of it.", "engagement >= 100"),
    Word::later(
        Kind::Zone,
        "quote",
        &[Posts],
        "Would look for words in the post that is quoted; `kind is quote` takes posts that quote.",
        "quote: \"acme\"",
    ),
];
