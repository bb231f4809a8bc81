//! `mon lsp`: the language server, for one editor over standard input and output, or for any number over a socket.

use std::io::IsTerminal as _;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::cli::Lsp;
use crate::failure::{Failure, Outcome};
use crate::output::note;

pub fn run(arguments: &Lsp) -> Result<Outcome, Failure> {
    let runtime = Runtime::new().map_err(|error| {
        Failure::input(format!("the server cannot start: {error}"), "close other programs, and try again")
    })?;
    match arguments.listen {
        Some(address) => runtime.block_on(listen(address))?,
        None => {
            if std::io::stdin().is_terminal() {
                note("this waits for an editor, which starts it by itself: docs/editor.md says how; Ctrl-C ends it");
            }
            let left = runtime.block_on(mon_lsp::server::serve(tokio::io::stdin(), tokio::io::stdout()));
            // A read of standard input cannot be called off; the editor has left.
            runtime.shutdown_background();
            // An editor that goes without leave has failed (LSP 3.17, `exit`).
            return Ok(if left { Outcome::Clean } else { Outcome::Findings });
        }
    }
    Ok(Outcome::Clean)
}

/// Serves each editor that connects, until the process is stopped.
async fn listen(address: SocketAddr) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::input(format!("cannot listen at `{address}`: {error}"), "choose another port with `--listen`")
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let own = listener.local_addr().map_err(refused)?;
    note(format_args!("listening at {own}"));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                note(format_args!("an editor could not connect: {error}"));
                continue;
            }
        };
        tokio::spawn(async move {
            let (input, output) = stream.into_split();
            mon_lsp::server::serve(input, output).await;
        });
    }
}
