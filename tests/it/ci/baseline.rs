//! What a baseline hides and what not, when its entries still hold, and what is said of a broken one.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::tool::{Ran, blocks, mon, root};

/// A warning, which `mon check` tells too, and advice.
const OLD: &str = "query twice = not not \"phone\"\n\nquery shop = (\"acme\")\n";
/// The same warning and advice about something else.
const NEW: &str = "query again = not not \"zeta\"\nquery store = (\"beta\")\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A folder whose findings of now are in its baseline.
fn adopted(rules: &str) -> tempfile::TempDir {
    let folder = folder(&[("rules/old.mon", rules)]);
    let ran = mon(folder.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

fn lint(folder: &Path, more: &[&str]) -> Ran {
    mon(folder, &[&["lint", "rules", "--baseline", "known.jsonl"], more].concat())
}

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("rules/old.mon"), text).unwrap();
}

/// The exit code and the line that sums up.
fn summary(ran: &Ran) -> (i32, &str) {
    (ran.code, ran.out.lines().last().unwrap_or(""))
}

#[test]
fn what_was_there_is_told_no_more() {
    let folder = folder(&[("rules/old.mon", OLD)]);
    let ran = mon(folder.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "wrote 2 findings into the baseline `known.jsonl`\n"), "{ran:?}");
    let ran = lint(folder.path(), &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "checked 1 file: no findings; 2 in the baseline\n"), "{ran:?}");
    assert_eq!(ran.err, "");
    assert_eq!(mon(folder.path(), &["lint", "rules"]).code, 1);
}

#[test]
fn a_finding_that_is_new_is_told_alone() {
    let folder = adopted(OLD);
    fs::write(folder.path().join("rules/new.mon"), NEW).unwrap();
    let ran = lint(folder.path(), &[]);
    assert_eq!(summary(&ran), (1, "checked 2 files: 1 warning, 1 piece of advice; 2 in the baseline"), "{}", ran.out);
    assert!(ran.out.contains("new.mon") && !ran.out.contains("old.mon"), "{}", ran.out);
}

#[test]
fn other_edits_leave_a_finding_known() {
    let folder = adopted(OLD);
    let hidden = |what: &str, text: &str| {
        write(folder.path(), text);
        let ran = lint(folder.path(), &[]);
        assert_eq!(summary(&ran), (0, "checked 1 file: no findings; 2 in the baseline"), "{what}: {ran:?}");
    };
    hidden("lines above", &format!("// A comment.\n\nquery first = \"desk\"\n{OLD}"));
    hidden("another order", "query shop = (\"acme\")\nquery twice = not not \"phone\"\n");
    hidden("more on the line", &OLD.replace("(\"acme\")", "(\"acme\") and \"desk\""));
    hidden("other spaces", &OLD.replace("not not", "not   not").replace('\n', "\r\n"));
}

#[test]
fn another_item_or_another_text_is_another_finding() {
    let folder = adopted(OLD);
    for (from, to) in [("query shop", "query store"), ("(\"acme\")", "(\"zeta\")")] {
        write(folder.path(), &OLD.replace(from, to));
        let ran = lint(folder.path(), &[]);
        assert_eq!(summary(&ran), (1, "checked 1 file: 1 piece of advice; 1 in the baseline"), "{to}: {}", ran.out);
    }
}

#[test]
fn the_same_thing_once_more_is_told() {
    let twice = "query shop = \"phone\" near/3 (\"acme\") or \"zeta\" near/3 (\"acme\")\n";
    let folder = adopted(twice);
    assert_eq!(lint(folder.path(), &[]).code, 0);
    let text = fs::read_to_string(folder.path().join("known.jsonl")).unwrap();
    assert!(text.lines().any(|line| line.ends_with(",\"count\":2}")), "{text}");
    write(folder.path(), &format!("{} or \"beta\" near/3 (\"acme\")\n", twice.trim_end()));
    let ran = lint(folder.path(), &[]);
    assert_eq!(summary(&ran), (1, "checked 1 file: 1 piece of advice; 2 in the baseline"), "{}", ran.out);
}

#[test]
fn the_file_is_sorted_with_an_entry_a_line() {
    let folder = folder(&[
        ("b.mon", "query shop = (\"acme\")\n"),
        ("a.mon", "query z = (\"acme\")\nquery y = not not \"acme\"\n"),
        ("more/c.mon", "/// Wide \"quotes\".\nmonitor m {\n  match (\"größe\")\n}\n"),
    ]);
    assert_eq!(mon(folder.path(), &["lint", ".", "--write-baseline", "known.jsonl"]).code, 0);
    let text = fs::read_to_string(folder.path().join("known.jsonl")).unwrap();
    let entry = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let of = |key: &str| entry[key].as_str().unwrap().to_owned();
        assert!(of("about").len() == 16 && of("about").bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        format!("{} {} {}", of("file"), of("code"), of("item"))
    };
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("{\"version\":1}"));
    let entries: Vec<String> = lines.map(entry).collect();
    assert!(entries.is_sorted() && text.ends_with("}\n"), "{text}");
    for expected in ["a.mon MON0831 query z", "b.mon MON0831 query shop", "more/c.mon MON0831 monitor m"] {
        assert!(entries.iter().any(|entry| entry == expected), "{expected}: {entries:#?}");
    }
    assert_eq!(mon(folder.path(), &["lint", ".", "--write-baseline", "known.jsonl"]).code, 0);
    assert_eq!(fs::read_to_string(folder.path().join("known.jsonl")).unwrap(), text, "it is written the same again");
}

#[test]
fn files_are_seen_from_the_baselines_folder() {
    let folder = folder(&[("rules/old.mon", OLD), ("ci/readme", "")]);
    assert_eq!(mon(folder.path(), &["lint", "rules", "--write-baseline", "ci/known.jsonl"]).code, 0);
    let text = fs::read_to_string(folder.path().join("ci/known.jsonl")).unwrap();
    assert!(text.contains("{\"file\":\"../rules/old.mon\","), "{text}");
    let whole = folder.path().join("rules").display().to_string();
    for (from, rules, known) in
        [(".", "rules", "ci/known.jsonl"), ("ci", "../rules", "known.jsonl"), ("ci", &whole, "./known.jsonl")]
    {
        let ran = mon(&folder.path().join(from), &["lint", rules, "--baseline", known]);
        assert_eq!(summary(&ran), (0, "checked 1 file: no findings; 2 in the baseline"), "{from} {rules}: {ran:?}");
    }
}

#[test]
fn an_error_is_never_hidden() {
    let broken = "query q = \"acme\" and langauge is en\n";
    let folder = folder(&[("rules/old.mon", broken)]);
    let ran = mon(folder.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.out.contains("langauge") && ran.err.contains("no baseline is written: the rules have errors"),
        "{ran:?}"
    );
    assert!(!folder.path().join("known.jsonl").exists());

    // Nor where somebody writes an entry for it by hand.
    let told = mon(folder.path(), &["check", "rules", "--format", "json"]).out;
    let told: Value = serde_json::from_str(&told).unwrap();
    let about = &blake3::hash(b"langauge").to_hex()[..16];
    let code = &told["diagnostics"][0]["code"];
    let entry = json!({"file": "rules/old.mon", "code": code, "item": "query q", "about": about});
    // It is the right one: the same makes the fingerprint.
    let same = format!("rules/old.mon\n{}\nquery q\n{about}\n0", code.as_str().unwrap());
    let fingerprint = &blake3::hash(same.as_bytes()).to_hex()[..16];
    let told = mon(folder.path(), &["check", "rules", "--format", "gitlab"]).out;
    assert!(told.contains(&format!("\"fingerprint\": \"{fingerprint}\"")), "{told}");
    write(folder.path(), OLD);
    assert_eq!(mon(folder.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]).code, 0);
    let known = fs::read_to_string(folder.path().join("known.jsonl")).unwrap();
    fs::write(folder.path().join("known.jsonl"), format!("{known}{entry}\n")).unwrap();
    write(folder.path(), broken);
    let ran = lint(folder.path(), &["--strict-baseline"]);
    assert_eq!(summary(&ran), (1, "checked 1 file: 1 error"), "{ran:?}");
    assert_eq!(ran.err, "", "nothing is known of lints that did not run");
}

#[test]
fn entries_that_are_found_no_more_are_told() {
    let folder = adopted(OLD);
    write(folder.path(), "query shop = (\"acme\")\n");
    let ran = lint(folder.path(), &[]);
    assert_eq!(summary(&ran), (0, "checked 1 file: no findings; 1 in the baseline"), "{ran:?}");
    assert!(ran.err.starts_with("advice: 1 entry of the baseline is found no more; write it again\n"), "{}", ran.err);
    let strict = lint(folder.path(), &["--strict-baseline"]);
    assert_eq!((strict.code, &strict.err), (1, &ran.err), "{strict:?}");

    // A file that is gone takes its entries with it.
    fs::rename(folder.path().join("rules/old.mon"), folder.path().join("rules/other.mon")).unwrap();
    write(&folder.path().join("."), "query clean = \"acme\"\n");
    fs::remove_file(folder.path().join("rules/old.mon")).unwrap();
    let ran = lint(folder.path(), &[]);
    assert_eq!(ran.code, 1, "the entry was of another file: {ran:?}");
    assert!(ran.err.starts_with("advice: 2 entries of the baseline are found no more"), "{}", ran.err);

    assert_eq!(mon(folder.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]).code, 0);
    let ran = lint(folder.path(), &["--strict-baseline"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn only_what_was_looked_for_is_found_no_more() {
    let folder = adopted(OLD);
    let check = |rules: &str| {
        let ran = mon(folder.path(), &["check", rules, "--baseline", "known.jsonl", "--strict-baseline"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        ran.out
    };
    // Advice is not looked for by `mon check`.
    assert_eq!(check("rules"), "checked 1 file: no findings; 1 in the baseline\n");
    // Another file is not looked at.
    fs::write(folder.path().join("rules/new.mon"), "query clean = \"acme\"\n").unwrap();
    assert_eq!(check("rules/new.mon"), "checked 1 file: no findings\n");
}

#[test]
fn every_format_leaves_out_what_is_known() {
    let folder = adopted(OLD);
    let out = |format, code| {
        let ran = lint(folder.path(), &["--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{format}: {ran:?}");
        ran.out
    };
    let parsed = |format, code| serde_json::from_str::<Value>(&out(format, code)).unwrap();
    assert_eq!(parsed("json", 0), json!({"diagnostics": [], "baseline": {"hidden": 2, "gone": 0}}));
    assert_eq!(parsed("sarif", 0)["runs"][0]["results"], json!([]));
    assert_eq!(parsed("gitlab", 0), json!([]));
    assert_eq!(out("github", 0), "");
    assert!(out("junit", 0).contains("tests=\"1\" failures=\"0\""));

    write(folder.path(), &format!("{OLD}query new = (\"zeta\")\n"));
    assert_eq!(parsed("json", 1)["diagnostics"].as_array().unwrap().len(), 1);
    assert_eq!(parsed("sarif", 1)["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert_eq!(parsed("gitlab", 1).as_array().unwrap().len(), 1);
    assert_eq!(out("github", 1).lines().count(), 1);
    assert!(out("junit", 1).contains("tests=\"1\" failures=\"1\""));
}

#[test]
fn a_broken_baseline_is_bad_input_with_its_place() {
    let folder = adopted(OLD);
    let good = fs::read_to_string(folder.path().join("known.jsonl")).unwrap();
    let entry = good.lines().nth(1).unwrap();
    let with = |line: &str| format!("{good}{line}\n");
    let cases = [
        (String::new(), ":1: it holds no version"),
        (format!("{entry}\n"), ":1: no version stands above it"),
        ("{\"version\":2}\n".to_owned(), ":1: its version is `2`, and this `mon` reads version 1"),
        (with("{\"file\":"), ":4:"),
        (with("[]"), ":4: this is no entry"),
        (with("<<<<<<< HEAD"), ":4: a merge is not done here"),
        (with("{\"file\":\"a.mon\",\"code\":\"MON0831\"}"), ":4: `about` is missing"),
        (with("{\"file\":7,\"code\":\"MON0831\",\"about\":\"x\"}"), ":4: `file` is a text in quotes, not `7`"),
        (with(&entry.replace("\"code\"", "\"cod\"")), ":4: an entry has no `cod`"),
        (with(&entry.replace('}', ",\"count\":0}")), ":4: `count` is a whole number from 1, not `0`"),
    ];
    for (text, said) in cases {
        fs::write(folder.path().join("known.jsonl"), &text).unwrap();
        let ran = lint(folder.path(), &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}: {ran:?}");
        let expected = format!("error: the baseline `known.jsonl`{said}");
        assert!(ran.err.starts_with(&expected) && ran.err.contains("\n  help: "), "{text}: {}", ran.err);
    }
    fs::remove_file(folder.path().join("known.jsonl")).unwrap();
    let ran = lint(folder.path(), &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("cannot read the baseline") && ran.err.contains("`--write-baseline known.jsonl`"),
        "{ran:?}"
    );
}

#[test]
fn a_baseline_that_git_merged_line_by_line_is_read() {
    let folder = adopted(OLD);
    let path = folder.path().join("known.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    // Both branches added the same, in no order, on a machine with other ends of lines.
    lines.extend([lines[2], lines[1], ""]);
    fs::write(&path, lines.join("\r\n")).unwrap();
    let ran = lint(folder.path(), &["--strict-baseline"]);
    assert_eq!(
        (summary(&ran), ran.err.as_str()),
        ((0, "checked 1 file: no findings; 2 in the baseline"), ""),
        "{ran:?}"
    );
}

#[test]
fn the_page_shows_a_baseline_as_it_is_written() {
    let folder = folder(&[
        ("rules/shop.mon", "query shop = (\"acme\")\n"),
        ("rules/talk.mon", "query calls = \"call\" near/3 (\"acme\") or \"ring\" near/3 (\"acme\")\n"),
    ]);
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let blocks = blocks(&page);
    let mut ran = 0;
    for line in blocks.iter().filter(|block| block.kind == "sh").flat_map(|block| block.text.lines()) {
        if let Some(words) = line.strip_prefix("mon ") {
            let words: Vec<&str> = words.split(' ').collect();
            let told = mon(folder.path(), &words);
            assert_eq!(told.code, 0, "{line}: {told:?}");
            ran += 1;
        }
    }
    assert!(ran >= 3, "only {ran} lines of the page were run");
    let shown = blocks.iter().find(|block| block.kind == "json").unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("mon-baseline.jsonl")).unwrap(), shown.text);
}

#[cfg(unix)]
#[test]
fn branches_that_write_the_file_merge() {
    let repository = super::repository::Repository::new();
    let branch = |name: &str, files: &[&str]| {
        repository.git(&["checkout", "--quiet", "-B", name]);
        for file in files {
            repository.write(&format!("rules/{file}.mon"), &format!("query {file} = (\"{file}\")\n"));
        }
        assert_eq!(mon(repository.path(), &["lint", "rules", "--write-baseline", "known.jsonl"]).code, 0);
        repository.commit(name);
    };
    repository.write(".gitattributes", "known.jsonl merge=union\n");
    branch("trunk", &["abc", "mno"]);
    branch("one", &["def", "xyz"]);
    repository.git(&["checkout", "--quiet", "trunk"]);
    branch("two", &["ghi", "def"]);
    repository.git(&["merge", "--quiet", "-m", "Both", "one"]);
    let ran = lint(repository.path(), &["--strict-baseline"]);
    assert_eq!(summary(&ran), (0, "checked 5 files: no findings; 5 in the baseline"), "{ran:?}");
}

#[test]
fn lists_of_terms_and_deployments_are_known_too() {
    let folder = folder(&[
        ("rules/l.txt", "# comment\nthe\n"),
        ("rules/old.mon", OLD),
        ("mon.toml", "[team.care]\n\n[team.press]\n"),
    ]);
    let verb = |more: [&str; 2]| {
        let named = ["check", "rules/l.txt", "rules/old.mon", "--deploy", "mon.toml"];
        mon(folder.path(), &[&named[..], &more].concat())
    };
    let plain =
        mon(folder.path(), &["check", "rules/l.txt", "rules/old.mon", "--deploy", "mon.toml", "--format", "json"]);
    let told: Value = serde_json::from_str(&plain.out).unwrap();
    let found = told["diagnostics"].as_array().unwrap();
    let codes: Vec<&Value> = found.iter().map(|found| &found["code"]).collect();
    assert!(found.iter().all(|found| found["severity"] == "warning") && codes.contains(&&json!("deploy")), "{told:#}");
    assert_eq!(verb(["--write-baseline", "known.jsonl"]).code, 0);
    let text = fs::read_to_string(folder.path().join("known.jsonl")).unwrap();
    assert!(text.contains("{\"file\":\"mon.toml\",\"code\":\"deploy/unused-name\",\"about\":"), "{text}");
    let ran = verb(["--baseline", "known.jsonl"]);
    assert!(ran.code == 0 && ran.out.ends_with(&format!("no findings; {} in the baseline\n", found.len())), "{ran:?}");
    // What belongs to a deployment is looked for where one is checked.
    let ran = mon(folder.path(), &["check", "rules/old.mon", "--baseline", "known.jsonl", "--strict-baseline"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn flags_of_a_baseline_are_used_together_or_not_at_all() {
    let folder = adopted(OLD);
    for wrong in [
        vec!["lint", "rules", "--baseline", "known.jsonl", "--write-baseline", "known.jsonl"],
        vec!["lint", "rules", "--write-baseline", "known.jsonl", "--format", "json"],
        vec!["check", "rules", "--strict-baseline"],
    ] {
        assert_eq!(mon(folder.path(), &wrong).code, 3, "{wrong:?}");
    }
    let ran = mon(folder.path(), &["lint", "rules", "--write-baseline", "rules"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("cannot write `rules`"), "{ran:?}");
}

#[test]
fn gitlab_gets_an_object_a_finding_with_the_fields_it_reads() {
    let folder = folder(&[(
        "rules/a.mon",
        "query q = (\"acme\")\nquery r = \"phone\" near/3 (\"acme\") or \"zeta\" near/3 (\"acme\")\n",
    )]);
    let out = || {
        let ran = mon(folder.path(), &["lint", "./rules", "--format", "gitlab"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let prints = |told: &Value| -> Vec<String> {
        told.as_array().unwrap().iter().map(|found| found["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let told = out();
    let first = &told[0];
    assert_eq!(first["location"], json!({"path": "rules/a.mon", "lines": {"begin": 1}}));
    assert_eq!((&first["severity"], &first["check_name"]), (&json!("minor"), &json!("MON0831 idle-brackets")));
    assert!(first["description"].as_str().unwrap().contains("help: "), "{first}");
    let mut before = prints(&told);
    fs::write(
        folder.path().join("rules/a.mon"),
        "\n\nquery q = (\"acme\")\nquery r = \"phone\" near/3 (\"acme\") or \"zeta\" near/3 (\"acme\")\n",
    )
    .unwrap();
    let moved = out();
    assert_eq!(moved[0]["location"]["lines"]["begin"], 3);
    assert_eq!(prints(&moved), before, "a finding that only moved is the same to GitLab");
    before.sort();
    before.dedup();
    assert_eq!(before.len(), told.as_array().unwrap().len(), "GitLab shows one of those that share a fingerprint");

    fs::write(folder.path().join("rules/a.mon"), "query q = langauge is en\nquery r = not not \"x\"\n").unwrap();
    assert_eq!(out()[0]["severity"], "blocker");
    fs::write(folder.path().join("rules/a.mon"), "query r = not not \"x\"\n").unwrap();
    assert_eq!(out()[0]["severity"], "major");
}
