//! What is nested too deep is refused by the limit's name, on the stack that a test or a worker thread has.

use mon_grammar::tree::Tree;
use mon_grammar::{MAX_DEPTH, format, parse};

/// Reads, writes and weaves a source on two megabytes of stack; the codes of its errors.
fn codes(source: String) -> Vec<&'static str> {
    let work = move || {
        let _ = format(&source);
        assert_eq!(Tree::parse(&source).text(), source);
        parse(&source).errors.iter().map(|error| error.code).collect()
    };
    match std::thread::Builder::new().stack_size(2 << 20).spawn(work).map(std::thread::JoinHandle::join) {
        Ok(Ok(codes)) => codes,
        _ => vec!["no answer"],
    }
}

/// Ways to hold an expression, each with how many levels it counts.
const HOLDERS: &[(&str, &str, usize)] = &[
    ("(", ")", 1),
    ("[", "]", 1),
    ("any [", "]", 1),
    ("f(", ")", 1),
    ("not ", "", 1),
    ("title: ", "", 1),
    ("same sentence ", "", 1),
    ("first 10 words ", "", 1),
    ("starts with ", "", 1),
    ("title: (", ")", 2),
    ("not (", ")", 2),
    ("a near/5 (", ")", 1),
    ("a == -(", ")", 2),
    ("bio: -", "", 2),
    ("not same line at least 2 of [b, ", "]", 3),
    ("f(a over ", ")", 1),
];

#[test]
fn what_nests_as_deep_as_the_limit_is_read() {
    for (open, close, levels) in HOLDERS {
        let depth = MAX_DEPTH / levels;
        let source = format!("query q = {}a{}\n", open.repeat(depth), close.repeat(depth));
        assert_eq!(codes(source), Vec::<&str>::new(), "{depth} times `{open}`");
    }
}

#[test]
fn what_nests_deeper_is_refused_by_name() {
    for (open, close, levels) in HOLDERS {
        for depth in [MAX_DEPTH / levels + 1, 100_000] {
            let source = format!("query q = {}a{}\n", open.repeat(depth), close.repeat(depth));
            assert_eq!(codes(source), ["MON0111"], "{depth} times `{open}`");
        }
        let many = format!("query q = {}a\n", format!("{}(", open.repeat(200)).repeat(500));
        assert!(codes(many).contains(&"MON0111"), "500 times 200 times `{open}`");
    }
}

#[test]
fn a_chain_is_no_nesting() {
    for join in [" or ", " and ", " and not ", " or title: "] {
        let source = format!("query q = a{}\n", format!("{join}a").repeat(20_000));
        assert_eq!(codes(source), Vec::<&str>::new(), "`{join}`");
    }
}
