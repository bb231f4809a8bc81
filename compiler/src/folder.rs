//! A folder of rules as trees, and the part of it that concerns one monitor: its lists, queries and playbook, and the tests
//! that ask about it. What is asked of a monitor many times is so asked of a few items, however large the folder is.

use std::collections::BTreeSet;

use mon_grammar::Span;
use mon_grammar::ast::{self, ClauseKind, Expr, ExprKind, File, Item, ItemKind, PlaybookClauseKind, TestStepKind};
use rustc_hash::FxHashMap;

use crate::check::extend::{self, Own};
use crate::check::{CheckOptions, Checked, check_trees, walk};
use crate::plan::{Place, SourceFile};

pub use crate::check::walk::{each, each_name, operands, parts, takes_values};

/// Where an item stands: its file, and its number in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemAt {
    pub file: u32,
    pub item: u32,
}

/// Some items of a folder, in the order of the files.
pub type Part = BTreeSet<ItemAt>;

/// Parsed rule files and where each name of theirs stands.
#[derive(Debug)]
pub struct Folder {
    files: Vec<SourceFile>,
    trees: Vec<File>,
    /// Terms and queries.
    words: FxHashMap<String, ItemAt>,
    monitors: FxHashMap<String, ItemAt>,
    playbooks: FxHashMap<String, ItemAt>,
    dates: FxHashMap<String, ItemAt>,
    /// Names of the monitors that each test asks about.
    tests: Vec<(ItemAt, Vec<String>)>,
}

impl Folder {
    #[must_use]
    pub fn parse(files: Vec<SourceFile>) -> Self {
        let trees: Vec<File> = files.iter().map(|file| mon_grammar::parse(&file.text)).collect();
        let mut folder = Self {
            files,
            trees,
            words: FxHashMap::default(),
            monitors: FxHashMap::default(),
            playbooks: FxHashMap::default(),
            dates: FxHashMap::default(),
            tests: Vec::new(),
        };
        for (file, tree) in (0..).zip(&folder.trees) {
            for (item, found) in (0..).zip(&tree.items) {
                let at = ItemAt { file, item };
                let (names, name) = match &found.kind {
                    ItemKind::Terms(item) => (&mut folder.words, &item.name),
                    ItemKind::Query(item) => (&mut folder.words, &item.name),
                    ItemKind::Monitor(item) => (&mut folder.monitors, &item.name),
                    ItemKind::Playbook(item) => (&mut folder.playbooks, &item.name),
                    ItemKind::Dates(item) => (&mut folder.dates, &item.name),
                    ItemKind::Test(item) => {
                        folder.tests.push((at, mentioned(item)));
                        continue;
                    }
                    ItemKind::Use(_) | ItemKind::Broken => continue,
                };
                names.entry(name.text.clone()).or_insert(at);
            }
        }
        folder
    }

    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    #[must_use]
    pub fn item(&self, at: ItemAt) -> Option<&Item> {
        self.trees.get(at.file as usize)?.items.get(at.item as usize)
    }

    /// The `terms` or `query` of this name.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<ItemAt> {
        self.words.get(name).copied()
    }

    #[must_use]
    pub fn monitor(&self, name: &str) -> Option<ItemAt> {
        self.monitors.get(name).copied()
    }

    fn monitor_item(&self, name: &str) -> Option<(u32, &ast::Monitor)> {
        let at = self.monitor(name)?;
        match &self.item(at)?.kind {
            ItemKind::Monitor(monitor) => Some((at.file, monitor)),
            _ => None,
        }
    }

    /// The clauses of a monitor, and those that it takes over.
    pub(crate) fn clauses(&self, monitor: &str) -> Vec<Own<'_>> {
        let own = self.monitor_item(monitor);
        own.map_or_else(Vec::new, |own| extend::clauses(own, |name| self.monitor_item(name)))
    }

    /// Whether a place of an item that a monitor is made of is in use there: a clause that an extension writes leaves the one that
    /// it would take over without.
    #[must_use]
    pub fn concerns(&self, monitor: &str, item: ItemAt, place: Place) -> bool {
        let of_other = self.monitor(monitor) != Some(item)
            && self.item(item).is_some_and(|item| matches!(item.kind, ItemKind::Monitor(_)));
        let holds = |own: &Own<'_>| place.lies_in(Place { file: own.file, span: own.clause.span });
        !of_other || self.clauses(monitor).iter().any(holds)
    }

    /// The text of a span, without white space at its end.
    #[must_use]
    pub fn written(&self, file: u32, span: Span) -> &str {
        self.files.get(file as usize).map_or("", |file| span.text(&file.text).trim_end())
    }

    /// The place of a span, without white space at its end, as the checker gives it.
    #[must_use]
    pub fn place(&self, file: u32, span: Span) -> Place {
        let length = u32::try_from(self.written(file, span).len()).unwrap_or(0);
        Place { file, span: Span::new(span.start, span.start.saturating_add(length)) }
    }

    /// A monitor and all that it is made of.
    #[must_use]
    pub fn reach(&self, monitor: &str) -> Part {
        let mut reached = Part::new();
        self.add(self.monitor(monitor), &mut reached);
        reached
    }

    /// A monitor, all that it is made of, the tests that ask about it, and the monitors that these ask about.
    #[must_use]
    pub fn part(&self, monitor: &str) -> Part {
        let mut part = self.reach(monitor);
        for (test, mentioned) in &self.tests {
            if mentioned.iter().any(|name| name == monitor) {
                self.add(Some(*test), &mut part);
            }
        }
        part
    }

    /// The part where it has no errors by itself, else the whole folder.
    #[must_use]
    pub fn compiling(&self, part: Part) -> Part {
        if self.check(&part, false, |_, _| {}, Vec::new()).plan.is_some() {
            return part;
        }
        let items = |(file, tree): (u32, &File)| {
            (0..).zip(&tree.items).map(move |(item, _)| ItemAt { file, item }).collect::<Vec<_>>()
        };
        (0..).zip(&self.trees).flat_map(items).collect()
    }

    fn add(&self, from: Option<ItemAt>, part: &mut Part) {
        let mut pending: Vec<ItemAt> = from.into_iter().collect();
        while let Some(at) = pending.pop() {
            if let Some(item) = self.item(at)
                && part.insert(at)
            {
                pending.extend(self.uses(item));
            }
        }
    }

    /// Items that an item names.
    fn uses(&self, item: &Item) -> Vec<ItemAt> {
        let mut used = Vec::new();
        for (_, expr) in exprs(&item.kind) {
            walk::each(expr, &mut |part| {
                if let ExprKind::Path(path) = &part.kind
                    && let [name] = path.parts.as_slice()
                {
                    used.extend(self.word(&name.text));
                    used.extend(self.monitor(&name.text));
                    used.extend(self.dates.get(&name.text).copied());
                }
            });
        }
        match &item.kind {
            ItemKind::Monitor(monitor) => used.extend(monitor.clauses.iter().filter_map(|clause| match &clause.kind {
                ClauseKind::Follow(name) => self.playbooks.get(&name.text).copied(),
                ClauseKind::Extend { base, .. } => self.monitor(&base.text),
                _ => None,
            })),
            ItemKind::Test(test) => used.extend(mentioned(test).iter().filter_map(|name| self.monitor(name))),
            _ => {}
        }
        used
    }

    /// Checks a part of the folder. `change` may change each item, `added` stand behind the others of their file.
    pub fn check(
        &self,
        part: &Part,
        examples: bool,
        mut change: impl FnMut(ItemAt, &mut Item),
        added: Vec<(u32, Item)>,
    ) -> Checked {
        let mut trees = vec![File::default(); self.files.len()];
        let changed = part.iter().filter_map(|at| {
            let mut item = self.item(*at)?.clone();
            change(*at, &mut item);
            Some((at.file, item))
        });
        for (file, item) in changed.chain(added) {
            if let Some(tree) = trees.get_mut(file as usize) {
                tree.items.push(item);
            }
        }
        check_trees(self.files.clone(), &trees, &CheckOptions { examples, ..CheckOptions::default() })
    }
}

/// The monitors that a test asks about, its own first.
fn mentioned(test: &ast::Test) -> Vec<String> {
    let others = test.steps.iter().filter_map(|step| match &step.kind {
        TestStepKind::Incidents { monitor: Some(name), .. } => Some(name),
        _ => None,
    });
    std::iter::once(&test.monitor).chain(others).map(|name| name.text.clone()).collect()
}

/// What an expression stands for in its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A `terms` member, a `query`, a `match`.
    Match,
    /// A step of a pattern.
    Step,
    Measure,
    /// `alert when`.
    When,
    Clear,
    Severity,
    Route,
    /// Which posts a test counts.
    Filter,
}

/// Every expression of an item, in the order of its clauses.
#[must_use]
pub fn exprs(item: &ItemKind) -> Vec<(Role, &Expr)> {
    let mut found = Vec::new();
    match item {
        ItemKind::Terms(terms) => found.extend(terms.members.iter().map(|member| (Role::Match, member))),
        ItemKind::Query(query) => found.push((Role::Match, &query.expr)),
        ItemKind::Monitor(monitor) => {
            found.extend(monitor.clauses.iter().flat_map(of_clause));
        }
        ItemKind::Playbook(playbook) => {
            for clause in &playbook.clauses {
                if let PlaybookClauseKind::Route { rows, .. } = &clause.kind {
                    found.extend(rows.iter().filter_map(|row| Some((Role::Route, row.when.as_ref()?))));
                }
            }
        }
        ItemKind::Test(test) => found.extend(test.steps.iter().filter_map(|step| match &step.kind {
            TestStepKind::Matched { filter: Some(filter), .. } => Some((Role::Filter, filter)),
            _ => None,
        })),
        ItemKind::Use(_) | ItemKind::Dates(_) | ItemKind::Broken => {}
    }
    found
}

/// Every expression of a monitor's clause.
pub(crate) fn of_clause(clause: &ast::Clause) -> impl Iterator<Item = (Role, &Expr)> {
    let mut found = Vec::new();
    match &clause.kind {
        ClauseKind::Match(expr) => found.push((Role::Match, expr)),
        ClauseKind::Measure { expr, .. } => found.push((Role::Measure, expr)),
        ClauseKind::Alert(alert) => {
            found.push((Role::When, &alert.when));
            found.extend(alert.clear.iter().map(|expr| (Role::Clear, expr)));
        }
        ClauseKind::Severity(rows) => {
            found.extend(rows.iter().filter_map(|row| Some((Role::Severity, row.when.as_ref()?))));
        }
        ClauseKind::Window(window) => found.extend(window.kind.steps().iter().map(|step| (Role::Step, &step.cond))),
        _ => {}
    }
    found.into_iter()
}

/// The same expressions in the same order, to be changed.
pub(crate) fn exprs_mut(item: &mut ItemKind) -> Vec<&mut Expr> {
    let mut found = Vec::new();
    match item {
        ItemKind::Terms(terms) => found.extend(&mut terms.members),
        ItemKind::Query(query) => found.push(&mut query.expr),
        ItemKind::Monitor(monitor) => {
            for clause in &mut monitor.clauses {
                match &mut clause.kind {
                    ClauseKind::Match(expr) | ClauseKind::Measure { expr, .. } => found.push(expr),
                    ClauseKind::Alert(alert) => {
                        found.push(&mut alert.when);
                        found.extend(&mut alert.clear);
                    }
                    ClauseKind::Severity(rows) => found.extend(rows.iter_mut().filter_map(|row| row.when.as_mut())),
                    ClauseKind::Window(window) => {
                        found.extend(window.kind.steps_mut().iter_mut().map(|step| &mut step.cond));
                    }
                    _ => {}
                }
            }
        }
        ItemKind::Playbook(playbook) => {
            for clause in &mut playbook.clauses {
                if let PlaybookClauseKind::Route { rows, .. } = &mut clause.kind {
                    found.extend(rows.iter_mut().filter_map(|row| row.when.as_mut()));
                }
            }
        }
        ItemKind::Test(test) => found.extend(test.steps.iter_mut().filter_map(|step| match &mut step.kind {
            TestStepKind::Matched { filter, .. } => filter.as_mut(),
            _ => None,
        })),
        ItemKind::Use(_) | ItemKind::Dates(_) | ItemKind::Broken => {}
    }
    found
}
