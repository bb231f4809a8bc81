//! Each lint on its page: the bad example raises it and nothing else, the good one raises nothing, fixes mend what they say and
//! keep the meaning where they promise to.

use mon_post::{PostBatch, PostBatchBuilder, PostRow};
use rustc_hash::FxHashSet;

use super::{Lint, Lints, all, allow};
use crate::check::{CheckOptions, Checked, check};
use crate::diagnostic::codes::all as all_codes;
use crate::diagnostic::page::options;
use crate::diagnostic::render::{TextStyle, text};
use crate::diagnostic::{Code, Fix, Level, Safety};
use crate::matching::{PostTexts, Truth, evaluate};

fn run(source: &str) -> Checked {
    check(vec![("brand.mon".to_owned(), source.to_owned())], &options())
}

fn codes(checked: &Checked) -> Vec<&'static str> {
    checked.diagnostics.iter().map(|told| told.code.id).collect()
}

fn said(checked: &Checked) -> String {
    text(&checked.diagnostics, &checked.files, TextStyle::default())
}

fn fixes(checked: &Checked, code: &Code) -> Vec<Fix> {
    let own = checked.diagnostics.iter().filter(|told| told.code.id == code.id);
    own.flat_map(|told| told.fixes.clone()).collect()
}

/// The text with the edits of one fix.
fn mended(source: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    edits.iter().fold(source.to_owned(), |mut text, (place, new)| {
        text.replace_range(place.span.start as usize..place.span.end as usize, new);
        text
    })
}

#[test]
fn there_are_forty_lints_and_more_each_with_a_number_of_its_own() {
    assert!(all().len() >= 40, "{}", all().len());
    let ids: FxHashSet<&str> = all().iter().map(|lint| lint.code.id).collect();
    assert_eq!(ids.len(), all().len());
    assert!(all().windows(2).all(|pair| pair[0].code.id < pair[1].code.id), "in the order of their numbers");
    assert!(all().iter().all(|lint| lint.code.level < Level::Error && lint.code.id.starts_with("MON08")));
}

#[test]
fn a_bad_example_raises_its_lint_alone_and_a_good_one_raises_nothing() {
    let own = all().iter().map(|lint| &lint.code).chain(allow::ALL.iter().copied());
    let mut wrong = String::new();
    for code in own {
        let bad = run(code.bad);
        let mut found = codes(&bad);
        // What an `allow` is for is told beside it, where it does not count.
        found.retain(|id| !code.id.starts_with("MON089") || *id == code.id);
        found.dedup();
        if found != [code.id] {
            wrong.push_str(&format!("{} raises {found:?}\n{}\n", code.id, said(&bad)));
        }
        let good = run(code.good);
        if !good.diagnostics.is_empty() {
            wrong.push_str(&format!("{}: the good example says\n{}\n", code.id, said(&good)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn with_advice_everything_is_said_that_is_said_without() {
    let mut warned = FxHashSet::default();
    let mut lost = String::new();
    for code in all_codes() {
        let with = run(code.bad);
        let without = CheckOptions { lints: Lints::Warnings, ..options() };
        let without = check(vec![("brand.mon".to_owned(), code.bad.to_owned())], &without);
        for told in &without.diagnostics {
            warned.insert(told.code.id);
            if !with.diagnostics.iter().any(|one| one.code.id == told.code.id && one.place == told.place) {
                lost.push_str(&format!("{} on the page of {}\n", told.code.id, code.id));
            }
        }
    }
    assert!(lost.is_empty(), "{lost}");
    assert!(warned.contains("MON1004") && warned.len() > 80, "{}", warned.len());
}

#[test]
fn a_lint_offers_the_fix_that_it_names() {
    for lint in all() {
        let offered: Vec<Safety> = fixes(&run(lint.code.bad), &lint.code).iter().map(|fix| fix.safety).collect();
        match lint.fix {
            Some(safety) => {
                assert!(!offered.is_empty(), "{} offers no fix", lint.code.id);
                assert!(offered.iter().all(|own| *own == safety), "{}: {offered:?}", lint.code.id);
            }
            None => assert!(offered.is_empty(), "{} offers {offered:?}", lint.code.id),
        }
    }
}

#[test]
fn what_is_shown_or_made_by_a_fix_mends_the_finding() {
    for lint in all().iter().filter(|lint| lint.fix.is_some()) {
        let before = run(lint.code.bad);
        let told = codes(&before).iter().filter(|id| **id == lint.code.id).count();
        for fix in fixes(&before, &lint.code) {
            let text = mended(lint.code.bad, &fix);
            let after = run(&text);
            let left = codes(&after).iter().filter(|id| **id == lint.code.id).count();
            assert!(left < told, "{}: `{}` mends nothing:\n{text}", lint.code.id, fix.description);
            let errors = after.diagnostics.iter().any(|told| told.is_error());
            assert!(!errors, "{}: {text}\n{}", lint.code.id, said(&after));
        }
    }
}

/// Words of all examples of a lint, put together in many ways.
fn posts(sources: &[&str]) -> PostBatch {
    let words: Vec<String> = sources
        .iter()
        .flat_map(|source| source.split(|c: char| !(c.is_alphanumeric() || c == '#' || c == '@' || c == '\'')))
        .filter(|word| word.len() > 1)
        .map(|word| word.trim_matches('\'').to_owned())
        .collect();
    let mut texts: Vec<String> = words.clone();
    for (at, word) in words.iter().enumerate() {
        texts.push(format!("#{}", word.trim_start_matches('#')));
        for (other, next) in words.iter().enumerate().take(40) {
            texts.push(format!("{word} {next}"));
            texts.push(format!("#{word}{next}"));
            texts.push(format!("{word} one two three {next} and {}", words[(at + other) % words.len()]));
        }
    }
    texts.push("nothing of it".to_owned());
    let mut builder = PostBatchBuilder::new();
    let languages = [Some("en"), Some("de"), Some("fr"), None];
    for (at, text) in texts.iter().enumerate() {
        let row = PostRow {
            text: (at % 7 != 0).then(|| text.as_str().into()),
            lang: languages[at % 4].map(Into::into),
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    builder.finish().unwrap()
}

fn truths(checked: &Checked, batch: &PostBatch) -> Vec<Vec<Truth>> {
    let plan = checked.plan.as_ref().unwrap();
    let of = |cond| (0..batch.len()).map(|row| evaluate(&plan.terms, cond, &PostTexts::read(batch, row))).collect();
    plan.queries.iter().map(|query| of(&*query.cond)).collect()
}

/// Every safe fix of every lint, on its bad example and on variants of it: each post has the same truth afterwards.
#[test]
fn a_safe_fix_changes_the_truth_of_no_post() {
    const MORE: &[&str] = &[
        "query q = not (\"acme\" or #acme) or \"broken\"\n",
        "query q = (\"co op\" or \"co-op\" or \"coop\" or #coop) and lang is en\n",
        "query q = \"acme\" or \"acme corp\" or \"the acme corp of old\"\n",
        "terms brand = \"acme\", #acme, \"Acme\", \"ACMÉ\"\nquery q = brand near/3 \"broken\"\n",
        "terms brand = \"acme\", \"acme phone\", #acmephone\nquery q = not (brand or \"phone\")\n",
        "terms word = \"crash*\", \"crashed\", #crashed, \"crash landing\"\nquery q = word\n",
        "query q = \"東京\" or \"東京都\" or #東京\n",
        "query q = not not (not not \"acme\" and lang is en)\n",
        "query q = at least 1 of [\"acme\", lang is en, any [\"broken\"]]\n",
        "query q = not (lang is en or lang is de)\n",
        "query q = none [\"acme\", \"acme\"] or not lang in [en, en]\n",
        "query q = (\"acme\" then/2 \"broken\") or (\"broken\" then/2 \"acme\")\n",
    ];
    let (mut made, mut changed) = (0, FxHashSet::default());
    for source in all().iter().map(|lint| lint.code.bad).chain(MORE.iter().copied()) {
        let before = run(source);
        let batch = posts(&[source]);
        let expected = truths(&before, &batch);
        for told in &before.diagnostics {
            for fix in told.fixes.iter().filter(|fix| fix.safety == Safety::Safe) {
                let text = mended(source, fix);
                let after = run(&text);
                assert!(after.plan.is_some(), "{text}\n{}", said(&after));
                let found = truths(&after, &batch);
                assert_eq!(found, expected, "{}: `{}` makes of\n{source}\n{text}", told.code.id, fix.description);
                made += 1;
                changed.insert(told.code.id);
            }
        }
    }
    let safe: Vec<&&Lint> = all().iter().filter(|lint| lint.fix == Some(Safety::Safe)).collect();
    assert!(safe.iter().all(|lint| changed.contains(lint.code.id)), "made fixes of {changed:?}");
    assert!(made > 15, "{made}");
}

#[test]
fn warnings_run_alone_and_without_lints_nothing_is_said() {
    for lint in all() {
        let with = |lints| {
            let options = CheckOptions { lints, ..options() };
            codes(&check(vec![("brand.mon".to_owned(), lint.code.bad.to_owned())], &options)).contains(&lint.code.id)
        };
        let warns = lint.code.level == Level::Warning;
        assert_eq!(
            (with(Lints::Off), with(Lints::Warnings), with(Lints::All)),
            (false, warns, true),
            "{}",
            lint.code.id
        );
    }
}

#[test]
fn an_allow_takes_back_what_is_said_of_its_own_item() {
    let allowed = |clause: &str| {
        let source = format!("query a = (\"acme\")\n  {clause}\n\nquery b = (\"broken\")\n");
        let checked = run(&source);
        (codes(&checked), checked.allowed)
    };
    assert_eq!(allowed(""), (vec!["MON0831", "MON0831"], 0));
    assert_eq!(allowed("allow MON0831 because \"more to come\""), (vec!["MON0831"], 1));
    assert_eq!(allowed("allow MON0831 until 9999-12-31 because \"more to come\""), (vec!["MON0831"], 1));
    assert_eq!(allowed("allow MON0831 until 2020-12-31 because \"x\""), (vec!["MON0831", "MON0893", "MON0831"], 0));
    assert_eq!(allowed("allow MON0830 because \"x\""), (vec!["MON0831", "MON0894", "MON0831"], 0));
    assert_eq!(allowed("allow MON0830 because \"x\" allow MON0831 because \"y\""), (vec!["MON0894", "MON0831"], 1));
    // What is wrong with it is an error, and it counts for nothing.
    for (clause, code) in [
        ("allow MON0831", "MON0891"),
        ("allow MON0831 because \" \"", "MON0891"),
        ("allow MON0201 because \"x\"", "MON0892"),
        ("allow MON9999 because \"x\"", "MON0892"),
        ("allow MON0831 until 2026-02-30 because \"x\"", "MON0307"),
    ] {
        assert_eq!(allowed(clause), (vec!["MON0831", code, "MON0831"], 0));
    }
}

#[test]
fn an_allow_ends_with_its_day() {
    let source = "query a = (\"acme\")\n  allow MON0831 until 2026-06-30 because \"more to come\"\n";
    let on = |micros| {
        let options = CheckOptions { now: micros, ..options() };
        codes(&check(vec![("brand.mon".to_owned(), source.to_owned())], &options))
    };
    let midnight = crate::check::times::instant("2026-07-01").unwrap();
    assert!(on(None).is_empty() && on(Some(midnight - 1)).is_empty());
    assert_eq!(on(Some(midnight)), ["MON0831", "MON0893"]);
}

#[test]
fn an_allow_in_a_monitor_and_in_a_list_is_for_warnings_of_the_checker_too() {
    let source = "terms acme = \"acme\", \"acme\"\n  allow MON0407 because \"kept from the old tool\"\n\n\
        monitor talk {\n  match acme or \"a\" and \"b\"\n  allow MON0403 because \"known\"\n  allow MON0807 because \"known\"\n}\n";
    let checked = run(source);
    assert_eq!((codes(&checked), checked.allowed), (vec![], 4), "{}", said(&checked));
}

#[test]
fn an_allow_in_a_playbook_takes_back_what_is_said_of_it() {
    let source = super::find("MON0880").unwrap().code.bad;
    let allowed = source.replacen("  notify {", "  allow MON0880 because \"the desk asked for it\"\n  notify {", 1);
    let checked = run(&allowed);
    assert_eq!((codes(&checked), checked.allowed), (vec![], 1), "{}", said(&checked));
}

/// No fix loses a comment, and none lets two words grow together.
#[test]
fn a_fix_keeps_comments_and_words_apart() {
    let fixed = |source: &str, id: &str| {
        let checked = run(source);
        let told =
            checked.diagnostics.iter().find(|told| told.code.id == id).unwrap_or_else(|| panic!("{}", said(&checked)));
        told.fixes.first().map(|fix| mended(source, fix))
    };
    let commented = [
        ("query q = any [ // those who fail\n  \"acme\"]\n", "MON0833"),
        ("query q = (lang is en // English\n  or lang is de)\n", "MON0845"),
        ("query q = lang in [en, // English\n  en]\n", "MON0844"),
        ("query q = ( // alone\n  \"acme\")\n", "MON0831"),
        ("query q = (\"acme\" or // again\n  \"acme\") and \"b c\"\n", "MON0823"),
    ];
    for (source, id) in commented {
        assert_eq!(fixed(source, id), None, "{source}");
    }
    let close = [
        ("terms acme = \"acme\"\nquery q = not(acme)and lang is en\n", "MON0831", "not acme and lang is en"),
        ("query q = \"acme\"and(lang is en or lang is de)\n", "MON0845", "\"acme\"and lang in [en, de]"),
        ("terms acme = \"x y\"\nquery q = acme or\"b c\"or\"b c\"or acme\n", "MON0823", "acme or\"b c\"or acme"),
    ];
    for (source, id, expected) in close {
        let text = fixed(source, id).unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(run(&text).plan.is_some(), "{text}");
    }
}

/// Over every example of the registry, and two of them in one file: places lie in the text, and edits do not overlap.
#[test]
fn what_is_said_points_into_the_text() {
    let sources: Vec<&str> = crate::diagnostic::codes::all().iter().flat_map(|code| [code.bad, code.good]).collect();
    let mut told = 0;
    for pair in sources.windows(2) {
        for source in [pair[0].to_owned(), pair.concat()] {
            for finding in run(&source).diagnostics {
                let edits = finding.fixes.iter().flat_map(|fix| fix.edits.iter().map(|(place, _)| *place));
                let places = finding.labels.iter().map(|(place, _)| *place).chain([finding.place]).chain(edits);
                for place in places {
                    let (start, end) = (place.span.start as usize, place.span.end as usize);
                    let fits = place.file == 0 && source.get(start..end).is_some();
                    assert!(fits, "{} points to {start}..{end} of\n{source}", finding.code.id);
                }
                for fix in &finding.fixes {
                    let mut spans: Vec<_> = fix.edits.iter().map(|(place, _)| place.span).collect();
                    spans.sort();
                    assert!(spans.windows(2).all(|two| two[0].end <= two[1].start), "{}\n{source}", finding.code.id);
                }
                told += 1;
            }
        }
    }
    assert!(told > all().len(), "{told}");
}

/// A folder with an error has none of its lints told: what is not understood is not judged.
#[test]
fn an_error_anywhere_silences_the_lints() {
    let lines = "query q = not not \"acme\"\n";
    assert_eq!(codes(&run(lines)), ["MON0830"]);
    assert_eq!(codes(&run(&format!("{lines}query r = lang is nolang\n"))), ["MON0303"]);
}
