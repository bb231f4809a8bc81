//! Edits as the lines of their files want them: with the file's own line ends, and without lines that nothing is left of.

use std::ops::Range;

use mon_grammar::Span;

use super::{Action, Edit};
use crate::snapshot::Snapshot;
use crate::text::small;

/// An action whose edits have the line ends of the files that they are made in.
pub(super) fn with_own_ends(snapshot: &Snapshot, mut action: Action) -> Action {
    for (number, (file, _, text)) in action.edits.iter_mut().enumerate() {
        let is_crlf = snapshot.file(*file).is_some_and(|state| state.text.contains("\r\n"));
        if !is_crlf || !text.contains('\n') {
            continue;
        }
        let own = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        if let Some(cursor) = action.cursor.as_mut().filter(|cursor| cursor.edit == number) {
            let place = |at: usize| own(text.get(..at).unwrap_or(text)).len();
            cursor.range = Range { start: place(cursor.range.start), end: place(cursor.range.end) };
        }
        *text = own(text);
    }
    action
}

/// Edits that take out all that stands in a line take out the line, too.
pub(super) fn without_empty(snapshot: &Snapshot, edits: Vec<Edit>) -> Vec<Edit> {
    let one = |(file, span, text): Edit| {
        let whole = text.is_empty().then(|| whole_lines(&snapshot.file(file)?.text, span)).flatten();
        (file, whole.unwrap_or(span), text)
    };
    edits.into_iter().map(one).collect()
}

/// The lines of a stretch with the end of the last one, where nothing else stands in them.
fn whole_lines(text: &str, span: Span) -> Option<Span> {
    let (before, behind) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = behind.find('\n').map_or(behind.len(), |at| at + 1);
    let is_alone = before.get(start..)?.trim().is_empty() && behind.get(..end)?.trim().is_empty();
    (is_alone && span.start < span.end).then(|| Span::new(small(start), span.end + small(end)))
}
