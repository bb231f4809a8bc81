//! What the readers of all dialects share: a place in the text, words and quotes, limits, and errors in a reader's words.
//! A reader looks at each byte a bounded number of times, and no query nests deeper than the limit.

use mon_grammar::Span;

use super::tree::{Bound, Value};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::plan::Place;

/// Levels that brackets and `NOT` of a query may nest.
pub const QUERY_DEPTH_MAX: usize = 100;

/// Bytes of one query.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// An error, boxed since it is rare and large.
pub(super) type Read<T> = Result<T, Box<Diagnostic>>;

/// A place in the text of a query.
pub(super) struct Reader<'s> {
    pub source: &'s str,
    pub at: usize,
    depth: usize,
}

impl<'s> Reader<'s> {
    pub fn new(source: &'s str) -> Read<Self> {
        let reader = Self { source, at: 0, depth: 0 };
        if source.len() > QUERY_BYTES_MAX {
            let message = format!("the query has {} bytes, more than the limit of {QUERY_BYTES_MAX}", source.len());
            let help = "split it into several queries and import each (limit `query_bytes_max`)";
            return Err(error(&codes::QUERY_SYNTAX, Span::new(0, 0), message, help));
        }
        Ok(reader)
    }

    pub fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn done(&self) -> bool {
        self.at >= self.source.len()
    }

    pub fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes `text` if it stands here.
    pub fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes what is made of such letters.
    pub fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// From a place to here.
    pub fn from(&self, start: usize) -> Span {
        span(start, self.at)
    }

    /// The next letter, for an error.
    pub fn here(&self) -> Span {
        span(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }

    /// Behind an opening quote: the text up to the closing one. `\"` is a quote where `escapes`.
    pub fn quoted(&mut self, start: usize, escapes: bool) -> Read<String> {
        let mut out = String::new();
        let mut letters = self.rest().char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' if escapes => match letters.next() {
                    Some((_, sign @ ('*' | '?'))) => out.extend(['\\', sign]),
                    Some((_, other)) => out.push(other),
                    None => {}
                },
                other => out.push(other),
            }
        }
        Err(syntax(span(start, start + 1), "this quote is not closed", "write `\"` where the phrase ends"))
    }

    /// `5` behind a `~` or `/`.
    pub fn number(&mut self) -> Option<u32> {
        let digits = self.take_while(|letter| letter.is_ascii_digit());
        digits.parse().ok()
    }

    /// One level deeper.
    pub fn enter(&mut self) -> Read<()> {
        if self.depth >= QUERY_DEPTH_MAX {
            let message = format!("the query nests more than {QUERY_DEPTH_MAX} levels deep");
            let help = "take some brackets away, or split the query (limit `query_depth_max`)";
            return Err(error(&codes::QUERY_SYNTAX, self.here(), message, help));
        }
        self.depth += 1;
        Ok(())
    }

    /// Back from one level.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// `[a TO b]`, `{a TO b}`, `[a b c]`; the opening bracket stands here.
    pub fn brackets(&mut self) -> Read<Value> {
        let start = self.at;
        let open = self.peek();
        let inner = self.rest().get(1..).unwrap_or("");
        let Some(length) = inner.find([']', '}']) else {
            let help = "write `]` behind the last value, as in `[1 TO 5]`";
            return Err(syntax(self.here(), "this bracket is not closed", help));
        };
        let text = inner.get(..length).unwrap_or("");
        let closed = inner.get(length..=length) == Some("]");
        self.at += length + 2;
        let bound = |text: &str, included| {
            let text = text.trim().trim_matches('"');
            (text != "*").then(|| Bound { text: text.to_owned(), included })
        };
        if let Some((low, high)) = text.split_once(" TO ") {
            if low.trim().is_empty() || high.trim().is_empty() {
                let help = "write both ends, as in `[1 TO 5]`; `*` leaves one open";
                return Err(syntax(self.from(start), "this range lacks an end", help));
            }
            return Ok(Value::Range { low: bound(low, open == Some('[')), high: bound(high, closed) });
        }
        Ok(Value::List(text.split_whitespace().map(str::to_owned).collect()))
    }

    /// A curly quote, which no tool reads as a quote.
    pub fn refuse_curly(&self) -> Read<()> {
        if matches!(self.peek(), Some('“' | '”' | '„' | '‟')) {
            let help = "write `\"`; a text editor that corrects while typing makes curly ones";
            return Err(syntax(self.here(), "this quote is curly, and is read as a letter", help));
        }
        Ok(())
    }
}

pub(super) fn span(start: usize, end: usize) -> Span {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(number(start), number(end.max(start)))
}

pub(super) fn error(code: &'static Code, span: Span, message: impl Into<String>, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, Place { file: 0, span }, message).help(help))
}

pub(super) fn syntax(span: Span, message: impl Into<String>, help: &str) -> Box<Diagnostic> {
    error(&codes::QUERY_SYNTAX, span, message, help)
}
