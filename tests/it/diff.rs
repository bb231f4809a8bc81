//! `mon diff` as a user sees it.

use std::fs;

use serde_json::{Value, json};

use crate::tool::{Ran, mon, root};

const OLD: &str = "query fire = \"acme\" and (\"smoke\" or \"burn*\")\nquery gone = \"acme\"\nquery same = \"acme\"\n";
const NEW: &str = "query same = \"acme\"\nquery fire = \"acme\" and (\"smoke\" or \"fire\")\nquery added = \"fire\"\n";
const POSTS: &str = "{\"id\": \"1\", \"text\": \"acme smoke\"}\n{\"id\": \"2\", \"text\": \"acme burns\"}\n\
                     {\"id\": \"3\", \"text\": \"Acme\\nis on FIRE\"}\n{\"id\": \"4\", \"text\": \"acme fire fire\"}\n";

fn diff(old: &str, new: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("old.mon", old), ("new.mon", new), ("posts.jsonl", POSTS)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let arguments: Vec<&str> =
        ["diff", "old.mon", "new.mon", "--posts", "posts.jsonl"].iter().chain(more).copied().collect();
    mon(folder.path(), &arguments)
}

#[test]
fn gained_and_lost_posts_are_counted_and_shown_with_their_words() {
    let ran = diff(OLD, NEW, &[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(lines[0], "fire: 2 posts before, 3 after: 2 gained, 1 lost", "{}", ran.out);
    assert!(lines[1].starts_with("  + ") && lines[1].ends_with("3  Acme is on FIRE  [Acme, FIRE]"), "{}", ran.out);
    assert!(lines[2].ends_with("4  acme fire fire  [acme, fire]"), "{}", ran.out);
    assert!(lines[3].starts_with("  - ") && lines[3].ends_with("2  acme burns  [acme, burns]"), "{}", ran.out);
    assert_eq!(lines[4], "gone: gone, took 4 posts");
    assert_eq!(lines[5], "same: the same 4 posts");
    assert_eq!(lines[6], "added: new, takes 2 posts");
    assert_eq!(*lines.last().unwrap(), "compared on 4 posts: 3 of 4 differ");
}

#[test]
fn rules_that_take_the_same_posts_are_clean() {
    let ran = diff(OLD, OLD, &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 4), "{ran:?}");
    assert!(ran.out.ends_with("compared on 4 posts: 0 of 3 differ\n"), "{}", ran.out);
}

#[test]
fn a_monitor_that_became_a_query_differs_though_it_takes_the_same() {
    let ran = diff("monitor m {\n  match \"acme\"\n}\n", "query m = \"acme\"\n", &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.starts_with("m: was a monitor, is a query; the same 4 posts\n"), "{}", ran.out);
}

#[test]
fn what_a_post_holds_neither_steers_the_terminal_nor_breaks_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let post = "{\"id\": \"a\\u001b[31m\\nb\", \"text\": \"acme\\n\\u202efire\"}\n";
    for (name, text) in
        [("old.mon", "query q = \"acme fire\"\n"), ("new.mon", "query q = \"nobody\"\n"), ("p.jsonl", post)]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let ran = mon(folder.path(), &["diff", "old.mon", "new.mon", "--posts", "p.jsonl"]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 3), "{ran:?}");
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']) && ran.out.contains("acme fire"), "{ran:?}");
}

#[test]
fn what_is_not_shown_is_counted() {
    let ran = diff(OLD, NEW, &["--show", "1"]);
    assert!(ran.out.contains("\n  + and 1 more post\n"), "{}", ran.out);
    let ran = diff(OLD, NEW, &["--show", "0"]);
    assert!(ran.out.contains("\n  + and 2 more posts\n  - and 1 more post\n"), "{}", ran.out);
}

#[test]
fn programs_get_the_same_as_one_object() {
    let ran = diff(OLD, NEW, &["--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &told["posts"]), (1, &json!(4)));
    let [fire, gone, _, added] = [0, 1, 2, 3].map(|at| &told["queries"][at]);
    assert_eq!(
        (&fire["before"], &fire["after"], &fire["gained"], &fire["lost"]),
        (&json!(2), &json!(3), &json!(2), &json!(1))
    );
    assert_eq!(fire["lost_posts"][0]["words"], json!(["acme", "burns"]));
    assert_eq!((&gone["after"], &added["before"]), (&Value::Null, &Value::Null));
}

/// The counts are those of `mon match` with each version, on a simulated day and the examples.
#[test]
fn the_counts_are_those_of_two_matches() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, changed) = (root().join("examples/rules"), folder.path().join("changed"));
    fs::create_dir(&changed).unwrap();
    for path in crate::tool::listed(&rules, "mon") {
        let text = fs::read_to_string(&path).unwrap().replace(" near/", " then/");
        fs::write(changed.join(path.file_name().unwrap()), text).unwrap();
    }
    let (old, new) = (rules.to_string_lossy(), changed.to_string_lossy());
    mon(folder.path(), &["simulate", "crisis", "--posts", "3000", "--out", "posts.jsonl"]);
    let ran = mon(folder.path(), &["diff", &old, &new, "--posts", "posts.jsonl", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    for (side, rules) in [("before", &old), ("after", &new)] {
        let ran = mon(folder.path(), &["match", rules, "--posts", "posts.jsonl", "--count"]);
        let counts: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!counts.is_empty());
        for count in counts {
            let own = told["queries"].as_array().unwrap().iter().find(|one| one["name"] == count["query"]).unwrap();
            assert_eq!(own[side], count["posts"], "{side} {own}");
        }
    }
    for one in told["queries"].as_array().unwrap() {
        let number = |key: &str| one[key].as_i64().unwrap();
        assert_eq!(number("before") + number("gained") - number("lost"), number("after"), "{one}");
    }
}

#[test]
fn the_posts_and_both_rules_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.mon"), OLD).unwrap();
    assert_eq!(mon(folder.path(), &["diff", "a.mon", "a.mon"]).code, 3);
    assert_eq!(mon(folder.path(), &["diff", "a.mon", "b.mon", "--posts", "p.jsonl"]).code, 2);
    assert_eq!(mon(folder.path(), &["diff", "a.mon", "a.mon", "--posts", "p.jsonl"]).code, 2);
}
