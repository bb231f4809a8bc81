//! The hook of git looks at what would be committed; the hooks of the framework pre-commit run.

use std::fs;

use serde_yaml_ng::Value;

use super::repository::Repository;
use crate::tool::{Ran, root};

const GOOD: &str = "query q = \"acme\"\n";
const BADLY_FORMATTED: &str = "query   q = \"acme\"\n";
const BROKEN: &str = "query q = langauge is en\n";
const ADVISED: &str = "query q = (\"acme\")\n";

/// A repository with the hook and one commit of good rules.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.write("rules/q.mon", GOOD);
    repository.commit("Good rules");
    fs::create_dir_all(repository.path().join(".git/hooks")).unwrap();
    fs::copy(root().join("examples/ci/pre-commit"), repository.path().join(".git/hooks/pre-commit")).unwrap();
    repository
}

fn commit(repository: &Repository, more: &[&str]) -> Ran {
    repository.run("git", &[&["commit", "--quiet", "-m", "A change"], more].concat(), &[])
}

fn stage(repository: &Repository, text: &str) {
    repository.write("rules/q.mon", text);
    repository.git(&["add", "--all"]);
}

fn commits(repository: &Repository) -> String {
    repository.git(&["rev-list", "--count", "HEAD"])
}

#[test]
fn good_staged_rules_are_committed() {
    let repository = repository();
    stage(&repository, "query q = \"acme\" and \"phone\"\n");
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
}

#[test]
fn staged_rules_with_faults_are_refused_and_say_why() {
    for (text, verb, said) in [
        (BADLY_FORMATTED, "mon fmt --check", "rules/q.mon would change"),
        (BROKEN, "mon lint", "did you mean `language`?"),
        (ADVISED, "mon lint", "MON0831"),
        ("query  q = (\"acme\")\n", "mon fmt --check, mon lint", "MON0831"),
    ] {
        let repository = repository();
        stage(&repository, text);
        let ran = commit(&repository, &[]);
        assert_eq!((ran.code, commits(&repository).as_str()), (1, "1"), "{text}: {ran:?}");
        let refused = format!("pre-commit: nothing is committed; the staged rules do not pass: {verb}\n  help: ");
        assert!(ran.err.contains(&refused) && ran.err.contains(said), "{text}: {}", ran.err);
    }
}

#[test]
fn a_repair_that_is_not_staged_does_not_help() {
    let repository = repository();
    stage(&repository, BROKEN);
    repository.write("rules/q.mon", "query q = language is en\n");
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (1, "1"), "{ran:?}");
    assert!(ran.err.contains("langauge"), "{}", ran.err);
    let ran = commit(&repository, &["--all"]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
}

#[test]
fn a_fault_that_is_not_staged_does_no_harm() {
    let repository = repository();
    stage(&repository, "query q = \"acme\" and \"phone\"\n");
    repository.write("rules/q.mon", BROKEN);
    repository.write("rules/untracked.mon", BROKEN);
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
    assert_eq!(fs::read_to_string(repository.path().join("rules/q.mon")).unwrap(), BROKEN, "the file stays as it is");
}

#[test]
fn what_rules_need_beside_them_is_staged_too() {
    let repository = repository();
    repository.write("mon.toml", "[packages]\nbrand = \"shared\"\n");
    repository.write("shared/brand.mon", "terms names = from \"names.csv\" column name\n");
    repository.write("shared/names.csv", "name\nacme\n");
    stage(&repository, "use brand\n\nquery q = brand.names and \"phone\"\n");
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
    // A list without its column breaks the rules that read it.
    repository.write("shared/names.csv", "title\nacme\n");
    repository.git(&["add", "--all"]);
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (1, "2"), "{ran:?}");
}

#[test]
fn a_staged_baseline_counts() {
    let repository = repository();
    stage(&repository, ADVISED);
    let written = repository.run("mon", &["lint", "rules", "--write-baseline", "mon-baseline.jsonl"], &[]);
    assert_eq!(written.code, 0, "{written:?}");
    assert_eq!(commit(&repository, &[]).code, 1, "it is not staged");
    repository.git(&["add", "mon-baseline.jsonl"]);
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
}

#[test]
fn folders_of_other_names_are_set_in_git() {
    let repository = repository();
    repository.write("monitors/q.mon", ADVISED);
    repository.git(&["config", "mon.rules", "monitors"]);
    repository.git(&["add", "--all"]);
    assert_eq!(commit(&repository, &[]).code, 1);
    let known = ["lint", "monitors", "--write-baseline", "ci/known.jsonl"];
    assert_eq!(repository.run("mon", &known, &[]).code, 0);
    repository.git(&["config", "mon.baseline", "ci/known.jsonl"]);
    repository.git(&["add", "--all"]);
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
}

#[test]
fn where_the_command_is_missing_rules_are_refused_and_the_rest_is_not() {
    let repository = repository();
    let without = |message: &str| {
        repository.git(&["add", "--all"]);
        repository.run("git", &["commit", "--quiet", "-m", message], &[("MON", "no-such-command")])
    };
    repository.write("readme.md", "Rules of the desk.\n");
    let ran = without("A page");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    repository.write("rules/q.mon", "query q = \"phone\"\n");
    let ran = without("Rules");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("`no-such-command` is not to be found"), "{}", ran.err);
}

#[test]
fn a_folder_whose_rules_are_all_removed_is_committed() {
    let repository = repository();
    repository.git(&["rm", "--quiet", "rules/q.mon"]);
    let ran = commit(&repository, &[]);
    assert_eq!((ran.code, commits(&repository).as_str()), (0, "2"), "{ran:?}");
}

/// `entry` and `args` of each hook, with the files behind where it takes them.
fn hooks() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: Vec<Value> = serde_yaml_ng::from_str(&text).unwrap();
    let hook = |hook: &Value| {
        let of = |key: &str| hook[key].as_str().unwrap().to_owned();
        assert_eq!(of("language"), "rust");
        let mut words: Vec<String> = of("entry").split(' ').map(str::to_owned).collect();
        let given = hook["args"].as_sequence().into_iter().flatten();
        words.extend(given.map(|word| word.as_str().unwrap().to_owned()));
        if hook["pass_filenames"] != Value::Bool(false) {
            words.push("rules/q.mon".to_owned());
        }
        (of("id"), words)
    };
    hooks.iter().map(hook).collect()
}

#[test]
fn hooks_of_the_framework_pass_and_fail_as_they_should() {
    let hooks = hooks();
    let names: Vec<&str> = hooks.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["mon-fmt", "mon-check", "mon-lint"]);
    // The framework fails a hook that changes a file; the others by their exit code.
    for (text, failing) in [
        (GOOD, vec![]),
        (BADLY_FORMATTED, vec!["mon-fmt"]),
        (BROKEN, vec!["mon-check", "mon-lint"]),
        (ADVISED, vec!["mon-lint"]),
    ] {
        for (name, words) in &hooks {
            let repository = Repository::new();
            repository.write("rules/q.mon", text);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ran = repository.run(words[0], &words[1..], &[]);
            let changed = fs::read_to_string(repository.path().join("rules/q.mon")).unwrap() != text;
            assert_eq!(ran.code == 1 || changed, failing.contains(&name.as_str()), "{text} {name}: {ran:?}");
            assert!(ran.code <= 1, "{ran:?}");
        }
    }
}
