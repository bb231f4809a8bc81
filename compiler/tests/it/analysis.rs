//! Proofs about queries against every post of small worlds: a claim that one enumerated post contradicts is wrong, and
//! an example that the interpreter does not see as claimed is none.

use std::borrow::Cow;
use std::sync::Arc;

use mon_compiler::analysis::{Answer, Comparison, Relation, compare_all};
use mon_compiler::matching::{PostTexts, Truth, evaluate};
use mon_compiler::plan::{
    CompareOp, Cond, CondKind, FieldOp, FieldTest, Place, Plan, QueryId, QueryPlan, SpanExpr, TermId, TermPattern,
    TokenPattern, Value,
};
use mon_post::{Author, PostBatch, PostBatchBuilder, PostRow, Zone};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

const PAIRS: usize = 10_000;
/// Queries of one world, and pairs of them that are compared.
const QUERIES: usize = 250;
const PAIRS_A_WORLD: usize = 1_250;
const WORDS: [&str; 4] = ["crash", "crashed", "acme", "phone"];
const RECEIVED_AT: i64 = 1_767_225_600_000_000;

fn key(text: &str) -> TokenPattern {
    TokenPattern::Key(text.to_owned())
}

fn prefix(text: &str) -> TokenPattern {
    TokenPattern::Prefix(text.to_owned())
}

fn terms() -> Vec<TermPattern> {
    let rows = [
        vec![vec![key("crash")]],
        vec![vec![key("crashed")]],
        vec![vec![key("acme")]],
        vec![vec![key("phone")]],
        vec![vec![prefix("crash")]],
        vec![vec![prefix("c")]],
        vec![vec![key("acme"), key("phone")]],
        vec![vec![key("acme"), prefix("crash")]],
        vec![vec![key("acme"), key("crashed")], vec![key("phone")]],
        vec![vec![key("acme"), key("phone"), key("crash")]],
    ];
    rows.into_iter().map(|alternatives| TermPattern { written: format!("{alternatives:?}"), alternatives }).collect()
}

struct World {
    rng: SmallRng,
    terms: usize,
}

impl World {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(&mut self.rng).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn spans(&mut self, depth: u32) -> SpanExpr {
        let side = |world: &mut Self| Box::new(world.spans(depth.saturating_sub(1)));
        match self.below(if depth == 0 { 4 } else { 9 }) {
            0..=3 => SpanExpr::Term(TermId(u32::try_from(self.below(self.terms)).unwrap())),
            4 | 5 => SpanExpr::AnyOf((0..=self.below(3)).map(|_| self.spans(depth - 1)).collect()),
            6 | 7 => SpanExpr::Near { gap: self.pick(&[0, 1, 2]), left: side(self), right: side(self) },
            _ => SpanExpr::Then { gap: self.pick(&[0, 1, 2]), left: side(self), right: side(self) },
        }
    }

    fn field(&mut self) -> CondKind {
        let text = |word: &str| Value::Text(word.to_owned());
        let (name, op) = match self.below(9) {
            0 => ("lang", FieldOp::Compare(self.pick(&[CompareOp::Eq, CompareOp::Ne]), text(self.pick(&["en", "DE"])))),
            1 => ("lang", FieldOp::In(vec![text("en"), text(self.pick(&["de", "fr"]))])),
            2 => ("lang", FieldOp::Exists),
            3 | 4 => {
                let op = self.pick(&[CompareOp::Ge, CompareOp::Gt, CompareOp::Lt, CompareOp::Le, CompareOp::Eq]);
                let limit =
                    if self.below(3) == 0 { Value::Decimal(10.5) } else { Value::Integer(self.pick(&[10, 11])) };
                ("author.followers", FieldOp::Compare(op, limit))
            }
            5 => (
                "labels",
                FieldOp::Compare(self.pick(&[CompareOp::Eq, CompareOp::Ne]), text(self.pick(&["ad", "spam"]))),
            ),
            6 => (
                "labels",
                if self.below(2) == 0 { FieldOp::Exists } else { FieldOp::In(vec![text("ad"), text("spam")]) },
            ),
            7 => ("created_at", FieldOp::WithinLast { micros: self.pick(&[60, 3600]) * 1_000_000 }),
            _ => ("created_at", FieldOp::Exists),
        };
        CondKind::Field(FieldTest { field: mon_post::find(name).unwrap(), op, floor: None })
    }

    fn cond(&mut self, depth: u32, before: &[Arc<Cond>]) -> Cond {
        let list = |world: &mut Self| (0..=world.below(3)).map(|_| world.cond(depth - 1, before)).collect::<Vec<_>>();
        let kind = match self.below(if depth == 0 { 5 } else { 11 }) {
            0 | 1 if !before.is_empty() => {
                CondKind::Named { name: "q".to_owned(), cond: Arc::clone(before.choose(&mut self.rng).unwrap()) }
            }
            0..=2 => {
                let zones: &[Zone] =
                    self.pick(&[&[Zone::Title, Zone::Text], &[Zone::Text], &[Zone::Text], &[Zone::Title]]);
                CondKind::Text { zones: zones.into(), spans: self.spans(2) }
            }
            3 | 4 => self.field(),
            5 | 6 => CondKind::Not(Box::new(self.cond(depth - 1, before))),
            7 | 8 => CondKind::And(list(self)),
            9 => CondKind::Or(list(self)),
            _ => {
                let members = list(self);
                CondKind::AtLeast { k: u32::try_from(self.below(members.len() + 1)).unwrap(), members }
            }
        };
        Cond { place: Place::default(), kind }
    }

    /// Queries of which some are made of others, so that they have much to do with each other.
    fn plan(&mut self) -> Plan {
        let mut conds: Vec<Arc<Cond>> = Vec::new();
        for at in 0..QUERIES {
            let known = if at % 3 == 0 { &[][..] } else { conds.get(at.saturating_sub(6)..).unwrap() };
            let known: Vec<Arc<Cond>> = known.iter().filter(|cond| size(cond) < 40).cloned().collect();
            conds.push(Arc::new(self.cond(2, &known)));
        }
        let query = |(at, cond): (usize, Arc<Cond>)| QueryPlan {
            name: format!("q{at}"),
            named: true,
            place: Place::default(),
            cond,
        };
        Plan { terms: terms(), queries: conds.into_iter().enumerate().map(query).collect(), ..Plan::default() }
    }
}

fn size(cond: &Cond) -> usize {
    match &cond.kind {
        CondKind::Not(inner) => 1 + size(inner),
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            1 + members.iter().map(size).sum::<usize>()
        }
        CondKind::Named { cond, .. } => size(cond),
        _ => 1,
    }
}

/// Every text of up to so many words.
fn texts(words_max: usize) -> Vec<Option<String>> {
    let mut all = vec![None, Some(String::new())];
    let mut last = vec![String::new()];
    for _ in 0..words_max {
        last = last
            .iter()
            .flat_map(|text| WORDS.iter().map(move |word| format!("{text} {word}").trim().to_owned()))
            .collect();
        all.extend(last.iter().cloned().map(Some));
    }
    all
}

/// Every post of the world: all short texts under all titles of a word, each with the next of all told fields.
fn posts(world: usize) -> PostBatch {
    let mut fields = Vec::new();
    for lang in [None, Some("en"), Some("de"), Some("fr"), Some("it")] {
        for followers in [None, Some(9), Some(10), Some(11), Some(12)] {
            for labels in
                [None, Some(vec![]), Some(vec!["ad"]), Some(vec!["spam"]), Some(vec!["ad", "x"]), Some(vec!["x"])]
            {
                for age in [None, Some(-1), Some(30), Some(600), Some(9_000)] {
                    fields.push((lang, followers, labels.clone(), age));
                }
            }
        }
    }
    let mut builder = PostBatchBuilder::new();
    let mut at = world;
    for text in texts(3) {
        for title in texts(1) {
            // Seven of the 750 that are told otherwise, other ones for each text and each world.
            for _ in 0..7 {
                at += 107;
                let (lang, followers, labels, age) = &fields[at % fields.len()];
                let row = PostRow {
                    post_uid: Some(Cow::Owned(at.to_string())),
                    received_at: Some(RECEIVED_AT),
                    created_at: age.map(|seconds: i64| RECEIVED_AT - seconds * 1_000_000),
                    text: text.clone().map(Cow::Owned),
                    title: title.clone().map(Cow::Owned),
                    lang: lang.map(Cow::Borrowed),
                    labels: labels.as_ref().map(|labels| labels.iter().map(|label| Cow::Borrowed(*label)).collect()),
                    author: followers.map(|followers| Author { followers: Some(followers), ..Author::default() }),
                    ..PostRow::default()
                };
                builder.append(&row).unwrap();
            }
        }
    }
    builder.finish().unwrap()
}

/// One bit a post.
fn taken(plan: &Plan, posts: &[PostTexts<'_>]) -> Vec<Vec<bool>> {
    let one =
        |query: &QueryPlan| posts.iter().map(|post| evaluate(&plan.terms, &query.cond, post) == Truth::True).collect();
    plan.queries.iter().map(one).collect()
}

/// An answer holds for every post, or its example is as it says.
fn check(
    answer: &Answer,
    contradicts: &dyn Fn(usize) -> bool,
    posts: usize,
    example: &dyn Fn(&PostTexts<'_>) -> bool,
    what: &str,
) {
    match answer {
        Answer::Proved => {
            let odd = (0..posts).find(|post| contradicts(*post));
            assert!(odd.is_none(), "{what}: proved, and post {odd:?} says otherwise");
        }
        Answer::Refuted(found) => {
            let mut builder = PostBatchBuilder::new();
            builder.append(found.row()).unwrap();
            let batch = builder.finish().unwrap();
            assert!(example(&PostTexts::read(&batch, 0)), "{what}: the example {found} does not show it");
        }
        Answer::Open => {}
    }
}

#[test]
fn proofs_hold_for_every_post_of_small_worlds() {
    let seed: u64 = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(17);
    println!("MON_SEED={seed}");
    let (mut pairs, mut open) = (0, [0_usize; 3]);
    let mut relations: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut world_at = 0;
    while pairs < PAIRS {
        let mut world = World {
            rng: SmallRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(world_at as u64)),
            terms: terms().len(),
        };
        let plan = world.plan();
        let batch = posts(world_at);
        let read: Vec<PostTexts<'_>> = (0..batch.len()).map(|row| PostTexts::read(&batch, row)).collect();
        let taken = taken(&plan, &read);
        let chosen: Vec<(usize, usize)> = (0..PAIRS_A_WORLD)
            .map(|at| {
                let first = world.below(QUERIES);
                // Near ones are often made of each other.
                let second = if at % 2 == 0 { world.below(QUERIES) } else { (first + 1 + world.below(4)) % QUERIES };
                (first, second)
            })
            .collect();
        let ids = |at: usize| QueryId(u32::try_from(at).unwrap());
        let asked: Vec<_> = chosen.iter().map(|(first, second)| (ids(*first), ids(*second))).collect();
        for ((first, second), told) in chosen.iter().zip(compare_all(&plan, &plan, &asked)) {
            let what = format!(
                "seed {seed}, world {world_at}, q{first} and q{second}:\n{:?}\n{:?}\n",
                plan.queries[*first].cond, plan.queries[*second].cond
            );
            verify(&plan, &taken, (*first, *second), &told, &what);
            *relations.entry(told.relation().name()).or_default() += 1;
            for (open, answer) in open.iter_mut().zip([&told.kept, &told.known, &told.apart]) {
                *open += usize::from(matches!(answer, Answer::Open));
            }
            pairs += 1;
        }
        world_at += 1;
    }
    println!("{pairs} pairs over {world_at} worlds: {relations:?}; answers left open: {open:?}");
    let undecided: usize = [Relation::Undecided, Relation::WiderOrEqual, Relation::NarrowerOrEqual]
        .iter()
        .map(|relation| relations.get(relation.name()).copied().unwrap_or_default())
        .sum();
    assert!(undecided * 20 < pairs, "{undecided} of {pairs} are not decided");
    for relation in [Relation::Equal, Relation::Wider, Relation::Narrower, Relation::Disjoint, Relation::Changed] {
        assert!(relations.get(relation.name()).is_some_and(|count| *count > 20), "too few {}", relation.name());
    }
}

fn verify(plan: &Plan, taken: &[Vec<bool>], (first, second): (usize, usize), told: &Comparison, what: &str) {
    let (old, new) = (&taken[first], &taken[second]);
    let holds = |at: usize, post: &PostTexts<'_>| evaluate(&plan.terms, &plan.queries[at].cond, post) == Truth::True;
    let posts = old.len();
    check(
        &told.kept,
        &|at| old[at] && !new[at],
        posts,
        &|post| holds(first, post) && !holds(second, post),
        &format!("{what}kept"),
    );
    check(
        &told.known,
        &|at| new[at] && !old[at],
        posts,
        &|post| holds(second, post) && !holds(first, post),
        &format!("{what}known"),
    );
    check(
        &told.apart,
        &|at| old[at] && new[at],
        posts,
        &|post| holds(first, post) && holds(second, post),
        &format!("{what}apart"),
    );
    for (never, taken) in told.never.iter().zip([old, new]) {
        assert!(!never || !taken.contains(&true), "{what}: never, and a post matches");
    }
}
