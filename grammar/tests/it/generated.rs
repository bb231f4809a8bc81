//! Generated and mutated sources: what must hold for any text. Each failure prints its seed or its source.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests that index what they have just measured"
)]
#![expect(clippy::too_many_lines, reason = "the generator's table of forms")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::samples;
use mon_grammar::ast::File;
use mon_grammar::tree::{SyntaxKind, Tree};
use mon_grammar::{format, parse};
use proptest::prelude::*;

/// A small generator of numbers: the same seed gives the same files everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn space(&mut self) -> &'static str {
        match self.roll(12) {
            0 => "\n",
            1 => "   ",
            2 => " // why\n",
            3 => "\n\n\n  // own line\n\t",
            _ => " ",
        }
    }

    fn expr(&mut self, depth: usize) -> String {
        const LEAVES: &[&str] = &[
            "acme",
            "\"won't turn on\"",
            "#acme",
            "@acme.example",
            "$ACME",
            "/re+/",
            "exact \"C++\"",
            "part \"gate\"",
            "stem \"run\"",
            "loose \"pay\"",
            "word \"京都\"",
            "url \"a.example/b\"",
            "\"*colo?r*\"",
            "starts with a",
            "ends with (a or b)",
            "same line (a, b)",
            "same paragraph (a, b)",
            "distinct(t)",
            "circle(52.5, 13.4, 25km)",
            "hours(22:00, 07:00, \"Europe/Berlin\")",
            "complaint(acme, 8)",
            "brand.terms.acme",
            "none [a]",
            "all [a, b]",
            "\"acme\"~1",
            "author.followers",
            "10k",
            "-0.3",
            "70%",
            "15m",
            "25km",
            "2026-11-01",
            "10:03",
            "[en, de]",
            "exists geo",
            "count()",
            "share(a of b)",
            "baseline(volume, hour_of_week over 28d)",
            "any [\"a\", b]",
            "at least 3 of [a, #b]",
            "same sentence (a, b)",
            "first 10 words (a)",
            "true",
            "[]",
        ];
        const JOINS: &[&str] = &[
            "and",
            "or",
            "AND",
            "OR",
            "near/5",
            "NEAR/3",
            "then/2",
            "near/4 not",
            "outside",
            "inside",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "is",
            "in",
            "within",
            "has",
            "+",
            "-",
            "*",
            "/",
            "then",
        ];
        if depth == 0 {
            return self.pick(LEAVES).to_owned();
        }
        let (a, b) = (self.expr(depth - 1), self.expr(depth - 1));
        let (s, t) = (self.space(), self.space());
        match self.roll(9) {
            0 => format!("({a}{s}or {b})"),
            1 => format!("(not{s}{a})"),
            2 => format!("bio:{s}({a}, {b})"),
            3 => format!("({a} @{s}70%)"),
            4 => format!("avg({a},{t}{b})"),
            5 => format!("-({a})"),
            6 => format!("{}{s}and {b}{t}and not ({a})", self.pick(LEAVES)),
            _ => {
                let join = self.pick(JOINS);
                format!("{a}{s}{join}{t}{b}")
            }
        }
    }

    fn clause(&mut self) -> String {
        const CLAUSES: &[&str] = &[
            "window tumble 5m",
            "window slide 15m every 1m by country, brand, late 2m",
            "group by a.b, c",
            "dedupe by story within 6h",
            "show 5 posts by reach, each story once",
            "show 5 posts by reach, each story once, top 3 link.domain, top 5 tag",
            "show top 3 tag",
            "show new 3 tag, top 2 lang",
            "follow playbook crisis",
            "example yes \"a \\\" b\"",
            "example no \"c\"",
            "owner \"desk\"",
            "for crisis",
            "extend brand",
            "extend brand for region de, IN",
            "locked severity, measure",
            "warmup 7d",
            "min 20 posts",
            "allow MON0731 until 2026-12-31 because \"x\"",
            "under load sample 1 in 4 authors, then 1 in 16",
            "mute a, b while firing",
            "severity { high when a > 1 low otherwise }",
            "severity {\n high when a > 1 // x\n // y\n low otherwise\n}",
            "window calendar day in Europe/Berlin",
            "window pattern a then (b AND not c) within 30m then NOT title: d for 1h by e.f, late 2m",
            "window pattern \"a b\"~1 then #c then /d+/ within 1d",
        ];
        let expr = self.expr(2);
        match self.roll(5) {
            0 => format!("match {expr}"),
            1 => format!("measure m{} = {expr}", self.roll(100)),
            2 => format!("alert when {expr}{}for 2m clear when {}", self.space(), self.expr(1)),
            _ => self.pick(CLAUSES).to_owned(),
        }
    }

    fn file(&mut self) -> String {
        let mut out = String::new();
        for i in 0..1 + self.roll(6) {
            let depth = self.roll(5);
            match self.roll(5) {
                4 => write!(out, "terms t{i} = from \"a.txt\",{}from \"b.csv\" column name", self.space()),
                0 if self.roll(3) == 0 => write!(
                    out,
                    "query p{i}(brand: terms,{}gap: number) = brand near/gap {}",
                    self.space(),
                    self.expr(depth)
                ),
                0 if self.roll(3) == 0 => write!(
                    out,
                    "query w{i} = {}{}allow MON0403 because \"x\"",
                    self.expr(depth.min(2)),
                    self.space()
                ),
                1 if self.roll(3) == 0 => write!(
                    out,
                    "terms v{i} = \"a\", b{}allow MON0811 until 2027-01-01 because \"x\" allow MON0810 because \"y\"",
                    self.space()
                ),
                3 if self.roll(2) == 0 => write!(
                    out,
                    "playbook p{i} {{ route first {{ when severity >= high to team a{}otherwise to team b }} notify {{ high by \
                     slack at once }}{}share personal with team a by slack for crisis allow MON0880 because \"z\" }}",
                    self.space(),
                    self.space()
                ),
                0 => write!(out, "query q{i} ={}{}", self.space(), self.expr(depth)),
                1 => write!(out, "terms t{i} = \"a\",{}{}", self.space(), self.expr(1)),
                2 => write!(out, "/// About\n/// it.\nmonitor m{i} {{{}", self.space()),
                _ => write!(out, "use \"x.mon\""),
            }
            .expect("a string takes what is written");
            if out.contains(&format!("monitor m{i} ")) {
                for _ in 0..self.roll(7) {
                    out.push_str(&self.clause());
                    out.push_str(self.space());
                }
                out.push('}');
            }
            out.push_str(self.space());
            out.push('\n');
        }
        out
    }
}

/// A tree without its places.
fn shape(file: &File) -> String {
    let shown = format!("{:?}", file.items);
    let mut out = String::with_capacity(shown.len());
    let mut rest = shown.as_str();
    while let Some((before, behind)) = rest.split_once("Span { start: ") {
        out.push_str(before);
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

fn comments(source: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for leaf in Tree::parse(source).leaves().filter(|l| matches!(l.kind, SyntaxKind::Comment | SyntaxKind::Doc)) {
        *out.entry(leaf.span.text(source).trim_end().to_owned()).or_insert(0) += 1;
    }
    out
}

fn keeps_its_promises(source: &str, seed: u64) {
    let before = parse(source);
    assert!(before.errors.is_empty(), "seed {seed}: {:?} in\n{source}", before.errors);
    let once = format(source).text;
    assert_eq!(shape(&parse(&once)), shape(&before), "seed {seed}: meaning of\n{source}\n--- formatted\n{once}");
    assert_eq!(comments(&once), comments(source), "seed {seed}: comments of\n{source}\n--- formatted\n{once}");
    assert_eq!(format(&once).text, once, "seed {seed}: twice is not once for\n{source}");
}

#[test]
fn samples_keep_meaning_and_comments() {
    for source in samples::ALL {
        keeps_its_promises(source, 0);
    }
}

#[test]
fn a_quote_that_is_never_closed_is_told_behind_allow_too() {
    for head in ["query shop = \"acme\"", "terms shop = \"acme\""] {
        let file = parse(&format!("{head}\n  allow MON0831 because \"more\n  by slack, email\nin spring\"\n"));
        assert!(file.errors.iter().any(|error| error.code == "MON0103"), "{:?}", file.errors);
    }
}

/// The first of a row of seeds: `MON_SEED`, which a red run prints.
#[expect(clippy::disallowed_methods, reason = "the seed of a random test comes from outside")]
fn first_seed() -> u64 {
    let seed = std::env::var("MON_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64).max(1);
    println!("MON_SEED={seed}");
    seed
}

/// How many files are made: `MON_FILES`.
#[expect(clippy::disallowed_methods, reason = "how long a random test runs comes from outside")]
fn files() -> usize {
    std::env::var("MON_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

#[test]
fn generated_files_keep_meaning_and_comments() {
    for seed in (first_seed()..).take(files()) {
        let source = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).file();
        keeps_its_promises(&source, seed);
        assert_eq!(Tree::parse(&source).text(), source, "seed {seed}");
    }
}

/// Anything at all: no panic, nothing lost, formatting settles.
fn survives(source: &str) {
    let file = parse(source);
    assert_eq!(Tree::parse(source).text(), source);
    for e in &file.errors {
        assert!(source.get(e.span.start as usize..e.span.end as usize).is_some(), "{e:?} in {source:?}");
        assert!(e.help.is_some(), "{e:?}");
        assert!(e.labels.iter().all(|(at, _)| source.get(at.start as usize..at.end as usize).is_some()), "{e:?}");
        let mut end = 0;
        for (at, text) in e.mend.iter().flat_map(|mend| &mend.edits) {
            let old = source.get(at.start as usize..at.end as usize);
            assert!(at.start >= end && old.is_some_and(|old| old != text), "{e:?} in {source:?}");
            end = at.end;
        }
        let said = format!("{} {}", e.message, e.help.as_deref().unwrap_or(""));
        for name in ["_op", "kw_", "_clause", "_row", "_item", "`expr", "EOI", "brace_", "paren_", "fresh", "other_"] {
            let quoted = source.contains(name.trim_start_matches('`'));
            assert!(quoted || !said.contains(name), "`{name}` in {said:?}");
        }
    }
    let once = format(source).text;
    assert_eq!(format(&once).text, once, "twice is not once for {source:?}");
}

#[test]
fn mutated_samples_are_told_in_plain_words() {
    for seed in (first_seed()..).take(400) {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut chars: Vec<char> = samples::ALL[dice.roll(3)].chars().collect();
        for _ in 0..1 + dice.roll(4) {
            let (at, len) = (dice.roll(chars.len()), dice.roll(12));
            let end = (at + len).min(chars.len());
            match dice.roll(3) {
                0 => drop(chars.drain(at..end)),
                1 => chars.insert(at, ['{', '}', '(', '"', '/', '=', 'x', '\n', '@', '“'][dice.roll(10)]),
                _ => {
                    let last = chars.len() - 1;
                    chars.swap(at, end.min(last));
                }
            }
        }
        let source: String = chars.into_iter().collect();
        println!("seed {seed}");
        survives(&source);
    }
}

#[test]
fn floods_of_one_sign_are_survived() {
    for sign in ["(", ")", "[", "{", "}", "\"", "/", "'", "“", "«", "\\", "'\\", "not ", "query ", "near/", "///\n"]
    {
        for lead in ["", "query a = ", "monitor a { match "] {
            let source = format!("{lead}{}", sign.repeat(64 * 1024 / sign.len()));
            assert_eq!(Tree::parse(&source).text(), source);
            let _ = parse(&source);
            let _ = format(&source);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_survived(source in "\\PC{0,200}") {
        survives(&source);
    }

    #[test]
    fn arbitrary_signs_are_survived(source in "(query|monitor|terms|a|\"|/|\\{|\\}|\\(|\\)|=| |\n|//|match|not|-|3|@|,|\\.){0,60}") {
        survives(&source);
    }
}
