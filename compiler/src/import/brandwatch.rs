//! Reads a Brandwatch query: upper-case operators, `NEAR/5f`, `{BT}`, `raw:`, fields and `<<< comments >>>`.
//! As the tool does, it refuses a row that mixes `AND`, `OR` and `NEAR`, because nobody can tell what it means.

use mon_grammar::Span;

use super::read::{Read, Reader, error, span, syntax};
use super::tree::{Form, Kind, Link, Node, Said, Text, Value};
use crate::diagnostic::codes;
use crate::plan::Place;

/// A row may hold operators of one of these kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    And,
    Or,
    Near { gap: u32, ordered: bool },
}

struct Query<'s> {
    reader: Reader<'s>,
    comments: Vec<String>,
}

/// The query, and comments that stand behind everything.
pub(super) fn read(source: &str) -> Read<(Node, Vec<String>)> {
    let mut query = Query { reader: Reader::new(source)?, comments: Vec::new() };
    query.skip()?;
    if query.reader.done() {
        return Err(syntax(span(0, 0), "the query is empty", "give the text of a Brandwatch query"));
    }
    let node = query.row()?;
    query.skip()?;
    if !query.reader.done() {
        return Err(syntax(query.reader.here(), "this bracket closes nothing", "remove it, or open one before it"));
    }
    Ok((node, query.comments))
}

impl Query<'_> {
    fn skip(&mut self) -> Read<()> {
        loop {
            self.reader.skip_space();
            let start = self.reader.at;
            if !self.reader.take("<<<") {
                return Ok(());
            }
            let Some(length) = self.reader.rest().find(">>>") else {
                return Err(syntax(span(start, start + 3), "this comment is not closed", "write `>>>` where it ends"));
            };
            self.comments.extend(self.reader.rest().get(..length).map(|text| text.trim().to_owned()));
            self.reader.at += length + 3;
        }
    }

    /// Operands of one level with the operators between them.
    fn row(&mut self) -> Read<Node> {
        let start = self.reader.at;
        let mut members = vec![self.operand()?];
        let mut links: Vec<Link> = Vec::new();
        let mut joint: Option<(Joint, Span)> = None;
        loop {
            self.skip()?;
            if self.reader.done() || self.reader.peek() == Some(')') {
                break;
            }
            let (found, link) = self.joint();
            if let Some((first, place)) = joint
                && (first != found || matches!(found, Joint::Near { .. }))
            {
                return Err(mixed(place, link.span));
            }
            joint = joint.or(Some((found, link.span)));
            links.push(link);
            members.push(self.operand()?);
        }
        let whole = span(start, members.last().map_or(start, |last| last.span.end as usize));
        Ok(match joint {
            None => members.swap_remove(0),
            Some((Joint::And, _)) => Node::new(whole, Kind::And { members, links }),
            Some((Joint::Or, _)) => Node::new(whole, Kind::Or { members, links }),
            Some((Joint::Near { gap, ordered }, sign)) => {
                let right = Box::new(members.swap_remove(1));
                let left = Box::new(members.swap_remove(0));
                Node::new(whole, Kind::Near { sign, gap, ordered, left, right })
            }
        })
    }

    /// The operator that stands here; none is an `AND`. A `NOT` is left for the operand behind it.
    fn joint(&mut self) -> (Joint, Link) {
        let start = self.reader.at;
        for (word, joint) in [("AND", Joint::And), ("OR", Joint::Or)] {
            if self.reader.rest().split(ends).next() == Some(word) {
                self.reader.at += word.len();
                return (joint, Link { span: self.reader.from(start), said: Said::Word });
            }
        }
        if let Some((gap, ordered, length)) = near(self.reader.rest()) {
            self.reader.at += length;
            return (Joint::Near { gap, ordered }, Link { span: self.reader.from(start), said: Said::Word });
        }
        let negated = self.reader.rest().split(ends).next() == Some("NOT");
        let length = if negated { 3 } else { 0 };
        let said = if negated { Said::Word } else { Said::Space };
        (Joint::And, Link { span: span(start, start + length), said })
    }

    fn operand(&mut self) -> Read<Node> {
        self.skip()?;
        let comments = std::mem::take(&mut self.comments);
        let mut node = self.bare_operand()?;
        node.comments.splice(0..0, comments);
        Ok(node)
    }

    fn bare_operand(&mut self) -> Read<Node> {
        let start = self.reader.at;
        let Some(first) = self.reader.peek() else {
            return Err(missing(self.reader.here()));
        };
        self.reader.refuse_curly()?;
        let word = self.reader.rest().split(ends).next().unwrap_or("");
        match first {
            ')' => Err(missing(self.reader.here())),
            '}' => Err(syntax(self.reader.here(), "this brace closes nothing", "remove it, or open one before it")),
            '(' => self.group(start),
            '"' => {
                self.reader.at += 1;
                let text = self.reader.quoted(start, false)?;
                let form = if self.reader.take("~") {
                    let number = self.reader.number();
                    Form::Slop(number.ok_or_else(|| no_number(self.reader.from(start)))?)
                } else {
                    Form::Quoted
                };
                Ok(Node::new(self.reader.from(start), Kind::Text(Text { text, form })))
            }
            '{' => self.capitals(start),
            _ if word == "NOT" => {
                self.reader.at += 3;
                let sign = self.reader.from(start);
                let inner = self.deeper(Self::operand)?;
                Ok(Node::new(self.reader.from(start), Kind::Not { sign, inner: Box::new(inner) }))
            }
            _ if word == "AND" || word == "OR" || near(word).is_some() => Err(missing(span(start, start + word.len()))),
            _ => self.word(start),
        }
    }

    fn group(&mut self, start: usize) -> Read<Node> {
        self.reader.at += 1;
        let mut inner = self.deeper(Self::row)?;
        self.skip()?;
        if !self.reader.take(")") {
            return Err(syntax(span(start, start + 1), "this bracket is not closed", "write `)` where the group ends"));
        }
        // Comments before the closing bracket have nothing behind them to belong to.
        inner.comments.append(&mut self.comments);
        let sign = self.reader.at;
        if !self.reader.take("~") {
            inner.span = self.reader.from(start);
            return Ok(inner);
        }
        let gap = self.reader.number().ok_or_else(|| no_number(self.reader.from(start)))?;
        let sign = self.reader.from(sign);
        Ok(Node::new(self.reader.from(start), Kind::Together { sign, gap, inner: Box::new(inner) }))
    }

    fn capitals(&mut self, start: usize) -> Read<Node> {
        self.reader.at += 1;
        let text = self.reader.take_while(|letter| letter != '}').trim().to_owned();
        if !self.reader.take("}") {
            return Err(syntax(span(start, start + 1), "this brace is not closed", "write `}` behind the word"));
        }
        Ok(Node::new(self.reader.from(start), Kind::Text(Text { text, form: Form::Capitals })))
    }

    fn word(&mut self, start: usize) -> Read<Node> {
        let word = self.reader.take_while(|letter| !ends(letter) && letter != ':');
        let named = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric());
        if named && self.reader.rest().starts_with(':') && !self.reader.rest().starts_with("://") {
            self.reader.at += 1;
            return self.field(start, word.to_owned());
        }
        self.reader.take_while(|letter| !ends(letter));
        let whole = self.reader.from(start);
        let text = whole.text(self.reader.source);
        let (text, form) = match text.split_once('~') {
            Some((before, edits)) if !before.is_empty() => (before, Form::Fuzzy(edits.parse().ok())),
            _ => (text, Form::Word),
        };
        Ok(Node::new(whole, Kind::Text(Text { text: text.to_owned(), form })))
    }

    fn field(&mut self, start: usize, name: String) -> Read<Node> {
        let value = match self.reader.peek() {
            Some('(') => Value::Group(Box::new(self.deeper(Self::operand)?)),
            Some('[') => self.reader.brackets()?,
            Some(first) if !ends(first) || matches!(first, '"' | '{') => {
                let node = if matches!(first, '"' | '{') { self.bare_operand()? } else { self.value() };
                match node.kind {
                    Kind::Text(text) => Value::Text(text),
                    _ => Value::Group(Box::new(node)),
                }
            }
            _ => {
                let message = format!("`{name}:` has no value");
                return Err(syntax(self.reader.from(start), message, "write the value right behind the colon"));
            }
        };
        let kind = match value {
            Value::Text(text) if name.eq_ignore_ascii_case("raw") => Kind::Text(Text { form: Form::Raw, ..text }),
            value => Kind::Field { name, value },
        };
        Ok(Node::new(self.reader.from(start), kind))
    }

    /// A field's value without quotes: colons are part of it.
    fn value(&mut self) -> Node {
        let start = self.reader.at;
        let text = self.reader.take_while(|letter| !ends(letter)).to_owned();
        Node::new(self.reader.from(start), Kind::Text(Text { text, form: Form::Word }))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.reader.enter()?;
        let read = inner(self);
        self.reader.leave();
        read
    }
}

fn ends(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')' | '"' | '{' | '}')
}

/// `NEAR/5`, `NEAR/5f` at the beginning of a text, and how long it is.
fn near(text: &str) -> Option<(u32, bool, usize)> {
    let word = text.split(ends).next()?;
    let rest = word.strip_prefix("NEAR/")?;
    let (digits, ordered) = rest.strip_suffix('f').map_or((rest, false), |digits| (digits, true));
    Some((digits.parse().ok()?, ordered, word.len()))
}

fn missing(place: Span) -> Box<crate::diagnostic::Diagnostic> {
    syntax(place, "something to look for is missing here", "write a word, a phrase or a group in brackets")
}

fn no_number(place: Span) -> Box<crate::diagnostic::Diagnostic> {
    syntax(place, "a number is missing behind `~`", "write how many words may stand between, as in `~5`")
}

fn mixed(first: Span, second: Span) -> Box<crate::diagnostic::Diagnostic> {
    let mut told = error(
        &codes::MIXED_QUERY,
        second,
        "two kinds of operators stand in one row",
        "put brackets around the part that belongs together: `(a OR b) AND c`; Brandwatch refuses the row as well",
    );
    told.labels = vec![
        (Place { file: 0, span: first }, "the row begins with this one".to_owned()),
        (Place { file: 0, span: second }, "and goes on with another".to_owned()),
    ];
    told
}
