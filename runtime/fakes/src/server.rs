//! A listener on loopback with one task for each connection.
//! Dropping it ends the listener and all its connections at once, as a killed server would.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on `port` of 127.0.0.1 (0 takes a free one) and gives each connection, numbered from 0, to `serve`.
    pub(crate) async fn start<F, Fut>(port: u16, serve: F) -> io::Result<Self>
    where
        F: Fn(TcpStream, u64) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            let mut number = 0;
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        // Small frames must leave at once: the fakes measure latency too.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(serve(stream, number));
                        number += 1;
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { addr, task })
    }

    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
