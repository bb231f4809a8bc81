//! Words that begin the clauses of a monitor, and what stands behind them.

use super::Context::{
    AlertJoin, AllowJoin, Answer, ExtendJoin, Locked, MemberJoin, Monitor, Playbook, PostsJoin, SeverityJoin, Show,
    ShowJoin, Status,
};
use super::{Context, Kind, Word, maybe, param, shape};

const fn clause(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::MonitorClause, name, &[Monitor], says, example, insert)
}

const fn meta(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Meta, name, &[Monitor], says, example, insert)
}

const fn joint(
    name: &'static str,
    contexts: &'static [Context],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Joint, name, contexts, says, example, insert)
}

const fn constant(name: &'static str, contexts: &'static [Context], says: &'static str, example: &'static str) -> Word {
    Word::new(Kind::Constant, name, contexts, says, example, name)
}

const fn locked(name: &'static str, says: &'static str, example: &'static str) -> Word {
    constant(name, &[Locked], says, example)
}

pub(super) const WORDS: &[Word] = &[
    clause(
        "match",
        "Says which posts the monitor looks at.",
        "match acme near/8 failure and not \"giveaway\"",
        "match ${1:\"acme\"}",
    )
    .shapes(&[shape(
        "match condition",
        &[param("condition", "A query, a list, words to look for, tests of fields, or all of them joined.")],
    )]),
    clause(
        "window",
        "Cuts time, or the row of posts, into windows that are measured one by one.",
        "window slide 15m every 1m by country, late 30s",
        "window ${1|tumble,slide|} ${2:15m}",
    )
    .shapes(&[shape(
        "window kind by field, late time",
        &[
            param("kind", "One of `tumble`, `slide`, `session`, `calendar`, `count` and `pattern`, with its length."),
            maybe("by field", "A window for each value of the field, such as `by country`."),
            maybe("late time", "How much longer a result is held open for posts that come late."),
        ],
    )]),
    clause(
        "measure",
        "Names a figure that is computed for each window.",
        "measure authors = distinct(author.uid)",
        "measure ${1:name} = ${2:count()}",
    )
    .shapes(&[shape(
        "measure name = figure",
        &[
            param("name", "What alerts and later measures call the figure."),
            param("figure", "A function such as `count()`, or arithmetic over measures further up."),
        ],
    )]),
    clause(
        "alert when",
        "Says for which windows an incident opens.",
        "alert when volume >= 30 and voices >= 25 for 2m\n      clear when volume < 15 for 10m",
        "alert when ${1:volume} >= ${2:20}",
    )
    .shapes(&[shape(
        "alert when condition for time clear when condition for time",
        &[
            param("condition", "A comparison of measures with figures; it must be true of the window."),
            maybe("for time", "How long it must be true at every look."),
            maybe("clear when condition", "When the incident clears; without it, when the alert no longer holds."),
        ],
    )]),
    clause(
        "severity",
        "Says how bad an incident is: the first row that is true gives its level.",
        "severity {\n  critical when volume >= 500\n  high when volume >= 100\n  medium otherwise\n}",
        "severity {\n  ${1:high} when ${2:volume >= 100}\n  ${3:medium} otherwise\n}",
    )
    .shapes(&[shape(
        "severity { level when condition  level otherwise }",
        &[
            param("level", "One of `critical`, `high`, `medium` and `low`."),
            param("condition", "A comparison of measures with figures."),
        ],
    )])
    .more("While an incident is open its level follows the rows up and down."),
    clause(
        "group by",
        "Keeps a window for each value of one or more fields, as `by` does in `window`.",
        "group by country, lang",
        "group by ${1:country}",
    )
    .shapes(&[shape(
        "group by field, field",
        &[param("field", "A field whose values are single words, such as `country`.")],
    )]),
    clause(
        "show",
        "Says which posts and which values a message brings as proof.",
        "show 5 posts by author.followers, top 3 link.domain",
        "show ${1:5} posts by ${2:author.followers}",
    )
    .shapes(&[shape(
        "show N posts by field, top N values",
        &[
            param("N posts", "How many posts a message brings, 50 at most; without `show` there are three."),
            maybe("by field", "The posts with the largest figure in this field, not the newest."),
            maybe("top N values", "The values that most posts of the window have, such as `top 3 link.domain`."),
        ],
    )]),
    clause(
        "follow playbook",
        "Names the playbook that says who hears of the monitor's incidents.",
        "follow playbook crisis",
        "follow playbook ${1:crisis}",
    )
    .shapes(&[shape("follow playbook name", &[param("name", "A `playbook` of these rules.")])]),
    clause(
        "example",
        "Holds a text that the monitor must match, or must not; checks and tests try it.",
        "example yes \"acme is broken again\"",
        "example ${1|yes,no|} ${2:\"acme is broken\"}",
    )
    .shapes(&[
        shape("example yes \"text\"", &[param("\"text\"", "A text that the monitor must match.")]),
        shape("example no \"text\"", &[param("\"text\"", "A text that the monitor must not match.")]),
    ]),
    constant("yes", &[Answer], "The monitor must match this text.", "example yes \"acme is broken\""),
    constant("no", &[Answer], "The monitor must not match this text.", "example no \"good morning\""),
    Word::new(
        Kind::MonitorClause,
        "allow",
        &[Monitor, Playbook, PostsJoin, MemberJoin],
        "Takes back a finding of `mon lint` or a warning for this item, with the reason.",
        "allow MON0403 because \"read as it stands\"",
        "allow ${1:MON0403} because \"${2:why it is right here}\"",
    )
    .shapes(&[shape(
        "allow code until day because \"reason\"",
        &[
            param("code", "The code of the finding, such as `MON0403`."),
            maybe("until day", "The last day on which it counts."),
            param("\"reason\"", "Why the finding is right here and no mistake."),
        ],
    )]),
    joint(
        "until",
        &[AllowJoin],
        "Names the last day on which the `allow` counts.",
        "allow MON0403 until 2099-12-31 because \"read as it stands\"",
        "until ${1:2099-12-31} because \"${2:why}\"",
    ),
    joint(
        "because",
        &[AllowJoin],
        "Gives the reason why the finding is right here, which is needed.",
        "allow MON0403 because \"read as it stands\"",
        "because \"${1:why}\"",
    ),
    clause(
        "extend",
        "Takes over the clauses of another monitor; what is written here stands in their place.",
        "extend acme_outage for region de, at",
        "extend ${1:acme_outage} for region ${2:de}",
    )
    .shapes(&[shape(
        "extend monitor for region country, country",
        &[
            param("monitor", "The monitor whose clauses are taken over."),
            maybe("for region country", "Narrows the match to posts whose `country` is one of these."),
        ],
    )]),
    joint(
        "for region",
        &[ExtendJoin],
        "Narrows what is taken over to posts whose `country` is one of these.",
        "extend acme_outage for region de, at",
        "for region ${1:de}",
    ),
    clause(
        "locked",
        "Names the clauses that every extension of this monitor takes as they are.",
        "locked measure, severity",
        "locked ${1:measure}, ${2:severity}",
    )
    .shapes(&[shape(
        "locked clause, clause",
        &[param("clause", "A kind of clause, such as `match`, `measure` or `window`.")],
    )]),
    locked("match", "Extensions may narrow the match by region, and change nothing else of it.", "locked match"),
    locked("window", "Extensions take the window and its groups as they are.", "locked window"),
    locked("measure", "Extensions may add measures, and replace none.", "locked measure"),
    locked("alert", "Extensions take `alert when` and `clear when` as they are.", "locked alert"),
    locked("min", "Extensions take the least number of posts as it is.", "locked min"),
    locked("severity", "Extensions take the rows of `severity` as they are.", "locked severity"),
    locked("group", "Extensions take the groups and the window as they are.", "locked group"),
    locked("show", "Extensions take what messages show as it is.", "locked show"),
    locked("follow", "Extensions follow the same playbook.", "locked follow"),
    locked("owner", "Extensions have the same owner.", "locked owner"),
    locked("for", "Extensions have the same purpose.", "locked for"),
    clause(
        "min",
        "Raises an alert only where the window has so many posts, whatever else holds.",
        "min 20 posts",
        "min ${1:20} posts",
    )
    .shapes(&[shape("min N posts", &[param("N", "The least number of posts of a window that may be an alert.")])])
    .joints(&["posts", "post"]),
    clause("warmup", "Opens no incident before the monitor has run for so long.", "warmup 14d", "warmup ${1:14d}")
        .shapes(&[shape(
            "warmup time",
            &[param("time", "A length such as `14d`, from the monitor's first window on.")],
        )]),
    clause(
        "cooldown",
        "Opens no incident for a group whose last one cleared less than so long ago.",
        "cooldown 1h",
        "cooldown ${1:1h}",
    )
    .shapes(&[shape(
        "cooldown time",
        &[param("time", "A length such as `1h`, from the end of the last incident on.")],
    )]),
    clause(
        "under load",
        "Lets a run that can't keep up hear a part of the authors; figures are scaled up.",
        "under load sample 1 in 4 authors, then 1 in 16",
        "under load sample 1 in ${1:4} authors, then 1 in ${2:16}",
    )
    .shapes(&[shape(
        "under load sample 1 in N authors, then 1 in M",
        &[
            param("1 in N authors", "At the first step, one author in so many is heard, with all their posts."),
            maybe("then 1 in M", "The next step, where the first one is not enough; four steps at most."),
        ],
    )])
    .joints(&["sample", "in", "authors", "then"])
    .more("`heard_one_in` is a measure of such a monitor: 1 where all authors of the window were heard."),
    meta("owner", "Says whose monitor it is.", "owner \"press desk\"", "owner \"${1:press desk}\"")
        .shapes(&[shape("owner \"who\"", &[param("\"who\"", "A person or a desk, as messages show it.")])]),
    meta(
        "status",
        "Says how far the monitor is: `draft`, `trial` or `live`.",
        "status live",
        "status ${1|draft,trial,live|}",
    )
    .shapes(&[shape("status word", &[param("word", "One of `draft`, `trial` and `live`.")])]),
    constant("draft", &[Status], "The monitor is being written.", "status draft"),
    constant("trial", &[Status], "The monitor is being tried.", "status trial"),
    constant("live", &[Status], "The monitor is relied on.", "status live"),
    meta("since", "Says from which day on the monitor exists.", "since 2026-11-01", "since ${1:2026-11-01}")
        .shapes(&[shape("since day", &[param("day", "A date such as `2026-11-01`.")])]),
    meta(
        "for",
        "Says what the monitor tells of people for; `share` in its playbook clears that purpose.",
        "for support",
        "for ${1:support}",
    )
    .shapes(&[shape(
        "for purpose",
        &[param("purpose", "A word or a text that the playbook's `share … for` names, too.")],
    )]),
    joint(
        "for",
        &[AlertJoin],
        "Asks that the condition is true at every look for so long.",
        "alert when volume >= 30 for 2m",
        "for ${1:2m}",
    )
    .shapes(&[shape("for time", &[param("time", "A length such as `2m`.")])]),
    joint(
        "clear when",
        &[AlertJoin],
        "Says when an open incident clears; without it, when the alert no longer holds.",
        "alert when volume >= 30\n      clear when volume < 15 for 10m",
        "clear when ${1:volume} < ${2:10}",
    )
    .shapes(&[shape(
        "clear when condition for time",
        &[
            param("condition", "A comparison of measures with figures."),
            maybe("for time", "How long it must be true at every look."),
        ],
    )]),
    joint(
        "when",
        &[SeverityJoin],
        "Gives the level where this condition is true of the window.",
        "severity { high when volume >= 100  medium otherwise }",
        "when ${1:volume} >= ${2:100}",
    ),
    joint(
        "otherwise",
        &[SeverityJoin],
        "Gives the level where no row above it is true; it is the last row.",
        "severity { high when volume >= 100  medium otherwise }",
        "otherwise",
    ),
    joint(
        "posts",
        &[Show],
        "Brings so many posts in each message, the newest where nothing else is said.",
        "show 5 posts",
        "${1:5} posts",
    )
    .shapes(&[shape(
        "N posts by field",
        &[
            param("N", "How many posts, 50 at most."),
            maybe("by field", "The posts with the largest figure in this field."),
        ],
    )])
    .joints(&["post"]),
    joint(
        "top",
        &[Show],
        "Brings the values that most posts of the window have, with how many have each.",
        "show top 3 link.domain",
        "top ${1:3} ${2:link.domain}",
    )
    .shapes(&[shape(
        "top N values",
        &[
            param("N", "How many values, 50 at most."),
            param("values", "A field that holds words, `tag` or `link.url`."),
        ],
    )]),
    joint(
        "new",
        &[Show],
        "Brings the values that a `new_values` measure of the monitor counted.",
        "measure fresh = new_values(tag over 30d)\nshow new 5 tag",
        "new ${1:5} ${2:tag}",
    )
    .shapes(&[shape(
        "new N values",
        &[
            param("N", "How many values, 50 at most."),
            param("values", "What a measure `new_values(… over …)` of this monitor looks at."),
        ],
    )]),
    joint(
        "by",
        &[ShowJoin],
        "Brings the posts with the largest figure in this field first.",
        "show 5 posts by author.followers",
        "by ${1:author.followers}",
    )
    .more("`by reach` brings those whose authors have the most followers."),
];
