//! The account of a live run: every post that was read is matched, not matched or a repeat; what was late or lost is
//! counted. The counts are committed with each epoch, so they are true after a crash too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mon_compiler::plan::Plan;
use mon_delivery::Tally;
use mon_engine::Counts;
use mon_sources::Counts as SourceCounts;
use mon_store::OutboxCounts;
use serde::Serialize;

use super::operators::Watch;
use crate::remarks::Remarks;

/// What is told when a run stops; also kept, as numbers by name, in the store.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Account {
    /// Sum of `matched`, `unmatched`, `shed` and `duplicates`.
    pub read: u64,
    pub duplicates: u64,
    pub matched: u64,
    pub unmatched: u64,
    /// Posts that no monitor was asked about, because the run could not keep up.
    #[serde(skip_serializing_if = "is_zero")]
    pub shed: u64,
    pub mentions: u64,
    /// Pairs of post and monitor that missed a window, by monitor.
    pub late: BTreeMap<String, u64>,
    /// Posts whose time lies too far in the future to be followed.
    #[serde(skip_serializing_if = "is_zero")]
    pub ahead: u64,
    /// Generations of seen identifiers that were full and closed early.
    #[serde(skip_serializing_if = "is_zero")]
    pub dedupe_early: u64,
    /// Pairs of post and monitor without a group of their own, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overflow: BTreeMap<String, u64>,
    /// Sessions that became too long and were cut, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cut: BTreeMap<String, u64>,
    /// Windows of groups that are not remembered, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unremembered: BTreeMap<String, u64>,
    /// Values that could not be remembered, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unkept: BTreeMap<String, u64>,
    /// Windows that no alert judged, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unjudged: BTreeMap<String, u64>,
    /// Posts that a monitor did not hear, because the run could not keep up, by monitor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unheard: BTreeMap<String, u64>,
    pub gaps: u64,
    pub incidents_opened: u64,
    pub incidents_cleared: u64,
    pub messages: u64,
    pub epochs: u64,
    /// Where the messages of the data folder stand when the run stops.
    pub outbox: OutboxAccount,
    /// Since this process started.
    pub sources: BTreeMap<String, SourceAccount>,
}

/// How many messages stand where.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct OutboxAccount {
    pub sent: u64,
    /// Sent when they are due, or by the next run.
    pub pending: u64,
    /// Nobody can say whether they arrived, or nothing sends by their method any more.
    pub held: u64,
    /// Refused, or not taken before their deadline.
    pub dead: u64,
    /// Of `held` and `dead`, those of this run.
    pub given_up_now: u64,
}

impl OutboxAccount {
    pub const fn of(counts: &OutboxCounts, tally: &Tally) -> Self {
        Self {
            sent: counts.sent,
            pending: counts.open(),
            held: counts.held,
            dead: counts.dead,
            given_up_now: tally.held + tally.dead,
        }
    }
}

/// What a source went through since the process started.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceAccount {
    pub received: u64,
    pub mapped: u64,
    pub map_errors: u64,
    pub not_posts: u64,
    pub deletions: u64,
    pub reconnects: u64,
    pub gaps: u64,
    pub stalls: u64,
    /// How often it was connected and silent for longer than its rhythm explains.
    pub stalled: u64,
    /// Why it is not read any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

const LATE: &str = "late.";
const OVERFLOW: &str = "overflow.";
const CUT: &str = "cut.";
const UNREMEMBERED: &str = "unremembered.";
const UNKEPT: &str = "unkept.";
const UNJUDGED: &str = "unjudged.";
const UNHEARD: &str = "unheard.";

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Account {
    /// Continues the counts of a checkpoint.
    pub fn from_counts(counts: &[(String, u64)]) -> Self {
        let mut account = Self::default();
        for (name, value) in counts {
            if let Some(monitor) = name.strip_prefix(LATE) {
                account.late.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(OVERFLOW) {
                account.overflow.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(CUT) {
                account.cut.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(UNJUDGED) {
                account.unjudged.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(UNHEARD) {
                account.unheard.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(UNKEPT) {
                account.unkept.insert(monitor.to_owned(), *value);
            } else if let Some(monitor) = name.strip_prefix(UNREMEMBERED) {
                account.unremembered.insert(monitor.to_owned(), *value);
            } else if let Some((_, slot)) = account.slots().into_iter().find(|(slot, _)| slot == name) {
                *slot = *value;
            }
        }
        account
    }

    /// Counters by name, as the store keeps them.
    pub fn to_counts(&self) -> Vec<(String, u64)> {
        let mut copy = self.clone();
        let mut counts: Vec<(String, u64)> =
            copy.slots().into_iter().map(|(name, value)| (name.to_owned(), *value)).collect();
        counts.extend(self.late.iter().map(|(monitor, value)| (format!("{LATE}{monitor}"), *value)));
        counts.extend(self.overflow.iter().map(|(monitor, value)| (format!("{OVERFLOW}{monitor}"), *value)));
        counts.extend(self.cut.iter().map(|(monitor, value)| (format!("{CUT}{monitor}"), *value)));
        counts.extend(self.unjudged.iter().map(|(monitor, value)| (format!("{UNJUDGED}{monitor}"), *value)));
        counts.extend(self.unheard.iter().map(|(monitor, value)| (format!("{UNHEARD}{monitor}"), *value)));
        counts.extend(self.unkept.iter().map(|(monitor, value)| (format!("{UNKEPT}{monitor}"), *value)));
        counts.extend(self.unremembered.iter().map(|(monitor, value)| (format!("{UNREMEMBERED}{monitor}"), *value)));
        counts
    }

    fn slots(&mut self) -> [(&'static str, &mut u64); 13] {
        [
            ("read", &mut self.read),
            ("duplicates", &mut self.duplicates),
            ("matched", &mut self.matched),
            ("unmatched", &mut self.unmatched),
            ("shed", &mut self.shed),
            ("mentions", &mut self.mentions),
            ("ahead", &mut self.ahead),
            ("dedupe_early", &mut self.dedupe_early),
            ("gaps", &mut self.gaps),
            ("incidents_opened", &mut self.incidents_opened),
            ("incidents_cleared", &mut self.incidents_cleared),
            ("messages", &mut self.messages),
            ("epochs", &mut self.epochs),
        ]
    }

    /// Adds what an epoch counted.
    pub fn add(&mut self, counts: &Counts, plan: &Plan) {
        self.read += counts.read;
        self.duplicates += counts.duplicates;
        self.matched += counts.matched;
        self.unmatched += counts.unmatched;
        self.shed += counts.shed;
        self.mentions += counts.mentions;
        self.ahead += counts.ahead;
        self.dedupe_early += counts.dedupe_early;
        add_named(&mut self.late, &counts.late, plan);
        add_named(&mut self.overflow, &counts.overflow, plan);
        add_named(&mut self.cut, &counts.cut, plan);
        add_named(&mut self.unremembered, &counts.unremembered, plan);
        add_named(&mut self.unkept, &counts.unkept, plan);
        add_named(&mut self.unjudged, &counts.unjudged, plan);
        add_named(&mut self.unheard, &counts.unheard, plan);
    }

    /// What a person is to be warned of.
    pub fn remarks(&self) -> Remarks {
        let named =
            |counts: &BTreeMap<String, u64>| counts.iter().map(|(monitor, count)| (monitor.clone(), *count)).collect();
        Remarks {
            read: self.read,
            mentions: self.mentions,
            late: self.late.values().sum(),
            ahead: self.ahead,
            dedupe_early: self.dedupe_early,
            overflow: named(&self.overflow),
            cut: named(&self.cut),
            unremembered: named(&self.unremembered),
            unkept: named(&self.unkept),
            unjudged: named(&self.unjudged),
            shed: self.shed,
            unheard: named(&self.unheard),
        }
    }
}

/// Adds counts by monitor to sums by the monitors' names; 0 is left out.
fn add_named(sums: &mut BTreeMap<String, u64>, counts: &[u64], plan: &Plan) {
    for (monitor, count) in plan.monitors.iter().zip(counts).filter(|(_, count)| **count > 0) {
        *sums.entry(monitor.name.clone()).or_default() += count;
    }
}

/// The account as the threads of a run share it.
pub type Ledger = Arc<Mutex<Account>>;

/// Where the threads of a run write down what they did, for each other and for operators.
#[derive(Clone, Default)]
pub struct Board {
    ledger: Ledger,
    watch: Watch,
}

impl Board {
    pub fn new(account: Account) -> Self {
        Self { ledger: Arc::new(Mutex::new(account)), watch: Watch::default() }
    }

    /// The same, told to `watch` too.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    pub const fn watch(&self) -> &Watch {
        &self.watch
    }

    pub fn ledger(&self) -> Ledger {
        Arc::clone(&self.ledger)
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn account(&self) -> Account {
        self.lock().clone()
    }

    /// Replaces the committed part; what sources told stays.
    pub fn committed(&self, account: &Account) {
        let mut shared = self.lock();
        let sources = std::mem::take(&mut shared.sources);
        *shared = Account { sources, ..account.clone() };
    }

    pub fn sources(&self, told: Vec<(String, SourceCounts, Option<String>)>) {
        let mut shared = self.lock();
        for (name, counts, failed) in told {
            let stalled = self.watch.stalled(&name);
            let account = SourceAccount {
                received: counts.received,
                mapped: counts.mapped,
                map_errors: counts.map_errors,
                not_posts: counts.not_posts,
                deletions: counts.deletions,
                reconnects: counts.reconnects,
                gaps: counts.gaps,
                stalls: counts.stalls,
                stalled,
                failed,
            };
            shared.sources.insert(name, account);
        }
    }

    /// For the progress line.
    pub fn line(&self) -> String {
        let account = self.lock();
        let open = account.incidents_opened.saturating_sub(account.incidents_cleared);
        format!("{} matched, {open} incidents open,", account.matched)
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn counts_go_through_the_store_and_come_back() {
        let mut account = Account { read: 9, matched: 4, epochs: 2, ..Account::default() };
        account.late.insert("burst".to_owned(), 3);
        account.overflow.insert("burst".to_owned(), 5);
        account.cut.insert("talk".to_owned(), 3);
        account.unremembered.insert("usual".to_owned(), 4);
        account.unkept.insert("tags".to_owned(), 8);
        account.unjudged.insert("runs".to_owned(), 6);
        account.unheard.insert("loud".to_owned(), 8);
        account.shed = 2;
        (account.ahead, account.dedupe_early) = (7, 1);
        let back = Account::from_counts(&account.to_counts());
        assert_eq!((back.read, back.matched, back.epochs, back.late["burst"]), (9, 4, 2, 3));
        assert_eq!((back.ahead, back.dedupe_early, back.overflow["burst"], back.cut["talk"]), (7, 1, 5, 3));
        assert_eq!((back.shed, back.unheard["loud"]), (2, 8));
        assert_eq!((back.unremembered["usual"], back.unkept["tags"], back.unjudged["runs"]), (4, 8, 6));
    }
}
