//! What rules would have done, beside the rules.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::editor::{Editor, Rules, uri};

const MONITOR: &str = "terms fault = \"broken\", \"dead\", \"never said\"\n\nmonitor m {\n  match \"acme\" near/3 fault and lang is en\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 4\n  severity { high otherwise }\n}\n";

/// Ten posts in ten minutes: five are broken, one of them in French, two are dead.
fn posts() -> String {
    let mut out = String::new();
    for number in 0..10 {
        let text = match number {
            0..5 => "my acme is broken",
            5..7 => "the acme is dead",
            _ => "good morning",
        };
        let lang = if number == 4 { "fr" } else { "en" };
        let _ = writeln!(
            out,
            "{{\"post_uid\":\"x:{number}\",\"platform\":\"x\",\"created_at\":\"2026-11-02T10:{number:02}:00Z\",\"lang\":\"{lang}\",\"author_uid\":\"x:a{number}\",\"text\":\"{text}\"}}"
        );
    }
    out
}

fn folder() -> Rules {
    let posts = posts();
    Rules::new(&[("m.mon", MONITOR), ("mon.toml", "[editor]\ncapture = \"posts.jsonl\"\n"), ("posts.jsonl", &posts)])
}

async fn titles(editor: &mut Editor, path: &Path) -> Vec<String> {
    let lenses = editor.ask("textDocument/codeLens", json!({ "textDocument": { "uri": uri(path) } })).await;
    lenses.as_array().unwrap().iter().map(|lens| lens["command"]["title"].as_str().unwrap().to_owned()).collect()
}

/// The lenses when they are no longer these.
async fn other_than(editor: &mut Editor, path: &Path, before: &[String]) -> Vec<String> {
    loop {
        editor.until("workspace/codeLens/refresh").await;
        let now = titles(editor, path).await;
        let is_old = now.iter().any(|title| title.starts_with("before the last edits"));
        if now != before && !is_old {
            return now;
        }
    }
}

fn can() -> Value {
    json!({
        "workspace": { "codeLens": { "refreshSupport": true }, "inlayHint": { "refreshSupport": true } },
        "textDocument": { "hover": { "contentFormat": ["markdown"] } },
    })
}

#[tokio::test]
async fn a_lens_counts_posts_and_alerts_and_what_an_edit_changes() {
    let rules = folder();
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), can()).await;
    editor.open(&path, MONITOR).await;
    let first = other_than(&mut editor, &path, &[]).await;
    assert_eq!(first, ["6 posts, 1 alert in 9 min", "nearest misses: 1 by `lang is en`"]);
    editor.write(&path, 2, &MONITOR.replace("volume >= 4", "volume >= 5")).await;
    let higher = other_than(&mut editor, &path, &first).await;
    assert_eq!(higher[0], "6 posts, 0 alerts in 9 min; against the saved version −1 alert");
    editor.write(&path, 3, &MONITOR.replace("\"broken\", ", "")).await;
    let fewer = other_than(&mut editor, &path, &higher).await;
    assert_eq!(fewer[0], "2 posts, 0 alerts in 9 min; against the saved version −4 posts, −1 alert");
    // A broken text keeps the last that was known, where it still stands.
    editor.write(&path, 4, &MONITOR.replace("volume >= 4", "volume >=")).await;
    editor.findings(&path, 4).await;
    assert_eq!(titles(&mut editor, &path).await.len(), fewer.len());
}

#[tokio::test]
async fn a_number_tells_what_others_would_raise_and_a_word_its_weight() {
    let rules = folder();
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), can()).await;
    editor.open(&path, MONITOR).await;
    other_than(&mut editor, &path, &[]).await;
    let hover = |line: u32, character: u32| json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": line, "character": character } });
    let number = editor.ask("textDocument/hover", hover(6, 23)).await;
    let said = number["contents"]["value"].as_str().unwrap();
    assert!(said.contains("| **4** | 1 |") && said.contains("alerts in 9 min"), "{said}");
    let word = editor.ask("textDocument/hover", hover(0, 16)).await;
    let said = word["contents"]["value"].as_str().unwrap();
    assert!(said.contains("stands in 4 of 6 posts that match, 4 posts because of it alone"), "{said}");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let hints =
        editor.ask("textDocument/inlayHint", json!({ "textDocument": { "uri": uri(&path) }, "range": range })).await;
    let labels: Vec<&str> = hints.as_array().unwrap().iter().map(|hint| hint["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["67%", "33%", "no posts"]);
}

#[tokio::test]
async fn a_capture_that_is_not_there_is_told_and_stops_nothing() {
    let rules = Rules::new(&[("m.mon", MONITOR), ("mon.toml", "[editor]\ncapture = \"none.jsonl\"\n")]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), can()).await;
    editor.open(&path, MONITOR).await;
    let told = editor.until("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("none.jsonl"), "{told}");
    assert!(titles(&mut editor, &path).await.is_empty());
}

#[tokio::test]
async fn figures_go_with_their_capture_and_lines_that_cannot_be_read_are_told() {
    let rules = folder();
    let (path, settings) = (rules.path("m.mon"), rules.path("mon.toml"));
    // The newest first, and a line that is cut.
    let posts: String = posts().lines().rev().map(|line| format!("{line}\n")).collect();
    std::fs::write(rules.path("posts.jsonl"), posts + "{\"post_uid\":").unwrap();
    let mut editor = Editor::start(&rules.root(), can()).await;
    editor.open(&path, MONITOR).await;
    let told = editor.until("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("1 line could not be read"), "{told}");
    let lenses = editor.ask("textDocument/codeLens", json!({ "textDocument": { "uri": uri(&path) } })).await;
    let lens = &lenses[0]["command"];
    assert!(lens["title"].as_str().unwrap().ends_with("in 9 min"), "{lens}");
    assert!(lens["arguments"][0].as_str().unwrap().contains("1 line of the capture could not be read"), "{lens}");
    std::fs::write(&settings, "[editor]\ncapture = \"none.jsonl\"\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(&settings), "type": 2 }] })).await;
    let told = editor.until("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("none.jsonl"), "{told}");
    assert!(titles(&mut editor, &path).await.is_empty());
}

#[tokio::test]
async fn what_a_package_does_not_save_yet_differs_from_the_saved_version() {
    let monitor = MONITOR.split_once('\n').unwrap();
    let own = format!("use words.brand\n{}", monitor.1.replace("fault", "words.brand.fault"));
    let rules = Rules::new(&[
        ("rules/m.mon", &own),
        ("rules/mon.toml", "[packages]\nwords = \"../words\"\n[editor]\ncapture = \"../posts.jsonl\"\n"),
        ("words/brand.mon", monitor.0),
        ("posts.jsonl", &posts()),
    ]);
    let (path, list) = (rules.path("rules/m.mon"), rules.path("words/brand.mon"));
    let mut editor = Editor::start(&rules.root(), can()).await;
    editor.open(&path, &own).await;
    editor.open(&list, monitor.0).await;
    let first = other_than(&mut editor, &path, &[]).await;
    assert_eq!(first[0], "6 posts, 1 alert in 9 min");
    editor.write(&list, 2, &monitor.0.replace("\"broken\", ", "")).await;
    let fewer = other_than(&mut editor, &path, &first).await;
    assert_eq!(fewer[0], "2 posts, 0 alerts in 9 min; against the saved version −4 posts, −1 alert");
}
