//! Runs a supervised source against a fake and keeps account of what it delivers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mon_fakes::{FakeJetstream, Faults, JetstreamOptions, Times};
use mon_sources::jetstream::{self, JetstreamSource, Wire};
use mon_sources::{
    Backoff, Counts, Cursor, Gap, Resume, SourceBatch, SourceEvent, Supervised, SupervisorOptions, supervise,
};

/// Longer than any run should take; a run that reaches it has lost something.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub fn options() -> SupervisorOptions {
    SupervisorOptions {
        backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(100), Duration::from_secs(60)),
        max_quiet: Duration::from_millis(400),
        batch_wait: Duration::from_millis(5),
        ..SupervisorOptions::default()
    }
}

/// A day of small size, the same on every run.
pub fn small(faults: Faults, seed: u64) -> JetstreamOptions {
    JetstreamOptions {
        rate: 4_000.0,
        total: Some(3_000),
        seed,
        faults,
        times: Times::From(1_783_175_888_000_000),
        wait_for_client: true,
        ..JetstreamOptions::default()
    }
}

pub fn source(hosts: &[&FakeJetstream], wire: Wire) -> Box<JetstreamSource> {
    let hosts = hosts.iter().map(|fake| fake.url()).collect();
    let options = jetstream::JetstreamOptions { hosts, wire, ..jetstream::JetstreamOptions::default() };
    Box::new(JetstreamSource::new("bsky", options).unwrap())
}

/// What came out.
#[derive(Default)]
pub struct Account {
    /// Event ids, so that what comes again counts once.
    pub events: BTreeSet<[u8; 16]>,
    /// Delivered at-uri and operation.
    pub posts: BTreeSet<(String, String)>,
    pub gaps: Vec<Gap>,
    pub rows: usize,
    pub last: Option<Cursor>,
    pub counts: Counts,
}

impl Account {
    pub fn add(&mut self, batch: &SourceBatch) {
        for row in 0..batch.batch.len() {
            self.rows += 1;
            self.events.insert(batch.batch.event_id(row));
            let post = batch.batch.row(row);
            self.posts.insert((post.post_uid.unwrap().into_owned(), post.op.unwrap().into_owned()));
        }
        if let Some(last) = self.last.as_ref().filter(|last| last.epoch == batch.cursor_after.epoch) {
            assert!(last.order <= batch.cursor_after.order, "cursors fell: {last:?} {:?}", batch.cursor_after);
        }
        self.last = Some(batch.cursor_after.clone());
    }

    /// Posts of the ledger that were neither delivered nor declared lost.
    pub fn missing(&self, fake: &FakeJetstream) -> Vec<(u64, String)> {
        let ledger = fake.ledger();
        let delivered = |uri: &str, op: &str| {
            let op = BTreeMap::from([("create", "created"), ("update", "updated"), ("delete", "deleted")])[op];
            self.posts.contains(&(uri.to_owned(), op.to_owned()))
        };
        let declared = |place: u64| {
            self.gaps.iter().any(|gap| {
                let from = gap.from.as_ref().map_or(0, |cursor| cursor.order);
                let to = gap.to.as_ref().map_or(u64::MAX, |cursor| cursor.order);
                from < place && place < to
            })
        };
        let v1 = self.last.as_ref().is_some_and(|last| last.token.starts_with('@'));
        let posts = ledger.of(jetstream::POST);
        posts
            .filter(|post| !delivered(post.uri.as_deref().unwrap(), post.op))
            .map(|post| (if v1 { post.time_us as u64 } else { post.seq }, post.uri.clone().unwrap()))
            .filter(|(place, _)| !declared(*place))
            .collect()
    }

    /// Reads until everything published is delivered or declared lost.
    pub async fn drain(&mut self, running: &mut Supervised, fake: &FakeJetstream) {
        // Patience ends when nothing arrives; a busy machine is slow, not wrong.
        let last = tokio::time::Instant::now() + PATIENCE * 6;
        let mut end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let event = tokio::time::timeout(Duration::from_millis(50), running.events.recv()).await;
            if matches!(event, Ok(Some(SourceEvent::Batch(_)))) {
                end = last.min(tokio::time::Instant::now() + PATIENCE);
            }
            match event {
                Ok(Some(SourceEvent::Batch(batch))) => {
                    self.add(&batch);
                    running.handle.commit(&batch.cursor_after).unwrap();
                }
                Ok(Some(SourceEvent::Gap(gap))) => self.gaps.push(gap),
                Ok(Some(SourceEvent::Ended { error })) => panic!("ended: {error:?}"),
                Ok(Some(SourceEvent::Quiet { .. } | SourceEvent::Connected)) | Err(_) => {}
                Ok(None) => panic!("the source is gone"),
            }
            self.counts = running.handle.status().counts;
            if fake.is_done() && running.events.is_empty() && self.missing(fake).is_empty() {
                return;
            }
            assert!(
                tokio::time::Instant::now() < end,
                "missing {:?} of {:?}; {:?}; gaps {:?}; {:?}",
                self.missing(fake).len(),
                fake.ledger().sums(),
                running.handle.status(),
                self.gaps,
                fake.ledger().asked,
            );
        }
    }
}

/// One run from the live tip to the end.
pub async fn run(faults: Faults, seed: u64, wire: Wire) -> (Account, FakeJetstream) {
    let fake = FakeJetstream::start(small(faults, seed)).await.unwrap();
    let mut running = supervise("bsky", source(&[&fake], wire), Resume::Earliest, options());
    let mut account = Account::default();
    account.drain(&mut running, &fake).await;
    account.counts = running.handle.status().counts;
    (account, fake)
}
