//! Each diagnostic code has a case in the Markdown suites that raises it, read by a person line by line. That its page
//! exists, that the page's bad example raises it and the good one is clean, `mon-compiler` tests beside its registry.

use std::collections::BTreeSet;
use std::fs;

use mon_compiler::diagnostic::codes;

use crate::tool::{blocks, listed, mon, root};

/// Codes that the `diagnostics` and `lint` blocks of all suites and of the page of common mistakes show.
fn raised() -> BTreeSet<String> {
    let mut pages = listed(&root().join("tests/suites"), "md");
    pages.push(root().join("docs/errors/mistakes.md"));
    let mut found = BTreeSet::new();
    for page in pages {
        let said = blocks(&fs::read_to_string(&page).unwrap());
        let told = |kind: &str| kind.starts_with("diagnostics") || kind == "lint";
        for block in said.into_iter().filter(|block| told(&block.kind)) {
            let heads = block.text.lines().filter(|line| line.starts_with("MON"));
            found.extend(heads.filter_map(|line| line.split(' ').next()).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_code_is_raised_by_a_suite_and_every_raised_code_is_registered() {
    let raised = raised();
    let registered: BTreeSet<String> = codes::all().iter().map(|code| code.id.to_owned()).collect();
    // What is too large to show in a page is raised by the test below.
    let shown: BTreeSet<String> =
        codes::all().iter().filter(|code| !code.bad.is_empty()).map(|code| code.id.to_owned()).collect();
    let silent: Vec<&String> = shown.difference(&raised).collect();
    assert!(silent.is_empty(), "no case of tests/suites raises {silent:?}");
    let unknown: Vec<&String> = raised.difference(&registered).collect();
    assert!(unknown.is_empty(), "not in the registry: {unknown:?}");
    for id in registered {
        let page = root().join("docs/errors").join(format!("{id}.md"));
        assert!(page.is_file(), "{id} has no page in docs/errors");
    }
}

#[test]
fn what_is_too_large_to_show_in_a_page_is_raised_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("deep.mon"), format!("query q = {}\"acme\"{}\n", "(".repeat(300), ")".repeat(300)))
        .unwrap();
    // A file with a hole: it has the length and takes no room on disk.
    fs::File::create(folder.path().join("large.mon")).unwrap().set_len((256 << 20) + 1).unwrap();
    let mut said = BTreeSet::new();
    for file in ["deep.mon", "large.mon"] {
        let ran = mon(folder.path(), &["check", file, "--format", "json"]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        said.extend(codes::all().iter().map(|code| code.id).filter(|id| ran.out.contains(id)));
    }
    let large: BTreeSet<&str> = codes::all().iter().filter(|code| code.bad.is_empty()).map(|code| code.id).collect();
    assert_eq!(said, large);
}
