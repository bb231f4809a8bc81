//! What a reader is told about broken text: every error of a file, in plain words, each with a help.

#![expect(clippy::too_many_lines, reason = "a list of slips and what is said of each")]

use expect_test::{Expect, expect};
use mon_grammar::ast::{ClauseKind, ItemKind};
use mon_grammar::{SYNTAX_CODES, parse};

fn check(source: &str, expected: Expect) {
    let mut out = String::new();
    for e in parse(source).errors {
        let help = e.help.as_deref().unwrap_or("-");
        out.push_str(&format!("{} `{}`: {}\n  {help}\n", e.code, e.span.text(source), e.message));
    }
    expected.assert_eq(&out);
}

fn codes(source: &str) -> Vec<&'static str> {
    parse(source).errors.iter().map(|e| e.code).collect()
}

#[test]
fn slips_with_a_message_of_their_own() {
    check(
        "query a = \"won't turn on\nquery b = \"x\"",
        expect![[r#"
        MON0103 `"won't turn on`: this phrase has no closing quote
          add `"` at its end; a phrase ends on the line where it begins
    "#]],
    );
    check(
        "query a = “won't turn on” and 'x'",
        expect![[r#"
        MON0104 `“won't turn on”`: these are not straight double quotes
          write `"won't turn on"`
        MON0104 `'x'`: these are not straight double quotes
          write `"x"`
    "#]],
    );
    check(
        "monitor a {\n  match b\n\nquery c = \"x\"",
        expect![[r#"
        MON0105 `monitor a {`: `monitor a` has no closing `}`
          add `}` on a line of its own at its end
    "#]],
    );
    check(
        "query a = lang = en",
        expect![[r#"
        MON0108 `=`: a single `=` does not compare
          write `==` between two values, or `is` before a name
    "#]],
    );
    check(
        "query a = b && c || !d",
        expect![[r#"
        MON0107 `&&`: the language writes `and`, not `&&`
          write `and`
        MON0107 `||`: the language writes `or`, not `||`
          write `or`
        MON0107 `!`: the language writes `not`, not `!`
          write `not`
    "#]],
    );
    check(
        "query a = (\"x\" or \"y\"",
        expect![[r#"
        MON0115 `(`: this `(` is never closed
          add `)` where it ends
    "#]],
    );
    check(
        "query a = \"x\")",
        expect![[r#"
        MON0106 `)`: this `)` closes nothing
          take it out, or add the opening one before it
    "#]],
    );
    check(
        "query a = b near c",
        expect![[r#"
        MON0119 `near`: `near` needs a distance
          write `near/5` to allow five words between the two
    "#]],
    );
    check(
        "query a = b near/ c",
        expect![[r#"
        MON0119 `/ c`: `near/` needs a number of words
          write for example `near/5`
    "#]],
    );
    check(
        "query a = platform is not bluesky",
        expect![[r#"
        MON0120 `not`: `not` cannot stand here
          put `not` before the whole comparison: `not platform is …`
    "#]],
    );
    check(
        "query a = any (\"x\", \"y\")",
        expect![[r#"
        MON0117 `any ("x", "y")`: `any` takes its members in square brackets
          write `any ["…", "…"]`
    "#]],
    );
    check(
        "query a = /re+call",
        expect![[r#"
        MON0112 `/re+call`: this regular expression has no closing `/`
          add `/` at its end; a `/` inside it is written `\/`
    "#]],
    );
    check(
        "query a = \"50\\% off\"",
        expect![[r#"
        MON0113 `\%`: `\%` means nothing inside quotes
          write `\\` for a backslash; the others are `\"`, `\*`, `\?` and `\n`
    "#]],
    );
    check(
        "query a = x @ 0.7",
        expect![[r#"
        MON0100 `0.7`: expected a percentage (`70%`), found `0.7`
          look at what stands right before this place
    "#]],
    );
    check(
        "query a = x =< 3 or y <> 3",
        expect![[r#"
            MON0108 `=<`: `=<` is written `<=`
              write `<=`
        "#]],
    );
    check(
        "query a == \"x\"",
        expect![[r#"
        MON0108 `==`: `==` compares; a name is given with a single `=`
          write `=`
    "#]],
    );
    check(
        "query a = broken phone",
        expect![[r#"
        MON0100 `phone`: expected `(` or `and`, `or` or another operator, found `phone`
          words to look for stand in quotes; two conditions are joined by `and` or `or`
    "#]],
    );
    check(
        "query a = 🔥",
        expect![[r#"
        MON0114 `🔥`: `🔥` means nothing outside quotes
          to look for it, put it in quotes: `"🔥"`
    "#]],
    );
}

#[test]
fn clauses_and_items() {
    check(
        "montior a { match b }",
        expect![[r#"
        MON0101 `montior`: expected `use`, `terms`, `query`, `dates`, `monitor`, `playbook` or `test`, found `montior`
          did you mean `monitor`?
    "#]],
    );
    check(
        "monitor a {\n match b\n windw slide 15m every 1m\n measure v = count()\n}",
        expect![[r#"
        MON0102 `windw`: `windw` starts no clause here
          did you mean `window`?
    "#]],
    );
    check(
        "monitor a {\n match b\n window slide 15 every 2min\n}",
        expect![[r#"
        MON0109 `15`: `15` needs a unit of time
          write for example `15m`; the units are `ms`, `s`, `m`, `h`, `d` and `w`
    "#]],
    );
    check(
        "monitor a {\n alert when v > 3 for 2 minutes\n}",
        expect![[r#"
        MON0109 `2`: `2` needs a unit of time
          write `2m`
    "#]],
    );
    check(
        "monitor a { severity { high whn v > 3 } }",
        expect![[r#"
        MON0100 `whn`: expected `when` or `otherwise`, found `whn`
          did you mean `when`?
    "#]],
    );
    check(
        "monitor { match b }",
        expect![[r#"
        MON0100 `monitor`: `monitor` needs a name
          write for example `monitor acme_outage { … }`
    "#]],
    );
    check(
        "monitor query { match b }",
        expect![[r#"
        MON0100 `monitor`: `monitor` needs a name, and `query` cannot be one
          `query` is a word of the language; choose another name
    "#]],
    );
    check(
        "monitor a match b }",
        expect![[r#"
        MON0100 `match`: expected `{` behind `monitor a`
          write `monitor a { … }`
    "#]],
    );
    check(
        "test a { replay \"x\" }",
        expect![[r#"
        MON0100 `{`: a test needs a title in quotes behind its monitor's name
          write `test a "what it shows" { … }`
    "#]],
    );
    check(
        "monitor a { route first { } }",
        expect![[r#"
        MON0102 `route`: `route` starts no clause here
          `route` belongs in a playbook
    "#]],
    );
    check(
        "terms a = \"x\", , \"y\"",
        expect![[r#"
        MON0100 `,`: a quoted phrase or a name is missing next to this comma
          take the comma out, or add what is missing
    "#]],
    );
    check(
        "hello world",
        expect![[r#"
        MON0101 `hello`: expected `use`, `terms`, `query`, `dates`, `monitor`, `playbook` or `test`, found `hello`
          a file is made of these items; a comment starts with `//`
    "#]],
    );
    check(
        "monitor a { }\n}\nwindow x",
        expect![[r#"
        MON0106 `}`: this `}` closes nothing
          take it out, or look for one too many above
    "#]],
    );
    check(
        "query a =",
        expect![[r#"
        MON0100 ``: expected a quoted phrase, a name, a number or `(`, but the text ends here
          something to compare or to look for is missing here
    "#]],
    );
    check(
        "query and = b",
        expect![[r#"
        MON0100 `and`: expected a name, found `and`
          `and` is a word of the language and cannot be a name; choose another
    "#]],
    );
    check(
        "monitor a { match }",
        expect![[r#"
            MON0100 ``: expected a quoted phrase, a name, a number or `(`, found `}`
              something to compare or to look for is missing here
        "#]],
    );
    check(
        "playbook p { notify { high by slack } budget 20 a for team }",
        expect![[r#"
            MON0100 `}`: expected `,` or `at once`, `after 2m` or `in a digest`, found `}`
              look at what stands right before this place
            MON0100 `team`: expected `for`, found `team`
              write `for` before it
        "#]],
    );
    check(
        "test a \"t\" { expect 1 incidnt }",
        expect![[r#"
        MON0100 `incidnt`: expected `posts`, `incidents` or `messages`, found `incidnt`
          did you mean `incidents`?
    "#]],
    );
}

#[test]
fn every_error_of_a_file_is_reported_and_neighbours_stand() {
    let source = "query good = \"x\"\n\
        monitor bad {\n  match a and\n  window slide 15 every 1m\n  measure v = count(\n  measure w = sum(x)\n\
        \n  alert when w = 3\n}\n\
        terms t = \"a\", b c, \"d\"\n\
        monitor also_good { match good }\n";
    assert_eq!(codes(source), ["MON0100", "MON0109", "MON0115", "MON0108", "MON0100"]);
    let file = parse(source);
    assert_eq!(file.items.len(), 4);
    let ItemKind::Monitor(bad) = &file.items[1].kind else { panic!("a broken monitor is still a monitor") };
    let names: Vec<_> = bad
        .clauses
        .iter()
        .filter_map(|c| match &c.kind {
            ClauseKind::Measure { name, .. } => Some(name.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["v", "w"]);
    let ItemKind::Terms(t) = &file.items[2].kind else { panic!("broken terms are still terms") };
    assert_eq!(t.members.len(), 3);
    assert!(matches!(file.items[3].kind, ItemKind::Monitor(_)));
}

#[test]
fn depth_has_a_limit_that_is_named() {
    let nested = |n: usize| format!("query a = {}\"x\"{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(codes(&nested(64)), [""; 0]);
    assert_eq!(codes(&nested(256)), [""; 0]);
    assert_eq!(codes(&nested(257)), ["MON0111"]);
    assert_eq!(codes(&nested(100_000)), ["MON0111"]);
    assert_eq!(codes(&format!("query a = {} b", "not ".repeat(100_000))), ["MON0111"]);
    assert_eq!(codes(&format!("query a = b{}", " + not c".repeat(1_000))).len(), 1);
    assert!(!codes(&format!("query a = b{}", " + c".repeat(2_000))).is_empty());
    let chain = format!("query a = b{}", " or c".repeat(20_000));
    assert_eq!(codes(&chain), [""; 0]);
}

#[test]
fn codes_are_unique_and_in_order() {
    assert!(SYNTAX_CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(
        SYNTAX_CODES.iter().all(|(code, name, why)| code.starts_with("MON01") && !name.is_empty() && why.len() > 20)
    );
}
