//! Names of a folder: every item under its name, duplicates told with both places, circles told with the whole chain.
//! Names hold for all files, so `use` only has to find its file.

use mon_grammar::ast::{self, Expr, ItemKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Place, SourceFile};

use super::walk;

/// An item of one kind with the file that holds it.
#[derive(Debug)]
pub(super) struct Found<'a, T> {
    pub file: u32,
    pub doc: Option<&'a str>,
    pub item: &'a T,
}

impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

/// Every item by kind, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub terms: Vec<Found<'a, ast::Terms>>,
    pub queries: Vec<Found<'a, ast::Query>>,
    pub dates: Vec<Found<'a, ast::Dates>>,
    pub monitors: Vec<Found<'a, ast::Monitor>>,
    pub playbooks: Vec<Found<'a, ast::Playbook>>,
    pub tests: Vec<Found<'a, ast::Test>>,
    pub uses: Vec<Found<'a, ast::Use>>,
    /// Terms and queries share their names.
    words: FxHashMap<&'a str, Word>,
    monitor_at: FxHashMap<&'a str, usize>,
    playbook_at: FxHashMap<&'a str, usize>,
    dates_at: FxHashMap<&'a str, usize>,
}

/// What a name in an expression stands for: an index into [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Terms(usize),
    Query(usize),
}

impl<'a> Names<'a> {
    /// Collects all items; a duplicate is reported and the first one keeps the name.
    pub fn collect(trees: impl Iterator<Item = &'a ast::File>, found: &mut Vec<Diagnostic>) -> Self {
        let mut names = Self::default();
        for (file, tree) in trees.enumerate() {
            let file = u32::try_from(file).unwrap_or(u32::MAX);
            for item in &tree.items {
                let doc = item.doc.as_ref().map(|doc| doc.text.as_str());
                match &item.kind {
                    ItemKind::Use(item) => names.uses.push(Found { file, doc, item }),
                    ItemKind::Terms(item) => names.terms.push(Found { file, doc, item }),
                    ItemKind::Query(item) => names.queries.push(Found { file, doc, item }),
                    ItemKind::Dates(item) => names.dates.push(Found { file, doc, item }),
                    ItemKind::Monitor(item) => names.monitors.push(Found { file, doc, item }),
                    ItemKind::Playbook(item) => names.playbooks.push(Found { file, doc, item }),
                    ItemKind::Test(item) => names.tests.push(Found { file, doc, item }),
                    ItemKind::Broken => {}
                }
            }
        }
        names.index(found);
        names
    }

    fn index(&mut self, found: &mut Vec<Diagnostic>) {
        let mut words: FxHashMap<&'a str, (Word, Place)> = FxHashMap::default();
        let terms = self.terms.iter().enumerate().map(|(at, t)| (Word::Terms(at), t.file, &t.item.name));
        let queries = self.queries.iter().enumerate().map(|(at, q)| (Word::Query(at), q.file, &q.item.name));
        for (word, file, name) in terms.chain(queries) {
            let place = Place { file, span: name.span };
            // Inside a package its names stand without the package's.
            let own = name.text.rsplit('.').next().unwrap_or(&name.text);
            if mon_post::find(own).is_some() || matches!(own, "true" | "false") {
                found.push(shadows_field(own, place));
                continue;
            }
            match words.get(name.text.as_str()) {
                Some((_, first)) => found.push(duplicate(&name.text, *first, place)),
                None => {
                    words.insert(&name.text, (word, place));
                }
            }
        }
        let mut seen: FxHashMap<&'a str, Place> = FxHashMap::default();
        for (at, monitor) in self.monitors.iter().enumerate() {
            let name = &monitor.item.name;
            let place = Place { file: monitor.file, span: name.span };
            let query = words.get(name.text.as_str()).filter(|(word, _)| matches!(word, Word::Query(_)));
            if let Some(first) = query.map(|(_, place)| place).or_else(|| seen.get(name.text.as_str())) {
                found.push(duplicate(&name.text, *first, place));
            }
            seen.entry(&name.text).or_insert(place);
            self.monitor_at.entry(&name.text).or_insert(at);
        }
        seen.clear();
        for (at, playbook) in self.playbooks.iter().enumerate() {
            let name = &playbook.item.name;
            let place = Place { file: playbook.file, span: name.span };
            if let Some(first) = seen.get(name.text.as_str()) {
                found.push(duplicate(&name.text, *first, place));
            }
            seen.entry(&name.text).or_insert(place);
            self.playbook_at.entry(&name.text).or_insert(at);
        }
        seen.clear();
        for (at, dates) in self.dates.iter().enumerate() {
            let name = &dates.item.name;
            let place = Place { file: dates.file, span: name.span };
            if let Some(first) = seen.get(name.text.as_str()) {
                found.push(duplicate(&name.text, *first, place));
            }
            seen.entry(&name.text).or_insert(place);
            self.dates_at.entry(&name.text).or_insert(at);
        }
        self.words = words.into_iter().map(|(name, (word, _))| (name, word)).collect();
    }

    /// The terms or query of this name.
    pub fn word(&self, name: &str) -> Option<Word> {
        self.words.get(name).copied()
    }

    /// The terms or query that a path names; those of packages have dots in their names.
    pub fn word_at(&self, path: &ast::Path) -> Option<Word> {
        match path.parts.as_slice() {
            [name] => self.word(&name.text),
            _ if self.words.is_empty() => None,
            _ => self.word(&path.dotted()),
        }
    }

    /// Names of all terms and queries.
    pub fn word_names(&self) -> impl Iterator<Item = &'a str> + '_ {
        let terms = self.terms.iter().map(|found| found.item.name.text.as_str());
        terms.chain(self.queries.iter().map(|found| found.item.name.text.as_str()))
    }

    /// Index into `monitors`.
    pub fn monitor(&self, name: &str) -> Option<usize> {
        self.monitor_at.get(name).copied()
    }

    /// Index into `playbooks`.
    pub fn playbook(&self, name: &str) -> Option<usize> {
        self.playbook_at.get(name).copied()
    }

    /// The `dates` of this name.
    pub fn dates(&self, name: &str) -> Option<Found<'a, ast::Dates>> {
        self.dates.get(*self.dates_at.get(name)?).copied()
    }

    /// Terms and queries so that each comes after all that it uses. What stands in a circle is left out and reported.
    pub fn order(&self, found: &mut Vec<Diagnostic>) -> Vec<Word> {
        let mut order = Vec::new();
        let mut state: FxHashMap<Word, State> = FxHashMap::default();
        let all = (0..self.terms.len()).map(Word::Terms).chain((0..self.queries.len()).map(Word::Query));
        for root in all {
            if state.contains_key(&root) {
                continue;
            }
            let mut stack = vec![(root, self.uses_of(root))];
            state.insert(root, State::Open);
            while let Some((word, pending)) = stack.last_mut() {
                let word = *word;
                let Some(next) = pending.pop() else {
                    stack.pop();
                    if state.get(&word) != Some(&State::Broken) {
                        state.insert(word, State::Done);
                        order.push(word);
                    }
                    continue;
                };
                match state.get(&next) {
                    None => {
                        state.insert(next, State::Open);
                        stack.push((next, self.uses_of(next)));
                    }
                    Some(State::Open) => {
                        let from = stack.iter().position(|(word, _)| *word == next).unwrap_or(0);
                        let circle: Vec<Word> = stack.iter().skip(from).map(|(word, _)| *word).collect();
                        found.push(self.circle(&circle));
                        state.extend(circle.into_iter().map(|word| (word, State::Broken)));
                    }
                    Some(State::Done | State::Broken) => {}
                }
            }
        }
        order
    }

    fn name_of(&self, word: Word) -> Option<(&'a ast::Name, u32)> {
        match word {
            Word::Terms(at) => self.terms.get(at).map(|found| (&found.item.name, found.file)),
            Word::Query(at) => self.queries.get(at).map(|found| (&found.item.name, found.file)),
        }
    }

    fn exprs(&self, word: Word) -> &'a [Expr] {
        match word {
            Word::Terms(at) => self.terms.get(at).map_or(&[], |found| &found.item.members),
            Word::Query(at) => self.queries.get(at).map_or(&[], |found| std::slice::from_ref(&found.item.expr)),
        }
    }

    fn uses_of(&self, word: Word) -> Vec<Word> {
        let mut uses = Vec::new();
        let mut seen = FxHashSet::default();
        for expr in self.exprs(word) {
            walk::each_name(expr, &mut |path| {
                if let Some(used) = self.word_at(path)
                    && seen.insert(used)
                {
                    uses.push(used);
                }
            });
        }
        uses.reverse();
        uses
    }

    fn circle(&self, circle: &[Word]) -> Diagnostic {
        let names: Vec<(&ast::Name, u32)> = circle.iter().filter_map(|word| self.name_of(*word)).collect();
        let mut chain: Vec<String> = names.iter().map(|(name, _)| format!("`{}`", name.text)).collect();
        chain.extend(chain.first().cloned());
        let mut places = names.iter().map(|(name, file)| Place { file: *file, span: name.span });
        let first = places.next().unwrap_or_default();
        let message = match chain.as_slice() {
            [one, _] => format!("{one} uses itself"),
            _ => format!("names use each other in a circle: {}", chain.join(" uses ")),
        };
        let told = Diagnostic::new(&codes::NAME_CYCLE, first, message);
        let told = if names.len() > 1 { told.label(first, "the circle begins here") } else { told };
        places
            .fold(told, |told, place| told.label(place, "in the circle too"))
            .help("let one of them say what it means without the others")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Broken,
}

pub(super) fn duplicate(name: &str, first: Place, second: Place) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE_NAME, second, format!("the name `{name}` is taken"))
        .label(second, "again here")
        .label(first, format!("`{name}` stands here first"))
        .help("give one of them another name, or remove it if both mean the same")
}

pub(super) fn shadows_field(name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(&codes::SHADOWS_FIELD, place, format!("`{name}` is the name of a field of posts"))
        .help(format!("choose another name, for example `my_{}`", name.replace('.', "_")))
}

/// Checks that every `use` finds its file.
pub(super) fn check_uses(names: &Names<'_>, files: &[SourceFile], also: &[String], found: &mut Vec<Diagnostic>) {
    if names.uses.is_empty() {
        return;
    }
    let known: FxHashSet<String> = files.iter().map(|file| &file.name).chain(also).map(|name| normal(name)).collect();
    for used in &names.uses {
        let place = Place { file: used.file, span: used.item.target_span };
        let target = used.item.target.as_str();
        if !used.item.is_file() {
            continue;
        }
        let own = files.get(used.file as usize).map_or("", |file| file.name.as_str());
        let wanted = seen_from(own, target);
        if !known.contains(&wanted) {
            let told = Diagnostic::new(&codes::FILE_NOT_FOUND, place, format!("there is no file `{target}`"))
                .help(format!("`{wanted}` was looked for: a path is relative to the file that says it"));
            found.push(told);
        }
    }
}

/// Whether a name is that of a package's item, or of a query that was made by giving values.
pub(super) fn is_brought(name: &str) -> bool {
    name.contains(['.', '('])
}

/// The path of what a file at `own` names by a path relative to itself.
pub(super) fn seen_from(own: &str, target: &str) -> String {
    match own.rsplit_once('/').filter(|_| !target.starts_with('/')) {
        Some((folder, _)) => normal(&format!("{folder}/{target}")),
        None => normal(target),
    }
}

/// A path without `.`, `..` and doubled `/`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with(['/', '\\']) { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
