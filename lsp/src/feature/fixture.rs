//! Rules in memory for the tests of features: texts with a mark where the cursor is.

use std::path::PathBuf;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::lint::Lints;
use mon_grammar::Document;

use crate::snapshot::{Analysis, FileState, Snapshot};

/// The sign that marks the cursor.
pub const CURSOR: &str = "‸";

/// Checked rules, and where the cursor was: its file and byte.
pub struct Fixture {
    pub snapshot: Snapshot,
    pub file: usize,
    pub at: u32,
}

/// Texts by name; one of them may hold the mark.
pub fn rules(files: &[(&str, &str)]) -> Fixture {
    let (mut cursor, mut texts) = ((0, 0), Vec::new());
    for (number, (name, text)) in files.iter().enumerate() {
        if let Some(at) = text.find(CURSOR) {
            cursor = (number, u32::try_from(at).unwrap());
        }
        texts.push(((*name).to_owned(), text.replacen(CURSOR, "", 1)));
    }
    let options = CheckOptions { lints: Lints::All, ..CheckOptions::default() };
    let checked = check(texts.clone(), &options);
    let state = |(name, text): &(String, String)| {
        let document = Document::new(text.as_str());
        let (text, tree) = (Arc::clone(document.source()), Arc::clone(document.tree()));
        Arc::new(FileState::new(PathBuf::from(name), text, tree, None))
    };
    let files: Vec<Arc<FileState>> = texts.iter().map(state).collect();
    let analysis = Analysis {
        files: files.iter().map(|file| (file.path.clone(), Arc::clone(&file.text))).collect(),
        plan: checked.plan.map(Arc::new),
        diagnostics: checked.diagnostics,
        options,
    };
    let snapshot = Snapshot {
        folder: PathBuf::new(),
        packages: vec![None; files.len()],
        files,
        project: Arc::default(),
        analysis: Some(Arc::new(analysis)),
    };
    Fixture { snapshot, file: cursor.0, at: cursor.1 }
}

impl Fixture {
    /// `rules.mon: text` of each place.
    pub fn shown(&self, places: impl IntoIterator<Item = crate::snapshot::Location>) -> String {
        let one = |place: crate::snapshot::Location| {
            let file = self.snapshot.file(place.file).unwrap();
            let at = file.lines().position(&file.text, place.span.start, crate::text::Encoding::Utf8);
            format!("{}:{}:{} {}\n", file.path.display(), at.line + 1, at.column + 1, place.span.text(&file.text))
        };
        places.into_iter().map(one).collect()
    }
}
