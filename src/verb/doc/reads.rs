//! What a monitor asks of posts: the fields that they must tell, and what looking costs, in plain words.

use std::collections::BTreeMap;

use mon_compiler::analysis::cost::{Cost, cost};
use mon_compiler::plan::{
    AggregateArg, AggregatePlan, CompareOp, Cond, CondKind, FieldOp, FieldTest, MeasureKind, MonitorPlan, Value,
};
use mon_post::{FieldId, Privacy, Zone};

use super::facts::{Facts, Site};
use super::html::Html;
use super::parts::{cell, table};

/// What a monitor reads of posts.
#[derive(Default)]
struct Reads {
    /// By field: why, each reason once.
    fields: BTreeMap<FieldId, Vec<String>>,
    zones: Vec<Zone>,
    /// Platforms, sources and kinds of posts that the match asks for.
    only: Vec<String>,
}

impl Reads {
    fn add(&mut self, field: FieldId, why: &str) {
        let known = self.fields.entry(field).or_default();
        if !known.iter().any(|one| one == why) {
            known.push(why.to_owned());
        }
    }

    fn of(site: &Site<'_>, monitor: &MonitorPlan) -> Self {
        let mut reads = Self::default();
        if let Some(query) = site.plan.queries.get(monitor.query.0 as usize) {
            reads.matched(&query.cond, true);
        }
        monitor.steps.iter().for_each(|step| reads.cond(step, "a step of the pattern asks for it"));
        for field in &monitor.by {
            reads.add(*field, "each of its values is looked at alone");
        }
        for measure in &monitor.measures {
            if let MeasureKind::Aggregate(aggregate) = &measure.kind {
                reads.aggregate(aggregate, &format!("measure `{}` reads it", measure.name));
            }
        }
        if let Some(field) = monitor.show.by {
            reads.add(field, "posts are shown in its order");
        }
        for values in &monitor.show_values {
            if let AggregateArg::Field(field) = values.of {
                reads.add(field, "an alert shows its values");
            }
        }
        reads
    }

    fn aggregate(&mut self, aggregate: &AggregatePlan, why: &str) {
        for arg in &aggregate.args {
            match arg {
                AggregateArg::Field(field) | AggregateArg::Confidence(field) => self.add(*field, why),
                AggregateArg::Truth(cond) => self.cond(cond, why),
                _ => {}
            }
        }
        aggregate.filter.iter().for_each(|filter| self.cond(filter, why));
    }

    /// The match. What stands in its outermost row must be told; the rest may be.
    fn matched(&mut self, cond: &Cond, outermost: bool) {
        match &cond.kind {
            CondKind::And(members) if outermost => members.iter().for_each(|member| self.matched(member, true)),
            CondKind::Named { cond, .. } => self.matched(cond, outermost),
            CondKind::Field(test) if outermost => {
                self.add(test.field, "the match asks for it: a post that does not tell it is not taken");
                self.only.extend(only(test));
            }
            _ => self.cond(cond, "the match asks for it"),
        }
    }

    fn cond(&mut self, cond: &Cond, why: &str) {
        match &cond.kind {
            CondKind::Const(_) => {}
            CondKind::Text { zones, .. } | CondKind::Count { zones, .. } => {
                for zone in zones.iter() {
                    if !self.zones.contains(zone) {
                        self.zones.push(*zone);
                    }
                }
            }
            CondKind::Field(test) => self.add(test.field, why),
            CondKind::Not(inner) => self.cond(inner, why),
            CondKind::And(members) | CondKind::Or(members) | CondKind::AtLeast { members, .. } => {
                members.iter().for_each(|member| self.cond(member, why));
            }
            CondKind::Named { cond, .. } => self.cond(cond, why),
        }
    }
}

/// `platform bluesky or x`, where a test lets nothing else through.
fn only(test: &FieldTest) -> Option<String> {
    let name =
        test.field.get().map(|field| field.name).filter(|name| matches!(*name, "platform" | "source" | "kind"))?;
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Like(glob) => Some(glob.to_string()),
        _ => None,
    };
    let values: Vec<String> = match &test.op {
        FieldOp::Compare(CompareOp::Eq, value) => text(value).into_iter().collect(),
        FieldOp::In(values) => values.iter().filter_map(text).collect(),
        _ => return None,
    };
    Some(format!("{name} {}", values.join(" or ")))
}

pub fn posts(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let reads = Reads::of(site, facts.plan);
    let from = if reads.only.is_empty() {
        "Posts of every source that is connected.".to_owned()
    } else {
        format!("Only posts of {}.", reads.only.join(", "))
    };
    let zones: Vec<String> = reads.zones.iter().map(|zone| format!("`{}`", zone.name())).collect();
    let looked = match zones.as_slice() {
        [] => String::new(),
        zones => format!(" Words are looked for in {}.", zones.join(", ")),
    };
    html.inside("p", &[], |html| html.prose(&(from + &looked)));
    if reads.fields.is_empty() {
        return html.element("p", &[], "It reads no other field.");
    }
    table(html, &["Field", "What it is", "Why it is read"], |html| {
        for (id, why) in &reads.fields {
            let Some(field) = id.get() else { continue };
            html.inside("tr", &[], |html| {
                cell(html, "Field", |html| {
                    html.element("code", &[], field.name);
                    if field.privacy != Privacy::Open {
                        html.text(" ");
                        html.element("span", &[("class", "chip private")], field.privacy.name());
                    }
                });
                cell(html, "What it is", |html| html.text(field.doc));
                cell(html, "Why it is read", |html| html.prose(&why.join("; ")));
            });
        }
    });
}

pub fn costs(html: &mut Html, site: &Site<'_>, facts: &Facts<'_>) {
    let Some(cost) = cost(site.plan, facts.plan.query) else {
        return html.element("p", &[], "Not known: the match passes a limit of the cost model.");
    };
    html.inside("p", &[], |html| {
        html.element("strong", &[], verdict(&cost));
        // The first line of the account says which words call it up.
        html.text(" ");
        html.prose(cost.to_string().lines().next().unwrap_or_default());
    });
    table(html, &["Part of the match", "How it is asked"], |html| {
        for clause in &cost.clauses {
            html.inside("tr", &[], |html| {
                cell(html, "Part of the match", |html| html.prose(&clause.label));
                cell(html, "How it is asked", |html| {
                    html.prose(&clause.reason);
                    if let Some(cheaper) = &clause.cheaper {
                        html.text(". Cheaper: ");
                        html.prose(cheaper);
                    }
                });
            });
        }
    });
    html.element("p", &[("class", "small")], "How often a word is written is a guess by its form; a run measures it.");
}

/// Shares of posts from which on a monitor is called up often.
const OFTEN: f32 = 0.02;

fn verdict(cost: &Cost) -> &'static str {
    match &cost.anchors {
        None => "Dear.",
        Some((_, share)) if *share > OFTEN => "Fair.",
        Some(_) => "Cheap.",
    }
}
