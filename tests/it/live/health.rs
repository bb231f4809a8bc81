//! What an operator is told of a run over HTTP: that it lives, whether it is ready and why not, and figures that agree with
//! its account to the last number.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use mon_fakes::{Answer, FakeJetstream, FakeWebhook, Faults, Script};
use serde_json::Value;

use super::books::Posts;
use super::day::{Day, counted, faults, toml};
use super::operator::{RULES, write_posts};
use super::process::{Deployment, Process, SECRET, SECRET_VARIABLE, patiently};
use crate::tool::{Ran, mon};

/// The address that a run says it answers at.
async fn address(running: &Process) -> String {
    patiently("the server is told of", || {
        let said = running.said();
        let (_, rest) = said.split_once("for operators: http://")?;
        Some(rest.split_once('/')?.0.to_owned())
    })
    .await
}

/// Asks one of the addresses; the status and the body.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn ready(address: &str) -> (u16, Value) {
    let (status, body) = get(address, "/readyz");
    (status, serde_json::from_str(&body).unwrap())
}

/// The number of a sample of the page, by its name with its labels.
fn figure(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

fn deployment(jetstream: &str, webhook: &str, source: &str) -> Deployment {
    let toml = toml(jetstream, "v2", webhook, &["care"], &["hook"]);
    let toml = toml.replace("start = \"earliest\"\n", &format!("start = \"earliest\"\n{source}\n"));
    Deployment::of_rules(RULES, &format!("{toml}\n[server]\nlisten = \"127.0.0.1:0\"\nrecover_within = \"1s\"\n"))
}

/// The page once everything is read, committed and told.
async fn settled(address: &str) -> String {
    patiently("everything is read and told", || {
        let page = get(address, "/metrics").1;
        let sent = figure(&page, "mon_messages_sent_total{method=\"hook\"}") == Some(1.0);
        let read = figure(&page, "mon_posts_read_total") == Some(5.0);
        let rests = figure(&page, "mon_commit_wait_seconds") == Some(0.0);
        (sent && read && rests && figure(&page, "mon_outbox_messages{state=\"sent\"}") == Some(1.0)).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_told_how_a_run_is_and_the_figures_are_those_of_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url(), "");
    let running = deployment.start();
    let address = address(&running).await;
    let page = settled(&address).await;
    let (status, body) = get(&address, "/healthz");
    assert_eq!(status, 200, "{body}");
    let (status, body) = ready(&address);
    assert_eq!((status, &body["ready"], &body["sources"]["bluesky"]["state"]), (200, &true.into(), &"running".into()));

    drop(jetstream);
    let body = patiently("the run is not ready without its source", || {
        let (status, body) = ready(&address);
        (status == 503).then_some(body)
    })
    .await;
    assert!(
        body["reasons"][0].as_str().unwrap().starts_with("source `bluesky` has been without a connection"),
        "{body}"
    );
    let (status, _) = get(&address, "/healthz");
    assert_eq!(status, 200, "it lives all the same");
    let down = get(&address, "/metrics").1;
    assert_eq!(figure(&down, "mon_source_up{source=\"bluesky\"}"), Some(0.0));
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);

    let account = deployment.account();
    let source = &account["sources"]["bluesky"];
    for (name, told) in [
        ("mon_posts_read_total", &account["read"]),
        ("mon_posts_matched_total", &account["matched"]),
        ("mon_posts_unmatched_total", &account["unmatched"]),
        ("mon_posts_duplicate_total", &account["duplicates"]),
        ("mon_mentions_total{monitor=\"burst\"}", &account["mentions"]),
        ("mon_gaps_total", &account["gaps"]),
        ("mon_incidents_opened_total", &account["incidents_opened"]),
        ("mon_incidents_cleared_total", &account["incidents_cleared"]),
        ("mon_messages_total", &account["messages"]),
        ("mon_outbox_messages{state=\"sent\"}", &account["outbox"]["sent"]),
        ("mon_messages_sent_total{method=\"hook\"}", &account["outbox"]["sent"]),
        ("mon_source_events_received_total{source=\"bluesky\"}", &source["received"]),
        ("mon_source_posts_total{source=\"bluesky\"}", &source["mapped"]),
        ("mon_source_map_errors_total{source=\"bluesky\"}", &source["map_errors"]),
        ("mon_received_latency_seconds_count{source=\"bluesky\"}", &source["mapped"]),
        ("mon_committed_latency_seconds_count", &account["mentions"]),
        ("mon_handed_over_latency_seconds_count{method=\"hook\"}", &account["messages"]),
    ] {
        assert_eq!(figure(&down, name), told.as_f64(), "{name} is not {told}");
        assert_eq!(figure(&page, name), told.as_f64(), "{name} was not {told}");
    }
    assert_eq!(figure(&page, "mon_incidents_open{severity=\"high\"}"), Some(1.0));
    assert_eq!(figure(&page, "mon_posts_late_total{monitor=\"burst\"}"), Some(0.0));
    assert!(figure(&page, "mon_state_bytes") > Some(0.0) && figure(&page, "mon_store_bytes") > Some(0.0));
    assert_eq!(figure(&page, "mon_commit_duration_seconds_count"), figure(&page, "mon_epochs_committed_total"));
    let reconnects = figure(&down, "mon_source_reconnects_total{source=\"bluesky\"}").unwrap();
    assert!(reconnects >= 1.0 && Some(reconnects) <= source["reconnects"].as_f64(), "{reconnects}: {source}");
}

/// Figures of the page whose numbers the account has too, with the account's keys.
fn shared(account: &Value) -> Vec<(String, Option<f64>)> {
    let source = &account["sources"]["bluesky"];
    let mut all: Vec<(String, Option<f64>)> = [
        ("mon_posts_read_total", &account["read"]),
        ("mon_posts_matched_total", &account["matched"]),
        ("mon_posts_unmatched_total", &account["unmatched"]),
        ("mon_posts_duplicate_total", &account["duplicates"]),
        ("mon_gaps_total", &account["gaps"]),
        ("mon_incidents_opened_total", &account["incidents_opened"]),
        ("mon_incidents_cleared_total", &account["incidents_cleared"]),
        ("mon_messages_total", &account["messages"]),
        ("mon_outbox_messages{state=\"sent\"}", &account["outbox"]["sent"]),
        ("mon_outbox_messages{state=\"pending\"}", &account["outbox"]["pending"]),
        ("mon_source_events_received_total{source=\"bluesky\"}", &source["received"]),
        ("mon_source_posts_total{source=\"bluesky\"}", &source["mapped"]),
        ("mon_source_map_errors_total{source=\"bluesky\"}", &source["map_errors"]),
        ("mon_source_not_posts_total{source=\"bluesky\"}", &source["not_posts"]),
        ("mon_source_gaps_total{source=\"bluesky\"}", &source["gaps"]),
        ("mon_source_reconnects_total{source=\"bluesky\"}", &source["reconnects"]),
        ("mon_source_quiet_hangups_total{source=\"bluesky\"}", &source["stalls"]),
        ("mon_received_latency_seconds_count{source=\"bluesky\"}", &source["mapped"]),
    ]
    .into_iter()
    .map(|(name, told)| (name.to_owned(), told.as_f64()))
    .collect();
    for (monitor, late) in account["late"].as_object().unwrap() {
        all.push((format!("mon_posts_late_total{{monitor=\"{monitor}\"}}"), late.as_f64()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_bad_day_and_a_kill_the_figures_are_those_of_the_account_to_the_last_number() {
    const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
    let day = Day::begin("v2", faults(), Script::ok()).await;
    let running = day.deployment.start_with(&day.deployment.data(), &LISTEN);
    day.read(5).await;
    day.forget().await;
    day.read(40).await;
    running.kill();
    let running = day.deployment.start_with(&day.deployment.data(), &LISTEN);
    let address = address(&running).await;
    patiently("the server publishes everything", || day.jetstream.is_done().then_some(())).await;
    day.jetstream.set_faults(Faults::none());
    let mut before = String::new();
    let page = patiently("everything is read and told, and nothing moves any more", || {
        let store = day.deployment.look()?;
        let posts = Posts::of(&day.jetstream.ledger(), &store);
        let page = get(&address, "/metrics").1;
        let moving = [
            "mon_posts_read_total",
            "mon_source_events_received_total",
            "mon_source_reconnects_total",
            "mon_gaps_total",
        ];
        let still: String = page.lines().filter(|line| moving.iter().any(|name| line.starts_with(name))).collect();
        let rests = still == std::mem::replace(&mut before, still.clone());
        let up = figure(&page, "mon_source_up{source=\"bluesky\"}") == Some(1.0);
        let told = store.outbox_counts().unwrap().open() == 0;
        let committed = figure(&page, "mon_commit_wait_seconds") == Some(0.0);
        let whole = rests && up && told && committed && counted(&store) + posts.lost >= posts.all;
        whole.then_some(page)
    })
    .await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let account = day.deployment.account();
    let shared = shared(&account);
    for (name, told) in &shared {
        assert_eq!(figure(&page, name), *told, "{name}: {account}");
    }
    let seen =
        |name: &str| shared.iter().filter(|(of, _)| of.starts_with(name)).filter_map(|(_, told)| *told).sum::<f64>();
    for name in ["mon_posts_duplicate_total", "mon_posts_late_total", "mon_gaps_total", "mon_source_reconnects_total"] {
        assert!(seen(name) > 0.0, "the day was not bad enough to say anything of {name}: {account}");
    }
    let read = seen("mon_posts_matched_total") + seen("mon_posts_unmatched_total") + seen("mon_posts_duplicate_total");
    assert!((seen("mon_posts_read_total") - read).abs() < 0.5, "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_connected_and_gives_nothing_is_told_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url(), "stalled_after = \"1s\"");
    let running = deployment.start();
    let address = address(&running).await;
    patiently("the silence is told", || {
        let page = get(&address, "/metrics").1;
        let stalled = figure(&page, "mon_source_stalled{source=\"bluesky\"}") == Some(1.0);
        (stalled && figure(&page, "mon_posts_read_total") == Some(5.0)).then_some(())
    })
    .await;
    let (status, body) = ready(&address);
    assert_eq!(status, 200, "{body}");
    assert!(body["warnings"][0].as_str().unwrap().contains("is connected and has given no post"), "{body}");
    let kept = patiently("it is written down", || {
        let rows = deployment.look()?.audit_rows(0, 1_000).ok()?;
        rows.into_iter().find(|row| row.entry.kind == "source.stalled")
    })
    .await;
    assert_eq!(kept.entry.subject, "bluesky");
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "it is no error of the run: {}{}", ran.out, ran.err);
    assert!(ran.err.contains("the source is connected and gives nothing"), "{}", ran.err);
    assert!(ran.out.contains("silent for longer than usual, "), "{}", ran.out);
    assert!(deployment.account()["sources"]["bluesky"]["stalled"].as_u64() >= Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_answer_operators_does_not_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let good = deployment("ws://127.0.0.1:9", "http://127.0.0.1:9/hook", "");
    let toml = std::fs::read_to_string(good.path("mon.toml")).unwrap().replace("127.0.0.1:0", &address);
    let ran = Deployment::of_rules(RULES, &toml).start().ended().await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(&format!("cannot listen on `{address}`")) && ran.err.contains("help: "), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_for_machines_is_an_event_a_line_without_secrets_or_texts_of_posts() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::parse("500, ok").unwrap()).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url(), "");
    let running = deployment.start_with(&deployment.data(), &["--log", "json"]);
    let address = address(&running).await;
    settled(&address).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let events: Vec<Value> = ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        let word = |key: &str| event[key].as_str().unwrap_or_default();
        assert!(word("time").ends_with('Z') && !word("what").is_empty(), "{event}");
        assert!(["error", "warn", "info"].contains(&word("level")), "{event}");
        assert!(!word("what").contains("block0") && event.get("log.file").is_none(), "a library talks: {event}");
    }
    let find =
        |what: &str| events.iter().find(|event| event["what"] == what).unwrap_or_else(|| panic!("{what}: {}", ran.err));
    assert_eq!(find("source connected")["source"], "bluesky");
    let opened = find("incident opened");
    assert_eq!((&opened["monitor"], &opened["severity"]), (&"burst".into(), &"high".into()));
    assert!(opened["epoch"].as_u64() > Some(0), "{opened}");
    assert_eq!(find("a message was not taken and will be sent again")["level"], "warn");
    assert!(!ran.err.contains(SECRET) && !ran.err.contains("acme"), "{}", ran.err);

    let wrong = Deployment::of_rules(RULES, "[server]\nlisten = \"here\"\n");
    let ran = wrong.start_with(&wrong.data(), &["--log", "json"]).ended().await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let event: Value = serde_json::from_str(ran.err.trim_end()).unwrap();
    assert_eq!(event["level"], "error");
    assert!(event["help"].as_str().unwrap().contains("127.0.0.1:9464"), "{event}");
}

/// What `mon doctor` finds in a deployment: its exit code, and finding and message by subject.
fn doctor(deployment: &Deployment, more: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mon"));
    command.current_dir(deployment.path("")).args(["doctor", "rules.mon", "--config", "mon.toml", "--data", "data"]);
    command.args(["--format", "json"]).args(more).env(SECRET_VARIABLE, SECRET);
    let ran = Ran::from(command.output().unwrap());
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{}{}", ran.out, ran.err);
    let report: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err));
    let checks = report["checks"].as_array().unwrap().iter().map(|check| {
        let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(word("finding") == "ok", word("help").is_empty(), "{check}");
        (word("subject"), word("finding"), word("message"))
    });
    // How much room there is depends on the machine that runs this.
    (ran.code, checks.filter(|(subject, ..)| subject != "room").collect())
}

fn not_well(checks: &[(String, String, String)]) -> Vec<&str> {
    checks.iter().filter(|(_, finding, _)| finding != "ok").map(|(subject, ..)| subject.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_finds_what_an_operator_would_look_at_before_during_and_after_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::always(Answer::Status(404))).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url(), "");
    let (_, before) = doctor(&deployment, &[]);
    assert_eq!(not_well(&before), [""; 0], "{before:#?}");
    let subjects: Vec<&str> = before.iter().map(|(subject, ..)| subject.as_str()).collect();
    let expected = ["mon.toml", "names", "method `hook`", "server", "data folder", "clock", "source `bluesky`"];
    assert_eq!(subjects, expected);

    let running = deployment.start();
    let address = address(&running).await;
    patiently("the message dies", || {
        let page = get(&address, "/metrics").1;
        (figure(&page, "mon_outbox_messages{state=\"dead\"}") == Some(1.0)).then_some(())
    })
    .await;
    let (code, during) = doctor(&deployment, &[]);
    assert_eq!((code, not_well(&during)), (1, vec!["outbox", "place"]), "{during:#?}");
    assert_eq!(running.stop("TERM").await.code, 1);

    drop(jetstream);
    let (code, after) = doctor(&deployment, &[]);
    assert_eq!((code, not_well(&after)), (1, vec!["source `bluesky`", "outbox", "place"]), "{after:#?}");
    let (_, offline) = doctor(&deployment, &["--offline"]);
    assert_eq!(not_well(&offline), ["outbox", "place"], "{offline:#?}");
    let dead = offline.iter().find(|(subject, ..)| subject == "outbox").unwrap();
    assert!(dead.2.contains("1 message is given up; the oldest: ") && dead.2.contains("404"), "{dead:?}");
}

#[test]
fn a_doctor_who_is_shown_no_file_says_so_as_every_verb_does() {
    let deployment = Deployment::of_rules(RULES, "");
    let ran = mon(&deployment.path(""), &["doctor", "--config", "nothere.toml"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("nothere.toml") && ran.err.contains("help: "), "{}", ran.err);
    assert_eq!(mon(&deployment.path(""), &["doctor", "--cofnig", "mon.toml"]).code, 3);
    let ran = mon(&deployment.path(""), &["doctor", "--offline", "--data", "none"]);
    assert!(
        ran.out.contains("ok       data folder: `none` is not there yet") && ran.out.contains(" failed\n"),
        "{}",
        ran.out
    );
    assert!(!deployment.path("none").exists(), "it leaves nothing behind");
}
