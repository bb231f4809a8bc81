//! Checks folders beside the requests: after a short pause in typing, and tells the editor what was found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch::Sender;
use tokio::time::{Instant, timeout_at};
use tower_lsp::Client;
use tower_lsp::ls_types as lsp;

use mon_grammar::Span;
use mon_rules::LoadError;

use super::convert::{self, Page};
use super::state::{Changed, Shared};
use crate::feature::findings::findings;
use crate::snapshot::Snapshot;
use crate::text::{Lines, small};

/// A pause in typing after which a folder is checked.
const PAUSE: Duration = Duration::from_millis(60);
/// Who types without a pause is told all the same, after this long.
const PATIENCE: Duration = Duration::from_millis(400);

/// The findings of a file as they were sent: how the editor names it, what was found, and the version of its text.
type Sent = (lsp::Uri, Vec<lsp::Diagnostic>, Option<i32>);

/// What the editor was told last, by folder.
#[derive(Default)]
struct Told {
    /// Files with findings, each with them and the version of its text.
    files: BTreeMap<PathBuf, BTreeMap<PathBuf, Sent>>,
    /// Why something could not be read.
    failed: BTreeMap<PathBuf, String>,
    /// Files of settings that are not as they should be.
    settings: BTreeMap<PathBuf, lsp::Uri>,
}

/// Runs until the server ends.
pub async fn watch(
    shared: Arc<Shared>,
    client: Client,
    mut events: UnboundedReceiver<Changed>,
    checked: Sender<BTreeMap<PathBuf, u64>>,
) {
    let mut told = Told::default();
    while let Some(first) = events.recv().await {
        let mut folders = BTreeMap::from([(first.folder, first.is_gone)]);
        gather(&mut events, &mut folders).await;
        // Another folder may hold the files of one that is gone, and has the last word of them.
        for (folder, _) in folders.iter().filter(|(_, is_gone)| **is_gone) {
            forget(&client, folder, &mut told).await;
            checked.send_modify(|checked| {
                checked.remove(folder);
            });
        }
        for (folder, _) in folders.into_iter().filter(|(_, is_gone)| !is_gone) {
            let edits = shared.edits_of(&folder);
            check(&shared, &client, &folder, &mut told).await;
            checked.send_modify(|checked| {
                checked.insert(folder, edits);
            });
        }
    }
}

/// Takes what comes until there is a pause.
async fn gather(events: &mut UnboundedReceiver<Changed>, folders: &mut BTreeMap<PathBuf, bool>) {
    let last = Instant::now() + PATIENCE;
    while let Ok(Some(next)) = timeout_at(last.min(Instant::now() + PAUSE), events.recv()).await {
        folders.insert(next.folder, next.is_gone);
    }
}

/// Takes back all that was said of a folder.
async fn forget(client: &Client, folder: &Path, told: &mut Told) {
    told.failed.remove(folder);
    let files = told.files.remove(folder).unwrap_or_default().into_values().map(|(uri, ..)| uri);
    for uri in files.chain(told.settings.remove(folder)) {
        client.publish_diagnostics(uri, Vec::new(), None).await;
    }
}

async fn check(shared: &Arc<Shared>, client: &Client, folder: &Path, told: &mut Told) {
    let sources = shared.workspace().sources(folder);
    let (problems, settings, snapshot) = match tokio::task::spawn_blocking(move || sources.check()).await {
        Ok(Ok(checked)) => {
            let problems = checked.problems.join("; ");
            let mut workspace = shared.workspace();
            let settings = checked.settings.clone();
            workspace.keep(folder, checked);
            (problems, settings, Some(workspace.snapshot(folder)))
        }
        Ok(Err(error)) => (format!("{}: {error}. {}", folder.display(), error.help), None, None),
        Err(broken) => {
            client.log_message(lsp::MessageType::ERROR, format!("a check broke off: {broken}")).await;
            return;
        }
    };
    if problems.is_empty() {
        told.failed.remove(folder);
    } else if told.failed.insert(folder.to_path_buf(), problems.clone()).as_ref() != Some(&problems) {
        client.show_message(lsp::MessageType::WARNING, problems).await;
    }
    tell_settings(shared, client, folder, settings, told).await;
    if let Some(snapshot) = snapshot {
        if !shared.abilities().pulls {
            tell(shared, client, &snapshot, told).await;
        }
        // Where a look follows it has the lenses asked for again, once they are no longer those of the text before.
        let looks = snapshot.analysis.as_ref().is_some_and(|analysis| analysis.plan.is_some())
            && snapshot.project.editor.capture.is_some();
        refresh(shared, client, !looks);
    }
}

/// Asks the editor to ask again for what stands beside the text. What it answers is nothing to wait for.
pub fn refresh(shared: &Shared, client: &Client, lenses: bool) {
    let (abilities, client) = (shared.abilities(), client.clone());
    tokio::spawn(async move {
        if lenses && abilities.refreshes_lenses {
            let _ = client.code_lens_refresh().await;
        }
        if abilities.refreshes_hints {
            let _ = client.inlay_hint_refresh().await;
        }
        if abilities.pulls {
            let _ = client.workspace_diagnostic_refresh().await;
        }
    });
}

/// Sends the findings of a folder: of each file that is open in another version or has others than before.
async fn tell(shared: &Arc<Shared>, client: &Client, snapshot: &Snapshot, told: &mut Told) {
    let abilities = shared.abilities();
    let before = told.files.remove(&snapshot.folder).unwrap_or_default();
    let mut now = BTreeMap::new();
    let spoken_of = shared.spoken_of(snapshot);
    for ((number, file), _) in snapshot.files.iter().enumerate().zip(spoken_of).filter(|(_, speaks)| *speaks) {
        let page = Page::of(file, abilities.encoding);
        let found = findings(snapshot, number);
        let all: Vec<_> = found.iter().map(|found| convert::diagnostic(snapshot, page, found)).collect();
        let Some(uri) = convert::uri_of(file) else { continue };
        let is_quiet = all.is_empty() && file.version.is_none() && !before.contains_key(&file.path);
        let sent = (uri, all, file.version);
        if before.get(&file.path) != Some(&sent) && !is_quiet {
            client.publish_diagnostics(sent.0.clone(), sent.1.clone(), sent.2).await;
        }
        if !sent.1.is_empty() || file.version.is_some() {
            now.insert(file.path.clone(), sent);
        }
    }
    let is_gone = |path: &PathBuf, uri: &lsp::Uri| match now.get(path) {
        Some((named, ..)) => named != uri,
        None => snapshot.file_of(path).and_then(|at| convert::uri_of(snapshot.file(at)?)).as_ref() != Some(uri),
    };
    for (_, (uri, ..)) in before.iter().filter(|(path, (uri, ..))| is_gone(path, uri)) {
        client.publish_diagnostics(uri.clone(), Vec::new(), None).await;
    }
    told.files.insert(snapshot.folder.clone(), now);
}

/// Sends what is wrong with the settings of a folder, in the file itself.
async fn tell_settings(shared: &Shared, client: &Client, folder: &Path, wrong: Option<LoadError>, told: &mut Told) {
    let found = wrong.and_then(|wrong| {
        let (path, bytes) = wrong.at.as_ref()?;
        let text = std::fs::read_to_string(path).ok()?;
        let lines = Lines::new(&text);
        let page = Page { text: &text, lines: &lines, encoding: shared.abilities().encoding };
        let range = page.range(Span::new(small(bytes.start), small(bytes.end)));
        let one = lsp::Diagnostic {
            range,
            severity: Some(lsp::DiagnosticSeverity::ERROR),
            source: Some("mon".to_owned()),
            message: format!("{}\nhelp: {}", wrong.message, wrong.help),
            ..lsp::Diagnostic::default()
        };
        Some((convert::uri(path)?, one))
    });
    let before = match &found {
        Some((uri, _)) => told.settings.insert(folder.to_path_buf(), uri.clone()).filter(|before| before != uri),
        None => told.settings.remove(folder),
    };
    if let Some(uri) = before {
        client.publish_diagnostics(uri, Vec::new(), None).await;
    }
    if let Some((uri, one)) = found {
        client.publish_diagnostics(uri, vec![one], None).await;
    }
}
