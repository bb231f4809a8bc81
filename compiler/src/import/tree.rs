//! What a query of another tool says, whatever tool it is: operators, words and fields, each with its place in that text.
//! The readers of the dialects make it; what it becomes in Mon is decided behind it.

use mon_grammar::Span;

/// A piece of the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub span: Span,
    /// Comments that stand before it.
    pub comments: Vec<String>,
    pub kind: Kind,
}

impl Node {
    pub fn new(span: Span, kind: Kind) -> Self {
        Self { span, comments: Vec::new(), kind }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `links` are the operators between the members.
    And {
        members: Vec<Node>,
        links: Vec<Link>,
    },
    Or {
        members: Vec<Node>,
        links: Vec<Link>,
    },
    Not {
        sign: Span,
        inner: Box<Node>,
    },
    /// `a NEAR/5 b`.
    Near {
        sign: Span,
        gap: u32,
        ordered: bool,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `((A) AND (B))~5`.
    Together {
        sign: Span,
        gap: u32,
        inner: Box<Node>,
    },
    /// `a^2`, `(a b)^2`.
    Boost {
        sign: Span,
        inner: Box<Node>,
    },
    Text(Text),
    Field {
        name: String,
        value: Value,
    },
    /// `*:*`
    Everything,
    /// A clause that the tool only ranks by.
    RankOnly,
}

/// An operator between two members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    pub span: Span,
    pub said: Said,
}

/// How an operator is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Word,
    /// Nothing stands between the two.
    Space,
    /// A word that the tool reads as a word to look for, and that people mean as an operator: `AND` in a rule of X.
    Mistaken,
}

/// Something to look for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    /// `*` and `?` are wildcards; behind a backslash they are themselves. No other sign is escaped.
    pub text: String,
    pub form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Word,
    Quoted,
    /// `"a b"~5`
    Slop(u32),
    /// `{BT}`
    Capitals,
    /// `raw:"C++"`
    Raw,
    /// `contains:gate`
    Part,
    /// `word~`, `word~1`, `word~0.8`
    Fuzzy(Option<f64>),
    /// `/re/`
    Regex,
}

/// What stands behind a field's colon.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(Text),
    /// `[a TO b]`, `{a TO b}`, `>=a`, `a..b`; an absent end is open.
    Range {
        low: Option<Bound>,
        high: Option<Bound>,
    },
    /// `[13.4 52.5 25km]`
    List(Vec<String>),
    /// `(a OR b)`
    Group(Box<Node>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bound {
    pub text: String,
    pub included: bool,
}

impl Value {
    /// The value as one text, without wildcards' backslashes.
    pub fn plain(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(without_escapes(&text.text)),
            _ => None,
        }
    }
}

/// The text with `\*` and `\?` as the signs themselves.
pub(super) fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if matches!(letters.peek(), Some('*' | '?')) => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

/// Whether an unescaped `*` or `?` stands in it.
pub(super) fn has_wildcard(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|letter| {
        let found = matches!(letter, '*' | '?') && before != '\\';
        before = letter;
        found
    })
}
