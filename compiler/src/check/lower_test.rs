//! Lowers `test` items: what is replayed and what is expected of it.

use std::sync::Arc;

use mon_grammar::ast::{self, PlaybookClauseKind, TestStepKind};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Cond, MonitorId, TestPlan};

use super::names::Found;
use super::state::Checker;
use super::times;
use super::unsupported::{Construct, clause_refusal};

impl<'a> Checker<'a> {
    /// One test.
    pub fn test_item(&mut self, found: Found<'a, ast::Test>) {
        self.file = found.file;
        let test = found.item;
        let before = self.count();
        let monitor = self.monitor_named(&test.monitor);
        let place = self.at(test.monitor.span);
        let replays = test.steps.iter().filter(|step| matches!(step.kind, TestStepKind::Replay { .. })).count();
        if replays != 1 {
            let message =
                if replays == 0 { "the test replays no posts" } else { "the test replays more than one file" };
            let told = Diagnostic::new(&codes::TEST_WITHOUT_REPLAY, place, message)
                .help("name one recorded file: `replay \"captures/launch.jsonl\"`");
            self.tell(told);
        }
        if test.steps.len() == replays && !test.steps.is_empty() {
            let told = Diagnostic::new(&codes::TEST_WITHOUT_EXPECTATION, place, "the test expects nothing")
                .help("say what must happen, for example `expect 1 incident` or `expect >= 10 posts matched`");
            self.tell(told);
        }
        let mut filters = Vec::with_capacity(test.steps.len());
        for step in &test.steps {
            let filter = self.step(step, monitor);
            filters.push(filter.map(Arc::new));
        }
        if self.failed_since(before) {
            return;
        }
        let Some(at) = monitor.and_then(|at| self.plan_index(at)) else { return };
        let steps = test.steps.iter().map(|step| (self.at(step.span), step.kind.clone())).collect();
        self.plan.tests.push(TestPlan { place, monitor: at, title: test.title.clone(), steps, filters });
    }

    /// The monitor's place in the plan; None where it has errors of its own.
    fn plan_index(&self, at: usize) -> Option<MonitorId> {
        let name = &self.names.monitors.get(at)?.item.name.text;
        self.monitor_ids.get(name.as_str()).copied()
    }

    fn step(&mut self, step: &ast::TestStep, monitor: Option<usize>) -> Option<Cond> {
        match &step.kind {
            TestStepKind::Replay { .. } | TestStepKind::Broken { .. } => None,
            TestStepKind::Other { .. } => {
                // `expect escalation …`, `at 10:10 acknowledge …`: the words that say what is asked.
                let written = self.source(step.span).split_whitespace().filter(|word| !word.contains(':'));
                let named = written.take(2).collect::<Vec<_>>().join(" ");
                let told = clause_refusal(Construct::TestStep, &named, self.at(step.span));
                self.tell(told);
                None
            }
            TestStepKind::Incidents { monitor: named, .. } => {
                let about = match named {
                    Some(name) => self.monitor_named(name),
                    None => monitor,
                };
                self.needs_alert(step, about);
                None
            }
            TestStepKind::Opened { at, .. } | TestStepKind::ClearedBy { at } => {
                self.clock(at);
                self.needs_alert(step, monitor);
                None
            }
            TestStepKind::Severity { level, by } => {
                self.level(level);
                if let Some(by) = by {
                    self.clock(by);
                }
                self.needs_alert(step, monitor);
                None
            }
            TestStepKind::Matched { filter, .. } => self.matching(filter.as_ref()?),
            TestStepKind::Messages { team, .. } => {
                self.needs_alert(step, monitor);
                if let Some(team) = team {
                    self.team_of(team, monitor);
                }
                None
            }
        }
    }

    /// The team must be one that a route of the monitor's playbook names.
    fn team_of(&mut self, team: &ast::Name, monitor: Option<usize>) {
        let Some(found) = monitor.and_then(|at| self.names.monitors.get(at)).copied() else { return };
        let follows = self.clauses_of(&found.item.name.text).iter().find_map(|own| match &own.clause.kind {
            ast::ClauseKind::Follow(name) => Some(name),
            _ => None,
        });
        // An unknown playbook was told where it is followed; without one there is nobody to compare with.
        let Some(playbook) = follows.and_then(|name| self.names.playbook(&name.text)) else { return };
        let clauses = self.names.playbooks.get(playbook).map_or(&[][..], |found| &found.item.clauses);
        let mut teams: Vec<&str> = Vec::new();
        for clause in clauses {
            match &clause.kind {
                PlaybookClauseKind::Route { rows, .. } => teams.extend(rows.iter().map(|row| row.team.text.as_str())),
                PlaybookClauseKind::Broken { .. } => return,
                _ => {}
            }
        }
        if teams.contains(&team.text.as_str()) {
            return;
        }
        teams.sort_unstable();
        teams.dedup();
        let message = format!("no alert of `{}` goes to team `{}`", found.item.name.text, team.text);
        let mut told = Diagnostic::new(&codes::UNKNOWN_TEAM, self.at(team.span), message)
            .suggest(&team.text, teams.iter().copied());
        if told.help.is_none() {
            told = told.help(format!("its playbook tells: {}", teams.join(", ")));
        }
        self.tell(told);
    }

    fn needs_alert(&mut self, step: &ast::TestStep, monitor: Option<usize>) {
        let Some(found) = monitor.and_then(|at| self.names.monitors.get(at)) else { return };
        if monitor.is_some_and(|at| self.extended.lost.get(at) == Some(&true)) {
            // The alert may be what could not be found.
            return;
        }
        let clauses = self.clauses_of(&found.item.name.text);
        let alerts = clauses.iter().any(|own| matches!(own.clause.kind, ast::ClauseKind::Alert(_)));
        if !alerts {
            let name = &found.item.name;
            let told = Diagnostic::new(
                &codes::TEST_NEEDS_ALERT,
                self.at(step.span),
                format!("`{}` raises no alerts", name.text),
            )
            .label(crate::plan::Place { file: found.file, span: name.span }, "it has no `alert when`")
            .help("expect posts instead: `expect >= 10 posts matched`");
            self.tell(told);
        }
    }

    fn clock(&mut self, at: &ast::Name) {
        if times::clock(&at.text).is_none() && times::instant(&at.text).is_none() {
            let told = Diagnostic::new(&codes::BAD_TIME, self.at(at.span), format!("`{}` is no time", at.text))
                .help("write a time of the replayed day as `10:03`, or a full one as `2026-11-01T10:03:00Z`");
            self.tell(told);
        }
    }
}
