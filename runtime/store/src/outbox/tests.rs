use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::*;
use crate::{EpochCommit, MessageRow};

fn target(method: &str) -> Target {
    Target { team: "care".to_owned(), method: method.to_owned() }
}

fn row(incident: &str, number: u32, method: &str, severity: &str, due: i64) -> MessageRow {
    MessageRow::of(&json!({
        "id": format!("{incident}.{number}.{method}"), "incident": incident, "transition": number, "event": "e",
        "severity": severity, "team": "care", "method": method, "due": due,
    }))
    .unwrap()
}

fn store_with(rows: Vec<MessageRow>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&EpochCommit { epoch: 1, at: 10, messages: rows, ..EpochCommit::default() }).unwrap();
    (folder, store)
}

fn ids(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|c| c.id.as_str()).collect()
}

fn sent(id: &str, remote: Option<&str>) -> (String, Settle) {
    (id.to_owned(), Settle::Sent { remote: remote.map(str::to_owned) })
}

#[test]
fn only_the_head_of_an_incidents_line_is_claimed() {
    let rows = vec![
        row("i", 0, "a", "low", 0),
        row("i", 1, "a", "low", 0),
        row("j", 0, "a", "low", 0),
        row("i", 1, "b", "low", 0),
    ];
    let (_folder, store) = store_with(rows);
    assert_eq!(store.waiting_targets().unwrap(), [target("a"), target("b")]);
    let first = store.claim(20, &[(target("a"), 10)]).unwrap();
    assert_eq!(ids(&first), ["i.0.a", "j.0.a"]);
    assert!(store.claim(20, &[(target("a"), 10)]).unwrap().is_empty(), "the head is on its way");
    let later = Settle::Retry { at: 50, error: "busy".to_owned(), progress: None, unsure: false };
    store.settle(20, &[("i.0.a".to_owned(), later)]).unwrap();
    assert!(store.claim(49, &[(target("a"), 10)]).unwrap().is_empty(), "a head that waits holds the line");
    assert_eq!(store.next_due(20).unwrap(), Some(50));
    let again = store.claim(50, &[(target("a"), 10)]).unwrap();
    assert_eq!((ids(&again), again[0].attempt), (vec!["i.0.a"], 2));
    store.settle(50, &[sent("i.0.a", Some("ts1"))]).unwrap();
    let next = store.claim(50, &[(target("a"), 10)]).unwrap();
    assert_eq!((ids(&next), next[0].thread.as_deref()), (vec!["i.1.a"], Some("ts1")));
    assert_eq!(ids(&store.claim(50, &[(target("b"), 1)]).unwrap()), ["i.1.b"], "targets do not wait for one another");
}

#[test]
fn the_most_severe_goes_first_and_nothing_before_its_time() {
    let rows = vec![
        row("a", 0, "m", "low", 0),
        row("b", 0, "m", "critical", 5),
        row("c", 0, "m", "medium", 1),
        row("d", 0, "m", "high", 90),
    ];
    let (_folder, store) = store_with(rows);
    assert_eq!(ids(&store.claim(20, &[(target("m"), 2)]).unwrap()), ["b.0.m", "c.0.m"]);
    assert_eq!(ids(&store.claim(90, &[(target("m"), 9)]).unwrap()), ["d.0.m", "a.0.m"]);
}

#[test]
fn dead_and_held_messages_do_not_hold_the_line_and_can_be_asked_for_again() {
    let (_folder, store) = store_with(vec![row("i", 0, "a", "low", 0), row("i", 1, "a", "low", 0)]);
    store.claim(20, &[(target("a"), 1)]).unwrap();
    store.settle(20, &[("i.0.a".to_owned(), Settle::Dead { error: "refused".to_owned() })]).unwrap();
    assert_eq!(ids(&store.claim(20, &[(target("a"), 1)]).unwrap()), ["i.1.a"]);
    store.settle(21, &[("i.1.a".to_owned(), Settle::Held { error: "unsure".to_owned() })]).unwrap();
    let counts = store.outbox_counts().unwrap();
    assert_eq!((counts.dead, counts.held, counts.open()), (1, 1, 0));
    assert_eq!(store.outbox(Some(OutboxState::Dead), 10).unwrap()[0].last_error.as_deref(), Some("refused"));
    store.retry(30, "i.0.a").unwrap();
    assert_eq!(store.outbox_counts().unwrap().pending, 1);
    assert!(matches!(store.retry(30, "i.0.a"), Err(StoreError::UnknownMessage { .. })));
    store.verify_audit().unwrap();
}

#[test]
fn what_was_in_flight_at_a_crash_is_pending_and_unsure_after_it() {
    let (folder, store) = store_with(vec![row("i", 0, "a", "low", 0), row("j", 0, "a", "low", 0)]);
    store.claim(20, &[(target("a"), 1)]).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.opened().in_flight, 1);
    let claimed = store.claim(20, &[(target("a"), 5)]).unwrap();
    assert_eq!(claimed.iter().map(|c| (c.attempt, c.unsure)).collect::<Vec<_>>(), [(2, 1), (1, 0)]);
}

#[test]
fn a_message_is_settled_once() {
    let (_folder, store) = store_with(vec![row("i", 0, "a", "low", 0)]);
    store.settle(20, &[sent("i.0.a", None)]).unwrap();
    assert_eq!(store.outbox_counts().unwrap().pending, 1, "a message that nobody claimed is not sent");
    store.claim(20, &[(target("a"), 1)]).unwrap();
    store
        .settle(20, &[sent("i.0.a", Some("r")), ("i.0.a".to_owned(), Settle::Dead { error: "late".to_owned() })])
        .unwrap();
    let row = &store.outbox(None, 1).unwrap()[0];
    assert_eq!((row.state, row.remote.as_deref()), (OutboxState::Sent, Some("r")));
}

/// Random claims, outcomes and restarts: every message ends as sent, in the order of its incident.
#[test]
fn random_walks_keep_the_order_and_lose_nothing() {
    let seed: u64 = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed);
    println!("MON_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let rows: Vec<MessageRow> = (0..6)
        .flat_map(|i| (0..5).flat_map(move |n| ["a", "b"].map(|m| row(&format!("i{i}"), n, m, "high", 0))))
        .collect();
    let total = rows.len() as u64;
    let (folder, mut store) = store_with(rows);
    let mut done: Vec<String> = Vec::new();
    let mut now = 20;
    while store.outbox_counts().unwrap().sent < total {
        now += 10;
        let claimed = store
            .claim(now, &[(target("a"), random.random_range(0..4)), (target("b"), random.random_range(0..4))])
            .unwrap();
        if random.random_ratio(1, 20) {
            drop(store);
            store = Store::open(folder.path()).unwrap();
            continue;
        }
        for c in claimed {
            let outcome = match random.random_range(0..3) {
                0 => Settle::Retry {
                    at: now + random.random_range(0..40),
                    error: String::new(),
                    progress: None,
                    unsure: false,
                },
                _ => {
                    done.push(c.id.clone());
                    Settle::Sent { remote: None }
                }
            };
            store.settle(now, &[(c.id, outcome)]).unwrap();
        }
    }
    for incident in 0..6 {
        for method in ["a", "b"] {
            let prefix = format!("i{incident}.");
            let order: Vec<&String> =
                done.iter().filter(|id| id.starts_with(&prefix) && id.ends_with(method)).collect();
            let mut sorted = order.clone();
            sorted.sort();
            assert_eq!((order.len(), &order), (5, &sorted));
        }
    }
    store.verify_audit().unwrap();
}
