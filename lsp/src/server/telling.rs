//! Which folder speaks of which file, where several hold it, and what is found in a file altogether.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::diagnostic::{Level, codes};
use tower_lsp::ls_types as lsp;

use super::convert::{self, Page};
use crate::feature::findings::{Finding, findings};
use crate::snapshot::Snapshot;
use crate::text::Encoding;

/// Every file once, with the number of the snapshot that speaks of it and its number there: that of the folder that is nearest above the
/// file among those that hold it, else the first.
pub fn speakers(snapshots: &[Arc<Snapshot>]) -> BTreeMap<&Path, (usize, usize)> {
    let mut speakers: BTreeMap<&Path, (usize, usize)> = BTreeMap::new();
    let nearness = |at: usize, path: &Path| {
        let folder = snapshots.get(at).map(|snapshot| snapshot.folder.as_path());
        folder.filter(|folder| path.starts_with(folder)).map_or(0, |folder| folder.as_os_str().len() + 1)
    };
    for (at, snapshot) in snapshots.iter().enumerate() {
        for (number, file) in snapshot.files.iter().enumerate() {
            let path = file.path.as_path();
            let is_nearer = speakers.get(path).is_none_or(|(known, _)| nearness(*known, path) < nearness(at, path));
            if is_nearer {
                speakers.insert(path, (at, number));
            }
        }
    }
    speakers
}

/// What is found in a file. Of one that other folders hold too it is also told what is wrong there alone, such as a name that one of them
/// has already; and that nothing uses a name is not known, because they may.
pub fn diagnostics(
    snapshots: &[Arc<Snapshot>],
    snapshot: &Snapshot,
    number: usize,
    encoding: Encoding,
) -> Vec<lsp::Diagnostic> {
    let Some(file) = snapshot.file(number) else { return Vec::new() };
    let page = Page::of(file, encoding);
    let mut own = findings(snapshot, number);
    let holds = |other: &Arc<Snapshot>| {
        let at = other.file_of(&file.path).filter(|_| other.folder != snapshot.folder)?;
        (other.file(at)?.text == file.text).then(|| (Arc::clone(other), at))
    };
    let others: Vec<(Arc<Snapshot>, usize)> = snapshots.iter().filter_map(holds).collect();
    if !others.is_empty() {
        own.retain(|found| ![codes::UNUSED_TERMS.id, codes::UNUSED_QUERY.id].contains(&found.code));
    }
    let mut told: Vec<lsp::Diagnostic> = own.iter().map(|found| convert::diagnostic(snapshot, page, found)).collect();
    let mut known = own;
    for (other, at) in &others {
        for found in findings(other, *at).into_iter().filter(|found| found.level == Level::Error) {
            let is_same = |one: &Finding| one.code == found.code && one.span == found.span;
            if !known.iter().any(is_same) {
                told.push(convert::diagnostic(other, page, &found));
                known.push(found);
            }
        }
    }
    told
}
