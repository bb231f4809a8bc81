//! Pass files: `tests/passes/*.md`, a page for each pass of the compiler, small enough to be judged by reading. The line
//! "Each case runs `mon …`" of a page says what is run; a case's `output` block holds what it prints.

use std::fs;
use std::path::Path;

use crate::suites::check_pages;
use crate::tool::{listed, mon, root};

/// How platforms name the way that functions are called: the rest of the intermediate code is the same everywhere.
const CONVENTIONS: [&str; 3] = [" system_v", " windows_fastcall", " apple_aarch64"];

/// The command of a page's head; `TEXT` in it stands for the case's `text` block.
fn command(page: &str) -> Vec<&str> {
    let (_, rest) = page.split_once("Each case runs `mon ").expect("a page of passes says what each case runs");
    rest.split('`').next().unwrap().split(' ').collect()
}

/// What a machine decides is left out: names of calling conventions, and the size of machine code.
fn settled(line: &str) -> String {
    let mut line = CONVENTIONS.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
    if let Some((head, _)) = line.split_once(" modules, ").filter(|(head, _)| head.contains("native functions")) {
        line = format!("{head} modules");
    }
    line
}

fn run(page: &str, folder: &Path, kind: &str) -> String {
    assert_eq!(kind, "output", "a page of passes has a block of unknown kind");
    let text = fs::read_to_string(folder.join("text.txt")).unwrap_or_default();
    let arguments: Vec<&str> =
        command(page).into_iter().map(|word| if word == "TEXT" { text.trim_end() } else { word }).collect();
    let ran = mon(folder, &arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
    let lines: Vec<String> = ran.out.trim_end().lines().map(|line| settled(line.trim_end())).collect();
    lines.join("\n") + "\n"
}

#[test]
fn every_pass_prints_what_its_page_says() {
    let pages = listed(&root().join("tests/passes"), "md");
    assert!(pages.len() >= 5, "a page for each of tokens, tree, plan, index and code");
    check_pages(pages, run);
}
