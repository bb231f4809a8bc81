//! The Language Server Protocol over the features. What a request asks is answered from a snapshot; what takes its time, a check
//! or a replay, goes on beside it.

mod backend;
mod capabilities;
mod convert;
mod looking;
mod reading;
mod state;
mod watch;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::{LspService, Server};

pub use state::Backend;

/// Requests that are answered at the same time.
const REQUESTS_AT_ONCE: usize = 4;

/// Serves one editor until it leaves, and says whether it took its leave before.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite) -> bool {
    let left = Arc::new(AtomicBool::new(false));
    let (service, socket) = LspService::new(|client| Backend::new(client, Arc::clone(&left)));
    Server::new(input, output, socket).concurrency_level(REQUESTS_AT_ONCE).serve(service).await;
    left.load(Ordering::Relaxed)
}
