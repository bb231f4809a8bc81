//! `mon lint` as a user sees it: advice beside warnings, exit codes, formats, and `allow`.

use std::fs;

use mon_compiler::diagnostic::Level;
use mon_compiler::lint;

use crate::tool::{mon, root};

fn folder(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    folder
}

#[test]
fn nothing_is_said_of_the_examples() {
    for verb in ["check", "lint"] {
        let ran = mon(&root().join("examples/rules"), &[verb, "."]);
        assert_eq!(ran.code, 0, "{verb}: {}{}", ran.out, ran.err);
        assert!(ran.out.ends_with("no findings\n"), "{}", ran.out);
    }
}

#[test]
fn nothing_is_said_of_the_starter_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mon(folder.path(), &["init", "own"]).code, 0);
    let ran = mon(folder.path(), &["lint", "own/rules"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Warnings are told by both verbs, advice by `mon lint` alone.
#[test]
fn each_lint_is_told_by_its_verb_with_exit_code_one() {
    for lint in lint::all() {
        let folder = folder(lint.code.bad);
        let told = |verb| {
            let ran = mon(folder.path(), &[verb, "rules.mon"]);
            let told = ran.out.contains(lint.code.id);
            assert_eq!(ran.code, i32::from(told), "{}: {ran:?}", lint.code.id);
            told
        };
        assert_eq!((told("check"), told("lint")), (lint.code.level == Level::Warning, true), "{}", lint.code.id);
    }
}

#[test]
fn advice_has_every_format_of_check() {
    let folder = folder("query q = (\"acme\")\n");
    let out = |format| {
        let ran = mon(folder.path(), &["lint", "rules.mon", "--format", format]);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.out
    };
    assert!(out("json").contains("\"severity\":\"advice\""));
    assert!(out("sarif").contains("\"level\": \"note\""));
    assert!(out("github").starts_with("::notice file=rules.mon,line=1,"), "{}", out("github"));
    assert!(out("junit").contains("<failure type=\"advice\""), "{}", out("junit"));
    assert!(out("text").ends_with("checked 1 file: 1 piece of advice\n"), "{}", out("text"));
}

#[test]
fn what_is_allowed_is_counted_and_leaves_no_finding() {
    let folder = folder("query q = (\"acme\")\n  allow MON0831 until 9999-12-31 because \"more words come\"\n");
    let ran = mon(folder.path(), &["lint", "rules.mon"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "checked 1 file: no findings; 1 allowed\n"), "{ran:?}");
    let ran = mon(folder.path(), &["fmt", "--check", "rules.mon"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = mon(folder.path(), &["fix", "rules.mon", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// What is told of rules that run is told on the way, but no lint: they are for whoever writes the rules.
#[test]
fn rules_run_without_a_word_of_lints() {
    let folder = folder("query q = not not \"acme\"\n");
    fs::write(folder.path().join("posts.jsonl"), "{\"text\": \"acme\"}\n").unwrap();
    let ran = mon(folder.path(), &["match", "rules.mon", "--posts", "posts.jsonl"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(mon(folder.path(), &["check", "rules.mon"]).code, 1);
}
