//! Words that begin the clauses of a playbook, and what stands in them.

use super::Context::{Label, NotifyJoin, Playbook, Route, RouteJoin, RouteMode, RouteRow, ShareJoin, Timing};
use super::{Context, Kind, Word, maybe, param, shape};

const fn clause(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::PlaybookClause, name, &[Playbook], says, example, insert)
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

pub(super) const WORDS: &[Word] = &[
    clause(
        "route",
        "Says which team hears of an incident.",
        "route first {\n  when country in [DE, AT, CH] to team care_dach\n  otherwise to team care\n}",
        "route ${1|first,also|} {\n  ${2:otherwise} to team ${3:care}\n}",
    )
    .shapes(&[
        shape(
            "route first { when condition to team name  otherwise to team name }",
            &[
                param("condition", "A test of `severity`, `monitor` or a field that the window goes `by`."),
                param("name", "A team, which `mon.toml` binds to people."),
            ],
        ),
        shape(
            "route also { when condition to team name }",
            &[
                param("condition", "A test of `severity`, `monitor` or a field that the window goes `by`."),
                param("name", "A team that hears of it, too."),
            ],
        ),
    ]),
    Word::new(
        Kind::Joint,
        "first",
        &[RouteMode],
        "Stops at the first row that is true: one team hears of the incident.",
        "route first { when severity >= high to team legal  otherwise to team care }",
        "first {\n  otherwise to team ${1:care}\n}",
    ),
    Word::new(
        Kind::Joint,
        "also",
        &[RouteMode],
        "Adds the team of every row that is true.",
        "route also { when severity >= high to team legal }",
        "also {\n  when severity >= ${1:high} to team ${2:legal}\n}",
    ),
    joint(
        "when",
        &[RouteRow],
        "Sends the incident to this team where the condition is true.",
        "route also { when country is DE to team care_dach }",
        "when ${1:severity >= high} to team ${2:legal}",
    )
    .shapes(&[shape(
        "when condition to team name",
        &[
            param("condition", "A test of `severity`, `monitor` or a field that the window goes `by`."),
            param("name", "A team, which `mon.toml` binds to people."),
        ],
    )]),
    joint(
        "otherwise",
        &[RouteRow],
        "Sends every incident to this team that no row above it took.",
        "route first { otherwise to team care }",
        "otherwise to team ${1:care}",
    ),
    joint(
        "to team",
        &[RouteJoin],
        "Names the team that hears of the incident.",
        "route first { otherwise to team care }",
        "to team ${1:care}",
    )
    .more("A team is a word: `mon.toml` binds it to people, so that a rule holds no address."),
    Word::new(
        Kind::Value,
        "severity",
        &[Route],
        "The level of the incident: `low`, `medium`, `high` or `critical`, in this order.",
        "route also { when severity >= high to team legal }",
        "severity >= ${1|low,medium,high,critical|}",
    ),
    Word::new(
        Kind::Value,
        "monitor",
        &[Route],
        "The monitor that the incident is of.",
        "route also { when monitor is acme_outage to team legal }",
        "monitor is ${1:acme_outage}",
    ),
    clause(
        "notify",
        "Says for each level by which methods teams are told, and when.",
        "notify {\n  critical by slack, email at once\n  high by slack at once\n  medium by slack after 2m\n  low by email after 15m\n}",
        "notify {\n  ${1:medium} by ${2:slack} at once\n}",
    )
    .shapes(&[shape(
        "notify { level by method, method at once }",
        &[
            param("level", "One of `critical`, `high`, `medium` and `low`, each in one row."),
            param("method", "A way to tell people, such as `slack`, which `mon.toml` binds."),
            param("at once", "When the message is sent: `at once`, or `after 2m`."),
        ],
    )]),
    joint(
        "by",
        &[NotifyJoin],
        "Names the methods by which teams are told.",
        "notify { medium by slack, email at once }",
        "by ${1:slack} ${2|at once,after 2m|}",
    ),
    Word::new(
        Kind::Timing,
        "at once",
        &[Timing],
        "Sends the message when the incident opens.",
        "notify { medium by slack at once }",
        "at once",
    ),
    Word::new(
        Kind::Timing,
        "after",
        &[Timing],
        "Sends the message so long after the incident opened.",
        "notify { medium by slack after 2m }",
        "after ${1:2m}",
    )
    .shapes(&[shape("after time", &[param("time", "A length such as `2m`, seven days at most.")])]),
    clause(
        "share",
        "Clears a team to be told who or where somebody is, for a purpose.",
        "share personal with team care by email for support",
        "share ${1|personal,sensitive|} with team ${2:care} for ${3:support}",
    )
    .shapes(&[shape(
        "share label with team name by method for purpose",
        &[
            param("label", "What is told: `personal` who somebody is, `sensitive` where."),
            param("name", "The team that may be told."),
            maybe("by method", "The methods it may be told by; all of the playbook without it."),
            param("purpose", "What a monitor says it is `for`."),
        ],
    )]),
    Word::new(
        Kind::Constant,
        "personal",
        &[Label],
        "What tells who somebody is, such as `author.handle`.",
        "share personal with team care for support",
        "personal",
    ),
    Word::new(
        Kind::Constant,
        "sensitive",
        &[Label],
        "What tells where somebody is, such as `geo.lat`; it covers what is personal, too.",
        "share sensitive with team care for support",
        "sensitive",
    ),
    joint(
        "with team",
        &[ShareJoin],
        "Names the teams that may be told.",
        "share personal with team care for support",
        "with team ${1:care} for ${2:support}",
    )
    .shapes(&[shape(
        "with team name by method for purpose",
        &[
            param("name", "The team that may be told."),
            maybe("by method", "The methods it may be told by; all of the playbook without it."),
            param("purpose", "What a monitor says it is `for`."),
        ],
    )])
    .joints(&["by", "for"]),
];
