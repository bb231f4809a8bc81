//! MON09xx: what the language says and this release does not execute. It is refused, never ignored; the constructs
//! themselves are one table in `check::unsupported`.

use super::{Code, Level};

codes! {
    /// Forms of terms.
    TERM_NOT_EXECUTED: "MON0901" "term-not-executed" Error,
        "a form of term that this release does not execute",
        "Words, phrases, `*` at the end of a word, tags, handles, cashtags and emoji are executed. The other forms are part of the language and are \
         refused until they are, because a rule that silently looks for something else is worse than none.",
        "monitor talk {\n  match exact \"Polish\"\n}\n",
        "monitor talk {\n  match \"Polish\"\n}\n";
    /// Operators of matching.
    MATCH_NOT_EXECUTED: "MON0902" "match-not-executed" Error,
        "an operator of matching that this release does not execute",
        "`and`, `or`, `not`, `near`, `then`, `any`, `all`, `none`, `at least`, zones and tests of fields are executed. The message says what to use \
         meanwhile.",
        "monitor talk {\n  match \"apple\" outside \"apple pie\"\n}\n",
        "monitor talk {\n  match \"apple\" and not \"apple pie\"\n}\n";
    /// Windows.
    WINDOW_NOT_EXECUTED: "MON0903" "window-not-executed" Error,
        "a kind of window that this release does not execute",
        "`tumble` and `slide` are executed.",
        "monitor talk {\n  match \"acme\"\n  window session gap 30m\n  measure volume = count()\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 30m\n  measure volume = count()\n}\n";
    /// Measures, baselines and detectors.
    MEASURE_NOT_EXECUTED: "MON0904" "measure-not-executed" Error,
        "a measure, baseline or detector that this release does not execute",
        "Counts, distinct counts, aggregates of one field, rates, shares, ratios and arithmetic over them are executed.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  measure usual = baseline(volume, hour_of_week over 28d)\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n}\n";
    /// Clauses of a monitor.
    CLAUSE_NOT_EXECUTED: "MON0905" "clause-not-executed" Error,
        "a clause of a monitor that this release does not execute",
        "The message says what to use meanwhile.",
        "monitor talk {\n  match \"acme\"\n  dedupe by post_uid within 6h\n}\n",
        "monitor talk {\n  match \"acme\"\n}\n";
    /// Clauses of a playbook.
    RESPONSE_NOT_EXECUTED: "MON0906" "response-not-executed" Error,
        "a clause of a playbook that this release does not execute",
        "`route first`, `route also` and `notify … at once` or `after` a time are executed.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email in a digest at 09:00, 16:00 }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\n\
         playbook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
}
