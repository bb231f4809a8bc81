//! All pages of a site as plain data: the name of each file and its text.

use super::facts::Site;
use super::glossary;
use super::html::Html;
use super::index;
use super::monitor;
use super::names::{Kind, WORDS_PAGE};
use super::playbook;
use super::words;

const STYLE: &str = include_str!("style.css");
const SEARCH: &str = include_str!("search.js");

/// Nothing is loaded from anywhere; a page that has no script of ours can run none.
const NO_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'";
const OWN_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

const INDEX: &str = "index.html";
const GLOSSARY: &str = "glossary.html";

/// Where a page stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Index,
    Words,
    Glossary,
    Other,
}

/// Every page: its file's name and its text. The same rules give the same bytes.
pub fn pages(site: &Site<'_>) -> Vec<(String, String)> {
    let monitors = site.monitors();
    let mut pages = vec![
        (INDEX.to_owned(), page(site, "Monitors", Room::Index, |html| index::page(html, site, &monitors))),
        (
            WORDS_PAGE.to_owned(),
            page(site, "Terms and queries", Room::Words, |html| words::page(html, site, &monitors)),
        ),
        (GLOSSARY.to_owned(), page(site, "Glossary", Room::Glossary, |html| glossary::page(html, site))),
    ];
    for facts in &monitors {
        let text = page(site, &facts.plan.name, Room::Other, |html| monitor::page(html, site, facts, &monitors));
        pages.push((facts.named.href.clone(), text));
    }
    for plan in &site.plan.playbooks {
        let Some((at, named)) = site.names.get(Kind::Playbook, &plan.name) else { continue };
        let text = page(site, &plan.name, Room::Other, |html| playbook::page(html, site, (at, plan), &monitors));
        pages.push((named.href.clone(), text));
    }
    pages.sort();
    pages
}

fn page(site: &Site<'_>, title: &str, room: Room, body: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::default();
    html.own("<!DOCTYPE html>\n");
    html.inside("html", &[("lang", "en")], |html| {
        html.inside("head", &[], |html| {
            html.void("meta", &[("charset", "utf-8")]);
            html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            let policy = if room == Room::Index { OWN_SCRIPT } else { NO_SCRIPT };
            html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
            html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            html.element("title", &[], title);
            html.inside("style", &[], |html| html.own(STYLE));
        });
        html.inside("body", &[], |html| {
            html.inside("header", &[], |html| navigation(html, room));
            html.inside("main", &[], body);
            html.inside("footer", &[], |html| {
                html.prose(&format!(
                    "Written by mon {} from rules of edition {}. It says what the rules do, as they are compiled; `mon doc` writes it again.",
                    env!("CARGO_PKG_VERSION"),
                    site.edition
                ));
            });
            if room == Room::Index {
                html.inside("script", &[], |html| html.own(SEARCH));
            }
        });
    });
    html.finish()
}

fn navigation(html: &mut Html, room: Room) {
    html.inside("nav", &[("aria-label", "Pages")], |html| {
        let rooms = [
            (Room::Index, INDEX, "Monitors"),
            (Room::Words, WORDS_PAGE, "Terms and queries"),
            (Room::Glossary, GLOSSARY, "Glossary"),
        ];
        for (own, href, name) in rooms {
            if own == room {
                html.element("a", &[("href", href), ("aria-current", "page")], name);
            } else {
                html.link(href, name);
            }
        }
    });
}
