//! Reads the lists that `terms … = from` names. A list lies beside or below the file that names it, or in a folder that was
//! given to the command or is a package of `mon.toml`, links followed: rules of others are no way to read what is not meant for them, and findings quote
//! the lines that they are about.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mon_compiler::check::{ListFile, ListProblem};
use mon_grammar::MAX_FILE_BYTES;
use mon_grammar::ast::{File, ItemKind};

use crate::files::{RuleFile, plain, shown};

/// Every list that the files name, each once, in the order of its name.
pub fn read<'a>(files: &[RuleFile], trees: &[Arc<File>], named: impl Iterator<Item = &'a PathBuf>) -> Vec<ListFile> {
    let named: Vec<PathBuf> = named.filter_map(|path| folder(path)).collect();
    let mut lists: BTreeMap<String, Result<Arc<str>, ListProblem>> = BTreeMap::new();
    for (file, tree) in files.iter().zip(trees) {
        let sources = tree.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Terms(terms) => Some(&terms.sources),
            _ => None,
        });
        for source in sources.flatten() {
            let own = file.path.parent().unwrap_or(Path::new(""));
            let path = plain(&own.join(&source.path));
            let name = shown(&path);
            // A list that one file may not read may still be read by another.
            if lists.get(&name).is_some_and(|read| *read != Err(ListProblem::Outside)) {
                continue;
            }
            let allowed = named.iter().cloned().chain(fs::canonicalize(here(own)));
            lists.insert(name, one(&path, &allowed.collect::<Vec<_>>()));
        }
    }
    lists.into_iter().map(|(name, text)| ListFile { name, text }).collect()
}

/// The folder that a path is or lies in, without links.
fn folder(path: &Path) -> Option<PathBuf> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    fs::canonicalize(here(folder)).ok()
}

fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn one(path: &Path, allowed: &[PathBuf]) -> Result<Arc<str>, ListProblem> {
    // What lies outside is not even said to be there or not.
    let missing = || path.parent().and_then(|folder| fs::canonicalize(here(folder)).ok());
    let place = fs::canonicalize(path).ok().or_else(missing).ok_or(ListProblem::Missing)?;
    if !allowed.iter().any(|folder| place.starts_with(folder)) {
        return Err(ListProblem::Outside);
    }
    let unread = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => ListProblem::Missing,
        _ => ListProblem::Unreadable(error.to_string()),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ListProblem::TooLarge(MAX_FILE_BYTES));
    }
    let text = String::from_utf8(bytes).map_err(|error| ListProblem::NotText(error.utf8_error().valid_up_to()))?;
    Ok(Arc::from(text))
}
