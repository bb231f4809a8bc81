//! How time passes: sources that come and go, silence, posts whose own times cannot be trusted.

use std::sync::Arc;

use mon_compiler::plan::Plan;
use mon_engine::{EngineOptions, Feed, Snapshot};

use crate::world::{
    MINUTE, Post, SECOND, START, Told, aggregate, feed, feed_of, monitor, options, plan, run_named, simple, tell,
    window,
};

fn counting(every: i64) -> Arc<Plan> {
    plan(vec![monitor("all", 0, window(every, every, 0), &[], vec![aggregate("volume", "count", &[])])])
}

/// Runs to the last barrier; the state there.
fn state(plan: &Arc<Plan>, names: &[&str], from: Option<Snapshot>, feeds: Vec<Feed>) -> (Told, Option<Snapshot>) {
    let (mut told, mut state) = (Told::default(), None);
    run_named(plan, options(), names, from, feeds, |epoch| {
        told.add(&epoch, plan);
        state = epoch.snapshot;
    });
    (told, state)
}

#[test]
fn a_source_that_is_gone_after_a_restart_does_not_hold_time() {
    let plan = counting(MINUTE);
    let both = vec![
        Feed::Quiet { source: 0, until: i64::MIN },
        Feed::Quiet { source: 1, until: i64::MIN },
        feed_of(1, &[simple(1, START)]),
        feed_of(0, &[simple(2, START)]),
        Feed::Barrier { epoch: 1 },
    ];
    let (_, saved) = state(&plan, &["gone", "stays"], None, both);
    let alone = |names: &[&str]| {
        let feeds = vec![feed_of(0, &[simple(3, START + 5 * MINUTE)]), Feed::Barrier { epoch: 2 }];
        state(&plan, names, saved.clone(), feeds).0
    };
    assert_eq!(alone(&["stays"]).windows.lines().count(), 1, "time goes on without the source that is gone");
    assert_eq!(alone(&["stays", "gone"]).windows, "", "time waits for a source that is still read");
}

#[test]
fn a_source_that_is_silent_between_posts_keeps_its_disorder() {
    let plan = counting(5 * SECOND);
    let disorder_micros = 5 * SECOND;
    let mut feeds = Vec::new();
    for second in 0..60 {
        if second % 4 == 0 {
            feeds.push(feed(&[simple(second, START + second * SECOND - 3 * SECOND)]));
        }
        feeds.push(Feed::Quiet { source: 0, until: START + second * SECOND });
    }
    feeds.push(Feed::Barrier { epoch: 1 });
    let told = tell(&plan, EngineOptions { disorder_micros, ..options() }, feeds);
    assert_eq!(told.counts.late, [0]);
    assert!(told.windows.lines().count() >= 9, "silence lets time pass all the same: {}", told.windows);
}

#[test]
fn one_mistyped_year_does_not_make_the_others_late_at_any_batch_size() {
    let plan = counting(MINUTE);
    let mut posts: Vec<Post> = (0..600).map(|number| simple(number, START + number * SECOND)).collect();
    posts.insert(5, simple(999, START + 73 * 365 * 24 * 60 * MINUTE));
    let whole = tell(&plan, options(), vec![feed(&posts), Feed::End]);
    assert_eq!((whole.counts.late.as_slice(), whole.counts.ahead), ([0].as_slice(), 1));
    assert_eq!(whole.windows.lines().count(), 11, "ten minutes, and the one of the far post");
    for size in [1, 4, 5, 6, 7, 100] {
        let mut feeds: Vec<Feed> = posts.chunks(size).map(feed).collect();
        feeds.push(Feed::End);
        assert_eq!(tell(&plan, options(), feeds), whole, "batches of {size}");
    }
}
