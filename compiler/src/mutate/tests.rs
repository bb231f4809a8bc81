//! Which mutants are made of which rules, and which of them nothing can tell from the rule.

use expect_test::{Expect, expect};

use super::*;
use crate::check::{CheckOptions, check};
use crate::matching::{PostTexts, evaluate};

fn folder(rules: &str) -> (Folder, Plan) {
    let checked = check(vec![("rules.mon".to_owned(), rules.to_owned())], &CheckOptions::default());
    let told: Vec<_> = checked.diagnostics.iter().map(|told| told.message.clone()).collect();
    let plan = checked.plan.unwrap_or_else(|| panic!("{told:?}"));
    (Folder::parse(checked.files), plan)
}

/// All mutants of some rules with what the checker says of them.
fn told(rules: &str, expected: &Expect) {
    let (folder, plan) = folder(rules);
    let mut out = String::new();
    for mutant in mutants(&folder, &plan) {
        let monitor = plan.monitors.iter().find(|monitor| folder.reach(&monitor.name).contains(&mutant.item)).unwrap();
        let checked = mutant.check(&folder, &folder.part(&monitor.name));
        let error = checked.diagnostics.iter().find(|told| told.is_error());
        let verdict = match (&checked.plan, error) {
            (_, Some(error)) => error.code.name.to_owned(),
            (Some(changed), None) if mutant.touches == Touches::Posts => {
                let part = folder.check(&folder.part(&monitor.name), false, |_, _| {}, Vec::new()).plan.unwrap();
                let same = same_matches(&part, changed) && same_filters(&part, changed);
                if same { "means the same" } else { "compiles" }.to_owned()
            }
            _ => "compiles".to_owned(),
        };
        out.push_str(&format!("{}: {verdict}\n", mutant.said));
    }
    expected.assert_eq(&out);
}

#[test]
fn words_lose_members_and_operands_and_change_their_operators() {
    told(
        r#"
terms acme = "acme", "acme phone", #acme, @acme
query far  = acme near/8 ("broken" or "crash*" or "crashed")
monitor m {
  match far and not title: "giveaway" and lang in [en, de]
  example yes "acme is broken"
  example no  "acme was here long ago and all of us said that it must be broken"
}
"#,
        &expect![[r#"
            `"acme"` was removed: example-fails
            `"acme phone"` was removed: compiles
            `#acme` was removed: means the same
            `@acme` was removed: compiles
            `near/8` became `and`: compiles
            `near/8` became `near/12`: compiles
            `"broken"` was removed: example-fails
            `or` became `and`: example-fails
            `"crash*"` was removed: compiles
            `or` became `and`: example-fails
            `"crashed"` was removed: compiles
            `far` was removed: compiles
            `and` became `or`: compiles
            `not title: "giveaway"` was removed: compiles
            `not` was removed: compiles
            `title:` was removed: compiles
            `and` became `or`: compiles
            `lang in [en, de]` was removed: compiles
            `en` was removed: compiles
            `de` was removed: compiles
        "#]],
    );
}

#[test]
fn a_member_that_another_one_finds_anyway_can_go() {
    told(
        r#"
terms acme = "acme", "acme phone", #acme
monitor m { match any [acme] and author.followers >= 10k and sentiment < -0.2 @ 70% }
"#,
        &expect![[r#"
            `"acme"` was removed: compiles
            `"acme phone"` was removed: compiles
            `#acme` was removed: means the same
            `any [acme]` was removed: compiles
            `and` became `or`: compiles
            `author.followers >= 10k` was removed: compiles
            `author.followers >= 10k` became `author.followers > 10k`: compiles
            `author.followers >= 10k` became `author.followers < 10k`: compiles
            `10k` in `author.followers >= 10k` became half as much: compiles
            `10k` in `author.followers >= 10k` became twice as much: compiles
            `and` became `or`: compiles
            `sentiment < -0.2 @ 70%` was removed: compiles
            `@ 70%` was removed: compiles
            `sentiment < -0.2` became `sentiment <= -0.2`: compiles
            `sentiment < -0.2` became `sentiment >= -0.2`: compiles
            `-0.2` in `sentiment < -0.2` became half as much: compiles
            `-0.2` in `sentiment < -0.2` became twice as much: compiles
        "#]],
    );
}

#[test]
fn alerts_and_playbooks_lose_what_holds_them_and_change_their_figures() {
    told(
        r#"
monitor m {
  match "acme" then/4 "recall"
  window tumble 5m by country
  measure bad = count(sentiment <= -0.3)
  alert when count() >= 10 and bad > 4  for 10m
        clear when count() < 5          for 20m
  severity { high when count() >= 50  medium otherwise }
  follow playbook desk
}
playbook desk {
  route first { when country in [DE, AT] to team dach  otherwise to team care }
  route also { when severity is critical to team war_room  when severity >= high to team legal }
  notify { critical by sms at once  high by slack at once  medium by slack after 5m }
}
"#,
        &expect![[r#"
            `then/4` became `near/4`: compiles
            `then/4` became `then/6`: compiles
            `sentiment <= -0.3` became `sentiment < -0.3`: compiles
            `sentiment <= -0.3` became `sentiment > -0.3`: compiles
            `-0.3` in `sentiment <= -0.3` became half as much: compiles
            `-0.3` in `sentiment <= -0.3` became twice as much: compiles
            `count() >= 10` was removed: compiles
            `count() >= 10` became `count() > 10`: compiles
            `count() >= 10` became `count() < 10`: compiles
            `10` in `count() >= 10` became half as much: compiles
            `10` in `count() >= 10` became twice as much: compiles
            `and` became `or`: compiles
            `bad > 4` was removed: compiles
            `bad > 4` became `bad >= 4`: compiles
            `bad > 4` became `bad <= 4`: compiles
            `4` in `bad > 4` became half as much: compiles
            `4` in `bad > 4` became twice as much: compiles
            `for 10m` was removed: compiles
            `count() < 5` became `count() <= 5`: compiles
            `count() < 5` became `count() >= 5`: compiles
            `clear when count() < 5` was removed: compiles
            `5` in `count() < 5` became half as much: compiles
            `5` in `count() < 5` became twice as much: compiles
            `for 20m` was removed: compiles
            `high` and `medium` changed places: compiles
            `count() >= 50` became `count() > 50`: compiles
            `count() >= 50` became `count() < 50`: compiles
            `50` in `count() >= 50` became half as much: compiles
            `50` in `count() >= 50` became twice as much: compiles
            `when country in [DE, AT] to team dach` was removed: compiles
            `DE` was removed: compiles
            `AT` was removed: compiles
            `otherwise to team care` was removed: no-otherwise
            `when severity >= high to team legal` was removed: compiles
            `severity >= high` became `severity > high`: compiles
            `severity >= high` became `severity < high`: compiles
            `high by slack at once` was removed: level-not-notified
            `medium by slack after 5m` was removed: level-not-notified
        "#]],
    );
}

#[test]
fn what_bounds_words_goes_whole() {
    let text = r#"query q = same sentence ("a", "b") and "x" outside "y" and "p" near/4 not "z""#;
    let tree = mon_grammar::parse(text);
    let ItemKind::Query(query) = &tree.items[0].kind else { panic!("{tree:?}") };
    let mut said = Vec::new();
    expr::edits(&query.expr, &|span| span.text(text).trim_end().to_owned(), &mut |found| {
        let mut changed = query.expr.clone();
        found.edit.apply(&mut changed, &found.path);
        assert_ne!(changed, query.expr, "{}", found.said);
        said.push(found.said);
    });
    expect![[r#"
        `"p" near/4 not "z"` was removed
        `and` became `or`
        `same sentence ("a", "b")` was removed
        `"x" outside "y"` was removed
        `and` became `or`
        `same sentence` was removed
        `"a"` was removed
        `"b"` was removed
        `outside "y"` was removed
        `near/4 not "z"` was removed
    "#]]
    .assert_eq(&(said.join("\n") + "\n"));
}

/// The posts of all texts of three of these words that the first monitor takes.
fn taken(plan: &Plan, words: &[&str]) -> Vec<bool> {
    let texts: Vec<String> = words
        .iter()
        .flat_map(|a| words.iter().flat_map(move |b| words.iter().map(move |c| format!("{a} {b} {c}"))))
        .collect();
    let batch = crate::check::posts(texts.iter().map(String::as_str)).unwrap();
    let cond = &plan.queries[plan.monitors[0].query.0 as usize].cond;
    (0..batch.len()).map(|row| evaluate(&plan.terms, cond, &PostTexts::read(&batch, row)).is_true()).collect()
}

#[test]
fn what_is_said_to_mean_the_same_takes_the_same_posts() {
    let words = ["acme", "phone", "#acme", "#acmephone", "crashed", "#crashed", "crash", "it", "😀", "東京都"];
    let rules = r#"
terms acme   = "acme", "acme phone", #acme, #acmephone, "acme*"
terms broken = "crash*", "crashed", "crashed phone", #crashed, "東京", "東京都"
query close  = acme near/1 broken
monitor m { match (any [acme, broken] and not broken) or close or (acme and broken) or at least 2 of [broken, "it", "😀"] }
"#;
    let (folder, plan) = folder(rules);
    let before = taken(&plan, &words);
    let (mut same, mut other) = (0, 0);
    for mutant in mutants(&folder, &plan) {
        let Some(changed) = mutant.check(&folder, &folder.part("m")).plan else { continue };
        if same_matches(&plan, &changed) {
            assert_eq!(taken(&changed, &words), before, "{}", mutant.said);
            same += 1;
        } else {
            other += usize::from(taken(&changed, &words) != before);
        }
    }
    assert!(same >= 2 && other >= 10, "{same} mean the same, {other} take other posts");
}
