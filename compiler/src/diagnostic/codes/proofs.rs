//! MON100x: what a proof says of queries, beyond what is written in them.

use super::{Code, Level};

codes! {
    /// A condition that no post can meet, by proof.
    CANNOT_MATCH: "MON1001" "cannot-match" Warning,
        "a query, or a part of one, that no post can meet",
        "Each part may be met, all together may not: what stands near a word stands in a post with that word, and a field has one value. Nothing will ever be found by it.",
        "monitor talk {\n  match \"acme\" near/5 \"phone\" and not \"acme\"\n}\n",
        "monitor talk {\n  match \"acme\" and not \"acme\" near/5 \"phone\"\n}\n";
    /// A member that the others imply.
    CHANGES_NOTHING: "MON1002" "changes-nothing" Advice,
        "a part of a query that changes nothing",
        "The other parts say as much already: without it the same posts are taken. Often another word was meant.",
        "monitor talk {\n  match \"acme\" and (\"broken\" or \"on fire\") and author.followers >= 10 and author.followers >= 5\n}\n",
        "monitor talk {\n  match \"acme\" and (\"broken\" or \"on fire\") and author.followers >= 10\n}\n";
    /// Two queries that take the same posts.
    EQUAL_QUERIES: "MON1003" "equal-queries" Warning,
        "two queries take the same posts",
        "They read differently and are the same for every post. One of them is enough, and a change of one alone would go unseen.",
        "query loud = \"acme\" and not (\"win\" or \"free\")\nquery calm = \"acme\" and not \"free\" and not \"win\"\n\nmonitor a {\n  match loud and lang is en\n}\n\nmonitor b {\n  match calm and lang is de\n}\n",
        "query loud = \"acme\" and not (\"win\" or \"free\")\n\nmonitor a {\n  match loud and lang is en\n}\n\nmonitor b {\n  match loud and lang is de\n}\n";
    /// Two monitors that raise the same alert.
    SAME_ALERT: "MON1004" "same-alert" Warning,
        "two monitors raise the same alert",
        "They take the same posts, measure the same and open at the same moment: people are told twice.",
        "monitor a {\n  match \"acme\" or \"apex\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 30\n  severity { medium otherwise }\n  follow playbook desk\n}\n\nmonitor b {\n  match \"apex\" or \"acme\"\n  window tumble 5m\n  measure posts = count()\n  alert when posts >= 30\n  severity { medium otherwise }\n  follow playbook desk\n}\n\nplaybook desk {\n  route first { otherwise to team care }\n  notify { medium by slack at once }\n}\n",
        "monitor a {\n  match \"acme\" or \"apex\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 30\n  severity { medium otherwise }\n  follow playbook desk\n}\n\nplaybook desk {\n  route first { otherwise to team care }\n  notify { medium by slack at once }\n}\n";
    /// A match that no word calls up.
    NO_ANCHOR: "MON1005" "no-anchor" Warning,
        "a match that no word calls up",
        "A query is looked at where one of its words stands. A part that needs no word makes it one that is looked at for every post, which costs much.",
        "monitor talk {\n  match \"acme\" or author.followers >= 1M\n}\n",
        "monitor talk {\n  match \"acme\" or (\"apex\" and author.followers >= 1M)\n}\n";
}
