//! The slips that analysts make who know another language: each has a message of its own, and mostly the edit that mends
//! it.

use super::Rule;
use super::explain::{Failure, short};
use super::said::Said;
use super::signs::apart;
use crate::ast::SyntaxError;
use crate::code;
use crate::lex::Token;
use crate::mend::Mend;
use crate::span::Span;
use crate::tree::SyntaxKind as K;

impl Failure<'_, '_> {
    /// The slip that stands where reading stopped, if it is one.
    pub(super) fn slip(&self) -> Option<SyntaxError> {
        self.length_of_time().or_else(|| self.grouped()).or_else(|| self.equals()).or_else(|| self.misplaced())
    }

    /// A number where a length of time belongs.
    fn length_of_time(&self) -> Option<SyntaxError> {
        let token = self.token(0)?;
        if !self.raw.contains(&Rule::duration) || token.kind != K::Number {
            return None;
        }
        let text = self.read(Some(token));
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, unit) = text.split_at(at);
        let next = self.token(1).filter(|t| unit.is_empty() && t.kind == K::Word);
        let meant = unit_meant(if unit.is_empty() { self.read(next) } else { unit });
        let (help, mend) = match meant {
            Some(meant) => {
                let span = next.map_or(token.span, |next| token.span.to(next.span));
                (format!("write `{digits}{meant}`"), Mend::write(span, format!("{digits}{meant}"), true))
            }
            None => {
                let help = format!("write for example `{digits}m`; the units are `ms`, `s`, `m`, `h`, `d` and `w`");
                (help, Mend::write(token.span, format!("{digits}m"), false))
            }
        };
        let error = if unit.is_empty() {
            SyntaxError::new(token.span, code::MISSING_UNIT, format!("`{text}` needs a unit of time"), help)
        } else {
            SyntaxError::new(token.span, code::UNKNOWN_UNIT, format!("`{unit}` is not a unit of time"), help)
        };
        Some(error.mend(mend))
    }

    /// `10,000` and `10 000`.
    fn grouped(&self) -> Option<SyntaxError> {
        let first = self.previous()?;
        let comma = self.token(0)?.kind == K::Comma;
        let digits = |token: Token, at_most: usize| {
            let text = self.read(Some(token));
            token.kind == K::Number && text.len() <= at_most && text.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(first, 3) {
            return None;
        }
        let (mut span, mut number, mut ahead) = (first.span, self.read(Some(first)).to_owned(), usize::from(comma));
        while let Some(group) = self.token(ahead) {
            let sign = if comma { self.token(ahead - 1).filter(|t| t.kind == K::Comma) } else { Some(group) };
            let apart = group.span.start == span.end + 1 && sign.is_some_and(|s| s.span.start <= span.end + 1);
            if !digits(group, 3) || self.read(Some(group)).len() != 3 || !apart {
                break;
            }
            number.push_str(self.read(Some(group)));
            span = span.to(group.span);
            ahead += 1 + usize::from(comma);
        }
        if span == first.span {
            return None;
        }
        let number = number.trim_start_matches('0');
        let short = [("000000", "M"), ("000", "k")]
            .into_iter()
            .find_map(|(zeros, letter)| number.strip_suffix(zeros).map(|head| format!(" or `{head}{letter}`")));
        let sign = if comma { "comma" } else { "space" };
        let help = format!("write `{number}`{}", short.unwrap_or_default());
        let error = SyntaxError::new(span, code::UNEXPECTED, format!("a number has no {sign} in it"), help);
        Some(error.mend(Mend::write(span, number, !number.is_empty())))
    }

    /// `=`, `==`, `=>` and `<>` where they mean nothing.
    fn equals(&self) -> Option<SyntaxError> {
        let token = self.token(0)?;
        let (found, before) = (self.read(Some(token)), self.previous());
        // Behind the first word of a clause a name is missing, unless that word is a value itself.
        let inside = self.at > self.range.start + 1 || self.expected.contains(&Said::Operator);
        let value_before = before.is_some_and(|t| ends_value(t.kind)) && inside;
        let told = |span, message: &str, help: &str| SyntaxError::new(span, code::SINGLE_EQUALS, message, help);
        match (token.kind, found) {
            (K::Equals, _) if value_before && !self.raw.contains(&Rule::equals) => {
                let next = self.token(1).filter(|next| next.span.start == token.span.end);
                if let (Some(next), sign @ (">" | "<")) = (next, self.read(next)) {
                    let (span, right) = (token.span.to(next.span), format!("{sign}="));
                    let error = told(span, &format!("`={sign}` is written `{right}`"), &format!("write `{right}`"));
                    return Some(error.mend(Mend::write(span, right, true)));
                }
                let help = "write `==` between two values, or `is` before a name";
                let error = told(token.span, "a single `=` does not compare", help);
                Some(error.mend(self.compared(token)))
            }
            (K::Operator, "==") if self.raw.contains(&Rule::equals) => {
                let error = told(token.span, "`==` compares; a name is given with a single `=`", "write `=`");
                Some(error.mend(Mend::write(token.span, "=", true)))
            }
            (K::Operator, ">" | "=>") if self.read(before) == "<" => {
                let span = before.map_or(token.span, |before| before.span.to(token.span));
                let help = "write `!=` for \"is not equal\"";
                let error = SyntaxError::new(token.span, code::UNEXPECTED, "`<>` is not a comparison here", help);
                Some(error.mend(Mend::write(span, "!=", found == ">")))
            }
            _ => None,
        }
    }

    /// The comparison that a single `=` stands for: `is` before one name in what is asked of a post, else `==`.
    fn compared(&self, token: Token) -> Mend {
        let measured = matches!(self.text.word(self.range.start), Some("alert" | "severity" | "measure"));
        let named = !measured && self.token(1).is_some_and(|t| t.kind == K::Word);
        let more = self.token(2).is_some_and(|t| matches!(t.kind, K::Dot | K::ParenOpen | K::Colon));
        let word = if named && !more { "is" } else { "==" };
        Mend::write(token.span, apart(self.text.source, token.span, word), true)
    }

    /// `near` without a distance, `not` inside a comparison, `@` without a percentage.
    fn misplaced(&self) -> Option<SyntaxError> {
        let token = self.token(0)?;
        match (token.kind, self.read(Some(token))) {
            (K::Word, word) if word.eq_ignore_ascii_case("near") && self.expected.contains(&Said::Operator) => {
                let message = format!("`{word}` needs a distance");
                let help = "write `near/5` to allow five words between the two";
                let behind = Span::new(token.span.end, token.span.end);
                let mend = Mend::write(behind, "/5", false).described(format!("write `{word}/5`"));
                Some(SyntaxError::new(token.span, code::MISSING_DISTANCE, message, help).mend(mend))
            }
            (K::Word, word @ ("contains" | "includes" | "matches" | "like"))
                if self.expected.contains(&Said::Operator) =>
            {
                self.contains(token, word)
            }
            (K::Word, word) if word.eq_ignore_ascii_case("not") => Some(self.not_inside(token)),
            (K::At, _) => {
                let message = "`@` is followed by a percentage, the least confidence";
                Some(SyntaxError::new(token.span, code::UNEXPECTED, message, "write for example `@ 70%`"))
            }
            _ => None,
        }
    }

    /// `text contains "…"`: a part of the post stands before a colon.
    fn contains(&self, token: Token, word: &str) -> Option<SyntaxError> {
        let part = self.previous().filter(|t| t.kind == K::Word)?;
        let phrase = self.token(1).filter(|t| t.kind == K::String)?;
        let (name, text) = (self.read(Some(part)), self.read(Some(phrase)));
        let message = format!("`{word}` is no word of the language");
        let help = format!("write `{name}: {0}`, or only `{0}` to look everywhere", short(text));
        let between = Span::new(part.span.end, phrase.span.start);
        let mend = Mend::write(between, ": ", false).described(format!("write `{name}: {}`", short(text)));
        Some(SyntaxError::new(token.span, code::UNEXPECTED, message, help).mend(mend))
    }

    /// `lang not in [..]`, `lang is not en`, `"a" not "b"`.
    fn not_inside(&self, token: Token) -> SyntaxError {
        let (before, next) = (self.read(self.previous()), self.read(self.token(1)));
        let compares = |word: &str| matches!(word, "is" | "in" | "has" | "within");
        let field = |back: usize| {
            let (first, last) = self.name_before(back)?;
            Some((first, first.span.to(last.span).text(self.text.source)))
        };
        let (field, verb) = match (compares(before), compares(next)) {
            (true, _) => (field(2), before),
            (_, true) => (field(1), next),
            _ => (None, ""),
        };
        let error = |help| SyntaxError::new(token.span, code::NOT_INSIDE, "`not` cannot stand here", help);
        let Some((first, name)) = field else {
            return error("write `and not …`, or put `not` before the whole comparison".to_owned());
        };
        let help = format!("put `not` before the whole comparison: `not {name} {verb} …`");
        let behind = self.token(1).map_or(token.span.end, |next| next.span.start);
        let start = Span::new(first.span.start, first.span.start);
        let edits = vec![(start, "not ".to_owned()), (Span::new(token.span.start, behind), String::new())];
        let description = format!("write `not {name} {verb} …`");
        error(help).mend(Mend { description, certain: true, edits })
    }

    /// First and last token of the name, perhaps with dots, that ends `back` tokens before this place.
    fn name_before(&self, back: usize) -> Option<(Token, Token)> {
        let mut at = self.at.checked_sub(back).filter(|at| *at >= self.range.start)?;
        let last = self.text.at(at).filter(|t| t.kind == K::Word)?;
        let mut first = last;
        while at >= self.range.start + 2 && self.text.kind(at - 1) == Some(K::Dot) {
            at -= 2;
            first = self.text.at(at).filter(|t| t.kind == K::Word)?;
        }
        Some((first, last))
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
