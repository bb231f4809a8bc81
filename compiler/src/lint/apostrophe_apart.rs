//! A word with its `s` or `t` apart, as tools need it that split at the apostrophe.
//! Its fix changes what the rule takes.

use super::site::{fix, quoted};
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0806",
        name: "apostrophe-apart",
        level: Level::Advice,
        summary: "an apostrophe is written as a space",
        why: "Other tools split \"wendy's\" into two words. Here it is one, and `\"wendy's\"` also finds \"wendys\". The phrase with a space is found nowhere.",
        bad: "query talk = \"wendy s\"\n",
        good: "query talk = \"wendy's\"\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let words: Vec<&str> = written.term.text.split(' ').collect();
    let apart = |at: usize| {
        let before = words.get(at)?;
        let letters = before.chars().count() > 1 && before.chars().all(char::is_alphabetic);
        let joins = match *words.get(at + 1)? {
            "s" => !before.ends_with('s'),
            "t" => before.ends_with('n'),
            "re" | "ve" | "ll" => matches!(*before, "we" | "you" | "they"),
            _ => false,
        };
        (letters && joins).then_some(at)
    };
    let at = (0..words.len()).find_map(apart).filter(|_| written.is_plain())?;
    let mut joined = words.clone();
    let tail = joined.remove(at + 1);
    let word = format!("{}'{tail}", words.get(at)?);
    if let Some(slot) = joined.get_mut(at) {
        *slot = &word;
    }
    let text = quoted(&joined.join(" "))?;
    let place = site.at(written.expr.span);
    let told = LINT
        .told(place, "a word and its apostrophe stand apart here")
        .help(format!("write it as people do: `{text}` also finds it without the apostrophe"));
    Some(told.fix(fix(format!("write `{text}`"), Safety::ChangesMeaning, place, text)))
}
