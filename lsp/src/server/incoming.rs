//! What an editor sends, message by message. One that cannot be read is told and passed over, where the server itself would end; half of a
//! pair of UTF-16 becomes the sign for what cannot be shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, sleep};
use tower_lsp::jsonrpc::{Request, Response};

/// Bytes of a message that are taken; an editor that sends more has lost its way.
const BYTES_MAX: u64 = 1 << 30;
/// Bytes of a line before a message that are taken at once.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// How long an end waits for the answer to the leave that was taken before it.
const LEAVE_PATIENCE: Duration = Duration::from_secs(2);

/// Hands on what can be read, until the editor ends or nothing more can be handed on. `refused` is told why a message is passed over;
/// `left` is set once the server has let the editor go.
pub async fn forward(
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    refused: impl Fn(String),
    left: &AtomicBool,
) {
    let (mut input, mut asked) = (BufReader::new(input), false);
    loop {
        let length = match header(&mut input).await {
            Ok(Some(length)) => length,
            Ok(None) => return,
            Err(why) => {
                refused(why);
                continue;
            }
        };
        if length > BYTES_MAX {
            return refused(format!("a message of {length} bytes is none"));
        }
        let mut body = Vec::new();
        if !(&mut input).take(length).read_to_end(&mut body).await.is_ok_and(|read| read as u64 == length) {
            return;
        }
        let (body, method) = match readable(body) {
            Ok(read) => read,
            Err(why) => {
                refused(why);
                continue;
            }
        };
        asked |= method == "shutdown";
        if asked && method == "exit" {
            // The end calls off what is not answered yet.
            let until = Instant::now() + LEAVE_PATIENCE;
            while !left.load(Ordering::Relaxed) && Instant::now() < until {
                sleep(Duration::from_millis(5)).await;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let head = format!("Content-Length: {}\r\n\r\n", body.len());
        if output.write_all(head.as_bytes()).await.is_err() || output.write_all(&body).await.is_err() {
            return;
        }
    }
}

/// The length of the next message in bytes; None at the end.
async fn header(input: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Result<Option<u64>, String> {
    let (mut length, mut line) = (None, Vec::new());
    loop {
        line.clear();
        match input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 => {}
            _ => return Ok(None),
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            match length {
                Some(length) => return Ok(Some(length)),
                None => continue,
            }
        }
        match text.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                let parsed = value.trim().parse().map_err(|_| format!("`{text}` tells no length of a message"))?;
                length = Some(parsed);
            }
            // Other headers, such as the type of the content, change nothing.
            Some(_) => {}
            None => return Err("between two messages stands something else".to_owned()),
        }
    }
}

/// The message, if it is one, with its method; an answer has none.
fn readable(body: Vec<u8>) -> Result<(Vec<u8>, String), String> {
    let body = mended(body);
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => {
            let method = request.method().to_owned();
            Ok((body, method))
        }
        Err(_) if serde_json::from_slice::<Response>(&body).is_ok() => Ok((body, String::new())),
        Err(error) => Err(format!("a message cannot be read: {error}")),
    }
}

/// The text with U+FFFD for each escaped half of a pair that has no other half.
fn mended(body: Vec<u8>) -> Vec<u8> {
    let half = |at: usize| {
        let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        (0xD800..=0xDFFF).contains(&code).then_some(code < 0xDC00)
    };
    let (mut at, mut lone) = (0, Vec::new());
    while let Some(next) = body.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += next;
        at += match half(at) {
            Some(true) if half(at + 6) == Some(false) => 12,
            Some(_) => {
                lone.push(at);
                6
            }
            // What stands behind the sign belongs to it, be it the sign itself.
            None => 2,
        };
    }
    let mut body = body;
    for at in lone {
        if let Some(escape) = body.get_mut(at..at + 6) {
            escape.copy_from_slice(b"\\ufffd");
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn forwarded(input: &str) -> (String, usize) {
        let (mut output, refused) = (Vec::new(), std::cell::RefCell::new(0));
        forward(input.as_bytes(), &mut output, |_| *refused.borrow_mut() += 1, &AtomicBool::new(true)).await;
        (String::from_utf8(output).unwrap(), refused.into_inner())
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_passed_over_and_the_rest_is_handed_on() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let bad = [
            framed("{\"jsonrpc\":"),
            framed("[]"),
            framed("{\"jsonrpc\":\"1.0\",\"method\":\"exit\"}"),
            "Content-Length: many\r\n\r\n".to_owned(),
            "lost\n".to_owned(),
        ];
        for bad in bad {
            let (output, refused) = forwarded(&format!("{bad}{good}")).await;
            assert_eq!((output.as_str(), refused), (good.as_str(), 1), "{bad:?}");
        }
        let other = format!("content-type: application/vscode-jsonrpc\r\nCONTENT-LENGTH:{}", &good[15..]);
        assert_eq!(forwarded(&other).await, (good.clone(), 0));
        // A message that is cut is no message.
        assert_eq!(forwarded(&good[..good.len() - 1]).await, (String::new(), 0));
    }

    #[test]
    fn half_of_a_pair_alone_becomes_the_sign_for_what_cannot_be_shown() {
        let mended = |text: &str| String::from_utf8(mended(text.as_bytes().to_vec())).unwrap();
        assert_eq!(mended(r"a\ud83d"), r"a\ufffd");
        assert_eq!(mended(r"\ud83d\ude21"), r"\ud83d\ude21");
        assert_eq!(mended(r"\ude21\ud83d\ud83d\ude21"), r"\ufffd\ufffd\ud83d\ude21");
        assert_eq!(mended(r"\\ud83d\n\ud83dx"), r"\\ud83d\n\ufffdx");
        assert_eq!(mended(r"\ud8"), r"\ud8");
    }
}
