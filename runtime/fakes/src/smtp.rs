//! A mail server that keeps what it is given and fails by script.
//! It speaks plain SMTP with EHLO, MAIL, RCPT, DATA, RSET, NOOP and QUIT, one message after another.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::server::Server;
use crate::{lock, now_us};

/// Longer messages are refused with 552, as the announced SIZE says.
const SIZE_MAX: usize = 1 << 20;

/// How one message is treated; a session asks for the next answer at each greeting and at each MAIL after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpAnswer {
    Accept,
    /// This code instead of the greeting, then hangs up (`421` is usual).
    Greeting(u16),
    /// This code for MAIL FROM.
    Mail(u16),
    /// This code for RCPT TO (`550` for ever, `450` for now).
    Recipient(u16),
    /// This code after the message was sent; it is not kept.
    Data(u16),
    /// Hangs up when the message was sent; it is not kept.
    HangUpBefore,
    /// Keeps the message and hangs up without an answer.
    HangUpAfterData,
}

/// A message that the server kept.
#[derive(Clone, Debug, Serialize)]
pub struct SmtpMessage {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body as sent, without the final dot.
    pub data: String,
    /// The sender was told; false after [`SmtpAnswer::HangUpAfterData`].
    pub answered: bool,
    /// Microseconds since 1970 UTC.
    pub at: i64,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct SmtpLedger {
    pub messages: Vec<SmtpMessage>,
    pub sessions: u64,
    /// Error codes that were sent, in order.
    pub refused: Vec<u16>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<SmtpAnswer>>,
    ledger: Mutex<SmtpLedger>,
}

/// A running mail server; it stops when dropped.
pub struct FakeSmtp {
    server: Server,
    shared: Arc<Shared>,
}

impl FakeSmtp {
    /// Starts on a free port; after the script's last answer it accepts.
    pub async fn start(script: impl IntoIterator<Item = SmtpAnswer>) -> io::Result<Self> {
        Self::start_on(0, script).await
    }

    /// Starts on `port` of 127.0.0.1.
    pub async fn start_on(port: u16, script: impl IntoIterator<Item = SmtpAnswer>) -> io::Result<Self> {
        let script = Mutex::new(script.into_iter().collect());
        let shared = Arc::new(Shared { script, ledger: Mutex::default() });
        let for_server = Arc::clone(&shared);
        let server = Server::start(port, move |stream, _| {
            let shared = Arc::clone(&for_server);
            async move {
                // A broken session is the client's affair; what was kept is in the ledger.
                let _ = Session::new(stream, shared).run().await;
            }
        })
        .await?;
        Ok(Self { server, shared })
    }

    #[must_use]
    pub fn host(&self) -> String {
        self.server.addr().ip().to_string()
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.addr().port()
    }

    #[must_use]
    pub fn ledger(&self) -> SmtpLedger {
        lock(&self.shared.ledger).clone()
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
    answer: SmtpAnswer,
    used: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        lock(&shared.ledger).sessions += 1;
        let answer = lock(&shared.script).pop_front().unwrap_or(SmtpAnswer::Accept);
        Self { stream: BufReader::new(stream), shared, answer, used: false, from: None, to: Vec::new() }
    }

    async fn run(mut self) -> io::Result<()> {
        if let SmtpAnswer::Greeting(code) = self.answer {
            return self.say(code, "not now").await;
        }
        self.say(220, "fake ESMTP").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.trim_end();
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let size = format!("250-fake\r\n250-SIZE {SIZE_MAX}\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
                    self.stream.write_all(size.as_bytes()).await?;
                }
                "HELO" | "NOOP" => self.say(250, "fine").await?,
                "RSET" => {
                    self.from = None;
                    self.to.clear();
                    self.say(250, "fine").await?;
                }
                "MAIL" => self.mail(command).await?,
                "RCPT" => self.recipient(command).await?,
                "DATA" => {
                    if !self.data().await? {
                        return Ok(());
                    }
                }
                "QUIT" => return self.say(221, "bye").await,
                _ => self.say(502, "command not implemented").await?,
            }
        }
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<()> {
        if code >= 400 {
            lock(&self.shared.ledger).refused.push(code);
        }
        self.stream.write_all(format!("{code} {text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn mail(&mut self, command: &str) -> io::Result<()> {
        if self.used {
            self.answer = lock(&self.shared.script).pop_front().unwrap_or(SmtpAnswer::Accept);
        }
        self.used = true;
        self.to.clear();
        if let SmtpAnswer::Mail(code) = self.answer {
            return self.say(code, "sender refused").await;
        }
        match address(command) {
            Some(from) => {
                self.from = Some(from);
                self.say(250, "sender fine").await
            }
            None => self.say(501, "no address").await,
        }
    }

    async fn recipient(&mut self, command: &str) -> io::Result<()> {
        if self.from.is_none() {
            return self.say(503, "MAIL first").await;
        }
        if let SmtpAnswer::Recipient(code) = self.answer {
            return self.say(code, "recipient refused").await;
        }
        match address(command).filter(|address| address.contains('@')) {
            Some(to) => {
                self.to.push(to);
                self.say(250, "recipient fine").await
            }
            None => self.say(501, "no address").await,
        }
    }

    /// False hangs up.
    async fn data(&mut self) -> io::Result<bool> {
        if self.to.is_empty() {
            self.say(503, "RCPT first").await?;
            return Ok(true);
        }
        self.say(354, "go on, end with a dot").await?;
        let data = self.read_data().await?;
        match self.answer {
            SmtpAnswer::HangUpBefore => return Ok(false),
            SmtpAnswer::Data(code) => {
                self.say(code, "message refused").await?;
                return Ok(true);
            }
            _ if data.len() > SIZE_MAX => {
                self.say(552, "message too large").await?;
                return Ok(true);
            }
            _ => {}
        }
        let answered = self.answer != SmtpAnswer::HangUpAfterData;
        let from = self.from.take().unwrap_or_default();
        let message = SmtpMessage { from, to: std::mem::take(&mut self.to), data, answered, at: now_us() };
        lock(&self.shared.ledger).messages.push(message);
        if answered {
            self.say(250, "kept").await?;
        }
        Ok(answered)
    }

    async fn read_data(&mut self) -> io::Result<String> {
        let mut data = String::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let text = String::from_utf8_lossy(&line);
            if text.trim_end_matches(['\r', '\n']) == "." {
                return Ok(data);
            }
            if data.len() <= SIZE_MAX {
                data.push_str(text.strip_prefix('.').unwrap_or(&text));
            }
        }
    }
}

/// What stands between `<` and `>`.
fn address(command: &str) -> Option<String> {
    let (_, rest) = command.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address.to_owned())
}
