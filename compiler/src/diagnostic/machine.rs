//! Findings as programs read them: our own JSON, SARIF 2.1.0 for code hosts, JUnit for test reports, the workflow
//! commands that GitHub turns into notes beside the lines, and the report that GitLab compares between branches.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Diagnostic, Fix, Level, Safety};
use crate::plan::{Place, SourceFile};

/// Files with the beginnings of their lines, to say where something stands.
struct Lines<'a> {
    files: &'a [SourceFile],
    /// By file: where each line begins.
    starts: Vec<Vec<usize>>,
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy)]
struct Position {
    line: usize,
    column: usize,
}

impl<'a> Lines<'a> {
    fn new(files: &'a [SourceFile]) -> Self {
        let starts = |file: &SourceFile| {
            let behind = file.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(behind).collect()
        };
        Self { files, starts: files.iter().map(starts).collect() }
    }

    fn name(&self, place: Place) -> &'a str {
        self.files.get(place.file as usize).map_or("", |file| &file.name)
    }

    fn position(&self, file: u32, offset: u32) -> Position {
        let Some(text) = self.files.get(file as usize).map(|file| &file.text) else {
            return Position { line: 1, column: 1 };
        };
        let offset = text.floor_char_boundary(offset as usize);
        let starts = self.starts.get(file as usize).map_or(&[][..], Vec::as_slice);
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let column = text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        Position { line, column }
    }

    /// Where a place begins and ends; the end is the first character behind it.
    fn range(&self, place: Place) -> (Position, Position) {
        (self.position(place.file, place.span.start), self.position(place.file, place.span.end))
    }
}

/// Message and help as one text, with what is only to be shown.
fn whole_message(found: &Diagnostic) -> String {
    let mut message = found.message.clone();
    if let Some(help) = &found.help {
        message = format!("{message}\nhelp: {help}");
    }
    for fix in found.fixes.iter().filter(|fix| fix.safety == Safety::ShowOnly) {
        message = format!("{message}\nperhaps: {}", fix.description);
    }
    message
}

/// All findings as the object that `mon check --format json` prints; offsets are bytes.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], files: &[SourceFile]) -> Value {
    let name = |place: Place| files.get(place.file as usize).map_or("", |file| file.name.as_str());
    let edit = |(place, text): &(Place, String)| json!({"file": name(*place), "start": place.span.start, "end": place.span.end, "text": text});
    let label = |(place, text): &(Place, String)| json!({"file": name(*place), "start": place.span.start, "end": place.span.end, "message": text});
    let fix = |fix: &Fix| {
        let edits: Vec<Value> = fix.edits.iter().map(edit).collect();
        json!({"description": fix.description, "safety": fix.safety.name(), "edits": edits})
    };
    let finding = |found: &Diagnostic| {
        json!({
            "code": found.code.id,
            "name": found.code.name,
            "severity": found.severity().name(),
            "file": name(found.place),
            "start": found.place.span.start,
            "end": found.place.span.end,
            "message": found.message,
            "help": found.help,
            "labels": found.labels.iter().map(label).collect::<Vec<Value>>(),
            "fixes": found.fixes.iter().map(fix).collect::<Vec<Value>>(),
        })
    };
    json!({ "diagnostics": diagnostics.iter().map(finding).collect::<Vec<Value>>() })
}

/// The findings as a log of SARIF 2.1.0 (OASIS standard), with the codes that occur as its rules and fixes as its fixes.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], files: &[SourceFile]) -> Value {
    let lines = Lines::new(files);
    let mut codes: Vec<_> = diagnostics.iter().map(|found| found.code).collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            json!({
                "id": code.id,
                "name": code.name,
                "shortDescription": {"text": sarif_text(code.summary)},
                "fullDescription": {"text": sarif_text(code.why)},
                "help": {"text": sarif_text(&help(code))},
                "defaultConfiguration": {"level": sarif_level(code.level)},
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|found| sarif_result(found, &codes, &lines)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "mon", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What a code's page shows, in short.
fn help(code: &super::Code) -> String {
    format!("{}\n\nInstead of\n\n{}\nwrite\n\n{}", code.why, code.bad, code.good)
}

/// Text of a message: braces would be places for arguments there (SARIF 2.1.0, 3.11.5), so they are doubled.
fn sarif_text(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

const fn sarif_level(level: Level) -> &'static str {
    match level {
        Level::Advice => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn sarif_result(found: &Diagnostic, codes: &[&super::Code], lines: &Lines<'_>) -> Value {
    let related = |(place, text): &(Place, String)| json!({"message": {"text": sarif_text(text)}, "physicalLocation": sarif_place(*place, lines)});
    let mut result = json!({
        "ruleId": found.code.id,
        "ruleIndex": codes.iter().position(|code| code.id == found.code.id),
        "level": sarif_level(found.severity()),
        "message": {"text": sarif_text(&whole_message(found))},
        "locations": [{"physicalLocation": sarif_place(found.place, lines)}],
        "relatedLocations": found.labels.iter().map(related).collect::<Vec<Value>>(),
    });
    // A viewer offers to make these; what is only to be shown stands in the message.
    let made: Vec<&Fix> = found.fixes.iter().filter(|fix| fix.safety != Safety::ShowOnly).collect();
    if !made.is_empty()
        && let Some(result) = result.as_object_mut()
    {
        let fixes: Vec<Value> = made.into_iter().map(|fix| sarif_fix(fix, lines)).collect();
        result.insert("fixes".to_owned(), fixes.into());
    }
    result
}

fn sarif_fix(fix: &Fix, lines: &Lines<'_>) -> Value {
    let change = |(place, text): &(Place, String)| {
        json!({
            "artifactLocation": {"uri": uri(lines.name(*place))},
            "replacements": [{"deletedRegion": sarif_region(*place, lines), "insertedContent": {"text": text}}],
        })
    };
    let changes: Vec<Value> = fix.edits.iter().map(change).collect();
    json!({"description": {"text": sarif_text(&fix.description)}, "artifactChanges": changes})
}

fn sarif_place(place: Place, lines: &Lines<'_>) -> Value {
    json!({"artifactLocation": {"uri": uri(lines.name(place))}, "region": sarif_region(place, lines)})
}

fn sarif_region(place: Place, lines: &Lines<'_>) -> Value {
    let (start, end) = lines.range(place);
    json!({"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column})
}

/// A path as a reference (RFC 3986), an absolute one with `file://`: what may not stand there is written as `%` and two
/// hexadecimal digits.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().fold(scheme.to_owned(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

/// The findings as workflow commands of GitHub Actions, a line each.
#[must_use]
pub fn github(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let lines = Lines::new(files);
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let command = |found: &Diagnostic| {
        let level = match found.severity() {
            Level::Advice => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let (start, end) = lines.range(found.place);
        let file = property(lines.name(found.place));
        // Columns are understood only where a finding stays on its line.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        let title = property(&format!("{} {}", found.code.id, found.code.name));
        let message = data(&whole_message(found));
        format!("::{level} file={file},line={},endLine={}{columns},title={title}::{message}\n", start.line, end.line)
    };
    diagnostics.iter().map(command).collect()
}

/// The findings as a report of GitLab's code quality, the fields that its documentation names ("Code Quality", "Implement a
/// custom tool", docs.gitlab.com/ci/testing/code_quality): GitLab ignores others. `fingerprints` has one a finding; by
/// these GitLab knows a finding again, and shows one of those that share one.
#[must_use]
pub fn gitlab(diagnostics: &[Diagnostic], files: &[SourceFile], fingerprints: &[String]) -> Value {
    let lines = Lines::new(files);
    let finding = |(found, fingerprint): (&Diagnostic, &String)| {
        let severity = match found.severity() {
            Level::Advice => "minor",
            Level::Warning => "major",
            Level::Error => "blocker",
        };
        json!({
            "description": whole_message(found),
            "check_name": format!("{} {}", found.code.id, found.code.name),
            "fingerprint": fingerprint,
            "severity": severity,
            "location": {
                "path": lines.name(found.place),
                "lines": {"begin": lines.position(found.place.file, found.place.span.start).line},
            },
        })
    };
    diagnostics.iter().zip(fingerprints).map(finding).collect()
}

/// The findings as a report of JUnit: a suite a file, in it a failed case a finding, or one case that passed.
#[must_use]
pub fn junit(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let lines = Lines::new(files);
    let failed = diagnostics.len();
    let clean = (0_u32..).zip(files).filter(|(at, _)| diagnostics.iter().all(|found| found.place.file != *at)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a string cannot fail.
    let _ = writeln!(out, "<testsuites name=\"mon check\" tests=\"{}\" failures=\"{failed}\">", failed + clean);
    for (at, file) in (0_u32..).zip(files) {
        let name = xml(&file.name);
        let own: Vec<_> = diagnostics.iter().filter(|found| found.place.file == at).collect();
        let tests = own.len().max(1);
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{}\">", own.len());
        if own.is_empty() {
            let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"no findings\"/>");
        }
        for found in own {
            let Position { line, column } = lines.position(at, found.place.span.start);
            let (code, message) = (found.code, xml(&found.message));
            let _ = writeln!(
                out,
                "    <testcase classname=\"{name}\" name=\"{} {} at {line}:{column}\" file=\"{name}\" line=\"{line}\">\n      \
                 <failure type=\"{}\" message=\"{message}\">{}</failure>\n    </testcase>",
                code.id,
                code.name,
                found.severity().name(),
                xml(&whole_message(found)),
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text as XML 1.0 takes it, also between quotation marks; characters that it cannot hold become U+FFFD.
#[must_use]
pub fn xml(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
        out
    })
}
