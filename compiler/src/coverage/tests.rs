//! What is covered by which examples and windows.

use expect_test::{Expect, expect};
use mon_post::{PostBatch, PostBatchBuilder, PostRow};

use super::*;
use crate::check::{CheckOptions, check};

const RULES: &str = r#"
terms failure = "broken", "crash*", heat
terms heat    = "on fire", "smoke"
query failing = "acme" near/5 failure and not ("giveaway" or "promo")

monitor phones {
  match  failing and lang in [en, de]
  window tumble 5m
  measure volume = count()
  alert when volume >= 10 and distinct(author.uid) >= 5
        clear when volume < 3
  severity {
    high   when volume >= 100
    medium otherwise
  }
  follow playbook desk
  example yes "my acme is broken"
  example no  "acme giveaway, no broken hearts"
  example no  "my heart is broken"
}

monitor titles {
  match title: (("recall" or "smoke") then/3 "acme") and exists country
}

playbook desk {
  route first { when severity is critical to team war_room  otherwise to team care }
  notify { critical by sms at once  high by slack at once  medium by email after 1h }
}
"#;

fn coverage() -> Coverage {
    let checked = check(vec![("rules.mon".to_owned(), RULES.to_owned())], &CheckOptions::default());
    let plan = checked.plan.expect("the rules have no errors");
    Coverage::new(&Folder::parse(checked.files), &Arc::new(plan))
}

fn told(coverage: &Coverage, expected: &Expect) {
    let line = |clause: &&Clause| {
        let seen = clause.missing().unwrap_or("is covered");
        format!("{:?} {:?}: {} {seen}\n", clause.monitors, clause.kind, clause.written)
    };
    expected.assert_eq(&coverage.clauses().iter().map(line).collect::<String>());
}

fn post(text: &str, lang: Option<&str>) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    let row = PostRow { text: Some(text.into()), lang: lang.map(Into::into), ..PostRow::default() };
    builder.append(&row).unwrap();
    builder.finish().unwrap()
}

#[test]
fn every_operand_member_and_row_is_a_clause_and_rows_that_nobody_comes_to_are_not() {
    told(
        &coverage(),
        &expect![[r#"
        [0] Member: "broken" was never found
        [0] Member: "crash*" was never found
        [0] Member: "on fire" was never found
        [0] Member: "smoke" was never found
        [0] Condition: "acme" was never asked
        [0] Condition: "acme" near/5 failure was never asked
        [0] Condition: "acme" near/5 failure and not ("giveaway" or "promo") was never asked
        [0] Condition: failure was never asked
        [0] Condition: "giveaway" was never asked
        [0] Condition: "giveaway" or "promo" was never asked
        [0] Condition: "promo" was never asked
        [0] Condition: failing and lang in [en, de] was never asked
        [0] Condition: lang in [en, de] was never asked
        [0] Alert: volume >= 10 was never asked
        [0] Alert: volume >= 10 and distinct(author.uid) >= 5 was never asked
        [0] Alert: distinct(author.uid) >= 5 was never asked
        [0] Clear: volume < 3 was never asked
        [0] Severity: high   when volume >= 100 was never chosen
        [0] Severity: medium otherwise was never chosen
        [1] Condition: title: (("recall" or "smoke") then/3 "acme") and exists country was never asked
        [1] Condition: ("recall" or "smoke") then/3 "acme" was never asked
        [1] Condition: "recall" was never asked
        [1] Condition: "recall" or "smoke" was never asked
        [1] Condition: "smoke" was never asked
        [1] Condition: "acme" was never asked
        [1] Condition: exists country was never asked
        [0] Route: otherwise to team care was never chosen
        [0] Notify: high by slack at once was never chosen
        [0] Notify: medium by email after 1h was never chosen
    "#]],
    );
}

#[test]
fn examples_say_nothing_of_fields_and_both_sides_of_words() {
    let mut coverage = coverage();
    coverage.see_examples(0);
    told(
        &coverage,
        &expect![[r#"
        [0] Member: "broken" is covered
        [0] Member: "crash*" was never found
        [0] Member: "on fire" was never found
        [0] Member: "smoke" was never found
        [0] Condition: "acme" is covered
        [0] Condition: "acme" near/5 failure is covered
        [0] Condition: "acme" near/5 failure and not ("giveaway" or "promo") is covered
        [0] Condition: failure was true every time
        [0] Condition: "giveaway" is covered
        [0] Condition: "giveaway" or "promo" is covered
        [0] Condition: "promo" was never true
        [0] Condition: failing and lang in [en, de] was never true
        [0] Condition: lang in [en, de] was never asked
        [0] Alert: volume >= 10 was never asked
        [0] Alert: volume >= 10 and distinct(author.uid) >= 5 was never asked
        [0] Alert: distinct(author.uid) >= 5 was never asked
        [0] Clear: volume < 3 was never asked
        [0] Severity: high   when volume >= 100 was never chosen
        [0] Severity: medium otherwise was never chosen
        [1] Condition: title: (("recall" or "smoke") then/3 "acme") and exists country was never asked
        [1] Condition: ("recall" or "smoke") then/3 "acme" was never asked
        [1] Condition: "recall" was never asked
        [1] Condition: "recall" or "smoke" was never asked
        [1] Condition: "smoke" was never asked
        [1] Condition: "acme" was never asked
        [1] Condition: exists country was never asked
        [0] Route: otherwise to team care was never chosen
        [0] Notify: high by slack at once was never chosen
        [0] Notify: medium by email after 1h was never chosen
    "#]],
    );
}

#[test]
fn recorded_posts_and_windows_cover_what_they_decide() {
    let mut coverage = coverage();
    coverage.see_posts(0, &[post("acme on fire", Some("en")), post("ACME promo", None)]).unwrap();
    coverage.see_window(0, &[Some(12.0), Some(4.0)]);
    coverage.see_window(0, &[Some(2.0), Some(7.0)]);
    coverage.see_severity(0, &[Some(120.0), Some(4.0)]);
    told(
        &coverage,
        &expect![[r#"
        [0] Member: "broken" was never found
        [0] Member: "crash*" was never found
        [0] Member: "on fire" is covered
        [0] Member: "smoke" was never found
        [0] Condition: "acme" was true every time
        [0] Condition: "acme" near/5 failure is covered
        [0] Condition: "acme" near/5 failure and not ("giveaway" or "promo") is covered
        [0] Condition: failure is covered
        [0] Condition: "giveaway" was never true
        [0] Condition: "giveaway" or "promo" is covered
        [0] Condition: "promo" is covered
        [0] Condition: failing and lang in [en, de] is covered
        [0] Condition: lang in [en, de] is covered
        [0] Alert: volume >= 10 is covered
        [0] Alert: volume >= 10 and distinct(author.uid) >= 5 was never true
        [0] Alert: distinct(author.uid) >= 5 is covered
        [0] Clear: volume < 3 is covered
        [0] Severity: high   when volume >= 100 is covered
        [0] Severity: medium otherwise was never chosen
        [1] Condition: title: (("recall" or "smoke") then/3 "acme") and exists country was never asked
        [1] Condition: ("recall" or "smoke") then/3 "acme" was never asked
        [1] Condition: "recall" was never asked
        [1] Condition: "recall" or "smoke" was never asked
        [1] Condition: "smoke" was never asked
        [1] Condition: "acme" was never asked
        [1] Condition: exists country was never asked
        [0] Route: otherwise to team care was never chosen
        [0] Notify: high by slack at once was never chosen
        [0] Notify: medium by email after 1h was never chosen
    "#]],
    );
    let (own, total) = (coverage.of_monitor(0), coverage.total());
    assert!(own.reached == total.reached && own.all < total.all, "{own:?} {total:?}");
}

#[test]
fn what_an_extension_takes_over_is_asked_of_it_too() {
    let base = r#"
monitor brand {
  match  "acme" and not "movers"
  window tumble 5m
  measure volume = count()
  measure voices = distinct(author.uid)
  alert when volume >= 10
  severity { high when volume >= 100  medium otherwise }
  follow playbook desk
}
playbook desk {
  route first { when monitor is brand to team care  when monitor is brand_de to team berlin }
  notify { high by slack at once  medium by email after 1h }
}
"#;
    let extension = "monitor brand_de { extend brand for region de alert when volume >= 2 and voices >= 2 }\n";
    let files = vec![("base.mon".to_owned(), base.to_owned()), ("de.mon".to_owned(), extension.to_owned())];
    let checked = check(files, &CheckOptions::default());
    let plan = checked.plan.expect("the rules have no errors");
    let coverage = Coverage::new(&Folder::parse(checked.files), &Arc::new(plan));
    told(
        &coverage,
        &expect![[r#"
        [0, 1] Condition: "acme" was never asked
        [0, 1] Condition: "acme" and not "movers" was never asked
        [0, 1] Condition: "movers" was never asked
        [0] Alert: volume >= 10 was never asked
        [0, 1] Severity: high when volume >= 100 was never chosen
        [0, 1] Severity: medium otherwise was never chosen
        [0, 1] Route: when monitor is brand to team care was never chosen
        [0, 1] Route: when monitor is brand_de to team berlin was never chosen
        [0, 1] Notify: high by slack at once was never chosen
        [0, 1] Notify: medium by email after 1h was never chosen
        [1] Alert: volume >= 2 was never asked
        [1] Alert: volume >= 2 and voices >= 2 was never asked
        [1] Alert: voices >= 2 was never asked
    "#]],
    );
}
