//! Which clauses of a folder's monitors its examples and tests put to work. A clause of a match or of an alert is covered
//! when it was true once and not true once; a member of a list when it was found; a row when it was chosen.

use std::sync::Arc;

use mon_post::PostBatch;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{self, posts};
use crate::folder::Folder;
use crate::matching::{Backend, Match, MatchError, MatchOptions, Matcher, PostTexts, Truth, interpret_truth};
use crate::plan::{MonitorPlan, Place, Plan, QueryId, RouteFacts, ValueExpr};

mod collect;
#[cfg(test)]
mod tests;

/// What kind of clause it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClauseKind {
    /// A match or query, an operand in it, or a test of a field.
    Condition,
    /// A member of a `terms` list.
    Member,
    /// `alert when`, or an operand in it.
    Alert,
    /// `clear when`, or an operand in it.
    Clear,
    /// A row of `severity`.
    Severity,
    /// A row of `route`.
    Route,
    /// A row of `notify`.
    Notify,
}

/// A clause and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub place: Place,
    pub kind: ClauseKind,
    /// As the rule writes it.
    pub written: String,
    /// Indexes into [`Plan::monitors`]: who is made of it.
    pub monitors: Vec<u32>,
    /// True of a post or window; for a member, found; for a row, chosen.
    pub held: bool,
    /// Not true of a post or window.
    pub failed: bool,
}

impl Clause {
    /// Whether both sides are needed: a member that was found and a row that was chosen have shown what they do.
    const fn has_two_sides(&self) -> bool {
        matches!(self.kind, ClauseKind::Condition | ClauseKind::Alert | ClauseKind::Clear)
    }

    #[must_use]
    pub const fn covered(&self) -> bool {
        self.held && (self.failed || !self.has_two_sides())
    }

    /// What no example and no test has shown; none where it is covered.
    #[must_use]
    pub const fn missing(&self) -> Option<&'static str> {
        if self.covered() {
            return None;
        }
        Some(match self.kind {
            ClauseKind::Member => "was never found",
            ClauseKind::Severity | ClauseKind::Route | ClauseKind::Notify => "was never chosen",
            _ if self.held => "was true every time",
            _ if self.failed => "was never true",
            _ => "was never asked",
        })
    }
}

/// Of how many clauses how many are covered, or of mutants noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub reached: usize,
    pub all: usize,
}

impl Share {
    fn of<'a>(clauses: impl Iterator<Item = &'a Clause>) -> Self {
        clauses.fold(Self::default(), |share, clause| Self {
            reached: share.reached + usize::from(clause.covered()),
            all: share.all + 1,
        })
    }

    /// Whether it is so many of a hundred at least.
    #[must_use]
    pub fn is_at_least(self, percent: f64) -> bool {
        self.reached as f64 * 100.0 >= percent * self.all as f64
    }

    /// Rounded down, so that only what is reached is shown as reached. Of nothing: 100.
    #[must_use]
    pub fn percent(self) -> f64 {
        (self.reached * 1_000).checked_div(self.all).map_or(100.0, |thousandths| thousandths as f64 / 10.0)
    }
}

/// The clauses of one monitor as questions of their own. `at` counts [`Coverage::clauses`].
#[derive(Debug, Default)]
struct Probe {
    /// The monitor's part of the folder, with a query for each clause.
    plan: Plan,
    /// Clauses of the match.
    queries: Vec<(QueryId, usize)>,
    /// Clauses of the alert, over the monitor's measures in this order.
    conditions: Vec<(ValueExpr, Vec<Option<usize>>, usize)>,
    /// Rows of `severity`.
    severity: Vec<usize>,
}

/// All clauses of a plan.
#[derive(Debug)]
pub struct Coverage {
    plan: Arc<Plan>,
    clauses: Vec<Clause>,
    at: FxHashMap<Place, usize>,
    dead: FxHashSet<Place>,
    /// One for each monitor of the plan.
    probes: Vec<Probe>,
}

impl Coverage {
    /// Finds the clauses; `plan` is the folder's.
    #[must_use]
    pub fn new(folder: &Folder, plan: &Arc<Plan>) -> Self {
        let mut coverage = Self {
            plan: Arc::clone(plan),
            clauses: Vec::new(),
            at: FxHashMap::default(),
            dead: dead_rows(plan).into_iter().collect(),
            probes: Vec::new(),
        };
        for (number, monitor) in (0..).zip(&plan.monitors) {
            let probe = coverage.collect(folder, number, monitor);
            coverage.probes.push(probe);
        }
        coverage
    }

    /// By file and place.
    #[must_use]
    pub fn clauses(&self) -> Vec<&Clause> {
        let mut clauses: Vec<&Clause> = self.clauses.iter().collect();
        clauses.sort_by_key(|clause| (clause.place.file, clause.place.span.start, clause.place.span.end));
        clauses
    }

    /// Of the clauses that a monitor is made of.
    #[must_use]
    pub fn of_monitor(&self, monitor: u32) -> Share {
        Share::of(self.clauses.iter().filter(|clause| clause.monitors.contains(&monitor)))
    }

    /// Of all clauses, each counted once.
    #[must_use]
    pub fn total(&self) -> Share {
        Share::of(self.clauses.iter())
    }

    /// The number of the clause at a place, which is added where it is not known yet.
    fn clause(&mut self, place: Place, kind: ClauseKind, written: &str, monitor: u32) -> usize {
        let clauses = &mut self.clauses;
        let at = *self.at.entry(place).or_insert_with(|| {
            let written = written.to_owned();
            clauses.push(Clause { place, kind, written, monitors: Vec::new(), held: false, failed: false });
            clauses.len() - 1
        });
        if let Some(clause) = self.clauses.get_mut(at)
            && !clause.monitors.contains(&monitor)
        {
            clause.monitors.push(monitor);
        }
        at
    }

    /// The examples of a monitor are asked. What their text alone does not decide says nothing of a clause.
    pub fn see_examples(&mut self, monitor: u32) {
        let Some(plan) = self.plan.monitors.get(monitor as usize) else { return };
        let Some(probe) = self.probes.get(monitor as usize) else { return };
        let mut seen = Vec::new();
        for example in &plan.examples {
            let Some(batch) = posts(std::iter::once(example.text.as_str())) else { continue };
            let post = PostTexts::read(&batch, 0);
            for (query, at) in &probe.queries {
                let Some(query) = probe.plan.queries.get(query.0 as usize) else { continue };
                match check::decided(&probe.plan.terms, &query.cond, &post) {
                    Truth::Unknown => {}
                    truth => seen.push((*at, truth.is_true())),
                }
            }
        }
        seen.into_iter().for_each(|(at, held)| self.see(at, held));
    }

    /// Recorded posts are asked for a monitor.
    ///
    /// # Errors
    /// When a limit of the matcher is met.
    pub fn see_posts(&mut self, monitor: u32, batches: &[PostBatch]) -> Result<(), MatchError> {
        let Some(probe) = self.probes.get(monitor as usize) else { return Ok(()) };
        let ids: Vec<QueryId> = probe.queries.iter().map(|(id, _)| *id).collect();
        let matcher = Matcher::build(&probe.plan, &ids, Backend::Bytecode, &MatchOptions::default())?;
        let mut scratch = matcher.scratch();
        let mut held: FxHashMap<QueryId, usize> = FxHashMap::default();
        let mut found: Vec<Match> = Vec::new();
        for batch in batches {
            found.clear();
            matcher.match_batch(batch, &mut scratch, &mut found);
            found.iter().for_each(|found| *held.entry(found.query).or_default() += 1);
        }
        let all: usize = batches.iter().map(PostBatch::len).sum();
        let seen: Vec<(usize, usize)> =
            probe.queries.iter().map(|(id, at)| (*at, held.get(id).copied().unwrap_or(0))).collect();
        for (at, held) in seen {
            if held > 0 {
                self.see(at, true);
            }
            if held < all {
                self.see(at, false);
            }
        }
        Ok(())
    }

    /// A window of a monitor closed with these measures.
    pub fn see_window(&mut self, monitor: u32, values: &[Option<f64>]) {
        let Some(probe) = self.probes.get(monitor as usize) else { return };
        let mut seen = Vec::new();
        for (condition, measures, at) in &probe.conditions {
            let values: Vec<Option<f64>> =
                measures.iter().map(|from| from.and_then(|from| values.get(from).copied().flatten())).collect();
            seen.push((*at, interpret_truth(condition, &values).is_true()));
        }
        seen.into_iter().for_each(|(at, held)| self.see(at, held));
    }

    /// An incident of a monitor took the severity that these measures ask for.
    pub fn see_severity(&mut self, monitor: u32, values: &[Option<f64>]) {
        let Some(plan) = self.plan.monitors.get(monitor as usize) else { return };
        let holds = |when: &ValueExpr| interpret_truth(when, values).is_true();
        let chosen = plan.severity.iter().position(|row| row.when.as_ref().is_none_or(holds));
        let at = chosen.and_then(|row| self.probes.get(monitor as usize)?.severity.get(row).copied());
        at.into_iter().for_each(|at| self.see(at, true));
    }

    /// A row of a playbook was chosen.
    pub fn see_row(&mut self, place: Place) {
        let at = self.at.get(&place).copied();
        at.into_iter().for_each(|at| self.see(at, true));
    }

    fn see(&mut self, at: usize, held: bool) {
        if let Some(clause) = self.clauses.get_mut(at) {
            clause.held |= held;
            clause.failed |= !held;
        }
    }
}

/// Rows of a plan's playbooks that no monitor can come to: what depends on them cannot be tested.
#[must_use]
pub fn dead_rows(plan: &Plan) -> Vec<Place> {
    let mut dead = Vec::new();
    for (number, playbook) in (0..).zip(&plan.playbooks) {
        let followers: Vec<&MonitorPlan> = plan
            .monitors
            .iter()
            .filter(|monitor| monitor.playbook == Some(number) && monitor.alert.is_some())
            .collect();
        let raises = |accept: &dyn Fn(RouteFacts<'_>) -> bool| {
            followers.iter().any(|monitor| {
                let name = Some(monitor.name.as_str());
                check::raised(&monitor.severity)
                    .into_iter()
                    .any(|level| accept(RouteFacts { level, monitor: name, key: &|_, _| None }))
            })
        };
        for row in playbook.first.iter().chain(&playbook.also) {
            if !raises(&|facts| row.when.as_ref().is_none_or(|when| when.truth(facts) != Some(false))) {
                dead.push(row.place);
            }
        }
        for row in &playbook.notify {
            if !raises(&|facts| facts.level == row.level) {
                dead.push(row.place);
            }
        }
    }
    dead
}
