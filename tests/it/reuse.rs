//! Lists, packages and `mon.toml` as the commands find them on disk.

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

const POST: &str = "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"acme\"}\n";

#[test]
fn a_package_lies_where_the_nearest_mon_toml_says() {
    let folder = folder(&[
        ("shared/brand/terms/a.mon", "terms acme = from \"../lists/acme.txt\"\n"),
        ("shared/brand/terms/b.mon", "query talk = acme\n"),
        ("shared/brand/lists/acme.txt", "acme\n"),
        ("work/mon.toml", "edition = \"2026\"\n\n[packages]\nbrand = \"../shared/brand\"\n"),
        ("work/rules/a.mon", "use brand.terms\n\nquery ours = brand.terms.talk\n"),
        ("posts.jsonl", POST),
    ]);
    for rules in ["work/rules", "work/rules/a.mon"] {
        let ran = mon(folder.path(), &["match", rules, "--posts", "posts.jsonl"]);
        assert_eq!(ran.out, "{\"post\":\"1\",\"query\":\"ours\"}\n", "{}", ran.err);
    }
    let ran = mon(&folder.path().join("work/rules"), &["check", "."]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "checked 3 files: no findings\n"), "{}", ran.err);
}

#[test]
fn an_edition_that_is_not_known_is_bad_input_everywhere() {
    let folder = folder(&[
        ("mon.toml", "edition = \"2031\"\n"),
        ("rules/a.mon", "query  talk = \"acme\"\n"),
        ("posts.jsonl", POST),
    ]);
    for verb in [
        vec!["check", "rules"],
        vec!["fmt", "rules"],
        vec!["match", "rules", "--posts", "posts.jsonl"],
        vec!["test", "rules"],
        vec!["check", "rules", "--deploy", "mon.toml"],
    ] {
        let ran = mon(folder.path(), &verb);
        assert_eq!(ran.code, 2, "{verb:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("there is no edition `2031` of the language"), "{verb:?}: {}", ran.err);
        assert!(ran.err.contains("this release reads `\"2026\"`"), "{verb:?}: {}", ran.err);
    }
    assert_eq!(fs::read_to_string(folder.path().join("rules/a.mon")).unwrap(), "query  talk = \"acme\"\n");
    fs::write(folder.path().join("mon.toml"), "edition = \"2026\"\n").unwrap();
    assert_eq!(mon(folder.path(), &["fmt", "rules"]).code, 0);
    assert_eq!(mon(folder.path(), &["check", "rules"]).code, 0);
}

#[test]
fn a_list_is_read_from_a_folder_that_was_named() {
    let folder = folder(&[
        ("rules/talk/a.mon", "terms acme = from \"../lists/acme.txt\"\n\nquery talk = acme\n"),
        ("rules/lists/acme.txt", "acme\n"),
        ("secret.txt", "acme\n"),
    ]);
    assert_eq!(mon(folder.path(), &["check", "rules"]).code, 0);
    let ran = mon(folder.path(), &["check", "rules/talk/a.mon"]);
    assert!(ran.code == 1 && ran.out.contains("lies outside of the rules"), "{}{}", ran.out, ran.err);
    // Neither a link nor a whole path leads out.
    let secret = folder.path().join("secret.txt");
    let whole = format!("terms acme = from \"{}\"\n\nquery talk = acme\n", secret.display());
    fs::write(folder.path().join("rules/talk/a.mon"), whole).unwrap();
    let ran = mon(folder.path(), &["check", "rules"]);
    assert!(ran.code == 1 && ran.out.contains("lies outside of the rules"), "{}{}", ran.out, ran.err);
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_no_list_outside() {
    let folder =
        folder(&[("rules/a.mon", "terms acme = from \"acme.txt\"\n\nquery talk = acme\n"), ("secret.txt", "acme\n")]);
    std::os::unix::fs::symlink(folder.path().join("secret.txt"), folder.path().join("rules/acme.txt")).unwrap();
    let ran = mon(folder.path(), &["check", "rules"]);
    assert!(ran.code == 1 && ran.out.contains("lies outside of the rules"), "{}{}", ran.out, ran.err);
}

#[test]
fn the_formatter_keeps_a_list_and_mends_stand_in_the_rule() {
    let folder = folder(&[
        ("a.mon", "terms  acme = \"apex\",from  \"acme.csv\"   column nmae\n\nquery talk = acme\n"),
        ("acme.csv", "id,the name\n1,Acme\n"),
    ]);
    assert_eq!(mon(folder.path(), &["fmt", "a.mon"]).code, 0);
    let text = fs::read_to_string(folder.path().join("a.mon")).unwrap();
    assert_eq!(text, "terms acme = \"apex\", from \"acme.csv\" column nmae\n\nquery talk = acme\n");
    fs::write(folder.path().join("a.mon"), text.replace("nmae", "the_name")).unwrap();
    let ran = mon(folder.path(), &["fix", "a.mon", "--changing-meaning"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let text = fs::read_to_string(folder.path().join("a.mon")).unwrap();
    assert_eq!(text, "terms acme = \"apex\", from \"acme.csv\" column \"the name\"\n\nquery talk = acme\n");
    assert_eq!(fs::read_to_string(folder.path().join("acme.csv")).unwrap(), "id,the name\n1,Acme\n");
}
