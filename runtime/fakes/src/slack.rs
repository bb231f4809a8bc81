//! Slack as far as messages go: `chat.postMessage` and incoming webhooks.
//! Errors come as Slack sends them: `ok: false` under status 200, except the rate limit, which is a 429.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::http::{Request, Response, read_request};
use crate::script::{Answer, Player, Script};
use crate::server::Server;
use crate::{lock, now_us};

const WEBHOOK_PATH: &str = "/services/T0/B0/fake";

/// How the workspace is set up.
#[derive(Clone, Debug)]
pub struct SlackOptions {
    pub port: u16,
    /// The bot token that is accepted.
    pub token: String,
    /// Channels that exist; empty takes every name.
    pub channels: Vec<String>,
    /// One message a second for each channel is the documented limit.
    pub min_gap: Duration,
    pub script: Script,
}

impl SlackOptions {
    /// A workspace that takes every channel and has no rate limit.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { port: 0, token: token.to_owned(), channels: Vec::new(), min_gap: Duration::ZERO, script: Script::ok() }
    }

    /// With the documented limit of one message a second for each channel.
    #[must_use]
    pub const fn limited(mut self) -> Self {
        self.min_gap = Duration::from_secs(1);
        self
    }

    #[must_use]
    pub fn script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }
}

/// A message that the workspace kept.
#[derive(Clone, Debug, Serialize)]
pub struct SlackMessage {
    /// The channel's name, empty for an incoming webhook.
    pub channel: String,
    pub text: String,
    /// The whole body as it was sent.
    pub body: Value,
    /// Microseconds since 1970 UTC.
    pub at: i64,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct SlackLedger {
    pub messages: Vec<SlackMessage>,
    /// What each request was answered: `ok`, `invalid_auth`, `ratelimited`, …
    pub answers: Vec<String>,
}

struct Shared {
    token: String,
    channels: Vec<String>,
    min_gap: Duration,
    script: Player,
    ledger: Mutex<SlackLedger>,
    free_at: Mutex<HashMap<String, Instant>>,
}

/// A running workspace; it stops when dropped.
pub struct FakeSlack {
    server: Server,
    shared: Arc<Shared>,
}

impl FakeSlack {
    pub async fn start(options: SlackOptions) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            token: options.token,
            channels: options.channels,
            min_gap: options.min_gap,
            script: Player::new(options.script),
            ledger: Mutex::default(),
            free_at: Mutex::default(),
        });
        let for_server = Arc::clone(&shared);
        let server = Server::start(options.port, move |stream, _| serve(stream, Arc::clone(&for_server))).await?;
        Ok(Self { server, shared })
    }

    /// The base of the web API: `{api_url}/chat.postMessage`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.server.addr())
    }

    /// The incoming webhook's address.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        format!("http://{}{WEBHOOK_PATH}", self.server.addr())
    }

    #[must_use]
    pub fn ledger(&self) -> SlackLedger {
        lock(&self.shared.ledger).clone()
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut stream).await {
        let Some(response) = respond(&request, &shared).await else { return };
        if response.write(&mut stream).await.is_err() {
            return;
        }
    }
}

/// None hangs up.
async fn respond(request: &Request, shared: &Shared) -> Option<Response> {
    let api = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/ledger") => return Some(Response::json(200, &*lock(&shared.ledger))),
        ("POST", "/api/chat.postMessage") => true,
        ("POST", WEBHOOK_PATH) => false,
        ("POST", path) if path.starts_with("/services/") => return Some(Response::text(404, "no_service")),
        _ => return Some(Response::json(200, &json!({ "ok": false, "error": "unknown_method" }))),
    };
    let body: Result<Value, _> = serde_json::from_slice(&request.body);
    if let Err(error) = check(request, body.as_ref().ok(), api, shared) {
        return Some(refuse(shared, api, error));
    }
    let answer = shared.script.next();
    let kept = matches!(answer, Answer::Ok | Answer::Slow(_) | Answer::CommitThenDrop);
    lock(&shared.ledger).answers.push(answer.to_string());
    if kept {
        keep(shared, body.unwrap_or(Value::Null));
    }
    match answer {
        Answer::DropBefore | Answer::CommitThenDrop => None,
        Answer::Status(status) => Some(Response::text(status, "")),
        Answer::RetryAfter(status, seconds) => {
            let body = json!({ "ok": false, "error": "ratelimited" });
            Some(Response::json(status, &body).header("retry-after", seconds.to_string()))
        }
        Answer::Ok => Some(accept(api)),
        Answer::Slow(time) => {
            tokio::time::sleep(time).await;
            Some(accept(api))
        }
    }
}

fn accept(api: bool) -> Response {
    if api {
        let us = now_us();
        let ts = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
        Response::json(200, &json!({ "ok": true, "channel": "C0FAKE", "ts": ts }))
    } else {
        Response::text(200, "ok")
    }
}

fn refuse(shared: &Shared, api: bool, error: &str) -> Response {
    lock(&shared.ledger).answers.push(error.to_owned());
    let body = json!({ "ok": false, "error": error });
    match (error, api) {
        ("ratelimited", _) => Response::json(429, &body).header("retry-after", "1"),
        (_, true) => Response::json(200, &body),
        (_, false) => Response::text(400, error),
    }
}

fn check(request: &Request, body: Option<&Value>, api: bool, shared: &Shared) -> Result<(), &'static str> {
    if api {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match token {
            None => return Err("not_authed"),
            Some(token) if token != shared.token => return Err("invalid_auth"),
            Some(_) => {}
        }
    }
    let Some(body) = body else { return Err(if api { "invalid_json" } else { "invalid_payload" }) };
    let channel = body.get("channel").and_then(Value::as_str).unwrap_or_default();
    if api && (channel.is_empty() || !(shared.channels.is_empty() || shared.channels.iter().any(|one| one == channel)))
    {
        return Err("channel_not_found");
    }
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    let blocks = body.get("blocks").and_then(Value::as_array).is_some_and(|blocks| !blocks.is_empty());
    if text.is_empty() && !blocks {
        return Err("no_text");
    }
    if text.chars().count() > 40_000 {
        return Err("msg_too_long");
    }
    let now = Instant::now();
    let mut free_at = lock(&shared.free_at);
    if free_at.get(channel).is_some_and(|free| now < *free) {
        return Err("ratelimited");
    }
    free_at.insert(channel.to_owned(), now + shared.min_gap);
    Ok(())
}

fn keep(shared: &Shared, body: Value) {
    let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = SlackMessage { channel: word("channel"), text: word("text"), at: now_us(), body };
    lock(&shared.ledger).messages.push(message);
}
