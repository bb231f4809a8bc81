use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use mon_alerts::{IncidentId, Message, NotificationId};
use mon_store::{EpochCommit, MessageRow, OutboxState};
use rand::Rng as _;

use super::*;

pub(crate) fn message(incident: &str, transition: u32, team: &str, method: &str, severity: Severity) -> Message {
    let event = match transition {
        0 => "incident.opened",
        1 => "incident.changed",
        _ => "incident.cleared",
    };
    Message {
        id: NotificationId(format!("{incident}-{transition}-{team}-{method}")),
        incident: IncidentId(incident.to_owned()),
        transition,
        event: event.to_owned(),
        monitor: "acme_outage".to_owned(),
        severity,
        team: team.to_owned(),
        method: method.to_owned(),
        at: 1_772_618_580_000_000,
        due: 0,
        title: format!("[{}] acme_outage · DE", severity.name()),
        body: "Opened.\n\nvolume  12 & <more>\n".to_owned(),
    }
}

pub(crate) fn delivery(event: &str, severity: Severity) -> Delivery {
    let mut message = message("00ff", u32::from(event != "incident.opened"), "care", "slack", severity);
    message.event = event.to_owned();
    Delivery { message, attempt: 1, may_repeat: false, progress: None, thread: None }
}

/// Time that passes as soon as somebody waits for it.
#[derive(Default)]
pub(crate) struct QuickClock(AtomicI64);

#[async_trait]
impl Clock for QuickClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    async fn sleep(&self, time: Duration) {
        let until = self.now() + micros(time);
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.fetch_max(until, Ordering::SeqCst);
    }
}

type Answering = dyn Fn(&Delivery) -> Outcome + Send + Sync;

/// A receiver that keeps what it was sent and answers as the test says.
struct Receiver {
    seen: Mutex<Vec<Delivery>>,
    accepted: Mutex<Vec<String>>,
    answer: Box<Answering>,
    idempotent: bool,
    limits: Limits,
    /// Attempts that never end.
    hangs: bool,
}

impl Receiver {
    fn new(answer: impl Fn(&Delivery) -> Outcome + Send + Sync + 'static) -> Self {
        let answer = Box::new(answer);
        Self {
            seen: Mutex::default(),
            accepted: Mutex::default(),
            answer,
            idempotent: true,
            limits: Limits::default(),
            hangs: false,
        }
    }

    fn ids(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|d| d.message.id.0.clone()).collect()
    }
}

#[async_trait]
impl Channel for Receiver {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn idempotent(&self) -> bool {
        self.idempotent
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        tokio::task::yield_now().await;
        self.seen.lock().unwrap().push(delivery.clone());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let outcome = (self.answer)(delivery);
        if matches!(outcome, Outcome::Sent { .. }) {
            self.accepted.lock().unwrap().push(delivery.message.id.0.clone());
        }
        outcome
    }
}

fn sent(_: &Delivery) -> Outcome {
    Outcome::Sent { remote: None }
}

fn later(_: &Delivery) -> Outcome {
    Outcome::later("busy")
}

fn channels(list: &[(&str, &str, &Arc<Receiver>)]) -> Channels {
    let mut targets: BTreeMap<Target, Arc<dyn Channel>> = BTreeMap::new();
    for (team, method, receiver) in list {
        let target = Target { team: (*team).to_owned(), method: (*method).to_owned() };
        targets.insert(target, Arc::<Receiver>::clone(receiver));
    }
    Channels::new(targets, Arc::new(Receiver::new(later)))
}

fn commit(store: &Store, epoch: u64, messages: &[Message]) {
    let messages = messages.iter().map(|m| MessageRow::of(m).unwrap()).collect();
    store.commit(&EpochCommit { epoch, messages, ..EpochCommit::default() }).unwrap();
}

fn quick() -> Options {
    Options { seed: 5, ..Options::default() }
}

fn open(path: &Path) -> Store {
    Store::open(path).unwrap()
}

fn dispatcher(store: &Store, channels: Channels) -> Dispatcher {
    Dispatcher::with_clock(store.clone(), channels, quick(), Arc::new(QuickClock::default()))
}

fn row(store: &Store, at: usize) -> mon_store::OutboxRow {
    store.outbox(None, 100).unwrap().remove(at)
}

#[tokio::test]
async fn a_retry_keeps_the_id_and_ends_as_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    commit(&store, 1, &[message("a", 0, "care", "slack", Severity::High)]);
    let receiver = Arc::new(Receiver::new(|d| if d.attempt < 4 { later(d) } else { sent(d) }));
    let mut dispatcher = dispatcher(&store, channels(&[("care", "slack", &receiver)]));
    let tally = dispatcher.drain().await.unwrap();
    assert_eq!((tally.attempts, tally.sent, tally.retried), (4, 1, 3));
    assert_eq!(receiver.ids().into_iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!((row(&store, 0).state, row(&store, 0).attempts), (OutboxState::Sent, 4));
    store.verify_audit().unwrap();
}

/// Writes down what it is told.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn handed_over(&self, message: &Message, attempt: u32, _now: i64) {
        self.0.lock().unwrap().push(format!("{} by {} attempt {attempt}", message.incident.0, message.method));
    }

    fn settled(&self, target: &Target, settle: &Settle) {
        let what = match settle {
            Settle::Sent { .. } => "sent",
            Settle::Retry { .. } => "retry",
            Settle::Held { .. } => "held",
            Settle::Dead { .. } => "dead",
        };
        self.0.lock().unwrap().push(format!("{what} by {}", target.method));
    }
}

#[tokio::test]
async fn an_observer_is_told_of_each_attempt_and_of_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let steps = [message("a", 0, "care", "slack", Severity::High), message("b", 0, "nobody", "fax", Severity::Low)];
    commit(&store, 1, &steps);
    let receiver = Arc::new(Receiver::new(|d| if d.attempt < 2 { later(d) } else { sent(d) }));
    let mut targets: BTreeMap<Target, Arc<dyn Channel>> = BTreeMap::new();
    let slack = Target { team: "care".to_owned(), method: "slack".to_owned() };
    targets.insert(slack, Arc::<Receiver>::clone(&receiver));
    let channels = Channels::new(targets, Arc::new(Receiver::new(later)));
    let log = Arc::new(Log::default());
    let observer = Arc::clone(&log);
    let mut dispatcher = dispatcher(&store, channels).observed(observer);
    let tally = dispatcher.drain().await.unwrap();
    let mut told = log.0.lock().unwrap().clone();
    told.sort();
    assert_eq!(
        told,
        ["a by slack attempt 1", "a by slack attempt 2", "held by fax", "retry by slack", "sent by slack"]
    );
    assert_eq!((tally.attempts, tally.sent, tally.retried, tally.held), (2, 1, 1, 1));
}

#[tokio::test]
async fn an_incident_is_told_in_its_order_also_when_the_first_is_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let steps: Vec<Message> = (0..3).rev().map(|n| message("a", n, "care", "slack", Severity::High)).collect();
    commit(&store, 1, &steps);
    let receiver = Arc::new(Receiver::new(|d| {
        if d.message.transition < 2 && d.attempt < 3 {
            later(d)
        } else {
            Outcome::Sent { remote: Some(format!("ts{}", d.message.transition)) }
        }
    }));
    dispatcher(&store, channels(&[("care", "slack", &receiver)])).drain().await.unwrap();
    let seen = receiver.seen.lock().unwrap();
    let order: Vec<u32> = seen.iter().map(|d| d.message.transition).collect();
    assert_eq!(order, [0, 0, 0, 1, 1, 1, 2]);
    assert_eq!(seen.last().unwrap().thread.as_deref(), Some("ts0"), "later steps answer the first message");
}

#[tokio::test]
async fn a_target_that_hangs_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let many: Vec<Message> = (0..40)
        .flat_map(|n| ["slow", "fast"].map(|method| message(&format!("i{n}"), 0, "care", method, Severity::High)))
        .collect();
    commit(&store, 1, &many);
    let slow = Arc::new(Receiver { hangs: true, ..Receiver::new(sent) });
    let fast = Arc::new(Receiver::new(sent));
    let mut dispatcher = dispatcher(&store, channels(&[("care", "slow", &slow), ("care", "fast", &fast)]));
    let all_fast = async {
        while fast.ids().len() < 40 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        () = all_fast => {}
        _ = dispatcher.drain() => panic!("the slow target never ends"),
    }
    assert_eq!(slow.ids().len(), 4, "the slow target has its own four places");
}

#[tokio::test]
async fn a_message_is_dead_after_its_deadline_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    commit(
        &store,
        1,
        &[message("a", 0, "care", "x", Severity::Critical), message("a", 2, "care", "x", Severity::Critical)],
    );
    let receiver = Arc::new(Receiver::new(|d| if d.message.transition == 0 { later(d) } else { sent(d) }));
    let clock = Arc::new(QuickClock::default());
    let channels = channels(&[("care", "x", &receiver)]);
    let mut dispatcher = Dispatcher::with_clock(store.clone(), channels, quick(), Arc::<QuickClock>::clone(&clock));
    let tally = dispatcher.drain().await.unwrap();
    assert_eq!((tally.dead, tally.sent), (1, 1));
    let dead = &store.outbox(Some(OutboxState::Dead), 5).unwrap()[0];
    assert!(dead.last_error.as_deref().unwrap().contains("not taken within 600s"), "{dead:?}");
    assert!(dead.attempts > 3, "it was tried all the time: {}", dead.attempts);
    assert!(clock.now() < 700_000_000, "and not longer: {}", clock.now());
}

#[tokio::test]
async fn what_a_receiver_asks_to_wait_is_waited_by_its_whole_lane() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let all: Vec<Message> = (0..3).map(|n| message(&format!("i{n}"), 0, "care", "x", Severity::High)).collect();
    commit(&store, 1, &all);
    let clock = Arc::new(QuickClock::default());
    let times = Arc::new(Mutex::new(Vec::new()));
    let (now, noted) = (Arc::clone(&clock), Arc::clone(&times));
    let receiver = Receiver::new(move |d| {
        let mut times = noted.lock().unwrap();
        times.push(now.now());
        match times.len() {
            1 => Outcome::Later { after: Some(Duration::from_secs(40)), error: "busy".to_owned(), progress: None },
            _ => sent(d),
        }
    });
    let receiver = Arc::new(Receiver { limits: Limits { in_flight: 1, ..Limits::default() }, ..receiver });
    let channels = channels(&[("care", "x", &receiver)]);
    Dispatcher::with_clock(store.clone(), channels, quick(), Arc::<QuickClock>::clone(&clock)).drain().await.unwrap();
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 4);
    assert!(times[1..].iter().all(|&at| at >= 40_000_000), "{times:?}");
}

#[tokio::test]
async fn a_target_that_is_gone_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let all: Vec<Message> = (0..600).map(|n| message(&format!("i{n}"), 0, "care", "x", Severity::Low)).collect();
    commit(&store, 1, &all);
    let receiver = Receiver::new(|_| Outcome::Refused { error: "answered 410 Gone".to_owned(), gone: true });
    let receiver = Arc::new(Receiver { limits: Limits { in_flight: 1, ..Limits::default() }, ..receiver });
    let tally = dispatcher(&store, channels(&[("care", "x", &receiver)])).drain().await.unwrap();
    assert_eq!((tally.attempts, tally.dead), (1, 600));
}

#[tokio::test]
async fn a_target_without_a_channel_is_held_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    commit(&store, 1, &[message("a", 0, "care", "pager", Severity::Low)]);
    let tally = dispatcher(&store, channels(&[])).drain().await.unwrap();
    assert_eq!(tally.held, 1);
    assert!(row(&store, 0).last_error.unwrap().contains("`pager`"));
}

#[tokio::test]
async fn a_receiver_that_cannot_tell_repeats_gets_at_most_one_and_only_when_it_matters() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    commit(&store, 1, &[message("a", 0, "care", "x", Severity::High), message("b", 0, "care", "x", Severity::Low)]);
    let receiver = Arc::new(Receiver { idempotent: false, ..Receiver::new(|_| Outcome::unknown("no answer")) });
    let tally = dispatcher(&store, channels(&[("care", "x", &receiver)])).drain().await.unwrap();
    assert_eq!((tally.attempts, tally.held), (3, 2));
    let seen = receiver.seen.lock().unwrap();
    let marked: Vec<String> = seen.iter().filter(|d| d.may_repeat).map(Delivery::title).collect();
    assert_eq!(marked, ["[high] acme_outage · DE (may be a repeat)"]);
}

#[tokio::test]
async fn flush_sends_what_is_due_and_leaves_the_rest_for_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut tomorrow = message("b", 0, "care", "x", Severity::Low);
    tomorrow.due = 86_400_000_000;
    commit(&store, 1, &[message("a", 0, "care", "x", Severity::Low), tomorrow]);
    let gap = Limits { gap: Duration::from_secs(1), ..Limits::default() };
    let receiver = Arc::new(Receiver { limits: gap, ..Receiver::new(sent) });
    let mut dispatcher = dispatcher(&store, channels(&[("care", "x", &receiver)]));
    assert_eq!(dispatcher.flush().await.unwrap().sent, 1);
    assert_eq!(store.outbox_counts().unwrap().pending, 1);
}

#[tokio::test]
async fn a_running_dispatcher_is_woken_by_a_commit_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let receiver = Arc::new(Receiver::new(sent));
    let channels = channels(&[("care", "x", &receiver)]);
    let mut dispatcher =
        Dispatcher::new(store.clone(), channels, Options { look_every: Duration::from_secs(3600), ..quick() });
    let waker = dispatcher.waker();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move { dispatcher.run(async { drop(stopped.await) }).await.unwrap() });
    commit(&store, 1, &[message("a", 0, "care", "x", Severity::Low)]);
    waker.wake();
    while store.outbox_counts().unwrap().sent < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().sent, 1);
}

/// Makes the store refuse to change messages where `when` holds, as a full disk or a lock would.
fn refuse(path: &Path, when: &str) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path.join("control.sqlite")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox WHEN {when} BEGIN SELECT RAISE(ABORT, 'out of order'); END"
    );
    db.execute_batch(&trigger).unwrap();
    db
}

#[tokio::test]
async fn a_store_that_refuses_for_a_while_stops_no_sending_for_good_and_repeats_nothing() {
    for when in ["new.state = 'sending'", "new.state = 'sent'"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let all: Vec<Message> = (0..9).map(|n| message(&format!("i{n}"), 0, "care", "x", Severity::High)).collect();
        commit(&store, 1, &all);
        let db = refuse(folder.path(), when);
        let receiver = Arc::new(Receiver { idempotent: false, ..Receiver::new(sent) });
        let clock = Arc::new(QuickClock::default());
        let channels = channels(&[("care", "x", &receiver)]);
        let mut dispatcher = Dispatcher::with_clock(store.clone(), channels, quick(), Arc::<QuickClock>::clone(&clock));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(async move { dispatcher.run(async { drop(stopped.await) }).await.unwrap() });
        while clock.now() < micros(3 * FAULT_WAIT_MAX) {
            assert!(!running.is_finished(), "it gave up");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(store.outbox_counts().unwrap().sent, 0);
        db.execute_batch("DROP TRIGGER refuse").unwrap();
        while store.outbox_counts().unwrap().sent < 9 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.send(()).unwrap();
        assert_eq!(running.await.unwrap().sent, 9);
        assert_eq!(receiver.ids().len(), 9, "each message was sent once: {when}");
    }
}

/// Opens the folder again. A flush of the dropped dispatcher may still be under way on another thread: the lock is free
/// once it ends.
async fn reopen(path: &Path) -> Store {
    loop {
        match Store::open(path) {
            Ok(store) => return store,
            Err(StoreError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The dispatcher is dropped at random points and everything is opened anew: nothing is missing, nothing is out of
/// order, and no drop repeats more messages than were in flight.
#[tokio::test]
async fn crashes_lose_nothing_and_repeat_at_most_what_was_in_flight() {
    let seed = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
    println!("MON_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let messages: Vec<Message> = (0..30)
        .flat_map(|i| {
            (0..3).flat_map(move |n| ["a", "b"].map(|m| message(&format!("i{i}"), n, "care", m, Severity::High)))
        })
        .collect();
    let receivers = ["a", "b"].map(|_| {
        let faults = Mutex::new(SmallRng::seed_from_u64(seed));
        Arc::new(Receiver::new(move |d| match faults.lock().unwrap().random_range(0..10) {
            0 => later(d),
            _ => sent(d),
        }))
    });
    let clock = Arc::new(QuickClock::default());
    const FIRST_CRASHES: u64 = 4;
    let mut bound = 0;
    let mut crashes = 0;
    commit(&open(folder.path()), 1, &messages);
    loop {
        let store = reopen(folder.path()).await;
        bound += store.opened().in_flight;
        // Reading the sources again gives the same messages.
        commit(&store, crashes + 2, &messages);
        let channels = channels(&[("care", "a", &receivers[0]), ("care", "b", &receivers[1])]);
        let options = Options { seed: crashes, ..quick() };
        let mut dispatcher = Dispatcher::with_clock(store.clone(), channels, options, Arc::<QuickClock>::clone(&clock));
        // The first rounds end after so many messages, not after a time: a fast machine would be done in the first one.
        let steps = random.random_range(0..40);
        let seen = || receivers.iter().map(|r| r.seen.lock().unwrap().len()).sum::<usize>();
        let enough = (crashes < FIRST_CRASHES).then(|| seen() + random.random_range(1..12));
        let crash = async {
            while enough.is_some_and(|enough| seen() < enough) {
                tokio::task::yield_now().await;
            }
            for _ in 0..if enough.is_some() { 0 } else { steps } {
                tokio::time::sleep(Duration::from_micros(300)).await;
            }
        };
        let done = tokio::select! {
            () = crash => false,
            tally = dispatcher.drain() => tally.is_ok(),
        };
        drop(dispatcher);
        drop(store);
        if done {
            break;
        }
        crashes += 1;
    }
    let taken: Vec<String> = receivers.iter().flat_map(|r| r.accepted.lock().unwrap().clone()).collect();
    let different: HashSet<&String> = taken.iter().collect();
    assert_eq!(different.len(), messages.len(), "0 missing, 0 unexpected");
    assert!(crashes >= FIRST_CRASHES, "the loop crashed {crashes} times");
    let repeats = (taken.len() - different.len()) as u64;
    println!("{crashes} crashes, {bound} in flight at them, {repeats} repeats");
    assert!(repeats <= bound, "{repeats} repeats, {bound} in flight");
    for receiver in &receivers {
        let mut last: BTreeMap<String, u32> = BTreeMap::new();
        for seen in receiver.seen.lock().unwrap().iter() {
            let step = last.entry(seen.message.incident.0.clone()).or_default();
            assert!(seen.message.transition >= *step, "{} came after {step}", seen.message.id.0);
            *step = seen.message.transition;
        }
    }
    let store = reopen(folder.path()).await;
    assert_eq!(store.outbox_counts().unwrap().sent, messages.len() as u64);
    store.verify_audit().unwrap();
}
