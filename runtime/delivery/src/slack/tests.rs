use mon_fakes::{Answer, FakeSlack, Script, SlackOptions};

use super::*;
use crate::dispatch::tests::delivery;

fn bot(fake: &FakeSlack, token: &str) -> Slack {
    let way = SlackWay::Bot { api: fake.api_url(), token: SecretString::from(token), channel: "#care".to_owned() };
    Slack::new(way, Some(chrono_tz::Europe::Berlin)).unwrap()
}

#[tokio::test]
async fn a_step_answers_in_the_thread_of_the_opening_and_the_title_is_escaped() {
    let fake = FakeSlack::start(SlackOptions::new("xoxb-1")).await.unwrap();
    let slack = bot(&fake, "xoxb-1");
    let mut opened = delivery("incident.opened", Severity::High);
    opened.message.title = "[high] <!channel> & co".to_owned();
    let Outcome::Sent { remote: Some(remote) } = slack.send(&opened).await else { panic!("not sent") };
    let mut changed = delivery("incident.changed", Severity::Critical);
    changed.thread = Some(remote.clone());
    assert!(matches!(slack.send(&changed).await, Outcome::Sent { .. }));
    let messages = fake.ledger().messages;
    assert_eq!(messages[0].body["text"], "[high] &lt;!channel&gt; &amp; co");
    assert_eq!(messages[0].body["blocks"][0]["text"]["type"], "plain_text");
    assert_eq!(messages[0].body["metadata"]["event_payload"]["notification_id"], opened.message.id.0);
    assert!(messages[0].body["blocks"].to_string().contains("11:03 on 4 March 2026, Europe/Berlin"));
    let remote: Remote = serde_json::from_str(&remote).unwrap();
    assert_eq!(messages[1].body["thread_ts"], remote.ts.as_str());
    assert_eq!(messages[1].body["reply_broadcast"], true);
}

#[tokio::test]
async fn what_slack_says_with_status_200_is_understood() {
    let options = SlackOptions { channels: vec!["legal".to_owned()], ..SlackOptions::new("xoxb-1") };
    let fake = FakeSlack::start(options).await.unwrap();
    let missing = bot(&fake, "xoxb-1").send(&delivery("incident.opened", Severity::High)).await;
    assert!(
        matches!(&missing, Outcome::Refused { error, .. } if error.contains("channel_not_found") && error.contains("#care")),
        "{missing:?}"
    );
    let wrong = bot(&fake, "xoxb-hunter2").send(&delivery("incident.opened", Severity::High)).await;
    assert!(
        matches!(&wrong, Outcome::Refused { error, .. } if error.contains("token") && !error.contains("hunter2")),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn limits_and_lost_answers_are_told_apart() {
    let script = Script::of([Answer::RetryAfter(429, 30), Answer::CommitThenDrop]);
    let fake = FakeSlack::start(SlackOptions::new("xoxb-1").script(script)).await.unwrap();
    let slack = bot(&fake, "xoxb-1");
    let first = slack.send(&delivery("incident.opened", Severity::High)).await;
    assert!(
        matches!(first, Outcome::Later { after: Some(after), .. } if after == Duration::from_secs(30)),
        "{first:?}"
    );
    assert!(matches!(slack.send(&delivery("incident.opened", Severity::High)).await, Outcome::Unknown { .. }));
}

#[tokio::test]
async fn an_incoming_webhook_takes_the_same_message() {
    let fake = FakeSlack::start(SlackOptions::new("xoxb-1")).await.unwrap();
    let way = SlackWay::Webhook { url: SecretString::from(fake.webhook_url()) };
    let slack = Slack::new(way, None).unwrap();
    assert_eq!(slack.send(&delivery("incident.opened", Severity::Low)).await, Outcome::Sent { remote: None });
    assert_eq!(fake.ledger().messages.len(), 1);
}

#[test]
fn long_bodies_are_cut_to_what_slack_takes() {
    let body = "x".repeat(2000) + "\n" + &"ä".repeat(5000) + "\n" + &"line\n".repeat(60_000);
    let sections = sections(&body);
    assert_eq!(sections.len(), SECTIONS_MAX);
    assert!(sections.iter().all(|section| section.chars().count() <= SECTION_CHARS_MAX && !section.trim().is_empty()));
    assert!(sections.last().unwrap().contains("left out"));
    assert_eq!(cut(&"é".repeat(200), HEADER_CHARS_MAX).chars().count(), HEADER_CHARS_MAX);
}
