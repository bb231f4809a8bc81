//! What proofs find in a plan: queries that no post meets, parts that change nothing, queries and monitors that are the
//! same, matches that no word calls up. Work is bounded: what is not looked at is not told of.

use std::hash::{Hash, Hasher};

use batsat::Lit;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::diagnostic::{Diagnostic, Level, codes};
use crate::matching::formula::{Formula, PRESENCE, Tables, Test};
use crate::plan::{AggregateArg, Cond, CondKind, MeasureKind, MonitorPlan, Place, Plan, QueryPlan, SpanExpr};

use super::prover::{Prover, Verdict};
use super::related;

/// Queries of one folder that are proved about.
const PROOFS_MAX: usize = 4_096;

/// Earlier queries that one with the same words and fields is compared with.
const COMPARED_MAX: usize = 8;

/// How much of a part's text a message shows, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// What proofs find, in the order of the plan; nothing where an earlier finding speaks of the same place, but that advice takes
/// the place of no warning. What is merely superfluous is looked for where `advice` is wanted.
pub(crate) fn find(plan: &Plan, told: &[Diagnostic], advice: bool) -> Vec<Diagnostic> {
    let mut finder = Finder {
        plan,
        advice,
        tables: Tables::new(),
        proofs_left: PROOFS_MAX,
        told: told.iter().filter(|told| speaks_of_matching(told)).flat_map(places).collect(),
        warned: told.iter().filter(|told| speaks_of_matching(told) && !is_advice(told)).flat_map(places).collect(),
        never: FxHashSet::default(),
        found: Vec::new(),
    };
    let small = |query: &QueryPlan| related::is_small(&query.cond);
    let formulas: Vec<Option<Formula>> = plan
        .queries
        .iter()
        .map(|query| if small(query) { finder.tables.lower(&plan.terms, &query.cond, true).ok() } else { None })
        .collect();
    for (query, formula) in plan.queries.iter().zip(&formulas) {
        if let Some(formula) = formula {
            finder.inside(query, formula);
        }
    }
    finder.equal_queries(&formulas);
    finder.same_alerts(&formulas);
    finder.without_anchor(&formulas);
    finder.found
}

/// Findings of other kinds may stand beside those of proofs.
fn speaks_of_matching(told: &Diagnostic) -> bool {
    told.code.id.starts_with("MON04") || told.code.id.starts_with("MON08")
}

fn is_advice(told: &Diagnostic) -> bool {
    told.code.level == Level::Advice
}

fn places(told: &Diagnostic) -> impl Iterator<Item = Place> {
    std::iter::once(told.place).chain(told.labels.iter().map(|(place, _)| *place))
}

struct Finder<'p> {
    plan: &'p Plan,
    advice: bool,
    tables: Tables,
    proofs_left: usize,
    /// Places that a finding speaks of already.
    told: FxHashSet<Place>,
    /// Those of them that are more than advice.
    warned: FxHashSet<Place>,
    /// Named queries that no post meets.
    never: FxHashSet<&'p str>,
    found: Vec<Diagnostic>,
}

/// A row of members whose whole is asked to be true (`wanted`) or false.
struct Node<'c> {
    members: &'c [Cond],
    /// All members must come out as wanted, else any of them.
    all: bool,
    wanted: bool,
    place: Place,
}

/// Whether a condition is words and nothing else, so that it may stand under a distance.
fn is_words(cond: &Cond) -> bool {
    match &cond.kind {
        CondKind::Text { .. } => true,
        CondKind::And(members) | CondKind::Or(members) => members.iter().all(is_words),
        CondKind::Named { cond, .. } => is_words(cond),
        _ => false,
    }
}

fn nodes<'c>(cond: &'c Cond, wanted: bool, out: &mut Vec<Node<'c>>) {
    match &cond.kind {
        CondKind::And(members) | CondKind::Or(members) => {
            let all = matches!(cond.kind, CondKind::And(_)) == wanted;
            out.push(Node { members, all, wanted, place: cond.place });
            members.iter().for_each(|member| nodes(member, wanted, out));
        }
        CondKind::AtLeast { members, .. } => members.iter().for_each(|member| nodes(member, wanted, out)),
        CondKind::Not(inner) => nodes(inner, !wanted, out),
        // A named query is looked at where it stands.
        CondKind::Named { .. }
        | CondKind::Const(_)
        | CondKind::Text { .. }
        | CondKind::Count { .. }
        | CondKind::Field(_) => {}
    }
}

impl<'p> Finder<'p> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        let is_new = self.told.insert(diagnostic.place);
        if is_advice(&diagnostic) && is_new || !is_advice(&diagnostic) && self.warned.insert(diagnostic.place) {
            self.found.push(diagnostic);
        }
    }

    fn proof(&mut self) -> Option<()> {
        self.proofs_left = self.proofs_left.checked_sub(1)?;
        Some(())
    }

    /// Whether the condition uses a query that was told of as one that no post meets.
    fn uses_never(&self, cond: &Cond) -> bool {
        match &cond.kind {
            CondKind::Named { name, cond } => self.never.contains(name.as_str()) || self.uses_never(cond),
            CondKind::Not(inner) => self.uses_never(inner),
            CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
                members.iter().any(|member| self.uses_never(member))
            }
            CondKind::Const(_) | CondKind::Text { .. } | CondKind::Count { .. } | CondKind::Field(_) => false,
        }
    }

    /// What is found inside one query.
    fn inside(&mut self, query: &'p QueryPlan, formula: &Formula) -> Option<()> {
        if matches!(query.cond.kind, CondKind::Named { .. })
            || !related::has_related_parts(&self.plan.terms, &query.cond)
            || self.uses_never(&query.cond)
        {
            return None;
        }
        self.proof()?;
        let mut told = self.proved_of(query, formula, true).unwrap_or_default();
        if query.named && is_words(&query.cond) {
            // It may stand under a distance, where a place more matters.
            told.retain(|one| *one.code != codes::CHANGES_NOTHING);
        }
        let superfluous = told.iter().any(|one| *one.code == codes::CHANGES_NOTHING);
        if query.named && superfluous {
            // Where the query is used under `not`, the same must be so of the posts that it does not take.
            let untrue = self.tables.lower(&self.plan.terms, &query.cond, false).ok();
            let also = untrue.and_then(|untrue| self.proved_of(query, &untrue, false)).unwrap_or_default();
            told.retain(|one| also.iter().any(|other| other.place == one.place));
        }
        told.into_iter().for_each(|one| self.tell(one));
        Some(())
    }

    /// What is proved of the query being true (`wanted`) or false; `formula` says that it is.
    fn proved_of(&mut self, query: &'p QueryPlan, formula: &Formula, wanted: bool) -> Option<Vec<Diagnostic>> {
        let mut found = Vec::new();
        nodes(&query.cond, wanted, &mut found);
        let mut tables = std::mem::replace(&mut self.tables, Tables::new());
        let mut prover = Prover::new(&mut tables, &[formula]);
        let told = self.prove_inside(query, (formula, wanted), &found, &mut prover);
        self.tables = tables;
        told
    }

    fn prove_inside(
        &mut self,
        query: &'p QueryPlan,
        (formula, wanted): (&Formula, bool),
        nodes: &[Node<'_>],
        prover: &mut Prover<'_>,
    ) -> Option<Vec<Diagnostic>> {
        let whole = prover.literal(formula)?;
        let mut members: Vec<Vec<Lit>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let mut literals = Vec::with_capacity(node.members.len());
            for member in node.members {
                let formula = prover.tables.lower(&self.plan.terms, member, node.wanted).ok()?;
                literals.push(prover.literal(&formula)?);
            }
            members.push(literals);
        }
        prover.tell_facts()?;
        if prover.ask(&[whole]) == Verdict::Impossible {
            if !wanted {
                return None;
            }
            if query.named {
                self.never.insert(&query.name);
            }
            let place = query.cond.place;
            let what = format!("no post can meet `{}`", self.written(place));
            let told = Diagnostic::new(&codes::CANNOT_MATCH, place, what)
                .label(place, "its parts exclude each other")
                .help("see which part says too much, and join with `or` what are choices");
            return Some(vec![told]);
        }
        if !self.advice {
            return None;
        }
        let rows = nodes.iter().zip(&members);
        Some(rows.flat_map(|(node, literals)| self.idle_members(node, literals, prover)).collect())
    }

    /// Members of a row that change nothing, the last first: what stands earlier is kept.
    fn idle_members(&self, node: &Node<'_>, literals: &[Lit], prover: &mut Prover<'_>) -> Vec<Diagnostic> {
        // Members that were spread out of one written part have its place.
        let apart = |at: usize, place: Place| {
            place != node.place
                && node.members.iter().enumerate().all(|(other, member)| other == at || member.place != place)
        };
        // Whether a member holds no less than it must where these others do.
        let sign = |literal: Lit| if node.all { literal } else { !literal };
        let mut alive: Vec<usize> = (0..literals.len()).collect();
        let all: Vec<Lit> = literals.iter().map(|literal| sign(*literal)).collect();
        if prover.ask(&all) != Verdict::Possible {
            return Vec::new();
        }
        let mut told = Vec::new();
        for (at, literal) in literals.iter().enumerate().rev() {
            let Some(member) = node.members.get(at).filter(|member| apart(at, member.place)) else { continue };
            // `"acme" or #acme` says out loud what the word does anyway.
            if !node.all && self.only_tags(member) {
                continue;
            }
            let others = |prover: &mut Prover<'_>, chosen: &[usize]| {
                let mut wanted: Vec<Lit> =
                    chosen.iter().filter_map(|other| literals.get(*other)).map(|other| sign(*other)).collect();
                wanted.push(!sign(*literal));
                prover.ask(&wanted) == Verdict::Impossible
            };
            let rest: Vec<usize> = alive.iter().copied().filter(|other| *other != at).collect();
            if rest.is_empty() || !others(prover, &rest) {
                continue;
            }
            let by = rest.iter().copied().find(|other| others(prover, &[*other]));
            let by = by.and_then(|other| node.members.get(other)).map(|member| member.place);
            let alone = others(prover, &[]);
            told.push(self.idle(member.place, by.filter(|_| !alone), node));
            alive = rest;
        }
        told
    }

    /// Whether a part looks for nothing but tags.
    fn only_tags(&self, cond: &Cond) -> bool {
        match &cond.kind {
            CondKind::Text { spans, .. } => self.only_tag_terms(spans),
            CondKind::Named { cond, .. } => self.only_tags(cond),
            _ => false,
        }
    }

    fn only_tag_terms(&self, spans: &SpanExpr) -> bool {
        match spans {
            SpanExpr::Term(id) => self.plan.terms.get(id.0 as usize).is_some_and(|term| term.written.starts_with('#')),
            SpanExpr::AnyOf(members) => members.iter().all(|member| self.only_tag_terms(member)),
            _ => false,
        }
    }

    fn idle(&self, place: Place, by: Option<Place>, node: &Node<'_>) -> Diagnostic {
        let told = Diagnostic::new(
            &codes::CHANGES_NOTHING,
            place,
            format!("`{}` changes nothing: without it the same posts are taken", self.written(place)),
        );
        let (own, other) = match (node.all, node.wanted) {
            (true, true) => ("who meets the rest meets this", "this asks for more"),
            (false, true) => ("what this takes is taken already", "this takes all of it"),
            (true, false) => ("what this excludes is excluded already", "this excludes all of it"),
            (false, false) => ("this is no condition more", "this decides"),
        };
        let told = told.label(place, own);
        let told = match by {
            Some(by) => told.label(by, other),
            None => told,
        };
        told.help("remove it, or write what was meant instead")
    }

    fn written(&self, place: Place) -> String {
        let text = self.plan.files.get(place.file as usize).map_or("", |file| place.span.text(&file.text));
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(SHOWN_CHARS_MAX) {
            Some((end, _)) => format!("{} …", line.get(..end).unwrap_or_default().trim_end()),
            None => line,
        }
    }

    // -------------------------------------------------------------------------------------------- the same twice

    /// Whether two queries take the same posts, by proof.
    fn equal(&mut self, one: &Formula, other: &Formula) -> bool {
        if one == other {
            return true;
        }
        if self.proof().is_none() {
            return false;
        }
        let mut tables = std::mem::replace(&mut self.tables, Tables::new());
        let mut prover = Prover::new(&mut tables, &[one, other]);
        let mut proved = || {
            let (one, other) = (prover.literal(one)?, prover.literal(other)?);
            prover.tell_facts()?;
            let apart = [[one, !other], [other, !one]];
            Some(apart.iter().all(|question| prover.ask(question) == Verdict::Impossible))
        };
        let equal = proved() == Some(true);
        self.tables = tables;
        equal
    }

    /// Whether `not` of one is `not` of the other: both are unknown of the same posts.
    fn equal_under_not(&mut self, one: &QueryPlan, other: &QueryPlan) -> bool {
        let mut untrue = |query: &QueryPlan| self.tables.lower(&self.plan.terms, &query.cond, false).ok();
        match (untrue(one), untrue(other)) {
            (Some(one), Some(other)) => self.equal(&one, &other),
            _ => false,
        }
    }

    fn equal_queries(&mut self, formulas: &[Option<Formula>]) {
        let mut groups: FxHashMap<u64, Vec<(&QueryPlan, &Formula)>> = FxHashMap::default();
        let plan = self.plan;
        for (query, formula) in plan.queries.iter().zip(formulas) {
            let Some(formula) = formula.as_ref().filter(|_| query.named && !self.never.contains(query.name.as_str()))
            else {
                continue;
            };
            let group = groups.entry(signature(&self.tables, formula)).or_default();
            let earlier: Vec<(&QueryPlan, &Formula)> = group.iter().take(COMPARED_MAX).copied().collect();
            let same = earlier.into_iter().find(|(_, other)| self.equal(formula, other));
            let Some((first, _)) = same else {
                group.push((query, formula));
                continue;
            };
            if !self.equal_under_not(query, first) {
                continue;
            }
            let message = format!("`{}` takes the same posts as `{}`", query.name, first.name);
            let told = Diagnostic::new(&codes::EQUAL_QUERIES, query.place, message)
                .label(query.place, "the same posts")
                .label(first.place, "as this one takes")
                .help("keep one of them, and use its name for the other");
            self.tell(told);
        }
    }

    fn same_alerts(&mut self, formulas: &[Option<Formula>]) {
        let mut groups: FxHashMap<u64, Vec<(&MonitorPlan, &Formula)>> = FxHashMap::default();
        let plan = self.plan;
        for monitor in plan.monitors.iter().filter(|monitor| monitor.alert.is_some()) {
            let Some(Some(formula)) = formulas.get(monitor.query.0 as usize) else { continue };
            let group = groups.entry(signature(&self.tables, formula)).or_default();
            let earlier: Vec<(&MonitorPlan, &Formula)> = group.iter().take(COMPARED_MAX).copied().collect();
            let alert = if earlier.is_empty() { String::new() } else { self.alert_of(monitor) };
            let same =
                earlier.into_iter().find(|(first, other)| self.alert_of(first) == alert && self.equal(formula, other));
            let Some((first, _)) = same else {
                group.push((monitor, formula));
                continue;
            };
            let message = format!("`{}` raises the same alert as `{}`", monitor.name, first.name);
            let told = Diagnostic::new(&codes::SAME_ALERT, monitor.place, message)
                .label(monitor.place, "the same posts, measures and alert")
                .label(first.place, "as this one")
                .help("remove one of them, or let them differ in what they match, measure or ask for");
            self.tell(told);
        }
    }

    /// What a monitor measures and when it alerts, without names and places.
    fn alert_of(&mut self, monitor: &MonitorPlan) -> String {
        let measures: Vec<String> = monitor
            .measures
            .iter()
            .map(|measure| match &measure.kind {
                MeasureKind::Derived(expr) => format!("{expr:?}"),
                MeasureKind::History(history) => format!("{history:?}"),
                MeasureKind::QValue(of) => format!("q_value {of}"),
                MeasureKind::Aggregate(aggregate) => {
                    let told = |arg: &&AggregateArg| !matches!(arg, AggregateArg::Truth(_));
                    let args: Vec<_> = aggregate.args.iter().filter(told).collect();
                    let conds: Vec<_> =
                        aggregate.conds().map(|cond| self.tables.lower(&self.plan.terms, cond, true).ok()).collect();
                    format!("{} {} {args:?} {conds:?}", aggregate.function, aggregate.distinct)
                }
            })
            .collect();
        let severity: Vec<_> = monitor.severity.iter().map(|row| (row.level, &row.when)).collect();
        let steps: Vec<_> =
            monitor.steps.iter().map(|cond| self.tables.lower(&self.plan.terms, cond, true).ok()).collect();
        let alert = monitor.alert.as_ref();
        let alert = alert.map(|alert| {
            (
                &alert.when,
                alert.hold_micros,
                &alert.clear,
                alert.clear_hold_micros,
                alert.warmup_micros,
                alert.cooldown_micros,
            )
        });
        let window = (monitor.window, steps, &monitor.by);
        format!("{window:?} {measures:?} {alert:?} {severity:?} {:?}", monitor.playbook)
    }

    // -------------------------------------------------------------------------------------------- cost

    fn without_anchor(&mut self, formulas: &[Option<Formula>]) {
        for monitor in &self.plan.monitors {
            let at = monitor.query.0 as usize;
            let (Some(query), Some(Some(formula))) = (self.plan.queries.get(at), formulas.get(at)) else { continue };
            if has_anchor(formula) {
                continue;
            }
            let place = query.cond.place;
            let mut told = Diagnostic::new(
                &codes::NO_ANCHOR,
                place,
                format!("no word calls up the match of `{}`: it is asked of every post", monitor.name),
            );
            let help = match self.needs_no_word(&query.cond) {
                Some(part) => {
                    told = told.label(part, "this part needs no word");
                    "join a word to it with `and`, or make a monitor of its own of it"
                }
                None => {
                    "join a word to it with `and`; where all posts are meant, say so: `allow MON1005 because \"…\"`"
                }
            };
            self.tell(told.help(help));
        }
    }

    /// The choice of a condition that makes it one without words.
    fn needs_no_word(&mut self, cond: &Cond) -> Option<Place> {
        let CondKind::Or(members) = &cond.kind else { return None };
        members.iter().find_map(|member| {
            let formula = self.tables.lower(&self.plan.terms, member, true).ok()?;
            (!has_anchor(&formula)).then_some(member.place)
        })
    }
}

/// Whether a post without any of its words cannot match.
fn has_anchor(formula: &Formula) -> bool {
    match formula {
        Formula::Const(value) => !value,
        Formula::Test { test: Test::Seen { slot, .. }, sense } => *sense && *slot != PRESENCE,
        Formula::Test { test: Test::Lazy(_), sense } => *sense,
        Formula::Test { test: Test::Field(_), .. } => false,
        Formula::And(members) => members.iter().any(has_anchor),
        Formula::Or(members) => members.iter().all(has_anchor),
        Formula::AtLeast { k, members } => {
            members.iter().filter(|member| has_anchor(member)).count() + *k as usize > members.len()
        }
    }
}

/// The tests of a formula without their order: formulas that are equal nearly always have the same.
fn signature(tables: &Tables, formula: &Formula) -> u64 {
    fn gather(tables: &Tables, formula: &Formula, out: &mut Vec<(Test, bool)>) {
        match formula {
            Formula::Const(_) => {}
            Formula::Test { test: Test::Seen { slot: PRESENCE, .. }, .. } => {}
            // One field is asked the same in many ways.
            Formula::Test { test: Test::Field(id), .. } => {
                let field = tables.predicates.get(*id as usize / 2).map_or(0, |test| test.field.0);
                out.push((Test::Field(u32::from(field)), true));
            }
            Formula::Test { test, sense } => out.push((*test, *sense)),
            Formula::And(members) | Formula::Or(members) | Formula::AtLeast { members, .. } => {
                members.iter().for_each(|member| gather(tables, member, out));
            }
        }
    }
    let mut tests = Vec::new();
    gather(tables, formula, &mut tests);
    tests.sort_unstable();
    tests.dedup();
    let mut hasher = FxHasher::default();
    tests.hash(&mut hasher);
    hasher.finish()
}
