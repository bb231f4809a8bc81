//! What a lint sees: the files, the plan that the checker made of them, and the place where it looks. What lists look for is
//! read once, however many rows use them.

use std::cell::RefCell;
use std::rc::Rc;

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, Expr, ExprKind, ItemKind, Quantifier};
use mon_text::Tokens;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cover::Wide;
use super::row::read;
use crate::check::parts;
use crate::diagnostic::{Diagnostic, Fix, Safety};
use crate::plan::{MonitorPlan, Place, Plan};

/// A folder of rules without an error.
pub(super) struct Rules<'a> {
    pub trees: &'a [&'a ast::File],
    pub plan: &'a Plan,
    /// Lists of terms by name.
    lists: FxHashMap<&'a str, &'a ast::Terms>,
    /// Lists and queries whose words stand under a distance: where a word begins and ends matters there.
    positional: FxHashSet<&'a str>,
    /// Lists whose members are counted: `at least 3 of [list]`.
    counted: FxHashSet<&'a str>,
    monitors: FxHashMap<Place, &'a MonitorPlan>,
    /// What the terms of a list look for, by its name.
    wide: RefCell<FxHashMap<String, Rc<Wide>>>,
}

impl<'a> Rules<'a> {
    pub fn new(trees: &'a [&'a ast::File], plan: &'a Plan) -> Self {
        let mut rules = Self {
            trees,
            plan,
            lists: FxHashMap::default(),
            positional: FxHashSet::default(),
            counted: FxHashSet::default(),
            monitors: plan.monitors.iter().map(|monitor| (monitor.place, monitor)).collect(),
            wide: RefCell::default(),
        };
        let mut holds: FxHashMap<&str, Vec<&'a Expr>> = FxHashMap::default();
        for item in trees.iter().flat_map(|tree| &tree.items) {
            match &item.kind {
                ItemKind::Terms(terms) => {
                    rules.lists.insert(&terms.name.text, terms);
                    holds.insert(&terms.name.text, terms.members.iter().collect());
                }
                ItemKind::Query(query) => {
                    holds.insert(&query.name.text, vec![&query.expr]);
                }
                _ => {}
            }
        }
        for item in trees.iter().flat_map(|tree| &tree.items) {
            expressions(item, &mut |expr| rules.uses(expr, false));
        }
        rules.spread(&holds);
        rules
    }

    /// Marks the names in an expression that stand under a distance, or whose members are counted.
    fn uses(&mut self, expr: &'a Expr, distance: bool) {
        match &expr.kind {
            ExprKind::Path(path) if distance => {
                if let [name] = path.parts.as_slice() {
                    self.positional.insert(&name.text);
                }
            }
            ExprKind::Set { quantifier: Quantifier::AtLeast(_) | Quantifier::All, members } => {
                if let [Expr { kind: ExprKind::Path(path), .. }] = members.as_slice()
                    && let [name] = path.parts.as_slice()
                {
                    self.counted.insert(&name.text);
                }
                members.iter().for_each(|member| self.uses(member, distance));
            }
            // What a query does with a value that it is given is not looked at; `distinct` counts members.
            ExprKind::Call { args, .. } => {
                for arg in args {
                    if let ExprKind::Path(path) = &arg.kind
                        && let [name] = path.parts.as_slice()
                    {
                        self.counted.insert(&name.text);
                    }
                    self.uses(arg, true);
                }
            }
            _ => {
                let distance = distance || is_distance(expr);
                parts(expr, &mut |part| self.uses(part, distance));
            }
        }
    }

    /// What stands in a list under a distance stands under it too.
    fn spread(&mut self, holds: &FxHashMap<&str, Vec<&'a Expr>>) {
        let mut pending: Vec<&'a str> = self.positional.iter().copied().collect();
        while let Some(name) = pending.pop() {
            for expr in holds.get(name).into_iter().flatten() {
                names_in(expr, &mut |name| {
                    if self.positional.insert(name) {
                        pending.push(name);
                    }
                });
            }
        }
    }

    pub fn list(&self, name: &str) -> Option<&'a ast::Terms> {
        self.lists.get(name).copied()
    }

    /// The list of this name and all that it uses, each once.
    pub fn lists_in(&self, name: &str) -> Vec<&'a ast::Terms> {
        let mut seen = FxHashSet::default();
        let mut pending: Vec<&ast::Terms> = self.list(name).into_iter().collect();
        let mut lists = Vec::new();
        while let Some(list) = pending.pop() {
            if seen.insert(list.name.text.as_str()) {
                lists.push(list);
                for member in &list.members {
                    names_in(member, &mut |name| pending.extend(self.list(name)));
                }
            }
        }
        lists
    }

    /// What the terms of a list look for, without those of lists in it.
    pub fn wide(&self, list: &ast::Terms) -> Rc<Wide> {
        let mut known = self.wide.borrow_mut();
        if let Some(wide) = known.get(&list.name.text) {
            return Rc::clone(wide);
        }
        let mut wide = Wide::default();
        for member in &list.members {
            if let ExprKind::Term(term) = &member.kind {
                read(term).iter().for_each(|row| wide.add(0, row));
            }
        }
        let wide = Rc::new(wide);
        known.insert(list.name.text.clone(), Rc::clone(&wide));
        wide
    }

    pub fn is_positional(&self, name: &str) -> bool {
        self.positional.contains(name)
    }

    pub fn is_counted(&self, name: &str) -> bool {
        self.counted.contains(name)
    }

    pub fn monitor(&self, place: Place) -> Option<&'a MonitorPlan> {
        self.monitors.get(&place).copied()
    }

    /// The text of a span of a file, without white space at its end.
    pub fn text(&self, file: u32, span: Span) -> &'a str {
        span.text(self.plan.files.get(file as usize).map_or("", |file| &file.text)).trim_end()
    }

    /// The place of a span, without white space at its end.
    pub fn at(&self, file: u32, span: Span) -> Place {
        let length = u32::try_from(self.text(file, span).len()).unwrap_or(0);
        Place { file, span: Span::new(span.start, span.start + length) }
    }
}

/// Where a lint looks.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub rules: &'a Rules<'a>,
    pub file: u32,
    /// Where a word begins and ends matters: under a distance, or in a list that is used under one.
    pub positional: bool,
    /// A member of a `terms` list.
    pub list: bool,
    /// A condition on measures, not on posts.
    pub measure: bool,
    /// Inside `not` or `none`.
    pub excluded: bool,
    /// Something else must hold too: a member of an `and`, or of a distance.
    pub narrowed: bool,
    /// Behind the test of a model's guess stands how sure it must be.
    pub floored: bool,
}

impl<'a> Site<'a> {
    pub const fn new(rules: &'a Rules<'a>, file: u32) -> Self {
        Self {
            rules,
            file,
            positional: false,
            list: false,
            measure: false,
            excluded: false,
            narrowed: false,
            floored: false,
        }
    }

    pub fn at(&self, span: Span) -> Place {
        self.rules.at(self.file, span)
    }

    pub fn text(&self, span: Span) -> &'a str {
        self.rules.text(self.file, span)
    }
}

/// A term with its tokens.
pub(super) struct Written<'a> {
    pub expr: &'a Expr,
    pub term: &'a ast::Term,
    pub tokens: Tokens,
}

impl<'a> Written<'a> {
    pub fn new(expr: &'a Expr, term: &'a ast::Term) -> Self {
        let mut tokens = Tokens::default();
        tokens.tokenize(&term.text, 0);
        Self { expr, term, tokens }
    }

    /// Whether the term stands in plain quotes.
    pub fn is_plain(&self) -> bool {
        self.term.form == ast::TermForm::Plain && self.term.edits.is_none()
    }

    /// The text of each token, in order; of a bare domain its words.
    pub fn words(&self) -> Vec<&'a str> {
        let mut last = -1;
        let mut words = Vec::new();
        for token in self.tokens.as_slice() {
            if token.pos != last || token.pos % 2 != 0 {
                words.push(self.term.text.get(token.start as usize..token.end as usize).unwrap_or(""));
            }
            last = token.pos;
        }
        words
    }
}

/// A monitor with its plan.
pub(super) struct Watch<'a> {
    pub item: &'a ast::Item,
    pub monitor: &'a ast::Monitor,
    pub plan: &'a MonitorPlan,
}

impl<'a> Watch<'a> {
    pub fn alert(&self) -> Option<(&'a ast::Clause, &'a ast::Alert)> {
        self.monitor.clauses.iter().find_map(|clause| match &clause.kind {
            ast::ClauseKind::Alert(alert) => Some((clause, alert)),
            _ => None,
        })
    }

    /// Whether its alert says `no posts`.
    pub fn asks_for_no_posts(&self) -> bool {
        self.alert().is_some_and(|(_, alert)| says_no_posts(&alert.when))
    }

    /// Whether it has clauses that it does not say itself.
    pub fn extends(&self) -> bool {
        self.monitor.clauses.iter().any(|clause| matches!(clause.kind, ast::ClauseKind::Extend { .. }))
    }

    pub fn window(&self) -> Option<&'a ast::Window> {
        self.monitor.clauses.iter().find_map(|clause| match &clause.kind {
            ast::ClauseKind::Window(window) => Some(window),
            _ => None,
        })
    }

    pub fn severity(&self) -> &'a [ast::SeverityRow] {
        let rows = self.monitor.clauses.iter().find_map(|clause| match &clause.kind {
            ast::ClauseKind::Severity(rows) => Some(rows.as_slice()),
            _ => None,
        });
        rows.unwrap_or_default()
    }
}

/// Whether an operator joins places in a text, so that more than the presence of a word matters.
pub(super) const fn is_distance(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Scope { .. } => true,
        ExprKind::Binary { op, .. } => !matches!(
            op,
            BinaryOp::And
                | BinaryOp::Or
                | BinaryOp::Compare(_)
                | BinaryOp::Is
                | BinaryOp::In
                | BinaryOp::Within
                | BinaryOp::Has
                | BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
        ),
        _ => false,
    }
}

/// Every outermost expression of an item.
fn expressions<'a>(item: &'a ast::Item, visit: &mut impl FnMut(&'a Expr)) {
    match &item.kind {
        ItemKind::Terms(terms) => terms.members.iter().for_each(visit),
        ItemKind::Query(query) => visit(&query.expr),
        ItemKind::Monitor(monitor) => {
            for clause in &monitor.clauses {
                match &clause.kind {
                    ast::ClauseKind::Match(expr) | ast::ClauseKind::Measure { expr, .. } => visit(expr),
                    ast::ClauseKind::Window(window) => {
                        window.kind.steps().iter().for_each(|step| visit(&step.cond));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn names_in<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a str)) {
    if let ExprKind::Path(path) = &expr.kind
        && let [name] = path.parts.as_slice()
    {
        visit(&name.text);
    }
    parts(expr, &mut |part| names_in(part, visit));
}

/// What a term in quotes is written as; None where signs in it would have to be escaped.
pub(super) fn quoted(text: &str) -> Option<String> {
    (!text.contains(['"', '\\'])).then(|| format!("\"{text}\""))
}

/// One edit at one place.
pub(super) fn fix(description: impl Into<String>, safety: Safety, place: Place, text: impl Into<String>) -> Fix {
    Fix { description: description.into(), safety, edits: vec![(place, text.into())] }
}

/// Writes an expression anew; None where a comment in it would be lost.
pub(super) fn rewrite(
    site: &Site<'_>,
    expr: &Expr,
    description: impl Into<String>,
    safety: Safety,
    text: &str,
) -> Option<Fix> {
    if site.text(expr.span).matches("//").count() != text.matches("//").count() {
        return None;
    }
    let place = site.at(expr.span);
    Some(fix(description, safety, place, apart(site, place, text)))
}

/// The text with a space where it would grow together with a word beside its place.
pub(super) fn apart(site: &Site<'_>, place: Place, text: &str) -> String {
    let whole = site.rules.plan.files.get(site.file as usize).map_or("", |file| &file.text);
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let before = whole.get(..place.span.start as usize).and_then(|text| text.chars().next_back());
    let behind = whole.get(place.span.end as usize..).and_then(|text| text.chars().next());
    if text.is_empty() {
        return if word(before) && word(behind) { " ".to_owned() } else { String::new() };
    }
    let lead = if word(before) && word(text.chars().next()) { " " } else { "" };
    let tail = if word(text.chars().next_back()) && word(behind) { " " } else { "" };
    format!("{lead}{text}{tail}")
}

/// Adds a fix where there is one.
pub(super) fn with(told: Diagnostic, fix: Option<Fix>) -> Diagnostic {
    match fix {
        Some(fix) => told.fix(fix),
        None => told,
    }
}

/// Whether an operator says its distance itself, and no parameter does.
pub(super) fn is_written(site: &Site<'_>, op: Span) -> bool {
    site.text(op).trim_end().ends_with(|sign: char| sign.is_ascii_digit())
}

fn says_no_posts(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ast::ExprKind::NoPosts => true,
        ast::ExprKind::Group(members) => members.iter().any(says_no_posts),
        ast::ExprKind::Binary { left, right, .. } => says_no_posts(left) || says_no_posts(right),
        ast::ExprKind::Infix { left, .. } => says_no_posts(left),
        _ => false,
    }
}
