//! Kinds of windows, and what stands behind them.

use super::Context::{CalendarUnit, StepJoin, WindowJoin, WindowKind};
use super::{Context, Kind, Word, maybe, param, shape};

const fn window(name: &'static str, says: &'static str, example: &'static str, insert: &'static str) -> Word {
    Word::new(Kind::WindowKind, name, &[WindowKind], says, example, insert)
}

const fn unit(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::new(Kind::Constant, name, &[CalendarUnit], says, example, name)
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
    window(
        "tumble",
        "Cuts time into pieces of one length, one after the other.",
        "window tumble 5m",
        "tumble ${1:15m}",
    )
    .shapes(&[shape("tumble size", &[param("size", "How long each piece is, such as `15m`.")])]),
    window(
        "slide",
        "Looks at the last stretch of time again and again, one step further each time.",
        "window slide 15m every 1m",
        "slide ${1:15m} every ${2:1m}",
    )
    .shapes(&[shape(
        "slide size every step",
        &[
            param("size", "How far back each look goes, such as `15m`."),
            param("step", "How often it looks, such as `1m`; the size is a multiple of it."),
        ],
    )])
    .joints(&["every"]),
    window(
        "session gap",
        "Holds the posts of a group that come without a pause, and judges them once, when it is over.",
        "window session gap 30m by author.handle",
        "session gap ${1:30m}",
    )
    .shapes(&[shape("session gap pause", &[param("pause", "How long nobody posts before a session is over.")])])
    .more("`for`, `clear when` and `cooldown` are errors with it; a session is cut after 24 hours."),
    window(
        "calendar",
        "Takes the days, weeks, months, quarters or years of a time zone.",
        "window calendar day in Europe/Berlin",
        "calendar ${1|day,week,month,quarter,year|} in ${2:Europe/Berlin}",
    )
    .shapes(&[shape(
        "calendar unit in zone",
        &[
            param("unit", "One of `day`, `week`, `month`, `quarter` and `year`."),
            maybe("in zone", "A time zone such as `Europe/Berlin`; UTC without one."),
        ],
    )])
    .joints(&["in"]),
    unit("day", "Windows are the days of the zone, which have 23, 24 or 25 hours.", "window calendar day"),
    unit("week", "Windows are the weeks of the zone, from Monday on.", "window calendar week in Europe/Berlin"),
    unit("month", "Windows are the months of the zone.", "window calendar month"),
    unit("quarter", "Windows are the quarters of the year.", "window calendar quarter"),
    unit("year", "Windows are the years of the zone.", "window calendar year"),
    window(
        "count",
        "Looks at so many posts of a group after the other, however long they take.",
        "window count 1000",
        "count ${1:1000}",
    )
    .shapes(&[shape("count N", &[param("N", "How many posts a window has, a million at most.")])])
    .more("A run of posts that is not full when a recording ends is not told."),
    window(
        "pattern",
        "Looks for a post that meets the first step, then one that meets the second, in one group.",
        "window pattern \"leak\" then \"press\" within 30m by country",
        "pattern ${1:\"leak\"} then ${2:\"press\"} within ${3:30m}",
    )
    .shapes(&[
        shape(
            "pattern step then step within time",
            &[
                param("step", "A query, a term, or a condition in brackets."),
                param("within time", "The longest time from the first post to the last one."),
            ],
        ),
        shape(
            "pattern step then not step for time",
            &[
                param("not step", "What must not come behind the other steps."),
                param("for time", "How long it must not come."),
            ],
        ),
    ])
    .more("Each pattern is judged once, when it is complete; patterns of a group do not overlap."),
    joint(
        "by",
        &[WindowJoin],
        "Keeps a window for each value of the field; posts that do not tell theirs form a group.",
        "window tumble 15m by country",
        "by ${1:country}",
    )
    .shapes(&[shape(
        "by field, field",
        &[param("field", "A field whose values are single words, such as `country`.")],
    )]),
    joint(
        "late",
        &[WindowJoin],
        "Holds a result open for so much longer, for posts that come late.",
        "window tumble 15m, late 30s",
        "late ${1:30s}",
    )
    .shapes(&[shape("late time", &[param("time", "A length such as `30s`, seven days at most.")])]),
    joint(
        "then",
        &[StepJoin],
        "Asks for a post that meets the next step, behind the one that met this.",
        "window pattern \"leak\" then \"press\" within 30m",
        "then ${1:\"press\"} within ${2:30m}",
    ),
    joint(
        "then not",
        &[StepJoin],
        "Asks that no post comes that meets this step, for as long as `for` says.",
        "window pattern \"broken\" then not \"fixed\" for 1h by conversation",
        "then not ${1:\"fixed\"} for ${2:1h}",
    )
    .joints(&["for"]),
    joint(
        "within",
        &[StepJoin],
        "Bounds the time from the first post of the pattern to this one, that time included.",
        "window pattern \"leak\" then \"press\" within 30m",
        "within ${1:30m}",
    ),
];
