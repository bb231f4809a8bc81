//! A name with a sign that is not looked for, such as `Yahoo!` or `.NET`.
//! Its fix is shown and never made.

use mon_text::Kind;

use super::site::fix;
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0805",
        name: "dropped-sign",
        level: Level::Advice,
        summary: "a name is written with a sign that is not looked for",
        why: "Signs around a word are not looked for: `\"Yahoo!\"` also finds \"yahoo\", `\".NET\"` also finds \"net\". Where the sign is what tells the brand from the word, add something else that does.",
        bad: "query talk = \"Yahoo!\" and \"outage\"\n",
        good: "query talk = \"Yahoo\" and \"outage\"\n",
    },
    fix: Some(Safety::ShowOnly),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    let text = written.term.text.trim();
    let [token] = written.tokens.as_slice() else { return None };
    if !written.is_plain()
        || text.contains(['*', '\\', '"'])
        || !matches!(token.kind, Kind::Word | Kind::Number | Kind::Sign)
    {
        return None;
    }
    let word = written.term.text.get(token.start as usize..token.end as usize)?;
    let sign = text.chars().find(|c| !c.is_alphanumeric() && !c.is_whitespace() && !word.contains(*c))?;
    if word.len() == text.len() || !is_sign(sign) {
        return None;
    }
    let place = site.at(written.expr.span);
    let exact = format!("exact \"{text}\"");
    let told = LINT
        .told(place, format!("`{sign}` is not looked for: this finds `{word}`"))
        .help(format!("leave the sign out; where it matters, `{exact}` takes only this spelling"))
        .fix(fix(format!("write `{exact}`"), Safety::ShowOnly, place, exact));
    Some(told)
}

/// Signs that belong to names; quotes and invisible ones have lints of their own.
const fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation() || matches!(c, '®' | '™' | '©' | '€' | '£' | '¡' | '¿')
}
