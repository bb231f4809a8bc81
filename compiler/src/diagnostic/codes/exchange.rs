//! MON13xx: queries of other tools that are read, and rules that are written for them. The examples are queries of
//! Brandwatch, but for the export, whose example is a rule file.

use super::{Code, Level};

codes! {
    /// A query that breaks off.
    QUERY_SYNTAX: "MON1301" "query-syntax" Error,
        "a query of another tool that cannot be read",
        "A bracket, quote or comment is not closed, an operator has nothing to join, or the query is larger or deeper than the limits. What the \
         other tool would make of it can only be guessed, so nothing is imported.",
        "(acme OR \"acme phone\") AND (broken OR recall",
        "(acme OR \"acme phone\") AND (broken OR recall)";
    /// `a OR b AND c`.
    MIXED_QUERY: "MON1302" "mixed-query" Error,
        "a row of a Brandwatch query that mixes operators without brackets",
        "Brandwatch refuses such a row, since `a OR b AND c` can be meant in two ways.",
        "acme OR apex AND broken",
        "(acme OR apex) AND broken";
    /// Nothing that Mon can say.
    NOTHING_TO_IMPORT: "MON1303" "nothing-to-import" Error,
        "a query of which nothing is left to look for",
        "What Mon cannot say is left out so that the rest takes more posts, not fewer. Here the rest would take every post. A query that Mon \
         refuses, because no post can meet a part of it, is told so too.",
        "imageType:logo AND minuteOfDay:[0 TO 60]",
        "imageType:logo AND acme";
    /// No word that X could look for.
    NO_PREFILTER: "MON1304" "no-prefilter" Error,
        "a query for which X has no rule that is sure to find its posts",
        "A rule of X must name at least one whole word, tag, handle or cashtag, and each post of the query must hold one of them. A beginning of a \
         word, a test of a field or a `not` alone gives X nothing to look for.",
        "query crashes = \"crash*\" and lang is en\n",
        "query crashes = \"acme\" and \"crash*\" and lang is en\n";
}
