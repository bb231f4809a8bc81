//! Frames of both wires, typed, borrowed from the bytes. The record of a commit stays unread here.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A frame, read as far as the envelope needs it.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    Event(Event<'a>),
    /// A kind that this version does not know, with its sequence number on v2.
    Unknown {
        kind: Cow<'a, str>,
        seq: Option<u64>,
        time_us: Option<u64>,
    },
    Info {
        name: Cow<'a, str>,
        message: Cow<'a, str>,
    },
    /// The last frame of a connection.
    Error {
        name: Cow<'a, str>,
        message: Cow<'a, str>,
    },
}

#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) did: Cow<'a, str>,
    /// None on v1.
    pub(crate) seq: Option<u64>,
    /// Microseconds since 1970 UTC.
    pub(crate) time_us: u64,
    /// None for events about accounts.
    pub(crate) commit: Option<Commit<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Commit<'a> {
    #[serde(borrow, default)]
    pub(crate) rev: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) operation: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) collection: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) cid: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct V1<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: u64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    commit: Option<Commit<'a>>,
}

#[derive(Deserialize)]
struct V2<'a> {
    #[serde(borrow, rename = "$type")]
    frame: Cow<'a, str>,
    #[serde(borrow, default)]
    payload: Option<Payload<'a>>,
    #[serde(borrow, default)]
    error: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow, rename = "$type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(borrow, default)]
    did: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    rev: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    operation: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    collection: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    rkey: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

/// Reads a frame; the error says what is wrong with it.
pub(crate) fn read(bytes: &[u8], v2: bool) -> Result<Frame<'_>, String> {
    if v2 { read_v2(bytes) } else { read_v1(bytes) }
}

fn read_v1(bytes: &[u8]) -> Result<Frame<'_>, String> {
    let frame: V1<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let event = |commit| Event { did: frame.did.clone(), seq: None, time_us: frame.time_us, commit };
    match &*frame.kind {
        "commit" => {
            let commit = frame.commit.ok_or("a commit frame without a commit")?;
            Ok(Frame::Event(Event { did: frame.did, seq: None, time_us: frame.time_us, commit: Some(commit) }))
        }
        "identity" | "account" => Ok(Frame::Event(event(None))),
        _ => Ok(Frame::Unknown { kind: frame.kind, seq: None, time_us: Some(frame.time_us) }),
    }
}

fn read_v2(bytes: &[u8]) -> Result<Frame<'_>, String> {
    let frame: V2<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match &*frame.frame {
        "message" => {}
        "error" => {
            let name = frame.error.unwrap_or(Cow::Borrowed("Unnamed"));
            return Ok(Frame::Error { name, message: frame.message.unwrap_or_default() });
        }
        _ => return Ok(Frame::Unknown { kind: frame.frame, seq: None, time_us: None }),
    }
    let payload = frame.payload.ok_or("a message frame without a payload")?;
    let time = || payload.time.as_deref().and_then(mon_post::time::parse).and_then(|us| u64::try_from(us).ok());
    let kind = payload.kind.rsplit('#').next().unwrap_or_default();
    match kind {
        "info" => {
            Ok(Frame::Info { name: payload.name.unwrap_or_default(), message: payload.message.unwrap_or_default() })
        }
        "commit" | "identity" | "account" | "sync" => {
            let seq = Some(payload.seq.ok_or("an event without `seq`")?);
            let time_us = time().ok_or("an event without a readable `time`")?;
            let is_commit = kind == "commit";
            let did = payload.did.ok_or("an event without `did`")?;
            let commit = is_commit.then_some(()).map(|()| {
                Ok::<_, &str>(Commit {
                    rev: payload.rev.unwrap_or_default(),
                    operation: payload.operation.ok_or("a commit without `operation`")?,
                    collection: payload.collection.ok_or("a commit without `collection`")?,
                    rkey: payload.rkey.ok_or("a commit without `rkey`")?,
                    record: payload.record,
                    cid: payload.cid,
                })
            });
            Ok(Frame::Event(Event { did, seq, time_us, commit: commit.transpose()? }))
        }
        _ => {
            let time_us = time();
            Ok(Frame::Unknown { kind: Cow::Owned(kind.to_owned()), seq: payload.seq, time_us })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_wires_tell_the_same_event() {
        let v1 = br#"{"did":"did:plc:a","time_us":1783175888085434,"kind":"commit","commit":{"rev":"r","operation":"delete","collection":"app.bsky.feed.post","rkey":"k"}}"#;
        let v2 = br#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":9,"did":"did:plc:a","time":"2026-07-04T14:38:08.085434Z","rev":"r","operation":"delete","collection":"app.bsky.feed.post","rkey":"k"}}"#;
        let (Ok(Frame::Event(one)), Ok(Frame::Event(two))) = (read(v1, false), read(v2, true)) else {
            panic!("both are events")
        };
        assert_eq!(one.time_us, two.time_us);
        assert_eq!((one.seq, two.seq), (None, Some(9)));
        assert_eq!(one.commit.unwrap().rkey, two.commit.unwrap().rkey);
    }

    #[test]
    fn a_kind_of_tomorrow_is_no_error() {
        let v2 = br#"{"$type":"message","payload":{"$type":"x#novelty","seq":9,"surprise":[1,{"a":null}]}}"#;
        assert!(matches!(read(v2, true), Ok(Frame::Unknown { seq: Some(9), .. })));
        assert!(matches!(read(br#"{"did":"d","time_us":5,"kind":"novelty"}"#, false), Ok(Frame::Unknown { .. })));
    }

    #[test]
    fn the_end_is_an_error_frame() {
        let frame = br#"{"$type":"error","error":"ConsumerTooSlow","message":"reconnect with cursor=42"}"#;
        assert!(matches!(read(frame, true), Ok(Frame::Error { name, .. }) if name == "ConsumerTooSlow"));
    }

    #[test]
    fn half_a_frame_is_an_error_that_says_so() {
        assert!(read(br#"{"did":"did:plc:a","time_us":17831"#, false).is_err());
        assert!(read(b"{}", true).is_err());
        assert!(read(b"", true).is_err());
        assert!(read(b"<html>", false).is_err());
    }
}
