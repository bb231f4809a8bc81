//! One connection: frames into items, with the cursor that each of them reaches, and the losses that only the
//! connection can see.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio_tungstenite::tungstenite::Message;

use super::connect::Socket;
use super::cursor::{Start, Token, V1_LOOKBACK_US, V1_REWIND_US};
use super::frame::{Event, Frame, read};
use super::{Memory, POST, WIRE_V1, WIRE_V2, now_us};
use crate::contract::{Cursor, Envelope, GapReason, Item, Notice, Op, Resume};
use crate::error::SourceError;

pub(super) struct Connection {
    socket: Socket,
    epoch: String,
    v2: bool,
    /// The cursor that it goes on from.
    from: Option<Cursor>,
    /// The first event at or beyond it ends the stream.
    until: Option<Cursor>,
    start: Start,
    /// As far as the stream is: never falls.
    reached: Option<Cursor>,
    /// Order of the last event as it came: on v1 it may lie before what was reached.
    last: Option<u64>,
    /// A frame could not be read, twice: the gap ends with the next event.
    broken: bool,
    any: bool,
    /// The host said that it no longer keeps what it was asked for.
    outdated: bool,
    ready: VecDeque<Item>,
    ended: bool,
    memory: Arc<Mutex<Memory>>,
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        epoch: &str,
        v2: bool,
        from: Resume,
        start: Start,
        live: Option<Cursor>,
        memory: Arc<Mutex<Memory>>,
    ) -> Self {
        let until = match &from {
            Resume::Between(_, until) => Some(until.clone()),
            Resume::Live | Resume::Earliest | Resume::After(_) => None,
        };
        let from = from.reached().cloned();
        // On its own host the cursor goes on from where it was; elsewhere its order means nothing.
        let reached = from.clone().filter(|_| start.same_host);
        let ready = live.into_iter().map(Item::Progress).collect();
        Self {
            socket,
            epoch: epoch.to_owned(),
            v2,
            from,
            until,
            start,
            reached,
            last: None,
            broken: false,
            any: false,
            outdated: false,
            ready,
            ended: false,
            memory,
        }
    }

    pub(super) fn into_stream(self) -> BoxStream<'static, Result<Item, SourceError>> {
        futures::stream::unfold(self, |mut connection| async {
            let item = connection.next().await?;
            Some((item, connection))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<Item, SourceError>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.ended {
                return None;
            }
            let lost = |why: String| Some(Err(SourceError::Transient(why)));
            let error = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => self.frame(Bytes::from(text)),
                Some(Ok(Message::Binary(bytes))) => self.frame(bytes),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map(|frame| frame.to_string()).unwrap_or_default();
                    return lost(format!("`{}` closed the connection {why}", self.epoch));
                }
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
                Some(Err(error)) => return lost(format!("the connection to `{}` broke: {error}", self.epoch)),
                None => return lost(format!("the connection to `{}` ended", self.epoch)),
            };
            if let Err(error) = error {
                return Some(Err(error));
            }
        }
    }

    fn frame(&mut self, payload: Bytes) -> Result<(), SourceError> {
        match read(&payload, self.v2) {
            Ok(Frame::Event(event)) => {
                let envelope = self.envelope(&event, payload.clone());
                self.event(envelope, event.seq, event.time_us);
                Ok(())
            }
            Ok(Frame::Unknown { kind, seq, time_us }) => {
                self.ready.push_back(Item::Notice(Notice::UnknownKind(kind.into_owned())));
                if let (Some(time_us), true) = (time_us, seq.is_some() || !self.v2) {
                    let cursor = self.advance(seq, time_us);
                    self.ready.push_back(Item::Progress(cursor));
                }
                Ok(())
            }
            Ok(Frame::Info { name, message }) => {
                self.info(&name, &message);
                Ok(())
            }
            Ok(Frame::Error { name, message }) => {
                Err(SourceError::Transient(format!("`{}` ends the stream: {name} {message}", self.epoch)))
            }
            Err(why) => self.unreadable(&why),
        }
    }

    fn event(&mut self, envelope: Envelope, seq: Option<u64>, time_us: u64) {
        if !self.any {
            self.any = true;
            self.memory().barren = 0;
            self.check_first(&envelope.cursor, time_us);
        }
        let order = seq.unwrap_or(time_us);
        if std::mem::take(&mut self.broken) {
            self.ready.push_back(self.unreadable_gap(order, time_us));
        }
        self.last = Some(order);
        if let Some(until) = &self.until
            && until.epoch == envelope.cursor.epoch
            && envelope.cursor.order >= until.order
        {
            self.ended = true;
            if envelope.cursor.order > until.order {
                return;
            }
        }
        self.ready.push_back(Item::Event(envelope));
    }

    /// A server clamps a time that is too old: v1 without a word, v2 with a notice. But it was asked for what was
    /// received already, and more: when its first event lies behind that, what lies between is lost.
    fn check_first(&mut self, first: &Cursor, time_us: u64) {
        let Some(from) = self.from.as_ref().filter(|from| !from.epoch.is_empty()) else { return };
        let Some(token) = Token::parse(&from.token) else { return };
        let too_old = self.outdated || !self.v2 && now_us().saturating_sub(token.time_us) > V1_LOOKBACK_US;
        let skipped = !self.v2 && self.start.same_host;
        if time_us > token.time_us && (too_old || skipped) {
            let (from, to) = (Some(from.clone()), Some(first.clone()));
            let why = if too_old { GapReason::Expired } else { GapReason::Skipped };
            self.ready.push_back(Item::Gap { from, to, why });
        }
    }

    fn info(&mut self, name: &str, message: &str) {
        self.outdated |= name == "OutdatedCursor";
        self.ready.push_back(Item::Notice(Notice::Server { name: name.to_owned(), message: message.to_owned() }));
    }

    /// The first time, the connection is made again, which repairs a broken transfer. When the same place breaks
    /// again, it is a gap.
    fn unreadable(&mut self, why: &str) -> Result<(), SourceError> {
        if self.broken {
            return Ok(());
        }
        let order = self.last.or(self.start.cursor).unwrap_or_default();
        let place = Some((self.epoch.clone(), order));
        let again = self.memory().suspect == place;
        self.memory().suspect = if again { None } else { place };
        if again {
            self.broken = true;
            return Ok(());
        }
        Err(SourceError::Transient(format!("`{}` sent a frame that can't be read: {why}", self.epoch)))
    }

    /// What can't be read lies between two events, on v1 up to its disorder around them. The tokens name the events
    /// themselves, so that going on from the gap's end skips nothing.
    fn unreadable_gap(&self, next: u64, time_us: u64) -> Item {
        let around = if self.v2 { 0 } else { V1_REWIND_US };
        let cursor = |order: u64, seq: u64, time_us: u64| {
            let seq = self.v2.then_some(seq);
            Cursor { order, token: Token { seq, time_us }.write(), epoch: self.epoch.clone() }
        };
        let last_time = |last| if self.v2 { time_us } else { last };
        let from = self.last.map(|last| cursor(last.saturating_sub(around), last, last_time(last)));
        let to = cursor(next.saturating_add(around), next, time_us.min(now_us()));
        Item::Gap { from: from.or_else(|| self.from.clone()), to: Some(to), why: GapReason::Unreadable }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cursor that an event reaches: the furthest so far.
    fn advance(&mut self, seq: Option<u64>, time_us: u64) -> Cursor {
        let order = seq.unwrap_or(time_us);
        if let Some(reached) = self.reached.as_ref().filter(|reached| reached.order >= order) {
            return reached.clone();
        }
        // A time in the future would skip what comes before it, on another host.
        let time_us = if self.v2 { time_us.min(now_us()) } else { time_us };
        let cursor = Cursor { order, token: Token { seq, time_us }.write(), epoch: self.epoch.clone() };
        self.reached = Some(cursor.clone());
        cursor
    }

    fn envelope(&mut self, event: &Event<'_>, payload: Bytes) -> Envelope {
        let cursor = self.advance(event.seq, event.time_us);
        let (op, native_id) = match &event.commit {
            None => (Op::Account, event.did.to_string()),
            Some(commit) => {
                let op = match &*commit.operation {
                    "delete" => Op::Deleted,
                    "update" => Op::Updated,
                    _ if commit.collection == POST => Op::Created,
                    _ => Op::Engaged,
                };
                (op, format!("at://{}/{}/{}", event.did, commit.collection, commit.rkey))
            }
        };
        Envelope {
            op,
            native_id,
            cursor,
            occurred: UNIX_EPOCH.checked_add(Duration::from_micros(event.time_us)),
            received: SystemTime::now(),
            media_type: "application/json",
            wire: if self.v2 { WIRE_V2 } else { WIRE_V1 },
            payload,
            tags: Vec::new(),
        }
    }
}
