//! What several pages show alike: chips of severities and findings, rows of facts, findings, links to items.

use std::collections::BTreeSet;

use mon_compiler::diagnostic::{Diagnostic, Level};
use mon_compiler::plan::Severity;

use super::facts::{Facts, Site};
use super::html::Html;
use super::names::{Kind, Named};

/// `1 test`, `8 examples`
pub use crate::report::many;

/// A part of a page with its head, to which links lead.
pub fn section(html: &mut Html, id: &str, title: &str, body: impl FnOnce(&mut Html)) {
    html.inside("section", &[("id", id)], |html| {
        html.element("h2", &[], title);
        body(html);
    });
}

/// A row of facts of a definition list.
pub fn fact(html: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    html.inside("div", &[], |html| {
        html.element("dt", &[], name);
        html.inside("dd", &[], value);
    });
}

pub fn levels(html: &mut Html, levels: impl Iterator<Item = Severity>) {
    for level in levels {
        html.element("span", &[("class", &format!("chip {}", level.name()))], level.name());
        html.text(" ");
    }
}

/// How the worst finding is shown; a dash where there is none.
pub fn worst(html: &mut Html, level: Option<Level>, count: usize) {
    match level {
        None => html.element("span", &[("class", "none")], "none"),
        Some(level) => {
            let class = format!("chip {}", level.name());
            html.element("span", &[("class", &class)], &format!("{}{}", level.name(), more(count)));
        }
    }
}

fn more(count: usize) -> String {
    if count > 1 { format!(" +{}", count - 1) } else { String::new() }
}

/// Findings with their places, as `mon lint` tells them.
pub fn findings(html: &mut Html, site: &Site<'_>, found: &[&Diagnostic]) {
    html.inside("ul", &[("class", "findings")], |html| {
        for one in found {
            html.inside("li", &[], |html| {
                let level = one.severity().name();
                html.element("span", &[("class", &format!("chip {level}"))], level);
                html.text(" ");
                html.prose(&one.message);
                html.inside("p", &[("class", "small")], |html| {
                    html.text(&format!("{}, {}", one.code.id, site.place(one.place)));
                    if let Some(help) = &one.help {
                        html.text(": ");
                        html.prose(help);
                    }
                });
            });
        }
    });
}

/// The level of the worst finding about a monitor or about something that it is made of, and how many there are.
pub fn findings_of(site: &Site<'_>, facts: &Facts<'_>) -> (Option<Level>, usize) {
    let own = site.names.get(Kind::Monitor, &facts.plan.name).map(|(at, _)| at);
    let playbook = playbook_of(site, facts).map(|(at, _)| at);
    let items: BTreeSet<usize> = own.into_iter().chain(playbook).chain(facts.all_words.iter().copied()).collect();
    let worst = items.iter().filter_map(|at| site.worst(Some(*at))).max();
    (worst, items.iter().map(|at| site.findings(Some(*at)).len()).sum())
}

pub fn playbook_of<'s>(site: &'s Site<'_>, facts: &Facts<'_>) -> Option<(usize, &'s Named)> {
    let plan = site.plan.playbooks.get(facts.plan.playbook? as usize)?;
    site.names.get(Kind::Playbook, &plan.name)
}

pub fn link(html: &mut Html, named: &Named) {
    html.link(&named.href, &named.name);
}

/// Items one after the other, with commas between.
pub fn links<'n>(html: &mut Html, all: impl Iterator<Item = &'n Named>) {
    for (at, named) in all.enumerate() {
        if at > 0 {
            html.text(", ");
        }
        link(html, named);
    }
}

/// The first line of a description.
pub fn first_line(doc: &str) -> &str {
    doc.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
}

/// A table whose cells say on a narrow page which column they are of.
pub fn table(html: &mut Html, columns: &[&str], rows: impl FnOnce(&mut Html)) {
    html.inside("table", &[], |html| {
        html.inside("thead", &[], |html| {
            html.inside("tr", &[], |html| {
                columns.iter().for_each(|name| html.element("th", &[("scope", "col")], name));
            });
        });
        html.inside("tbody", &[], rows);
    });
}

pub fn cell(html: &mut Html, column: &str, body: impl FnOnce(&mut Html)) {
    html.inside("td", &[("data-column", column)], body);
}
