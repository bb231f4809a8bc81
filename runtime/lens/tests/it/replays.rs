//! Posts and alerts are those of a plain replay over all posts.

use std::collections::BTreeMap;
use std::sync::Arc;

use mon_alerts::{Transition, TransitionKind};
use mon_compiler::plan::{Plan, Severity};
use mon_engine::{EngineOptions, Epoch, Recording, WindowRow};
use mon_lens::Lens;
use mon_post::{PostBatch, ReadError};
use mon_simulate::Scenario;

use crate::world::{self, Files, capture, cut, day, examples, matched, never, zoo};

/// A plain replay, its pieces joined.
fn replayed(plan: &Arc<Plan>, batches: &[PostBatch]) -> Epoch {
    let mut all = Epoch::default();
    let read: Vec<_> = batches.iter().cloned().map(Ok::<PostBatch, ReadError>).collect();
    mon_engine::replay(Arc::clone(plan), read.into_iter(), EngineOptions::default(), None, |epoch| {
        all.mentions.extend(epoch.mentions);
        all.windows.extend(epoch.windows);
        all.transitions.extend(epoch.transitions);
        Ok::<(), ReadError>(())
    })
    .unwrap();
    all
}

type Opened = (i64, Vec<(String, Option<String>)>, Severity, Option<i64>);

fn incidents(transitions: &[Transition], monitor: &str) -> Vec<Opened> {
    let mut found: BTreeMap<String, (usize, Opened)> = BTreeMap::new();
    for told in transitions.iter().filter(|told| told.monitor == monitor) {
        let next = found.len();
        let (_, incident) = found
            .entry(told.incident.0.clone())
            .or_insert_with(|| (next, (told.opened_at, told.key.clone(), told.severity, None)));
        incident.2 = incident.2.max(told.severity);
        if told.kind == TransitionKind::Cleared {
            incident.3 = Some(told.at);
        }
    }
    let mut found: Vec<(usize, Opened)> = found.into_values().collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, incident)| incident).collect()
}

/// How many alerts there were, so that a test can ask for some.
fn same(files: &Files, batches: &[PostBatch], told: &str) -> usize {
    let (plan, capture) = (world::plan(files), capture(batches));
    let whole = replayed(&plan, batches);
    let look = world::look(&mut Lens::new(Arc::clone(&capture)), files);
    let raised = mon_lens::raised(&plan, &capture, &never).unwrap().unwrap();
    assert_eq!(raised, look.monitors.iter().map(|monitor| monitor.alerts.clone()).collect::<Vec<_>>(), "{told}");
    let mut alerts = 0;
    for (number, monitor) in (0..).zip(&look.monitors) {
        let posts = whole.mentions.iter().filter(|mention| mention.monitor == number).count() as u64;
        assert_eq!(monitor.posts, posts, "{told}: posts of {}", monitor.name);
        let own: Vec<Opened> = monitor
            .alerts
            .iter()
            .map(|alert| (alert.opened_at, alert.group.clone(), alert.severity, alert.cleared_at))
            .collect();
        assert_eq!(own, incidents(&whole.transitions, &monitor.name), "{told}: alerts of {}", monitor.name);
        alerts += own.len();
    }
    alerts
}

#[test]
fn posts_and_alerts_of_the_examples_are_those_of_a_replay() {
    let mut alerts = 0;
    for (scenario, seed) in [
        (Scenario::LaunchDay, 11),
        (Scenario::LaunchDay, 5),
        (Scenario::Crisis, 3),
        (Scenario::SlowBurn, 8),
        (Scenario::Viral, 2),
    ] {
        alerts += same(&examples(), &day(scenario, seed, 8_000), scenario.name());
    }
    assert!(alerts >= 3, "{alerts} alerts show little");
}

#[test]
fn posts_and_alerts_of_every_kind_of_window_are_those_of_a_replay() {
    let mut alerts = 0;
    for seed in 1..3 {
        for scenario in [Scenario::LaunchDay, Scenario::SilentSource, Scenario::SlowBurn, Scenario::Crisis] {
            let batches = cut(&day(scenario, seed, 800), 97);
            alerts += same(&zoo(), &batches, &format!("{} {seed}", scenario.name()));
        }
    }
    assert!(alerts >= 60, "{alerts} alerts show little");
}

/// All that a replay gives, not only what the lens takes of it, at any size of batches.
#[test]
fn a_recording_replayed_over_the_posts_that_match_gives_what_all_posts_give() {
    for (seed, rows) in [(1, 8_192), (2, 500), (3, 7), (4, 1)] {
        let batches = cut(&day(Scenario::LaunchDay, seed, 1_200), rows);
        for files in [examples(), zoo()] {
            let plan = world::plan(&files);
            let recording = Recording::read(batches.clone(), &never).unwrap().unwrap();
            let mut concerned = vec![Vec::new(); recording.posts().len()];
            for (batch, row) in matched(&plan, recording.posts()).into_iter().flatten() {
                concerned[batch].push(row);
            }
            concerned.iter_mut().for_each(|rows: &mut Vec<u32>| {
                rows.sort_unstable();
                rows.dedup();
            });
            let some = recording.replay(&plan, &concerned, &never).unwrap().unwrap();
            let whole = replayed(&plan, &batches);
            let read: usize = batches.iter().map(PostBatch::len).sum();
            assert!(concerned.iter().map(Vec::len).sum::<usize>() < read, "all posts concern some monitor");
            assert_eq!(some.mentions, whole.mentions, "seed {seed}");
            let rows = |windows: &[WindowRow]| format!("{windows:?}");
            assert_eq!(rows(&some.windows), rows(&whole.windows), "seed {seed}");
            assert_eq!(some.transitions, whole.transitions, "seed {seed}");
        }
    }
}

/// Times that nobody believes, repeats, and posts that come in any order.
#[test]
fn a_disorderly_recording_gives_the_same() {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};
    for seed in 0..6 {
        let mut random = SmallRng::seed_from_u64(seed);
        let words = ["acme", "broken", "refund please", "thanks", "acme stopped working", "hello", "giveaway acme"];
        let (mut at, mut lines) = (1_793_613_600_i64, String::new());
        for _ in 0..250 {
            at += random.random_range(0..200);
            let off = match random.random_range(0..40) {
                0 => 3 * 86_400,
                1 => -2 * 86_400,
                2..10 => -random.random_range(0..900),
                _ => 0,
            };
            let id = random.random_range(0..220);
            let (text, lang) = (words[random.random_range(0..words.len())], ["en", "de"][random.random_range(0..2)]);
            let post = format!("\"id\":\"{id}\",\"created_at\":{},\"lang\":\"{lang}\",\"text\":\"{text}\"", at + off);
            lines += &format!("{{{post},\"author\":{{\"uid\":\"u{}\"}}}}\n", id % 40);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posts.jsonl");
        std::fs::write(&path, lines).unwrap();
        let reader = mon_post::reader::open(&path, None, &mon_post::reader::ReadOptions::default()).unwrap();
        let batches: Vec<PostBatch> = reader.map(|read| read.unwrap().batch).collect();
        assert_eq!(batches.iter().map(PostBatch::len).sum::<usize>(), 250);
        same(&zoo(), &cut(&batches, 31), &format!("seed {seed}"));
    }
}
