use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::diagnostic::render::{TextStyle, text};
use crate::plan::SourceFile;

/// The text of the file, and a line for each note.
fn told(dialect: Dialect, source: &str) -> String {
    let imported = import(dialect, source, "acme").unwrap();
    let again = mon_grammar::format(&imported.mon);
    assert!(again.errors.is_empty(), "{source}\n{}\n{:?}", imported.mon, again.errors);
    assert_eq!(again.text, imported.mon, "the text is in the project's format");
    let head = format!("/// Imported from {}.\n", dialect.title());
    let mut out = imported.mon.replace(&head, "");
    for note in &imported.report {
        assert_eq!(note.span.text(source), note.piece);
        writeln!(out, "{}: {} => {} ({})", note.verdict.name(), note.piece.trim(), note.became, note.reason).unwrap();
    }
    out
}

fn becomes(dialect: Dialect, source: &str, expected: &Expect) {
    expected.assert_eq(&told(dialect, source));
}

fn refuses(dialect: Dialect, source: &str, expected: &Expect) {
    let error = import(dialect, source, "acme").unwrap_err();
    let files = [SourceFile { name: "query.txt".to_owned(), text: source.into() }];
    let said = text(&[*error], &files, TextStyle::default());
    let said: Vec<&str> = said.trim_end().lines().map(str::trim_end).collect();
    expected.assert_eq(&(said.join("\n") + "\n"));
}

#[test]
fn words_of_brandwatch() {
    becomes(
        Dialect::Brandwatch,
        "acme AND \"acme phone\" AND niño AND crash* AND colo?r AND {BT} AND raw:\"C++\" AND #acme AND @acme AND $ACME AND 🔥 AND \
         \"wendy's\" AND co-op AND 東京 AND \"ça marche\" AND 100% AND acme~ AND or",
        &expect![[r#"
            query acme =
              "acme"
              and "acme phone"
              and (exact "niño" or exact "Niño" or exact "NIÑO")
              and "crash*"
              and "colo?r"
              and exact "BT"
              and exact "C++"
              and #acme
              and @acme
              and $ACME
              and "🔥"
              and "wendy's"
              and "co-op"
              and "東京"
              and (exact "ça" or exact "Ça" or exact "ÇA") then/0 "marche"
              and exact "100%"
              and "acme"~1
              and "or"
            exact: acme => "acme" (found in the same spellings)
            exact: AND => and (the same)
            wider: "acme phone" => "acme phone" (also the tag that is made of the words)
            exact: AND => and (the same)
            narrower: niño => exact "niño" or exact "Niño" or exact "NIÑO" (found in small letters, with a first capital and in capitals, not in other mixtures)
            exact: AND => and (the same)
            exact: crash* => "crash*" (found in the same spellings)
            exact: AND => and (the same)
            exact: colo?r => "colo?r" (found in the same spellings)
            exact: AND => and (the same)
            exact: {BT} => exact "BT" (capitals as written)
            exact: AND => and (the same)
            exact: raw:"C++" => exact "C++" (signs and capitals as written)
            exact: AND => and (the same)
            exact: #acme => #acme (found in the same spellings)
            exact: AND => and (the same)
            exact: @acme => @acme (found in the same spellings)
            exact: AND => and (the same)
            exact: $ACME => $ACME (found in the same spellings)
            exact: AND => and (the same)
            wider: 🔥 => "🔥" (also in other skin tones)
            exact: AND => and (the same)
            wider: "wendy's" => "wendy's" (with and without the apostrophe)
            exact: AND => and (the same)
            wider: co-op => "co-op" (also written as one word; also the tag that is made of the words)
            exact: AND => and (the same)
            wider: 東京 => "東京" (found wherever these signs stand together, not only as a word)
            exact: AND => and (the same)
            narrower: "ça marche" => (exact "ça" or exact "Ça" or exact "ÇA") then/0 "marche" (found in small letters, with a first capital and in capitals, not in other mixtures)
            exact: AND => and (the same)
            exact: 100% => exact "100%" (found in the same spellings)
            exact: AND => and (the same)
            narrower: acme~ => "acme"~1 (one letter may differ in so short a word, not two; `~` behind a word makes it fuzzy, which is seldom meant; accents do not count as differences)
            exact: AND => and (the same)
            exact: or => "or" (in small letters the tool reads it as a word to look for, and so is it here)
        "#]],
    );
}

#[test]
fn signs_that_stand_alone_in_a_phrase_are_no_words() {
    becomes(
        Dialect::Brandwatch,
        "\"- NEAR/0\" AND \"100% - free\" AND acme",
        &expect![[r#"
        query acme =
          (exact "NEAR/0" or exact "near/0" or exact "Near/0")
          and exact "100%" then/0 "- free"
          and "acme"
        narrower: "- NEAR/0" => exact "NEAR/0" or exact "near/0" or exact "Near/0" (found in small letters, with a first capital and in capitals, not in other mixtures)
        exact: AND => and (the same)
        exact: "100% - free" => exact "100%" then/0 "- free" (the same words in a row)
        exact: AND => and (the same)
        exact: acme => "acme" (found in the same spellings)
    "#]],
    );
}

#[test]
fn operators_of_brandwatch() {
    becomes(
        Dialect::Brandwatch,
        "<<< why >>> ((a OR b) NEAR/5 (c OR d)) AND (e NEAR/0f f*) AND \"g h\"~5 AND ((i) AND (j))~4 NOT (k l) AND ((m NOT n) NEAR/2 o)",
        &expect![[r#"
            // why
            query acme_why = ("a" or "b") near/5 ("c" or "d")

            query acme =
              acme_why
              and "e" then/0 "f*"
              and "g" near/5 "h"
              and "i" near/4 "j"
              and not ("k" and "l")
              and "m" near/2 "o"
              and not "n"
            exact: a => "a" (found in the same spellings)
            exact: OR => or (the same)
            exact: b => "b" (found in the same spellings)
            exact: NEAR/5 => near/5 (at most 5 words between them, in any order)
            exact: c => "c" (found in the same spellings)
            exact: OR => or (the same)
            exact: d => "d" (found in the same spellings)
            exact: AND => and (the same)
            exact: e => "e" (found in the same spellings)
            exact: NEAR/0f => then/0 (at most 0 words between them, the left one first)
            exact: f* => "f*" (found in the same spellings)
            exact: AND => and (the same)
            exact: "g h"~5 => "g" near/5 "h" (the same distances)
            exact: AND => and (the same)
            exact: (i) => "i" (found in the same spellings)
            exact: (j) => "j" (found in the same spellings)
            exact: ~4 => near/4 (at most 4 words between them, in any order)
            exact: NOT => not (no such post)
            exact: k => "k" (found in the same spellings)
            exact:  => and (what nothing says is written out)
            exact: l => "l" (found in the same spellings)
            exact: AND => and (the same)
            exact: m => "m" (found in the same spellings)
            exact: NOT => not (no such post)
            exact: n => "n" (found in the same spellings)
            exact: NEAR/2 => near/2 (at most 2 words between them, in any order)
            exact: o => "o" (found in the same spellings)
        "#]],
    );
}

#[test]
fn fields_of_brandwatch() {
    becomes(
        Dialect::Brandwatch,
        "acme AND title:(recall OR \"call back\") AND language:(en OR de) AND country:gbr AND authorFollowers:[10 TO 500] AND \
         latitude:[-1.5 TO 3] AND authorVerified:true AND engagementType:RETWEET AND subreddit:Acme AND author:Acme AND site:reddit.com",
        &expect![[r#"
            query acme =
              "acme"
              and title: ("recall" or "call back")
              and lang in [en, de]
              and country is GB
              and author.followers >= 10
              and author.followers <= 500
              and geo.lat >= -1.5
              and geo.lat <= 3
              and author.verified
              and kind is repost
              and platform is reddit
              and community in ["Acme", "acme"]
              and (author.handle in ["Acme", "acme"] or name: "Acme")
              and platform is reddit
            exact: acme => "acme" (found in the same spellings)
            exact: AND => and (the same)
            exact: title: => title: (in the title)
            exact: recall => "recall" (found in the same spellings)
            exact: OR => or (the same)
            wider: "call back" => "call back" (also the tag that is made of the words)
            exact: AND => and (the same)
            exact: en => lang is en (the language that the source told)
            exact: de => lang is de (the language that the source told)
            exact: AND => and (the same)
            exact: country:gbr => country is GB (the country of the post or of its author)
            exact: AND => and (the same)
            exact: authorFollowers:[10 TO 500] => author.followers >= 10 and author.followers <= 500 (the same range)
            exact: AND => and (the same)
            exact: latitude:[-1.5 TO 3] => geo.lat >= -1.5 and geo.lat <= 3 (the same range)
            exact: AND => and (the same)
            exact: authorVerified:true => author.verified (as the platform tells)
            exact: AND => and (the same)
            exact: engagementType:RETWEET => kind is repost (the kind of the post)
            exact: AND => and (the same)
            narrower: subreddit:Acme => platform is reddit and community in ["Acme", "acme"] (the name as written or in small letters)
            exact: AND => and (the same)
            narrower: author:Acme => author.handle in ["Acme", "acme"] or name: "Acme" (the handle as written or in small letters, or words of the name)
            exact: AND => and (the same)
            exact: site:reddit.com => platform is reddit (the platform of that site)
        "#]],
    );
}

#[test]
fn fields_of_brandwatch_that_are_excluded_or_not_carried() {
    becomes(
        Dialect::Brandwatch,
        "acme AND links:\"acme.example/recall\" AND authorVerifiedType:blue AND sensitiveContent:false NOT language:fr NOT title:news NOT \
         rating:[1 TO 2] AND (region:bavaria OR broken) NOT bio:x",
        &expect![[r#"
            query acme =
              "acme"
              and url "acme.example/recall"
              and author.verified
              and sensitive is false
              and not (exists lang and lang is fr)
              and not (exists title and title: "news")
            exact: acme => "acme" (found in the same spellings)
            exact: AND => and (the same)
            exact: links:"acme.example/recall" => url "acme.example/recall" (the host and the beginning of the path of a link)
            exact: AND => and (the same)
            wider: authorVerifiedType:blue => author.verified (verified in any way: the kind is not told)
            exact: AND => and (the same)
            exact: sensitiveContent:false => sensitive is false (as the platform marks it)
            exact: NOT => not (no such post)
            exact: language:fr => (exists lang and lang is fr) (the language that the source told)
            exact: NOT => not (no such post)
            exact: title: => title: (in the title)
            exact: news => "news" (found in the same spellings)
            exact: NOT => not (no such post)
            impossible: rating:[1 TO 2] =>  (posts do not carry it; left out, so that the query takes more)
            exact: AND => and (the same)
            impossible: region:bavaria =>  (posts tell a country and the name of a place, no region; left out, so that the query takes more)
            exact: OR => or (the same)
            exact: broken => "broken" (found in the same spellings)
            exact: NOT => not (no such post)
            impossible: bio:x =>  (posts have no field of this name; left out, so that the query takes more)
        "#]],
    );
}

#[test]
fn rules_of_x() {
    becomes(
        Dialect::X,
        "(acme OR \"acme phone\" OR #acme OR @acme OR $ACME) \"acme down\"~4 contains:gate -giveaway lang:in has:links -is:retweet AND niño",
        &expect![[r#"
            query acme =
              ("acme" or "acme phone" or #acme or @acme or $ACME)
              and ("acme" then/4 "down" or "down" then/2 "acme")
              and part "gate"
              and not "giveaway"
              and lang is id
              and exists link.domain
              and not (exists kind and kind is repost)
              and (exact "niño" or exact "Niño" or exact "NIÑO")
            wider: acme => "acme" (also with accents, which the tool does not fold)
            exact: OR => or (the same)
            wider: "acme phone" => "acme phone" (also with accents, which the tool does not fold; also the tag that is made of the words)
            exact: OR => or (the same)
            exact: #acme => #acme (found in the same spellings)
            exact: OR => or (the same)
            exact: @acme => @acme (found in the same spellings)
            exact: OR => or (the same)
            exact: $ACME => $ACME (found in the same spellings)
            exact:  => and (what nothing says is written out)
            wider: "acme down"~4 => "acme" then/4 "down" or "down" then/2 "acme" (also with accents, which the tool does not fold)
            exact:  => and (what nothing says is written out)
            wider: contains:gate => part "gate" (also with other accents)
            exact:  => and (what nothing says is written out)
            exact: - => not (no such post)
            narrower: giveaway => "giveaway" (excluded: also with accents, which the tool does not fold)
            exact:  => and (what nothing says is written out)
            exact: lang:in => lang is id (the language that X told)
            exact:  => and (what nothing says is written out)
            exact: has:links => exists link.domain (the same)
            exact:  => and (what nothing says is written out)
            exact: - => not (no such post)
            exact: is:retweet => (exists kind and kind is repost) (the same kind)
            wider: AND => and (X looks for the word `and`; here it only joins)
            narrower: niño => exact "niño" or exact "Niño" or exact "NIÑO" (found in small letters, with a first capital and in capitals, not in other mixtures)
        "#]],
    );
}

#[test]
fn named_operators_of_x() {
    becomes(
        Dialect::X,
        "acme from:Acme to:acme followers_count:100..5000 tweets_count:10 point_radius:[13.4 52.5 25mi] bounding_box:[1 2 3 4] \
         url:\"https://acme.example/x\" bio:nurse sample:10 -is:nullcast place_country:us",
        &expect![[r#"
            query acme =
              "acme"
              and author.handle in ["Acme", "acme"]
              and kind is reply
              and @acme
              and author.followers >= 100
              and author.followers <= 5000
              and author.posts >= 10
              and geo within circle(52.5, 13.4, 40.234km)
              and geo within box(2, 1, 4, 3)
              and url "acme.example/x"
              and bio: "nurse"
              and country is US
            wider: acme => "acme" (also with accents, which the tool does not fold)
            exact:  => and (what nothing says is written out)
            narrower: from:Acme => author.handle in ["Acme", "acme"] (the handle as written or in small letters)
            exact:  => and (what nothing says is written out)
            wider: to:acme => kind is reply and @acme (replies that name the account)
            exact:  => and (what nothing says is written out)
            exact: followers_count:100..5000 => author.followers >= 100 and author.followers <= 5000 (the same range)
            exact:  => and (what nothing says is written out)
            exact: tweets_count:10 => author.posts >= 10 (the same range)
            exact:  => and (what nothing says is written out)
            exact: point_radius:[13.4 52.5 25mi] => geo within circle(52.5, 13.4, 40.234km) (the same circle)
            exact:  => and (what nothing says is written out)
            exact: bounding_box:[1 2 3 4] => geo within box(2, 1, 4, 3) (the same box)
            exact:  => and (what nothing says is written out)
            narrower: url:"https://acme.example/x" => url "acme.example/x" (the host and the beginning of the path; X finds each part of a link)
            exact:  => and (what nothing says is written out)
            exact: bio: => bio: (in the biography)
            wider: nurse => "nurse" (also with accents, which the tool does not fold)
            exact:  => and (what nothing says is written out)
            impossible: sample:10 =>  (a share of all posts is taken by X, before the rule; left out, so that the query takes more)
            exact:  => and (what nothing says is written out)
            exact: - => not (no such post)
            impossible: is:nullcast =>  (posts do not tell `nullcast`; left out, so that the query takes more)
            exact:  => and (what nothing says is written out)
            wider: place_country:us => country is US (also the country of the author's profile)
        "#]],
    );
}

#[test]
fn query_strings_of_lucene() {
    becomes(
        Dialect::Lucene,
        "+acme -giveaway title:(recall OR \"call back\"~2) AND followers:[100 TO *} AND created_at:[2026-11-01 TO 2026-11-02] AND \
         broken~1 AND crash* AND \\(why\\?\\) AND lang:en AND /re+call/ AND (a && b || !c) AND fault^2 AND kind:reply AND _exists_:country \
         extra",
        &expect![[r#"
            query acme =
              "acme"
              and not "giveaway"
              and title: ("recall" or "call" then/2 "back" or "back" then/0 "call")
              and author.followers >= 100
              and created_at >= 2026-11-01
              and created_at <= 2026-11-02T23:59:59Z
              and "broken"~1
              and "crash*"
              and "(why\?)"
              and lang is en
              and /\b(re+call)\b/
              and "a"
              and "b"
              and not "c"
              and "fault"
              and kind is reply
              and exists country
            wider: acme => "acme" (also with accents, which the tool does not fold)
            exact:  => and (beside a necessary or an excluded clause Lucene joins them so)
            exact: - => not (no such post)
            narrower: giveaway => "giveaway" (excluded: also with accents, which the tool does not fold)
            exact:  => and (beside a necessary or an excluded clause Lucene joins them so)
            exact: title: => title: (in the title)
            wider: recall => "recall" (also with accents, which the tool does not fold)
            exact: OR => or (the same)
            wider: "call back"~2 => "call" then/2 "back" or "back" then/0 "call" (also with accents, which the tool does not fold)
            exact: AND => and (the same)
            exact: followers:[100 TO *} => author.followers >= 100 (the same range)
            exact: AND => and (the same)
            exact: created_at:[2026-11-01 TO 2026-11-02] => created_at >= 2026-11-01 and created_at <= 2026-11-02T23:59:59Z (the same range)
            exact: AND => and (the same)
            wider: broken~1 => "broken"~1 (accents do not count as differences)
            exact: AND => and (the same)
            wider: crash* => "crash*" (also with accents, which the tool does not fold)
            exact: AND => and (the same)
            wider: \(why\?\) => "(why\?)" (also with accents, which the tool does not fold)
            exact: AND => and (the same)
            exact: lang:en => lang is en (the language that the source told)
            exact: AND => and (the same)
            wider: /re+call/ => /\b(re+call)\b/ (searched in the whole text, so that `.` also takes spaces)
            exact: AND => and (the same)
            wider: a => "a" (also with accents, which the tool does not fold)
            exact: && => and (the same)
            wider: b => "b" (also with accents, which the tool does not fold)
            exact: || => and (beside a necessary or an excluded clause Lucene joins them so)
            exact: ! => not (no such post)
            narrower: c => "c" (excluded: also with accents, which the tool does not fold)
            exact: AND => and (the same)
            wider: fault => "fault" (also with accents, which the tool does not fold)
            exact: ^2 =>  (a boost changes the rank, not which posts are found)
            exact: AND => and (the same)
            exact: kind:reply => kind is reply (the field of this name)
            exact: AND => and (the same)
            exact: _exists_:country => exists country (the same)
            exact:  => and (beside a necessary or an excluded clause Lucene joins them so)
            exact: extra =>  (beside a necessary clause it changes the rank, not which posts are found)
        "#]],
    );
}

#[test]
fn what_cannot_be_said_is_left_out_in_the_direction_that_takes_more() {
    for (source, expected) in [
        (
            "acme AND imageType:logo",
            expect![[r#"
            query acme = "acme"
            exact: acme => "acme" (found in the same spellings)
            exact: AND => and (the same)
            impossible: imageType:logo =>  (it is data that Brandwatch adds to a mention; left out, so that the query takes more)
        "#]],
        ),
        (
            "acme NOT (imageType:logo OR spam)",
            expect![[r#"
            query acme =
              "acme"
              and not "spam"
            exact: acme => "acme" (found in the same spellings)
            exact: NOT => not (no such post)
            impossible: imageType:logo =>  (it is data that Brandwatch adds to a mention; left out, so that the query takes more)
            exact: OR => or (the same)
            exact: spam => "spam" (found in the same spellings)
        "#]],
        ),
        (
            "acme AND (broken OR imageType:logo)",
            expect![[r#"
            query acme = "acme"
            exact: acme => "acme" (found in the same spellings)
            exact: AND => and (the same)
            exact: broken => "broken" (found in the same spellings)
            exact: OR => or (the same)
            impossible: imageType:logo =>  (it is data that Brandwatch adds to a mention; left out, so that the query takes more)
        "#]],
        ),
        (
            "acme OR imageType:logo",
            expect![[r#"
            query acme = "acme"
            exact: acme => "acme" (found in the same spellings)
            exact: OR => or (the same)
            impossible: imageType:logo =>  (it is data that Brandwatch adds to a mention; left out, so that posts which only this found are missed)
        "#]],
        ),
        (
            "acme OR (language:en AND imageType:logo)",
            expect![[r#"
            query acme = "acme"
            exact: acme => "acme" (found in the same spellings)
            exact: OR => or (the same)
            exact: language:en => lang is en (the language that the source told)
            exact: AND => and (the same)
            impossible: imageType:logo =>  (it is data that Brandwatch adds to a mention; left out, so that posts which only this found are missed)
        "#]],
        ),
    ] {
        becomes(Dialect::Brandwatch, source, &expected);
    }
}

#[test]
fn a_query_that_breaks_off_is_told_with_its_place() {
    for (dialect, source, expected) in [
        (
            Dialect::Brandwatch,
            "(acme OR apex",
            expect![[r#"
            MON1301 query-syntax

              × this bracket is not closed
               ╭─[query.txt:1:1]
             1 │ (acme OR apex
               · ─
               ╰────
              help: write `)` where the group ends
        "#]],
        ),
        (
            Dialect::Brandwatch,
            "acme AND \"broken",
            expect![[r#"
            MON1301 query-syntax

              × this quote is not closed
               ╭─[query.txt:1:10]
             1 │ acme AND "broken
               ·          ─
               ╰────
              help: write `"` where the phrase ends
        "#]],
        ),
        (
            Dialect::Brandwatch,
            "acme AND <<< why",
            expect![[r#"
            MON1301 query-syntax

              × this comment is not closed
               ╭─[query.txt:1:10]
             1 │ acme AND <<< why
               ·          ───
               ╰────
              help: write `>>>` where it ends
        "#]],
        ),
        (
            Dialect::X,
            "acme OR",
            expect![[r#"
            MON1301 query-syntax

              × something to look for is missing here
               ╭─[query.txt:1:8]
             1 │ acme OR
               ╰────
              help: write a word, a phrase or a group in brackets
        "#]],
        ),
    ] {
        refuses(dialect, source, &expected);
    }
}

#[test]
fn a_value_or_an_end_that_is_missing_is_told_with_its_place() {
    for (dialect, source, expected) in [
        (
            Dialect::X,
            "“acme phone”",
            expect![[r#"
            MON1301 query-syntax

              × this quote is curly, and is read as a letter
               ╭─[query.txt:1:1]
             1 │ “acme phone”
               · ─
               ╰────
              help: write `"`; a text editor that corrects while typing makes curly ones
        "#]],
        ),
        (
            Dialect::Lucene,
            "title:",
            expect![[r#"
            MON1301 query-syntax

              × `title:` has no value
               ╭─[query.txt:1:1]
             1 │ title:
               · ──────
               ╰────
              help: write the value behind the colon
        "#]],
        ),
        (
            Dialect::Lucene,
            "/acme",
            expect![[r#"
            MON1301 query-syntax

              × this regular expression is not closed
               ╭─[query.txt:1:1]
             1 │ /acme
               · ─
               ╰────
              help: write `/` where the expression ends
        "#]],
        ),
        (
            Dialect::Lucene,
            "followers:[1 TO ]",
            expect![[r#"
            MON1301 query-syntax

              × this range lacks an end
               ╭─[query.txt:1:11]
             1 │ followers:[1 TO ]
               ·           ───────
               ╰────
              help: write both ends, as in `[1 TO 5]`; `*` leaves one open
        "#]],
        ),
    ] {
        refuses(dialect, source, &expected);
    }
}

#[test]
fn a_field_inside_a_field_is_its_own() {
    becomes(
        Dialect::Lucene,
        "text:(title:x OR y OR (z AND NOT lang:en)) AND NOT text:(bio:a AND b)",
        &expect![[r#"
            query acme =
              (title: "x" or text: "y" or (text: "z" and not (exists lang and lang is en)))
              and not (bio: "a" and (exists text and text: "b"))
            exact: text: => text: (in the text)
            exact: title: => title: (in the title)
            wider: x => "x" (also with accents, which the tool does not fold)
            exact: OR => or (the same)
            wider: y => "y" (also with accents, which the tool does not fold)
            exact: OR => or (the same)
            wider: z => "z" (also with accents, which the tool does not fold)
            exact: AND => and (the same)
            exact: NOT => not (no such post)
            exact: lang:en => (exists lang and lang is en) (the language that the source told)
            exact: AND => and (the same)
            exact: NOT => not (no such post)
            exact: text: => text: (in the text)
            narrower: bio: => bio: (excluded: a post that has no such text is unknown, and is not taken)
            narrower: a => "a" (excluded: also with accents, which the tool does not fold)
            exact: AND => and (the same)
            narrower: b => "b" (excluded: also with accents, which the tool does not fold)
        "#]],
    );
}

#[test]
fn bounds_that_every_value_passes_are_left_out() {
    becomes(
        Dialect::Lucene,
        "acme AND sentiment:[-5 TO 0.50] AND sentiment:[-1 TO 1] AND followers:[-1 TO 99999999999999999999] AND sentiment:{2 TO *} AND \
         likes:[5 TO 3] AND created_at:[2026-02-31 TO *] AND created_at:{2026-01-01 TO 2026-02-01}",
        &expect![[r#"
            query acme =
              "acme"
              and sentiment <= 0.5
              and exists sentiment
              and exists author.followers
              and created_at > 2026-01-01T23:59:59Z
              and created_at < 2026-02-01
            wider: acme => "acme" (also with accents, which the tool does not fold)
            exact: AND => and (the same)
            exact: sentiment:[-5 TO 0.50] => sentiment <= 0.5 (the field of this name)
            exact: AND => and (the same)
            exact: sentiment:[-1 TO 1] => exists sentiment (the field of this name)
            exact: AND => and (the same)
            exact: followers:[-1 TO 99999999999999999999] => exists author.followers (the same range)
            exact: AND => and (the same)
            impossible: sentiment:{2 TO *} =>  (`sentiment` is -1 to 1, so that no value lies there; left out, so that the query takes more)
            exact: AND => and (the same)
            impossible: likes:[5 TO 3] =>  (nothing lies between `5` and `3`; left out, so that the query takes more)
            exact: AND => and (the same)
            impossible: created_at:[2026-02-31 TO *] =>  (`2026-02-31` is no date such as 2026-11-02; times that move with the clock cannot stand in a match; left out, so that the query takes more)
            exact: AND => and (the same)
            exact: created_at:{2026-01-01 TO 2026-02-01} => created_at > 2026-01-01T23:59:59Z and created_at < 2026-02-01 (the same range)
        "#]],
    );
    becomes(
        Dialect::X,
        "acme point_radius:[13.4 95 25km] bounding_box:[1 3 2 1] followers_count:-5",
        &expect![[r#"
            query acme =
              "acme"
              and exists author.followers
            wider: acme => "acme" (also with accents, which the tool does not fold)
            exact:  => and (what nothing says is written out)
            impossible: point_radius:[13.4 95 25km] =>  (`95` is no place on the map; left out, so that the query takes more)
            exact:  => and (what nothing says is written out)
            impossible: bounding_box:[1 3 2 1] =>  (west, south, east and north stand in this order: its south lies above its north; left out, so that the query takes more)
            exact:  => and (what nothing says is written out)
            exact: followers_count:-5 => exists author.followers (the same range)
        "#]],
    );
}

#[test]
fn what_no_post_can_meet_is_refused() {
    refuses(
        Dialect::Lucene,
        "acme AND lang:en AND lang:de",
        &expect![[r#"
        MON1303 nothing-to-import

          × written in Mon, this query is an error: no post meets both tests of `lang`
           ╭─[query.txt:1:1]
         1 │ acme AND lang:en AND lang:de
           · ────────────────────────────
           ╰────
          help: it became `lang is de`; change what it is made of; join the two with `or`, use `in [..]`,
                or remove one
    "#]],
    );
}

#[test]
fn mixed_operators_are_told_with_both_places() {
    for source in ["acme OR apex AND broken", "a NEAR/3 b NEAR/3 c", "a OR b NOT c", "a OR b c"] {
        let error = import(Dialect::Brandwatch, source, "acme").unwrap_err();
        assert_eq!((error.code.id, error.labels.len()), ("MON1302", 2), "{source}");
    }
}

#[test]
fn a_query_nests_up_to_the_limit() {
    for (dialect, open, close) in [
        (Dialect::Brandwatch, "(", ")"),
        (Dialect::Brandwatch, "NOT ", ""),
        (Dialect::X, "-", ""),
        (Dialect::Lucene, "(", ")"),
    ] {
        let nested = |depth: usize| format!("a {}b{}", open.repeat(depth), close.repeat(depth));
        let deepest = import(dialect, &nested(QUERY_DEPTH_MAX - 1), "acme").unwrap();
        assert!(mon_grammar::parse(&deepest.mon).errors.is_empty(), "{}", deepest.mon);
        let error = import(dialect, &nested(100_000), "acme").unwrap_err();
        assert!(error.message.contains("more than 100 levels"), "{}", error.message);
    }
}

mod soup;

/// The query of six languages that stands beside the tests of the command.
const FIXTURE: &str = include_str!("../../../tests/import/brandwatch/query.txt");

#[test]
fn a_query_of_six_languages_keeps_its_comments_and_lists() {
    expect_test::expect_file!["../../../tests/import/brandwatch/expected.mon"]
        .assert_eq(&import(Dialect::Brandwatch, FIXTURE, "velkora_trouble").unwrap().mon);
}
