//! What an error may hide: the words of clauses and items that could not be read. A name among them may be in use, so
//! nobody is told that it is not.

use mon_grammar::Span;
use mon_grammar::ast::{self, ItemKind};
use rustc_hash::FxHashSet;

use crate::plan::SourceFile;

/// The code of a monitor that may go on with what follows it.
const UNCLOSED_BRACE: &str = "MON0105";

/// Words of a folder that stand in what could not be read.
#[derive(Debug, Default)]
pub(super) struct Unread {
    words: FxHashSet<String>,
    /// Some item has no end, so clauses that use a name may still be missing.
    open: bool,
}

impl Unread {
    /// Whether what could not be read may use this name.
    pub fn may_use(&self, name: &str) -> bool {
        self.open || self.words.contains(name)
    }
}

pub(super) fn find(files: &[SourceFile], trees: &[&ast::File]) -> Unread {
    let mut unread = Unread::default();
    for (file, tree) in files.iter().zip(trees) {
        let mut seen: FxHashSet<Span> = FxHashSet::default();
        for error in &tree.errors {
            let items = tree.items.partition_point(|item| item.span.start <= error.span.start);
            let Some(item) = items.checked_sub(1).and_then(|at| tree.items.get(at)) else { continue };
            // Playbooks use no name of a list or a query.
            let Some((stretch, own)) = stretch(item, error.span) else { continue };
            unread.open |= error.code == UNCLOSED_BRACE;
            if seen.insert(stretch) {
                let words = stretch.text(&file.text).split(|c: char| !c.is_alphanumeric() && c != '_');
                unread.words.extend(words.filter(|word| !word.is_empty() && *word != own).map(str::to_owned));
            }
        }
    }
    unread
}

/// What of an item may use names and could not be read: the clause that holds a place, else all behind the item's name;
/// and that name, which it does not use itself.
fn stretch(item: &ast::Item, place: Span) -> Option<(Span, &str)> {
    let behind = |name: &ast::Name| Span::new(name.span.end, item.span.end);
    match &item.kind {
        ItemKind::Monitor(monitor) => {
            let clauses = monitor.clauses.partition_point(|clause| clause.span.start <= place.start);
            let clause = clauses.checked_sub(1).and_then(|at| monitor.clauses.get(at));
            let clause = clause.map(|clause| clause.span).filter(|span| place.start <= span.end);
            Some((clause.unwrap_or_else(|| behind(&monitor.name)), ""))
        }
        ItemKind::Terms(terms) => Some((behind(&terms.name), &terms.name.text)),
        ItemKind::Query(query) => Some((behind(&query.name), &query.name.text)),
        ItemKind::Test(test) => Some((behind(&test.monitor), "")),
        ItemKind::Playbook(_) | ItemKind::Use(_) | ItemKind::Dates(_) => None,
        ItemKind::Broken => Some((item.span, "")),
    }
}
