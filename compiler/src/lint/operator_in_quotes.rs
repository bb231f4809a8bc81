//! `AND`, `OR`, `NOT` or `NEAR/5` inside a term, where they are words like any other.
//! Its fix changes what the rule takes.

use super::site::{fix, quoted, with};
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0803",
        name: "operator-in-quotes",
        level: Level::Warning,
        summary: "a term in quotes holds `AND`, `OR`, `NOT` or `NEAR`",
        why: "Inside quotes an operator is a word of the phrase. This looks for posts that really say \"and\" between the two.",
        bad: "query talk = \"acme AND broken\"\n",
        good: "query talk = (\"acme\" and \"broken\")\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    if !written.is_plain() {
        return None;
    }
    let words: Vec<&str> = written.term.text.split_whitespace().collect();
    let at = words.iter().position(|word| operator(word).is_some())?;
    let shouted =
        words.iter().filter(|word| operator(word).is_none()).all(|word| !word.chars().any(char::is_lowercase));
    if shouted || at == 0 || at + 1 == words.len() {
        return None;
    }
    let place = site.at(written.expr.span);
    let word = words.get(at)?;
    let told = LINT
        .told(place, format!("`{word}` is a word of this phrase, no operator"))
        .help("close the quotes before the operator and open them again behind it");
    let parts = words.split(|word| operator(word).is_some()).map(|part| quoted(&part.join(" ")));
    let parts: Option<Vec<String>> = parts.collect();
    let operators: Vec<String> = words.iter().filter_map(|word| operator(word)).collect();
    let one = operators.windows(2).all(|pair| pair.first() == pair.last());
    let fits = one && parts.as_ref().is_some_and(|parts| parts.iter().all(|part| part.len() > 2));
    let placed = !site.list && !site.positional || operators.first().is_some_and(|operator| operator == "or");
    let text = parts
        .filter(|_| fits && placed)
        .map(|parts| format!("({})", parts.join(&format!(" {} ", operators.first().map_or("", String::as_str)))));
    Some(with(told, text.map(|text| fix(format!("write `{text}`"), Safety::ChangesMeaning, place, text))))
}

/// The operator that a word would be outside of quotes.
fn operator(word: &str) -> Option<String> {
    match word {
        "AND" => Some("and".to_owned()),
        "OR" => Some("or".to_owned()),
        "NOT" => Some("and not".to_owned()),
        _ => {
            let gap = word.strip_prefix("NEAR/").or_else(|| word.strip_prefix("ONEAR/"))?;
            gap.parse::<u32>().ok().map(|gap| format!("near/{gap}"))
        }
    }
}
