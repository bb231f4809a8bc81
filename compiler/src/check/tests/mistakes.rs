//! The most common mistakes, as an analyst sees them.

use expect_test::expect;

use super::{run, says};

#[test]
fn a_misspelt_platform() {
    says(
        "monitor talk {\n  match \"acme\" and platform is blusky\n}\n",
        &expect![[r#"
            MON0303 unknown-value

              × `blusky` is not a value of `platform`
               ╭─[brand.mon:2:32]
             1 │ monitor talk {
             2 │   match "acme" and platform is blusky
               ·                                ──────
             3 │ }
               ╰────
              help: did you mean `bluesky`?
        "#]],
    );
}

#[test]
fn a_word_without_quotes() {
    says(
        "monitor talk {\n  match acme and \"broken\"\n}\n",
        &expect![[r#"
        MON0201 unknown-name

          × `acme` is not known
           ╭─[brand.mon:2:9]
         1 │ monitor talk {
         2 │   match acme and "broken"
           ·         ────
         3 │ }
           ╰────
          help: if posts shall be searched for the word, write it in quotes: `"acme"`; a name without
                quotes is a field of posts, a `terms` list or a `query`
    "#]],
    );
}

#[test]
fn a_range_and_a_unit() {
    says(
        "monitor talk {\n  match \"acme\" and sentiment <= 3 and author.followers >= -5\n}\n",
        &expect![[r#"
            MON0302 out-of-range

              × `3` is outside what `sentiment` holds, -1 to 1
               ╭─[brand.mon:2:33]
             1 │ monitor talk {
             2 │   match "acme" and sentiment <= 3 and author.followers >= -5
               ·                                 ┬
               ·                                 ╰── every post that tells it meets this
             3 │ }
               ╰────
              help: `sentiment` is the mood of the text, -1 (bad) to 1 (good), as a model or a partner told it

            MON0302 out-of-range

              × `-5` is outside what `author.followers` holds, 0 and up
               ╭─[brand.mon:2:59]
             1 │ monitor talk {
             2 │   match "acme" and sentiment <= 3 and author.followers >= -5
               ·                                                           ─┬
               ·                                                            ╰── every post that tells it meets this
             3 │ }
               ╰────
              help: `author.followers` is how many accounts follow the author
        "#]],
    );
}

#[test]
fn an_unknown_language_in_a_list() {
    says(
        "monitor talk {\n  match \"acme\" and lang in [en, xx, german]\n}\n",
        &expect![[r#"
        MON0303 unknown-value

          × `xx` is not the code of a language
           ╭─[brand.mon:2:33]
         1 │ monitor talk {
         2 │   match "acme" and lang in [en, xx, german]
           ·                                 ──
         3 │ }
           ╰────
          help: languages have codes of ISO 639, such as `en`, `de`, `ja`

        MON0303 unknown-value

          × `german` is not the code of a language
           ╭─[brand.mon:2:37]
         1 │ monitor talk {
         2 │   match "acme" and lang in [en, xx, german]
           ·                                     ──────
         3 │ }
           ╰────
          help: did you mean `de`?
    "#]],
    );
}

#[test]
fn two_languages_at_once() {
    says(
        "monitor talk {\n  match \"acme\" and lang is en and lang is de\n}\n",
        &expect![[r#"
            MON0401 never-matches

              × no post meets both tests of `lang`
               ╭─[brand.mon:2:35]
             1 │ monitor talk {
             2 │   match "acme" and lang is en and lang is de
               ·                    ─────┬────     ─────┬────
               ·                         │              ╰── excluded by the other test
               ·                         ╰── `lang` is tested here first
             3 │ }
               ╰────
              help: join the two with `or`, use `in [..]`, or remove one
        "#]],
    );
}

#[test]
fn an_alert_that_joins_numbers() {
    says(
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  measure volume = count()\n  measure voices = distinct(author.uid)\n  \
         alert when volume and voices\n  follow playbook press\n}\n\nplaybook press {\n  route first { otherwise to team press }\n  \
         notify { medium by email at once }\n}\n",
        &expect![[r#"
            MON0304 not-a-condition

              × `volume` is a number, neither true nor false
               ╭─[brand.mon:6:14]
             5 │   measure voices = distinct(author.uid)
             6 │   alert when volume and voices
               ·              ──────
             7 │   follow playbook press
               ╰────
              help: compare it, for example `volume > 0`

            MON0304 not-a-condition

              × `voices` is a number, neither true nor false
               ╭─[brand.mon:6:25]
             5 │   measure voices = distinct(author.uid)
             6 │   alert when volume and voices
               ·                         ──────
             7 │   follow playbook press
               ╰────
              help: compare it, for example `voices > 0`
        "#]],
    );
}

#[test]
fn a_circle_of_names() {
    says(
        "terms a = b, \"x\"\nterms b = c\nterms c = a\nmonitor talk {\n  match a\n}\n",
        &expect![[r#"
            MON0203 name-cycle

              × names use each other in a circle: `a` uses `b` uses `c` uses `a`
               ╭─[brand.mon:1:7]
             1 │ terms a = b, "x"
               ·       ┬
               ·       ╰── the circle begins here
             2 │ terms b = c
               ·       ┬
               ·       ╰── in the circle too
             3 │ terms c = a
               ·       ┬
               ·       ╰── in the circle too
             4 │ monitor talk {
               ╰────
              help: let one of them say what it means without the others
        "#]],
    );
}

#[test]
fn a_step_that_does_not_divide() {
    says(
        "monitor talk {\n  match \"acme\"\n  window slide 15m every 4m by country, late 2m\n  measure volume = count()\n}\n",
        &expect![[r#"
            MON0504 window-does-not-divide

              × `4m` does not fit into `15m` a whole number of times
               ╭─[brand.mon:3:26]
             2 │   match "acme"
             3 │   window slide 15m every 4m by country, late 2m
               ·                ─┬─       ──
               ·                 ╰── the window's size
             4 │   measure volume = count()
               ╰────
              help: the nearest step that fits is `5m`
        "#]],
    );
}

#[test]
fn a_route_by_what_is_not_grouped() {
    says(
        "monitor talk {\n  match \"acme\"\n  window tumble 5m\n  alert when count() >= 20\n  follow playbook press\n}\n\nplaybook press {\n  \
         route first {\n    when country in [DE, AT] to team dach\n    otherwise to team press\n  }\n  notify { medium by email at once }\n}\n",
        &expect![[r#"
            MON0603 route-key-missing

              ⚠ a route tests `country`, which `talk` does not group by
               ╭─[brand.mon:1:9]
             1 │ monitor talk {
               ·         ──┬─
               ·           ╰── follows this playbook
             2 │   match "acme"
               ╰────
                ╭─[brand.mon:10:10]
              9 │   route first {
             10 │     when country in [DE, AT] to team dach
                ·          ───┬───
                ·             ╰── `country` is tested here
             11 │     otherwise to team press
                ╰────
              help: add `by country` to the window of `talk`, or remove the test
        "#]],
    );
}

#[test]
fn an_example_that_the_words_decide_otherwise() {
    says(
        "terms failure = \"broken\", \"crash*\"\nmonitor talk {\n  match \"acme\" near/8 failure and not \"giveaway\" and lang is en\n  \
         example yes \"My acme phone is dead\"\n  example no \"Acme crashed again\"\n  example yes \"acme crashes, giveaway follows\"\n}\n",
        &expect![[r#"
            MON0701 example-fails

              × `talk` does not take this post
               ╭─[brand.mon:4:15]
             2 │ monitor talk {
             3 │   match "acme" near/8 failure and not "giveaway" and lang is en
               ·         ──────────┬──────────
               ·                   ╰── this decides against it
             4 │   example yes "My acme phone is dead"
               ·               ───────────┬───────────
               ·                          ╰── expected to match
             5 │   example no "Acme crashed again"
               ╰────
              help: mend the match, or the example if the promise has changed

            MON0701 example-fails

              × `talk` does not take this post
               ╭─[brand.mon:6:15]
             2 │ monitor talk {
             3 │   match "acme" near/8 failure and not "giveaway" and lang is en
               ·                                       ─────┬────
               ·                                            ╰── this decides against it
             4 │   example yes "My acme phone is dead"
             5 │   example no "Acme crashed again"
             6 │   example yes "acme crashes, giveaway follows"
               ·               ────────────────┬───────────────
               ·                               ╰── expected to match
             7 │ }
               ╰────
              help: mend the match, or the example if the promise has changed
        "#]],
    );
}

#[test]
fn every_construct_that_is_not_executed_names_itself() {
    let checked = run(
        "monitor talk {\n  match emotion is anger and topic is \"launch\" and author.followers > author.following\n  dedupe by post_uid \
         within 6h\n}\n",
    );
    let said: Vec<&str> = checked.diagnostics.iter().map(|told| told.message.as_str()).collect();
    let expected = ["`emotion`", "`topic`", "comparing two fields of one post", "`dedupe`"];
    assert_eq!(said, expected.map(|name| format!("this release does not execute {name}")));
    assert!(checked.diagnostics.iter().all(|told| told.help.is_some()));
}

#[test]
fn one_bad_monitor_leaves_the_others_checked() {
    says(
        "monitor one {\n  match \"acme\" and platfrm is x\n}\nmonitor two {\n  match \"acme\" and kind is replay\n}\nmonitor three {\n  match \n}\n",
        &expect![[r#"
            MON0201 unknown-name

              × `platfrm` is not known
               ╭─[brand.mon:2:20]
             1 │ monitor one {
             2 │   match "acme" and platfrm is x
               ·                    ───────
             3 │ }
               ╰────
              help: did you mean `platform`?

            MON0303 unknown-value

              × `replay` is not a value of `kind`
               ╭─[brand.mon:5:28]
             4 │ monitor two {
             5 │   match "acme" and kind is replay
               ·                            ──────
             6 │ }
               ╰────
              help: did you mean `reply`?

            MON0100 unexpected

              × expected a quoted phrase, a name, a number or `(`, but the line ends here
               ╭─[brand.mon:8:8]
             7 │ monitor three {
             8 │   match
               ·        ▲
             9 │ }
               ╰────
              help: something to compare or to look for is missing here
        "#]],
    );
}
