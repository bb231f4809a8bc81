//! A written term in a sentence: what it finds, and some of what it takes for the same.

use mon_text::term::TokenPattern;
use mon_text::{fuzzy, loose, stem};

use super::joined;
use crate::plan::TermPattern;

/// Variants that are shown of one term.
const VARIANTS_MAX: usize = 3;

/// What a term looks for, as a sentence: "Finds `broken`, in any case, with or without accents; also `#broken`."
#[must_use]
pub fn term(pattern: &TermPattern) -> String {
    let Some((first, others)) = pattern.alternatives.split_first() else { return String::new() };
    let what = match first.as_slice() {
        [one] => single(one, &pattern.written),
        row => format!("{}, one after another", quoted(row)),
    };
    if others.is_empty() {
        return format!("Finds {what}.");
    }
    format!("Finds {what}; also {}.", joined(others.iter().map(|row| quoted(row)), "or"))
}

fn single(one: &TokenPattern, written: &str) -> String {
    match one {
        TokenPattern::Key(key) => match key.chars().next() {
            Some('#') => format!("the tag `{key}`, in any case"),
            Some('@') => format!("the handle `{key}`, in any case"),
            Some('$') => format!("the cashtag `{key}`, in any case"),
            _ if !key.chars().any(char::is_alphanumeric) => format!("the emoji `{key}`, in any skin tone"),
            _ => format!("`{key}`, in any case, with or without accents"),
        },
        TokenPattern::Prefix(start) => format!("{} that begin with `{start}`", named(start)),
        TokenPattern::Glob(shape) => format!("{} of the shape `{shape}`", named(shape)),
        TokenPattern::Run(signs) => format!("`{signs}` wherever these signs stand together"),
        TokenPattern::Word(signs) => format!("`{signs}` between the borders of words"),
        TokenPattern::Fuzzy { key, edits } => {
            let away = if *edits == 1 { "one edit" } else { "two edits" };
            format!("words that are at most {away} away from `{key}`{}", such_as(misspelt(*edits, key)))
        }
        TokenPattern::Stem(word) => {
            let forms = such_as(forms(word));
            let forms = if forms.is_empty() { forms } else { format!("{forms} in English") };
            format!("every form of `{word}` in the post's language{forms}")
        }
        TokenPattern::Exact(text) => format!("exactly `{text}`, standing alone: case, accents and punctuation count"),
        TokenPattern::Part(letters) => format!("`{letters}` anywhere, also inside longer words"),
        TokenPattern::Regex(source) => format!("what the regular expression `{source}` describes"),
        TokenPattern::Loose(key) => {
            let word = written.split('"').nth(1).unwrap_or(key);
            format!("`{word}` also where it is disguised{}", such_as(disguised(word, key)))
        }
        TokenPattern::Url(address) => format!("links to `{address}` and to what lies below it"),
    }
}

fn named(start: &str) -> &'static str {
    match start.chars().next() {
        Some('#') => "tags",
        Some('@') => "handles",
        Some('$') => "cashtags",
        _ => "words",
    }
}

/// A row of patterns as a text that it finds.
fn quoted(row: &[TokenPattern]) -> String {
    let shown = |pattern: &TokenPattern| match pattern {
        TokenPattern::Prefix(start) => format!("{start}*"),
        TokenPattern::Fuzzy { key, edits } => format!("{key}~{edits}"),
        TokenPattern::Key(text)
        | TokenPattern::Run(text)
        | TokenPattern::Glob(text)
        | TokenPattern::Stem(text)
        | TokenPattern::Word(text)
        | TokenPattern::Exact(text)
        | TokenPattern::Part(text)
        | TokenPattern::Regex(text)
        | TokenPattern::Loose(text)
        | TokenPattern::Url(text) => text.clone(),
    };
    format!("`{}`", row.iter().map(shown).collect::<Vec<_>>().join(" "))
}

fn such_as(variants: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = Vec::with_capacity(VARIANTS_MAX);
    for variant in variants {
        let variant = format!("`{variant}`");
        if shown.len() < VARIANTS_MAX && !shown.contains(&variant) {
            shown.push(variant);
        }
    }
    if shown.is_empty() { String::new() } else { format!(", such as {}", joined(shown.into_iter(), "or")) }
}

/// Misspellings of a word: without a letter, with two letters changed round, with one twice.
fn misspelt(edits: u8, word: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    let spelt = |order: &mut dyn Iterator<Item = usize>| order.filter_map(|at| letters.get(at)).collect::<String>();
    let missing = spelt(&mut (0..letters.len()).filter(|at| *at != middle));
    let swapped = spelt(&mut (0..letters.len()).map(|at| match at {
        at if at == middle => middle.saturating_sub(1),
        at if at + 1 == middle => middle,
        at => at,
    }));
    let twice: String = letters.iter().chain(letters.last()).collect();
    let word = word.to_owned();
    [missing, swapped, twice]
        .into_iter()
        .filter(move |variant| *variant != word && fuzzy::within(edits, &word, variant))
}

/// Forms of an English word with an end; whether a word without one takes it, its letters do not tell.
fn forms(word: &str) -> impl Iterator<Item = String> {
    let root = ["ing", "ed", "es", "s"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or_default();
    let mut letters = root.chars().rev();
    let doubled = letters.next().is_some_and(|last| letters.next() == Some(last));
    let short = if doubled { root.char_indices().next_back().map(|(at, _)| at) } else { None };
    let roots = [short.and_then(|at| root.get(..at)), Some(root)].into_iter().flatten().map(str::to_owned);
    let word = word.to_owned();
    roots
        .flat_map(|root| [format!("{root}s"), root])
        .filter(move |form| form.len() > 1 && *form != word && stem::same(Some("en"), &word, form, form))
}

/// A word in disguise: with digits for letters, with dots between them, with a letter drawn out.
fn disguised(word: &str, key: &str) -> impl Iterator<Item = String> {
    let digits = word.replace('a', "4").replace('e', "3").replace('o', "0").replace('i', "1");
    let dotted = word.chars().map(String::from).collect::<Vec<_>>().join(".");
    let drawn = word.chars().next_back().map_or_else(String::new, |last| format!("{word}{last}{last}"));
    let (word, key) = (word.to_owned(), key.to_owned());
    [digits, dotted, drawn].into_iter().filter(move |variant| {
        let mut found = false;
        loose::words(variant, |unit, _, _| found |= unit == key);
        found && *variant != word
    })
}

#[cfg(test)]
mod tests {
    use mon_text::term::{Form, alternatives};

    use super::*;

    fn said(form: Form, text: &str) -> String {
        let alternatives = alternatives(form, text).expect("the term is one");
        term(&TermPattern { written: format!("\"{text}\""), alternatives })
    }

    #[test]
    fn a_term_says_what_it_finds() {
        let cases = [
            (Form::Plain, "broken", "Finds `broken`, in any case, with or without accents; also `#broken`."),
            (
                Form::Plain,
                "won't turn on",
                "Finds `won't turn on`, one after another; also `wont turn on` or `#wontturnon`.",
            ),
            (Form::Plain, "crash*", "Finds words that begin with `crash`."),
            (Form::Plain, "colo?r", "Finds words of the shape `colo?r`."),
            (Form::Plain, "🔥", "Finds the emoji `🔥`, in any skin tone."),
            (Form::Plain, "東京", "Finds `東京` wherever these signs stand together; also `#東京`."),
            (Form::Tag, "#Acme", "Finds the tag `#acme`, in any case."),
            (Form::Tag, "#acme*", "Finds tags that begin with `#acme`."),
            (Form::Handle, "@acme", "Finds the handle `@acme`, in any case."),
            (Form::Cashtag, "$ACME", "Finds the cashtag `$acme`, in any case."),
            (Form::Word, "京都", "Finds `京都` between the borders of words; also `#京都`."),
            (Form::Exact, "C++", "Finds exactly `C++`, standing alone: case, accents and punctuation count."),
            (Form::Part, "gate", "Finds `gate` anywhere, also inside longer words."),
            (
                Form::Stem,
                "running",
                "Finds every form of `running` in the post's language, such as `runs` or `run` in English.",
            ),
            (
                Form::Fuzzy(1),
                "acme",
                "Finds words that are at most one edit away from `acme`, such as `ace`, `amce` or `acmee`.",
            ),
            (
                Form::Loose,
                "paypal",
                "Finds `paypal` also where it is disguised, such as `p4yp4l`, `p.a.y.p.a.l` or `paypalll`.",
            ),
            (Form::Regex, "re+call", "Finds what the regular expression `re+call` describes."),
            (Form::Url, "acme.example/recall", "Finds links to `acme.example/recall` and to what lies below it."),
        ];
        for (form, text, expected) in cases {
            assert_eq!(said(form, text), expected, "{text}");
        }
    }

    #[test]
    fn a_variant_that_is_shown_is_found() {
        for word in ["broken", "wendys", "refund", "aaaa", "königin"] {
            assert!(misspelt(1, word).all(|variant| fuzzy::within(1, word, &variant)), "{word}");
            assert!(misspelt(1, word).count() >= 2, "{word}");
        }
        assert_eq!(misspelt(1, "").count(), 0);
        assert_eq!(forms("broken").collect::<Vec<_>>(), ["brokens"; 0], "no form is made up");
    }
}
