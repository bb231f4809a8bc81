//! Slack, by a bot (`chat.postMessage`) or by an incoming webhook. The body goes into plain-text blocks, in which Slack
//! reads no mentions and no links out of the text of posts; later steps of an incident answer in its thread.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use chrono_tz::Tz;
use mon_compiler::plan::Severity;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channel::{Channel, Delivery, Limits, Outcome, local_time};
use crate::http;

/// Signs that Slack takes in a header block, a section and the fallback text.
const HEADER_CHARS_MAX: usize = 150;
const SECTION_CHARS_MAX: usize = 3000;
const TEXT_CHARS_MAX: usize = 4000;
/// Slack takes 50 blocks; a message has also a header and a line of context.
const SECTIONS_MAX: usize = 40;
/// Slack lets one message a second into a channel.
const GAP: Duration = Duration::from_millis(1050);

/// How messages get into the workspace.
pub enum SlackWay {
    Bot {
        api: String,
        token: SecretString,
        channel: String,
    },
    /// The address is a secret by itself.
    Webhook {
        url: SecretString,
    },
}

pub struct Slack {
    client: Client,
    way: SlackWay,
    zone: Option<Tz>,
}

/// How Slack calls a message: enough to answer in its thread.
#[derive(Serialize, Deserialize)]
struct Remote {
    /// The channel as the deployment names it: a thread is only continued where it began.
    to: String,
    channel: String,
    ts: String,
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
}

impl Slack {
    /// `zone` adds the time there to each message.
    ///
    /// # Errors
    /// The secure connection cannot be set up; says why.
    pub fn new(way: SlackWay, zone: Option<Tz>) -> Result<Self, String> {
        Ok(Self { client: http::client(true)?, way, zone })
    }

    fn content(&self, delivery: &Delivery) -> Value {
        let message = &delivery.message;
        let mut blocks = vec![json!({
            "type": "header",
            "text": {"type": "plain_text", "text": cut(&delivery.title(), HEADER_CHARS_MAX), "emoji": false},
        })];
        for section in sections(&message.body) {
            blocks.push(json!({"type": "section", "text": {"type": "plain_text", "text": section, "emoji": false}}));
        }
        if let Some(time) = self.zone.and_then(|zone| local_time(message.at, zone)) {
            blocks.push(json!({"type": "context", "elements": [{"type": "plain_text", "text": time}]}));
        }
        json!({
            "text": cut(&escape(&delivery.title()), TEXT_CHARS_MAX),
            "blocks": blocks,
            "unfurl_links": false,
            "unfurl_media": false,
        })
    }

    async fn post_as_bot(&self, delivery: &Delivery, api: &str, token: &SecretString, to: &str) -> Outcome {
        let mut content = self.content(delivery);
        let message = &delivery.message;
        if let Some(fields) = content.as_object_mut() {
            fields.insert("channel".to_owned(), json!(to));
            let metadata = json!({"event_type": "mon_message", "event_payload": {"notification_id": message.id.0}});
            fields.insert("metadata".to_owned(), metadata);
            let remote = delivery.thread.as_deref().and_then(|thread| serde_json::from_str::<Remote>(thread).ok());
            if let Some(remote) = remote.filter(|remote| remote.to == to) {
                fields.insert("thread_ts".to_owned(), json!(remote.ts));
                let loud = message.event == "incident.changed" && message.severity >= Severity::High;
                fields.insert("reply_broadcast".to_owned(), json!(loud));
            }
        }
        let url = format!("{}/chat.postMessage", api.trim_end_matches('/'));
        let request = self.client.post(url).bearer_auth(token.expose_secret()).json(&content);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return http::failed(error),
        };
        let after = http::retry_after(response.headers(), Utc::now());
        if !response.status().is_success() {
            return http::not_taken(response.status(), after);
        }
        answer(response, after, to).await
    }

    async fn post_to_webhook(&self, delivery: &Delivery, url: &SecretString) -> Outcome {
        let request = self.client.post(url.expose_secret()).json(&self.content(delivery));
        match request.send().await {
            Ok(response) if response.status().is_success() => Outcome::Sent { remote: None },
            Ok(response) => {
                let status = response.status();
                let after = http::retry_after(response.headers(), Utc::now());
                http::not_taken(status, after)
            }
            Err(error) => http::failed(error),
        }
    }
}

/// Slack says most of its errors with status 200 and `ok: false`.
async fn answer(response: Response, after: Option<Duration>, to: &str) -> Outcome {
    let body = match http::body(response).await {
        Ok(body) => body,
        Err(error) => return http::failed(error),
    };
    let Ok(answer) = serde_json::from_slice::<Answer>(&body) else {
        return Outcome::unknown("the answer cannot be read");
    };
    if answer.ok {
        let remote = answer.channel.zip(answer.ts).map(|(channel, ts)| Remote { to: to.to_owned(), channel, ts });
        return Outcome::Sent { remote: remote.and_then(|remote| serde_json::to_string(&remote).ok()) };
    }
    let word: String = answer.error.unwrap_or_default().chars().filter(|c| c.is_ascii_graphic()).take(60).collect();
    match word.as_str() {
        "ratelimited" | "rate_limited" => Outcome::Later { after, error: word, progress: None },
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => Outcome::unknown(word),
        _ => Outcome::refused(format!("Slack refused the message: `{word}`{}", remedy(&word, to))),
    }
}

fn remedy(word: &str, to: &str) -> String {
    match word {
        "channel_not_found" => format!("; is `{to}` the channel's name, and may the bot see it?"),
        "not_in_channel" => format!("; invite the bot to `{to}`"),
        "is_archived" => format!("; `{to}` is archived"),
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            "; the token is not valid any more".to_owned()
        }
        "missing_scope" => "; the bot needs the scope `chat:write`".to_owned(),
        _ => String::new(),
    }
}

#[async_trait]
impl Channel for Slack {
    fn limits(&self) -> Limits {
        Limits { in_flight: 1, gap: GAP, patience: None }
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        match &self.way {
            SlackWay::Bot { api, token, channel } => self.post_as_bot(delivery, api, token, channel).await,
            SlackWay::Webhook { url } => self.post_to_webhook(delivery, url).await,
        }
    }
}

/// The three signs that mean something to Slack in a text.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// The body in pieces that a section takes, cut between lines where that is possible.
fn sections(body: &str) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    let mut piece = String::new();
    let mut size = 0;
    for line in body.lines() {
        let line = cut(line, SECTION_CHARS_MAX - 1);
        let length = line.chars().count() + 1;
        if size + length > SECTION_CHARS_MAX {
            sections.push(std::mem::take(&mut piece));
            size = 0;
        }
        piece.push_str(&line);
        piece.push('\n');
        size += length;
    }
    sections.push(piece);
    sections.retain(|section| !section.trim().is_empty());
    if sections.len() > SECTIONS_MAX {
        sections.truncate(SECTIONS_MAX - 1);
        sections.push("… the rest is left out".to_owned());
    }
    sections
}

#[cfg(test)]
mod tests;
