//! What an editor can do to rules at a place: mend what was found, allow it, and change the rules without changing what they
//! mean.

mod add;
mod lines;
mod mend;
mod reshape;
#[cfg(test)]
mod tests;

use mon_grammar::Span;

use crate::snapshot::Snapshot;

/// A file of the snapshot, a stretch of it, and what takes its place.
pub type Edit = (usize, Span, String);

/// What sort of action it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// It answers a finding.
    QuickFix,
    /// All that is safe in a file.
    FixAll,
    /// A part gets a name.
    Extract,
    /// A name gives way to what it means.
    Inline,
    /// A line or an item more.
    Add,
}

/// A stretch of the new text of one of the edits, which the author writes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Index of the edit.
    pub edit: usize,
    /// Bytes of its text.
    pub range: std::ops::Range<usize>,
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub title: String,
    pub kind: ActionKind,
    /// Whether it is the one that is nearly always wanted.
    pub preferred: bool,
    /// The finding that it answers, into `Analysis::diagnostics`.
    pub finding: Option<usize>,
    /// All together; none overlaps another.
    pub edits: Vec<Edit>,
    pub cursor: Option<Cursor>,
}

impl Action {
    fn new(kind: ActionKind, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), kind, preferred: false, finding: None, edits, cursor: None }
    }

    /// Puts the cursor on the only place where the text of an edit says so.
    fn written_over(mut self, edit: usize, words: &str) -> Self {
        let found = self.edits.get(edit).and_then(|(_, _, text)| text.find(words));
        self.cursor = found.map(|start| Cursor { edit, range: start..start + words.len() });
        self
    }
}

/// What can be done at a range of a file; a cursor is an empty range.
#[must_use]
pub fn actions(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Action> {
    let mut found = mend::fixes(snapshot, file, range);
    found.extend(mend::allows(snapshot, file, range));
    found.extend(reshape::actions(snapshot, file, range));
    found.extend(add::actions(snapshot, file, range));
    let found = found.into_iter().map(|action| lines::with_own_ends(snapshot, action));
    found.chain(fix_all(snapshot, file)).collect()
}

/// All safe fixes of a file that meet no earlier one.
#[must_use]
pub fn fix_all(snapshot: &Snapshot, file: usize) -> Option<Action> {
    Some(lines::with_own_ends(snapshot, mend::fix_all(snapshot, file)?))
}
