//! The items of a folder of rules, where each has its place in the site, and what each name in a rule means: the name of an
//! item, a measure, a field of posts, or a value.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use mon_compiler::check::CheckOptions;
use mon_compiler::folder::{Folder, ItemAt};
use mon_compiler::plan::{Place, SourceFile};
use mon_grammar::Span;
use mon_grammar::ast::{Clause, ClauseKind, File, Item, ItemKind, Monitor, Name};
pub use mon_lsp::snapshot::whole;
use mon_lsp::snapshot::{FileState, Snapshot};
use mon_lsp::symbols::{self, Occurrence};

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
    /// The same texts as an editor asks them.
    snapshot: Snapshot,
    /// By item: the lists, queries and dates that it names itself.
    words_in: Vec<BTreeSet<usize>>,
}

impl Names {
    /// `trees` are those of the files.
    pub fn read(files: Vec<SourceFile>, trees: &[Arc<File>], options: &CheckOptions) -> Self {
        let packages = files.iter().map(|file| options.package_of(&file.name).map(str::to_owned)).collect();
        let state = |(file, tree): (&SourceFile, &Arc<File>)| {
            Arc::new(FileState::new(PathBuf::from(&file.name), Arc::clone(&file.text), Arc::clone(tree), None))
        };
        let snapshot = Snapshot::of(files.iter().zip(trees).map(state).collect(), packages);
        let (all, known, words_in) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut names = Self { folder: Folder::parse(files), snapshot, all, known, words_in };
        names.find();
        names.place();
        names.words_in = names.all.iter().map(|named| names.items_of(names.mentions(named.at))).collect();
        names
    }

    fn find(&mut self) {
        for (file, package) in (0..).zip(&self.snapshot.packages) {
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
        self.mentions_where(at.file, |name| name.item == at.item)
    }

    /// Those names of a file that are asked for. What they mean is what an editor says of them.
    fn mentions_where(&self, file: u32, asked: impl Fn(&Occurrence) -> bool) -> Vec<Mention> {
        let state = self.snapshot.file(file as usize);
        let names = state.iter().flat_map(|state| state.names()).filter(|name| asked(name));
        let mention = |name: &Occurrence| Some(Mention { span: name.span, meaning: self.meaning(file, name)? });
        names.filter_map(mention).collect()
    }

    /// None for words of the language, which are no names.
    fn meaning(&self, file: u32, name: &Occurrence) -> Option<Meaning> {
        if name.role == symbols::Role::Definition {
            return Some(Meaning::Given);
        }
        let symbol = self.snapshot.resolve(file as usize, name);
        let kind = match symbol.kind {
            symbols::Kind::Terms => Kind::Terms,
            symbols::Kind::Query => Kind::Query,
            symbols::Kind::Dates => Kind::Dates,
            symbols::Kind::Monitor => Kind::Monitor,
            symbols::Kind::Playbook => Kind::Playbook,
            symbols::Kind::Measure => return Some(Meaning::Measure),
            symbols::Kind::Field => return Some(Meaning::Field),
            symbols::Kind::Value | symbols::Kind::Param | symbols::Kind::Team | symbols::Kind::Method => {
                return Some(Meaning::Value);
            }
            symbols::Kind::Level
            | symbols::Kind::Function
            | symbols::Kind::File
            | symbols::Kind::Package
            | symbols::Kind::Data
            | symbols::Kind::Code
            | symbols::Kind::Word => return None,
        };
        Some(self.get(kind, &symbol.name).map_or(Meaning::Value, |(at, _)| Meaning::Item(at)))
    }

    /// Items that name a list, a query or dates themselves.
    pub fn users_of(&self, word: usize) -> impl Iterator<Item = &Named> {
        let users = self.all.iter().zip(&self.words_in).enumerate();
        users.filter(move |(at, (_, words))| *at != word && words.contains(&word)).map(|(_, (named, _))| named)
    }

    /// Those that a monitor names itself or in clauses that it takes over.
    pub fn words_of_monitor(&self, named: &Named) -> BTreeSet<usize> {
        let inside = |(file, clause): (u32, &Clause)| {
            let span = clause.span;
            self.items_of(self.mentions_where(file, |name| span.start <= name.span.start && name.span.end <= span.end))
        };
        self.clauses(named).into_iter().flat_map(inside).collect()
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
