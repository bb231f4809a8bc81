//! Finds the clauses of a monitor in the trees, and makes of each a question of its own: a query for a clause of the match,
//! a monitor for a clause of the alert. The checker lowers them, so whatever it understands can be covered.

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, Expr, ExprKind, Item, ItemKind, Name, Path};
use rustc_hash::FxHashSet;

use crate::check::{Checked, walk};
use crate::folder::{Folder, ItemAt, Part, Role, of_clause};
use crate::plan::{MonitorPlan, Place, QueryId};

use super::{ClauseKind, Coverage, Probe};

/// A clause and the expression to ask.
struct Asked {
    kind: ClauseKind,
    file: u32,
    /// Where it is written.
    span: Span,
    expr: Expr,
}

struct Collector<'f> {
    folder: &'f Folder,
    asked: Vec<Asked>,
    /// Lists and queries that were read, by the zone in which they stand.
    read: FxHashSet<(ItemAt, Option<String>)>,
}

impl Coverage {
    /// Adds the clauses of a monitor.
    pub(super) fn collect(&mut self, folder: &Folder, number: u32, monitor: &MonitorPlan) -> Probe {
        let mut collector = Collector { folder, asked: Vec::new(), read: FxHashSet::default() };
        let clauses = folder.clauses(&monitor.name);
        for (file, (role, expr)) in clauses.iter().flat_map(|own| of_clause(own.clause).map(|one| (own.file, one))) {
            match role {
                Role::Match | Role::Step => collector.words(file, expr, None, None),
                Role::When => collector.condition(file, expr, ClauseKind::Alert),
                Role::Clear => collector.condition(file, expr, ClauseKind::Clear),
                _ => {}
            }
        }
        let mut probe = self.ask(folder, number, monitor, collector.asked);
        probe.severity = self.severity(folder, number, monitor);
        self.rows(folder, number, monitor);
        probe
    }

    /// Checks the questions, all at once where that goes. What is no question by itself, such as a comparison that always
    /// holds, is no clause.
    fn ask(&mut self, folder: &Folder, number: u32, monitor: &MonitorPlan, asked: Vec<Asked>) -> Probe {
        let part = folder.compiling(folder.reach(&monitor.name));
        let check = |asked: &[&Asked]| checked(folder, &part, &monitor.name, asked);
        let mut kept: Vec<&Asked> = asked.iter().collect();
        let mut plan = check(&kept).plan;
        if plan.is_none() {
            kept.retain(|one| check(&[*one]).plan.is_some());
            plan = check(&kept).plan;
        }
        let mut probe = Probe { plan: plan.unwrap_or_default(), ..Probe::default() };
        for (question, one) in kept.iter().enumerate() {
            let name = question_name(question);
            let place = folder.place(one.file, one.span);
            let written = folder.written(one.file, one.span);
            if let Some(query) = probe.plan.queries.iter().position(|query| query.named && query.name == name)
                && let Ok(query) = u32::try_from(query)
            {
                let at = self.clause(place, one.kind, written, number);
                probe.queries.push((QueryId(query), at));
            } else if let Some(copy) = probe.plan.monitors.iter().find(|copy| copy.name == name)
                && let Some(alert) = &copy.alert
            {
                let at = self.clause(place, one.kind, written, number);
                probe.conditions.push((alert.when.clone(), measures(copy, monitor), at));
            }
        }
        probe
    }

    fn severity(&mut self, folder: &Folder, number: u32, monitor: &MonitorPlan) -> Vec<usize> {
        let clauses = folder.clauses(&monitor.name);
        let rows = clauses.iter().filter_map(|own| match &own.clause.kind {
            ast::ClauseKind::Severity(rows) => Some(rows.iter().map(|row| (own.file, row.span))),
            _ => None,
        });
        let spans = rows.flatten().take(monitor.severity.len());
        let add = |(file, span)| {
            self.clause(folder.place(file, span), ClauseKind::Severity, folder.written(file, span), number)
        };
        spans.map(add).collect()
    }

    fn rows(&mut self, folder: &Folder, number: u32, monitor: &MonitorPlan) {
        let plan = std::sync::Arc::clone(&self.plan);
        let playbook = monitor.playbook.filter(|_| monitor.alert.is_some());
        let Some(playbook) = playbook.and_then(|at| plan.playbooks.get(at as usize)) else { return };
        let routes = playbook.first.iter().chain(&playbook.also).map(|row| (row.place, ClauseKind::Route));
        let rows: Vec<(Place, ClauseKind)> =
            routes.chain(playbook.notify.iter().map(|row| (row.place, ClauseKind::Notify))).collect();
        for (place, kind) in rows {
            if self.dead.contains(&place) {
                continue;
            }
            self.clause(place, kind, folder.written(place.file, place.span), number);
        }
    }
}

/// No author can write a name with a space.
fn question_name(question: usize) -> String {
    format!("clause {question}")
}

fn checked(folder: &Folder, part: &Part, monitor: &str, asked: &[&Asked]) -> Checked {
    let added = asked.iter().enumerate().filter_map(|(question, one)| {
        let name = Name { text: question_name(question), span: one.span };
        let kind = match one.kind {
            ClauseKind::Alert | ClauseKind::Clear => ItemKind::Monitor(copy(folder, monitor, name, &one.expr)?),
            _ => ItemKind::Query(ast::Query {
                name,
                params: Vec::new(),
                gaps: Vec::new(),
                expr: one.expr.clone(),
                allows: Vec::new(),
            }),
        };
        Some((one.file, Item { span: one.span, doc: None, kind }))
    });
    let added = added.collect();
    folder.check(part, false, |_, _| {}, added)
}

/// The monitor under another name, with a part of its condition as the whole. Its clauses may be of several files: which
/// measures they make does not depend on it.
fn copy(folder: &Folder, monitor: &str, name: Name, when: &Expr) -> Option<ast::Monitor> {
    let clauses = folder.clauses(monitor);
    if clauses.is_empty() {
        return None;
    }
    let mut copy = ast::Monitor { name, clauses: Vec::new() };
    for own in clauses {
        let mut clause = own.clause.clone();
        match &mut clause.kind {
            ast::ClauseKind::Alert(alert) => {
                *alert = ast::Alert { when: when.clone(), hold: None, clear: None, clear_hold: None };
            }
            ast::ClauseKind::Severity(_)
            | ast::ClauseKind::Follow(_)
            | ast::ClauseKind::Example { .. }
            | ast::ClauseKind::Guard { .. }
            | ast::ClauseKind::Extend { .. }
            | ast::ClauseKind::Locked(_) => continue,
            _ => {}
        }
        copy.clauses.push(clause);
    }
    Some(copy)
}

/// Which measure of the monitor each measure of a copy is: conditions may bring measures of their own.
fn measures(copy: &MonitorPlan, monitor: &MonitorPlan) -> Vec<Option<usize>> {
    let same = |one: &crate::plan::MeasurePlan| monitor.measures.iter().position(|known| known.kind == one.kind);
    copy.measures.iter().map(same).collect()
}

impl Collector<'_> {
    fn clause(&mut self, file: u32, expr: &Expr, zone: Option<&Path>, kind: ClauseKind) {
        let (span, expr) = (expr.span, expr.clone());
        let expr = match zone {
            Some(zone) => Expr { span, kind: ExprKind::Zone { zone: zone.clone(), expr: Box::new(expr) } },
            None => expr,
        };
        self.asked.push(Asked { kind, file, span, expr });
    }

    /// A match or a part of it. `chain` is the operator whose operand this is.
    fn words(&mut self, file: u32, expr: &Expr, zone: Option<&Path>, chain: Option<BinaryOp>) {
        match &expr.kind {
            ExprKind::Group(members) if members.len() == 1 => {
                members.iter().for_each(|one| self.words(file, one, zone, None));
            }
            ExprKind::Not(inner) => self.words(file, inner, zone, None),
            ExprKind::Zone { zone, expr } => self.words(file, expr, Some(zone), None),
            ExprKind::Binary { op: BinaryOp::Has, left, right, .. } => match &left.kind {
                ExprKind::Path(zone) => self.words(file, right, Some(zone), None),
                _ => self.clause(file, expr, zone, ClauseKind::Condition),
            },
            ExprKind::Path(path) => self.named(file, expr, path, zone),
            ExprKind::Binary { op, left, right, .. } if joins_words(*op) => {
                let same = matches!(op, BinaryOp::And | BinaryOp::Or) && chain == Some(*op);
                if !same {
                    self.clause(file, expr, zone, ClauseKind::Condition);
                }
                self.words(file, left, zone, Some(*op));
                self.words(file, right, zone, Some(*op));
            }
            ExprKind::Set { members, .. } | ExprKind::Group(members) | ExprKind::Scope { members, .. } => {
                self.clause(file, expr, zone, ClauseKind::Condition);
                members.iter().for_each(|member| self.words(file, member, zone, None));
            }
            _ => self.clause(file, expr, zone, ClauseKind::Condition),
        }
    }

    /// A list is a clause where it is used, and so is each of its members; a query stands for its condition.
    fn named(&mut self, file: u32, expr: &Expr, path: &Path, zone: Option<&Path>) {
        let item = self.folder.word(&path.dotted()).and_then(|at| Some((at, self.folder.item(at)?)));
        let fresh = item.is_some_and(|(at, _)| self.read.insert((at, zone.map(Path::dotted))));
        match item.map(|(at, item)| (at, &item.kind)) {
            Some((at, ItemKind::Query(query))) => {
                if fresh {
                    self.words(at.file, &query.expr, zone, None);
                }
            }
            Some((at, ItemKind::Terms(terms))) => {
                self.clause(file, expr, zone, ClauseKind::Condition);
                if fresh {
                    terms.members.iter().for_each(|member| self.member(at.file, member, zone));
                }
            }
            _ => self.clause(file, expr, zone, ClauseKind::Condition),
        }
    }

    fn member(&mut self, file: u32, expr: &Expr, zone: Option<&Path>) {
        if let ExprKind::Path(path) = &expr.kind
            && let Some(at) = self.folder.word(&path.dotted())
            && let Some(ItemKind::Terms(terms)) = self.folder.item(at).map(|item| &item.kind)
        {
            if self.read.insert((at, zone.map(Path::dotted))) {
                terms.members.iter().for_each(|member| self.member(at.file, member, zone));
            }
            return;
        }
        self.clause(file, expr, zone, ClauseKind::Member);
    }

    /// A condition over measures, and each operand in it.
    fn condition(&mut self, file: u32, expr: &Expr, kind: ClauseKind) {
        self.clause(file, expr, None, kind);
        let mut pending = vec![expr];
        while let Some(next) = pending.pop() {
            match &next.kind {
                ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. }
                | ExprKind::Not(_)
                | ExprKind::Group(_)
                | ExprKind::Set { .. } => walk::parts(next, &mut |part| pending.push(part)),
                _ => self.clause(file, next, None, kind),
            }
        }
    }
}

/// Whether the operator joins words or conditions; the others compare.
const fn joins_words(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Near(_)
            | BinaryOp::Then(_)
            | BinaryOp::NearNot(_)
            | BinaryOp::Outside
            | BinaryOp::Inside
    )
}
