//! The weight of words and the nearest misses are those of rules in which the word stands for nothing, or the part is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use mon_compiler::plan::Place;
use mon_lens::{Capture, Word};
use mon_post::PostBatch;
use mon_simulate::Scenario;

use crate::world::{self, Files, capture, day, examples, fresh, matched, monitor, one, said, zoo};

/// For each monitor the posts that it matches.
type Rows = Vec<Vec<(usize, u32)>>;

/// No post holds it.
const NOBODY_SAYS: &str = "\"qqzzxxqq\"";

fn replaced(files: &Files, place: Place, new: &str) -> Files {
    let mut files = files.clone();
    let text = &mut files[place.file as usize].1;
    text.replace_range(place.span.start as usize..place.span.end as usize, new);
    files
}

/// Every word of some rules, each replaced by one that nobody says: what a monitor loses and gains then is what the word adds
/// alone.
fn as_edited_by_hand(files: &Files, batches: &[PostBatch]) -> (usize, usize) {
    let look = fresh(&capture(batches), files);
    let whole = matched(&world::plan(files), batches);
    let mut edited: BTreeMap<(u32, u32, u32), Rows> = BTreeMap::new();
    let (mut takes, mut keeps) = (0, 0);
    for (number, monitor) in look.monitors.iter().enumerate() {
        for word in &monitor.words {
            let place = word.place;
            let text = &files[place.file as usize].1[place.span.start as usize..place.span.end as usize];
            assert!(word.written.contains(text.trim_matches('"')), "`{}` stands at `{text}`", word.written);
            let without = edited
                .entry((place.file, place.span.start, place.span.end))
                .or_insert_with(|| matched(&world::plan(&replaced(files, place, NOBODY_SAYS)), batches));
            let (before, after) = (&whole[number], &without[number]);
            let beyond = |one: &[(usize, u32)], other: &[(usize, u32)]| {
                one.iter().filter(|at| other.binary_search(at).is_err()).count() as u64
            };
            let alone = if word.keeps_out { beyond(after, before) } else { beyond(before, after) };
            assert_eq!(word.alone, Some(alone), "{} {}", monitor.name, word.written);
            assert!(word.posts >= alone, "{} {word:?}", monitor.name);
            *(if word.keeps_out { &mut keeps } else { &mut takes }) += usize::from(alone > 0);
        }
    }
    (takes, keeps)
}

#[test]
fn what_a_word_adds_is_what_rules_without_it_lose() {
    let (takes, keeps) = as_edited_by_hand(&examples(), &unrepeated(&day(Scenario::LaunchDay, 11, 4_000)));
    assert!(takes >= 8, "{takes} words take posts alone");
    let zoo = as_edited_by_hand(&zoo(), &unrepeated(&day(Scenario::Crisis, 4, 1_500)));
    assert!(zoo.0 + zoo.1 + keeps >= 5, "{zoo:?} {keeps}");
}

/// Without posts that come twice, which a capture leaves out.
fn unrepeated(batches: &[PostBatch]) -> Vec<PostBatch> {
    let mut known = std::collections::BTreeSet::new();
    let rows = |batch: &PostBatch| -> Vec<PostBatch> {
        (0..batch.len()).filter(|row| known.insert(batch.event_id(*row))).map(|row| batch.slice(row, 1)).collect()
    };
    let rows: Vec<PostBatch> = batches.iter().flat_map(rows).collect();
    vec![PostBatch::concat(&rows).unwrap()]
}

const HAND: &str = "terms smoke = \"smoke\", \"burning\", \"in flames\", \"never said\"
query fire = \"acme\" near/3 smoke and not (\"giveaway\" or \"win a phone\") and lang in [en, de]
monitor m {
  match fire and not \"movie\"
}
";

fn hand() -> Arc<Capture> {
    said(&[
        "acme smoke",
        "acme burning smoke",
        "acme in flames",
        "acme smoke giveaway",
        "acme smoke giveaway win a phone",
        "acme smoke movie",
        "acme smoke movie giveaway",
        "smoke over the city",
        "acme is nice",
    ])
}

#[test]
fn weights_are_those_that_one_counts_by_hand() {
    let files = one(&HAND.replace(" and lang in [en, de]", ""));
    let look = fresh(&hand(), &files);
    let found = monitor(&look, "m");
    assert_eq!(found.posts, 3);
    let told = |word: &Word| (word.written.clone(), word.keeps_out, word.posts, word.alone);
    let words: Vec<_> = found.words.iter().map(told).collect();
    let expected = [
        ("\"acme\"", false, 3, 3),
        ("\"smoke\"", false, 2, 1),
        ("\"burning\"", false, 1, 0),
        ("\"in flames\"", false, 1, 1),
        ("\"never said\"", false, 0, 0),
        ("\"giveaway\"", true, 2, 1),
        ("\"win a phone\"", true, 1, 0),
        ("\"movie\"", true, 1, 1),
    ];
    let expected = expected.map(|(word, keeps_out, posts, alone)| (word.to_owned(), keeps_out, posts, Some(alone)));
    assert_eq!(words, expected);
}

#[test]
fn a_match_of_one_part_weighs_what_it_keeps_out_and_has_no_nearest_misses() {
    let text = "monitor m {\n  match \"acme\" outside (\"acme care\" or \"acme never\")\n}\n";
    let look = fresh(&said(&["acme", "acme care", "hello", "acme and acme care"]), &one(text));
    let words: Vec<_> =
        look.monitors[0].words.iter().map(|word| (word.keeps_out, word.posts, word.alone.unwrap())).collect();
    assert_eq!(words, [(false, 2, 2), (true, 1, 1), (true, 0, 0)]);
    assert!(look.monitors[0].parts.is_empty());
}

#[test]
fn nearest_misses_fail_by_one_part_alone() {
    let files = one(&HAND.replace(" and lang in [en, de]", ""));
    let look = fresh(&hand(), &files);
    let text = &files[0].1;
    let parts: Vec<_> = monitor(&look, "m")
        .parts
        .iter()
        .map(|part| {
            let written = &text[part.place.span.start as usize..part.place.span.end as usize];
            (written, part.posts, part.examples.iter().map(|post| post.text.as_str()).collect::<Vec<_>>())
        })
        .collect();
    let expected = [
        ("\"acme\" near/3 smoke", 2, vec!["smoke over the city", "acme is nice"]),
        ("not (\"giveaway\" or \"win a phone\")", 2, vec!["acme smoke giveaway", "acme smoke giveaway win a phone"]),
        ("not \"movie\"", 1, vec!["acme smoke movie"]),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn a_field_that_is_not_told_fails_as_one_that_is_wrong() {
    let look = fresh(&hand(), &one(HAND));
    let posts: Vec<u64> = monitor(&look, "m").parts.iter().map(|part| part.posts).collect();
    assert_eq!((monitor(&look, "m").posts, posts), (0, vec![0, 0, 3, 0]));
}

#[test]
fn one_word_of_a_list_that_two_places_use_is_weighed_where_it_is_written() {
    let text = "terms who = \"acme\", \"globex\"
query praise = who near/2 \"great\"
query blame = who near/2 \"awful\"
monitor m {
  match praise or blame
}
monitor n {
  match \"acme\" and not blame
}
";
    let capture = said(&["acme great", "globex awful", "acme awful", "acme"]);
    let look = fresh(&capture, &one(text));
    let weight = |name: &str, word: &str| {
        let found = &monitor(&look, name).words;
        found.iter().filter(|known| known.written == word).map(|known| (known.posts, known.alone)).collect::<Vec<_>>()
    };
    assert_eq!(weight("m", "\"acme\""), [(2, Some(2))]);
    assert_eq!(weight("m", "\"globex\""), [(1, Some(1))]);
    assert_eq!(
        weight("n", "\"acme\""),
        [(2, Some(2)), (1, Some(1))],
        "once in the match, once in the list that keeps posts out"
    );
}
