//! Which folder speaks of which file, where several hold it, and what is found in a file altogether.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::diagnostic::{Level, codes};
use tower_lsp::ls_types as lsp;

use super::convert::{self, Page};
use crate::feature::findings::{Finding, findings};
use crate::snapshot::{FileState, Snapshot};
use crate::text::Encoding;

/// A file, and the folder that speaks of it.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'s> {
    pub snapshot: &'s Snapshot,
    /// Its number there.
    pub number: usize,
    pub file: &'s FileState,
}

/// Every file once, with the folder that speaks of it: the one that is nearest above it among those that hold it, else the first.
pub fn speakers(snapshots: &[Arc<Snapshot>]) -> BTreeMap<&Path, Spoken<'_>> {
    let mut speakers: BTreeMap<&Path, Spoken<'_>> = BTreeMap::new();
    let nearness = |snapshot: &Snapshot, path: &Path| {
        if path.starts_with(&snapshot.folder) { snapshot.folder.as_os_str().len() + 1 } else { 0 }
    };
    for snapshot in snapshots {
        for (number, file) in snapshot.files.iter().enumerate() {
            let path = file.path.as_path();
            let known = speakers.get(path).map(|known| nearness(known.snapshot, path));
            if known.is_none_or(|known| known < nearness(snapshot, path)) {
                speakers.insert(path, Spoken { snapshot, number, file });
            }
        }
    }
    speakers
}

/// What is found in a file. Of one that other folders hold too it is also told what is wrong there alone, such as a name that one of them
/// has already; and that nothing uses a name is not known, because they may.
pub fn diagnostics<'s>(
    snapshots: &'s [Arc<Snapshot>],
    snapshot: &Snapshot,
    number: usize,
    encoding: Encoding,
) -> Vec<lsp::Diagnostic> {
    let Some(file) = snapshot.file(number) else { return Vec::new() };
    let page = Page::of(file, encoding);
    let mut own = findings(snapshot, number);
    let holds = |other: &'s Arc<Snapshot>| {
        let at = other.file_of(&file.path).filter(|_| other.folder != snapshot.folder)?;
        (other.file(at)?.text == file.text).then_some((&**other, at))
    };
    let others: Vec<(&Snapshot, usize)> = snapshots.iter().filter_map(holds).collect();
    if !others.is_empty() {
        own.retain(|found| ![codes::UNUSED_TERMS.id, codes::UNUSED_QUERY.id].contains(&found.code));
    }
    let mut told: Vec<lsp::Diagnostic> = own.iter().map(|found| convert::diagnostic(snapshot, page, found)).collect();
    let mut known = own;
    for (other, at) in others {
        for found in findings(other, at).into_iter().filter(|found| found.level == Level::Error) {
            let is_same = |one: &Finding| one.code == found.code && one.span == found.span;
            if !known.iter().any(is_same) {
                told.push(convert::diagnostic(other, page, &found));
                known.push(found);
            }
        }
    }
    told
}
