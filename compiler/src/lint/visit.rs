//! One walk over all rules that shows each lint what it asked for: terms, expressions, rows of members, monitors,
//! playbooks. Each is shown once, with where it stands.

use mon_grammar::ast::{self, BinaryOp, ClauseKind, Expr, ExprKind, ItemKind, Quantifier, TestStepKind};

use super::row::{Join, Row};
use super::site::{Rules, Site, Watch, Written, is_distance};
use super::{Lint, Look};
use crate::check::parts;
use crate::diagnostic::Diagnostic;
use crate::plan::Place;

type Terms = fn(&Site<'_>, &Written<'_>) -> Option<Diagnostic>;
type Exprs = fn(&Site<'_>, &Expr) -> Option<Diagnostic>;
type Rows = fn(&Site<'_>, &Row<'_>, &mut Vec<Diagnostic>);
type Monitors = fn(&Site<'_>, &Watch<'_>, &mut Vec<Diagnostic>);
type Playbooks = fn(&Site<'_>, &ast::Playbook, &mut Vec<Diagnostic>);
type Folders = fn(&Rules<'_>, &mut Vec<Diagnostic>);

/// The lints that run, by what they look at, and what they found.
#[derive(Default)]
pub(super) struct Visitor {
    terms: Vec<Terms>,
    exprs: Vec<Exprs>,
    rows: Vec<Rows>,
    monitors: Vec<Monitors>,
    playbooks: Vec<Playbooks>,
    folders: Vec<Folders>,
    pub found: Vec<Diagnostic>,
}

impl Visitor {
    pub fn new<'l>(lints: impl Iterator<Item = &'l Lint>) -> Self {
        let mut visitor = Self::default();
        for lint in lints {
            match lint.look {
                Look::Term(look) => visitor.terms.push(look),
                Look::Expr(look) => visitor.exprs.push(look),
                Look::Row(look) => visitor.rows.push(look),
                Look::Monitor(look) => visitor.monitors.push(look),
                Look::Playbook(look) => visitor.playbooks.push(look),
                Look::Folder(look) => visitor.folders.push(look),
            }
        }
        visitor
    }

    pub fn folder(&mut self, rules: &Rules<'_>) {
        for (tree, file) in rules.trees.iter().zip(0..) {
            tree.items.iter().for_each(|item| self.item(rules, file, item));
        }
        let looks = self.folders.clone();
        looks.iter().for_each(|look| look(rules, &mut self.found));
    }

    fn item<'a>(&mut self, rules: &'a Rules<'a>, file: u32, item: &'a ast::Item) {
        let site = Site::new(rules, file);
        match &item.kind {
            ItemKind::Terms(terms) => {
                let name = terms.name.text.as_str();
                let site = Site { list: true, positional: rules.is_positional(name), ..site };
                let mut members = Vec::new();
                terms.members.iter().for_each(|member| flatten(member, Join::Any, &mut members));
                if !rules.is_counted(name) {
                    self.row(site, Join::Any, None, &members);
                }
                terms.members.iter().for_each(|member| self.expr(site, member, Some(Join::Any)));
            }
            ItemKind::Query(query) => {
                let site = Site { positional: rules.is_positional(&query.name.text), ..site };
                self.expr(site, &query.expr, None);
            }
            ItemKind::Monitor(monitor) => self.monitor(site, item, monitor),
            ItemKind::Playbook(playbook) => {
                self.playbooks.iter().for_each(|look| look(&site, playbook, &mut self.found));
            }
            ItemKind::Test(test) => {
                for step in &test.steps {
                    if let TestStepKind::Matched { filter: Some(filter), .. } = &step.kind {
                        self.expr(site, filter, None);
                    }
                }
            }
            ItemKind::Use(_) | ItemKind::Dates(_) | ItemKind::Broken => {}
        }
    }

    fn monitor<'a>(&mut self, site: Site<'a>, item: &'a ast::Item, monitor: &'a ast::Monitor) {
        let measure = Site { measure: true, ..site };
        for clause in &monitor.clauses {
            match &clause.kind {
                ClauseKind::Match(expr) => self.expr(site, expr, None),
                ClauseKind::Window(window) => {
                    window.kind.steps().iter().for_each(|step| self.expr(site, &step.cond, None));
                }
                ClauseKind::Measure { expr, .. } => self.expr(measure, expr, None),
                ClauseKind::Alert(alert) => {
                    let parts = std::iter::once(&alert.when).chain(&alert.clear);
                    parts.for_each(|expr| self.expr(measure, expr, None));
                }
                ClauseKind::Severity(rows) => {
                    rows.iter().filter_map(|row| row.when.as_ref()).for_each(|expr| self.expr(measure, expr, None));
                }
                _ => {}
            }
        }
        let place: Place = site.at(monitor.name.span);
        if let Some(plan) = site.rules.monitor(place) {
            let watch = Watch { item, monitor, plan };
            self.monitors.iter().for_each(|look| look(&site, &watch, &mut self.found));
        }
    }

    /// `joined` is the row that the expression is a member of.
    fn expr<'a>(&mut self, site: Site<'a>, expr: &'a Expr, joined: Option<Join>) {
        self.found.extend(self.exprs.iter().filter_map(|look| look(&site, expr)));
        match &expr.kind {
            ExprKind::Term(term) => {
                let written = Written::new(expr, term);
                self.found.extend(self.terms.iter().filter_map(|look| look(&site, &written)));
            }
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let join = if *op == BinaryOp::And { Join::All } else { Join::Any };
                self.joined_row(site, join, expr, joined);
                let site = Site { narrowed: site.narrowed || join == Join::All, ..site };
                self.expr(site, left, Some(join));
                self.expr(site, right, Some(join));
            }
            ExprKind::Group(members) => match members.as_slice() {
                [one] => self.expr(site, one, joined),
                _ => {
                    self.joined_row(site, Join::Any, expr, joined);
                    members.iter().for_each(|member| self.expr(site, member, Some(Join::Any)));
                }
            },
            ExprKind::Set { quantifier, members } => self.set(site, expr, *quantifier, members, joined),
            ExprKind::Confident { expr: inner, .. } => self.expr(Site { floored: true, ..site }, inner, joined),
            // Values of a field are no terms.
            ExprKind::Binary { op, .. } if is_test(*op) && !site.measure => {}
            ExprKind::Not(inner) => self.expr(Site { excluded: !site.excluded, ..site }, inner, None),
            ExprKind::Call { name, args } => {
                let site = Site { measure: name.text != "count", ..site };
                args.iter().for_each(|argument| self.expr(site, argument, None));
            }
            _ => {
                let distance = is_distance(expr);
                let site =
                    Site { positional: site.positional || distance, narrowed: site.narrowed || distance, ..site };
                parts(expr, &mut |part| self.expr(site, part, None));
            }
        }
    }

    fn set<'a>(
        &mut self,
        site: Site<'a>,
        expr: &'a Expr,
        quantifier: Quantifier,
        members: &'a [Expr],
        joined: Option<Join>,
    ) {
        let join = match quantifier {
            Quantifier::Any | Quantifier::None => Some(Join::Any),
            Quantifier::All => Some(Join::All),
            Quantifier::AtLeast(_) => None,
        };
        if quantifier == Quantifier::None {
            let mut all = Vec::new();
            members.iter().for_each(|member| flatten(member, Join::Any, &mut all));
            self.row(site, Join::Any, Some(expr), &all);
        } else if let Some(join) = join {
            self.joined_row(site, join, expr, joined);
        }
        let site = Site {
            narrowed: site.narrowed || join != Some(Join::Any),
            excluded: site.excluded != (quantifier == Quantifier::None),
            ..site
        };
        members.iter().for_each(|member| self.expr(site, member, join));
    }

    /// Shows a row, unless it is part of a longer one that was shown.
    fn joined_row<'a>(&mut self, site: Site<'a>, join: Join, expr: &'a Expr, joined: Option<Join>) {
        if joined != Some(join) {
            let mut members = Vec::new();
            flatten(expr, join, &mut members);
            self.row(site, join, Some(expr), &members);
        }
    }

    fn row<'a>(&mut self, site: Site<'a>, join: Join, whole: Option<&'a Expr>, members: &[&'a Expr]) {
        let row = Row::new(&site, join, whole, members);
        self.rows.iter().for_each(|look| look(&site, &row, &mut self.found));
    }
}

const fn is_test(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Compare(_) | BinaryOp::Is | BinaryOp::In | BinaryOp::Within)
}

/// The members of a row, through brackets and sets that join in the same way.
fn flatten<'a>(expr: &'a Expr, join: Join, members: &mut Vec<&'a Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::And, left, right, .. } if join == Join::All => {
            flatten(left, join, members);
            flatten(right, join, members);
        }
        ExprKind::Binary { op: BinaryOp::Or, left, right, .. } if join == Join::Any => {
            flatten(left, join, members);
            flatten(right, join, members);
        }
        ExprKind::Group(inner) => match inner.as_slice() {
            [one] => flatten(one, join, members),
            _ if join == Join::Any => inner.iter().for_each(|member| flatten(member, join, members)),
            _ => members.push(expr),
        },
        ExprKind::Set { quantifier: Quantifier::Any, members: inner } if join == Join::Any => {
            inner.iter().for_each(|member| flatten(member, join, members));
        }
        // A list that is the only member stands for all its members.
        ExprKind::Set { quantifier: Quantifier::All, members: inner } if join == Join::All && inner.len() > 1 => {
            inner.iter().for_each(|member| flatten(member, join, members));
        }
        _ => members.push(expr),
    }
}
