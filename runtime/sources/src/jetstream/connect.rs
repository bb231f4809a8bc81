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

/// What a v2 host says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    message: String,
}

/// Connects to `url`. `asked` is the sequence number that it names, `epoch` the host's name in cursors, `time_us` the
/// time of the cursor that it goes on from.
pub(super) async fn dial(url: &str, epoch: &str, asked: Option<u64>, time_us: u64) -> Result<Socket, SourceError> {
    // A second call is refused and harmless: the provider is the process's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
    match connect_async_with_config(url, Some(config), true).await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => Err(refused(url, epoch, asked, time_us, &response).await),
        Err(WsError::Url(error)) => Err(SourceError::Config(format!("`{url}` is no address of a host: {error}"))),
        Err(error) => Err(SourceError::Transient(format!("no connection to `{epoch}`: {error}"))),
    }
}

async fn refused(
    url: &str,
    epoch: &str,
    asked: Option<u64>,
    time_us: u64,
    response: &Response<Option<Vec<u8>>>,
) -> SourceError {
    let status = response.status();
    let told = |body: &str| format!("`{epoch}` answered {status}: {}", body.trim());
    match status.as_u16() {
        400 => {
            let mut body = text(response.body().as_deref());
            if serde_json::from_str::<Refusal>(&body).is_err() {
                // The handshake reads only as much of the answer as came with its head.
                body = fetch(url).await.unwrap_or(body);
            }
            match serde_json::from_str::<Refusal>(&body) {
                Ok(refusal) if refusal.error == "CursorTooOld" => {
                    SourceError::CursorExpired { oldest: floor(&refusal.message, asked, epoch, time_us) }
                }
                Ok(refusal) => SourceError::Config(told(&format!("{} {}", refusal.error, refusal.message))),
                Err(_) if body.trim().is_empty() => SourceError::Transient(told("no reason given")),
                Err(_) => SourceError::Config(told(&body)),
            }
        }
        401 => SourceError::Auth(told("")),
        403 => SourceError::Forbidden(told("")),
        429 => SourceError::RateLimited { until: retry_after(response), scope: epoch.to_owned() },
        _ => SourceError::Transient(told(&text(response.body().as_deref()))),
    }
}

fn text(body: Option<&[u8]>) -> String {
    String::from_utf8_lossy(body.unwrap_or_default()).chars().take(500).collect()
}

/// The same question over plain HTTP, to read the whole refusal.
async fn fetch(url: &str) -> Option<String> {
    let url = url.replacen("ws", "http", 1);
    let client = reqwest::Client::builder().timeout(REFUSAL_TIMEOUT).build().ok()?;
    client.get(url).send().await.ok()?.text().await.ok()
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

    #[test]
    fn the_floor_is_the_number_that_was_not_asked_for() {
        let seq = |message: &str| floor(message, Some(120), "host", 9).map(|cursor| cursor.order);
        assert_eq!(seq("cursor 120 is below the retention floor; oldest available seq is 4711"), Some(4711));
        assert_eq!(seq("seq 4711 is the floor, 120 was asked"), Some(4711));
        assert_eq!(seq("too old"), None);
    }
}
