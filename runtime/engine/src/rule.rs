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
use mon_compiler::plan::{MeasureKind, MeasurePlan, MonitorPlan, Plan, WindowPlan};
use mon_detect::fdr;
use serde::{Deserialize, Serialize};

use crate::control::{Control, marker_fields, with_fields};
use crate::error::EngineError;
use crate::history::{self, History, Key};
use crate::judge::{self, Formulas};
use crate::keys;
use crate::layout::{Layout, layout};
use crate::novelty::{Novelty, Seen};
use crate::options::Limits;
use crate::output::WindowRow;
use crate::rows::{self, Closed};
use crate::sample;
use crate::shared::{Restored, Shared};
use crate::silence::{self, Silence};
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
/// them out, `began` and `youngest` are what its last epoch told. The transitions are those of a replay of this plan, but show no posts.
///
/// # Errors
/// When the formulas or aggregates of the plan cannot be made ready.
pub fn judge_again(
    plan: &Arc<Plan>,
    windows: &[WindowRow],
    began: Option<i64>,
    youngest: i64,
) -> Result<Vec<Transition>, EngineError> {
    Ok(judge_windows(plan, windows, began, youngest)?.0)
}

/// The same, with the windows as they were judged: what a measure that looks back tells may depend on the alert, and on the
/// windows of other monitors.
///
/// # Errors
/// When the formulas or aggregates of the plan cannot be made ready.
pub fn judge_windows(
    plan: &Arc<Plan>,
    windows: &[WindowRow],
    began: Option<i64>,
    youngest: i64,
) -> Result<(Vec<Transition>, Vec<WindowRow>), EngineError> {
    // A formula is asked once a window: making native code of it would take longer.
    let formulas = Arc::new(judge::compile(plan, Backend::Interpreter)?);
    let shared = Shared::new(plan.monitors.len());
    shared.lock().epoch.began = began;
    let mut rules = Rules::new(Arc::clone(plan), Arc::new(layout(plan)?), formulas, Limits::default(), shared.clone());
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
            shown: Vec::new(),
        };
        Closed { fire: row.end.saturating_add(late(row.monitor)), window, seen: Vec::new() }
    });
    let mut told = Vec::new();
    rules.begin();
    // Before the end every quiet window that is due reaches so far, too.
    rules.take(closed, Some(youngest), &mut told);
    rules.advance(i64::MAX, Some(youngest), &mut told);
    let judged = std::mem::take(&mut shared.lock().epoch.windows);
    Ok((told.into_iter().map(|(_, transition)| transition).collect(), judged))
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
    /// Groups whose silence is watched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    heard: Vec<Vec<Option<String>>>,
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
    /// Of monitors that tell new values.
    novelties: BTreeMap<u32, Novelty>,
    /// Of monitors that silence can alarm.
    silences: BTreeMap<u32, Silence>,
    /// Monitors without groups that silence can alarm, and of which no window was due yet.
    unbegun: BTreeSet<u32>,
    /// The run goes on from a state.
    restored: bool,
    /// Time has begun for the monitors that watch for silence.
    begun: bool,
    /// (watermark, monitor): when the next window of a monitor with keys that are awake becomes final.
    due: BTreeSet<(i64, u32)>,
}

/// One window to judge.
struct Task {
    window: Evaluation,
    /// The values of its posts; None of a window without posts, which is judged all the same.
    seen: Option<Vec<Vec<Seen>>>,
    /// Its key is remembered.
    remembered: bool,
    /// Whether it has posts is not known: the window had groups beyond the bound, which are counted together.
    unknown: bool,
}

impl Task {
    const fn new(window: Evaluation, seen: Option<Vec<Vec<Seen>>>) -> Self {
        Self { window, seen, remembered: false, unknown: false }
    }

    /// It has no posts.
    const fn is_quiet(&self) -> bool {
        self.seen.is_none()
    }

    /// `(other)` is no group: what many small ones sum up to says nothing about any of them.
    fn is_group(&self) -> bool {
        !keys::is_other(&self.window.key)
    }
}

impl Rules {
    fn new(plan: Arc<Plan>, layout: Arc<Layout>, formulas: Arc<Vec<Formulas>>, limits: Limits, shared: Shared) -> Self {
        let spec = |(at, monitor): (u32, &MonitorPlan)| {
            let mut nothing = layout.of_nothing.get(at as usize).cloned().unwrap_or_default();
            formulas.get(at as usize)?.derive(&mut nothing, |_, _| None);
            Some((at, History::new(history::Spec::of(monitor, &nothing)?, limits.history_keys_max)))
        };
        let histories = (0..).zip(&plan.monitors).filter_map(spec).collect();
        let silence = |(at, monitor): (u32, &MonitorPlan)| {
            let nothing = layout.of_nothing.get(at as usize)?;
            Some((at, Silence::new(monitor, formulas.get(at as usize)?, nothing, limits.history_keys_max)?))
        };
        let silences: BTreeMap<u32, Silence> = (0..).zip(&plan.monitors).filter_map(silence).collect();
        let unbegun =
            silences.iter().filter(|(_, silence)| silence.keys().next().is_some()).map(|(at, _)| *at).collect();
        let novelty = |(at, monitor)| Some((at, Novelty::of(monitor, limits.new_values_max)?));
        let novelties = (0..).zip(&plan.monitors).filter_map(novelty).collect();
        let (monitors, due) = (BTreeMap::new(), BTreeSet::new());
        Self {
            plan,
            layout,
            formulas,
            limits,
            shared,
            monitors,
            histories,
            novelties,
            silences,
            unbegun,
            restored: false,
            begun: false,
            due,
        }
    }

    /// Time begins for monitors that watch for silence: that of the run, or the present one where the rules are new. Windows that
    /// begin before are not judged where they have no posts.
    fn begin(&mut self) {
        if self.begun || self.silences.is_empty() {
            return;
        }
        let (began, watermark) = {
            let open = self.shared.lock();
            (open.epoch.began, open.epoch.watermark)
        };
        let Some(began) = began else { return };
        self.begun = true;
        let unbegun = std::mem::take(&mut self.unbegun);
        let plan = Arc::clone(&self.plan);
        for (monitor, silence) in &mut self.silences {
            let Some(window) = plan.monitors.get(*monitor as usize).and_then(|monitor| monitor.window) else {
                continue;
            };
            let is_new = self.restored && unbegun.contains(monitor);
            let from = if is_new { began.max(watermark.unwrap_or(began)) } else { began };
            silence.first_end = silence::first_end(window.borders, from);
            if unbegun.contains(monitor) {
                let end = window.borders.pane(silence.first_end.saturating_sub(1)).start;
                self.monitors.entry(*monitor).or_insert_with(|| Active { end, keys: BTreeMap::new() });
            }
        }
        unbegun.into_iter().for_each(|monitor| self.schedule(monitor));
    }

    fn monitor(&self, monitor: u32) -> Option<(&MonitorPlan, WindowPlan)> {
        let plan = self.plan.monitors.get(monitor as usize)?;
        Some((plan, plan.window?))
    }

    /// Judges what becomes final at one watermark: these windows, and the quiet ones that are due then. At the end of a
    /// recording `youngest` is its last post.
    fn turn(&mut self, fire: i64, closed: Vec<Closed>, youngest: Option<i64>, told: &mut Vec<(i64, Transition)>) {
        let mut touched: BTreeSet<u32> = closed.iter().map(|closed| closed.window.monitor).collect();
        let mut tasks: Vec<Task> =
            closed.into_iter().map(|closed| Task::new(closed.window, Some(closed.seen))).collect();
        let noisy: BTreeSet<(u32, Vec<Option<String>>)> =
            tasks.iter().map(|task| (task.window.monitor, task.window.key.clone())).collect();
        let crowded: BTreeSet<(u32, i64)> = tasks
            .iter()
            .filter(|task| !task.is_group())
            .map(|task| (task.window.monitor, task.window.window_end))
            .collect();
        while let Some((at, monitor)) = self.due.first().copied().filter(|(at, _)| *at <= fire) {
            self.due.remove(&(at, monitor));
            if !self.reaches(at, monitor, youngest) {
                continue;
            }
            if let Some(later) = self.before_time(at, monitor) {
                self.due.insert((later, monitor));
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
            let unknown = crowded.contains(&(monitor, end));
            for key in self.awake(monitor) {
                if !noisy.contains(&(monitor, key.clone())) {
                    tasks.push(Task { unknown, ..self.quiet_task(monitor, key, window, end) });
                }
            }
        }
        // What ends by itself ends before the next session of its group is judged.
        tasks.sort_by(|a, b| (order(&a.window), !a.is_quiet()).cmp(&(order(&b.window), !b.is_quiet())));
        for task in &mut tasks {
            self.measure(task);
        }
        self.adjust(&mut tasks);
        for task in tasks {
            self.judge(fire, task, told);
        }
        for monitor in touched {
            self.schedule(monitor);
        }
    }

    /// When the first window without posts of a monitor is judged, where this one would begin before time did.
    fn before_time(&self, at: i64, monitor: u32) -> Option<i64> {
        let (_, window) = self.monitor(monitor)?;
        let first = self.silences.get(&monitor)?.first_end.saturating_add(window.late_micros);
        (at < first).then_some(first)
    }

    /// Keys of a monitor that are judged in windows without posts.
    fn awake(&self, monitor: u32) -> BTreeSet<&Key> {
        let tracked = self.monitors.get(&monitor).into_iter().flat_map(|active| &active.keys);
        let tracked = tracked.filter(|(_, watch)| !watch.asleep).map(|(key, _)| key);
        let remembered = self.histories.get(&monitor).into_iter().flat_map(History::keys);
        tracked.chain(remembered).chain(self.silent(monitor)).collect()
    }

    /// Keys of which the next window without posts may raise an alert.
    fn silent(&self, monitor: u32) -> impl Iterator<Item = &Key> {
        let active = self.monitors.get(&monitor);
        let asleep = move |key: &Key| active.and_then(|active| active.keys.get(key)).is_some_and(|watch| watch.asleep);
        let keys = self.silences.get(&monitor).into_iter().flat_map(Silence::keys);
        keys.filter(move |key| !asleep(key))
    }

    fn quiet_task(&self, monitor: u32, key: &Key, window: WindowPlan, end: i64) -> Task {
        Task::new(self.quiet(monitor, key.clone(), window, end), None)
    }

    fn quiet(&self, monitor: u32, key: Vec<Option<String>>, window: WindowPlan, end: i64) -> Evaluation {
        let values = self.layout.of_nothing.get(monitor as usize).cloned().unwrap_or_default();
        let window_start = window.borders.start_of(end);
        Evaluation { monitor, key, window_start, window_end: end, values, evidence: Vec::new(), shown: Vec::new() }
    }

    /// Puts what is new into a window of a monitor that tells new values.
    fn tell_new(&mut self, task: &mut Task) {
        let (at, is_group) = (task.window.monitor, task.is_group());
        let Some(plan) = self.plan.monitors.get(at as usize) else { return };
        let (Some(novelty), Some(window_plan)) = (self.novelties.get_mut(&at), plan.window) else { return };
        let unkept = novelty.tell(plan, window_plan, &mut task.window, task.seen.as_deref(), is_group);
        if let Some(count) = self.shared.lock().epoch.counts.unkept.get_mut(at as usize) {
            *count += unkept;
        }
    }

    /// Puts how many authors one stood for into a window of a monitor that may hear a part. Where that is more than one and nobody was
    /// heard, nothing is known.
    fn tell_sample(&self, task: &mut Task) {
        let Some(plan) = self.plan.monitors.get(task.window.monitor as usize) else { return };
        let heard = |measure: &MeasurePlan| matches!(&measure.kind, MeasureKind::Aggregate(aggregate) if aggregate.function == "heard_one_in");
        let Some(at) = plan.measures.iter().position(heard) else { return };
        let window = task.window.window_start..task.window.window_end;
        let one_in = sample::one_in(&plan.under_load, &self.shared.lock().loaded, &window);
        if one_in > 1 && task.is_quiet() {
            task.window.values.fill(None);
        }
        if let Some(cell) = task.window.values.get_mut(at) {
            *cell = Some(cell.unwrap_or(1.0).max(f64::from(one_in)));
        }
    }

    /// Computes the measures of a window but for those that all windows of one moment tell together.
    fn measure(&mut self, task: &mut Task) {
        self.tell_new(task);
        self.tell_sample(task);
        if task.unknown {
            task.window.values.fill(None);
        }
        let Some(plan) = self.plan.monitors.get(task.window.monitor as usize) else { return };
        let Some(formulas) = self.formulas.get(task.window.monitor as usize) else { return };
        let open = self.is_open(&task.window);
        let mut history = self.histories.get_mut(&task.window.monitor);
        if let (Some(history), Some(window_plan)) = (&mut history, plan.window) {
            history.begin(&task.window, window_plan);
        }
        let looks_back = task.is_group() && history.as_ref().is_some_and(|history| history.remembers());
        task.remembered = looks_back && history.as_ref().is_some_and(|history| history.has_room(&task.window.key));
        let mut values = std::mem::take(&mut task.window.values);
        formulas.derive(&mut values, |at, values| {
            history.as_mut().filter(|_| task.remembered)?.measure(at, &task.window, values, open)
        });
        task.window.values = values;
    }

    /// Whether an incident of the window's key is open.
    fn is_open(&self, window: &Evaluation) -> bool {
        let watch = self.monitors.get(&window.monitor).and_then(|active| active.keys.get(&window.key));
        watch.is_some_and(|watch| watch.track.open().is_some())
    }

    /// Computes what the probabilities of all windows tell together that are judged at one moment, and what follows from it.
    fn adjust(&self, tasks: &mut [Task]) {
        let (mut cells, mut probabilities) = (Vec::new(), Vec::new());
        for (number, task) in tasks.iter().enumerate() {
            let measures = self.plan.monitors.get(task.window.monitor as usize).map(|plan| plan.measures.iter());
            for (at, measure) in measures.into_iter().flatten().enumerate() {
                let MeasureKind::QValue(of) = measure.kind else { continue };
                cells.push((number, at));
                probabilities.push(task.window.values.get(of as usize).copied().flatten().unwrap_or(f64::NAN));
            }
        }
        for ((number, at), rate) in cells.into_iter().zip(fdr::adjusted(&probabilities)) {
            let Some(task) = tasks.get_mut(number) else { continue };
            if let Some(cell) = task.window.values.get_mut(at) {
                *cell = rate;
            }
            if let Some(formulas) = self.formulas.get(task.window.monitor as usize) {
                formulas.derive(&mut task.window.values, |at, values| values.get(at).copied().flatten());
            }
        }
    }

    fn judge(&mut self, fire: i64, task: Task, told: &mut Vec<(i64, Transition)>) {
        let was_open = self.is_open(&task.window);
        let (is_group, quiet) = (task.is_group(), task.is_quiet());
        let Task { window, remembered, .. } = task;
        let Some(plan) = self.plan.monitors.get(window.monitor as usize) else { return };
        let Some(formulas) = self.formulas.get(window.monitor as usize) else { return };
        let history = self.histories.get_mut(&window.monitor);
        if !quiet {
            let mut open = self.shared.lock();
            let silence = self.silences.get_mut(&window.monitor).filter(|_| is_group);
            let unwatched = silence.is_some_and(|silence| !silence.meet(&window.key));
            let unremembered = is_group && !remembered && history.as_ref().is_some_and(|history| history.remembers());
            if let Some(count) = open.epoch.counts.unremembered.get_mut(window.monitor as usize) {
                *count += u64::from(unremembered || unwatched);
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
        let watches = self.silences.get(&monitor).is_some_and(|silence| silence.keys().next().is_some());
        let is_awake = self.silent(monitor).next().is_some() || active.keys.values().any(|watch| !watch.asleep);
        if active.keys.is_empty() && !remembers && !watches {
            self.monitors.remove(&monitor);
        } else if window.borders.incident_micros().is_some() {
            let ends = active.keys.values().filter_map(|watch| ends_alone(watch, window));
            self.due.extend(ends.min().map(|end| (end.saturating_add(window.late_micros), monitor)));
        } else if window.borders.has_quiet_windows() && (remembers || is_awake) {
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
            // Nobody knows whether it is silent behind the end.
            let until = if self.silences.contains_key(&monitor) { youngest } else { window.borders.last_end(last) };
            fire.saturating_sub(window.late_micros) <= until
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
        while let Some(first) = closed.next() {
            let fire = first.fire;
            self.advance(fire.saturating_sub(1), youngest, told);
            let mut windows = vec![first];
            windows.extend(std::iter::from_fn(|| closed.next_if(|next| next.fire == fire)));
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
        for novelty in self.novelties.values_mut() {
            novelty.save(&mut parts)?;
        }
        self.shared.lock().parts.append(&mut parts);
        for (monitor, active) in &self.monitors {
            let Some((plan, _)) = self.monitor(*monitor) else { continue };
            let saved = SavedMonitor {
                monitor: plan.name.clone(),
                end: active.end,
                keys: active.keys.iter().map(|(key, watch)| (key.clone(), watch.clone())).collect(),
                heard: self.silences.get(monitor).into_iter().flat_map(Silence::keys).cloned().collect(),
            };
            let bytes = serde_json::to_vec(&saved).map_err(|error| exec_datafusion_err!("{error}"))?;
            self.shared.lock().parts.push(Part::new(PART, bytes));
        }
        Ok(())
    }

    /// Incidents of monitors that are gone are left behind; whoever starts a run with other rules closes them.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        self.restored = true;
        for history in self.histories.values_mut() {
            history.restore(snapshot)?;
        }
        for novelty in self.novelties.values_mut() {
            novelty.restore(snapshot)?;
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
                let keys = self.plan.monitors.get(monitor as usize).map_or(0, |monitor| monitor.by.len());
                if let Some(silence) = self.silences.get_mut(&monitor) {
                    saved.heard.iter().filter(|key| key.len() == keys).for_each(|key| _ = silence.meet(key));
                }
                self.unbegun.remove(&monitor);
                self.monitors.insert(monitor, Active { end: saved.end, keys: saved.keys.into_iter().collect() });
                self.schedule(monitor);
            }
        }
        Ok(())
    }
}

/// When an incident ends that no later window ends.
fn ends_alone(watch: &Watch, window: WindowPlan) -> Option<i64> {
    let since = match &watch.track {
        Track::Firing { open } => open.opened_at,
        Track::Clearing { since, .. } => *since,
        Track::Pending { .. } | Track::Cooling { .. } => return None,
    };
    Some(since.saturating_add(window.borders.incident_micros()?))
}

fn order(window: &Evaluation) -> (i64, u32, &[Option<String>]) {
    (window.window_end, window.monitor, &window.key)
}

impl Stage for Rules {
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
        let mut told = Vec::new();
        self.begin();
        let (closed, youngest) = rows::decode(&batch)?;
        self.take(closed, youngest, &mut told);
        self.emit(told, out)
    }

    fn control(&mut self, marker: Control, out: &mut Vec<RecordBatch>) -> Result<()> {
        let mut told = Vec::new();
        self.begin();
        match marker {
            Control::Watermark(until) => self.advance(until, None, &mut told),
            Control::End(youngest) => self.advance(i64::MAX, Some(youngest), &mut told),
            Control::Barrier(_) | Control::Flush | Control::Load(_) => {}
        }
        if marker.keeps_state() {
            self.save()?;
        }
        self.emit(told, out)
    }
}
