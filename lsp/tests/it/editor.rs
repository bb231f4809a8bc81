//! A small editor that speaks the protocol over a pipe, and waits for what it is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Longer than anything takes on a busy machine: who waits so long waits for something that never comes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Editor {
    to: WriteHalf<DuplexStream>,
    from: UnboundedReceiver<Value>,
    number: u64,
    /// What the server said by itself, in its order.
    pub told: Vec<Value>,
    pub capabilities: Value,
}

async fn read(from: ReadHalf<DuplexStream>, to: UnboundedSender<Value>) {
    let mut lines = BufReader::new(from);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while matches!(lines.read_line(&mut line).await, Ok(read) if read > 0) && !line.trim().is_empty() {
            length = line.trim().strip_prefix("Content-Length: ").and_then(|n| n.parse().ok()).unwrap_or(length);
            line.clear();
        }
        let mut body = vec![0; length];
        if length == 0
            || lines.read_exact(&mut body).await.is_err()
            || to.send(serde_json::from_slice(&body).unwrap()).is_err()
        {
            return;
        }
    }
}

impl Editor {
    /// An editor that shows one folder and can do what `can` says.
    pub async fn start(root: &Path, can: Value) -> Self {
        let (own, server) = tokio::io::duplex(1 << 16);
        let (input, output) = split(server);
        tokio::spawn(async move { mon_lsp::server::serve(input, output).await });
        let (from, to) = split(own);
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(read(from, sender));
        let mut editor = Self { to, from: receiver, number: 0, told: Vec::new(), capabilities: Value::Null };
        let folders = json!([{ "uri": uri(root), "name": "rules" }]);
        let asked = json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": can });
        editor.capabilities = editor.ask("initialize", asked).await["capabilities"].clone();
        editor.tell("initialized", json!({})).await;
        editor
    }

    async fn send(&mut self, message: Value) {
        let body = message.to_string();
        self.to.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    }

    pub async fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    async fn next(&mut self) -> Value {
        let message =
            timeout(PATIENCE, self.from.recv()).await.expect("the server says nothing").expect("the server left");
        if message.get("method").is_some() {
            if let Some(id) = message.get("id") {
                self.send(json!({ "jsonrpc": "2.0", "id": id, "result": null })).await;
            }
            self.told.push(message.clone());
        }
        message
    }

    /// Takes leave and goes without waiting; gives the answer to the leave.
    pub async fn leave(&mut self) -> Value {
        let id = self.number + 1;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": "shutdown" })).await;
        self.send(json!({ "jsonrpc": "2.0", "method": "exit" })).await;
        loop {
            let message = self.next().await;
            if message.get("method").is_none() && message["id"] == json!(id) {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    /// The answer, or the error.
    pub async fn try_ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.number += 1;
        let id = self.number;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        loop {
            let message = self.next().await;
            if message.get("method").is_none() && message["id"] == json!(id) {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The next thing of this kind that the server says from now on.
    pub async fn until(&mut self, method: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["method"] == method {
                return message["params"].clone();
            }
        }
    }

    pub async fn open(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "mon", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// Gives a file another text as a whole.
    pub async fn write(&mut self, path: &Path, version: i32, text: &str) {
        let document = json!({ "uri": uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }))
            .await;
    }

    /// The findings of a file for this version of its text: `MON0201 message`.
    pub async fn findings(&mut self, path: &Path, version: i64) -> Vec<String> {
        self.findings_of(&uri(path), version).await
    }

    pub async fn findings_of(&mut self, wanted: &str, version: i64) -> Vec<String> {
        loop {
            let told = self.until("textDocument/publishDiagnostics").await;
            if told["uri"] == wanted && told["version"] == version {
                let all = told["diagnostics"].as_array().unwrap().iter();
                return all
                    .map(|one| format!("{} {}", one["code"].as_str().unwrap(), one["message"].as_str().unwrap()))
                    .collect();
            }
        }
    }
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A folder of rules on the disk.
pub struct Rules {
    folder: tempfile::TempDir,
}

impl Rules {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let rules = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            let path = rules.path(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        rules
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }
}
