//! Wildcards on their way through the tokeniser. It reads letters in their place, so that `"#*gate"` is a tag and
//! `"c*h d?g"` two words; the keys get them back.

use crate::Tokens;
use crate::fold::fold;
use crate::table::{Class, Table};

use super::TermError;

/// Fewest letters or digits that a token with a `*` inside or before it has.
pub(super) const GLOB_LETTERS_MIN: usize = 2;

/// Letters that stand for wildcards while a term is read, where the stretch itself has none of them. Tags, handles and
/// cashtags take ASCII letters; there are always some left for them, and rare letters for long stretches.
const STAND_INS: &str = "qzjkwvxybfghmlurnctpaeidsoᚠᚢᚦᚨᚱᚲᚷᚹᚺᚾᛁᛃᛇᛈᛉᛊᛏᛒᛖᛗᛚᛜᛞᛟ";

/// A stretch of a term between spaces, and the letters that stand for `*` and `?` in it.
struct Stretch {
    start: usize,
    end: usize,
    star: char,
    one: char,
}

/// A term without backslashes, with letters in place of its wildcards.
#[derive(Default)]
pub(super) struct Wildcards {
    /// What the tokeniser reads.
    pub clean: String,
    stretches: Vec<Stretch>,
    /// Where in the clean text a `*` stood that is left out, because a token ends there.
    stars: Vec<usize>,
}

/// What a token's wildcards make of its key.
pub(super) enum Wild {
    None,
    /// The key is the beginning of what is looked for.
    Prefix,
    /// The canonical pattern.
    Glob(String),
}

/// One character of a stretch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Char(char),
    Any,
    One,
}

impl Wildcards {
    /// Reads a written term that follows `sign`, which an entity has.
    pub fn read(written: &str, sign: Option<char>) -> Result<Self, TermError> {
        let mut found = Self::default();
        found.clean.extend(sign);
        for (at, stretch) in written.split_inclusive(char::is_whitespace).enumerate() {
            let start = if at == 0 { 0 } else { found.clean.len() };
            found
                .stretch(start, &signs(stretch))
                .ok_or_else(|| TermError::NothingToFind { written: written.into() })?;
        }
        Ok(found)
    }

    fn stretch(&mut self, start: usize, signs: &[Sign]) -> Option<()> {
        let space = signs.iter().rev().take_while(|sign| matches!(sign, Sign::Char(c) if c.is_whitespace())).count();
        let (signs, space) = signs.split_at(signs.len() - space);
        let is_wild = |sign: &Sign| !matches!(sign, Sign::Char(_));
        // A last `*` is left out: an entity of the greatest length may still have one.
        let last = signs.len() > 1 && signs.last() == Some(&Sign::Any);
        let signs = if last { signs.get(..signs.len() - 1)? } else { signs };
        if signs.iter().any(is_wild) {
            let text: String =
                signs.iter().filter_map(|sign| if let Sign::Char(c) = sign { Some(*c) } else { None }).collect();
            let folded = fold(&text);
            let mut free = STAND_INS.chars().filter(|c| !folded.contains(*c));
            let (star, one) = (free.next()?, free.next()?);
            self.push(signs, star, one);
            self.stretches.push(Stretch { start, end: self.clean.len(), star, one });
        } else {
            self.push(signs, '*', '?');
        }
        if last {
            self.stars.push(self.clean.len());
        }
        self.push(space, '*', '?');
        Some(())
    }

    fn push(&mut self, signs: &[Sign], star: char, one: char) {
        self.clean.extend(signs.iter().map(|sign| match sign {
            Sign::Char(c) => *c,
            Sign::Any => star,
            Sign::One => one,
        }));
    }

    /// Whether a `*` that was left out stands behind something that is no token's end.
    pub fn has_loose_star(&self, tokens: &Tokens) -> bool {
        let ends = |star: &usize| tokens.iter().any(|token| token.end as usize == *star);
        !self.stars.iter().all(ends)
    }

    /// The wildcards of the token in `start..end` whose key has letters in their place.
    pub fn of(&self, start: usize, end: usize, key: &str) -> Wild {
        let stretch = self.stretches.iter().find(|stretch| stretch.start <= start && end <= stretch.end);
        let is_wild = |c: char| stretch.is_some_and(|stretch| c == stretch.star || c == stretch.one);
        let in_stretch = self.clean.get(start..end).unwrap_or_default().chars().any(is_wild);
        let last = self.stars.contains(&end);
        let Some(stretch) = stretch.filter(|_| in_stretch) else {
            return if last { Wild::Prefix } else { Wild::None };
        };
        let mut pattern = String::with_capacity(key.len() + 2);
        for c in key.chars() {
            match c {
                c if c == stretch.star => pattern.push('*'),
                c if c == stretch.one => pattern.push('?'),
                c => push_literal(c, &mut pattern),
            }
        }
        if last {
            pattern.push('*');
        }
        Wild::Glob(pattern)
    }
}

/// Characters and wildcards of a stretch; several `*` in a row are one.
fn signs(stretch: &str) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(stretch.len());
    let mut chars = stretch.chars().peekable();
    while let Some(c) = chars.next() {
        let sign = match c {
            '\\' if matches!(chars.peek(), Some('*' | '?' | '\\')) => chars.next().map_or(Sign::Char(c), Sign::Char),
            // The sign of a keycap emoji.
            '*' if matches!(chars.peek(), Some('\u{FE0F}' | '\u{20E3}')) => Sign::Char(c),
            '*' if signs.last() == Some(&Sign::Any) => continue,
            '*' => Sign::Any,
            '?' => Sign::One,
            _ => Sign::Char(c),
        };
        signs.push(sign);
    }
    signs
}

/// Adds a character of a canonical pattern that stands for itself.
pub(super) fn push_literal(c: char, pattern: &mut String) {
    if matches!(c, '*' | '?' | '\\') {
        pattern.push('\\');
    }
    pattern.push(c);
}

/// Whether the canonical pattern has nothing but wildcards.
pub(super) fn is_only_wildcards(pattern: &str) -> bool {
    pattern.chars().all(|c| matches!(c, '*' | '?'))
}

/// Whether a pattern with a `*` has too few letters and digits to be told from half the words of a language.
pub(super) fn has_too_few_letters(pattern: &str) -> bool {
    let table = Table::get();
    let is_letter = |c: &char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric(),
        false => matches!(table.class(*c), Class::Letter | Class::Digit),
    };
    pattern.contains('*') && pattern != "*" && pattern.chars().filter(is_letter).count() < GLOB_LETTERS_MIN
}
