//! Lowers playbooks: who is told, by which methods; and compares each with the monitors that follow it.

use mon_grammar::ast::{self, BinaryOp, CompareOp, Expr, ExprKind, PlaybookClauseKind, Quantifier, Timing};
use mon_post::FieldId;
use rustc_hash::FxHashSet;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{MonitorPlan, NotifyPlan, Place, PlaybookPlan, RouteCond, RoutePlan, Severity, Value};

use super::coverage;
use super::names::Found;
use super::state::Checker;
use super::unsupported::{Construct, clause_refusal};
use super::walk::operands;

/// What monitors that follow a playbook must bring.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Group keys that a route tests, each where it is tested first.
    keys: Vec<(FieldId, Place)>,
    /// Severities that `notify` has a row for.
    pub levels: Vec<Severity>,
    pub place: Place,
    pub notifies: bool,
    /// The first `route` clause.
    pub routes: Option<Place>,
    /// Nothing of the playbook was left out for an error.
    pub whole: bool,
}

impl<'a> Checker<'a> {
    /// One playbook. It takes its place in the plan also when it has errors, so that indexes hold.
    pub fn playbook(&mut self, found: Found<'a, ast::Playbook>) -> Needs {
        self.file = found.file;
        let before = self.count();
        let name = &found.item.name;
        let place = self.at(name.span);
        let mut needs = Needs { place, ..Needs::default() };
        let mut plan =
            PlaybookPlan { name: name.text.clone(), place, first: Vec::new(), also: Vec::new(), notify: Vec::new() };
        let (mut first_route, mut notify, mut broken) = (None, None, false);
        for clause in &found.item.clauses {
            let at = self.at(clause.span);
            match &clause.kind {
                PlaybookClauseKind::Route { first: true, rows } => {
                    if self.twice("route first", &mut first_route, at) {
                        continue;
                    }
                    needs.routes.get_or_insert(at);
                    self.reachable(rows, at);
                    plan.first = self.routes(rows, &mut needs);
                }
                PlaybookClauseKind::Route { first: false, rows } => {
                    needs.routes.get_or_insert(at);
                    let more = self.routes(rows, &mut needs);
                    plan.also.extend(more);
                }
                PlaybookClauseKind::Notify(rows) => {
                    if !self.twice("notify", &mut notify, at) {
                        plan.notify = self.notify(rows);
                    }
                }
                // Read when all monitors are known.
                PlaybookClauseKind::Share { .. } => {}
                PlaybookClauseKind::Escalate { .. } => self.drop_clause(Construct::Escalate, clause),
                PlaybookClauseKind::AckLasts(_) => self.drop_clause(Construct::AckLasts, clause),
                PlaybookClauseKind::Quiet { .. } => self.drop_clause(Construct::Quiet, clause),
                PlaybookClauseKind::Budget { .. } => self.drop_clause(Construct::Budget, clause),
                PlaybookClauseKind::Ticket { .. } => self.drop_clause(Construct::Ticket, clause),
                // It is applied when all findings are known.
                PlaybookClauseKind::Allow(_) => {}
                PlaybookClauseKind::Other { keyword } => {
                    let told = clause_refusal(Construct::OtherResponse, &keyword.text, at);
                    self.tell(told);
                }
                PlaybookClauseKind::Broken { .. } => broken = true,
            }
        }
        for (present, clause, example) in [
            (needs.routes.is_some(), "route", "route first { otherwise to team care }"),
            (notify.is_some(), "notify", "notify { medium by email at once }"),
        ] {
            if !present && !broken {
                let told = Diagnostic::new(&codes::TELLS_NOBODY, place, format!("`{}` has no `{clause}`", name.text))
                    .help(format!("add it, for example `{example}`"));
                self.tell(told);
            }
        }
        needs.whole = !broken && !self.failed_since(before);
        needs.notifies = notify.is_some();
        needs.levels = plan.notify.iter().map(|row| row.level).collect();
        self.plan.playbooks.push(plan);
        needs
    }

    fn drop_clause(&mut self, construct: Construct, clause: &ast::PlaybookClause) {
        self.refuse::<()>(construct, clause.span);
    }

    fn twice(&mut self, name: &str, first: &mut Option<Place>, place: Place) -> bool {
        let Some(before) = *first else {
            *first = Some(place);
            return false;
        };
        let told = Diagnostic::new(&codes::REPEATED_CLAUSE, place, format!("`{name}` stands twice"))
            .label(place, "again here")
            .label(before, "stands here first")
            .help("put all rows into one of them");
        self.tell(told);
        true
    }

    fn reachable(&mut self, rows: &[ast::RouteRow], clause: Place) {
        let Some(at) = rows.iter().position(|row| row.when.is_none()) else { return };
        let otherwise = rows.get(at).map_or(clause, |row| self.at(row.span));
        for row in rows.iter().skip(at + 1) {
            let told = Diagnostic::new(&codes::UNREACHABLE_ROUTE, self.at(row.span), "this row is never reached")
                .label(otherwise, "`otherwise` takes every alert")
                .help("put the row above `otherwise`");
            self.tell(told);
        }
    }

    fn routes(&mut self, rows: &[ast::RouteRow], needs: &mut Needs) -> Vec<RoutePlan> {
        let mut plans = Vec::with_capacity(rows.len());
        for row in rows {
            let when = match &row.when {
                None => None,
                Some(expr) => match self.shallow(expr).and_then(|()| self.route(expr, needs)) {
                    Some(cond) => Some(cond),
                    None => continue,
                },
            };
            plans.push(RoutePlan { place: self.at(row.span), when, team: row.team.text.clone() });
        }
        plans
    }

    fn route(&mut self, expr: &Expr, needs: &mut Needs) -> Option<RouteCond> {
        match &expr.kind {
            ExprKind::Group(members) => match members.as_slice() {
                [one] => self.route(one, needs),
                _ => self.bad_route(expr, "a list is no condition"),
            },
            ExprKind::Not(inner) => Some(RouteCond::Not(Box::new(self.route(inner, needs)?))),
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
                let parts = operands(expr, *op);
                let parts = self.all_routes(parts.into_iter(), needs)?;
                Some(if *op == BinaryOp::And { RouteCond::And(parts) } else { RouteCond::Or(parts) })
            }
            ExprKind::Set { quantifier, members } => {
                let parts = self.all_routes(members.iter(), needs)?;
                match quantifier {
                    Quantifier::Any => Some(RouteCond::Or(parts)),
                    Quantifier::All => Some(RouteCond::And(parts)),
                    Quantifier::None => Some(RouteCond::Not(Box::new(RouteCond::Or(parts)))),
                    Quantifier::AtLeast(_) => self.refuse(Construct::SetInAlert, expr.span),
                }
            }
            ExprKind::Binary { op: BinaryOp::Compare(op), left, right, .. } => {
                self.route_test(expr, *op, left, std::slice::from_ref(right), needs)
            }
            ExprKind::Binary { op: BinaryOp::Is, left, right, .. } => {
                self.route_test(expr, CompareOp::Eq, left, std::slice::from_ref(right), needs)
            }
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => {
                let values: &[Expr] = match &right.kind {
                    ExprKind::List(members) | ExprKind::Group(members) => members,
                    _ => std::slice::from_ref(right),
                };
                self.route_test(expr, CompareOp::Eq, left, values, needs)
            }
            ExprKind::Path(path) if mon_post::find(&path.dotted()).is_some_and(is_flag) => {
                let field = mon_post::find(&path.dotted())?;
                self.need(needs, field, self.at(path.span));
                Some(RouteCond::Key { field, any_of: vec!["true".to_owned()] })
            }
            ExprKind::Error => None,
            _ => self.bad_route(expr, "an incident does not know this"),
        }
    }

    fn all_routes<'e>(&mut self, parts: impl Iterator<Item = &'e Expr>, needs: &mut Needs) -> Option<Vec<RouteCond>> {
        let lowered: Vec<Option<RouteCond>> = parts.map(|part| self.route(part, needs)).collect();
        lowered.into_iter().collect()
    }

    fn bad_route<T>(&mut self, expr: &Expr, message: &str) -> Option<T> {
        let told = Diagnostic::new(&codes::BAD_ROUTE_CONDITION, self.at(expr.span), message.to_owned())
            .help("a route tests `severity`, `monitor`, or a field that the monitor groups by: `country in [DE, AT]`");
        self.tell(told);
        None
    }

    fn need(&self, needs: &mut Needs, field: FieldId, place: Place) {
        if needs.keys.iter().all(|(known, _)| *known != field) {
            needs.keys.push((field, place));
        }
    }

    fn route_test(
        &mut self,
        expr: &Expr,
        op: CompareOp,
        left: &Expr,
        values: &[Expr],
        needs: &mut Needs,
    ) -> Option<RouteCond> {
        let ExprKind::Path(path) = &left.kind else {
            return self.bad_route(left, "an incident does not know this");
        };
        match path.dotted().as_str() {
            "severity" => return self.route_severity(expr, op, values),
            "monitor" => return self.route_monitor(expr, op, values),
            _ => {}
        }
        let (id, field) = self.route_field(path)?;
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return self.bad_route(expr, &format!("`{}` has no order; compare it with `is` or `in`", field.name));
        }
        let lowered: Vec<Option<Value>> = values.iter().map(|value| self.value(field, value)).collect();
        let lowered: Vec<Value> = lowered.into_iter().collect::<Option<_>>()?;
        let place = self.at(path.span);
        self.need(needs, id, place);
        if lowered.iter().any(|value| matches!(value, Value::Like(_))) {
            return self.refuse(Construct::RouteWildcard, expr.span);
        }
        let any_of = lowered
            .into_iter()
            .map(|value| match value {
                Value::Text(text) => text,
                Value::Like(glob) => glob.to_string(),
                Value::Flag(flag) => flag.to_string(),
                Value::Integer(number) | Value::Time(number) => number.to_string(),
                Value::Decimal(number) => number.to_string(),
            })
            .collect();
        Some(turned(op, RouteCond::Key { field: id, any_of }))
    }

    fn route_field(&mut self, path: &ast::Path) -> Option<(FieldId, &'static mon_post::Field)> {
        let name = path.dotted();
        if let Some(id) = mon_post::find(&name) {
            return id.get().map(|field| (id, field));
        }
        self.unknown_name(path, &["severity", "monitor"]);
        None
    }

    fn route_severity(&mut self, expr: &Expr, op: CompareOp, values: &[Expr]) -> Option<RouteCond> {
        let mut tests = Vec::with_capacity(values.len());
        for value in values {
            let ExprKind::Path(path) = &value.kind else {
                return self.bad_route(value, "a severity is `critical`, `high`, `medium` or `low`");
            };
            let name = ast::Name { text: path.dotted(), span: path.span };
            tests.push(RouteCond::Severity(op, self.level(&name)?));
        }
        match tests.len() {
            0 => self.bad_route(expr, "an empty list holds nothing"),
            1 => tests.pop(),
            _ => Some(RouteCond::Or(tests)),
        }
    }

    fn route_monitor(&mut self, expr: &Expr, op: CompareOp, values: &[Expr]) -> Option<RouteCond> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return self.bad_route(expr, "monitors have no order; compare with `is` or `in`");
        }
        let mut any_of = Vec::with_capacity(values.len());
        for value in values {
            let ExprKind::Path(path) = &value.kind else {
                return self.bad_route(value, "the name of a monitor must stand here");
            };
            let name = path.dotted();
            self.monitor_named(&ast::Name { text: name.clone(), span: path.span })?;
            any_of.push(name);
        }
        Some(turned(op, RouteCond::Monitor { any_of }))
    }

    /// The index of a monitor; an unknown one is reported.
    pub fn monitor_named(&mut self, name: &ast::Name) -> Option<usize> {
        if let Some(at) = self.names.monitor(&name.text) {
            return Some(at);
        }
        let known: Vec<&str> = self.names.monitors.iter().map(|found| found.item.name.text.as_str()).collect();
        let mut told = Diagnostic::new(
            &codes::UNKNOWN_MONITOR,
            self.at(name.span),
            format!("there is no monitor `{}`", name.text),
        )
        .suggest(&name.text, known);
        if told.help.is_none() {
            told = told.help("check its spelling, or that its file is among those checked");
        }
        self.tell(told);
        None
    }

    fn notify(&mut self, rows: &[ast::NotifyRow]) -> Vec<NotifyPlan> {
        let mut plans: Vec<NotifyPlan> = Vec::with_capacity(rows.len());
        for row in rows {
            let place = self.at(row.span);
            let after_micros = match &row.timing {
                Timing::AtOnce => 0,
                Timing::After(wait) => {
                    if wait.micros > self.options.limits.notify_after_micros_max {
                        self.exceed(wait.span, "a message waits at most 7 days".to_owned(), "notify_after_micros_max");
                    }
                    wait.micros
                }
                Timing::Digest(_) | Timing::DigestEvery(_) => {
                    self.refuse::<()>(Construct::Digest, row.span);
                    0
                }
            };
            let Some(level) = self.level(&row.level) else { continue };
            if let Some(first) = plans.iter().find(|plan| plan.level == level) {
                let told = Diagnostic::new(&codes::REPEATED_NOTIFY, place, format!("`{}` has two rows", level.name()))
                    .label(first.place, "the first row")
                    .help("put all methods into one row");
                self.tell(told);
                continue;
            }
            let mut seen: FxHashSet<&str> = FxHashSet::default();
            for method in &row.methods {
                if !seen.insert(&method.text) {
                    let told = Diagnostic::new(
                        &codes::REPEATED_NOTIFY,
                        self.at(method.span),
                        format!("`{}` stands in this row twice", method.text),
                    )
                    .help("remove one");
                    self.tell(told);
                }
            }
            let methods = row.methods.iter().map(|method| method.text.clone()).collect();
            plans.push(NotifyPlan { place, level, methods, after_micros });
        }
        plans
    }

    /// Compares playbooks with the monitors that follow them.
    pub fn compare_playbooks(&mut self, needs: &[Needs]) {
        let mut followed = vec![false; needs.len()];
        // What a monitor takes over may follow a playbook too.
        let mut unknown = self.extended.lost.contains(&true);
        let mut told = Vec::new();
        for monitor in &self.plan.monitors {
            let Some(at) = monitor.playbook else { continue };
            let Some(need) = needs.get(at as usize) else { continue };
            for (field, route) in &need.keys {
                if !monitor.by.contains(field) {
                    told.push(key_missing(&monitor.name, monitor.place, *field, *route));
                }
            }
        }
        for ((playbook, need), at) in self.plan.playbooks.iter().zip(needs).zip(0..) {
            let followers: Vec<&MonitorPlan> =
                self.plan.monitors.iter().filter(|monitor| monitor.playbook == Some(at)).collect();
            told.extend(coverage::find(playbook, need, &followers));
        }
        for found in &self.names.monitors {
            for clause in &found.item.clauses {
                let ast::ClauseKind::Follow(name) = &clause.kind else { continue };
                match self.names.playbook(&name.text).and_then(|at| followed.get_mut(at)) {
                    Some(slot) => *slot = true,
                    None => unknown = true,
                }
            }
        }
        for ((need, used), found) in needs.iter().zip(followed).zip(&self.names.playbooks) {
            // A misspelt name may mean this one, and is told where it stands.
            if !used && !unknown && !self.unread.may_use(&found.item.name.text) {
                told.push(
                    Diagnostic::new(&codes::UNUSED_PLAYBOOK, need.place, "no monitor follows this playbook")
                        .help("add `follow playbook …` to a monitor, or remove it"),
                );
            }
        }
        told.into_iter().for_each(|one| self.tell(one));
    }
}

fn is_flag(id: FieldId) -> bool {
    id.get().is_some_and(|field| field.ty == mon_post::FieldType::Flag)
}

fn turned(op: CompareOp, cond: RouteCond) -> RouteCond {
    if op == CompareOp::Ne { RouteCond::Not(Box::new(cond)) } else { cond }
}

fn key_missing(monitor: &str, place: Place, field: FieldId, route: Place) -> Diagnostic {
    let name = field.get().map_or("", |field| field.name);
    Diagnostic::new(
        &codes::ROUTE_KEY_MISSING,
        place,
        format!("a route tests `{name}`, which `{monitor}` does not group by"),
    )
    .label(place, "follows this playbook")
    .label(route, format!("`{name}` is tested here"))
    .help(format!("add `by {name}` to the window of `{monitor}`, or remove the test"))
}
