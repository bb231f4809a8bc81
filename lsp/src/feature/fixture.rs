//! Folders of rules for tests of features, made in memory.

use std::path::PathBuf;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::lint::Lints;
use mon_grammar::Span;

use crate::snapshot::{Analysis, FileState, Location, Snapshot};
use crate::text::Encoding;

/// Checked files, lints included, by name and text.
pub fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    with(files, CheckOptions::default())
}

pub fn with(files: &[(&str, &str)], options: CheckOptions) -> Snapshot {
    let options = CheckOptions { lints: Lints::All, ..options };
    let named = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let checked = check(named, &options);
    let state = |(name, text): &(&str, &str)| {
        let (text, tree) = (Arc::from(*text), Arc::new(mon_grammar::parse(text)));
        Arc::new(FileState::new(PathBuf::from(name), text, tree, Some(1)))
    };
    let states: Vec<Arc<FileState>> = files.iter().map(state).collect();
    let analysis = Analysis {
        files: states.iter().map(|state| (state.path.clone(), Arc::clone(&state.text))).collect(),
        plan: checked.plan.map(Arc::new),
        diagnostics: checked.diagnostics,
        options,
        trees: states.iter().map(|state| Arc::clone(&state.tree)).collect(),
    };
    let packages = vec![None; states.len()];
    Snapshot { analysis: Some(Arc::new(analysis)), ..Snapshot::of(states, packages) }
}

/// A text without its marks, and what stands between `«` and `»`, or the place of `«` alone.
pub fn marked(text: &str) -> (String, Span) {
    let start = text.find('«').unwrap();
    let text = text.replacen('«', "", 1);
    let end = text.find('»').unwrap_or(start);
    let span = Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap());
    (text.replacen('»', "", 1), span)
}

/// A text with its edits made.
pub fn edited(text: &str, edits: &[(Span, String)]) -> String {
    let mut edits: Vec<&(Span, String)> = edits.iter().collect();
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    assert!(edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "edits overlap: {edits:?}");
    let mut text = text.to_owned();
    for (span, new) in edits.into_iter().rev() {
        text.replace_range(span.start as usize..span.end as usize, new);
    }
    text
}

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
    let marked = files.iter().enumerate().find_map(|(file, (_, text))| Some((file, text.find(CURSOR)?)));
    let (file, at) = marked.unwrap_or_default();
    let plain: Vec<(&str, String)> = files.iter().map(|(name, text)| (*name, text.replacen(CURSOR, "", 1))).collect();
    let plain: Vec<(&str, &str)> = plain.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Fixture { snapshot: snapshot(&plain), file, at: u32::try_from(at).unwrap() }
}

impl Fixture {
    /// `rules.mon:1:7 text` of each place, a line each.
    pub fn shown(&self, places: impl IntoIterator<Item = Location>) -> String {
        let one = |place: Location| {
            let file = self.snapshot.file(place.file).unwrap();
            let at = file.lines().position(&file.text, place.span.start, Encoding::Utf8);
            format!("{}:{}:{} {}\n", file.path.display(), at.line + 1, at.column + 1, place.span.text(&file.text))
        };
        places.into_iter().map(one).collect()
    }
}
