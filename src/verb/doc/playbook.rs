//! The page of a playbook: whom it tells of which severity, and the monitors that follow it.

use mon_compiler::plan::PlaybookPlan;

use super::code;
use super::diagram::{self, Picture};
use super::facts::{Facts, Site};
use super::html::Html;
use super::lanes;
use super::parts::{findings, link, links, section};

/// `at` is its place among the items.
pub fn page(html: &mut Html, site: &Site<'_>, (at, plan): (usize, &PlaybookPlan), monitors: &[Facts<'_>]) {
    let Some(named) = site.names.all.get(at) else { return };
    html.inside("h1", &[], |html| {
        html.element("span", &[("class", "kind")], "playbook ");
        html.text(&plan.name);
    });
    if let Some(doc) = site.doc(named) {
        html.element("p", &[("class", "lead")], doc);
    }
    html.element("p", &[("class", "small")], &site.place_of(named));
    section(html, "routes", "Who hears of an incident", |html| {
        let title = format!("Whom playbook {} tells: the teams and methods of each severity", plan.name);
        let lanes = lanes::of_playbook(plan);
        diagram::draw(html, &Picture { title, kind: "playbook", name: &plan.name, lanes: &lanes });
    });
    section(html, "followers", "Monitors that follow it", |html| {
        let follows = |facts: &&Facts<'_>| {
            let of = facts.plan.playbook.and_then(|at| site.plan.playbooks.get(at as usize));
            of.is_some_and(|of| of.name == plan.name)
        };
        let followers: Vec<&Facts<'_>> = monitors.iter().filter(follows).collect();
        if followers.is_empty() {
            return html.element("p", &[], "None.");
        }
        html.inside("ul", &[], |html| {
            for facts in followers {
                html.inside("li", &[], |html| {
                    link(html, facts.named);
                    if let Some(owner) = &facts.plan.owner {
                        html.text(&format!(", owner {owner}"));
                    }
                });
            }
        });
    });
    section(html, "rule", "The rule", |html| code::item(html, site, named.at));
    let found = site.findings(Some(at));
    if !found.is_empty() {
        section(html, "findings", "Findings", |html| findings(html, site, found));
    }
    let cleared: Vec<&Facts<'_>> = monitors.iter().filter(|facts| carries(site, facts, plan)).collect();
    if !cleared.is_empty() {
        section(html, "privacy", "What leaves with alerts", |html| {
            html.inside("p", &[], |html| {
                html.text("Monitors whose alerts carry personal or sensitive values by this playbook: ");
                links(html, cleared.iter().map(|facts| facts.named));
            });
        });
    }
}

fn carries(site: &Site<'_>, facts: &Facts<'_>, plan: &PlaybookPlan) -> bool {
    let follows = facts.plan.playbook.and_then(|at| site.plan.playbooks.get(at as usize));
    follows.is_some_and(|of| of.name == plan.name) && !super::monitor::flows(site, facts).is_empty()
}
