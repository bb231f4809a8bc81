//! The folder that a site is written to. A file of our own names the pages of the last run, so that those that are no longer
//! made go, and nobody else's file is ever touched.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::failure::Failure;
use crate::output::{Sink, cannot_write};

/// Names the pages, a line each, behind a line that says what it is.
const MARK: &str = ".mon-doc";
const HEAD: &str = "These files were written by `mon doc`, which replaces and removes them.";

/// Writes the pages, and removes those of an earlier run that are not among them.
///
/// # Errors
/// Bad use where the folder holds files of others, bad input where it cannot be written to; nothing was changed then, or
/// only pages of our own.
pub fn write(folder: &Path, pages: &[(String, String)]) -> Result<(), Failure> {
    let own = own_pages(folder)?;
    let new: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    if let Some(other) = new.difference(&own).find(|name| folder.join(name).symlink_metadata().is_ok()) {
        return Err(Failure::usage(
            format!("`{}` was not written by `mon doc`", folder.join(other).display()),
            "move it away, or name another folder with `--out`; nothing was changed",
        ));
    }
    // Until all is done, the folder is known to be ours with the pages of both runs.
    mark(folder, own.union(&new))?;
    for (name, text) in pages {
        put(&folder.join(name), text)?;
    }
    for stale in own.difference(&new) {
        let path = folder.join(stale);
        if path.symlink_metadata().is_ok() {
            fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
        }
    }
    mark(folder, new.iter())
}

/// The pages of the last run; none where the folder is absent or empty.
fn own_pages(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let refused = |why: &str| {
        Failure::usage(
            format!("`{}` {why}", folder.display()),
            "name a folder that is empty, does not exist yet, or was written by `mon doc`; nothing was changed",
        )
    };
    let Ok(metadata) = folder.metadata() else { return Ok(BTreeSet::new()) };
    if !metadata.is_dir() {
        return Err(refused("is no folder"));
    }
    let mut entries = fs::read_dir(folder).map_err(|error| cannot_write(folder, &error))?;
    if entries.next().is_none() {
        return Ok(BTreeSet::new());
    }
    let Ok(text) = fs::read_to_string(folder.join(MARK)) else {
        return Err(refused("is not empty, and was not written by `mon doc`"));
    };
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err(refused("holds a file `.mon-doc` that `mon doc` did not write"));
    }
    Ok(lines.filter(|name| is_page(name)).map(str::to_owned).collect())
}

/// A name that a page can have: whatever else stands in the mark is never removed.
fn is_page(name: &str) -> bool {
    let stem = name.strip_suffix(".html").unwrap_or("");
    !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn mark<'n>(folder: &Path, names: impl Iterator<Item = &'n String>) -> Result<(), Failure> {
    let mut text = format!("{HEAD}\n");
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    put(&folder.join(MARK), &text)
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let mut sink = Sink::create(path)?;
    sink.write_all(text.as_bytes()).map_err(|error| sink.failed(&error))?;
    sink.finish()
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn only_names_of_pages_are_ever_removed() {
        assert!(is_page("monitor-acme_outage--2.html") && is_page("index.html"));
        for other in ["../x.html", "a/b.html", ".html", "notes.txt", "C:x.html", "x.html "] {
            assert!(!is_page(other), "{other}");
        }
    }
}
