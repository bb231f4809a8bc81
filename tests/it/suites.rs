//! Markdown suites: each section of `tests/suites/*.md` is a case. A `mon` block holds the rules, a `posts` block the posts; the
//! blocks `diagnostics` (of `mon import DIALECT` or `mon export` where that stands behind it), `lint`, `matches`, `incidents`,
//! `messages` and `explain TEXT` hold what the command must print, `fixed` and `fixed meaning` what `mon fix` makes of the rules.
//! `UPDATE=1` rewrites them; a person reads the difference.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use mon_compiler::check::Construct;

use crate::tool::{Block, blocks, listed, mon, root, updating};

struct Difference {
    place: String,
    expected: String,
    found: String,
    range: Range<usize>,
}

/// The cases of a page: byte ranges between headings of the second level.
fn sections(page: &str) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = page.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.push(page.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn run_block(_: &str, folder: &Path, kind: &str) -> String {
    let replayed = |file: &str| {
        let ran = mon(folder, &["replay", "rules.mon", "--posts", "posts.jsonl", "--out", "out"]);
        assert!(ran.code <= 1, "replay failed: {} {}", ran.out, ran.err);
        fs::read_to_string(folder.join("out").join(file)).unwrap()
    };
    match kind.split_once(' ').unwrap_or((kind, "")) {
        ("lint", _) => {
            let ran = mon(folder, &["lint", "rules.mon"]);
            let text = format!("{}{}", ran.out, ran.err);
            text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned() + "\n"
        }
        ("diagnostics", of) => {
            let ran = match of {
                "" => mon(folder, &["check", "rules.mon"]),
                "export" => mon(folder, &["export", "x", "rules.mon"]),
                dialect => mon(folder, &["import", dialect, "text.txt"]),
            };
            let text = format!("{}{}", ran.out, ran.err);
            text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned() + "\n"
        }
        ("matches", _) => {
            let ran = mon(folder, &["match", "rules.mon", "--posts", "posts.jsonl"]);
            assert_eq!(ran.code, 0, "match failed: {} {}", ran.out, ran.err);
            ran.out
        }
        ("spans", _) => mon(folder, &["match", "rules.mon", "--posts", "posts.jsonl", "--spans"]).out,
        ("incidents", _) => replayed("incidents.jsonl"),
        ("windows", _) => replayed("windows.jsonl"),
        ("messages", _) => replayed("messages.jsonl"),
        // Blocks behind it see the mended file.
        ("fixed", how) => {
            let guesses = (how == "meaning").then_some("--changing-meaning");
            let arguments: Vec<&str> = ["fix", "rules.mon"].into_iter().chain(guesses).collect();
            let ran = mon(folder, &arguments);
            assert!(ran.code <= 1, "fix failed: {} {}", ran.out, ran.err);
            fs::read_to_string(folder.join("rules.mon")).unwrap()
        }
        ("explain", text) => mon(folder, &["explain", "rules.mon", "--text", text]).out,
        _ => panic!("a suite has a block of unknown kind `{kind}`"),
    }
}

/// What the command prints for a block: the page, the folder with the case's files, the block's kind.
type Run = fn(&str, &Path, &str) -> String;

fn check_section(page: &str, range: Range<usize>, place: &str, run: Run) -> Vec<Difference> {
    let text = &page[range.clone()];
    let title = text.lines().next().unwrap_or("");
    let found: Vec<Block> = blocks(text);
    let folder = tempfile::tempdir().unwrap();
    let mut differences = Vec::new();
    let mut expectations = 0;
    for block in &found {
        match block.kind.as_str() {
            "mon" => fs::write(folder.path().join("rules.mon"), &block.text).unwrap(),
            "posts" => fs::write(folder.path().join("posts.jsonl"), &block.text).unwrap(),
            "text" => fs::write(folder.path().join("text.txt"), &block.text).unwrap(),
            // Another file of the folder, such as a list or a file of a package.
            kind if kind.starts_with("file ") => {
                let path = folder.path().join(kind.trim_start_matches("file "));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &block.text).unwrap();
            }
            kind => {
                expectations += 1;
                let printed = run(page, folder.path(), kind);
                if printed != block.text {
                    differences.push(Difference {
                        place: format!("{place}: {title}: {kind}"),
                        expected: block.text.clone(),
                        found: printed,
                        range: range.start + block.start..range.start + block.end,
                    });
                }
            }
        }
    }
    assert!(expectations > 0, "{place}: `{title}` expects nothing");
    differences
}

#[test]
fn every_suite_prints_what_it_says() {
    let mut pages = listed(&root().join("tests/suites"), "md");
    assert!(!pages.is_empty());
    // The page of common mistakes and the tutorial are for readers, and tested like any suite.
    pages.extend(["docs/errors/mistakes.md", "docs/tutorial.md"].map(|page| root().join(page)));
    check_pages(pages, run_block);
}

/// Runs every case of the pages and compares, or rewrites where that is asked for.
pub fn check_pages(pages: Vec<PathBuf>, run: Run) {
    let mut shown = String::new();
    for path in pages {
        let mut page = fs::read_to_string(&path).unwrap();
        let place = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut differences: Vec<Difference> =
            sections(&page).into_iter().flat_map(|range| check_section(&page, range, &place, run)).collect();
        if updating() {
            differences.reverse();
            for difference in &differences {
                page.replace_range(difference.range.clone(), &difference.found);
            }
            fs::write(&path, page).unwrap();
            continue;
        }
        for d in differences {
            shown.push_str(&format!("\n=== {}\n--- expected\n{}--- found\n{}", d.place, d.expected, d.found));
        }
    }
    assert!(shown.is_empty(), "{shown}\n(UPDATE=1 rewrites the expectations; read the difference)");
}

#[test]
fn every_construct_of_a_later_release_is_named_and_formatted() {
    let page = fs::read_to_string(root().join("tests/suites/later.md")).unwrap();
    // Long messages are wrapped.
    let said = page.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for construct in Construct::ALL {
        let (_, name, _) = construct.row();
        assert!(said.contains(&format!("this release does not execute {name}")), "the page lacks {name}");
    }
    for block in blocks(&page).iter().filter(|block| block.kind == "mon") {
        let once = mon_grammar::format(&block.text);
        assert!(once.errors.is_empty(), "{:?}\n{}", once.errors, block.text);
        assert_eq!(mon_grammar::format(&once.text).text, once.text);
    }
}
