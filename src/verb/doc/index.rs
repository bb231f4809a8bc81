//! The first page: all monitors by folder and owner, and who is told by them.

use std::collections::BTreeMap;

use mon_compiler::plan::Severity;

use super::facts::{Facts, Site};
use super::html::Html;
use super::lanes::teams;
use super::names::Kind;
use super::parts::{cell, findings, findings_of, first_line, link, links, many, section, table, worst};

const COLUMNS: [&str; 6] = ["Monitor", "Owner", "Severity", "Tells", "Tested by", "Findings"];

pub fn page(html: &mut Html, site: &Site<'_>, monitors: &[Facts<'_>]) {
    html.element("h1", &[], "Monitors");
    let playbooks = site.names.all.iter().filter(|named| named.kind == Kind::Playbook).count();
    let lists = site.names.all.iter().filter(|named| named.kind == Kind::Terms).count();
    let counted = format!(
        "{} in {}, with {} and {}.",
        many(monitors.len(), "monitor"),
        many(site.file_count(), "rule file"),
        many(playbooks, "playbook"),
        many(lists, "list")
    );
    let finding = match site.worst_of_all() {
        None => " No findings.".to_owned(),
        Some(level) => format!(" The worst finding: {}.", level.name()),
    };
    html.element("p", &[("class", "lead")], &(counted + &finding));
    html.inside("div", &[("id", "search"), ("hidden", "hidden")], |html| {
        html.inside("label", &[], |html| {
            html.text("Find ");
            html.void("input", &[("type", "search"), ("placeholder", "name, owner, team")]);
        });
        html.element("output", &[], "");
    });
    let folders = by_folder(site, monitors);
    for (folder, inside) in &folders {
        let title = if folder.is_empty() { "In the folder of the rules" } else { folder };
        if folders.len() > 1 {
            section(html, &format!("folder-{}", anchor(&folders, folder)), title, |html| rows(html, site, inside));
        } else {
            rows(html, site, inside);
        }
    }
    owners(html, monitors);
    told(html, monitors);
    follow(html, site);
    let other = site.findings(None);
    if !other.is_empty() {
        section(html, "other", "Findings about no item", |html| findings(html, site, other));
    }
}

type Folders<'m, 's> = BTreeMap<String, Vec<&'m Facts<'s>>>;

/// Monitors by the folder of their file, in each by owner and name.
fn by_folder<'m, 's>(site: &Site<'_>, monitors: &'m [Facts<'s>]) -> Folders<'m, 's> {
    let mut folders = Folders::new();
    for facts in monitors {
        let folder = site.file(facts.named.at.file).rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.to_owned()).or_default().push(facts);
    }
    // Who answers for nobody stands last.
    let owner = |facts: &&Facts<'_>| (facts.plan.owner.is_none(), facts.plan.owner.clone());
    folders.values_mut().for_each(|inside| inside.sort_by_key(owner));
    folders
}

fn anchor(folders: &Folders<'_, '_>, folder: &str) -> usize {
    folders.keys().position(|known| known == folder).unwrap_or(0) + 1
}

fn rows(html: &mut Html, site: &Site<'_>, monitors: &[&Facts<'_>]) {
    table(html, &COLUMNS, |html| {
        for facts in monitors {
            html.inside("tr", &[("class", "monitor")], |html| row(html, site, facts));
        }
    });
}

fn row(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let [_, owner, severity, tells, tested, found] = COLUMNS;
    html.inside("td", &[("class", "head")], |html| {
        link(html, facts.named);
        if let Some(doc) = facts.doc {
            html.element("p", &[], first_line(doc));
        }
    });
    cell(html, owner, |html| {
        html.text(facts.plan.owner.as_deref().unwrap_or("nobody"));
        let status = facts.status.map(str::to_owned);
        let purpose = facts.purpose.map(|purpose| format!("for {purpose}"));
        let small: Vec<String> = status.into_iter().chain(purpose).collect();
        if !small.is_empty() {
            html.element("p", &[("class", "small")], &small.join(", "));
        }
    });
    cell(html, severity, |html| levels(html, facts.lanes.iter().map(|lane| lane.level)));
    cell(html, tells, |html| html.text(&or_dash(&teams(&facts.lanes).join(", "))));
    cell(html, tested, |html| {
        html.element("span", &[("class", "whole")], &format!("{},", many(facts.plan.examples.len(), "example")));
        html.text(" ");
        html.element("span", &[("class", "whole")], &many(facts.tests.len(), "test"));
    });
    cell(html, found, |html| {
        let (level, count) = findings_of(site, facts);
        worst(html, level, count);
    });
}

fn levels(html: &mut Html, levels: impl Iterator<Item = Severity>) {
    let levels: Vec<Severity> = levels.collect();
    if levels.is_empty() {
        return html.text("raises none");
    }
    super::parts::levels(html, levels.into_iter());
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "nobody".to_owned() } else { text.to_owned() }
}

fn owners(html: &mut Html, monitors: &[Facts<'_>]) {
    let mut owners: BTreeMap<(bool, &str), Vec<&Facts<'_>>> = BTreeMap::new();
    for facts in monitors {
        let owner = facts.plan.owner.as_deref();
        owners.entry((owner.is_none(), owner.unwrap_or("nobody"))).or_default().push(facts);
    }
    if owners.is_empty() {
        return;
    }
    section(html, "owners", "By owner", |html| {
        html.inside("dl", &[("class", "facts")], |html| {
            for ((_, owner), owned) in &owners {
                super::parts::fact(html, owner, |html| links(html, owned.iter().map(|facts| facts.named)));
            }
        });
    });
}

fn told(html: &mut Html, monitors: &[Facts<'_>]) {
    let mut told: BTreeMap<&str, Vec<&Facts<'_>>> = BTreeMap::new();
    for facts in monitors {
        for team in teams(&facts.lanes) {
            told.entry(team).or_default().push(facts);
        }
    }
    if told.is_empty() {
        return;
    }
    section(html, "teams", "By team that is told", |html| {
        html.inside("dl", &[("class", "facts")], |html| {
            for (team, by) in &told {
                super::parts::fact(html, team, |html| links(html, by.iter().map(|facts| facts.named)));
            }
        });
    });
}

fn follow(html: &mut Html, site: &Site<'_>) {
    let playbooks = || site.names.all.iter().filter(|named| named.kind == Kind::Playbook);
    if playbooks().next().is_none() {
        return;
    }
    section(html, "playbooks", "Playbooks", |html| {
        html.inside("ul", &[], |html| {
            for named in playbooks() {
                html.inside("li", &[], |html| {
                    link(html, named);
                    if let Some(doc) = site.doc(named) {
                        html.text(&format!(": {}", first_line(doc)));
                    }
                });
            }
        });
    });
}
