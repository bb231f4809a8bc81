//! The listener and its addresses. It answers small questions of operators and nothing else: no body is read, a connection is
//! one exchange, and there are never more than a few of them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use miette::Diagnostic;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::page;

/// Exchanges at the same time; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 32;
/// A whole exchange takes no longer.
const EXCHANGE_MAX: Duration = Duration::from_secs(30);
/// The head of a request is there by then.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// After the machine could not accept a connection, such as for want of file handles.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// A yes or no, and what a person reads of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// 200, or else 503.
    pub good: bool,
    pub body: serde_json::Value,
}

/// What is asked of whoever runs. The calls may wait for a disk, but not for the work that they tell of.
pub trait Operated: Send + Sync + 'static {
    /// Whether the process does its rounds: where not, it is to be started anew.
    fn alive(&self) -> Verdict;

    /// Whether the run does its work: where not, somebody is to look.
    fn ready(&self) -> Verdict;

    /// The figures, as [`crate::Page`] writes them.
    fn metrics(&self) -> String;
}

/// Why there is no server.
#[derive(Debug, Error, Diagnostic)]
pub enum ServerError {
    #[error("cannot listen on `{address}`: {detail}")]
    #[diagnostic(
        code(server::listen),
        help(
            "stop what listens there already, or give another address under `[server]` in `mon.toml` or with `--listen`"
        )
    )]
    Listen { address: SocketAddr, detail: String },
}

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// Nobody may listen there, or somebody does already.
    pub async fn bind(address: SocketAddr, operated: Arc<dyn Operated>) -> Result<Self, ServerError> {
        let fail = |error: std::io::Error| ServerError::Listen { address, detail: error.to_string() };
        let listener = TcpListener::bind(address).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        Ok(Self { address, task: tokio::spawn(listen(listener, operated)) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, operated: Arc<dyn Operated>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let operated = Arc::clone(&operated);
                tokio::spawn(async move {
                    // Whoever asks so slowly is not answered.
                    let _ = tokio::time::timeout(EXCHANGE_MAX, exchange(stream, operated)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the server for operators could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn exchange(stream: TcpStream, operated: Arc<dyn Operated>) {
    let service = service_fn(move |request| door(request, Arc::clone(&operated)));
    let served = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "an exchange with an operator broke off");
    }
}

/// Every request passes here and nowhere else, before anything is looked up: who may ask for what is decided here.
async fn door(request: Request<Incoming>, operated: Arc<dyn Operated>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = match (request.method(), request.uri().path()) {
        (&(Method::GET | Method::HEAD), path) => answer(path, operated).await,
        (_, "/healthz" | "/readyz" | "/metrics") => {
            let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            refused
        }
        _ => nothing(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn answer(path: &str, operated: Arc<dyn Operated>) -> Response<Full<Bytes>> {
    let found = match path {
        // Not on another thread: where those are all at a standstill, this is what must tell it.
        "/healthz" => return verdict(&operated.alive()),
        "/readyz" => tokio::task::spawn_blocking(move || verdict(&operated.ready())).await,
        "/metrics" => tokio::task::spawn_blocking(move || metrics(operated.metrics())).await,
        _ => return nothing(),
    };
    found.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made\n"))
}

fn nothing() -> Response<Full<Bytes>> {
    text(StatusCode::NOT_FOUND, "there is /healthz, /readyz and /metrics\n")
}

fn verdict(verdict: &Verdict) -> Response<Full<Bytes>> {
    let status = if verdict.good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    written(status, "application/json", format!("{}\n", verdict.body).into())
}

fn metrics(page: String) -> Response<Full<Bytes>> {
    written(StatusCode::OK, page::CONTENT_TYPE, page.into())
}

fn text(status: StatusCode, words: &'static str) -> Response<Full<Bytes>> {
    written(status, "text/plain; charset=utf-8", Bytes::from_static(words.as_bytes()))
}

fn written(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[derive(Default)]
    struct Run {
        ready: AtomicBool,
    }

    impl Operated for Run {
        fn alive(&self) -> Verdict {
            Verdict { good: true, body: serde_json::json!({"alive": true}) }
        }

        fn ready(&self) -> Verdict {
            let good = self.ready.load(Ordering::Relaxed);
            Verdict { good, body: serde_json::json!({"ready": good}) }
        }

        fn metrics(&self) -> String {
            "# TYPE a counter\na 1\n".to_owned()
        }
    }

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    }

    async fn get(server: &Server, path: &str) -> (u16, String, String) {
        read(server.address(), path).await
    }

    async fn read(address: SocketAddr, path: &str) -> (u16, String, String) {
        let said = ask(address, &format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    async fn start() -> (Server, Arc<Run>) {
        let run = Arc::new(Run::default());
        let operated = Arc::clone(&run);
        (Server::bind("127.0.0.1:0".parse().unwrap(), operated).await.unwrap(), run)
    }

    #[tokio::test]
    async fn each_address_answers_with_its_status_and_kind() {
        let (server, run) = start().await;
        let (status, head, body) = get(&server, "/healthz").await;
        assert_eq!((status, body.as_str()), (200, "{\"alive\":true}\n"));
        assert!(head.contains("content-type: application/json") && head.contains("cache-control: no-store"), "{head}");
        let (status, _, body) = get(&server, "/readyz?verbose").await;
        assert_eq!((status, body.as_str()), (503, "{\"ready\":false}\n"));
        run.ready.store(true, Ordering::Relaxed);
        assert_eq!(get(&server, "/readyz").await.0, 200);
        let (status, head, body) = get(&server, "/metrics").await;
        assert_eq!((status, body.as_str()), (200, "# TYPE a counter\na 1\n"));
        assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
        assert_eq!(get(&server, "/metrics/more").await.0, 404);
        assert_eq!(get(&server, "/").await.0, 404);
    }

    #[tokio::test]
    async fn only_reading_is_answered() {
        let (server, _) = start().await;
        let said = ask(server.address(), "POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await;
        assert!(said.starts_with("HTTP/1.1 405 ") && said.to_ascii_lowercase().contains("allow: get, head"), "{said}");
        let said = ask(server.address(), "HEAD /metrics HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 200 ") && said.ends_with("\r\n\r\n"), "{said}");
        let said = ask(server.address(), "this is no request\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
    }

    #[tokio::test]
    async fn more_connections_than_places_are_all_answered_in_turn() {
        let (server, _) = start().await;
        // These say nothing and hold their places until they are hung up.
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            silent.push(TcpStream::connect(server.address()).await.unwrap());
        }
        let address = server.address();
        let asked: Vec<_> =
            (0..4 * CONNECTIONS_MAX).map(|_| tokio::spawn(async move { read(address, "/healthz").await.0 })).collect();
        drop(silent);
        let mut answers = Vec::new();
        for asked in asked {
            answers.push(asked.await.unwrap());
        }
        assert_eq!(answers, vec![200; 4 * CONNECTIONS_MAX]);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error_that_names_it() {
        let (server, run) = start().await;
        let error = Server::bind(server.address(), run).await.unwrap_err();
        assert!(error.to_string().contains(&format!("cannot listen on `{}`", server.address())), "{error}");
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("--listen"));
        let address = server.address();
        drop(server);
        // It is free again as soon as the task has ended.
        while Server::bind(address, Arc::new(Run::default())).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
