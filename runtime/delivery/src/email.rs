//! E-mail over SMTP, driven step by step so that it is known whether a message was handed over, refused, or sent without
//! an answer. All mails of an incident form one thread; a repeat has the same `Message-ID`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use crate::channel::{Channel, Delivery, Limits, Outcome, local_time};
use crate::config::Tls;
use crate::http::install_tls;

/// From connecting until the server has taken all recipients.
const PREPARE_MAX: Duration = Duration::from_secs(60);
/// From the message's first byte to the answer.
const HAND_OVER_MAX: Duration = Duration::from_secs(60);
const QUIT_MAX: Duration = Duration::from_secs(5);
/// Mail servers put off strangers for hours.
const PATIENCE: Duration = Duration::from_secs(72 * 3600);

/// A mail server and how to talk to it.
#[derive(Clone, Debug)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Name and password.
    pub login: Option<(String, SecretString)>,
    pub from: Mailbox,
}

/// One team's mailboxes.
pub struct Email {
    server: Server,
    to: Vec<Mailbox>,
    zone: Option<Tz>,
}

impl Email {
    #[must_use]
    pub fn new(server: Server, to: Vec<Mailbox>, zone: Option<Tz>) -> Self {
        install_tls();
        Self { server, to, zone }
    }

    fn domain(&self) -> &str {
        self.server.from.email.domain()
    }

    /// The mail for these recipients.
    fn compose(&self, delivery: &Delivery, to: &[&Mailbox]) -> Result<Vec<u8>, lettre::error::Error> {
        let message = &delivery.message;
        let id = |step: u32| format!("<{}.{step}@{}>", message.incident.0, self.domain());
        let mut mail = Mail::builder()
            .from(self.server.from.clone())
            .subject(delivery.title())
            .message_id(Some(id(message.transition)))
            .date_now();
        for mailbox in to {
            mail = mail.to((*mailbox).clone());
        }
        if message.transition > 0 {
            mail = mail.in_reply_to(id(0)).references(id(0));
        }
        let list = format!("<{}.{}>", word(&message.monitor), self.domain());
        for (name, value) in [
            (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
            (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
            (HeaderName::new_from_ascii_str("List-Id"), &list),
            (HeaderName::new_from_ascii_str("X-Mon-Notification"), &message.id.0),
        ] {
            mail = mail.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        let time = self.zone.and_then(|zone| local_time(message.at, zone));
        let text = match &time {
            Some(time) => format!("{time}\n\n{}\n", message.body),
            None => format!("{}\n", message.body),
        };
        let html = format!(
            "<!doctype html><html><body><h3>{}</h3><div style=\"white-space:pre-wrap;font-family:sans-serif\">{}</div>\
             </body></html>",
            escape(&delivery.title()),
            escape(&text)
        );
        Ok(mail.multipart(MultiPart::alternative_plain_html(text, html))?.formatted())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let Server { host, port, tls, login, .. } = &self.server;
        let hello = ClientId::Domain(self.domain().to_owned());
        let at_once = if *tls == Tls::Tls { Some(TlsParameters::new(host.clone())?) } else { None };
        let server = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(PREPARE_MAX), &hello, at_once, None).await?;
        if *tls == Tls::Starttls {
            connection.starttls(TlsParameters::new(host.clone())?, &hello).await?;
        }
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    /// Everything up to the permission to send the message; what each recipient was answered.
    async fn prepare(&self, to: &[&Mailbox], mail: &[u8]) -> Result<Prepared, Outcome> {
        let mut connection = self.connect().await.map_err(|error| before(&error))?;
        let mut options = Vec::new();
        if !mail.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Some(self.server.from.email.clone());
        let begun = connection.command(MailFrom::new(from, options)).await;
        begun.map_err(|error| before(&error))?;
        let mut prepared = Prepared { connection, accepted: Vec::new(), later: Vec::new(), refused: Vec::new() };
        for mailbox in to {
            let address = mailbox.email.to_string();
            match prepared.connection.command(Rcpt::new(mailbox.email.clone(), Vec::new())).await {
                Ok(_) => prepared.accepted.push(address),
                Err(error) if error.is_permanent() => prepared.refused.push((address, error.to_string())),
                Err(error) if error.status().is_some() => prepared.later.push((address, error.to_string())),
                Err(error) => return Err(before(&error)),
            }
        }
        if !prepared.accepted.is_empty() {
            prepared.connection.command(Data).await.map_err(|error| before(&error))?;
        }
        Ok(prepared)
    }
}

struct Prepared {
    connection: AsyncSmtpConnection,
    accepted: Vec<String>,
    later: Vec<(String, String)>,
    refused: Vec<(String, String)>,
}

/// An error before the message was sent: certainly not delivered.
fn before(error: &SmtpError) -> Outcome {
    if error.is_permanent() {
        Outcome::refused(format!("the mail server refused: {error}"))
    } else {
        Outcome::later(format!("the mail server did not take it: {error}"))
    }
}

#[async_trait]
impl Channel for Email {
    fn limits(&self) -> Limits {
        Limits { in_flight: 2, patience: Some(PATIENCE), ..Limits::default() }
    }

    /// The same `Message-ID` lets some mail programs merge a repeat, not all.
    fn idempotent(&self) -> bool {
        false
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        let done: BTreeSet<String> =
            delivery.progress.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let to: Vec<&Mailbox> = self.to.iter().filter(|m| !done.contains(&m.email.to_string())).collect();
        if to.is_empty() {
            return Outcome::Sent { remote: None };
        }
        let mail = match self.compose(delivery, &to) {
            Ok(mail) => mail,
            Err(error) => return Outcome::refused(format!("the mail cannot be written: {error}")),
        };
        let mut prepared = match timeout(PREPARE_MAX, self.prepare(&to, &mail)).await {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Outcome::later(format!("the mail server was not ready within {PREPARE_MAX:?}")),
        };
        if !prepared.accepted.is_empty() {
            match timeout(HAND_OVER_MAX, prepared.connection.message(&mail)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) if error.status().is_some() => return before(&error),
                Ok(Err(error)) => return Outcome::unknown(format!("no answer after the mail was sent: {error}")),
                Err(_) => {
                    return Outcome::unknown(format!("no answer within {HAND_OVER_MAX:?} after the mail was sent"));
                }
            }
        }
        // The mail is handed over; how the goodbye goes does not matter.
        let _ = timeout(QUIT_MAX, prepared.connection.quit()).await;
        settle(prepared, done)
    }
}

/// Recipients are answered one by one: those put off are tried again, without the others.
fn settle(prepared: Prepared, mut done: BTreeSet<String>) -> Outcome {
    let Prepared { accepted, later, refused, .. } = prepared;
    let list = |answers: &[(String, String)]| {
        answers.iter().map(|(to, answer)| format!("`{to}`: {answer}")).collect::<Vec<_>>().join("; ")
    };
    if !refused.is_empty() {
        tracing::warn!(recipients = %list(&refused), "the mail server refused some recipients for ever");
    }
    let any_before = !done.is_empty();
    done.extend(accepted.iter().cloned());
    if !later.is_empty() {
        done.extend(refused.into_iter().map(|(to, _)| to));
        let progress = serde_json::to_string(&done).ok();
        return Outcome::Later { after: None, error: list(&later), progress };
    }
    if accepted.is_empty() && !any_before {
        return Outcome::refused(list(&refused));
    }
    Outcome::Sent { remote: None }
}

/// A word that can stand in a header's identifier.
fn word(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
