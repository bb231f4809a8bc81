use std::sync::Arc;
use std::time::Duration;

use mon_compiler::plan::Severity;
use mon_fakes::{Answer, FakeWebhook, Script};

use super::*;
use crate::dispatch::tests::delivery;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0000";

fn secrets(list: &[&str]) -> Vec<(String, SecretString)> {
    list.iter().map(|&secret| ("env:HOOK".to_owned(), SecretString::from(secret))).collect()
}

fn webhook(fake: &FakeWebhook) -> Webhook {
    Webhook::new(&fake.url(), &secrets(&[SECRET]), true, true).unwrap()
}

#[tokio::test]
async fn the_signature_verifies_and_the_body_is_as_the_specification_has_it() {
    let fake = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let delivery = delivery("incident.opened", Severity::High);
    assert_eq!(webhook(&fake).send(&delivery).await, Outcome::Sent { remote: None });
    let ledger = fake.ledger();
    assert_eq!((ledger.refused(), ledger.attempts[0].id.as_str()), (0, delivery.message.id.0.as_str()));
    expect_test::expect![[
        r#"{"type":"incident.opened","timestamp":"2026-03-04T10:03:00Z","data":{"id":"00ff-0-care-slack","incident":"00ff","transition":0,"monitor":"acme_outage","severity":"high","team":"care","title":"[high] acme_outage · DE","body":"Opened.\n\nvolume  12 & <more>\n"}}"#
    ]]
    .assert_eq(&ledger.attempts[0].body);
    assert!(!payload(&delivery, false).contains("body"), "posts are quoted only when asked for");
}

#[tokio::test]
async fn while_keys_change_both_sign() {
    let fake = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let both = Webhook::new(&fake.url(), &secrets(&[OTHER, SECRET]), true, false).unwrap();
    assert_eq!(both.send(&delivery("incident.opened", Severity::Low)).await, Outcome::Sent { remote: None });
    let wrong = Webhook::new(&fake.url(), &secrets(&[OTHER]), true, false).unwrap();
    assert!(matches!(
        wrong.send(&delivery("incident.opened", Severity::Low)).await,
        Outcome::Refused { gone: false, .. }
    ));
}

#[tokio::test]
async fn each_answer_means_what_it_says() {
    let script = Script::of([
        Answer::RetryAfter(429, 7),
        Answer::Status(503),
        Answer::Status(410),
        Answer::Status(302),
        Answer::Status(400),
        Answer::DropBefore,
        Answer::CommitThenDrop,
    ]);
    let fake = FakeWebhook::start(SECRET, script).await.unwrap();
    let webhook = webhook(&fake);
    let delivery = delivery("incident.opened", Severity::High);
    let first = webhook.send(&delivery).await;
    assert!(matches!(first, Outcome::Later { after: Some(after), .. } if after == Duration::from_secs(7)), "{first:?}");
    assert!(matches!(webhook.send(&delivery).await, Outcome::Later { after: None, .. }));
    assert!(matches!(webhook.send(&delivery).await, Outcome::Refused { gone: true, .. }));
    for _ in 0..2 {
        assert!(matches!(webhook.send(&delivery).await, Outcome::Refused { gone: false, .. }));
    }
    for _ in 0..2 {
        let broken = webhook.send(&delivery).await;
        assert!(matches!(&broken, Outcome::Unknown { error } if !error.contains("127.0.0.1")), "{broken:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_for_later() {
    let fake = FakeWebhook::start(SECRET, Script::ok()).await.unwrap();
    let webhook = webhook(&fake);
    drop(fake);
    let outcome = webhook.send(&delivery("incident.opened", Severity::High)).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
}

#[tokio::test]
async fn the_own_network_is_out_of_reach_by_address_and_by_name() {
    let made = |url: &str| Webhook::new(url, &secrets(&[SECRET]), false, false);
    for url in ["https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.8:8443/", "http://hooks.example/", "nonsense"]
    {
        assert!(matches!(made(url).err(), Some(WebhookError::Url { .. })), "{url}");
    }
    let error = made("https://user:hunter2@hooks.example/").err().unwrap();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    let by_name = made("https://localhost:9/x").unwrap();
    let outcome = by_name.send(&delivery("incident.opened", Severity::High)).await;
    assert!(matches!(&outcome, Outcome::Refused { error, .. } if error.contains("private")), "{outcome:?}");
}

#[test]
fn a_secret_of_the_wrong_form_is_refused_without_being_shown() {
    for wrong in ["hunter2", "whsec_%%%", "whsec_c2hvcnQ="] {
        let error = Webhook::new("https://hooks.example/", &secrets(&[wrong]), false, false).err().unwrap();
        assert_eq!(error, WebhookError::Secret { place: "env:HOOK".to_owned() });
        assert!(!format!("{error:?}").contains(wrong));
    }
}

/// Through the whole dispatcher: faults of every kind, and the receiver has each message once.
#[tokio::test]
async fn a_bad_day_ends_with_each_message_known_once() {
    use mon_alerts::NotificationId;
    use mon_store::{EpochCommit, MessageRow, Store, Target};

    use crate::dispatch::tests::{QuickClock, message};
    use crate::{Channels, Dispatcher, Options};

    let script =
        Script::parse("503, 429:1, commit_then_drop, ok, drop_before, 500, ok, 503:2, commit_then_drop, 502").unwrap();
    let fake = FakeWebhook::start(SECRET, script).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut messages: Vec<_> = (0..3).map(|n| message("a", n, "care", "hook", Severity::High)).collect();
    messages.extend((0..3).map(|n| message("b", n, "care", "hook", Severity::High)));
    let rows = messages.iter().map(|m| MessageRow::of(m).unwrap()).collect();
    store.commit(&EpochCommit { epoch: 1, messages: rows, ..EpochCommit::default() }).unwrap();
    let channel: Arc<dyn Channel> = Arc::new(webhook(&fake));
    let target = Target { team: "care".to_owned(), method: "hook".to_owned() };
    let channels = Channels::new([(target, Arc::clone(&channel))].into(), channel);
    let options = Options { seed: 3, ..Options::default() };
    let mut dispatcher = Dispatcher::with_clock(store.clone(), channels, options, Arc::new(QuickClock::default()));
    let tally = dispatcher.drain().await.unwrap();
    assert_eq!(tally.sent, 6);
    let ledger = fake.ledger();
    assert_eq!(ledger.refused(), 0);
    let ids = ledger.ids();
    assert_eq!(ids.len(), 6);
    assert!(ids.values().all(|count| count.committed >= 1), "{ids:?}");
    // The two incidents race for the script, so both lost answers may fall on one message.
    let repeats: u64 = ids.values().map(|count| count.committed - 1).sum();
    assert_eq!(repeats, 2, "the two answers that were lost are repeated, and nothing else: {ids:?}");
    let order: Vec<&str> = ledger.bodies();
    for incident in ["a", "b"] {
        let position = |n: u32| {
            let NotificationId(id) = &message(incident, n, "care", "hook", Severity::High).id;
            order.iter().position(|body| body.contains(id.as_str())).unwrap()
        };
        assert!(position(0) < position(1) && position(1) < position(2));
    }
}
