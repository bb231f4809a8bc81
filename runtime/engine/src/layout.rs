//! How the monitors of a plan are laid out for one pass: which queries match for whom, and which monitors share a
//! window class because their windows, keys and aggregates are the same.

use std::fmt::Write as _;
use std::sync::Arc;

use mon_compiler::plan::{
    AggregatePlan, Borders, Cond, MeasureKind, MeasurePlan, MonitorPlan, Place, Plan, QueryId, QueryPlan, ShowPlan,
    ShowValuesPlan, WindowPlan,
};
use mon_post::{FieldId, FieldType};
use rustc_hash::FxHashMap;

use crate::aggregate::{Aggregate, Refusal};
use crate::error::EngineError;
use crate::novelty;

/// A monitor in its class.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) monitor: u32,
    pub(crate) name: String,
    /// For each measure the aggregate of the class; None is a derived measure.
    pub(crate) measures: Vec<Option<usize>>,
    /// Which values it shows, and the aggregate that tells them; None where a measure does.
    pub(crate) shown: Vec<(ShowValuesPlan, Option<usize>)>,
    /// For each measure that tells new values the aggregate that tells the values of the posts.
    pub(crate) seen: Vec<usize>,
}

/// Monitors with the same window, keys, aggregates and evidence; they differ in their slot, the first part of the key.
#[derive(Clone, Debug)]
pub(crate) struct ClassSpec {
    pub(crate) window: WindowPlan,
    /// The queries that ask for the steps of a pattern, in their order.
    pub(crate) steps: Vec<u32>,
    pub(crate) by: Vec<FieldId>,
    pub(crate) aggregates: Vec<Aggregate>,
    /// None where no member has an alert to show posts for.
    pub(crate) show: Option<ShowPlan>,
    pub(crate) members: Vec<Member>,
    /// Hash of all but the members: state that was saved under it fits.
    pub(crate) fingerprint: String,
}

impl ClassSpec {
    /// Counts one for the monitor of a slot.
    pub(crate) fn count(&self, counters: &mut [u64], slot: u32) {
        let member = self.members.get(slot as usize);
        if let Some(counter) = member.and_then(|member| counters.get_mut(member.monitor as usize)) {
            *counter += 1;
        }
    }

    /// The slot of the member of this name.
    pub(crate) fn slot_of(&self, name: &str) -> Option<u32> {
        let at = self.members.iter().position(|member| member.name == name)?;
        u32::try_from(at).ok()
    }
}

/// The whole layout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The plan's queries, and behind them one for each different filter of an aggregate.
    pub(crate) queries: Vec<QueryPlan>,
    /// For each query the monitors whose `match` it is.
    pub(crate) listeners: Vec<Vec<u32>>,
    /// For each monitor the steps of its ladder.
    pub(crate) ladders: Vec<Arc<[u32]>>,
    /// For each monitor its class and slot; None where it has no window.
    pub(crate) places: Vec<Option<(usize, u32)>>,
    pub(crate) classes: Vec<ClassSpec>,
    /// For each monitor the values of its measures over no posts; None also for derived measures.
    pub(crate) of_nothing: Vec<Vec<Option<f64>>>,
}

/// Lays out a plan.
pub(crate) fn layout(plan: &Plan) -> Result<Layout, EngineError> {
    let mut builder = Builder::default();
    builder.layout.queries = plan.queries.clone();
    for (monitor, at) in plan.monitors.iter().zip(0u32..) {
        builder.monitor(monitor, at)?;
    }
    let mut layout = builder.layout;
    layout.ladders = plan.monitors.iter().map(|monitor| monitor.under_load.as_slice().into()).collect();
    layout.listeners = vec![Vec::new(); layout.queries.len()];
    for (monitor, at) in plan.monitors.iter().zip(0u32..) {
        match layout.listeners.get_mut(monitor.query.0 as usize) {
            Some(listeners) => listeners.push(at),
            None => Err(mon_compiler::matching::MatchError::NoQuery { query: monitor.query.0 })?,
        }
    }
    Ok(layout)
}

#[derive(Default)]
struct Builder {
    layout: Layout,
    /// Class by the spelling of all that its members share.
    by_spelling: FxHashMap<String, usize>,
    filters: FxHashMap<String, u32>,
}

impl Builder {
    fn monitor(&mut self, monitor: &MonitorPlan, at: u32) -> Result<(), EngineError> {
        let Some(window) = monitor.window else {
            self.layout.places.push(None);
            self.layout.of_nothing.push(Vec::new());
            return Ok(());
        };
        check(monitor, window)?;
        let values = if monitor.alert.is_some() { monitor.show_values.as_slice() } else { &[] };
        let lists: Vec<(&ShowValuesPlan, Option<AggregatePlan>)> =
            values.iter().map(|values| (values, values.aggregate())).collect();
        let mut named: Vec<(String, &str, &AggregatePlan)> = Vec::new();
        for measure in &monitor.measures {
            if let MeasureKind::Aggregate(aggregate) = &measure.kind {
                named.push((spell(aggregate), &measure.name, aggregate));
            }
        }
        for (plan, aggregate) in &lists {
            named.extend(aggregate.as_ref().map(|told| (spell(told), plan.name.as_str(), told)));
        }
        let mut shared = named.clone();
        shared.sort_by(|a, b| a.0.cmp(&b.0));
        shared.dedup_by(|a, b| a.0 == b.0);
        let show = monitor.alert.as_ref().map(|_| monitor.show).filter(|show| show.count > 0);
        let spellings: Vec<&str> = shared.iter().map(|(spelling, ..)| spelling.as_str()).collect();
        let mut window_spelling = spell_window(window);
        if !monitor.steps.is_empty() {
            let steps: Vec<Cond> = monitor.steps.iter().map(|step| step.placeless()).collect();
            window_spelling = format!("{window_spelling}, steps {steps:?}");
        }
        let mut spelling = format!("{window_spelling} {:?} {show:?} {spellings:?}", monitor.by);
        if !monitor.under_load.is_empty() {
            let _ = write!(spelling, " under load {:?}", monitor.under_load);
        }
        let class = match self.by_spelling.get(&spelling) {
            Some(class) => *class,
            None => self.class(monitor, window, show, &shared, spelling)?,
        };
        let place = |aggregate: &AggregatePlan| {
            let wanted = spell(aggregate);
            shared.iter().position(|(spelling, ..)| *spelling == wanted)
        };
        let measured = |measure: &MeasurePlan| match &measure.kind {
            MeasureKind::Derived(_) | MeasureKind::History(_) | MeasureKind::QValue(_) => None,
            MeasureKind::Aggregate(aggregate) => place(aggregate),
        };
        let measures = monitor.measures.iter().map(measured).collect();
        let shown = lists.iter().map(|(plan, told)| ((*plan).clone(), told.as_ref().and_then(place))).collect();
        let seen = novelty::measures(monitor).filter_map(|(_, aggregate)| place(aggregate)).collect();
        let name = monitor.name.clone();
        self.join(class, Member { monitor: at, name, measures, shown, seen })
    }

    fn class(
        &mut self,
        monitor: &MonitorPlan,
        window: WindowPlan,
        show: Option<ShowPlan>,
        shared: &[(String, &str, &AggregatePlan)],
        spelling: String,
    ) -> Result<usize, EngineError> {
        let mut aggregates = Vec::with_capacity(shared.len());
        for (_, measure, plan) in shared {
            let mut query = |cond: &Arc<Cond>| self.filter(cond);
            aggregates.push(Aggregate::resolve(plan, &monitor.under_load, &mut query).map_err(|refusal| {
                let (monitor, measure) = (monitor.name.clone(), (*measure).to_owned());
                let function = plan.function.clone();
                match refusal {
                    Refusal::Unknown => EngineError::UnknownAggregate { monitor, measure, function },
                    Refusal::Type(reason) => EngineError::AggregateType { monitor, measure, function, reason },
                }
            })?);
        }
        let fingerprint = blake3::hash(spelling.as_bytes()).to_hex().chars().take(16).collect();
        let class = self.layout.classes.len();
        let steps = monitor.steps.iter().map(|step| self.filter(step)).collect();
        let (by, members) = (monitor.by.clone(), Vec::new());
        self.layout.classes.push(ClassSpec { window, steps, by, aggregates, show, members, fingerprint });
        self.by_spelling.insert(spelling, class);
        Ok(class)
    }

    fn join(&mut self, class: usize, member: Member) -> Result<(), EngineError> {
        let missing = || EngineError::Run(format!("the windows of `{}` have no class", member.name));
        let spec = self.layout.classes.get_mut(class).ok_or_else(missing)?;
        let slot = u32::try_from(spec.members.len()).map_err(|_| missing())?;
        let nothing = spec.aggregates.iter().map(Aggregate::of_nothing).collect::<Result<Vec<_>, _>>()?;
        let of_nothing = member.measures.iter().map(|place| place.and_then(|at| nothing.get(at).copied().flatten()));
        self.layout.of_nothing.push(of_nothing.collect());
        spec.members.push(member);
        self.layout.places.push(Some((class, slot)));
        Ok(())
    }

    /// The query that a condition of an aggregate became.
    fn filter(&mut self, cond: &Arc<Cond>) -> u32 {
        let cond = cond.placeless();
        let spelling = format!("{cond:?}");
        let next = u32::try_from(self.layout.queries.len()).unwrap_or(u32::MAX);
        let query = *self.filters.entry(spelling).or_insert(next);
        if query == next {
            let name = format!("(filter {next})");
            self.layout.queries.push(QueryPlan { name, named: false, place: Place::default(), cond: Arc::new(cond) });
        }
        query
    }
}

impl Layout {
    /// The plan that matching is built from: this layout's queries over the plan's terms.
    pub(crate) fn matching_plan(&self, plan: &Plan) -> Plan {
        Plan { queries: self.queries.clone(), ..plan.clone() }
    }

    /// The monitors of a query.
    pub(crate) fn listeners(&self, query: QueryId) -> &[u32] {
        self.listeners.get(query.0 as usize).map_or(&[], Vec::as_slice)
    }
}

fn check(monitor: &MonitorPlan, window: WindowPlan) -> Result<(), EngineError> {
    if let Borders::Steps { size_micros, every_micros } = window.borders
        && (every_micros <= 0 || size_micros <= 0 || size_micros % every_micros != 0)
    {
        return Err(EngineError::Window { monitor: monitor.name.clone(), size_micros, every_micros });
    }
    let lists = |id: &&FieldId| id.get().is_some_and(|field| field.ty == FieldType::TextList);
    match monitor.by.iter().find(lists) {
        Some(id) => Err(EngineError::KeyType {
            monitor: monitor.name.clone(),
            field: id.get().map_or("", |field| field.name).to_owned(),
        }),
        None => Ok(()),
    }
}

/// How a window is written out: state is kept under a hash of it, so it stays as it is.
pub(crate) fn spell_window(window: WindowPlan) -> String {
    let late = window.late_micros;
    match window.borders {
        Borders::Steps { size_micros, every_micros } => {
            format!("WindowPlan {{ size_micros: {size_micros}, every_micros: {every_micros}, late_micros: {late} }}")
        }
        Borders::Calendar(calendar) => format!("calendar {calendar}, late {late}"),
        Borders::Session { gap_micros } => format!("session {gap_micros}, late {late}"),
        Borders::Count { posts } => format!("count {posts}, late {late}"),
        Borders::Pattern { within_micros, absent_micros } => {
            format!("pattern within {within_micros}, absent {absent_micros:?}, late {late}")
        }
    }
}

/// How an aggregate is written out, wherever it stands: equal spellings are equal aggregates.
pub(crate) fn spell(aggregate: &AggregatePlan) -> String {
    format!("{:?}", aggregate.placeless())
}

#[cfg(test)]
mod tests {
    use mon_compiler::plan::{AggregateArg, CondKind};

    use super::*;

    #[test]
    fn windows_are_spelt_as_they_were_when_state_was_kept_under_them() {
        let borders = Borders::Steps { size_micros: 300_000_000, every_micros: 60_000_000 };
        assert_eq!(
            spell_window(WindowPlan { borders, late_micros: 5 }),
            "WindowPlan { size_micros: 300000000, every_micros: 60000000, late_micros: 5 }"
        );
    }

    #[test]
    fn aggregates_are_spelt_as_they_were_when_state_was_kept_under_them() {
        let args = vec![AggregateArg::Field(FieldId(38)), AggregateArg::Number(0.95)];
        let place = Place { file: 1, ..Place::default() };
        let filter = Some(Arc::new(Cond { place, kind: CondKind::Const(true) }));
        let plan = AggregatePlan { function: "percentile_cont".into(), distinct: false, args, filter };
        assert_eq!(
            spell(&plan),
            "AggregatePlan { function: \"percentile_cont\", distinct: false, args: [Field(FieldId(38)), Number(0.95)], \
             filter: Some(Cond { place: Place { file: 0, span: Span { start: 0, end: 0 } }, kind: Const(true) }) }"
        );
    }

    #[test]
    fn conditions_among_arguments_are_spelt_without_their_places() {
        let brand = |file| {
            let place = Place { file, ..Place::default() };
            AggregateArg::Truth(Arc::new(Cond { place, kind: CondKind::Const(true) }))
        };
        let plan = |file| {
            let (args, function) = (vec![brand(file)], "share_of_voice".to_owned());
            AggregatePlan { function, distinct: false, args, filter: None }
        };
        assert_eq!(spell(&plan(1)), spell(&plan(2)));
    }
}
