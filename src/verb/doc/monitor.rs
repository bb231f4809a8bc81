//! The page of a monitor: what it does, who answers for it, whom it tells, what it is made of and tested by.

use std::collections::BTreeSet;

use mon_alerts::length;
use mon_compiler::check::{decided, posts};
use mon_compiler::describe;
use mon_compiler::matching::{PostTexts, Truth};
use mon_compiler::plan::{ExamplePlan, FlowPlan, TestPlan};
use mon_grammar::ast::ClauseKind;

use super::code;
use super::diagram::{self, Picture};
use super::facts::{Facts, Site};
use super::html::Html;
use super::lanes::teams;
use super::names::{Kind, Named};
use super::parts::{cell, fact, findings, first_line, levels, link, links, many, playbook_of, section, table};
use super::reads;
use super::related;

pub fn page(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>, monitors: &[Facts<'_>]) {
    html.inside("h1", &[], |html| {
        html.element("span", &[("class", "kind")], "monitor ");
        html.text(&facts.plan.name);
    });
    if let Some(doc) = facts.doc {
        html.element("p", &[("class", "lead")], doc);
    }
    html.inside("dl", &[("class", "facts")], |html| about(html, site, facts, monitors));
    section(html, "does", "What it does", |html| {
        html.inside("ul", &[("class", "plain")], |html| {
            for (at, sentence) in describe::monitor(site.plan, facts.plan).lines().enumerate() {
                html.inside("li", &[], |html| html.prose(sentence));
                if at == 0 {
                    queries(html, site, facts);
                }
            }
        });
    });
    if !facts.lanes.is_empty() {
        section(html, "routes", "Who hears of it", |html| {
            let title = format!("Whom {} tells: its severities, their teams and methods", facts.plan.name);
            let picture = Picture { title, kind: "monitor", name: &facts.plan.name, lanes: &facts.lanes };
            diagram::draw(html, &picture);
        });
        section(html, "shows", "What an alert shows", |html| shows(html, site, facts));
    }
    section(html, "rule", "The rule", |html| {
        html.element("p", &[("class", "small")], &site.place_of(facts.named));
        code::item(html, site, facts.named.at);
    });
    used(html, site, facts);
    figures(html, site, facts);
    examples(html, site, facts);
    tests(html, site, facts);
    section(html, "posts", "What a post must tell", |html| reads::posts(html, site, facts));
    section(html, "cost", "What it costs", |html| reads::costs(html, site, facts));
    found(html, site, facts);
    related::section(html, site, facts, monitors);
}

/// What the queries say that the first sentence names.
fn queries(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let names = facts.all_words.iter().filter_map(|at| site.names.all.get(*at));
    for named in names.filter(|named| named.kind == Kind::Query) {
        let plan = site.plan.queries.iter().find(|query| query.named && query.name == named.name);
        // One that is given values says something else at each use, and stands in the sentence itself.
        let Some(plan) = plan else { continue };
        html.inside("li", &[], |html| {
            link(html, named);
            html.text(" holds where ");
            html.prose(&describe::condition(site.plan, &plan.cond));
            html.text(".");
        });
    }
}

fn about(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>, monitors: &[Facts<'_>]) {
    fact(html, "Owner", |html| html.text(facts.plan.owner.as_deref().unwrap_or("nobody")));
    if let Some(status) = facts.status {
        fact(html, "Status", |html| html.text(status));
    }
    if let Some(since) = facts.since {
        fact(html, "Since", |html| html.text(since));
    }
    if let Some(purpose) = facts.purpose {
        fact(html, "For", |html| html.text(purpose));
    }
    if !facts.lanes.is_empty() {
        fact(html, "Severity", |html| levels(html, facts.lanes.iter().map(|lane| lane.level)));
        fact(html, "Tells", |html| html.text(&teams(&facts.lanes).join(", ")));
    }
    if let Some((_, named)) = playbook_of(site, facts) {
        fact(html, "Playbook", |html| link(html, named));
    }
    if let Some(base) = facts.base {
        fact(html, "Extends", |html| link(html, base));
    }
    let extends = |other: &&Facts<'_>| other.base.is_some_and(|base| base.name == facts.plan.name);
    let extended: Vec<&Named> = monitors.iter().filter(extends).map(|other| other.named).collect();
    if !extended.is_empty() {
        fact(html, "Extended by", |html| links(html, extended.into_iter()));
    }
}

fn shows(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let plan = facts.plan;
    let posts = many(plan.show.count as usize, "post");
    let by = plan.show.by.and_then(|id| id.get()).map(|field| field.name);
    html.inside("ul", &[("class", "plain")], |html| {
        html.inside("li", &[], |html| {
            html.prose(&match (plan.show.count, by) {
                (0, _) => "No posts.".to_owned(),
                (_, Some(name)) => format!("{posts} with the largest `{name}`, with their text and link."),
                (_, None) => format!("The newest {posts}, with their text and link."),
            });
        });
        for values in &plan.show_values {
            let order = if values.measure.is_some() { "new values" } else { "most frequent values" };
            let of = &values.name;
            html.inside("li", &[], |html| html.prose(&format!("The {order} of `{of}`, at most {}.", values.count)));
        }
        if !plan.measures.is_empty() {
            let names: Vec<String> = plan.measures.iter().map(|measure| format!("`{}`", measure.name)).collect();
            html.inside("li", &[], |html| html.prose(&format!("Its figures: {}.", names.join(", "))));
        }
        let keys: Vec<String> =
            plan.by.iter().filter_map(|id| id.get()).map(|field| format!("`{}`", field.name)).collect();
        if !keys.is_empty() {
            let keys = keys.join(", ");
            html.inside("li", &[], |html| html.prose(&format!("Which group it is about: {keys}.")));
        }
    });
    let flows = flows(site, facts);
    if flows.is_empty() {
        return html.element(
            "p",
            &[],
            "No personal or sensitive value leaves with its alerts, beside the posts themselves.",
        );
    }
    html.element("p", &[], "What leaves with its alerts, as the rules allow it:");
    table(html, &["Field", "Label", "Team", "By", "For"], |html| {
        for flow in flows {
            let Some(field) = flow.field.get() else { continue };
            html.inside("tr", &[], |html| {
                cell(html, "Field", |html| html.element("code", &[], field.name));
                cell(html, "Label", |html| html.element("span", &[("class", "chip private")], field.privacy.name()));
                cell(html, "Team", |html| html.text(&flow.team));
                cell(html, "By", |html| html.text(&flow.methods.join(", ")));
                cell(html, "For", |html| html.text(&flow.purpose));
            });
        }
    });
}

/// Labelled values that leave with the alerts of a monitor.
pub fn flows<'s>(site: &'s Site<'_>, facts: &Facts<'_>) -> Vec<&'s FlowPlan> {
    let of = |flow: &&FlowPlan| {
        site.plan.monitors.get(flow.monitor.0 as usize).is_some_and(|monitor| monitor.name == facts.plan.name)
    };
    site.plan.flows.iter().filter(of).collect()
}

fn used(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    if facts.all_words.is_empty() {
        return;
    }
    section(html, "words", "Terms and queries it uses", |html| {
        html.inside("ul", &[], |html| {
            for at in &facts.all_words {
                let Some(named) = site.names.all.get(*at) else { continue };
                html.inside("li", &[], |html| {
                    link(html, named);
                    html.text(&format!(
                        " ({}{})",
                        named.kind.name(),
                        if facts.words.contains(at) { "" } else { ", by another one" }
                    ));
                    if let Some(doc) = site.doc(named) {
                        html.text(&format!(": {}", first_line(doc)));
                    }
                });
            }
        });
    });
}

/// Measures as they are written, beside what they mean.
fn figures(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let clauses = site.names.clauses(facts.named);
    let written = |name: &str| {
        clauses.iter().find_map(|(file, clause)| match &clause.kind {
            ClauseKind::Measure { name: own, expr } if own.text == name => Some(site.text(*file, expr.span).trim_end()),
            _ => None,
        })
    };
    let measures = &facts.plan.measures;
    if measures.is_empty() && facts.plan.alert.is_none() {
        return;
    }
    let said = describe::monitor(site.plan, facts.plan);
    let in_words = |name: &str| {
        let head = format!("`{name}` is ");
        said.lines().find_map(|line| line.strip_prefix(head.as_str())).unwrap_or("").to_owned()
    };
    section(html, "figures", "Measures, alert, severity", |html| {
        table(html, &["Name", "Written", "In words"], |html| {
            for measure in measures {
                let text = in_words(&measure.name);
                figure(html, &format!("`{}`", measure.name), written(&measure.name).unwrap_or(""), &text);
            }
            let Some(alert) = &facts.plan.alert else { return };
            let value = |expr| describe::value(facts.plan, expr);
            figure(html, "opens when", &value(&alert.when), &held(alert.hold_micros));
            if let Some(clear) = &alert.clear {
                figure(html, "is over when", &value(clear), &held(alert.clear_hold_micros));
            }
            for row in &facts.plan.severity {
                let when = row.when.as_ref().map_or("otherwise".to_owned(), value);
                figure(html, row.level.name(), &when, "");
            }
        });
    });
}

fn held(micros: i64) -> String {
    if micros > 0 { format!("for {} without a break", length(micros)) } else { String::new() }
}

fn figure(html: &mut Html, name: &str, written: &str, words: &str) {
    html.inside("tr", &[], |html| {
        html.inside("td", &[("class", "name")], |html| html.prose(name));
        cell(html, "Written", |html| html.element("code", &[], written));
        html.inside("td", &[], |html| html.prose(words));
    });
}

fn examples(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    section(html, "examples", "Examples", |html| {
        let all = &facts.plan.examples;
        if all.is_empty() {
            return html.element("p", &[], "None: nobody has said which posts it is to take and to leave.");
        }
        table(html, &["Post", "Promised", "Verdict"], |html| {
            // What it takes first.
            let (taken, left): (Vec<&ExamplePlan>, Vec<&ExamplePlan>) = all.iter().partition(|one| one.expected);
            for example in taken.into_iter().chain(left) {
                let promised = if example.expected { "yes" } else { "no" };
                html.inside("tr", &[], |html| {
                    html.inside("td", &[("data-column", "Post"), ("dir", "auto"), ("class", "quoted")], |html| {
                        html.text(&example.text);
                    });
                    cell(html, "Promised", |html| {
                        html.element("span", &[("class", &format!("chip {promised}"))], promised);
                    });
                    cell(html, "Verdict", |html| html.text(verdict(site, facts, &example.text)));
                });
            }
        });
    });
}

/// What the match makes of a post of which only the text is told.
fn verdict(site: &Site<'_>, facts: &Facts<'_>, text: &str) -> &'static str {
    let query = site.plan.queries.get(facts.plan.query.0 as usize);
    let (Some(query), Some(batch)) = (query, posts(std::iter::once(text))) else { return "not judged" };
    match decided(&site.plan.terms, &query.cond, &PostTexts::read(&batch, 0)) {
        Truth::True => "taken",
        Truth::False => "left",
        Truth::Unknown => "its words fit; what the post tells beside them decides",
    }
}

fn tests(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    section(html, "tests", "Tests", |html| {
        if facts.tests.is_empty() {
            return html.element("p", &[], "None: no recorded day says what it has to make of it.");
        }
        for test in &facts.tests {
            one_test(html, site, facts, test);
        }
        html.inside("p", &[("class", "small")], |html| html.prose("`mon test` runs them."));
    });
}

fn one_test(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>, test: &TestPlan) {
    html.element("h3", &[], &test.title);
    let of = site.plan.monitors.get(test.monitor.0 as usize).map_or("", |monitor| monitor.name.as_str());
    if of != facts.plan.name
        && let Some((_, named)) = site.names.get(Kind::Monitor, of)
    {
        html.inside("p", &[("class", "small")], |html| {
            html.text("A test of ");
            link(html, named);
            html.text(".");
        });
    }
    html.inside("ul", &[("class", "steps")], |html| {
        for (place, _) in &test.steps {
            html.inside("li", &[], |html| html.element("code", &[], site.text(place.file, place.span).trim_end()));
        }
    });
}

fn found(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    section(html, "findings", "Findings", |html| {
        let own = site.names.get(Kind::Monitor, &facts.plan.name).map(|(at, _)| at);
        let of_own = own.map_or(&[][..], |at| site.findings(Some(at)));
        let playbook = playbook_of(site, facts).map(|(at, _)| at);
        let behind: BTreeSet<usize> = facts.all_words.iter().copied().chain(playbook).collect();
        let behind: Vec<usize> = behind.into_iter().filter(|at| !site.findings(Some(*at)).is_empty()).collect();
        if of_own.is_empty() && behind.is_empty() {
            return html.element("p", &[], "None: the checker and its lints have nothing to say.");
        }
        if !of_own.is_empty() {
            findings(html, site, of_own);
        }
        for at in behind {
            let Some(named) = site.names.all.get(at) else { continue };
            html.inside("h3", &[], |html| {
                html.text("In ");
                link(html, named);
            });
            findings(html, site, site.findings(Some(at)));
        }
    });
}
