//! A name in all folders: several may use one package, and each is checked by itself.

use std::sync::Arc;

use mon_grammar::Span;

use super::rename::{self, RenameError};
use super::{bound, navigate};
use crate::snapshot::{FileState, Location, Snapshot};

/// A place in a file of any folder.
#[derive(Clone, Debug)]
pub struct Place {
    pub file: Arc<FileState>,
    pub span: Span,
}

/// Where it is said what the name at a byte is: in rules, or in the `mon.toml` that binds it.
#[must_use]
pub fn definition(snapshot: &Snapshot, file: usize, offset: u32) -> Vec<Place> {
    let said = placed(snapshot, navigate::definition(snapshot, file, offset));
    match snapshot.symbol_at(file, offset) {
        Some((symbol, _)) if said.is_empty() => bound::definition(snapshot, &symbol),
        _ => said,
    }
}

/// Every place of the name at a byte, also in other folders that hold the file where it is said.
#[must_use]
pub fn references(
    snapshot: &Snapshot,
    others: &[Arc<Snapshot>],
    file: usize,
    offset: u32,
    with_definition: bool,
) -> Vec<Place> {
    let own = navigate::references(snapshot, file, offset, with_definition);
    let mut places = placed(snapshot, own);
    for (other, at) in sharing(snapshot, others, file, offset) {
        places.extend(placed(other, navigate::references(other, at.file, at.span.start, with_definition)));
    }
    each_once(places)
}

/// The places to write a new name at, also in other folders that hold the file where it is said, and in the `mon.toml` that binds it.
///
/// # Errors
/// The name cannot be changed, or not to this one, in one of the folders.
pub fn rename(
    snapshot: &Snapshot,
    others: &[Arc<Snapshot>],
    file: usize,
    offset: u32,
    new: &str,
) -> Result<Vec<Place>, RenameError> {
    let mut places = placed(snapshot, rename::rename(snapshot, file, offset, new)?);
    for (other, at) in sharing(snapshot, others, file, offset) {
        let found = rename::rename(other, at.file, at.span.start, new).map_err(|error| match error {
            RenameError::Taken(name) => RenameError::TakenIn(name, other.folder.display().to_string()),
            error => error,
        })?;
        places.extend(placed(other, found));
    }
    if let Some((symbol, _)) = snapshot.symbol_at(file, offset) {
        places.extend(bound::places(snapshot, &symbol, new)?);
    }
    Ok(each_once(places))
}

/// The other folders that hold the file where the name at a byte is said, each with that place there.
fn sharing<'a>(
    snapshot: &Snapshot,
    others: &'a [Arc<Snapshot>],
    file: usize,
    offset: u32,
) -> Vec<(&'a Snapshot, Location)> {
    let said = snapshot.symbol_at(file, offset).and_then(|(symbol, _)| snapshot.definition(&symbol));
    let Some((said, span)) = said.and_then(|said| Some((snapshot.file(said.file)?, said.span))) else {
        return Vec::new();
    };
    let others = others.iter().filter(|other| other.folder != snapshot.folder);
    let there = |other: &'a Arc<Snapshot>| {
        let file = other.file_of(&said.path)?;
        // Where it reads the file as it was before, places would be wrong.
        (other.file(file)?.text == said.text).then_some((&**other, Location { file, span }))
    };
    others.filter_map(there).collect()
}

fn placed(snapshot: &Snapshot, places: Vec<Location>) -> Vec<Place> {
    let one = |place: Location| Some(Place { file: Arc::clone(snapshot.files.get(place.file)?), span: place.span });
    places.into_iter().filter_map(one).collect()
}

/// A package's own places are found from each folder.
fn each_once(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by(|one, other| (&one.file.path, one.span).cmp(&(&other.file.path, other.span)));
    places.dedup_by(|one, other| one.file.path == other.file.path && one.span == other.span);
    places
}
