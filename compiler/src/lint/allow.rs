//! `allow MON0831 until 2026-12-31 because "…"`: takes back what is said of the item that holds it. It needs a reason, ends
//! with its day, and is told itself where it does nothing.

use std::sync::LazyLock;

use mon_grammar::Span;
use mon_grammar::ast::{self, ClauseKind, ItemKind, PlaybookClauseKind};

use super::Lints;
use crate::check::extend::TAKEN_OVER;
use crate::check::times;
use crate::diagnostic::{Code, Diagnostic, Fix, Level, Safety, codes, find_code};
use crate::plan::Place;

const DAY: i64 = 86_400_000_000;

/// What `allow` itself can do wrong. They cannot be allowed.
pub static ALLOW_WITHOUT_REASON: Code = Code {
    id: "MON0891",
    name: "allow-without-reason",
    level: Level::Error,
    summary: "`allow` does not say why",
    why: "Whoever reads the rule next year has to know whether the reason still holds. `because \"…\"` tells it.",
    bad: "query shop = (\"acme\")\n  allow MON0831\n",
    good: "query shop = (\"acme\")\n  allow MON0831 because \"more words come in spring\"\n",
};

pub static ALLOW_UNKNOWN: Code = Code {
    id: "MON0892",
    name: "allow-unknown",
    level: Level::Error,
    summary: "`allow` names no finding that can be allowed",
    why: "Warnings and advice can be allowed. An error keeps the rules from running, so it has to be mended.",
    bad: "query shop = (\"acme\")\n  allow MON0201 because \"it is known\"\n",
    good: "query shop = (\"acme\")\n  allow MON0831 because \"more words come in spring\"\n",
};

pub static ALLOW_EXPIRED: Code = Code {
    id: "MON0893",
    name: "allow-expired",
    level: Level::Warning,
    summary: "an `allow` is past its day",
    why: "It was meant for a time that is over. It counts no more, and what it took back is told again.",
    bad: "query shop = (\"acme\")\n  allow MON0831 until 2020-12-31 because \"more words come in spring\"\n",
    good: "query shop = \"acme\"\n",
};

pub static ALLOW_UNUSED: Code = Code {
    id: "MON0894",
    name: "allow-unused",
    level: Level::Warning,
    summary: "an `allow` takes nothing back",
    why: "What it was for is mended. Left standing, it would hide the next finding of its kind.",
    bad: "query shop = \"acme\"\n  allow MON0831 because \"more words come in spring\"\n",
    good: "query shop = \"acme\"\n",
};

/// The codes of this file.
pub(crate) static ALL: LazyLock<[&Code; 4]> =
    LazyLock::new(|| [&ALLOW_WITHOUT_REASON, &ALLOW_UNKNOWN, &ALLOW_EXPIRED, &ALLOW_UNUSED]);

/// One `allow` with the item that it is for.
struct Allow<'a> {
    code: &'static Code,
    place: Place,
    item: Span,
    until: Option<(i64, &'a str)>,
}

/// Reads every `allow`; what is wrong with one is told, and it counts for nothing.
fn read<'a>(trees: &'a [&'a ast::File], found: &mut Vec<Diagnostic>) -> Vec<Allow<'a>> {
    let mut all = Vec::new();
    for (tree, file) in trees.iter().zip(0..) {
        for item in &tree.items {
            for (span, ast::Allow { code, until, because }) in allows(item) {
                let place = Place { file, span };
                let at = Place { file, span: code.span };
                let Some(known) = find_code(&code.text).filter(|known| known.level < Level::Error) else {
                    found.push(unknown(&code.text, at));
                    continue;
                };
                if because.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
                    let told =
                        Diagnostic::new(&ALLOW_WITHOUT_REASON, place, format!("`allow {}` does not say why", known.id));
                    found.push(told.help("add `because \"…\"` with the reason"));
                    continue;
                }
                let until = until.as_ref().map(|day| (times::instant(&day.text), day));
                if let Some((None, day)) = until {
                    let place = Place { file, span: day.span };
                    let told = Diagnostic::new(&codes::BAD_TIME, place, format!("`{}` is no date", day.text));
                    found.push(told.help("write the last day on which it counts, as `2026-12-31`"));
                    continue;
                }
                let until = until.and_then(|(micros, day)| Some((micros?, day.text.as_str())));
                all.push(Allow { code: known, place, item: item.span, until });
            }
        }
    }
    all
}

/// The `allow`s that an item holds, each with its place.
fn allows(item: &ast::Item) -> Vec<(Span, &ast::Allow)> {
    let clauses = match &item.kind {
        ItemKind::Monitor(monitor) => &monitor.clauses,
        ItemKind::Terms(terms) => &terms.allows,
        ItemKind::Query(query) => &query.allows,
        ItemKind::Playbook(playbook) => {
            let own = playbook.clauses.iter().filter_map(|clause| match &clause.kind {
                PlaybookClauseKind::Allow(allow) => Some((clause.span, allow)),
                _ => None,
            });
            return own.collect();
        }
        _ => return Vec::new(),
    };
    let own = clauses.iter().filter_map(|clause| match &clause.kind {
        ClauseKind::Allow(allow) => Some((clause.span, allow)),
        _ => None,
    });
    own.collect()
}

fn unknown(written: &str, place: Place) -> Diagnostic {
    match find_code(written) {
        Some(code) => {
            Diagnostic::new(&ALLOW_UNKNOWN, place, format!("`{}` is an error, which cannot be allowed", code.id))
                .help("mend what it reports")
        }
        None => Diagnostic::new(&ALLOW_UNKNOWN, place, format!("no finding has the number `{written}`"))
            .help("write the number that `mon lint` prints, such as `MON0831`"),
    }
}

/// Takes back what is allowed, and tells of each `allow` that is wrong, over or without use. Gives how many findings were
/// taken back.
pub(crate) fn apply(trees: &[&ast::File], lints: Lints, now: Option<i64>, found: &mut Vec<Diagnostic>) -> usize {
    let mut told = Vec::new();
    let all = read(trees, &mut told);
    let over = |allow: &Allow<'_>| allow.until.zip(now).is_some_and(|((until, _), now)| now >= until + DAY);
    let mut used = vec![false; all.len()];
    let before = found.len();
    found.retain(|finding| {
        let fits = |allow: &Allow<'_>| {
            let inside = |place: Place| place.lies_in(Place { file: allow.place.file, span: allow.item });
            // A clause that does not fit where it is taken over is told of where it stands, with the place that does so.
            let taken = finding.labels.iter().any(|(place, text)| text == TAKEN_OVER && inside(*place));
            (inside(finding.place) || taken) && allow.code.id == finding.code.id && !over(allow)
        };
        let mut kept = true;
        for (allow, used) in all.iter().zip(&mut used) {
            if fits(allow) {
                (*used, kept) = (true, false);
            }
        }
        kept
    });
    let taken = before - found.len();
    let failed = found.iter().chain(&told).any(Diagnostic::is_error);
    for (allow, used) in all.iter().zip(used) {
        let (place, id) = (allow.place, allow.code.id);
        let away = Fix {
            description: format!("take `allow {id}` out"),
            safety: Safety::Safe,
            edits: vec![(place, String::new())],
        };
        if over(allow) {
            let day = allow.until.map_or("", |(_, day)| day);
            let one = Diagnostic::new(&ALLOW_EXPIRED, place, format!("`allow {id}` ended with {day}"))
                .help("mend what it was for, or give it a later day and say why");
            told.push(one);
        // Nothing is missed where a lint did not run, or could not for an error.
        } else if !used && !failed && lints.runs(allow.code) {
            let one = Diagnostic::new(&ALLOW_UNUSED, place, format!("`allow {id}` takes nothing back"));
            told.push(one.help("remove it").fix(away));
        }
    }
    found.append(&mut told);
    taken
}
