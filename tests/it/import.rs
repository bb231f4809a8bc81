//! Queries of other tools: a query of six languages is imported, compiled, and matches as its report says; rules for X come back.

use std::fs;
use std::path::PathBuf;

use crate::tool::{mon, root, updating};

const NAME: &str = "velkora_trouble";

fn case() -> PathBuf {
    root().join("tests/import/brandwatch")
}

fn compare(file: &str, found: &str) {
    let path = case().join(file);
    if updating() {
        fs::write(&path, found).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), found, "{file}: UPDATE=1 rewrites it; read the change");
}

#[test]
fn a_query_of_six_languages_is_imported_with_its_report() {
    let text = mon(&case(), &["import", "brandwatch", "query.txt", "--name", NAME]);
    assert_eq!(text.code, 1, "not all of it is exact: {}", text.err);
    compare("expected.mon", &text.out);
    compare("report.txt", &text.err);
    let json = mon(&case(), &["import", "brandwatch", "query.txt", "--name", NAME, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["mon"], text.out.as_str());
    assert_eq!(json["exact"], false);
    let source = fs::read_to_string(case().join("query.txt")).unwrap();
    let notes = json["report"].as_array().unwrap();
    assert!(notes.len() > 150, "{}", notes.len());
    for note in notes {
        let at = |key: &str| usize::try_from(note[key].as_u64().unwrap()).unwrap();
        assert_eq!(&source[at("start")..at("end")], note["piece"]);
    }
}

/// Each post says what the old tool did with it, and which verdict explains a difference.
#[test]
fn the_imported_query_matches_as_its_report_says() {
    let checked = mon(&case(), &["check", "expected.mon"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let ran = mon(&case(), &["match", "expected.mon", "--posts", "posts.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let matched = |id: &str| ran.out.contains(&format!("{{\"post\":\"{id}\",\"query\":\"{NAME}\"}}"));
    let report = fs::read_to_string(case().join("report.txt")).unwrap();
    let mut counts = [0; 3];
    for line in fs::read_to_string(case().join("posts.jsonl")).unwrap().lines() {
        let post: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = |name: &str| post[name].as_str().unwrap_or_else(|| panic!("{name} in {line}"));
        let (id, before, verdict, why) = (key("post_uid"), key("before") == "yes", key("verdict"), key("why"));
        let expected = match verdict {
            "exact" => before,
            "wider" | "impossible" => {
                assert!(!before, "{id}: what is wider takes what was not taken");
                true
            }
            "narrower" => {
                assert!(before, "{id}: what is narrower misses what was taken");
                false
            }
            other => panic!("{other} in {line}"),
        };
        assert_eq!(matched(id), expected, "{id}: {} ({why})", key("text"));
        if verdict != "exact" {
            assert!(report.contains(&format!("{verdict}: {why}")), "{id}: the report does not say `{verdict}: {why}`");
        }
        counts[match verdict {
            "exact" => 0,
            "narrower" => 2,
            _ => 1,
        }] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 2), "{counts:?}");
}

#[test]
fn exit_codes_are_those_of_the_other_verbs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("exact.txt"), "acme AND (broken OR crash*) NOT language:de\n").unwrap();
    fs::write(folder.path().join("broken.txt"), "(acme\n").unwrap();
    let exact = mon(folder.path(), &["import", "brandwatch", "exact.txt", "--out", "exact.mon"]);
    assert_eq!((exact.code, exact.out.as_str()), (0, ""), "{}", exact.err);
    assert!(exact.err.contains("0 wider, 0 narrower, 0 impossible"), "{}", exact.err);
    let written = fs::read_to_string(folder.path().join("exact.mon")).unwrap();
    assert!(written.contains("query exact =") && !written.contains("imported"), "{written}");
    assert_eq!(mon(folder.path(), &["check", "exact.mon"]).code, 0);
    fs::write(folder.path().join("__.txt"), "acme lang:en\n").unwrap();
    let nameless = mon(folder.path(), &["import", "x", "__.txt"]);
    assert!(nameless.out.contains("query imported ="), "{}{}", nameless.out, nameless.err);
    let broken = mon(folder.path(), &["import", "brandwatch", "broken.txt"]);
    assert_eq!((broken.code, broken.out.as_str()), (2, ""), "{}", broken.err);
    assert!(broken.err.contains("MON1301"), "{}", broken.err);
    for (arguments, code) in [
        (vec!["import", "brandwatch", "nowhere.txt"], 2),
        (vec!["import", "brandwatch", "exact.txt", "--name", "not"], 3),
        (vec!["import", "brandwatch", "exact.txt", "--name", "lang"], 3),
        (vec!["import", "talkwalker", "exact.txt"], 3),
        (vec!["export", "x", "exact.mon", "--query", "nowhere"], 3),
    ] {
        let ran = mon(folder.path(), &arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn rules_for_x_go_to_standard_output_and_what_they_leave_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), "query q = #acme near/3 \"x1\" and lang is en\n").unwrap();
    let ran = mon(folder.path(), &["export", "x", "rules.mon"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("x1 ") || ran.out.contains(" x1 "), "{}", ran.out);
    assert!(ran.out.contains("lang:en") && ran.out.lines().count() == 1, "{}", ran.out);
    assert!(ran.err.contains("not for where they stand") && ran.err.contains("#acme_phone"), "{}", ran.err);
    let json = mon(folder.path(), &["export", "x", "rules.mon", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["queries"][0]["query"], "q");
    assert_eq!(json["queries"][0]["left"][0]["clause"], "#acme near/3 \"x1\"");
}
