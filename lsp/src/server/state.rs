//! What the server knows of its editor, shared by the requests and by the work beside them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types as lsp;

use super::convert::{self, Page};
use crate::snapshot::{FileState, Snapshot};
use crate::text::Encoding;
use crate::workspace::Workspace;

/// What the editor can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub encoding: Encoding,
    /// It asks for findings by itself, and again when it is told to.
    pub pulls: bool,
    pub refreshes_lenses: bool,
    pub refreshes_hints: bool,
    pub registers_watchers: bool,
    pub takes_snippets: bool,
    /// It takes edits that count for one version of a text.
    pub takes_versions: bool,
    pub folds_lines_only: bool,
    /// It shows Markdown; else it is sent plain text.
    pub reads_markdown: bool,
    pub nests_symbols: bool,
    /// It takes actions with their edits, not commands alone.
    pub takes_actions: bool,
    pub prepares_renames: bool,
}

/// A folder whose texts have changed, or that nothing shows any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub folder: PathBuf,
    pub is_gone: bool,
}

/// Shared by all tasks of one server.
#[derive(Debug)]
pub struct Shared {
    workspace: Mutex<Workspace>,
    abilities: OnceLock<Abilities>,
    /// Counts the edits of each folder, so that long work sees that it is about an old text.
    edits: Mutex<BTreeMap<PathBuf, u64>>,
}

/// One editor's server.
#[derive(Debug)]
pub struct Backend {
    pub client: Client,
    pub shared: Arc<Shared>,
    /// To the task that checks, which ends with this.
    changes: UnboundedSender<Changed>,
    /// Whether the editor has taken its leave.
    pub left: Arc<AtomicBool>,
    /// Taken by the task that checks.
    pub events: Mutex<Option<UnboundedReceiver<Changed>>>,
    /// Semantic tokens as they were sent, by file, with the number of the answer.
    pub sent: Mutex<BTreeMap<PathBuf, (u64, Vec<lsp::SemanticToken>)>>,
    /// Held by whoever searches the disk for folders of rules.
    pub searching: tokio::sync::Mutex<()>,
}

/// A file that a request is about, in its folder as it is now.
#[derive(Clone, Debug)]
pub struct View {
    pub snapshot: Arc<Snapshot>,
    pub file: usize,
    pub abilities: Abilities,
}

impl View {
    pub fn state(&self) -> Option<&FileState> {
        self.snapshot.file(self.file)
    }

    pub fn page(&self) -> Option<Page<'_>> {
        self.state().map(|state| Page::of(state, self.abilities.encoding))
    }

    /// The byte of a place.
    pub fn offset(&self, place: lsp::Position) -> Option<u32> {
        self.page().map(|page| page.offset(place))
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left behind is still a picture of texts, which the next change sets right.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backend {
    pub fn new(client: Client, left: Arc<AtomicBool>) -> Self {
        let (changes, events) = unbounded_channel();
        let shared = Shared { workspace: Mutex::default(), abilities: OnceLock::new(), edits: Mutex::default() };
        Self {
            client,
            shared: Arc::new(shared),
            changes,
            left,
            events: Mutex::new(Some(events)),
            sent: Mutex::default(),
            searching: tokio::sync::Mutex::default(),
        }
    }

    /// Answers a request about a file, as it is when the request comes, beside what follows. A mistake of ours is an error for the
    /// editor, never the end of the server.
    pub async fn ask<T: Send + 'static>(
        &self,
        uri: &lsp::Uri,
        answer: impl FnOnce(&View) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(view) = self.shared.path(uri).and_then(|path| self.shared.view(&path)) else { return Ok(None) };
        beside(move || answer(&view)).await
    }

    /// The same about a place in a file.
    pub async fn ask_at<T: Send + 'static>(
        &self,
        at: &lsp::TextDocumentPositionParams,
        answer: impl FnOnce(&View, u32) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let place = at.position;
        self.ask(&at.text_document.uri, move |view| answer(view, view.offset(place)?)).await
    }

    /// Tells the task that checks that a folder has changed.
    pub fn changed(&self, folder: PathBuf) {
        self.shared.count_edit(&folder);
        // After the end of the server nobody listens.
        let _ = self.changes.send(Changed { folder, is_gone: false });
    }

    /// Tells it that nothing shows a folder any more.
    pub fn gone(&self, folder: PathBuf) {
        self.shared.count_edit(&folder);
        let _ = self.changes.send(Changed { folder, is_gone: true });
    }
}

/// Runs what answers on a thread of its own, so that the next message is read meanwhile; a panic there is an error.
pub async fn beside<T: Send + 'static>(answer: impl FnOnce() -> Option<T> + Send + 'static) -> Result<Option<T>> {
    tokio::task::spawn_blocking(answer).await.map_err(|_| Error::internal_error())
}

impl Shared {
    pub fn set_abilities(&self, abilities: Abilities) {
        // An editor says it once.
        let _ = self.abilities.set(abilities);
    }

    pub fn abilities(&self) -> Abilities {
        self.abilities.get().copied().unwrap_or_default()
    }

    pub fn workspace(&self) -> MutexGuard<'_, Workspace> {
        lock(&self.workspace)
    }

    /// The path of a text: of its file, or the one that it was placed at while no file holds it.
    pub fn path(&self, uri: &lsp::Uri) -> Option<PathBuf> {
        convert::path(uri).or_else(|| self.workspace().unsaved(uri.as_str()).map(Path::to_path_buf))
    }

    /// A file in its folder; None for one that is of no folder.
    pub fn view(&self, path: &Path) -> Option<View> {
        let mut workspace = self.workspace();
        let folder = match workspace.folder_of_open(path) {
            Some(folder) => folder.to_path_buf(),
            None => workspace.folder_of(path),
        };
        let snapshot = workspace.snapshot(&folder);
        drop(workspace);
        let file = snapshot.file_of(path)?;
        Some(View { snapshot, file, abilities: self.abilities() })
    }

    /// All folders that were looked at, as they are now.
    pub fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        let mut workspace = self.workspace();
        workspace.known_folders().iter().map(|folder| workspace.snapshot(folder)).collect()
    }

    fn count_edit(&self, folder: &Path) {
        *lock(&self.edits).entry(folder.to_path_buf()).or_default() += 1;
    }

    pub fn edits_of(&self, folder: &Path) -> u64 {
        lock(&self.edits).get(folder).copied().unwrap_or_default()
    }
}
