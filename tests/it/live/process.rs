//! `mon run` as an operator has it: started on a folder with a `mon.toml`, watched through its data folder, stopped by a
//! signal or killed, and started again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mon_store::Store;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::day::seconds;
use crate::tool::{Ran, root};

/// `whsec_` and base64, as Standard Webhooks writes keys.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Where the `mon.toml` of these tests says that the secret stands.
pub const SECRET_VARIABLE: &str = "MON_LIVE_TEST_SECRET";
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Asks again and again until there is an answer. The patience ends only what hangs: it is many times what a busy machine
/// needs, and no measure of speed.
pub async fn patiently<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(120 + 15 * seconds());
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "it never happened: {what}");
        sleep(LOOK_EVERY).await;
    }
}

/// A folder with rules, a `mon.toml`, and the data of all runs on it.
pub struct Deployment {
    folder: TempDir,
    rules: PathBuf,
    more: Vec<String>,
    runs: AtomicU32,
}

impl Deployment {
    /// Runs the rules of the examples.
    pub fn of_examples(toml: &str) -> Self {
        let deployment = Self::of_rules("", toml);
        Self { rules: root().join("examples/rules"), ..deployment }
    }

    pub fn of_rules(rules: &str, toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.mon");
        fs::write(&path, rules).unwrap();
        fs::write(folder.path().join("mon.toml"), toml).unwrap();
        Self { folder, rules: path, more: Vec::new(), runs: AtomicU32::new(0) }
    }

    /// Gives all runs more arguments.
    pub fn add(&mut self, arguments: &[&str]) {
        self.more.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn start(&self) -> Process {
        self.start_on(&self.data())
    }

    pub fn start_on(&self, data: &Path) -> Process {
        self.start_with(data, &[])
    }

    /// The same with further arguments.
    pub fn start_with(&self, data: &Path, more: &[&str]) -> Process {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let (out, err) = (self.path(&format!("{run}.out")), self.path(&format!("{run}.err")));
        let child = Command::new(env!("CARGO_BIN_EXE_mon"))
            .current_dir(self.folder.path())
            .arg("run")
            .arg(&self.rules)
            .args(["--config", "mon.toml", "--account", "account.json", "--no-color", "--quiet", "--data"])
            .arg(data)
            .args(more)
            .args(&self.more)
            .env(SECRET_VARIABLE, SECRET)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        Process { child, out, err }
    }

    /// The data folder to look into, also while a run writes it; None before the first commit.
    pub fn look(&self) -> Option<Store> {
        let store = Store::open_read_only(self.data()).ok()?;
        store.load_checkpoint().ok()?.map(|_| store)
    }

    /// The account that the last run wrote when it stopped.
    pub fn account(&self) -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(self.path("account.json")).unwrap()).unwrap()
    }
}

/// A running `mon run`; a test that gives up takes it along, and shows what it said.
pub struct Process {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Process {
    /// What it has said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.err).unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said and how it ended.
    pub async fn ended(mut self) -> Ran {
        let status = patiently("`mon run` ends", || self.child.try_wait().unwrap()).await;
        let ran =
            Ran { code: status.code().unwrap_or(-1), out: fs::read_to_string(&self.out).unwrap(), err: self.said() };
        assert!(!ran.err.contains("panicked"), "a panic reached the user: {}", ran.err);
        ran
    }

    /// Asks it to stop, as a service manager does (`TERM`) or a person at the terminal (`INT`).
    pub async fn stop(self, signal: &str) -> Ran {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.ended().await
    }

    /// Ends it as a power cut does: nothing that it holds in memory is written any more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what `mon run` said\n{}", fs::read_to_string(&self.err).unwrap_or_default());
        }
        // Both fail where it has ended already, which is how most tests leave it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
