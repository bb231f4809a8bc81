//! Queries of other tools as Mon: each operator is read, written again, and reported as exact, wider, narrower or impossible.
//! A query is read by its dialect ([`Dialect`]), turned into what it means, and written in the project's format.

mod brandwatch;
mod fields;
mod lucene;
mod meaning;
mod read;
#[cfg(test)]
mod tests;
mod translate;
mod tree;
mod words;
mod write;
mod x;

use mon_grammar::Span;
use serde::Serialize;

use crate::check::{CheckOptions, check};
use crate::diagnostic::{Diagnostic, codes};
use meaning::Closed;
pub use read::{QUERY_BYTES_MAX, QUERY_DEPTH_MAX};

/// The tool that a query was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Brandwatch,
    /// X's filtered stream, Powerstream, PowerTrack.
    X,
    /// Lucene, Elasticsearch and OpenSearch query strings.
    Lucene,
}

impl Dialect {
    pub const ALL: [Self; 3] = [Self::Brandwatch, Self::X, Self::Lucene];

    /// As the command writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brandwatch => "brandwatch",
            Self::X => "x",
            Self::Lucene => "lucene",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Brandwatch => "a Brandwatch query",
            Self::X => "a rule of X",
            Self::Lucene => "a Lucene query string",
        }
    }
}

/// What becomes of a query when one of its operators is written in Mon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It takes the same posts.
    Exact,
    /// It takes every post that it took, and more.
    Wider,
    /// It may miss posts that it took.
    Narrower,
    /// Mon cannot say it; it is left out.
    Impossible,
}

impl Verdict {
    pub const ALL: [Self; 4] = [Self::Exact, Self::Wider, Self::Narrower, Self::Impossible];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Impossible => "impossible",
        }
    }
}

/// What became of one operator, word or field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Where it stands in the query, in bytes.
    #[serde(flatten)]
    pub span: Span,
    /// As it is written there.
    pub piece: String,
    /// `AND`, `NEAR`, `quotes`, `language:`, …
    pub operator: String,
    /// As it is written in Mon; empty where nothing is.
    pub became: String,
    /// About the whole query: what is wider under a `not` makes it narrower.
    pub verdict: Verdict,
    /// A sentence.
    pub reason: String,
}

/// A query as Mon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The text of a `.mon` file.
    pub mon: String,
    /// In the order of the query.
    pub report: Vec<Note>,
}

impl Import {
    /// Whether it takes the same posts as before.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.report.iter().all(|note| note.verdict == Verdict::Exact)
    }
}

/// Turns a query into a `.mon` file with one query of this name, and lists beside it.
///
/// # Errors
/// A finding with its place in the query, where it cannot be read or nothing of it can be said.
pub fn import(dialect: Dialect, source: &str, name: &str) -> Result<Import, Box<Diagnostic>> {
    let (tree, comments) = match dialect {
        Dialect::Brandwatch => brandwatch::read(source)?,
        Dialect::X => x::read(source)?,
        Dialect::Lucene => lucene::read(source)?,
    };
    let mut translator = translate::Translator::new(dialect, source);
    let mon = translator.node(&tree);
    let mut report = translator.notes;
    let mut closed = Vec::new();
    let Some(mon) = meaning::close(&mon, &mut closed) else {
        return Err(nothing_left(&tree, &report));
    };
    for (at, how) in closed {
        if let Some(note) = report.get_mut(at) {
            note.reason.push_str(match how {
                Closed::Wider => "; left out, so that the query takes more",
                Closed::Narrower => "; left out, so that posts which only this found are missed",
            });
        }
    }
    report.sort_by_key(|note| (note.span.start, note.span.end));
    let mon = write::write(name, &format!("Imported from {}.", dialect.title()), &mon, &comments);
    compiles(&mon, tree.span)?;
    Ok(Import { mon, report })
}

/// Refuses what the checker refuses, such as two languages that a post must have at once: that part finds nothing in its own
/// tool either.
fn compiles(mon: &str, whole: Span) -> Result<(), Box<Diagnostic>> {
    let checked = check(vec![("imported.mon".to_owned(), mon.to_owned())], &CheckOptions::default());
    let Some(told) = checked.diagnostics.iter().find(|told| told.is_error()) else { return Ok(()) };
    let message = format!("written in Mon, this query is an error: {}", told.message);
    let clause = told.place.span.text(mon);
    let mut help = format!("it became `{}`; change what it is made of", clause.trim());
    if let Some(why) = &told.help {
        help = format!("{help}; {why}");
    }
    Err(read::error(&codes::NOTHING_TO_IMPORT, whole, message, &help))
}

fn nothing_left(tree: &tree::Node, report: &[Note]) -> Box<Diagnostic> {
    let impossible: Vec<&Note> = report.iter().filter(|note| note.verdict == Verdict::Impossible).collect();
    let place = impossible.first().map_or(tree.span, |note| note.span);
    let message = match impossible.first() {
        Some(note) => format!("nothing is left to look for: `{}` cannot be said in Mon", note.piece),
        None => "nothing is left to look for: the query takes every post".to_owned(),
    };
    let mut help = "import the part of the query that names words".to_owned();
    if let Some(note) = impossible.first() {
        help = format!("{}; {help}", note.reason);
    }
    read::error(&codes::NOTHING_TO_IMPORT, place, message, &help)
}
