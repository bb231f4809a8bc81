//! Signs that are broken in themselves, whatever stands around them: what is told of each, and the edit that mends it.

use super::explain::short;
use crate::ast::SyntaxError;
use crate::code;
use crate::mend::Mend;
use crate::span::Span;
use crate::splitter::Text;
use crate::tree::SyntaxKind as K;

const QUOTES: [char; 9] = ['“', '”', '„', '‘', '’', '‚', '«', '»', '\''];

/// Signs behind which a phrase without its closing quote may have ended already.
const ENDING: [char; 9] = ['"', '{', '}', '(', ')', '[', ']', ',', '\\'];

pub(super) const fn is_broken(kind: K) -> bool {
    matches!(kind, K::UnclosedString | K::UnclosedRegex | K::WrongQuotes | K::Unknown)
}

/// What is told of the broken token at `at`. Of a run of strange signs only the first is told.
pub(super) fn told(text: &Text<'_>, at: usize) -> Option<SyntaxError> {
    let token = text.at(at)?;
    let (span, found) = (token.span, token.text(text.source));
    let before = at.checked_sub(1).and_then(|b| text.at(b));
    Some(match token.kind {
        K::UnclosedString => {
            let help = "add `\"` at its end; a phrase ends on the line where it begins";
            let message = "this phrase has no closing quote";
            SyntaxError::new(span, code::UNCLOSED_STRING, message, help).mend(closing_quote(span, found))
        }
        K::UnclosedRegex => match before.map(|b| b.text(text.source)) {
            Some(word) if word.eq_ignore_ascii_case("near") || word == "then" => {
                let message = format!("`{word}/` needs a number of words");
                let help = format!("write for example `{word}/5`");
                let behind = Span::new(span.start + 1, span.start + 1);
                let apart = if found.chars().nth(1).is_some_and(char::is_whitespace) { "5" } else { "5 " };
                let mend = Mend::write(behind, apart, false).described(format!("write `{word}/5`"));
                SyntaxError::new(span, code::MISSING_DISTANCE, message, help).mend(mend)
            }
            _ => {
                let help = "add `/` at its end; a `/` inside it is written `\\/`";
                SyntaxError::new(span, code::UNCLOSED_REGEX, "this regular expression has no closing `/`", help)
            }
        },
        K::WrongQuotes => {
            let inside = found.trim_matches(|c| QUOTES.contains(&c) || c == '"');
            let help = format!("write `\"{}\"`", short(inside));
            let mend = straight_quotes(text.source, span);
            SyntaxError::new(span, code::WRONG_QUOTES, "these are not straight double quotes", help).mend(mend)
        }
        K::Unknown => {
            let touches = |other: Option<crate::lex::Token>, end: bool| {
                other.is_some_and(|o| {
                    o.kind == K::Unknown && if end { o.span.end == span.start } else { o.span.start == span.end }
                })
            };
            if touches(before, true) {
                return None;
            }
            let error = strange(text.source, span);
            if touches(text.at(at + 1), false) { error.mend(None) } else { error }
        }
        _ => return None,
    })
}

/// A quote at the end of the line, where nothing on it says that the phrase ended before.
fn closing_quote(span: Span, found: &str) -> Option<Mend> {
    let written = found.trim_end();
    let phrase = written.get(1..).filter(|phrase| !phrase.is_empty())?;
    if phrase.contains(ENDING) || phrase.contains(QUOTES) || phrase.contains("//") {
        return None;
    }
    let end = span.start + u32::try_from(written.len()).ok()?;
    let certain = !phrase.contains(char::is_whitespace);
    Some(Mend::write(Span::new(end, end), "\"", certain).described(format!("write `{written}\"`")))
}

/// The same phrase in straight quotes, where the signs around it are plainly no part of it.
fn straight_quotes(source: &str, span: Span) -> Option<Mend> {
    let found = span.text(source).trim_end();
    let quote = |c: &char| QUOTES.contains(c);
    found.chars().next().filter(quote)?;
    let inside = found.trim_start_matches(QUOTES);
    let closed = inside.ends_with(QUOTES) || inside.ends_with('"');
    let phrase = inside.trim_end_matches(|c| QUOTES.contains(&c) || c == '"');
    let signs = found.chars().count() - phrase.chars().count();
    let goes_on =
        source.get(span.end as usize..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
    let unclear = phrase.contains(QUOTES) || phrase.contains(['"', '\\']) || (!closed && phrase.contains(ENDING));
    if phrase.trim().is_empty() || unclear || goes_on || signs != 1 + usize::from(closed) {
        return None;
    }
    let end = span.start + u32::try_from(found.len()).ok()?;
    let certain = closed || !phrase.contains(char::is_whitespace);
    Some(Mend::write(Span::new(span.start, end), format!("\"{phrase}\""), certain))
}

/// A sign that means nothing outside quotes.
fn strange(source: &str, span: Span) -> SyntaxError {
    let found = span.text(source);
    let word = match found {
        "&" | "&&" => "and",
        "|" | "||" => "or",
        "!" => "not",
        _ => "",
    };
    if !word.is_empty() {
        let message = format!("the language writes `{word}`, not `{found}`");
        let error = SyntaxError::new(span, code::SYMBOL_OPERATOR, message, format!("write `{word}`"));
        return error.mend(Mend::write(span, apart(source, span, word), true));
    }
    let help = match found {
        ";" => "take it out; a line needs no sign at its end".to_owned(),
        "'" | "“" | "”" | "„" | "‘" | "’" => "phrases stand in straight double quotes: `\"…\"`".to_owned(),
        "#" | "$" => format!("a name belongs right behind it: `{found}acme`"),
        "\\" => "a backslash has a meaning only inside quotes".to_owned(),
        _ => format!("to look for it, put it in quotes: `\"{}\"`", short(found)),
    };
    let message = format!("`{}` means nothing outside quotes", short(&found.escape_debug().to_string()));
    let touched = source.get(span.end as usize..).is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    let mend =
        (found == ";").then(|| Mend::write(span, if touched { " " } else { "" }, true).described("take `;` out"));
    SyntaxError::new(span, code::UNKNOWN_CHARACTER, message, help).mend(mend)
}

/// A word with blanks at those sides where something would touch it.
pub(super) fn apart(source: &str, span: Span, word: &str) -> String {
    let before = source.get(..span.start as usize).and_then(|head| head.chars().next_back());
    let behind = source.get(span.end as usize..).and_then(|rest| rest.chars().next());
    let touches = |c: Option<char>, bracket: char| c.is_some_and(|c| !c.is_whitespace() && c != bracket);
    let (left, right) = (touches(before, '('), touches(behind, ')'));
    format!("{}{word}{}", if left { " " } else { "" }, if right { " " } else { "" })
}
