//! Changes of shape that keep the meaning: a part gets a name, or a name gives way to what it means.

use mon_compiler::folder::{self, each, exprs};
use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, Expr, ExprKind, Item, ItemKind};
use rustc_hash::FxHashSet;

use super::{Action, ActionKind};
use crate::feature::exprs::around;
use crate::snapshot::{FileState, Snapshot, item_name, whole};
use crate::symbols::{Kind, Role};
use crate::text::small;

/// Longer queries begin on a line of their own.
const LINE_MAX: usize = 80;

pub(super) fn actions(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Action> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let site = Site { snapshot, file, state };
    let selected = trimmed(&state.text, range);
    let mut actions = Vec::new();
    actions.extend(site.name_phrases(selected));
    actions.extend(site.name_condition(selected));
    actions.extend(site.inline(selected));
    actions
}

/// A range without the spaces at its ends.
fn trimmed(text: &str, range: Span) -> Span {
    let own = range.text(text);
    let start = range.start + small(own.len() - own.trim_start().len());
    if own.trim().is_empty() { range } else { Span::new(start, start + small(own.trim().len())) }
}

#[derive(Clone, Copy)]
struct Site<'a> {
    snapshot: &'a Snapshot,
    file: usize,
    state: &'a FileState,
}

impl<'a> Site<'a> {
    /// The item and the expressions around a stretch of a condition on posts, the outermost first.
    fn way(self, span: Span) -> Option<(&'a Item, Vec<&'a Expr>)> {
        let (_, item) = self.state.item_at(span.start)?;
        let is_list = matches!(item.kind, ItemKind::Terms(_));
        let of_posts = |role: &folder::Role| {
            !is_list && matches!(role, folder::Role::Match | folder::Role::Step | folder::Role::Filter)
        };
        let asked = exprs(&item.kind).into_iter().filter(|(role, _)| of_posts(role));
        let way = asked.map(|(_, expr)| around(expr, span)).find(|way| !way.is_empty())?;
        Some((item, way))
    }

    fn text(self, span: Span) -> &'a str {
        span.text(&self.state.text)
    }

    /// `("a" or "b")` becomes a list with a name.
    fn name_phrases(self, selected: Span) -> Option<Action> {
        let (item, way) = self.way(selected)?;
        let rows = || way.iter().filter(|expr| phrases(expr).is_some());
        let row = rows().find(|expr| expr.span == selected).or_else(|| rows().next())?;
        let members = phrases(row)?;
        let name = self.free(&format!("{}_terms", first_words(&members)));
        let written: Vec<&str> = members.iter().map(|member| self.text(member.span)).collect();
        let new = format!("terms {name} = {}\n\n", written.join(", "));
        let title = format!("name these {} phrases as a list", members.len());
        Some(self.named(item, row.span, &name, title, new))
    }

    /// A condition becomes a query.
    fn name_condition(self, selected: Span) -> Option<Action> {
        let (item, way) = self.way(selected)?;
        let at = way.iter().position(|expr| expr.span == selected)?;
        let (above, own) = (way.get(..at)?, way.get(at)?);
        if !is_condition(own)
            || is_lone(own)
            || !above.iter().all(|expr| takes_query(expr))
            || self.uses_params(item, own.span)
        {
            return None;
        }
        let inner = match &own.kind {
            // A comment behind the bracket would be lost with it.
            ExprKind::Group(members) if !self.text(own.span).contains("//") => match members.as_slice() {
                [one] => one,
                _ => own,
            },
            _ => own,
        };
        let name = self.free(&format!("{}_part", item_name(item)?.text));
        let text = self.text(inner.span);
        let gap = if text.len() > LINE_MAX || text.contains('\n') { "\n  " } else { " " };
        let new = format!("query {name} ={gap}{text}\n\n");
        Some(self.named(item, own.span, &name, "name this condition as a query".to_owned(), new))
    }

    /// The action that writes a new item before another one and its name at a place of that.
    fn named(self, item: &Item, at: Span, name: &str, title: String, new: String) -> Action {
        let start = whole(item).start;
        let edits = vec![(self.file, Span::new(start, start), new), (self.file, at, self.apart(at, name))];
        Action::new(ActionKind::Extract, title, edits).written_over(0, name)
    }

    /// The list or query whose name stands here gives way to what it means.
    fn inline(self, selected: Span) -> Option<Action> {
        let found = self.state.name_at(selected.start)?;
        let symbol = self.snapshot.resolve(self.file, found);
        if found.role != Role::InPosts || !matches!(symbol.kind, Kind::Terms | Kind::Query) {
            return None;
        }
        let (from, definition) = self.snapshot.item_of(&symbol)?;
        let source = self.snapshot.file(from)?;
        // Names of a package mean something else outside of it.
        if self.snapshot.packages.get(from) != self.snapshot.packages.get(self.file) {
            return None;
        }
        let (item, way) = self.way(found.span)?;
        let (own, above) = way.split_last()?;
        let text = |expr: &Expr| expr.span.text(&source.text).to_owned();
        let (mut new, simple, told) = match &definition.kind {
            ItemKind::Query(query) if query.params.is_empty() && above.iter().all(|expr| takes_query(expr)) => {
                (text(&query.expr), is_one(&query.expr), vec![&query.expr])
            }
            ItemKind::Terms(terms) if terms.sources.is_empty() && above.iter().all(|expr| takes_list(expr)) => {
                let members: Vec<String> = terms.members.iter().map(text).collect();
                let simple = matches!(terms.members.as_slice(), [one] if is_one(one));
                (members.join(" or "), simple, terms.members.iter().collect())
            }
            _ => return None,
        };
        if own.span != found.span || new.is_empty() || hides(item, &told) {
            return None;
        }
        if !simple && !above.is_empty() {
            new = format!("({new})");
        }
        let edits = vec![(self.file, found.span, self.apart(found.span, &new))];
        Some(Action::new(ActionKind::Inline, format!("write what `{}` means in its place", found.name), edits))
    }

    /// A text with spaces around it where it would run into its neighbours.
    fn apart(self, at: Span, new: &str) -> String {
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        let text = &*self.state.text;
        let before = text.get(..at.start as usize).and_then(|before| before.chars().next_back()).is_some_and(joins);
        let after = text.get(at.end as usize..).and_then(|after| after.chars().next()).is_some_and(joins);
        let before = before && new.starts_with(joins);
        let after = after && new.ends_with(joins);
        format!("{}{new}{}", if before { " " } else { "" }, if after { " " } else { "" })
    }

    /// A name that nothing has yet.
    fn free(self, wanted: &str) -> String {
        let taken: FxHashSet<&str> = self.snapshot.names().map(|(_, found)| found.name.as_str()).collect();
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken.contains(name.as_str()));
        free.unwrap_or_else(|| wanted.to_owned())
    }

    /// Whether a stretch asks for what the query around it is given.
    fn uses_params(self, item: &Item, span: Span) -> bool {
        let ItemKind::Query(query) = &item.kind else { return false };
        let inside =
            self.state.names().iter().filter(|name| span.start <= name.span.start && name.span.end <= span.end);
        inside.into_iter().any(|name| query.params.iter().any(|param| param.name.text == name.name))
    }
}

/// The phrases of a row of `or`, or of brackets; None where anything else stands in it, or one phrase alone.
fn phrases(expr: &Expr) -> Option<Vec<&Expr>> {
    let mut found = Vec::new();
    let all = collect(expr, &mut found);
    (all && found.len() > 1).then_some(found)
}

fn collect<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) -> bool {
    match &expr.kind {
        ExprKind::Term(_) => {
            found.push(expr);
            true
        }
        ExprKind::Group(members) => members.iter().all(|member| collect(member, found)),
        ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => collect(left, found) && collect(right, found),
        _ => false,
    }
}

/// Up to two words of the first phrase that has some, as a name writes them.
fn first_words(members: &[&Expr]) -> String {
    let words = |expr: &&Expr| match &expr.kind {
        ExprKind::Term(term) => {
            let text = term.text.replace(['\'', '’'], "");
            let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let name = words.take(2).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
            name.starts_with(|c: char| c.is_ascii_lowercase()).then_some(name)
        }
        _ => None,
    };
    members.iter().find_map(words).unwrap_or_else(|| "own".to_owned())
}

/// Whether an expression says of a post that it is so or not, and is more than a name or a term.
const fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { op, .. } => {
            !matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide)
        }
        ExprKind::Group(_)
        | ExprKind::Not(_)
        | ExprKind::Confident { .. }
        | ExprKind::Set { .. }
        | ExprKind::Zone { .. }
        | ExprKind::Scope { .. }
        | ExprKind::Exists(_) => true,
        _ => false,
    }
}

/// Whether it is a name or a term in nothing but brackets.
fn is_lone(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Group(members) => matches!(members.as_slice(), [one] if is_lone(one)),
        ExprKind::Path(_) | ExprKind::Term(_) => true,
        _ => false,
    }
}

/// Whether a query can stand directly inside and means there what it means alone.
fn takes_query(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Group(members) => members.len() == 1,
        ExprKind::Binary { op, .. } => matches!(op, BinaryOp::And | BinaryOp::Or),
        ExprKind::Not(_) | ExprKind::Set { .. } => true,
        _ => false,
    }
}

/// Whether a list can give way to its members inside: what a query is given is a name.
const fn takes_list(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Call { .. } | ExprKind::List(_))
}

/// Whether an expression needs no brackets wherever it stands.
fn is_one(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Term(term) => term.edits.is_none(),
        ExprKind::Path(_) | ExprKind::Group(_) => true,
        _ => false,
    }
}

/// Whether a name in expressions would mean what the query around the place is given.
fn hides(item: &Item, told: &[&Expr]) -> bool {
    let ItemKind::Query(query) = &item.kind else { return false };
    let mut hidden = false;
    for expr in told {
        each(expr, &mut |expr| {
            if let ExprKind::Path(path) = &expr.kind {
                hidden |= query.params.iter().any(|param| param.name.text == path.dotted());
            }
        });
    }
    hidden
}
