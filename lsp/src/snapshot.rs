//! A folder of rules as an editor has it at one moment: every text with its tree, and what checking found the last time. It does
//! not change, so that a long answer never waits for a key, nor a key for an answer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use mon_compiler::check::CheckOptions;
use mon_compiler::diagnostic::Diagnostic;
use mon_compiler::plan::{Place, Plan};
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, File, Item, ItemKind};
use mon_rules::Project;
use rustc_hash::FxHashMap;

#[cfg(feature = "server")]
use crate::consequences::Consequences;
use crate::symbols::{Kind, Occurrence, Role, occurrences};
use crate::text::Lines;

/// One rule file.
#[derive(Debug)]
pub struct FileState {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub tree: Arc<File>,
    /// The version of the text that an editor has open.
    pub version: Option<i32>,
    /// How that editor names the file.
    pub uri: Option<Arc<str>>,
    lines: OnceLock<Lines>,
    names: OnceLock<Vec<Occurrence>>,
    /// What each name is defined as, and in which item.
    definitions: OnceLock<FxHashMap<String, Vec<(Kind, u32)>>>,
}

impl FileState {
    #[must_use]
    pub const fn new(path: PathBuf, text: Arc<str>, tree: Arc<File>, version: Option<i32>) -> Self {
        Self {
            path,
            text,
            tree,
            version,
            uri: None,
            lines: OnceLock::new(),
            names: OnceLock::new(),
            definitions: OnceLock::new(),
        }
    }

    #[must_use]
    pub fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    #[must_use]
    pub fn names(&self) -> &[Occurrence] {
        self.names.get_or_init(|| occurrences(&self.tree))
    }

    /// The first of the kinds as which the file defines a name, and the item that does.
    fn defines(&self, name: &str, kinds: &[Kind]) -> Option<(Kind, u32)> {
        let definitions = self.definitions.get_or_init(|| {
            let mut known: FxHashMap<String, Vec<(Kind, u32)>> = FxHashMap::default();
            for found in self.names().iter().filter(|found| found.role == Role::Definition) {
                known.entry(found.name.clone()).or_default().push((found.kind, found.item));
            }
            known
        });
        definitions.get(name)?.iter().copied().find(|(kind, _)| kinds.contains(kind))
    }

    /// The name at a byte, or that ends there.
    #[must_use]
    pub fn name_at(&self, offset: u32) -> Option<&Occurrence> {
        let holds = |found: &&Occurrence| found.span.start <= offset && offset <= found.span.end;
        // Of names inside each other, such as a measure in a call, the shortest.
        self.names().iter().filter(holds).min_by_key(|found| found.span.end - found.span.start)
    }

    /// The item at a byte, its description included, with its number.
    #[must_use]
    pub fn item_at(&self, offset: u32) -> Option<(u32, &Item)> {
        (0..).zip(&self.tree.items).find(|(_, item)| {
            let whole = whole(item);
            whole.start <= offset && offset <= whole.end
        })
    }

    #[must_use]
    pub fn item(&self, at: u32) -> Option<&Item> {
        self.tree.items.get(at as usize)
    }
}

/// An item with its description.
#[must_use]
pub fn whole(item: &Item) -> Span {
    item.doc.as_ref().map_or(item.span, |doc| doc.span.to(item.span))
}

/// What checking a folder gave, for the texts that it had then.
#[derive(Debug, Default)]
pub struct Analysis {
    /// By file, in the order of the places.
    pub files: Vec<(PathBuf, Arc<str>)>,
    pub plan: Option<Arc<Plan>>,
    pub diagnostics: Vec<Diagnostic>,
    pub options: CheckOptions,
    /// By file.
    pub trees: Vec<Arc<File>>,
}

/// A name that was resolved: who has it, and inside what it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    pub kind: Kind,
    /// In full: names of packages with their package.
    pub name: String,
    /// The monitor of a measure, the query of a parameter.
    pub within: Option<String>,
}

/// A place in one of the files of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    pub file: usize,
    pub span: Span,
}

/// A folder of rules at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// The folder that was checked together.
    pub folder: PathBuf,
    pub files: Vec<Arc<FileState>>,
    pub project: Arc<Project>,
    /// The last one that is there; its texts may be older.
    pub analysis: Option<Arc<Analysis>>,
    /// What the rules would have done, for texts that may be older, too.
    #[cfg(feature = "server")]
    pub consequences: Option<Arc<Consequences>>,
    /// The package that each file is of.
    pub packages: Vec<Option<String>>,
    pub moves: Moves,
}

impl Snapshot {
    /// Texts with their trees, and the package that each is of: names, without what a check says.
    #[must_use]
    pub fn of(files: Vec<Arc<FileState>>, packages: Vec<Option<String>>) -> Self {
        Self {
            folder: PathBuf::new(),
            files,
            project: Arc::default(),
            analysis: None,
            #[cfg(feature = "server")]
            consequences: None,
            packages,
            moves: Moves::default(),
        }
    }

    #[must_use]
    pub fn file_of(&self, path: &Path) -> Option<usize> {
        let all = || self.files.iter().enumerate().map(|(at, file)| (file.path.clone(), at)).collect();
        self.moves.paths.get_or_init(all).get(path).copied()
    }

    #[must_use]
    pub fn file(&self, at: usize) -> Option<&FileState> {
        self.files.get(at).map(AsRef::as_ref)
    }

    /// Every name of every file, with its file.
    pub fn names(&self) -> impl Iterator<Item = (usize, &Occurrence)> {
        self.files.iter().enumerate().flat_map(|(at, file)| file.names().iter().map(move |found| (at, found)))
    }

    /// Every item of every file.
    pub fn items(&self) -> impl Iterator<Item = (usize, u32, &Item)> {
        let of = |(at, file)| {
            let file: &FileState = file;
            (0..).zip(&file.tree.items).map(move |(number, item)| (at, number, item))
        };
        self.files.iter().map(AsRef::as_ref).enumerate().flat_map(of)
    }

    /// A name as other files write it.
    fn in_full(&self, file: usize, name: &str) -> String {
        match self.packages.get(file) {
            Some(Some(package)) => format!("{package}.{name}"),
            _ => name.to_owned(),
        }
    }

    /// Definitions of a name of one of the kinds, as it is written in a file.
    fn defined(&self, file: usize, name: &str, kinds: &[Kind]) -> Option<Symbol> {
        let full = self.in_full(file, name);
        let found = |wanted: &str| {
            let kind = self.files.iter().enumerate().find_map(|(at, file)| {
                let own = match self.packages.get(at) {
                    Some(Some(package)) => wanted.strip_prefix(package.as_str())?.strip_prefix('.')?,
                    _ => wanted,
                };
                file.defines(own, kinds).map(|(kind, _)| kind)
            });
            Some(Symbol { kind: kind?, name: wanted.to_owned(), within: None })
        };
        found(&full).or_else(|| found(name))
    }

    /// What a name at a place is.
    #[must_use]
    pub fn resolve(&self, file: usize, found: &Occurrence) -> Symbol {
        let plain = |kind| Symbol { kind, name: found.name.clone(), within: None };
        match (found.role, found.kind) {
            (Role::Definition, Kind::Measure | Kind::Param) | (_, Kind::Param) => {
                Symbol { within: self.item_name(file, found.item), ..plain(found.kind) }
            }
            (Role::Definition, kind) => Symbol { name: self.in_full(file, &found.name), ..plain(kind) },
            (Role::Reference, kind) if kind.is_defined_in_rules() => {
                self.defined(file, &found.name, &[kind]).unwrap_or_else(|| plain(kind))
            }
            (Role::Reference, kind) => plain(kind),
            (Role::InPosts | Role::InWindows, Kind::Function) => {
                self.defined(file, &found.name, &[Kind::Query]).unwrap_or_else(|| plain(Kind::Function))
            }
            (role, _) => self.in_condition(file, found, role).unwrap_or_else(|| {
                let is_field = mon_post::find(&found.name).is_some() || mon_post::Zone::find(&found.name).is_some();
                plain(if is_field { Kind::Field } else { Kind::Value })
            }),
        }
    }

    fn in_condition(&self, file: usize, found: &Occurrence, role: Role) -> Option<Symbol> {
        let own = self.item_name(file, found.item);
        let inner = |kind, within: &str| Symbol { kind, name: found.name.clone(), within: Some(within.to_owned()) };
        if let Some(item) = self.file(file)?.item(found.item)
            && let ItemKind::Query(query) = &item.kind
            && query.params.iter().any(|param| param.name.text == found.name)
        {
            return own.as_deref().map(|own| inner(Kind::Param, own));
        }
        if role == Role::InValues {
            return None;
        }
        if role == Role::InWindows
            && let Some(own) = &own
            && let Some(owner) = self.owner_of_measure(own, &found.name)
        {
            return Some(inner(Kind::Measure, &owner));
        }
        self.defined(file, &found.name, &[Kind::Terms, Kind::Query])
    }

    /// The name of an item.
    #[must_use]
    pub fn item_name(&self, file: usize, item: u32) -> Option<String> {
        item_name(self.file(file)?.item(item)?).map(|name| name.text.clone())
    }

    /// The monitor that says a measure: the one of this name, or one that it extends.
    fn owner_of_measure(&self, monitor: &str, measure: &str) -> Option<String> {
        let mut name = monitor.to_owned();
        // A circle of extensions is an error that is told elsewhere.
        for _ in 0..32 {
            let own = self.files.iter().find_map(|file| file.item(file.defines(&name, &[Kind::Monitor])?.1))?;
            let ItemKind::Monitor(own) = &own.kind else { return None };
            let says = |kind: &ClauseKind| matches!(kind, ClauseKind::Measure { name, .. } if name.text == measure);
            if own.clauses.iter().any(|clause| says(&clause.kind)) {
                return Some(name);
            }
            name = own.clauses.iter().find_map(|clause| match &clause.kind {
                ClauseKind::Extend { base, .. } => Some(base.text.clone()),
                _ => None,
            })?;
        }
        None
    }

    /// The symbol at a byte of a file, with the place of its name.
    #[must_use]
    pub fn symbol_at(&self, file: usize, offset: u32) -> Option<(Symbol, &Occurrence)> {
        let found = self.file(file)?.name_at(offset)?;
        Some((self.resolve(file, found), found))
    }

    /// Every place of a symbol, in the order of the files.
    #[must_use]
    pub fn places_of(&self, symbol: &Symbol) -> Vec<(Location, Role)> {
        let last = symbol.name.rsplit('.').next().unwrap_or(&symbol.name);
        // Most names are other ones: only those that end alike are looked up.
        let alike = |found: &Occurrence| found.name == symbol.name || found.name.rsplit('.').next() == Some(last);
        let mut places = Vec::new();
        for (file, found) in self.names().filter(|(_, found)| alike(found)) {
            if self.resolve(file, found) == *symbol {
                places.push((Location { file, span: found.span }, found.role));
            }
        }
        places
    }

    /// Where the rules say what a symbol is.
    #[must_use]
    pub fn definition(&self, symbol: &Symbol) -> Option<Location> {
        let places = self.places_of(symbol);
        places.into_iter().find(|(_, role)| *role == Role::Definition).map(|(place, _)| place)
    }

    /// The item that defines a symbol.
    #[must_use]
    pub fn item_of(&self, symbol: &Symbol) -> Option<(usize, &Item)> {
        let place = self.definition(symbol)?;
        let (_, item) = self.file(place.file)?.item_at(place.span.start)?;
        Some((place.file, item))
    }

    /// A place that checking found, in the text as it is now: None where the item around it has changed since.
    #[must_use]
    pub fn now(&self, analysis: &Analysis, place: Place) -> Option<Location> {
        self.now_in(&analysis.files, place)
    }

    /// The same of a place in texts as they were at some time.
    #[must_use]
    pub fn now_in(&self, files: &[(PathBuf, Arc<str>)], place: Place) -> Option<Location> {
        let known = |of: Option<&[(PathBuf, Arc<str>)]>| of.is_some_and(|of| std::ptr::eq(of, files));
        #[cfg(feature = "server")]
        let is_looked_at = known(self.consequences.as_ref().map(|found| found.files.as_slice()));
        #[cfg(not(feature = "server"))]
        let is_looked_at = false;
        let moves = if known(self.analysis.as_ref().map(|analysis| analysis.files.as_slice())) {
            &self.moves.of_check
        } else if is_looked_at {
            &self.moves.of_look
        } else {
            return self.moves_of(files).get(place.file as usize)?.as_ref()?.place(place.span);
        };
        moves.get_or_init(|| self.moves_of(files)).get(place.file as usize)?.as_ref()?.place(place.span)
    }

    /// How each of these texts became the one that is there now; None where the file is gone.
    fn moves_of(&self, files: &[(PathBuf, Arc<str>)]) -> Vec<Option<Move>> {
        let one = |(path, then): &(PathBuf, Arc<str>)| {
            let file = self.file_of(path)?;
            Some(Move::new(file, then, &self.file(file)?.text))
        };
        files.iter().map(one).collect()
    }
}

/// How places found so far have moved, found out once.
#[derive(Debug, Default)]
pub struct Moves {
    of_check: OnceLock<Vec<Option<Move>>>,
    of_look: OnceLock<Vec<Option<Move>>>,
    /// By path, where each file stands.
    paths: OnceLock<FxHashMap<PathBuf, usize>>,
}

/// How an older text became a newer one: what stands before and behind the stretch that changed is the same.
#[derive(Clone, Copy, Debug)]
struct Move {
    file: usize,
    /// Bytes at the beginning that are the same.
    front: usize,
    /// Byte of the older text from which on the rest is the same.
    back: usize,
    /// Bytes by which the rest has moved.
    by: i64,
}

impl Move {
    fn new(file: usize, then: &Arc<str>, now: &Arc<str>) -> Self {
        if Arc::ptr_eq(then, now) || then == now {
            return Self { file, front: then.len(), back: then.len(), by: 0 };
        }
        let front = then.bytes().zip(now.bytes()).take_while(|(then, now)| then == now).count();
        let room = then.len().min(now.len()) - front;
        let back = then.bytes().rev().zip(now.bytes().rev()).take(room).take_while(|(then, now)| then == now).count();
        Self { file, front, back: then.len() - back, by: now.len() as i64 - then.len() as i64 }
    }

    /// Where a span of the older text stands now: None where it, or something in it, has changed.
    fn place(self, span: Span) -> Option<Location> {
        if span.end as usize <= self.front {
            return Some(Location { file: self.file, span });
        }
        if (span.start as usize) < self.back {
            return None;
        }
        let at = |offset: u32| u32::try_from(i64::from(offset) + self.by).ok();
        Some(Location { file: self.file, span: Span::new(at(span.start)?, at(span.end)?) })
    }
}

/// The name that an item gives, or the monitor that a test is about.
#[must_use]
pub fn item_name(item: &Item) -> Option<&mon_grammar::ast::Name> {
    Some(match &item.kind {
        ItemKind::Terms(item) => &item.name,
        ItemKind::Query(item) => &item.name,
        ItemKind::Dates(item) => &item.name,
        ItemKind::Monitor(item) => &item.name,
        ItemKind::Playbook(item) => &item.name,
        ItemKind::Test(item) => &item.monitor,
        ItemKind::Use(_) | ItemKind::Broken => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_moves_with_its_text_and_is_lost_with_it() {
        let then = "one two three";
        let moved = |then: &str, now: &str, span| {
            Move::new(0, &Arc::from(then), &Arc::from(now)).place(span).map(|place| place.span)
        };
        assert_eq!(moved(then, "one 2 two three", Span::new(8, 13)), Some(Span::new(10, 15)));
        assert_eq!(moved(then, "one two three four", Span::new(4, 7)), Some(Span::new(4, 7)));
        assert_eq!(moved(then, "one TWO three", Span::new(4, 7)), None);
        assert_eq!(moved("aa", "aaa", Span::new(0, 2)), Some(Span::new(0, 2)));
    }
}
