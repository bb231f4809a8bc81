//! Sessions and runs of posts: what is late, what a limit cuts, how incidents end, what the end of a recording leaves open.

use std::sync::Arc;

use expect_test::expect;
use mon_compiler::plan::{MonitorPlan, Plan};
use mon_engine::{EngineOptions, Feed, Limits, Snapshot, WindowRow};

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, at_least, by_posts, cut, feed, monitor, options, plan, posts,
    rng, run, run_of, seed, session, simple, tell,
};

const HOUR: i64 = 60 * MINUTE;

fn counting(name: &str, window: mon_compiler::plan::WindowPlan, by: &[&str]) -> MonitorPlan {
    monitor(name, 0, window, by, vec![aggregate("volume", "count", &[])])
}

fn alone(window: mon_compiler::plan::WindowPlan) -> Arc<Plan> {
    plan(vec![counting("all", window, &[])])
}

/// Posts at these seconds.
fn at(seconds: &[i64]) -> Vec<Post> {
    (0..).zip(seconds).map(|(number, second)| simple(number, START + second * SECOND)).collect()
}

/// Windows as seconds behind the start, with their volume.
fn windows(rows: &[WindowRow]) -> String {
    let second = |at: i64| (at - START) as f64 / SECOND as f64;
    let line = |row: &WindowRow| format!("{}..{}: {}", second(row.start), second(row.end), row.values[0].unwrap());
    rows.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// The windows and counts of a whole feed.
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

#[test]
fn a_pause_ends_a_session_and_a_number_of_posts_a_run() {
    let posts = at(&[0, 50, 20, 110, 169, 229, 300]);
    let feeds = || vec![feed(&posts), Feed::End];
    let (rows, ..) = told(&alone(session(MINUTE, 0)), options(), None, feeds());
    // A pause of exactly the gap ends it.
    expect!["0..110: 3, 110..229: 2, 229..289: 1, 300..360: 1"].assert_eq(&windows(&rows));
    let (rows, ..) = told(&alone(run_of(3, 0)), options(), None, feeds());
    expect!["0..50.000001: 3, 110..229.000001: 3"].assert_eq(&windows(&rows));
}

#[test]
fn a_post_is_late_when_its_session_is_over_and_its_run_has_gone_on() {
    // Time follows 30 seconds behind: the post at 100 lets it pass 70.
    let posts = at(&[0, 10, 100, 40, 75, 130, 90, 200, 131, 400]);
    let feeds = || vec![feed(&posts), Feed::End];
    let (rows, counted, _) = told(&alone(session(45 * SECOND, 0)), options(), None, feeds());
    expect!["0..55: 2, 75..176: 5, 200..245: 1, 400..445: 1"].assert_eq(&windows(&rows));
    assert_eq!(counted.counts.late, [1], "40: nothing is open that holds it");
    let (rows, counted, _) = told(&alone(run_of(4, 0)), options(), None, feeds());
    expect!["0..100.000001: 4"].assert_eq(&windows(&rows));
    assert_eq!(counted.counts.late, [3], "40, 90 and 131");
    let (rows, counted, _) = told(&alone(run_of(4, MINUTE)), options(), None, feeds());
    expect!["0..75.000001: 4, 90..131.000001: 4"].assert_eq(&windows(&rows));
    assert_eq!(counted.counts.late, [0]);
}

#[test]
fn every_post_is_in_a_window_or_late_or_waits_for_others() {
    let mut rng = rng(seed());
    let plan = by_posts();
    let posts = posts(&mut rng, 2000);
    let mut feeds = cut(&mut rng, &posts, 200);
    feeds.push(Feed::End);
    let mut mentions = vec![0; plan.monitors.len()];
    let mut told = Told::default();
    let mut volumes = vec![0.0; plan.monitors.len()];
    let mut rows: Vec<WindowRow> = Vec::new();
    run(&plan, options(), None, feeds, |epoch| {
        told.add(&epoch, &plan);
        epoch.mentions.iter().for_each(|mention| mentions[mention.monitor as usize] += 1);
        epoch.windows.iter().for_each(|row| volumes[row.monitor as usize] += row.values[0].unwrap());
        rows.extend(epoch.windows);
    });
    // Runs that meet in one microsecond share it; sessions share nothing.
    rows.retain(|row| row.monitor < 3);
    rows.sort_by_key(|row| (row.monitor, row.key.clone(), row.start));
    for pair in rows.chunk_by(|a, b| (a.monitor, &a.key) == (b.monitor, &b.key)).flat_map(|rows| rows.windows(2)) {
        assert!(pair[0].end <= pair[1].start, "sessions of one group lie apart: {pair:?}");
    }
    let late: Vec<u64> = told.counts.late.clone();
    assert!(late.iter().all(|late| *late > 0), "{late:?}");
    // Sessions are told at the end; of each group fewer posts than a run has are not.
    let open = [0, 0, 0, 19, 4 * 40];
    for (monitor, volume) in volumes.into_iter().enumerate() {
        let missing = mentions[monitor] - late[monitor] as i64 - volume as i64;
        assert!((0..=open[monitor]).contains(&missing), "monitor {monitor}: {missing} posts");
    }
}

#[test]
fn a_session_that_never_ends_is_cut_and_counted() {
    let plan = alone(session(2 * HOUR, 0));
    let posts: Vec<Post> = (0..60).map(|hour| simple(hour, START + hour * HOUR)).collect();
    for feeds in [vec![feed(&posts), Feed::End], posts.chunks(1).map(feed).chain([Feed::End]).collect()] {
        let (rows, counted, _) = told(&plan, options(), None, feeds);
        let hours: Vec<_> = rows.iter().map(|row| ((row.start - START) / HOUR, (row.end - START) / HOUR)).collect();
        assert_eq!(hours, [(0, 24), (24, 48), (48, 61)]);
        assert_eq!(rows.iter().map(|row| row.values[0].unwrap()).sum::<f64>(), 60.0);
        assert_eq!(counted.counts.cut, [2]);
    }
    let limits = Limits { session_micros_max: 10 * HOUR, ..Limits::default() };
    let (rows, counted, _) = told(&plan, EngineOptions { limits, ..options() }, None, vec![feed(&posts), Feed::End]);
    assert_eq!((rows.len(), counted.counts.cut), (6, vec![6]));
}

fn alerts(by: &[&str]) -> Arc<Plan> {
    plan(vec![alert(counting("talk", session(MINUTE, 10 * SECOND), by), at_least(0, 3.0), 0, None, 0)])
}

fn steps(incidents: &str) -> String {
    let line = |line: &str| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = json["incident"].as_str().unwrap()[..4].to_owned();
        format!("{id} {} {} {}\n", json["at"].as_str().unwrap(), json["kind"].as_str().unwrap(), json["key"])
    };
    incidents.lines().map(line).collect()
}

#[test]
fn each_session_has_an_incident_of_its_own_that_clears_a_gap_later() {
    let posts = at(&[0, 10, 20, 80, 90, 100, 300, 301, 302, 303, 900, 1800, 1801]);
    let feeds = vec![feed(&posts[..10]), Feed::Barrier { epoch: 1 }, feed(&posts[10..]), Feed::End];
    let (rows, whole, _) = told(&alerts(&[]), options(), None, feeds);
    expect!["0..80: 3, 80..160: 3, 300..363: 4, 900..960: 1, 1800..1861: 2"].assert_eq(&windows(&rows));
    expect![[r#"
        de11 2027-01-15T08:01:20Z opened {}
        de11 2027-01-15T08:02:20Z cleared {}
        867f 2027-01-15T08:02:40Z opened {}
        867f 2027-01-15T08:03:40Z cleared {}
        8b76 2027-01-15T08:06:03Z opened {}
        8b76 2027-01-15T08:07:03Z cleared {}
    "#]]
    .assert_eq(&steps(&whole.incidents));
    let (_, mut first, state) =
        told(&alerts(&[]), options(), None, vec![feed(&posts[..10]), Feed::Barrier { epoch: 1 }]);
    let (_, rest, _) = told(&alerts(&[]), options(), state, vec![feed(&posts[10..]), Feed::End]);
    first.incidents += &rest.incidents;
    assert_eq!(first.incidents, whole.incidents);
}

#[test]
fn an_incident_of_a_session_clears_where_nothing_comes_any_more() {
    let quiet = |second: i64| Feed::Quiet { source: 0, until: START + second * SECOND + options().disorder_micros };
    let feeds = vec![feed(&at(&[0, 1, 2])), quiet(200), Feed::Barrier { epoch: 1 }];
    let (_, told, _) = told(&alerts(&["lang"]), options(), None, feeds);
    expect![[r#"
        13b6 2027-01-15T08:01:02Z opened {"lang":null}
        13b6 2027-01-15T08:02:02Z cleared {"lang":null}
    "#]]
    .assert_eq(&steps(&told.incidents));
}

#[test]
fn runs_that_are_filled_in_one_moment_have_ends_of_their_own() {
    let posts: Vec<Post> = (0..10).map(|number| simple(number, START)).collect();
    let raised = alert(counting("runs", run_of(2, 0), &[]), at_least(0, 2.0), 0, None, 0);
    let whole = told(&plan(vec![raised.clone()]), options(), None, vec![feed(&posts), Feed::End]);
    let ends: Vec<i64> = whole.0.iter().map(|row| row.end - START).collect();
    assert_eq!(ends, [1, 2, 3, 4, 5]);
    // Time that stops between two of these ends gives them out in two pieces.
    let until = |at: i64| Feed::Quiet { source: 0, until: START + at + options().disorder_micros };
    let feeds = vec![feed(&posts), until(2), Feed::Barrier { epoch: 1 }, until(4), Feed::End];
    assert_eq!(told(&plan(vec![raised]), options(), None, feeds).1, whole.1);
}

#[test]
fn a_recording_that_grew_fills_its_last_run_and_does_not_reopen_its_last_session() {
    let plan = plan(vec![counting("talk", session(MINUTE, 0), &[]), counting("runs", run_of(4, 0), &[])]);
    let first = at(&[0, 10, 20, 30, 40, 50]);
    let added: Vec<Post> =
        [(10, 70), (11, 200), (12, 210)].map(|(number, second)| simple(number, START + second * SECOND)).to_vec();
    let (rows, _, state) = told(&plan, options(), None, vec![feed(&first), Feed::End]);
    expect!["0..30.000001: 4, 0..110: 6"].assert_eq(&windows(&rows));
    let (rows, counted, _) = told(&plan, options(), state, vec![feed(&added), Feed::End]);
    expect!["40..200.000001: 4, 200..270: 2"].assert_eq(&windows(&rows));
    assert_eq!(counted.counts.late, [1, 0]);
}

#[test]
fn groups_beyond_the_bound_share_a_session_until_others_are_over() {
    let post = |number: i64, second: i64, author: &str| Post {
        author: author.to_owned(),
        ..simple(number, START + second * SECOND)
    };
    let posts = [
        post(0, 0, "a"),
        post(1, 1, "b"),
        post(2, 2, "c"),
        post(3, 3, "d"),
        post(4, 4, "a"),
        post(5, 500, "c"),
        post(6, 501, "d"),
        post(7, 502, "e"),
    ];
    let limits = Limits { groups_max: 2, ..Limits::default() };
    let plan = plan(vec![counting("talk", session(MINUTE, 0), &["author.uid"])]);
    let told = tell(&plan, EngineOptions { limits, ..options() }, vec![feed(&posts), Feed::End]);
    let keys: Vec<String> = told
        .windows
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| format!("{} {}", line["key"]["author.uid"].as_str().unwrap(), line["measures"]["volume"]))
        .collect();
    assert_eq!(keys, ["b 1", "(other) 2", "a 2", "c 1", "d 1", "(other) 1"]);
    assert_eq!(told.counts.overflow, [3]);
}

#[test]
fn incidents_of_runs_are_bounded_and_those_of_sessions_end_by_themselves() {
    let raised = |window| plan(vec![alert(counting("all", window, &["author.uid"]), at_least(0, 2.0), 0, None, 0)]);
    let pair = |number: i64| {
        let at = START + number * MINUTE;
        [0, 1].map(|behind| Post { author: format!("a{number}"), ..simple(2 * number + behind, at + behind) })
    };
    let posts: Vec<Post> = (0..5).flat_map(pair).collect();
    let few = EngineOptions { limits: Limits { groups_max: 2, ..Limits::default() }, ..options() };
    let opened = |told: &Told| told.incidents.lines().filter(|line| line.contains("\"opened\"")).count();
    // A run that is over leaves room for the next group; what it raised stays open.
    let (rows, runs, _) = told(&raised(run_of(2, 0)), few, None, vec![feed(&posts), Feed::End]);
    assert_eq!((rows.len(), opened(&runs), runs.counts.unjudged), (5, 2, vec![3]));
    // Sessions that began under a higher bound.
    let talk = raised(session(HOUR, 0));
    let later = Feed::Quiet { source: 0, until: START + 10 * MINUTE };
    let (.., state) = told(&talk, options(), None, vec![feed(&posts), later, Feed::Barrier { epoch: 1 }]);
    let (rows, sessions, _) = told(&talk, few, state, vec![Feed::End]);
    assert_eq!((rows.len(), opened(&sessions), sessions.counts.unjudged), (5, 5, vec![0]));
}

#[test]
fn state_survives_a_change_of_the_other_rules() {
    let named = |name: &str| {
        [counting(name, session(MINUTE, 0), &["lang"]), counting(&format!("{name}_runs"), run_of(4, 0), &[])]
    };
    let before = plan(["gone", "kept"].iter().flat_map(|name| named(name)).collect());
    let after = plan(["kept", "fresh"].iter().flat_map(|name| named(name)).collect());
    let posts = at(&[0, 10, 40, 45, 60]);
    let (_, _, state) = told(&before, options(), None, vec![feed(&posts[..3]), Feed::Barrier { epoch: 1 }]);
    let (_, found, _) = told(&after, options(), state, vec![feed(&posts[3..]), Feed::End]);
    let volume = |name: &str| {
        let own = found.windows.lines().filter(|line| line.contains(&format!("\"{name}\"")));
        own.map(|line| line.split("\"volume\":").nth(1).unwrap().trim_end_matches('}').to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((volume("kept"), volume("kept_runs")), (vec!["5".to_owned()], vec!["4".to_owned()]));
    assert_eq!((volume("fresh"), volume("fresh_runs")), (vec!["2".to_owned()], vec![]));
}

#[test]
fn tables_do_not_grow_with_the_sessions_that_are_over() {
    let plan = plan(vec![counting("talk", session(SECOND, 0), &["author.uid"])]);
    let mut rng = rng(seed());
    let posts: Vec<Post> = (0..6_000)
        .map(|number| Post { author: format!("a{}", number % 3_000), ..simple(number, START + number * SECOND) })
        .collect();
    let mut feeds = Vec::new();
    for (epoch, piece) in (0..).zip(posts.chunks(500)) {
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
