//! Lowers monitors: each clause is read in turn, then what must fit together is compared.

use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::{self, Clause, ClauseKind, CompareOp, ExprKind, Path};
use mon_post::{Field, FieldId, FieldType};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{
    AlertPlan, Borders, Cond, CondKind, ExamplePlan, MeasurePlan, MonitorId, MonitorPlan, Place, QueryId, QueryPlan,
    Severity, SeverityPlan, ShowPlan, ShowValuesPlan, ValueExpr, WindowPlan,
};

use super::extend::Own;
use super::lower_show;
use super::lower_value::Measures;
use super::names::{duplicate, shadows_field};
use super::outcome;
use super::state::Checker;
use super::times;
use super::unsupported::{self, Construct};

/// Playbooks that a finding lists.
const SHOWN_MAX: usize = 50;

/// The clauses of a monitor by kind; those that may stand once, once.
#[derive(Default)]
pub(super) struct Clauses<'a> {
    extend: Option<(Own<'a>, ())>,
    matching: Option<(Own<'a>, &'a ast::Expr)>,
    window: Option<(Own<'a>, &'a ast::Window)>,
    alert: Option<(Own<'a>, &'a ast::Alert)>,
    severity: Option<(Own<'a>, &'a [ast::SeverityRow])>,
    show: Option<(Own<'a>, Option<&'a ast::ShowPosts>, &'a [ast::ShowValues])>,
    follow: Option<(Own<'a>, &'a ast::Name)>,
    /// `min 20 posts`.
    min: Option<(Own<'a>, f64)>,
    warmup: Option<(Own<'a>, i64)>,
    pub(super) cooldown: Option<(Own<'a>, i64)>,
    under_load: Option<(Own<'a>, &'a [ast::OneIn])>,
    measures: Vec<(Own<'a>, &'a ast::Name, &'a ast::Expr)>,
    groups: Vec<(Own<'a>, &'a Path)>,
    /// The countries of each `extend`, the monitor's own last.
    regions: Vec<(Own<'a>, &'a [ast::Name])>,
    examples: Vec<ExamplePlan>,
    owner: Option<String>,
    metas: Vec<(&'a str, Own<'a>)>,
    /// Some clause could not be read: what seems missing may be there.
    broken: bool,
}

impl<'a> Checker<'a> {
    /// One monitor; an error in it leaves it out of the plan, the others stay.
    pub fn monitor(&mut self, at: usize) {
        let Some(found) = self.names.monitors.get(at).copied() else { return };
        self.file = found.file;
        let before = self.count();
        let monitor = found.item;
        let place = self.at(monitor.name.span);
        let mut clauses = self.sort_clauses(at);
        let lost = self.extended.lost.get(at) == Some(&true);
        clauses.broken |= lost;
        let cond = self.match_of(&clauses, monitor);
        let regions = self.regions(&clauses.regions);
        let cond = cond.zip(regions).and_then(|(cond, regions)| self.narrowed(cond, regions, &clauses));
        let window =
            clauses.window.and_then(|(own, window)| self.inside(own, |checker| checker.window(own.clause, window)));
        let (window, steps) = window.unzip();
        let steps = steps.unwrap_or_default();
        if let (Some(cond), Some((own, _))) = (&cond, clauses.window) {
            self.inside(own, |checker| checker.steps_are_met(cond, &steps));
        }
        let by = self.group_keys(&clauses);
        if lost {
            // What it counts with may be what could not be found.
            return;
        }
        let under_load = self.under_load(&clauses);
        let measures = self.measures(&clauses, window.as_ref(), &by);
        let (show, show_values) = self.show(&clauses, measures.as_ref().map(|(measures, ..)| measures.list.as_slice()));
        if let (Some((own, _)), false) = (clauses.under_load, show_values.is_empty()) {
            self.inside(own, |checker| checker.unsampled_values(own.clause.span));
        }
        let playbook = self.follow(&clauses, place);
        self.needs(&clauses);
        let (Some((measures, alert, severity)), Some(cond), Some(under_load)) = (measures, cond, under_load) else {
            return;
        };
        let Some((own, _)) = clauses.matching else { return };
        let Some(lowered) = self.inside(own, |checker| checker.sized(cond, own.clause.span)) else { return };
        // What is wrong with a clause that was taken over was told where it stands.
        let base = self.extended.bases.get(at).copied().flatten().and_then(|base| self.names.monitors.get(base));
        let base_failed = base.is_some_and(|base| !self.monitor_ids.contains_key(base.item.name.text.as_str()));
        if base_failed || self.failed_since(before) {
            return;
        }
        let query = QueryId(u32::try_from(self.plan.queries.len()).unwrap_or(u32::MAX));
        let name = monitor.name.text.clone();
        let id = MonitorId(u32::try_from(self.plan.monitors.len()).unwrap_or(u32::MAX));
        self.monitor_ids.insert(&monitor.name.text, id);
        self.plan.queries.push(QueryPlan { name: name.clone(), named: false, place, cond: lowered.cond });
        self.plan.monitors.push(MonitorPlan {
            name,
            doc: found.doc.map(str::to_owned),
            owner: clauses.owner,
            place,
            query,
            window,
            steps,
            by,
            measures: measures.list,
            alert,
            severity,
            show,
            under_load,
            show_values,
            playbook,
            examples: clauses.examples,
        });
    }

    /// What the monitor's `match` asks of a post.
    fn match_of(&mut self, clauses: &Clauses<'a>, monitor: &ast::Monitor) -> Option<Cond> {
        match clauses.matching {
            Some((own, expr)) => self.inside(own, |checker| checker.matching(expr)),
            None if clauses.broken => None,
            None => {
                let message = format!("`{}` does not say what it matches", monitor.name.text);
                let told = Diagnostic::new(&codes::MISSING_MATCH, self.at(monitor.name.span), message)
                    .help("add a line `match …`, such as `match \"acme\"`");
                self.tell(told);
                None
            }
        }
    }

    fn sort_clauses(&mut self, at: usize) -> Clauses<'a> {
        let mut sorted = Clauses::default();
        for own in self.extended.clauses.get(at).cloned().unwrap_or_default() {
            self.inside(own, |checker| checker.sort_clause(own, &mut sorted));
        }
        sorted
    }

    fn sort_clause(&mut self, own: Own<'a>, sorted: &mut Clauses<'a>) {
        let clause = own.clause;
        match &clause.kind {
            ClauseKind::Extend { base, countries } => {
                if own.via.is_none() {
                    self.once("extend", &mut sorted.extend, own, (own, ()), |c| c.0);
                    self.extends(base);
                }
                sorted.regions.push((own, countries));
            }
            ClauseKind::Locked(kinds) => self.locks(kinds),
            ClauseKind::Match(expr) => self.once("match", &mut sorted.matching, own, (own, expr), |c| c.0),
            ClauseKind::Window(window) => self.once("window", &mut sorted.window, own, (own, window), |c| c.0),
            ClauseKind::Alert(alert) => self.once("alert", &mut sorted.alert, own, (own, alert), |c| c.0),
            ClauseKind::Severity(rows) => {
                self.once("severity", &mut sorted.severity, own, (own, rows.as_slice()), |c| c.0);
            }
            ClauseKind::Show { posts, values } => {
                self.once("show", &mut sorted.show, own, (own, posts.as_ref(), values.as_slice()), |c| c.0);
            }
            ClauseKind::Follow(name) => self.once("follow playbook", &mut sorted.follow, own, (own, name), |c| c.0),
            ClauseKind::Measure { name, expr } => sorted.measures.push((own, name, expr)),
            ClauseKind::Group(paths) => sorted.groups.extend(paths.iter().map(|path| (own, path))),
            ClauseKind::Example { expected, text, text_span } => sorted.examples.push(ExamplePlan {
                place: self.at(*text_span),
                text: text.clone(),
                expected: *expected,
            }),
            ClauseKind::Meta { key, value, value_span } => {
                let first = sorted.metas.iter().find(|(known, _)| *known == key.text).map(|(_, own)| *own);
                let mut slot = first.map(|first| (first, ()));
                self.once(&key.text, &mut slot, own, (own, ()), |c| c.0);
                sorted.metas.push((&key.text, own));
                self.meta(key, value, *value_span, &mut sorted.owner);
            }
            ClauseKind::Dedupe { .. } => {
                self.refuse::<()>(Construct::Dedupe, clause.span);
            }
            // It is applied when all findings are known.
            ClauseKind::Allow { .. } => {}
            ClauseKind::Guard { key, value } if key.text == "min" => {
                if let Some(posts) = self.posts(value) {
                    self.once("min", &mut sorted.min, own, (own, posts), |c| c.0);
                }
            }
            ClauseKind::Guard { key, value } => self.guard(own, key, value, sorted),
            ClauseKind::UnderLoad(steps) => {
                self.once("under load", &mut sorted.under_load, own, (own, steps.as_slice()), |c| c.0);
            }
            ClauseKind::Broken { .. } => sorted.broken = true,
            ClauseKind::Other { keyword } => {
                let told = unsupported::clause_refusal(Construct::OtherClause, &keyword.text, self.at(clause.span));
                self.tell(told);
            }
        }
    }

    fn once<T>(&mut self, name: &str, slot: &mut Option<T>, own: Own<'a>, value: T, at: impl Fn(&T) -> Own<'a>) {
        match slot {
            None => *slot = Some(value),
            Some(first) => {
                let first = self.at(at(first).clause.span);
                let place = self.at(own.clause.span);
                let told = Diagnostic::new(&codes::REPEATED_CLAUSE, place, format!("`{name}` stands twice"))
                    .label(place, "again here")
                    .label(first, "stands here first")
                    .help(match name {
                        "match" | "alert" => "keep one of them, or join what they say with `and` or `or`",
                        "window" => "keep one of them; two windows are two monitors",
                        "severity" => "keep one of them, with the rows of both",
                        "show" => "keep one of them, and put a comma between what they show",
                        _ => "keep one of them",
                    });
                self.tell(told);
            }
        }
    }

    /// The number of posts that `min` asks for.
    fn posts(&mut self, value: &ast::Expr) -> Option<f64> {
        match &value.kind {
            ExprKind::Quantity { value, unit } if matches!(unit.text.as_str(), "posts" | "post") => Some(*value),
            _ => {
                let told = Diagnostic::new(&codes::BAD_METADATA, self.at(value.span), "`min` takes a number of posts");
                self.tell(told.help("write `min 20 posts`; ask for other measures in `alert when`"));
                None
            }
        }
    }

    /// `warmup 7d`, `cooldown 2h`.
    fn guard(&mut self, own: Own<'a>, key: &'a ast::Name, value: &ast::Expr, sorted: &mut Clauses<'a>) {
        let slot = match key.text.as_str() {
            "warmup" => &mut sorted.warmup,
            "cooldown" => &mut sorted.cooldown,
            other => {
                let told = unsupported::clause_refusal(Construct::OtherClause, other, self.at(own.clause.span));
                self.tell(told);
                return;
            }
        };
        let ExprKind::Duration(length) = value.kind else { return };
        if length.micros > self.options.limits.window_micros_max {
            self.exceed(length.span, format!("`{}` is at most a year", key.text), "window_micros_max");
        }
        self.once(&key.text, slot, own, (own, length.micros), |c| c.0);
    }

    fn meta(&mut self, key: &ast::Name, value: &str, span: Span, owner: &mut Option<String>) {
        const STATUSES: [&str; 3] = ["draft", "trial", "live"];
        match key.text.as_str() {
            "owner" => *owner = Some(value.to_owned()),
            "status" if !STATUSES.contains(&value) => {
                let mut told = Diagnostic::new(&codes::BAD_METADATA, self.at(span), format!("`{value}` is no status"))
                    .suggest(value, STATUSES);
                if told.help.is_none() {
                    told = told.help("a status is `draft`, `trial` or `live`");
                }
                self.tell(told);
            }
            "since" if times::instant(value).is_none() => {
                let told = Diagnostic::new(&codes::BAD_METADATA, self.at(span), format!("`{value}` is no date"))
                    .help("write a date as `2026-11-01`");
                self.tell(told);
            }
            _ => {}
        }
    }

    /// A match and the regions of a monitor together.
    fn narrowed(&mut self, cond: Cond, regions: Vec<Cond>, clauses: &Clauses<'a>) -> Option<Cond> {
        let (own, _) = clauses.matching?;
        let place = cond.place;
        let whole = if regions.is_empty() {
            cond
        } else {
            let members = std::iter::once(cond).chain(regions).collect();
            self.possible(Cond { place, kind: CondKind::And(members) })?
        };
        self.inside(own, |checker| checker.only_exclusions(&whole));
        Some(whole)
    }

    fn only_exclusions(&mut self, cond: &Cond) {
        let negative = match &cond.kind {
            CondKind::Not(_) => true,
            CondKind::And(members) => members.iter().all(|member| matches!(member.kind, CondKind::Not(_))),
            _ => false,
        };
        if negative {
            let told =
                Diagnostic::new(&codes::ONLY_EXCLUSIONS, cond.place, "this match only says what it does not want")
                    .help("add what it looks for, such as `\"acme\" and not \"giveaway\"`");
            self.tell(told);
        }
    }

    fn group_keys(&mut self, clauses: &Clauses<'a>) -> Vec<FieldId> {
        let mut by: Vec<FieldId> = Vec::new();
        let windowed = clauses.window.map_or(&[][..], |(_, window)| window.by.as_slice());
        let windowed = windowed.iter().filter_map(|path| Some((clauses.window?.0, path)));
        for (own, path) in windowed.chain(clauses.groups.iter().copied()) {
            let Some((id, field)) = self.inside(own, |checker| checker.field(path)) else { continue };
            let groups = matches!(
                field.ty,
                FieldType::Text | FieldType::Enum(_) | FieldType::Language | FieldType::Country | FieldType::Flag
            ) && !matches!(field.name, "text" | "title");
            if !groups {
                self.inside(own, |checker| checker.no_group(path, field));
            } else if !by.contains(&id) {
                by.push(id);
            }
        }
        if by.len() > self.options.limits.group_keys_max {
            let message = format!("a monitor groups by at most {} fields", self.options.limits.group_keys_max);
            if let Some(own) = clauses.window.map(|(own, _)| own).or(clauses.groups.last().map(|(own, _)| *own)) {
                self.inside(own, |checker| checker.exceed(own.clause.span, message, "group_keys_max"));
            }
        }
        by
    }

    fn no_group(&mut self, path: &Path, field: &Field) {
        let told = Diagnostic::new(
            &codes::BAD_GROUP_KEY,
            self.at(path.span),
            format!("posts cannot be grouped by `{}`", field.name),
        )
        .label(self.at(path.span), format!("this is {}", super::fields::holds(field)))
        .help("group by a platform, kind, language, country, community or another single word of a post");
        self.tell(told);
    }

    /// Measures, alert and severity; None where an error was told in the alert.
    /// The steps of `under load`; none without it.
    fn under_load(&mut self, clauses: &Clauses<'a>) -> Option<Vec<u32>> {
        clauses.under_load.map_or(Some(Vec::new()), |(own, steps)| self.inside(own, |checker| checker.ladder(steps)))
    }

    fn measures(
        &mut self,
        clauses: &Clauses<'a>,
        window: Option<&WindowPlan>,
        by: &[FieldId],
    ) -> Option<(Measures, Option<AlertPlan>, Vec<SeverityPlan>)> {
        #[expect(clippy::cast_precision_loss, reason = "a window's length fits a decimal exactly")]
        let minutes = match window.map(|window| window.borders) {
            Some(Borders::Steps { size_micros, .. }) => Some(size_micros as f64 / 60e6),
            Some(_) => None,
            None => Some(1.0),
        };
        let declared: Vec<String> = clauses.measures.iter().map(|(_, name, _)| name.text.clone()).collect();
        let borders = window.map(|window| window.borders);
        let mut measures = Measures { minutes, borders, declared, ..Measures::default() };
        let mut first: rustc_hash::FxHashMap<&str, Place> = rustc_hash::FxHashMap::default();
        for (own, name, expr) in &clauses.measures {
            self.inside(*own, |checker| {
                let place = checker.at(name.span);
                if mon_post::find(&name.text).is_some() {
                    checker.tell(shadows_field(&name.text, place));
                    measures.failed.insert(name.text.clone());
                } else if let Some(first) = first.get(name.text.as_str()) {
                    let told = duplicate(&name.text, *first, place);
                    checker.tell(told);
                } else if checker.shallow(expr).and_then(|()| checker.measure_line(&mut measures, name, expr)).is_none()
                {
                    measures.failed.insert(name.text.clone());
                }
                first.entry(&name.text).or_insert(place);
            });
        }
        if let (Some((own, _)), true) = (clauses.under_load, window.is_some()) {
            self.inside(own, |checker| checker.heard_one_in(own.clause.span, &mut measures));
        }
        let alert = clauses.alert.map(|(own, alert)| {
            self.inside(own, |checker| {
                checker.judged_once(alert, window, clauses)?;
                checker.alert(&mut measures, own.clause, alert, clauses)
            })
        });
        let severity = match clauses.severity {
            Some((own, rows)) => self.inside(own, |checker| checker.severities(&mut measures, own.clause, rows)),
            None => vec![SeverityPlan { place: Place::default(), level: Severity::Medium, when: None }],
        };
        if measures.list.len() > self.options.limits.measures_max
            && let Some((own, ..)) = clauses.measures.last()
        {
            let message = format!("a monitor has at most {} measures", self.options.limits.measures_max);
            self.inside(*own, |checker| checker.exceed(own.clause.span, message, "measures_max"));
        }
        if let Some((own, _)) = clauses.under_load {
            self.inside(own, |checker| checker.sampled(own.clause.span, &measures, window, by))?;
        }
        match alert {
            Some(None) => None,
            Some(alert) => Some((measures, alert, severity)),
            None => Some((measures, None, severity)),
        }
    }

    fn alert(
        &mut self,
        measures: &mut Measures,
        clause: &Clause,
        alert: &ast::Alert,
        clauses: &Clauses<'a>,
    ) -> Option<AlertPlan> {
        self.shallow(&alert.when)?;
        if let Some(clear) = &alert.clear {
            self.shallow(clear)?;
        }
        let when = self.condition(measures, &alert.when);
        let when = match (when, clauses.min) {
            (Some(when), Some((own, posts))) => {
                let count = self.inside(own, |checker| checker.count_of_posts(measures, own.clause.span));
                let enough = ValueExpr::Compare(CompareOp::Ge, Box::new(count), Box::new(ValueExpr::Number(posts)));
                Some(ValueExpr::And(vec![when, enough]))
            }
            (when, _) => when,
        };
        if let Some(when) = &when {
            self.undecided(measures, when, alert.when.span, "alert");
        }
        let clear = alert.clear.as_ref().map(|expr| {
            let clear = self.condition(measures, expr)?;
            self.undecided(measures, &clear, expr.span, "clear");
            Some(clear)
        });
        for held in [alert.hold, alert.clear_hold].into_iter().flatten() {
            if held.micros > self.options.limits.window_micros_max {
                self.exceed(held.span, "an alert waits at most a year".to_owned(), "window_micros_max");
            }
        }
        Some(AlertPlan {
            place: self.at(clause.span),
            when: when?,
            hold_micros: alert.hold.map_or(0, |held| held.micros),
            clear: match clear {
                Some(clear) => Some(clear?),
                None => None,
            },
            clear_hold_micros: alert.clear_hold.map_or(0, |held| held.micros),
            warmup_micros: clauses.warmup.map_or(0, |(_, micros)| micros),
            cooldown_micros: clauses.cooldown.map_or(0, |(_, micros)| micros),
        })
    }

    /// Reports a condition that comes out the same in every window; `what` is `alert` or `clear`.
    fn undecided(&mut self, measures: &Measures, when: &ValueExpr, span: Span, what: &str) {
        let outcome = outcome::of(when, measures.known(0.0));
        let (message, help) = match (outcome.never(), outcome.always(), what) {
            (true, _, "alert") => (
                "this never holds, so no alert is ever raised",
                "compare with a figure that the measure can reach, such as `count() >= 20`",
            ),
            (true, _, _) => (
                "this never holds, so no incident is ever cleared",
                "compare with a figure that the measure can reach, or leave out `clear when`",
            ),
            (_, true, "alert") => (
                "this always holds, so every window is an alert",
                "compare a measure with a figure that only a crisis reaches, such as `count() >= 20`",
            ),
            (_, true, _) => (
                "this always holds, so every incident is cleared at once",
                "leave out `clear when`: the incident then clears when the alert no longer holds",
            ),
            _ if what == "alert"
                && measures.borders.is_some_and(|borders| !borders.has_quiet_windows())
                && outcome::of(when, measures.known(1.0)).never() =>
            {
                (
                    "this holds only without posts, and a window of this kind begins with one",
                    "use a window that time makes, such as `window tumble 5m`; a group that falls silent is the pattern \
                     `window pattern \"acme\" then not \"acme\" for 1h`",
                )
            }
            _ => return,
        };
        // What the measure can be says more than a figure of another one.
        let help = match outcome::limits(when, measures.known(0.0)) {
            Some((measure, low, high)) => {
                format!(
                    "compare with a figure that the measure can reach: `{}` is between {low} and {high}",
                    measure.name
                )
            }
            None => help.to_owned(),
        };
        let told = Diagnostic::new(&codes::ALERT_NEVER_CHANGES, self.at(span), message).help(help);
        self.tell(told);
    }

    /// Reports a row that an earlier one leaves nothing to, or that cannot hold at all.
    fn reached(&mut self, measures: &Measures, earlier: &[(ValueExpr, Place)], when: &ValueExpr, span: Span) {
        let told = Diagnostic::new(&codes::SEVERITY_ROWS, self.at(span), "this row is never reached");
        let told = if outcome::of(when, measures.known(0.0)).never() {
            told.help("its condition never holds; compare with a figure that the measure can reach")
        } else if let Some((_, first)) = earlier.iter().find(|(wide, _)| outcome::implies(when, wide)) {
            told.label(*first, "this row holds wherever the other one does").help("put the row above the other one")
        } else if let Some((_, first)) =
            earlier.iter().find(|(wide, _)| outcome::of(wide, measures.known(0.0)).always())
        {
            told.label(*first, "this row always holds").help("put the row above the other one")
        } else {
            return;
        };
        self.tell(told);
    }

    fn severities(&mut self, measures: &mut Measures, clause: &Clause, rows: &[ast::SeverityRow]) -> Vec<SeverityPlan> {
        let mut plans: Vec<SeverityPlan> = Vec::new();
        let mut otherwise: Option<Place> = None;
        let mut earlier: Vec<(ValueExpr, Place)> = Vec::new();
        for row in rows {
            let level = self.level(&row.level);
            if let Some(first) = otherwise {
                let told = Diagnostic::new(&codes::SEVERITY_ROWS, self.at(row.span), "this row is never reached")
                    .label(first, "`otherwise` takes everything")
                    .help("put the row above `otherwise`");
                self.tell(told);
            }
            let when = row.when.as_ref().map(|when| {
                self.shallow(when)?;
                self.condition(measures, when)
            });
            match &when {
                None => {
                    otherwise.get_or_insert(self.at(row.span));
                }
                Some(Some(when)) if otherwise.is_none() => {
                    self.reached(measures, &earlier, when, row.span);
                    earlier.push((when.clone(), self.at(row.span)));
                }
                Some(_) => {}
            }
            let (Some(level), place) = (level, self.at(row.span)) else { continue };
            match when {
                Some(None) => {}
                Some(when) => plans.push(SeverityPlan { place, level, when }),
                None => plans.push(SeverityPlan { place, level, when: None }),
            }
        }
        if otherwise.is_none() {
            let told = Diagnostic::new(&codes::SEVERITY_ROWS, self.at(clause.span), "`severity` has no `otherwise`")
                .help("an alert that fits no row is `medium`; write `medium otherwise`, or another level, as the last row");
            self.tell(told);
            plans.push(SeverityPlan { place: self.at(clause.span), level: Severity::Medium, when: None });
        }
        plans
    }

    /// The severity of this name; an unknown one is reported.
    pub fn level(&mut self, name: &ast::Name) -> Option<Severity> {
        if let Some(level) = Severity::find(&name.text) {
            return Some(level);
        }
        let names = Severity::ALL.map(Severity::name);
        let mut told =
            Diagnostic::new(&codes::UNKNOWN_SEVERITY, self.at(name.span), format!("`{}` is no severity", name.text))
                .suggest(&name.text, names);
        if told.help.is_none() {
            told = told.help("severities are `critical`, `high`, `medium` and `low`");
        }
        self.tell(told);
        None
    }

    fn show(&mut self, clauses: &Clauses<'a>, measures: Option<&[MeasurePlan]>) -> (ShowPlan, Vec<ShowValuesPlan>) {
        let Some((own, posts, values)) = clauses.show else { return (lower_show::POSTS, Vec::new()) };
        self.inside(own, |checker| {
            let shown = posts.map_or(lower_show::POSTS, |posts| checker.shown_posts(posts));
            (shown, checker.shown_values(values, measures))
        })
    }

    fn follow(&mut self, clauses: &Clauses<'a>, place: Place) -> Option<u32> {
        let Some((own, name)) = clauses.follow else {
            if let Some((own, _)) = clauses.alert
                && !clauses.broken
            {
                let alert = self.inside(own, |checker| checker.at(own.clause.span));
                let told = Diagnostic::new(
                    &codes::NOBODY_IS_TOLD,
                    place,
                    "this monitor raises alerts and follows no playbook",
                )
                .label(alert, "the alert")
                .help("add a line `follow playbook …`");
                self.tell(told);
            }
            return None;
        };
        self.inside(own, |checker| checker.playbook_named(name))
    }

    fn playbook_named(&mut self, name: &ast::Name) -> Option<u32> {
        let Some(at) = self.names.playbook(&name.text) else {
            let searched = self.searched();
            let all = self.names.playbooks.iter().map(|found| found.item.name.text.as_str());
            let known: Vec<&str> = all.clone().take(searched).collect();
            let mut told = Diagnostic::new(
                &codes::UNKNOWN_PLAYBOOK,
                self.at(name.span),
                format!("there is no playbook `{}`", name.text),
            )
            .suggest(&name.text, known.iter().copied());
            if told.help.is_none() {
                let shown: Vec<&str> = all.take(SHOWN_MAX).collect();
                told = told.help(match shown.as_slice() {
                    [] => format!("add it: `playbook {} {{ … }}`", name.text),
                    shown => format!("there are: {}", shown.join(", ")),
                });
            }
            self.tell(told);
            return None;
        };
        u32::try_from(at).ok()
    }

    /// Clauses that need another one.
    fn needs(&mut self, clauses: &Clauses<'a>) {
        if clauses.broken {
            return;
        }
        if clauses.window.is_none() {
            let first = clauses.measures.first().map(|(own, ..)| *own).or(clauses.alert.map(|(own, _)| own));
            if let Some(own) = first {
                self.inside(own, |checker| {
                    let place = checker.at(own.clause.span);
                    let told = Diagnostic::new(&codes::NEEDS_WINDOW, place, "this needs a window of time")
                        .help("add a line such as `window tumble 5m`");
                    checker.tell(told);
                });
            }
        }
        if clauses.alert.is_none() {
            let severity = clauses.severity.map(|(own, _)| (own, "severity"));
            let follow = clauses.follow.map(|(own, _)| (own, "follow playbook"));
            let show = clauses.show.map(|(own, ..)| (own, "show"));
            let min = clauses.min.map(|(own, _)| (own, "min"));
            let warmup = clauses.warmup.map(|(own, _)| (own, "warmup"));
            let cooldown = clauses.cooldown.map(|(own, _)| (own, "cooldown"));
            for (own, name) in [severity, follow, show, min, warmup, cooldown].into_iter().flatten() {
                let message = format!("`{name}` says what happens with an alert, and this monitor raises none");
                self.inside(own, |checker| {
                    let told = Diagnostic::new(&codes::NEEDS_ALERT, checker.at(own.clause.span), message)
                        .help("add a line such as `alert when count() >= 20`, or remove this one");
                    checker.tell(told);
                });
            }
        }
    }

    /// Compares a condition with the limits for it.
    pub fn sized(&mut self, cond: Cond, span: Span) -> Option<super::state::Lowered> {
        let (depth, terms) = super::measure_cond(&cond, &self.queries, &self.names);
        let limits = self.options.limits;
        if depth > limits.depth_max {
            self.exceed(span, format!("this nests more than {} levels deep", limits.depth_max), "depth_max");
            return None;
        }
        if terms > limits.terms_per_query_max {
            let message = format!("this looks for more than {} terms", limits.terms_per_query_max);
            self.exceed(span, message, "terms_per_query_max");
            return None;
        }
        Some(super::state::Lowered { cond: Arc::new(cond), depth, terms })
    }
}

pub(super) const UNITS: [(i64, &str); 6] = [
    (604_800_000_000, "w"),
    (86_400_000_000, "d"),
    (3_600_000_000, "h"),
    (60_000_000, "m"),
    (1_000_000, "s"),
    (1_000, "ms"),
];

/// A length of time in the largest unit that gives a whole number.
pub(crate) fn length(micros: i64) -> String {
    for (unit, name) in UNITS {
        if micros != 0 && micros % unit == 0 {
            return format!("{}{name}", micros / unit);
        }
    }
    format!("{micros}us")
}
