//! Each fault alone, then mixes: nothing is lost in silence.

use std::time::Duration;

use mon_fakes::{FakeJetstream, Faults};
use mon_sources::jetstream::Wire;
use mon_sources::{GapReason, Resume, SourceError, SourceEvent, State, supervise};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::run::{Account, options, run, small, source};

const WIRES: [Wire; 2] = [Wire::V1, Wire::V2];

#[tokio::test]
async fn a_good_day_is_delivered_whole_and_once() {
    for wire in WIRES {
        let (account, fake) = run(Faults::none(), 1, wire).await;
        let sums = fake.ledger().sums();
        let posts = sums.posts_created + sums.posts_updated + sums.posts_deleted;
        assert_eq!(account.events.len(), posts, "{wire:?}");
        assert_eq!(account.rows, posts, "nothing came twice: {wire:?}");
        assert!(account.gaps.is_empty());
        assert_eq!(account.counts.map_errors, 0);
        assert!(account.counts.account_events > 0, "markers are counted");
    }
}

/// One fault alone on both wires: the run ends only when nothing is missing.
async fn alone(name: &str, chance: f64) -> Vec<(Account, FakeJetstream)> {
    let mut runs = Vec::new();
    for wire in WIRES {
        let faults = Faults::only(name, chance).unwrap();
        println!("{name} {chance} {wire:?} seed 5");
        let (account, fake) = run(Faults { stall_for: Duration::from_millis(700), ..faults }, 5, wire).await;
        let ledger = fake.ledger();
        // After the first connection, no connection starts at the beginning again.
        let mut cursors = ledger.asked.iter().filter(|asked| asked.status == 101).filter_map(|asked| asked.cursor);
        let first = cursors.next();
        let rest: Vec<u64> = cursors.collect();
        if wire == Wire::V2 {
            assert!(rest.iter().all(|cursor| Some(*cursor) != first), "{name}: {rest:?} begin anew");
            assert!(rest.is_sorted(), "{name}: {rest:?}");
        }
        runs.push((account, fake));
    }
    runs
}

fn reconnects(runs: &[(Account, FakeJetstream)]) -> u64 {
    runs.iter().map(|(account, _)| account.counts.reconnects).sum()
}

#[tokio::test]
async fn connections_that_die_within_a_frame_lose_nothing() {
    let runs = alone("cut", 0.002).await;
    assert!(reconnects(&runs) > 0);
    assert!(runs.iter().all(|(account, _)| account.gaps.is_empty()));
}

#[tokio::test]
async fn connections_that_close_cleanly_lose_nothing() {
    let runs = alone("close", 0.002).await;
    assert!(reconnects(&runs) > 0);
    assert!(runs.iter().all(|(account, _)| account.gaps.is_empty()));
}

#[tokio::test]
async fn what_comes_twice_counts_once() {
    for (account, fake) in alone("duplicate", 0.05).await {
        let sums = fake.ledger().sums();
        assert_eq!(account.events.len(), sums.posts_created + sums.posts_updated + sums.posts_deleted);
        assert!(account.rows > account.events.len(), "the fake sent nothing twice");
        assert!(account.counts.duplicates_expected > 0);
    }
}

#[tokio::test]
async fn disorder_and_lateness_lose_nothing() {
    alone("disorder", 0.3).await;
    alone("late", 0.1).await;
}

#[tokio::test]
async fn disorder_with_broken_connections_loses_nothing() {
    let faults = Faults::only("disorder", 0.3).unwrap().with("cut", 0.002).unwrap();
    for wire in WIRES {
        let (account, _) = run(faults, 9, wire).await;
        assert!(account.counts.reconnects > 0);
    }
}

#[tokio::test]
async fn refusals_before_the_upgrade_are_waited_out() {
    for wire in WIRES {
        let faults = Faults::only("refuse", 0.7).unwrap().with("close", 0.003).unwrap();
        let (_, fake) = run(faults, 6, wire).await;
        assert!(fake.ledger().sums().refused > 0);
    }
}

#[tokio::test]
async fn broken_frames_are_fetched_again_or_declared() {
    let runs = alone("garbage", 0.002).await;
    assert!(reconnects(&runs) > 0);
}

#[tokio::test]
async fn a_frame_that_is_always_broken_becomes_a_gap() {
    for wire in WIRES {
        let fake = FakeJetstream::start(small(Faults::only("garbage", 1.0).unwrap(), 4)).await.unwrap();
        let mut running = supervise("bsky", source(&[&fake], wire), Resume::Earliest, options());
        let mut status = running.handle.watch();
        status.wait_for(|status| status.counts.reconnects > 0 && status.state == State::Running).await.unwrap();
        fake.set_faults(Faults::none());
        let mut account = Account::default();
        account.drain(&mut running, &fake).await;
        assert!(account.gaps.iter().all(|gap| gap.why == GapReason::Unreadable), "{:?}", account.gaps);
    }
}

#[tokio::test]
async fn silence_is_noticed_and_ended() {
    let runs = alone("stall", 0.001).await;
    let stalls: u64 = runs.iter().map(|(account, _)| account.counts.stalls).sum();
    assert!(stalls > 0);
}

#[tokio::test]
async fn unknown_kinds_are_counted_and_passed() {
    for (account, fake) in alone("unknown", 0.02).await {
        let sent = fake.ledger().published.iter().filter(|event| event.op == "novelty").count() as u64;
        assert!(sent > 0);
        assert_eq!(account.counts.unknown_kinds, sent);
    }
}

#[tokio::test]
async fn the_end_that_a_server_declares_is_no_end() {
    let runs = alone("too_slow", 0.002).await;
    assert!(reconnects(&runs) > 0);
}

#[tokio::test]
async fn a_cursor_that_is_too_old_becomes_a_gap_of_exactly_what_is_lost() {
    let faults = Faults::only("expire", 0.8).unwrap().with("cut", 0.003).unwrap();
    let (account, fake) = run(faults, 3, Wire::V2).await;
    assert!(!account.gaps.is_empty());
    for gap in &account.gaps {
        assert_eq!(gap.why, GapReason::Expired);
        assert!(gap.to.is_some(), "the server named its floor: {gap:?}");
    }
    assert!(fake.ledger().asked.iter().any(|asked| asked.status == 400));
}

#[tokio::test]
async fn a_range_that_v1_leaves_out_in_silence_is_declared() {
    let fake = FakeJetstream::start(small(Faults::none(), 3)).await.unwrap();
    let mut running = supervise("bsky", source(&[&fake], Wire::V1), Resume::Earliest, options());
    let mut account = Account::default();
    while account.rows < 200 {
        if let Some(SourceEvent::Batch(batch)) = running.events.recv().await {
            account.add(&batch);
        }
    }
    running.handle.stop();
    while let Some(event) = running.events.recv().await {
        if let SourceEvent::Batch(batch) = event {
            account.add(&batch);
        }
    }
    while !fake.is_done() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fake.set_floor(2_500);
    let from = Resume::After(account.last.clone().unwrap());
    let mut running = supervise("bsky", source(&[&fake], Wire::V1), from, options());
    account.drain(&mut running, &fake).await;
    assert_eq!(account.gaps.len(), 1, "{:?}", account.gaps);
    assert!(account.posts.len() < fake.ledger().sums().posts_created, "something was really lost");
}

#[tokio::test]
async fn another_host_takes_over_with_a_margin() {
    for wire in WIRES {
        let one = FakeJetstream::start(small(Faults::none(), 8)).await.unwrap();
        let other =
            mon_fakes::JetstreamOptions { first_seq: 900_000, wait_for_client: false, ..small(Faults::none(), 8) };
        let other = FakeJetstream::start(other).await.unwrap();
        let mut running = supervise("bsky", source(&[&one, &other], wire), Resume::Earliest, options());
        let mut account = Account::default();
        while account.rows < 100 {
            if let Some(SourceEvent::Batch(batch)) = running.events.recv().await {
                account.add(&batch);
            }
        }
        drop(one);
        account.drain(&mut running, &other).await;
        let sums = other.ledger().sums();
        let posts = sums.posts_created + sums.posts_updated + sums.posts_deleted;
        assert_eq!(account.events.len(), posts, "the same post from two hosts is one: {wire:?}");
        assert!(account.gaps.is_empty(), "{:?}", account.gaps);
        let cursor = other.ledger().asked[0].cursor.unwrap();
        assert!(cursor >= 1_000_000_000_000_000, "a sequence number of another host was sent: {cursor}");
    }
}

/// Answers each connection with a proxy's page instead of an upgrade.
async fn proxy_without_a_server() -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let page = "<html>upstream connect error</html>";
            let answer = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{page}", page.len());
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("ws://{address}")
}

#[tokio::test]
async fn a_host_that_is_no_jetstream_is_left_for_the_next() {
    let fake = FakeJetstream::start(small(Faults::none(), 8)).await.unwrap();
    let options_ = mon_sources::jetstream::JetstreamOptions {
        hosts: vec![proxy_without_a_server().await, fake.url()],
        ..mon_sources::jetstream::JetstreamOptions::default()
    };
    let source = Box::new(mon_sources::jetstream::JetstreamSource::new("bsky", options_).unwrap());
    let mut running = supervise("bsky", source, Resume::Earliest, options());
    let mut account = Account::default();
    account.drain(&mut running, &fake).await;
    assert_eq!(running.handle.status().counts.reconnects, 1, "one answer is enough to leave a host");
}

#[tokio::test]
async fn a_restart_goes_on_from_what_was_committed() {
    for wire in WIRES {
        let fake = FakeJetstream::start(small(Faults::only("cut", 0.001).unwrap(), 12)).await.unwrap();
        let mut account = Account::default();
        let mut from = Resume::Earliest;
        for _ in 0..4 {
            let mut running = supervise("bsky", source(&[&fake], wire), from.clone(), options());
            let mut batches = 0;
            while batches < 5 {
                match tokio::time::timeout(Duration::from_millis(300), running.events.recv()).await {
                    Ok(Some(SourceEvent::Batch(batch))) => {
                        batches += 1;
                        // Killed before the commit of every fifth batch: it must come again.
                        if batches < 5 {
                            account.add(&batch);
                            running.handle.commit(&batch.cursor_after).unwrap();
                            from = Resume::After(batch.cursor_after);
                        }
                    }
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => break,
                }
            }
            account.last = None;
        }
        let mut running = supervise("bsky", source(&[&fake], wire), from, options());
        account.drain(&mut running, &fake).await;
        assert!(account.gaps.is_empty(), "{:?}", account.gaps);
    }
}

#[tokio::test]
async fn mixed_faults_lose_nothing_in_silence() {
    let first: u64 = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(21);
    println!("MON_SEED={first}");
    for seed in first..first + 3 {
        println!("seed {seed}");
        let faults = Faults {
            cut: 0.001,
            close: 0.000_5,
            duplicate: 0.01,
            late: 0.01,
            disorder: 0.1,
            refuse: 0.3,
            garbage: 0.001,
            stall: 0.000_3,
            stall_for: Duration::from_millis(600),
            expire: 0.2,
            unknown: 0.01,
            too_slow: 0.000_5,
        };
        let (account, _) = run(faults, seed, Wire::V2).await;
        println!("{:?}", account.counts);
        let (account, _) = run(Faults { expire: 0.0, ..faults }, seed, Wire::V1).await;
        println!("{:?}", account.counts);
    }
}

#[tokio::test]
async fn what_the_documentation_forbids_ends_the_source_with_a_reason() {
    let fake = FakeJetstream::start(small(Faults::none(), 1)).await.unwrap();
    let options_ = mon_sources::jetstream::JetstreamOptions {
        hosts: vec![fake.url()],
        wire: Wire::V2,
        collections: vec!["app.bsky.feed.post&wantedDids=did:plc:a".to_owned()],
    };
    let source = Box::new(mon_sources::jetstream::JetstreamSource::new("bsky", options_).unwrap());
    let mut running = supervise("bsky", source, Resume::Live, options());
    let Some(SourceEvent::Ended { error: Some(SourceError::Config(why)) }) = running.events.recv().await else {
        panic!("a wrong parameter can't be repaired by trying again")
    };
    assert!(why.contains("use dids"), "{why}");
}
