//! New values against a naive computation over all windows that a run told, and against themselves: other batches, barriers and
//! restarts give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mon_alerts::{ShownValue, Transition, TransitionKind};
use mon_compiler::check::{CheckOptions, check};
use mon_compiler::plan::{Plan, ValuesOrder};
use mon_engine::{Counts, Feed, Snapshot, WindowRow, judge_again};
use mon_post::{Author, PostBatchBuilder, PostRow};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::world::{MINUTE, START, Told, options, rng, run, seed, tell};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// As the rules look back.
const OVER: i64 = DAY + 12 * HOUR;

const RULES: &str = r#"
monitor langs {
  match "acme"
  window tumble 3h by lang
  measure fresh = new_values(tag over 36h, posts >= 2, authors >= 2)
  measure twice = 2 * fresh
  alert when twice >= 2
  show 1 post, new 2 tag, top 1 tag
  follow playbook desk
}

monitor slide {
  match "acme"
  window slide 6h every 2h
  measure fresh = new_values(tag over 36h, posts >= 2, authors >= 2)
}

playbook desk {
  route first { otherwise to team care }
  notify { medium by email at once }
}
"#;

#[derive(Clone, Debug)]
struct Post {
    at: i64,
    lang: Option<&'static str>,
    author: Option<String>,
    tags: Vec<String>,
}

fn rules(text: &str) -> Arc<Plan> {
    let checked = check(vec![("rules.mon".to_owned(), text.to_owned())], &CheckOptions::default());
    assert!(checked.plan.is_some(), "{:?}", checked.diagnostics);
    Arc::new(checked.plan.unwrap())
}

/// Eight days of posts. Of the tags some are always there, some of one day, some come back.
fn posts(rng: &mut SmallRng) -> Vec<Post> {
    let mut now = START;
    let mut posts = Vec::new();
    while now < START + 8 * DAY {
        now += rng.random_range(0..14 * MINUTE);
        if rng.random_bool(0.002) {
            now += rng.random_range(0..3 * DAY);
        }
        let day = (now - START) / DAY;
        let tag = |rng: &mut SmallRng| match rng.random_range(0..4) {
            0 => format!("#usual{}", rng.random_range(0..4)),
            1 => format!("#day{day}x{}", rng.random_range(0..6)),
            2 => format!("#week{}", (day * 5 + rng.random_range(0..3)) % 9),
            _ => format!("#one{}", rng.random_range(0..400)),
        };
        posts.push(Post {
            at: now,
            lang: [Some("de"), Some("en"), None][rng.random_range(0..3)],
            author: rng.random_bool(0.9).then(|| format!("a{}", rng.random_range(0..5))),
            tags: (0..rng.random_range(0..4)).map(|_| tag(rng)).collect(),
        });
    }
    posts
}

fn feed(posts: &[Post], first: usize) -> Feed {
    let mut builder = PostBatchBuilder::new();
    for (number, post) in posts.iter().enumerate() {
        let author = Author { uid: post.author.as_deref().map(Into::into), ..Author::default() };
        let row = PostRow {
            post_uid: Some(format!("p{}", first + number).into()),
            event_at: Some(post.at),
            lang: post.lang.map(Into::into),
            text: Some(format!("acme {}", post.tags.join(" ")).into()),
            author: Some(author),
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    Feed::Posts { source: 0, batch: builder.finish().unwrap() }
}

fn cut(rng: &mut SmallRng, posts: &[Post], first: usize, largest: usize) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let mut from = 0;
    while from < posts.len() {
        let to = posts.len().min(from + rng.random_range(1..=largest));
        feeds.push(feed(&posts[from..to], first + from));
        from = to;
    }
    feeds
}

// ------------------------------------------------------------------------------------------------ naive

/// The tags of a window, with posts and authors.
fn tags(row: &WindowRow, posts: &[Post]) -> BTreeMap<String, (u64, BTreeSet<String>)> {
    let mut tags: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    let keyed = |post: &Post| row.key.is_empty() || row.key == [post.lang.map(str::to_owned)];
    for post in posts.iter().filter(|post| (row.start..row.end).contains(&post.at) && keyed(post)) {
        for tag in post.tags.iter().collect::<BTreeSet<_>>() {
            let told = tags.entry(tag.clone()).or_default();
            told.0 += 1;
            told.1.extend(post.author.clone());
        }
    }
    tags
}

/// The new tags of a window among all windows of its group: those whose windows, back to a pause as long as is looked back, all
/// overlap it. Days are counted whole.
fn new_tags(row: &WindowRow, rows: &[WindowRow], posts: &[Post]) -> Vec<ShownValue> {
    let earlier: Vec<&WindowRow> = rows
        .iter()
        .filter(|other| other.monitor == row.monitor && other.key == row.key && other.end <= row.end)
        .collect();
    let had: Vec<_> = earlier.iter().map(|other| (other.end, tags(other, posts))).collect();
    let first = |tag: &str| {
        let mut first = row.end;
        for (end, tags) in had.iter().rev().skip(1) {
            if tags.contains_key(tag) {
                if (end - 1).div_euclid(DAY) < (first - OVER).div_euclid(DAY) {
                    break;
                }
                first = *end;
            }
        }
        first
    };
    let enough = |(posts, authors): &(u64, BTreeSet<String>)| *posts >= 2 && authors.len() >= 2;
    let mut new: Vec<ShownValue> = tags(row, posts)
        .into_iter()
        .filter(|(tag, support)| enough(support) && first(tag) > row.start)
        .map(|(value, (posts, _))| ShownValue { value, posts })
        .collect();
    new.sort_by_key(|one| std::cmp::Reverse(one.posts));
    new
}

#[test]
fn new_values_equal_a_naive_computation() {
    let mut rng = rng(seed());
    let plan = rules(RULES);
    let posts = posts(&mut rng);
    let (mut rows, mut steps): (Vec<WindowRow>, Vec<Transition>) = (Vec::new(), Vec::new());
    let mut feeds = cut(&mut rng, &posts, 0, 90);
    feeds.push(Feed::End);
    let (mut began, mut youngest) = (None, None);
    run(&plan, options(), None, feeds, |epoch| {
        rows.extend(epoch.windows);
        steps.extend(epoch.transitions);
        (began, youngest) = (epoch.began, epoch.youngest.or(youngest));
    });
    let mut since: BTreeMap<u32, i64> = BTreeMap::new();
    let (mut sums, mut opened) = ([0, 0], 0);
    for row in &rows {
        let every = if row.monitor == 0 { 3 * HOUR } else { 2 * HOUR };
        let since = *since.entry(row.monitor).or_insert(row.end - every);
        let wanted = (row.end - since >= OVER).then(|| new_tags(row, &rows, &posts));
        assert_eq!(row.values[0], wanted.as_ref().map(|new| new.len() as f64), "{row:?}");
        sums[row.monitor as usize] += wanted.as_ref().map_or(0, Vec::len);
        let told = |step: &&Transition| {
            step.kind == TransitionKind::Opened && row.monitor == 0 && step.at == row.end && step.key[0].1 == row.key[0]
        };
        if let Some(step) = steps.iter().find(told) {
            opened += 1;
            assert_eq!(step.shown[0].order, ValuesOrder::New);
            let wanted: Vec<ShownValue> = wanted.unwrap().into_iter().take(2).collect();
            assert_eq!(step.shown[0].values, wanted, "{row:?}");
        }
    }
    // Windows that are judged again keep what was told of them.
    let again = judge_again(&plan, &rows, began, youngest.unwrap()).unwrap();
    let bare = |step: Transition| Transition { evidence: Vec::new(), shown: Vec::new(), ..step };
    assert_eq!(again.into_iter().map(bare).collect::<Vec<_>>(), steps.into_iter().map(bare).collect::<Vec<_>>());
    assert!(sums.iter().all(|sum| *sum > 2) && opened > 0, "{sums:?} new values, {opened} incidents");
}

#[test]
fn new_values_are_the_same_for_any_batches_and_go_on_after_restarts() {
    let mut rng = rng(seed());
    let plan = rules(RULES);
    let posts = posts(&mut rng);
    let whole = tell(&plan, options(), vec![feed(&posts, 0), Feed::End]);
    assert!(
        whole.incidents.contains("\"shown\":[{\"order\":\"new\",\"of\":\"tag\",\"values\":[{"),
        "{}",
        whole.incidents
    );
    for largest in [3, 100] {
        let mut told = Told::default();
        let mut state: Option<Snapshot> = None;
        let mut from = 0;
        while from < posts.len() {
            let to = posts.len().min(from + rng.random_range(1..=largest * 10));
            let mut feeds = cut(&mut rng, &posts[from..to], from, largest);
            feeds.push(Feed::Barrier { epoch: to as u64 });
            if to == posts.len() {
                feeds.push(Feed::End);
            }
            let last = state.take();
            run(&plan, options(), last, feeds, |epoch| {
                told.add(&epoch, &plan);
                state = epoch.snapshot;
            });
            from = to;
        }
        assert_eq!((told.windows, told.incidents), (whole.windows.clone(), whole.incidents.clone()));
    }
}

#[test]
fn a_snapshot_writes_only_the_days_on_which_something_came_or_went() {
    let plan =
        rules("monitor m {\n  match \"acme\"\n  window tumble 1h\n  measure fresh = new_values(tag over 1d)\n}\n");
    // From eight in the morning on; what is told is a window late.
    let hours: [(i64, &[&str]); 7] =
        [(0, &["#a"]), (0, &["#b"]), (20, &["#b"]), (40, &["#c"]), (60, &[]), (80, &[]), (99, &[])];
    let mut feeds = Vec::new();
    for (number, (hour, tags)) in hours.iter().enumerate() {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let post = Post { at: START + hour * HOUR, lang: None, author: None, tags };
        feeds.extend([feed(&[post], number), Feed::Barrier { epoch: number as u64 }]);
    }
    let mut days: Vec<BTreeSet<String>> = Vec::new();
    run(&plan, options(), None, feeds, |epoch| {
        let parts = epoch.snapshot.into_iter().flat_map(|snapshot| snapshot.parts);
        days.push(parts.map(|part| part.name).filter(|name| name.starts_with("novelty/day/")).collect());
    });
    let sizes: Vec<usize> = days.iter().map(BTreeSet::len).collect();
    assert_eq!(sizes, [0, 0, 1, 2, 2, 2, 1], "{days:?}");
    // The first day was written again when `#b` left it, and was let go of a day later.
    assert!(days[2].is_disjoint(&days[3]) && days[3].intersection(&days[4]).count() == 1, "{days:?}");
    assert!(days[4] == days[5] && days[6].is_subset(&days[5]), "{days:?}");
}

#[test]
fn values_beyond_the_bound_are_counted_and_the_measure_is_then_absent() {
    let plan = rules(
        "monitor m {\n  match \"acme\"\n  window tumble 1h\n  measure fresh = new_values(tag over 1d, posts >= 1, authors >= 1)\n}\n",
    );
    let post = |hour: i64, tags: &[&str]| Post {
        at: START + hour * HOUR,
        lang: None,
        author: Some("a".to_owned()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let posts = [
        post(0, &["#a", "#b", "#c"]),
        post(23, &["#a"]),
        // One of these has room.
        post(24, &["#d", "#e", "#f"]),
        post(25, &["#a", "#b", "#c"]),
        // What was not kept is forgotten by now.
        post(80, &["#g"]),
    ];
    let mut options = options();
    options.limits.new_values_max = 4;
    let (mut values, mut counts) = (Vec::new(), Counts::default());
    run(&plan, options, None, vec![feed(&posts, 0), Feed::End], |epoch| {
        values.extend(epoch.windows.into_iter().map(|row| row.values[0]));
        counts += &epoch.counts;
    });
    assert_eq!(values, [None, Some(0.0), Some(3.0), None, Some(1.0)]);
    assert_eq!(counts.unkept, [2]);
}
