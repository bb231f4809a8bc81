//! Findings as text for a terminal, through miette.

use std::cell::OnceCell;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};

use super::{Diagnostic, Level};
use crate::plan::{Place, SourceFile};

/// Lines around a finding that hold more than this are cut to a piece of one.
const CONTEXT_BYTES_MAX: usize = 2_048;

/// A finding beside the files that it speaks of, as miette reads it. Labels in other files become related notes.
#[derive(Debug)]
pub struct Report<'a> {
    message: &'a str,
    code: Option<String>,
    level: Level,
    help: Option<&'a str>,
    source: Source<'a>,
    labels: Vec<LabeledSpan>,
    related: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    #[must_use]
    pub fn new(diagnostic: &'a Diagnostic, sources: &'a Sources<'a>) -> Self {
        let source = sources.source(diagnostic.place.file);
        let mut labels = Vec::new();
        let mut related = Vec::new();
        if diagnostic.labels.iter().all(|(place, _)| *place != diagnostic.place) {
            labels.push(LabeledSpan::new_primary_with_span(None, source.fit(diagnostic.place)));
        }
        for (place, text) in &diagnostic.labels {
            if *place == diagnostic.place {
                labels.push(LabeledSpan::new_primary_with_span(Some(text.clone()), source.fit(*place)));
            } else if place.file == diagnostic.place.file {
                labels.push(LabeledSpan::new_with_span(Some(text.clone()), source.fit(*place)));
            } else {
                related.push(Self::note(text, *place, sources));
            }
        }
        let code = Some(format!("{} {}", diagnostic.code.id, diagnostic.code.name));
        let help = diagnostic.help.as_deref();
        Self { message: &diagnostic.message, code, level: diagnostic.severity(), help, source, labels, related }
    }

    fn note(text: &'a str, place: Place, sources: &'a Sources<'a>) -> Self {
        let source = sources.source(place.file);
        let labels = vec![LabeledSpan::underline(source.fit(place))];
        Self { message: text, code: None, level: Level::Advice, help: None, source, labels, related: Vec::new() }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.level {
            Level::Advice => miette::Severity::Advice,
            Level::Warning => miette::Severity::Warning,
            Level::Error => miette::Severity::Error,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}

/// The files that findings speak of. Where their lines begin is looked for once.
#[derive(Debug)]
pub struct Sources<'a> {
    files: &'a [SourceFile],
    lines: Vec<OnceCell<Vec<usize>>>,
}

impl<'a> Sources<'a> {
    #[must_use]
    pub fn new(files: &'a [SourceFile]) -> Self {
        Self { files, lines: files.iter().map(|_| OnceCell::new()).collect() }
    }

    fn source(&'a self, file: u32) -> Source<'a> {
        let at = file as usize;
        let (Some(found), Some(lines)) = (self.files.get(at), self.lines.get(at)) else {
            return Source { name: "", text: "", lines: &[] };
        };
        let breaks = || found.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = lines.get_or_init(|| std::iter::once(0).chain(breaks()).collect());
        Source { name: &found.name, text: &found.text, lines }
    }
}

/// One file, read in a window of lines around a span so that a long file costs no more than a short one.
#[derive(Debug)]
struct Source<'a> {
    name: &'a str,
    text: &'a str,
    /// Where each line begins.
    lines: &'a [usize],
}

impl<'a> Source<'a> {
    /// The line of a place, from 0.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The span inside the text, on character borders.
    fn fit(&self, place: Place) -> SourceSpan {
        let start = self.text.floor_char_boundary(place.span.start as usize);
        let end = self.text.floor_char_boundary(place.span.end as usize).max(start);
        SourceSpan::new(start.into(), end - start)
    }
}

impl<'a> Source<'a> {
    /// A piece of the span's own line, where whole lines would fill the screen.
    fn near(&self, span: &SourceSpan) -> MietteSpanContents<'a> {
        let around = CONTEXT_BYTES_MAX / 16;
        let end = span.offset() + span.len();
        let line = self.line(span.offset());
        let from = self.lines.get(line).copied().unwrap_or(0);
        let behind = self.text.get(end..).unwrap_or("");
        let to = end + behind.find('\n').unwrap_or(behind.len());
        let from = self.text.floor_char_boundary(from.max(span.offset().saturating_sub(around)));
        let to = self.text.floor_char_boundary(to.min(end + around));
        let data = self.text.as_bytes().get(from..to).unwrap_or_default();
        MietteSpanContents::new_named(self.name.to_owned(), data, SourceSpan::new(from.into(), to - from), line, 0, 1)
    }
}

impl SourceCode for Source<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let bytes = self.text.as_bytes();
        let lines = self.line(span.offset()).saturating_sub(before);
        let start = self.lines.get(lines).copied().ok_or(MietteError::OutOfBounds)?;
        let window = bytes.get(start..).ok_or(MietteError::OutOfBounds)?;
        let inner = SourceSpan::new((span.offset() - start).into(), span.len());
        let found = window.read_span(&inner, before, after)?;
        let outer = SourceSpan::new((found.span().offset() + start).into(), found.span().len());
        let name = self.name.to_owned();
        let line = found.line() + lines;
        let (column, count) = (found.column(), found.line_count());
        if found.span().len() > CONTEXT_BYTES_MAX && span.len() <= CONTEXT_BYTES_MAX / 4 {
            return Ok(Box::new(self.near(span)));
        }
        let from = found.span().offset();
        let data = window.get(from..from + found.span().len()).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(name, data, outer, line, column, count)))
    }
}

fn bytes_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    pub colour: bool,
    /// Columns after which help and messages wrap.
    pub width: usize,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// Columns of a line beyond which nothing is drawn: nobody could read it, and what draws counts columns in 16 bits.
const COLUMNS_MAX: usize = 10_000;

/// Bytes of a line before a place, and up to its end.
fn columns(place: Place, files: &[SourceFile]) -> (usize, usize) {
    let text = files.get(place.file as usize).map_or("", |file| &file.text);
    let (start, end) = (place.span.start as usize, place.span.end as usize);
    let line = text.as_bytes().get(..start).and_then(|head| head.iter().rposition(|byte| *byte == b'\n'));
    let line = line.map_or(0, |at| at + 1);
    let next = text.as_bytes().get(start..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
    (start - line.min(start), end.min(next.map_or(text.len(), |at| start + at)).saturating_sub(line))
}

fn is_far_right(diagnostic: &Diagnostic, files: &[SourceFile]) -> bool {
    let places = std::iter::once(diagnostic.place).chain(diagnostic.labels.iter().map(|(place, _)| *place));
    places.map(|place| columns(place, files)).any(|(_, end)| end > COLUMNS_MAX)
}

/// A finding in words alone.
fn undrawn(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let file = files.get(diagnostic.place.file as usize);
    let (name, text) = file.map_or(("", ""), |file| (&file.name, &file.text));
    let head = text.as_bytes().get(..diagnostic.place.span.start as usize).unwrap_or_default();
    let (line, column) = (bytes_count(head) + 1, columns(diagnostic.place, files).0 + 1);
    let code = diagnostic.code;
    let mut out = format!("{} {}\n\n  {}\n  at {name}:{line}:{column}\n", code.id, code.name, diagnostic.message);
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("  help: {help}\n"));
    }
    out
}

/// All findings as text, each with its lines of source.
#[must_use]
pub fn text(diagnostics: &[Diagnostic], files: &[SourceFile], style: TextStyle) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false);
    let sources = Sources::new(files);
    let mut out = String::new();
    for diagnostic in diagnostics {
        // Writing into a string cannot fail; a span that does not fit its file would, and is told without source.
        let mut one = String::new();
        let drawn = !is_far_right(diagnostic, files)
            && handler.render_report(&mut one, &Report::new(diagnostic, &sources)).is_ok();
        if !drawn {
            one = undrawn(diagnostic, files);
        }
        out.push_str(&one);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{TextStyle, text};
    use crate::check::{CheckOptions, check};

    #[test]
    fn a_finding_far_to_the_right_is_told_in_words() {
        let source = format!("query q = \"x1\"{}or zz\n", " ".repeat(70_000));
        let checked = check(vec![("long.mon".to_owned(), source)], &CheckOptions::default());
        let shown = text(&checked.diagnostics, &checked.files, TextStyle::default());
        assert!(shown.contains("`zz` is not known") && shown.contains("at long.mon:1:70018"), "{shown}");
    }
    #[test]
    fn a_long_line_is_cut_to_what_stands_around() {
        let source =
            format!("// one\nquery q = \"x1\" or zz{} or \"end\"\nquery r = \"y\"\n", " or \"x2\"".repeat(1_000));
        let checked = check(vec![("long.mon".to_owned(), source)], &CheckOptions::default());
        let shown = text(&checked.diagnostics, &checked.files, TextStyle::default());
        assert!(shown.contains("long.mon:2:19") && shown.contains(" 2 │ query q = \"x1\" or zz or \"x2\""), "{shown}");
        assert!(shown.len() < 1_000, "{shown}");
    }
}
