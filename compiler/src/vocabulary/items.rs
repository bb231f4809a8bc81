//! Words that begin the items of a file, and what stands only in their heads.

use super::Context::{DatesJoin, Member, MemberJoin, ParamKind, TopLevel};
use super::{Kind, Word, maybe, param, shape};

const fn item(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::Item, name, &[TopLevel], says, example, insert)
}

const fn kind(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::new(Kind::Constant, name, &[ParamKind], says, example, name)
}

pub(super) const WORDS: &[Word] = &[
    item(
        "use",
        "Names another file, or a package, whose names this file needs.",
        "use brand.terms\n\nquery named = brand.terms.zeta and \"broken\"",
        "use ${1:brand.terms}",
    )
    .shapes(&[
        shape("use \"file.mon\"", &[param("file.mon", "The path of a rule file, from the file that says it.")]),
        shape("use package", &[param("package", "The name of a package, such as `brand.terms`.")]),
    ])
    .more("The names of a package are written in full: `brand.terms.acme`."),
    item(
        "terms",
        "Names a list of words, phrases, tags and handles; it stands for any of its members.",
        "terms giveaway = \"giveaway\", \"promo code\", #win",
        "terms ${1:name} = ${2:\"word\"}, ${3:#tag}",
    )
    .shapes(&[
        shape(
            "terms name = member, member",
            &[
                param("name", "What other rules call the list."),
                param("member", "A term, the name of another list, or a distance such as `\"a\" near/3 \"b\"`."),
            ],
        ),
        shape(
            "terms name = from \"file\" column name",
            &[
                param("\"file\"", "A text file with a term a line, or a table, beside the rule file or below it."),
                maybe("column name", "The column of a table that holds the terms."),
            ],
        ),
    ]),
    item(
        "query",
        "Names a condition on one post, which monitors and other queries use by its name.",
        "query outage = \"acme\" near/5 (\"down\" or \"offline\") and lang in [en, de]",
        "query ${1:name} = ${2:\"word\"} and ${3:\"other\"}",
    )
    .shapes(&[
        shape(
            "query name = condition",
            &[
                param("name", "What other rules call the query."),
                param("condition", "Words to look for and tests of fields, joined by `and`, `or`, `not`."),
            ],
        ),
        shape(
            "query name(value: kind) = condition",
            &[
                param("value", "A name that stands for what each use of the query gives."),
                param("kind", "One of `terms`, `number`, `duration`, `text` and `field`."),
                param("condition", "The condition, in which the names of the values may stand."),
            ],
        ),
    ]),
    item(
        "dates",
        "Names days of the calendar, which `without` leaves out of what is usual.",
        "dates holidays = 2026-12-24 to 2026-12-26, 2027-01-01",
        "dates ${1:name} = ${2:2026-12-24} to ${3:2026-12-26}",
    )
    .shapes(&[shape(
        "dates name = day to day, day",
        &[
            param("name", "What a measure calls the days behind `without`."),
            param("day", "A date such as `2026-12-24`; with `to` every day up to the last one."),
        ],
    )]),
    item(
        "monitor",
        "Says which posts to watch, what to measure of them, and when that is an alert.",
        "/// Many people say that their phone fails.\nmonitor failures {\n  match  \"acme\" and \"broken\"\n  window tumble 15m\n\n  \
         measure voices = distinct(author.uid)\n\n  alert when voices >= 20\n  follow playbook crisis\n\n  example yes \"my acme is broken\"\n}",
        "monitor ${1:name} {\n  match  ${2:\"acme\"}\n  window tumble ${3:15m}\n\n  measure volume = count()\n\n  alert when volume >= \
         ${4:20}\n  severity { ${5:medium} otherwise }\n  follow playbook ${6:crisis}\n\n  example yes ${7:\"acme\"}\n}$0",
    )
    .shapes(&[shape(
        "monitor name { clauses }",
        &[
            param("name", "What messages, routes and tests call the monitor."),
            param("clauses", "A `match`; for alerts a `window`, measures, `alert when` and `follow playbook`, too."),
        ],
    )]),
    item(
        "playbook",
        "Says which team hears of an incident, by which methods, and when.",
        "playbook quiet_desk {\n  route first { otherwise to team care }\n  notify { critical by slack, email at once  high by slack at once  \
         medium by slack after 2m  low by email after 15m }\n}",
        "playbook ${1:name} {\n  route first {\n    otherwise to team ${2:care}\n  }\n  notify {\n    critical by ${3:slack} at once\n    high     \
         by ${4:slack} at once\n    medium   by ${5:slack} after 2m\n    low      by ${6:email} after 15m\n  }\n}$0",
    )
    .shapes(&[shape(
        "playbook name { clauses }",
        &[
            param("name", "What monitors call it behind `follow playbook`."),
            param("clauses", "A `route` and a `notify`; `share` where alerts tell who or where somebody is."),
        ],
    )]),
    item(
        "test",
        "Replays recorded posts through one monitor and says what must come of it.",
        "test acme_outage \"a launch-day failure is one incident\" {\n  replay \"captures/launch.jsonl\"\n  expect 1 incident\n  expect severity \
         medium\n}",
        "test ${1:acme_outage} \"${2:what the rules must do}\" {\n  replay \"${3:captures/day.jsonl}\"\n  expect ${4:1} incident\n}$0",
    )
    .shapes(&[shape(
        "test monitor \"title\" { steps }",
        &[
            param("monitor", "The monitor that is tested."),
            param("\"title\"", "What the test shows, in a sentence."),
            param("steps", "One `replay`, and lines that begin with `expect`."),
        ],
    )]),
    Word::new(
        Kind::Joint,
        "from",
        &[Member],
        "Reads members of the list from a file: a term a line, or a column of a table.",
        "terms brands = from \"brands.txt\"",
        "from \"${1:brands.txt}\"",
    )
    .shapes(&[shape(
        "from \"file\" column name",
        &[
            param("\"file\"", "The path, from the rule file that says it."),
            maybe("column name", "The column of a table that holds the terms."),
        ],
    )]),
    Word::new(
        Kind::Joint,
        "column",
        &[MemberJoin],
        "Names the column of a table that holds the members of the list.",
        "terms brands = from \"brands.csv\" column brand",
        "column ${1:brand}",
    )
    .more("A column whose name is no word is quoted: `column \"brand name\"`."),
    Word::new(
        Kind::Joint,
        "to",
        &[DatesJoin],
        "Names the last day of several, which belongs to them.",
        "dates holidays = 2026-12-24 to 2026-12-26",
        "to ${1:2026-12-26}",
    ),
    kind("terms", "The query is given a list of terms, or one term.", "query bad(brand: terms) = brand near/5 \"broken\""),
    kind(
        "number",
        "The query is given a figure, which may stand as a distance, too.",
        "query loud(least: number) = author.followers >= least",
    ),
    kind("duration", "The query is given a length of time.", "query fresh(age: duration) = created within age"),
    kind("text", "The query is given a text in quotes.", "query by_app(name: text) = app is name"),
    kind("field", "The query is given a field of a post.", "query loud(figure: field) = figure >= 10k"),
];
