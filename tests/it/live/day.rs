//! A crisis of two hours, played to `mon run` within seconds by the fake of Jetstream: the posts keep the times that
//! they were written at, only the server is fast, so windows fill and incidents open as on the day itself.
//!
//! ```text
//! mon-simulate ──► posts.jsonl ──► fake Jetstream ──1,000 posts/s, faults──► mon run ──signed──► fake webhook
//!                                    │ ledger                                 │ store, account      │ ledger
//!                                    └───────────────► compared ◄─────────────┴─────────────────────┘
//! ```

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use mon_fakes::{FakeJetstream, FakeWebhook, Faults, JetstreamOptions, Script, Times};
use mon_simulate::{Scenario, Spec, simulate};
use mon_store::Store;
use tempfile::TempDir;

use super::books::lost_at_most;
use super::process::{Deployment, SECRET, SECRET_VARIABLE, patiently};

/// Posts that the server publishes a second.
const RATE: u64 = 1_000;
/// Seconds of stream unless [`SECONDS_VARIABLE`] tells.
const SECONDS: u64 = 8;
const SECONDS_VARIABLE: &str = "MON_LIVE_SECONDS";
const HOUR: i64 = 3_600_000_000;

/// How long the server publishes.
pub fn seconds() -> u64 {
    let told = std::env::var(SECONDS_VARIABLE).ok();
    told.map_or(SECONDS, |told| told.parse().unwrap_or_else(|_| panic!("{SECONDS_VARIABLE}={told} is no number")))
}

/// Midnight of the simulated day, the same for all runs of a test, so that what they find can be compared. It is
/// yesterday: late enough that a server of Jetstream could still have it, early enough that every message is due.
fn midnight() -> i64 {
    static MIDNIGHT: OnceLock<i64> = OnceLock::new();
    *MIDNIGHT.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let now = i64::try_from(now).unwrap();
        // Windows stand on whole hours at most: from any of them on, the day is cut the same.
        now - now % HOUR - 24 * HOUR
    })
}

fn write_posts(path: &Path, posts: u64) {
    let spec = Spec { posts: Some(posts), start: midnight(), ..Spec::new(Scenario::Crisis, 11) };
    let mut out = BufWriter::new(File::create(path).unwrap());
    for batch in simulate(&spec) {
        mon_post::writer::write_jsonl(&batch.unwrap(), &mut out).unwrap();
    }
    out.flush().unwrap();
}

/// All that can go wrong does. Where less than a minute is played, connections break more often, so that it is as bad.
pub fn faults() -> Faults {
    let day = Faults::bad_day();
    let harder = if seconds() < 30 { 2.0 } else { 1.0 };
    Faults {
        cut: day.cut * harder,
        close: day.close * harder,
        garbage: day.garbage * harder,
        stall: day.stall * harder,
        too_slow: day.too_slow * harder,
        late: 0.02,
        ..day
    }
}

/// The same without what takes posts away, now and then other ones, and without what only one of the wires can tell.
/// Two runs through it must find the same, to the last number.
pub fn faults_without_loss() -> Faults {
    Faults { expire: 0.0, garbage: 0.0, late: 0.0, ..faults() }
}

/// One deployment of the example rules, and the world around it.
pub struct Day {
    pub jetstream: FakeJetstream,
    pub webhook: FakeWebhook,
    pub deployment: Deployment,
    faults: Faults,
    _posts: TempDir,
}

/// Every team and method that the examples name.
const TEAMS: [&str; 7] = ["care", "care_dach", "care_tokyo", "legal", "payments", "press_desk", "war_room"];
const METHODS: [&str; 2] = ["email", "slack"];

impl Day {
    pub async fn begin(wire: &str, faults: Faults, script: Script) -> Self {
        Self::of(seconds() * RATE, RATE, wire, faults, script).await
    }

    /// So many posts, and so many of them a second.
    pub async fn of(count: u64, rate: u64, wire: &str, faults: Faults, script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let posts = folder.path().join("posts.jsonl");
        write_posts(&posts, count);
        let options = JetstreamOptions {
            v1: wire == "v1",
            v2: wire == "v2",
            #[expect(clippy::cast_precision_loss, reason = "some thousands are exact")]
            rate: rate as f64,
            faults,
            posts: Some(posts),
            times: Times::Original,
            wait_for_client: true,
            ..JetstreamOptions::default()
        };
        let jetstream = FakeJetstream::start(options).await.unwrap();
        let webhook = FakeWebhook::start(SECRET, script).await.unwrap();
        let toml = toml(&jetstream.url(), wire, &webhook.url(), &TEAMS, &METHODS);
        Self { jetstream, webhook, deployment: Deployment::of_examples(&toml), faults, _posts: folder }
    }

    /// Waits until `mon` has committed so many percent of all posts, or knows that they are lost.
    pub async fn read(&self, percent: u64) {
        let wanted = seconds() * RATE * percent / 100;
        patiently("`mon run` reads on", || {
            let store = self.deployment.look()?;
            (counted(&store) + lost_at_most(&store) >= wanted).then_some(())
        })
        .await;
    }

    /// The connection breaks, and when `mon` comes back the server no longer keeps the next few posts.
    pub async fn forget(&self) {
        self.jetstream.set_faults(Faults { expire: 1.0, refuse: 0.0, ..self.faults });
        patiently("`mon run` meets a cursor that is too old", || {
            let met = self.jetstream.ledger().asked.iter().any(|asked| asked.status == 400);
            if !met {
                self.jetstream.drop_connections();
            }
            met.then_some(())
        })
        .await;
        self.jetstream.set_faults(self.faults);
    }
}

/// Different posts that the monitors have met.
pub fn counted(store: &Store) -> u64 {
    let counts = store.load_checkpoint().unwrap().unwrap().counts;
    counts.iter().filter(|(name, _)| name == "matched" || name == "unmatched").map(|(_, value)| value).sum()
}

/// A deployment that binds every method to the one webhook.
pub fn toml(jetstream: &str, wire: &str, webhook: &str, teams: &[&str], methods: &[&str]) -> String {
    let mut toml = format!(
        "[source.bluesky]\nkind = \"jetstream\"\nhosts = [\"{jetstream}\"]\nwire = \"{wire}\"\nstart = \"earliest\"\n"
    );
    for team in teams {
        toml.push_str(&format!("\n[team.{team}]\n"));
    }
    for method in methods {
        toml.push_str(&format!(
            "\n[method.{method}]\nkind = \"webhook\"\nurl = \"{webhook}\"\nsecret = \"env:{SECRET_VARIABLE}\"\nallow_private = true\n"
        ));
    }
    toml
}
