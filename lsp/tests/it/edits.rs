//! The text that the server has is the one that the editor has, whatever was typed.

use std::fmt::Write as _;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::editor::{Editor, Rules, uri};

/// What is typed: letters of one, two and four bytes, whole items, breaks of lines.
const PIECES: &[&str] = &[
    "a",
    "é",
    "😡",
    "\n",
    "\r\n",
    "\"",
    "{",
    "}",
    " and ",
    "terms t = \"x\"\n",
    "monitor m {\n  match \"y\"\n}\n",
    "// why\n",
    "",
];

fn seed() -> u64 {
    let seed = std::env::var("MON_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_127);
    println!("MON_SEED={seed}");
    seed
}

/// Line and column in UTF-16, as an editor counts them that knows nothing else.
fn place(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap();
    json!({ "line": before.matches('\n').count(), "character": line.encode_utf16().count() })
}

fn boundary(text: &str, rng: &mut SmallRng) -> usize {
    let at = text.floor_char_boundary(rng.random_range(0..=text.len()));
    // Between the two signs of a break no editor has a place.
    if text[..at].ends_with('\r') { at - 1 } else { at }
}

#[tokio::test]
async fn random_edits_of_several_ranges_leave_both_with_the_same_text() {
    let mut rng = SmallRng::seed_from_u64(seed());
    let mut text = String::from("/// Phones 😡.\nterms acme = \"acmé\"\n\nmonitor m {\n  match acme // 😡 here\n}\n");
    let rules = Rules::new(&[("m.mon", &text)]);
    let path = rules.path("m.mon");
    let mut editor = Editor::start(&rules.root(), json!({})).await;
    editor.open(&path, &text).await;
    for version in 2..202 {
        let mut changes = Vec::new();
        for _ in 0..rng.random_range(1..4) {
            let (one, other) = (boundary(&text, &mut rng), boundary(&text, &mut rng));
            let (start, end) = (one.min(other), one.max(other).min(one.min(other) + 30));
            let end = text.ceil_char_boundary(end);
            let end = if text[..end].ends_with('\r') { end + 1 } else { end };
            let new = PIECES[rng.random_range(0..PIECES.len())];
            changes.push(json!({ "range": { "start": place(&text, start), "end": place(&text, end.min(text.len())) }, "text": new }));
            text.replace_range(start..end.min(text.len()), new);
        }
        let document = json!({ "uri": uri(&path), "version": version });
        editor.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes })).await;
    }
    // What the server says of its text is what it says of the same text given as a whole.
    let said = |all: &Value| {
        let mut out = String::new();
        for fold in all.as_array().unwrap() {
            let _ = writeln!(out, "{fold}");
        }
        out
    };
    let document = json!({ "textDocument": { "uri": uri(&path) } });
    let mut asked = Vec::new();
    for round in 0..2 {
        if round == 1 {
            editor.write(&path, 1_000, &text).await;
        }
        let mut both = String::new();
        for method in ["textDocument/documentSymbol", "textDocument/foldingRange"] {
            both.push_str(&said(&editor.ask(method, document.clone()).await));
        }
        let tokens = editor.ask("textDocument/semanticTokens/full", document.clone()).await;
        both.push_str(&tokens["data"].to_string());
        asked.push(both);
    }
    assert_eq!(asked[0], asked[1], "{text}");
}
