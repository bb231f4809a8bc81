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

use super::convert::{self, Page};
use super::state::{Changed, Shared};
use crate::feature::findings::findings;
use crate::snapshot::Snapshot;

/// A pause in typing after which a folder is checked.
const PAUSE: Duration = Duration::from_millis(60);
/// Who types without a pause is told all the same, after this long.
const PATIENCE: Duration = Duration::from_millis(400);

/// The findings of a file as they were sent, with the version of its text.
type Sent = (Vec<lsp::Diagnostic>, Option<i32>);

/// What the editor was told last, by folder.
#[derive(Default)]
struct Told {
    /// Files with findings, each with them and the version of its text.
    files: BTreeMap<PathBuf, BTreeMap<PathBuf, Sent>>,
    /// Why something could not be read.
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
        let mut folders = BTreeMap::from([(first.folder, first.is_gone)]);
        gather(&mut events, &mut folders).await;
        for (folder, is_gone) in folders {
            if is_gone {
                forget(&client, &folder, &mut told).await;
                checked.send_modify(|checked| {
                    checked.remove(&folder);
                });
                continue;
            }
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
    for path in told.files.remove(folder).unwrap_or_default().into_keys() {
        if let Some(uri) = convert::uri(&path) {
            client.publish_diagnostics(uri, Vec::new(), None).await;
        }
    }
}

async fn check(shared: &Arc<Shared>, client: &Client, folder: &Path, told: &mut Told) {
    let sources = shared.workspace().sources(folder);
    let (problems, snapshot) = match tokio::task::spawn_blocking(move || sources.check()).await {
        Ok(Ok(checked)) => {
            let problems = checked.problems.join("; ");
            let mut workspace = shared.workspace();
            workspace.keep(folder, checked);
            (problems, Some(workspace.snapshot(folder)))
        }
        Ok(Err(error)) => (format!("{}: {error}. {}", folder.display(), error.help), None),
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
        let is_known = before.get(&file.path).is_some_and(|(told, version)| *told == all && *version == file.version);
        let is_quiet = all.is_empty() && file.version.is_none() && !before.contains_key(&file.path);
        if !is_known
            && !is_quiet
            && let Some(uri) = convert::uri(&file.path)
        {
            client.publish_diagnostics(uri, all.clone(), file.version).await;
        }
        if !all.is_empty() || file.version.is_some() {
            now.insert(file.path.clone(), (all, file.version));
        }
    }
    for path in before.into_keys().filter(|path| snapshot.file_of(path).is_none()) {
        if let Some(uri) = convert::uri(&path) {
            client.publish_diagnostics(uri, Vec::new(), None).await;
        }
    }
    told.files.insert(snapshot.folder.clone(), now);
}
