//! Reads a Lucene query string, as Elasticsearch takes it: clauses with `+` and `-`, operators in words and signs, fields, ranges,
//! slop, fuzziness, boosts. A row of clauses means what the classic parser makes of it, `OR` where nothing stands.

use mon_grammar::Span;

use super::read::{Read, Reader, span, syntax};
use super::tree::{Bound, Form, Kind, Link, Node, Said, Text, Value};
use crate::diagnostic::Diagnostic;

/// What a clause is to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occurs {
    Must,
    Should,
    MustNot,
}

/// The query. Query strings have no comments.
pub(super) fn read(source: &str) -> Read<(Node, Vec<String>)> {
    let mut reader = Reader::new(source)?;
    reader.skip_space();
    if reader.done() {
        return Err(syntax(
            span(0, 0),
            "the query is empty",
            "give the text of a query, such as `title:acme AND broken`",
        ));
    }
    let node = row(&mut reader)?;
    if !reader.done() {
        return Err(syntax(reader.here(), "this bracket closes nothing", "remove it, or open one before it"));
    }
    Ok((node, Vec::new()))
}

/// Clauses of one level. `AND` makes both of its sides necessary, `OR` neither: that is how the classic parser reads
/// `a AND b OR c`, in which `c` only changes the rank.
fn row(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    let (mut clauses, mut links): (Vec<(Occurs, Node)>, Vec<Link>) = (Vec::new(), Vec::new());
    loop {
        let gap = reader.at;
        reader.skip_space();
        if reader.done() || reader.peek() == Some(')') {
            break;
        }
        let joint = if clauses.is_empty() { "" } else { joint(reader) };
        if !clauses.is_empty() {
            let said = if joint.is_empty() { Said::Space } else { Said::Word };
            let place = if joint.is_empty() { span(gap, reader.at) } else { reader.from(reader.at - joint.len()) };
            links.push(Link { span: place, said });
        }
        reader.skip_space();
        let both = matches!(joint, "AND" | "&&");
        let (mut occurs, node) = clause(reader)?;
        if both {
            if let Some((before, _)) = clauses.last_mut()
                && *before == Occurs::Should
            {
                *before = Occurs::Must;
            }
            if occurs == Occurs::Should {
                occurs = Occurs::Must;
            }
        }
        clauses.push((occurs, node));
    }
    let Some((_, last)) = clauses.last() else {
        return Err(missing(reader.here()));
    };
    let whole = span(start, last.span.end as usize);
    Ok(joined(whole, clauses, links))
}

/// The clauses as `and`, `or` and `not`.
fn joined(whole: Span, clauses: Vec<(Occurs, Node)>, links: Vec<Link>) -> Node {
    let necessary = clauses.iter().any(|(occurs, _)| *occurs == Occurs::Must);
    let (mut all, mut should) = (Vec::new(), Vec::new());
    for (occurs, node) in clauses {
        match occurs {
            Occurs::Should if necessary => {
                all.push(Node::new(node.span, Kind::RankOnly));
            }
            Occurs::Should => should.push(node),
            Occurs::Must | Occurs::MustNot => all.push(node),
        }
    }
    let any = match should.len() {
        0 => None,
        1 => should.pop(),
        _ => {
            let ends = should.first().zip(should.last()).map_or(whole, |(first, last)| first.span.to(last.span));
            let inner = if all.is_empty() { links.clone() } else { Vec::new() };
            Some(Node::new(ends, Kind::Or { members: should, links: inner }))
        }
    };
    if all.is_empty()
        && let Some(any) = any
    {
        return any;
    }
    let at = usize::from(all.first().is_some_and(|first| any.as_ref().is_some_and(|any| first.span < any.span)));
    if let Some(any) = any {
        all.insert(at.min(all.len()), any);
    }
    if all.len() == 1 && links.is_empty() {
        return all.swap_remove(0);
    }
    Node::new(whole, Kind::And { members: all, links })
}

/// The operator that stands here.
fn joint<'s>(reader: &mut Reader<'s>) -> &'s str {
    let start = reader.at;
    let found =
        ["AND", "OR"].into_iter().any(|word| reader.rest().split(ends).next() == Some(word) && reader.take(word))
            || reader.take("&&")
            || reader.take("||");
    if found { reader.from(start).text(reader.source) } else { "" }
}

fn clause(reader: &mut Reader<'_>) -> Read<(Occurs, Node)> {
    let start = reader.at;
    let refused = ["NOT", "!", "-"].into_iter().any(|sign| {
        let whole = sign != "NOT" || reader.rest().split(ends).next() == Some(sign);
        whole && reader.take(sign)
    });
    if refused {
        let sign = reader.from(start);
        reader.skip_space();
        reader.enter()?;
        let (_, inner) = clause(reader)?;
        reader.leave();
        return Ok((Occurs::MustNot, Node::new(reader.from(start), Kind::Not { sign, inner: Box::new(inner) })));
    }
    let necessary = reader.take("+");
    reader.skip_space();
    let mut node = operand(reader)?;
    let sign = reader.at;
    if reader.take("^") {
        reader.take_while(|letter| letter.is_ascii_digit() || letter == '.');
        let sign = reader.from(sign);
        node = Node::new(reader.from(start), Kind::Boost { sign, inner: Box::new(node) });
    }
    Ok((if necessary { Occurs::Must } else { Occurs::Should }, node))
}

fn operand(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    reader.refuse_curly()?;
    match reader.peek() {
        None | Some(')') => Err(missing(reader.here())),
        Some('(') => group(reader),
        Some('"' | '/') => {
            let text = text(reader)?;
            Ok(Node::new(reader.from(start), Kind::Text(text)))
        }
        Some(_) if reader.take("*:*") => Ok(Node::new(reader.from(start), Kind::Everything)),
        Some(_) => {
            let name = reader.take_while(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '@' | '-'));
            if !name.is_empty() && reader.rest().starts_with(':') && !reader.rest().starts_with("://") {
                reader.at += 1;
                let value = value(reader, start, name)?;
                return Ok(Node::new(reader.from(start), Kind::Field { name: name.to_owned(), value }));
            }
            reader.at = start;
            let text = text(reader)?;
            Ok(Node::new(reader.from(start), Kind::Text(text)))
        }
    }
}

fn group(reader: &mut Reader<'_>) -> Read<Node> {
    let start = reader.at;
    reader.at += 1;
    reader.enter()?;
    let mut inner = row(reader)?;
    reader.leave();
    reader.skip_space();
    if !reader.take(")") {
        let help = "write `)` where the group ends";
        return Err(syntax(span(start, start + 1), "this bracket is not closed", help));
    }
    inner.span = reader.from(start);
    Ok(inner)
}

fn value(reader: &mut Reader<'_>, start: usize, name: &str) -> Read<Value> {
    reader.skip_space();
    for (sign, low, included) in [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)] {
        if reader.take(sign) {
            let text = reader.take_while(|letter| !ends(letter)).to_owned();
            let bound = Some(Bound { text, included });
            return Ok(if low {
                Value::Range { low: bound, high: None }
            } else {
                Value::Range { low: None, high: bound }
            });
        }
    }
    let operator = matches!(reader.rest().split(ends).next(), Some("AND" | "OR" | "NOT" | "&&" | "||"));
    match reader.peek().filter(|_| !operator) {
        Some('(') => group(reader).map(|node| Value::Group(Box::new(node))),
        Some('[' | '{') => reader.brackets(),
        Some(first) if first == '"' || !ends(first) => text(reader).map(Value::Text),
        _ => {
            let message = format!("`{name}:` has no value");
            Err(syntax(reader.from(start), message, "write the value behind the colon"))
        }
    }
}

/// A word, a phrase or a regular expression with what follows it at once.
fn text(reader: &mut Reader<'_>) -> Read<Text> {
    let start = reader.at;
    if reader.take("\"") {
        let text = reader.quoted(start, true)?;
        let slop = if reader.take("~") { reader.number() } else { None };
        return Ok(Text { text, form: slop.map_or(Form::Quoted, Form::Slop) });
    }
    if reader.take("/") {
        return regex(reader, start);
    }
    let mut text = String::new();
    while let Some(letter) = reader.peek() {
        match letter {
            '\\' => {
                reader.at += 1;
                let Some(next) = reader.peek() else { break };
                if matches!(next, '*' | '?') {
                    text.push('\\');
                }
                text.push(next);
                reader.at += next.len_utf8();
            }
            '~' | '^' => break,
            _ if ends(letter) => break,
            _ => {
                text.push(letter);
                reader.at += letter.len_utf8();
            }
        }
    }
    if text.is_empty() {
        let place = reader.here();
        return Err(syntax(place, "this sign stands for no word", "write `\\` before it to look for the sign itself"));
    }
    if reader.take("~") {
        let edits = reader.take_while(|letter| letter.is_ascii_digit() || letter == '.').parse().ok();
        return Ok(Text { text, form: Form::Fuzzy(edits) });
    }
    Ok(Text { text, form: Form::Word })
}

fn regex(reader: &mut Reader<'_>, start: usize) -> Read<Text> {
    let mut text = String::new();
    loop {
        let Some(letter) = reader.peek() else {
            let help = "write `/` where the expression ends";
            return Err(syntax(span(start, start + 1), "this regular expression is not closed", help));
        };
        reader.at += letter.len_utf8();
        match letter {
            '/' => return Ok(Text { text, form: Form::Regex }),
            '\\' if reader.take("/") => text.push('/'),
            '\\' => {
                text.push('\\');
                if let Some(next) = reader.peek() {
                    text.push(next);
                    reader.at += next.len_utf8();
                }
            }
            other => text.push(other),
        }
    }
}

fn ends(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')' | '"' | '[' | ']' | '{' | '}')
}

fn missing(place: Span) -> Box<Diagnostic> {
    syntax(place, "something to look for is missing here", "write a word, a phrase or a group in brackets")
}
