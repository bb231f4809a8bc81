//! How much of the rules their examples and tests put to work: coverage of clauses and the mutation score.

use std::fs;

use serde_json::Value;

use crate::tool::{mon, root};

const RULES: &str = "terms failure = \"broken\", \"dead\"\n\nmonitor phones {\n  match  \"acme\" near/3 failure\n  window tumble 5m\n\n  \
    alert when count() >= 2\n\n  follow playbook desk\n  example yes \"my acme is broken\"\n  \
    example no  \"nothing of it\"\n}\n\ntest phones \"two posts\" {\n  replay \"posts.jsonl\"\n  expect 1 incident\n  expect opened at 10:05\n}\n\n\
    playbook desk {\n  route first { otherwise to team care }\n  notify { medium by slack at once }\n}\n";
const POSTS: &str = "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme broken\"}\n\
    {\"id\":\"2\",\"created_at\":\"2026-11-02T10:00:01Z\",\"text\":\"broken acme\"}\n\
    {\"id\":\"3\",\"created_at\":\"2026-11-02T10:20:01Z\",\"text\":\"broken acme\"}\n";

fn folder(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    fs::write(folder.path().join("posts.jsonl"), POSTS).unwrap();
    folder
}

#[test]
fn the_examples_cover_nine_clauses_of_ten_and_notice_four_mutants_of_five() {
    let rules = root().join("examples/rules");
    let ran = mon(&rules, &["test", ".", "--coverage-min", "90", "--mutate-min", "80", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let percent = |measure: &str| told[measure]["percent"].as_f64().unwrap();
    println!("coverage {} %, mutation score {} %", percent("coverage"), percent("mutation"));
    assert_eq!(ran.code, 0, "{:#}{:#}", told["coverage"]["uncovered"], told["mutation"]["survivors"]);
    assert!(percent("coverage") >= 90.0 && percent("mutation") >= 80.0, "{}", ran.out);
    assert_eq!(told["coverage"]["monitors"].as_array().unwrap().len(), 9);
}

#[test]
fn a_clause_that_nothing_asks_about_is_named_with_its_place() {
    let folder = folder(RULES);
    let ran = mon(folder.path(), &["test", "rules.mon", "--coverage"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("\ncoverage: clauses covered\n  phones   87.5 %  7 of 8\n"), "{}", ran.out);
    assert!(ran.out.contains("uncovered:\n  rules.mon:1:27: `\"dead\"` was never found\n"), "{}", ran.out);
    let ran = mon(folder.path(), &["test", "rules.mon", "--coverage-min", "95", "--format", "junit"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("tests=\"4\" failures=\"1\""), "{}", ran.out);
    assert!(ran.out.contains("<property name=\"coverage\" value=\"87.5\"/>"), "{}", ran.out);
    assert!(ran.out.contains("message=\"coverage is 87.5 %\""), "{}", ran.out);
}

#[test]
fn a_mutant_that_nothing_notices_is_named_and_every_run_says_the_same() {
    let folder = folder(RULES);
    let ran = mon(folder.path(), &["test", "rules.mon", "--mutate-min", "100"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let line = "  rules.mon:1:27: `\"dead\"` was removed and nothing noticed\n";
    assert!(ran.out.contains(line) && ran.out.contains("less than the 100 %"), "{}", ran.out);
    // Both posts of the first window are needed, and the one of the second is too few.
    for noticed in ["`\"broken\"` was removed", "became `count() < 2`", "became twice as much"] {
        assert!(!ran.out.contains(noticed), "{noticed}: {}", ran.out);
    }
    assert_eq!(mon(folder.path(), &["test", "rules.mon", "--mutate-min", "100"]).out, ran.out);
}

#[test]
fn no_mutants_are_made_of_rules_whose_tests_fail() {
    let folder = folder(&RULES.replace("expect 1 incident\n", "expect 2 incidents\n"));
    let ran = mon(folder.path(), &["test", "rules.mon", "--mutate"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(
        !ran.out.contains("mutation:") && ran.err.contains("first all examples and tests must pass"),
        "{}",
        ran.err
    );
}
