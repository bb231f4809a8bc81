//! Dials a Jetstream host and sorts its refusals into classes of errors.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, http};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::cursor::Token;
use crate::contract::Cursor;
use crate::error::SourceError;

/// A frame larger than this ends the connection; records are at most 1 MiB.
pub const FRAME_BYTES_MAX: usize = 16 << 20;
/// Reading the body of a refusal takes no longer.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Refusals that say that we ask wrongly: asking again, or another host, gives the same answer.
const WRONG_QUESTIONS: [&str; 2] = ["InvalidRequest", "UnknownZstdDictionary"];

/// Why a host was not reached.
#[derive(Debug)]
pub(super) struct NoSocket {
    pub(super) error: SourceError,
    /// The host answers with something that no Jetstream says: better ask the next one.
    pub(super) leave: bool,
}

impl From<SourceError> for NoSocket {
    fn from(error: SourceError) -> Self {
        Self { error, leave: false }
    }
}

/// What a v2 host says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    message: String,
}

/// Connects to `url`. `asked` is the sequence number that it names, `epoch` the host's name in cursors, `time_us` the
/// time of the cursor that it goes on from.
pub(super) async fn dial(url: &str, epoch: &str, asked: Option<u64>, time_us: u64) -> Result<Socket, NoSocket> {
    // A second call is refused and harmless: the provider is the process's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
    match connect_async_with_config(url, Some(config), true).await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => {
            let body = text(response.body().as_deref());
            let refusal = match Refusal::parse(&body) {
                None if response.status() == 400 => rest_of(url, &body, announced(&response)).await,
                told => told,
            };
            Err(refused(epoch, asked, time_us, &response, &body, refusal))
        }
        Err(WsError::Url(error)) => Err(SourceError::Config(format!("`{epoch}` is no host: {error}")).into()),
        Err(error) => Err(SourceError::Transient(format!("no connection to `{epoch}`: {error}")).into()),
    }
}

impl Refusal {
    fn parse(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

/// Sorts an answer that is no upgrade. Whatever else answers in a host's place, such as a proxy before it, says nothing
/// about our question.
fn refused(
    epoch: &str,
    asked: Option<u64>,
    time_us: u64,
    response: &Response<Option<Vec<u8>>>,
    body: &str,
    refusal: Option<Refusal>,
) -> NoSocket {
    let status = response.status();
    let told = |body: &str| {
        let body = if body.trim().is_empty() { "no reason given" } else { body.trim() };
        format!("`{epoch}` answered {status}: {body}")
    };
    match (status.as_u16(), refusal) {
        (400, Some(refusal)) if refusal.error == "CursorTooOld" => {
            SourceError::CursorExpired { oldest: floor(&refusal.message, asked, epoch, time_us) }.into()
        }
        (400, Some(refusal)) if WRONG_QUESTIONS.contains(&refusal.error.as_str()) => {
            SourceError::Config(told(&format!("{} {}", refusal.error, refusal.message))).into()
        }
        (401, _) => SourceError::Auth(told(body)).into(),
        (403, _) => SourceError::Forbidden(told(body)).into(),
        (429, _) => SourceError::RateLimited { until: retry_after(response), scope: epoch.to_owned() }.into(),
        (500.., _) => SourceError::Transient(told(body)).into(),
        _ => NoSocket { error: SourceError::Transient(told(body)), leave: true },
    }
}

/// Bytes that the answer's body has, where its head says so.
fn announced(response: &Response<Option<Vec<u8>>>) -> Option<usize> {
    response.headers().get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The handshake reads only as much of an answer as came with its head: asks the same over plain HTTP, and takes that
/// only for the rest of an answer that begins in the same way.
async fn rest_of(url: &str, begun: &str, length: Option<usize>) -> Option<Refusal> {
    if length.is_some_and(|length| begun.len() >= length) {
        return None;
    }
    let url = url.replacen("ws", "http", 1);
    let client = reqwest::Client::builder().timeout(REFUSAL_TIMEOUT).build().ok()?;
    let whole = client.get(url).send().await.ok()?.text().await.ok()?;
    let same = if begun.is_empty() { length == Some(whole.len()) } else { whole.starts_with(begun) };
    Refusal::parse(&whole).filter(|_| same)
}

fn text(body: Option<&[u8]>) -> String {
    String::from_utf8_lossy(body.unwrap_or_default()).chars().take(500).collect()
}

fn retry_after(response: &Response<Option<Vec<u8>>>) -> Option<SystemTime> {
    let seconds = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    SystemTime::now().checked_add(Duration::from_secs(seconds))
}

/// The oldest sequence number that the host keeps: the largest number in its message, beyond the one asked for.
fn floor(message: &str, asked: Option<u64>, epoch: &str, time_us: u64) -> Option<Cursor> {
    let numbers = message.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u64>().ok());
    let seq = numbers.filter(|number| asked.is_none_or(|asked| *number > asked)).max()?;
    let token = Token { seq: Some(seq), time_us }.write();
    Some(Cursor { order: seq, token, epoch: epoch.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> NoSocket {
        let response = Response::builder().status(status).body(Some(body.as_bytes().to_vec())).unwrap();
        refused("host", None, 0, &response, body, Refusal::parse(body))
    }

    #[test]
    fn only_a_refusal_that_names_a_wrong_question_ends_the_source() {
        let wrong = answer(400, r#"{"error":"InvalidRequest","message":"use dids"}"#);
        assert!(matches!(wrong.error, SourceError::Config(_)) && !wrong.leave);
        for body in ["<html>upstream connect error</html>", "", r#"{"error":"Overloaded","message":"later"}"#] {
            let other = answer(400, body);
            assert!(matches!(other.error, SourceError::Transient(_)) && other.leave, "{body}");
        }
        let shown = answer(400, "<html>upstream connect error</html>").error.to_string();
        assert_eq!(shown, "`host` answered 400 Bad Request: <html>upstream connect error</html>");
        assert!(!answer(503, "busy").leave, "a host that is busy is asked again");
    }

    #[test]
    fn the_floor_is_the_number_that_was_not_asked_for() {
        let seq = |message: &str| floor(message, Some(120), "host", 9).map(|cursor| cursor.order);
        assert_eq!(seq("cursor 120 is below the retention floor; oldest available seq is 4711"), Some(4711));
        assert_eq!(seq("seq 4711 is the floor, 120 was asked"), Some(4711));
        assert_eq!(seq("too old"), None);
    }
}
