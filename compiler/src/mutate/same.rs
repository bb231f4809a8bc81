//! Whether two plans mean the same, as far as it is easily known: a mutant that no post can tell from the rule is no
//! mutant. Conditions are written down without places, lists as the rows of tokens that they look for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::plan::{Cond, CondKind, MeasureKind, Plan, SpanExpr, TokenPattern};

/// Whether all monitors take the same posts.
#[must_use]
pub fn same_matches(one: &Plan, other: &Plan) -> bool {
    let all = |plan: &Plan| {
        let query = |at: u32| plan.queries.get(at as usize).map(|query| whole(plan, &query.cond));
        plan.monitors.iter().map(|monitor| query(monitor.query.0)).collect::<Vec<_>>()
    };
    all(one) == all(other)
}

/// Whether all patterns have the same steps, and all measures aggregate the same posts of those that are taken.
#[must_use]
pub fn same_filters(one: &Plan, other: &Plan) -> bool {
    let all = |plan: &Plan| {
        let measures = plan.monitors.iter().flat_map(|monitor| &monitor.measures);
        let filter = |kind: &MeasureKind| match kind {
            MeasureKind::Aggregate(aggregate) => aggregate.conds().map(|cond| whole(plan, cond)).collect(),
            MeasureKind::Derived(_) | MeasureKind::History(_) | MeasureKind::QValue(_) => Vec::new(),
        };
        let steps = plan.monitors.iter().map(|monitor| monitor.steps.iter().map(|cond| whole(plan, cond)).collect());
        steps.chain(measures.map(|measure| filter(&measure.kind))).collect::<Vec<Vec<String>>>()
    };
    all(one) == all(other)
}

fn whole(plan: &Plan, cond: &Cond) -> String {
    let mut out = String::new();
    write(plan, cond, &mut out);
    out
}

/// A form of the condition that is the same for conditions that are easily seen to be.
fn write(plan: &Plan, cond: &Cond, out: &mut String) {
    match &cond.kind {
        CondKind::Text { zones, spans } => {
            let _ = write!(out, "{zones:?}:");
            match rows(plan, spans) {
                Some(rows) => list(&rows, &covers_presence, out),
                None => write_spans(plan, spans, out),
            }
        }
        CondKind::Count { zones, spans, times } => {
            let _ = write!(out, "{times} of {zones:?}:");
            write_spans(plan, spans, out);
        }
        CondKind::Named { cond, .. } => write(plan, cond, out),
        CondKind::Not(inner) => {
            out.push_str("not ");
            write(plan, inner, out);
        }
        CondKind::And(members) => write_members(plan, "and", members, out),
        CondKind::Or(members) => write_choice(plan, members, out),
        CondKind::AtLeast { k, members } => write_members(plan, &format!("at least {k}"), members, out),
        // These hold no places and no numbers of terms, which differ from plan to plan.
        CondKind::Const(_) | CondKind::Field(_) => {
            let _ = write!(out, "{:?}", cond.kind);
        }
    }
}

/// Words of the same zones that any of is enough are one list.
fn write_choice(plan: &Plan, members: &[Cond], out: &mut String) {
    let mut lists: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut others: Vec<String> = Vec::new();
    for member in members {
        match &member.kind {
            CondKind::Text { zones, spans } => match rows(plan, spans) {
                Some(rows) => lists.entry(format!("{zones:?}")).or_default().extend(rows),
                None => others.push(whole(plan, member)),
            },
            _ => others.push(whole(plan, member)),
        }
    }
    for (zones, rows) in &lists {
        let mut one = format!("{zones}:");
        list(rows, &covers_presence, &mut one);
        others.push(one);
    }
    others.sort_unstable();
    others.dedup();
    let _ = write!(out, "or({})", others.join(", "));
}

fn write_members(plan: &Plan, name: &str, members: &[Cond], out: &mut String) {
    let mut written: Vec<String> = members.iter().map(|member| whole(plan, member)).collect();
    written.sort_unstable();
    if !name.starts_with("at least") {
        written.dedup();
    }
    let _ = write!(out, "{name}({})", written.join(", "));
}

type Row = Vec<TokenPattern>;

/// The rows that a term or a list of terms looks for; none where it is more than that.
fn rows(plan: &Plan, spans: &SpanExpr) -> Option<Vec<Row>> {
    match spans {
        SpanExpr::Term(id) => plan.terms.get(id.0 as usize).map(|term| term.alternatives.clone()),
        SpanExpr::AnyOf(members) => {
            let rows: Option<Vec<Vec<Row>>> = members.iter().map(|member| rows(plan, member)).collect();
            Some(rows?.concat())
        }
        _ => None,
    }
}

fn write_spans(plan: &Plan, spans: &SpanExpr, out: &mut String) {
    if let Some(rows) = rows(plan, spans) {
        return list(&rows, &covers_place, out);
    }
    // What joins the parts, and the parts; numbers of terms never, which differ from plan to plan.
    let (name, parts): (String, Vec<&SpanExpr>) = match spans {
        SpanExpr::Term(_) => return,
        SpanExpr::AnyOf(members) => ("any".to_owned(), members.iter().collect()),
        SpanExpr::Near { gap, left, right } => (format!("near/{gap}"), vec![left, right]),
        SpanExpr::Then { gap, left, right } => (format!("then/{gap}"), vec![left, right]),
        SpanExpr::NearNot { gap, .. } => (format!("near/{gap} not"), spans.parts()),
        SpanExpr::Inside { .. } => ("inside".to_owned(), spans.parts()),
        SpanExpr::Outside { .. } => ("outside".to_owned(), spans.parts()),
        SpanExpr::Same { unit, .. } => (format!("{unit:?}"), spans.parts()),
        SpanExpr::Edge { edge, .. } => (format!("{edge:?}"), spans.parts()),
    };
    let mut written: Vec<String> = parts
        .into_iter()
        .map(|part| {
            let mut one = String::new();
            write_spans(plan, part, &mut one);
            one
        })
        .collect();
    if matches!(spans, SpanExpr::AnyOf(_)) {
        written.sort_unstable();
        written.dedup();
    }
    let _ = write!(out, "{name}({})", written.join(", "));
}

/// Rows without those that another one finds anyway.
fn list(rows: &[Row], covers: &dyn Fn(&Row, &Row) -> bool, out: &mut String) {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_unstable_by_key(|row| format!("{row:?}"));
    rows.dedup();
    let needed = rows.iter().filter(|row| !rows.iter().any(|other| other != *row && covers(other, row)));
    let _ = write!(out, "{:?}", needed.collect::<Vec<_>>());
}

/// Whether the first row stands at every place at which the second does.
fn covers_place(row: &Row, other: &Row) -> bool {
    row.len() == other.len() && row.iter().zip(other).all(|(one, other)| covers_token(one, other))
}

/// Whether the first row is in every text in which the second is.
fn covers_presence(row: &Row, other: &Row) -> bool {
    let fits = |part: &[TokenPattern]| row.iter().zip(part).all(|(one, other)| covers_token(one, other));
    !row.is_empty() && other.windows(row.len()).any(fits)
}

/// A prefix covers the words that begin with it. Signs are left alone: links have keys that no prefix finds.
fn covers_token(one: &TokenPattern, other: &TokenPattern) -> bool {
    match (one, other) {
        (TokenPattern::Prefix(prefix), TokenPattern::Key(key) | TokenPattern::Prefix(key)) => {
            key.starts_with(prefix.as_str()) && key.chars().all(char::is_alphanumeric)
        }
        _ => one == other,
    }
}
