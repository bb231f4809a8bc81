//! Random posts with disorder: windows equal a naive recomputation, and nothing depends on batches, barriers, restarts.

use std::collections::{BTreeMap, BTreeSet};

use mon_alerts::Transition;
use mon_compiler::plan::{Borders, WindowPlan};
use mon_engine::{Feed, Part, Snapshot, WindowRow, judge_again};
use rand::Rng;

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, at_least, below, by_posts, cut, everything, feed, monitor,
    options, patterns, plan, posts, rng, run, seed, simple, stored, tell, window,
};

/// What a naive reader of the rules expects of one window: volume, then two more values.
pub type Expected = BTreeMap<(i64, i64, u32, Vec<Option<String>>), Vec<Post>>;

/// Windows by (final at, end, monitor, key), and the late posts of each monitor, row by row.
pub fn naive(posts: &[Post], monitors: &[(WindowPlan, bool, i64)], disorder: i64) -> (Expected, Vec<u64>) {
    let mut windows = Expected::new();
    let mut late = vec![0; monitors.len()];
    let mut seen = BTreeSet::new();
    let mut youngest = i64::MIN;
    for (row, post) in posts.iter().enumerate() {
        youngest = youngest.max(post.at);
        // Time begins with the second post, which confirms the first.
        let watermark = if row == 0 { i64::MIN } else { youngest - disorder };
        if !seen.insert(post.uid.clone()) {
            continue;
        }
        for (monitor, (window, by_lang, followers_min)) in (0u32..).zip(monitors) {
            if post.followers < *followers_min {
                continue;
            }
            let key = if *by_lang { vec![post.lang.map(str::to_owned)] } else { vec![] };
            let Borders::Steps { size_micros, every_micros } = window.borders else { continue };
            let first = post.at.div_euclid(every_micros) * every_micros + every_micros;
            let ends = (0..size_micros / every_micros).map(|step| first + step * every_micros);
            let mut missed = false;
            for end in ends {
                if watermark >= end + window.late_micros {
                    missed = true;
                } else {
                    let at = (end + window.late_micros, end, monitor, key.clone());
                    windows.entry(at).or_default().push(post.clone());
                }
            }
            late[monitor as usize] += u64::from(missed);
        }
    }
    (windows, late)
}

fn median(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle] as f64 / 1000.0),
        _ => Some((values[middle - 1] as f64 / 1000.0 + values[middle] as f64 / 1000.0) / 2.0),
    }
}

pub fn close(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() < 1e-9,
        (left, right) => left == right,
    }
}

fn check(row: &WindowRow, posts: &[Post]) {
    let volume = Some(posts.len() as f64);
    let moods: Vec<i64> = posts.iter().filter_map(|post| post.mood).collect();
    assert_eq!(row.values[0], volume, "{row:?}");
    match row.monitor {
        0 | 3 => {
            assert_eq!(row.values[1], Some(posts.iter().map(|post| post.followers).sum::<i64>() as f64));
            let mean = (!moods.is_empty()).then(|| moods.iter().sum::<i64>() as f64 / 1000.0 / moods.len() as f64);
            assert!(close(row.values[2], mean), "{row:?} {mean:?}");
        }
        1 => {
            let voices: BTreeSet<&str> = posts.iter().map(|post| post.author.as_str()).collect();
            assert_eq!(row.values[1], Some(voices.len() as f64));
            assert!(close(row.values[2], median(moods.clone())), "{row:?} {:?}", median(moods));
            assert_eq!(row.values[4], posts.iter().map(|post| post.followers as f64).reduce(f64::max));
        }
        4 | 5 => {}
        _ => {
            let sad = moods.iter().filter(|mood| **mood < -300).count() as f64;
            assert_eq!(row.values[1], Some(sad));
            assert!(close(row.values[2], volume.map(|volume| sad / volume)));
        }
    }
}

#[test]
fn windows_equal_a_naive_recomputation() {
    let mut rng = rng(seed());
    let plan = everything();
    let kinds: Vec<(WindowPlan, bool, i64)> = plan
        .monitors
        .iter()
        .map(|monitor| (monitor.window.unwrap(), !monitor.by.is_empty(), if monitor.query.0 == 1 { 500 } else { 0 }))
        .collect();
    for _ in 0..3 {
        let posts = posts(&mut rng, 1500);
        let (expected, late) = naive(&posts, &kinds, options().disorder_micros);
        let mut rows: Vec<WindowRow> = Vec::new();
        let mut told = Told::default();
        let mut feeds = cut(&mut rng, &posts, 300);
        feeds.push(Feed::End);
        run(&plan, options(), None, feeds, |epoch| {
            told.add(&epoch, &plan);
            rows.extend(epoch.windows);
        });
        let order = |row: &WindowRow| {
            let late = kinds[row.monitor as usize].0.late_micros;
            (row.end + late, row.end, row.monitor, row.key.clone())
        };
        let found: Vec<_> = rows.iter().map(order).collect();
        assert_eq!(found, expected.keys().cloned().collect::<Vec<_>>(), "the same windows in the same order");
        for (row, posts) in rows.iter().zip(expected.values()) {
            check(row, posts);
        }
        assert!(late.iter().all(|count| *count > 0), "the posts must have some that are late");
        assert_eq!(told.counts.late, late);
        assert_eq!(told.counts.read, posts.len() as u64);
        let distinct: BTreeSet<&str> = posts.iter().map(|post| post.uid.as_str()).collect();
        assert_eq!(told.counts.duplicates, (posts.len() - distinct.len()) as u64);
        assert_eq!(told.counts.matched, distinct.len() as u64);
    }
}

#[test]
fn any_batch_size_gives_the_same_bytes() {
    let mut rng = rng(seed());
    let posts = posts(&mut rng, 2500);
    for (plan, changes) in [(everything(), true), (by_posts(), false), (patterns(), false)] {
        let posts = if changes { &posts[..] } else { &posts[..1500] };
        let whole = tell(&plan, options(), vec![feed(posts), Feed::End]);
        let raised = |kind: &str| whole.incidents.contains(&format!("\"{kind}\""));
        assert!(raised("opened") && raised("cleared") && raised("post"), "{}", whole.incidents);
        assert!(!changes || raised("severity_changed"));
        for largest in [1, 7, 100, 1000] {
            let mut feeds = cut(&mut rng, posts, largest);
            feeds.push(Feed::End);
            assert_eq!(tell(&plan, options(), feeds), whole, "batches up to {largest}");
        }
        let mut small = options();
        (small.batch_rows, small.flush_rows) = (13, 50);
        assert_eq!(tell(&plan, small, vec![feed(posts), Feed::End]), whole, "batches cut by the engine");
    }
}

#[test]
fn windows_that_are_judged_again_raise_what_they_raised_at_first() {
    let mut rng = rng(seed());
    for round in 0..6 {
        let plan = [everything, by_posts, patterns][round % 3]();
        let posts = posts(&mut rng, 1500);
        let mut feeds = cut(&mut rng, &posts, 300);
        feeds.push(Feed::End);
        let (mut windows, mut raised, mut began, mut youngest) = (Vec::new(), Vec::new(), None, None);
        run(&plan, options(), None, feeds, |epoch| {
            windows.extend(epoch.windows);
            raised.extend(epoch.transitions.into_iter().map(|step| Transition { evidence: Vec::new(), ..step }));
            (began, youngest) = (epoch.began, epoch.youngest);
        });
        assert_eq!(youngest, posts.iter().map(|post| post.at).max());
        assert!(!raised.is_empty());
        assert_eq!(judge_again(&plan, &windows, began, youngest.unwrap()).unwrap(), raised);
    }
}

#[test]
fn a_restart_at_any_barrier_tells_the_same() {
    let mut rng = rng(seed());
    for round in 0..9 {
        let plan = [everything, by_posts, patterns][round % 3]();
        let posts = posts(&mut rng, 1500);
        let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
        // Each piece ends with a barrier; the run dies after one of them, in the middle of what follows.
        let pieces = 12;
        let bounds: Vec<usize> = (0..=pieces).map(|at| posts.len() * at / pieces).collect();
        let fatal = rng.random_range(1..pieces);
        let with_barriers = |rng: &mut _, from: usize, to: usize| {
            let mut feeds = Vec::new();
            for at in from..to {
                feeds.extend(cut(rng, &posts[bounds[at]..bounds[at + 1]], 200));
                feeds.push(Feed::Barrier { epoch: at as u64 });
            }
            feeds
        };
        let mut told = Told::default();
        let mut state: Option<Snapshot> = None;
        let mut feeds = with_barriers(&mut rng, 0, fatal);
        feeds.extend(cut(&mut rng, &posts[bounds[fatal]..bounds[fatal + 1]], 200));
        run(&plan, options(), None, feeds, |epoch| {
            told.add(&epoch, &plan);
            assert!(epoch.epoch.is_some());
            state = epoch.snapshot.as_ref().map(stored);
        });
        let mut feeds = with_barriers(&mut rng, fatal, pieces);
        feeds.push(Feed::End);
        run(&plan, options(), state, feeds, |epoch| told.add(&epoch, &plan));
        assert_eq!(told, whole, "round {round}, restart after barrier {fatal}");
    }
}

#[test]
fn pieces_that_say_the_same_are_all_counted_after_a_restart() {
    let plan = plan(vec![monitor("all", 0, window(MINUTE, MINUTE, 0), &[], vec![aggregate("volume", "count", &[])])]);
    let post = |number: i64| simple(number, START + number * SECOND);
    let mut feeds = Vec::new();
    for number in 0..7 {
        feeds.extend([feed(&[post(number)]), Feed::Barrier { epoch: number as u64 }]);
    }
    let mut state = None;
    run(&plan, options(), None, feeds, |epoch| state = epoch.snapshot.as_ref().map(stored));
    let again = vec![feed(&[post(3), post(7)]), Feed::Barrier { epoch: 8 }];
    run(&plan, options(), state.take(), again, |epoch| state = epoch.snapshot.as_ref().map(stored));
    let mut told = Told::default();
    run(&plan, options(), state, vec![feed(&[post(0), post(8)]), Feed::End], |epoch| told.add(&epoch, &plan));
    assert!(told.windows.contains("\"volume\":9"), "{}", told.windows);
    assert_eq!(told.counts.duplicates, 1);
}

#[test]
fn a_recording_that_grew_goes_on_where_its_end_was() {
    let mut minutes = monitor("all", 0, window(MINUTE, MINUTE, 0), &[], vec![aggregate("volume", "count", &[])]);
    minutes = alert(minutes, at_least(0, 2.0), 0, Some(below(0, 1.0)), 0);
    let plan = plan(vec![minutes]);
    let post = |number: i64| simple(number, START + number * 20 * SECOND);
    let first: Vec<Post> = (0..6).map(post).collect();
    let added: Vec<Post> = (4..12).map(post).chain([simple(99, START + 30 * MINUTE)]).collect();
    let (mut told, mut state) = (Told::default(), None);
    let feeds = vec![feed(&first), Feed::Barrier { epoch: 1 }, Feed::End];
    run(&plan, options(), None, feeds, |epoch| {
        told.add(&epoch, &plan);
        state = epoch.snapshot.as_ref().map(stored);
    });
    assert!(state.is_some(), "the end keeps the state");
    run(&plan, options(), state, vec![feed(&added), Feed::End], |epoch| told.add(&epoch, &plan));
    assert_eq!(told.counts.duplicates, 2);
    assert_eq!(told.counts.late, [0]);
    let steps = |kind: &str| told.incidents.matches(&format!("\"{kind}\"")).count();
    assert_eq!((steps("opened"), steps("cleared")), (1, 1), "{}", told.incidents);
    assert_eq!(told.windows.lines().count(), 5, "{}", told.windows);
}

#[test]
fn parts_that_did_not_change_keep_their_names() {
    let mut rng = rng(seed());
    for plan in [everything(), by_posts(), patterns()] {
        let posts = posts(&mut rng, 600);
        let mut snapshots: Vec<Snapshot> = Vec::new();
        let feeds = vec![
            feed(&posts[..599]),
            Feed::Barrier { epoch: 1 },
            Feed::Barrier { epoch: 2 },
            feed(&posts[599..]),
            Feed::Barrier { epoch: 3 },
        ];
        run(&plan, options(), None, feeds, |epoch| snapshots.extend(epoch.snapshot));
        assert_eq!(snapshots[0], snapshots[1]);
        let old: BTreeSet<&str> = snapshots[1].parts.iter().map(|part| part.name.as_str()).collect();
        let fresh: usize =
            snapshots[2].parts.iter().filter(|part| !old.contains(part.name.as_str())).map(Part::len).sum();
        let all: usize = snapshots[2].parts.iter().map(Part::len).sum();
        assert!(fresh * 2 < all, "one more post writes {fresh} of {all} bytes");
    }
}
