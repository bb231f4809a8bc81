//! From files to a plan: parses, resolves names, checks types, lowers. Pure: the caller reads the files, and the same
//! files give the same findings in the same order.

use std::borrow::Borrow;
use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::{self, ClauseKind, Expr};
use mon_post::Zone;
use rustc_hash::FxHashSet;

use crate::analysis;
use crate::diagnostic::{Diagnostic, Fix, Level, Safety, codes};
use crate::edition::Edition;
use crate::lint::{self, Lints};
use crate::plan::{Cond, CondKind, Place, Plan, QueryPlan, SourceFile, SpanExpr};

mod calls;
mod contradiction;
mod coordination;
mod coverage;
mod dates;
mod examples;
pub(crate) mod extend;
mod fields;
mod figures;
mod fragments;
mod given;
mod history;
mod limits;
mod lists;
mod load;
mod lower_match;
mod lower_monitor;
mod lower_pattern;
mod lower_playbook;
mod lower_show;
mod lower_test;
mod lower_value;
mod lower_window;
mod measure_calls;
mod names;
mod new_values;
mod outcome;
mod packages;
mod privacy;
mod spans;
mod state;
mod tautology;
#[cfg(test)]
mod tests;
pub mod times;
mod unread;
mod unsupported;
pub(crate) mod vocab;
pub(crate) mod walk;

pub(crate) use coverage::raised;
pub use examples::{decided, posts};
pub(crate) use fields::holds;
pub(crate) use lower_monitor::length;
#[cfg(test)]
pub(crate) use lower_value::own as measures;
use names::{Names, Word};
pub(crate) use outcome::implies;
use state::{Checker, Lowered, Use};
pub(crate) use walk::parts;

pub use given::{ListFile, ListProblem, Package, PackageProblem};
pub use limits::Limits;
pub use unsupported::Construct;

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Names of the engine's aggregates beside the language's own: each takes one field, a percentile also its percentage.
    pub aggregates: Vec<String>,
    /// Where a term without a zone is looked for.
    pub default_zones: Vec<Zone>,
    pub limits: Limits,
    /// Whether `example` lines are evaluated.
    pub examples: bool,
    /// More names of the files, under which `use` may name them.
    pub also_known: Vec<String>,
    /// Files that `terms … = from` names.
    pub lists: Vec<ListFile>,
    /// Packages that `use` names.
    pub packages: Vec<Package>,
    pub edition: Edition,
    /// Whether a term that is written at two places is two terms of the plan, so that each can be told by its place. Nothing is
    /// then linted or proved.
    pub apart: bool,
    /// Which lints run, where there is no error.
    pub lints: Lints,
    /// Now, in microseconds since 1970 UTC, for the days with which an `allow` ends; without it none ends.
    pub now: Option<i64>,
}

impl CheckOptions {
    /// The package that a file is of.
    #[must_use]
    pub fn package_of(&self, file: &str) -> Option<&str> {
        let holds =
            |package: &&Package| package.files.as_ref().is_ok_and(|files| files.iter().any(|known| known == file));
        self.packages.iter().find(holds).map(|package| package.name.as_str())
    }
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            aggregates: AGGREGATES.iter().map(|name| (*name).to_owned()).collect(),
            default_zones: Zone::DEFAULT.to_vec(),
            limits: Limits::default(),
            examples: true,
            also_known: Vec::new(),
            lists: Vec::new(),
            packages: Vec::new(),
            edition: Edition::newest(),
            apart: false,
            lints: Lints::Off,
            now: None,
        }
    }
}

/// DataFusion's aggregates over one field, under its own names. Those whose result depends on the order of the posts or
/// is no number are left out.
pub const AGGREGATES: &[&str] = &[
    "approx_distinct",
    "approx_median",
    "approx_percentile_cont",
    "bit_and",
    "bit_or",
    "bit_xor",
    "stddev_pop",
    "stddev_samp",
    "var",
    "var_pop",
    "var_samp",
];

/// What checking gives.
#[derive(Clone, Debug)]
pub struct Checked {
    /// None where any finding is an error.
    pub plan: Option<Plan>,
    /// The files as given: places of the findings point into them.
    pub files: Vec<SourceFile>,
    /// By file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were, which an `allow` took back.
    pub allowed: usize,
}

/// Checks all files of a folder together. `files` are (name with `/`, text); names hold for the whole folder.
#[must_use]
pub fn check(files: Vec<(String, String)>, options: &CheckOptions) -> Checked {
    let files: Vec<SourceFile> =
        files.into_iter().map(|(name, text)| SourceFile { name, text: Arc::from(text) }).collect();
    let trees: Vec<ast::File> = files.iter().map(|file| mon_grammar::parse(&file.text)).collect();
    check_trees(files, &trees, options)
}

/// Checks files that are parsed already: `written` has one tree for each file.
#[must_use]
pub fn check_trees(files: Vec<SourceFile>, written: &[impl Borrow<ast::File>], options: &CheckOptions) -> Checked {
    let written: Vec<&ast::File> = written.iter().map(Borrow::borrow).collect();
    check_written(files, &written, options)
}

fn check_written(mut files: Vec<SourceFile>, written: &[&ast::File], options: &CheckOptions) -> Checked {
    let mut found = Vec::new();
    for (file, tree) in written.iter().enumerate() {
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        found.extend(tree.errors.iter().map(|error| syntax(file, error)));
    }
    let unread = unread::find(&files, written);
    let trees = packages::qualified(&files, written, &options.packages, &mut found);
    let (trees, made) = fragments::expanded(&files, trees, &unread, &mut found);
    let names = Names::collect(trees.iter().map(AsRef::as_ref), &mut found);
    names::check_uses(&names, &files, &options.also_known, &mut found);
    let order = names.order(&mut found);
    let mut checker = Checker::new(options, names, found);
    checker.plan.files.clone_from(&files);
    checker.made = made;
    checker.unread = unread;
    checker.folder_limits();
    // Lists stand behind the rule files, where only places point at them.
    checker.lists = lists::add(&options.lists, &mut files);
    checker.plan.files.clone_from(&files);
    for word in order {
        match word {
            Word::Terms(at) => checker.terms_item(at),
            Word::Query(at) => checker.query_item(at),
        }
    }
    checker.push_queries();
    let dates = checker.names.dates.clone();
    dates.into_iter().for_each(|found| checker.dates_item(found));
    let playbooks = checker.names.playbooks.clone();
    let needs: Vec<_> = playbooks.into_iter().map(|found| checker.playbook(found)).collect();
    let order = checker.extended.order.clone();
    order.into_iter().for_each(|at| checker.monitor(at));
    checker.compare_playbooks(&needs);
    checker.privacy();
    let tests = checker.names.tests.clone();
    tests.into_iter().for_each(|found| checker.test_item(found));
    checker.unused();
    if options.examples {
        checker.examples();
    }
    let (plan, mut diagnostics) = checker.finish();
    if !options.apart && !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.extend(lint::run(written, &plan, options.lints));
        diagnostics.extend(analysis::find(&plan, &diagnostics, options.lints.takes(Level::Advice)));
    }
    let allowed = lint::allow::apply(written, options.lints, options.now, &mut diagnostics);
    diagnostics.sort_by_key(|told| (told.place.file, told.place.span.start, told.code.id));
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Checked { plan: (!failed).then_some(plan), files, diagnostics, allowed }
}

fn syntax(file: u32, error: &ast::SyntaxError) -> Diagnostic {
    let place = Place { file, span: error.span };
    let mut told = Diagnostic::new(codes::syntax_code(error.code), place, error.message.clone());
    told.help.clone_from(&error.help);
    told.labels.extend(error.labels.iter().map(|(span, text)| (Place { file, span: *span }, text.clone())));
    told.fixes.extend(error.mend.as_ref().map(|mend| Fix {
        description: mend.description.clone(),
        safety: if mend.certain { Safety::Safe } else { Safety::ChangesMeaning },
        edits: mend.edits.iter().map(|(span, text)| (Place { file, span: *span }, text.clone())).collect(),
    }));
    told
}

impl Checker<'_> {
    fn folder_limits(&mut self) {
        let limits = self.options.limits;
        if self.plan.files.len() > limits.files_max {
            let message = format!("a folder has at most {} files", limits.files_max);
            self.exceed(Span::default(), message, "files_max");
        }
        if let Some(extra) = self.names.monitors.get(limits.monitors_max) {
            self.file = extra.file;
            let message = format!("a folder has at most {} monitors", limits.monitors_max);
            self.exceed(extra.item.name.span, message, "monitors_max");
        }
    }

    /// One `query` item; it comes after all that it uses.
    fn query_item(&mut self, at: usize) {
        let Some(query) = self.names.queries.get(at).copied() else { return };
        self.file = query.file;
        let made = self.made.get(&query.item.name.text).copied();
        self.used_at = made.map(|place| Use { place, how: "the query is given its values here" });
        let before = self.count();
        let lowered = self.query_cond(query.item);
        self.used_at = None;
        if self.failed_since(before) {
            return;
        }
        if let Some(slot) = self.queries.get_mut(at) {
            *slot = lowered;
        }
    }

    fn query_cond(&mut self, query: &ast::Query) -> Option<Lowered> {
        let cond = self.matching(&query.expr)?;
        self.sized(cond, query.name.span)
    }

    /// Named queries come first in the plan, in the order of the files.
    fn push_queries(&mut self) {
        for (found, lowered) in self.names.queries.iter().zip(&self.queries) {
            let Some(lowered) = lowered else { continue };
            if names::is_brought(&found.item.name.text) {
                continue;
            }
            self.plan.queries.push(QueryPlan {
                name: found.item.name.text.clone(),
                named: true,
                place: Place { file: found.file, span: found.item.name.span },
                cond: Arc::clone(&lowered.cond),
            });
        }
    }

    /// Lists and queries that nothing uses. Where a use has an error, it still counts: names are looked for in the tree, in
    /// what could not be read and in what is suggested.
    fn unused(&mut self) {
        let mut told = Vec::new();
        let mut used = self.names_in_use();
        let suggested = self.suggested();
        let perhaps = |name: &str| self.unread.may_use(name) || suggested.contains(name);
        for (found, at) in self.names.terms.iter().zip(0..) {
            let name = &found.item.name;
            // An item whose name is taken was told already.
            if !used.remove(&Word::Terms(at))
                && !names::is_brought(&name.text)
                && self.names.word(&name.text) == Some(Word::Terms(at))
                && !perhaps(&name.text)
            {
                let place = Place { file: found.file, span: name.span };
                told.push(
                    Diagnostic::new(&codes::UNUSED_TERMS, place, format!("nothing uses the list `{}`", name.text))
                        .help("use it in a `match` or a `query`, or remove it"),
                );
            }
        }
        for (found, at) in self.names.queries.iter().zip(0..) {
            let name = &found.item.name;
            let named = self.names.word(&name.text) == Some(Word::Query(at));
            let named = named && !names::is_brought(&name.text) && !perhaps(&name.text);
            if named && !self.names.monitors.is_empty() && !used.contains(&Word::Query(at)) {
                let place = Place { file: found.file, span: name.span };
                told.push(
                    Diagnostic::new(&codes::UNUSED_QUERY, place, format!("no monitor uses the query `{}`", name.text))
                        .help("use it in a `match`, or remove it"),
                );
            }
        }
        told.into_iter().for_each(|one| self.tell(one));
    }

    fn names_in_use(&self) -> FxHashSet<Word> {
        let names = &self.names;
        let mut used = FxHashSet::default();
        let mut visit = |expr: &Expr| {
            walk::each_name(expr, &mut |path| {
                if let Some(word) = names.word_at(path) {
                    used.insert(word);
                }
            });
        };
        names.terms.iter().flat_map(|found| &found.item.members).for_each(&mut visit);
        names.queries.iter().for_each(|found| visit(&found.item.expr));
        for clause in names.monitors.iter().flat_map(|found| &found.item.clauses) {
            match &clause.kind {
                ClauseKind::Match(expr) | ClauseKind::Measure { expr, .. } => visit(expr),
                ClauseKind::Alert(alert) => {
                    visit(&alert.when);
                    alert.clear.iter().for_each(&mut visit);
                }
                ClauseKind::Severity(rows) => rows.iter().filter_map(|row| row.when.as_ref()).for_each(&mut visit),
                ClauseKind::Window(window) => window.kind.steps().iter().for_each(|step| visit(&step.cond)),
                _ => {}
            }
        }
        for step in names.tests.iter().flat_map(|found| &found.item.steps) {
            if let ast::TestStepKind::Matched { filter: Some(filter), .. } = &step.kind {
                visit(filter);
            }
        }
        used
    }
}

/// Nesting and number of terms of a condition. What a name stands for is known by its own figures.
fn measure_cond(cond: &Cond, queries: &[Option<Lowered>], names: &Names<'_>) -> (usize, usize) {
    walk::step();
    match &cond.kind {
        CondKind::Const(_) | CondKind::Field(_) => (1, 0),
        CondKind::Text { spans, .. } | CondKind::Count { spans, .. } => measure_spans(spans),
        CondKind::Not(inner) => {
            let (depth, terms) = measure_cond(inner, queries, names);
            (depth + 1, terms)
        }
        CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
            let inner = members.iter().map(|member| measure_cond(member, queries, names));
            let (depth, terms) = inner.fold((0, 0), |all, one| (all.0.max(one.0), all.1 + one.1));
            (depth + 1, terms)
        }
        CondKind::Named { name, cond } => {
            let known = match names.word(name) {
                Some(Word::Query(at)) => queries.get(at).and_then(Option::as_ref),
                _ => None,
            };
            let (depth, terms) =
                known.map_or_else(|| measure_cond(cond, queries, names), |known| (known.depth, known.terms));
            (depth + 1, terms)
        }
    }
}

fn measure_spans(spans: &SpanExpr) -> (usize, usize) {
    if let SpanExpr::Term(_) = spans {
        return (1, 1);
    }
    let parts = spans.parts().into_iter().map(measure_spans);
    let (depth, terms) = parts.fold((0, 0), |all, one| (all.0.max(one.0), all.1 + one.1));
    (depth + 1, terms)
}
