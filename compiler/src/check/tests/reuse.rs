//! Lists in files of their own and packages: what their names mean, and where their mistakes are told.

use expect_test::expect;

use super::*;

fn list(name: &str, text: &str) -> ListFile {
    ListFile { name: name.to_owned(), text: Ok(Arc::from(text)) }
}

fn package(name: &str, files: &[&str]) -> Package {
    Package { name: name.to_owned(), files: Ok(files.iter().map(|file| (*file).to_owned()).collect()) }
}

fn with(files: &[(&str, &str)], lists: Vec<ListFile>, packages: Vec<Package>) -> Checked {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    check(files, &CheckOptions { lists, packages, ..CheckOptions::default() })
}

fn said(checked: &Checked) -> String {
    let said = text(&checked.diagnostics, &checked.files, TextStyle::default());
    said.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// The terms of the plan as they were written.
fn written(checked: &Checked) -> Vec<&str> {
    let Some(plan) = &checked.plan else { panic!("{}", said(checked)) };
    plan.terms.iter().map(|term| term.written.as_str()).collect()
}

const TALK: &str = "monitor talk {\n  match brands\n}\n";

#[test]
fn a_list_adds_its_lines_to_what_stands_in_the_rule() {
    let rules = format!("terms brands = \"apex\", from \"lists/brands.txt\"\n{TALK}");
    let lists = vec![list("rules/lists/brands.txt", "// ours\nacme phone\n#acme\n@acme\n$ACME\ncrash*\n")];
    let checked = with(&[("rules/a.mon", &rules)], lists, Vec::new());
    assert_eq!(written(&checked), ["\"apex\"", "\"acme phone\"", "#acme", "@acme", "$ACME", "\"crash*\""]);
    assert!(checked.diagnostics.is_empty());
}

#[test]
fn a_column_of_a_table_is_a_list() {
    let rules = format!("terms brands = from \"brands.csv\" column \"brand name\"\n{TALK}");
    let lists = vec![list("brands.csv", "id,brand name\n1,Acme\n2,\"Globex, Inc.\"\n")];
    assert_eq!(written(&with(&[("a.mon", &rules)], lists, Vec::new())), ["\"Acme\"", "\"Globex, Inc.\""]);
}

#[test]
fn a_line_that_is_no_term_is_told_in_the_list() {
    let rules = format!("terms brands = from \"brands.txt\"\n{TALK}");
    let lists = vec![list("brands.txt", "acme\n...\n# ours\na*b\nacme\nacme\n")];
    let checked = with(&[("a.mon", &rules)], lists, Vec::new());
    expect![[r#"
        MON0404 bad-term

          × `...` has no letter, digit or emoji to look for
           ╭─[brands.txt:2:1]
         1 │ acme
         2 │ ...
           · ───
         3 │ # ours
           ╰────
          help: punctuation is not looked for; write a word, a number or an emoji

        MON0404 bad-term

          × `# ours` is not a tag
           ╭─[brands.txt:3:1]
         2 │ ...
         3 │ # ours
           · ──────
         4 │ a*b
           ╰────
          help: a tag is `#` and letters, digits or `_`, with one letter at least

        MON0407 repeated-term

          ⚠ `acme` stands in this list twice, and one more line repeats another
           ╭─[brands.txt:5:1]
         4 │ a*b
         5 │ acme
           · ────
         6 │ acme
           ╰────
          help: remove one, or write the word that was meant

        Advice:
          ☞ the list is used here
           ╭─[a.mon:1:21]
         1 │ terms brands = from "brands.txt"
           ·                     ────────────
         2 │ monitor talk {
           ╰────

    "#]]
    .assert_eq(&said(&checked));
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let rules = format!("terms brands = from \"brands.csv\" column nmae\nterms x = from \"brands.csv\"\n{TALK}");
    let lists = vec![list("brands.csv", "id,name\n1,Acme\n")];
    let checked = with(&[("a.mon", &rules)], lists, Vec::new());
    expect![[r#"
        MON0213 bad-list

          × the table has no column `nmae`
           ╭─[a.mon:1:41]
         1 │ terms brands = from "brands.csv" column nmae
           ·                                         ────
         2 │ terms x = from "brands.csv"
           ╰────
          help: did you mean `name`?

        MON0205 unused-terms

          ⚠ nothing uses the list `x`
           ╭─[a.mon:2:7]
         1 │ terms brands = from "brands.csv" column nmae
         2 │ terms x = from "brands.csv"
           ·       ─
         3 │ monitor talk {
           ╰────
          help: use it in a `match` or a `query`, or remove it

        MON0213 bad-list

          × the table `brands.csv` has columns, and none is named
           ╭─[a.mon:2:16]
         1 │ terms brands = from "brands.csv" column nmae
         2 │ terms x = from "brands.csv"
           ·                ────────────
         3 │ monitor talk {
           ╰────
          help: say which column holds the terms: `from "brands.csv" column id`; there are: id, name

    "#]]
    .assert_eq(&said(&checked));
}

#[test]
fn a_list_that_was_not_read_says_why() {
    let rules = format!("terms brands = from \"brands.txt\", from \"/etc/brands.txt\", from \"other.txt\"\n{TALK}");
    let lists = vec![
        ListFile { name: "/etc/brands.txt".to_owned(), text: Err(ListProblem::Outside) },
        ListFile { name: "other.txt".to_owned(), text: Err(ListProblem::NotText(7)) },
    ];
    let messages: Vec<String> =
        with(&[("a.mon", &rules)], lists, Vec::new()).diagnostics.into_iter().map(|told| told.message).collect();
    expect![[r#"
        [
            "there is no list `brands.txt`",
            "the list `/etc/brands.txt` lies outside of the rules",
            "the list `other.txt` is not UTF-8 text: byte 7 cannot be read",
        ]
    "#]]
    .assert_debug_eq(&messages);
}

#[test]
fn a_name_of_a_package_is_written_in_full_and_its_own_names_stand_alone_inside() {
    let rules = "use brand.terms\nterms acme = \"mine\"\nmonitor talk {\n  match brand.terms.failing and acme and kind is post\n}\n";
    let brand =
        "terms acme = \"acme\", #acme\nquery failing = acme near/5 \"broken\" and lang is en\nterms en = \"english\"\n";
    let checked = with(
        &[("rules/a.mon", rules), ("brand/terms.mon", brand)],
        Vec::new(),
        vec![package("brand.terms", &["brand/terms.mon"])],
    );
    assert_eq!(written(&checked), ["\"mine\"", "\"acme\"", "#acme", "\"english\"", "\"broken\""], "{}", said(&checked));
    assert!(checked.diagnostics.is_empty(), "{}", said(&checked));
    let plan = checked.plan.unwrap();
    // What a package brings is no query of the folder.
    let names: Vec<&str> = plan.queries.iter().map(|query| query.name.as_str()).collect();
    assert_eq!(names, ["talk"]);
    let talk = crate::describe::condition(&plan, &plan.queries.first().unwrap().cond);
    assert!(talk.contains("`brand.terms.failing` holds"), "{talk}");
}

#[test]
fn no_side_takes_a_name_of_the_other() {
    let rules = "use brand\nterms ours = \"ours\"\nmonitor talk {\n  match acme and ours and brand.nothing\n}\n";
    let brand = "terms acme = \"acme\"\nquery reaching = acme and ours\n";
    let other = "monitor more {\n  match brand.acme\n}\n";
    let checked = with(
        &[("a.mon", rules), ("b.mon", other), ("brand.mon", brand)],
        Vec::new(),
        vec![package("brand", &["brand.mon"])],
    );
    expect![[r#"
        MON0201 unknown-name

          × `acme` is not known
           ╭─[a.mon:4:9]
         3 │ monitor talk {
         4 │   match acme and ours and brand.nothing
           ·         ────
         5 │ }
           ╰────
          help: a name of a package is written in full: `brand.acme`

        MON0201 unknown-name

          × `brand.nothing` is not known
           ╭─[a.mon:4:27]
         3 │ monitor talk {
         4 │   match acme and ours and brand.nothing
           ·                           ─────────────
         5 │ }
           ╰────
          help: did you mean `brand.reaching`?

        MON0214 unknown-package

          × `brand.acme` is of the package `brand`, which this file does not use
           ╭─[b.mon:2:9]
         1 │ monitor more {
         2 │   match brand.acme
           ·         ──────────
         3 │ }
           ╰────
          help: add `use brand`

        MON0201 unknown-name

          × `ours` is a name of the rules, and a package knows only its own
           ╭─[brand.mon:2:27]
         1 │ terms acme = "acme"
         2 │ query reaching = acme and ours
           ·                           ────
           ╰────
          help: say in the package what it means, or let the rules join the two

    "#]]
    .assert_eq(&said(&checked));
}

#[test]
fn what_a_package_must_not_hold_or_be_called_is_told() {
    let rules = "use brand\nuse author.names\nuse brand.terms\nuse lost\nmonitor talk {\n  match \"acme\"\n}\n";
    let brand = "monitor own {\n  match \"acme\"\n}\nterms likes = \"likes\"\n";
    let lost = Package { name: "lost".to_owned(), files: Err(PackageProblem::Missing(vec!["lost.mon".to_owned()])) };
    let checked = with(
        &[("a.mon", rules), ("brand/terms.mon", brand)],
        Vec::new(),
        vec![package("brand", &["brand/terms.mon"]), package("brand.terms", &["brand/terms.mon"]), lost],
    );
    let told: Vec<(&str, &str)> =
        checked.diagnostics.iter().map(|told| (told.code.id, told.message.as_str())).collect();
    expect![[r#"
        [
            (
                "MON0215",
                "a package cannot be called `author`: names of fields of posts begin so",
            ),
            (
                "MON0215",
                "`brand/terms.mon` would belong to two packages, `brand` and `brand.terms`",
            ),
            (
                "MON0214",
                "there is no package `lost`",
            ),
            (
                "MON0215",
                "the package `brand` holds a `monitor`, which would run for everybody who uses it",
            ),
            (
                "MON0207",
                "`likes` is the name of a field of posts",
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}

#[test]
fn a_query_is_given_values_of_each_kind() {
    let rules = "terms acme = \"acme\", #acme\n\
        query complaint(brand: terms, gap: number) = brand near/gap (\"broken\" or \"refund\") and not brand then/gap \"ok\"\n\
        query loud(by: field, least: number, age: duration, host: text) =\n  by >= least and created within age and link.domain is host\n\
        query both(brand: terms) = complaint(brand, 2) or title: brand\n\
        monitor talk {\n  match complaint(acme, 8) and loud(author.followers, 10k, 2h, \"acme.example\") and both((\"apex\", #apex))\n}\n";
    let checked = with(&[("a.mon", rules)], Vec::new(), Vec::new());
    assert!(checked.diagnostics.is_empty(), "{}", said(&checked));
    let plan = checked.plan.unwrap();
    let names: Vec<&str> = plan.queries.iter().map(|query| query.name.as_str()).collect();
    assert_eq!(names, ["talk"]);
    let mut told = vec![crate::describe::condition(&plan, &plan.queries.first().unwrap().cond)];
    let CondKind::And(members) = &plan.queries.first().unwrap().cond.kind else { panic!("three parts") };
    for member in members {
        let CondKind::Named { name, cond } = &member.kind else { panic!("a query with its values") };
        told.push(format!("{name}: {}", crate::describe::condition(&plan, cond)));
    }
    expect![[r#"
        `complaint(acme, 8)` holds, `loud(author.followers, 10k, 2h, "acme.example")` holds and `both(("apex", #apex))` holds
        complaint(acme, 8): ("acme" or #acme) with at most 8 words to ("broken" or "refund") stands and not ("acme" or #acme) followed after at most 8 words by "ok" stands
        loud(author.followers, 10k, 2h, "acme.example"): `author.followers` >= 10000, `created_at` is at most 2h ago and `link.domain` is acme.example
        both(("apex", #apex)): `complaint(("apex", #apex), 2)` holds or ("apex" stands in the title or #apex stands in the title)"#]].assert_eq(&told.join("\n"));
}

#[test]
fn a_mistake_inside_is_told_once_with_the_use_and_the_meaning() {
    let rules = "query loud(by: field, least: number) = by >= least and wrong\n\
        monitor talk {\n  match \"acme\" and loud(lang, 3) and (loud(author.followers, 3) or loud(author.followers, 4))\n}\n";
    let checked = with(&[("a.mon", rules)], Vec::new(), Vec::new());
    expect![[r#"
        MON0308 no-order

          × `lang` has no order
           ╭─[a.mon:1:40]
         1 │ query loud(by: field, least: number) = by >= least and wrong
           ·                                        ─┬
           ·                                         ╰── this is the code of a language, such as `en`
         2 │ monitor talk {
         3 │   match "acme" and loud(lang, 3) and (loud(author.followers, 3) or loud(author.followers, 4))
           ·                    ──────┬──────
           ·                          ╰── the query is given its values here
         4 │ }
           ╰────
          help: write for example `lang in [en, de]`

        MON0201 unknown-name

          × `wrong` is not known
           ╭─[a.mon:1:56]
         1 │ query loud(by: field, least: number) = by >= least and wrong
           ·                                                        ─────
         2 │ monitor talk {
         3 │   match "acme" and loud(lang, 3) and (loud(author.followers, 3) or loud(author.followers, 4))
           ·                    ──────┬──────
           ·                          ╰── the query is given its values here
         4 │ }
           ╰────
          help: if posts shall be searched for the word, write it in quotes: `"wrong"`; a name without
                quotes is a field of posts, a `terms` list or a `query`

    "#]]
    .assert_eq(&said(&checked));
}

#[test]
fn values_are_counted_and_of_their_kind() {
    let rules = "query complaint(brand: terms, gap: number) = brand near/gap \"broken\"\n\
        query late(age: duration) = created within age\nquery on(host: text) = link.domain is host\n\
        query big(by: field) = by >= 10\n\
        query all = complaint(\"a\") or complaint or complaint(lang, 1.5) or complaint(8, -1) or late(8) or on(acme) or big(\"x\")\n";
    let checked = with(&[("a.mon", rules)], Vec::new(), Vec::new());
    let told: Vec<(&str, &str)> =
        checked.diagnostics.iter().map(|told| (told.code.id, told.message.as_str())).collect();
    expect![[r#"
        [
            (
                "MON0216",
                "`complaint` takes 2: brand, gap, and is given one value",
            ),
            (
                "MON0216",
                "`complaint` takes 2: brand, gap, and is given no value",
            ),
            (
                "MON0216",
                "`brand` is words, and this is something else",
            ),
            (
                "MON0216",
                "`gap` is a number of words, and this is something else",
            ),
            (
                "MON0216",
                "`brand` is words, and this is something else",
            ),
            (
                "MON0216",
                "`gap` is a number of words, and this is something else",
            ),
            (
                "MON0216",
                "`age` is a length of time, and this is something else",
            ),
            (
                "MON0216",
                "`host` is a text, and this is something else",
            ),
            (
                "MON0216",
                "`by` is a field of posts, and this is something else",
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}

#[test]
fn names_of_queries_with_values_are_free_and_make_no_circle() {
    let rules = "terms acme = \"acme\"\nquery acme(brand: terms) = brand\nquery count(brand: terms) = brand\n\
        query a(acme: terms, lang: number) = acme\nquery one(brand: terms) = two(brand)\nquery two(brand: terms) = one(brand)\n\
        query self(brand: terms) = self(brand)\nquery all = one(acme) or self(acme)\n";
    let checked = with(&[("a.mon", rules)], Vec::new(), Vec::new());
    let told: Vec<(&str, &str)> =
        checked.diagnostics.iter().map(|told| (told.code.id, told.message.as_str())).collect();
    expect![[r#"
        [
            (
                "MON0205",
                "nothing uses the list `acme`",
            ),
            (
                "MON0202",
                "the name `acme` is taken",
            ),
            (
                "MON0202",
                "the name `count` is taken: it measures posts",
            ),
            (
                "MON0202",
                "the name `acme` is taken",
            ),
            (
                "MON0207",
                "`lang` is the name of a field of posts",
            ),
            (
                "MON0203",
                "queries use each other in a circle: `one` uses `two` uses `one`",
            ),
            (
                "MON0203",
                "`self` uses itself",
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}

#[test]
fn a_query_of_a_package_is_given_names_of_the_rules() {
    let rules = "use brand\nterms ours = \"ours\"\nterms failure = \"mine\"\nmonitor talk {\n  match brand.complaint(ours, 3) and failure\n}\n";
    let brand = "terms failure = \"broken\"\nquery complaint(brand: terms, gap: number) = brand near/gap failure\n";
    let checked = with(&[("a.mon", rules), ("brand.mon", brand)], Vec::new(), vec![package("brand", &["brand.mon"])]);
    assert!(checked.diagnostics.is_empty(), "{}", said(&checked));
    assert_eq!(written(&checked), ["\"ours\"", "\"mine\"", "\"broken\""]);
    let plan = checked.plan.unwrap();
    let CondKind::And(members) = &plan.queries.first().unwrap().cond.kind else { panic!("two parts") };
    let Some(CondKind::Named { name, .. }) = members.first().map(|member| &member.kind) else { panic!("a name") };
    assert_eq!(name, "brand.complaint(ours, 3)");
}

const PRESS: &str = "playbook press {\n  route first {\n    when severity >= high to team legal\n    otherwise to team press\n  }\n  \
     notify {\n    high by email at once\n    medium by email, slack at once\n  }\n";

fn talk(rest: &str) -> String {
    format!(
        "monitor talk {{\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume >= 20\n  \
         severity {{ high when volume >= 80  medium otherwise }}\n  follow playbook press\n{rest}}}\n"
    )
}

/// Codes and messages of a monitor with these clauses and a playbook with these.
fn flows(rest: &str, shares: &str) -> (Vec<String>, usize) {
    let rules = format!("{}\n{PRESS}{shares}}}\n", talk(rest));
    let checked = with(&[("a.mon", &rules)], Vec::new(), Vec::new());
    let told = checked.diagnostics.iter().map(|told| format!("{} {}", told.code.id, told.message)).collect();
    (told, checked.plan.map_or(0, |plan| plan.flows.len()))
}

#[test]
fn a_labelled_value_leaves_only_where_it_is_shared() {
    let by = "  for crisis\n  group by author.handle\n";
    let whole = "  share personal with team legal, press for crisis\n";
    assert_eq!(flows(by, whole), (Vec::new(), 2));
    // Who may see what is sensitive may see what is personal.
    assert_eq!(flows(by, "  share sensitive with team legal, press for fraud, crisis\n"), (Vec::new(), 2));
    assert_eq!(flows("  for crisis\n  measure north = max(geo.lat)\n", "").0.len(), 2);
    let told = [
        flows(by, ""),
        flows(by, "  share personal with team legal for crisis\n"),
        flows(
            by,
            "  share personal with team legal for crisis\n  share personal with team press by email for crisis\n",
        ),
        flows(by, "  share personal with team legal, press for fraud\n"),
        flows("  group by author.handle\n", whole),
        flows("  for crisis\n  measure where = max(geo.lat)\n", whole),
    ];
    expect![[r#"
        [
            (
                [
                    "MON0608 `author.handle` is personal, and team `legal` is not cleared for it",
                    "MON0608 `author.handle` is personal, and team `press` is not cleared for it",
                ],
                0,
            ),
            (
                [
                    "MON0608 `author.handle` is personal, and team `press` is not cleared for it",
                ],
                0,
            ),
            (
                [
                    "MON0608 `author.handle` is personal, and team `press` is not cleared for it",
                ],
                0,
            ),
            (
                [
                    "MON0608 `author.handle` is personal, and team `legal` is not cleared for it",
                    "MON0608 `author.handle` is personal, and team `press` is not cleared for it",
                ],
                0,
            ),
            (
                [
                    "MON0609 `author.handle` is personal, and `talk` does not say what it is for",
                ],
                0,
            ),
            (
                [
                    "MON0608 `geo.lat` is sensitive, and team `legal` is not cleared for it",
                    "MON0608 `geo.lat` is sensitive, and team `press` is not cleared for it",
                    "MON0610 no alert tells personal values for `crisis`",
                ],
                0,
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}

#[test]
fn counts_tell_no_value_and_a_clearance_for_nothing_is_told() {
    let counts = "  for crisis\n  measure voices = distinct(author.uid)\n  measure places = approx_distinct(geo.lat)\n  \
                  measure north = count(geo.lat >= 50)\n";
    assert_eq!(flows(counts, ""), (Vec::new(), 0));
    let told = [
        flows(counts, "  share personal with team legal for crisis\n"),
        flows(counts, "  share sensitive with team leagl for crisis\n"),
        flows(counts, "  share sensitive with team legal by emial for crisis\n"),
        flows(counts, "  share privat with team legal for crisis\n"),
    ];
    expect![[r#"
        [
            (
                [
                    "MON0610 no alert tells personal values for `crisis`",
                ],
                0,
            ),
            (
                [
                    "MON0610 no alert goes to team `leagl`",
                ],
                0,
            ),
            (
                [
                    "MON0610 nobody is told by `emial`",
                ],
                0,
            ),
            (
                [
                    "MON0303 `privat` is no label of fields",
                ],
                0,
            ),
        ]
    "#]]
    .assert_debug_eq(&told);
}
