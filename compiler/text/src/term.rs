//! What a written term looks for in a post: the same tokeniser reads it, and variants of it are added once.

mod error;
mod read;
mod wildcards;

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

pub use error::TermError;

use crate::fold::is_apostrophe;
use crate::literal::Plain;
use crate::url::UrlPattern;
use crate::{Kind, loose};
use read::Term;

/// Most tokens in one written term.
pub const TERM_TOKENS_MAX: usize = 32;

/// Most rows that variants of single words are combined to; beyond it they are varied one word at a time.
pub const TERM_ROWS_MAX: usize = 64;

/// Fewest letters of a word that is looked for with one edit.
pub const ONE_EDIT_CHARS_MIN: usize = 4;

/// Fewest letters of a word that is looked for with two edits.
pub const TWO_EDITS_CHARS_MIN: usize = 7;

/// Fewest letters of a loose term's key.
pub const LOOSE_CHARS_MIN: usize = 3;

/// Contractions that are no words without their apostrophe, and are written so all the same.
const CONTRACTIONS: [(&str, &str); 24] = [
    ("ain't", "aint"),
    ("aren't", "arent"),
    ("can't", "cant"),
    ("couldn't", "couldnt"),
    ("didn't", "didnt"),
    ("doesn't", "doesnt"),
    ("don't", "dont"),
    ("hadn't", "hadnt"),
    ("hasn't", "hasnt"),
    ("haven't", "havent"),
    ("isn't", "isnt"),
    ("mustn't", "mustnt"),
    ("needn't", "neednt"),
    ("shouldn't", "shouldnt"),
    ("wasn't", "wasnt"),
    ("weren't", "werent"),
    ("won't", "wont"),
    ("wouldn't", "wouldnt"),
    ("i'm", "im"),
    ("i've", "ive"),
    ("they're", "theyre"),
    ("they've", "theyve"),
    ("you're", "youre"),
    ("you've", "youve"),
];

/// One place in a row of tokens, or a pattern that is looked for in the text itself and stands alone in its row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenPattern {
    /// One of the token's keys is this.
    Key(String),
    /// One of the token's keys starts with this; keys of links, e-mails, tags, handles and cashtags only where the
    /// prefix itself begins with the sign (`#`, `@`, `$`).
    Prefix(String),
    /// A `run` token (script without spaces) contains this on grapheme borders.
    Run(String),
    /// One of the token's keys is of this canonical pattern ([`crate::glob::Glob`]), with the same rule for signs as a
    /// prefix. `*` alone is any counted token.
    Glob(String),
    /// One of the keys of a word is at most so many edits away ([`crate::fuzzy::within`]).
    Fuzzy { key: String, edits: u8 },
    /// The token has a stem of this word, which is written in small letters and NFC ([`crate::stem::same`]).
    Stem(String),
    /// A `run` token contains this, and both ends are borders of words ([`crate::segment`]).
    Word(String),
    /// The text in NFC has this, standing alone ([`crate::literal::stands_alone`]).
    Exact(String),
    /// The folded text has this anywhere.
    Part(String),
    /// A regular expression's source.
    Regex(String),
    /// A unit of the text has this loose key ([`crate::loose::words`]).
    Loose(String),
    /// A link is of this canonical pattern ([`UrlPattern`]).
    Url(String),
}

/// How a term is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `"won't turn on"`
    Plain,
    /// `#acme`
    Tag,
    /// `@acme`
    Handle,
    /// `$ACME`
    Cashtag,
    /// `exact "C++"`
    Exact,
    /// `part "gate"`
    Part,
    /// `stem "running shoes"`
    Stem,
    /// `loose "paypal"`
    Loose,
    /// `word "京都"`
    Word,
    /// `/re+call(ed)?/`
    Regex,
    /// `url "acme.example/recall"`
    Url,
    /// `"acme"~1`
    Fuzzy(u8),
}

/// Everything the written term looks for: any of the rows, each a row of tokens that follow one another with no
/// counted token between. The first row is the term as written, the others are its variants. `text` is what stands
/// between the quotes, or the tag, handle or cashtag with or without its sign; `*` and `?` are wildcards in it unless
/// a backslash stands before them.
///
/// ```
/// use mon_text::term::{Form, TokenPattern, alternatives};
///
/// let rows = alternatives(Form::Plain, "broken").unwrap();
/// let key = |text: &str| TokenPattern::Key(text.to_string());
/// assert_eq!(rows, [[key("broken")], [key("#broken")]]);
/// ```
pub fn alternatives(form: Form, text: &str) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    if text.trim().is_empty() {
        return Err(TermError::Empty);
    }
    let only = |pattern: TokenPattern| Ok(vec![vec![pattern]]);
    let text = match form {
        Form::Regex => return only(TokenPattern::Regex(text.to_string())),
        Form::Url => return only(TokenPattern::Url(UrlPattern::parse(text)?.canonical())),
        _ => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    };
    match form {
        Form::Exact => return only(TokenPattern::Exact(without_backslashes(&text).into_owned())),
        Form::Part => {
            if text.contains(['*', '?']) && text.chars().all(|sign| matches!(sign, '*' | '?') || sign.is_whitespace()) {
                return Err(TermError::OnlyWildcards { written: text.to_string() });
            }
            let folded = Plain::folded(&without_backslashes(&text)).text().to_string();
            let found = !folded.trim().is_empty();
            return if found { only(TokenPattern::Part(folded)) } else { Err(nothing(&text)) };
        }
        Form::Loose => return only(TokenPattern::Loose(loose_key(&text)?)),
        _ => {}
    }
    let mut rows = read(form, &text)?;
    let spells = matches!(form, Form::Plain | Form::Tag | Form::Word | Form::Stem | Form::Fuzzy(_));
    if spells && text.contains(['ä', 'ö', 'ü', 'Ä', 'Ö', 'Ü']) {
        let spelled = text.replace(['ä', 'Ä'], "ae").replace(['ö', 'Ö'], "oe").replace(['ü', 'Ü'], "ue");
        rows.extend(read(form, &spelled)?);
    }
    let mut unique: Vec<Vec<TokenPattern>> = Vec::with_capacity(rows.len());
    for row in rows {
        if !unique.contains(&row) {
            unique.push(row);
        }
    }
    Ok(unique)
}

fn read(form: Form, text: &str) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    let term = Term::read(text, form)?;
    match form {
        Form::Tag => term.entity(Kind::Tag, "tag", "a tag is `#` and letters, digits or `_`, with one letter at least"),
        Form::Handle => term.entity(
            Kind::Handle,
            "handle",
            "a handle is `@` and up to 20 letters, digits or `_`, or a whole `@name.host.tld` or `@name@host.tld`",
        ),
        Form::Cashtag => term.entity(
            Kind::Cash,
            "cashtag",
            "a cashtag is `$` and one to six letters, with a class of one or two letters behind a dot, as in `$BRK.A`",
        ),
        Form::Stem => stem(&term),
        Form::Fuzzy(edits) => fuzzy(&term, edits),
        _ => Ok(term.plain()),
    }
}

/// Every word by its stem; what has none stays as it is.
fn stem(term: &Term<'_>) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    let written = || term.written.to_string();
    if term.has_wildcards() {
        return Err(TermError::NoWildcards { written: written(), form: "a stem" });
    }
    if !term.parts.iter().any(|part| part.token.kind == Kind::Word) {
        return Err(TermError::NoStem { written: written() });
    }
    let row = term.parts.iter().map(|part| match part.token.kind {
        Kind::Word => {
            let lower = term.text_of(part).to_lowercase().replace(is_apostrophe, "'");
            TokenPattern::Stem(ComposingNormalizerBorrowed::new_nfc().normalize(&lower).into_owned())
        }
        _ => term.pattern(part),
    });
    Ok(vec![row.collect()])
}

fn fuzzy(term: &Term<'_>, edits: u8) -> Result<Vec<Vec<TokenPattern>>, TermError> {
    let written = || term.written.to_string();
    let limit = match edits {
        1 => ONE_EDIT_CHARS_MIN,
        2 => TWO_EDITS_CHARS_MIN,
        _ => return Err(TermError::Edits { written: written(), edits }),
    };
    if term.has_wildcards() {
        return Err(TermError::NoWildcards { written: written(), form: "a term with `~`" });
    }
    let [part] = term.parts.as_slice() else {
        return Err(TermError::NotOneWord { written: written(), form: "a term with `~`" });
    };
    if part.token.kind != Kind::Word {
        return Err(TermError::NotOneWord { written: written(), form: "a term with `~`" });
    }
    let count = part.key.chars().count();
    if count < limit {
        return Err(TermError::TooShortForEdits { written: written(), edits, count, limit });
    }
    Ok(vec![vec![TokenPattern::Fuzzy { key: part.key.clone(), edits }]])
}

/// The one unit of the text, without signs around it.
fn loose_key(text: &str) -> Result<String, TermError> {
    let written = || text.to_string();
    let clean = text.replace("\\*", "*").replace("\\?", "?");
    if clean.len() == text.len() && text.contains(['*', '?']) {
        return Err(TermError::NoWildcards { written: written(), form: "a loose term" });
    }
    let mut units: Vec<(String, u32, u32)> = Vec::new();
    loose::words(&clean, |key, start, end| match units.last_mut() {
        // The keys of one unit come from its longest to its shortest form.
        Some(last) if start < last.2 => *last = (key.to_string(), start, end),
        _ => units.push((key.to_string(), start, end)),
    });
    let (key, _, _) = match units.as_slice() {
        [one] => one,
        [] => return Err(nothing(text)),
        _ => return Err(TermError::NotOneWord { written: written(), form: "a loose term" }),
    };
    let count = key.chars().count();
    if count < LOOSE_CHARS_MIN {
        return Err(TermError::TooShortForLoose { written: written(), count, limit: LOOSE_CHARS_MIN });
    }
    Ok(key.clone())
}

/// A literal: `*` and `?` stand for themselves with or without a backslash before them.
fn without_backslashes(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(text.replace("\\*", "*").replace("\\?", "?")) } else { Cow::Borrowed(text) }
}

fn nothing(text: &str) -> TermError {
    TermError::NothingToFind { written: text.to_string() }
}

#[cfg(test)]
#[path = "term/tests.rs"]
mod tests;
