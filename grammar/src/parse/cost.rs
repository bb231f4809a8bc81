//! Tests that reading and writing cost what a text's length says, however deep, wide or broken it is. Work is counted,
//! never timed: the calls of the grammar by pest's own limit on them, the rest by [`crate::work`].

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pest::Parser as _;
use pest::error::ErrorVariant;

use super::{Build, Rule, peg};
use crate::splitter::{PieceKind, Text};
use crate::tree::Tree;
use crate::work::STEPS;

/// pest's limit is one for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The least number of calls with which the grammar reads the first item of a source, or finds that it cannot; one where
/// it is not asked at all.
fn calls(source: &str) -> usize {
    let text = Text::new(source);
    let piece = text.pieces().swap_remove(0);
    if !super::clean(&text, &piece) {
        return 1;
    }
    let rule = match piece.kind {
        PieceKind::Terms => Rule::terms_item,
        PieceKind::Query => Rule::query_item,
        _ => Rule::monitor_item,
    };
    let packed = Build::new().pack(&text, piece.solid);
    let enough = |calls: usize| {
        pest::set_call_limit(NonZeroUsize::new(calls));
        let read = peg::Mon::parse(rule, &packed);
        pest::set_call_limit(None);
        !matches!(read.err().map(|error| error.variant), Some(ErrorVariant::CustomError { .. }))
    };
    let (mut few, mut many) = (0, 64);
    while !enough(many) {
        (few, many) = (many, many * 2);
    }
    while many - few > 1 {
        let middle = few + (many - few) / 2;
        if enough(middle) { many = middle } else { few = middle }
    }
    many
}

fn steps(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}

/// What each way to look at a source costs, and for how many bytes. Writing is for those that are written: deep brackets
/// are given a line each.
fn costs(source: &str) -> [(&'static str, usize, usize); 4] {
    let written = crate::format(source).text.len();
    [
        ("calls of the grammar", calls(source), source.len()),
        ("reading", steps(|| drop(crate::parse(source))), source.len()),
        ("writing", steps(|| drop(crate::format(source))), written),
        ("the lossless tree", steps(|| drop(Tree::parse(source))), source.len()),
    ]
}

/// Asserts that a byte of `large` costs at most a tenth more than one of `small`.
fn no_dearer(pairs: impl IntoIterator<Item = (String, String, String)>) {
    let mut dear = Vec::new();
    for (name, small, large) in pairs {
        for ((what, before, few), (_, behind, many)) in costs(&small).into_iter().zip(costs(&large)) {
            let grown = (behind * few) as f64 / (before * many) as f64;
            println!("{name}, {what}: {before} for {few} bytes, {behind} for {many}: {grown:.3}");
            if grown > 1.1 {
                dear.push(format!("{name}: {what} costs {grown:.2} times as much a byte"));
            }
        }
    }
    assert!(dear.is_empty(), "{dear:#?}");
}

/// As many levels of `open … close` and as many operands at any depth: what is left over of the operands stands alone.
fn nested(open: &str, close: &str, join: &str, depth: usize) -> String {
    let deep = format!("{}\"acme\"{}", open.repeat(depth), close.repeat(depth));
    let mut operands = vec![deep; 1_024 / depth];
    operands.resize(512, "\"acme\"".to_owned());
    format!("query q = {}\n", operands.join(join))
}

#[test]
fn a_byte_costs_the_same_at_any_depth() {
    let _alone = alone();
    let shapes = [
        ("bracketed conditions", "(\"acme phone\" or ", ")", " and "),
        ("bracketed numbers", "(volume + ", ")", " > 1 and "),
        ("distances", "(\"acme\" near/5 ", ")", " and "),
        ("sets", "any [\"acme\", ", "]", " and "),
        ("exclusions", "not (\"acme\" and ", ")", " and "),
        ("calls", "max(volume, ", ")", " and "),
        ("zones", "title: (\"acme\" or ", ")", " and "),
    ];
    no_dearer(shapes.into_iter().flat_map(|(name, open, close, join)| {
        let at = move |depth| nested(open, close, join, depth);
        [16, 64].map(|depth| (format!("{name}, {depth} deep"), at(2), at(depth)))
    }));
}

/// Makes a text of so many parts.
type Shape<'s> = Box<dyn Fn(usize) -> String + 's>;

fn chain(head: &str, join: &str, count: usize, tail: &str) -> String {
    let members: Vec<String> = (0..count).map(|i| format!("\"word {i:05}\"")).collect();
    format!("{head}{}{tail}\n", members.join(join))
}

fn lines(head: &str, count: usize, line: impl Fn(usize) -> String, tail: &str) -> String {
    let mut out = head.to_owned();
    for i in 0..count {
        writeln!(out, "{}", line(i)).unwrap_or_default();
    }
    out + tail
}

#[test]
fn a_byte_costs_the_same_at_any_width() {
    let _alone = alone();
    let shapes: [(&str, Shape<'_>); 9] = [
        ("or", Box::new(|n| chain("query q = ", " or ", n, ""))),
        ("and", Box::new(|n| chain("query q = ", " and ", n, ""))),
        ("and, or", Box::new(|n| chain("query q = ", " or \"a\" and ", n, ""))),
        ("near", Box::new(|n| chain("query q = ", " near/3 ", n, ""))),
        ("members", Box::new(|n| chain("terms t = ", ", ", n, ""))),
        ("values", Box::new(|n| chain("query q = lang in [", ", ", n, "]"))),
        (
            "measures",
            Box::new(|n| lines("monitor m {\n", n, |i| format!("  measure m{i:05} = count() / {i:05}"), "}\n")),
        ),
        (
            "examples",
            Box::new(|n| lines("monitor m {\n", n, |i| format!("  example yes \"word {i:05}\" // why"), "}\n")),
        ),
        ("items", Box::new(|n| lines("", n, |i| format!("terms t{i:05} = \"word\", #tag, /re+/"), ""))),
    ];
    no_dearer(shapes.map(|(name, shape)| (name.to_owned(), shape(1_000), shape(16_000))));
}

#[test]
fn a_byte_of_a_long_token_costs_the_same() {
    let _alone = alone();
    let tokens = [("phrase", "\"_\""), ("expression", "/_/"), ("name", "_"), ("tag", "#_"), ("comment", "a // _")];
    no_dearer(tokens.map(|(name, token)| {
        let source = |long: usize| format!("terms t = {}\n", token.replace('_', &"x".repeat(long)));
        (name.to_owned(), source(10_000), source(160_000))
    }));
}

#[test]
fn a_byte_of_broken_text_costs_the_same() {
    let _alone = alone();
    let open = "(".repeat(64);
    let shapes: [(&str, Shape<'_>); 8] = [
        ("open items", Box::new(|n| lines("", n, |i| format!("query q{i:05} = {open}a"), ""))),
        ("open lines", Box::new(|n| lines("monitor m {\n", n, |i| format!("  measure m{i:05} = {open}a"), "}\n"))),
        ("open brackets", Box::new(|n| format!("query q = {}\n", "(a or ".repeat(n)))),
        ("stray brackets", Box::new(|n| format!("query q = {}\n", "a) or ".repeat(n)))),
        ("open monitors", Box::new(|n| lines("", n, |i| format!("monitor m{i:05} {{\n  match \"a\""), ""))),
        ("unknown lines", Box::new(|n| lines("monitor m {\n", n, |i| format!("  mesure m{i:05} = count()"), "}\n"))),
        ("missing words", Box::new(|n| lines("monitor m {\n", n, |i| format!("  match \"a\" \"b{i:05}\""), "}\n"))),
        ("open phrases", Box::new(|n| lines("monitor m {\n", n, |i| format!("  match \"word {i:05}"), "}\n"))),
    ];
    no_dearer(shapes.map(|(name, shape)| (name.to_owned(), shape(625), shape(10_000))));
}
