//! `mon fix` as a user sees it: what it writes, what it leaves, and what it never makes worse.

use std::fs;

use mon_compiler::diagnostic::codes;

use crate::tool::{mon, root};

const MIXED: &str = "query q = \"acme\" and \"broken\" or \"recall\"\n";
const MISSPELT: &str = "query q = \"acme\" and langauge is en\n";

fn folder(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    folder
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("rules.mon")).unwrap()
}

/// How many findings, advice included, and how many of them errors.
fn findings(folder: &tempfile::TempDir) -> (usize, usize) {
    let ran = mon(folder.path(), &["lint", "rules.mon", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let list = json["diagnostics"].as_array().unwrap();
    (list.len(), list.iter().filter(|found| found["severity"] == "error").count())
}

#[test]
fn what_means_the_same_is_mended_and_the_posts_stay() {
    let folder = folder(MIXED);
    let posts = "{\"text\": \"acme broken\"}\n{\"text\": \"recall\"}\n{\"text\": \"acme\"}\n";
    fs::write(folder.path().join("posts.jsonl"), posts).unwrap();
    let matched = || mon(folder.path(), &["match", "rules.mon", "--posts", "posts.jsonl"]).out;
    let before = matched();
    assert_eq!(before.lines().count(), 2, "{before}");
    let ran = mon(folder.path(), &["fix", "rules.mon"]);
    assert_eq!(
        (ran.code, text(&folder).as_str()),
        (0, "query q = (\"acme\" and \"broken\") or \"recall\"\n"),
        "{ran:?}"
    );
    assert!(ran.out.starts_with("mended rules.mon:1: put brackets where they are understood now [MON"), "{}", ran.out);
    let spans_aside = |out: String| out.lines().map(|line| line.matches("\"q\"").count()).collect::<Vec<_>>();
    assert_eq!(spans_aside(matched()), spans_aside(before));
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = folder(MIXED);
    let ran = mon(folder.path(), &["fix", "rules.mon", "--dry-run"]);
    assert_eq!((ran.code, text(&folder).as_str()), (1, MIXED), "{ran:?}");
    assert!(ran.out.starts_with("would mend rules.mon:1: put brackets"), "{}", ran.out);
}

#[test]
fn what_changes_the_meaning_waits_to_be_asked_for() {
    let folder = folder(MISSPELT);
    let ran = mon(folder.path(), &["fix", "rules.mon"]);
    assert_eq!((ran.code, text(&folder).as_str()), (1, MISSPELT), "{ran:?}");
    assert!(ran.err.contains("1 more can be mended by `--changing-meaning`"), "{}", ran.err);
    let ran = mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
    assert_eq!((ran.code, text(&folder).as_str()), (0, "query q = \"acme\" and language is en\n"), "{ran:?}");
}

#[test]
fn a_file_that_is_only_used_is_left_alone() {
    let folder = folder("use \"base.mon\"\nquery q = base and \"x\"\n");
    let base = "query base = \"a\" and \"b\" or \"c\"\n";
    fs::write(folder.path().join("base.mon"), base).unwrap();
    mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
    assert_eq!(fs::read_to_string(folder.path().join("base.mon")).unwrap(), base);
    mon(folder.path(), &["fix", "."]);
    assert_ne!(fs::read_to_string(folder.path().join("base.mon")).unwrap(), base);
}

#[test]
fn nested_mends_are_all_made_and_a_dry_run_tells_all() {
    let mut query = "\"a0\"".to_owned();
    for n in 1..=26 {
        query = format!("(\"a{n}\" and {query} or \"b{n}\")");
    }
    let folder = folder(&format!("query q = {query}\n"));
    let would = mon(folder.path(), &["fix", "rules.mon", "--dry-run"]).out.matches("would mend ").count();
    let ran = mon(folder.path(), &["fix", "rules.mon"]);
    assert_eq!((ran.code, ran.out.matches("mended ").count(), would), (0, 26, 26), "{ran:?}");
}

#[test]
fn an_example_that_does_not_hold_keeps_no_mend_from_being_made() {
    let monitor =
        "monitor m {\n  match \"acme\" and langauge is en\n  example yes \"nothing\"\n  example yes \"of it\"\n}\n";
    let folder = folder(&format!("{MIXED}{monitor}"));
    let ran = mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
    assert_eq!((ran.code, ran.out.matches("mended ").count()), (1, 2), "{ran:?}");
    assert!(text(&folder).contains("language is en") && text(&folder).contains("(\"acme\" and"), "{}", text(&folder));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_read_only_file_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("");
    let (real, link) = (folder.path().join("real.txt"), folder.path().join("link.mon"));
    fs::write(&real, MIXED).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    assert_eq!(mon(folder.path(), &["fix", "link.mon"]).code, 0);
    assert!(fs::read_to_string(&real).unwrap().contains("(\"acme\"") && link.is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    fs::write(&real, MIXED).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    let ran = mon(folder.path(), &["fix", "link.mon"]);
    assert_eq!(
        (ran.code, ran.out.contains("mended"), fs::read_to_string(&real).unwrap().as_str()),
        (2, false, MIXED),
        "{ran:?}"
    );
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 3, "nothing is left beside the file");
}

/// A word of two alphabets may be a slip, or the trick of a fraud: only its author knows.
#[test]
fn what_is_only_to_be_shown_is_shown_and_never_made() {
    let mixed = "query q = \"\u{430}cme\" and not not \"broken\"\n";
    let folder = folder(mixed);
    let ran = mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
    assert_eq!((ran.code, text(&folder)), (1, mixed.replace("not not ", "")), "{ran:?}");
    assert!(ran.out.contains("perhaps rules.mon:1: write `\"acme\"` [MON0810 mixed-scripts]\n"), "{}", ran.out);
    let json = mon(folder.path(), &["lint", "rules.mon", "--format", "json"]).out;
    assert!(json.contains("\"safety\":\"show-only\""), "{json}");
    // A viewer of SARIF would offer to make it, so it stands in the message.
    let sarif = mon(folder.path(), &["lint", "rules.mon", "--format", "sarif"]).out;
    assert!(!sarif.contains("\"fixes\"") && sarif.contains("perhaps: write `\\\"acme\\\"`"), "{sarif}");
}

/// Every example of the registry: fixes never add an error, what is mended stays mended, and a clean file stays as it is.
#[test]
fn no_example_of_a_code_gets_worse() {
    let mut mended = 0;
    for code in codes::all() {
        let folder = folder(code.bad);
        let (before, errors_before) = findings(&folder);
        mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
        let (after, errors_after) = findings(&folder);
        assert!(errors_after <= errors_before, "{}: {errors_before} errors became {errors_after}", code.id);
        if text(&folder) != code.bad {
            mended += 1;
            // Lints run where no error is left, so there may be more of them afterwards.
            let fewer = (errors_after, after) < (errors_before, before);
            assert!(fewer, "{}: {before} findings became {after}\n{}", code.id, text(&folder));
            let once = text(&folder);
            mon(folder.path(), &["fix", "rules.mon", "--changing-meaning"]);
            assert_eq!(text(&folder), once, "{}", code.id);
        }
    }
    assert!(mended >= 5, "only {mended} examples have a fix");
    let examples = root().join("examples/rules");
    let ran = mon(&examples, &["fix", ".", "--changing-meaning", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}
