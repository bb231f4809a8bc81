//! Checks folders beside the requests: after a short pause in typing, and tells the editor what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch::Sender;
use tokio::time::{Instant, timeout_at};
use tower_lsp::Client;
use tower_lsp::ls_types as lsp;

use super::convert::{self, Page};
use super::state::{Changed, Shared};
use crate::feature::findings::findings;
use crate::snapshot::Snapshot;

/// A pause in typing after which a folder is checked.
const PAUSE: Duration = Duration::from_millis(60);
/// Who types without a pause is told all the same, after this long.
const PATIENCE: Duration = Duration::from_millis(400);

/// What the editor was told last.
#[derive(Default)]
struct Told {
    /// Files with findings.
    files: BTreeSet<PathBuf>,
    /// Folders that could not be read, and why.
    failed: BTreeMap<PathBuf, String>,
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
        let mut folders = BTreeSet::from([first.folder]);
        gather(&mut events, &mut folders).await;
        for folder in folders {
            let edits = shared.edits_of(&folder);
            check(&shared, &client, &folder, &mut told).await;
            checked.send_modify(|checked| {
                checked.insert(folder, edits);
            });
        }
    }
}

/// Takes what comes until there is a pause.
async fn gather(events: &mut UnboundedReceiver<Changed>, folders: &mut BTreeSet<PathBuf>) {
    let last = Instant::now() + PATIENCE;
    while let Ok(Some(next)) = timeout_at(last.min(Instant::now() + PAUSE), events.recv()).await {
        folders.insert(next.folder);
    }
}

async fn check(shared: &Arc<Shared>, client: &Client, folder: &Path, told: &mut Told) {
    let sources = shared.workspace().sources();
    let own = folder.to_path_buf();
    let checked = tokio::task::spawn_blocking(move || sources.check(&own)).await;
    match checked {
        Ok(Ok(checked)) => {
            told.failed.remove(folder);
            let snapshot = {
                let mut workspace = shared.workspace();
                workspace.keep(folder, checked);
                workspace.snapshot(folder)
            };
            tell(shared, client, &snapshot, told).await;
        }
        Ok(Err(error)) => {
            let said = format!("{}: {error}. {}", folder.display(), error.help);
            if told.failed.insert(folder.to_path_buf(), said.clone()).as_ref() != Some(&said) {
                client.show_message(lsp::MessageType::WARNING, said).await;
            }
        }
        Err(broken) => {
            client.log_message(lsp::MessageType::ERROR, format!("a check broke off: {broken}")).await;
        }
    }
}

/// Asks the editor to ask again for what stands beside the text.
pub async fn refresh(shared: &Shared, client: &Client) {
    let abilities = shared.abilities();
    // What an editor does not answer is nothing to stop for.
    if abilities.refreshes_lenses {
        let _ = client.code_lens_refresh().await;
    }
    if abilities.refreshes_hints {
        let _ = client.inlay_hint_refresh().await;
    }
}

async fn tell(shared: &Arc<Shared>, client: &Client, snapshot: &Snapshot, told: &mut Told) {
    let abilities = shared.abilities();
    refresh(shared, client).await;
    if abilities.pulls {
        let _ = client.workspace_diagnostic_refresh().await;
        return;
    }
    for (number, file) in snapshot.files.iter().enumerate() {
        let found = findings(snapshot, number);
        let is_known = told.files.contains(&file.path);
        if found.is_empty() && !is_known && file.version.is_none() {
            continue;
        }
        let page = Page::of(file, abilities.encoding);
        let all = found.iter().map(|found| convert::diagnostic(snapshot, page, found)).collect();
        let Some(uri) = convert::uri(&file.path) else { continue };
        if found.is_empty() {
            told.files.remove(&file.path)
        } else {
            told.files.insert(file.path.clone())
        };
        client.publish_diagnostics(uri, all, file.version).await;
    }
}
