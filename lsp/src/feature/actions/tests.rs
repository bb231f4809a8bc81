//! Every action is made, and the rules are checked again.

use std::sync::Arc;

use expect_test::{Expect, expect};
use mon_compiler::analysis::{Relation, compare};
use mon_compiler::diagnostic::Safety;
use mon_compiler::lint;
use mon_compiler::plan::{Plan, QueryId, QueryPlan};
use mon_grammar::tree::SyntaxKind;

use super::super::fixture::{edited, marked, snapshot};
use super::*;

/// The folder after an action.
fn done(before: &Snapshot, action: &Action) -> Snapshot {
    let mut texts = Vec::new();
    for (at, file) in before.files.iter().enumerate() {
        let own = action.edits.iter().filter(|(file, _, _)| *file == at);
        let own: Vec<(Span, String)> = own.map(|(_, span, text)| (*span, text.clone())).collect();
        texts.push((file.path.to_string_lossy().into_owned(), edited(&file.text, &own)));
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    snapshot(&texts)
}

fn errors(snapshot: &Snapshot) -> Vec<String> {
    let found = snapshot.analysis.as_ref().unwrap().diagnostics.iter().filter(|told| told.is_error());
    found.map(|told| format!("{} {}", told.code.id, told.message)).collect()
}

fn plan(snapshot: &Snapshot) -> Arc<Plan> {
    Arc::clone(snapshot.analysis.as_ref().unwrap().plan.as_ref().unwrap())
}

/// Queries of the older plan for which it is not proved that the newer one takes the same posts.
fn changed(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let (before, after) = (plan(before), plan(after));
    let ids = |plan: &Plan, name: &str, named: bool| {
        let found = plan.queries.iter().position(|query| query.name == name && query.named == named).unwrap();
        QueryId(u32::try_from(found).unwrap())
    };
    let same = |query: &&QueryPlan| {
        let pair = [&before, &after].map(|plan| ids(plan, &query.name, query.named));
        compare((&before, pair[0]), (&after, pair[1])).relation() == Relation::Equal
    };
    before.queries.iter().filter(|query| !same(query)).map(|query| query.name.clone()).collect()
}

fn titles(text: &str) -> String {
    let (text, range) = marked(text);
    let found = actions(&snapshot(&[("a.mon", &text)]), 0, range);
    found
        .iter()
        .map(|action| format!("{:?}{} {}\n", action.kind, if action.preferred { "!" } else { "" }, action.title))
        .collect()
}

/// Makes the action whose title begins so; the cursor is drawn.
fn made(text: &str, title: &str) -> (Snapshot, Snapshot, String) {
    let (text, range) = marked(text);
    let before = snapshot(&[("a.mon", &text)]);
    let found = actions(&before, 0, range);
    let action = found.iter().find(|action| action.title.starts_with(title)).unwrap_or_else(|| panic!("{found:#?}"));
    let after = done(&before, action);
    assert_eq!(after.files[0].tree.errors, [], "{}", after.files[0].text);
    assert!(errors(&after).len() <= errors(&before).len(), "{:?}\n{}", errors(&after), after.files[0].text);
    let mut drawn = action.edits.clone();
    if let Some(cursor) = &action.cursor {
        let text = &mut drawn[cursor.edit].2;
        text.insert(cursor.range.end, '›');
        text.insert(cursor.range.start, '‹');
    }
    let drawn: Vec<(Span, String)> = drawn.into_iter().map(|(_, span, text)| (span, text)).collect();
    let drawn = edited(&text, &drawn);
    (before, after, drawn)
}

fn makes(text: &str, title: &str, expected: &Expect) {
    expected.assert_eq(monitor(&made(text, title).2));
}

/// The same of an action that keeps the meaning.
fn keeps(text: &str, title: &str, expected: &Expect) {
    let (before, after, drawn) = made(text, title);
    assert_eq!(changed(&before, &after), [""; 0], "{drawn}");
    expected.assert_eq(monitor(&drawn));
}

/// The text without the playbook that [`watched`] adds.
fn monitor(text: &str) -> &str {
    text.split("\nplaybook desk").next().unwrap()
}

fn offers(text: &str, title: &str) -> bool {
    let (text, range) = marked(text);
    actions(&snapshot(&[("a.mon", &text)]), 0, range).iter().any(|action| action.title.starts_with(title))
}

/// A monitor that follows no advice, around its match.
fn watched(condition: &str) -> String {
    format!(
        "terms acme = \"acme\", @acme\nquery bad = acme near/3 \"broken\" and lang is en\n\nmonitor watch {{\n  match {condition}\n  \
         window tumble 5m\n  alert when count() >= 3\n  follow playbook desk\n}}\n\nplaybook desk {{\n  \
         route first {{ otherwise to team care }}\n  notify {{ medium by slack at once }}\n}}\n"
    )
}

#[test]
fn fixes_say_what_they_do_to_the_meaning() {
    let text =
        "query talk = \"acme\" and «(lang is en or lang is de)» and sentiment <= -0.3\nmonitor m { match talk }\n";
    expect![[r#"
        QuickFix! write `lang in [en, de]`
        QuickFix allow MON0845 here, with a reason
        Extract name this condition as a query
        FixAll mend all that keeps the meaning in this file
    "#]]
    .assert_eq(&titles(text));
    keeps(
        text,
        "write `lang in",
        &expect![[r#"
        query talk = "acme" and lang in [en, de] and sentiment <= -0.3
        monitor m { match talk }
    "#]],
    );
    let text = "query talk = \"acme\" and sentiment «<= -0.3\nmonitor m { match talk }\n";
    expect![[r#"
        QuickFix write `sentiment <= -0.3 @ 70%` (changes what matches)
        QuickFix allow MON0841 here, with a reason
    "#]]
    .assert_eq(&titles(text));
    makes(
        text,
        "write `sentiment",
        &expect![[r#"
        query talk = "acme" and sentiment <= -0.3 @ 70%
        monitor m { match talk }
    "#]],
    );
}

#[test]
fn what_only_shows_what_could_be_meant_is_not_offered() {
    let shown = lint::all().iter().filter(|lint| lint.fix == Some(Safety::ShowOnly));
    let mut seen = 0;
    for lint in shown {
        let snapshot = snapshot(&[("a.mon", lint.code.bad)]);
        let analysis = snapshot.analysis.clone().unwrap();
        let told = analysis.diagnostics.iter().filter(|told| told.code.id == lint.code.id);
        for told in told.filter(|told| !told.fixes.is_empty()) {
            seen += 1;
            let fixes = mend::fixes(&snapshot, 0, told.place.span);
            let own = fixes.iter().filter(|fix| analysis.diagnostics[fix.finding.unwrap()].code.id == lint.code.id);
            assert_eq!(own.count(), 0, "{}", lint.code.id);
            assert!(told.help.is_some(), "{}", lint.code.id);
        }
    }
    assert!(seen > 1, "{seen} findings");
}

/// Every action that is offered anywhere in the project's own rules, once an item.
#[test]
fn actions_leave_real_rules_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/rules");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "mon") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            texts.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    texts.sort();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let before = snapshot(&texts);
    assert_eq!(errors(&before), [""; 0]);
    let mut done_before = std::collections::BTreeSet::new();
    for (at, file) in before.files.iter().enumerate() {
        for (kind, leaf) in mon_grammar::tree::leaves(&file.text) {
            let Some((item, _)) = file.item_at(leaf.start) else { continue };
            if !matches!(kind, SyntaxKind::Word | SyntaxKind::ParenOpen) {
                continue;
            }
            for action in actions(&before, at, Span::new(leaf.start, leaf.start)) {
                if !done_before.insert((at, item, action.title.clone())) {
                    continue;
                }
                let after = done(&before, &action);
                assert_eq!(errors(&after), [""; 0], "{action:#?}");
                if matches!(action.kind, ActionKind::Extract | ActionKind::Inline | ActionKind::FixAll) {
                    assert_eq!(changed(&before, &after), [""; 0], "{action:#?}");
                }
            }
        }
    }
    let titles = |word: &str| done_before.iter().filter(|(_, _, title)| title.starts_with(word)).count();
    let counts = ["name these", "write what", "add an `example yes`", "add a test"].map(titles);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn a_fix_whose_place_has_changed_is_gone() {
    let old = "query q = (lang is en or lang is de)\nmonitor m { match q }\n";
    let new = old.replace("en or", "fr or");
    let (then, mut now) = (snapshot(&[("a.mon", old)]), snapshot(&[("a.mon", &new)]));
    now.analysis = then.analysis;
    assert_eq!(mend::fixes(&now, 0, Span::new(0, 40)), []);
    assert_eq!(fix_all(&now, 0), None);
    // Text before it only moves it.
    let mut moved = snapshot(&[("a.mon", &format!("// A line.\n{old}"))]);
    moved.analysis = now.analysis;
    let found = mend::fixes(&moved, 0, Span::new(25, 25));
    assert_eq!(found.iter().map(|action| action.edits[0].1).collect::<Vec<_>>(), [Span::new(21, 47)]);
}

#[test]
fn all_safe_fixes_are_made_together() {
    let text = "«query one = (lang is en or lang is de) and any [\"acme\"]\nquery two = not not \"acme\" and (lang is en or lang is fr)\n\
        monitor m { match one or two }\n";
    keeps(
        text,
        "mend all",
        &expect![[r#"
        query one = lang in [en, de] and "acme"
        query two = "acme" and lang in [en, fr]
        monitor m { match one or two }
    "#]],
    );
    assert!(!offers("query q = «\"acme\"\nmonitor m { match q }\n", "mend all"));
}

#[test]
fn a_finding_is_allowed_where_it_stands() {
    let gone = |text: &str, code: &str, expected: &Expect| {
        let (before, after, drawn) = made(text, &format!("allow {code}"));
        let has = |snapshot: &Snapshot| {
            snapshot.analysis.as_ref().unwrap().diagnostics.iter().any(|told| told.code.id == code)
        };
        assert!(has(&before) && !has(&after), "{drawn}");
        expected.assert_eq(monitor(&drawn));
    };
    gone(
        "query shop = «(\"acme\") // Why.\nmonitor m { match shop }\n",
        "MON0831",
        &expect![[r#"
        query shop = ("acme") // Why.
          allow MON0831 because "‹why this is right here›"
        monitor m { match shop }
    "#]],
    );
    gone(
        "terms idle« = \"acme\"\nmonitor m { match \"b\" }\n",
        "MON0205",
        &expect![[r#"
        terms idle = "acme"
          allow MON0205 because "‹why this is right here›"
        monitor m { match "b" }
    "#]],
    );
    gone(
        "monitor m { match «(\"acme\") }\n",
        "MON0831",
        &expect![[r#"
        monitor m { match ("acme") allow MON0831 because "‹why this is right here›" }
    "#]],
    );
    gone(
        &watched("bad").replace("monitor watch", "monitor «watch"),
        "MON0870",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match bad
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
              allow MON0870 because "‹why this is right here›"
            }
        "#]],
    );
    assert!(!offers("query q = «missing\nmonitor m { match q }\n", "allow"));
    assert!(!offers("query q = \"acme\"\n  «allow MON0831 because \"x\"\nmonitor m { match q }\n", "allow"));
}

#[test]
fn phrases_get_a_name() {
    keeps(
        &watched("acme near/5 («\"won't turn on\" or \"broken\" or #fail)"),
        "name these",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            terms ‹wont_turn_terms› = "won't turn on", "broken", #fail

            monitor watch {
              match acme near/5 wont_turn_terms
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    let taken = watched("broken_terms or not(«\"Broken\",\"dead\")and acme");
    keeps(
        &format!("terms broken_terms = \"x\"\n{taken}"),
        "name these",
        &expect![[r#"
            terms broken_terms = "x"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            terms ‹broken_terms_2› = "Broken", "dead"

            monitor watch {
              match broken_terms or not broken_terms_2 and acme
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    assert!(offers(&watched("«\"a\" or \"b\"»"), "name these 2"));
    assert!(!offers(&watched("«\"a\" or acme"), "name these"));
    assert!(!offers(&watched("«\"a\" and \"b\""), "name these"));
    assert!(!offers("terms t = «\"a\", \"b\"\nmonitor m { match t }\n", "name these"));
}

#[test]
fn a_condition_gets_a_name() {
    keeps(
        &watched("acme and« (lang is en or author.followers >= 10k)»and bad"),
        "name this",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            query ‹watch_part› = lang is en or author.followers >= 10k

            monitor watch {
              match acme and watch_part and bad
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    keeps(
        &watched("acme and not« exists country »"),
        "name this",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            query ‹watch_part› = exists country

            monitor watch {
              match acme and not watch_part 
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    for no in ["acme near/3 «(\"a\" or \"b\")»", "«acme»", "«\"a\"»", "acme and «lang» is en", "«acme and» bad"]
    {
        assert!(!offers(&watched(no), "name this"), "{no}");
    }
    let given = "query q(n: number) = «author.followers >= n» and lang is en\nmonitor m { match q(3) }\n";
    assert!(!offers(given, "name this"));
    assert!(offers(&given.replace("»", "").replace("«", "").replace("lang is en", "«lang is en»"), "name this"));
}

#[test]
fn a_name_gives_way_to_what_it_means() {
    keeps(
        &watched("b«ad or \"x\""),
        "write what `bad`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match (acme near/3 "broken" and lang is en) or "x"
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    keeps(
        &watched("«bad"),
        "write what `bad`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match acme near/3 "broken" and lang is en
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    keeps(
        &watched("title: «acme and any [acme, \"x\"]"),
        "write what `acme`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match title: ("acme" or @acme) and any [acme, "x"]
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    keeps(
        &watched("bad or any [«acme, \"x\"]"),
        "write what `acme`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match bad or any [("acme" or @acme), "x"]
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }
        "#]],
    );
    assert!(!offers(&watched("count(«acme) >= 2"), "write what"));
    assert!(!offers(&watched("bad and «lang is en"), "write what"));
    let hidden = "terms b = \"x\"\nquery inner = b and lang is en\nquery outer(b: terms) = b and «inner\nmonitor m { match outer(b) }\n";
    assert!(!offers(hidden, "write what"));
    let given = "terms b = \"x\"\nquery inner(c: terms) = c\nmonitor m { match «inner(b) }\n";
    assert!(!offers(given, "write what"));
}

#[test]
fn a_monitor_gets_the_lines_that_it_lacks() {
    let text = watched("acme near/3 «\"won't turn on\" and lang in [en] and not \"giveaway\"");
    expect![[r#"
        QuickFix say who keeps `watch`
        Add add an `example yes`
        Add add an `example no`
        Add add a test of `watch`
        FixAll mend all that keeps the meaning in this file
    "#]]
    .assert_eq(&titles(&text));
    keeps(
        &text,
        "say who keeps",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match acme near/3 "won't turn on" and lang in [en] and not "giveaway"
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
              owner "‹the desk that keeps it›"
            }
        "#]],
    );
    keeps(
        &text,
        "add an `example yes`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match acme near/3 "won't turn on" and lang in [en] and not "giveaway"
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
              example yes "‹#acme won't turn on›"
            }
        "#]],
    );
    keeps(
        &text,
        "add an `example no`",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match acme near/3 "won't turn on" and lang in [en] and not "giveaway"
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
              example no  "‹…›"
            }
        "#]],
    );
}

#[test]
fn a_monitor_gets_a_test() {
    let text = watched("acme near/3 «\"won't turn on\" and lang in [en] and not \"giveaway\"");
    keeps(
        &text,
        "add a test",
        &expect![[r#"
            terms acme = "acme", @acme
            query bad = acme near/3 "broken" and lang is en

            monitor watch {
              match acme near/3 "won't turn on" and lang in [en] and not "giveaway"
              window tumble 5m
              alert when count() >= 3
              follow playbook desk
            }

            test watch "‹what it has to show›" {
              replay "captures/watch.jsonl"
              expect no incidents
            }
        "#]],
    );
}

#[test]
fn lines_are_offered_only_where_they_can_be_right() {
    makes("monitor m {match «\"a\"}", "add an `example no`", &expect![[r#"monitor m {match "a" example no  "‹…›" }"#]]);
    assert!(!offers(&watched("«bad").replace("follow", "owner \"desk\"\n  follow"), "say who keeps"));
    // What takes no post can have no such example, and rules with errors are not asked.
    assert!(!offers("monitor m { match «missing }\n", "add an `example yes`"));
}

/// A text of lines that end as Windows has them.
fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

#[test]
fn a_test_of_what_raises_no_alert_asks_for_posts() {
    let (_, after, drawn) = made("monitor «m { match \"a\" }\n", "add a test");
    assert!(drawn.contains("  expect >= 1 posts matched\n"), "{drawn}");
    assert_eq!(errors(&after), [""; 0]);
    let base = watched("acme").replace("monitor watch", "monitor base");
    let (_, after, drawn) = made(&format!("{base}\nmonitor «more {{\n  extend base\n}}\n"), "add a test");
    assert!(drawn.contains("  expect no incidents\n"), "{drawn}");
    assert_eq!(errors(&after), [""; 0]);
}

#[test]
fn an_example_that_fails_is_not_offered() {
    let text = "monitor m {\n  match «\"acme\" or not \"bee\"\n}\n";
    assert!(!offers(text, "add an `example no`"));
    assert!(!offers(
        "query every = lang is en or \"a\" or not \"a\"\nmonitor m { match «every }\n",
        "add an `example no`"
    ));
    assert!(offers("monitor m {\n  match «\"acme\"\n}\n", "add an `example no`"));
}

#[test]
fn a_lone_name_gets_no_other_name() {
    let loud = "query loud = author.followers >= 10k\nmonitor m { match \"a\" and «(loud)» }\n";
    assert!(!offers(loud, "name this"));
    assert!(!offers(&loud.replace("(loud)", "((loud))"), "name this"));
    assert!(offers(&loud.replace("(loud)", "(loud or \"b\")"), "name this"));
}

#[test]
fn actions_write_the_line_ends_of_the_file() {
    let text = crlf(&watched("acme and «(lang is en or\n    kind is post)» and bad"));
    let titles = ["say who", "add an `example yes`", "add a test", "name this"];
    for title in titles {
        let (_, after, drawn) = made(&text, title);
        let own = &after.files[0].text;
        assert_eq!(own.matches('\n').count(), own.matches("\r\n").count(), "{title}: {own:?}");
        assert!(!drawn.contains("\r\r"), "{drawn:?}");
        if title == "add a test" {
            assert!(drawn.contains("\r\n\r\ntest watch \"‹what it has to show›\" {\r\n"), "{drawn:?}");
        }
    }
    let (_, _, drawn) = made(&text, "name this");
    assert!(drawn.contains("query ‹watch_part› =\r\n  lang is en or\r\n"), "{drawn:?}");
}

#[test]
fn a_line_of_which_nothing_is_left_goes() {
    let text = "query q = «\"acme\"\n  allow MON0831 because \"x\"\nmonitor m { match q }\n";
    let gone = "query q = \"acme\"\nmonitor m { match q }\n";
    for title in ["mend all", "take `allow"] {
        let at = text.replace('«', "").replacen("allow", "«allow", 1);
        assert_eq!(made(&at, title).2, gone, "{title}");
        assert_eq!(made(&crlf(&at), title).2, crlf(gone), "{title}");
    }
    let beside = "query q = \"acme\" «allow MON0831 because \"x\" // Why.\nmonitor m { match q }\n";
    assert_eq!(made(beside, "mend all").2, "query q = \"acme\"  // Why.\nmonitor m { match q }\n");
}
