//! Packages: the items of a package carry its name before their own, `brand.terms.acme`, so that neither side can take a name
//! from the other. Inside a package its own names stand alone.

use std::borrow::Cow;

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, ClauseKind, Expr, ExprKind, ItemKind, TestStepKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Place, SourceFile};

use super::fragments::given_names;
use super::given::{Package, PackageProblem};
use super::names::seen_from;
use super::walk;

/// The packages of a folder, by file.
#[derive(Default)]
struct Packages<'a> {
    /// Each that was read, by its name.
    known: FxHashSet<&'a str>,
    /// By file: the package that it belongs to.
    of: Vec<Option<&'a str>>,
    /// By file: the packages that it uses.
    used: Vec<FxHashSet<&'a str>>,
    /// Those that were not read, each with a file that asks for it.
    lost: FxHashSet<(usize, &'a str)>,
}

/// The trees with the names of packages in full.
pub(super) fn qualified<'a>(
    files: &[SourceFile],
    trees: &'a [&'a ast::File],
    given: &[Package],
    found: &mut Vec<Diagnostic>,
) -> Vec<Cow<'a, ast::File>> {
    let packages = Packages::read(files, trees, given, found);
    if packages.known.is_empty() && packages.lost.is_empty() {
        return trees.iter().map(|tree| Cow::Borrowed(*tree)).collect();
    }
    let names = packages.names(trees);
    let mut whole = Vec::with_capacity(trees.len());
    for (file, tree) in trees.iter().copied().enumerate() {
        packages.only_used(file, tree, found);
        whole.push(match packages.of.get(file).copied().flatten() {
            Some(package) => {
                only_named(file, tree, package, found);
                Cow::Owned(in_full(file, tree, package, &names, found))
            }
            None => Cow::Borrowed(tree),
        });
    }
    // What keeps a package from being read is told once, not at each of its names.
    for (file, lost) in &packages.lost {
        let items = whole.get_mut(*file).map(|tree| tree.to_mut().items.iter_mut());
        for item in items.into_iter().flatten() {
            exprs_mut(&mut item.kind).into_iter().for_each(|expr| forget(expr, lost));
        }
    }
    whole
}

/// Takes the names of a package that was not read out of an expression.
fn forget(expr: &mut Expr, package: &str) {
    let of = |name: &str| name.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
    match &expr.kind {
        ExprKind::Path(path) if path.parts.len() > 1 && of(&path.dotted()) => expr.kind = ExprKind::Error,
        ExprKind::Call { name, .. } if of(&name.text) => expr.kind = ExprKind::Error,
        _ => walk::parts_mut(expr).into_iter().for_each(|part| forget(part, package)),
    }
}

impl<'a> Packages<'a> {
    /// Finds the package of each `use`, and tells what keeps one from being used.
    fn read(files: &[SourceFile], trees: &'a [&'a ast::File], given: &[Package], found: &mut Vec<Diagnostic>) -> Self {
        let mut packages = Self {
            known: FxHashSet::default(),
            of: vec![None; files.len()],
            used: vec![FxHashSet::default(); trees.len()],
            lost: FxHashSet::default(),
        };
        let numbers: FxHashMap<String, usize> =
            files.iter().enumerate().map(|(at, file)| (seen_from("", &file.name), at)).collect();
        for (file, tree) in trees.iter().enumerate() {
            for item in &tree.items {
                let ItemKind::Use(used) = &item.kind else { continue };
                if used.is_file() {
                    continue;
                }
                let place = Place { file: number(file), span: used.target_span };
                let name = used.target.as_str();
                let first = name.split('.').next().unwrap_or(name);
                if begins_field(first) {
                    let told = Diagnostic::new(
                        &codes::BAD_PACKAGE,
                        place,
                        format!("a package cannot be called `{first}`: names of fields of posts begin so"),
                    );
                    found.push(told.help("give its folder another name"));
                    packages.lost.insert((file, name));
                    continue;
                }
                let package = given.iter().find(|package| package.name == name);
                match package.map(|package| &package.files) {
                    Some(Ok(members)) => {
                        if let Some(slot) = packages.used.get_mut(file) {
                            slot.insert(name);
                        }
                        if packages.known.insert(name) {
                            let members = members.iter().filter_map(|member| numbers.get(&seen_from("", member)));
                            packages.take(name, members.copied(), place, files, found);
                        }
                    }
                    other => {
                        let missing = PackageProblem::Missing(Vec::new());
                        let problem = other.and_then(|files| files.as_ref().err()).unwrap_or(&missing);
                        found.push(unknown(place, problem.told(name)));
                        packages.lost.insert((file, name));
                    }
                }
            }
        }
        packages
    }

    /// Gives a package its files. A file of two packages would have two names for everything in it.
    fn take(
        &mut self,
        name: &'a str,
        members: impl Iterator<Item = usize>,
        place: Place,
        files: &[SourceFile],
        found: &mut Vec<Diagnostic>,
    ) {
        for member in members {
            let Some(slot) = self.of.get_mut(member) else { continue };
            match slot {
                None => *slot = Some(name),
                Some(other) => {
                    let file = files.get(member).map_or("", |file| file.name.as_str());
                    let message = format!("`{file}` would belong to two packages, `{other}` and `{name}`");
                    let told = Diagnostic::new(&codes::BAD_PACKAGE, place, message);
                    found.push(told.help(format!("use either `{other}` or `{name}` everywhere")));
                }
            }
        }
    }

    /// The names of all terms and queries, each with the packages that have it; None stands for the rules themselves.
    fn names(&self, trees: &'a [&'a ast::File]) -> FxHashSet<(Option<&'a str>, &'a str)> {
        let mut names = FxHashSet::default();
        for (tree, package) in trees.iter().zip(&self.of) {
            names.extend(tree.items.iter().filter_map(|item| Some((*package, name(&item.kind)?.text.as_str()))));
        }
        names
    }

    /// A name of a package that the file does not `use`: what a file needs stands in it.
    fn only_used(&self, file: usize, tree: &ast::File, found: &mut Vec<Diagnostic>) {
        let own = self.of.get(file).copied().flatten();
        let mut visit = |dotted: &str, span: Span| {
            let Some(package) = dotted.rsplit_once('.').and_then(|(package, _)| self.known.get(package)) else {
                return;
            };
            if own == Some(*package) || self.used.get(file).is_some_and(|used| used.contains(package)) {
                return;
            }
            let place = Place { file: number(file), span };
            let message = format!("`{dotted}` is of the package `{package}`, which this file does not use");
            found.push(Diagnostic::new(&codes::UNKNOWN_PACKAGE, place, message).help(format!("add `use {package}`")));
        };
        for item in &tree.items {
            exprs(&item.kind).into_iter().for_each(|expr| {
                walk::each(expr, &mut |part| match &part.kind {
                    ExprKind::Path(path) if path.parts.len() > 1 => visit(&path.dotted(), path.span),
                    ExprKind::Call { name, .. } if name.text.contains('.') => visit(&name.text, name.span),
                    _ => {}
                });
            });
        }
    }
}

fn number(file: usize) -> u32 {
    u32::try_from(file).unwrap_or(u32::MAX)
}

fn unknown(place: Place, (message, help): (String, String)) -> Diagnostic {
    Diagnostic::new(&codes::UNKNOWN_PACKAGE, place, message).help(help)
}

/// Whether fields of posts begin with this word, as `author` does.
fn begins_field(word: &str) -> bool {
    let mut names = mon_post::FIELDS.iter().flat_map(|field| std::iter::once(&field.name).chain(field.aliases));
    names.any(|name| name.split('.').next() == Some(word))
}

/// The name of an item that a package may hold.
fn name(kind: &ItemKind) -> Option<&ast::Name> {
    match kind {
        ItemKind::Terms(terms) => Some(&terms.name),
        ItemKind::Query(query) => Some(&query.name),
        _ => None,
    }
}

/// A package brings names; what would run by itself belongs in the folder that runs it.
fn only_named(file: usize, tree: &ast::File, package: &str, found: &mut Vec<Diagnostic>) {
    for item in &tree.items {
        let (word, name) = match &item.kind {
            ItemKind::Monitor(monitor) => ("monitor", &monitor.name),
            ItemKind::Playbook(playbook) => ("playbook", &playbook.name),
            ItemKind::Test(test) => ("test", &test.monitor),
            ItemKind::Dates(dates) => ("dates", &dates.name),
            ItemKind::Use(_) | ItemKind::Terms(_) | ItemKind::Query(_) | ItemKind::Broken => continue,
        };
        let place = Place { file: number(file), span: name.span };
        let message = if word == "dates" {
            format!("the package `{package}` holds `dates`, which only a monitor's own folder can name")
        } else {
            format!("the package `{package}` holds a `{word}`, which would run for everybody who uses it")
        };
        let told = Diagnostic::new(&codes::BAD_PACKAGE, place, message);
        found.push(told.help("a package holds `terms` and `query`; move this into the folder that runs it"));
    }
}

/// The tree with the package's name before every name of its own.
fn in_full(
    file: usize,
    tree: &ast::File,
    package: &str,
    names: &FxHashSet<(Option<&str>, &str)>,
    found: &mut Vec<Diagnostic>,
) -> ast::File {
    let mut tree = tree.clone();
    // False where the name means nothing here, which is told.
    let mut full = |only: &mut ast::Name, given: &FxHashSet<String>| {
        if given.contains(&only.text) {
            return true;
        }
        if names.contains(&(Some(package), only.text.as_str())) {
            only.text = format!("{package}.{}", only.text);
        } else if names.contains(&(None, only.text.as_str())) {
            let place = Place { file: number(file), span: only.span };
            let message = format!("`{}` is a name of the rules, and a package knows only its own", only.text);
            let told = Diagnostic::new(&codes::UNKNOWN_NAME, place, message);
            found.push(told.help("say in the package what it means, or let the rules join the two"));
            return false;
        }
        true
    };
    for item in &mut tree.items {
        let given = match &item.kind {
            ItemKind::Query(query) => given_names(query),
            _ => FxHashSet::default(),
        };
        let mut full = |name: &mut ast::Name| full(name, &given);
        match &mut item.kind {
            ItemKind::Terms(terms) => {
                terms.name.text = format!("{package}.{}", terms.name.text);
                terms.members.iter_mut().for_each(|member| words_mut(member, &mut full));
            }
            ItemKind::Query(query) => {
                query.name.text = format!("{package}.{}", query.name.text);
                words_mut(&mut query.expr, &mut full);
            }
            _ => {}
        }
    }
    tree
}

/// Visits the names that stand where words or conditions do, and those of queries that are given values. The right side of a
/// comparison holds values, and a zone is no name.
fn words_mut(expr: &mut Expr, visit: &mut impl FnMut(&mut ast::Name) -> bool) {
    match &mut expr.kind {
        ExprKind::Path(path) => {
            if let [only] = path.parts.as_mut_slice()
                && !visit(only)
            {
                expr.kind = ExprKind::Error;
            }
        }
        ExprKind::Call { name, args } if !name.text.contains('.') => {
            if visit(name) {
                args.iter_mut().for_each(|arg| words_mut(arg, visit));
            } else {
                expr.kind = ExprKind::Error;
            }
        }
        ExprKind::Binary { op, left, right, .. } => {
            let (of_values, of_field) = (walk::takes_values(*op, left), *op == BinaryOp::Has);
            if !of_field {
                words_mut(left, visit);
            }
            if !of_values {
                words_mut(right, visit);
            }
        }
        _ => walk::parts_mut(expr).into_iter().for_each(|part| words_mut(part, visit)),
    }
}

/// The expressions of an item, outermost.
pub(super) fn exprs(kind: &ItemKind) -> Vec<&Expr> {
    match kind {
        ItemKind::Terms(terms) => terms.members.iter().collect(),
        ItemKind::Query(query) => vec![&query.expr],
        ItemKind::Monitor(monitor) => monitor.clauses.iter().flat_map(|clause| of_clause(&clause.kind)).collect(),
        ItemKind::Test(test) => test
            .steps
            .iter()
            .filter_map(|step| match &step.kind {
                TestStepKind::Matched { filter, .. } => filter.as_ref(),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn of_clause(kind: &ClauseKind) -> Vec<&Expr> {
    match kind {
        ClauseKind::Match(expr) | ClauseKind::Measure { expr, .. } => vec![expr],
        ClauseKind::Alert(alert) => std::iter::once(&alert.when).chain(&alert.clear).collect(),
        ClauseKind::Severity(rows) => rows.iter().filter_map(|row| row.when.as_ref()).collect(),
        ClauseKind::Window(window) => window.kind.steps().iter().map(|step| &step.cond).collect(),
        _ => Vec::new(),
    }
}

/// The same, to change them.
pub(super) fn exprs_mut(kind: &mut ItemKind) -> Vec<&mut Expr> {
    match kind {
        ItemKind::Terms(terms) => terms.members.iter_mut().collect(),
        ItemKind::Query(query) => vec![&mut query.expr],
        ItemKind::Monitor(monitor) => {
            monitor.clauses.iter_mut().flat_map(|clause| of_clause_mut(&mut clause.kind)).collect()
        }
        ItemKind::Test(test) => {
            let steps = test.steps.iter_mut().filter_map(|step| match &mut step.kind {
                TestStepKind::Matched { filter, .. } => filter.as_mut(),
                _ => None,
            });
            steps.collect()
        }
        _ => Vec::new(),
    }
}

fn of_clause_mut(kind: &mut ClauseKind) -> Vec<&mut Expr> {
    match kind {
        ClauseKind::Match(expr) | ClauseKind::Measure { expr, .. } => vec![expr],
        ClauseKind::Alert(alert) => std::iter::once(&mut alert.when).chain(&mut alert.clear).collect(),
        ClauseKind::Severity(rows) => rows.iter_mut().filter_map(|row| row.when.as_mut()).collect(),
        ClauseKind::Window(window) => window.kind.steps_mut().iter_mut().map(|step| &mut step.cond).collect(),
        _ => Vec::new(),
    }
}
