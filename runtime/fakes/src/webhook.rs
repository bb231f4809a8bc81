//! A receiver of signed webhooks as Standard Webhooks describes it.
//! It verifies `webhook-id`, `webhook-timestamp` and `webhook-signature`, answers by script and counts what it kept.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use tokio::io::BufReader;
use tokio::net::TcpStream;

use crate::http::{Request, Response, read_request};
use crate::script::{Answer, Player, Script};
use crate::server::Server;
use crate::{lock, now_us};

/// A timestamp further from now than this is refused, as the specification advises.
const TOLERANCE_S: i64 = 300;

/// One request, as it was received and answered.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// `webhook-id`, empty when the sender gave none.
    pub id: String,
    pub body: String,
    pub verified: bool,
    /// What is wrong with the request, None when it was answered by script.
    pub refused: Option<String>,
    /// The script's answer, as the script writes it.
    pub answer: String,
    /// The receiver has the message, whatever the sender was told.
    pub committed: bool,
    /// Microseconds since 1970 UTC.
    pub at: i64,
}

/// How often a message came and how often it was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IdCount {
    pub attempts: u64,
    pub committed: u64,
}

/// Everything that was received, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WebhookLedger {
    pub attempts: Vec<Attempt>,
}

impl WebhookLedger {
    /// Counts by `webhook-id`.
    #[must_use]
    pub fn ids(&self) -> BTreeMap<String, IdCount> {
        let mut ids: BTreeMap<String, IdCount> = BTreeMap::new();
        for attempt in &self.attempts {
            let count = ids.entry(attempt.id.clone()).or_default();
            count.attempts += 1;
            count.committed += u64::from(attempt.committed);
        }
        ids
    }

    /// Requests that were refused for their form or signature.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.refused.is_some()).count()
    }

    /// Bodies that were kept, the first of each id, in order.
    #[must_use]
    pub fn bodies(&self) -> Vec<&str> {
        let mut seen = std::collections::BTreeSet::new();
        let kept = self.attempts.iter().filter(|attempt| attempt.committed);
        kept.filter(|attempt| seen.insert(attempt.id.as_str())).map(|attempt| attempt.body.as_str()).collect()
    }
}

struct Shared {
    secret: Vec<u8>,
    script: Player,
    ledger: Mutex<WebhookLedger>,
}

/// A running receiver; it stops when dropped.
pub struct FakeWebhook {
    server: Server,
    shared: Arc<Shared>,
}

impl FakeWebhook {
    /// Starts on a free port. `secret` is `whsec_` and base64.
    pub async fn start(secret: &str, script: Script) -> io::Result<Self> {
        Self::start_on(0, secret, script).await
    }

    /// Starts on `port` of 127.0.0.1.
    pub async fn start_on(port: u16, secret: &str, script: Script) -> io::Result<Self> {
        let secret = decode_secret(secret)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a secret is `whsec_` and base64"))?;
        let shared = Arc::new(Shared { secret, script: Player::new(script), ledger: Mutex::default() });
        let for_server = Arc::clone(&shared);
        let server = Server::start(port, move |stream, _| serve(stream, Arc::clone(&for_server))).await?;
        Ok(Self { server, shared })
    }

    /// Where to post.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.server.addr())
    }

    /// Where a GET reads the counts by id as JSON.
    #[must_use]
    pub fn ledger_url(&self) -> String {
        format!("http://{}/ledger", self.server.addr())
    }

    /// What was received so far.
    #[must_use]
    pub fn ledger(&self) -> WebhookLedger {
        lock(&self.shared.ledger).clone()
    }
}

fn decode_secret(secret: &str) -> Option<Vec<u8>> {
    BASE64.decode(secret.strip_prefix("whsec_")?).ok().filter(|bytes| !bytes.is_empty())
}

/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, None when `secret` is not `whsec_` and base64.
#[must_use]
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mac = mac(&decode_secret(secret)?, id, &timestamp.to_string(), body)?;
    Some(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

fn mac(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256>>::new_from_slice(secret).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

fn verify(secret: &[u8], request: &Request) -> Result<(), &'static str> {
    let id = request.header("webhook-id").filter(|id| !id.is_empty()).ok_or("no webhook-id")?;
    let timestamp = request.header("webhook-timestamp").ok_or("no webhook-timestamp")?;
    let seconds: i64 = timestamp.parse().map_err(|_| "webhook-timestamp is no number of seconds")?;
    if (seconds - now_us() / 1_000_000).abs() > TOLERANCE_S {
        return Err("webhook-timestamp is too far from now");
    }
    let signatures = request.header("webhook-signature").ok_or("no webhook-signature")?;
    let good = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|signature| {
        let (Ok(signature), Some(mac)) = (BASE64.decode(signature), mac(secret, id, timestamp, &request.body)) else {
            return false;
        };
        mac.verify_slice(&signature).is_ok()
    });
    if good { Ok(()) } else { Err("no signature fits") }
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
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/ledger") => {
            let ledger = lock(&shared.ledger);
            return Some(Response::json(200, &serde_json::json!({ "ids": ledger.ids(), "refused": ledger.refused() })));
        }
        ("POST", _) => {}
        _ => return Some(Response::text(405, "post a message, or get /ledger")),
    }
    let refused = verify(&shared.secret, request).err();
    let answer = if refused.is_some() { Answer::Status(401) } else { shared.script.next() };
    let committed = match answer {
        Answer::Ok | Answer::Slow(_) | Answer::CommitThenDrop => true,
        Answer::Status(status) => (200..300).contains(&status),
        Answer::RetryAfter(..) | Answer::DropBefore => false,
    };
    lock(&shared.ledger).attempts.push(Attempt {
        id: request.header("webhook-id").unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        verified: refused.is_none(),
        refused: refused.map(str::to_owned),
        answer: answer.to_string(),
        committed,
        at: now_us(),
    });
    match answer {
        Answer::Ok => Some(Response::text(200, "")),
        Answer::Status(status) => Some(Response::text(status, refused.unwrap_or(""))),
        Answer::RetryAfter(status, seconds) => {
            Some(Response::text(status, "").header("retry-after", seconds.to_string()))
        }
        Answer::Slow(time) => {
            tokio::time::sleep(time).await;
            Some(Response::text(200, ""))
        }
        Answer::DropBefore | Answer::CommitThenDrop => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// Posts one message on a connection of its own; the status line, empty when the receiver hung up.
    async fn post(fake: &FakeWebhook, id: &str, secret: &str) -> String {
        let at = now_us() / 1_000_000;
        let signature = sign(secret, id, at, b"{}").unwrap();
        let request = format!(
            "POST /hook HTTP/1.1\r\nwebhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        let mut stream = TcpStream::connect(fake.server.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let body = br#"{"test": 2432232314}"#;
        let signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[tokio::test]
    async fn the_ledger_knows_what_was_kept_whatever_was_answered() {
        let script = Script::parse("500, commit_then_drop, 503:2, drop_before").unwrap();
        let fake = FakeWebhook::start(SECRET, script).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(post(&fake, "a", SECRET).await);
        }
        let status =
            ["HTTP/1.1 500 Internal Server Error", "", "HTTP/1.1 503 Service Unavailable", "", "HTTP/1.1 200 OK"];
        assert_eq!(answers, status);
        assert_eq!(post(&fake, "b", "whsec_d3Jvbmc=").await, "HTTP/1.1 401 Unauthorized");
        let ledger = fake.ledger();
        assert_eq!(ledger.ids().get("a"), Some(&IdCount { attempts: 5, committed: 2 }));
        assert_eq!((ledger.refused(), ledger.bodies()), (1, vec!["{}"]));
    }
}
