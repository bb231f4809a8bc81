//! Patterns of events: against a naive reader that looks at all posts at once, and case by case: where a time ends, which post counts,
//! what a complete pattern leaves, what incidents do, what is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expect_test::expect;
use mon_compiler::plan::{Cond, MonitorPlan, Plan};
use mon_engine::{EngineOptions, Feed, Limits, Snapshot, WindowRow};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, at_least, cut, distinct, everyone, feed, large, monitor,
    options, pattern, plan, rng, run, seed, simple, small, window,
};

const HOUR: i64 = 60 * MINUTE;
const LATE: i64 = 20 * SECOND;

// ------------------------------------------------------------------------------------------------ the naive reader

type Meets = fn(&Post) -> bool;

/// A pattern as the naive reader knows it.
#[derive(Clone)]
struct Shape {
    steps: Vec<Meets>,
    within: i64,
    absent: Option<(Meets, i64)>,
}

/// Whether the first of these posts begins a row of steps that the last one ends.
fn is_row(posts: &[&Post], steps: &[Meets]) -> bool {
    let ([first, rest @ ..], [begins, more @ ..]) = (posts, steps) else { return false };
    let ([between @ .., last], [middle @ .., ends]) = (rest, more) else {
        return begins(first) && rest.is_empty() && more.is_empty();
    };
    let mut between = between.iter();
    begins(first) && ends(last) && middle.iter().all(|step| between.any(|post| step(post)))
}

/// Start, end and posts of each pattern of a group, its posts in order.
fn expected<'a>(posts: &[&'a Post], shape: &Shape, youngest: i64) -> Vec<(i64, i64, Vec<&'a Post>)> {
    let mut told: Vec<(i64, i64, Vec<&Post>)> = Vec::new();
    let (mut from, mut not_before) = (0, i64::MIN);
    while let Some((first, behind, end)) = (from..posts.len()).find_map(|last| {
        let may_begin =
            |first: &usize| posts[*first].at >= not_before && posts[last].at - posts[*first].at <= shape.within;
        let first = (from..=last).filter(may_begin).find(|first| is_row(&posts[*first..=last], &shape.steps))?;
        let Some((missed, micros)) = shape.absent else { return Some((first, last + 1, posts[last].at + 1)) };
        let end = posts[last].at + micros;
        let came = posts[last + 1..].iter().any(|post| post.at < end && missed(post));
        let behind = posts.iter().position(|post| post.at >= end).unwrap_or(posts.len());
        (!came && end <= youngest).then_some((first, behind, end))
    }) {
        told.push((posts[first].at, end, posts[first..behind].to_vec()));
        (from, not_before) = (behind, end);
    }
    told
}

fn posts(rng: &mut SmallRng) -> Vec<Post> {
    let mut now = START;
    let mut posts = Vec::new();
    let waits = options().disorder_micros + LATE;
    for number in 0..1_200 {
        now += match rng.random_range(0..60) {
            0 => rng.random_range(0..5 * MINUTE),
            1..5 => rng.random_range(0..40 * SECOND),
            _ => rng.random_range(0..3 * SECOND),
        };
        let at = now - rng.random_range(0..waits);
        posts.push(Post {
            uid: format!("p{:04}", (number * 7919) % 10_007),
            // Many share a second. None is later than disorder and `late` allow.
            at: if rng.random_bool(0.7) { at - at % SECOND } else { at }.max(now - waits + 1),
            lang: [Some("de"), Some("en"), None][rng.random_range(0..3)],
            author: format!("a{}", rng.random_range(0..6)),
            followers: rng.random_range(0..1000),
            mood: None,
        });
    }
    posts
}

/// Monitors, and how the naive reader knows each.
fn kinds() -> Vec<(MonitorPlan, Shape)> {
    let measures = || {
        vec![
            aggregate("volume", "count", &[]),
            aggregate("reach", "sum", &["author.followers"]),
            distinct(aggregate("voices", "count", &["author.uid"])),
        ]
    };
    let base = |name: &str, query, by: &[&str]| monitor(name, query, window(SECOND, SECOND, 0), by, measures());
    let (loud, huge, quiet, tiny): (Meets, Meets, Meets, Meets) = (
        |post| post.followers >= 700,
        |post| post.followers >= 950,
        |post| post.followers < 300,
        |post| post.followers < 60,
    );
    let make = |plan: MonitorPlan, within, absent: Option<(Meets, i64)>, steps: Vec<Meets>, conds: Vec<Arc<Cond>>| {
        let micros = absent.map(|(_, micros)| micros);
        (pattern(plan, within, micros, LATE, conds), Shape { steps, within, absent })
    };
    vec![
        make(base("pair", 0, &["lang"]), 30 * SECOND, None, vec![huge, tiny], vec![large(950), small(60)]),
        make(base("large", 1, &[]), 5 * SECOND, None, vec![loud, huge], vec![large(700), large(950)]),
        make(base("same", 0, &["author.uid"]), 4 * SECOND, None, vec![quiet, quiet], vec![small(300), small(300)]),
        make(
            base("row", 0, &[]),
            20 * SECOND,
            None,
            vec![loud, quiet, loud, tiny],
            vec![large(700), small(300), large(700), small(60)],
        ),
        make(base("missed", 0, &["lang"]), 0, Some((tiny, 40 * SECOND)), vec![huge], vec![large(950), small(60)]),
        make(
            base("silent", 0, &["author.uid"]),
            0,
            Some((|_| true, 25 * SECOND)),
            vec![|_| true],
            vec![everyone(), everyone()],
        ),
        make(
            base("pair_missed", 0, &["lang"]),
            30 * SECOND,
            Some((tiny, 12 * SECOND)),
            vec![loud, quiet],
            vec![large(700), small(300), small(60)],
        ),
        make(
            base("row_missed", 0, &[]),
            10 * SECOND,
            Some((huge, 6 * SECOND)),
            vec![loud, tiny, quiet],
            vec![large(700), small(60), small(300), large(950)],
        ),
    ]
}

#[test]
fn patterns_equal_what_a_naive_reader_of_all_posts_finds() {
    let mut rng = rng(seed());
    for round in 0..3 {
        let posts = posts(&mut rng);
        let kinds = kinds();
        let plan = plan(kinds.iter().map(|(monitor, _)| monitor.clone()).collect());
        let (mut rows, mut state, mut late) = (Vec::<WindowRow>::new(), None::<Snapshot>, 0);
        let restarts: BTreeSet<usize> = (0..4).map(|_| rng.random_range(1..posts.len())).collect();
        let bounds: Vec<usize> = [0].into_iter().chain(restarts).chain([posts.len()]).collect();
        for (number, piece) in bounds.windows(2).enumerate() {
            let largest = [1, 10, 100, 1000][rng.random_range(0..4)];
            let mut feeds = cut(&mut rng, &posts[piece[0]..piece[1]], largest);
            feeds.push(if piece[1] == posts.len() { Feed::End } else { Feed::Barrier { epoch: number as u64 } });
            run(&plan, options(), state.take(), feeds, |epoch| {
                late += epoch.counts.late.iter().sum::<u64>();
                rows.extend(epoch.windows);
                state = epoch.snapshot;
            });
        }
        assert_eq!(late, 0, "no post is too late");
        let youngest = posts.iter().map(|post| post.at).max().unwrap();
        for (number, (monitor, shape)) in (0u32..).zip(&kinds) {
            let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Post>> = BTreeMap::new();
            for post in posts.iter().filter(|post| monitor.query.0 == 0 || post.followers >= 500) {
                let value = |name: &str| {
                    if name == "lang" { post.lang.map(str::to_owned) } else { Some(post.author.clone()) }
                };
                let key = monitor.by.iter().map(|id| value(id.get().unwrap().name)).collect();
                groups.entry(key).or_default().push(post);
            }
            let mut wanted = Vec::new();
            for (key, mut own) in groups {
                own.sort_by_key(|post| (post.at, &post.uid));
                for (start, end, members) in expected(&own, shape, youngest) {
                    let reach: i64 = members.iter().map(|post| post.followers).sum();
                    let voices: BTreeSet<&str> = members.iter().map(|post| post.author.as_str()).collect();
                    let values = [members.len(), reach as usize, voices.len()].map(|value| Some(value as f64));
                    wanted.push((key.clone(), start, end, values.to_vec()));
                }
            }
            let own = rows.iter().filter(|row| row.monitor == number);
            let mut found: Vec<_> = own.map(|row| (row.key.clone(), row.start, row.end, row.values.clone())).collect();
            let ends: Vec<i64> = found.iter().map(|row| row.2).collect();
            assert!(ends.is_sorted(), "{}: in the order of their ends", monitor.name);
            found.sort_by_key(|row| (row.0.clone(), row.2));
            assert_eq!(found, wanted, "{} in round {round}, pieces {bounds:?}", monitor.name);
            assert!(wanted.len() > 2, "{}: {} patterns", monitor.name, wanted.len());
        }
    }
}

// ------------------------------------------------------------------------------------------------ case by case

/// Posts as a letter and a second: `A` is loud, `b` is quiet, any other letter is neither; by author where one is told.
fn script(text: &str) -> Vec<Post> {
    let post = |(number, word): (i64, &str)| {
        let (letter, rest) = word.split_at(1);
        let (second, author) = rest.split_once('@').unwrap_or((rest, "a"));
        let at = START + (second.parse::<f64>().unwrap() * SECOND as f64).round() as i64;
        let followers = if letter == "A" {
            900
        } else if letter == "b" {
            10
        } else {
            500
        };
        Post { author: author.to_owned(), followers, ..simple(number, at) }
    };
    (0..).zip(text.split_whitespace()).map(post).collect()
}

fn counted(within: i64, absent: Option<i64>, by: &[&str]) -> MonitorPlan {
    let base = monitor("found", 0, window(SECOND, SECOND, 0), by, vec![aggregate("volume", "count", &[])]);
    pattern(base, within, absent, 0, vec![large(900), small(100)])
}

fn told(
    plan: &Arc<Plan>,
    options: EngineOptions,
    from: Option<Snapshot>,
    feeds: Vec<Feed>,
) -> (Vec<WindowRow>, Told, Option<Snapshot>) {
    let (mut rows, mut told, mut state) = (Vec::new(), Told::default(), None);
    run(plan, options, from, feeds, |epoch| {
        told.add(&epoch, plan);
        state = epoch.snapshot.or(state.take());
        rows.extend(epoch.windows);
    });
    (rows, told, state)
}

/// Patterns as seconds behind the start, with their volume.
fn windows(rows: &[WindowRow]) -> String {
    let second = |at: i64| (at - START) as f64 / SECOND as f64;
    let line = |row: &WindowRow| format!("{}..{}: {}", second(row.start), second(row.end), row.values[0].unwrap());
    rows.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn found(monitor: &MonitorPlan, text: &str) -> String {
    windows(&told(&plan(vec![monitor.clone()]), options(), None, vec![feed(&script(text)), Feed::End]).0)
}

#[test]
fn a_pattern_lasts_from_its_first_post_to_its_last() {
    let pair = counted(30 * SECOND, None, &[]);
    expect!["0..20.000001: 3"].assert_eq(&found(&pair, "A0 x10 b20 b25"));
    // The last post may come so much later exactly.
    expect!["0..30.000001: 2"].assert_eq(&found(&pair, "A0 b30"));
    expect![""].assert_eq(&found(&pair, "A0 b30.000001"));
    expect![""].assert_eq(&found(&pair, "b0 A1 x40"));
}

#[test]
fn it_begins_with_the_first_post_that_is_young_enough() {
    let pair = counted(30 * SECOND, None, &[]);
    expect!["0..25.000001: 3"].assert_eq(&found(&pair, "A0 A20 b25"));
    expect!["20..40.000001: 3"].assert_eq(&found(&pair, "A0 x10 A20 x35 b40"));
    expect![""].assert_eq(&found(&pair, "A0 x20 b40"));
}

#[test]
fn the_next_one_begins_behind_a_complete_one() {
    let pair = counted(30 * SECOND, None, &[]);
    expect!["0..10.000001: 3, 20..21.000001: 2"].assert_eq(&found(&pair, "A0 A5 b10 b12 A20 b21"));
    // What is told in one moment is taken by its ids: the rest of that moment is in neither.
    expect!["0..5.000001: 2, 6..7.000001: 2"].assert_eq(&found(&pair, "A0 b5 A5 b5 A6 b7"));
    let base = counted(30 * SECOND, None, &[]);
    let same = MonitorPlan { steps: vec![large(900), large(900)], ..base };
    expect!["0..5.000001: 2, 10..15.000001: 2"].assert_eq(&found(&same, "A0 A5 A10 A15 A20"));
}

#[test]
fn an_absence_lasts_from_the_last_post_on() {
    let missed = counted(0, Some(60 * SECOND), &[]);
    expect!["0..60: 3"].assert_eq(&found(&missed, "A0 x10 A30 x200"));
    expect![""].assert_eq(&found(&missed, "A0 b59.999999 x200"));
    // Exactly so much later is too late for it.
    expect!["0..60: 1"].assert_eq(&found(&missed, "A0 b60 x200"));
    expect!["50..110: 1"].assert_eq(&found(&missed, "A0 A20 b40 A50 x200"));
    // What ends the wait of one post may be waited for itself.
    let base = counted(0, Some(60 * SECOND), &[]);
    let silent = MonitorPlan { steps: vec![everyone(), everyone()], ..base };
    expect!["30..90: 1, 200..260: 1"].assert_eq(&found(&silent, "x0 x30 x200 x300"));
}

#[test]
fn a_row_that_waits_for_an_absence_leaves_younger_posts_to_the_next_one() {
    let base = counted(30 * SECOND, Some(20 * SECOND), &[]);
    let both = MonitorPlan { steps: vec![large(900), small(100), large(950)], ..base };
    let huge = |second: i64| Post { followers: 999, ..simple(900 + second, START + second * SECOND) };
    let mut posts = script("A0 b5 A10 x200 b31");
    posts.extend([huge(15)]);
    posts.sort_by_key(|post| post.at);
    let (rows, ..) = told(&plan(vec![both]), options(), None, vec![feed(&posts), Feed::End]);
    expect!["10..51: 3"].assert_eq(&windows(&rows));
}

#[test]
fn an_absence_is_told_though_the_stream_is_quiet() {
    let quiet = |second: i64| Feed::Quiet { source: 0, until: START + second * SECOND + options().disorder_micros };
    let plan = plan(vec![counted(0, Some(MINUTE), &["author.uid"])]);
    let feeds = vec![feed(&script("A0@x A10@y b30@y")), quiet(59), Feed::Barrier { epoch: 1 }];
    let (rows, _, state) = told(&plan, options(), None, feeds);
    assert_eq!(rows, []);
    let (rows, ..) = told(&plan, options(), state, vec![quiet(60), Feed::Barrier { epoch: 2 }]);
    expect!["0..60: 1"].assert_eq(&windows(&rows));
}

#[test]
fn what_the_end_of_a_recording_leaves_open_goes_on_where_it_grows() {
    let plan = plan(vec![counted(30 * SECOND, None, &[]), counted(0, Some(MINUTE), &[])]);
    let (rows, _, state) = told(&plan, options(), None, vec![feed(&script("x0 A10 x69")), Feed::End]);
    assert_eq!(rows, [], "nobody knows what comes behind the end");
    let more: Vec<Post> =
        script("b20 x70").into_iter().map(|post| Post { uid: format!("m{}", post.uid), ..post }).collect();
    let (rows, counted, _) = told(&plan, options(), state, vec![feed(&more), Feed::End]);
    expect!["10..70: 2"].assert_eq(&windows(&rows));
    assert_eq!(counted.counts.late, [1, 1], "a post before the end of what was told is late");
    let (rows, ..) = told(&plan, options(), None, vec![feed(&script("x0 A10 x70")), Feed::End]);
    expect!["10..70: 1"].assert_eq(&windows(&rows));
}

fn steps(told: &Told) -> String {
    let line = |line: &str| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        format!(
            "{} {} {}\n",
            json["at"].as_str().unwrap(),
            json["kind"].as_str().unwrap(),
            json["severity"].as_str().unwrap()
        )
    };
    told.incidents.lines().map(line).collect()
}

#[test]
fn an_incident_lasts_until_no_pattern_comes_for_as_long_as_one_may_take() {
    let plan = plan(vec![alert(counted(30 * SECOND, None, &[]), at_least(0, 2.0), 0, None, 0)]);
    let crowd: String = (0..24).map(|number| format!("x{} ", 91 + number)).collect();
    let posts = script(&format!("A0 b10 A30 b39 A60 b68 A90 {crowd} b115 x200 A300 b301 x400"));
    let (_, whole, _) = told(&plan, options(), None, vec![feed(&posts), Feed::End]);
    expect![[r#"
        2027-01-15T08:00:10.000001Z opened medium
        2027-01-15T08:01:38.000001Z cleared medium
        2027-01-15T08:01:55.000001Z opened high
        2027-01-15T08:02:25.000001Z cleared high
        2027-01-15T08:05:01.000001Z opened medium
        2027-01-15T08:05:31.000001Z cleared medium
    "#]]
    .assert_eq(&steps(&whole));
}

#[test]
fn groups_beyond_the_bound_begin_no_pattern_and_are_counted() {
    let limits = Limits { groups_max: 2, ..Limits::default() };
    let plan = plan(vec![counted(30 * SECOND, None, &["author.uid"])]);
    let posts = script("A0@a A1@b A2@c A3@c b4@c b5@a A6@c b7@c b40@b A41@d b42@d");
    let (rows, told, _) = told(&plan, EngineOptions { limits, ..options() }, None, vec![feed(&posts), Feed::End]);
    expect!["0..5.000001: 2, 6..7.000001: 2, 41..42.000001: 2"].assert_eq(&windows(&rows));
    assert_eq!(told.counts.overflow, [2], "2 and 3 of c");
}

#[test]
fn a_post_that_comes_when_younger_ones_are_taken_is_late() {
    let plan = plan(vec![counted(MINUTE, None, &[])]);
    let (rows, told, _) =
        told(&plan, options(), None, vec![feed(&script("A0 x1 x100 b50")), feed(&script("x200 x201")), Feed::End]);
    assert_eq!((windows(&rows).as_str(), told.counts.late), ("", vec![1]));
}

#[test]
fn state_survives_a_change_of_the_other_rules() {
    let named = |name: &str, within| MonitorPlan { name: name.into(), ..counted(within, None, &[]) };
    let before = plan(vec![named("gone", MINUTE), named("kept", MINUTE), named("other", HOUR)]);
    let after = plan(vec![named("kept", MINUTE), named("fresh", MINUTE)]);
    let posts = script("A0 x10 b20 x100");
    let (_, _, state) = told(&before, options(), None, vec![feed(&posts[..2]), Feed::Barrier { epoch: 1 }]);
    let (rows, ..) = told(&after, options(), state, vec![feed(&posts[2..]), Feed::End]);
    assert_eq!(rows.iter().map(|row| row.monitor).collect::<Vec<_>>(), [0]);
    expect!["0..20.000001: 3"].assert_eq(&windows(&rows));
}

#[test]
fn what_is_kept_does_not_grow_with_the_patterns_that_are_over() {
    let plan = plan(vec![counted(5 * SECOND, None, &["author.uid"])]);
    let mut rng = rng(seed());
    let text: String =
        (0..6_000).map(|number| format!("{}{number}@a{} ", ["A", "b", "x"][number % 3], number % 7)).collect();
    let mut feeds = Vec::new();
    for (epoch, piece) in (0..).zip(script(&text).chunks(500)) {
        feeds.extend(cut(&mut rng, piece, 100));
        feeds.push(Feed::Barrier { epoch });
    }
    let mut sizes = Vec::new();
    run(&plan, options(), None, feeds, |epoch| {
        let windows = epoch.snapshot.unwrap().parts.into_iter().filter(|part| part.name.starts_with("window/"));
        sizes.push(windows.map(|part| part.len()).sum::<usize>());
    });
    assert!(sizes.iter().all(|size| *size < 100_000), "{sizes:?}");
}
