//! Alerts that are true of no posts: a monitor that never had one, groups that fall silent, what a restart keeps, where a recording ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;
use mon_compiler::plan::{CompareOp, MonitorPlan, Plan, ValueExpr, WindowPlan};
use mon_engine::{EngineOptions, Feed, Limits, Snapshot};
use rand::Rng;

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, cut, feed, large, monitor, only, options, plan, rng, run,
    seed, simple, tell, window,
};

const HOUR: i64 = 60 * MINUTE;

fn none(measure: u32) -> ValueExpr {
    let sides = (Box::new(ValueExpr::Measure(measure)), Box::new(ValueExpr::Number(0.0)));
    ValueExpr::Compare(CompareOp::Eq, sides.0, sides.1)
}

/// Watches posts of authors with 500 followers and more, query 1 of the plan, or all of them.
fn silent(name: &str, query: u32, window: WindowPlan, by: &[&str], hold: i64) -> MonitorPlan {
    alert(monitor(name, query, window, by, vec![aggregate("volume", "count", &[])]), none(0), hold, None, 0)
}

fn at(minutes: &[i64], followers: i64, author: &str) -> Vec<Post> {
    let post = |minute: &i64| Post {
        uid: format!("{author}{minute}"),
        followers,
        author: author.to_owned(),
        ..simple(0, START + minute * MINUTE)
    };
    minutes.iter().map(post).collect()
}

fn merged(posts: &[Vec<Post>]) -> Vec<Post> {
    let mut posts = posts.concat();
    posts.sort_by_key(|post| post.at);
    posts
}

fn steps(told: &Told) -> String {
    let line = |line: &str| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = json["key"].as_object().unwrap().values().next().map(ToString::to_string).unwrap_or_default();
        let told = ["monitor", "at", "kind"].map(|name| json[name].as_str().unwrap());
        format!("{} {key}", told.join(" ")).trim_end().to_owned() + "\n"
    };
    told.incidents.lines().map(line).collect()
}

#[test]
fn a_monitor_that_never_had_a_post_alarms_from_the_beginning_of_the_run_on() {
    let plan = plan(vec![
        silent("never", 1, window(5 * MINUTE, 5 * MINUTE, 0), &[], 0),
        silent("an_hour", 1, window(5 * MINUTE, 5 * MINUTE, 0), &[], HOUR),
        silent("slide", 1, window(30 * MINUTE, 10 * MINUTE, 0), &[], 0),
        silent("by_author", 1, window(5 * MINUTE, 5 * MINUTE, 0), &["author.uid"], 0),
    ]);
    // Time begins with the second post, less 30 seconds of disorder: at 8:00:30.
    let others = at(&(0..100).collect::<Vec<_>>(), 1, "a");
    let told = tell(&plan, options(), vec![feed(&others), Feed::End]);
    expect![[r#"
        never 2027-01-15T08:10:00Z opened
        slide 2027-01-15T08:40:00Z opened
        an_hour 2027-01-15T09:10:00Z opened
    "#]]
    .assert_eq(&steps(&told));
    assert_eq!(told.windows, "", "a window without posts is no row");
}

#[test]
fn the_only_group_of_a_monitor_and_each_of_many_alarm_when_they_fall_silent() {
    let plan = plan(vec![
        silent("whole", 1, window(5 * MINUTE, 5 * MINUTE, 0), &[], 10 * MINUTE),
        silent("each", 1, window(5 * MINUTE, 5 * MINUTE, 0), &["author.uid"], 0),
    ]);
    let posts = merged(&[
        at(&(0..60).collect::<Vec<_>>(), 1, "small"),
        at(&[1, 6, 11, 41, 46], 900, "x"),
        at(&[1, 2, 3, 26], 900, "y"),
    ]);
    let told = tell(&plan, options(), vec![feed(&posts), Feed::End]);
    expect![[r#"
        each 2027-01-15T08:10:00Z opened "y"
        each 2027-01-15T08:20:00Z opened "x"
        each 2027-01-15T08:30:00Z cleared "y"
        each 2027-01-15T08:35:00Z opened "y"
        each 2027-01-15T08:45:00Z cleared "x"
        each 2027-01-15T08:55:00Z opened "x"
    "#]]
    .assert_eq(&steps(&told));
}

#[test]
fn nobody_is_silent_behind_the_end_of_a_recording_and_where_it_grows_time_goes_on() {
    let plan = plan(vec![silent("whole", 1, window(20 * MINUTE, 5 * MINUTE, 0), &[], 10 * MINUTE)]);
    let posts = merged(&[at(&(0..30).collect::<Vec<_>>(), 1, "small"), at(&[1], 900, "x")]);
    let (mut told, mut state) = (Told::default(), None);
    run(&plan, options(), None, vec![feed(&posts), Feed::End], |epoch| {
        told.add(&epoch, &plan);
        state = epoch.snapshot;
    });
    assert_eq!(told.incidents, "");
    let more = at(&(30..50).collect::<Vec<_>>(), 1, "small");
    run(&plan, options(), state, vec![feed(&more), Feed::End], |epoch| told.add(&epoch, &plan));
    expect![[r#"
        whole 2027-01-15T08:35:00Z opened
    "#]]
    .assert_eq(&steps(&told));
}

#[test]
fn groups_beyond_the_bound_are_counted_and_their_silence_is_not_noticed() {
    let limits = Limits { history_keys_max: 1, ..Limits::default() };
    let plan = plan(vec![silent("each", 1, window(5 * MINUTE, 5 * MINUTE, 0), &["author.uid"], 0)]);
    let posts = merged(&[at(&(0..20).collect::<Vec<_>>(), 1, "small"), at(&[1], 900, "x"), at(&[2], 900, "y")]);
    let told = tell(&plan, EngineOptions { limits, ..options() }, vec![feed(&posts), Feed::End]);
    assert_eq!(steps(&told).lines().count(), 1, "{}", told.incidents);
    assert_eq!(told.counts.unremembered, [1]);
}

/// Opened at these ends of windows: the naive reader looks at every window that begins with the run or later and ends before the
/// recording does.
fn expected(posts: &[Post], wanted: impl Fn(&Post) -> bool, size: i64, every: i64, hold: i64) -> Vec<i64> {
    let began = posts.iter().scan(i64::MIN, |most, post| {
        *most = (*most).max(post.at);
        Some(*most)
    });
    // The second post confirms the first.
    let began = began.take(2).last().unwrap() - options().disorder_micros;
    let youngest = posts.iter().map(|post| post.at).max().unwrap();
    let (mut opened, mut since, mut open) = (Vec::new(), None, false);
    let mut end = began.div_euclid(every) * every;
    while end < youngest + size {
        end += every;
        let has_posts = posts.iter().any(|post| wanted(post) && (end - size..end).contains(&post.at));
        if has_posts {
            (since, open) = (None, false);
        } else if end - size >= began && end <= youngest {
            let since = *since.get_or_insert(end);
            if !open && end - since >= hold {
                opened.push(end);
                open = true;
            }
        }
    }
    opened
}

#[test]
fn silence_equals_what_a_naive_reader_finds_at_any_batch_size_and_after_a_restart() {
    let mut rng = rng(seed());
    for _ in 0..4 {
        let mut now = START + rng.random_range(0..HOUR);
        let posts: Vec<Post> = (0..400)
            .map(|number| {
                now += rng.random_range(0..2 * MINUTE);
                let followers = if rng.random_bool(0.05) { 900 } else { 1 };
                let at = now - rng.random_range(0..20 * SECOND);
                Post { followers, author: format!("a{}", rng.random_range(0..3)), ..simple(number, at) }
            })
            .collect();
        let shapes = [(5 * MINUTE, 5 * MINUTE, 0), (20 * MINUTE, 4 * MINUTE, 12 * MINUTE), (HOUR, HOUR, 0)];
        let mut monitors: Vec<MonitorPlan> = (0..)
            .zip(shapes)
            .map(|(at, (size, every, hold))| silent(&format!("m{at}"), 1, window(size, every, 0), &[], hold))
            .collect();
        // Counting some of the posts only, windows with posts are silent too.
        let mut some = silent("some", 0, window(5 * MINUTE, 5 * MINUTE, 0), &["author.uid"], 5 * MINUTE);
        some.measures = vec![only(aggregate("volume", "count", &[]), large(500))];
        monitors.push(some);
        let plan: Arc<Plan> = plan(monitors);
        let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
        let mut opened: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut state: Option<Snapshot> = None;
        let mut again = Told::default();
        let middle = rng.random_range(1..posts.len());
        for (piece, last) in [(&posts[..middle], false), (&posts[middle..], true)] {
            let mut feeds = cut(&mut rng, piece, 60);
            feeds.push(if last { Feed::End } else { Feed::Barrier { epoch: 1 } });
            run(&plan, options(), state.take(), feeds, |epoch| {
                again.add(&epoch, &plan);
                for step in epoch.transitions.iter().filter(|step| step.number == 0) {
                    opened.entry(step.monitor.clone()).or_default().push(step.at);
                }
                state = epoch.snapshot;
            });
        }
        assert_eq!(again, whole, "a restart behind post {middle}");
        for (at, (size, every, hold)) in (0..).zip(shapes) {
            let found = opened.remove(&format!("m{at}")).unwrap_or_default();
            assert_eq!(found, expected(&posts, |post| post.followers >= 500, size, every, hold), "monitor {at}");
        }
        assert!(!whole.incidents.is_empty());
    }
}
