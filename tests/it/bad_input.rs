//! Bad input gets a clear error with place, reason and help; what is good beside it is not lost.

use std::fs;
use std::path::Path;

use crate::tool::{mon, root};

const RULE: &str = "query acme = \"acme\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), RULE).unwrap();
    folder
}

fn matches(folder: &Path, posts: &[u8], more: &[&str]) -> crate::tool::Ran {
    fs::write(folder.join("posts.jsonl"), posts).unwrap();
    let mut arguments = vec!["match", "rules.mon", "--posts", "posts.jsonl"];
    arguments.extend_from_slice(more);
    mon(folder, &arguments)
}

#[test]
fn a_broken_line_is_named_and_its_neighbours_are_kept() {
    let folder = folder();
    let good = r#"{"id":"1","created_at":"2026-11-02T10:00:00Z","text":"acme one"}"#;
    let last = r#"{"id":"9","created_at":"2026-11-02T10:00:09Z","text":"acme nine"}"#;
    let bad: [(&str, &[u8]); 5] = [
        ("broken JSON", b"{\"id\":\"2\",\"text\":"),
        ("a wrong type", b"{\"id\":\"3\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":5}"),
        ("no text", b"{\"id\":\"4\",\"created_at\":\"2026-11-02T10:00:00Z\"}"),
        ("no UTF-8", b"{\"id\":\"5\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme \xff\"}"),
        ("a bad time", b"{\"id\":\"6\",\"created_at\":\"yesterday\",\"text\":\"acme\"}"),
    ];
    for (what, line) in bad {
        let posts = [good.as_bytes(), line, last.as_bytes(), b""].join(&b'\n');
        let ran = matches(folder.path(), &posts, &[]);
        assert_eq!(ran.code, 1, "{what}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("line 2"), "{what}: {}", ran.err);
        assert!(ran.out.contains("\"1\"") && ran.out.contains("\"9\""), "{what}: neighbours were lost: {}", ran.out);
        assert_eq!(ran.out.lines().count(), 2, "{what}: {}", ran.out);
        let strict = matches(folder.path(), &posts, &["--strict"]);
        assert_eq!(strict.code, 2, "{what} in strict mode: {}{}", strict.out, strict.err);
    }
}

#[test]
fn a_file_cut_in_the_middle_of_a_line_keeps_what_is_whole() {
    let folder = folder();
    let posts = b"{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme\"}\n{\"id\":\"2\",\"created_at\":\"2026-11-0";
    let ran = matches(folder.path(), posts, &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("line 2"), "{}", ran.err);
}

#[test]
fn a_post_of_a_megabyte_is_read() {
    let folder = folder();
    let text = format!("acme {}", "word ".repeat(200_000));
    let posts = format!("{{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"{text}\"}}\n");
    let ran = matches(folder.path(), posts.as_bytes(), &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1), "{}{}", ran.out, ran.err);
}

#[test]
fn missing_and_empty_places_are_named() {
    let folder = folder();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for (arguments, said) in [
        (vec!["check", "nowhere.mon"], "nowhere.mon"),
        (vec!["check", "empty"], "no rule file"),
        (vec!["match", "rules.mon", "--posts", "nowhere.jsonl"], "nowhere.jsonl"),
        (vec!["match", "rules.mon", "--posts", "empty"], "empty"),
        (vec!["simulate", "no-such-day", "--out", "x.jsonl"], "no-such-day"),
        (vec!["replay", "rules.mon", "--posts", "rules.mon", "--posts-format", "parquet", "--out", "out"], "Parquet"),
    ] {
        let ran = mon(folder.path(), &arguments);
        assert!((2..=3).contains(&ran.code), "{arguments:?}: {} {}{}", ran.code, ran.out, ran.err);
        assert!(ran.err.contains(said), "{arguments:?} does not say `{said}`: {}", ran.err);
        assert!(ran.err.contains("help:"), "{arguments:?} has no help: {}", ran.err);
    }
}

#[test]
fn wrong_use_is_exit_code_three() {
    for arguments in [
        vec!["no-such-verb"],
        vec!["check"],
        vec!["match", "x.mon", "--no-such-flag"],
        vec!["replay", "x.mon", "--batch", "0"],
    ] {
        let ran = mon(root(), &arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn rules_that_are_no_text_are_refused_with_a_help() {
    let folder = folder();
    fs::write(folder.path().join("bad.mon"), b"query a = \"\xff\"").unwrap();
    let ran = mon(folder.path(), &["check", "bad.mon"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("UTF-8") && ran.err.contains("help:"), "{}", ran.err);
}

#[test]
fn an_output_that_cannot_be_written_is_said_and_nothing_panics() {
    let folder = folder();
    fs::write(
        folder.path().join("posts.jsonl"),
        "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme\"}\n",
    )
    .unwrap();
    let ran = mon(folder.path(), &["replay", "rules.mon", "--posts", "posts.jsonl", "--out", "rules.mon"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("rules.mon") && ran.err.contains("help:"), "{}", ran.err);
    if Path::new("/dev/full").exists() {
        let full = mon(folder.path(), &["simulate", "quiet-day", "--posts", "1000", "--out", "/dev/full"]);
        assert_eq!(full.code, 2, "{}{}", full.out, full.err);
        assert!(full.err.contains("space"), "{}", full.err);
    }
}
