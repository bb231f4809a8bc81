//! Single behaviours, on a handful of posts each.

use std::sync::Arc;

use expect_test::expect;
use mon_compiler::plan::Plan;
use mon_engine::{Engine, EngineError, EngineOptions, Feed, Limits, Snapshot, replay};

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, at_least, batch, below, everything, feed, monitor, options,
    plan, posts, rng, run, seed, simple, tell, window,
};

fn post(number: usize, at: i64, lang: &'static str) -> Post {
    Post { uid: format!("p{number}"), at, lang: Some(lang), author: format!("a{number}"), followers: 1, mood: None }
}

fn volume_alert(hold: i64, clear_hold: i64) -> Arc<Plan> {
    let counted = vec![aggregate("volume", "count", &[])];
    let plain = monitor("volume", 0, window(MINUTE, MINUTE, 0), &["lang"], counted);
    plan(vec![alert(plain, at_least(0, 3.0), hold, Some(below(0, 2.0)), clear_hold)])
}

fn times(told: &Told) -> String {
    let value = |line: &str, key: &str| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        json[key].as_str().unwrap().to_owned()
    };
    told.incidents.lines().map(|line| format!("{} {}\n", value(line, "at"), value(line, "kind"))).collect()
}

#[test]
fn an_incident_clears_when_the_stream_goes_quiet() {
    let burst: Vec<Post> = (0..5).map(|number| post(number, START + number as i64 * SECOND, "de")).collect();
    let disorder = options().disorder_micros;
    let quiet = |minutes: i64| Feed::Quiet { source: 0, until: START + minutes * MINUTE + disorder };
    let plan = volume_alert(0, 3 * MINUTE);
    let mut seen = Vec::new();
    let feeds = vec![
        feed(&burst),
        quiet(1),
        Feed::Barrier { epoch: 1 },
        quiet(4),
        Feed::Barrier { epoch: 2 },
        quiet(5),
        Feed::Barrier { epoch: 3 },
    ];
    run(&plan, options(), None, feeds, |epoch| {
        let mut told = Told::default();
        told.add(&epoch, &plan);
        seen.push(times(&told));
    });
    expect![[r#"
        2027-01-15T08:01:00Z opened
        |
        |
        2027-01-15T08:05:00Z cleared
    "#]]
    .assert_eq(&seen.join("|\n"));
}

#[test]
fn the_end_of_a_recording_closes_the_windows_that_hold_posts() {
    let burst: Vec<Post> = (0..5).map(|number| post(number, START + number as i64 * SECOND, "de")).collect();
    let told = tell(&volume_alert(0, 0), options(), vec![feed(&burst), Feed::End]);
    expect![[r#"
        {"monitor":"volume","key":{"lang":"de"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":5}}
    "#]]
    .assert_eq(&told.windows);
    expect![[r#"
        2027-01-15T08:01:00Z opened
    "#]]
    .assert_eq(&times(&told));
}

#[test]
fn a_condition_must_hold_through_quiet_windows_too() {
    let bursts: Vec<Post> = [0, 1, 3, 4, 5, 9]
        .into_iter()
        .enumerate()
        .flat_map(|(burst, minute)| (0..4).map(move |n| post(burst * 10 + n, START + minute * MINUTE + n as i64, "de")))
        .collect();
    let told = tell(&volume_alert(2 * MINUTE, 0), options(), vec![feed(&bursts), Feed::End]);
    expect![[r#"
        2027-01-15T08:06:00Z opened
        2027-01-15T08:07:00Z cleared
    "#]]
    .assert_eq(&times(&told));
}

#[test]
fn groups_beyond_the_bound_are_counted_together() {
    let langs = ["aa", "bb", "cc", "dd", "aa", "cc", "ee"];
    let posts: Vec<Post> = (0..).zip(langs).map(|(n, lang)| post(n, START + n as i64, lang)).collect();
    let mut bounded = options();
    bounded.limits.groups_max = 2;
    let told = tell(&volume_alert(0, 0), bounded, vec![feed(&posts), Feed::End]);
    expect![[r#"
        {"monitor":"volume","key":{"lang":"(other)"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":4}}
        {"monitor":"volume","key":{"lang":"aa"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":2}}
        {"monitor":"volume","key":{"lang":"bb"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":1}}
    "#]]
    .assert_eq(&told.windows);
    assert_eq!(told.counts.overflow, [4]);
}

#[test]
fn a_replay_tells_the_same_at_any_speed_and_passes_errors_on() {
    let posts = posts(&mut rng(seed()), 400);
    let plan = everything();
    let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
    for speed in [None, Some(1e6)] {
        let batches: Vec<Result<_, std::io::Error>> = posts.chunks(90).map(|chunk| Ok(batch(chunk))).collect();
        let mut told = Told::default();
        let mut last = false;
        replay(Arc::clone(&plan), batches.into_iter(), options(), speed, |epoch| {
            told.add(&epoch, &plan);
            last = epoch.last;
            Ok::<_, std::io::Error>(())
        })
        .unwrap();
        assert_eq!(told, whole, "speed {speed:?}");
        assert!(last);
    }
    let torn = vec![Ok(batch(&posts)), Err(std::io::Error::other("line 401 is torn"))];
    let error =
        replay(Arc::clone(&plan), torn.into_iter(), options(), None, |_| Ok::<_, std::io::Error>(())).unwrap_err();
    expect!["the posts could not be read: line 401 is torn"].assert_eq(&error.to_string());
    let full = |_| Err(std::io::Error::other("no space left"));
    let good = vec![Ok::<_, std::io::Error>(batch(&posts))];
    let error = replay(plan, good.into_iter(), options(), None, full).unwrap_err();
    expect!["the results could not be kept: no space left"].assert_eq(&error.to_string());
}

#[test]
fn state_survives_a_change_of_the_other_rules() {
    let counted = || vec![aggregate("volume", "count", &[])];
    let named = |name: &str| monitor(name, 0, window(MINUTE, MINUTE, 0), &["lang"], counted());
    let before = plan(vec![named("gone"), named("kept")]);
    let after = plan(vec![named("kept"), named("fresh")]);
    let mut state: Option<Snapshot> = None;
    let feeds = vec![feed(&[post(0, START, "de")]), Feed::Barrier { epoch: 1 }];
    run(&before, options(), None, feeds, |epoch| state = epoch.snapshot);
    let mut told = Told::default();
    run(&after, options(), state, vec![feed(&[post(1, START + 1, "de")]), Feed::End], |epoch| told.add(&epoch, &after));
    expect![[r#"
        {"monitor":"kept","key":{"lang":"de"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":2}}
        {"monitor":"fresh","key":{"lang":"de"},"start":"2027-01-15T08:00:00Z","end":"2027-01-15T08:01:00Z","measures":{"volume":1}}
    "#]]
    .assert_eq(&told.windows);
}

#[test]
fn the_plan_can_be_read() {
    let engine = Engine::new(everything(), options()).unwrap();
    expect![[r#"
        RuleExec: alerts=4
          WindowExec: groups_max=10000, classes=[size=60s every=60s late=0s by=[lang] aggregates=[avg, count, sum] monitors=2; size=300s every=60s late=10s by=[lang] aggregates=[count, count, max, median, stddev] monitors=1; size=300s every=60s late=0s by=[] aggregates=[count, count] monitors=1; size=240s every=120s late=0s by=[lang] aggregates=[count, count] monitors=1; size=120s every=120s late=0s by=[lang] aggregates=[count] monitors=1]
            MatchExec: monitors=6, filters=1
              DedupeExec: by=event_id, horizon=86400s
                SourceExec: bounded, disorder=30s, batch_rows=8192
    "#]].assert_eq(&engine.explain().unwrap());
}

#[test]
fn errors_say_what_to_do() {
    let told = |measure| {
        let odd = monitor("odd", 0, window(MINUTE, MINUTE, 0), &["labels"], vec![measure]);
        let even = mon_compiler::plan::MonitorPlan { by: vec![], ..odd.clone() };
        let tell = |one| Engine::new(plan(vec![one]), options()).unwrap_err().to_string();
        format!("{}\n{}", tell(odd), tell(even))
    };
    expect![[r#"
        monitor `odd`: groups by `labels` are not possible, because a post can have many of them
        monitor `odd`, measure `x`: no aggregate is called `mode`"#]]
    .assert_eq(&told(aggregate("x", "mode", &["lang"])));
    let uneven = monitor("odd", 0, window(MINUTE, 7 * SECOND, 0), &[], vec![]);
    let error = Engine::new(plan(vec![uneven]), options()).unwrap_err();
    assert!(matches!(error, EngineError::Window { .. }), "{error}");
}

#[test]
fn the_group_of_all_further_groups_raises_no_alert() {
    let counted = vec![aggregate("volume", "count", &[])];
    let plain = monitor("volume", 0, window(MINUTE, MINUTE, 0), &["author.uid"], counted);
    let plan = plan(vec![alert(plain, at_least(0, 3.0), 0, Some(below(0, 2.0)), 0)]);
    let posts: Vec<Post> = (0..12)
        .map(|number| Post { author: format!("a{number}"), ..simple(number, START + number * SECOND) })
        .collect();
    let limits = Limits { groups_max: 4, ..Limits::default() };
    let told = tell(&plan, EngineOptions { limits, ..options() }, vec![feed(&posts), Feed::End]);
    assert!(told.windows.contains("(other)\"},") && told.windows.contains("\"volume\":8"), "{}", told.windows);
    assert_eq!(told.incidents, "");
    assert_eq!(told.counts.overflow, [8]);
}
