//! Why a stretch of text could not be read, in a reader's words. Common slips have a message of their own; otherwise
//! the message lists what the grammar expected at the furthest place that it understood.

use std::ops::Range;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::Rule;
use super::build::Build;
use super::said::{Said, said};
use super::suggest::nearest;
use crate::code;
use crate::lex::Token;
use crate::span::Span;
use crate::splitter::Text;
use crate::tree::SyntaxKind as K;

/// How many expected things a message lists.
const LISTED_MAX: usize = 6;

const RESERVED: &[&str] = &[
    "and", "or", "not", "is", "in", "within", "has", "outside", "inside", "then", "near", "use", "terms", "query",
    "dates", "monitor", "playbook", "test",
];

pub(super) fn reserved(word: &str) -> bool {
    RESERVED.contains(&word) || ["and", "or", "not", "near"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// A failed reading: the solid tokens that were read, where it stopped and what was expected there.
pub(super) struct Failure<'t, 's> {
    text: &'t Text<'s>,
    range: Range<usize>,
    /// Among solid tokens; the end of `range` where the text stopped too early.
    at: usize,
    expected: Vec<Said>,
    raw: Vec<Rule>,
}

impl<'t, 's> Failure<'t, 's> {
    /// `build` knows the places of the text that pest read.
    pub fn new(text: &'t Text<'s>, range: Range<usize>, build: &Build, error: &Error<Rule>) -> Self {
        let place = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => build.place(at),
        };
        let solid = text.solid.get(range.clone()).unwrap_or(&[]);
        let before = solid.partition_point(|&i| text.tokens.get(i as usize).is_some_and(|t| t.span.end <= place));
        let raw = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.clone(),
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        let mut expected: Vec<Said> = Vec::new();
        for said in raw.iter().map(|&rule| said(rule)) {
            if !expected.contains(&said) && said != Said::Nothing {
                expected.push(said);
            }
        }
        Self { text, at: range.start + before, range, expected, raw }
    }

    fn token(&self, ahead: usize) -> Option<Token> {
        self.text.at(self.at + ahead).filter(|_| self.at + ahead < self.range.end)
    }

    fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).filter(|&at| at >= self.range.start).and_then(|at| self.text.at(at))
    }

    fn read(&self, token: Option<Token>) -> &'s str {
        token.map_or("", |t| t.span.text(self.text.source))
    }

    fn span(&self) -> Span {
        if let Some(token) = self.token(0) {
            return token.span;
        }
        let end = self.previous().map_or(0, |t| t.span.end);
        Span::new(end, end)
    }

    /// Reports the failure; `clauses` are the words that may start a clause around it.
    pub fn report(&self, build: &Build, clauses: &[&str]) {
        if self.length_of_time(build) || self.slip(build) {
            return;
        }
        let found = self.read(self.token(0));
        let expected = self.listed();
        let message = match (expected.is_empty(), self.token(0)) {
            (true, Some(_)) => format!("`{}` does not belong here", short(found)),
            (true, None) => "this ends too early".to_owned(),
            (false, Some(_)) => format!("expected {expected}, found `{}`", short(found)),
            (false, None) => format!("expected {expected}, but the text ends here"),
        };
        build.error(self.span(), code::UNEXPECTED, message, self.help(found, clauses));
    }

    fn help(&self, found: &str, clauses: &[&str]) -> String {
        let is_word = self.token(0).is_some_and(|t| t.kind == K::Word);
        let words = self.expected.iter().filter_map(|said| match said {
            Said::Word(word) => Some(*word),
            _ => None,
        });
        let operators = ["and", "or", "near", "then", "outside", "inside", "within"];
        let joins = operators.into_iter().filter(|_| self.expected.contains(&Said::Operator));
        let ends = self.expected.contains(&Said::End) || self.expected.contains(&Said::Clause);
        let starts = clauses.iter().copied().filter(|_| ends);
        if is_word && let Some(near) = nearest(found, words.chain(joins).chain(starts)) {
            return format!("did you mean `{near}`?");
        }
        if is_word && reserved(found) && self.expected.iter().any(|s| matches!(s, Said::Thing("a name"))) {
            return format!("`{found}` is a word of the language and cannot be a name; choose another");
        }
        if self.expected.contains(&Said::Value) && !self.expected.contains(&Said::Operator) {
            return "something to compare or to look for is missing here".to_owned();
        }
        if self.expected.contains(&Said::Operator) && is_word {
            return "words to look for stand in quotes; two conditions are joined by `and` or `or`".to_owned();
        }
        if self.expected.contains(&Said::Operator) {
            return "join two conditions with `and` or `or`".to_owned();
        }
        if is_word && self.expected.contains(&Said::Word("}")) {
            return format!("if `{found}` begins something new, add `}}` before it");
        }
        "look at what stands right before this place".to_owned()
    }

    /// What was expected, as a list for a sentence.
    fn listed(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let operator = self.expected.contains(&Said::Operator);
        if self.expected.contains(&Said::Value) {
            parts.extend(["a quoted phrase", "a name", "a number", "`(`"].map(str::to_owned));
        }
        for said in &self.expected {
            match said {
                Said::Word(word) if !parts.iter().any(|p| p.trim_matches('`') == *word) => {
                    parts.push(format!("`{word}`"));
                }
                Said::Thing(thing) if !parts.iter().any(|p| p == thing) => parts.push((*thing).to_owned()),
                _ => {}
            }
        }
        if operator {
            parts.truncate(LISTED_MAX);
            parts.push("`and`, `or` or another operator".to_owned());
        }
        if parts.len() < LISTED_MAX && self.expected.contains(&Said::Clause) {
            parts.push("the next clause".to_owned());
        }
        parts.truncate(LISTED_MAX + 1);
        match parts.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }

    /// A number where a length of time belongs.
    fn length_of_time(&self, build: &Build) -> bool {
        let Some(token) = self.token(0) else { return false };
        if !self.raw.contains(&Rule::duration) || token.kind != K::Number {
            return false;
        }
        let text = self.read(Some(token));
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, unit) = text.split_at(at);
        let next = self.token(1).filter(|t| t.kind == K::Word).map(|t| self.read(Some(t)));
        let meant = unit_meant(if unit.is_empty() { next.unwrap_or("") } else { unit });
        let help = match meant {
            Some(meant) => format!("write `{digits}{meant}`"),
            None => format!("write for example `{digits}m`; the units are `ms`, `s`, `m`, `h`, `d` and `w`"),
        };
        if unit.is_empty() {
            build.error(token.span, code::MISSING_UNIT, format!("`{text}` needs a unit of time"), help);
        } else {
            build.error(token.span, code::UNKNOWN_UNIT, format!("`{unit}` is not a unit of time"), help);
        }
        true
    }

    /// The slips that analysts make who know another language.
    fn slip(&self, build: &Build) -> bool {
        let Some(token) = self.token(0) else { return false };
        let (found, next) = (self.read(Some(token)), self.read(self.token(1)));
        let value_before = self.previous().is_some_and(|t| ends_value(t.kind)) && self.at > self.range.start + 1;
        let touching = self.token(1).is_some_and(|t| t.span.start == token.span.end);
        match (token.kind, found) {
            (K::Equals, _) if value_before && !self.raw.contains(&Rule::equals) => {
                let (help, span) = match next {
                    ">" | "<" if touching => (format!("write `{next}=`"), token.span),
                    _ => ("write `==` between two values, or `is` before a name".to_owned(), token.span),
                };
                build.error(span, code::SINGLE_EQUALS, "a single `=` does not compare".to_owned(), help);
            }
            (K::Operator, "==") if self.raw.contains(&Rule::equals) => {
                let message = "`==` compares; a name is given with a single `=`".to_owned();
                build.error(token.span, code::SINGLE_EQUALS, message, "write `=`");
            }
            (K::Operator, ">" | "=>") if self.read(self.previous()) == "<" => {
                let message = "`<>` is not a comparison here".to_owned();
                build.error(token.span, code::UNEXPECTED, message, "write `!=` for \"is not equal\"");
            }
            (K::Word, word) if word.eq_ignore_ascii_case("near") && self.expected.contains(&Said::Operator) => {
                let message = format!("`{word}` needs a distance");
                let help = "write `near/5` to allow five words between the two";
                build.error(token.span, code::MISSING_DISTANCE, message, help);
            }
            (K::Word, word) if word.eq_ignore_ascii_case("not") => {
                let message = "`not` cannot stand here".to_owned();
                let before = self.read(self.previous());
                let compares = |word: &str| matches!(word, "is" | "in" | "has" | "within");
                let help = if compares(before) {
                    let field = self.at.checked_sub(2).map_or("", |at| self.read(self.text.at(at)));
                    format!("put `not` before the whole comparison: `not {field} {before} …`")
                } else if compares(next) {
                    format!("put `not` before the whole comparison: `not {before} {next} …`")
                } else {
                    "write `and not …`, or put `not` before the whole comparison".to_owned()
                };
                build.error(token.span, code::NOT_INSIDE, message, help);
            }
            (K::At, _) => {
                let message = "`@` is followed by a percentage, the least confidence".to_owned();
                build.error(token.span, code::UNEXPECTED, message, "write for example `@ 70%`");
            }
            _ => return false,
        }
        true
    }
}

fn ends_value(kind: K) -> bool {
    matches!(kind, K::Word | K::String | K::Number | K::ParenClose | K::BracketClose | K::Tag | K::Handle | K::Cashtag)
}

/// The unit that a longer spelling of it means.
fn unit_meant(unit: &str) -> Option<&'static str> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "milliseconds" | "millisecond" | "msec" | "ms" => "ms",
        "seconds" | "second" | "secs" | "sec" | "s" => "s",
        "minutes" | "minute" | "mins" | "min" | "m" => "m",
        "hours" | "hour" | "hrs" | "hr" | "h" => "h",
        "days" | "day" | "d" => "d",
        "weeks" | "week" | "wk" | "w" => "w",
        _ => return None,
    })
}

/// The beginning of a text that is quoted in a message.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
