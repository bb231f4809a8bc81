//! What the verbs say beside their work: warnings before it, and why it could not be done.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tool::{Ran, mon};

const RULES: &str = "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 2\n  show 0 posts\n  \
    follow playbook desk\n}\nplaybook desk {\n  route first { otherwise to team care }\n  notify { medium by slack at once }\n}\n";
const POSTS: &str = "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme\"}\n\
    {\"id\":\"2\",\"created_at\":\"2026-11-02T10:00:01Z\",\"text\":\"acme\"}\n";

fn folder(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    fs::write(folder.path().join("posts.jsonl"), POSTS).unwrap();
    folder
}

fn piped(folder: &Path, arguments: &[&str], text: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mon"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn verbs_that_run_rules_say_their_warnings_first() {
    let folder = folder(RULES);
    let out = mon(folder.path(), &["match", "rules.mon", "--posts", "posts.jsonl"]);
    assert!(out.err.contains("MON0515") && !out.out.contains("MON0515"), "{}{}", out.out, out.err);
    for verb in [vec!["replay", "rules.mon", "--posts", "posts.jsonl"], vec!["test", "rules.mon"]] {
        let ran = mon(folder.path(), &verb);
        assert!(ran.err.contains("MON0515"), "{verb:?}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn a_route_to_nobody_keeps_rules_from_running() {
    let rules = RULES.replace("otherwise to team care", "when severity is critical to team care");
    let folder = folder(&rules);
    let ran = mon(folder.path(), &["replay", "rules.mon", "--posts", "posts.jsonl"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("MON0601"), "{}", ran.err);
}

#[test]
fn a_recording_that_is_not_there_fails_its_test_and_no_other() {
    let test =
        |name: &str, file: &str| format!("test talk \"{name}\" {{\n  replay \"{file}\"\n  expect 1 incident\n}}\n");
    let folder = folder(&format!("{RULES}{}{}", test("absent", "nowhere.jsonl"), test("there", "posts.jsonl")));
    let ran = mon(folder.path(), &["test", "rules.mon"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("FAILED talk: absent\n") && ran.out.contains("nowhere.jsonl"), "{}", ran.out);
    assert!(ran.out.contains("ok     talk: there\n") && ran.out.contains("1 passed, 1 failed"), "{}", ran.out);
}

#[test]
fn a_failed_example_is_one_case_among_the_others() {
    let rules = RULES.replacen("\n}", "\n  example yes \"nothing of it\"\n}", 1);
    assert_ne!(rules, RULES);
    let folder = folder(&format!("{rules}test talk \"there\" {{\n  replay \"posts.jsonl\"\n  expect 1 incident\n}}\n"));
    let ran = mon(folder.path(), &["test", "rules.mon"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("FAILED talk: example yes \"nothing of it\""), "{}", ran.out);
    assert!(ran.out.contains("ok     talk: there\n") && ran.out.contains("1 passed, 1 failed"), "{}", ran.out);
}

#[test]
fn a_recording_with_bad_lines_fails_its_test() {
    let folder = folder(&format!("{RULES}test talk \"bad\" {{\n  replay \"bad.jsonl\"\n  expect 1 incident\n}}\n"));
    fs::write(folder.path().join("bad.jsonl"), format!("{{\"id\":\n{POSTS}no post\n")).unwrap();
    let ran = mon(folder.path(), &["test", "rules.mon"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 lines of") && ran.out.contains("the first is line 1"), "{}", ran.out);
}

#[test]
fn formatting_standard_input_says_what_cannot_be_read() {
    let folder = folder(RULES);
    let broken = "monitor talk {\n  match \"acme\n}\n";
    let ran = piped(folder.path(), &["fmt", "-"], broken);
    assert_eq!((ran.code, ran.out.as_str()), (1, broken), "{}", ran.err);
    assert!(ran.err.contains("standard input:2: ") && ran.err.contains("  help: "), "{}", ran.err);
}

#[test]
fn a_seed_for_recorded_posts_is_bad_use() {
    let folder = folder(RULES);
    let ran = mon(folder.path(), &["replay", "rules.mon", "--posts", "posts.jsonl", "--seed", "3"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("--seed"), "{}", ran.err);
}

#[test]
fn rules_without_a_monitor_are_not_run() {
    let folder = folder("query q = \"acme\"\n");
    let ran = mon(folder.path(), &["run", "rules.mon", "--stop-after", "1"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("no monitor") && !folder.path().join("mon-data").exists(), "{}", ran.err);
}
