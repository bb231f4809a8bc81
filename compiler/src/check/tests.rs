//! What the checker says of common mistakes, and of every example of the registry.

use expect_test::{Expect, expect};

use super::*;
use crate::diagnostic::codes::all;
use crate::diagnostic::machine::json;
use crate::diagnostic::page::{index, page, said};
use crate::diagnostic::render::{TextStyle, text};

mod cost;
mod lowering;
mod mistakes;
mod reuse;
mod soup;

thread_local! {
    /// Work that [`walk::step`] counted.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn run(source: &str) -> Checked {
    check(vec![("brand.mon".to_owned(), source.to_owned())], &CheckOptions::default())
}

fn codes_of(checked: &Checked) -> Vec<&'static str> {
    checked.diagnostics.iter().map(|told| told.code.id).collect()
}

fn says(source: &str, expected: &Expect) {
    let checked = run(source);
    let said = text(&checked.diagnostics, &checked.files, TextStyle::default());
    let said: Vec<&str> = said.trim_end().lines().map(str::trim_end).collect();
    expected.assert_eq(&(said.join("\n") + "\n"));
}

#[test]
fn bad_examples_raise_their_code_and_good_ones_are_clean() {
    let mut wrong = Vec::new();
    // What lints say is compared beside them.
    for code in all().iter().filter(|code| !code.bad.is_empty() && !code.id.starts_with("MON08")) {
        let raised: Vec<&str> = said(code, code.bad).diagnostics.iter().map(|told| told.code.id).collect();
        if !raised.contains(&code.id) {
            wrong.push(format!("{} is not raised, but {raised:?}", code.id));
        }
        let good = said(code, code.good);
        if !good.diagnostics.is_empty() {
            let said = text(&good.diagnostics, &good.files, TextStyle::default());
            wrong.push(format!("{}: the good example says\n{said}", code.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_what_is_too_large_to_show_has_no_example() {
    let without: Vec<&str> = all().iter().filter(|code| code.bad.is_empty()).map(|code| code.id).collect();
    assert_eq!(without, ["MON0111", "MON0118"]);
}

#[test]
fn codes_and_names_are_unique_and_every_syntax_code_is_registered() {
    let mut ids = FxHashSet::default();
    let mut names = FxHashSet::default();
    for code in all() {
        assert!(ids.insert(code.id), "{} stands twice", code.id);
        assert!(names.insert(code.name), "{} stands twice", code.name);
        assert!(code.name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{}", code.name);
        assert!(!code.why.is_empty() && !code.summary.ends_with('.'), "{}", code.id);
    }
    for (id, name, _) in mon_grammar::SYNTAX_CODES {
        assert_eq!(crate::diagnostic::find_code(id).map(|code| code.name), Some(name));
    }
}

#[test]
fn pages_are_those_that_the_registry_gives() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors");
    let mut pages: Vec<(String, String)> = all().iter().map(|code| (format!("{}.md", code.id), page(code))).collect();
    pages.push(("README.md".to_owned(), index()));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        for (name, page) in &pages {
            write(&format!("{folder}/{name}"), page);
        }
    }
    for (name, page) in &pages {
        let found = read(&format!("{folder}/{name}"));
        assert_eq!(found.as_deref(), Some(page.as_str()), "{name}: run the tests with UPDATE=1 and read the change");
    }
    let known: FxHashSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Other pages of the folder are written by hand, such as the page of common mistakes.
        assert!(known.contains(&name) || !name.starts_with("MON"), "{name} belongs to no code");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test compares files with what the program gives")]
fn write(path: &str, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test compares files with what the program gives")]
fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[test]
fn the_json_form_says_what_stands_at_other_places() {
    let checked = run("query acme = \"x1\"\nquery acme = \"x2\"\n");
    let told = json(&checked.diagnostics, &checked.files);
    let labels = told["diagnostics"][0]["labels"].as_array().unwrap();
    let said = |at: usize| (labels[at]["start"].as_u64().unwrap(), labels[at]["message"].as_str().unwrap());
    assert_eq!((said(0), said(1)), ((24, "again here"), (6, "`acme` stands here first")));
}

#[test]
fn the_json_form_has_the_promised_keys() {
    let checked = run("monitor talk {\n  match \"acme\" and platform is blusky\n}\n");
    expect![[r#"
        {
          "diagnostics": [
            {
              "code": "MON0303",
              "end": 52,
              "file": "brand.mon",
              "fixes": [
                {
                  "description": "write `bluesky`",
                  "edits": [
                    {
                      "end": 52,
                      "file": "brand.mon",
                      "start": 46,
                      "text": "bluesky"
                    }
                  ],
                  "safety": "changes-meaning"
                }
              ],
              "help": "did you mean `bluesky`?",
              "labels": [],
              "message": "`blusky` is not a value of `platform`",
              "name": "unknown-value",
              "severity": "error",
              "start": 46
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&json(&checked.diagnostics, &checked.files)).unwrap());
}
