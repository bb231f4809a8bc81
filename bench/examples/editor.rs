//! Measures the language server as an editor feels it: how long requests take in a workspace of a thousand monitors while it is
//! edited, how soon after an edit the consequences over a capture are there, and how long a key takes meanwhile.
//! Run it with `cargo run --release -p mon-bench --example editor [monitors [posts]]`.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, Instant};

use mon_post::writer::write_jsonl;
use mon_simulate::{Scenario, Spec, simulate};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

mod brands;

type Failed = Box<dyn Error>;

/// Requests of each kind.
const ROUNDS: usize = 200;
/// Edits after which consequences are waited for.
const EDITS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let monitors = arguments.first().copied().unwrap_or(1_000);
    let posts = arguments.get(1).copied().unwrap_or(100_000);
    requests(monitors).await?;
    consequences(posts as u64).await
}

/// An editor at the other end of a pipe.
struct Editor {
    to: WriteHalf<DuplexStream>,
    from: UnboundedReceiver<Value>,
    number: u64,
    version: i64,
}

async fn read(from: ReadHalf<DuplexStream>, to: tokio::sync::mpsc::UnboundedSender<Value>) {
    let mut lines = BufReader::new(from);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while matches!(lines.read_line(&mut line).await, Ok(read) if read > 0) && !line.trim().is_empty() {
            length = line.trim().strip_prefix("Content-Length: ").and_then(|n| n.parse().ok()).unwrap_or(length);
            line.clear();
        }
        let mut body = vec![0; length];
        if length == 0 || lines.read_exact(&mut body).await.is_err() {
            return;
        }
        let Ok(message) = serde_json::from_slice(&body) else { return };
        if to.send(message).is_err() {
            return;
        }
    }
}

impl Editor {
    async fn start(root: &Path) -> Result<Self, Failed> {
        let (own, server) = tokio::io::duplex(1 << 20);
        let (input, output) = split(server);
        tokio::spawn(async move { mon_lsp::server::serve(input, output).await });
        let (from, to) = split(own);
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(read(from, sender));
        let mut editor = Self { to, from: receiver, number: 0, version: 1 };
        let can = json!({ "workspace": { "codeLens": { "refreshSupport": true } } });
        let root = format!("file://{}", root.display());
        editor.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": can })).await?;
        editor.tell("initialized", json!({})).await?;
        Ok(editor)
    }

    async fn send(&mut self, message: Value) -> Result<(), Failed> {
        let body = message.to_string();
        self.to.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        Ok(())
    }

    async fn tell(&mut self, method: &str, params: Value) -> Result<(), Failed> {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params })).await
    }

    /// The next message; what the server asks is answered with nothing.
    async fn next(&mut self) -> Result<Value, Failed> {
        let message = self.from.recv().await.ok_or("the server has left")?;
        if message.get("method").is_some()
            && let Some(id) = message.get("id")
        {
            self.send(json!({ "jsonrpc": "2.0", "id": id, "result": null })).await?;
        }
        Ok(message)
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Failed> {
        self.number += 1;
        let id = self.number;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        loop {
            let message = self.next().await?;
            if message.get("method").is_none() && message.get("id") == Some(&json!(id)) {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(message.get("result").cloned().unwrap_or_default()),
                };
            }
        }
    }

    async fn until(&mut self, method: &str) -> Result<(), Failed> {
        while self.next().await?.get("method").and_then(Value::as_str) != Some(method) {}
        Ok(())
    }

    async fn open(&mut self, path: &Path) -> Result<Page, Failed> {
        let page = Page { uri: format!("file://{}", path.display()), text: fs::read_to_string(path)? };
        let document = json!({ "uri": page.uri, "languageId": "mon", "version": self.version, "text": page.text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document })).await?;
        Ok(page)
    }

    /// Replaces bytes of a line-wise counted text; what is replaced stands on one line.
    async fn edit(&mut self, page: &mut Page, at: usize, length: usize, new: &str) -> Result<(), Failed> {
        self.version += 1;
        let range = json!({ "start": page.place(at), "end": page.place(at + length) });
        let document = json!({ "uri": page.uri, "version": self.version });
        page.text.replace_range(at..at + length, new);
        let change = json!([{ "range": range, "text": new }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change })).await
    }
}

/// An open text.
struct Page {
    uri: String,
    text: String,
}

impl Page {
    fn place(&self, at: usize) -> Value {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.rsplit('\n').next().unwrap_or("");
        json!({ "line": before.matches('\n').count(), "character": line.encode_utf16().count() })
    }

    fn find(&self, text: &str) -> Result<usize, Failed> {
        self.text.find(text).ok_or_else(|| format!("`{text}` does not stand in the file").into())
    }
}

fn shown(times: &mut [Duration]) -> String {
    times.sort();
    let at = |percent: usize| {
        times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
    };
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    format!("median {:.1} ms, p99 {:.1} ms, longest {:.1} ms", ms(at(50)), ms(at(99)), ms(at(100)))
}

/// Requests of every kind in a large workspace, an edit before each.
async fn requests(monitors: usize) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    brands::write(folder.path(), monitors)?;
    let began = Instant::now();
    let mut editor = Editor::start(folder.path()).await?;
    let mut page = editor.open(&folder.path().join("brands003.mon")).await?;
    editor.until("textDocument/publishDiagnostics").await?;
    println!("{monitors} monitors in 100 files: findings {:.2} s after the start", began.elapsed().as_secs_f64());
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
    let line = json!({ "start": { "line": 5, "character": 2 }, "end": { "line": 5, "character": 2 } });
    let kinds: &[(&str, &str, Value)] = &[
        ("textDocument/hover", "brand3", json!({})),
        ("textDocument/completion", "and not (", json!({})),
        ("textDocument/definition", " near/", json!({})),
        ("textDocument/references", " near/", json!({ "context": { "includeDeclaration": true } })),
        ("textDocument/documentHighlight", "volume >", json!({})),
        ("textDocument/prepareRename", "volume >", json!({})),
        ("textDocument/rename", "watch3", json!({ "newName": "observed" })),
        ("textDocument/prepareCallHierarchy", "watch3", json!({})),
        ("textDocument/documentSymbol", "", json!({})),
        ("textDocument/foldingRange", "", json!({})),
        ("textDocument/semanticTokens/full", "", json!({})),
        ("textDocument/formatting", "", json!({ "options": { "tabSize": 2, "insertSpaces": true } })),
        ("textDocument/codeAction", "", json!({ "range": line, "context": { "diagnostics": [] } })),
        ("textDocument/codeLens", "", json!({})),
        ("textDocument/inlayHint", "", json!({ "range": whole })),
        ("textDocument/documentLink", "", json!({})),
        ("workspace/symbol", "", json!({ "query": "watch9" })),
    ];
    let (mut all, mut by_kind) = (Vec::new(), vec![Vec::new(); kinds.len()]);
    for round in 0..ROUNDS {
        for ((method, find, more), times) in kinds.iter().zip(&mut by_kind) {
            let comment = page.find("// who is called")? + 16;
            editor.edit(&mut page, comment, 0, if round % 2 == 0 { "x" } else { "é" }).await?;
            let mut params = more.as_object().cloned().unwrap_or_default();
            params.insert("textDocument".to_owned(), json!({ "uri": page.uri }));
            if !find.is_empty() {
                params.insert("position".to_owned(), page.place(page.find(find)? + 1));
            }
            let began = Instant::now();
            editor.ask(method, params.into()).await?;
            times.push(began.elapsed());
            all.push(began.elapsed());
        }
    }
    for ((method, ..), times) in kinds.iter().zip(&mut by_kind) {
        println!("  {method}: {}", shown(times));
    }
    println!("all {} requests, each behind an edit: {}", all.len(), shown(&mut all));
    Ok(())
}

/// How soon consequences follow an edit, and how long a key takes meanwhile.
async fn consequences(posts: u64) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/rules");
    for file in fs::read_dir(rules)?.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "mon")) {
        fs::copy(file.path(), folder.path().join(file.file_name()))?;
    }
    let mut out = BufWriter::new(File::create(folder.path().join("posts.jsonl"))?);
    for batch in simulate(&Spec { posts: Some(posts), ..Spec::new(Scenario::LaunchDay, 11) }) {
        write_jsonl(&batch?, &mut out)?;
    }
    drop(out);
    fs::write(folder.path().join("mon.toml"), "[editor]\ncapture = \"posts.jsonl\"\n")?;
    let began = Instant::now();
    let mut editor = Editor::start(folder.path()).await?;
    let mut page = editor.open(&folder.path().join("acme_outage.mon")).await?;
    let mut lenses = Value::Null;
    settled(&mut editor, &page, &mut lenses).await?;
    println!(
        "{posts} posts: lenses {:.2} s after the start, with the reading of the capture",
        began.elapsed().as_secs_f64()
    );
    let (mut terms, mut thresholds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..EDITS {
        let term = page.find("\"stopped working\"")?;
        let new = format!("\"phone{round}\", \"screen\", ");
        let old = if round == 0 { 0 } else { format!("\"phone{}\", \"screen\", ", round - 1).len() };
        editor.edit(&mut page, term - old, old, if round % 2 == 0 { &new } else { "" }).await?;
        if round % 2 == 1 {
            editor.edit(&mut page, term - old, 0, &new.replace("screen", "tablet")).await?;
        }
        terms.push(settle(&mut editor, &page, &mut lenses, &mut keys).await?);
        let number = page.find("volume >= ")? + 10;
        let digits = page.text.get(number..).map_or(0, |rest| rest.chars().take_while(char::is_ascii_digit).count());
        editor.edit(&mut page, number, digits, &(20 + 15 * (round % 5)).to_string()).await?;
        thresholds.push(settle(&mut editor, &page, &mut lenses, &mut keys).await?);
    }
    println!("  from an edit of a list to the new lens: {}", shown(&mut terms));
    println!("  from an edit of a threshold to the new lens: {}", shown(&mut thresholds));
    println!("  a request meanwhile, {} of them: {}", keys.len(), shown(&mut keys));
    Ok(())
}

async fn settled(editor: &mut Editor, page: &Page, lenses: &mut Value) -> Result<(), Failed> {
    let params = json!({ "textDocument": { "uri": page.uri } });
    while lenses.as_array().is_none_or(Vec::is_empty) {
        editor.until("workspace/codeLens/refresh").await?;
        *lenses = editor.ask("textDocument/codeLens", params.clone()).await?;
    }
    Ok(())
}

/// Waits until consequences of the last edit are there, and asks other things meanwhile, as somebody who goes on would.
async fn settle(
    editor: &mut Editor,
    page: &Page,
    lenses: &mut Value,
    keys: &mut Vec<Duration>,
) -> Result<Duration, Failed> {
    let (began, params) = (Instant::now(), json!({ "textDocument": { "uri": page.uri } }));
    let mut last = None;
    while last.is_none() && began.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        let now = editor.ask("textDocument/codeLens", params.clone()).await?;
        // Until they are known anew the figures say that they are older than the text.
        if now.to_string().contains("before the last edits") {
            let at = json!({ "textDocument": { "uri": page.uri }, "position": page.place(page.find("volume >=")?) });
            editor.ask("textDocument/completion", at).await?;
            keys.push(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        } else {
            *lenses = now;
            last = Some(began.elapsed());
        }
    }
    last.ok_or_else(|| "an edit had no new lens within 3 seconds".into())
}
