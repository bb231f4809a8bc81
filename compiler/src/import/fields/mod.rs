//! What a field of another tool becomes: a table for each dialect, and one engine that reads values by it.
//! A field that no table has, or that posts do not carry, is left out by name.

mod brandwatch;
mod figures;
mod lucene;
mod places;
mod x;

use mon_grammar::Span;
use mon_post::Zone;
use mon_text::term::{Form, alternatives};
use mon_text::url::without_www;

use super::meaning::{Mon, in_zone};
use super::translate::Translator;
use super::tree::{Kind, Node, Value, has_wildcard};
use super::words::{entity, literal, quoted};
use super::{Dialect, Verdict};
use crate::check::vocab;

/// A field of another tool.
pub(super) struct Row {
    /// Small letters.
    pub names: &'static [&'static str],
    pub becomes: Becomes,
    pub verdict: Verdict,
    /// A sentence on the difference, or on what was found instead.
    pub why: &'static str,
}

/// What stands for it.
#[derive(Clone, Copy)]
pub(super) enum Becomes {
    /// Words in a zone.
    Words(&'static str),
    /// The whole text of a field, as written and in small letters.
    Whole(&'static str),
    Language,
    Country,
    Number(&'static str),
    Time(&'static str),
    Flag(&'static str),
    /// Values that have a test each.
    Values(&'static [(&'static str, &'static str, &'static str)]),
    /// A word of a closed set, which is the same in Mon.
    OneOf(&'static str, &'static [&'static str]),
    /// A test whatever the value is, and the field that it tests.
    Fixed(&'static str, &'static str),
    /// A handle, or words of the name.
    Author,
    /// An account: a handle, or an identifier made of digits.
    Account,
    /// Another's handle in a reply.
    ReplyTo,
    Identifier(&'static str),
    Link,
    Community,
    Site,
    Circle,
    Box,
    /// `_exists_:field`
    Exists,
    /// Nothing: the reason says why.
    Nothing,
}

pub(super) const fn row(names: &'static [&'static str], becomes: Becomes, verdict: Verdict, why: &'static str) -> Row {
    Row { names, becomes, verdict, why }
}

pub(super) const fn none(names: &'static [&'static str], why: &'static str) -> Row {
    Row { names, becomes: Becomes::Nothing, verdict: Verdict::Impossible, why }
}

impl Dialect {
    const fn rows(self) -> &'static [Row] {
        match self {
            Self::Brandwatch => brandwatch::ROWS,
            Self::X => x::ROWS,
            Self::Lucene => lucene::ROWS,
        }
    }
}

impl Translator<'_> {
    pub fn field(&mut self, name: &str, value: &Value, span: Span) -> Mon {
        let small = name.to_lowercase();
        let own = self.dialect.rows().iter().find(|row| row.names.contains(&small.as_str()));
        if let Some(row) = own {
            return self.by_row(name, row, value, span);
        }
        if self.dialect == Dialect::Lucene
            && let Some(row) = lucene::own(&small)
        {
            return self.by_row(name, &row, value, span);
        }
        self.hole(span, &format!("{name}:"), "posts have no field of this name")
    }

    fn by_row(&mut self, name: &str, row: &Row, value: &Value, span: Span) -> Mon {
        if let Becomes::Words(zone) = row.becomes {
            return self.zone(name, row, zone, value, span);
        }
        match value {
            Value::Group(node) => self.group(name, row, node),
            value => match self.one(row, value) {
                Ok(mon) => self.said(span, name, mon, row.verdict, row.why),
                Err(why) => self.hole(span, &format!("{name}:"), &why),
            },
        }
    }

    /// `language:(en OR de)`: each value by itself.
    fn group(&mut self, name: &str, row: &Row, node: &Node) -> Mon {
        match &node.kind {
            Kind::And { members, .. } => Mon::All(members.iter().map(|one| self.group(name, row, one)).collect()),
            Kind::Or { members, .. } => Mon::Any(members.iter().map(|one| self.group(name, row, one)).collect()),
            Kind::Not { inner, .. } => {
                self.negative = !self.negative;
                let inner = self.group(name, row, inner);
                self.negative = !self.negative;
                Mon::Not(Box::new(inner))
            }
            Kind::Text(text) => self.by_row(name, row, &Value::Text(text.clone()), node.span),
            _ => self.hole(node.span, &format!("{name}:"), "only values joined by AND, OR and NOT can stand here"),
        }
    }

    fn zone(&mut self, name: &str, row: &Row, zone: &'static str, value: &Value, span: Span) -> Mon {
        let told = match zone {
            "title" | "text" => Some(zone),
            "name" => Some("author.name"),
            _ => None,
        };
        let known = Zone::find(zone).is_some();
        let before = self.notes.len();
        let head = Span::new(span.start, span.start + u32::try_from(name.len() + 1).unwrap_or(0));
        let inner = match value {
            Value::Text(text) => self.text(text, Span::new(head.end, span.end)),
            Value::Group(node) => self.node(node),
            Value::Range { .. } | Value::List(_) => {
                return self.hole(span, &format!("{name}:"), "a range of words is nothing to look for");
            }
        };
        if !known {
            self.notes.truncate(before);
            return self.hole(span, &format!("{name}:"), "posts have no such zone");
        }
        let negative = self.negative;
        let (verdict, why) = match (negative, told) {
            // Wider under a negation is narrower for the query: a post without the zone is not taken.
            (true, None) => (Verdict::Wider, "a post that has no such text is unknown, and is not taken"),
            _ => (row.verdict, row.why),
        };
        self.note(head, &format!("{name}:"), format!("{zone}:"), verdict, why.to_owned());
        in_zone(zone, told, inner, negative)
    }

    /// One value of a field.
    fn one(&mut self, row: &Row, value: &Value) -> Result<Mon, String> {
        match row.becomes {
            Becomes::Number(field) => self.number(field, value),
            Becomes::Time(field) => self.time(field, value),
            Becomes::Circle => self.circle(value),
            Becomes::Box => self.square(value),
            Becomes::Fixed(text, field) => Ok(self.test(text.to_owned(), field)),
            Becomes::Nothing => Err(row.why.to_owned()),
            _ => {
                let Some(text) = value.plain() else { return Err("one value must stand here".to_owned()) };
                if matches!(value, Value::Text(found) if has_wildcard(&found.text)) {
                    return Err("a value with a wildcard cannot be compared".to_owned());
                }
                self.word(row.becomes, &text)
            }
        }
    }

    fn word(&mut self, becomes: Becomes, text: &str) -> Result<Mon, String> {
        let small = text.to_lowercase();
        match becomes {
            Becomes::Whole(field) => Ok(self.is(field, both(text))),
            Becomes::Language => self.language(&small),
            Becomes::Country => {
                let code = places::country(&small).ok_or_else(|| format!("`{text}` is the code of no country"))?;
                Ok(self.is("country", vec![code]))
            }
            Becomes::Flag(field) => match small.as_str() {
                "true" => Ok(self.test(field.to_owned(), field)),
                "false" => Ok(self.test(format!("{field} is false"), field)),
                _ => Err(format!("`{text}` is neither `true` nor `false`")),
            },
            Becomes::Values(values) => match values.iter().find(|(value, _, _)| *value == small) {
                Some((_, test, field)) => Ok(self.test((*test).to_owned(), field)),
                None => Err(format!("posts do not tell `{text}`")),
            },
            Becomes::OneOf(field, words) if words.contains(&small.as_str()) => Ok(self.is(field, vec![small])),
            Becomes::OneOf(field, _) => Err(format!("`{text}` is no value of `{field}`")),
            Becomes::Author => Ok(self.author(text)),
            Becomes::Account if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(self.is("author.uid", vec![quoted(&format!("x:{text}"))]))
            }
            Becomes::Account => Ok(self.is("author.handle", both(text.trim_start_matches('@')))),
            Becomes::ReplyTo => {
                let handle = entity(&format!("@{}", literal(text.trim_start_matches('@'))));
                let handle = handle.ok_or_else(|| format!("`{text}` is no handle"))?;
                let reply = self.is("kind", vec!["reply".to_owned()]);
                Ok(Mon::All(vec![reply, Mon::Term(handle)]))
            }
            Becomes::Identifier(field) => Ok(self.is(field, vec![quoted(&format!("x:{text}"))])),
            Becomes::Link => {
                let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
                let host = bare.split(['/', '?', '#']).next().unwrap_or("");
                if !host.contains('.') || host.contains(char::is_whitespace) {
                    return Err("a link is found by its host and path, not by a word in it".to_owned());
                }
                let bare = bare.get(host.len() - without_www(host).len()..).unwrap_or(bare);
                alternatives(Form::Url, bare).map_err(|error| error.to_string())?;
                Ok(Mon::Term(format!("url {}", quoted(bare))))
            }
            Becomes::Community => {
                let reddit = self.is("platform", vec!["reddit".to_owned()]);
                Ok(Mon::All(vec![reddit, self.is("community", both(text))]))
            }
            Becomes::Site => {
                let host = without_www(&small);
                let platform = places::platform(host)
                    .ok_or_else(|| format!("posts tell their platform, not the site; `{text}` is none of them"))?;
                Ok(self.is("platform", vec![platform.to_owned()]))
            }
            Becomes::Exists => {
                let field = lucene::own(&small)
                    .and_then(|row| lucene::field_of(row.becomes))
                    .ok_or_else(|| format!("posts have no field `{text}`"))?;
                Ok(Mon::Test { text: format!("exists {field}"), told: None })
            }
            _ => Err("this value cannot be compared".to_owned()),
        }
    }

    /// A handle, or words of the name where there are words in it.
    fn author(&self, text: &str) -> Mon {
        let handle = self.is("author.handle", both(text.trim_start_matches('@')));
        let words = literal(text);
        if alternatives(Form::Plain, &words).is_err() {
            return handle;
        }
        let name = Mon::Zone {
            zone: "name",
            inner: Box::new(Mon::Term(quoted(&words))),
            told: self.negative.then_some("author.name"),
        };
        Mon::Any(vec![handle, name])
    }

    fn language(&self, code: &str) -> Result<Mon, String> {
        let code = match code {
            "in" => "id",
            "iw" => "he",
            "zh-tw" | "zh-cn" => "zh",
            other => other,
        };
        if !vocab::is_language(code) {
            return Err(format!("`{code}` is the code of no language"));
        }
        // These are words of Mon as well.
        let reserved = matches!(code, "is" | "in" | "or");
        Ok(self.is("lang", vec![if reserved { quoted(code) } else { code.to_owned() }]))
    }
}

/// A value as written and in small letters: fields compare exactly.
fn both(text: &str) -> Vec<String> {
    let (written, small) = (quoted_value(text), quoted_value(&text.to_lowercase()));
    if written == small { vec![written] } else { vec![written, small] }
}

fn quoted_value(text: &str) -> String {
    quoted(&literal(text))
}
