//! What the language says and this release does not execute: one table of constructs. Nothing of it is ever ignored; each
//! is refused by name, with what to use meanwhile.

use crate::diagnostic::{Code, Diagnostic, codes};
use crate::plan::Place;

macro_rules! constructs {
    ($($ident:ident: $code:ident, $name:literal, $hint:literal;)+) => {
        /// A construct of the language that is not executed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Construct { $($ident),+ }

        impl Construct {
            /// Every construct, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$ident),+];

            /// Code, name in a reader's words, and what to use meanwhile.
            #[must_use]
            pub fn row(self) -> (&'static Code, &'static str, &'static str) {
                match self { $(Self::$ident => (&codes::$code, $name, $hint)),+ }
            }
        }
    };
}

constructs! {
    FieldHas: MATCH_NOT_EXECUTED, "`has` on this field", "`has` looks into the zones of text; test a field with `is` or `in`";
    FieldToField: MATCH_NOT_EXECUTED, "comparing two fields of one post", "compare each field with a value";
    FieldArithmetic: MATCH_NOT_EXECUTED, "arithmetic on the fields of one post", "compare the field itself with a value";
    Emotion: MATCH_NOT_EXECUTED, "`emotion`", "use `sentiment <= -0.3 @ 70%`, or look for the words that show it";
    Topic: MATCH_NOT_EXECUTED, "`topic`", "list the words of the topic with `terms`";
    Entity: MATCH_NOT_EXECUTED, "`entity`", "list the names and handles of it with `terms`";
    Bot: MATCH_NOT_EXECUTED, "`bot`", "use `author.bot`, which is true where the account itself says that it is automated";
    Story: MATCH_NOT_EXECUTED, "`story` of one post", "look for the words of the story, or test `link.domain`; `distinct(story)` measures a window";
    QuoteZone: MATCH_NOT_EXECUTED, "the zone `quote`", "leave it out; `kind is quote` takes posts that quote another one";
    JudgedOnce: WINDOW_NOT_EXECUTED, "`for`, `clear when` and `cooldown` with `window session` or `window pattern`", "leave them out: each session and each pattern is judged once, when it is over, and its incident clears by itself";
    UnevenRate: MEASURE_NOT_EXECUTED, "`rate` in a calendar, session, count or pattern window", "use `count()`: such windows are not all of one length";
    Top: MEASURE_NOT_EXECUTED, "`top`", "compare `top_count(f)`, the posts with the most frequent value, or `top_share(f)`";
    Engagement: MATCH_NOT_EXECUTED, "`engagement` of one post", "ask for a part of it, such as `engagement.likes >= 100`; `engagement()` measures a window";
    Reach: MATCH_NOT_EXECUTED, "`reach` of one post", "use `author.followers`; `reach()` measures a window";
    Detector: MEASURE_NOT_EXECUTED, "this detector", "use `robust_z(volume, hour_of_week over 28d) > 4`, `poisson(…) < 0.001`, `cusum(…) > 5` or `change(volume, previous) > 0.5`";
    EventPattern: MEASURE_NOT_EXECUTED, "a pattern of events inside a condition", "write it as the window: `window pattern a then b within 30m`, `window pattern a then not b for 1h`, with `alert when count() >= 1`";
    NoPosts: MATCH_NOT_EXECUTED, "`no posts` as a test of one post", "ask it of a window: `alert when no posts for 1h`";
    SetInAlert: MEASURE_NOT_EXECUTED, "`at least n of` between conditions of an alert", "join them with `and` and `or`";
    Dedupe: CLAUSE_NOT_EXECUTED, "`dedupe`", "leave it out: the same post is counted once anyway; count voices with `distinct(author.uid)`";
    OnceBy: CLAUSE_NOT_EXECUTED, "`each … once` in `show`", "leave it out: the posts shown may then tell the same story";
    OtherClause: CLAUSE_NOT_EXECUTED, "this clause", "leave it out until a release executes it";
    TestStep: CLAUSE_NOT_EXECUTED, "this step of a test", "expect incidents, posts, severities or messages";
    OtherResponse: RESPONSE_NOT_EXECUTED, "this clause of a playbook", "leave it out until a release executes it";
    RouteWildcard: RESPONSE_NOT_EXECUTED, "`*` and `?` in the values of a route", "list the whole values with `in [..]`";
    Escalate: RESPONSE_NOT_EXECUTED, "`escalate`", "give critical alerts more methods in `notify`";
    AckLasts: RESPONSE_NOT_EXECUTED, "`acknowledgement lasts`", "leave it out";
    Quiet: RESPONSE_NOT_EXECUTED, "`quiet` hours", "send lower severities by a method that wakes nobody, such as email";
    Budget: RESPONSE_NOT_EXECUTED, "`budget`", "raise the threshold, or hold the alert with `for 5m`";
    Ticket: RESPONSE_NOT_EXECUTED, "`ticket`", "notify by `webhook` and open the ticket there";
    Digest: RESPONSE_NOT_EXECUTED, "`in a digest`", "use `after 2m` or `at once`";
}

/// The finding for a construct.
pub(super) fn refusal(construct: Construct, place: Place) -> Diagnostic {
    let (code, name, hint) = construct.row();
    Diagnostic::new(code, place, format!("this release does not execute {name}"))
        .label(place, "not executed yet")
        .help(format!("meanwhile: {hint}"))
}

/// The finding for one of the clauses that share a row of the table; `keyword` is the word that opens it.
pub(super) fn clause_refusal(construct: Construct, keyword: &str, place: Place) -> Diagnostic {
    let mut told = refusal(construct, place);
    told.message = format!("{}: `{keyword}`", told.message);
    told
}

/// Names of measures that the language has and nobody executes yet.
pub(super) fn measure(name: &str) -> Option<Construct> {
    Some(match name {
        "top" => Construct::Top,
        "above" | "below" | "ratio_to" | "ewma" | "esd" | "kleinberg" | "cardinality" | "percentage" | "anomaly"
        | "detect" => Construct::Detector,
        _ => return None,
    })
}

/// Values of a post that the language has and nobody makes yet; `name` is a whole path.
pub(super) fn value(name: &str) -> Option<Construct> {
    Some(match name.split('.').next().unwrap_or(name) {
        "emotion" => Construct::Emotion,
        "topic" => Construct::Topic,
        "entity" => Construct::Entity,
        "bot" => Construct::Bot,
        "story" => Construct::Story,
        "reach" => Construct::Reach,
        "engagement" if name == "engagement" => Construct::Engagement,
        _ => return None,
    })
}
