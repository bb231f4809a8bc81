//! A written term, read by the tokeniser of posts, and the rows that it looks for. Variants are added here once, so that
//! a post's tokens need none.

use crate::{Kind, Token, Tokens};

use super::wildcards::{GLOB_LETTERS_MIN, Wild, Wildcards, has_too_few_letters, is_only_wildcards};
use super::{CONTRACTIONS, Form, TERM_ROWS_MAX, TERM_TOKENS_MAX, TermError, TokenPattern};

/// One token of a written term.
pub(super) struct Part {
    pub token: Token,
    pub key: String,
    wild: Wild,
}

/// A written term, read.
pub(super) struct Term<'a> {
    pub written: &'a str,
    /// The text without backslashes, with letters in place of its wildcards.
    pub clean: String,
    pub parts: Vec<Part>,
    /// Whether letters of scripts without spaces ask for borders of words.
    borders: bool,
}

impl<'a> Term<'a> {
    pub fn read(written: &'a str, form: Form) -> Result<Term<'a>, TermError> {
        let sign = match form {
            Form::Tag => Some('#'),
            Form::Handle => Some('@'),
            Form::Cashtag => Some('$'),
            _ => None,
        };
        let wildcards = Wildcards::read(written, sign.filter(|sign| !written.starts_with([*sign, '＃', '＠'])))?;
        let mut tokens = Tokens::default();
        tokens.tokenize(&wildcards.clean, 0);
        if wildcards.has_loose_star(&tokens) {
            return Err(match written.chars().all(|c| matches!(c, '*' | '?') || c.is_whitespace()) {
                true => TermError::OnlyWildcards { written: written.into() },
                false => TermError::WildcardBesideSign { written: written.into() },
            });
        }
        let mut parts: Vec<Part> = Vec::new();
        for token in tokens.as_slice() {
            // A bare domain lies over the words that stand in the row already.
            if token.kind == Kind::Url && parts.last().is_some_and(|last| last.token.pos == token.pos) {
                continue;
            }
            let key = tokens.keys(token).next().map(|key| key.text.to_string()).unwrap_or_default();
            let wild = wildcards.of(token.start as usize, token.end as usize, &key);
            parts.push(Part { token: *token, key, wild });
        }
        let term = Term { written, clean: wildcards.clean, parts, borders: form == Form::Word };
        term.check()?;
        Ok(term)
    }

    fn check(&self) -> Result<(), TermError> {
        let written = || self.written.to_string();
        if self.parts.is_empty() {
            return Err(TermError::NothingToFind { written: written() });
        }
        if self.parts.len() > TERM_TOKENS_MAX {
            let (count, limit) = (self.parts.len(), TERM_TOKENS_MAX);
            return Err(TermError::TooManyTokens { written: written(), count, limit });
        }
        if self.parts.iter().all(|part| matches!(&part.wild, Wild::Glob(pattern) if is_only_wildcards(pattern))) {
            return Err(TermError::OnlyWildcards { written: written() });
        }
        for (at, part) in self.parts.iter().enumerate().filter(|(_, part)| !matches!(part.wild, Wild::None)) {
            if matches!(part.token.kind, Kind::Url | Kind::Email) {
                return Err(TermError::WildcardOnLink { written: written() });
            }
            if self.touches_run(at) {
                return Err(TermError::WildcardInRun { written: written() });
            }
            let Wild::Glob(pattern) = &part.wild else { continue };
            if pattern == "*" && !self.is_between_spaces(&part.token) {
                return Err(TermError::WildcardBesideSign { written: written() });
            }
            if has_too_few_letters(pattern) {
                let (part, limit) = (pattern.clone(), GLOB_LETTERS_MIN);
                return Err(TermError::TooFewLetters { written: written(), part, limit });
            }
        }
        Ok(())
    }

    /// Whether the token is letters of a script without spaces, or stands right beside some.
    fn touches_run(&self, at: usize) -> bool {
        let Some(here) = self.parts.get(at).map(|part| &part.token) else { return false };
        let beside = |other: Option<usize>, touches: fn(&Token, &Token) -> bool| {
            let other = other.and_then(|other| self.parts.get(other)).map(|part| &part.token);
            other.is_some_and(|other| other.kind == Kind::Run && touches(other, here))
        };
        here.kind == Kind::Run
            || beside(at.checked_sub(1), |other, here| other.end == here.start)
            || beside(Some(at + 1), |other, here| here.end == other.start)
    }

    fn is_between_spaces(&self, token: &Token) -> bool {
        let before = self.clean.get(..token.start as usize).unwrap_or_default();
        let behind = self.clean.get(token.end as usize..).unwrap_or_default();
        before.chars().next_back().is_none_or(char::is_whitespace)
            && behind.chars().next().is_none_or(char::is_whitespace)
    }

    pub fn has_wildcards(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part.wild, Wild::None))
    }

    pub fn entity(
        &self,
        kind: Kind,
        expected: &'static str,
        help: &'static str,
    ) -> Result<Vec<Vec<TokenPattern>>, TermError> {
        match self.parts.as_slice() {
            [part]
                if part.token.kind == kind && part.token.start == 0 && part.token.end as usize == self.clean.len() =>
            {
                Ok(vec![vec![self.pattern(part)]])
            }
            _ => Err(TermError::WrongForm { written: self.written.to_string(), expected, help }),
        }
    }

    /// The text of a token as it is written.
    pub fn text_of(&self, part: &Part) -> &str {
        self.clean.get(part.token.start as usize..part.token.end as usize).unwrap_or_default()
    }

    pub fn pattern(&self, part: &Part) -> TokenPattern {
        let key = part.key.clone();
        match &part.wild {
            Wild::Glob(pattern) => TokenPattern::Glob(pattern.clone()),
            Wild::Prefix => TokenPattern::Prefix(key),
            Wild::None if part.token.kind == Kind::Run && self.borders => TokenPattern::Word(key),
            Wild::None if part.token.kind == Kind::Run => TokenPattern::Run(key),
            Wild::None => TokenPattern::Key(key),
        }
    }

    pub fn plain(&self) -> Vec<Vec<TokenPattern>> {
        let places = self.places();
        let mut rows = if places.iter().map(Vec::len).fold(1, usize::saturating_mul) <= TERM_ROWS_MAX {
            every_combination(&places)
        } else {
            one_variant_each(&places)
        };
        rows.extend(self.joined_tag().map(|tag| vec![TokenPattern::Key(tag)]));
        rows
    }

    /// What may stand at each place of the row: the token, or the hyphened tokens, as written, then the variants.
    fn places(&self) -> Vec<Vec<Vec<TokenPattern>>> {
        let mut places = Vec::new();
        let mut rest = self.parts.as_slice();
        while let Some(first) = rest.first() {
            let pairs = rest.iter().zip(rest.iter().skip(1));
            let length = 1 + pairs.take_while(|(left, right)| self.hyphen_between(left, right)).count();
            let (group, after) = rest.split_at(length);
            let mut options = vec![group.iter().map(|part| self.pattern(part)).collect::<Vec<_>>()];
            if group.len() > 1 {
                options.push(vec![joined(group)]);
            } else if matches!(first.wild, Wild::None) {
                options.extend(first.variant().map(|variant| vec![TokenPattern::Key(variant)]));
            }
            places.push(options);
            rest = after;
        }
        places
    }

    fn hyphen_between(&self, left: &Part, right: &Part) -> bool {
        let word = |part: &Part| matches!(part.token.kind, Kind::Word | Kind::Number);
        let between = self.clean.get(left.token.end as usize..right.token.start as usize);
        let open = matches!(left.wild, Wild::Prefix);
        word(left) && word(right) && !open && matches!(between, Some("-" | "\u{2010}" | "\u{2011}"))
    }

    /// The tag that is made of all tokens, where they can make one.
    fn joined_tag(&self) -> Option<String> {
        let joins = |part: &Part| {
            matches!(part.wild, Wild::None)
                && matches!(part.token.kind, Kind::Word | Kind::Number | Kind::Sign | Kind::Run)
        };
        if !self.parts.iter().all(joins) {
            return None;
        }
        let name = self.parts.iter().flat_map(|part| part.key.chars()).filter(|c| !matches!(c, '\'' | '&' | '·'));
        let tag: String = std::iter::once('#').chain(name).collect();
        let mut tokens = Tokens::default();
        tokens.tokenize(&tag, 0);
        let [token] = tokens.as_slice() else { return None };
        let is_whole = token.kind == Kind::Tag && token.end as usize == tag.len();
        tokens.keys(token).next().filter(|_| is_whole).map(|key| key.text.to_string())
    }
}

impl Part {
    /// The same word with or without its apostrophe.
    fn variant(&self) -> Option<String> {
        if self.token.kind != Kind::Word {
            return None;
        }
        if let Some(owner) = self.key.strip_suffix("'s")
            && !owner.contains('\'')
        {
            return Some(format!("{owner}s"));
        }
        CONTRACTIONS.iter().find_map(|&(with, without)| match self.key.as_str() {
            key if key == with => Some(without.to_string()),
            key if key == without => Some(with.to_string()),
            _ => None,
        })
    }
}

/// Hyphened tokens as one word.
fn joined(group: &[Part]) -> TokenPattern {
    let mut pattern = String::new();
    for part in group {
        match &part.wild {
            Wild::Glob(glob) => pattern.push_str(glob),
            Wild::None | Wild::Prefix => pattern.push_str(&part.key),
        }
    }
    let open = group.last().is_some_and(|last| matches!(last.wild, Wild::Prefix));
    if !group.iter().any(|part| matches!(part.wild, Wild::Glob(_))) {
        return if open { TokenPattern::Prefix(pattern) } else { TokenPattern::Key(pattern) };
    }
    if open {
        pattern.push('*');
    }
    TokenPattern::Glob(pattern)
}

fn every_combination(places: &[Vec<Vec<TokenPattern>>]) -> Vec<Vec<TokenPattern>> {
    places.iter().fold(vec![Vec::new()], |rows, options| {
        rows.iter()
            .flat_map(|row| options.iter().map(move |option| row.iter().chain(option).cloned().collect()))
            .collect()
    })
}

fn one_variant_each(places: &[Vec<Vec<TokenPattern>>]) -> Vec<Vec<TokenPattern>> {
    let row = |varied: usize, option: usize| {
        let pick = |(at, options): (usize, &Vec<Vec<TokenPattern>>)| {
            options.get(if at == varied { option } else { 0 }).cloned().unwrap_or_default()
        };
        places.iter().enumerate().flat_map(pick).collect()
    };
    let varied = places.iter().enumerate().flat_map(|(at, options)| (1..options.len()).map(move |option| (at, option)));
    std::iter::once(row(usize::MAX, 0)).chain(varied.map(|(at, option)| row(at, option))).collect()
}
