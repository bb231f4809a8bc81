//! From bytes to lines and columns, and from our data to the protocol's.

use std::path::{Path, PathBuf};

use mon_compiler::diagnostic::Level;
use mon_grammar::Span;
use tower_lsp::ls_types as lsp;

use crate::feature::findings::Finding;
use crate::snapshot::{FileState, Location, Snapshot};
use crate::symbols::Kind;
use crate::text::{Encoding, Lines, Position};

/// A file's path; None for what is no file.
pub fn path(uri: &lsp::Uri) -> Option<PathBuf> {
    let is_file = uri.as_str().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
    if is_file { uri.to_file_path().map(|path| mon_rules::plain(&path)) } else { None }
}

pub fn uri(path: &Path) -> Option<lsp::Uri> {
    lsp::Uri::from_file_path(path)
}

/// How the editor names a file: some compare names letter by letter, so those of open files are given back as they came.
pub fn uri_of(file: &FileState) -> Option<lsp::Uri> {
    match &file.uri {
        Some(uri) => uri.parse().ok(),
        None => uri(&file.path),
    }
}

/// The name of a file for a text that no file holds yet; None for all others.
pub fn unsaved(uri: &lsp::Uri) -> Option<String> {
    let name = uri.as_str();
    name.starts_with("untitled:").then(|| name.replace('/', "%2F"))
}

pub const fn position(place: lsp::Position) -> Position {
    Position { line: place.line, column: place.character }
}

/// A text in the units that an editor counts in.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    pub text: &'a str,
    pub lines: &'a Lines,
    pub encoding: Encoding,
}

impl<'a> Page<'a> {
    pub fn of(file: &'a FileState, encoding: Encoding) -> Self {
        Self { text: &file.text, lines: file.lines(), encoding }
    }

    pub fn position(self, offset: u32) -> lsp::Position {
        let place = self.lines.position(self.text, offset, self.encoding);
        lsp::Position::new(place.line, place.column)
    }

    pub fn range(self, span: Span) -> lsp::Range {
        lsp::Range::new(self.position(span.start), self.position(span.end))
    }

    pub fn offset(self, place: lsp::Position) -> u32 {
        self.lines.offset(self.text, position(place), self.encoding)
    }

    pub fn span(self, range: lsp::Range) -> Span {
        Span::new(self.offset(range.start), self.offset(range.end))
    }
}

pub fn location(snapshot: &Snapshot, place: Location, encoding: Encoding) -> Option<lsp::Location> {
    location_in(snapshot.file(place.file)?, place.span, encoding)
}

pub fn location_in(file: &FileState, span: Span, encoding: Encoding) -> Option<lsp::Location> {
    Some(lsp::Location { uri: uri_of(file)?, range: Page::of(file, encoding).range(span) })
}

pub fn diagnostic(snapshot: &Snapshot, page: Page<'_>, found: &Finding) -> lsp::Diagnostic {
    let related = found.related.iter().filter_map(|(place, message)| {
        let location = location(snapshot, *place, page.encoding)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: message.clone() })
    });
    let related: Vec<_> = related.collect();
    lsp::Diagnostic {
        range: page.range(found.span),
        severity: Some(match found.level {
            Level::Error => lsp::DiagnosticSeverity::ERROR,
            Level::Warning => lsp::DiagnosticSeverity::WARNING,
            Level::Advice => lsp::DiagnosticSeverity::HINT,
        }),
        code: Some(lsp::NumberOrString::String(found.code.to_owned())),
        code_description: None,
        source: Some("mon".to_owned()),
        message: found.message.clone(),
        related_information: (!related.is_empty()).then_some(related),
        tags: found.is_unneeded.then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
        data: Some(serde_json::json!({ "name": found.name })),
    }
}

pub const fn symbol_kind(kind: Kind) -> lsp::SymbolKind {
    match kind {
        Kind::Terms => lsp::SymbolKind::ARRAY,
        Kind::Query => lsp::SymbolKind::FUNCTION,
        Kind::Monitor => lsp::SymbolKind::CLASS,
        Kind::Playbook => lsp::SymbolKind::INTERFACE,
        Kind::Measure => lsp::SymbolKind::NUMBER,
        Kind::Dates => lsp::SymbolKind::CONSTANT,
        Kind::Word => lsp::SymbolKind::EVENT,
        _ => lsp::SymbolKind::VARIABLE,
    }
}
