//! The page of a code and the index of all pages, generated from the registry, so that documentation and program cannot
//! disagree. What the checker says of the bad example is part of the page.

use std::fmt::Write;

use super::Diagnostic;
use super::codes::{self, Code};
use super::render::{TextStyle, text};
use super::{Level, Safety};
use crate::check::{CheckOptions, check};
use crate::export::x::export;
use crate::import::{Dialect, import};
use crate::lint::{self, Lints};
use crate::plan::{QueryId, SourceFile};

/// What a command says of a code's example.
pub struct Said {
    pub diagnostics: Vec<Diagnostic>,
    pub files: Vec<SourceFile>,
    /// `mon check`.
    pub command: &'static str,
    /// The word behind the fence of the example.
    fence: &'static str,
}

/// Runs the command that tells this code on an example of it.
#[must_use]
pub fn said(code: &Code, example: &str) -> Said {
    if code.id.starts_with("MON13") && code.id != codes::NO_PREFILTER.id {
        let diagnostics = import(Dialect::Brandwatch, example, "acme").err().map(|told| *told).into_iter().collect();
        let files = vec![SourceFile { name: "query.txt".to_owned(), text: example.into() }];
        return Said { diagnostics, files, command: "mon import brandwatch", fence: "text" };
    }
    // Advice is said of a code that is advice, and of lints.
    let with_lints = is_advice(code) || code.id.starts_with("MON08");
    let options = if with_lints { options() } else { CheckOptions::default() };
    let mut checked = check(vec![("brand.mon".to_owned(), example.to_owned())], &options);
    if !code.id.starts_with("MON08") {
        checked.diagnostics.retain(|told| !told.code.id.starts_with("MON08"));
    }
    let mut command = if is_advice(code) { "mon lint" } else { "mon check" };
    let (mut diagnostics, files) = (checked.diagnostics, checked.files);
    if code.id == codes::NO_PREFILTER.id
        && let Some(plan) = checked.plan
    {
        diagnostics.extend(export(&plan, QueryId(0)).err().map(|told| *told));
        command = "mon export x";
    }
    Said { diagnostics, files, command, fence: "mon" }
}

/// `docs/errors/MON0301.md`.
#[must_use]
pub fn page(code: &Code) -> String {
    let mut page =
        format!("# {} {}\n\n**{}**: {}.\n\n{}\n", code.id, code.name, code.level.name(), code.summary, code.why);
    if code.bad.is_empty() {
        page.push_str("\nNo example stands here: it would be too large to read.\n");
        return page;
    }
    let Said { mut diagnostics, files, command, fence } = said(code, code.bad);
    diagnostics.retain(|told| told.code.id == code.id);
    let said = text(&diagnostics, &files, TextStyle { colour: false, width: 90 });
    let said: Vec<&str> = said.trim_end().lines().map(str::trim_end).collect();
    let block = |text: &str| format!("```{fence}\n{}\n```", text.trim_end());
    // Writing into a string cannot fail.
    let _ =
        write!(page, "\n## Example\n\n{}\n\n`{command}` says:\n\n```text\n{}\n```\n", block(code.bad), said.join("\n"));
    let _ = write!(page, "\n## Instead\n\n{}\n", block(code.good));
    if let Some(lint) = lint::find(code.id) {
        let _ = write!(page, "\n## Fix\n\n{}\n", fix(lint.fix));
    }
    page
}

/// How examples of pages are checked: with all lints, on a day of the year in which the first page was written.
#[must_use]
pub fn options() -> CheckOptions {
    const DAY_OF_PAGES: i64 = 1_780_000_000_000_000;
    CheckOptions { lints: Lints::All, now: Some(DAY_OF_PAGES), ..CheckOptions::default() }
}

/// Advice is not told by `mon check`; whether an `allow` is used is known to `mon lint` alone, where it is for advice.
fn is_advice(code: &Code) -> bool {
    code.level == Level::Advice || code.id == lint::allow::ALLOW_UNUSED.id
}

const fn fix(safety: Option<Safety>) -> &'static str {
    match safety {
        Some(Safety::Safe) => "`mon fix` mends it: the rule means the same afterwards.",
        Some(Safety::ChangesMeaning) => {
            "`mon fix --changing-meaning` mends it: afterwards the rule takes other posts, or raises other alerts."
        }
        Some(Safety::ShowOnly) => "`mon fix` shows what could be written, and leaves the decision to you.",
        None => "Only its author can mend it.",
    }
}

/// `docs/errors/README.md`.
#[must_use]
pub fn index() -> String {
    let mut page = String::from(
        "# What `mon check` says\n\nEach finding has a number that never changes its meaning. Numbers tell the subject: 01 reading \
         the file, 02 names, 03 types, 04 matching, 05 windows, measures and alerts, 06 routes, 07 examples and tests, 08 lints, \
         09 what this release does not execute, 13 queries of other tools. Warnings are told by `mon check`, advice by `mon lint`.\n\n\
         | code | name | level | what it means |\n| --- | --- | --- | --- |\n",
    );
    for code in codes::all() {
        let summary = code.summary.replace('|', "\\|");
        let _ =
            writeln!(page, "| [{}]({}.md) | {} | {} | {} |", code.id, code.id, code.name, code.level.name(), summary);
    }
    page.push_str(
        "\n## For machines\n\n`mon check --format json` prints one object. Its `diagnostics` are the findings, each with `code`, `name`, \
         `severity` (`error`, `warning`, `advice`), `file`, `start`, `end`, `message`, `help` (text or null), `labels` and `fixes`. \
         `start` and `end` count bytes from the beginning of the file. `labels` are notes at the place itself and at others, each with \
         `file`, `start`, `end` and `message`. A fix has a `description`, its `safety` (`safe`, `changes-meaning`, `show-only`) and \
         `edits` that are made together, each with `file`, `start`, `end` and the new `text`.\n",
    );
    page.push_str("\n## Not executed by this release\n\nThe language has more than this release executes. Each of these is refused by name:\n\n| construct | code | meanwhile |\n| --- | --- | --- |\n");
    for construct in crate::check::Construct::ALL {
        let (code, name, hint) = construct.row();
        let _ = writeln!(page, "| {} | {} | {} |", name.replace('|', "\\|"), code.id, hint.replace('|', "\\|"));
    }
    page
}
