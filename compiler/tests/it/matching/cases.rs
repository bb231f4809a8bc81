//! Cases with a name: what the language promises, and differences that were found once.

use std::borrow::Cow;

use mon_compiler::matching::{Backend, Found, MatchOptions, Matcher, Miss, PostTexts, explain};
use mon_compiler::plan::{
    CompareOp, Cond, CondKind, FieldOp, FieldTest, Plan, QueryId, SpanExpr, TermId, TermPattern, TokenPattern, Value,
};
use mon_post::{Author, Media, PostBatch, PostBatchBuilder, PostRow, Zone};

use super::{add_query, cond, matches, text_of, word};

fn near(gap: u32, left: SpanExpr, right: SpanExpr) -> SpanExpr {
    SpanExpr::Near { gap, left: Box::new(left), right: Box::new(right) }
}

fn then(gap: u32, left: SpanExpr, right: SpanExpr) -> SpanExpr {
    SpanExpr::Then { gap, left: Box::new(left), right: Box::new(right) }
}

fn not(inner: Cond) -> Cond {
    cond(CondKind::Not(Box::new(inner)))
}

fn run(plan: &mut Plan, literal: &str) -> SpanExpr {
    let alternatives = vec![vec![TokenPattern::Run(literal.to_owned())]];
    plan.terms.push(TermPattern { written: literal.to_owned(), alternatives });
    SpanExpr::Term(TermId(u32::try_from(plan.terms.len() - 1).unwrap()))
}

fn batch(posts: &[PostRow<'_>]) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for (at, post) in posts.iter().enumerate() {
        builder.append(&PostRow { post_uid: Some(at.to_string().into()), ..post.clone() }).unwrap();
    }
    builder.finish().unwrap()
}

fn texts<'a>(texts: &[&'a str]) -> PostBatch {
    let post = |text: &&'a str| PostRow { text: Some(Cow::Borrowed(*text)), ..PostRow::default() };
    batch(&texts.iter().map(post).collect::<Vec<_>>())
}

/// The rows on which one condition holds, the same for all evaluators.
fn rows(mut plan: Plan, condition: Cond, batch: &PostBatch) -> Vec<u32> {
    add_query(&mut plan, "case", condition);
    let [expected, bytecode, native] = [Backend::Interpreter, Backend::Bytecode, Backend::MachineCode]
        .map(|backend| matches(&plan, batch, backend, &MatchOptions::default()));
    assert_eq!(expected, bytecode);
    assert_eq!(expected, native);
    expected.iter().map(|found| found.row).collect()
}

#[test]
fn a_word_near_itself_needs_two_occurrences() {
    let mut plan = Plan::default();
    let (a, b) = (word(&mut plan, "acme"), word(&mut plan, "acme"));
    let batch = texts(&["acme", "acme and acme", "acme one two three four acme"]);
    assert_eq!(rows(plan, text_of(near(2, a, b)), &batch), [1]);
}

#[test]
fn order_matters_to_then_and_not_to_near() {
    let mut plan = Plan::default();
    let (a, b) = (word(&mut plan, "acme"), word(&mut plan, "broken"));
    let batch = texts(&["acme is broken", "broken is acme", "acme a b c broken"]);
    assert_eq!(rows(plan.clone(), text_of(near(1, a.clone(), b.clone())), &batch), [0, 1]);
    assert_eq!(rows(plan, text_of(then(1, a, b)), &batch), [0]);
}

#[test]
fn distances_do_not_cross_zones_or_pictures() {
    let mut plan = Plan::default();
    let (a, b) = (word(&mut plan, "acme"), word(&mut plan, "broken"));
    let alt = |text: &'static str| Media { alt: Some(text.into()), ..Media::default() };
    let posts = [
        PostRow { title: Some("acme".into()), text: Some("broken".into()), ..PostRow::default() },
        PostRow { media: Some(vec![alt("acme"), alt("broken")]), ..PostRow::default() },
        PostRow { media: Some(vec![alt("x"), alt("acme broken")]), ..PostRow::default() },
    ];
    assert_eq!(rows(plan, text_of(near(9, a, b)), &batch(&posts)), [2]);
}

#[test]
fn emoji_cost_no_distance_and_two_in_one_gap_are_two() {
    let mut plan = Plan::default();
    let (a, b, fire) = (word(&mut plan, "acme"), word(&mut plan, "broken"), word(&mut plan, "🔥"));
    let batch = texts(&["acme 🔥🔥 broken", "acme 🔥 broken", "acme is 🔥 broken"]);
    assert_eq!(rows(plan.clone(), text_of(near(0, a, b)), &batch), [0, 1]);
    assert_eq!(rows(plan, text_of(near(0, fire.clone(), fire)), &batch), [0]);
}

#[test]
fn a_post_without_the_zone_is_unknown_to_not() {
    let mut plan = Plan::default();
    let spans = word(&mut plan, "nurse");
    let in_bio = cond(CondKind::Text { zones: [Zone::Bio].into(), spans });
    let bio = |text: &'static str| PostRow {
        author: Some(Author { bio: Some(text.into()), ..Author::default() }),
        ..PostRow::default()
    };
    let posts = [PostRow::default(), bio("nurse"), bio("cook"), bio("")];
    assert_eq!(rows(plan, not(in_bio), &batch(&posts)), [2, 3]);
}

#[test]
fn a_missing_number_is_neither_above_nor_below() {
    let at_least = |limit| {
        cond(CondKind::Field(FieldTest {
            field: mon_post::find("author.followers").unwrap(),
            op: FieldOp::Compare(CompareOp::Ge, Value::Integer(limit)),
            floor: None,
        }))
    };
    let with = |followers| PostRow { author: Some(Author { followers, ..Author::default() }), ..PostRow::default() };
    let posts = batch(&[with(None), with(Some(10)), with(Some(50))]);
    assert_eq!(rows(Plan::default(), at_least(50), &posts), [2]);
    assert_eq!(rows(Plan::default(), not(at_least(50)), &posts), [1]);
    let either = cond(CondKind::Or(vec![at_least(50), cond(CondKind::Const(true))]));
    assert_eq!(rows(Plan::default(), either, &posts), [0, 1, 2]);
}

#[test]
fn two_literals_in_one_run_of_letters_are_apart_where_they_do_not_overlap() {
    let mut plan = Plan::default();
    let (tokyo, university, kyoto) = (run(&mut plan, "東京"), run(&mut plan, "大学"), run(&mut plan, "京都"));
    let batch = texts(&["東京都大学", "東京"]);
    assert_eq!(rows(plan.clone(), text_of(near(0, tokyo.clone(), university)), &batch), [0]);
    assert_eq!(rows(plan, text_of(near(0, tokyo, kyoto)), &batch), [] as [u32; 0]);
}

#[test]
fn at_least_counts_members_and_not_words() {
    let mut plan = Plan::default();
    let members: Vec<Cond> =
        ["acme", "broken", "phone", "fire"].iter().map(|one| text_of(word(&mut plan, one))).collect();
    let batch = texts(&["acme acme acme", "fire phone", "acme broken phone fire", ""]);
    let three = |k| cond(CondKind::AtLeast { k, members: members.clone() });
    assert_eq!(rows(plan.clone(), three(2), &batch), [1, 2]);
    assert_eq!(rows(plan.clone(), not(three(2)), &batch), [0, 3]);
    assert_eq!(rows(plan, three(0), &batch), [0, 1, 2, 3]);
}

#[test]
fn forty_of_eighty_members_compile_to_a_short_program() {
    let mut plan = Plan::default();
    let words: Vec<String> = (0..80).map(|at| format!("word{at}")).collect();
    let members = words.iter().map(|one| text_of(word(&mut plan, one))).collect();
    let condition = cond(CondKind::AtLeast { k: 40, members });
    let (enough, short) = (words[20..60].join(" "), words[20..59].join(" "));
    assert_eq!(rows(plan, condition, &texts(&[&enough, &short])), [0]);
}

#[test]
fn a_query_without_a_word_is_reported_and_still_right() {
    let mut plan = Plan::default();
    let spans = word(&mut plan, "giveaway");
    add_query(&mut plan, "no giveaway", not(text_of(spans.clone())));
    add_query(&mut plan, "giveaway", text_of(spans));
    let ids = [QueryId(0), QueryId(1)];
    let matcher = Matcher::build(&plan, &ids, Backend::Bytecode, &MatchOptions::default()).unwrap();
    assert_eq!(matcher.unanchored(), [QueryId(0)]);
    let batch = texts(&["a giveaway", "a phone"]);
    let mut found = Vec::new();
    matcher.match_batch(&batch, &mut matcher.scratch(), &mut found);
    assert_eq!(found.iter().map(|one| (one.row, one.query.0)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
}

#[test]
fn a_miss_says_how_near_the_words_were_and_which_are_not_there() {
    let mut plan = Plan::default();
    let (a, b) = (word(&mut plan, "acme"), word(&mut plan, "broken"));
    let condition = text_of(near(2, a, b));
    let batch = texts(&["acme a b c d broken", "acme", "it is broken"]);
    let miss = |row| match explain(&plan.terms, &condition, &PostTexts::read(&batch, row)).found {
        Found::Missing(miss) => miss,
        other => panic!("{other:?}"),
    };
    assert_eq!(miss(0), Miss::TooFar { nearest: 4, allowed: 2 });
    assert_eq!(miss(1), Miss::Absent(vec!["broken".to_owned()]));
    assert_eq!(miss(2), Miss::Absent(vec!["acme".to_owned()]));
}

#[test]
fn machine_code_of_a_query_can_be_read() {
    let mut plan = Plan::default();
    let (a, b) = (word(&mut plan, "acme"), word(&mut plan, "broken"));
    add_query(&mut plan, "both", cond(CondKind::And(vec![text_of(a.clone()), text_of(b)])));
    add_query(&mut plan, "one", text_of(a));
    let ids = [QueryId(0), QueryId(1)];
    let matcher = Matcher::build(&plan, &ids, Backend::Bytecode, &MatchOptions::default()).unwrap();
    assert!(matcher.clif(QueryId(0)).unwrap().unwrap().contains("uload8"));
    assert_eq!(matcher.clif(QueryId(1)).unwrap(), None, "its word seen is a match");
}
