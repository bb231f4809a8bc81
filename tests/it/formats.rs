//! The forms of `mon check` that other programs read.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::tool::mon;

/// An error with a fix after a line of other characters than ASCII, a warning without one, and a clean file.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let first = "// Größe, 50 % & <mehr>\nquery q = \"über\" and langauge is en\n";
    fs::write(folder.path().join("a b.mon"), first).unwrap();
    fs::write(folder.path().join("clean.mon"), "query clean = \"acme\"\n").unwrap();
    folder
}

fn check(folder: &Path, format: &str) -> String {
    let ran = mon(folder, &["check", ".", "--format", format]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.out
}

#[test]
fn sarif_has_rules_places_and_fixes() {
    let folder = folder();
    let log: Value = serde_json::from_str(&check(folder.path(), "sarif")).unwrap();
    assert_eq!(
        (&log["version"], &log["$schema"]),
        (&json!("2.1.0"), &json!("https://json.schemastore.org/sarif-2.1.0.json"))
    );
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!(result["level"], "error");
    let region = json!({"startLine": 2, "startColumn": 22, "endLine": 2, "endColumn": 30});
    let place = json!({"artifactLocation": {"uri": "a%20b.mon"}, "region": region});
    assert_eq!(result["locations"], json!([{"physicalLocation": place}]));
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a%20b.mon");
    assert_eq!(change["replacements"], json!([{"deletedRegion": region, "insertedContent": {"text": "language"}}]));
    assert!(result["message"]["text"].as_str().unwrap().contains("\nhelp: did you mean `language`?"), "{result}");
}

#[test]
fn github_gets_a_command_a_finding_on_a_line_of_its_own() {
    let folder = folder();
    let out = check(folder.path(), "github");
    let expected = "::error file=a b.mon,line=2,endLine=2,col=22,endColumn=30,title=MON";
    assert!(out.starts_with(expected) && out.contains("%0Ahelp: did you mean `language`?\n"), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
}

#[test]
fn junit_has_a_suite_a_file_and_a_case_a_finding() {
    let folder = folder();
    let out = check(folder.path(), "junit");
    assert!(
        out.starts_with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mon check\" tests=\"2\" failures=\"1\">"
        ),
        "{out}"
    );
    assert_eq!(
        (out.matches("<testsuite ").count(), out.matches("<testcase ").count(), out.matches("<failure ").count()),
        (2, 2, 1)
    );
    assert!(out.contains("<testcase classname=\"clean.mon\" name=\"no findings\"/>"), "{out}");
    assert!(out.contains("at 2:22\" file=\"a b.mon\" line=\"2\""), "{out}");
}

#[test]
fn files_are_named_as_a_code_host_names_them() {
    let folder = folder();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let whole = folder.path().join("a b.mon");
    for named in [".//a b.mon", "././a b.mon", "sub/../a b.mon", whole.to_str().unwrap()] {
        let ran = mon(folder.path(), &["check", named, "--format", "github"]);
        assert!(ran.out.starts_with("::error file=a b.mon,line=2"), "{named}: {ran:?}");
    }
    let ran = mon(&folder.path().join("sub"), &["check", whole.to_str().unwrap(), "--format", "sarif"]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().starts_with("file:///"), "{uri}");
}

#[test]
fn lines_of_a_list_of_terms_are_the_lists_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("l.txt"), "# comment\n\nflood crisis\n\n???\n").unwrap();
    let ran = mon(folder.path(), &["check", "l.txt", "--format", "github"]);
    assert!(!ran.out.is_empty() && ran.out.lines().all(|line| line.contains("file=l.txt,line=5,")), "{ran:?}");
    let ran = mon(folder.path(), &["check", "l.txt"]);
    assert!(ran.out.contains("5 │ ???\n"), "{}", ran.out);
    assert!(!ran.out.contains("query"), "no made rule is quoted: {}", ran.out);
}

#[test]
fn rules_without_findings_are_an_empty_log_of_each_kind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clean.mon"), "query clean = \"acme\"\n").unwrap();
    let out = |format| {
        let ran = mon(folder.path(), &["check", ".", "--format", format]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out
    };
    let log: Value = serde_json::from_str(&out("sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(out("github"), "");
    assert!(out("junit").contains("tests=\"1\" failures=\"0\""));
}

#[test]
fn tests_have_a_case_each_and_what_failed_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "monitor m {\n  match \"acme\"\n  example yes \"acme & co\"\n  example yes \"nothing of it\"\n}\n";
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    let ran = mon(folder.path(), &["test", ".", "--format", "junit"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("<testsuites name=\"mon test\" tests=\"2\" failures=\"1\">"), "{}", ran.out);
    let passed = "<testcase classname=\"rules.mon\" name=\"m: example yes &quot;acme &amp; co&quot;\" file=\"rules.mon\" line=\"3\"/>";
    assert!(ran.out.contains(passed), "{}", ran.out);
    assert!(ran.out.contains("line=\"4\">\n      <failure type=\"failure\" message=\""), "{}", ran.out);
    assert_eq!((ran.out.matches("<failure ").count(), ran.out.matches("</testcase>").count()), (1, 1));
}
