//! The lossless tree: every byte of a source is in exactly one leaf, whatever the input. Nodes take their places from
//! the typed tree, leaves from the tokens; the tree is a flat list in the order of the text, each entry with its depth.

use crate::ast::{
    Clause, ClauseKind, Expr, ExprKind, File, ItemKind, PlaybookClause, PlaybookClauseKind, TestStep, TestStepKind,
};
use crate::lex::lex;
use crate::parse::parse_text;
use crate::span::Span;
use crate::splitter::Text;

/// What a node or a leaf of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SyntaxKind {
    // Leaves that mean nothing to the language.
    Space,
    Comment,
    /// `///`
    Doc,
    // Leaves.
    Word,
    Number,
    Time,
    String,
    Regex,
    Tag,
    Handle,
    Cashtag,
    /// The `@` of `@ 70%`.
    At,
    /// `near/5`, `then/5`.
    Distance,
    Operator,
    Equals,
    Tilde,
    Comma,
    Colon,
    Dot,
    BraceOpen,
    BraceClose,
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    // Leaves that are errors.
    UnclosedString,
    UnclosedRegex,
    WrongQuotes,
    Unknown,
    // Nodes.
    File,
    Use,
    Terms,
    Query,
    Dates,
    Monitor,
    Playbook,
    Test,
    Broken,
    Clause,
    Row,
    Expr,
}

impl SyntaxKind {
    /// A leaf holds text of its own; a node holds other entries.
    #[must_use]
    pub const fn is_leaf(self) -> bool {
        (self as u8) < (Self::File as u8)
    }
}

/// A node or a leaf. What follows it with a greater depth is inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: SyntaxKind,
    pub span: Span,
    /// Of the file's node 0.
    pub depth: u32,
}

/// A whole file, nothing left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    source: String,
    entries: Vec<Entry>,
}

impl Tree {
    /// Never fails; linear in the length of `source`.
    #[must_use]
    pub fn parse(source: &str) -> Self {
        let text = Text::new(source);
        let file = parse_text(&text);
        Self { source: source.to_owned(), entries: weave(&text, &nodes(&file)) }
    }

    /// Nodes and leaves in the order of the text, a node before what is inside it.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The leaves in the order of the text.
    pub fn leaves(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().copied().filter(|e| e.kind.is_leaf())
    }

    /// The leaves' text joined: the source, byte for byte.
    #[must_use]
    pub fn text(&self) -> String {
        self.leaves().map(|leaf| leaf.span.text(&self.source)).collect()
    }

    /// The nodes and the leaf around a byte offset, from the file inwards.
    #[must_use]
    pub fn path_at(&self, offset: u32) -> Vec<Entry> {
        let mut path: Vec<Entry> = Vec::new();
        for entry in &self.entries {
            if entry.span.start > offset {
                break;
            }
            let held = if entry.kind == SyntaxKind::File { true } else { offset < entry.span.end };
            if held && path.last().is_none_or(|last| last.depth < entry.depth) {
                path.push(*entry);
            }
        }
        path
    }

    /// The tree as indented lines: `Word 5..9 "acme"`.
    #[must_use]
    pub fn render(&self) -> String {
        use std::fmt::Write as _;
        let mut out = String::new();
        for entry in &self.entries {
            // Deep brackets must not turn a small file into megabytes of indentation.
            let indent = (entry.depth as usize).min(64) * 2;
            let Span { start, end } = entry.span;
            let written = write!(out, "{:indent$}{:?} {start}..{end}", "", entry.kind);
            let text = if entry.kind.is_leaf() { entry.span.text(&self.source) } else { "" };
            let shown = if entry.kind.is_leaf() { writeln!(out, " {text:?}") } else { writeln!(out) };
            if written.and(shown).is_err() {
                break;
            }
        }
        out
    }
}

/// The leaves of a text without its nodes, in the order of the text: nothing is parsed for them.
#[must_use]
pub fn leaves(source: &str) -> Vec<(SyntaxKind, Span)> {
    lex(source).into_iter().map(|token| (token.kind, token.span)).collect()
}

/// Nodes in the order of the text, each before what is inside it.
pub(crate) fn nodes(file: &File) -> Vec<(SyntaxKind, Span)> {
    let mut out = Vec::new();
    for item in &file.items {
        let kind = match &item.kind {
            ItemKind::Use(_) => SyntaxKind::Use,
            ItemKind::Terms(_) => SyntaxKind::Terms,
            ItemKind::Query(_) => SyntaxKind::Query,
            ItemKind::Dates(_) => SyntaxKind::Dates,
            ItemKind::Monitor(_) => SyntaxKind::Monitor,
            ItemKind::Playbook(_) => SyntaxKind::Playbook,
            ItemKind::Test(_) => SyntaxKind::Test,
            ItemKind::Broken => SyntaxKind::Broken,
        };
        out.push((kind, item.doc.as_ref().map_or(item.span, |doc| doc.span.to(item.span))));
        match &item.kind {
            ItemKind::Terms(terms) => {
                terms.members.iter().for_each(|e| expr(e, &mut out));
                terms.allows.iter().for_each(|c| clause(c, &mut out));
            }
            ItemKind::Query(query) => {
                expr(&query.expr, &mut out);
                query.allows.iter().for_each(|c| clause(c, &mut out));
            }
            ItemKind::Monitor(monitor) => monitor.clauses.iter().for_each(|c| clause(c, &mut out)),
            ItemKind::Playbook(playbook) => playbook.clauses.iter().for_each(|c| playbook_clause(c, &mut out)),
            ItemKind::Test(test) => test.steps.iter().for_each(|s| step(s, &mut out)),
            ItemKind::Use(_) | ItemKind::Dates(_) | ItemKind::Broken => {}
        }
    }
    out
}

type Nodes = Vec<(SyntaxKind, Span)>;

fn row(span: Span, inner: Option<&Expr>, out: &mut Nodes) {
    out.push((SyntaxKind::Row, span));
    if let Some(inner) = inner {
        expr(inner, out);
    }
}

fn clause(clause: &Clause, out: &mut Nodes) {
    out.push((SyntaxKind::Clause, clause.span));
    match &clause.kind {
        ClauseKind::Match(e) | ClauseKind::Measure { expr: e, .. } => expr(e, out),
        ClauseKind::Alert(alert) => {
            expr(&alert.when, out);
            alert.clear.iter().for_each(|e| expr(e, out));
        }
        ClauseKind::Severity(rows) => rows.iter().for_each(|r| row(r.span, r.when.as_ref(), out)),
        ClauseKind::Window(window) => window.kind.steps().iter().for_each(|step| expr(&step.cond, out)),
        _ => {}
    }
}

fn playbook_clause(clause: &PlaybookClause, out: &mut Nodes) {
    out.push((SyntaxKind::Clause, clause.span));
    match &clause.kind {
        PlaybookClauseKind::Route { rows, .. } => rows.iter().for_each(|r| row(r.span, r.when.as_ref(), out)),
        PlaybookClauseKind::Notify(rows) => rows.iter().for_each(|r| row(r.span, None, out)),
        PlaybookClauseKind::Escalate { steps, .. } => steps.iter().for_each(|s| row(s.span, None, out)),
        PlaybookClauseKind::Ticket { rows, .. } => rows.iter().for_each(|r| row(r.span, r.when.as_ref(), out)),
        _ => {}
    }
}

fn step(step: &TestStep, out: &mut Nodes) {
    out.push((SyntaxKind::Clause, step.span));
    if let TestStepKind::Matched { filter: Some(filter), .. } = &step.kind {
        expr(filter, out);
    }
}

/// An expression and what is inside it. A typed tree's depth is bounded, so recursion is safe.
fn expr(e: &Expr, out: &mut Nodes) {
    if e.kind == ExprKind::Error {
        return;
    }
    out.push((SyntaxKind::Expr, e.span));
    match &e.kind {
        ExprKind::List(members)
        | ExprKind::Group(members)
        | ExprKind::Set { members, .. }
        | ExprKind::Scope { members, .. }
        | ExprKind::Call { args: members, .. } => members.iter().for_each(|m| expr(m, out)),
        ExprKind::Not(inner)
        | ExprKind::Negate(inner)
        | ExprKind::Confident { expr: inner, .. }
        | ExprKind::Zone { expr: inner, .. } => expr(inner, out),
        ExprKind::Binary { left, right, .. } | ExprKind::Infix { left, right, .. } => {
            expr(left, out);
            expr(right, out);
        }
        _ => {}
    }
}

/// Tokens and nodes in one row. A node closes before the first token that starts at or behind its end.
fn weave(text: &Text<'_>, nodes: &Nodes) -> Vec<Entry> {
    let whole = Span::new(0, text.tokens.last().map_or(0, |t| t.span.end));
    let mut out = Vec::with_capacity(text.tokens.len() + nodes.len() + 1);
    out.push(Entry { kind: SyntaxKind::File, span: whole, depth: 0 });
    let mut open: Vec<Span> = vec![whole];
    let mut waiting = nodes.iter().copied().peekable();
    for token in &text.tokens {
        while open.len() > 1 && open.last().is_some_and(|span| span.end <= token.span.start) {
            open.pop();
        }
        while let Some((kind, span)) = waiting.next_if(|(_, span)| span.start <= token.span.start) {
            if span.end <= token.span.start {
                continue;
            }
            out.push(Entry { kind, span, depth: depth(&open) });
            open.push(span);
        }
        out.push(Entry { kind: token.kind, span: token.span, depth: depth(&open) });
    }
    out
}

fn depth(open: &[Span]) -> u32 {
    u32::try_from(open.len()).unwrap_or(u32::MAX)
}
