//! Reads the rules that a user named, with all that belongs to them, and checks them together.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, Checked, Package, PackageProblem, check_trees};
use mon_compiler::diagnostic::{Level, render};
use mon_compiler::lint::Lints;
use mon_compiler::plan::{Place, SourceFile};
use mon_grammar::ast::{File, ItemKind};

use crate::LoadError;
use crate::files::{self, RuleFile, RuleFiles};
use crate::lists;
use crate::project::Project;
use crate::terms_list;

/// Ending of a plain list of terms.
pub const LIST: &str = "txt";

/// Where the texts of rule files come from, and their trees.
pub trait Texts {
    /// The text of a file.
    ///
    /// # Errors
    /// It cannot be read.
    fn text(&mut self, path: &Path) -> Result<String, LoadError>;

    /// A tree for each of the files.
    fn trees(&mut self, files: &[RuleFile]) -> Vec<Arc<File>>;
}

/// Files as they lie on the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Texts for Disk {
    fn text(&mut self, path: &Path) -> Result<String, LoadError> {
        files::read(path)
    }

    fn trees(&mut self, files: &[RuleFile]) -> Vec<Arc<File>> {
        parse_all(files)
    }
}

/// How rules are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether `example` lines are evaluated.
    pub examples: bool,
    pub lints: Lints,
}

/// Rules that were read and checked.
#[derive(Debug)]
pub struct Compiled {
    pub files: Vec<RuleFile>,
    /// How many of them the user named; the others stand behind, used by these.
    pub named: usize,
    /// How they were checked, with what was read beside them.
    pub options: CheckOptions,
    pub checked: Checked,
    /// A tree for each file, as it was checked.
    pub trees: Vec<Arc<File>>,
    /// What the nearest `mon.toml` says.
    pub project: Project,
    /// Lists of terms as they were written, by their number among the files: what is checked are the rules made of them.
    pub lists: Vec<(u32, Arc<str>)>,
}

impl Compiled {
    /// Puts the lists in the place of the rules made of them, so that findings quote the line that their author wrote.
    pub fn quote_lists(&mut self) {
        for (number, list) in std::mem::take(&mut self.lists) {
            let Some(file) = self.checked.files.get_mut(number as usize) else { continue };
            let rules = std::mem::replace(&mut file.text, Arc::clone(&list));
            let line = |place: &mut Place| {
                if place.file == number {
                    place.span = terms_list::line_of(&rules, place.span, &list);
                }
            };
            for told in &mut self.checked.diagnostics {
                line(&mut told.place);
                told.labels.iter_mut().for_each(|(place, _)| line(place));
                told.fixes.retain(|fix| fix.edits.iter().all(|(place, _)| place.file != number));
            }
        }
    }

    pub fn count(&self, level: Level) -> usize {
        self.checked.diagnostics.iter().filter(|found| found.severity() == level).count()
    }

    /// All findings as text with their lines of source, and a line that sums them up.
    pub fn text(&self, colour: bool) -> String {
        let style = render::TextStyle { colour, ..render::TextStyle::default() };
        render::text(&self.checked.diagnostics, &self.checked.files, style)
    }

    /// `checked 10 files: 2 errors, 1 warning`.
    pub fn summary(&self) -> String {
        let counted = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Advice, "piece of advice")];
        let mut parts: Vec<String> = Vec::new();
        for (level, noun) in counted {
            let many = if noun == "piece of advice" { "pieces of advice".to_owned() } else { format!("{noun}s") };
            match self.count(level) {
                0 => {}
                1 => parts.push(format!("1 {noun}")),
                n => parts.push(format!("{n} {many}")),
            }
        }
        let files = match self.files.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let allowed = match self.checked.allowed {
            0 => String::new(),
            n => format!("; {n} allowed"),
        };
        format!("checked {files}: {found}{allowed}")
    }
}

/// Reads and checks; findings are kept in what it gives.
///
/// # Errors
/// A path does not exist or cannot be read, there is no rule file, or a `mon.toml` is not as it should be.
pub fn load(arguments: &[PathBuf], options: LoadOptions, texts: &mut dyn Texts) -> Result<Compiled, LoadError> {
    let files = RuleFiles::load(arguments, &["mon"], texts)?;
    load_files(files, arguments, Project::of(arguments)?, options, texts)
}

/// The same for files that are named one by one, as the rules of a folder with its settings.
///
/// # Errors
/// A file cannot be read.
pub fn load_those(
    files: &[PathBuf],
    folder: &Path,
    project: Project,
    options: LoadOptions,
    texts: &mut dyn Texts,
) -> Result<Compiled, LoadError> {
    load_files(RuleFiles::of(files, texts)?, &[folder.to_path_buf()], project, options, texts)
}

fn load_files(
    mut files: RuleFiles,
    arguments: &[PathBuf],
    project: Project,
    options: LoadOptions,
    texts: &mut dyn Texts,
) -> Result<Compiled, LoadError> {
    let mut packages: Vec<Package> = Vec::new();
    let named = files.list.len();
    let mut trees: Vec<Arc<File>> = Vec::new();
    let mut written = Vec::new();
    // The list grows while it is read: files that are used stand behind those that use them.
    while trees.len() < files.list.len() {
        let first = trees.len();
        let new = files.list.get_mut(first..).unwrap_or_default();
        for (number, file) in (first..).zip(new.iter_mut()) {
            if file.path.extension().is_some_and(|ending| ending == LIST) {
                let rules = terms_list::to_rules(&file.text);
                let list = std::mem::replace(&mut file.text, rules);
                written.push((u32::try_from(number).unwrap_or(u32::MAX), Arc::from(list)));
            }
        }
        trees.extend(texts.trees(new));
        let used = (first..).zip(trees.get(first..).unwrap_or_default()).flat_map(|(by, tree)| uses(by, tree));
        for (by, used) in used {
            if used.is_file() {
                files.add_used(by, &used.target, texts)?;
            } else if packages.iter().all(|package| package.name != used.target) {
                packages.push(package(&project, &mut files, &used.target, texts)?);
            }
        }
    }
    let options = CheckOptions {
        examples: options.examples,
        lists: lists::read(&files.list, &trees, arguments.iter().chain(project.named_packages())),
        packages,
        edition: project.edition,
        also_known: files.also,
        lints: options.lints,
        now: Some(chrono::Utc::now().timestamp_micros()),
        ..CheckOptions::default()
    };
    let checked = check(&files.list, &trees, &options);
    Ok(Compiled { checked, trees, project, files: files.list, named, options, lists: written })
}

fn uses(by: usize, tree: &File) -> impl Iterator<Item = (usize, &mon_grammar::ast::Use)> {
    tree.items.iter().filter_map(move |item| match &item.kind {
        ItemKind::Use(used) => Some((by, used)),
        _ => None,
    })
}

/// Finds a package and adds its files.
fn package(project: &Project, files: &mut RuleFiles, name: &str, texts: &mut dyn Texts) -> Result<Package, LoadError> {
    let members = match project.package(name) {
        Ok(place) => {
            let shown = files::shown(&place);
            let names = files.add_package(place, texts)?;
            if names.is_empty() { Err(PackageProblem::Empty(shown)) } else { Ok(names) }
        }
        Err(problem) => Err(problem),
    };
    Ok(Package { name: name.to_owned(), files: members })
}

/// Checks files again whose texts have changed, as they were checked before, examples and all lints included.
#[must_use]
pub fn check_again(files: &[RuleFile], options: &CheckOptions) -> Checked {
    check(files, &parse_all(files), &CheckOptions { examples: true, lints: Lints::All, ..options.clone() })
}

fn check(files: &[RuleFile], trees: &[Arc<File>], options: &CheckOptions) -> Checked {
    let source = |file: &RuleFile| SourceFile { name: file.name.clone(), text: Arc::from(file.text.as_str()) };
    check_trees(files.iter().map(source).collect(), trees, options)
}

/// Parses the files side by side, as many at a time as the machine has processors.
fn parse_all(files: &[RuleFile]) -> Vec<Arc<File>> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let parse = |part: &[RuleFile]| {
        part.iter().map(|file| Arc::new(mon_grammar::parse(&file.text))).collect::<Vec<Arc<File>>>()
    };
    if threads == 1 || files.len() == 1 {
        return parse(files);
    }
    std::thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(threads).max(1));
        let workers: Vec<_> = parts.map(|part| (part, scope.spawn(move || parse(part)))).collect();
        // A parser that panicked is asked again here, so that the panic is told as any other.
        workers.into_iter().flat_map(|(part, worker)| worker.join().unwrap_or_else(|_| parse(part))).collect()
    })
}
