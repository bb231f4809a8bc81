use mon_compiler::plan::Severity;
use mon_fakes::{FakeSmtp, SmtpAnswer};

use super::*;
use crate::dispatch::tests::delivery;

fn email(fake: &FakeSmtp, to: &[&str]) -> Email {
    let from = "Bellwether <mon@acme.example>".parse().unwrap();
    let server = Server { host: fake.host(), port: fake.port(), tls: Tls::None, login: None, from };
    Email::new(server, to.iter().map(|address| address.parse().unwrap()).collect(), Some(chrono_tz::Europe::Berlin))
}

async fn outcome(answer: SmtpAnswer) -> (Outcome, usize) {
    let fake = FakeSmtp::start([answer]).await.unwrap();
    let outcome = email(&fake, &["care@acme.example"]).send(&delivery("incident.opened", Severity::High)).await;
    (outcome, fake.ledger().messages.len())
}

#[tokio::test]
async fn a_mail_is_a_thread_in_two_forms_that_no_machine_answers() {
    let fake = FakeSmtp::start([]).await.unwrap();
    let email = email(&fake, &["care@acme.example", "Lead <lead@acme.example>"]);
    assert_eq!(email.send(&delivery("incident.opened", Severity::High)).await, Outcome::Sent { remote: None });
    assert_eq!(email.send(&delivery("incident.changed", Severity::High)).await, Outcome::Sent { remote: None });
    let messages = fake.ledger().messages;
    assert_eq!(messages[0].to.len(), 2);
    for line in [
        "Message-ID: <00ff.0@acme.example>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "List-Id: <acme_outage.acme.example>",
        "text/plain",
        "text/html",
        "&amp; &lt;more&gt;",
    ] {
        assert!(messages[0].data.contains(line), "{line} is not in\n{}", messages[0].data);
    }
    assert!(!messages[0].data.contains("In-Reply-To"));
    assert!(messages[1].data.contains("Message-ID: <00ff.1@acme.example>"));
    assert!(messages[1].data.contains("In-Reply-To: <00ff.0@acme.example>"));
    assert!(messages[1].data.contains("References: <00ff.0@acme.example>"));
}

#[tokio::test]
async fn the_phase_of_a_failure_decides_what_is_known() {
    for (answer, later) in [
        (SmtpAnswer::Greeting(421), true),
        (SmtpAnswer::Mail(451), true),
        (SmtpAnswer::Mail(550), false),
        (SmtpAnswer::Recipient(450), true),
        (SmtpAnswer::Recipient(550), false),
        (SmtpAnswer::Data(452), true),
        (SmtpAnswer::Data(554), false),
    ] {
        let (outcome, kept) = outcome(answer).await;
        let right =
            if later { matches!(outcome, Outcome::Later { .. }) } else { matches!(outcome, Outcome::Refused { .. }) };
        assert!(right && kept == 0, "{answer:?}: {outcome:?}");
    }
    let (before, _) = outcome(SmtpAnswer::HangUpBefore).await;
    assert!(matches!(before, Outcome::Unknown { .. }), "{before:?}");
    let (after, kept) = outcome(SmtpAnswer::HangUpAfterData).await;
    assert!(matches!(after, Outcome::Unknown { .. }), "{after:?}");
    assert_eq!(kept, 1, "it had arrived, and nobody could know");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_for_later() {
    let fake = FakeSmtp::start([]).await.unwrap();
    let email = email(&fake, &["care@acme.example"]);
    drop(fake);
    let outcome = email.send(&delivery("incident.opened", Severity::High)).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
}

#[tokio::test]
async fn recipients_that_have_it_are_not_told_again() {
    let fake = FakeSmtp::start([]).await.unwrap();
    let email = email(&fake, &["care@acme.example", "lead@acme.example"]);
    let mut again = delivery("incident.opened", Severity::High);
    again.progress = Some(r#"["care@acme.example"]"#.to_owned());
    assert_eq!(email.send(&again).await, Outcome::Sent { remote: None });
    assert_eq!(fake.ledger().messages[0].to, ["lead@acme.example"]);
}
