//! `mon import`: a query of another tool as Mon, and what became of each of its operators.

use std::fs;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check};
use mon_compiler::diagnostic::render::{TextStyle, text};
use mon_compiler::diagnostic::{Diagnostic, machine};
use mon_compiler::import::{Dialect, Import as Imported, Note, Verdict, import};
use mon_compiler::plan::SourceFile;
use mon_grammar::ast::ItemKind;
use serde_json::json;

use crate::cli::{Format, Import};
use crate::failure::{Failure, Outcome};
use crate::output::{Sink, colour, note_text, say};
use mon_rules::line_of;

/// Places of one kind of note that the report names.
const PLACES_MAX: usize = 6;

pub fn run(arguments: &Import) -> Result<Outcome, Failure> {
    let dialect = arguments.dialect.dialect();
    let (file, source) = read(&arguments.query)?;
    let name = name(arguments)?;
    let imported = match import(dialect, &source, &name) {
        Ok(imported) => imported,
        Err(told) => return refuse(arguments.format, &told, SourceFile { name: file, text: Arc::from(source) }),
    };
    let written = arguments.out.as_deref().map_or_else(|| format!("{name}.mon"), |path| path.display().to_string());
    let checked = check(vec![(written, imported.mon.clone())], &CheckOptions::default());
    if let Some(path) = &arguments.out {
        let mut out = Sink::create(path)?;
        out.write_all(imported.mon.as_bytes()).map_err(|error| out.failed(&error))?;
        out.finish()?;
    }
    match arguments.format {
        Format::Json => {
            let findings = machine::json(&checked.diagnostics, &checked.files);
            let object = json!({
                "mon": imported.mon,
                "exact": imported.is_exact(),
                "report": imported.report,
                "diagnostics": findings.get("diagnostics"),
            });
            say(&format!("{object:#}\n"))?;
        }
        Format::Text => {
            if arguments.out.is_none() {
                say(&imported.mon)?;
            }
            note_text(&report(&imported, &source));
            note_text(&text(
                &checked.diagnostics,
                &checked.files,
                TextStyle { colour: colour(), ..TextStyle::default() },
            ));
        }
    }
    let clean = imported.is_exact() && checked.diagnostics.is_empty();
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

fn refuse(format: Format, told: &Diagnostic, file: SourceFile) -> Result<Outcome, Failure> {
    let (told, files) = ([told.clone()], [file]);
    match format {
        Format::Json => say(&format!("{}\n", machine::json(&told, &files)))?,
        Format::Text => note_text(&text(&told, &files, TextStyle { colour: colour(), ..TextStyle::default() })),
    }
    Err(Failure::reported())
}

fn read(path: &Path) -> Result<(String, String), Failure> {
    if path != Path::new("-") {
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::input(
                format!("cannot read `{}`: {error}", path.display()),
                "check the path; the query must be a file of UTF-8 text",
            )
        })?;
        return Ok((path.display().to_string(), text));
    }
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        crate::output::note(format_args!("reading the query from standard input; end with Ctrl-D"));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        Failure::input(format!("cannot read standard input: {error}"), "give the query as UTF-8 text")
    })?;
    Ok(("standard input".to_owned(), text))
}

/// The query's name: as the user says, else that of the file.
fn name(arguments: &Import) -> Result<String, Failure> {
    let fits = |name: &str| {
        let read = mon_grammar::parse(&format!("query {name} = \"a\""));
        let [item] = read.items.as_slice() else { return false };
        let named = matches!(&item.kind, ItemKind::Query(query) if query.name.text == name);
        named && read.errors.is_empty() && mon_post::find(name).is_none()
    };
    if let Some(name) = &arguments.name {
        return if fits(name) {
            Ok(name.clone())
        } else {
            let help = "a name is letters, digits and `_`, begins with a letter, and is no word or field of Mon";
            Err(Failure::usage(format!("`{name}` cannot be the name of a query"), help))
        };
    }
    let stem = arguments.query.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().to_lowercase());
    let made: String = stem.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
    let says = made.contains(char::is_alphanumeric);
    Ok(if says && fits(&made) { made } else { "imported".to_owned() })
}

/// What became of the operators, those alike together: the counts, then each difference with its places.
fn report(imported: &Imported, source: &str) -> String {
    let count = |verdict| imported.report.iter().filter(|note| note.verdict == verdict).count();
    let counts = Verdict::ALL.map(|verdict| format!("{} {}", count(verdict), verdict.name()));
    let mut out = format!("imported {} operators: {}\n", imported.report.len(), counts.join(", "));
    for verdict in [Verdict::Impossible, Verdict::Narrower, Verdict::Wider] {
        let mut kinds: Vec<(&Note, Vec<&Note>)> = Vec::new();
        for note in imported.report.iter().filter(|note| note.verdict == verdict) {
            match kinds.iter_mut().find(|(first, _)| first.reason == note.reason) {
                Some((_, alike)) => alike.push(note),
                None => kinds.push((note, vec![note])),
            }
        }
        for (first, alike) in kinds {
            out.push_str(&format!("{}: {}\n", verdict.name(), first.reason));
            for note in alike.iter().take(PLACES_MAX) {
                let became = if note.became.is_empty() { String::new() } else { format!(" => {}", note.became) };
                let piece = note.piece.split_whitespace().collect::<Vec<_>>().join(" ");
                out.push_str(&format!("  line {}: {piece}{became}\n", line_of(source, note.span.start)));
            }
            if let Some(more) = alike.len().checked_sub(PLACES_MAX).filter(|more| *more > 0) {
                out.push_str(&format!("  and {more} more\n"));
            }
        }
    }
    out
}

impl crate::cli::DialectName {
    const fn dialect(self) -> Dialect {
        match self {
            Self::Brandwatch => Dialect::Brandwatch,
            Self::X => Dialect::X,
            Self::Lucene => Dialect::Lucene,
        }
    }
}
