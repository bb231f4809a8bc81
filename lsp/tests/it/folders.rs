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
async fn a_mon_toml_that_cannot_be_read_is_told_in_it_and_the_rules_are_checked_all_the_same() {
    let rules = Rules::new(&[("m.mon", "query q = \"a\"\n"), ("mon.toml", "# mine\n[editor]\ncaptur = \"x\"\n")]);
    let (path, settings) = (rules.path("m.mon"), uri(&rules.path("mon.toml")));
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = nothing\n").await;
    let told = editor.until("textDocument/publishDiagnostics").await;
    assert_eq!(told["uri"], settings);
    let one = &told["diagnostics"][0];
    assert!(one["message"].as_str().unwrap().contains("`captur` is no setting of the editor"), "{told}");
    assert_eq!(one["range"]["start"], json!({ "line": 1, "character": 1 }));
    let found = editor.findings(&path, 1).await;
    assert!(found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
    std::fs::write(rules.path("mon.toml"), "").unwrap();
    let changed = json!({ "changes": [{ "uri": settings, "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    let told = editor.until("textDocument/publishDiagnostics").await;
    assert_eq!((&told["uri"], &told["diagnostics"]), (&json!(settings), &json!([])));
}

#[tokio::test]
async fn a_folder_inside_another_is_told_once_and_a_file_that_goes_takes_its_findings_along() {
    let one = "terms acme = \"acme\"\nquery q = acme\n";
    let rules = Rules::new(&[
        ("a.mon", one),
        ("mon.toml", ""),
        ("sub/b.mon", one),
        ("sub/mon.toml", ""),
        ("gone.mon", "query r = nothing\n"),
    ]);
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    let told = editor.until("textDocument/publishDiagnostics").await;
    assert_eq!(told["uri"], uri(&rules.path("gone.mon")));
    assert_eq!(told["diagnostics"][0]["code"], "MON0201");
    std::fs::remove_file(rules.path("gone.mon")).unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("gone.mon")), "type": 3 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    let told = editor.until("textDocument/publishDiagnostics").await;
    assert_eq!(told["uri"], uri(&rules.path("gone.mon")));
    assert_eq!(told["diagnostics"], json!([]));
    let twice = |told: &serde_json::Value| told.to_string().contains("MON0202");
    assert!(!editor.told.iter().any(twice), "{:?}", editor.told);
}

#[tokio::test]
async fn a_file_that_is_no_text_is_told_and_the_others_are_checked() {
    let rules = Rules::new(&[("m.mon", "query q = nothing\n")]);
    std::fs::write(rules.path("bytes.mon"), [0xff, 0xfe, 0x00]).unwrap();
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = nothing\n").await;
    let found = editor.findings(&path, 1).await;
    assert!(found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
    let said = |told: &&serde_json::Value| told["method"] == "window/showMessage";
    let said = editor.told.iter().find(said).unwrap();
    assert!(said["params"]["message"].as_str().unwrap().contains("bytes.mon"), "{said}");
}

#[tokio::test]
async fn a_text_that_was_never_saved_is_checked_with_its_folder_and_others_than_files_are_left_alone() {
    let rules = Rules::new(&[("brand.mon", "terms acme = \"acme\"\n")]);
    let path = rules.path("new.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = acme and nothing\n").await;
    let found = editor.findings(&path, 1).await;
    assert_eq!(found.iter().filter(|found| found.starts_with("MON0201")).count(), 1, "{found:?}");
    // What a comparison of versions shows is no other text of the file.
    let shown =
        json!({ "uri": format!("git:{}?ref=HEAD", path.display()), "languageId": "mon", "version": 7, "text": "" });
    editor.tell("textDocument/didOpen", json!({ "textDocument": shown })).await;
    let symbols = editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(&path) } })).await;
    assert_eq!(symbols[0]["name"], "q");
}

#[tokio::test]
async fn a_name_of_a_package_is_found_and_renamed_with_its_uses() {
    let rule = "use brand.terms\nquery q = brand.terms.acme\n";
    let rules = Rules::new(&[
        ("rules/mon.toml", "[packages]\nbrand = \"../lexicon/brand\"\n"),
        ("rules/m.mon", rule),
        ("lexicon/brand/terms.mon", "terms acme = \"acme\"\n"),
    ]);
    let path = rules.path("rules/m.mon");
    let mut editor = Editor::start(&rules.path("rules"), json!({})).await;
    editor.open(&path, rule).await;
    let found = editor.findings(&path, 1).await;
    assert!(!found.iter().any(|found| found.starts_with("MON02")), "{found:?}");
    let at = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 1, "character": 24 } });
    let places = editor.ask("textDocument/definition", at.clone()).await;
    assert_eq!(places[0]["uri"], uri(&rules.path("lexicon/brand/terms.mon")));
    let mut asked = at;
    asked["newName"] = json!("maker");
    let edit = editor.ask("textDocument/rename", asked).await;
    let own = &edit["changes"][uri(&path)][0];
    assert_eq!((&own["range"]["start"]["character"], &own["newText"]), (&json!(22), &json!("maker")));
    assert_eq!(edit["changes"][uri(&rules.path("lexicon/brand/terms.mon"))][0]["range"]["start"]["character"], 6);
}

#[tokio::test]
async fn a_name_of_a_package_is_renamed_in_every_folder_that_uses_it() {
    let rules = Rules::new(&[
        ("one/mon.toml", "[packages]\nbrand = \"../lexicon/brand\"\n"),
        ("one/m.mon", "use brand.terms\nquery q = brand.terms.acme\n"),
        ("two/mon.toml", "[packages]\nbrand = \"../lexicon/brand\"\n"),
        ("two/n.mon", "use brand.terms\nquery r = \"x\" and brand.terms.acme\nterms maker = \"y\"\n"),
        ("lexicon/brand/terms.mon", "terms acme = \"acme\"\n"),
    ]);
    let (package, two) = (rules.path("lexicon/brand/terms.mon"), rules.path("two/n.mon"));
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&package, "terms acme = \"acme\"\n").await;
    editor.open(&two, "use brand.terms\nquery r = \"x\" and brand.terms.acme\nterms maker = \"y\"\n").await;
    let found = editor.findings(&two, 1).await;
    assert!(!found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
    let at = json!({ "textDocument": { "uri": uri(&package) }, "position": { "line": 0, "character": 7 } });
    let mut asked = at.clone();
    asked["context"] = json!({ "includeDeclaration": true });
    let places = editor.ask("textDocument/references", asked).await;
    let mut files: Vec<&str> = places.as_array().unwrap().iter().map(|place| place["uri"].as_str().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(files, [uri(&package), uri(&rules.path("one/m.mon")), uri(&two)]);
    let mut asked = at.clone();
    asked["newName"] = json!("brand_names");
    let edit = editor.ask("textDocument/rename", asked).await;
    let changed: Vec<&String> = edit["changes"].as_object().unwrap().keys().collect();
    assert_eq!(changed, [&uri(&package), &uri(&rules.path("one/m.mon")), &uri(&two)]);
    // What is written there and not saved yet is known in the folders that use it.
    editor.write(&package, 2, "terms makers = \"acme\"\n").await;
    let found = editor.findings(&two, 1).await;
    assert!(found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
}

#[tokio::test]
async fn a_text_that_no_file_holds_is_helped_with_the_names_of_the_only_folder() {
    let rules = Rules::new(&[("rules/brand.mon", "terms acme = \"acme\"\n"), ("rules/mon.toml", "")]);
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    let name = "untitled:Untitled-1";
    let document = json!({ "uri": name, "languageId": "mon", "version": 1, "text": "query q = acme and nothing\n" });
    editor.tell("textDocument/didOpen", json!({ "textDocument": document })).await;
    let found = editor.findings_of(name, 1).await;
    assert_eq!(found.iter().filter(|found| found.starts_with("MON0201")).count(), 1, "{found:?}");
    let at = json!({ "textDocument": { "uri": name }, "position": { "line": 0, "character": 6 }, "newName": "acme" });
    let error = editor.try_ask("textDocument/rename", at).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().contains("taken"), "{error}");
}

#[tokio::test]
async fn folders_that_come_together_or_go_are_checked_as_they_are_now() {
    let rules = Rules::new(&[("deep/a.mon", "query q = acme\n"), ("gone/b.mon", "query r = nothing\n")]);
    let (path, gone) = (rules.path("deep/a.mon"), rules.path("gone/b.mon"));
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, "query q = acme\n").await;
    let found = editor.findings(&path, 1).await;
    assert!(found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
    // A file above makes one folder of all.
    std::fs::write(rules.path("top.mon"), "terms acme = \"acme\"\n").unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("top.mon")), "type": 1 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    let found = editor.findings(&path, 1).await;
    assert!(!found.iter().any(|found| found.starts_with("MON0201")), "{found:?}");
    // Of a folder that goes only the folder is told of.
    std::fs::remove_dir_all(rules.path("gone")).unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("gone")), "type": 3 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    loop {
        let told = editor.until("textDocument/publishDiagnostics").await;
        if told["uri"] == uri(&gone) && told["diagnostics"] == json!([]) {
            break;
        }
    }
}

#[tokio::test]
async fn findings_that_an_editor_holds_are_not_sent_again_and_those_of_a_file_that_is_gone_are_taken_back() {
    let rules = Rules::new(&[("a.mon", "query q = nothing\n"), ("b.mon", "query r = nothing\n")]);
    let can =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    let all = |held: &serde_json::Value| json!({ "previousResultIds": held });
    editor.until("workspace/diagnostic/refresh").await;
    let reports = editor.ask("workspace/diagnostic", all(&json!([]))).await["items"].clone();
    let kinds: Vec<_> = reports.as_array().unwrap().iter().map(|report| report["kind"].clone()).collect();
    assert_eq!(kinds, ["full", "full"]);
    let held = reports.as_array().unwrap().iter();
    let held: Vec<_> = held.map(|one| json!({ "uri": one["uri"], "value": one["resultId"] })).collect();
    std::fs::remove_file(rules.path("b.mon")).unwrap();
    let changed = json!({ "changes": [{ "uri": uri(&rules.path("b.mon")), "type": 3 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed).await;
    editor.until("workspace/diagnostic/refresh").await;
    let reports = editor.ask("workspace/diagnostic", all(&json!(held))).await["items"].clone();
    assert_eq!(reports[0]["kind"], "unchanged", "{reports}");
    assert_eq!((&reports[1]["uri"], &reports[1]["items"]), (&json!(uri(&rules.path("b.mon"))), &json!([])));
    let own = json!({ "textDocument": { "uri": uri(&rules.path("a.mon")) }, "previousResultId": held[0]["value"] });
    assert_eq!(editor.ask("textDocument/diagnostic", own).await["kind"], "unchanged");
}

#[tokio::test]
async fn a_file_is_named_as_its_editor_names_it() {
    let rules = Rules::new(&[("a(b).mon", "")]);
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    for name in ["a(b).mon", "a%28b%29.mon"] {
        let named = format!("{}/{name}", uri(&rules.root()));
        let text = "query q = nothing\nquery r = q\n";
        let document = json!({ "uri": named, "languageId": "mon", "version": 3, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document })).await;
        let found = editor.findings_of(&named, 3).await;
        assert!(!found.is_empty());
        let at = json!({ "textDocument": { "uri": named }, "position": { "line": 1, "character": 10 } });
        assert_eq!(editor.ask("textDocument/definition", at).await[0]["uri"], named);
        editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": named } })).await;
    }
}

#[tokio::test]
async fn a_file_of_several_folders_is_told_of_once_and_with_what_is_wrong_in_any() {
    let rules = Rules::new(&[
        ("rules/mon.toml", "[packages]\nlex = \"../lex\"\n"),
        ("rules/m.mon", "use lex.brand\nquery q = lex.brand.acme and \"x\"\n"),
        ("lex/mon.toml", ""),
        // A package holds no monitors, which only those who use it see; alone, nothing would use the list.
        ("lex/brand.mon", "terms acme = \"acme\"\nmonitor m { match \"b\" }\n"),
    ]);
    let brand = uri(&rules.path("lex/brand.mon"));
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    let told = loop {
        let told = editor.until("textDocument/publishDiagnostics").await;
        let codes: Vec<_> = told["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        if told["uri"] == brand && codes.contains(&json!("MON0215")) {
            break codes;
        }
    };
    assert!(!told.contains(&json!("MON0205")), "{told:?}");
    let symbols = editor.ask("workspace/symbol", json!({ "query": "acme" })).await;
    assert_eq!(symbols.as_array().unwrap().len(), 1, "{symbols}");
    let can =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    loop {
        editor.until("workspace/diagnostic/refresh").await;
        let reports = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] })).await["items"].clone();
        let own: Vec<_> = reports.as_array().unwrap().iter().filter(|report| report["uri"] == brand).collect();
        assert!(own.len() < 2, "{reports}");
        if own.iter().any(|one| one["items"].as_array().unwrap().iter().any(|item| item["code"] == "MON0215")) {
            break;
        }
    }
}

#[tokio::test]
async fn a_file_outside_of_what_is_shown_takes_its_findings_along_when_it_closes() {
    let rules = Rules::new(&[("shown/a.txt", "no rules\n"), ("else/b.mon", "query r = nothing\n")]);
    let path = rules.path("else/b.mon");
    let mut editor = Editor::start(&rules.path("shown"), json!({})).await;
    editor.open(&path, "query r = nothing\n").await;
    assert!(editor.findings(&path, 1).await.iter().any(|found| found.starts_with("MON0201")));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri(&path) } })).await;
    loop {
        let told = editor.until("textDocument/publishDiagnostics").await;
        if told["uri"] == uri(&path) && told["diagnostics"] == json!([]) {
            break;
        }
    }
}
