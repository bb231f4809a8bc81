//! The server's side of a WebSocket, frame by frame.
//! A library would never send half a frame; this one can, because that is what a dying server does.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Larger frames from a client end the connection.
const CLIENT_FRAME_MAX: u64 = 1 << 20;

/// The head that accepts an upgrade, for the client's `Sec-WebSocket-Key`.
pub(crate) fn accept_head(key: &str) -> String {
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PONG: u8 = 10;

/// Appends a whole frame to `out`.
pub(crate) fn frame(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(0x80 | opcode);
    match payload.len() {
        length @ 0..=125 => out.push(u8::try_from(length).unwrap_or(0)),
        length => {
            if let Ok(short) = u16::try_from(length) {
                out.push(126);
                out.extend_from_slice(&short.to_be_bytes());
            } else {
                out.push(127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
    }
    out.extend_from_slice(payload);
}

/// A close frame's payload.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    payload
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientFrame {
    Data,
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// Reads one frame of a client; its payload is unmasked only where it is echoed.
pub(crate) async fn read_frame<R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<ClientFrame> {
    let opcode = stream.read_u8().await? & 0x0f;
    let length = stream.read_u8().await?;
    if length & 0x80 == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a client's frames are masked"));
    }
    let length = match length & 0x7f {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        short => u64::from(short),
    };
    if length > CLIENT_FRAME_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too large"));
    }
    let mut mask = [0; 4];
    stream.read_exact(&mut mask).await?;
    let mut payload = vec![0; usize::try_from(length).unwrap_or(0)];
    stream.read_exact(&mut payload).await?;
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Ok(match opcode {
        8 => ClientFrame::Close,
        9 => ClientFrame::Ping(payload),
        10 => ClientFrame::Pong,
        _ => ClientFrame::Data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_masked_ping_is_read_back() {
        let bytes = [0x89, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2];
        assert_eq!(read_frame(&mut bytes.as_slice()).await.unwrap(), ClientFrame::Ping(b"hi".to_vec()));
    }

    #[test]
    fn the_length_takes_the_shortest_form() {
        for (length, head) in [(5, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = Vec::new();
            frame(TEXT, &vec![b'x'; length], &mut out);
            assert_eq!(out.len(), head + length);
        }
    }
}
