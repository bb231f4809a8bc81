//! What operators do wrong and what breaks around a run: it says so in their words, and what can be mended is mended
//! without them.

use std::fs;

use mon_fakes::{FakeJetstream, FakeWebhook, JetstreamOptions, Script, Times};
use mon_store::{OutboxRow, OutboxState};

use super::day::toml;
use super::process::{Deployment, Process, SECRET, SECRET_VARIABLE, patiently};

/// Three posts within a minute are an incident, which never clears: one message.
pub const RULES: &str = r#"
monitor burst {
  match  "acme"
  window tumble 1m

  measure volume = count()

  alert when volume >= 3
        clear when volume < 1  for 1h
  severity { high otherwise }
  follow playbook desk
}

playbook desk {
  route first { otherwise to team care }
  notify { high by hook at once }
}
"#;

/// Four posts that make the incident, and one whose time closes their window.
pub fn write_posts(folder: &tempfile::TempDir) -> JetstreamOptions {
    let posts = folder.path().join("posts.jsonl");
    let line = |id: u32, minute: u32| {
        format!(
            "{{\"post_uid\":\"x:{id}\",\"text\":\"acme {id}\",\"created_at\":\"2026-03-02T10:{minute:02}:{id:02}Z\"}}\n"
        )
    };
    let lines: String = (1..5).map(|id| line(id, 0)).chain([line(5, 9)]).collect();
    fs::write(&posts, lines).unwrap();
    JetstreamOptions { rate: 0.0, posts: Some(posts), times: Times::Original, ..JetstreamOptions::default() }
}

/// An address where nobody listens, and its port.
async fn nobody() -> (String, u16) {
    let gone = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let url = gone.url();
    let port = url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    (url, port)
}

fn deployment(jetstream: &str, webhook: &str) -> Deployment {
    Deployment::of_rules(RULES, &toml(jetstream, "v2", webhook, &["care"], &["hook"]))
}

/// Waits until the one message stands so in the outbox.
async fn message(deployment: &Deployment, what: &str, stands: impl Fn(&OutboxRow) -> bool) -> OutboxRow {
    patiently(what, || {
        let outbox = deployment.look()?.outbox(None, 10).unwrap();
        assert!(outbox.len() <= 1, "{outbox:?}");
        outbox.into_iter().find(&stands)
    })
    .await
}

async fn sent(deployment: &Deployment) -> OutboxRow {
    message(deployment, "the message is sent", |row| row.state == OutboxState::Sent).await
}

async fn says(running: &Process, words: &str, times: usize) {
    patiently(words, || (running.said().matches(words).count() >= times).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_on_the_same_data_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url());
    let first = deployment.start();
    sent(&deployment).await;
    let second = deployment.start().ended().await;
    assert_eq!(second.code, 2, "{}{}", second.out, second.err);
    assert!(second.err.contains("is in use by another `mon`") && second.err.contains("help: "), "{}", second.err);
    let first = first.stop("INT").await;
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    assert!(first.out.contains("5 posts read: 5 matched"), "{}", first.out);
    assert_eq!(webhook.ledger().attempts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_for_a_while_is_asked_again_and_has_the_message_once() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let webhook = FakeWebhook::start(SECRET, Script::parse("500, 500, 503").unwrap()).await.unwrap();
    let deployment = deployment(&jetstream.url(), &webhook.url());
    let running = deployment.start();
    let row = sent(&deployment).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.err.matches("will be sent again").count(), 3, "{}", ran.err);
    let ids = webhook.ledger().ids();
    assert_eq!(ids.keys().collect::<Vec<_>>(), [&row.id]);
    assert_eq!((ids[&row.id].attempts, ids[&row.id].committed), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_told_by_a_later_run() {
    let folder = tempfile::tempdir().unwrap();
    let jetstream = FakeJetstream::start(write_posts(&folder)).await.unwrap();
    let (url, port) = nobody().await;
    let deployment = deployment(&jetstream.url(), &url);
    let running = deployment.start();
    let tried = |row: &OutboxRow| row.state == OutboxState::Pending && row.attempts > 0;
    let waiting = message(&deployment, "an attempt fails", tried).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "a run does not end because nobody listens: {}{}", ran.out, ran.err);
    assert!(ran.err.contains("will be sent again"), "{}", ran.err);
    let kept = message(&deployment, "the message waits", |_| true).await;
    assert_eq!((kept.state, &kept.id), (OutboxState::Pending, &waiting.id));

    let webhook = FakeWebhook::start_on(port, SECRET, Script::ok()).await.unwrap();
    let running = deployment.start();
    let row = sent(&deployment).await;
    assert_eq!(running.stop("TERM").await.code, 0);
    let ids = webhook.ledger().ids();
    assert_eq!(ids.keys().collect::<Vec<_>>(), [&row.id]);
    assert_eq!((ids[&row.id].attempts, &row.id), (1, &waiting.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_tried_until_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (_, port) = nobody().await;
    let webhook = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let deployment = deployment(&format!("ws://127.0.0.1:{port}"), &webhook.url());
    let unreachable = format!("no connection to `127.0.0.1:{port}`");

    let running = deployment.start();
    says(&running, &unreachable, 2).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("0 posts read"), "{}", ran.out);

    let running = deployment.start();
    says(&running, &unreachable, 1).await;
    let _jetstream = FakeJetstream::start(JetstreamOptions { port, ..write_posts(&folder) }).await.unwrap();
    sent(&deployment).await;
    assert_eq!(running.stop("TERM").await.code, 0);
    assert_eq!(webhook.ledger().attempts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_cannot_work_is_refused_before_anything_runs() {
    let good = toml("ws://127.0.0.1:9", "v2", "http://127.0.0.1:9/hook", &["care"], &["hook"]);
    let unset = good.replace(SECRET_VARIABLE, "MON_VARIABLE_THAT_NOBODY_SETS");
    let cases = [
        ("an unknown table", good.replace("[team.", "[teams."), "`teams`"),
        ("an unknown key of a source", good.replace("start =", "begin ="), "`begin`"),
        ("an unknown key of a team", format!("{good}\n[team.legal]\nphone = \"1\"\n"), "`phone`"),
        ("an unknown key of a method", good.replace("allow_private", "allow_privat"), "`allow_privat`"),
        ("an unknown wire", good.replace("\"v2\"", "\"v3\""), "`v3`"),
        ("a team that is not bound", good.replace("[team.care]", "[team.car]"), "no team `care`"),
        ("a secret in the open", good.replace(&format!("env:{SECRET_VARIABLE}"), SECRET), "by reference"),
        ("a secret that is not set", unset, "`MON_VARIABLE_THAT_NOBODY_SETS`"),
        ("an address in the own network", good.replace("allow_private = true", ""), "not `https`"),
        ("no TOML", good.replace("[team.care]", "[team.care"), "line"),
    ];
    for (what, toml, said) in cases {
        let deployment = Deployment::of_rules(RULES, &toml);
        let ran = deployment.start().ended().await;
        assert_eq!(ran.code, 2, "{what}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(said) && ran.err.contains("help: "), "{what} does not say {said}: {}", ran.err);
        assert!(!ran.err.contains(SECRET), "{what} shows the secret: {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_cannot_be_written_is_refused_with_its_place() {
    let deployment = deployment("ws://127.0.0.1:9", "http://127.0.0.1:9/hook");
    // A place that nobody may write in, not even the administrator: it lies inside a file.
    let place = deployment.path("mon.toml").join("data");
    let ran = deployment.start_on(&place).ended().await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(&format!("cannot write to `{}`", place.display())), "{}", ran.err);
    assert!(ran.err.contains("help: "), "{}", ran.err);
}
