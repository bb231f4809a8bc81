//! Whatever the text, checking ends with findings and never with a panic.

use proptest::prelude::*;

use mon_grammar::ast::ItemKind;

use super::run;

/// An item that is not in the plan has an error that says why.
fn nothing_is_lost(source: &str) -> bool {
    let checked = run(source);
    let items = mon_grammar::parse(source).items;
    let monitors = items.iter().filter(|item| matches!(item.kind, ItemKind::Monitor(_))).count();
    let queries = items.iter().filter(|item| matches!(item.kind, ItemKind::Query(_))).count();
    match checked.plan {
        Some(plan) => plan.monitors.len() == monitors && plan.queries.len() == monitors + queries,
        None => checked.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error),
    }
}

const PIECES: &[&str] = &[
    "monitor",
    "m",
    "{",
    "}",
    "match",
    "\"acme\"",
    "\"br*\"",
    "#tag",
    "@handle",
    "$CASH",
    "and",
    "or",
    "not",
    "near/5",
    "then/3",
    "(",
    ")",
    "[",
    "]",
    ",",
    "any",
    "all",
    "none",
    "at least 2 of",
    "terms",
    "t",
    "=",
    "query",
    "q",
    "window",
    "tumble",
    "slide",
    "every",
    "5m",
    "1h",
    "0s",
    "by",
    "country",
    "late",
    "measure",
    "v",
    "count()",
    "avg(sentiment)",
    "share(v of v)",
    "percentile(likes, 95)",
    "alert when",
    "v",
    ">=",
    "<",
    "==",
    "-",
    "*",
    "/",
    "3",
    "0.5",
    "70%",
    "@ 70%",
    "for",
    "clear when",
    "severity",
    "high",
    "medium",
    "otherwise",
    "when",
    "group by",
    "follow playbook",
    "p",
    "playbook",
    "route first",
    "route also",
    "to team",
    "notify",
    "email",
    "at once",
    "after",
    "example yes",
    "example no",
    "test",
    "replay",
    "expect",
    "1",
    "incident",
    "posts matched",
    "where",
    "text has",
    "bio:",
    "title:",
    "lang",
    "is",
    "in",
    "en",
    "platform",
    "sentiment",
    "author.followers",
    "created",
    "within",
    "exists",
    "geo",
    "true",
    "outside",
    "exact",
    "same sentence",
    "2026-11-01",
    "10:03",
    "//x\n",
    "///x\n",
    "\n",
    "use",
    "\"a.mon\"",
    "é",
    "😡",
    "\"",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_row_of_pieces_is_checked(picked in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let source: Vec<&str> = picked.iter().filter_map(|at| PIECES.get(*at).copied()).collect();
        prop_assert!(nothing_is_lost(&source.join(" ")));
    }

    #[test]
    fn any_match_and_alert_are_checked(
        matching in proptest::collection::vec(0..PIECES.len(), 1..25),
        alert in proptest::collection::vec(0..PIECES.len(), 1..15),
    ) {
        let join = |picked: &[usize]| -> String {
            let words: Vec<&str> = picked.iter().filter_map(|at| PIECES.get(*at).copied()).collect();
            words.join(" ")
        };
        let source = format!(
            "terms t = \"a\", #b\nquery q = t and lang is en\nmonitor m {{\n  match {}\n  window tumble 5m\n  measure v = count()\n  \
             alert when {}\n}}\n",
            join(&matching),
            join(&alert),
        );
        prop_assert!(nothing_is_lost(&source));
    }

    #[test]
    fn any_text_is_checked(source in ".{0,200}") {
        prop_assert!(nothing_is_lost(&source));
    }
}
