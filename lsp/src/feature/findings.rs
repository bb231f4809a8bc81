//! What is wrong with a file, or seldom meant: the findings of the last check where they stand now, and errors of the text that is
//! before the author at this moment.

use mon_compiler::diagnostic::{Diagnostic, Level, codes};
use mon_grammar::Span;
use mon_grammar::ast::SyntaxError;

use crate::snapshot::{Analysis, Location, Snapshot};

/// A finding at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub span: Span,
    pub level: Level,
    /// `MON0201`
    pub code: &'static str,
    /// `unknown-name`
    pub name: &'static str,
    /// With the help, where there is one.
    pub message: String,
    /// Other places that belong to it.
    pub related: Vec<(Location, String)>,
    /// Whether nothing would be lost without the text, so that it can be shown faded.
    pub is_unneeded: bool,
}

/// The findings of a file in the order of the text.
#[must_use]
pub fn findings(snapshot: &Snapshot, file: usize) -> Vec<Finding> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let mut fresh = true;
    if let Some(analysis) = &snapshot.analysis {
        let checked = (0_u32..).zip(&analysis.files).find(|(_, (path, _))| *path == state.path);
        fresh = checked.is_none_or(|(_, (_, then))| *then != state.text);
        let own = |told: &&Diagnostic| checked.is_some_and(|(number, _)| told.place.file == number);
        let told = analysis.diagnostics.iter().filter(own).filter(|told| !(fresh && is_syntax(told)));
        found.extend(told.filter_map(|told| one(snapshot, analysis, told, file)));
    }
    if fresh {
        found.extend(state.tree.errors.iter().map(syntax));
    }
    found.sort_by_key(|finding| (finding.span.start, finding.code));
    found
}

fn is_syntax(told: &Diagnostic) -> bool {
    mon_grammar::SYNTAX_CODES.iter().any(|(code, ..)| *code == told.code.id)
}

fn one(snapshot: &Snapshot, analysis: &Analysis, told: &Diagnostic, file: usize) -> Option<Finding> {
    let place = snapshot.now(analysis, told.place).filter(|place| place.file == file)?;
    let labels = told.labels.iter().filter(|(at, _)| *at != told.place);
    let related = labels.filter_map(|(at, says)| Some((snapshot.now(analysis, *at)?, says.clone()))).collect();
    let is_unneeded = [codes::UNUSED_TERMS.id, codes::UNUSED_QUERY.id].contains(&told.code.id);
    Some(Finding {
        span: place.span,
        level: told.severity(),
        code: told.code.id,
        name: told.code.name,
        message: message(&told.message, told.help.as_deref()),
        related,
        is_unneeded,
    })
}

fn syntax(error: &SyntaxError) -> Finding {
    let code = codes::syntax_code(error.code);
    Finding {
        span: error.span,
        level: Level::Error,
        code: code.id,
        name: code.name,
        message: message(&error.message, error.help.as_deref()),
        related: Vec::new(),
        is_unneeded: false,
    }
}

fn message(message: &str, help: Option<&str>) -> String {
    help.map_or_else(|| message.to_owned(), |help| format!("{message}\nhelp: {help}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mon_grammar::Document;

    use super::*;
    use crate::feature::fixture::rules;
    use crate::snapshot::FileState;

    #[test]
    fn findings_move_with_their_text_until_it_is_checked_again() {
        let mut found = rules(&[("m.mon", "terms unused = \"x\"\nmonitor m {\n  match nothing\n}\n")]);
        let codes = |found: &crate::feature::fixture::Fixture| {
            let file = found.snapshot.file(0).unwrap();
            let one = |told: Finding| format!("{} {}", told.code, told.span.text(&file.text));
            findings(&found.snapshot, 0).into_iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let before = codes(&found);
        assert!(before.contains("MON0205 unused") && before.contains("MON0201 nothing"), "{before}");
        let document = Document::new(found.snapshot.files[0].text.replace("monitor m", "monitor n {\nmonitor m"));
        let state = FileState::new("m.mon".into(), Arc::clone(document.source()), Arc::clone(document.tree()), None);
        found.snapshot.files[0] = Arc::new(state);
        found.snapshot.moves = crate::snapshot::Moves::default();
        let after = codes(&found);
        assert!(
            after.contains("MON0205 unused") && after.contains("MON0201 nothing") && after.contains("MON0105"),
            "{after}"
        );
    }
}
