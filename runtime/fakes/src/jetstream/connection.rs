//! One connection: the request, the upgrade, the frames, and the faults among them.
//! It reads the shared log at its own pace, as a real server's fan-out does.

use std::io;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::Shared;
use super::event::Event;
use super::faults::Faults;
use super::ledger::Asked;
use super::subscribe::{Plan, Wire, asked_cursor, plan, refuse};
use crate::http::{Request, Response, read_request};
use crate::lock;
use crate::ws::{self, ClientFrame};

/// Events that are written before the next look at the client.
const CHUNK: usize = 64;

pub(super) async fn serve(stream: TcpStream, number: u64, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut stream).await {
        let wire = match request.path.as_str() {
            "/subscribe" if shared.v1 => Wire::V1,
            "/xrpc/network.bsky.jetstream.subscribeEvents" if shared.v2 => Wire::V2,
            path => {
                let response =
                    if path == "/ledger" { ledger(&request, &shared) } else { Response::text(404, "not found") };
                if response.write(&mut stream).await.is_err() {
                    return;
                }
                continue;
            }
        };
        match admit(&request, wire, number, &shared) {
            Err(response) => {
                if response.write(&mut stream).await.is_err() {
                    return;
                }
            }
            Ok((plan, key, at)) => {
                shared.client_seen.send_replace(true);
                let ended = Subscription::new(stream, plan, number, at, Arc::clone(&shared)).run(&key).await;
                note_end(&shared, at, ended.unwrap_or("client"));
                return;
            }
        }
    }
}

fn ledger(request: &Request, shared: &Shared) -> Response {
    let log = lock(&shared.log);
    if request.parameters().iter().any(|(key, value)| key == "sums" && value == "true") {
        return Response::json(200, &log.ledger.sums());
    }
    Response::json(200, &log.ledger)
}

/// The plan, the client's key and the request's place in the ledger, or the refusal.
fn admit(request: &Request, wire: Wire, number: u64, shared: &Shared) -> Result<(Plan, String, usize), Response> {
    let mut rng = SmallRng::seed_from_u64(shared.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 1);
    let faults = *lock(&shared.faults);
    let cursor = asked_cursor(request);
    let note = |status: u16, ended: &'static str| {
        let (path, query) = (request.path.clone(), request.query.clone());
        let mut log = lock(&shared.log);
        log.ledger.asked.push(Asked { path, query, cursor, status, frames: 0, ended });
        log.ledger.asked.len() - 1
    };
    if rng.random_bool(faults.refuse) {
        let status = *[500, 502, 503, 504].choose(&mut rng).unwrap_or(&503);
        note(status, "refused");
        return Err(refuse(wire, (status, "ServiceUnavailable", "service not ready".to_owned())));
    }
    let Some(key) = request.header("sec-websocket-key").map(str::to_owned) else {
        note(400, "refused");
        return Err(refuse(wire, (400, "InvalidRequest", "this is a WebSocket endpoint".to_owned())));
    };
    let expire_by = if cursor.is_some() && rng.random_bool(faults.expire) { rng.random_range(2..20) } else { 0 };
    match plan(request, wire, expire_by, shared) {
        Ok(plan) => Ok((plan, key, note(101, ""))),
        Err(refusal) => {
            note(refusal.0, "refused");
            Err(refuse(wire, refusal))
        }
    }
}

fn note_end(shared: &Shared, at: usize, ended: &'static str) {
    if let Some(asked) = lock(&shared.log).ledger.asked.get_mut(at) {
        asked.ended = ended;
    }
}

struct Subscription {
    read: Option<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
    out: Vec<u8>,
    plan: Plan,
    next: u64,
    at: usize,
    frames: u64,
    rng: SmallRng,
    shared: Arc<Shared>,
}

/// How a connection goes on after a frame.
type Step = io::Result<Option<&'static str>>;

impl Subscription {
    fn new(stream: BufReader<TcpStream>, plan: Plan, number: u64, at: usize, shared: Arc<Shared>) -> Self {
        let (read, write) = stream.into_inner().into_split();
        let rng = SmallRng::seed_from_u64(shared.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let next = plan.start;
        Self { read: Some(BufReader::new(read)), write, out: Vec::new(), plan, next, at, frames: 0, rng, shared }
    }

    /// Why the connection ended.
    async fn run(mut self, key: &str) -> io::Result<&'static str> {
        self.write.write_all(ws::accept_head(key).as_bytes()).await?;
        if let Some((name, message)) = self.plan.info.take() {
            let payload = serde_json::json!({
                "$type": "message",
                "payload": { "$type": "network.bsky.jetstream.subscribeEvents#info", "name": name, "message": message },
            });
            ws::frame(ws::TEXT, payload.to_string().as_bytes(), &mut self.out);
        }
        let mut client = self.listen();
        let mut grown = self.shared.grown.subscribe();
        let mut generation = self.shared.generation.subscribe();
        loop {
            grown.borrow_and_update();
            let ended = self.write_chunk().await?;
            self.flush().await?;
            if let Some(ended) = ended {
                return Ok(ended);
            }
            let idle = self.next >= *grown.borrow();
            tokio::select! {
                biased;
                _ = generation.changed() => return Ok("dropped"),
                frame = client.recv() => if let Some(ended) = self.answer(frame).await? { return Ok(ended) },
                changed = grown.changed(), if idle => if changed.is_err() { return Ok("stopped") },
                () = std::future::ready(()), if !idle => {}
            }
        }
    }

    /// Reads what the client says in a task of its own, which ends with the connection.
    fn listen(&mut self) -> mpsc::Receiver<ClientFrame> {
        let (sender, receiver) = mpsc::channel(8);
        if let Some(mut read) = self.read.take() {
            tokio::spawn(async move {
                while let Ok(frame) = ws::read_frame(&mut read).await {
                    if sender.send(frame).await.is_err() {
                        return;
                    }
                }
            });
        }
        receiver
    }

    async fn answer(&mut self, frame: Option<ClientFrame>) -> Step {
        match frame {
            None => return Ok(Some("client")),
            Some(ClientFrame::Ping(payload)) => ws::frame(ws::PONG, &payload, &mut self.out),
            Some(ClientFrame::Pong) => {}
            // v1 takes filter updates, which no source of ours sends; v2 is push only.
            Some(ClientFrame::Data) if self.plan.wire == Wire::V1 => {}
            Some(ClientFrame::Data) => {
                ws::frame(ws::CLOSE, &ws::close_payload(1008, "this endpoint is server-push only"), &mut self.out);
                self.flush().await?;
                return Ok(Some("data from client"));
            }
            Some(ClientFrame::Close) => {
                ws::frame(ws::CLOSE, &ws::close_payload(1000, ""), &mut self.out);
                self.flush().await?;
                return Ok(Some("client"));
            }
        }
        self.flush().await?;
        Ok(None)
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.write.write_all(&self.out).await?;
            self.out.clear();
        }
        if let Some(asked) = lock(&self.shared.log).ledger.asked.get_mut(self.at) {
            asked.frames = self.frames;
        }
        Ok(())
    }

    async fn write_chunk(&mut self) -> Step {
        let faults = *lock(&self.shared.faults);
        let chunk = lock(&self.shared.log).read(self.next, CHUNK);
        let Some(chunk) = chunk else { return self.too_slow() };
        for event in chunk {
            self.next = event.seq + 1;
            if !self.plan.filter.wants(&event) {
                continue;
            }
            let Some(text) = self.text(&event) else { continue };
            if let Some(ended) = self.misbehave(&faults, &text).await? {
                return Ok(Some(ended));
            }
            if self.rng.random_bool(faults.garbage) {
                self.garbage(&text);
                continue;
            }
            ws::frame(ws::TEXT, text.as_bytes(), &mut self.out);
            self.frames += 1;
            if self.rng.random_bool(faults.duplicate) {
                self.repeat(&event);
            }
        }
        Ok(None)
    }

    fn text(&self, event: &Event) -> Option<String> {
        match self.plan.wire {
            Wire::V1 => event.v1(),
            Wire::V2 => Some(event.v2()),
        }
    }

    /// Faults that come before a frame; Some ends the connection.
    async fn misbehave(&mut self, faults: &Faults, text: &str) -> Step {
        if self.rng.random_bool(faults.stall) {
            self.flush().await?;
            sleep(faults.stall_for).await;
        }
        if self.rng.random_bool(faults.cut) {
            let mut whole = Vec::new();
            ws::frame(ws::TEXT, text.as_bytes(), &mut whole);
            whole.truncate(whole.len() / 2);
            self.out.append(&mut whole);
            return Ok(Some("cut"));
        }
        if self.rng.random_bool(faults.close) {
            ws::frame(ws::CLOSE, &ws::close_payload(1001, "going away"), &mut self.out);
            return Ok(Some("close"));
        }
        if self.plan.wire == Wire::V2 && self.rng.random_bool(faults.too_slow) {
            return self.too_slow();
        }
        Ok(None)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it ends a step as the other faults do")]
    fn too_slow(&mut self) -> Step {
        if self.plan.wire == Wire::V2 {
            let message = format!("reading below the floor rate; reconnect with cursor={}", self.next);
            let error = serde_json::json!({ "$type": "error", "error": "ConsumerTooSlow", "message": message });
            ws::frame(ws::TEXT, error.to_string().as_bytes(), &mut self.out);
        }
        ws::frame(ws::CLOSE, &ws::close_payload(1008, "consumer too slow"), &mut self.out);
        Ok(Some("too slow"))
    }

    fn garbage(&mut self, text: &str) {
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        let pieces = [half.as_str(), "<html>502 Bad Gateway</html>", "{}", ""];
        let piece = *pieces.choose(&mut self.rng).unwrap_or(&"");
        ws::frame(ws::TEXT, piece.as_bytes(), &mut self.out);
    }

    /// Sends the last few wanted events again, as a cutover from replay to live does.
    fn repeat(&mut self, event: &Event) {
        let back = self.rng.random_range(0..5);
        let from = event.seq.saturating_sub(back).max(self.plan.start);
        let count = usize::try_from(event.seq - from + 1).unwrap_or(1);
        let again = lock(&self.shared.log).read(from, count).unwrap_or_default();
        for event in again.iter().filter(|event| self.plan.filter.wants(event)) {
            if let Some(text) = self.text(event) {
                ws::frame(ws::TEXT, text.as_bytes(), &mut self.out);
                self.frames += 1;
            }
        }
    }
}
