//! Why a stretch of text could not be read, in a reader's words. Common slips have a message of their own; otherwise
//! the message lists what the grammar expected at the furthest place that it understood.

use std::ops::Range;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::Rule;
use super::build::Build;
use super::said::{Said, said};
use super::suggest::nearest;
use crate::ast::SyntaxError;
use crate::code;
use crate::lex::Token;
use crate::mend::Mend;
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
    pub(super) text: &'t Text<'s>,
    pub(super) range: Range<usize>,
    /// Among solid tokens; the end of `range` where the text stopped too early.
    pub(super) at: usize,
    pub(super) expected: Vec<Said>,
    pub(super) raw: Vec<Rule>,
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

    pub(super) fn token(&self, ahead: usize) -> Option<Token> {
        self.text.at(self.at + ahead).filter(|_| self.at + ahead < self.range.end)
    }

    pub(super) fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).filter(|&at| at >= self.range.start).and_then(|at| self.text.at(at))
    }

    pub(super) fn read(&self, token: Option<Token>) -> &'s str {
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
        if let Some(slip) = self.slip() {
            build.tell(slip);
            return;
        }
        let found = self.read(self.token(0));
        let expected = self.listed();
        let message = match (expected.is_empty(), self.token(0)) {
            (true, Some(_)) => format!("`{}` does not belong here", short(found)),
            (true, None) => "this ends too early".to_owned(),
            (false, Some(_)) => format!("expected {expected}, found `{}`", short(found)),
            (false, None) => format!("expected {expected}, {}", self.end()),
        };
        let (help, mend) = self.help(found, clauses);
        build.tell(SyntaxError::new(self.span(), code::UNEXPECTED, message, help).mend(mend));
    }

    /// What stands behind a stretch that ends too early.
    fn end(&self) -> String {
        match self.text.at(self.range.end) {
            None => "but the text ends here".to_owned(),
            Some(_) if self.text.first_on_line(self.range.end) => "but the line ends here".to_owned(),
            next => format!("found `{}`", short(self.read(next))),
        }
    }

    fn help(&self, found: &str, clauses: &[&str]) -> (String, Option<Mend>) {
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
            let mend = Mend::write(self.span(), near.word, near.alone);
            return (format!("did you mean `{}`?", near.word), Some(mend));
        }
        if let Some(told) = self.one_expected(found) {
            return told;
        }
        let values = self.expected.contains(&Said::Value) && !self.expected.contains(&Said::Operator);
        let name = self.expected.iter().any(|s| matches!(s, Said::Thing("a name")));
        let help = if is_word && reserved(found) && values {
            self.nothing_before(found)
        } else if is_word && reserved(found) && name {
            format!("`{found}` is a word of the language and cannot be a name; choose another")
        } else if values {
            "something to compare or to look for is missing here".to_owned()
        } else if self.expected.contains(&Said::Operator) && is_word {
            "words to look for stand in quotes; two conditions are joined by `and` or `or`".to_owned()
        } else if self.expected.contains(&Said::Operator) {
            "join two conditions with `and` or `or`".to_owned()
        } else if is_word && self.expected.contains(&Said::Word("}")) {
            format!("if `{found}` begins something new, add `}}` before it")
        } else {
            "look at what stands right before this place".to_owned()
        };
        (help, None)
    }

    /// A word of the language stands where something to look for belongs.
    fn nothing_before(&self, found: &str) -> String {
        let before = self.read(self.previous());
        let joins = |word: &str| ["and", "or"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if joins(before) && joins(found) {
            let both = if before == found { format!("the two `{found}`") } else { format!("`{before}` and `{found}`") };
            return format!("something to look for is missing between {both}, or one of them is too many");
        }
        format!("something to compare or to look for is missing before `{found}`")
    }

    /// What to write where a single thing can stand, and the edit that writes it.
    fn one_expected(&self, found: &str) -> Option<(String, Option<Mend>)> {
        let said = |said: &&Said| matches!(said, Said::Word(_) | Said::Thing(_) | Said::Value);
        let things: Vec<Said> = self.expected.iter().filter(said).copied().collect();
        let first = *things.first()?;
        let given =
            things.contains(&Said::Word("=")) && things.iter().all(|t| [Said::Word("="), Said::Word("(")].contains(t));
        let others = [Said::Operator, Said::Clause, Said::End].iter().any(|said| self.expected.contains(said));
        if (things.len() > 1 && !given) || others {
            return None;
        }
        let token = self.token(0);
        match first {
            _ if given => {
                let token = token.filter(|t| matches!(t.kind, K::Word | K::String | K::Regex | K::BracketOpen))?;
                let mend = Mend::write(Span::new(token.span.start, token.span.start), "= ", token.kind != K::Word);
                Some(("write `=` before it".to_owned(), Some(mend)))
            }
            Said::Word(word) => {
                let Some(token) = token else { return Some((format!("write `{word}` here"), None)) };
                let instead = word == "when" && matches!(found, "if" | "where" | "whenever");
                if instead {
                    return Some((format!("write `{word}`"), Some(Mend::write(token.span, word, true))));
                }
                let before = Mend::write(Span::new(token.span.start, token.span.start), format!("{word} "), false);
                let opens = word.starts_with(|c: char| c.is_alphabetic());
                Some((format!("write `{word}` before it"), Some(before).filter(|_| opens && token.kind != K::Unknown)))
            }
            Said::Thing("a name") if matches!(found, "=" | "{") => {
                let head = self.read(self.previous());
                Some((format!("give it a name: `{head} my_{head} {found} …`"), None))
            }
            Said::Thing("a quoted phrase") => {
                let before = self.read(self.previous());
                Some((format!("write it in quotes behind `{before}`: `{before} \"…\"`"), None))
            }
            _ => None,
        }
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
}

/// The beginning of a text that is quoted in a message.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
