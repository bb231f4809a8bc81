//! Compares what the fakes served and received with what `mon` says of it: no post and no message may be missing on
//! either side.

use std::collections::{BTreeMap, BTreeSet};

use mon_fakes::jetstream::{JetstreamLedger, Published};
use mon_sources::Cursor;
use mon_store::{GapRow, OutboxRow, OutboxState, Store};
use serde_json::Value;

use super::day::Day;

/// The collection of posts.
const POST: &str = "app.bsky.feed.post";
const ROWS_MAX: u32 = 100_000;

/// The numbers of a run's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub read: u64,
    pub matched: u64,
    pub unmatched: u64,
    pub duplicates: u64,
    pub mentions: u64,
    pub late: BTreeMap<String, u64>,
    pub gaps: u64,
    pub incidents_opened: u64,
    pub messages: u64,
}

impl Account {
    fn of(day: &Day) -> Self {
        let told = day.deployment.account();
        let number = |name: &str| told[name].as_u64().unwrap();
        let late = told["late"].as_object().unwrap();
        Self {
            read: number("read"),
            matched: number("matched"),
            unmatched: number("unmatched"),
            duplicates: number("duplicates"),
            mentions: number("mentions"),
            late: late.iter().map(|(monitor, pairs)| (monitor.clone(), pairs.as_u64().unwrap())).collect(),
            gaps: number("gaps"),
            incidents_opened: number("incidents_opened"),
            messages: number("messages"),
        }
    }
}

/// Where the different posts of a server are. A post that was served twice is where its better copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posts {
    pub all: u64,
    /// Up to the cursor and in no gap: they must be counted as matched or not matched.
    pub reached: u64,
    /// In a gap that `mon` has declared.
    pub lost: u64,
    /// Behind the last committed cursor: the run was stopped before it came to them.
    pub unread: u64,
}

impl Posts {
    /// What the server published, by how far the data folder says that it was read.
    pub fn of(ledger: &JetstreamLedger, store: &Store) -> Self {
        let gaps: Vec<Lost> = store.gaps().unwrap().iter().map(Lost::of).collect();
        let lost = |post: &Published| gaps.iter().any(|gap| gap.holds(post.seq, &gaps));
        let cursor = cursor(store);
        let unread = |post: &Published| cursor.as_ref().is_none_or(|cursor| !is_behind(post, cursor));
        let mut reached_posts = BTreeSet::new();
        let mut lost_posts = BTreeSet::new();
        let mut all = BTreeSet::new();
        for post in ledger.of(POST) {
            let key = (&post.uri, post.op);
            all.insert(key);
            if lost(post) {
                lost_posts.insert(key);
            } else if !unread(post) {
                reached_posts.insert(key);
            }
        }
        let lost = lost_posts.difference(&reached_posts).count() as u64;
        let (all, reached) = (all.len() as u64, reached_posts.len() as u64);
        Self { all, reached, lost, unread: all - reached - lost }
    }
}

fn cursor(store: &Store) -> Option<Cursor> {
    let checkpoint = store.load_checkpoint().unwrap()?;
    checkpoint.cursors.first().map(|row| serde_json::from_str(&row.cursor).unwrap())
}

/// A cursor names the last event that was read: on v2 by its number in the server's log. On v1 by its time, which falls
/// back now and then, so there it says what was read only when nothing more is to come.
fn is_behind(post: &Published, cursor: &Cursor) -> bool {
    match cursor.token.split_once('@').unwrap() {
        ("", time) => post.time_us <= time.parse().unwrap(),
        (seq, _) => post.seq <= seq.parse().unwrap(),
    }
}

/// Events in all declared gaps, whether they are posts or not.
pub fn lost_at_most(store: &Store) -> u64 {
    store.gaps().unwrap().iter().map(Lost::of).map(|gap| gap.to - gap.from).sum()
}

/// A declared gap of the v2 wire: what lies between two numbers of the server's log.
#[derive(Debug, PartialEq, Eq)]
struct Lost {
    /// The last that was read.
    from: u64,
    /// The first that came again.
    to: u64,
}

impl Lost {
    fn of(gap: &GapRow) -> Self {
        let told = gap.reason.rsplit_once("(from ").and_then(|(_, told)| told.strip_suffix(')'));
        let (from, to) = told.and_then(|told| told.split_once(" to ")).unwrap();
        let seq = |token: &str| token.split('@').next().and_then(|seq| seq.parse().ok());
        // Without a number it is the start, before everything.
        Self { from: seq(from).unwrap_or(0), to: seq(to).unwrap_or_else(|| panic!("{} has no end", gap.reason)) }
    }

    fn holds(&self, seq: u64, gaps: &[Self]) -> bool {
        // The server may forget the first that is there again too, before it was asked for: then the next gap begins
        // with it instead of behind it.
        let begins = if gaps.iter().any(|gap| gap.to == self.from) { self.from } else { self.from + 1 };
        (begins..self.to).contains(&seq)
    }
}

/// What a day came to, when its books are right.
#[derive(Debug)]
pub struct Books {
    pub account: Account,
    pub posts: Posts,
    /// Every transition as the store has it, by incident and number.
    pub transitions: Vec<String>,
    /// Messages by their idempotency key.
    pub messages: BTreeSet<String>,
}

impl Books {
    /// Balances the books of a day whose run has stopped.
    pub fn balance(day: &Day) -> Self {
        // For writing: a stopped run has let go of its folder.
        let store = Store::open(day.deployment.data()).unwrap();
        let account = Account::of(day);
        let posts = Posts::of(&day.jetstream.ledger(), &store);
        println!("{account:?}\n{posts:?}");

        // Each post that came is exactly one of these three.
        assert_eq!(account.read, account.matched + account.unmatched + account.duplicates);
        // Each different post that the server published was met by the monitors exactly once, or it is in a declared
        // gap, or it stands behind the cursor with which the next run goes on.
        assert_eq!(account.matched + account.unmatched, posts.reached, "{posts:?}");
        assert_eq!(posts.all, account.matched + account.unmatched + posts.lost + posts.unread);
        assert_eq!(account.gaps, store.gaps().unwrap().len() as u64);

        let files = store.mentions_files(i64::MIN, i64::MAX).unwrap();
        assert_eq!(account.mentions, files.iter().map(|file| file.rows).sum::<u64>());
        store.verify_audit().unwrap();
        let incidents = store.incidents(false, ROWS_MAX).unwrap();
        assert_eq!(account.incidents_opened, incidents.len() as u64);
        let mut ids: Vec<String> = incidents.into_iter().map(|incident| incident.id).collect();
        ids.sort();
        let transitions = ids.iter().flat_map(|id| store.transitions(id).unwrap()).collect();
        let messages = told(day, &account, &store);
        Self { account, posts, transitions, messages }
    }
}

/// Every committed message is with the receiver, under its own key and under no other.
fn told(day: &Day, account: &Account, store: &Store) -> BTreeSet<String> {
    let outbox = store.outbox(None, ROWS_MAX).unwrap();
    assert_eq!(account.messages, outbox.len() as u64);
    assert!(!outbox.is_empty(), "nobody was told of anything");
    assert!(outbox.iter().all(|row| row.state == OutboxState::Sent), "{:?}", store.outbox_counts().unwrap());
    let meanings: BTreeSet<_> = outbox.iter().map(|row| (&row.incident, row.transition, &row.target)).collect();
    assert_eq!(meanings.len(), outbox.len(), "two messages say the same to the same team by the same method");

    let ledger = day.webhook.ledger();
    assert_eq!(ledger.refused(), 0, "a signature or a header was wrong");
    let rows: BTreeMap<&str, &OutboxRow> = outbox.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for attempt in &ledger.attempts {
        let row = rows.get(attempt.id.as_str()).unwrap_or_else(|| panic!("`{}` was never committed", attempt.id));
        let body: Value = serde_json::from_str(&attempt.body).unwrap();
        let data = &body["data"];
        assert_eq!(data["id"], row.id.as_str());
        assert_eq!(data["incident"], row.incident.as_str());
        assert_eq!(data["transition"], row.transition);
        assert_eq!(data["team"], row.target.team.as_str());
        let first = bodies.entry(&row.id).or_insert(&attempt.body);
        assert_eq!(*first, attempt.body, "a repeat says something else");
    }
    let taken = ledger.ids().into_iter().filter(|(_, count)| count.committed > 0).map(|(id, _)| id);
    let taken: BTreeSet<String> = taken.collect();
    assert_eq!(taken, rows.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>());
    taken
}
