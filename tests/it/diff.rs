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
    let changed = "fire: changed, takes posts that it did not take and leaves some that it took; ";
    assert_eq!(lines[0], format!("{changed}2 posts before, 3 after: 2 gained, 1 lost"), "{}", ran.out);
    assert!(lines[1].starts_with("  + ") && lines[1].ends_with("3  Acme is on FIRE  [Acme, FIRE]"), "{}", ran.out);
    assert!(lines[2].ends_with("4  acme fire fire  [acme, fire]"), "{}", ran.out);
    assert!(lines[3].starts_with("  - ") && lines[3].ends_with("2  acme burns  [acme, burns]"), "{}", ran.out);
    assert_eq!(lines[4], "gone: gone, took 4 posts");
    assert_eq!(lines[5], "same: equal, takes the same posts (proved); the same 4 posts");
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
    assert!(
        ran.out.starts_with("m: was a monitor, is a query; equal, takes the same posts (proved); the same 4 posts\n"),
        "{}",
        ran.out
    );
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
    assert_eq!((ran.code, ran.out.lines().count()), (1, 4), "{ran:?}");
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
fn without_posts_the_proof_stands_alone_and_a_post_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let old = "query wider = \"acme\" near/3 \"phone\"\nquery tighter = \"acme\" and author.followers >= 10\nquery other = lang is en\n\
               query told = not (\"acme\" or \"fire\")\n";
    let new = "query wider = \"acme\"\nquery tighter = \"acme\" and author.followers > 10\nquery other = lang is de\n\
               query told = not \"fire\" and not \"acme\"\n";
    fs::write(folder.path().join("old.mon"), old).unwrap();
    fs::write(folder.path().join("new.mon"), new).unwrap();
    let ran = mon(folder.path(), &["diff", "old.mon", "new.mon"]);
    let expected = "wider: wider, takes all that it took and more (proved)\n  + such as  text: acme\n\
                    tighter: narrower, takes only what it took and not all of it (proved)\n  \
                    - such as  text: acme, author.followers: 10\n\
                    other: disjoint, takes nothing that it took (proved)\n  + such as  lang: de\n  - such as  lang: en\n\
                    told: equal, takes the same posts (proved)\n\
                    compared without posts: 3 of 4 differ\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, expected), "{}", ran.err);
    let ran = mon(folder.path(), &["diff", "old.mon", "new.mon", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let relations: Vec<&str> =
        told["queries"].as_array().unwrap().iter().map(|one| one["relation"].as_str().unwrap()).collect();
    assert_eq!(relations, ["wider", "narrower", "disjoint", "equal"]);
    assert_eq!((&told["posts"], &told["queries"][0]["before"]), (&Value::Null, &Value::Null));
    // A made-up post is a line of a recording, and matches as it is said to.
    let post = format!("{}\n", told["queries"][1]["lost_example"]);
    fs::write(folder.path().join("made.jsonl"), post).unwrap();
    let ran = mon(folder.path(), &["diff", "old.mon", "new.mon", "--posts", "made.jsonl", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&told["queries"][1]["lost"], &told["queries"][1]["gained"]), (&json!(1), &json!(0)), "{ran:?}");
}

#[test]
fn an_edit_of_a_post_is_no_other_post() {
    let folder = tempfile::tempdir().unwrap();
    let posts = "{\"id\": \"1\", \"text\": \"acme smoke\"}\n{\"id\": \"1\", \"op\": \"updated\", \"text\": \"acme smoke fire\"}\n\
                 {\"id\": \"2\", \"text\": \"acme\"}\n";
    for (name, text) in
        [("old.mon", "query q = \"smoke\"\n"), ("new.mon", "query q = \"fire\" or \"smoke\"\n"), ("p.jsonl", posts)]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let ran = mon(folder.path(), &["diff", "old.mon", "new.mon", "--posts", "p.jsonl"]);
    assert!(ran.out.contains("; the same 1 post\n  + such as  text: fire\n"), "{}", ran.out);
    assert!(ran.out.ends_with("compared on 2 posts and 1 edit: 1 of 1 differ\n"), "{}", ran.out);
}

#[test]
fn findings_name_their_side_and_nothing_to_compare_is_told() {
    let warned = "monitor m {\n  match not \"acme\"\n}\n";
    let ran = diff(warned, "query q = \"acme\"\n", &[]);
    assert!(ran.err.starts_with("in the old rules:\n") && !ran.err.contains("the new rules"), "{}", ran.err);
    let ran = diff("terms t = \"acme\"\n", "", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "compared on 4 posts: neither has a query or a monitor\n"), "{ran:?}");
}

const LOUD: &str = "monitor loud {\n  match \"acme\"\n  window tumble 1m by lang\n  alert when count() >= 2\n  \
                    severity { high when count() >= 3  low otherwise }\n}\n";

/// In three minutes three, two and one post of a language.
fn timed() -> String {
    let line = |(minute, second, text): &(u64, u64, &str)| {
        let at = 1_793_613_600 + 60 * minute + second;
        format!("{{\"id\":\"{minute}-{second}\",\"created_at\":{at},\"lang\":\"de\",\"text\":\"{text}\"}}\n")
    };
    let posts = [
        (0, 1, "acme smoke"),
        (0, 2, "acme fire"),
        (0, 3, "acme"),
        (1, 9, "nothing"),
        (4, 1, "acme smoke"),
        (4, 2, "acme fire"),
        (8, 1, "acme smoke"),
        (12, 1, "nothing"),
    ];
    posts.iter().map(line).collect()
}

fn diff_timed(old: &str, new: &str, posts: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("old.mon", old), ("new.mon", new), ("posts.jsonl", posts)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    mon(folder.path(), &[&["diff", "old.mon", "new.mon", "--posts", "posts.jsonl"], more].concat())
}

#[test]
fn alerts_that_are_gained_and_lost_are_told_with_moment_group_and_severity() {
    let posts = timed();
    let narrow = LOUD.replace("\"acme\"", "\"acme\" and not \"smoke\"");
    let ran = diff_timed(LOUD, &narrow, &posts, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("; 2 alerts before, 1 after: 0 gained, 1 lost, 1 of another severity\n"), "{}", ran.out);
    assert!(ran.out.contains("\n  - alert at 2026-11-02 10:05:00, lang de, low\n"), "{}", ran.out);
    assert!(ran.out.contains("\n  ~ alert at 2026-11-02 10:01:00, lang de, low, was high\n"), "{}", ran.out);
    let ran = diff_timed(&narrow, LOUD, &posts, &["--show", "0"]);
    assert!(ran.out.contains("\n  + and 1 more alert\n"), "{}", ran.out);
    let ran = diff_timed(LOUD, &narrow, &posts, &["--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let alerts = &told["queries"][0]["alerts"];
    assert_eq!((&alerts["before"], &alerts["after"]), (&json!(2), &json!(1)));
    assert_eq!(
        alerts["lost"],
        json!([{"at": "2026-11-02T10:05:00Z", "cleared_at": "2026-11-02T10:06:00Z", "severity": "low", "group": {"lang": "de"}}])
    );
    assert_eq!(alerts["regraded"][0]["severity_before"], json!("high"));
}

#[test]
fn a_threshold_differs_though_the_posts_are_the_same() {
    let posts = timed();
    let ran = diff_timed(LOUD, &LOUD.replace("count() >= 2", "count() >= 1"), &posts, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("; the same 6 posts; 2 alerts before, 3 after: 1 gained, 0 lost\n"), "{}", ran.out);
    assert!(ran.out.ends_with(": 1 of 1 differ\n"), "{}", ran.out);
    let ran = diff_timed(LOUD, LOUD, &posts, &[]);
    assert_eq!((ran.code, ran.out.contains("; the same 2 alerts\n")), (0, true), "{ran:?}");
    let ran = diff_timed("query q = \"acme\"\n", LOUD, &posts, &[]);
    assert!(ran.out.contains("loud: new, takes 6 posts; 2 alerts\n"), "{}", ran.out);
}

#[test]
fn posts_without_a_time_keep_alerts_from_being_compared() {
    let ran = diff(LOUD, LOUD, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.err.contains("alerts are not compared: some posts tell no time") && !ran.out.contains("alert"),
        "{ran:?}"
    );
}

/// The alerts are those of a replay with each version, on a simulated day and the examples.
#[test]
fn the_alerts_are_those_of_two_replays() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, changed) = (root().join("examples/rules"), folder.path().join("changed"));
    fs::create_dir(&changed).unwrap();
    for path in crate::tool::listed(&rules, "mon") {
        let text =
            fs::read_to_string(&path).unwrap().replace("volume >= 30 and voices >= 25", "volume >= 3 and voices >= 2");
        fs::write(changed.join(path.file_name().unwrap()), text).unwrap();
    }
    let (old, new) = (rules.to_string_lossy(), changed.to_string_lossy());
    mon(folder.path(), &["simulate", "crisis", "--posts", "3000", "--out", "posts.jsonl"]);
    let ran = mon(folder.path(), &["diff", &old, &new, "--posts", "posts.jsonl", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let mut all = 0;
    for (side, rules) in [("before", &old), ("after", &new)] {
        mon(folder.path(), &["replay", rules, "--posts", "posts.jsonl", "--out", side]);
        let lines = fs::read_to_string(folder.path().join(side).join("incidents.jsonl")).unwrap();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for one in told["queries"].as_array().unwrap().iter().filter(|one| !one["alerts"].is_null()) {
            let opened = lines.iter().filter(|line| line["monitor"] == one["name"] && line["kind"] == "opened").count();
            assert_eq!(one["alerts"][side], json!(opened), "{side} {}", one["name"]);
            all += opened;
        }
    }
    assert!(all > 0, "no alerts show nothing");
}

#[test]
fn a_summary_for_a_pull_request_tells_what_differs() {
    let posts = timed();
    let narrow = LOUD.replace("\"acme\"", "\"acme\" and not \"smoke\"");
    let both = |monitor: &str| format!("query same = \"acme\"\n{monitor}");
    let ran = diff_timed(&both(LOUD), &both(&narrow), &posts, &["--format", "markdown"]);
    let expected = "### What this change of rules does

Queries and monitors that differ: 1 of 2, compared on 8 recorded posts.

| name | for all posts | posts | gained | lost | alerts | gained | lost |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
| <code>loud</code> | narrower, takes only what it took and not all of it (proved) | 6 → 3 | 0 | 3 | 2 → 1 | 0 | 1 |

<details><summary><code>loud</code></summary>

Lost:

- <code>acme smoke</code>
- <code>acme smoke</code>
- <code>acme smoke</code>

Lost alerts:

- <code>2026&#45;11&#45;02 10&#58;05&#58;00&#44; lang de&#44; low</code>

Alerts of another severity:

- <code>2026&#45;11&#45;02 10&#58;01&#58;00&#44; lang de&#44; low</code>, was high

</details>
";
    assert_eq!((ran.code, ran.out.as_str()), (1, expected), "{}", ran.err);
    let ran = diff_timed(LOUD, LOUD, &posts, &["--format", "markdown"]);
    assert!(
        ran.out.ends_with("\n\nQueries and monitors that differ: 0 of 1, compared on 8 recorded posts.\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_summary_neither_mentions_people_nor_lets_a_post_write_markup() {
    let text = "acme @octocat #12 https://x.example `a` **b** | c </code></details> <img src=x> [d](e) ![f](g) ~~~ www.h.example \\u202e";
    let line = text.replace('"', "'");
    let posts = format!("{{\"id\":\"1\",\"created_at\":1793613600,\"text\":\"{line}\"}}\n");
    let ran = diff_timed("query q = \"nobody\"\n", "query q = \"acme\"\n", &posts, &["--format", "markdown"]);
    let shown = ran.out.lines().find(|line| line.contains("octocat")).unwrap_or_else(|| panic!("{}", ran.out));
    let inside = shown.strip_prefix("- <code>").and_then(|rest| rest.strip_suffix("</code>")).unwrap();
    assert!(inside.contains("&#64;&#8203;octocat"), "{inside}");
    let mut rest = inside;
    while let Some((plain, after)) = rest.split_once("&#") {
        assert!(plain.chars().all(|sign| !sign.is_ascii_punctuation()), "`{plain}` in {inside}");
        let (number, after) = after.split_once(';').unwrap();
        assert!(number.parse::<u32>().is_ok(), "{inside}");
        rest = after;
    }
    assert!(rest.chars().all(|sign| !sign.is_ascii_punctuation() && sign != '\u{202e}'), "{rest}");
}

#[test]
fn both_rules_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.mon"), OLD).unwrap();
    assert_eq!(mon(folder.path(), &["diff", "a.mon"]).code, 3);
    assert_eq!(mon(folder.path(), &["diff", "a.mon", "b.mon", "--posts", "p.jsonl"]).code, 2);
    assert_eq!(mon(folder.path(), &["diff", "a.mon", "a.mon", "--posts", "p.jsonl"]).code, 2);
}
