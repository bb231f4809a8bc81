//! Which files a verb reads: those that are named, and those that these `use`, each once.

use std::fs;

use crate::tool::mon;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_file_that_is_used_is_read_from_beside_the_file_that_says_it() {
    let folder = folder(&[
        ("rules/talk.mon", "use \"terms/brand.mon\"\nmonitor talk {\n  match brand\n}\n"),
        ("rules/terms/brand.mon", "use \"../more.mon\"\nterms brand = \"acme\", more\n"),
        ("rules/more.mon", "terms more = \"apex\"\n"),
        ("posts.jsonl", "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"apex\"}\n"),
    ]);
    let ran = mon(folder.path(), &["check", "rules/talk.mon"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "checked 3 files: no findings\n"), "{}", ran.err);
    let ran = mon(folder.path(), &["match", "rules/talk.mon", "--posts", "posts.jsonl"]);
    assert_eq!(ran.out, "{\"post\":\"1\",\"query\":\"talk\"}\n", "{}", ran.err);
}

#[test]
fn files_that_use_each_other_end() {
    let folder = folder(&[
        ("a.mon", "use \"b.mon\"\nuse \"./a.mon\"\nquery a = \"a\"\n"),
        ("b.mon", "use \"a.mon\"\nquery b = a or \"b\"\n"),
    ]);
    let ran = mon(folder.path(), &["check", "a.mon"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "checked 2 files: no findings\n"), "{}", ran.err);
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let folder = folder(&[
        ("rules/first.mon", "use \"brand.mon\"\nmonitor talk {\n  match brand\n}\n"),
        ("rules/brand.mon", "terms brand = \"acme\"\n"),
    ]);
    let whole = folder.path().join("rules/brand.mon");
    for named in
        [vec!["rules", "rules/first.mon"], vec!["rules", "./rules"], vec![whole.to_str().unwrap(), "rules/first.mon"]]
    {
        let ran = mon(folder.path(), &[vec!["check"], named].concat());
        assert_eq!((ran.code, ran.out.as_str()), (0, "checked 2 files: no findings\n"), "{}", ran.err);
    }
}

#[test]
fn a_starter_folder_is_checked_file_by_file_too() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mon(folder.path(), &["init", "new"]).code, 0);
    let ran = mon(&folder.path().join("new"), &["check", "rules/first.mon"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_used_file_that_is_no_text_is_bad_input() {
    let folder = folder(&[("a.mon", "use \"b.mon\"\nquery a = \"a\"\n")]);
    fs::write(folder.path().join("b.mon"), b"terms x = \"\xff\"\n").unwrap();
    let ran = mon(folder.path(), &["check", "a.mon"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("b.mon") && ran.err.contains("UTF-8"), "{}", ran.err);
}
