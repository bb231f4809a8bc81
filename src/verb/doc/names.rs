//! The items of a folder of rules, where each has its place in the site, and what each name in a rule means: the name of an
//! item, a measure, a field of posts, or a value.

use std::collections::{BTreeMap, BTreeSet};

use mon_compiler::check::Package;
use mon_compiler::folder::{Folder, ItemAt, Role, exprs};
use mon_compiler::plan::{Place, SourceFile};
use mon_grammar::Span;
use mon_grammar::ast::{
    BinaryOp, Clause, ClauseKind, Expr, ExprKind, Item, ItemKind, Monitor, Name, Path, PlaybookClauseKind, TestStepKind,
};
use mon_post::find as find_field;

/// Monitors that extend one another, at most: as the checker allows.
const EXTENDS_MAX: usize = 32;
/// Letters of a name that a file's name or an anchor keeps.
const SLUG_CHARS_MAX: usize = 60;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Terms,
    Query,
    Dates,
    Monitor,
    Playbook,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Query => "query",
            Self::Dates => "dates",
            Self::Monitor => "monitor",
            Self::Playbook => "playbook",
        }
    }
}

/// An item that has a name.
#[derive(Debug)]
pub struct Named {
    pub kind: Kind,
    /// In full: `brand.terms.acme`.
    pub name: String,
    pub at: ItemAt,
    /// A page, or an anchor on the page of all words.
    pub href: String,
}

/// The page on which lists, queries and dates stand.
pub const WORDS_PAGE: &str = "terms.html";

/// What a name in a rule means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Index into [`Names::all`].
    Item(usize),
    /// The name that an item or a measure is given here.
    Given,
    Measure,
    Field,
    /// A word that is compared with, a team, a method.
    Value,
}

/// A stretch of a file that is a name.
#[derive(Clone, Debug)]
pub struct Mention {
    pub span: Span,
    pub meaning: Meaning,
}

/// All items of a folder by name.
pub struct Names {
    pub folder: Folder,
    /// Monitors, playbooks, lists, queries and dates, in the order of the files.
    pub all: Vec<Named>,
    /// By whether it is a word or which other kind, and by name.
    known: BTreeMap<(Kind, String), usize>,
    /// By file: the package that it belongs to.
    packages: Vec<Option<String>>,
    /// By item: the lists, queries and dates that it names itself.
    words_in: Vec<BTreeSet<usize>>,
}

impl Names {
    pub fn read(files: Vec<SourceFile>, packages: &[Package]) -> Self {
        let package_of = |file: &SourceFile| {
            let holds = |package: &&Package| package.files.as_ref().is_ok_and(|files| files.contains(&file.name));
            packages.iter().find(holds).map(|package| package.name.clone())
        };
        let packages: Vec<Option<String>> = files.iter().map(package_of).collect();
        let (all, known, words_in) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut names = Self { folder: Folder::parse(files), all, known, packages, words_in };
        names.find();
        names.place();
        names.words_in = names.all.iter().map(|named| names.items_of(names.mentions(named.at))).collect();
        names
    }

    fn find(&mut self) {
        for (file, package) in (0..).zip(&self.packages) {
            for item in 0.. {
                let at = ItemAt { file, item };
                let Some(found) = self.folder.item(at) else { break };
                let Some((kind, name)) = named(&found.kind) else { continue };
                let name = package.as_ref().map_or_else(|| name.text.clone(), |of| format!("{of}.{}", name.text));
                self.known.entry((kind, name.clone())).or_insert(self.all.len());
                self.all.push(Named { kind, name, at, href: String::new() });
            }
        }
    }

    /// Gives each item its page or anchor. Names that differ in capitals or signs alone get a number, since file systems may
    /// not tell them apart.
    fn place(&mut self) {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for at in self.known.values() {
            let Some(item) = self.all.get_mut(*at) else { continue };
            let stem = format!("{}-{}", item.kind.name(), slug(&item.name));
            let mut unique = stem.clone();
            let mut number = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{stem}--{number}");
                number += 1;
            }
            item.href = match item.kind {
                Kind::Monitor | Kind::Playbook => format!("{unique}.html"),
                Kind::Terms | Kind::Query | Kind::Dates => format!("{WORDS_PAGE}#{unique}"),
            };
        }
    }

    pub fn get(&self, kind: Kind, name: &str) -> Option<(usize, &Named)> {
        let at = *self.known.get(&(kind, name.to_owned()))?;
        Some((at, self.all.get(at)?))
    }

    pub fn item(&self, named: &Named) -> Option<&Item> {
        self.folder.item(named.at)
    }

    /// The item that a place lies in, its description included.
    pub fn item_at(&self, place: Place) -> Option<usize> {
        self.all.iter().position(|named| {
            let whole = self.item(named).map(whole);
            named.at.file == place.file && whole.is_some_and(|span| place.lies_in(Place { file: place.file, span }))
        })
    }

    fn word(&self, name: &str, file: u32) -> Option<usize> {
        let package = self.packages.get(file as usize).and_then(Option::as_ref);
        let full = match package {
            Some(package) if !name.contains('.') => format!("{package}.{name}"),
            _ => name.to_owned(),
        };
        [Kind::Terms, Kind::Query].into_iter().find_map(|kind| Some(self.get(kind, &full)?.0))
    }

    /// The clauses that a monitor has: its own, then those that it takes over, each with its file.
    pub fn clauses<'a>(&'a self, named: &Named) -> Vec<(u32, &'a Clause)> {
        let mut clauses = Vec::new();
        let mut next = Some(named.at);
        for depth in 0..=EXTENDS_MAX {
            let Some(at) = next else { break };
            let Some(monitor) = self.monitor(at) else { break };
            let taken = |clause: &&Clause| {
                let place = Place { file: at.file, span: clause.span };
                depth == 0 || self.folder.concerns(&named.name, at, place)
            };
            clauses.extend(monitor.clauses.iter().filter(taken).map(|clause| (at.file, clause)));
            next = base(monitor).and_then(|name| self.folder.monitor(&name.text));
        }
        clauses
    }

    fn monitor(&self, at: ItemAt) -> Option<&Monitor> {
        match &self.folder.item(at)?.kind {
            ItemKind::Monitor(monitor) => Some(monitor),
            _ => None,
        }
    }

    /// Every name in an item, in the order of the text.
    pub fn mentions(&self, at: ItemAt) -> Vec<Mention> {
        let Some(item) = self.folder.item(at) else { return Vec::new() };
        let mut reader = Reader::new(self, at.file);
        reader.item(&item.kind);
        let mut found = reader.found;
        found.sort_by_key(|mention| (mention.span.start, mention.span.end));
        found
    }

    /// Items that name a list, a query or dates themselves.
    pub fn users_of(&self, word: usize) -> impl Iterator<Item = &Named> {
        let users = self.all.iter().zip(&self.words_in).enumerate();
        users.filter(move |(at, (_, words))| *at != word && words.contains(&word)).map(|(_, (named, _))| named)
    }

    /// Those that a monitor names itself or in clauses that it takes over.
    pub fn words_of_monitor(&self, named: &Named) -> BTreeSet<usize> {
        let mut words = BTreeSet::new();
        let clauses = self.clauses(named);
        let measures = measures(clauses.iter().map(|(_, clause)| *clause));
        for (file, clause) in clauses {
            let mut reader = Reader::new(self, file);
            reader.measures.clone_from(&measures);
            reader.clause(clause);
            words.extend(self.items_of(reader.found));
        }
        words
    }

    fn items_of(&self, mentions: Vec<Mention>) -> BTreeSet<usize> {
        let word = |mention: Mention| match mention.meaning {
            Meaning::Item(at) => self.all.get(at).filter(|named| named.href.starts_with(WORDS_PAGE)).map(|_| at),
            _ => None,
        };
        mentions.into_iter().filter_map(word).collect()
    }

    /// Words, and the words that they are made of, and so on.
    pub fn closure(&self, from: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut pending: Vec<usize> = from.iter().copied().collect();
        let mut reached = from;
        while let Some(at) = pending.pop() {
            let inner = self.words_in.get(at).into_iter().flatten();
            pending.extend(inner.copied().filter(|at| reached.insert(*at)));
        }
        reached
    }
}

/// The item with its description.
pub fn whole(item: &Item) -> Span {
    item.doc.as_ref().map_or(item.span, |doc| doc.span.to(item.span))
}

/// The monitor that a monitor extends.
pub fn base(monitor: &Monitor) -> Option<&Name> {
    monitor.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Extend { base, .. } => Some(base),
        _ => None,
    })
}

fn named(kind: &ItemKind) -> Option<(Kind, &Name)> {
    match kind {
        ItemKind::Terms(item) => Some((Kind::Terms, &item.name)),
        ItemKind::Query(item) => Some((Kind::Query, &item.name)),
        ItemKind::Dates(item) => Some((Kind::Dates, &item.name)),
        ItemKind::Monitor(item) => Some((Kind::Monitor, &item.name)),
        ItemKind::Playbook(item) => Some((Kind::Playbook, &item.name)),
        ItemKind::Test(_) | ItemKind::Use(_) | ItemKind::Broken => None,
    }
}

/// A name as part of a file's name and of an anchor: small letters, figures, `_` and `-`.
fn slug(name: &str) -> String {
    let safe = |sign: char| if sign.is_ascii_alphanumeric() || sign == '_' { sign.to_ascii_lowercase() } else { '-' };
    name.chars().take(SLUG_CHARS_MAX).map(safe).collect()
}

/// Reads the names of one item.
struct Reader<'n> {
    names: &'n Names,
    file: u32,
    measures: BTreeSet<String>,
    /// Names of what a query is given.
    given: BTreeSet<String>,
    found: Vec<Mention>,
}

fn measures<'a>(clauses: impl Iterator<Item = &'a Clause>) -> BTreeSet<String> {
    let name = |clause: &Clause| match &clause.kind {
        ClauseKind::Measure { name, .. } => Some(name.text.clone()),
        _ => None,
    };
    clauses.filter_map(name).collect()
}

impl<'n> Reader<'n> {
    const fn new(names: &'n Names, file: u32) -> Self {
        Self { names, file, measures: BTreeSet::new(), given: BTreeSet::new(), found: Vec::new() }
    }

    fn add(&mut self, span: Span, meaning: Meaning) {
        self.found.push(Mention { span, meaning });
    }

    fn item(&mut self, kind: &ItemKind) {
        if let Some((_, name)) = named(kind) {
            self.add(name.span, Meaning::Given);
        }
        match kind {
            ItemKind::Query(query) => {
                for param in &query.params {
                    self.given.insert(param.name.text.clone());
                    self.add(param.name.span, Meaning::Given);
                }
                query.gaps.iter().for_each(|(_, name)| self.add(name.span, Meaning::Value));
            }
            ItemKind::Monitor(monitor) => {
                self.measures = measures(monitor.clauses.iter());
                return monitor.clauses.iter().for_each(|clause| self.clause(clause));
            }
            ItemKind::Playbook(playbook) => {
                playbook.clauses.iter().for_each(|clause| self.playbook_clause(&clause.kind));
            }
            ItemKind::Test(test) => {
                self.named(Kind::Monitor, &test.monitor);
                for step in &test.steps {
                    match &step.kind {
                        TestStepKind::Incidents { monitor: Some(name), .. } => self.named(Kind::Monitor, name),
                        TestStepKind::Messages { team: Some(name), .. } => self.add(name.span, Meaning::Value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        exprs(kind).into_iter().for_each(|(role, expr)| self.expr(role, expr));
    }

    fn named(&mut self, kind: Kind, name: &Name) {
        let meaning = self.names.get(kind, &name.text).map_or(Meaning::Value, |(at, _)| Meaning::Item(at));
        self.add(name.span, meaning);
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::Extend { base, countries } => {
                self.named(Kind::Monitor, base);
                countries.iter().for_each(|name| self.add(name.span, Meaning::Value));
            }
            ClauseKind::Follow(name) => self.named(Kind::Playbook, name),
            ClauseKind::Match(expr) => self.expr(Role::Match, expr),
            ClauseKind::Measure { name, expr } => {
                self.add(name.span, Meaning::Given);
                self.expr(Role::Measure, expr);
            }
            ClauseKind::Alert(alert) => {
                self.expr(Role::When, &alert.when);
                alert.clear.iter().for_each(|expr| self.expr(Role::Clear, expr));
            }
            ClauseKind::Severity(rows) => {
                rows.iter().filter_map(|row| row.when.as_ref()).for_each(|expr| self.expr(Role::Severity, expr));
            }
            ClauseKind::Window(window) => {
                window.kind.steps().iter().for_each(|step| self.expr(Role::Step, &step.cond));
                window.by.iter().for_each(|path| self.add(path.span, Meaning::Field));
            }
            ClauseKind::Group(paths) => paths.iter().for_each(|path| self.add(path.span, Meaning::Field)),
            ClauseKind::Show { posts, values } => {
                let by = posts.iter().filter_map(|posts| posts.by.as_ref());
                by.chain(values.iter().map(|values| &values.of)).for_each(|path| self.add(path.span, Meaning::Field));
            }
            ClauseKind::Meta { value_span, .. } => self.add(*value_span, Meaning::Value),
            _ => {}
        }
    }

    fn playbook_clause(&mut self, kind: &PlaybookClauseKind) {
        match kind {
            PlaybookClauseKind::Route { rows, .. } => {
                rows.iter().for_each(|row| self.add(row.team.span, Meaning::Value));
            }
            PlaybookClauseKind::Notify(rows) => {
                rows.iter().flat_map(|row| &row.methods).for_each(|name| self.add(name.span, Meaning::Value));
            }
            PlaybookClauseKind::Share { teams, methods, purposes, .. } => {
                let all = teams.iter().chain(methods).chain(purposes);
                all.for_each(|name| self.add(name.span, Meaning::Value));
            }
            _ => {}
        }
    }

    fn expr(&mut self, role: Role, expr: &Expr) {
        match &expr.kind {
            ExprKind::Path(path) => self.path(role, path),
            ExprKind::Exists(path) => self.add(path.span, Meaning::Field),
            ExprKind::Zone { zone, expr } => {
                self.add(zone.span, Meaning::Field);
                self.expr(role, expr);
            }
            ExprKind::Call { name, args } => {
                if let Some(at) = self.names.word(&name.text, self.file) {
                    self.add(name.span, Meaning::Item(at));
                }
                args.iter().for_each(|arg| self.expr(role, arg));
            }
            ExprKind::Binary { op, left, right, .. } => {
                self.expr(role, left);
                match (op, &left.kind) {
                    (BinaryOp::Is | BinaryOp::In | BinaryOp::Compare(_), ExprKind::Path(path)) => {
                        let of_monitor = role == Role::Route && path.dotted() == "monitor";
                        self.values(right, of_monitor);
                    }
                    _ => self.expr(role, right),
                }
            }
            ExprKind::Infix { left, right, .. } => {
                self.expr(role, left);
                self.expr(role, right);
            }
            ExprKind::List(members)
            | ExprKind::Group(members)
            | ExprKind::Set { members, .. }
            | ExprKind::Scope { members, .. } => members.iter().for_each(|member| self.expr(role, member)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Confident { expr: inner, .. } => {
                self.expr(role, inner);
            }
            _ => {}
        }
    }

    /// What a field or a measure is compared with.
    fn values(&mut self, expr: &Expr, of_monitor: bool) {
        match &expr.kind {
            ExprKind::Path(path) if of_monitor => {
                path.parts.iter().for_each(|name| self.named(Kind::Monitor, name));
            }
            ExprKind::Path(path) => {
                let measure = self.measures.contains(&path.dotted());
                self.add(path.span, if measure { Meaning::Measure } else { Meaning::Value });
            }
            ExprKind::List(members) | ExprKind::Group(members) => {
                members.iter().for_each(|member| self.values(member, of_monitor));
            }
            ExprKind::Binary { left, right, .. } => {
                self.values(left, of_monitor);
                self.values(right, of_monitor);
            }
            _ => {}
        }
    }

    fn path(&mut self, role: Role, path: &Path) {
        let name = path.dotted();
        let of_window = matches!(role, Role::Measure | Role::When | Role::Clear | Role::Severity);
        let meaning = if self.given.contains(&name) {
            Meaning::Value
        } else if of_window && self.measures.contains(&name) {
            Meaning::Measure
        } else if let Some(at) = self.names.word(&name, self.file) {
            Meaning::Item(at)
        } else if let Some((at, _)) = self.names.get(Kind::Dates, &name) {
            Meaning::Item(at)
        } else if find_field(&name).is_some() || role == Role::Route {
            Meaning::Field
        } else {
            return;
        };
        self.add(path.span, meaning);
    }
}
