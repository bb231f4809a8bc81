//! The one style of `.mon` files. The formatter moves only what lies between tokens (and writes `AND` small), so that
//! meaning and comments are kept by construction; an item with an error in it stays byte for byte as it is.

mod clause;
mod flat;
mod gap;
mod page;

use std::ops::Range;

use self::flat::Style;
use self::gap::Gap;
use self::page::{Line, Page};
use crate::ast::{Clause, File, Item, ItemKind, SyntaxError};
use crate::lex::Token;
use crate::parse::parse_text;
use crate::span::Span;
use crate::splitter::Text;
use crate::tree::SyntaxKind as K;

/// The longest line, in characters, unless one phrase alone is longer.
pub(crate) const WIDTH: usize = 100;

/// A formatted file.
#[derive(Clone, Debug, PartialEq)]
pub struct Formatted {
    pub text: String,
    /// The source's syntax errors. The items they lie in stand in `text` as they were.
    pub errors: Vec<SyntaxError>,
}

/// Writes a file in the one style: two spaces of indent, lines up to 100 characters, `=` of neighbouring lines under
/// each other, long `and`/`or` chains an operand a line. Never fails; formatting twice changes nothing more.
#[must_use]
pub fn format(source: &str) -> Formatted {
    let text = Text::new(source);
    let file = parse_text(&text);
    let broken = broken(&file);
    let printer = Printer { text: &text, closing: closing(&text), letters: letters(&text) };
    Formatted { text: printer.file(&file, &broken), errors: file.errors }
}

/// For each item whether an error lies in it. Errors and items stand in the order of the text.
fn broken(file: &File) -> Vec<bool> {
    let mut errors = file.errors.iter().peekable();
    file.items
        .iter()
        .map(|item| {
            let mut any = item.kind == ItemKind::Broken;
            while errors.next_if(|e| e.span.start <= item.span.end).is_some() {
                any = true;
            }
            any
        })
        .collect()
}

/// For each solid token that opens a bracket the place of the one that closes it, for any other its own place.
fn closing(text: &Text<'_>) -> Vec<usize> {
    let mut out: Vec<usize> = (0..text.solid.len()).collect();
    let mut open = Vec::new();
    for at in 0..text.solid.len() {
        match text.kind(at) {
            Some(K::ParenOpen | K::BracketOpen) => open.push(at),
            Some(K::ParenClose | K::BracketClose) => {
                if let Some(place) = open.pop().and_then(|opened: usize| out.get_mut(opened)) {
                    *place = at;
                }
            }
            // No bracket reaches over a brace; what an error left open must not reach into the next item.
            Some(K::BraceOpen | K::BraceClose) => open.clear(),
            _ => {}
        }
    }
    out
}

/// How many characters all solid tokens before each one have.
fn letters(text: &Text<'_>) -> Vec<usize> {
    let mut before = 0;
    (0..=text.solid.len())
        .map(|at| {
            let own = text.at(at).map_or(0, |token| flat::width(token.text(text.source)));
            before += own;
            before - own
        })
        .collect()
}

fn allows(item: &Item) -> &[Clause] {
    match &item.kind {
        ItemKind::Terms(terms) => &terms.allows,
        ItemKind::Query(query) => &query.allows,
        _ => &[],
    }
}

pub(crate) struct Printer<'t, 's> {
    text: &'t Text<'s>,
    closing: Vec<usize>,
    letters: Vec<usize>,
}

impl Printer<'_, '_> {
    fn file(&self, file: &File, broken: &[bool]) -> String {
        let mut page = Page::default();
        let mut before: Option<(&Item, bool)> = None;
        for (item, &bad) in file.items.iter().zip(broken) {
            let gap = self.between(before.map(|(item, _)| item.span), Some(item.span));
            if bad || before.is_some_and(|(_, bad)| bad) {
                page.verbatim(self.raw(gap));
            } else {
                let apart = before.is_some_and(|(before, _)| self.apart(before, item));
                page.gap(&self.gap(gap, before.is_some()), 0, apart);
            }
            if bad {
                page.verbatim(item.span.text(self.text.source));
            } else {
                self.item(item, &mut page);
            }
            before = Some((item, bad));
        }
        let gap = self.between(before.map(|(item, _)| item.span), None);
        if before.is_some_and(|(_, bad)| bad) {
            page.verbatim(self.raw(gap));
            return page.finish();
        }
        let gap = self.gap(gap, before.is_some());
        page.gap(&Gap { blank: false, ..gap }, 0, false);
        let mut text = page.finish();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// Items of several lines stand alone; lines of one kind may stand together.
    fn apart(&self, before: &Item, item: &Item) -> bool {
        let alike = std::mem::discriminant(&before.kind) == std::mem::discriminant(&item.kind);
        let braced = |item: &Item| {
            matches!(item.kind, ItemKind::Monitor(_) | ItemKind::Playbook(_) | ItemKind::Test(_))
                || (matches!(item.kind, ItemKind::Query(_)) && !self.one_line(&self.solid(item.span)))
                || !allows(item).is_empty()
        };
        !alike || braced(before) || braced(item)
    }

    fn one_line(&self, range: &Range<usize>) -> bool {
        !self.commented(range)
            && !self.opened_out(range)
            && flat::width(&self.flat(range.clone(), Style::Normal)) <= WIDTH
    }

    /// A query whose author put its expression on lines of its own.
    fn opened_out(&self, range: &Range<usize>) -> bool {
        let body = self.body(range);
        let chained = self.joints(&(body..range.end)).is_some();
        chained && self.breaks_before(body)
    }

    /// Where the expression of a query begins.
    fn body(&self, range: &Range<usize>) -> usize {
        let equals = range.clone().find(|&at| self.kind(at) == Some(K::Equals));
        equals.unwrap_or(range.start + 2) + 1
    }

    fn item(&self, item: &Item, page: &mut Page) {
        let range = self.solid(item.span);
        match &item.kind {
            ItemKind::Terms(_) | ItemKind::Query(_) if !self.commented(&range) => self.definition(item, range, page),
            ItemKind::Dates(_) if !self.commented(&range) => self.listed("dates", range, page),
            ItemKind::Monitor(monitor) => {
                let spans: Vec<Span> = monitor.clauses.iter().map(|c| c.span).collect();
                self.block(range, 0, &spans, page, &|i, clause, page| {
                    if let Some(c) = monitor.clauses.get(i) {
                        self.monitor_clause(c, clause, page);
                    }
                });
            }
            ItemKind::Playbook(playbook) => {
                let spans: Vec<Span> = playbook.clauses.iter().map(|c| c.span).collect();
                self.block(range, 0, &spans, page, &|i, clause, page| {
                    if let Some(c) = playbook.clauses.get(i) {
                        self.playbook_clause(c, clause, page);
                    }
                });
            }
            ItemKind::Test(test) => {
                let spans: Vec<Span> = test.steps.iter().map(|s| s.span).collect();
                self.block(range, 0, &spans, page, &|i, step, page| {
                    if let Some(s) = test.steps.get(i) {
                        self.test_step(s, step, page);
                    }
                });
            }
            _ => self.as_written(range, 0, page),
        }
    }

    /// Terms or a query; each `allow` behind it has a line of its own.
    fn definition(&self, item: &Item, range: Range<usize>, page: &mut Page) {
        let allows: Vec<Range<usize>> = allows(item).iter().map(|clause| self.solid(clause.span)).collect();
        let range = range.start..allows.first().map_or(range.end, |first| first.start);
        if matches!(item.kind, ItemKind::Terms(_)) {
            self.listed("terms", range, page);
        } else if self.one_line(&range) {
            page.line(Line::plain(0, self.flat(range, Style::Normal)));
        } else {
            let body = self.body(&range);
            page.line(Line::plain(0, self.flat(range.start..body, Style::Normal)));
            self.expression(body..range.end, 2, page, "");
        }
        allows.into_iter().for_each(|allow| page.line(Line::plain(2, self.flat(allow, Style::Normal))));
    }

    /// A name and its members; names of one kind stand below each other.
    fn listed(&self, kind: &'static str, range: Range<usize>, page: &mut Page) {
        let name = self.flat(range.start..range.start + 2, Style::Normal);
        let members = self.flat(range.start + 3..range.end, Style::Normal);
        if flat::width(&name) + flat::width(&members) + 3 <= WIDTH {
            return page.line(Line::cells(0, kind, vec![name, format!("= {members}")]));
        }
        page.line(Line::plain(0, format!("{name} =")));
        self.fill(range.start + 3..range.end, 2, page);
    }

    /// A head, `{`, entries each on lines of its own, `}`; comments where they stood between the entries.
    pub(crate) fn block(
        &self,
        range: Range<usize>,
        indent: usize,
        entries: &[Span],
        page: &mut Page,
        print: &dyn Fn(usize, Range<usize>, &mut Page),
    ) {
        let open = range.clone().find(|&at| self.text.kind(at) == Some(K::BraceOpen)).unwrap_or(range.start);
        if self.commented(&(range.start..open + 1)) {
            return self.as_written(range, indent, page);
        }
        let head = self.flat(range.start..open + 1, Style::Normal);
        let close = range.end.saturating_sub(1);
        if entries.is_empty() && !self.commented(&(open..range.end)) {
            return page.line(Line::plain(indent, format!("{head}}}")));
        }
        page.line(Line::plain(indent, head));
        let mut last = open;
        for (i, span) in entries.iter().enumerate() {
            let inner = self.solid(*span);
            let gap = self.gap_before(inner.start);
            let blank = gap.blank && last != open;
            page.gap(&Gap { blank, ..gap }, indent + 2, false);
            last = inner.end.saturating_sub(1);
            print(i, inner, page);
        }
        let gap = self.gap_before(close);
        page.gap(&Gap { blank: false, ..gap }, indent + 2, false);
        page.end_run();
        page.line(Line::plain(indent, "}".to_owned()));
    }

    /// The solid tokens inside a span.
    pub(crate) fn solid(&self, span: Span) -> Range<usize> {
        let place = |at: u32| {
            self.text.solid.partition_point(|&i| self.text.tokens.get(i as usize).is_some_and(|t| t.span.start < at))
        };
        place(span.start)..place(span.end)
    }

    pub(crate) fn token(&self, at: usize) -> Option<Token> {
        self.text.at(at)
    }

    fn raw(&self, tokens: Range<usize>) -> &str {
        let tokens = self.text.tokens.get(tokens).unwrap_or(&[]);
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => first.span.to(last.span).text(self.text.source),
            _ => "",
        }
    }
}
