//! Monitors that extend others: which clauses each one has when those that it takes over are counted. A clause that an
//! extension writes stands in the place of the one that it would take over; its countries narrow what is taken over.

use mon_grammar::ast::{self, Clause, ClauseKind, Expr, ExprKind, Name, Path};
use mon_post::FieldId;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Cond, FieldOp, Place};

use super::names::{Found, Names};
use super::state::{Checker, Use};

/// Kinds of clauses that an extension takes over, and that `locked` can name.
const KINDS: [&str; 12] =
    ["match", "window", "measure", "alert", "min", "severity", "group", "dedupe", "show", "follow", "owner", "for"];

/// What a finding says of the `extend` that brings the clause it is about.
pub(crate) const TAKEN_OVER: &str = "the clause is taken over here";

/// Each takes over what the one before it has, so the work for a chain grows with the square of its length.
const EXTENDS_MAX: usize = 32;

/// A clause that a monitor has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own<'a> {
    /// The file that says it.
    pub file: u32,
    pub clause: &'a Clause,
    /// The `extend` that takes it over; none where the monitor says it itself.
    pub via: Option<Place>,
}

/// The clauses of each monitor, and the order in which each comes after the one that it extends.
#[derive(Debug, Default)]
pub(super) struct Extended<'a> {
    pub clauses: Vec<Vec<Own<'a>>>,
    pub order: Vec<usize>,
    /// Whether what a monitor takes over could not be found.
    pub lost: Vec<bool>,
    /// The monitor that each one extends.
    pub bases: Vec<Option<usize>>,
}

/// What a monitor says that it extends.
type Base<'a> = Option<(&'a Clause, &'a Name)>;

/// Finds the clauses of all monitors, and tells of those that extend what is not there, themselves, or what is locked.
pub(super) fn resolve<'a>(names: &Names<'a>, found: &mut Vec<Diagnostic>) -> Extended<'a> {
    let bases: Vec<Base<'a>> = names.monitors.iter().map(|found| base(found.item)).collect();
    let count = bases.len();
    let order = Vec::with_capacity(count);
    let found_bases = (0..count).map(|at| extended(names, &bases, at)).collect();
    let mut all = Extended { clauses: vec![Vec::new(); count], order, lost: vec![false; count], bases: found_bases };
    let mut depths = vec![0; count];
    let mut done = vec![false; count];
    for start in 0..count {
        let mut chain = vec![start];
        while let Some(next) = chain.last().and_then(|at| extended(names, &bases, *at)) {
            if done.get(next) == Some(&true) {
                break;
            }
            if let Some(from) = chain.iter().position(|at| *at == next) {
                found.push(circle(names, chain.get(from..).unwrap_or_default()));
                break;
            }
            chain.push(next);
        }
        while let Some(at) = chain.pop() {
            let (Some(monitor), Some(slot)) = (names.monitors.get(at), done.get_mut(at)) else { continue };
            if std::mem::replace(slot, true) {
                continue;
            }
            let from = bases.get(at).copied().flatten();
            let base = extended(names, &bases, at);
            // One of a circle is not done yet when the next one takes it over.
            let lost = from.is_some()
                && base
                    .is_none_or(|base| !done.get(base).is_some_and(|done| *done) || all.lost.get(base) == Some(&true));
            let depth = base.and_then(|base| depths.get(base)).map_or(0, |depth| depth + 1);
            let deep = depth > EXTENDS_MAX;
            if let (true, Some((clause, _))) = (deep, from) {
                found.push(too_deep(Place { file: monitor.file, span: clause.span }));
            }
            if let Some(slot) = depths.get_mut(at) {
                // Told once for a chain, at the first one that is too far away.
                *slot = if deep { 0 } else { depth };
            }
            let taken = base.filter(|_| !deep).and_then(|base| all.clauses.get(base)).map_or(&[][..], Vec::as_slice);
            let lost = lost || deep;
            let clauses = joined((monitor.file, monitor.item), taken, found);
            if let (Some(slot), Some(is_lost)) = (all.clauses.get_mut(at), all.lost.get_mut(at)) {
                (*slot, *is_lost) = (clauses, lost);
            }
            all.order.push(at);
        }
    }
    all
}

fn base(monitor: &ast::Monitor) -> Base<'_> {
    monitor.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Extend { base, .. } => Some((clause, base)),
        _ => None,
    })
}

fn extended(names: &Names<'_>, bases: &[Base<'_>], at: usize) -> Option<usize> {
    bases.get(at).copied().flatten().and_then(|(_, name)| names.monitor(&name.text))
}

/// The clauses of one monitor, when all that it extends can be found by name.
pub(crate) fn clauses<'a>(
    monitor: (u32, &'a ast::Monitor),
    find: impl Fn(&str) -> Option<(u32, &'a ast::Monitor)>,
) -> Vec<Own<'a>> {
    let mut chain = vec![monitor];
    while let Some(next) = chain.last().and_then(|(_, last)| find(&base(last)?.1.text)) {
        if chain.len() > EXTENDS_MAX || chain.iter().any(|(_, known)| std::ptr::eq(*known, next.1)) {
            break;
        }
        chain.push(next);
    }
    let mut all = Vec::new();
    while let Some(next) = chain.pop() {
        all = joined(next, &all, &mut Vec::new());
    }
    all
}

/// The clauses of a monitor: those of the one that it extends, its own in their place, then the rest of its own.
fn joined<'a>(
    (file, monitor): (u32, &'a ast::Monitor),
    taken: &[Own<'a>],
    found: &mut Vec<Diagnostic>,
) -> Vec<Own<'a>> {
    let own = |clause: &'a Clause| Own { file, clause, via: None };
    let Some((extend, _)) = base(monitor) else { return monitor.clauses.iter().map(own).collect() };
    let via = Place { file, span: extend.span };
    let mut placed = vec![false; monitor.clauses.len()];
    let mut all = Vec::new();
    for one in taken {
        if matches!(one.clause.kind, ClauseKind::Extend { .. } | ClauseKind::Locked(_) | ClauseKind::Broken { .. }) {
            // All of them hold: each narrows, each locks.
            all.push(Own { via: Some(via), ..*one });
            continue;
        }
        let Some(key) = key(one.clause) else { continue };
        let Some(last) = monitor.clauses.iter().rposition(|clause| self::key(clause) == Some(key)) else {
            all.push(Own { via: Some(via), ..*one });
            continue;
        };
        // Its own measures above that one come along: the new one may be made of them.
        for (clause, placed) in monitor.clauses.iter().zip(&mut placed).take(last + 1) {
            let same = self::key(clause) == Some(key);
            let comes_along = key.0 == "measure" && matches!(clause.kind, ClauseKind::Measure { .. });
            if (same || comes_along) && !std::mem::replace(placed, true) {
                all.push(own(clause));
            }
        }
    }
    let rest = monitor.clauses.iter().zip(placed).filter(|(_, placed)| !placed);
    all.extend(rest.map(|(clause, _)| own(clause)));
    found.extend(monitor.clauses.iter().filter_map(|clause| {
        let (kind, name) = key(clause)?;
        // New measures may stand beside locked ones.
        let beside = name.is_some() && !taken.iter().any(|one| key(one.clause) == Some((kind, name)));
        locked(taken, clause).filter(|_| !beside).map(|lock| is_locked(file, clause, kind, lock))
    }));
    all
}

/// What makes two clauses the same for an extension: the kind, and the name of a measure. Examples, findings that are
/// allowed, the status and its date are those of one monitor only.
fn key(clause: &Clause) -> Option<(&str, Option<&str>)> {
    Some(match &clause.kind {
        ClauseKind::Match(_) => ("match", None),
        ClauseKind::Window(_) => ("window", None),
        ClauseKind::Measure { name, .. } => ("measure", Some(name.text.as_str())),
        ClauseKind::Alert(_) => ("alert", None),
        ClauseKind::Severity(_) => ("severity", None),
        ClauseKind::Group(_) => ("group", None),
        ClauseKind::Dedupe { .. } => ("dedupe", None),
        ClauseKind::Show { .. } => ("show", None),
        ClauseKind::Follow(_) => ("follow", None),
        ClauseKind::Guard { key, .. } => (&key.text, None),
        ClauseKind::UnderLoad(_) => ("under", None),
        ClauseKind::Meta { key, .. } if matches!(key.text.as_str(), "owner" | "for") => (&key.text, None),
        _ => return None,
    })
}

/// The word of a `locked` that forbids a clause.
fn locked(taken: &[Own<'_>], clause: &Clause) -> Option<Place> {
    let (kind, _) = key(clause)?;
    taken.iter().find_map(|one| match &one.clause.kind {
        ClauseKind::Locked(kinds) => {
            let lock = kinds.iter().find(|lock| lock.text == kind || (has_keys(kind) && has_keys(&lock.text)))?;
            Some(Place { file: one.file, span: lock.span })
        }
        _ => None,
    })
}

/// Whether a kind of clause says how posts are grouped; one of two that do cannot change while the other is locked.
fn has_keys(kind: &str) -> bool {
    matches!(kind, "window" | "group")
}

fn too_deep(place: Place) -> Diagnostic {
    let message = format!("a monitor extends at most {EXTENDS_MAX} others, one through the other");
    Diagnostic::new(&codes::LIMIT_EXCEEDED, place, message)
        .help("stay within it; the name of this limit is `extends_max`")
}

fn is_locked(file: u32, clause: &Clause, kind: &str, lock: Place) -> Diagnostic {
    let place = Place { file, span: clause.span };
    Diagnostic::new(&codes::LOCKED_CLAUSE, place, format!("`{kind}` is locked: an extension takes it over as it is"))
        .label(place, "another one here")
        .label(lock, "locked here")
        .help(match kind {
            "match" => "remove it; `for region` narrows a locked `match`",
            _ => "remove it, or ask the owner of the monitor that is extended to unlock it",
        })
}

fn circle(names: &Names<'_>, circle: &[usize]) -> Diagnostic {
    let monitors: Vec<_> = circle.iter().filter_map(|at| names.monitors.get(*at)).collect();
    let place = |found: &Found<'_, ast::Monitor>| Place { file: found.file, span: found.item.name.span };
    let mut chain: Vec<String> = monitors.iter().map(|found| format!("`{}`", found.item.name.text)).collect();
    chain.extend(chain.first().cloned());
    let message = match chain.as_slice() {
        [one, _] => format!("{one} extends itself"),
        _ => format!("monitors extend each other in a circle: {}", chain.join(" extends ")),
    };
    let mut places = monitors.iter().map(|found| place(found));
    let first = places.next().unwrap_or_default();
    places
        .fold(Diagnostic::new(&codes::NAME_CYCLE, first, message), |told, place| told.label(place, "in the circle too"))
        .help("let one of them say everything that it needs")
}

impl<'a> Checker<'a> {
    /// Reads in the file of a clause; what is told of one that was taken over says where that is.
    pub fn inside<T>(&mut self, own: Own<'a>, read: impl FnOnce(&mut Self) -> T) -> T {
        let file = std::mem::replace(&mut self.file, own.file);
        let used = self.used_at;
        if let Some(place) = own.via {
            self.used_at = Some(Use { place, how: TAKEN_OVER });
        }
        let result = read(self);
        (self.file, self.used_at) = (file, used);
        result
    }

    /// The clauses of a monitor.
    pub fn clauses_of(&self, monitor: &str) -> &[Own<'a>] {
        self.names.monitor(monitor).and_then(|at| self.extended.clauses.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The `extend` that brings the clause at a place to a monitor.
    pub fn taken_over(&self, monitor: &str, place: Place) -> Option<Place> {
        let holds = |own: &&Own<'_>| place.lies_in(Place { file: own.file, span: own.clause.span });
        self.clauses_of(monitor).iter().find(holds)?.via
    }

    /// `extend …`: the monitor must be there.
    pub fn extends(&mut self, base: &Name) {
        if self.names.monitor(&base.text).is_some() {
            return;
        }
        let searched = self.searched();
        let known = self.names.monitors.iter().map(|found| found.item.name.text.as_str()).take(searched);
        let message = format!("there is no monitor `{}` to extend", base.text);
        let mut told = Diagnostic::new(&codes::UNKNOWN_NAME, self.at(base.span), message).suggest(&base.text, known);
        told.help.get_or_insert("name a monitor of this folder, or add `use` with the file that holds it".to_owned());
        self.tell(told);
    }

    /// `locked …`: the words must be kinds of clauses.
    pub fn locks(&mut self, kinds: &[Name]) {
        for kind in kinds.iter().filter(|kind| !KINDS.contains(&kind.text.as_str())) {
            let message = format!("`{}` is no clause that an extension takes over", kind.text);
            let mut told =
                Diagnostic::new(&codes::BAD_METADATA, self.at(kind.span), message).suggest(&kind.text, KINDS);
            told.help.get_or_insert(format!("`locked` takes: {}", KINDS.join(", ")));
            self.tell(told);
        }
    }

    /// The conditions of `extend … for region`; None where a country does not exist.
    pub fn regions(&mut self, regions: &[(Own<'a>, &'a [Name])]) -> Option<Vec<Cond>> {
        let narrowing = regions.iter().filter(|(_, countries)| !countries.is_empty());
        let conds: Vec<Option<Cond>> = narrowing
            .map(|(own, countries)| self.inside(*own, |checker| checker.region(own.clause, countries)))
            .collect();
        conds.into_iter().collect()
    }

    fn region(&mut self, clause: &Clause, countries: &[Name]) -> Option<Cond> {
        let id = mon_post::find("geo.country")?;
        let values: Vec<_> = countries.iter().map(|country| self.country(id, country)).collect();
        let values = values.into_iter().collect::<Option<_>>()?;
        Some(self.test(clause.span, id, FieldOp::In(values), None))
    }

    fn country(&mut self, id: FieldId, country: &Name) -> Option<crate::plan::Value> {
        let path = Path { span: country.span, parts: vec![country.clone()] };
        self.value(id.get()?, &Expr { span: country.span, kind: ExprKind::Path(path) })
    }
}
