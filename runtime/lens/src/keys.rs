//! What a result depends on, spelt without places and hashed: equal keys mean the same over the same posts. Terms are numbered in
//! the order in which a condition names them, so a key also tells which of them are one term of the rules.

use std::fmt::Write as _;
use std::sync::Arc;

use mon_compiler::plan::{
    AggregateArg, AggregatePlan, Cond, CondKind, MeasureKind, MonitorPlan, Plan, SpanExpr, TermId, TermPattern,
};
use rustc_hash::FxHashMap;

use crate::threshold;

pub(crate) type Key = [u8; 32];

/// The three keys of a monitor, one for each step, each with all that the step before depends on.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub posts: Key,
    pub windows: Key,
    pub alerts: Key,
    /// The terms of the match, by their number.
    pub terms: Vec<TermId>,
}

impl Keys {
    /// One for each monitor of the plan.
    pub fn of(plan: &Plan) -> Vec<Self> {
        let looked_for = |term: &TermPattern| hash(&[format!("{:?}", term.alternatives).as_bytes()]);
        let terms: Vec<Key> = plan.terms.iter().map(looked_for).collect();
        let mut all: Vec<Self> = plan.monitors.iter().map(|monitor| keys(plan, &terms, monitor)).collect();
        // What shares its false alarms with others depends on all of them, in their order.
        let sharing: Vec<usize> =
            (0..).zip(&plan.monitors).filter(|(_, monitor)| threshold::shares(monitor)).map(|(at, _)| at).collect();
        let joint: Vec<u8> = sharing.iter().filter_map(|at| all.get(*at)).flat_map(|keys| keys.alerts).collect();
        for at in sharing {
            if let Some(keys) = all.get_mut(at) {
                keys.alerts = hash(&[&keys.alerts, &joint]);
            }
        }
        all
    }
}

fn keys(plan: &Plan, terms: &[Key], monitor: &MonitorPlan) -> Keys {
    let mut matched = Spelling::new(terms);
    if let Some(query) = plan.queries.get(monitor.query.0 as usize) {
        matched.cond(&query.cond);
    }
    let (posts, order) = matched.done();
    let mut windows = Spelling::new(terms);
    windows.tell(&(monitor.window, &monitor.by, &monitor.under_load));
    monitor.steps.iter().for_each(|step| windows.cond(step));
    for measure in &monitor.measures {
        match &measure.kind {
            MeasureKind::Aggregate(aggregate) => windows.aggregate(aggregate),
            other => windows.tell(other),
        }
    }
    let windows = hash(&[&posts, &windows.done().0]);
    let mut alerts = Spelling::new(terms);
    if let Some(alert) = &monitor.alert {
        alerts.tell(&(&alert.when, alert.hold_micros, &alert.clear, alert.clear_hold_micros));
        alerts.tell(&(alert.warmup_micros, alert.cooldown_micros));
        monitor.severity.iter().for_each(|row| alerts.tell(&(row.level, &row.when)));
    }
    let alerts = hash(&[&windows, &alerts.done().0]);
    Keys { posts, windows, alerts, terms: order }
}

fn hash(parts: &[&[u8]]) -> Key {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

struct Spelling<'t> {
    /// A hash of what each term looks for.
    terms: &'t [Key],
    text: String,
    numbers: FxHashMap<TermId, u32>,
    order: Vec<TermId>,
}

impl<'t> Spelling<'t> {
    fn new(terms: &'t [Key]) -> Self {
        Self { terms, text: String::new(), numbers: FxHashMap::default(), order: Vec::new() }
    }

    fn tell(&mut self, part: &dyn std::fmt::Debug) {
        // Writing into a text cannot fail.
        let _ = write!(self.text, "{part:?};");
    }

    /// The hash of what was told and of what its terms look for, and these terms by their number.
    fn done(self) -> (Key, Vec<TermId>) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.text.as_bytes());
        for id in &self.order {
            hasher.update(self.terms.get(id.0 as usize).map_or(&[][..], |key| key));
        }
        (*hasher.finalize().as_bytes(), self.order)
    }

    fn aggregate(&mut self, aggregate: &AggregatePlan) {
        let args = aggregate.args.iter().filter(|arg| !matches!(arg, AggregateArg::Truth(_)));
        self.tell(&(&aggregate.function, aggregate.distinct, args.collect::<Vec<_>>(), aggregate.filter.is_some()));
        let conds: Vec<&Arc<Cond>> = aggregate.conds().collect();
        conds.into_iter().for_each(|cond| self.cond(cond));
    }

    fn cond(&mut self, cond: &Cond) {
        let members = match &cond.kind {
            CondKind::Named { cond, .. } => return self.cond(cond),
            CondKind::Const(_) | CondKind::Field(_) => return self.tell(&cond.kind),
            CondKind::Text { zones, spans } => {
                self.tell(&("text", zones));
                return self.spans(spans);
            }
            CondKind::Count { zones, spans, times } => {
                self.tell(&("count", zones, times));
                return self.spans(spans);
            }
            CondKind::Not(inner) => ("not", 0, std::slice::from_ref(&**inner)),
            CondKind::And(members) => ("and", 0, members.as_slice()),
            CondKind::Or(members) => ("or", 0, members.as_slice()),
            CondKind::AtLeast { k, members } => ("at least", *k, members.as_slice()),
        };
        let (sign, k, members) = members;
        self.tell(&(sign, k, members.len()));
        members.iter().for_each(|member| self.cond(member));
    }

    fn spans(&mut self, spans: &SpanExpr) {
        match spans {
            SpanExpr::Term(id) => {
                let next = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
                let number = *self.numbers.entry(*id).or_insert(next);
                if number == next {
                    self.order.push(*id);
                }
                self.tell(&number);
                return;
            }
            SpanExpr::AnyOf(members) => self.tell(&("any", members.len())),
            SpanExpr::Near { gap, .. } => self.tell(&("near", gap)),
            SpanExpr::Then { gap, .. } => self.tell(&("then", gap)),
            SpanExpr::NearNot { gap, .. } => self.tell(&("near not", gap)),
            SpanExpr::Inside { .. } => self.tell(&"inside"),
            SpanExpr::Outside { .. } => self.tell(&"outside"),
            SpanExpr::Same { unit, members } => self.tell(&("same", unit, members.len())),
            SpanExpr::Edge { edge, .. } => self.tell(&("edge", edge)),
        }
        spans.parts().into_iter().for_each(|part| self.spans(part));
    }
}
