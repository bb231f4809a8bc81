//! MON03xx: what kind of value stands where, and whether it can hold at all.

use super::{Code, Level};

codes! {
    /// A value of another kind than the field's.
    WRONG_TYPE: "MON0301" "wrong-type" Error,
        "a field is compared with a value of another kind",
        "A number is compared with a number, a language with a language, a time with a time. A comparison of different kinds would \
         never hold.",
        "monitor big_voices {\n  match \"acme\" and author.followers >= \"many\"\n}\n",
        "monitor big_voices {\n  match \"acme\" and author.followers >= 10k\n}\n";
    /// A number that the field never has.
    OUT_OF_RANGE: "MON0302" "out-of-range" Error,
        "a number outside what the field can hold",
        "The comparison would hold for every post or for none, which is never meant. The message shows the field's range.",
        "monitor angry {\n  match \"acme\" and sentiment <= -3\n}\n",
        "monitor angry {\n  match \"acme\" and sentiment <= -0.3\n}\n";
    /// A word outside a closed set.
    UNKNOWN_VALUE: "MON0303" "unknown-value" Error,
        "a platform, kind, language or country that does not exist",
        "These fields hold words of a closed set. Any other word would silently match nothing.",
        "monitor talk {\n  match \"acme\" and platform is blusky\n}\n",
        "monitor talk {\n  match \"acme\" and platform is bluesky\n}\n";
    /// A value where a condition must stand.
    NOT_A_CONDITION: "MON0304" "not-a-condition" Error,
        "a value stands where something true or false is needed",
        "`and`, `or`, `not`, `match` and `alert when` join conditions. A number or a field alone is neither true nor false.",
        "monitor talk {\n  match \"acme\" and author.followers\n}\n",
        "monitor talk {\n  match \"acme\" and author.followers >= 50\n}\n";
    /// A condition where words must stand.
    NOT_WORDS: "MON0305" "not-words" Error,
        "`near` and `then` join words, something else stands there",
        "A distance is counted between words of one text. A field, a number or a `not` has no place in the text.",
        "monitor talk {\n  match \"acme\" near/5 (lang is en)\n}\n",
        "monitor talk {\n  match \"acme\" near/5 \"broken\" and lang is en\n}\n";
    /// `@` on a field that no model made.
    NO_CONFIDENCE: "MON0306" "no-confidence" Error,
        "`@` stands after something that has no confidence",
        "Only values that a model made, such as `sentiment`, come with a confidence. What a platform tells is a fact.",
        "monitor talk {\n  match \"acme\" and author.followers >= 50 @ 70%\n}\n",
        "monitor talk {\n  match \"acme\" and author.followers >= 50 and sentiment <= -0.3 @ 70%\n}\n";
    /// A time or date that is none.
    BAD_TIME: "MON0307" "bad-time" Error,
        "a date or time that the calendar does not have, or a time zone that nobody keeps",
        "Dates are written `2026-11-01`, times `2026-11-01T10:00:00Z`, zones `Europe/Berlin`.",
        "monitor talk {\n  match \"acme\" and created >= 2026-13-01\n}\n",
        "monitor talk {\n  match \"acme\" and created >= 2026-12-01\n}\n";
    /// `<` between words.
    NO_ORDER: "MON0308" "no-order" Error,
        "words are compared with `<`, `<=`, `>` or `>=`",
        "A platform or a language is not larger than another. Use `is` or `in [..]`.",
        "monitor talk {\n  match \"acme\" and lang >= en\n}\n",
        "monitor talk {\n  match \"acme\" and lang in [en, de]\n}\n";
    /// A condition where a number must stand.
    NOT_A_NUMBER: "MON0309" "not-a-number" Error,
        "something stands where a number is needed",
        "Thresholds compare numbers: measures of the window, and figures. A field of a post has many values in a window; say which one is \
         meant with `avg`, `max`, `sum` and so on.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = avg(sentiment)\n  alert when sentiment <= -0.3\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = avg(sentiment)\n  alert when mood <= -0.3\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// A measure with other arguments than it takes.
    WRONG_ARGUMENTS: "MON0310" "wrong-arguments" Error,
        "a measure is given something that it does not take",
        "The message says what it takes.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = avg(lang)\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = avg(sentiment)\n}\n";
    /// No such measure.
    UNKNOWN_FUNCTION: "MON0311" "unknown-function" Error,
        "a measure that does not exist",
        "Measures are `count`, `distinct`, `sum`, `avg`, `min`, `max`, `median`, `stddev`, `percentile`, `rate`, `share`, `ratio`, \
         `engagement`, `reach`, `share_of_voice`, `top_count`, `top_share`, `coordinated`, `new_values`, and the aggregates of the engine by their own names. Those that give \
         another value in another order of the posts, such as `first_value`, are none.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = averge(sentiment)\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure mood = avg(sentiment)\n}\n";
    /// A `terms` member that is not a word.
    NOT_A_TERM: "MON0312" "not-a-term" Error,
        "a `terms` list holds something that is not a word",
        "A `terms` list is a list of what to look for: words, phrases, tags, handles, cashtags, emoji, and names of other lists. Conditions belong \
         in a `query`.",
        "terms acme = \"acme\", lang is en\n\nmonitor talk {\n  match acme\n}\n",
        "terms acme = \"acme\", #acme\n\nmonitor talk {\n  match acme and lang is en\n}\n";
}
