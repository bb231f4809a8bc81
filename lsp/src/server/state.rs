//! What the server knows of its editor, shared by the requests and by the work beside them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
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
    pub folds_lines_only: bool,
}

/// A folder whose texts have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub folder: PathBuf,
}

/// Shared by all tasks of one server.
#[derive(Debug)]
pub struct Shared {
    workspace: Mutex<Workspace>,
    abilities: OnceLock<Abilities>,
    changes: UnboundedSender<Changed>,
    /// Counts the edits of each folder, so that long work sees that it is about an old text.
    edits: Mutex<BTreeMap<PathBuf, u64>>,
}

/// One editor's server.
#[derive(Debug)]
pub struct Backend {
    pub client: Client,
    pub shared: Arc<Shared>,
    /// Taken by the task that checks.
    pub events: Mutex<Option<UnboundedReceiver<Changed>>>,
    /// Semantic tokens as they were sent, by file, with the number of the answer.
    pub sent: Mutex<BTreeMap<PathBuf, (u64, Vec<lsp::SemanticToken>)>>,
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
    pub fn new(client: Client) -> Self {
        let (changes, events) = unbounded_channel();
        let shared =
            Shared { workspace: Mutex::default(), abilities: OnceLock::new(), changes, edits: Mutex::default() };
        Self { client, shared: Arc::new(shared), events: Mutex::new(Some(events)), sent: Mutex::default() }
    }

    /// Answers a request about a file. A mistake of ours is an error for the editor, never the end of the server.
    pub fn ask<T>(&self, uri: &lsp::Uri, answer: impl FnOnce(&View) -> Option<T>) -> Result<Option<T>> {
        let Some(view) = convert::path(uri).and_then(|path| self.shared.view(&path)) else { return Ok(None) };
        guarded(|| answer(&view))
    }

    /// The same about a place in a file.
    pub fn ask_at<T>(
        &self,
        at: &lsp::TextDocumentPositionParams,
        answer: impl FnOnce(&View, u32) -> Option<T>,
    ) -> Result<Option<T>> {
        self.ask(&at.text_document.uri, |view| answer(view, view.offset(at.position)?))
    }
}

/// Runs what answers, and turns a panic into an error.
pub fn guarded<T>(answer: impl FnOnce() -> Option<T>) -> Result<Option<T>> {
    catch_unwind(AssertUnwindSafe(answer)).map_err(|_| Error::internal_error())
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

    /// Tells the task that checks that a folder has changed.
    pub fn changed(&self, folder: PathBuf) {
        *lock(&self.edits).entry(folder.clone()).or_default() += 1;
        // After the end of the server nobody listens.
        let _ = self.changes.send(Changed { folder });
    }

    pub fn edits_of(&self, folder: &Path) -> u64 {
        lock(&self.edits).get(folder).copied().unwrap_or_default()
    }
}
