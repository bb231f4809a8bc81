//! Who is made of whom: from a list or query up to the queries, monitors and tests that use it, and down to what it uses itself.

use mon_grammar::Span;
use mon_grammar::ast::Item;

use crate::snapshot::{Location, Snapshot, Symbol, item_name, whole};
use crate::symbols::{Kind, Role};

/// An item that uses others or is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub symbol: Symbol,
    pub file: usize,
    pub whole: Span,
    pub named: Span,
}

/// An item, and the places where one names the other; places lie in the file of the one that names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub node: Node,
    pub places: Vec<Span>,
}

/// The item whose name is at a byte, or that it refers to.
#[must_use]
pub fn prepare(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Node> {
    let (symbol, _) = snapshot.symbol_at(file, offset)?;
    is_item(symbol.kind).then(|| of_symbol(snapshot, symbol)).flatten()
}

const fn is_item(kind: Kind) -> bool {
    matches!(kind, Kind::Terms | Kind::Query | Kind::Dates | Kind::Monitor | Kind::Playbook)
}

fn of_symbol(snapshot: &Snapshot, symbol: Symbol) -> Option<Node> {
    let (file, item) = snapshot.item_of(&symbol)?;
    Some(Node { symbol, file, whole: whole(item), named: item_name(item)?.span })
}

/// Items that name this one.
#[must_use]
pub fn incoming(snapshot: &Snapshot, symbol: &Symbol) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for (place, role) in snapshot.places_of(symbol) {
        if role == Role::Definition {
            continue;
        }
        let Some(node) = around(snapshot, place) else { continue };
        match calls.iter_mut().find(|call| call.node.file == node.file && call.node.named == node.named) {
            Some(call) => call.places.push(place.span),
            None => calls.push(Call { node, places: vec![place.span] }),
        }
    }
    calls
}

/// The item around a place.
fn around(snapshot: &Snapshot, place: Location) -> Option<Node> {
    let (number, item) = snapshot.file(place.file)?.item_at(place.span.start)?;
    let symbol = Symbol { kind: kind(item)?, name: snapshot.item_name(place.file, number)?, within: None };
    Some(Node { symbol, file: place.file, whole: whole(item), named: item_name(item)?.span })
}

fn kind(item: &Item) -> Option<Kind> {
    use mon_grammar::ast::ItemKind;
    Some(match &item.kind {
        ItemKind::Terms(_) => Kind::Terms,
        ItemKind::Query(_) => Kind::Query,
        ItemKind::Dates(_) => Kind::Dates,
        ItemKind::Monitor(_) => Kind::Monitor,
        ItemKind::Playbook(_) => Kind::Playbook,
        ItemKind::Test(_) => Kind::Word,
        ItemKind::Use(_) | ItemKind::Broken => return None,
    })
}

/// Items that this one names.
#[must_use]
pub fn outgoing(snapshot: &Snapshot, symbol: &Symbol) -> Vec<Call> {
    let Some(place) = snapshot.definition(symbol) else { return Vec::new() };
    let Some(file) = snapshot.file(place.file) else { return Vec::new() };
    let Some((number, _)) = file.item_at(place.span.start) else { return Vec::new() };
    let mut calls: Vec<Call> = Vec::new();
    for found in file.names().iter().filter(|found| found.item == number && found.role != Role::Definition) {
        let used = snapshot.resolve(place.file, found);
        if !is_item(used.kind) || used == *symbol {
            continue;
        }
        match calls.iter_mut().find(|call| call.node.symbol == used) {
            Some(call) => call.places.push(found.span),
            None => {
                let node = of_symbol(snapshot, used);
                calls.extend(node.map(|node| Call { node, places: vec![found.span] }));
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::fixture::rules;

    #[test]
    fn users_and_used_are_found_through_the_folder() {
        let base = (
            "a.mon",
            "terms acme = \"acme\"\nterms bad = \"bad\"\nquery fail‸ure = acme near/3 bad and not acme near/1 \"good\"\n",
        );
        let monitor = (
            "b.mon",
            "monitor m {\n  match failure\n  follow playbook p\n}\nplaybook p {\n  route first { otherwise to team care }\n  notify { medium by email at once }\n}\n",
        );
        let found = rules(&[base, monitor]);
        let node = prepare(&found.snapshot, found.file, found.at).unwrap();
        let said = |calls: Vec<Call>| {
            calls
                .iter()
                .map(|call| format!("{} {}", call.node.symbol.name, call.places.len()))
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(said(incoming(&found.snapshot, &node.symbol)), "m 1");
        assert_eq!(said(outgoing(&found.snapshot, &node.symbol)), "acme 2, bad 1");
        let monitor = Symbol { kind: Kind::Monitor, name: "m".to_owned(), within: None };
        assert_eq!(said(outgoing(&found.snapshot, &monitor)), "failure 1, p 1");
    }
}
