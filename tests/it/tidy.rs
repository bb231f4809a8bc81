//! Habits that a machine can hold: lengths, silenced lints, dead ends, one copy of the large dependencies.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 800;
const SOURCE_ENDINGS: [&str; 2] = ["rs", "pest"];
const TEXT_ENDINGS: [&str; 6] = ["rs", "pest", "md", "toml", "mon", "py"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project with one of these endings, build output and what npm installs left out.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", ".git", "mon-data", "node_modules"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| path.extension().is_some_and(|e| e == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "the walk over the project found almost nothing");
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn no_source_file_is_longer_than_its_limit() {
    let long: Vec<String> = files(&SOURCE_ENDINGS)
        .iter()
        .map(|path| (shown(path), fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "files over {FILE_LINES_MAX} lines: {long:#?}");
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    // Spelt in halves, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[al", "low"),
        concat!("#[ig", "nore"),
    ];
    let mut found = Vec::new();
    for path in files(&SOURCE_ENDINGS) {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_machine_path_stands_in_the_project() {
    let marks = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let mut found = Vec::new();
    for path in files(&TEXT_ENDINGS) {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_lock_file_holds_one_arrow_and_one_datafusion() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for name in ["arrow", "arrow-array", "datafusion-common", "datafusion-physical-plan", "object_store", "parquet"] {
        let copies = lock.matches(&format!("name = \"{name}\"\n")).count();
        assert_eq!(copies, 1, "{name} stands {copies} times in the lock file");
    }
}

#[test]
fn every_decision_is_dated_and_says_what_would_change_it() {
    for entry in fs::read_dir(root().join("docs/decisions")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let dated =
            text.lines().any(|line| line.len() == 10 && line.starts_with("20") && line.matches('-').count() == 2);
        assert!(dated, "{} has no date", shown(&path));
        for part in ["**What.**", "**Why.**", "**Else tried.**", "**What would change our mind.**"] {
            assert!(text.contains(part), "{} lacks {part}", shown(&path));
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = files(&["rs"])
        .iter()
        // Tests beside the code are described by the module that they belong to.
        .filter(|path| path.file_name().is_none_or(|name| name != "tests.rs"))
        .filter(|path| !fs::read_to_string(path).unwrap().trim_start().starts_with("//!"))
        .map(|path| shown(path))
        .collect();
    assert!(silent.is_empty(), "modules without a head: {silent:#?}");
}
