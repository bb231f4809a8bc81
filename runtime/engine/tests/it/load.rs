//! A run that can't keep up hears a part of the authors: what is told equals a naive recomputation over those who are heard, monitors that hear everybody
//! are told the same as ever, and nothing depends on batches, barriers, restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mon_compiler::plan::{CompareOp, MonitorPlan, Plan, Value};
use mon_engine::{Feed, Snapshot, WindowRow};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::property::{close, naive};
use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, below, compare, distinct, feed, monitor, only, options, plan,
    posts, rng, run, seed, window,
};

const LADDER: [u32; 2] = [2, 8];

fn laddered(mut monitor: MonitorPlan) -> MonitorPlan {
    monitor.under_load = LADDER.to_vec();
    monitor
}

fn monitors() -> Arc<Plan> {
    let sad = compare("sentiment", CompareOp::Lt, Value::Decimal(-0.3));
    let measures = || {
        vec![
            aggregate("volume", "count", &[]),
            aggregate("followers", "sum", &["author.followers"]),
            aggregate("mood", "avg", &["sentiment"]),
            distinct(aggregate("voices", "count", &["author.uid"])),
            aggregate("reach", "reach", &["author.uid", "author.followers"]),
            only(aggregate("sad", "count", &[]), sad.clone()),
            aggregate("told", "count", &["sentiment"]),
            aggregate("heard_one_in", "heard_one_in", &[]),
        ]
    };
    let all = measures().into_iter().take(7).collect();
    plan(vec![
        laddered(monitor("sampled", 0, window(4 * MINUTE, MINUTE, 10 * SECOND), &["lang"], measures())),
        monitor("vital", 1, window(4 * MINUTE, MINUTE, 10 * SECOND), &["lang"], all),
    ])
}

/// How many authors one stands for at a step.
fn weight(step: u8) -> u32 {
    step.checked_sub(1).map_or(1, |at| LADDER[usize::from(at).min(LADDER.len() - 1)])
}

/// A sample of one in n is the first nth of all hashes.
fn is_heard(author: &str, weight: u32) -> bool {
    let hash = blake3::hash(author.as_bytes());
    u64::from_be_bytes(hash.as_bytes()[..8].try_into().unwrap()) <= u64::MAX / u64::from(weight)
}

/// Posts of many authors in batches, with changes of the step between them, and the weight at which each post came first.
fn world(rng: &mut SmallRng, count: usize) -> (Vec<Post>, Vec<Feed>, BTreeMap<String, u32>) {
    let mut posts = posts(rng, count);
    let mut authors = BTreeMap::new();
    for post in &mut posts {
        let author = rng.random_range(0..150);
        post.author.clone_from(authors.entry(post.uid.clone()).or_insert_with(|| format!("writer {author}")));
    }
    let (mut feeds, mut weights) = (Vec::new(), BTreeMap::new());
    let (mut rest, mut step) = (posts.as_slice(), 0);
    while !rest.is_empty() {
        if rng.random_bool(0.3) {
            step = rng.random_range(0..4);
            feeds.push(Feed::Load { step });
        }
        let (now, later) = rest.split_at(rng.random_range(1..=200.min(rest.len())));
        feeds.push(feed(now));
        for post in now {
            weights.entry(post.uid.clone()).or_insert_with(|| weight(step));
        }
        rest = later;
    }
    (posts, feeds, weights)
}

fn check(row: &WindowRow, posts: &[(&Post, u32)]) {
    let sum = |of: &dyn Fn(&Post) -> Option<i64>| {
        let told = posts.iter().filter_map(|(post, weight)| Some(of(post)? * i64::from(*weight)));
        told.sum::<i64>() as f64
    };
    let count = |of: &dyn Fn(&Post) -> bool| sum(&|post| of(post).then_some(1));
    let mut authors: BTreeMap<&str, (u32, i64)> = BTreeMap::new();
    for (post, weight) in posts {
        let author = authors.entry(&post.author).or_insert((*weight, post.followers));
        *author = (author.0.min(*weight), author.1.max(post.followers));
    }
    let told = count(&|post| post.mood.is_some());
    let mood = (told > 0.0).then(|| sum(&|post| post.mood) / 1000.0 / told);
    assert_eq!(row.values[0], Some(count(&|_| true)), "{row:?}");
    assert_eq!(row.values[1], Some(sum(&|post| Some(post.followers))), "{row:?}");
    assert!(close(row.values[2], mood), "{row:?} {mood:?}");
    assert_eq!(row.values[3], Some(authors.values().map(|(weight, _)| f64::from(*weight)).sum()), "{row:?}");
    let reach = authors.values().map(|(weight, followers)| i64::from(*weight) * followers).sum::<i64>();
    assert_eq!(row.values[4], Some(reach as f64), "{row:?}");
    assert_eq!(row.values[5], Some(count(&|post| post.mood.is_some_and(|mood| mood < -300))), "{row:?}");
    assert_eq!(row.values[6], Some(told), "{row:?}");
}

#[test]
fn estimates_equal_a_naive_recomputation_over_those_who_are_heard() {
    let mut rng = rng(seed());
    let plan = monitors();
    let kinds = [(plan.monitors[0].window.unwrap(), true, 0), (plan.monitors[1].window.unwrap(), true, 500)];
    for _ in 0..3 {
        let (posts, mut feeds, weights) = world(&mut rng, 1500);
        feeds.push(Feed::End);
        let (expected, _) = naive(&posts, &kinds, options().disorder_micros);
        let (mut rows, mut told) = (Vec::new(), Told::default());
        run(&plan, options(), None, feeds, |epoch| {
            told.add(&epoch, &plan);
            rows.extend(epoch.windows);
        });
        let mut found = rows.iter();
        for ((_, end, at, key), posts) in expected {
            let weighed = posts.iter().map(|post| (post, if at == 0 { weights[&post.uid] } else { 1 }));
            let heard: Vec<_> = weighed.filter(|(post, weight)| is_heard(&post.author, *weight)).collect();
            let Some((_, first)) = heard.first() else { continue };
            let row = found.next().expect("a window for those who are heard");
            assert_eq!((row.monitor, row.end, &row.key), (at, end, &key));
            check(row, &heard);
            if at == 0 {
                // Posts that nobody heard may have lain in it, too.
                let smallest = heard.iter().map(|(_, weight)| *weight).fold(*first, u32::max);
                let told = row.values[7].unwrap();
                assert!(told >= f64::from(smallest) && [1.0, 2.0, 8.0].contains(&told), "{row:?} {smallest}");
            }
        }
        assert!(found.next().is_none(), "no window more");
        let firsts: BTreeSet<&str> = posts.iter().map(|post| post.uid.as_str()).collect();
        let writer = |uid: &str| &posts.iter().find(|post| post.uid == uid).unwrap().author;
        let unheard = firsts.iter().filter(|uid| !is_heard(writer(uid), weights[**uid])).count();
        let counts = &told.counts;
        assert_eq!(counts.unheard, [unheard as u64, 0]);
        assert_eq!(counts.shed, 0, "one monitor is asked about every post");
        assert_eq!(counts.read, counts.duplicates + counts.matched + counts.unmatched);
    }
}

#[test]
fn what_nobody_is_asked_about_is_counted() {
    let mut rng = rng(seed());
    let plan =
        plan(vec![laddered(monitor("sampled", 0, window(MINUTE, MINUTE, 0), &[], vec![aggregate("n", "count", &[])]))]);
    let (_, mut feeds, _) = world(&mut rng, 1000);
    feeds.push(Feed::End);
    let mut told = Told::default();
    run(&plan, options(), None, feeds, |epoch| told.add(&epoch, &plan));
    let counts = &told.counts;
    assert_eq!(counts.read, counts.duplicates + counts.matched + counts.unmatched + counts.shed);
    assert_eq!(counts.unheard, [counts.shed]);
    assert_eq!(told.mentions.lines().count() as u64, counts.matched, "whoever is heard is a mention");
}

#[test]
fn without_load_an_estimate_is_what_is_counted() {
    let mut rng = rng(seed());
    let posts = posts(&mut rng, 1500);
    let mut sampled = Plan::clone(&monitors());
    let mut plain = sampled.clone();
    plain.monitors[0].under_load.clear();
    plain.monitors[0].measures.pop();
    sampled.monitors[0].measures.pop();
    let rows = |plan: Plan| {
        let mut rows = Vec::new();
        run(&Arc::new(plan), options(), None, vec![feed(&posts), Feed::End], |epoch| rows.extend(epoch.windows));
        rows
    };
    for (estimate, count) in rows(sampled).iter().zip(&rows(plain)) {
        assert_eq!((estimate.monitor, estimate.end, &estimate.key), (count.monitor, count.end, &count.key));
        assert!(
            estimate.values.iter().zip(&count.values).all(|(one, other)| close(*one, *other)),
            "{estimate:?} {count:?}"
        );
    }
}

#[test]
fn nothing_depends_on_batches_barriers_and_restarts() {
    let mut rng = rng(seed());
    let plan = monitors();
    let (_, mut feeds, _) = world(&mut rng, 1500);
    feeds.push(Feed::End);
    let copy = |feeds: &[Feed]| -> Vec<Feed> {
        feeds
            .iter()
            .map(|feed| match feed {
                Feed::Posts { source, batch } => Feed::Posts { source: *source, batch: batch.clone() },
                Feed::Load { step } => Feed::Load { step: *step },
                _ => Feed::End,
            })
            .collect()
    };
    let mut whole = Told::default();
    run(&plan, options(), None, copy(&feeds), |epoch| whole.add(&epoch, &plan));
    for batch_rows in [1, 7, 8192] {
        let mut told = Told::default();
        let (mut state, mut rest): (Option<Snapshot>, &[Feed]) = (None, &feeds);
        let mut epoch = 0;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(1..=10.min(rest.len())));
            epoch += 1;
            let mut part = copy(now);
            if !later.is_empty() {
                part.push(Feed::Barrier { epoch });
            }
            let options = mon_engine::EngineOptions { batch_rows, ..options() };
            run(&plan, options, state.take(), part, |epoch| {
                told.add(&epoch, &plan);
                state = epoch.snapshot.or(state.take());
            });
            rest = later;
        }
        assert_eq!(told, whole, "batches of {batch_rows}");
    }
}

/// A post each ten seconds of an author whom a sample of one in eight leaves out.
fn unheard(from: i64, until: i64) -> Vec<Post> {
    let author = (0..).map(|number| format!("quiet {number}")).find(|author| !is_heard(author, 8)).unwrap();
    let at = (0..).map(|number| from + number * 10 * SECOND).take_while(|at| *at < until);
    let post = |at| Post { uid: format!("p{at}"), at, lang: None, author: author.clone(), followers: 1, mood: None };
    at.map(post).collect()
}

#[test]
fn whom_nobody_hears_is_not_silent() {
    let measures = || vec![aggregate("n", "count", &[]), aggregate("heard_one_in", "heard_one_in", &[])];
    let watching = laddered(monitor("watching", 0, window(MINUTE, MINUTE, 0), &[], measures()));
    let plan = plan(vec![alert(watching, below(0, 1.0), 0, None, 0)]);
    let steps = |step| {
        let mut told = Told::default();
        let (talk, end) = (START + 10 * MINUTE, START + 30 * MINUTE);
        let feeds = vec![
            Feed::Load { step },
            feed(&unheard(START, talk)),
            Feed::Load { step: 0 },
            feed(&unheard(end, end + MINUTE)),
            Feed::End,
        ];
        run(&plan, options(), None, feeds, |epoch| told.add(&epoch, &plan));
        let opened = told.incidents.lines().filter(|line| line.contains("\"opened\"")).count();
        (opened, told.windows.lines().count())
    };
    // Silence is told where it is one, from the eleventh minute on.
    let (opened, windows) = steps(0);
    assert_eq!((opened, windows), (1, 11));
    let (opened, windows) = steps(2);
    assert_eq!((opened, windows), (1, 1), "the ten minutes before say nothing");
}

#[test]
fn estimates_have_no_bias() {
    let mut rng = rng(seed());
    let plan = monitors();
    // Each author writes one to five posts, half of the time before the run can't keep up.
    let mut posts: Vec<Post> = Vec::new();
    let mut squares = 0.0;
    for author in 0..4_000 {
        let (author, followers) = (format!("{} {author}", rng.random::<u32>()), 500 + i64::from(author % 7));
        let written = rng.random_range(1..=5);
        squares += f64::from(written * written);
        for _ in 0..written {
            let (uid, at) = (format!("p{}", posts.len()), START + 10 * SECOND + rng.random_range(0..30 * SECOND));
            posts.push(Post { uid, at, lang: None, author: author.clone(), followers, mood: Some(100) });
        }
    }
    posts.sort_by_key(|post| post.at);
    let (calm, busy) = posts.split_at(posts.len() / 2);
    let feeds = vec![feed(calm), Feed::Load { step: 2 }, feed(busy), Feed::End];
    let mut rows: Vec<WindowRow> = Vec::new();
    run(&plan, options(), None, feeds, |epoch| rows.extend(epoch.windows));
    let row = rows.iter().find(|row| row.monitor == 0).unwrap();
    let (volume, wanted) = (row.values[0].unwrap(), posts.len() as f64);
    // Whoever is heard stands for 8 with all their posts: the spread of that, and five of it.
    let spread = (squares * 7.0).sqrt();
    assert!((volume - wanted).abs() < 5.0 * spread, "{volume} instead of {wanted}");
    let (voices, wanted) = (row.values[3].unwrap(), 4_000.0);
    assert!((voices - wanted).abs() < 5.0 * (wanted * 7.0_f64).sqrt(), "{voices} instead of {wanted}");
}
