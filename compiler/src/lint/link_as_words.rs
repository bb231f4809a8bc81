//! The address of a site in quotes, which is found as words of the text.
//! Its fix is shown and never made.

use mon_text::Kind;

use super::site::fix;
use super::{Lint, Look, Site, Written};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0811",
        name: "link-as-words",
        level: Level::Advice,
        summary: "the address of a site stands in quotes",
        why: "`\"acme.example\"` finds posts that write the name. Links mostly show only a short address; whom they lead to is known to `link.domain`.",
        bad: "query talk = \"https://acme.com/recall\"\n",
        good: "query talk = link.domain is \"acme.com\"\n",
    },
    fix: Some(Safety::ShowOnly),
    look: Look::Term(find),
};

fn find(site: &Site<'_>, written: &Written<'_>) -> Option<Diagnostic> {
    if !written.is_plain() || !written.tokens.as_slice().iter().any(|token| token.kind == Kind::Url) {
        return None;
    }
    let text = written.term.text.trim();
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = bare.split(['/', '?', '#', ' ']).next()?.trim_start_matches("www.").to_lowercase();
    let place = site.at(written.expr.span);
    let test = format!("link.domain is \"{host}\"");
    let told = LINT
        .told(place, "an address in quotes is looked for in the text, not in what links lead to")
        .help(format!("to find links to this site, write `{test}`"));
    let open = !site.list && !site.positional;
    Some(if open { told.fix(fix(format!("write `{test}`"), Safety::ShowOnly, place, test)) } else { told })
}
