//! The colours of a file, as stretches that a page paints.

use mon_lsp::feature::tokens::{Modifiers, tokens};
use mon_lsp::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::units::Units;

/// `[from, to, kind]` of each stretch, in the order of the text.
pub fn of(snapshot: &Snapshot, file: usize, units: &Units) -> Vec<Value> {
    let one = |token: &mon_lsp::feature::tokens::Token| {
        let kind = if token.modifiers.has(Modifiers::DOCUMENTATION) { "documentation" } else { token.kind.like() };
        json!([units.of(token.span.start), units.of(token.span.end), kind])
    };
    tokens(snapshot, file, None).iter().map(one).collect()
}
