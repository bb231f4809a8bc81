//! What is asked again and again while rules are written.

use serde_json::{Value, json};

use crate::editor::{Editor, Rules, uri};

const BRAND: &str = "terms acme = \"acme\", @acme\n";
const MONITOR: &str = "monitor m {\n  match acme near/3 \"broken\"\n  example yes \"my acme is broken\"\n}\n";

#[tokio::test]
async fn findings_come_while_typing_and_an_example_turns_red() {
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", MONITOR)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, MONITOR).await;
    let before = editor.findings(&path, 1).await;
    assert!(before.iter().all(|found| !found.starts_with("MON02") && !found.starts_with("MON09")), "{before:?}");
    editor.write(&path, 2, &MONITOR.replace("near/3", "near/0")).await;
    let red = editor.findings(&path, 2).await;
    assert!(red.iter().any(|found| found.contains("example")), "{red:?}");
    editor.write(&path, 3, &MONITOR.replace("acme near", "acmee near")).await;
    let unknown = editor.findings(&path, 3).await;
    assert!(unknown.iter().any(|found| found.starts_with("MON0201")), "{unknown:?}");
    editor.write(&path, 4, MONITOR).await;
    assert_eq!(editor.findings(&path, 4).await, before);
}

#[tokio::test]
async fn a_new_name_reaches_every_file_and_a_wrong_one_is_refused_with_its_reason() {
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", MONITOR)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, MONITOR).await;
    let at = |name: &str| json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 1, "character": 9 }, "newName": name });
    let edit = editor.ask("textDocument/rename", at("brand")).await;
    let changed: Vec<&String> = edit["changes"].as_object().unwrap().keys().collect();
    assert_eq!(changed, [&uri(&rules.path("brand.mon")), &uri(&path)]);
    let refused = editor.try_ask("textDocument/rename", at("and")).await.unwrap_err();
    assert_eq!(refused["message"], "`and` is a word of the language; choose another name, for example `my_and`");
}

#[tokio::test]
async fn every_edit_of_a_mend_is_one_that_the_editor_can_make() {
    let text = MONITOR.replace("acme near", "acmee near");
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", &text)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, &text).await;
    editor.findings(&path, 1).await;
    let range = json!({ "start": { "line": 1, "character": 8 }, "end": { "line": 1, "character": 13 } });
    let asked = json!({ "textDocument": { "uri": uri(&path) }, "range": range, "context": { "diagnostics": [] } });
    let actions = editor.ask("textDocument/codeAction", asked).await;
    let mend =
        actions.as_array().unwrap().iter().find(|one| one["title"].as_str().unwrap().contains("`acme`")).unwrap();
    assert_eq!(mend["edit"]["changes"][uri(&path)][0]["range"], range);
    assert_eq!(mend["edit"]["changes"][uri(&path)][0]["newText"], "acme");
    assert_eq!(mend["diagnostics"][0]["code"], "MON0201");
    assert_eq!(mend["isPreferred"], true);
}

#[tokio::test]
async fn colours_that_changed_are_sent_as_what_changed() {
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", MONITOR)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, MONITOR).await;
    let document = json!({ "uri": uri(&path) });
    let first = editor.ask("textDocument/semanticTokens/full", json!({ "textDocument": document })).await;
    editor.write(&path, 2, &MONITOR.replace("near/3", "near/3 not")).await;
    let asked = json!({ "textDocument": document, "previousResultId": first["resultId"] });
    let delta = editor.ask("textDocument/semanticTokens/full/delta", asked).await;
    let now = editor.ask("textDocument/semanticTokens/full", json!({ "textDocument": document })).await;
    let mut data: Vec<Value> = first["data"].as_array().unwrap().clone();
    for edit in delta["edits"].as_array().unwrap() {
        let start = usize::try_from(edit["start"].as_u64().unwrap()).unwrap();
        let gone = usize::try_from(edit["deleteCount"].as_u64().unwrap()).unwrap();
        data.splice(start..start + gone, edit["data"].as_array().unwrap().clone());
    }
    assert_eq!(json!(data), now["data"]);
    assert_ne!(first["data"], now["data"]);
}

#[tokio::test]
async fn an_editor_that_asks_for_findings_gets_those_of_all_files_and_is_told_none() {
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", "monitor m {\n  match nothing\n}\n")]);
    let can =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    editor.until("workspace/diagnostic/refresh").await;
    let all = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] })).await;
    let of = |name: &str| {
        let own = all["items"].as_array().unwrap().iter().find(|one| one["uri"] == uri(&rules.path(name))).unwrap();
        own["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(of("m.mon").contains(&"MON0201".to_owned()), "{all}");
    assert!(!editor.told.iter().any(|told| told["method"] == "textDocument/publishDiagnostics"));
    let one = json!({ "textDocument": { "uri": uri(&rules.path("m.mon")) } });
    let one = editor.ask("textDocument/diagnostic", one).await;
    assert_eq!(one["kind"], "full");
    assert!(one["items"].as_array().unwrap().iter().any(|found| found["code"] == "MON0201"), "{one}");
}

#[tokio::test]
async fn what_is_no_file_and_what_is_not_there_has_no_answer_and_ends_nothing() {
    let rules = Rules::new(&[("m.mon", MONITOR)]);
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    for name in ["untitled:Untitled-1", "file:///nowhere/at/all.mon", "https://example.org/a.mon"] {
        let at = json!({ "textDocument": { "uri": name }, "position": { "line": 90, "character": 90 } });
        assert_eq!(editor.ask("textDocument/hover", at).await, Value::Null, "{name}");
    }
    let command = json!({ "command": "mon.nothing", "arguments": [] });
    let refused = editor.try_ask("workspace/executeCommand", command).await.unwrap_err();
    assert_eq!(refused["message"], "there is no command `mon.nothing`");
    editor.ask("shutdown", Value::Null).await;
}

#[tokio::test]
async fn hovering_over_a_finding_says_what_its_code_is_about() {
    let text = MONITOR.replace("acme near", "acmee near");
    let rules = Rules::new(&[("brand.mon", BRAND), ("m.mon", &text)]);
    let path = rules.path("m.mon");
    let can = json!({ "textDocument": { "hover": { "contentFormat": ["markdown", "plaintext"] } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    editor.open(&path, &text).await;
    editor.findings(&path, 1).await;
    let at = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 1, "character": 9 } });
    let said = editor.ask("textDocument/hover", at).await;
    assert!(said["contents"]["value"].as_str().unwrap().starts_with("**MON0201 unknown-name**"), "{said}");
}

#[tokio::test]
async fn an_editor_that_can_little_is_sent_what_it_can_show() {
    let text = "/// About acme.\nquery q = \"acme\"\nmonitor m { match q }\n";
    let rules = Rules::new(&[("m.mon", text)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    assert_eq!(editor.capabilities["renameProvider"], true);
    assert!(editor.capabilities.get("codeActionProvider").is_none());
    editor.open(&path, text).await;
    let at = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 2, "character": 18 } });
    let shown = editor.ask("textDocument/hover", at).await["contents"].clone();
    assert_eq!(shown["kind"], "plaintext");
    assert!(!shown["value"].as_str().unwrap().contains(['`', '*']), "{shown}");
    let symbols = editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(&path) } })).await;
    let listed: Vec<_> =
        symbols.as_array().unwrap().iter().map(|one| (&one["name"], &one["location"]["uri"])).collect();
    assert_eq!(listed, [(&json!("q"), &json!(uri(&path))), (&json!("m"), &json!(uri(&path)))]);
    let can =
        json!({ "textDocument": { "hover": { "contentFormat": ["markdown"] }, "rename": { "prepareSupport": true } } });
    let mut editor = Editor::start(&rules.root(), can).await;
    assert_eq!(editor.capabilities["renameProvider"]["prepareProvider"], true);
    editor.open(&path, text).await;
    let at = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 2, "character": 18 } });
    assert_eq!(editor.ask("textDocument/hover", at).await["contents"]["kind"], "markdown");
}

#[tokio::test]
async fn a_hierarchy_is_that_of_its_item_also_behind_an_edit() {
    let text = "query aa = \"a\"\nquery bb = \"b\"\nquery cc = bb\nquery dd = aa\n";
    let rules = Rules::new(&[("m.mon", text)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, text).await;
    let at = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 1, "character": 6 } });
    let item = editor.ask("textDocument/prepareCallHierarchy", at).await[0].clone();
    editor.write(&path, 2, &format!("terms more = \"more\"\n{text}")).await;
    let calls = editor.ask("callHierarchy/incomingCalls", json!({ "item": item })).await;
    assert_eq!((&calls[0]["from"]["name"], calls.as_array().unwrap().len()), (&json!("cc"), 1));
}

#[tokio::test]
async fn a_long_line_is_coloured_while_others_are_answered() {
    let words: Vec<String> = (0..6_000).map(|at| format!("\"w{at}\"")).collect();
    let text = format!("query q = {}\n", words.join(" or "));
    let rules = Rules::new(&[("m.mon", &text)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, &text).await;
    let own = json!({ "textDocument": { "uri": uri(&path) } });
    let tokens = editor.ask("textDocument/semanticTokens/full", own).await;
    assert_eq!(tokens["data"].as_array().unwrap().len() / 5, 2 + 6_000 + 5_999);
}

#[tokio::test]
async fn an_editor_that_takes_its_leave_and_goes_at_once_is_let_go() {
    let rules = Rules::new(&[("m.mon", MONITOR)]);
    for _ in 0..8 {
        let mut editor = Editor::start(&rules.root(), json!({})).await;
        editor.open(&rules.path("m.mon"), MONITOR).await;
        assert_eq!(editor.leave().await, json!(null));
    }
}
