//! Which files are checked together, and what happens when they change on the disk.

use serde_json::json;

use crate::editor::{Editor, Rules, uri};

#[tokio::test]
async fn folders_of_rules_that_lie_apart_are_checked_apart() {
    let one = "terms acme = \"acme\"\nquery q = acme\n";
    let rules = Rules::new(&[
        ("care/a.mon", one),
        ("care/deep/b.mon", "query r = acme\n"),
        ("press/a.mon", one),
        ("press/mon.toml", ""),
        ("press/sub/c.mon", "query s = acme\n"),
        ("target/x.mon", "monitor {"),
    ]);
    let can =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    editor.until("workspace/diagnostic/refresh").await;
    editor.until("workspace/diagnostic/refresh").await;
    let all = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] })).await;
    let found = all["items"].as_array().unwrap();
    let names: Vec<&str> = found.iter().map(|one| one["uri"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    // No name is there twice, and each `acme` is found.
    let codes: Vec<String> = found
        .iter()
        .flat_map(|one| one["items"].as_array().unwrap())
        .map(|found| found["code"].as_str().unwrap().to_owned())
        .filter(|code| code == "MON0201" || code == "MON0202")
        .collect();
    assert!(codes.is_empty(), "{codes:?}");
}

#[tokio::test]
async fn a_file_that_changes_on_the_disk_is_read_again() {
    let rules = Rules::new(&[("brand.mon", "terms acme = \"acme\"\n"), ("m.mon", "query q = acmee\n")]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = acmee\n").await;
    let before = editor.findings(&path, 1).await;
    assert!(before.iter().any(|found| found.starts_with("MON0201")), "{before:?}");
    std::fs::write(rules.path("brand.mon"), "terms acmee = \"acme\"\n").unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("brand.mon")), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    let after = editor.findings(&path, 1).await;
    assert!(!after.iter().any(|found| found.starts_with("MON0201")), "{after:?}");
}

#[tokio::test]
async fn a_mon_toml_that_cannot_be_read_is_told_once_and_the_text_still_answers() {
    let rules = Rules::new(&[("m.mon", "query q = \"a\"\n"), ("mon.toml", "[editor]\ncaptur = \"x\"\n")]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = \"a\"\n").await;
    let told = editor.until("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("`captur` is no setting of the editor"), "{told}");
    let symbols = editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(&path) } })).await;
    assert_eq!(symbols[0]["name"], "q");
    std::fs::write(rules.path("mon.toml"), "").unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("mon.toml")), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    editor.findings(&path, 1).await;
}
