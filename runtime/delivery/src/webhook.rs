//! A signed POST as Standard Webhooks 1.0 has it. The receiver proves the sender by the signature and knows a repeat by
//! `webhook-id`, which is the message's id at every attempt.

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac as _};
use miette::Diagnostic;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Serialize;
use sha2::Sha256;
use thiserror::Error;

use crate::channel::{Channel, Delivery, Outcome};
use crate::http;

/// Shortest key that is taken, in bytes: the specification asks for 24 to 64.
const KEY_BYTES_MIN: usize = 24;

/// One address and the keys that messages to it are signed with.
pub struct Webhook {
    client: Client,
    url: Url,
    keys: Vec<SecretSlice<u8>>,
    with_body: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum WebhookError {
    #[error("`{url}` is no address for a webhook: {detail}")]
    #[diagnostic(help(
        "write it as `https://host/path`; `http` and addresses of the own network need `allow_private = true`"
    ))]
    Url { url: String, detail: String },
    #[error("the secret in `{place}` is no webhook secret")]
    #[diagnostic(help("it is `whsec_` and then at least 24 random bytes in base64"))]
    Secret { place: String },
    #[error("the secure connection cannot be set up: {detail}")]
    #[diagnostic(help("check the certificates of this machine"))]
    Client { detail: String },
}

impl Webhook {
    /// `secrets` are the places they were read from, for the error, and what was read.
    ///
    /// # Errors
    /// The address may not be used, or a secret is not of the right form.
    pub fn new(
        url: &str,
        secrets: &[(String, SecretString)],
        allow_private: bool,
        with_body: bool,
    ) -> Result<Self, WebhookError> {
        let url = check(url, allow_private)?;
        let mut keys = Vec::with_capacity(secrets.len());
        for (place, secret) in secrets {
            let key = secret.expose_secret().strip_prefix("whsec_").and_then(|text| BASE64_STANDARD.decode(text).ok());
            let Some(key) = key.filter(|key| key.len() >= KEY_BYTES_MIN) else {
                return Err(WebhookError::Secret { place: place.clone() });
            };
            keys.push(SecretSlice::from(key));
        }
        let client = http::client(allow_private).map_err(|detail| WebhookError::Client { detail })?;
        Ok(Self { client, url, keys, with_body })
    }

    fn signatures(&self, id: &str, timestamp: i64, body: &str) -> String {
        let sign = |key: &SecretSlice<u8>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).ok()?;
            mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
            Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
        };
        self.keys.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
    }
}

fn check(text: &str, allow_private: bool) -> Result<Url, WebhookError> {
    let fail = |detail: &str| WebhookError::Url { url: without_login(text), detail: detail.to_owned() };
    let url: Url = text.parse().map_err(|_| fail("it cannot be read"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fail("it holds a name or password; the signature proves who sends"));
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && allow_private) {
        return Err(fail("it is not `https`"));
    }
    let Some(host) = url.host_str() else { return Err(fail("it has no host")) };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    if address.is_ok_and(http::is_private) && !allow_private {
        return Err(fail("it is in the own network"));
    }
    Ok(url)
}

/// What stands before an `@` may be a password.
fn without_login(url: &str) -> String {
    match url.split_once("://").zip(url.rsplit_once('@')) {
        Some(((scheme, _), (_, rest))) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}

#[derive(Serialize)]
struct Body<'m> {
    r#type: &'m str,
    timestamp: String,
    data: Data<'m>,
}

#[derive(Serialize)]
struct Data<'m> {
    id: &'m str,
    incident: &'m str,
    transition: u32,
    monitor: &'m str,
    severity: &'m str,
    team: &'m str,
    title: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'m str>,
}

fn payload(delivery: &Delivery, with_body: bool) -> String {
    let message = &delivery.message;
    let at = DateTime::<Utc>::from_timestamp_micros(message.at).unwrap_or_default();
    let body = Body {
        r#type: &message.event,
        timestamp: at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        data: Data {
            id: &message.id.0,
            incident: &message.incident.0,
            transition: message.transition,
            monitor: &message.monitor,
            severity: message.severity.name(),
            team: &message.team,
            title: &message.title,
            body: with_body.then_some(message.body.as_str()),
        },
    };
    serde_json::to_string(&body).unwrap_or_default()
}

#[async_trait]
impl Channel for Webhook {
    fn idempotent(&self) -> bool {
        true
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        let id = &delivery.message.id.0;
        let body = payload(delivery, self.with_body);
        // The time of this attempt: the receiver refuses old ones, so that nobody can send a caught one again.
        let now = Utc::now();
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", self.signatures(id, now.timestamp(), &body))
            .body(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return http::failed(error),
        };
        let status = response.status();
        if status.is_success() {
            return Outcome::Sent { remote: None };
        }
        http::not_taken(status, http::retry_after(response.headers(), now))
    }
}

#[cfg(test)]
mod tests;
