//! Calendar windows: they hold the posts of one date, week, month … as the clocks of the zone show it, whatever the clocks do.

use std::collections::BTreeMap;

use chrono::DateTime;
use chrono_tz::Tz;
use mon_compiler::calendar::{Calendar, Unit};
use mon_compiler::plan::{Borders, Plan, WindowPlan};
use mon_engine::{Feed, Snapshot};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, alert, at_least, below, cut, feed, monitor, options, plan, rng, run,
    seed, simple, tell, window,
};

const HOUR: i64 = 60 * MINUTE;

/// Zones whose clocks change at noon, at midnight, by half an hour, and never.
const ZONES: [Tz; 6] =
    [Tz::Europe__Berlin, Tz::America__New_York, Tz::Asia__Beirut, Tz::Africa__Cairo, Tz::Australia__Lord_Howe, Tz::UTC];

/// The name of the stretch that holds a moment; it knows nothing of where one begins.
fn name(unit: Unit, zone: Tz, at: i64) -> String {
    let time = DateTime::from_timestamp_micros(at).unwrap().with_timezone(&zone);
    match unit {
        Unit::Day => time.format("%Y-%m-%d").to_string(),
        Unit::Week => time.format("%G-W%V").to_string(),
        Unit::Month => time.format("%Y-%m").to_string(),
        Unit::Quarter => time.format("%Y-Q%q").to_string(),
        Unit::Year => time.format("%Y").to_string(),
    }
}

/// Posts of two years, some seconds out of order, in bursts around each midnight and with days of silence.
fn posts(rng: &mut SmallRng) -> Vec<Post> {
    let mut now = START;
    let mut posts = Vec::new();
    for number in 0..3_000 {
        now += match rng.random_range(0..10) {
            0 => rng.random_range(0..60 * HOUR),
            1..4 => rng.random_range(0..8 * HOUR),
            _ => rng.random_range(0..MINUTE),
        };
        let mut post = simple(number, now - rng.random_range(0..25 * SECOND));
        post.lang = [Some("de"), Some("en"), None][rng.random_range(0..3)];
        posts.push(post);
    }
    posts
}

fn calendar(unit: Unit, zone: Tz, late_micros: i64) -> WindowPlan {
    WindowPlan { borders: Borders::Calendar(Calendar { unit, zone }), late_micros }
}

fn days(zone: Tz) -> std::sync::Arc<Plan> {
    let counted = vec![aggregate("volume", "count", &[])];
    let days = monitor("days", 0, calendar(Unit::Day, zone, HOUR), &[], counted);
    plan(vec![alert(days, at_least(0, 15.0), 0, None, 0)])
}

#[test]
fn a_window_holds_the_posts_of_one_name() {
    let mut rng = rng(seed());
    let posts = posts(&mut rng);
    for zone in ZONES {
        for unit in Unit::ALL {
            let counted = vec![aggregate("volume", "count", &[])];
            let late = rng.random_range(0..3) * HOUR;
            let plan = plan(vec![monitor("talk", 0, calendar(unit, zone, late), &["lang"], counted)]);
            let mut expected: BTreeMap<(String, Vec<Option<String>>), f64> = BTreeMap::new();
            for post in &posts {
                let key = vec![post.lang.map(str::to_owned)];
                *expected.entry((name(unit, zone, post.at), key)).or_default() += 1.0;
            }
            let mut found: BTreeMap<(String, Vec<Option<String>>), f64> = BTreeMap::new();
            let mut feeds = cut(&mut rng, &posts, 300);
            feeds.push(Feed::End);
            run(&plan, options(), None, feeds, |epoch| {
                assert_eq!(epoch.counts.late, [0]);
                for row in epoch.windows {
                    let first = name(unit, zone, row.start);
                    assert_eq!(first, name(unit, zone, row.end - 1), "{zone} {row:?}");
                    assert_ne!(first, name(unit, zone, row.end), "{zone} {row:?}");
                    assert!(found.insert((first, row.key), row.values[0].unwrap()).is_none(), "each window once");
                }
            });
            assert_eq!(found, expected, "{zone} {}", unit.name());
        }
    }
}

#[test]
fn batches_and_restarts_change_nothing() {
    let mut rng = rng(seed());
    for zone in ZONES {
        let (plan, posts) = (days(zone), posts(&mut rng));
        let mut feeds = cut(&mut rng, &posts, 500);
        feeds.push(Feed::End);
        let whole = tell(&plan, options(), feeds);
        assert!(whole.incidents.contains("opened") && whole.incidents.contains("cleared"), "{zone}");
        let half = rng.random_range(1..posts.len());
        let (mut told, mut state): (Told, Option<Snapshot>) = (Told::default(), None);
        let mut feeds = cut(&mut rng, &posts[..half], 100);
        feeds.push(Feed::Barrier { epoch: 1 });
        run(&plan, options(), None, feeds, |epoch| {
            told.add(&epoch, &plan);
            state = epoch.snapshot.clone();
        });
        let mut feeds = cut(&mut rng, &posts[half..], 100);
        feeds.push(Feed::End);
        run(&plan, options(), state, feeds, |epoch| told.add(&epoch, &plan));
        assert_eq!(told, whole, "{zone}, a restart behind {half} posts");
    }
}

#[test]
fn a_long_window_beside_it_changes_nothing_of_a_short_one() {
    let counted = || vec![aggregate("volume", "count", &[])];
    let short = || {
        let minutes = monitor("short", 0, window(5 * MINUTE, 5 * MINUTE, 0), &[], counted());
        alert(minutes, at_least(0, 1.0), 0, Some(below(0, 1.0)), 10 * MINUTE)
    };
    let long = || monitor("long", 0, calendar(Unit::Year, Tz::Europe__Berlin, 0), &[], counted());
    let posts = [simple(0, START), simple(1, START + 70 * SECOND)];
    let told = |monitors| tell(&plan(monitors), options(), vec![feed(&posts), Feed::End]);
    let (alone, beside) = (told(vec![short()]), told(vec![short(), long()]));
    assert!(alone.incidents.contains("opened") && !alone.incidents.contains("cleared"), "{}", alone.incidents);
    assert_eq!(beside.incidents, alone.incidents);
}

#[test]
fn days_are_held_as_days_whatever_the_clocks_do() {
    // The last week of March 2027: clocks are put forward on Sunday the 28th.
    let from = 1_805_846_400 * SECOND;
    let daily =
        monitor("daily", 0, calendar(Unit::Day, Tz::Europe__Berlin, 0), &[], vec![aggregate("volume", "count", &[])]);
    let plan = plan(vec![alert(daily, at_least(0, 1.0), 48 * HOUR, None, 0)]);
    for first in 0..6 {
        let posts: Vec<Post> = (0..5).map(|day| simple(day, from + (first + day) * 24 * HOUR + 12 * HOUR)).collect();
        let mut opened = Vec::new();
        run(&plan, options(), None, vec![feed(&posts), Feed::End], |epoch| {
            opened.extend(epoch.transitions.iter().map(|told| told.at));
        });
        let end = Calendar { unit: Unit::Day, zone: Tz::Europe__Berlin }.stretch(posts[2].at).end;
        assert_eq!(opened.first(), Some(&end), "the third look, from day {first}");
    }
}
