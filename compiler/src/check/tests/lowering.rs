//! What the plan says of common rules, told through [`crate::describe`].

use expect_test::{Expect, expect};

use super::*;
use crate::describe;
use crate::plan::{AggregateArg, MeasureKind};

fn plan_of(source: &str) -> Plan {
    let checked = run(source);
    let said = text(&checked.diagnostics, &checked.files, TextStyle::default());
    checked.plan.unwrap_or_else(|| panic!("{said}"))
}

fn described(source: &str, expected: &Expect) {
    let plan = plan_of(source);
    let said: Vec<String> = plan.monitors.iter().map(|monitor| describe::monitor(&plan, monitor)).collect();
    expected.assert_eq(&said.join("\n"));
}

fn matching(expr: &str) -> String {
    let plan = plan_of(&format!(
        "terms t = \"a\", #b\nquery q = t or \"z\"\nmonitor m {{\n  match ({expr}) and (t or q)\n}}\n"
    ));
    let query = plan.queries.last().unwrap();
    describe::condition(&plan, &query.cond)
}

/// The first file of the language, with what this release executes.
const FIRST_FILE: &str = r#"/// Phones that fail, as people tell it.
terms acme     = "acme", "acme phone", #acme, #acmephone, @acme, $ACME
terms failure  = "broken", "won't turn on", "stopped working", "crash*", "overheat*", "on fire"
terms giveaway = "giveaway", "promo code", "win a"

query acme_failure =
  acme near/8 failure
  and not giveaway
  and lang in [en, es, de]
  and author.followers >= 50

monitor acme_outage {
  match   acme_failure and sentiment <= -0.3 @ 70%
  window  slide 15m every 1m by country, late 2m

  measure volume  = count()
  measure voices  = distinct(author.uid)
  measure mood    = avg(sentiment)
  measure angry   = count(sentiment < -0.6)
  measure anger   = share(angry of volume)
  measure speed   = rate()
  measure loud    = percentile(author.followers, 95)

  alert when volume >= 4 * 5 and voices >= 25  for 2m
        clear when volume < 1.5 * 5            for 10m

  severity {
    critical when voices >= 250
    high     when voices >= 80
    medium   otherwise
  }
  group  by country
  show   5 posts by author.followers
  follow playbook crisis
  owner  "press desk"
  status live
  since  2026-11-01

  example yes "My Acme phone won't turn on 😡"
  example no  "Win a new Acme phone! Giveaway ends tonight, broken hearts not included"
}

playbook crisis {
  route first {
    when country in [DE, AT, CH]  to team care_dach
    otherwise                     to team care
  }
  route also { when severity >= high  to team legal }
  notify {
    critical by sms, slack, email at once
    high     by slack, email      at once
    medium   by slack             after 2m
  }
}

test acme_outage "a launch-day failure is one incident" {
  replay "captures/launch.jsonl"
  expect 1 incident of acme_outage
  expect opened at 10:03 within 30s
  expect severity critical by 10:20
  expect no posts matched where text has "giveaway"
}
"#;

#[test]
fn the_first_file_without_what_is_not_executed() {
    described(
        FIRST_FILE,
        &expect![[r#"
            `acme_outage` takes posts where `acme_failure` holds and `sentiment` <= -0.3 (by a model that is at least 70% sure).
            Every 1m it looks at the last 15m, for each `country` alone, and waits 2m for posts that come late.
            `volume` is the number of posts.
            `voices` is the number of different `author.uid`.
            `mood` is the average of `sentiment`.
            `angry` is the number of posts where `sentiment` < -0.6.
            `anger` is angry / volume.
            `speed` is volume / 15.
            `loud` is the value of `author.followers` that 95% of the posts do not exceed.
            An incident opens when volume >= (4 * 5) and voices >= 25 has held for 2m, and is cleared when volume < (1.5 * 5) for 10m.
            Its severity is critical when voices >= 250, high when voices >= 80, medium otherwise.
            Playbook `crisis` tells team care_dach when `country` is DE, AT or CH, team care otherwise, also team legal when severity >= high; critical by sms, slack and email, high by slack and email, medium by slack after 2m.
        "#]],
    );
}

#[test]
fn matches_say_what_they_mean() {
    let said: Vec<String> = [
        "\"a b\" near/5 (\"x\" or #y)",
        "(\"a\" and \"b\") near/5 \"c\"",
        "(\"a\" then/2 \"b\") near/5 t",
        "t near/3 q",
        "at least 2 of [\"a\", \"b\", t]",
        "at least 2 of [t]",
        "none [\"a\", \"b\"]",
        "bio: (\"nurse\" or \"doctor\")",
        "title: q",
        "text has \"x\"",
        "exists geo",
        "author.verified and not author.is_bot",
        "created within 2h and created >= 2026-11-01",
        "link.domain is \"www.Example.com\" and link.domain != \"x.com\"",
        "50 <= author.followers",
        "author.handle is @acme and country in [de, AT]",
        "\"🔥\" or \"crash*\" or @acme or $ACME",
    ]
    .into_iter()
    .map(|expr| format!("{expr}\n    {}", matching(expr)))
    .collect();
    expect![[r#"
        "a b" near/5 ("x" or #y)
            "a b" with at most 5 words to ("x" or #y) stands and ("a" or #b stands or `q` holds)
        ("a" and "b") near/5 "c"
            ("a" with at most 5 words to "c" stands and "b" with at most 5 words to "c" stands) and ("a" or #b stands or `q` holds)
        ("a" then/2 "b") near/5 t
            ("a" followed after at most 2 words by "b") with at most 5 words to ("a" or #b) stands and ("a" or #b stands or `q` holds)
        t near/3 q
            ("a" or #b) with at most 3 words to ("a", #b or "z") stands and ("a" or #b stands or `q` holds)
        at least 2 of ["a", "b", t]
            (at least 2 of these hold: "a" stands, "b" stands or "a" or #b stands) and ("a" or #b stands or `q` holds)
        at least 2 of [t]
            (at least 2 of these hold: "a" stands or #b stands) and ("a" or #b stands or `q` holds)
        none ["a", "b"]
            not ("a" stands or "b" stands) and ("a" or #b stands or `q` holds)
        bio: ("nurse" or "doctor")
            ("nurse" stands in the bio or "doctor" stands in the bio) and ("a" or #b stands or `q` holds)
        title: q
            `title: q` holds and ("a" or #b stands or `q` holds)
        text has "x"
            "x" stands in the text and ("a" or #b stands or `q` holds)
        exists geo
            (`geo.place` is told, `geo.lat` is told or `geo.lon` is told) and ("a" or #b stands or `q` holds)
        author.verified and not author.is_bot
            (`author.verified` is true and not `author.is_bot` is true) and ("a" or #b stands or `q` holds)
        created within 2h and created >= 2026-11-01
            (`created_at` is at most 2h ago and `created_at` >= 2026-11-01) and ("a" or #b stands or `q` holds)
        link.domain is "www.Example.com" and link.domain != "x.com"
            (`link.domain` is example.com and not `link.domain` is x.com) and ("a" or #b stands or `q` holds)
        50 <= author.followers
            `author.followers` >= 50 and ("a" or #b stands or `q` holds)
        author.handle is @acme and country in [de, AT]
            (`author.handle` is acme and `country` is DE or AT) and ("a" or #b stands or `q` holds)
        "🔥" or "crash*" or @acme or $ACME
            ("🔥" stands, "crash*" stands, @acme stands or $ACME stands) and ("a" or #b stands or `q` holds)"#]].assert_eq(&said.join("\n"));
}

#[test]
fn terms_stand_in_the_plan_once_and_measures_are_shared() {
    let plan = plan_of(
        "terms t = \"a\", #b\nmonitor m {\n  match t or \"a\" or #b\n  window tumble 10m\n  measure volume = count()\n  \
         measure speed = rate()\n  measure high = percentile(likes, 90)\n  alert when count() > 5 and rate() > 1\n  follow playbook p\n}\n\
         playbook p { route first { otherwise to team x } notify { medium by email at once } }\n",
    );
    assert_eq!(plan.terms.len(), 2);
    let monitor = plan.monitors.first().unwrap();
    let names: Vec<&str> = monitor.measures.iter().map(|measure| measure.name.as_str()).collect();
    assert_eq!(names, ["volume", "speed", "high"]);
    let Some(MeasureKind::Aggregate(high)) = monitor.measures.get(2).map(|measure| &measure.kind) else {
        panic!("an aggregate")
    };
    assert_eq!(high.function, "percentile_cont");
    assert_eq!(high.args.last(), Some(&AggregateArg::Number(0.9)));
}

#[test]
fn queries_come_before_matches_and_names_hold_for_the_folder() {
    let files = vec![
        ("a.mon".to_owned(), "use \"lib/terms.mon\"\nmonitor m {\n  match q and acme\n}\n".to_owned()),
        ("lib/terms.mon".to_owned(), "terms acme = \"acme\"\nquery q = \"phone\" and \"broken\"\n".to_owned()),
    ];
    let checked = check(files, &CheckOptions::default());
    let plan = checked.plan.unwrap();
    let queries: Vec<(&str, bool)> = plan.queries.iter().map(|query| (query.name.as_str(), query.named)).collect();
    assert_eq!(queries, [("q", true), ("m", false)]);
    assert!(checked.diagnostics.is_empty());
}

#[test]
fn duplicates_name_both_places_across_files() {
    let files = vec![
        ("a.mon".to_owned(), "terms acme = \"acme\"\n".to_owned()),
        ("b.mon".to_owned(), "terms acme = #acme\nquery q = acme\n".to_owned()),
    ];
    let checked = check(files, &CheckOptions::default());
    let said = text(&checked.diagnostics, &checked.files, TextStyle::default());
    expect![[r#"
        MON0202 duplicate-name

          × the name `acme` is taken
           ╭─[b.mon:1:7]
         1 │ terms acme = #acme
           ·       ──┬─
           ·         ╰── again here
         2 │ query q = acme
           ╰────
          help: give one of them another name, or remove it if both mean the same

        Advice:
          ☞ `acme` stands here first
           ╭─[a.mon:1:7]
         1 │ terms acme = "acme"
           ·       ────
           ╰────
    "#]]
    .assert_eq(&said.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
}

#[test]
fn limits_name_themselves() {
    let options = CheckOptions {
        limits: Limits { terms_per_query_max: 2, files_max: 1, monitors_max: 1, depth_max: 6, ..Limits::default() },
        ..CheckOptions::default()
    };
    let files = vec![
        ("a.mon".to_owned(), "monitor a { match any [\"a\", \"b\", \"c\"] }\n".to_owned()),
        ("b.mon".to_owned(), "monitor b { match ((((((\"a\")))))) }\n".to_owned()),
    ];
    let checked = check(files, &options);
    let mut limits: Vec<String> = checked.diagnostics.iter().filter_map(|told| told.help.clone()).collect();
    limits.sort();
    let expected = ["depth_max", "files_max", "monitors_max", "terms_per_query_max"];
    assert_eq!(limits, expected.map(|name| format!("stay within it; the name of this limit is `{name}`")));
    assert!(codes_of(&checked).iter().all(|code| *code == "MON0506"));
}

#[test]
fn a_chain_of_extensions_ends() {
    let chain = |monitors: u32| {
        let extended = (1..monitors).map(|at| format!("monitor m{at} {{ extend m{} for region de }}\n", at - 1));
        let source = format!("monitor m0 {{ match \"acme\" }}\n{}", extended.collect::<String>());
        check(vec![("a.mon".to_owned(), source)], &CheckOptions::default())
    };
    assert!(chain(33).diagnostics.is_empty());
    let long = chain(4_000);
    assert!(codes_of(&long).iter().all(|code| *code == "MON0506"), "{:?}", codes_of(&long).first());
    assert_eq!(
        long.diagnostics.first().map(|told| told.message.as_str()),
        Some("a monitor extends at most 32 others, one through the other")
    );
}

#[test]
fn a_long_chain_of_queries_ends_in_a_limit_and_not_in_a_crash() {
    let mut source = String::from("query q0 = \"a\"\n");
    for at in 1..5_000 {
        source.push_str(&format!("query q{at} = q{} or \"b\"\n", at - 1));
    }
    let checked = run(&source);
    assert!(codes_of(&checked).contains(&"MON0506"));
}

#[test]
fn what_some_post_meets_is_never_called_impossible() {
    for expr in [
        "lang is en or lang is de",
        "lang in [en, de] and lang is de",
        "link.domain is \"a.com\" and link.domain is \"b.com\"",
        "author.followers > 5 and author.followers < 7",
        "sentiment >= 0.3 and sentiment <= 0.3",
        "not lang is en and not lang is de",
        "\"x\" and not (\"x\" and \"y\")",
        "\"x\" and not title: \"x\"",
        "platform is x and not kind is reply",
    ] {
        let checked = run(&format!("monitor m {{\n  match \"acme\" and {expr}\n}}\n"));
        assert!(checked.plan.is_some(), "{expr}: {:?}", codes_of(&checked));
    }
}

#[test]
fn what_no_post_meets_is_refused() {
    for expr in [
        "lang is en and not lang is en",
        "lang in [en, de] and lang in [fr]",
        "author.followers > 5 and author.followers < 6",
        "sentiment > 0.3 and sentiment < 0.3",
        "author.verified and not author.verified",
        "\"x\" and \"y\" and not \"x\"",
        "platform is x and platform != x",
        "lang in []",
    ] {
        let checked = run(&format!("monitor m {{\n  match \"acme\" and {expr}\n}}\n"));
        assert_eq!(codes_of(&checked), ["MON0401"], "{expr}");
    }
}

#[test]
fn measures_without_their_arguments_are_told() {
    for call in [
        "avg()",
        "sum(likes, views)",
        "distinct()",
        "percentile(likes)",
        "percentile(likes, 950)",
        "var()",
        "share(1)",
        "count(1)",
        "engagement(1)",
        "engagement(weighted by likes)",
        "engagement(sentiment by weighted)",
        "reach(1)",
        "share_of_voice()",
        "share_of_voice(\"a\", [\"a\", \"b\"])",
        "share_of_voice(\"a\" in [\"a\", \"b\"])",
        "share_of_voice(\"c\" of [\"a\", \"b\"])",
        "share_of_voice(\"a\" of [\"a\", \"b\", \"a\"])",
        "share_of_voice(\"a\" of [\"a\"])",
        "share_of_voice(\"a\" of [])",
        "top_count(lang, app)",
        "top_share(followers)",
        "top_share(created)",
        "distinct(story, lang)",
        "coordinated()",
        "coordinated(within 60s)",
        "coordinated(tag within lang)",
        "coordinated(tag within 60s, 3)",
        "coordinated(tag within 60s, shared >= 20%)",
        "new_values()",
        "new_values(over 30d)",
        "new_values(tag over lang)",
        "new_values(tag over 30d, 3)",
    ] {
        let checked = run(&format!("monitor m {{\n  match \"acme\"\n  window tumble 5m\n  measure v = {call}\n}}\n"));
        assert!(checked.plan.is_none() && checked.diagnostics.len() == 1, "{call}: {:?}", codes_of(&checked));
    }
}

#[test]
fn measures_of_a_market_are_said_as_they_are_computed() {
    described(
        "query zeta = \"zeta\" and lang is en\nmonitor m {\n  match \"acme\" or zeta\n  window tumble 5m\n  measure taken = engagement()\n  \
         measure mood = engagement(weighted by sentiment)\n  measure heard = reach()\n  measure voice = share_of_voice(zeta of [\"acme\", zeta])\n  \
         measure most = top_count(link.domain)\n  measure part = top_share(lang)\n  measure told = distinct(story)\n  \
         measure tagged = top_count(tag)\n  measure group = coordinated(link.url within 30s, shared >= 4)\n  \
         measure fresh = new_values(tag over 30d, authors >= 5)\n}\n",
        &expect![[r#"
            `m` takes posts where "acme" stands or `zeta` holds.
            It looks at them in stretches of 5m.
            `taken` is the number of interactions with the posts, each post as it was last told.
            `mood` is the mood of the posts, each weighted by its confidence and by the logarithm of its interactions.
            `heard` is the followers of all different authors.
            `voice` is the share of posts where `zeta` holds in those where `zeta` holds or "acme" stands, posts of several in equal parts.
            `most` is the number of posts with the most frequent `link.domain`.
            `part` is the share of the most frequent `lang` in the posts that tell one.
            `told` is the number of different stories.
            `tagged` is the number of posts with the most frequent tag.
            `group` is the number of authors in groups of 3 or more who shared the same link within 30s of each other, 4 or more different ones a pair.
            `fresh` is the number of values of tag in 3 or more posts of 5 or more authors that no window of the last 30d had.
        "#]],
    );
}

#[test]
fn a_market_has_a_bound() {
    let market = |brands: usize| {
        let names: Vec<String> = (0..brands).map(|at| format!("\"b{at}\"")).collect();
        let rules = "monitor m {\n  match \"acme\"\n  window tumble 5m\n  measure v = share_of_voice(\"b1\" of [";
        run(&format!("{rules}{}])\n}}\n", names.join(", ")))
    };
    assert_eq!(codes_of(&market(32)), Vec::<&str>::new());
    assert_eq!(codes_of(&market(33)), ["MON0506"]);
}

#[test]
fn what_a_measure_of_a_market_cannot_be_is_known() {
    for (when, code) in [
        ("share_of_voice(\"a\" of [\"a\", \"b\"]) > 1", "MON0514"),
        ("top_share(lang) > 100", "MON0514"),
        ("top_count(lang) < 0", "MON0514"),
        ("distinct(story) >= 0", "MON0514"),
        ("coordinated(tag within 60s) < 0", "MON0514"),
        ("new_values(tag over 30d) < 0", "MON0514"),
        ("reach() < 0", "MON0514"),
        ("engagement() < 0", "MON0514"),
    ] {
        let checked = run(&format!(
            "monitor m {{\n  match \"a\"\n  window tumble 5m\n  alert when {when}\n  follow playbook p\n}}\n\
             playbook p {{ route first {{ otherwise to team x }} notify {{ medium by email at once }} }}\n"
        ));
        assert_eq!(codes_of(&checked), [code], "{when}");
    }
    let checked = run(
        "monitor m {\n  match \"a\"\n  window tumble 5m\n  alert when engagement(weighted by sentiment) < 0\n  follow playbook p\n}\n\
         playbook p { route first { otherwise to team x } notify { medium by email at once } }\n",
    );
    assert!(checked.plan.is_some(), "{:?}", codes_of(&checked));
}

#[test]
fn sessions_and_runs_of_posts_are_told_by_what_ends_them() {
    described(
        "monitor storm {\n  match \"acme\"\n  window session gap 30m by lang, late 1m\n  measure volume = count()\n  \
         alert when volume >= 20\n}\n\nmonitor mood {\n  match \"acme\"\n  window count 1000\n  measure mood = avg(sentiment)\n  \
         alert when mood < -0.4 clear when mood > -0.2 for 1h\n}\n\nmonitor each {\n  match \"acme\"\n  window count 1\n  \
         measure volume = count()\n}\n",
        &expect![[r#"
            `storm` takes posts where "acme" stands.
            It looks at each session of them, which ends after a pause of 30m or after 1d, for each `lang` alone, and waits 1m for posts that come late.
            `volume` is the number of posts.
            An incident opens when volume >= 20 at the end of a session, and is cleared 30m later.
            Its severity is medium.
            It follows no playbook: team `default` is told.

            `mood` takes posts where "acme" stands.
            It looks at them in runs of 1000 posts.
            `mood` is the average of `sentiment`.
            An incident opens when mood < -0.4, and is cleared when mood > -0.2 for 1h.
            Its severity is medium.
            It follows no playbook: team `default` is told.

            `each` takes posts where "acme" stands.
            It looks at each of them alone.
            `volume` is the number of posts.
        "#]],
    );
}

#[test]
fn what_is_counted_twice_in_a_formula_is_one_measure() {
    let plan = plan_of(
        "query sad = sentiment < -0.3\nmonitor m {\n  match \"a\"\n  window tumble 10m\n  measure angry = count(lang is de)\n  \
         alert when count(sad) > 5 and count(sad) / count() > 20% and count(lang is de) > 2 and \
         share_of_voice(\"a\" of [\"a\", \"b\"]) > 0.1 and share_of_voice(\"a\" of [\"a\", \"b\"]) < 0.5\n  follow playbook p\n}\n\
         playbook p { route first { otherwise to team x } notify { medium by email at once } }\n",
    );
    let names: Vec<&str> = plan.monitors[0].measures.iter().map(|measure| measure.name.as_str()).collect();
    expect![[r#"["angry", "count(sad)", "count()", "share_of_voice(\"a\" of [\"a\", \"b\"])"]"#]]
        .assert_eq(&format!("{names:?}"));
}
