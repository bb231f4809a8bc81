//! A monitor in plain sentences, for `mon debug plan` and for hovering: what it looks for, what it measures, when it
//! raises an alert, and who is told. It reads the plan, so it says what runs, not what was written.

mod term;

use std::fmt::Write;
use std::sync::Arc;

use mon_post::{FieldId, Zone};

use crate::check::{length, times};
use crate::history::{Against, Score};
use crate::plan::{
    AggregateArg, AggregatePlan, AlertPlan, Arithmetic, Borders, CompareOp, Cond, CondKind, Edge, FieldOp, FieldTest,
    FlowPlan, HistoryPlan, MeasureKind, MonitorPlan, Plan, PlaybookPlan, RouteCond, RoutePlan, SESSION_MICROS_MAX,
    SpanExpr, Unit, Value, ValueExpr, WindowPlan,
};

pub use term::term;

/// Members of a list that are told; the others are counted.
const TOLD_MAX: usize = 6;

/// A monitor, a sentence a line.
#[must_use]
pub fn monitor(plan: &Plan, monitor: &MonitorPlan) -> String {
    let mut out = String::new();
    if let Some(query) = plan.queries.get(monitor.query.0 as usize) {
        line(&mut out, format!("`{}` takes posts where {}.", monitor.name, condition(plan, &query.cond)));
    }
    match &monitor.window {
        Some(window) => line(&mut out, window_sentence(plan, window, monitor)),
        None => line(&mut out, "It collects these posts and measures nothing.".to_owned()),
    }
    for measure in &monitor.measures {
        let what = match &measure.kind {
            MeasureKind::Aggregate(aggregate) => self::aggregate(plan, aggregate),
            MeasureKind::Derived(derived) => value(monitor, derived),
            MeasureKind::History(history) => looks_back(monitor, history),
            MeasureKind::QValue(of) => format!(
                "the share of false alarms to expect where all windows of one moment are told whose `{}` is as small as this or smaller",
                name_of(monitor, *of)
            ),
        };
        line(&mut out, format!("`{}` is {what}.", measure.name));
    }
    if let Some(sentence) = ladder_sentence(&monitor.under_load) {
        line(&mut out, sentence);
    }
    if let Some(alert) = &monitor.alert {
        line(&mut out, alert_sentence(monitor, alert));
        line(&mut out, severity_sentence(monitor));
        match monitor.playbook.and_then(|at| plan.playbooks.get(at as usize)) {
            Some(playbook) => line(&mut out, playbook_sentence(playbook)),
            None => line(&mut out, "It follows no playbook: team `default` is told.".to_owned()),
        }
        plan.flows
            .iter()
            .filter(|flow| told_by(plan, flow, monitor))
            .for_each(|flow| line(&mut out, flow_sentence(flow)));
    }
    out
}

fn ladder_sentence(steps: &[u32]) -> Option<String> {
    let (first, more) = steps.split_first()?;
    let more: String = more.iter().map(|step| format!(", then one in {step}")).collect();
    Some(format!(
        "When the run can't keep up, it hears one author in {first}{more}, and its figures are estimates from these."
    ))
}

fn told_by(plan: &Plan, flow: &FlowPlan, monitor: &MonitorPlan) -> bool {
    plan.monitors.get(flow.monitor.0 as usize).is_some_and(|of| of.name == monitor.name)
}

fn flow_sentence(flow: &FlowPlan) -> String {
    let (name, label) = flow.field.get().map_or(("", ""), |field| (field.name, field.privacy.name()));
    let methods = flow.methods.join(", ");
    format!("It tells `{name}`, which is {label}, to team `{}` by {methods}, for {}.", flow.team, flow.purpose)
}

fn line(out: &mut String, sentence: String) {
    out.push_str(&sentence);
    out.push('\n');
}

/// A condition on a post, as the rest of "posts where …".
#[must_use]
pub fn condition(plan: &Plan, cond: &Cond) -> String {
    match &cond.kind {
        CondKind::Const(true) => "anything holds".to_owned(),
        CondKind::Const(false) => "nothing holds".to_owned(),
        CondKind::Text { zones, spans } => {
            format!("{} stands{}", span(plan, spans), place_of(zones))
        }
        CondKind::Count { zones, spans, times } => {
            format!("{} stands at least {times} times{}", span(plan, spans), place_of(zones))
        }
        CondKind::Field(test) => field_test(test),
        CondKind::Not(inner) => format!("not {}", bracketed(plan, inner)),
        CondKind::And(members) => joined(members.iter().map(|member| bracketed(plan, member)), "and"),
        CondKind::Or(members) => joined(members.iter().map(|member| bracketed(plan, member)), "or"),
        CondKind::AtLeast { k, members } => {
            let all = members.iter().map(|member| condition(plan, member));
            format!("at least {k} of these hold: {}", joined(all, "or"))
        }
        CondKind::Named { name, .. } => format!("`{name}` holds"),
    }
}

fn bracketed(plan: &Plan, cond: &Cond) -> String {
    let text = condition(plan, cond);
    match cond.kind {
        CondKind::And(_) | CondKind::Or(_) | CondKind::AtLeast { .. } => format!("({text})"),
        _ => text,
    }
}

/// `a, b and c`; a long row is cut and the rest counted.
fn joined(parts: impl Iterator<Item = String>, word: &str) -> String {
    let mut parts: Vec<String> = parts.collect();
    if parts.len() > TOLD_MAX {
        let more = parts.len() - TOLD_MAX + 1;
        parts.truncate(TOLD_MAX - 1);
        parts.push(format!("{more} more"));
    }
    match parts.pop() {
        None => String::new(),
        Some(only) if parts.is_empty() => only,
        Some(last) => format!("{} {word} {last}", parts.join(", ")),
    }
}

fn place_of(zones: &[Zone]) -> String {
    if *zones == *Zone::DEFAULT { String::new() } else { format!(" in the {}", zone_names(zones)) }
}

fn zone_names(zones: &[Zone]) -> String {
    joined(zones.iter().map(|zone| zone.name().to_owned()), "or")
}

fn span(plan: &Plan, spans: &SpanExpr) -> String {
    match spans {
        SpanExpr::Term(id) => plan.terms.get(id.0 as usize).map_or_else(String::new, |term| term.written.clone()),
        SpanExpr::AnyOf(members) => joined(members.iter().map(|member| span(plan, member)), "or"),
        SpanExpr::Near { gap, left, right } => {
            format!("{} with at most {} to {}", part(plan, left), words(*gap), part(plan, right))
        }
        SpanExpr::Then { gap, left, right } => {
            format!("{} followed after at most {} by {}", part(plan, left), words(*gap), part(plan, right))
        }
        SpanExpr::NearNot { gap, left, right } => {
            format!("{} without {} within {}", part(plan, left), part(plan, right), words(*gap))
        }
        SpanExpr::Inside { left, right } => format!("{} as part of {}", part(plan, left), part(plan, right)),
        SpanExpr::Outside { left, right } => format!("{} but not as part of {}", part(plan, left), part(plan, right)),
        SpanExpr::Same { unit, members } => {
            let unit = match unit {
                Unit::Sentence => "sentence",
                Unit::Line => "line",
                Unit::Paragraph => "paragraph",
            };
            format!("{} in one {unit}", joined(members.iter().map(|member| part(plan, member)), "and"))
        }
        SpanExpr::Edge { edge, inner } => match edge {
            Edge::First(count) => format!("{} within the first {}", part(plan, inner), words(*count)),
            Edge::Start => format!("{} at the beginning", part(plan, inner)),
            Edge::End => format!("{} at the end", part(plan, inner)),
        },
    }
}

fn part(plan: &Plan, spans: &SpanExpr) -> String {
    let text = span(plan, spans);
    if matches!(spans, SpanExpr::Term(_)) { text } else { format!("({text})") }
}

fn words(count: u32) -> String {
    if count == 1 { "1 word".to_owned() } else { format!("{count} words") }
}

fn field_name(id: FieldId) -> &'static str {
    id.get().map_or("", |field| field.name)
}

fn field_test(test: &FieldTest) -> String {
    let name = field_name(test.field);
    let mut text = match &test.op {
        FieldOp::Compare(CompareOp::Eq, value) => format!("`{name}` is {}", constant(value)),
        FieldOp::Compare(CompareOp::Ne, value) => format!("`{name}` is not {}", constant(value)),
        FieldOp::Compare(op, value) => format!("`{name}` {} {}", op.sign(), constant(value)),
        FieldOp::In(values) => format!("`{name}` is {}", joined(values.iter().map(constant), "or")),
        FieldOp::Exists => format!("`{name}` is told"),
        FieldOp::Inside(area) => format!("the post's place lies in {area}"),
        FieldOp::Clock(clock) => format!("`{name}` lies in {clock}"),
        FieldOp::WithinLast { micros } => format!("`{name}` is at most {} ago", length(*micros)),
    };
    if let Some(floor) = test.floor {
        // Writing into a string cannot fail.
        let _ = write!(text, " (by a model that is at least {}% sure)", (floor * 1000.0).round() / 10.0);
    }
    text
}

fn constant(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Like(glob) => glob.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Time(micros) => times::written(*micros),
    }
}

fn window_sentence(plan: &Plan, window: &WindowPlan, monitor: &MonitorPlan) -> String {
    let by = &monitor.by;
    let mut text = match window.borders {
        Borders::Pattern { within_micros, absent_micros } => {
            pattern(plan, &monitor.steps, within_micros, absent_micros)
        }
        Borders::Calendar(calendar) => format!("It looks at them by the {calendar}"),
        Borders::Session { gap_micros } => format!(
            "It looks at each session of them, which ends after a pause of {} or after {}",
            length(gap_micros),
            length(SESSION_MICROS_MAX)
        ),
        Borders::Count { posts: 1 } => "It looks at each of them alone".to_owned(),
        Borders::Count { posts } => format!("It looks at them in runs of {posts} posts"),
        Borders::Steps { size_micros, every_micros } if size_micros == every_micros => {
            format!("It looks at them in stretches of {}", length(size_micros))
        }
        Borders::Steps { size_micros, every_micros } => {
            format!("Every {} it looks at the last {}", length(every_micros), length(size_micros))
        }
    };
    if !by.is_empty() {
        let keys = joined(by.iter().map(|id| format!("`{}`", field_name(*id))), "and");
        let _ = write!(text, ", for each {keys} alone");
    }
    if window.late_micros > 0 {
        let _ = write!(text, ", and waits {} for posts that come late", length(window.late_micros));
    }
    text.push('.');
    text
}

/// `It looks for a post where …, then for one where …, all within 30m, then for 1h without one where …`
fn pattern(plan: &Plan, steps: &[Arc<Cond>], within_micros: i64, absent_micros: Option<i64>) -> String {
    let (row, absent) = match (steps, absent_micros) {
        ([row @ .., last], Some(micros)) => (row, Some((last, micros))),
        (row, _) => (row, None),
    };
    let posts: Vec<String> = row.iter().map(|step| format!("one where {}", condition(plan, step))).collect();
    let mut text = format!("It looks among them for {}", posts.join(", then for "));
    if row.len() > 1 {
        let _ = write!(text, ", all within {}", length(within_micros));
    }
    if let Some((step, micros)) = absent {
        let _ = write!(text, ", then for {} without one where {}", length(micros), condition(plan, step));
    }
    text
}

fn aggregate(plan: &Plan, aggregate: &AggregatePlan) -> String {
    let args: Vec<String> = aggregate
        .args
        .iter()
        .map(|arg| match arg {
            AggregateArg::Field(id) => format!("`{}`", field_name(*id)),
            AggregateArg::Number(number) => number.to_string(),
            AggregateArg::Confidence(id) => format!("the confidence of `{}`", field_name(*id)),
            AggregateArg::Truth(cond) => condition(plan, cond),
            AggregateArg::Story => "story".to_owned(),
            AggregateArg::Tags => "tag".to_owned(),
            AggregateArg::Links => "link".to_owned(),
        })
        .collect();
    let mut text = match (aggregate.function.as_str(), aggregate.distinct, args.is_empty()) {
        ("count", false, true) => "the number of posts".to_owned(),
        ("avg", _, _) => format!("the average of {}", args.join(", ")),
        ("percentile_cont", _, _) => match aggregate.args.as_slice() {
            [_, AggregateArg::Number(fraction)] => {
                let percent = (fraction * 1_000.0).round() / 10.0;
                format!("the value of {} that {percent}% of the posts do not exceed", args.first().map_or("", |a| a))
            }
            _ => format!("a percentile of {}", args.join(", ")),
        },
        ("count", true, _) => format!("the number of different {}", args.join(", ")),
        ("engagement", _, _) => "the number of interactions with the posts, each post as it was last told".to_owned(),
        ("engagement_by_sentiment", _, _) => {
            "the mood of the posts, each weighted by its confidence and by the logarithm of its interactions".to_owned()
        }
        ("reach", _, _) => "the followers of all different authors".to_owned(),
        ("share_of_voice", _, _) => {
            let brand = args.first().map_or("", String::as_str);
            format!(
                "the share of posts where {brand} in those where {}, posts of several in equal parts",
                joined(args.iter().cloned(), "or")
            )
        }
        ("top_count", _, _) => format!("the number of posts with the most frequent {}", args.join(", ")),
        ("top_share", _, _) => format!("the share of the most frequent {} in the posts that tell one", args.join(", ")),
        ("heard_one_in", _, _) => "how many authors each one that was heard stands for".to_owned(),
        ("stories", _, _) => "the number of different stories".to_owned(),
        ("coordinated", _, _) => coordinated(aggregate, args.get(2).map_or("", String::as_str)),
        ("new_values", _, _) => new_values(aggregate, args.get(1).map_or("", String::as_str)),
        (function, _, _) => format!("{function} of {}", args.join(", ")),
    };
    if let Some(filter) = &aggregate.filter {
        let _ = write!(text, " where {}", condition(plan, filter));
    }
    text
}

fn figures(aggregate: &AggregatePlan) -> Vec<f64> {
    let figure = |arg: &AggregateArg| if let AggregateArg::Number(number) = arg { Some(*number) } else { None };
    aggregate.args.iter().filter_map(figure).collect()
}

fn new_values(aggregate: &AggregatePlan, value: &str) -> String {
    let figures = figures(aggregate);
    let [over, posts, authors] = figures.as_slice() else { return String::new() };
    #[expect(clippy::cast_possible_truncation, reason = "a rule gives it in whole microseconds")]
    let over = length(*over as i64);
    format!(
        "the number of values of {value} in {posts} or more posts of {authors} or more authors that no window of the last {over} had"
    )
}

fn coordinated(aggregate: &AggregatePlan, value: &str) -> String {
    let figures = figures(aggregate);
    let [within, shared, accounts] = figures.as_slice() else { return String::new() };
    #[expect(clippy::cast_possible_truncation, reason = "a rule gives it in whole microseconds")]
    let within = length(*within as i64);
    format!(
        "the number of authors in groups of {accounts} or more who shared the same {value} within {within} of each other, {shared} or more \
         different ones a pair"
    )
}

/// A measure that looks back, as the rest of "`usual` is …".
fn looks_back(monitor: &MonitorPlan, history: &HistoryPlan) -> String {
    let of = name_of(monitor, history.of);
    let windows = match history.against {
        Against::Previous => "the window before".to_owned(),
        Against::HourOfWeek { over_micros, zone } => {
            format!("windows of the same hour of the week in {zone}, over the last {}", length(over_micros))
        }
        Against::HourOfDay { over_micros, zone } => {
            format!("windows of the same hour of the day in {zone}, over the last {}", length(over_micros))
        }
        Against::AnyHour { over_micros } => format!("the windows of the last {}", length(over_micros)),
        Against::Ewma { half_life_micros } => {
            format!("earlier windows, each half as heavy as one that is {} younger", length(half_life_micros))
        }
    };
    let windows = match &history.without {
        Some(days) => format!("{windows}, without `{}`", days.name),
        None => windows,
    };
    match history.score {
        Score::Baseline => match history.against {
            Against::Previous => format!("`{of}` of {windows}"),
            Against::Ewma { .. } => format!("the mean of `{of}` in {windows}"),
            _ => format!("the median of `{of}` in {windows}"),
        },
        Score::Change => format!("by which part `{of}` is above what is usual in {windows}"),
        Score::Z => format!("by how many standard deviations `{of}` is above the mean of {windows}"),
        Score::RobustZ => format!("by how many scaled deviations `{of}` is above the median of {windows}"),
        Score::Poisson => format!("how probable so high a `{of}` is by chance, given {windows}"),
        Score::NegativeBinomial => format!("how probable so high a `{of}` is given {windows} and how much they vary"),
        Score::Flatline => format!("how probable so low a `{of}` is by chance, given {windows}"),
        Score::EwmaChart { weight } => {
            format!(
                "how far `{of}`, smoothed with weight {weight}, has drifted above {windows}, in standard deviations"
            )
        }
        Score::Cusum { slack } => {
            format!("what `{of}` has summed up to above {windows}, in deviations beyond {slack} each")
        }
        Score::Burst { among, scale } => {
            let part = among.map_or_else(String::new, |among| format!(" as a part of `{}`", name_of(monitor, among)));
            format!("by how many levels `{of}`{part} is in a burst, each {scale} times the one below, given {windows}")
        }
        Score::SeasonalEsd => {
            format!(
                "how far out `{of}` lies without what is usual in its hour, as a part of how far it may lie, given {windows}"
            )
        }
    }
}

fn name_of(monitor: &MonitorPlan, measure: u32) -> &str {
    monitor.measures.get(measure as usize).map_or("", |measure| measure.name.as_str())
}

fn alert_sentence(monitor: &MonitorPlan, alert: &AlertPlan) -> String {
    let mut text = format!("An incident opens when {}", value(monitor, &alert.when));
    let borders = monitor.window.map(|window| window.borders);
    if let Some(micros) = borders.and_then(Borders::incident_micros) {
        let _ = match borders {
            Some(Borders::Pattern { .. }) => {
                write!(text, " over a whole pattern, and is cleared {} after the last such one.", length(micros))
            }
            _ => write!(text, " at the end of a session, and is cleared {} later.", length(micros)),
        };
        return text;
    }
    if alert.hold_micros > 0 {
        let _ = write!(text, " has held for {}", length(alert.hold_micros));
    }
    match &alert.clear {
        Some(clear) => {
            let _ = write!(text, ", and is cleared when {}", value(monitor, clear));
        }
        None => text.push_str(", and is cleared when that holds no longer"),
    }
    if alert.clear_hold_micros > 0 {
        let _ = write!(text, " for {}", length(alert.clear_hold_micros));
    }
    text.push('.');
    if alert.warmup_micros > 0 {
        let _ = write!(text, " None opens before the monitor has run for {}.", length(alert.warmup_micros));
    }
    if alert.cooldown_micros > 0 {
        let _ = write!(text, " For {} after one has cleared, no other opens.", length(alert.cooldown_micros));
    }
    text
}

fn severity_sentence(monitor: &MonitorPlan) -> String {
    let rows = monitor.severity.iter().map(|row| match &row.when {
        Some(when) => format!("{} when {}", row.level.name(), value(monitor, when)),
        None => format!("{} otherwise", row.level.name()),
    });
    let rows: Vec<String> = rows.collect();
    match rows.as_slice() {
        [one] => format!("Its severity is {}.", one.trim_end_matches(" otherwise")),
        rows => format!("Its severity is {}.", rows.join(", ")),
    }
}

/// A number or truth over the measures of a monitor, as it would be written.
#[must_use]
pub fn value(monitor: &MonitorPlan, expr: &ValueExpr) -> String {
    let row = |parts: &[ValueExpr], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| inner(monitor, part)).collect();
        parts.join(&format!(" {word} "))
    };
    match expr {
        ValueExpr::Number(number) => number.to_string(),
        ValueExpr::Measure(at) => monitor.measures.get(*at as usize).map_or_else(String::new, |m| m.name.clone()),
        ValueExpr::Negate(part) => format!("-{}", inner(monitor, part)),
        ValueExpr::Arithmetic(op, left, right) => {
            let op = match op {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
            };
            format!("{} {op} {}", inner(monitor, left), inner(monitor, right))
        }
        ValueExpr::Compare(op, left, right) => {
            format!("{} {} {}", inner(monitor, left), op.sign(), inner(monitor, right))
        }
        ValueExpr::Not(part) => format!("not {}", inner(monitor, part)),
        ValueExpr::And(parts) => row(parts, "and"),
        ValueExpr::Or(parts) => row(parts, "or"),
        ValueExpr::Truth(truth) => truth.to_string(),
    }
}

fn inner(monitor: &MonitorPlan, expr: &ValueExpr) -> String {
    let text = value(monitor, expr);
    match expr {
        ValueExpr::Arithmetic(..) | ValueExpr::And(_) | ValueExpr::Or(_) => format!("({text})"),
        _ => text,
    }
}

fn playbook_sentence(playbook: &PlaybookPlan) -> String {
    let mut rows: Vec<String> = playbook.first.iter().map(route).collect();
    rows.extend(playbook.also.iter().map(|row| format!("also {}", route(row))));
    let methods = playbook.notify.iter().map(|row| {
        let after = if row.after_micros > 0 { format!(" after {}", length(row.after_micros)) } else { String::new() };
        format!("{} by {}{after}", row.level.name(), joined(row.methods.iter().cloned(), "and"))
    });
    let methods: Vec<String> = methods.collect();
    format!("Playbook `{}` tells {}; {}.", playbook.name, rows.join(", "), methods.join(", "))
}

fn route(row: &RoutePlan) -> String {
    match &row.when {
        Some(when) => format!("team {} when {}", row.team, route_condition(when)),
        None => format!("team {} otherwise", row.team),
    }
}

/// The condition of a route, as the rest of "team legal when …".
#[must_use]
pub fn route_condition(cond: &RouteCond) -> String {
    let row = |parts: &[RouteCond], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", route_condition(part))).collect();
        parts.join(&format!(" {word} "))
    };
    match cond {
        RouteCond::Severity(CompareOp::Eq, level) => format!("severity is {}", level.name()),
        RouteCond::Severity(op, level) => format!("severity {} {}", op.sign(), level.name()),
        RouteCond::Key { field, any_of } => {
            format!("`{}` is {}", field_name(*field), joined(any_of.iter().cloned(), "or"))
        }
        RouteCond::Monitor { any_of } => format!("the monitor is {}", joined(any_of.iter().cloned(), "or")),
        RouteCond::Not(part) => format!("not ({})", route_condition(part)),
        RouteCond::And(parts) => row(parts, "and"),
        RouteCond::Or(parts) => row(parts, "or"),
    }
}
