//! What can be written at the cursor: words of the language where they may stand, names that the rules give, fields of posts and
//! their values. Nothing is offered that would be an error there.

#[cfg(test)]
mod right;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use mon_compiler::vocabulary::{self, Word};
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, ItemKind};
use mon_post::FieldType;

use super::place::{Fields, Piece};
use super::{hover, place};
use crate::snapshot::{Snapshot, Symbol};
use crate::symbols::{Kind, Role};

/// Where an offer comes from, which decides its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Value,
    Name(Kind),
    Word,
    Field,
    File,
    Folder,
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub label: String,
    pub source: Source,
    /// What it is, in a few words.
    pub detail: String,
    /// What it means, as Markdown.
    pub docs: String,
    /// As a snippet of the Language Server Protocol.
    pub insert: String,
}

/// The offers at a byte, and what they take the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    pub replaces: Span,
    pub offers: Vec<Offer>,
}

/// What can be written at a byte; None inside a phrase or a comment.
#[must_use]
pub fn completion(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Offers> {
    #[cfg(feature = "server")]
    if let Some(found) = super::paths::paths(snapshot, file, offset) {
        return Some(found);
    }
    let state = snapshot.file(file)?;
    let here = place::here(state, offset)?;
    let mut offers = Vec::new();
    if let Some(field) = &here.wanted.values_of {
        offers.extend(vocabulary::values_of(field).into_iter().map(|(value, says)| Offer {
            insert: escaped(&value),
            detail: if says.is_empty() { format!("value of {field}") } else { says.trim_end_matches('.').to_owned() },
            label: value,
            source: Source::Value,
            docs: says,
        }));
    }
    let kinds: &[Kind] = &here.wanted.names;
    let start = here.prefix.start;
    let line = here.item.and_then(|item| measure_at(snapshot, file, item, start)).map(|_| start);
    let own = Own { file, item: here.item, line, users: users(snapshot, file, here.item, start) };
    let lead = here.wanted.before_names;
    offers.extend(names(snapshot, &own, kinds).into_iter().map(|offer| Offer {
        label: format!("{lead}{}", offer.label),
        insert: format!("{lead}{}", offer.insert),
        ..offer
    }));
    let words = here.wanted.contexts.iter().flat_map(|context| vocabulary::in_context(*context));
    offers.extend(words.map(word));
    offers.extend(here.wanted.pieces.iter().filter_map(piece));
    if let Some(which) = here.wanted.fields {
        offers.extend(fields(which));
    }
    offers.retain(|offer| !here.wanted.taken.contains(&offer.label));
    offers.sort_by(|one, other| order(one).cmp(&order(other)));
    offers.dedup_by(|one, other| one.label == other.label && one.source == other.source);
    if state.text.get(here.name.end as usize..).is_some_and(|behind| behind.starts_with('(')) {
        offers.iter_mut().for_each(without_brackets);
    }
    Some(Offers { replaces: here.name, offers })
}

/// A name that has its brackets already gets no others.
fn without_brackets(offer: &mut Offer) {
    if let Some((name, _)) = offer.insert.split_once('(').filter(|(name, _)| *name == offer.label) {
        offer.insert = name.to_owned();
    }
}

/// Words stand before signs, and quotes count for nothing.
fn order(offer: &Offer) -> (Source, bool, &str) {
    let name = offer.label.trim_matches('"');
    (offer.source, !name.starts_with(char::is_alphanumeric), name)
}

fn word(word: &Word) -> Offer {
    Offer {
        label: word.name.to_owned(),
        source: Source::Word,
        detail: word.says.trim_end_matches('.').to_owned(),
        docs: hover::word(word),
        insert: word.insert.to_owned(),
    }
}

/// A word of which not all is written, labelled by what is.
fn piece(piece: &Piece) -> Option<Offer> {
    let found = vocabulary::in_context(piece.context).find(|word| word.name == piece.word)?;
    let Some(insert) = piece.insert else { return Some(word(found)) };
    let label = insert.split("${").next().unwrap_or(insert).trim_end();
    Some(Offer { label: label.to_owned(), insert: insert.to_owned(), ..word(found) })
}

fn fields(which: Fields) -> impl Iterator<Item = Offer> {
    let fits = move |ty: FieldType, name: &str| match which {
        Fields::All => true,
        Fields::Keys => {
            let is_word = matches!(
                ty,
                FieldType::Text | FieldType::Enum(_) | FieldType::Language | FieldType::Country | FieldType::Flag
            );
            is_word && !matches!(name, "text" | "title")
        }
        Fields::Counts => matches!(ty, FieldType::Integer { .. }),
        Fields::Shown => {
            let is_figure =
                matches!(ty, FieldType::Integer { .. } | FieldType::Decimal { .. } | FieldType::Flag | FieldType::Time);
            !is_figure && !name.starts_with("author.")
        }
    };
    vocabulary::fields().filter(move |doc| fits(doc.field.ty, doc.field.name)).map(|doc| Offer {
        label: doc.field.name.to_owned(),
        source: Source::Field,
        detail: doc.holds.trim_end_matches('.').to_owned(),
        docs: hover::field(doc.field.name).unwrap_or_default(),
        insert: escaped(doc.field.name),
    })
}

/// Signs that mean something in a snippet (LSP 3.17, snippet syntax).
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

/// What is being written.
struct Own {
    file: usize,
    item: Option<u32>,
    /// Where it is in the line of a measure: measures that are said further down are not known there.
    line: Option<u32>,
    /// It, and all that is made of it: if it named one of them, it would be made of itself.
    users: Vec<Symbol>,
}

/// The item at a byte and the measure whose line it is, with all that use them, whether directly or through others.
fn users(snapshot: &Snapshot, file: usize, item: Option<u32>, offset: u32) -> Vec<Symbol> {
    let Some(item) = item else { return Vec::new() };
    let mut found: Vec<Symbol> = match said_by(snapshot, file, item) {
        Some(said) => vec![said],
        None => begun(snapshot, file, item),
    };
    found.extend(measure_at(snapshot, file, item, offset));
    let mut at = 0;
    while let Some(symbol) = found.get(at).cloned() {
        at += 1;
        for (place, role) in snapshot.places_of(&symbol) {
            let Some((item, _)) = snapshot.file(place.file).and_then(|file| file.item_at(place.span.start)) else {
                continue;
            };
            let user = if symbol.kind == Kind::Measure {
                measure_at(snapshot, place.file, item, place.span.start)
            } else {
                said_by(snapshot, place.file, item)
            };
            found.extend(user.filter(|user| role != Role::Definition && !found.contains(user)));
        }
    }
    found
}

/// What an item gives a name to.
fn said_by(snapshot: &Snapshot, file: usize, item: u32) -> Option<Symbol> {
    let names = snapshot.file(file)?.names().iter();
    let mut said = names.filter(|found| found.item == item && found.role == Role::Definition && is_itself(found.kind));
    said.next().map(|found| snapshot.resolve(file, found))
}

/// The name that an item without a body will have: until then, what uses it names nothing that is known.
fn begun(snapshot: &Snapshot, file: usize, item: u32) -> Vec<Symbol> {
    let Some((state, item)) = snapshot.file(file).and_then(|state| Some((state, state.item(item)?))) else {
        return Vec::new();
    };
    let name = item.span.text(&state.text).split_whitespace().nth(1).unwrap_or("");
    let name: String = name.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    if !matches!(item.kind, ItemKind::Broken) || name.is_empty() {
        return Vec::new();
    }
    [Kind::Value, Kind::Function].map(|kind| Symbol { kind, name: name.clone(), within: None }).to_vec()
}

/// The measure of an item whose line a byte is in.
fn measure_at(snapshot: &Snapshot, file: usize, item: u32, offset: u32) -> Option<Symbol> {
    let state = snapshot.file(file)?;
    let ItemKind::Monitor(monitor) = &state.item(item)?.kind else { return None };
    let clause = monitor.clauses.iter().rfind(|clause| clause.span.start < offset)?;
    let ClauseKind::Measure { name, .. } = &clause.kind else { return None };
    let own = state.names().iter().find(|found| found.span == name.span)?;
    Some(snapshot.resolve(file, own))
}

/// Names of these kinds that are known in an item of a file.
fn names(snapshot: &Snapshot, own: &Own, kinds: &[Kind]) -> Vec<Offer> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let Own { file, item, line, ref users } = *own;
    let around = item.and_then(|item| snapshot.item_name(file, item));
    let mut found: BTreeMap<(Kind, String), (usize, u32)> = BTreeMap::new();
    for (at, name) in snapshot.names().filter(|(_, name)| kinds.contains(&name.kind)) {
        let is_named = name.role == Role::Definition || matches!(name.kind, Kind::Team | Kind::Method);
        let is_known = match name.kind {
            Kind::Measure | Kind::Param => around.as_ref().is_some_and(|own| is_inside(snapshot, at, name.item, own)),
            _ => true,
        };
        let is_user = || {
            let named = snapshot.resolve(at, name);
            // A measure of the monitor stands for the one of that name that it overrides.
            let overrides = |user: &Symbol| {
                user.kind == Kind::Measure
                    && user.kind == named.kind
                    && user.within == around
                    && user.name == named.name
            };
            let is_same = |user: &Symbol| *user == named || overrides(user);
            users.iter().any(is_same)
        };
        let is_below = at == file
            && Some(name.item) == item
            && name.kind == Kind::Measure
            && line.is_some_and(|line| line < name.span.start);
        if !is_named || !is_known || is_below || is_user() {
            continue;
        }
        let package = snapshot.packages.get(at).cloned().flatten();
        let foreign =
            package.filter(|package| snapshot.packages.get(file).cloned().flatten().as_ref() != Some(package));
        let full = foreign.map_or_else(|| name.name.clone(), |package| format!("{package}.{}", name.name));
        found.entry((name.kind, full)).or_insert((at, name.item));
    }
    let bound = |kind, names: &BTreeSet<String>| {
        let names = if kinds.contains(&kind) { names.iter().cloned().collect() } else { Vec::new() };
        names.into_iter().map(move |name| ((kind, name), (usize::MAX, 0)))
    };
    let bound = bound(Kind::Team, &snapshot.project.teams)
        .chain(bound(Kind::Method, &snapshot.project.methods))
        .chain(bound(Kind::Package, &packages(snapshot, kinds)));
    for (key, place) in bound {
        found.entry(key).or_insert(place);
    }
    let mut offers: Vec<Offer> =
        found.into_iter().map(|((kind, name), at)| name_offer(snapshot, kind, name, at)).collect();
    if kinds.contains(&Kind::Code) {
        let codes = mon_compiler::diagnostic::codes::all().iter();
        offers.extend(codes.map(|code| Offer {
            label: code.id.to_owned(),
            source: Source::Name(Kind::Code),
            detail: code.name.to_owned(),
            docs: code.summary.to_owned(),
            insert: format!("{} because \"${{1:why}}\"", code.id),
        }));
    }
    offers
}

/// Packages that may be used: those that the rules have, and those that the project says where to find.
fn packages(snapshot: &Snapshot, kinds: &[Kind]) -> BTreeSet<String> {
    if !kinds.contains(&Kind::Package) {
        return BTreeSet::new();
    }
    #[cfg(feature = "server")]
    let on_disk = super::paths::packages(&snapshot.project);
    #[cfg(not(feature = "server"))]
    let on_disk = BTreeSet::new();
    on_disk.into_iter().chain(snapshot.packages.iter().flatten().cloned()).collect()
}

/// What an item gives a name to it does not itself use.
const fn is_itself(kind: Kind) -> bool {
    matches!(kind, Kind::Terms | Kind::Query | Kind::Monitor | Kind::Playbook | Kind::Dates)
}

/// Whether a measure or parameter of an item is known in the item of this name: in itself, or in a monitor that extends it.
fn is_inside(snapshot: &Snapshot, file: usize, item: u32, own: &str) -> bool {
    let Some(owner) = snapshot.item_name(file, item) else { return false };
    let mut name = own.to_owned();
    for _ in 0..32 {
        if name == owner {
            return true;
        }
        let base = snapshot.items().find_map(|(_, _, item)| match &item.kind {
            ItemKind::Monitor(monitor) if monitor.name.text == name => {
                monitor.clauses.iter().find_map(|clause| match &clause.kind {
                    ClauseKind::Extend { base, .. } => Some(base.text.clone()),
                    _ => None,
                })
            }
            _ => None,
        });
        let Some(base) = base else { return false };
        name = base;
    }
    false
}

fn name_offer(snapshot: &Snapshot, kind: Kind, name: String, (file, item): (usize, u32)) -> Offer {
    let what = match kind {
        Kind::Terms => "list of terms",
        Kind::Query => "query",
        Kind::Dates => "dates",
        Kind::Monitor => "monitor",
        Kind::Playbook => "playbook",
        Kind::Measure => "measure",
        Kind::Param => "given to this query",
        Kind::Team => "team",
        Kind::Method => "way of telling people",
        Kind::Package => "package",
        _ => "name",
    };
    let item = snapshot.file(file).and_then(|file| file.item(item));
    let doc = item
        .and_then(|item| item.doc.as_ref())
        .filter(|_| !matches!(kind, Kind::Measure | Kind::Param | Kind::Team | Kind::Method));
    let docs = doc.map_or_else(String::new, |doc| doc.text.clone());
    // A query that must be given values is written with its brackets.
    let given: Vec<String> = match item.map(|item| &item.kind) {
        Some(ItemKind::Query(query)) if kind == Kind::Query => {
            (1..).zip(&query.params).map(|(number, param)| format!("${{{number}:{}}}", param.name.text)).collect()
        }
        _ => Vec::new(),
    };
    let insert = if given.is_empty() { escaped(&name) } else { format!("{}({})", escaped(&name), given.join(", ")) };
    Offer { label: name, source: Source::Name(kind), detail: what.to_owned(), docs, insert }
}

/// A snippet as text: with what it proposes, and without the places to stop at (LSP 3.17, snippet syntax).
#[must_use]
pub fn plain(snippet: &str) -> String {
    let mut text = String::new();
    let mut signs = snippet.chars().peekable();
    // How many `${1:` are open.
    let mut open = 0_usize;
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => text.extend(signs.next()),
            '$' => {
                let braced = signs.next_if_eq(&'{').is_some();
                while signs.next_if(char::is_ascii_digit).is_some() {}
                // Behind the number of `${1:word}`, `${1|one,other|}` and `${1}`.
                if braced && signs.next_if_eq(&':').is_some() {
                    open += 1;
                } else if braced && signs.next_if_eq(&'|').is_some() {
                    let choices: String = signs.by_ref().take_while(|sign| *sign != '|').collect();
                    text.push_str(choices.split(',').next().unwrap_or(""));
                    signs.next_if_eq(&'}');
                } else if braced {
                    signs.next_if_eq(&'}');
                }
            }
            '}' if open > 0 => open -= 1,
            sign => text.push(sign),
        }
    }
    text
}
