//! What quoted text means. A term keeps `\*` and `\?` as written, since there the bare signs are wildcards.

use super::build::Build;
use super::{Found, Rule, Written as _};
use crate::ast::{Term, TermForm};
use crate::code;
use crate::span::Span;

impl Build {
    /// A `string` pair's text, every escape resolved.
    pub fn text(&self, found: &Found<'_>) -> String {
        self.unescape(found, false)
    }

    fn unescape(&self, found: &Found<'_>, term: bool) -> String {
        let raw = found.written();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
        if !inner.contains('\\') {
            return inner.to_owned();
        }
        let mut out = String::with_capacity(inner.len());
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                Some((_, 'n')) => out.push('\n'),
                Some((_, c @ ('*' | '?'))) => {
                    if term {
                        out.push('\\');
                    }
                    out.push(c);
                }
                Some((_, c)) => {
                    let start = self.span(found).start + 1 + u32::try_from(at).unwrap_or(0);
                    let len = 1 + u32::try_from(c.len_utf8()).unwrap_or(1);
                    self.error(
                        Span::new(start, start + len),
                        code::UNKNOWN_ESCAPE,
                        format!("`\\{c}` means nothing inside quotes"),
                        "write `\\\\` for a backslash; the others are `\\\"`, `\\*`, `\\?` and `\\n`",
                    );
                    out.push(c);
                }
                None => {}
            }
        }
        out
    }

    /// `term` (`"…"`, `"…"~1`) and `spelled` (`exact "…"`).
    pub fn term(&self, found: Found<'_>) -> Term {
        let mut term = Term { form: TermForm::Plain, text: String::new(), edits: None };
        for kid in found.into_inner() {
            match kid.as_rule() {
                Rule::string => term.text = self.unescape(&kid, true),
                Rule::edits => term.edits = Some(self.integer(&kid)),
                Rule::form => {
                    term.form = match kid.written() {
                        "exact" => TermForm::Exact,
                        "part" => TermForm::Part,
                        "stem" => TermForm::Stem,
                        "loose" => TermForm::Loose,
                        "url" => TermForm::Url,
                        _ => TermForm::Word,
                    }
                }
                _ => {}
            }
        }
        term
    }
}

/// A regular expression's source: the text between the slashes, `\/` as `/`. The grammar reads two at its beginning.
pub(super) fn regex_source(raw: &str) -> String {
    let inner = raw.get(2..raw.len().saturating_sub(1)).unwrap_or("");
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('/') => out.push('/'),
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
    out
}
