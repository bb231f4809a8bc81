//! The page of all lists, queries and dates: what each says, and who uses it.

use mon_compiler::describe;

use super::code;
use super::facts::{Facts, Site};
use super::html::Html;
use super::names::{Kind, Named};
use super::parts::{findings, links};

const KINDS: [(Kind, &str, &str); 3] =
    [(Kind::Terms, "lists", "Lists of terms"), (Kind::Query, "queries", "Queries"), (Kind::Dates, "days", "Dates")];

pub fn page(html: &mut Html, site: &Site<'_>, monitors: &[Facts<'_>]) {
    html.element("h1", &[], "Terms and queries");
    html.element("p", &[("class", "lead")], "What monitors are made of, each said once, and who uses it.");
    for (kind, id, title) in KINDS {
        let mut all: Vec<(usize, &Named)> = site
            .names
            .all
            .iter()
            .enumerate()
            .filter(|(_, named)| named.kind == kind && !named.href.is_empty())
            .collect();
        all.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        if all.is_empty() {
            continue;
        }
        super::parts::section(html, id, title, |html| {
            html.inside("p", &[("class", "small")], |html| links(html, all.iter().map(|(_, named)| *named)));
            all.iter().for_each(|(at, named)| one(html, site, *at, named, monitors));
        });
    }
}

fn one(html: &mut Html, site: &Site<'_>, at: usize, named: &Named, monitors: &[Facts<'_>]) {
    let anchor = named.href.rsplit('#').next().unwrap_or("");
    html.inside("div", &[("class", "word"), ("id", anchor)], |html| {
        html.element("h3", &[], &named.name);
        if let Some(doc) = site.doc(named) {
            html.element("p", &[], doc);
        }
        let query = site.plan.queries.iter().find(|query| query.named && query.name == named.name);
        if let Some(query) = query.filter(|_| named.kind == Kind::Query) {
            html.inside("p", &[], |html| {
                html.prose(&format!("It takes posts where {}.", describe::condition(site.plan, &query.cond)));
            });
        }
        code::item(html, site, named.at);
        html.inside("p", &[("class", "small")], |html| {
            html.text(&format!("{}. ", site.place_of(named)));
            users(html, site, at, monitors);
        });
        let found = site.findings(Some(at));
        if !found.is_empty() {
            findings(html, site, found);
        }
    });
}

fn users(html: &mut Html, site: &Site<'_>, at: usize, monitors: &[Facts<'_>]) {
    let of_words = site.names.users_of(at).filter(|named| named.kind != Kind::Monitor);
    let direct: Vec<&Named> = of_words.collect();
    let used: Vec<&Named> =
        monitors.iter().filter(|facts| facts.all_words.contains(&at)).map(|facts| facts.named).collect();
    if used.is_empty() && direct.is_empty() {
        return html.text("Nothing uses it.");
    }
    html.text("Used by ");
    links(html, direct.iter().copied());
    if !direct.is_empty() && !used.is_empty() {
        html.text("; ");
    }
    match used.len() {
        0 => {}
        1 => html.text("monitor "),
        _ => html.text("monitors "),
    }
    links(html, used.iter().copied());
    html.text(".");
}
