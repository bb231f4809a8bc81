//! Lists of terms in files of their own: one term a line, or a column of a table. What is wrong is told at its line of the
//! list, since that is where it is mended.

use std::borrow::Cow;

use mon_grammar::Span;
use mon_grammar::ast::{Term, TermForm, TermsSource};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, Safety, codes, did_you_mean};
use crate::plan::{Place, SourceFile, SpanExpr, TermId};

use super::given::{ListFile, ListProblem};
use super::names::seen_from;
use super::state::Checker;

/// Lines of one list that are told as mistakes; the others wait until these are mended.
const MISTAKES_MAX: usize = 20;

/// The lists of a folder by their path; where they were read, with their number among the files.
pub(super) type Lists<'a> = FxHashMap<String, Result<u32, &'a ListProblem>>;

/// Puts the lists behind the rule files, so that places can point into them.
pub(super) fn add<'a>(given: &'a [ListFile], files: &mut Vec<SourceFile>) -> Lists<'a> {
    let mut lists = Lists::default();
    for list in given {
        let read = list.text.as_ref().map(|text| {
            files.push(SourceFile { name: list.name.clone(), text: text.clone() });
            u32::try_from(files.len() - 1).unwrap_or(u32::MAX)
        });
        lists.insert(seen_from("", &list.name), read);
    }
    lists
}

/// What a list says at one place.
#[derive(Debug, PartialEq)]
struct Entry<'t> {
    span: Span,
    text: Cow<'t, str>,
}

/// What is wrong with a list as a whole, with its place where it lies in the list.
#[derive(Debug, PartialEq)]
struct Wrong {
    span: Option<Span>,
    message: String,
    help: String,
}

impl Checker<'_> {
    /// The terms of a list that none of `seen` is yet.
    pub fn listed(&mut self, source: &TermsSource, seen: &mut FxHashSet<TermId>, members: &mut Vec<SpanExpr>) {
        let (asked, own) = (self.at(source.path_span), self.file);
        let Some(list) = self.list_of(source, asked) else { return };
        let text = self.plan.files.get(list as usize).map(|file| file.text.clone()).unwrap_or_default();
        let entries = match read(&text, source) {
            Ok(entries) => entries,
            Err(wrong) => {
                let place = match (wrong.span, &source.column) {
                    (Some(span), _) => Place { file: list, span },
                    (None, Some(column)) => self.at(column.span),
                    (None, None) => asked,
                };
                let told = Diagnostic::new(&codes::BAD_LIST, place, wrong.message).help(wrong.help);
                let suggest = wrong.span.is_none().then_some(source.column.as_ref()).flatten();
                self.tell(match suggest.zip(header(&text)) {
                    Some((column, names)) => meant(told, &column.text, &names),
                    None => told,
                });
                return;
            }
        };
        let limit = self.options.limits.terms_per_query_max;
        if entries.len() > limit {
            self.exceed(source.path_span, format!("this list has more than {limit} terms"), "terms_per_query_max");
            return;
        }
        self.file = list;
        let (mut mistakes, mut repeated, mut first) = (0, 0_usize, None);
        for entry in &entries {
            let Some(id) = self.term(&term(&entry.text), entry.span) else {
                mistakes += 1;
                if mistakes == MISTAKES_MAX {
                    break;
                }
                continue;
            };
            if seen.insert(self.first_of(id)) {
                members.push(SpanExpr::Term(id));
            } else {
                repeated += 1;
                first.get_or_insert(entry);
            }
        }
        if let Some(entry) = first {
            self.repeated(entry, repeated, asked);
        }
        self.file = own;
    }

    /// A list made by a machine may repeat thousands of lines: one finding says so.
    fn repeated(&mut self, entry: &Entry<'_>, count: usize, asked: Place) {
        let more = match count {
            1 => String::new(),
            2 => ", and one more line repeats another".to_owned(),
            n => format!(", and {} more lines repeat others", n - 1),
        };
        let message = format!("`{}` stands in this list twice{more}", entry.text);
        let told = Diagnostic::new(&codes::REPEATED_TERM, self.at(entry.span), message)
            .label(asked, "the list is used here")
            .help("remove one, or write the word that was meant");
        self.tell(told);
    }

    /// The number of the list among the files; what keeps it from being read is told.
    fn list_of(&mut self, source: &TermsSource, asked: Place) -> Option<u32> {
        let own = self.plan.files.get(self.file as usize).map_or("", |file| file.name.as_str());
        let wanted = seen_from(own, &source.path);
        let table = source.path.ends_with(".csv") || source.path.ends_with(".tsv");
        let missing = ListProblem::Missing;
        match self.lists.get(&wanted).copied().unwrap_or(Err(&missing)) {
            found if table && source.column.is_none() => {
                let text = found.ok().and_then(|at| self.plan.files.get(at as usize)).map(|file| file.text.clone());
                let names = text.as_deref().and_then(header).unwrap_or_default();
                let example = names.first().map_or("name", |name| name.as_str());
                let help =
                    format!("say which column holds the terms: `from \"{}\" column {}`", source.path, word(example));
                let help = if names.len() > 1 { format!("{help}; there are: {}", names.join(", ")) } else { help };
                let message = format!("the table `{}` has columns, and none is named", source.path);
                self.tell(Diagnostic::new(&codes::BAD_LIST, asked, message).help(help));
                None
            }
            Ok(at) => Some(at),
            Err(problem) => {
                let (message, help) = problem.told(&source.path, &wanted);
                self.tell(Diagnostic::new(&codes::LIST_NOT_FOUND, asked, message).help(help));
                None
            }
        }
    }
}

/// A column's name as a rule writes it.
fn word(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let plain = plain && name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// The finding with the column that was meant, where one is near.
fn meant(told: Diagnostic, column: &str, names: &[String]) -> Diagnostic {
    match did_you_mean(column, names.iter().map(String::as_str)) {
        Some(near) => told.help(format!("did you mean `{near}`?")).replace_with(word(near), Safety::ChangesMeaning),
        None => told,
    }
}

/// A line as a term: with the sign of a tag, handle or cashtag that, else the inside of a quoted one.
fn term(text: &str) -> Term {
    let form = match text.as_bytes().first() {
        Some(b'#') => TermForm::Tag,
        Some(b'@') => TermForm::Handle,
        Some(b'$') => TermForm::Cashtag,
        _ => TermForm::Plain,
    };
    Term { form, text: text.to_owned(), edits: None }
}

fn read<'t>(text: &'t str, source: &TermsSource) -> Result<Vec<Entry<'t>>, Wrong> {
    let entries = match &source.column {
        Some(column) => cells(text, &column.text)?,
        None => lines(text),
    };
    if entries.is_empty() {
        return Err(Wrong {
            span: Some(Span::default()),
            message: "this list holds no term, so it would never match".to_owned(),
            help: "write one term a line; lines that begin with `//` are comments".to_owned(),
        });
    }
    Ok(entries)
}

/// One term a line.
fn lines(text: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let entry = trimmed(line, start);
        if !entry.text.is_empty() && !entry.text.starts_with("//") {
            entries.push(entry);
        }
        start += line.len();
    }
    entries
}

/// A stretch that begins at `start`, without the space around it.
fn trimmed(raw: &str, start: usize) -> Entry<'_> {
    let blank = |letter: char| letter.is_whitespace() || letter == '\u{feff}';
    let behind = raw.trim_start_matches(blank);
    let inner = behind.trim_end_matches(blank);
    let from = start + raw.len() - behind.len();
    Entry { span: span(from, from + inner.len()), text: Cow::Borrowed(inner) }
}

fn span(start: usize, end: usize) -> Span {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(at(start), at(end))
}

/// The names of a table's columns.
fn header(text: &str) -> Option<Vec<String>> {
    let first = Table::new(text).next()?.ok()?;
    Some(first.into_iter().map(|cell| cell.text.into_owned()).collect())
}

/// The cells of one column, those that hold something.
fn cells<'t>(text: &'t str, column: &str) -> Result<Vec<Entry<'t>>, Wrong> {
    let mut rows = Table::new(text);
    let head = rows.next().unwrap_or_else(|| Ok(Vec::new()))?;
    let names: Vec<&str> = head.iter().map(|cell| &*cell.text).collect();
    let mut places = names.iter().enumerate().filter(|(_, name)| **name == column).map(|(at, _)| at);
    let (at, twice) = (places.next(), places.next());
    let Some(at) = at.filter(|_| twice.is_none()) else {
        let many = if twice.is_some() { "several columns" } else { "no column" };
        let message = format!("the table has {many} `{column}`");
        return Err(Wrong { span: None, message, help: format!("there are: {}", names.join(", ")) });
    };
    let mut entries = Vec::new();
    for row in rows {
        let row = row?;
        let around = row.first().zip(row.last()).map(|(first, last)| first.span.to(last.span));
        let empty = row.iter().all(|cell| cell.text.is_empty());
        match row.into_iter().nth(at) {
            Some(cell) if cell.text.is_empty() => {}
            Some(cell) => entries.push(cell),
            None if empty => {}
            None => {
                let message = format!("this row ends before the column `{column}`");
                let help = format!("each row has {} cells, as the first line says", names.len());
                return Err(Wrong { span: around, message, help });
            }
        }
    }
    Ok(entries)
}

/// Rows of a table: cells between commas, semicolons or tabs, whichever the first line has first; a cell in quotes may hold
/// them, and a doubled quote is one.
struct Table<'t> {
    text: &'t str,
    at: usize,
    between: u8,
}

impl<'t> Table<'t> {
    fn new(text: &'t str) -> Self {
        let mut quoted = false;
        let head = text.bytes().take_while(|byte| *byte != b'\n');
        let mut bare = head.filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted
        });
        let between = bare.find(|byte| matches!(byte, b',' | b';' | b'\t')).unwrap_or(b',');
        Self { text, at: 0, between }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The next cell, without what ends it.
    fn cell(&mut self) -> Result<Entry<'t>, Wrong> {
        let lead = trimmed(self.rest(), self.at);
        if !lead.text.starts_with('"') || self.ends(lead.span.start as usize) {
            let length = self.rest().bytes().take_while(|byte| *byte != self.between && *byte != b'\n').count();
            let cell = trimmed(self.rest().get(..length).unwrap_or(""), self.at);
            self.at += length;
            return Ok(cell);
        }
        let open = lead.span.start as usize;
        let mut end = open + 1;
        loop {
            let Some(found) = self.text.get(end..).and_then(|rest| rest.find('"')) else {
                return Err(Wrong {
                    span: Some(span(open, open + 1)),
                    message: "this quote is never closed".to_owned(),
                    help: "add `\"` at the end of the cell; a quote inside it is written twice".to_owned(),
                });
            };
            end += found + 1;
            if self.text.as_bytes().get(end) != Some(&b'"') {
                break;
            }
            end += 1;
        }
        let inner = trimmed(self.text.get(open + 1..end - 1).unwrap_or(""), open + 1);
        self.at = end;
        self.at += self.rest().bytes().take_while(|byte| *byte != self.between && *byte != b'\n').count();
        let text = if inner.text.contains("\"\"") { Cow::Owned(inner.text.replace("\"\"", "\"")) } else { inner.text };
        Ok(Entry { span: inner.span, text })
    }

    /// Whether the row or the cell ends between here and a place.
    fn ends(&self, place: usize) -> bool {
        let between = self.text.as_bytes().get(self.at..place).unwrap_or(&[]);
        between.iter().any(|byte| *byte == b'\n' || *byte == self.between)
    }
}

impl<'t> Iterator for Table<'t> {
    type Item = Result<Vec<Entry<'t>>, Wrong>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            match self.cell() {
                Ok(cell) => row.push(cell),
                Err(wrong) => {
                    self.at = self.text.len();
                    return Some(Err(wrong));
                }
            }
            let ended_by = self.text.as_bytes().get(self.at).copied();
            self.at += 1;
            if ended_by != Some(self.between) {
                return Some(Ok(row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str, name: &str) -> Result<Vec<String>, String> {
        let read = cells(text, name).map_err(|wrong| wrong.message)?;
        for entry in &read {
            // A place is where the cell's text stands.
            let shown = entry.span.text(text).replace("\"\"", "\"");
            assert_eq!(shown, entry.text);
        }
        Ok(read.into_iter().map(|entry| entry.text.into_owned()).collect())
    }

    #[test]
    fn lines_are_terms_without_comments_and_space() {
        let text = "\u{feff}acme phone\r\n\n  #acme \n// why\n$ACME";
        let read: Vec<(&str, u32)> = lines(text).iter().map(|e| (e.span.text(text), e.span.start)).collect();
        assert_eq!(read, [("acme phone", 3), ("#acme", 18), ("$ACME", 32)]);
        assert_eq!(term("#acme").form, TermForm::Tag);
        assert_eq!(term("@acme").form, TermForm::Handle);
        assert_eq!(term("$ACME").form, TermForm::Cashtag);
        assert_eq!(term("a \"b\"").form, TermForm::Plain);
    }

    #[test]
    fn a_column_is_read_by_name() {
        let text = "id, name ,since\n1,Acme,2001\n2,\"Acme, Inc.\",1999\n\n3,\"the \"\"big\"\" one\",\n4,,\n";
        assert_eq!(column(text, "name").unwrap(), ["Acme", "Acme, Inc.", "the \"big\" one"]);
        assert_eq!(column(text, "id").unwrap(), ["1", "2", "3", "4"]);
        assert_eq!(column(text, "Name").unwrap_err(), "the table has no column `Name`");
        assert_eq!(column("a,a\n1,2\n", "a").unwrap_err(), "the table has several columns `a`");
    }

    #[test]
    fn semicolons_and_tabs_divide_where_the_first_line_says_so() {
        assert_eq!(column("id;name\n1;a,b\n", "name").unwrap(), ["a,b"]);
        assert_eq!(column("\"x;y\"\tname\r\n1\ta\r\n", "name").unwrap(), ["a"]);
        assert_eq!(column("name\nacme phone\n\"a\nb\"", "name").unwrap(), ["acme phone", "a\nb"]);
    }

    #[test]
    fn what_breaks_a_table_is_told_with_its_place() {
        assert_eq!(column("a,b\n1\n", "b").unwrap_err(), "this row ends before the column `b`");
        let wrong = cells("a\n\"open\n", "a").unwrap_err();
        assert_eq!((wrong.message.as_str(), wrong.span), ("this quote is never closed", Some(Span::new(2, 3))));
        assert_eq!(column("", "a").unwrap_err(), "the table has no column `a`");
    }
}
