//! Reads a rule of X's filtered stream or of PowerTrack: a space is AND, `OR` in capitals, `-` negates, AND binds tighter.
//! Nearly everything else is an operator of the form `name:value`.

use mon_grammar::Span;

use super::read::{Read, Reader, span, syntax};
use super::tree::{Bound, Form, Kind, Link, Node, Said, Text, Value};
use crate::diagnostic::Diagnostic;

/// The rule. Rules have no comments.
pub(super) fn read(source: &str) -> Read<(Node, Vec<String>)> {
    let mut reader = Reader::new(source)?;
    reader.skip_space();
    if reader.done() {
        return Err(syntax(span(0, 0), "the rule is empty", "give the text of a rule, such as `acme lang:en`"));
    }
    let node = any(&mut reader)?;
    if !reader.done() {
        return Err(syntax(reader.here(), "this bracket closes nothing", "remove it, or open one before it"));
    }
    Ok((node, Vec::new()))
}

/// `a b OR c`.
fn any(reader: &mut Reader<'_>) -> Read<Node> {
    let (mut members, mut links) = (vec![all(reader)?], Vec::new());
    loop {
        let start = reader.at;
        if word(reader) != "OR" {
            break;
        }
        reader.at += 2;
        links.push(Link { span: reader.from(start), said: Said::Word });
        reader.skip_space();
        members.push(all(reader)?);
    }
    Ok(row(members, links, |members, links| Kind::Or { members, links }))
}

/// `a b -c`.
fn all(reader: &mut Reader<'_>) -> Read<Node> {
    let (mut members, mut links) = (vec![signed(reader)?], Vec::new());
    loop {
        let start = reader.at;
        reader.skip_space();
        let next = word(reader);
        if reader.done() || reader.peek() == Some(')') || next == "OR" {
            break;
        }
        let said = if next == "AND" { Said::Mistaken } else { Said::Space };
        let from = if said == Said::Mistaken { reader.at } else { start };
        if said == Said::Mistaken {
            reader.at += 3;
        }
        links.push(Link { span: reader.from(from), said });
        reader.skip_space();
        members.push(signed(reader)?);
    }
    Ok(row(members, links, |members, links| Kind::And { members, links }))
}

fn row(mut members: Vec<Node>, links: Vec<Link>, kind: impl Fn(Vec<Node>, Vec<Link>) -> Kind) -> Node {
    if members.len() == 1 {
        return members.swap_remove(0);
    }
    let (first, last) = (members.first(), members.last());
    let whole = first.zip(last).map_or_else(Span::default, |(first, last)| first.span.to(last.span));
    Node::new(whole, kind(members, links))
}

fn signed(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    if !reader.take("-") {
        return operand(reader);
    }
    let sign = reader.from(start);
    reader.enter()?;
    let inner = signed(reader)?;
    reader.leave();
    Ok(Node::new(reader.from(start), Kind::Not { sign, inner: Box::new(inner) }))
}

fn operand(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    reader.refuse_curly()?;
    match reader.peek() {
        None | Some(')') => Err(missing(reader.here())),
        Some(space) if space.is_whitespace() => Err(missing(reader.here())),
        Some('(') => {
            reader.at += 1;
            reader.skip_space();
            reader.enter()?;
            let mut inner = any(reader)?;
            reader.leave();
            reader.skip_space();
            if !reader.take(")") {
                let help = "write `)` where the group ends";
                return Err(syntax(span(start, start + 1), "this bracket is not closed", help));
            }
            inner.span = reader.from(start);
            Ok(inner)
        }
        Some('"') => {
            let text = quoted(reader)?;
            let form = if reader.take("~") {
                let help = "write how many words may stand between, as in `~5`";
                let number = reader.number();
                Form::Slop(number.ok_or_else(|| syntax(reader.from(start), "a number is missing behind `~`", help))?)
            } else {
                Form::Quoted
            };
            Ok(Node::new(reader.from(start), Kind::Text(Text { text, form })))
        }
        Some(_) if word(reader) == "OR" => Err(missing(span(start, start + 2))),
        Some(_) => bare(reader),
    }
}

fn quoted(reader: &mut Reader<'_>) -> Read<String> {
    let start = reader.at;
    reader.at += 1;
    reader.quoted(start, false).map(|text| literal(&text))
}

/// A word, or an operator with its value.
fn bare(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    let name = reader.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let follows = |text: &str| text.starts_with(':') && !text.starts_with("://");
    if name.is_empty() || !follows(reader.rest()) {
        reader.take_while(|letter| !ends(letter));
        let whole = reader.from(start);
        let text = literal(whole.text(reader.source));
        return Ok(Node::new(whole, Kind::Text(Text { text, form: Form::Word })));
    }
    reader.at += 1;
    let value = match reader.peek() {
        Some('"') => Value::Text(Text { text: quoted(reader)?, form: Form::Quoted }),
        Some('[') => reader.brackets()?,
        Some(first) if !ends(first) => value(reader.take_while(|letter| !ends(letter))),
        _ => {
            let message = format!("`{name}:` has no value");
            return Err(syntax(reader.from(start), message, "write the value right behind the colon"));
        }
    };
    let kind = match value {
        Value::Text(text) if name == "contains" => Kind::Text(Text { form: Form::Part, ..text }),
        value => Kind::Field { name: name.to_owned(), value },
    };
    Ok(Node::new(reader.from(start), kind))
}

/// `100..5000`, `100..`, or anything else as it stands.
fn value(text: &str) -> Value {
    let number = |text: &str| text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit());
    let bound = |text: &str| (!text.is_empty()).then(|| Bound { text: text.to_owned(), included: true });
    match text.split_once("..") {
        Some((low, high)) if number(low) && number(high) => Value::Range { low: bound(low), high: bound(high) },
        _ => Value::Text(Text { text: literal(text), form: Form::Word }),
    }
}

/// X knows no wildcards: the signs are themselves.
fn literal(text: &str) -> String {
    text.replace('*', "\\*").replace('?', "\\?")
}

fn word<'s>(reader: &Reader<'s>) -> &'s str {
    reader.rest().split(ends).next().unwrap_or("")
}

fn ends(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')' | '"')
}

fn missing(place: Span) -> Box<Diagnostic> {
    syntax(place, "something to look for is missing here", "write a word, a phrase or a group in brackets")
}
