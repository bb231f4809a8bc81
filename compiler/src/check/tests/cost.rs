//! Checking costs what a text's length says, however deep or wide it is. Work is counted, never timed.

use super::*;

/// Expressions, conditions and places that checking looks at.
fn steps(source: &str) -> usize {
    let limits = Limits { terms_per_query_max: usize::MAX, measures_max: usize::MAX, ..Limits::default() };
    let before = STEPS.get();
    drop(check(vec![("a.mon".to_owned(), source.to_owned())], &CheckOptions { limits, ..CheckOptions::default() }));
    STEPS.get() - before
}

/// Asserts that a byte of `large` costs at most a tenth more than one of `small`.
fn no_dearer(name: &str, small: &str, large: &str) {
    let (before, behind) = (steps(small), steps(large));
    let grown = (behind * small.len()) as f64 / (before * large.len()) as f64;
    println!("{name}: {before} for {} bytes, {behind} for {}: {grown:.3}", small.len(), large.len());
    assert!(grown <= 1.1, "{name}: checking costs {grown:.2} times as much a byte");
}

#[test]
fn checking_a_byte_costs_the_same_at_any_depth() {
    // As many levels and as many operands at any depth: what is left over of the operands stands alone.
    let nested = |open: &str, close: &str, depth: usize| {
        let deep = format!("{}\"acme\"{}", open.repeat(depth), close.repeat(depth));
        let mut operands = vec![deep; 1_024 / depth];
        operands.resize(512, "\"acme\"".to_owned());
        format!("query q = {}\n", operands.join(" or "))
    };
    for (name, open, close) in [
        ("or", "(\"acme phone\" or ", ")"),
        ("and", "(\"acme phone\" and ", ")"),
        ("near", "(\"acme phone\" near/5 ", ")"),
        ("near any", "(\"phone\" near/5 (\"acme\" or ", "))"),
        ("sets", "any [\"acme phone\", ", "]"),
        ("not", "not (\"acme phone\" or ", ")"),
    ] {
        for depth in [16, 64] {
            no_dearer(&format!("{name}, {depth} deep"), &nested(open, close, 2), &nested(open, close, depth));
        }
    }
}

/// Makes a text of so many parts.
type Shape<'s> = &'s dyn Fn(usize) -> String;

#[test]
fn checking_a_byte_costs_the_same_at_any_width() {
    let chain = |head: &str, join: &str, count: usize, tail: &str| {
        let members: Vec<String> = (0..count).map(|i| format!("\"word {i:05}\"")).collect();
        format!("{head}{}{tail}\n", members.join(join))
    };
    let lines = |head: &str, count: usize, line: &dyn Fn(usize) -> String, tail: &str| {
        let lines: Vec<String> = (0..count).map(line).collect();
        format!("{head}{}\n{tail}", lines.join("\n"))
    };
    let shapes: [(&str, Shape<'_>); 7] = [
        ("or", &|n| chain("query q = ", " or ", n, "")),
        ("and", &|n| chain("query q = ", " and ", n, "")),
        ("members", &|n| chain("terms t = ", ", ", n, "")),
        ("set", &|n| chain("query q = at least 2 of [", ", ", n, "]")),
        ("near a list", &|n| chain("query q = \"a\" near/3 (", " or ", n, ")")),
        ("items", &|n| lines("", n, &|i| format!("terms t{i:05} = \"word {i:05}\", #tag{i}"), "")),
        ("unknown names", &|n| lines("", n, &|i| format!("query q{i:05} = nothing{i:05}"), "")),
    ];
    for (name, shape) in shapes {
        no_dearer(name, &shape(1_000), &shape(16_000));
    }
}
