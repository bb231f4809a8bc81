//! MON09xx: what the language says and this release does not execute. It is refused, never ignored; the constructs
//! themselves are one table in `check::unsupported`.

use super::{Code, Level};

codes! {
    /// Operators of matching.
    MATCH_NOT_EXECUTED: "MON0902" "match-not-executed" Error,
        "a value or a test that this release does not execute",
        "Emotions, topics and entities are made by models, which come with enrichment; so does the text of a quoted post. The message says what to \
         use meanwhile.",
        "monitor talk {\n  match \"acme\" and emotion is anger\n}\n",
        "monitor talk {\n  match \"acme\" and sentiment <= -0.3 @ 70%\n}\n";
    /// Clauses that some windows have no use for.
    WINDOW_NOT_EXECUTED: "MON0903" "window-not-executed" Error,
        "a clause that this release does not execute with this kind of window",
        "A session or a pattern is judged once, when it is over: nothing of it can hold `for` a time or clear by what comes later. An \
         incident that it opens clears by itself: one pause later, or when the time of the pattern has passed without another one.",
        "monitor talk {\n  match \"acme\"\n  window session gap 30m\n  measure volume = count()\n  alert when volume >= 20 clear when volume < 5\n  \
         follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n",
        "monitor talk {\n  match \"acme\"\n  window session gap 30m\n  measure volume = count()\n  alert when volume >= 20\n  \
         follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  notify { medium by email at once }\n}\n";
    /// Measures, baselines and detectors.
    MEASURE_NOT_EXECUTED: "MON0904" "measure-not-executed" Error,
        "a measure, baseline or detector that this release does not execute",
        "Counts, distinct counts, aggregates of one field, rates (in windows of one length), shares, ratios, engagement, reach, share of voice, the most frequent value, \
         arithmetic over them, and baselines and detectors over earlier windows are executed.",
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  measure most = top(3, link.domain)\n}\n",
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
