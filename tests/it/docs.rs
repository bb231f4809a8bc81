//! Documents say what is true: every `mon` block compiles, and the command's help agrees with the pages.

use std::fs;

use mon_post::{FIELDS, FieldType, Privacy};

use crate::tool::{blocks, listed, mon, root, updating};

#[test]
fn every_mon_block_of_the_documents_compiles() {
    let mut pages = listed(&root().join("docs"), "md");
    pages.push(root().join("README.md"));
    let mut compiled = 0;
    for page in pages {
        for block in blocks(&fs::read_to_string(&page).unwrap()) {
            if block.kind == "mon" {
                let folder = tempfile::tempdir().unwrap();
                fs::write(folder.path().join("block.mon"), &block.text).unwrap();
                let ran = mon(folder.path(), &["check", "block.mon", "--format", "json"]);
                let clean = !ran.out.contains("\"severity\":\"error\"");
                assert!(ran.code < 2 && clean, "{}: {}\n{}", page.display(), ran.out, block.text);
                compiled += 1;
            }
        }
    }
    assert!(compiled >= 4, "only {compiled} blocks were compiled");
}

#[test]
fn the_readme_names_every_verb_and_no_other() {
    let help = mon(root(), &["--help"]).out;
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let verbs: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() >= 10, "{help}");
    for verb in &verbs {
        assert!(readme.contains(&format!("`mon {verb}")), "README does not name `mon {verb}`");
    }
    for named in readme.split("`mon ").skip(1).filter_map(|rest| rest.split([' ', '`']).next()) {
        assert!(verbs.contains(&named), "README names `mon {named}`, which is no verb");
    }
}

#[test]
fn the_examples_are_clean_formatted_and_pass_their_tests() {
    let rules = root().join("examples/rules");
    let checked = mon(&rules, &["check", "."]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let formatted = mon(&rules, &["fmt", "--check", "."]);
    assert_eq!(formatted.code, 0, "{}{}", formatted.out, formatted.err);
    let tested = mon(&rules, &["test", "."]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert!(tested.out.contains("passed"), "{}", tested.out);
}

/// The reference's table of fields, as the schema has them.
fn fields() -> String {
    let mut table = String::from("| field | holds | |\n| --- | --- | --- |\n");
    for field in FIELDS {
        let names: Vec<String> =
            std::iter::once(&field.name).chain(field.aliases).map(|name| format!("`{name}`")).collect();
        let holds = match field.ty {
            FieldType::Text => "text".to_owned(),
            FieldType::TextList => "texts".to_owned(),
            FieldType::Enum(words) => words.join(", "),
            FieldType::Language => "language (ISO 639)".to_owned(),
            FieldType::Country => "country (ISO 3166)".to_owned(),
            FieldType::Integer { min, max: i64::MAX } => format!("whole number, {min} and up"),
            FieldType::Integer { min, max } => format!("whole number, {min} to {max}"),
            FieldType::Decimal { min, max } => format!("number, {min} to {max}"),
            FieldType::Flag => "true, false".to_owned(),
            FieldType::Time => "time".to_owned(),
        };
        let mut about = field.doc.to_owned();
        if field.modelled {
            about.push_str("; with a confidence");
        }
        match field.privacy {
            Privacy::Open => {}
            Privacy::Personal => about.push_str("; **personal**"),
            Privacy::Sensitive => about.push_str("; **sensitive**"),
        }
        table.push_str(&format!("| {} | {holds} | {about} |\n", names.join(" ")));
    }
    table
}

#[test]
fn the_reference_lists_every_field_as_the_schema_has_it() {
    let path = root().join("docs/language.md");
    let page = fs::read_to_string(&path).unwrap();
    let from = page.find("## 12. Fields and their types\n\n").unwrap() + "## 12. Fields and their types\n\n".len();
    let end = from + page[from..].find("\nWhole numbers take").unwrap();
    if updating() {
        fs::write(&path, format!("{}{}{}", &page[..from], fields(), &page[end..])).unwrap();
        return;
    }
    assert_eq!(&page[from..end], fields(), "UPDATE=1 writes it");
}
