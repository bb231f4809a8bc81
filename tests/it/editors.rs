//! The editors know the words, fields and severities that the language has, and the page about them names all there is.

use std::fs;
use std::path::PathBuf;

use mon_compiler::plan::Severity;
use mon_post::FIELDS;
use serde_json::Value;

use crate::tool::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("editors")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// The words of a rule `kw_…`, by the line that says it.
fn keywords() -> Vec<(String, Vec<String>)> {
    let grammar = read("grammar/src/mon.pest");
    let rules = grammar.lines().filter_map(|line| line.strip_prefix("kw_")?.split_once(" = "));
    rules
        .map(|(name, body)| (name.trim().to_owned(), body.split('"').skip(1).step_by(2).map(str::to_owned).collect()))
        .collect()
}

#[test]
fn every_keyword_of_the_grammar_is_one_of_tree_sitter() {
    let told = read("editors/tree-sitter-mon/keywords.js");
    let parser = read("editors/tree-sitter-mon/src/parser.c");
    let keywords = keywords();
    assert!(keywords.len() > 80, "only {} rules were found", keywords.len());
    for (name, words) in keywords {
        let list = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        assert!(told.contains(&format!("    {name}: [{list}],\n")), "keywords.js does not have kw_{name} as [{list}]");
        for word in words {
            assert!(parser.contains(&format!("] = \"{word}\",")), "parser.c does not know `{word}`");
        }
    }
}

#[test]
fn every_field_and_severity_has_its_colour() {
    let colours = read("editors/vscode/syntaxes/mon.tmLanguage.json");
    let words = read("editors/emacs/mon-words.el");
    for severity in Severity::ALL {
        let scope = format!("constant.language.severity.{}.mon", severity.name());
        assert!(colours.contains(&scope), "no rule for {scope}");
        assert!(words.contains(&format!("\"{}\"", severity.name())));
    }
    for name in FIELDS.iter().flat_map(|field| field.aliases.iter().copied().chain([field.name])) {
        assert!(words.contains(&format!("\"{name}\"")), "the field {name} is not among the words of Emacs");
        let pattern = name.replace('.', "\\\\.");
        assert!(
            [format!("|{pattern}|"), format!("({pattern}|"), format!(":{pattern}|"), format!("|{pattern})")]
                .iter()
                .any(|written| colours.contains(written)),
            "the field {name} is not in the TextMate grammar"
        );
    }
}

#[test]
fn the_page_about_editors_names_each_folder_and_setting() {
    let page = read("docs/editor.md");
    for folder in folders() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if !matches!(name.as_str(), "generate" | "samples" | "playground") {
            assert!(page.contains(&format!("editors/{name}")), "docs/editor.md does not name editors/{name}");
        }
    }
    let manifest = json("editors/vscode/package.json");
    let settings = manifest["contributes"]["configuration"]["properties"].as_object().unwrap();
    for setting in settings.keys() {
        assert!(page.contains(&format!("| `{setting}` |")), "docs/editor.md does not have {setting}");
    }
    assert_eq!(settings.len(), page.matches("| `bellwether.").count(), "docs/editor.md has a setting that is none");
}

#[test]
fn what_is_packed_has_the_version_of_the_command() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(json("editors/vscode/package.json")["version"], version);
    assert_eq!(json("editors/vscode/package-lock.json")["version"], version);
    assert_eq!(json("editors/tree-sitter-mon/tree-sitter.json")["metadata"]["version"], version);
    for path in ["editors/zed/extension.toml", "editors/zed/Cargo.toml"] {
        assert!(read(path).contains(&format!("\nversion = \"{version}\"\n")), "{path} has another version");
    }
}

#[test]
fn the_lock_file_of_the_extension_says_what_not_from_where() {
    let lock = json("editors/vscode/package-lock.json");
    let packages = lock["packages"].as_object().unwrap();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    for (name, package) in packages {
        assert!(package.get("resolved").is_none(), "{name} says where it is from");
        assert!(name.is_empty() || package.get("integrity").is_some(), "{name} has no sum");
    }
}
