//! MON04xx: what a match says, beyond its types.

use super::{Code, Level};

codes! {
    /// A condition that no post can meet.
    NEVER_MATCHES: "MON0401" "never-matches" Error,
        "a condition that no post can meet",
        "A post has one language, one platform, one number of followers. Two tests that exclude each other leave nothing.",
        "monitor talk {\n  match \"acme\" and lang is en and lang is de\n}\n",
        "monitor talk {\n  match \"acme\" and lang in [en, de]\n}\n";
    /// Only `not`.
    ONLY_EXCLUSIONS: "MON0402" "only-exclusions" Warning,
        "a match that only says what it does not want",
        "It takes nearly every post of every source, which is seldom meant and costs much.",
        "monitor talk {\n  match not \"giveaway\"\n}\n",
        "monitor talk {\n  match \"acme\" and not \"giveaway\"\n}\n";
    /// `a or b and c`.
    MIXED_AND_OR: "MON0403" "mixed-and-or" Warning,
        "`and` and `or` are mixed without brackets",
        "`and` binds before `or`: `a or b and c` is `a or (b and c)`. Many people read it the other way; brackets say it to all.",
        "monitor talk {\n  match \"acme\" or \"apex\" and \"broken\"\n}\n",
        "monitor talk {\n  match (\"acme\" or \"apex\") and \"broken\"\n}\n";
    /// A term that cannot be looked for.
    BAD_TERM: "MON0404" "bad-term" Error,
        "a term that cannot be looked for",
        "A term needs at least one letter, digit or emoji beside its wildcards. Each form has rules of its own: the message says which one is broken.",
        "monitor talk {\n  match \"acme\" and \"!!\"\n}\n",
        "monitor talk {\n  match \"acme\" and \"recall!!\"\n}\n";
    /// `at least 5 of` three members.
    IMPOSSIBLE_COUNT: "MON0405" "impossible-count" Error,
        "a set asks for more members than it has, or for none",
        "`at least 5 of` three members never holds, `at least 0 of` always does.",
        "monitor symptoms {\n  match at least 5 of [\"fever\", \"cough\", \"rash\"]\n}\n",
        "monitor symptoms {\n  match at least 2 of [\"fever\", \"cough\", \"rash\"]\n}\n";
    /// Something other than words in a zone.
    ZONE_HOLDS_WORDS: "MON0406" "zone-holds-words" Error,
        "a zone is given something other than words",
        "`bio: …` says where words are looked for. A field test has its own place and a zone has no zones inside.",
        "monitor nurses {\n  match bio: (\"nurse\" and lang is en)\n}\n",
        "monitor nurses {\n  match bio: \"nurse\" and lang is en\n}\n";
    /// The same term twice in a list.
    REPEATED_TERM: "MON0407" "repeated-term" Warning,
        "a list holds the same term twice",
        "The second one changes nothing; often another word was meant.",
        "terms acme = \"acme\", #acme, \"acme\"\n\nmonitor talk {\n  match acme\n}\n",
        "terms acme = \"acme\", #acme\n\nmonitor talk {\n  match acme\n}\n";
    /// `x > 1 or x <= 1`.
    ALWAYS_MATCHES: "MON0408" "always-matches" Warning,
        "tests joined by `or` that leave nothing out",
        "They ask nothing of a post but that it tells what is tested; often `and` was meant, or another figure.",
        "monitor talk {\n  match \"acme\" and (author.followers > 100 or author.followers <= 100)\n}\n",
        "monitor talk {\n  match \"acme\" and author.followers > 100\n}\n";
}
