//! What operations see of a run: it stops when told, it says what failed, and its account is whole.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mon_fakes::{Answer, FakeWebhook, Script};
use serde_json::Value;

use crate::tool::{Ran, mon};

/// Longer than any of these runs should take; a run that reaches it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

const RULES: &str = "monitor burst {
  match  \"acme\"
  window tumble 1m
  alert when count() >= 5
  severity { high otherwise }
}
";

const PLAYBOOK: &str = "playbook crisis {
  route first { otherwise to team care }
  notify { high by hook at once }
}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.mon"), RULES).unwrap();
    folder
}

/// Posts over some minutes of the past, ten a minute.
fn posts(count: usize) -> String {
    let start = 1_793_613_600;
    (0..count).map(|n| format!("{{\"id\":\"{n}\",\"created_at\":{},\"text\":\"acme {n}\"}}\n", start + 6 * n)).collect()
}

/// `mon run` with its standard input open.
struct Running(Child);

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mon"));
        command.current_dir(folder).args(["run", "rules.mon", "--account", "account.json"]).args(arguments);
        command.args(["--no-color", "--quiet"]);
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn write(&mut self, text: &str) {
        let stdin = self.0.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Waits until it has written this on standard error.
    fn says(&mut self, words: &str) {
        let mut stream = self.0.stderr.take().unwrap();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut room = [0; 4_096];
            while let Ok(count) = stream.read(&mut room) {
                if count == 0 || tell.send(String::from_utf8_lossy(&room[..count]).into_owned()).is_err() {
                    break;
                }
            }
        });
        let mut all = String::new();
        while !all.contains(words) {
            match told.recv_timeout(PATIENCE) {
                Ok(more) => all.push_str(&more),
                Err(error) => panic!("{error} before `{words}` was said: {all}"),
            }
        }
    }

    /// Waits until it ends by itself, with its input still open.
    fn ends(mut self) -> Ran {
        let stdin = self.0.stdin.take();
        let end = Instant::now() + PATIENCE;
        while self.0.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                self.0.kill().unwrap();
                panic!("it does not end: {:?}", self.0.wait_with_output());
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(stdin);
        Ran::from(self.0.wait_with_output().unwrap())
    }
}

fn account(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("account.json")).unwrap()).unwrap()
}

const STDIN: &str = "[source.pipe]\nkind = \"stdin\"\n";

#[test]
fn a_run_that_reads_an_open_pipe_stops_after_its_time_and_counts_what_it_read() {
    let folder = folder();
    fs::write(folder.path().join("mon.toml"), STDIN).unwrap();
    let mut running = Running::start(folder.path(), &["--config", "mon.toml", "--stop-after", "6"]);
    running.write(&posts(600));
    let ran = running.ends();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("600 posts read"), "{}", ran.out);
    let account = account(folder.path());
    assert_eq!((&account["read"], &account["sources"]["pipe"]["received"]), (&600.into(), &600.into()), "{account}");
}

#[cfg(unix)]
#[test]
fn an_open_pipe_is_read_as_it_flows_and_a_signal_ends_the_run() {
    let folder = folder();
    fs::write(folder.path().join("mon.toml"), STDIN).unwrap();
    let mut running = Running::start(folder.path(), &["--config", "mon.toml"]);
    running.write(&posts(60));
    // The alert comes while the pipe stays open; from then on nobody listens to what the run says.
    running.says("[high] burst");
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let ran = running.ends();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(account(folder.path())["read"], 60);
}

#[test]
fn a_source_that_fails_for_good_is_bad_input_however_well_the_others_went() {
    let folder = folder();
    let missing = "[source.rec]\nkind = \"file\"\npath = \"nothere.jsonl\"\n";
    fs::write(folder.path().join("mon.toml"), missing).unwrap();
    let run = ["run", "rules.mon", "--config", "mon.toml", "--account", "account.json"];
    let ran = mon(folder.path(), &run);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    for words in ["source `rec` failed", "nothere.jsonl", "help: correct `[source.rec]`"] {
        assert!(ran.err.contains(words), "`{words}` is not said: {}", ran.err);
    }
    let good = "[source.good]\nkind = \"file\"\npath = \"good.jsonl\"\n";
    fs::write(folder.path().join("good.jsonl"), posts(30)).unwrap();
    fs::write(folder.path().join("mon.toml"), format!("{missing}{good}")).unwrap();
    let ran = mon(folder.path(), &run);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let account = account(folder.path());
    assert_eq!(account["read"], 30, "the good source was read to its end: {account}");
    assert!(account["sources"]["rec"]["failed"].as_str().unwrap().contains("nothere.jsonl"));
}

#[test]
fn a_changed_path_under_the_same_name_is_read_from_its_start() {
    let folder = folder();
    for (name, count) in [("one.jsonl", 50), ("two.jsonl", 20)] {
        fs::write(folder.path().join(name), posts(count)).unwrap();
        fs::write(folder.path().join("mon.toml"), format!("[source.rec]\nkind = \"file\"\npath = \"{name}\"\n"))
            .unwrap();
        let ran = mon(folder.path(), &["run", "rules.mon", "--config", "mon.toml", "--account", "account.json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert_eq!(account(folder.path())["sources"]["rec"]["received"], count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_got_shows_in_account_summary_and_exit_code() {
    let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    let fake = FakeWebhook::start_on(0, secret, Script::always(Answer::Status(404))).await.unwrap();
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("hook.key"), secret).unwrap();
    fs::write(path("posts.jsonl"), posts(9)).unwrap();
    let rules = RULES.replace("otherwise }\n", "otherwise }\n  follow playbook crisis\n") + PLAYBOOK;
    fs::write(path("rules.mon"), rules).unwrap();
    let url = fake.url();
    let key = path("hook.key").display().to_string();
    let config = format!(
        "[source.rec]\nkind = \"file\"\npath = \"posts.jsonl\"\n[team.care]\n[method.hook]\nkind = \"webhook\"\n\
         url = \"{url}\"\nsecret = \"file:{key}\"\nallow_private = true\n"
    );
    fs::write(path("mon.toml"), config).unwrap();
    let at = folder.path().to_path_buf();
    let run = move || mon(&at, &["run", "rules.mon", "--config", "mon.toml", "--account", "account.json"]);
    let ran = tokio::task::spawn_blocking(run).await.unwrap();
    let account = account(folder.path());
    let messages = account["messages"].as_u64().unwrap();
    assert!(messages > 0, "{account}");
    assert_eq!(account["outbox"]["dead"], messages, "{account}\n{}", ran.err);
    assert!(ran.out.contains(&format!("0 sent, 0 pending, 0 held, {messages} dead")), "{}", ran.out);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(!ran.err.contains("mon outbox"), "no such verb: {}", ran.err);
}

const DEPLOYMENT: &str = "\
[source.address]
kind = \"jetstream\"
hosts = [\"https://x.example\"]
[source.posts]
kind = \"jetstream\"
collections = [\"posts\"]
[source.rec]
kind = \"file\"
path = \"nothere.jsonl\"
[method.hook]
kind = \"webhook\"
url = \"https://hooks.acme.example/mon\"
secret = \"env:MON_TEST_VARIABLE_THAT_NOBODY_SETS\"
[method.short]
kind = \"webhook\"
url = \"https://hooks.acme.example/mon\"
secret = \"file:short.key\"
";

#[test]
fn a_deployment_that_cannot_work_is_found_before_it_runs() {
    let folder = folder();
    let rules = RULES.replace("otherwise }\n", "otherwise }\n  follow playbook crisis\n") + PLAYBOOK;
    fs::write(folder.path().join("rules.mon"), rules).unwrap();
    fs::write(folder.path().join("mon.toml"), DEPLOYMENT).unwrap();
    fs::write(folder.path().join("short.key"), "whsec_c2hvcnQ=\n").unwrap();
    let check = ["check", "rules.mon", "--deploy", "mon.toml"];
    let json = mon(folder.path(), &[&check[..], &["--format", "json"]].concat());
    assert_eq!(json.code, 1, "{}{}", json.out, json.err);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let mut found: Vec<String> = report["diagnostics"].as_array().unwrap().iter().map(finding).collect();
    found.sort();
    expect_test::expect![[r#"
        error unbound-name rules.mon no team `care` in `mon.toml`
        error unusable-method mon.toml method `short`: the secret in `file:short.key` is no webhook secret
        error unusable-source mon.toml source `address`: `https://x.example` is no host: write its name alone, or `ws://host:port` without TLS
        error unusable-source mon.toml source `posts`: `posts` is no collection: one looks like `app.bsky.feed.post`
        warning missing-file mon.toml source `rec`: there is no file `nothere.jsonl` here
        warning missing-secret mon.toml method `hook`: the environment variable `MON_TEST_VARIABLE_THAT_NOBODY_SETS`, which holds a secret, is not set
        warning unused-name mon.toml no rule tells anybody by `short`"#]]
    .assert_eq(&found.join("\n"));
    let text = mon(folder.path(), &check);
    assert_eq!(text.code, 1, "{}{}", text.out, text.err);
    for words in ["`posts` is no collection", "[source.posts]", "no team `care`", "4 errors, 3 warnings"] {
        assert!(text.out.contains(words), "`{words}` is not said: {}", text.out);
    }
    fs::write(folder.path().join("mon.toml"), "[source.x]\nkind = 5\n").unwrap();
    let wrong = mon(folder.path(), &check);
    assert!(wrong.code == 1 && wrong.out.contains("instead of a word in quotes"), "{}{}", wrong.out, wrong.err);
}

fn finding(found: &Value) -> String {
    assert!(!found["help"].as_str().unwrap().is_empty(), "{found}");
    let word = |key: &str| found[key].as_str().unwrap().to_owned();
    format!("{} {} {} {}", word("severity"), word("name"), word("file"), word("message"))
}

#[test]
fn a_packed_recording_that_is_cut_keeps_what_was_read_and_says_so() {
    let folder = folder();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(posts(1_000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    fs::write(folder.path().join("cut.jsonl.gz"), &packed[..packed.len() / 2]).unwrap();
    let posts = ["--posts", "cut.jsonl.gz"];
    let matched = mon(folder.path(), &[&["match", "rules.mon"], &posts[..]].concat());
    assert_eq!(matched.code, 1, "{}", matched.err);
    assert!(matched.out.lines().count() > 200, "{}", matched.out.lines().count());
    assert!(matched.err.contains("`cut.jsonl.gz` is cut") && matched.err.contains("help:"), "{}", matched.err);
    let replayed = mon(folder.path(), &[&["replay", "rules.mon", "--out", "out"], &posts[..]].concat());
    assert_eq!(replayed.code, 1, "{}", replayed.err);
    let mentions = fs::read_to_string(folder.path().join("out/mentions.jsonl")).unwrap();
    assert_eq!(mentions.lines().count(), matched.out.lines().count());
    for verb in [&["match", "rules.mon", "--strict"][..], &["replay", "rules.mon", "--strict", "--out", "out"]] {
        let strict = mon(folder.path(), &[verb, &posts[..]].concat());
        assert_eq!(strict.code, 2, "{}", strict.err);
    }
}
