use expect_test::{Expect, expect};

use super::*;
use crate::check::{CheckOptions, check};
use crate::diagnostic::render::{TextStyle, text};

fn plan(source: &str) -> Plan {
    let checked = check(vec![("brand.mon".to_owned(), source.to_owned())], &CheckOptions::default());
    checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

fn becomes(source: &str, expected: &Expect) {
    let plan = plan(source);
    let last = u32::try_from(plan.queries.len() - 1).unwrap();
    let said = match export(&plan, QueryId(last)) {
        Ok(export) => {
            let left: Vec<String> = export
                .left
                .iter()
                .map(|left| {
                    let left = left.written(&plan);
                    format!("left: {}: {}\n", left.clause, left.why)
                })
                .collect();
            export.rules.iter().map(|rule| format!("{rule}\n")).chain(left).collect()
        }
        Err(error) => {
            let said = text(&[*error], &plan.files, TextStyle::default());
            said.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
        }
    };
    expected.assert_eq(&said);
}

#[test]
fn a_query_becomes_a_rule_and_what_is_left() {
    becomes(
        "terms acme = \"acme\", #acme, @acme, $ACME\nquery q = acme near/8 \"on fire\" and not \"giveaway\" and not #ad and lang in [en, id] \
         and author.followers >= 50 and not kind is repost and platform in [x, bluesky] and sentiment < 0\n",
        &expect![[r#"
            (acme OR ácme OR àcme OR âcme OR äcme OR ãcme OR åcme OR ācme OR ăcme OR açme OR aćme OR ačme OR acmé OR acmè OR acmê OR acmë OR acmē OR acmė OR "a'cme" OR "a.c.m.e") ((#onfire OR #ónfire OR #ònfire OR #ônfire OR #önfire OR #õnfire OR #ønfire OR #ōnfire OR #oñfire OR #ońfire OR #oŋfire OR #onfíre OR #onfìre OR #onfîre OR #onfïre OR #onfīre OR #onfıre OR #onfiré OR #onfirè OR #onfirê OR #onfirë OR #onfirē OR #onfirė) OR ((on OR ón OR òn OR ôn OR ön OR õn OR øn OR ōn OR oñ OR oń OR oŋ OR "o.n") (fire OR fíre OR fìre OR fîre OR fïre OR fīre OR fıre OR firé OR firè OR firê OR firë OR firē OR firė OR "f'ire" OR "f.i.r.e"))) -#ad (lang:en OR lang:in) followers_count:50 -is:retweet
            left: acme near/8 "on fire": X is asked for both sides, not for where they stand
            left: acme near/8 "on fire": `"on fire"`: X is asked for the words, in any order
            left: not "giveaway": X could leave out posts that Mon does not
            left: not #ad: X leaves out `#ad`; what else it excludes is left out here
            left: sentiment < 0: X does not see it, or not in the same way
        "#]],
    );
}

#[test]
fn spellings_are_listed_one_difference_each() {
    for (source, expected) in [
        (
            "query q = \"résumé\"\n",
            expect![[r#"
            resume OR résumé OR résume OR rèsume OR rêsume OR rësume OR rēsume OR rėsume OR rešume OR reşume OR resúme OR resùme OR resûme OR resüme OR resūme OR resůme OR resumé OR resumè OR resumê OR resumë OR resumē OR resumė OR "r'esume"
        "#]],
        ),
        (
            "query q = \"yes\"\n",
            expect![[r#"
            yes OR ýes OR ÿes OR yés OR yès OR yês OR yës OR yēs OR yės OR yeš OR yeş OR "ye's" OR "y'es" OR "y.e.s"
        "#]],
        ),
        (
            "query q = \"straße\" or \"10000\" or \"AT&T\" or \"won't\" or #über\n",
            expect![[r#"
            strasse OR straße OR štrasse OR ştrasse OR strásse OR stràsse OR strâsse OR strässe OR strãsse OR stråsse OR strāsse OR străsse OR strašse OR straşse OR strasše OR strasşe OR strassé OR strassè OR strassê OR strassë OR strassē OR strassė OR "s'trasse" OR 10000 OR "10,000" OR "at&t" OR "át&t" OR "àt&t" OR "ât&t" OR "ät&t" OR "ãt&t" OR "åt&t" OR "āt&t" OR "ăt&t" OR #att OR #átt OR #àtt OR #âtt OR #ätt OR #ãtt OR #ått OR #ātt OR #ătt OR "won't" OR "wón't" OR "wòn't" OR "wôn't" OR "wön't" OR "wõn't" OR "wøn't" OR "wōn't" OR "woñ't" OR "woń't" OR "woŋ't" OR wont OR wónt OR wònt OR wônt OR wönt OR wõnt OR wønt OR wōnt OR woñt OR wońt OR woŋt OR "w'ont" OR "w.o.n.t" OR #uber OR #úber OR #ùber OR #ûber OR #über OR #ūber OR #ůber OR #ubér OR #ubèr OR #ubêr OR #ubër OR #ubēr OR #ubėr OR #ueber OR #úeber OR #ùeber OR #ûeber OR #üeber OR #ūeber OR #ůeber OR #uéber OR #uèber OR #uêber OR #uëber OR #uēber OR #uėber OR #uebér OR #uebèr OR #uebêr OR #uebër OR #uebēr OR #uebėr
        "#]],
        ),
        (
            "query q = bio: \"nurse\" and title: \"x1\" and \"x2\"\n",
            expect![[r#"
            (bio:nurse OR bio:ñurse OR bio:ńurse OR bio:ŋurse OR bio:núrse OR bio:nùrse OR bio:nûrse OR bio:nürse OR bio:nūrse OR bio:nůrse OR bio:nurše OR bio:nurşe OR bio:nursé OR bio:nursè OR bio:nursê OR bio:nursë OR bio:nursē OR bio:nursė OR bio:"n'urse" OR bio:"n.u.r.s.e") x2
            left: "x1": X does not search this zone
        "#]],
        ),
        (
            "query q = exact \"São Paulo\" outside \"x1\" and count(\"x2\") >= 2\n",
            expect![[r#"
            são paulo x2
            left: exact "São Paulo" outside "x1": X is asked for the left side alone
            left: exact "São Paulo" outside "x1": `exact "São Paulo"`: X looks for the words in any capitals and with any signs between
            left: count("x2") >= 2: X counts nothing: it is asked for one of them
        "#]],
        ),
        (
            "query q = at least 2 of [\"x1\", \"x2\", \"crash*\"]\n",
            expect![[r#"
            x1 OR x2
            left: at least 2 of ["x1", "x2", "crash*"]: X counts no members: it is asked for any of them
            left: "crash*": `"crash*"`: X looks for whole words only
        "#]],
        ),
    ] {
        becomes(source, &expected);
    }
}

#[test]
fn without_a_word_in_each_post_there_is_no_rule() {
    for (source, expected) in [
        (
            "query q = \"crash*\" or \"x1\"\n",
            expect![[r#"
            MON1304 no-prefilter

              × no word stands in each post of `q` that X could look for
               ╭─[brand.mon:1:7]
             1 │ query q = "crash*" or "x1"
               ·       ─   ────┬───
               ·       │       ╰── `"crash*"`: X looks for whole words only
               ╰────
              help: name a whole word, tag, handle or cashtag that each post must hold
        "#]],
        ),
        (
            "query q = \"東京\" and lang is ja\n",
            expect![[r#"
            MON1304 no-prefilter

              × no word stands in each post of `q` that X could look for
               ╭─[brand.mon:1:7]
             1 │ query q = "東京" and lang is ja
               ·       ─   ───┬──
               ·       │      ╰── `"東京"`: X looks for whole words only
               ╰────
              help: name a whole word, tag, handle or cashtag that each post must hold
        "#]],
        ),
        (
            "query q = \"x1\" and platform is reddit\n",
            expect![[r#"
            MON1304 no-prefilter

              × `q` takes no post of X
               ╭─[brand.mon:1:7]
             1 │ query q = "x1" and platform is reddit
               ·       ─
               ╰────
              help: export it without the test of the platform
        "#]],
        ),
        (
            "query q = \"the\" or \"🔥\" or \"삼성\"\n",
            expect![[r#"
            MON1304 no-prefilter

              × no word stands in each post of `q` that X could look for
               ╭─[brand.mon:1:7]
             1 │ query q = "the" or "🔥" or "삼성"
               ·       ─   ──┬──    ──┬─    ───┬──
               ·       │     │        │        ╰── `"삼성"`: words of this script carry syllables that X does not take off
               ·       │     │        ╰── `"🔥"`: an emoji has other forms, such as skin tones, that X does not look for
               ·       │     ╰── `"the"`: X does not look for a word as common as this one
               ╰────
              help: name a whole word, tag, handle or cashtag that each post must hold
        "#]],
        ),
    ] {
        becomes(source, &expected);
    }
}

#[test]
fn long_rules_are_split_and_stay_under_the_limit() {
    let words: Vec<String> = (0..400).map(|number| format!("\"brandname{number}\"")).collect();
    let plan =
        plan(&format!("terms many = {}\nquery q = many and \"x1\" and \"x2\" and lang is en\n", words.join(", ")));
    let found = export(&plan, QueryId(0)).unwrap();
    assert!(found.rules.iter().all(|rule| rule.chars().count() <= RULE_LETTERS_MAX));
    assert_eq!(found.rules.len(), 1, "a part that names words is kept, the long list is left: {:?}", found.rules);
    assert!(found.left.iter().any(|left| left.why.contains("1024 letters")));
    let plan = self::plan(&format!("terms many = {}\nquery q = many and lang is en\n", words.join(", ")));
    let found = export(&plan, QueryId(0)).unwrap();
    assert!(found.rules.len() > 10, "{}", found.rules.len());
    for rule in &found.rules {
        assert!(rule.chars().count() <= RULE_LETTERS_MAX && rule.ends_with(" lang:en"), "{rule}");
    }
    let all = found.rules.join(" ");
    let all: std::collections::BTreeSet<&str> = all.split(['(', ')', ' ']).collect();
    assert!((0..400).all(|number| all.contains(format!("brandname{number}").as_str())), "no word is lost");
}
