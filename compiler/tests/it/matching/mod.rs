//! Three evaluators, one meaning: on random plans and posts, on named cases, and on real posts.

mod cases;
mod random;

use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::matching::{
    Backend, Condition, Match, MatchOptions, Matcher, PostTexts, Truth, evaluate, interpret_number, interpret_truth,
};
use mon_compiler::plan::{
    Cond, CondKind, Place, Plan, QueryId, QueryPlan, SpanExpr, TermId, TermPattern, TokenPattern,
};
use mon_post::{PostBatch, PostBatchBuilder, PostRow, Zone};
use mon_text::Tokens;
use random::Random;

pub fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn ids(plan: &Plan) -> Vec<QueryId> {
    (0..).zip(&plan.queries).map(|(at, _)| QueryId(at)).collect()
}

pub fn matches(plan: &Plan, batch: &PostBatch, backend: Backend, options: &MatchOptions) -> Vec<Match> {
    let matcher = Matcher::build(plan, &ids(plan), backend, options).unwrap();
    let (mut scratch, mut found) = (matcher.scratch(), Vec::new());
    matcher.match_batch(batch, &mut scratch, &mut found);
    found
}

/// Fails with the first pair that two evaluators see differently.
fn assert_same(plan: &Plan, batch: &PostBatch, one: &[Match], other: &[Match], what: &str) {
    if one == other {
        return;
    }
    let odd =
        one.iter().find(|found| !other.contains(found)).or_else(|| other.iter().find(|found| !one.contains(found)));
    let odd = odd.expect("the same pairs in another order");
    let query = &plan.queries[odd.query.0 as usize];
    let post = PostTexts::read(batch, odd.row as usize);
    let truth = evaluate(&plan.terms, &query.cond, &post);
    panic!(
        "{what}: row {} of query {}: the interpreter says {truth:?}\n{:?}\n{:#?}\nterms {:#?}",
        odd.row,
        query.name,
        batch.row(odd.row as usize),
        query.cond,
        plan.terms
    );
}

#[test]
fn three_evaluators_agree_on_random_plans_and_posts() {
    let (seed, pairs) = (from_environment("MON_SEED", 11), from_environment("MON_PAIRS", 400_000));
    println!("MON_SEED={seed}, {pairs} pairs");
    let (mut done, mut matched, mut round) = (0, 0, 0);
    while done < pairs {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let (posts, queries) = [(300, 150), (1, 40), (1100, 40)][usize::try_from(round % 3).unwrap()];
        let (plan, batch) = (random.plan(queries), random.posts(posts));
        let none = MatchOptions::default();
        let learned = MatchOptions { sample: Some(batch.clone()) };
        let expected = matches(&plan, &batch, Backend::Interpreter, &none);
        for (backend, options) in
            [(Backend::Bytecode, &none), (Backend::Bytecode, &learned), (Backend::MachineCode, &none)]
        {
            let found = matches(&plan, &batch, backend, options);
            assert_same(&plan, &batch, &expected, &found, &format!("seed {seed}, round {round}, {backend:?}"));
        }
        done += (posts * queries) as u64;
        matched += expected.len() as u64;
        round += 1;
    }
    println!("{done} pairs, {matched} matches");
    assert!(matched * 20 > done && matched * 20 < done * 19, "the pairs are one-sided: {matched} of {done}");
}

#[test]
fn every_construct_decides_posts_both_ways() {
    // One set of posts, large enough that the rarest construct meets some.
    let batch = Random::new(14).posts(3_000);
    let (plan, expected) = random::one_query_a_construct();
    for backend in [Backend::Interpreter, Backend::Bytecode, Backend::MachineCode] {
        let found = matches(&plan, &batch, backend, &MatchOptions::default());
        for (id, query) in ids(&plan).into_iter().zip(&plan.queries) {
            let count = found.iter().filter(|one| one.query == id).count();
            assert!((1..batch.len()).contains(&count), "{backend:?}: `{}` takes {count} posts", query.name);
        }
    }
    assert_eq!(plan.queries.len(), expected);
}

#[test]
fn an_explanation_ends_in_the_truth_that_the_interpreter_gives() {
    let seed = from_environment("MON_SEED", 12);
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let (plan, batch) = (random.plan(60), random.posts(60));
    let matcher = Matcher::build(&plan, &ids(&plan), Backend::Bytecode, &MatchOptions::default()).unwrap();
    for row in 0..60 {
        let post = PostTexts::read(&batch, row as usize);
        for (query, id) in plan.queries.iter().zip(ids(&plan)) {
            let truth = evaluate(&plan.terms, &query.cond, &post);
            let explanation = matcher.explain(&batch, row, id).unwrap();
            assert_eq!(explanation.truth, truth);
            assert_eq!(explanation.first_failure().is_none(), truth == Truth::True);
            for span in matcher.spans(&batch, row, id) {
                assert_eq!(truth, Truth::True);
                let text = batch.zone(span.zone).texts(row as usize).nth(span.text as usize).unwrap();
                assert!(text.get(span.start as usize..span.end as usize).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}

#[test]
fn conditions_compiled_and_interpreted_agree() {
    let seed = from_environment("MON_SEED", 13);
    println!("seed {seed}");
    let mut random = Random::new(seed);
    for _ in 0..40 {
        let exprs: Vec<_> = (0..50).map(|_| random.value_expr(4)).collect();
        let compiled = Condition::compile_all(&exprs.iter().collect::<Vec<_>>()).unwrap();
        for _ in 0..20 {
            let values = random.measures(70);
            for (expr, native) in exprs.iter().zip(&compiled) {
                assert_eq!(native.eval(&values), interpret_truth(expr, &values), "{expr:?} over {values:?}");
                let (number, expected) = (native.number(&values), interpret_number(expr, &values));
                assert_eq!(number.map(f64::to_bits), expected.map(f64::to_bits), "{expr:?} over {values:?}");
            }
        }
    }
}

/// The term of one word, as the tokeniser reads it.
pub fn word(plan: &mut Plan, written: &str) -> SpanExpr {
    let mut tokens = Tokens::default();
    tokens.tokenize(written, 0);
    let key = |token| tokens.keys(token).next().map(|key| TokenPattern::Key(key.text.to_owned()));
    let row = tokens.iter().filter_map(key).collect();
    plan.terms.push(TermPattern { written: written.to_owned(), alternatives: vec![row] });
    SpanExpr::Term(TermId(u32::try_from(plan.terms.len() - 1).unwrap()))
}

pub fn text_of(spans: SpanExpr) -> Cond {
    cond(CondKind::Text { zones: Zone::DEFAULT.into(), spans })
}

pub fn cond(kind: CondKind) -> Cond {
    Cond { place: Place::default(), kind }
}

pub fn add_query(plan: &mut Plan, name: &str, cond: Cond) {
    plan.queries.push(QueryPlan { name: name.to_owned(), named: true, place: Place::default(), cond: Arc::new(cond) });
}

#[test]
fn three_evaluators_agree_on_real_posts_under_real_queries() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let Ok(lexicon) = std::fs::read_to_string(format!("{data}/crisislex/CrisisLexRec.txt")) else {
        println!("skipped: no CrisisLex beside the repository");
        return;
    };
    // Posts of disasters in English, and posts of everyday life in many languages.
    let folders = [format!("{data}/crisislex"), format!("{data}/labelled/langid-tweets")];
    let mut plan = Plan::default();
    for line in lexicon.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words = line.split_whitespace().map(|part| text_of(word(&mut plan, part))).collect();
        add_query(&mut plan, line, cond(CondKind::And(words)));
    }
    let (posts, total) = agree_on_real_posts(&folders, &plan);
    println!("{posts} posts, {} queries, {total} matches", plan.queries.len());
    assert!(posts > 60_000 && total > 10_000);
    let written = include_str!("every_construct.mon").to_owned();
    let checked = check(vec![("every_construct.mon".to_owned(), written)], &CheckOptions::default());
    let plan = checked.plan.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let (posts, total) = agree_on_real_posts(&folders, &plan);
    println!("{posts} posts, {} queries, {total} matches", plan.queries.len());
    assert!(total > 10_000);
}

/// Runs the three evaluators over the posts of folders; gives how many posts and matches there were.
fn agree_on_real_posts(folders: &[String], plan: &Plan) -> (usize, usize) {
    let matcher = |backend| Matcher::build(plan, &ids(plan), backend, &MatchOptions::default()).unwrap();
    let (bytecode, native) = (matcher(Backend::Bytecode), matcher(Backend::MachineCode));
    let interpreter = matcher(Backend::Interpreter);
    let every_post = std::env::var_os("MON_PAIRS").is_some();
    let (mut posts, mut total) = (0, 0);
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    for file in files.map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let batch = read_texts(&std::fs::read_to_string(&file).unwrap());
        let run = |matcher: &Matcher, batch: &PostBatch| {
            let mut found = Vec::new();
            matcher.match_batch(batch, &mut matcher.scratch(), &mut found);
            found
        };
        let found = run(&bytecode, &batch);
        assert_same(plan, &batch, &found, &run(&native, &batch), "machine code");
        // The interpreter asks each post each query, so it sees the first posts of a file only, unless asked for all.
        let first = if every_post { batch.len() } else { batch.len().min(400) };
        let expected = run(&interpreter, &batch.slice(0, first));
        let found_first: Vec<Match> = found.iter().copied().take_while(|one| (one.row as usize) < first).collect();
        assert_same(plan, &batch, &expected, &found_first, "bytecode");
        posts += batch.len();
        total += found.len();
    }
    (posts, total)
}

fn read_texts(lines: &str) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = value["text"].as_str().unwrap_or_default();
        let id = value["id"].as_str().unwrap_or_default();
        let lang = value["label"].as_str().map(Into::into);
        let post = PostRow { post_uid: Some(id.into()), text: Some(text.into()), lang, ..PostRow::default() };
        builder.append(&post).unwrap();
    }
    builder.finish().unwrap()
}
