//! Findings that an editor asks for: those of a file, and those of all files. Each report has a number that tells what it says, so that
//! the same is not sent twice, and what an editor still holds of a file that is gone is taken back.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashMap, FxHasher};
use tower_lsp::ls_types as lsp;

use super::convert;
use super::state::{Shared, View};
use super::telling::{diagnostics, speakers};

/// The number of what findings say.
fn number(items: &[lsp::Diagnostic]) -> String {
    let mut number = FxHasher::default();
    // What cannot be written as JSON cannot be sent either.
    serde_json::to_string(items).unwrap_or_default().hash(&mut number);
    format!("{:016x}", number.finish())
}

/// The findings of a file, or that they are those of the report that the editor holds.
pub fn of_file(shared: &Shared, view: &View, held: Option<&str>) -> lsp::DocumentDiagnosticReport {
    let items = diagnostics(&shared.snapshots(), &view.snapshot, view.file, view.abilities.encoding);
    let number = number(&items);
    if held == Some(number.as_str()) {
        let report = lsp::UnchangedDocumentDiagnosticReport { result_id: number };
        return lsp::DocumentDiagnosticReport::Unchanged(lsp::RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: report,
        });
    }
    full(Some(number), items)
}

/// Nothing is found in a text that is none of ours.
pub fn nothing() -> lsp::DocumentDiagnosticReport {
    full(None, Vec::new())
}

fn full(result_id: Option<String>, items: Vec<lsp::Diagnostic>) -> lsp::DocumentDiagnosticReport {
    let report = lsp::FullDocumentDiagnosticReport { result_id, items };
    let report =
        lsp::RelatedFullDocumentDiagnosticReport { related_documents: None, full_document_diagnostic_report: report };
    lsp::DocumentDiagnosticReport::Full(report)
}

/// The findings of all files, those that are not open too.
pub fn of_all(shared: &Shared, held: Vec<lsp::PreviousResultId>) -> Vec<lsp::WorkspaceDocumentDiagnosticReport> {
    let encoding = shared.abilities().encoding;
    let mut held: FxHashMap<String, lsp::PreviousResultId> =
        held.into_iter().map(|held| (held.uri.as_str().to_owned(), held)).collect();
    let mut reports = Vec::new();
    let snapshots = shared.snapshots();
    for spoken in speakers(&snapshots).into_values() {
        let Some(uri) = convert::uri_of(spoken.file) else { continue };
        let items = diagnostics(&snapshots, spoken.snapshot, spoken.number, encoding);
        let (result_id, version) = (number(&items), spoken.file.version.map(i64::from));
        let held = held.remove(uri.as_str());
        reports.push(if held.is_some_and(|held| held.value == result_id) {
            unchanged(uri, version, result_id)
        } else {
            whole(uri, version, Some(result_id), items)
        });
    }
    reports.extend(held.into_values().map(|gone| whole(gone.uri, None, None, Vec::new())));
    reports
}

fn unchanged(uri: lsp::Uri, version: Option<i64>, result_id: String) -> lsp::WorkspaceDocumentDiagnosticReport {
    lsp::WorkspaceDocumentDiagnosticReport::Unchanged(lsp::WorkspaceUnchangedDocumentDiagnosticReport {
        uri,
        version,
        unchanged_document_diagnostic_report: lsp::UnchangedDocumentDiagnosticReport { result_id },
    })
}

fn whole(
    uri: lsp::Uri,
    version: Option<i64>,
    result_id: Option<String>,
    items: Vec<lsp::Diagnostic>,
) -> lsp::WorkspaceDocumentDiagnosticReport {
    lsp::WorkspaceDocumentDiagnosticReport::Full(lsp::WorkspaceFullDocumentDiagnosticReport {
        uri,
        version,
        full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport { result_id, items },
    })
}
