//! Every aggregate that the checker takes can be computed: nobody who wrote rules meets an error of the engine.

use std::sync::Arc;

use mon_compiler::check::{AGGREGATES, CheckOptions, check};
use mon_engine::{Engine, EngineOptions};

const OWN: [&str; 17] = [
    "count",
    "distinct",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "stddev",
    "percentile",
    "percentile_cont",
    "engagement",
    "reach",
    "share_of_voice",
    "top_count",
    "top_share",
    "coordinated",
    "new_values",
];
const NOT_OURS: [&str; 6] = ["first_value", "last_value", "array_agg", "corr", "nth_value", "string_agg"];
const ARGUMENTS: [&str; 35] = [
    "",
    "sentiment",
    "author.followers",
    "geo.lat",
    "lang",
    "platform",
    "author.uid",
    "author.verified",
    "created_at",
    "labels",
    "link.domain",
    "text",
    "sentiment, 0.5",
    "sentiment, 95",
    "sentiment, 95%",
    "sentiment, -1",
    "sentiment, 150",
    "author.followers, 3",
    "author.followers, 95, 100",
    "author.followers, 10k",
    "sentiment, author.followers",
    "author.followers, lang",
    "\"acme\"",
    "3",
    "story",
    "tag",
    "link.url",
    "story within 60s",
    "tag within 60s, shared >= 3",
    "link.url over 30d",
    "author.uid over 26w, posts >= 9, authors >= 1",
    "text within 5m, accounts >= 9, shared >= 3",
    "weighted by sentiment",
    "\"acme\" of [\"acme\", \"zeta\"]",
    "\"acme\" of [\"acme\"]",
];

#[test]
fn every_aggregate_that_is_checked_can_be_computed() {
    let mut taken = 0;
    for function in AGGREGATES.iter().chain(&OWN).chain(&NOT_OURS) {
        for arguments in ARGUMENTS {
            let measure = format!("{function}({arguments})");
            let rules = format!("monitor m {{\n  match \"acme\"\n  window tumble 5m\n  measure w = {measure}\n}}\n");
            let checked = check(vec![("rules.mon".to_owned(), rules)], &CheckOptions::default());
            let Some(plan) = checked.plan else { continue };
            taken += 1;
            let built = Engine::new(Arc::new(plan), EngineOptions::default());
            assert!(built.is_ok(), "{measure}: {}", built.err().map_or_else(String::new, |error| error.to_string()));
        }
    }
    assert!(taken >= 60, "only {taken} measures were taken");
}
