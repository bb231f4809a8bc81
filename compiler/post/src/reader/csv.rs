//! CSV with a header: columns are named like JSON keys, lists are JSON, an empty cell is "not told" and a quoted empty
//! cell is an empty text. Comma, semicolon or tab part the cells, whichever the header uses most.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::ops::Range;

use crate::error::{LineProblem, ReadError};
use crate::reader::draft::{Draft, Fault};
use crate::reader::jsonl::{Wait, text_of};
use crate::reader::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::reader::{Progress, ReadOptions, table};

/// Lines that one quoted row may span.
pub const MAX_ROW_LINES: usize = 100_000;

const BATCH_BYTES: usize = 64 << 20;

pub struct Csv<R> {
    lines: Lines<R>,
    /// Lines that a row with an open quote took too many, to be read again.
    again: VecDeque<Held>,
    header: Option<(Vec<String>, u8)>,
    name: String,
    /// The stream may pause.
    live: bool,
}

/// A line that is held, with the carriage return that a quoted cell needs.
struct Held {
    number: u64,
    bytes: Vec<u8>,
    returned: bool,
}

/// A line, or the number of an unreadable one and its fault.
type Told = Result<Held, (u64, Fault)>;

/// What a stream gives next.
enum Next<T> {
    Row(T),
    /// It pauses.
    NotYet,
    End,
}

/// A row's bytes and what is known of them.
struct Row {
    number: u64,
    bytes: Result<Vec<u8>, Fault>,
}

impl<R: Read> Csv<R> {
    pub fn new(reader: R, name: String, live: bool) -> Self {
        Self { lines: Lines::new(reader), again: VecDeque::new(), header: None, name, live }
    }

    /// Reads on until the batch is full, or has waited long enough for a stream that pauses; false at the end of the
    /// file.
    pub fn fill(&mut self, draft: &mut Draft, options: &ReadOptions, progress: &Progress) -> Result<bool, ReadError> {
        let mut scratch = Scratch::default();
        let mut bytes = 0;
        let mut wait = Wait::new(self.live);
        while draft.builder.len() < options.batch_rows && bytes < BATCH_BYTES && !wait.is_over(draft) {
            let separator = self.header.as_ref().map(|(_, separator)| *separator);
            let row = match self.row(separator, progress)? {
                Next::Row(row) => row,
                Next::NotYet => continue,
                Next::End => return Ok(false),
            };
            let number = row.number;
            match (row.bytes, &self.header) {
                (Err(fault), _) => draft.problems.push(fault.at(number)),
                (Ok(row), None) => {
                    let header = header(&row).map_err(|fault| self.bad_header(fault.at(number)))?;
                    self.header = Some(header);
                }
                (Ok(row), Some((names, separator))) => {
                    bytes += row.len();
                    let parsed = scratch.split(&row, *separator).and_then(|cells| table::parse(names, &cells));
                    draft.add(number, parsed, options)?;
                }
            }
            if options.strict && !draft.problems.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn bad_header(&self, problem: LineProblem) -> ReadError {
        let LineProblem { line, message, help } = problem;
        ReadError::BadLine { name: self.name.clone(), line, message, help }
    }

    /// The next line, or the number of an unreadable one and its fault.
    fn line(&mut self, progress: &Progress) -> Result<Next<Told>, ReadError> {
        if let Some(held) = self.again.pop_front() {
            return Ok(Next::Row(Ok(held)));
        }
        let line: Line<'_> = match self.lines.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Next::End),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::NotYet),
            Err(error) => return Err(progress.failed(&self.name, &error)),
        };
        Ok(Next::Row(match text_of(line) {
            Ok(text) => Ok(Held { number: line.number, bytes: text.as_bytes().to_vec(), returned: line.returned }),
            Err(fault) => Err((line.number, fault)),
        }))
    }

    /// The next line of a row that has begun: waited for, however long a stream pauses in it.
    fn further(&mut self, progress: &Progress) -> Result<Option<Told>, ReadError> {
        loop {
            match self.line(progress)? {
                Next::Row(line) => return Ok(Some(line)),
                Next::NotYet => {}
                Next::End => return Ok(None),
            }
        }
    }

    /// The next row that is not empty: a line, or several where a quoted cell holds line feeds.
    fn row(&mut self, separator: Option<u8>, progress: &Progress) -> Result<Next<Row>, ReadError> {
        let first = loop {
            match self.line(progress)? {
                Next::End => return Ok(Next::End),
                Next::NotYet => return Ok(Next::NotYet),
                Next::Row(Err((number, fault))) => return Ok(Next::Row(Row { number, bytes: Err(fault) })),
                Next::Row(Ok(held)) if held.bytes.is_empty() => {}
                Next::Row(Ok(held)) => break held,
            }
        };
        let Held { number, bytes: mut row, mut returned } = first;
        let mut quotes = Quotes { separator: separator.unwrap_or_else(|| separator_of(&row)), state: State::Start };
        quotes.pass(&row);
        let mut more: Vec<Held> = Vec::new();
        while quotes.state == State::Quoted {
            let full = more.len() >= MAX_ROW_LINES || row.len() >= MAX_LINE_BYTES;
            match if full { None } else { self.further(progress)? } {
                Some(Ok(held)) => {
                    row.extend_from_slice(if returned { b"\r\n" } else { b"\n" });
                    row.extend_from_slice(&held.bytes);
                    quotes.pass(&held.bytes);
                    returned = held.returned;
                    more.push(held);
                }
                other => {
                    let also = other.and_then(Result::err);
                    return Ok(Next::Row(self.never_closed(number, more, also)));
                }
            }
        }
        Ok(Next::Row(Row { number, bytes: Ok(row) }))
    }

    /// Only the first line of a row with an open quote is lost: those after it are rows of their own again. A line that
    /// was unreadable in itself is told of with it.
    fn never_closed(&mut self, number: u64, more: Vec<Held>, also: Option<(u64, Fault)>) -> Row {
        for held in more.into_iter().rev() {
            self.again.push_front(held);
        }
        let also = also.map(|(at, fault)| format!("; line {at}: {}", fault.message)).unwrap_or_default();
        let message = format!("a quoted cell of the row is never closed{also}");
        let help = "write `\"\"` for a quote inside a quoted cell; the file may also be cut here";
        Row { number, bytes: Err(Fault::new(message, help)) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or half of a doubled quote.
    Behind,
}

struct Quotes {
    separator: u8,
    state: State,
}

impl Quotes {
    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Behind,
            (State::Quoted, _) | (State::Start | State::Behind, b'"') => State::Quoted,
            (_, byte) if byte == self.separator => State::Start,
            _ => State::Plain,
        };
    }

    fn pass(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.step(byte);
        }
    }
}

fn separator_of(header: &[u8]) -> u8 {
    let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn header(row: &[u8]) -> Result<(Vec<String>, u8), Fault> {
    let separator = separator_of(row);
    let mut scratch = Scratch::default();
    let cells = scratch.split(row, separator)?;
    let names: Vec<String> = cells.iter().map(|(name, _)| name.trim().to_owned()).collect();
    if names.iter().any(|name| matches!(name.as_str(), "text" | "title")) {
        return Ok((names, separator));
    }
    Err(Fault::new(
        "the first line names no column `text` or `title`",
        "the first line of a CSV file names its columns: `id,created_at,text`",
    ))
}

/// Room for the unquoted cells of one row.
#[derive(Default)]
struct Scratch {
    text: Vec<u8>,
    cells: Vec<(Range<usize>, bool)>,
}

impl Scratch {
    /// The cells of a row, each with whether it was quoted.
    fn split(&mut self, row: &[u8], separator: u8) -> Result<Vec<table::Cell<'_>>, Fault> {
        self.text.clear();
        self.cells.clear();
        let mut quotes = Quotes { separator, state: State::Start };
        let (mut from, mut quoted) = (0, false);
        for &byte in row {
            let before = quotes.state;
            quotes.step(byte);
            match (before, quotes.state) {
                (_, State::Start) => {
                    self.cells.push((from..self.text.len(), quoted));
                    (from, quoted) = (self.text.len(), false);
                }
                (State::Start, State::Quoted) => quoted = true,
                (State::Quoted, State::Behind) => {}
                _ => self.text.push(byte),
            }
        }
        self.cells.push((from..self.text.len(), quoted));
        let text = std::str::from_utf8(&self.text)
            .map_err(|_| Fault::new("the row is not UTF-8", "save the file as UTF-8; only this row was skipped"))?;
        Ok(self.cells.iter().map(|(range, quoted)| (text.get(range.clone()).unwrap_or_default(), *quoted)).collect())
    }
}
