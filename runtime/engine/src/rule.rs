//! The rule operator: feeds closed windows to the condition machines, in the order of time. A key that is pending or
//! firing and has no posts in a window is judged all the same, so incidents clear when the stream goes quiet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_execution::TaskContext;
use mon_alerts::{Evaluation, Step, Track, Transition, step};
use mon_compiler::matching::Backend;
use mon_compiler::plan::{MonitorPlan, Plan, WindowPlan};
use serde::{Deserialize, Serialize};

use crate::control::{Control, marker_fields, with_fields};
use crate::error::EngineError;
use crate::history::{self, History, Key};
use crate::judge::{self, Formulas};
use crate::keys;
use crate::layout::{Layout, layout};
use crate::options::Limits;
use crate::output::WindowRow;
use crate::rows::{self, Closed};
use crate::shared::{Restored, Shared};
use crate::snapshot::{Part, Snapshot};
use crate::stage::{Stage, StageSpec};

const PART: &str = "rules";

pub(crate) struct RuleSpec {
    pub(crate) plan: Arc<Plan>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) formulas: Arc<Vec<Formulas>>,
    pub(crate) limits: Limits,
    pub(crate) shared: Shared,
    pub(crate) restore: Restored,
}

impl Debug for RuleSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleSpec").finish_non_exhaustive()
    }
}

/// What a recording would have raised under other conditions: its closed windows are judged by this plan, whose windows,
/// keys and measures are those of the plan that it was replayed with. `windows` stand in the order in which the replay gave
/// them out, and `youngest` is what its last epoch told. The transitions are those of a replay of this plan, but show no posts.
///
/// # Errors
/// When the formulas or aggregates of the plan cannot be made ready.
pub fn judge_again(plan: &Arc<Plan>, windows: &[WindowRow], youngest: i64) -> Result<Vec<Transition>, EngineError> {
    // A formula is asked once a window: making native code of it would take longer.
    let formulas = Arc::new(judge::compile(plan, Backend::Interpreter)?);
    let shared = Shared::new(plan.monitors.len());
    let mut rules = Rules::new(Arc::clone(plan), Arc::new(layout(plan)?), formulas, Limits::default(), shared);
    let late = |monitor: u32| {
        let window = plan.monitors.get(monitor as usize).and_then(|monitor| monitor.window);
        window.map_or(0, |window| window.late_micros)
    };
    let closed = windows.iter().map(|row| {
        let window = Evaluation {
            monitor: row.monitor,
            key: row.key.clone(),
            window_start: row.start,
            window_end: row.end,
            values: row.values.clone(),
            evidence: Vec::new(),
        };
        Closed { fire: row.end.saturating_add(late(row.monitor)), window }
    });
    let mut told = Vec::new();
    // Before the end every quiet window that is due reaches so far, too.
    rules.take(closed, Some(youngest), &mut told);
    rules.advance(i64::MAX, Some(youngest), &mut told);
    Ok(told.into_iter().map(|(_, transition)| transition).collect())
}

impl StageSpec for RuleSpec {
    const NAME: &'static str = "RuleExec";

    fn describe(&self) -> String {
        format!("alerts={}", self.plan.monitors.iter().filter(|monitor| monitor.alert.is_some()).count())
    }

    fn schema(&self, _: &SchemaRef) -> SchemaRef {
        schema()
    }

    fn start(&self, _: &TaskContext) -> Result<Box<dyn Stage>> {
        let (plan, layout) = (Arc::clone(&self.plan), Arc::clone(&self.layout));
        let mut rules = Rules::new(plan, layout, Arc::clone(&self.formulas), self.limits, self.shared.clone());
        if let Some(snapshot) = self.restore.take() {
            rules.restore(&snapshot)?;
        }
        Ok(Box::new(rules))
    }
}

/// Transitions as JSON, with the time at which they became known.
fn schema() -> SchemaRef {
    with_fields(&Schema::new(marker_fields().to_vec()), [Field::new("transition", DataType::Utf8, true)])
}

/// The keys of one monitor that are pending or have an open incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Active {
    /// End of the window that was judged last.
    end: i64,
    keys: BTreeMap<Vec<Option<String>>, Watch>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Watch {
    track: Track,
    /// Another window without posts would change nothing: it is not judged before there are posts.
    asleep: bool,
}

/// How an active monitor stands in a snapshot; keys as a list, because JSON knows no lists as names.
#[derive(Serialize, Deserialize)]
struct SavedMonitor {
    monitor: String,
    end: i64,
    keys: Vec<(Vec<Option<String>>, Watch)>,
}

struct Rules {
    plan: Arc<Plan>,
    layout: Arc<Layout>,
    formulas: Arc<Vec<Formulas>>,
    limits: Limits,
    shared: Shared,
    monitors: BTreeMap<u32, Active>,
    /// Of monitors that remember something.
    histories: BTreeMap<u32, History>,
    /// (watermark, monitor): when the next window of a monitor with keys that are awake becomes final.
    due: BTreeSet<(i64, u32)>,
}

/// One window to judge.
struct Task {
    window: Evaluation,
    quiet: bool,
}

impl Rules {
    fn new(plan: Arc<Plan>, layout: Arc<Layout>, formulas: Arc<Vec<Formulas>>, limits: Limits, shared: Shared) -> Self {
        let spec = |(at, monitor): (u32, &MonitorPlan)| {
            let mut nothing = layout.of_nothing.get(at as usize).cloned().unwrap_or_default();
            formulas.get(at as usize)?.derive(&mut nothing, |_, _| None);
            Some((at, History::new(history::Spec::of(monitor, &nothing)?, limits.history_keys_max)))
        };
        let histories = (0..).zip(&plan.monitors).filter_map(spec).collect();
        Self { plan, layout, formulas, limits, shared, monitors: BTreeMap::new(), histories, due: BTreeSet::new() }
    }

    fn monitor(&self, monitor: u32) -> Option<(&MonitorPlan, WindowPlan)> {
        let plan = self.plan.monitors.get(monitor as usize)?;
        Some((plan, plan.window?))
    }

    /// Judges what becomes final at one watermark: these windows, and the quiet ones that are due then. At the end of a
    /// recording `youngest` is its last post.
    fn turn(&mut self, fire: i64, closed: Vec<Evaluation>, youngest: Option<i64>, told: &mut Vec<(i64, Transition)>) {
        let mut touched: BTreeSet<u32> = closed.iter().map(|window| window.monitor).collect();
        let mut tasks: Vec<Task> = closed.into_iter().map(|window| Task { window, quiet: false }).collect();
        let noisy: BTreeSet<(u32, Vec<Option<String>>)> =
            tasks.iter().map(|task| (task.window.monitor, task.window.key.clone())).collect();
        while let Some((at, monitor)) = self.due.first().copied().filter(|(at, _)| *at <= fire) {
            self.due.remove(&(at, monitor));
            if !self.reaches(at, monitor, youngest) {
                continue;
            }
            touched.insert(monitor);
            let Some((_, window)) = self.monitor(monitor) else { continue };
            let end = at.saturating_sub(window.late_micros);
            if window.borders.incident_micros().is_some() {
                let Some(active) = self.monitors.get(&monitor) else { continue };
                let over = active.keys.iter().filter(|(_, watch)| ends_alone(watch, window) == Some(end));
                tasks.extend(over.map(|(key, _)| self.quiet_task(monitor, key, window, end)));
                continue;
            }
            for key in self.awake(monitor) {
                if !noisy.contains(&(monitor, key.clone())) {
                    tasks.push(self.quiet_task(monitor, key, window, end));
                }
            }
        }
        // What ends by itself ends before the next session of its group is judged.
        tasks.sort_by(|a, b| (order(&a.window), !a.quiet).cmp(&(order(&b.window), !b.quiet)));
        for task in tasks {
            self.judge(fire, task, told);
        }
        for monitor in touched {
            self.schedule(monitor);
        }
    }

    /// Keys of a monitor that are judged in windows without posts.
    fn awake(&self, monitor: u32) -> BTreeSet<&Key> {
        let tracked = self.monitors.get(&monitor).into_iter().flat_map(|active| &active.keys);
        let tracked = tracked.filter(|(_, watch)| !watch.asleep).map(|(key, _)| key);
        let remembered = self.histories.get(&monitor).into_iter().flat_map(History::keys);
        tracked.chain(remembered).collect()
    }

    fn quiet_task(&self, monitor: u32, key: &Key, window: WindowPlan, end: i64) -> Task {
        Task { window: self.quiet(monitor, key.clone(), window, end), quiet: true }
    }

    fn quiet(&self, monitor: u32, key: Vec<Option<String>>, window: WindowPlan, end: i64) -> Evaluation {
        let values = self.layout.of_nothing.get(monitor as usize).cloned().unwrap_or_default();
        let window_start = window.borders.start_of(end);
        Evaluation { monitor, key, window_start, window_end: end, values, evidence: Vec::new() }
    }

    fn judge(&mut self, fire: i64, task: Task, told: &mut Vec<(i64, Transition)>) {
        let Task { mut window, quiet } = task;
        let Some(plan) = self.plan.monitors.get(window.monitor as usize) else { return };
        let Some(formulas) = self.formulas.get(window.monitor as usize) else { return };
        // `(other)` is no group: what many small ones sum up to says nothing about any of them.
        let is_group = !keys::is_other(&window.key);
        let mut history = self.histories.get_mut(&window.monitor);
        if let (Some(history), Some(window_plan)) = (&mut history, plan.window) {
            history.begin(&window, window_plan);
        }
        let looks_back = is_group && history.as_ref().is_some_and(|history| history.remembers());
        let remembered = looks_back && history.as_ref().is_some_and(|history| history.has_room(&window.key));
        let was_open = self.monitors.get(&window.monitor).and_then(|active| active.keys.get(&window.key));
        let was_open = was_open.is_some_and(|watch| watch.track.open().is_some());
        let mut values = std::mem::take(&mut window.values);
        formulas.derive(&mut values, |at, values| {
            history.as_mut().filter(|_| remembered)?.measure(at, &window, values, was_open)
        });
        window.values = values;
        if !quiet {
            let mut open = self.shared.lock();
            if let Some(count) = open.epoch.counts.unremembered.get_mut(window.monitor as usize) {
                *count += u64::from(looks_back && !remembered);
            }
            open.epoch.windows.push(WindowRow {
                monitor: window.monitor,
                key: window.key.clone(),
                start: window.window_start,
                end: window.window_end,
                values: window.values.clone(),
            });
        }
        if !is_group || (plan.alert.is_none() && !remembered) {
            return;
        }
        let active = self.monitors.entry(window.monitor).or_default();
        // Where no time passes without posts, what is pending or open stays until its group has another window; that of a session
        // ends by itself.
        let stays = plan
            .window
            .is_some_and(|window| !window.borders.has_quiet_windows() && window.borders.incident_micros().is_none());
        if stays && active.keys.len() >= self.limits.groups_max as usize && !active.keys.contains_key(&window.key) {
            if let Some(count) = self.shared.lock().epoch.counts.unjudged.get_mut(window.monitor as usize) {
                *count += 1;
            }
            return;
        }
        active.end = window.window_end;
        let before = active.keys.remove(&window.key).map(|watch| watch.track);
        let was_firing = matches!(before, Some(Track::Firing { .. }));
        // An incident that is open when a warm-up is written into the rule goes its way.
        let warming = !was_open && history.as_ref().is_some_and(|history| history.is_warming(&window));
        let outcome = match before {
            Some(track @ Track::Cooling { .. }) if warming => Step { track: Some(track), transitions: Vec::new() },
            _ if warming => Step::default(),
            before => step(plan, formulas, before, &window),
        };
        let is_open = outcome.track.as_ref().is_some_and(|track| track.open().is_some());
        if let Some(history) = history.filter(|_| remembered) {
            history.keep(&window, !quiet, was_open || is_open);
        }
        if let Some(track) = outcome.track {
            let settled = matches!(track, Track::Firing { .. }) && was_firing && outcome.transitions.is_empty();
            active.keys.insert(window.key, Watch { track, asleep: quiet && settled && !remembered });
        }
        told.extend(outcome.transitions.into_iter().map(|transition| (fire, transition)));
    }

    /// Says when a monitor's next window is to be judged, if anything of it is awake.
    fn schedule(&mut self, monitor: u32) {
        let Some((_, window)) = self.monitor(monitor) else { return };
        let Some(active) = self.monitors.get(&monitor) else { return };
        let remembers = self.histories.get(&monitor).is_some_and(|history| !history.is_empty());
        if active.keys.is_empty() && !remembers {
            self.monitors.remove(&monitor);
        } else if window.borders.incident_micros().is_some() {
            let ends = active.keys.values().filter_map(|watch| ends_alone(watch, window));
            self.due.extend(ends.min().map(|end| (end.saturating_add(window.late_micros), monitor)));
        } else if window.borders.has_quiet_windows() && (remembers || active.keys.values().any(|watch| !watch.asleep)) {
            let next = window.borders.pane(active.end).end;
            self.due.insert((next.saturating_add(window.late_micros), monitor));
        }
    }

    /// Judges the quiet windows that become final up to this watermark.
    fn advance(&mut self, until: i64, youngest: Option<i64>, told: &mut Vec<(i64, Transition)>) {
        while let Some((fire, _)) = self.due.first().copied().filter(|(fire, _)| *fire <= until) {
            self.turn(fire, Vec::new(), youngest, told);
        }
    }

    /// Whether a quiet window is judged. When a recording is over, time goes on for each monitor only as far as its own windows
    /// with posts can reach, however long those of other monitors are.
    fn reaches(&self, fire: i64, monitor: u32, youngest: Option<i64>) -> bool {
        let Some(youngest) = youngest else { return true };
        self.monitor(monitor).is_some_and(|(_, window)| {
            let last = window.borders.pane(youngest).start;
            fire.saturating_sub(window.late_micros) <= window.borders.last_end(last)
        })
    }

    /// Judges windows that closed, in the order in which they did.
    fn take(
        &mut self,
        closed: impl IntoIterator<Item = Closed>,
        youngest: Option<i64>,
        told: &mut Vec<(i64, Transition)>,
    ) {
        let mut closed = closed.into_iter().peekable();
        while let Some(Closed { fire, window }) = closed.next() {
            self.advance(fire.saturating_sub(1), youngest, told);
            let mut windows = vec![window];
            while let Some(next) = closed.next_if(|next| next.fire == fire) {
                windows.push(next.window);
            }
            self.turn(fire, windows, youngest, told);
        }
    }

    fn emit(&self, told: Vec<(i64, Transition)>, out: &mut Vec<RecordBatch>) -> Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let json = |(_, transition): &(i64, Transition)| serde_json::to_string(transition).map(Some);
        let texts: Vec<Option<String>> =
            told.iter().map(json).collect::<Result<_, _>>().map_err(|error| exec_datafusion_err!("{error}"))?;
        let times: Int64Array = told.iter().map(|(fire, _)| Some(*fire)).collect();
        let columns: Vec<ArrayRef> =
            vec![new_null_array(&DataType::Int64, told.len()), Arc::new(times), Arc::new(StringArray::from(texts))];
        out.push(RecordBatch::try_new(schema(), columns)?);
        let transitions = told.into_iter().map(|(_, transition)| transition);
        self.shared.lock().epoch.transitions.extend(transitions);
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let mut parts = Vec::new();
        for history in self.histories.values_mut() {
            history.save(&mut parts)?;
        }
        self.shared.lock().parts.append(&mut parts);
        for (monitor, active) in &self.monitors {
            let Some((plan, _)) = self.monitor(*monitor) else { continue };
            let saved = SavedMonitor {
                monitor: plan.name.clone(),
                end: active.end,
                keys: active.keys.iter().map(|(key, watch)| (key.clone(), watch.clone())).collect(),
            };
            let bytes = serde_json::to_vec(&saved).map_err(|error| exec_datafusion_err!("{error}"))?;
            self.shared.lock().parts.push(Part::new(PART, bytes));
        }
        Ok(())
    }

    /// Incidents of monitors that are gone are left behind; whoever starts a run with other rules closes them.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        for history in self.histories.values_mut() {
            history.restore(snapshot)?;
        }
        for (_, part) in snapshot.under(PART) {
            let saved: SavedMonitor = part.json()?;
            let same = |monitor: &MonitorPlan| monitor.name == saved.monitor && monitor.window.is_some();
            let found = self.plan.monitors.iter().position(same).and_then(|at| u32::try_from(at).ok());
            let judged = |at: &u32| {
                let alert = self.plan.monitors.get(*at as usize).is_some_and(|monitor| monitor.alert.is_some());
                alert || self.histories.get(at).is_some_and(History::remembers)
            };
            if let Some(monitor) = found.filter(judged) {
                self.monitors.insert(monitor, Active { end: saved.end, keys: saved.keys.into_iter().collect() });
                self.schedule(monitor);
            }
        }
        Ok(())
    }
}

/// When an incident ends that no later window ends.
fn ends_alone(watch: &Watch, window: WindowPlan) -> Option<i64> {
    let open = watch.track.open()?;
    Some(open.opened_at.saturating_add(window.borders.incident_micros()?))
}

fn order(window: &Evaluation) -> (i64, u32, &[Option<String>]) {
    (window.window_end, window.monitor, &window.key)
}

impl Stage for Rules {
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
        let mut told = Vec::new();
        let (closed, youngest) = rows::decode(&batch)?;
        self.take(closed, youngest, &mut told);
        self.emit(told, out)
    }

    fn control(&mut self, marker: Control, out: &mut Vec<RecordBatch>) -> Result<()> {
        let mut told = Vec::new();
        match marker {
            Control::Watermark(until) => self.advance(until, None, &mut told),
            Control::End(youngest) => self.advance(i64::MAX, Some(youngest), &mut told),
            Control::Barrier(_) | Control::Flush => {}
        }
        if marker.keeps_state() {
            self.save()?;
        }
        self.emit(told, out)
    }
}
