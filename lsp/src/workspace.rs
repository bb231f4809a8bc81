//! The rules that an editor has before it: which folders belong together, which texts are open, what lies on the disk. It reads
//! a file again only when it has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use mon_compiler::lint::Lints;
use mon_grammar::Document;
use mon_grammar::ast::File;
use mon_rules::{Compiled, LoadError, LoadOptions, PROJECT_FILE, Project, RuleFile, Texts, plain};
use rustc_hash::FxHashMap;

use crate::consequences::Consequences;
use crate::snapshot::{Analysis, FileState, Moves, Snapshot};
use crate::text::{Encoding, Lines, Position};

/// Rule files below the folders of a workspace that are looked at; more are left to the command.
pub const FILES_MAX: usize = 20_000;
/// How deep folders are looked into.
const DEPTH_MAX: usize = 24;
/// Files and folders that are looked at in all.
const ENTRIES_MAX: usize = 500_000;
/// Folders that hold no rules of their own.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// A text that an editor has open.
#[derive(Debug)]
struct Open {
    document: Document,
    /// The folder that it is checked with.
    folder: PathBuf,
    state: Arc<FileState>,
}

impl Open {
    fn new(path: &Path, uri: Arc<str>, folder: PathBuf, document: Document, version: i32) -> Self {
        let mut state = state_of(path, &document, Some(version));
        state.uri = Some(uri);
        Self { document, folder, state: Arc::new(state) }
    }
}

fn state_of(path: &Path, document: &Document, version: Option<i32>) -> FileState {
    FileState::new(path.to_path_buf(), Arc::clone(document.source()), Arc::clone(document.tree()), version)
}

/// A file of the disk as it was when it was read.
#[derive(Clone, Debug)]
struct OnDisk {
    changed: Option<SystemTime>,
    length: u64,
    state: Arc<FileState>,
}

/// A range of an editor that gets another text; without a range the whole text does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub range: Option<(Position, Position)>,
    pub text: String,
}

/// A folder of rules that are checked together.
#[derive(Debug, Default)]
struct Folder {
    /// As the last check had them.
    files: Vec<PathBuf>,
    project: Option<Arc<Project>>,
    analysis: Option<Arc<Analysis>>,
    consequences: Option<Arc<Consequences>>,
    /// As it is now, until something changes.
    snapshot: Option<Arc<Snapshot>>,
}

impl Folder {
    fn holds(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file.as_os_str() == path.as_os_str())
    }
}

/// All that an editor has open, and the folders around it.
#[derive(Debug, Default)]
pub struct Workspace {
    roots: Vec<PathBuf>,
    open: FxHashMap<PathBuf, Open>,
    /// The paths of texts that no file holds yet, by the names that the editor gives these.
    unsaved: FxHashMap<String, PathBuf>,
    disk: FxHashMap<PathBuf, OnDisk>,
    folders: FxHashMap<PathBuf, Folder>,
}

impl Workspace {
    /// The path that a text without a file is known by: in the first folder that the editor shows, else in one of its own.
    pub fn place_unsaved(&mut self, name: &str, file_name: &str) -> PathBuf {
        if let Some(known) = self.unsaved.get(name) {
            return known.clone();
        }
        let path = self.roots.first().map_or_else(|| PathBuf::from(file_name), Clone::clone).join(file_name);
        self.unsaved.insert(name.to_owned(), path.clone());
        path
    }

    /// The same of a text that was placed.
    #[must_use]
    pub fn unsaved(&self, name: &str) -> Option<&Path> {
        self.unsaved.get(name).map(PathBuf::as_path)
    }

    /// Takes the folders that an editor shows.
    pub fn set_roots(&mut self, roots: impl IntoIterator<Item = PathBuf>) {
        self.roots = roots.into_iter().map(|root| plain(&root)).collect();
    }

    /// Takes folders that an editor shows too, and forgets others.
    pub fn change_roots(&mut self, removed: &[PathBuf], added: Vec<PathBuf>) {
        self.roots.retain(|root| !removed.contains(root));
        self.roots.extend(added.into_iter().map(|root| plain(&root)));
    }

    /// Whether a file lies in what the editor shows.
    #[must_use]
    pub fn shows(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// A search for the folders of rules, which takes its time.
    #[must_use]
    pub fn search(&self) -> Search {
        Search { roots: self.roots.clone() }
    }

    /// Takes the folders that a search found, and those of open files. Gives those that are none any more, and all that are.
    pub fn lay_out(&mut self, layout: Layout) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let mut found = layout.folders;
        self.place_open(found.keys().next().filter(|_| found.len() == 1));
        for open in self.open.values() {
            found.entry(open.folder.clone()).or_insert_with(|| files_of(&self.roots, &open.folder));
        }
        let gone: Vec<PathBuf> = self.folders.keys().filter(|folder| !found.contains_key(*folder)).cloned().collect();
        for folder in &gone {
            self.folders.remove(folder);
            self.disk.retain(|path, _| !path.starts_with(folder));
        }
        let shown = found.keys().cloned().collect();
        for (folder, files) in found {
            self.folders.entry(folder).or_insert_with(|| Folder { files, ..Folder::default() });
        }
        (gone, shown)
    }

    /// Whether a file was among those of a folder when that was looked at.
    #[must_use]
    pub fn is_known(&self, path: &Path) -> bool {
        self.folders.values().any(|known| known.holds(path))
    }

    /// Whether a file, or one below a folder, was.
    #[must_use]
    pub fn holds_below(&self, path: &Path) -> bool {
        let mut files = self.folders.values().flat_map(|known| &known.files);
        files.any(|file| file.starts_with(path))
    }

    /// Folders of rules that were looked at already, in the order of their names.
    #[must_use]
    pub fn known_folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = self.folders.keys().cloned().collect();
        folders.sort();
        folders
    }

    /// Folders whose rules hold a file, those of a package that they use included, or read it: a list of terms, a capture.
    #[must_use]
    pub fn readers_of(&self, path: &Path) -> Vec<PathBuf> {
        let reads = |known: &Folder| {
            let mut lists = known.analysis.iter().flat_map(|analysis| &analysis.options.lists);
            let capture = known.project.as_ref().and_then(|project| project.editor.capture.as_deref());
            known.holds(path) || capture == Some(path) || lists.any(|list| Path::new(&list.name) == path)
        };
        self.folders.iter().filter(|(_, known)| reads(known)).map(|(folder, _)| folder.clone()).collect()
    }

    /// The captures that folders name.
    #[must_use]
    pub fn captures(&self) -> Vec<PathBuf> {
        let projects = self.folders.values().filter_map(|known| known.project.as_ref());
        projects.filter_map(|project| project.editor.capture.clone()).collect()
    }

    /// Asks again with which folder each open file is checked; a new `mon.toml` may have changed it. A text that no file holds yet
    /// belongs to the only folder of rules, where there is one.
    fn place_open(&mut self, only: Option<&PathBuf>) {
        let place = |path: &PathBuf| {
            let is_unsaved = self.unsaved.values().any(|known| known == path);
            let only = only.filter(|_| is_unsaved && self.shows(path));
            (path.clone(), only.cloned().unwrap_or_else(|| self.folder_of(path)))
        };
        let placed: Vec<(PathBuf, PathBuf)> = self.open.keys().map(place).collect();
        for (path, folder) in placed {
            self.turn(&folder);
            if let Some(open) = self.open.get_mut(&path) {
                let before = std::mem::replace(&mut open.folder, folder);
                self.turn(&before);
            }
        }
    }

    /// The folder that a file is checked with.
    #[must_use]
    pub fn folder_of(&self, file: &Path) -> PathBuf {
        folder_of(&self.roots, file)
    }

    /// An editor opened a file, which it names by `uri`.
    pub fn open(&mut self, path: &Path, uri: &str, text: &str, version: i32) {
        let (uri, folder) = (Arc::from(uri), self.folder_of(path));
        self.open.insert(path.to_path_buf(), Open::new(path, uri, folder, Document::new(text), version));
        self.turn_around(path);
    }

    /// An editor changed an open file. A file that is not open is left alone.
    pub fn change(&mut self, path: &Path, version: i32, changes: &[Change], encoding: Encoding) {
        let Some(open) = self.open.get_mut(path) else { return };
        let mut document = std::mem::replace(&mut open.document, Document::new(""));
        for change in changes {
            match change.range {
                None => document = Document::new(change.text.as_str()),
                Some((start, end)) => {
                    let text = document.source();
                    let lines = Lines::new(text);
                    let range =
                        lines.offset(text, start, encoding) as usize..lines.offset(text, end, encoding) as usize;
                    document.edit(range, &change.text);
                }
            }
        }
        let (uri, folder) = (open.state.uri.clone().unwrap_or_default(), open.folder.clone());
        *open = Open::new(path, uri, folder, document, version);
        self.turn_around(path);
    }

    /// An editor closed a file: what lies on the disk counts again.
    pub fn close(&mut self, path: &Path) {
        self.turn_around(path);
        self.open.remove(path);
        self.unsaved.retain(|_, known| known != path);
    }

    /// An open file is not as it was, and neither are the folders that hold it.
    fn turn_around(&mut self, path: &Path) {
        let own = self.open.get(path).map(|open| open.folder.as_path());
        let around =
            self.folders.iter_mut().filter(|(folder, known)| own == Some(folder.as_path()) || known.holds(path));
        around.for_each(|(_, known)| known.snapshot = None);
    }

    /// Something in a folder is not as it was.
    fn turn(&mut self, folder: &Path) {
        if let Some(known) = self.folders.get_mut(folder) {
            known.snapshot = None;
        }
    }

    /// The folder of an open file.
    #[must_use]
    pub fn folder_of_open(&self, path: &Path) -> Option<&Path> {
        self.open.get(path).map(|open| open.folder.as_path())
    }

    /// The rules of a folder as they are now. Files of the disk are as the last check read them.
    pub fn snapshot(&mut self, folder: &Path) -> Arc<Snapshot> {
        if let Some(known) = self.folders.get(folder).and_then(|known| known.snapshot.as_ref()) {
            return Arc::clone(known);
        }
        let known = self.folders.remove(folder);
        let is_known = known.is_some();
        let mut known = known.unwrap_or_else(|| Folder { files: files_of(&self.roots, folder), ..Folder::default() });
        let mut paths = known.files.clone();
        let new = self.open.iter().filter(|(path, open)| open.folder == folder && !paths.contains(path));
        let mut new: Vec<PathBuf> = new.map(|(path, _)| path.clone()).collect();
        new.sort();
        paths.extend(new);
        let files: Vec<Arc<FileState>> = paths.iter().filter_map(|path| self.state(path).ok()).collect();
        let project =
            known.project.get_or_insert_with(|| Arc::new(Project::of(&[folder.to_path_buf()]).unwrap_or_default()));
        let snapshot = Arc::new(Snapshot {
            folder: folder.to_path_buf(),
            packages: files.iter().map(|file| package_of(known.analysis.as_deref(), &file.path)).collect(),
            files,
            project: Arc::clone(project),
            analysis: known.analysis.clone(),
            consequences: known.consequences.clone(),
            moves: Moves::default(),
        });
        // A folder that no search found is asked about, and no more.
        if is_known {
            known.snapshot = Some(Arc::clone(&snapshot));
            self.folders.insert(folder.to_path_buf(), known);
        }
        snapshot
    }

    /// A file as it is now: open, else as it was read.
    fn state(&mut self, path: &Path) -> Result<Arc<FileState>, LoadError> {
        if let Some(open) = self.open.get(path) {
            return Ok(Arc::clone(&open.state));
        }
        if let Some(known) = self.disk.get(path) {
            return Ok(Arc::clone(&known.state));
        }
        let read = OnDisk::read(path)?;
        let state = Arc::clone(&read.state);
        self.disk.insert(path.to_path_buf(), read);
        Ok(state)
    }

    /// The texts of a folder as they are now, for a check that takes its time; None for one that is none any more.
    #[must_use]
    pub fn sources_of_known(&self, folder: &Path) -> Option<Sources> {
        self.folders.contains_key(folder).then(|| self.sources(folder))
    }

    /// The texts as they are now.
    #[must_use]
    pub fn sources(&self, folder: &Path) -> Sources {
        let open = self.open.iter().map(|(path, open)| (path.clone(), Arc::clone(&open.state))).collect();
        let own = self.open.iter().filter(|(_, open)| open.folder == folder);
        let known = self.folders.get(folder);
        let held = self.open.keys().filter(|path| known.is_some_and(|known| known.holds(path)));
        Sources {
            held: held.cloned().collect(),
            project: known.and_then(|known| known.project.clone()),
            folder: folder.to_path_buf(),
            roots: self.roots.clone(),
            own: own.map(|(path, _)| path.clone()).collect(),
            open,
            disk: self.disk.clone(),
            problems: Vec::new(),
        }
    }

    /// Keeps what a check found, for the snapshots that follow; not of a folder that is none any more.
    pub fn keep(&mut self, folder: &Path, checked: Checkup) -> bool {
        let Some(before) = self.folders.get_mut(folder) else { return false };
        let consequences = before.consequences.take();
        *before = Folder { consequences, ..checked.known };
        self.disk.extend(checked.disk);
        true
    }
}

impl Workspace {
    /// Keeps what the rules of a folder would have done.
    pub fn see(&mut self, folder: &Path, found: Option<Arc<Consequences>>) {
        if let Some(known) = self.folders.get_mut(folder) {
            known.consequences = found;
            known.snapshot = None;
        }
    }
}

impl OnDisk {
    fn read(path: &Path) -> Result<Self, LoadError> {
        let (changed, length) = times(path);
        let document = Document::new(mon_rules::read(path)?);
        Ok(Self { changed, length, state: Arc::new(state_of(path, &document, None)) })
    }
}

/// When a file changed, and its length in bytes.
fn times(path: &Path) -> (Option<SystemTime>, u64) {
    let told = fs::metadata(path).ok();
    told.map_or((None, 0), |told| (told.modified().ok(), told.len()))
}

/// Texts of one moment: those that are open, and those of the disk, which are read again where they have changed.
#[derive(Debug)]
pub struct Sources {
    folder: PathBuf,
    roots: Vec<PathBuf>,
    /// Open files of the folder.
    own: Vec<PathBuf>,
    /// The settings of the last check.
    project: Option<Arc<Project>>,
    /// Open files that it held at the last check, those of packages included.
    held: Vec<PathBuf>,
    open: FxHashMap<PathBuf, Arc<FileState>>,
    disk: FxHashMap<PathBuf, OnDisk>,
    /// Files that cannot be read, each with the reason.
    problems: Vec<String>,
}

/// What a check of a folder gave.
#[derive(Debug)]
pub struct Checkup {
    known: Folder,
    disk: FxHashMap<PathBuf, OnDisk>,
    /// Files that cannot be read, each with the reason; the others were checked without them.
    pub problems: Vec<String>,
    /// What is wrong with `mon.toml`.
    pub settings: Option<LoadError>,
}

impl Sources {
    /// Checks a folder as `mon lint` does. Where its `mon.toml` is not as it should be, with the settings that it had before.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn check(mut self) -> Result<Checkup, LoadError> {
        let (project, settings) = match Project::of(std::slice::from_ref(&self.folder)) {
            Ok(project) => (project, None),
            Err(error) => (self.project.as_deref().cloned().unwrap_or_default(), Some(error)),
        };
        let options = LoadOptions { examples: true, lints: Lints::All };
        let (mut files, folder) = (files_of(&self.roots, &self.folder), self.folder.clone());
        // Those that are not on the disk yet are among the rules, too.
        files.extend(self.own.iter().filter(|path| !path.is_file()).cloned());
        let loaded = mon_rules::load_those(&files, &folder, project, options, &mut self)?;
        Ok(Checkup { known: known(loaded), disk: self.disk, problems: self.problems, settings })
    }

    /// Whether what is open is what lies on the disk.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        let saved = |(path, open): (&PathBuf, &Arc<FileState>)| {
            !(self.own.contains(path) || self.held.contains(path))
                || mon_rules::read(path).is_ok_and(|text| *text == *open.text)
        };
        self.open.iter().all(saved)
    }

    /// The rules of a folder as they lie on the disk, whatever is open.
    ///
    /// # Errors
    /// A file cannot be read, or a `mon.toml` is not as it should be.
    pub fn saved(mut self) -> Result<Compiled, LoadError> {
        self.open.clear();
        let (files, folder) = (files_of(&self.roots, &self.folder), self.folder.clone());
        let options = LoadOptions { examples: false, lints: Lints::Off };
        mon_rules::load_those(&files, &folder, Project::of(std::slice::from_ref(&folder))?, options, &mut self)
    }

    fn state(&mut self, path: &Path) -> Result<Arc<FileState>, LoadError> {
        if let Some(open) = self.open.get(path) {
            return Ok(Arc::clone(open));
        }
        let now = times(path);
        if let Some(known) = self.disk.get(path).filter(|known| (known.changed, known.length) == now) {
            return Ok(Arc::clone(&known.state));
        }
        let read = OnDisk::read(path)?;
        let state = Arc::clone(&read.state);
        self.disk.insert(path.to_path_buf(), read);
        Ok(state)
    }
}

/// The package that a file is of, as the last check saw it.
fn package_of(analysis: Option<&Analysis>, path: &Path) -> Option<String> {
    let options = &analysis?.options;
    // Most folders use none, and this is asked for each file behind each key.
    if options.packages.is_empty() {
        return None;
    }
    options.package_of(&mon_rules::shown(path)).map(str::to_owned)
}

fn known(loaded: Compiled) -> Folder {
    let texts = loaded.files.iter().zip(&loaded.checked.files);
    let files = texts.map(|(file, checked)| (file.path.clone(), Arc::clone(&checked.text))).collect();
    let analysis = Arc::new(Analysis {
        files,
        plan: loaded.checked.plan.map(Arc::new),
        diagnostics: loaded.checked.diagnostics,
        options: loaded.options,
        trees: loaded.trees,
    });
    let files = loaded.files.into_iter().map(|file| file.path).collect();
    let project = Some(Arc::new(loaded.project));
    Folder { files, project, analysis: Some(analysis), consequences: None, snapshot: None }
}

impl Texts for Sources {
    fn text(&mut self, path: &Path) -> Result<String, LoadError> {
        // One file that cannot be read is no reason to say nothing of the others.
        Ok(match self.state(path) {
            Ok(state) => state.text.to_string(),
            Err(error) => {
                self.problems.push(format!("{error}; {}", error.help));
                String::new()
            }
        })
    }

    fn trees(&mut self, files: &[RuleFile]) -> Vec<Arc<File>> {
        let tree = |file: &RuleFile| match self.state(&file.path) {
            Ok(state) if *state.text == *file.text => Arc::clone(&state.tree),
            _ => Arc::new(mon_grammar::parse(&file.text)),
        };
        files.iter().map(tree).collect()
    }
}

/// The folder that a file is checked with: the one of the nearest `mon.toml` inside the workspace, else the highest one above it that
/// holds rule files without a gap.
fn folder_of(roots: &[PathBuf], file: &Path) -> PathBuf {
    let own = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let root = roots.iter().filter(|root| file.starts_with(root)).max_by_key(|root| root.as_os_str().len());
    let inside = |folder: &Path| root.is_some_and(|root| folder.starts_with(root));
    let mut above = own.ancestors().take_while(|folder| inside(folder));
    if let Some(project) = above.find(|folder| folder.join(PROJECT_FILE).is_file()) {
        return project.to_path_buf();
    }
    let with_rules = own.ancestors().skip(1).take_while(|folder| inside(folder) && has_rules(folder));
    with_rules.last().map_or(own.clone(), Path::to_path_buf)
}

/// The rule files of a folder, in the order of their names, without those of folders inside it that are checked by themselves. Outside of
/// what the editor shows only the folder itself is looked into.
fn files_of(roots: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), ENTRIES_MAX);
    let depth = if roots.iter().any(|root| folder.starts_with(root)) { 0 } else { DEPTH_MAX };
    rule_files(folder, depth, &mut left, &mut found);
    by_folder(roots, found).remove(folder).unwrap_or_default()
}

/// Files by the folder that each is checked with, in the order of their names.
fn by_folder(roots: &[PathBuf], mut files: Vec<PathBuf>) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    files.sort();
    files.dedup();
    let mut known: FxHashMap<PathBuf, PathBuf> = FxHashMap::default();
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let own = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let folder = known.entry(own).or_insert_with(|| folder_of(roots, &file)).clone();
        folders.entry(folder).or_default().push(file);
    }
    folders
}

/// A search for folders of rules below what the editor shows.
#[derive(Debug)]
pub struct Search {
    roots: Vec<PathBuf>,
}

/// The folders of rules that a search found, with their files.
#[derive(Debug)]
pub struct Layout {
    folders: BTreeMap<PathBuf, Vec<PathBuf>>,
}

impl Search {
    #[must_use]
    pub fn run(&self) -> Layout {
        let (mut files, mut left) = (Vec::new(), ENTRIES_MAX);
        self.roots.iter().for_each(|root| rule_files(root, 0, &mut left, &mut files));
        Layout { folders: by_folder(&self.roots, files) }
    }
}

fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "mon")
}

fn has_rules(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| is_rule_file(&entry.path()))
}

/// Rule files below a folder, hidden folders left out.
fn rule_files(folder: &Path, depth: usize, left: &mut usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if found.len() >= FILES_MAX || name.starts_with('.') || SKIPPED.contains(&name.as_ref()) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEPTH_MAX => rule_files(&path, depth + 1, left, found),
            Ok(kind) if kind.is_file() && is_rule_file(&path) => found.push(path),
            _ => {}
        }
    }
}
