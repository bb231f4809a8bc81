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
use super::telling::{Spoken, diagnostics, speakers};
use crate::text::{Lines, small};

/// A pause in typing after which a folder is checked.
const PAUSE: Duration = Duration::from_millis(60);
/// Who types without a pause is told all the same, after this long.
const PATIENCE: Duration = Duration::from_millis(400);

/// The findings of a file as they were sent: how the editor names it, what was found, and the version of its text.
type Sent = (lsp::Uri, Vec<lsp::Diagnostic>, Option<i32>);

/// What the editor was told last.
#[derive(Default)]
struct Told {
    /// By file.
    files: BTreeMap<PathBuf, Sent>,
    /// Why something could not be read, by folder.
    failed: BTreeMap<PathBuf, String>,
    /// Files of settings that are not as they should be, by folder.
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
        let some_gone = folders.values().any(|is_gone| *is_gone);
        for (folder, is_gone) in folders {
            let edits = shared.edits_of(&folder);
            if is_gone {
                forget(&client, &folder, &mut told).await;
            } else {
                check(&shared, &client, &folder, &mut told).await;
            }
            checked.send_modify(|checked| {
                checked.remove(&folder);
                checked.extend((!is_gone).then_some((folder, edits)));
            });
        }
        // No check may have followed that would take back what was said of the files of those that are gone.
        if some_gone && shared.abilities().pulls {
            refresh(&shared, &client, false);
        } else if some_gone {
            tell(&shared, &client, &mut told).await;
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

/// Takes back what was said of a folder that is none any more; of its files the next telling does.
async fn forget(client: &Client, folder: &Path, told: &mut Told) {
    told.failed.remove(folder);
    if let Some(uri) = told.settings.remove(folder) {
        client.publish_diagnostics(uri, Vec::new(), None).await;
    }
}

async fn check(shared: &Arc<Shared>, client: &Client, folder: &Path, told: &mut Told) {
    let Some(sources) = shared.workspace().sources_of_known(folder) else { return };
    let (problems, settings, snapshot) = match tokio::task::spawn_blocking(move || sources.check()).await {
        Ok(Ok(checked)) => {
            let (mut problems, settings) = (checked.problems.clone(), checked.settings.clone());
            // What has no place in a file is said.
            let placeless = settings.iter().filter(|wrong| wrong.at.is_none());
            problems.extend(placeless.map(|wrong| format!("{wrong}; {}", wrong.help)));
            let mut workspace = shared.workspace();
            // Meanwhile it may have become none.
            if !workspace.keep(folder, checked) {
                return;
            }
            (problems.join("; "), settings, Some(workspace.snapshot(folder)))
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
            tell(shared, client, told).await;
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

/// Sends the findings of each file that is open in another version or has others than before. Those of a folder that was not checked yet
/// stay as they were.
async fn tell(shared: &Shared, client: &Client, told: &mut Told) {
    let (encoding, snapshots) = (shared.abilities().encoding, shared.snapshots());
    let mut before = std::mem::take(&mut told.files);
    for (path, Spoken { snapshot, number, file }) in speakers(&snapshots) {
        let (was, Some(uri)) = (before.remove(path), convert::uri_of(file)) else { continue };
        if snapshot.analysis.is_none() {
            told.files.extend(was.map(|was| (path.to_path_buf(), was)));
            continue;
        }
        let sent: Sent = (uri, diagnostics(&snapshots, snapshot, number, encoding), file.version);
        let is_quiet = sent.1.is_empty() && file.version.is_none() && was.is_none();
        if was.as_ref() != Some(&sent) && !is_quiet {
            client.publish_diagnostics(sent.0.clone(), sent.1.clone(), sent.2).await;
        }
        // The editor names the file in another way now.
        if let Some((named, ..)) = was.filter(|(named, ..)| *named != sent.0) {
            client.publish_diagnostics(named, Vec::new(), None).await;
        }
        if !sent.1.is_empty() || file.version.is_some() {
            told.files.insert(path.to_path_buf(), sent);
        }
    }
    for (uri, ..) in before.into_values() {
        client.publish_diagnostics(uri, Vec::new(), None).await;
    }
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
