//! Finds and reads rule files: a file, or every `.mon` file below a folder, in the order of their names; each once, however
//! often it was named. Files that these `use` come behind them.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::LoadError;
use crate::load::Texts;

/// One rule file as the user named it, with `/` between folders.
#[derive(Clone, Debug)]
pub struct RuleFile {
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// Rule files in the order in which they were met, each once.
#[derive(Default)]
pub struct RuleFiles {
    pub list: Vec<RuleFile>,
    /// Names under which a file was met again, such as a path through a link.
    pub also: Vec<String>,
    /// Files of the list by the path that leads to them without links.
    known: HashMap<PathBuf, usize>,
}

impl RuleFiles {
    /// Reads all rule files that the arguments name.
    ///
    /// # Errors
    /// Bad input when a path does not exist, cannot be read, is not UTF-8, or when no rule file was found at all.
    pub fn load(arguments: &[PathBuf], endings: &[&str], texts: &mut dyn Texts) -> Result<Self, LoadError> {
        let mut files = Self::default();
        for argument in arguments {
            let mut paths = Vec::new();
            if argument.is_dir() {
                collect(argument, endings, &mut paths)?;
                paths.sort();
                if paths.is_empty() {
                    return Err(LoadError::new(
                        format!("the folder `{}` holds no rule file", argument.display()),
                        "rule files end in `.mon`; `mon init FOLDER` makes a folder with a first one",
                    ));
                }
            } else {
                paths.push(argument.clone());
            }
            for path in paths {
                files.add(path, texts)?;
            }
        }
        Ok(files)
    }

    /// Reads files that are named one by one.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn of(paths: &[PathBuf], texts: &mut dyn Texts) -> Result<Self, LoadError> {
        let mut files = Self::default();
        for path in paths {
            files.add(path.clone(), texts)?;
        }
        Ok(files)
    }

    /// Adds the file that `target` names, seen from the file at `from`. A path that leads to no file is left to the
    /// checker, which knows the place that says it.
    ///
    /// # Errors
    /// Bad input when the file is there and cannot be read.
    pub fn add_used(&mut self, from: usize, target: &str, texts: &mut dyn Texts) -> Result<(), LoadError> {
        let Some(own) = self.list.get(from) else { return Ok(()) };
        let path = plain(&own.path.parent().unwrap_or(Path::new("")).join(target));
        if path.is_file() { self.add(path, texts).map(drop) } else { Ok(()) }
    }

    /// Adds the files of a package, a file or a folder, and gives the names under which they stand in the list.
    ///
    /// # Errors
    /// Bad input when a file is there and cannot be read.
    pub fn add_package(&mut self, place: PathBuf, texts: &mut dyn Texts) -> Result<Vec<String>, LoadError> {
        let mut paths = Vec::new();
        if place.is_dir() {
            collect(&place, &["mon"], &mut paths)?;
            paths.sort();
        } else {
            paths.push(place);
        }
        let mut names = Vec::with_capacity(paths.len());
        for path in paths {
            let at = self.add(path, texts)?;
            names.extend(self.list.get(at).map(|file| file.name.clone()));
        }
        Ok(names)
    }

    /// The place of a file in the list, read now if it was not yet.
    fn add(&mut self, path: PathBuf, texts: &mut dyn Texts) -> Result<usize, LoadError> {
        // What has no such path cannot be read either, which is told below.
        let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if let Some((at, known)) = self.known.get(&canonical).and_then(|at| Some((*at, self.list.get(*at)?))) {
            let name = shown(&path);
            if name != known.name {
                self.also.push(name);
            }
            return Ok(at);
        }
        let at = self.list.len();
        let text = texts.text(&path)?;
        self.list.push(RuleFile { name: shown(&path), path, text });
        self.known.insert(canonical, at);
        Ok(at)
    }
}

/// The line that a byte of a text stands in, from 1.
pub fn line_of(text: &str, offset: u32) -> usize {
    text.bytes().take(offset as usize).filter(|byte| *byte == b'\n').count() + 1
}

/// The column of a byte in its line, in characters, from 1.
pub fn column_of(text: &str, offset: u32) -> usize {
    let before = text.get(..offset as usize).unwrap_or(text);
    before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1
}

/// A file's name as code hosts know it: seen from the current folder where it lies below, without `.` and `..`, with `/`.
pub fn seen_from_here(name: &str) -> String {
    let path = plain(Path::new(name));
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(&path).to_string_lossy().replace('\\', "/")
}

/// The path without `.` and without `..` behind a folder, as a person would name it.
pub fn plain(path: &Path) -> PathBuf {
    let mut parts: Vec<Component> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

/// A path as findings name it, with `/` between folders.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// The text of a file of the disk.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<String, LoadError> {
    let bytes = fs::read(path).map_err(|error| {
        LoadError::new(format!("cannot read `{}`: {error}", path.display()), "check the path and who may read it")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        LoadError::new(
            format!("`{}` is not UTF-8 text: byte {} cannot be read", path.display(), error.utf8_error().valid_up_to()),
            "save the file as UTF-8 in your editor",
        )
    })
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    collect_new(folder, endings, found, &mut Vec::new())
}

/// `above` has the folders around this one without links: a link to one of them leads round in a circle.
fn collect_new(
    folder: &Path,
    endings: &[&str],
    found: &mut Vec<PathBuf>,
    above: &mut Vec<PathBuf>,
) -> Result<(), LoadError> {
    let own = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    if above.contains(&own) {
        return Ok(());
    }
    above.push(own);
    let unreadable = |error: std::io::Error| {
        LoadError::new(
            format!("cannot read the folder `{}`: {error}", folder.display()),
            "check the path and who may read it",
        )
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            collect_new(&path, endings, found, above)?;
        } else if path.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e)) {
            found.push(path);
        }
    }
    above.pop();
    Ok(())
}
