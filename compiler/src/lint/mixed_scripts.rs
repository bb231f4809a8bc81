//! A word whose letters come from two alphabets that look alike.
//! Its fix is shown and never made.

use super::site::fix;
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0810",
        name: "mixed-scripts",
        level: Level::Warning,
        summary: "a word mixes letters of two alphabets",
        why: "A Cyrillic `а` looks like a Latin `a` and is another letter. Typed by mistake, or pasted from a fraud, the term finds only those who write it in the same way.",
        bad: "query talk = \"аcme\" and \"broken\"\n",
        good: "query talk = \"acme\" and \"broken\"\n",
    },
    fix: Some(Safety::ShowOnly),
    look: Look::Term(find),
};

/// Letters of Cyrillic and Greek that look like Latin ones.
const ALIKE: [(char, char); 30] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('х', 'x'),
    ('у', 'y'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('ο', 'o'),
    ('α', 'a'),
    ('ν', 'v'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ο', 'O'),
];

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let mixed = |word: &&&str| {
        let foreign = word.chars().filter(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{4ff}'));
        word.chars().any(|c| c.is_ascii_alphabetic())
            && foreign.clone().count() > 0
            && foreign.clone().all(|c| latin(c).is_some())
    };
    let words = written.words();
    let word = words.iter().find(mixed)?;
    let sign = word.chars().find(|c| latin(*c).is_some())?;
    let alphabet = if sign < '\u{400}' { "Greek" } else { "Cyrillic" };
    let place = site.at(written.expr.span);
    let told = LINT
        .told(place, format!("`{word}` mixes Latin letters with {alphabet} ones that look like them"))
        .label(place, format!("`{sign}` is {alphabet}"))
        .help("type the word anew; where the mixture is meant, `allow` this finding and say why");
    let text: String = site.text(written.expr.span).chars().map(|c| latin(c).unwrap_or(c)).collect();
    Some(told.fix(fix(format!("write `{text}`"), Safety::ShowOnly, place, text)))
}

fn latin(c: char) -> Option<char> {
    ALIKE.iter().find(|(foreign, _)| *foreign == c).map(|(_, latin)| *latin)
}
