//! The formatter's taste, and what it leaves alone.

use crate::samples;
use expect_test::expect;
use mon_grammar::{format, parse};

#[test]
fn the_first_file_stands_as_it_is() {
    let tidy = samples::FIRST_FILE
        .replace("match   acme", "match  acme")
        .replace("window  slide", "window slide")
        .replace("volume  =", "volume =")
        .replace("voices  =", "voices =")
        .replace("mood    =", "mood   =")
        .replace("usual   =", "usual  =");
    assert_eq!(format(samples::FIRST_FILE).text, tidy);
}

#[test]
fn untidy_text_becomes_tidy() {
    let source = "TERMS\nterms a=\"x\",\"y\"   // why\nquery b=(a AND NOT c)OR  x>= - 3\n\n\n\nmonitor m{match b window tumble 5m\n\
        severity{high when a>1 // top\n low otherwise}}";
    let expected = expect![[r#"
        TERMS
        terms a = "x", "y"  // why

        query b = (a and not c) or x >= -3

        monitor m {
          match  b
          window tumble 5m
          severity {
            high when a > 1  // top
            low  otherwise
          }
        }
    "#]];
    expected.assert_eq(&format(source).text);
}

#[test]
fn dates_stand_below_each_other_and_stay_what_they_are() {
    let source = "dates feasts=2026-12-24   to 2026-12-26,2027-01-01\ndates sale = 2026-11-27 // black friday\nmonitor m { match b window \
        tumble 15m measure u=baseline(count(),hour_of_week over 28d in Europe/Berlin   without feasts) }";
    let expected = expect![[r#"
        dates feasts = 2026-12-24 to 2026-12-26, 2027-01-01
        dates sale   = 2026-11-27  // black friday

        monitor m {
          match  b
          window tumble 15m
          measure u = baseline(count(), hour_of_week over 28d in Europe/Berlin without feasts)
        }
    "#]];
    let tidy = format(source).text;
    expected.assert_eq(&tidy);
    assert_eq!(format(&tidy).text, tidy);
    assert!(parse(&tidy).errors.is_empty());
}

#[test]
fn long_lines_break_before_their_operators() {
    let many = |n: usize| (0..n).map(|i| format!("\"phrase {i}\"")).collect::<Vec<_>>().join(", ");
    let source = format!(
        "terms t = {}\nquery q = any [{}] near/5 acme and ({} or lang is en)\nmonitor m {{ match {} }}",
        many(12),
        many(9),
        many(1),
        (0..9).map(|i| format!("query_number_{i}")).collect::<Vec<_>>().join(" or "),
    );
    let expected = expect![[r#"
        terms t =
          "phrase 0", "phrase 1", "phrase 2", "phrase 3", "phrase 4", "phrase 5", "phrase 6", "phrase 7",
          "phrase 8", "phrase 9", "phrase 10", "phrase 11"

        query q =
          any [
            "phrase 0", "phrase 1", "phrase 2", "phrase 3", "phrase 4", "phrase 5", "phrase 6", "phrase 7",
            "phrase 8"
          ] near/5 acme
          and ("phrase 0" or lang is en)

        monitor m {
          match query_number_0
            or query_number_1
            or query_number_2
            or query_number_3
            or query_number_4
            or query_number_5
            or query_number_6
            or query_number_7
            or query_number_8
        }
    "#]];
    expected.assert_eq(&format(&source).text);
}

#[test]
fn a_broken_item_stays_and_its_neighbours_are_tidied() {
    let source = "query a=\"x\"\n\nmonitor   bad{match   (   }\n\nquery b=\"y\"\n";
    let formatted = format(source);
    assert_eq!(formatted.errors.len(), 1);
    assert_eq!(formatted.text, "query a = \"x\"\n\nmonitor   bad{match   (   }\n\nquery b = \"y\"\n");
}
