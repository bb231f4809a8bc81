//! The supervisor over a source that plays a script: states, waits, gaps, batches and commits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::*;
use crate::contract::{Completeness, Envelope, Health, MapError, Mapper, Op, PostSink};
use crate::spec::{JETSTREAM, Spec};

type Play = Result<Vec<Result<Item, SourceError>>, SourceError>;

/// One entry of the script for each connection; after the last item a connection stays open and silent.
#[derive(Clone, Default)]
struct Scripted {
    script: Arc<Mutex<VecDeque<Play>>>,
    opened: Arc<Mutex<Vec<Resume>>>,
    committed: Arc<Mutex<Vec<Cursor>>>,
}

impl Scripted {
    fn of(script: impl IntoIterator<Item = Play>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), ..Self::default() }
    }

    fn start(&self, options: SupervisorOptions) -> Supervised {
        supervise("s", Box::new(self.clone()), Resume::Live, options)
    }
}

struct PostEach;

impl Mapper for PostEach {
    fn wires(&self) -> &'static [&'static str] {
        &["test"]
    }
    fn version(&self) -> i32 {
        1
    }
    fn map(&self, envelope: &Envelope, out: &mut dyn PostSink) -> Result<Completeness, MapError> {
        if envelope.native_id == "bad" {
            return Err(MapError { wire: "test", path: "all".to_owned(), reason: "is bad".to_owned() });
        }
        let post_uid = Some(envelope.native_id.as_str().into());
        let row = mon_post::PostRow { post_uid, event_at: Some(1), ..mon_post::PostRow::default() };
        out.push(&row).map_err(|reason| MapError { wire: "test", path: String::new(), reason })?;
        Ok(Completeness::default())
    }
}

#[async_trait]
impl Source for Scripted {
    fn spec(&self) -> &'static Spec {
        &JETSTREAM
    }
    fn mapper(&self) -> &dyn Mapper {
        &PostEach
    }
    async fn check(&self) -> Result<Health, SourceError> {
        Ok(Health { detail: String::new(), cost: 0 })
    }
    async fn open(
        &self,
        _: &Partition,
        from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
        self.opened.lock().unwrap().push(from);
        let play = self.script.lock().unwrap().pop_front().unwrap_or_else(|| Ok(Vec::new()));
        Ok(stream::iter(play?).chain(stream::pending()).boxed())
    }
    async fn commit(&self, _: &Partition, upto: &Cursor) -> Result<(), SourceError> {
        self.committed.lock().unwrap().push(upto.clone());
        Ok(())
    }
}

fn cursor(order: u64) -> Cursor {
    Cursor { order, token: order.to_string(), epoch: "e".to_owned() }
}

fn event(order: u64) -> Result<Item, SourceError> {
    named(order, &format!("p{order}"))
}

fn named(order: u64, id: &str) -> Result<Item, SourceError> {
    Ok(Item::Event(Envelope {
        op: Op::Created,
        native_id: id.to_owned(),
        cursor: cursor(order),
        occurred: None,
        received: SystemTime::UNIX_EPOCH,
        media_type: "",
        wire: "test",
        payload: bytes::Bytes::new(),
        tags: Vec::new(),
    }))
}

fn broken() -> Result<Item, SourceError> {
    Err(SourceError::Transient("broken".to_owned()))
}

fn quick() -> SupervisorOptions {
    let short = Duration::from_millis(10);
    SupervisorOptions {
        batch_wait: short,
        quiet_tick: short,
        max_quiet: Duration::ZERO,
        backoff: Backoff::new(short, short, Duration::from_secs(60)),
        auth_retry: short,
        ..SupervisorOptions::default()
    }
}

async fn next(running: &mut Supervised) -> SourceEvent {
    loop {
        match running.events.recv().await.unwrap() {
            SourceEvent::Quiet { .. } | SourceEvent::Connected => {}
            other => return other,
        }
    }
}

#[tokio::test]
async fn a_reconnection_starts_behind_the_last_event_never_at_the_beginning() {
    let source =
        Scripted::of([Ok(vec![event(1), event(2), broken()]), Err(SourceError::SlotTaken), Ok(vec![event(3)])]);
    let mut running = source.start(quick());
    let (SourceEvent::Batch(first), SourceEvent::Batch(second)) = (next(&mut running).await, next(&mut running).await)
    else {
        panic!("two batches")
    };
    assert_eq!((first.batch.len(), first.cursor_after), (2, cursor(2)));
    assert_eq!((second.batch.len(), second.cursor_after), (1, cursor(3)));
    let expected = [Resume::Live, Resume::After(cursor(2)), Resume::After(cursor(2))];
    assert_eq!(*source.opened.lock().unwrap(), expected);
    assert_eq!(running.handle.status().counts.reconnects, 2);
}

#[tokio::test]
async fn a_commit_reaches_the_source_and_only_for_what_was_handed_on() {
    let source = Scripted::of([Ok(vec![event(1)])]);
    let mut running = source.start(quick());
    let SourceEvent::Batch(batch) = next(&mut running).await else { panic!("a batch") };
    assert!(running.handle.commit(&cursor(9)).is_err());
    running.handle.commit(&batch.cursor_after).unwrap();
    assert_eq!(running.handle.status().committed, Some(cursor(1)));
    while source.committed.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(*source.committed.lock().unwrap(), [cursor(1)]);
}

#[tokio::test]
async fn an_expired_cursor_is_a_gap_and_reading_goes_on_behind_it() {
    let expired = || Err(SourceError::CursorExpired { oldest: Some(cursor(50)) });
    let source = Scripted::of([Ok(vec![event(1), broken()]), expired(), Ok(vec![event(50)])]);
    let mut running = source.start(quick());
    assert!(matches!(next(&mut running).await, SourceEvent::Batch(_)));
    let SourceEvent::Gap(gap) = next(&mut running).await else { panic!("a gap") };
    assert_eq!((gap.from, gap.to, gap.why), (Some(cursor(1)), Some(cursor(50)), GapReason::Expired));
    assert!(matches!(next(&mut running).await, SourceEvent::Batch(_)));
    let expected = Resume::After(Cursor { order: 49, ..cursor(50) });
    assert_eq!(source.opened.lock().unwrap().last(), Some(&expected), "50 itself has not come yet");
}

#[tokio::test]
async fn a_floor_right_behind_the_last_event_loses_nothing() {
    let expired = Err(SourceError::CursorExpired { oldest: Some(cursor(2)) });
    let source = Scripted::of([Ok(vec![event(1), broken()]), expired, Ok(vec![event(2)])]);
    let mut running = source.start(quick());
    assert!(matches!(next(&mut running).await, SourceEvent::Batch(_)));
    assert!(matches!(next(&mut running).await, SourceEvent::Batch(_)), "no gap between 1 and 2");
}

#[tokio::test]
async fn each_error_has_its_state_and_only_a_wrong_configuration_ends_it() {
    let errors = [
        (SourceError::Auth("no".to_owned()), "auth_failed"),
        (SourceError::Transient("no".to_owned()), "degraded"),
        (SourceError::RateLimited { until: None, scope: "x".to_owned() }, "limited"),
        (SourceError::Stalled { seconds: 1 }, "stalled"),
    ];
    for (error, word) in errors {
        let source = Scripted::of([Err(error), Err(SourceError::Config("wrong".to_owned()))]);
        let long = Duration::from_millis(30);
        let options = SupervisorOptions { auth_retry: long, backoff: Backoff::new(long, long, long * 99), ..quick() };
        let mut running = source.start(options);
        let mut watch = running.handle.watch();
        watch.wait_for(|status| status.state.word() == word).await.unwrap();
        let SourceEvent::Ended { error } = next(&mut running).await else { panic!("it ends") };
        assert_eq!(error, Some(SourceError::Config("wrong".to_owned())));
        let status = running.handle.status();
        assert_eq!(status.state.word(), "stopped");
        assert_eq!(status.counts.limited, u64::from(word == "limited"), "{word}");
        assert!(State::WORDS.contains(&word));
    }
}

#[tokio::test]
async fn silence_is_told_and_then_ended() {
    let source = Scripted::of([Ok(vec![event(1)])]);
    let mut running = source.start(SupervisorOptions { max_quiet: Duration::from_millis(600), ..quick() });
    let mut quiets = 0;
    while source.opened.lock().unwrap().len() < 2 {
        if let SourceEvent::Quiet { .. } = running.events.recv().await.unwrap() {
            quiets += 1;
        }
    }
    assert!(quiets > 0);
    assert_eq!(source.opened.lock().unwrap().get(1), Some(&Resume::After(cursor(1))));
}

#[tokio::test]
async fn each_connection_is_told_before_what_it_brings() {
    let source = Scripted::of([Ok(vec![event(1), broken()]), Err(SourceError::SlotTaken), Ok(vec![event(2)])]);
    let mut running = source.start(quick());
    let mut told = String::new();
    while !told.ends_with("cbcb") {
        match running.events.recv().await.unwrap() {
            SourceEvent::Connected => told.push('c'),
            SourceEvent::Batch(_) => told.push('b'),
            SourceEvent::Quiet { .. } => {}
            SourceEvent::Gap(_) | SourceEvent::Ended { .. } => panic!("nothing is lost and nothing ends"),
        }
        assert!("cbcb".starts_with(&told), "{told}");
    }
}

#[tokio::test]
async fn silence_is_told_only_up_to_the_disorder_before_now() {
    let disorder = Duration::from_secs(60);
    let mut running = Scripted::default().start(SupervisorOptions { disorder, ..quick() });
    let until = loop {
        if let SourceEvent::Quiet { until } = running.events.recv().await.unwrap() {
            break until;
        }
    };
    assert!(until <= SystemTime::now() - disorder);
}

/// A source that can't be read again.
struct Once(Scripted);

#[async_trait]
impl Source for Once {
    fn spec(&self) -> &'static Spec {
        &crate::spec::STDIN
    }
    fn mapper(&self) -> &dyn Mapper {
        &PostEach
    }
    async fn check(&self) -> Result<Health, SourceError> {
        self.0.check().await
    }
    async fn open(
        &self,
        partition: &Partition,
        from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
        self.0.open(partition, from).await
    }
}

#[tokio::test]
async fn what_was_read_of_a_source_that_cannot_be_read_again_is_handed_on_at_a_stop() {
    let source = Box::new(Once(Scripted::of([Ok((1..=100).map(event).collect())])));
    // The caller holds the source up, so that the stop finds it in the middle.
    let options = SupervisorOptions { batch_rows: 1, channel: 1, stop_wait: Duration::from_secs(60), ..quick() };
    let mut running = supervise("s", source, Resume::Live, options);
    running.handle.watch().wait_for(|status| status.state == State::Running).await.unwrap();
    running.handle.stop();
    let mut rows = 0;
    while let Some(event) = running.events.recv().await {
        if let SourceEvent::Batch(batch) = event {
            rows += batch.batch.len();
        }
    }
    assert_eq!(rows, 100);
}

#[tokio::test]
async fn a_caller_that_does_not_read_holds_the_source_up() {
    let source = Scripted::of([Ok((1..=100).map(event).collect())]);
    let mut running = source.start(SupervisorOptions { batch_rows: 1, channel: 2, ..quick() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(running.handle.status().counts.received < 10, "{:?}", running.handle.status().counts);
    let mut rows = 0;
    while rows < 100 {
        if let SourceEvent::Batch(batch) = next(&mut running).await {
            rows += batch.batch.len();
        }
    }
    assert_eq!(running.handle.status().counts.mapped, 100);
}

#[tokio::test]
async fn a_bad_envelope_is_told_beside_the_good_ones() {
    let source = Scripted::of([Ok(vec![event(1), named(2, "bad"), event(3)])]);
    let mut running = source.start(quick());
    let SourceEvent::Batch(batch) = next(&mut running).await else { panic!("a batch") };
    assert_eq!((batch.batch.len(), batch.received, batch.map_error_count), (2, 3, 1));
    assert_eq!(batch.map_errors[0].to_string(), "test: `all` is bad");
    assert_eq!(running.handle.status().counts.map_errors, 1);
}

#[tokio::test]
async fn progress_without_posts_moves_the_cursor() {
    let source = Scripted::of([Ok(vec![Ok(Item::Progress(cursor(7)))])]);
    let mut running = source.start(quick());
    let SourceEvent::Batch(batch) = next(&mut running).await else { panic!("a batch") };
    assert_eq!((batch.batch.len(), batch.cursor_after), (0, cursor(7)));
}

#[tokio::test]
async fn a_stop_hands_on_what_was_read_and_ends() {
    let source = Scripted::of([Ok(vec![event(1)])]);
    let mut running = source.start(SupervisorOptions { batch_wait: Duration::from_secs(60), ..quick() });
    let mut watch = running.handle.watch();
    watch.wait_for(|status| status.state == State::Running).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    running.handle.stop();
    assert!(matches!(next(&mut running).await, SourceEvent::Batch(_)));
    assert!(matches!(next(&mut running).await, SourceEvent::Ended { error: None }));
}
