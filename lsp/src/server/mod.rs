//! The Language Server Protocol over the features. What a request asks is answered from a snapshot; what takes its time, a check
//! or a replay, goes on beside it.

mod backend;
mod capabilities;
mod convert;
mod incoming;
mod looking;
mod pulling;
mod reading;
mod state;
mod telling;
mod watch;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::ls_types::MessageType;
use tower_lsp::{LspService, Server};

pub use state::Backend;

/// Requests that are answered at the same time. Each has a thread of its own, and room has to be left for what calls one off.
const REQUESTS_AT_ONCE: usize = 32;
/// Bytes that are read ahead.
const AHEAD_BYTES: usize = 1 << 16;

/// Serves one editor until it leaves, and says whether it took its leave before.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite) -> bool {
    let left = Arc::new(AtomicBool::new(false));
    let (service, socket) = LspService::new(|client| Backend::new(client, Arc::clone(&left)));
    let client = service.inner().client.clone();
    let (read, readable) = tokio::io::duplex(AHEAD_BYTES);
    let refused = |why: String| {
        let client = client.clone();
        tokio::spawn(async move { client.log_message(MessageType::ERROR, why).await });
    };
    let forwarding = incoming::forward(input, readable, refused, &left);
    let serving = Server::new(read, output, socket).concurrency_level(REQUESTS_AT_ONCE).serve(service);
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => {}
        // What was handed on is still answered.
        () = forwarding => serving.await,
    }
    left.load(Ordering::Relaxed)
}
