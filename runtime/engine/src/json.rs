//! The lines that a replay writes: one JSON object a line, keys in a fixed order, times as RFC 3339 in UTC with
//! fractions only where there are any, whole numbers without a point.

use mon_alerts::{Evidence, ShownValue, ShownValues, Transition, TransitionKind};
use mon_compiler::plan::{MonitorPlan, Plan, ValuesOrder};
use mon_post::time;
use serde_json::Value;

use crate::output::{Mention, WindowRow};

/// A line of `mentions.jsonl`, without the newline:
/// `{"post":"…","monitor":"…","at":"…","key":{…}}`.
#[must_use]
pub fn mention_line(mention: &Mention, plan: &Plan) -> String {
    let monitor = plan.monitors.get(mention.monitor as usize);
    let mut line = Line::default();
    line.text("post", &mention.post).text("monitor", name(monitor)).time("at", mention.at);
    line.object("key", keys(monitor, &mention.key));
    line.end()
}

/// A line of `windows.jsonl`: `{"monitor":"…","key":{…},"start":"…","end":"…","measures":{…}}`.
#[must_use]
pub fn window_line(row: &WindowRow, plan: &Plan) -> String {
    let monitor = plan.monitors.get(row.monitor as usize);
    let names = monitor.into_iter().flat_map(|monitor| &monitor.measures).map(|measure| measure.name.as_str());
    let mut line = Line::default();
    line.text("monitor", name(monitor)).object("key", keys(monitor, &row.key));
    line.time("start", row.start).time("end", row.end);
    line.object("measures", names.zip(row.values.iter().map(|value| number(*value))));
    line.end()
}

/// A line of `incidents.jsonl`: `{"incident":"…","number":0,"kind":"opened","monitor":"…","key":{…},"at":"…",
/// "opened_at":"…","severity":"…","measures":{…},"evidence":[…]}`; `severity_changed` has `from` behind its kind, and behind
/// the evidence stands `shown` where the monitor shows values: `[{"order":"top","of":"link.domain","values":[{"value":"…","posts":3}]}]`.
#[must_use]
pub fn transition_line(transition: &Transition) -> String {
    let mut line = Line::default();
    line.text("incident", &transition.incident.0).raw("number", &transition.number.to_string());
    match transition.kind {
        TransitionKind::Opened => line.text("kind", "opened"),
        TransitionKind::SeverityChanged { from } => line.text("kind", "severity_changed").text("from", from.name()),
        TransitionKind::Cleared => line.text("kind", "cleared"),
    };
    line.text("monitor", &transition.monitor);
    line.object("key", transition.key.iter().map(|(name, value)| (name.as_str(), told(value.as_deref()))));
    line.time("at", transition.at).time("opened_at", transition.opened_at);
    line.text("severity", transition.severity.name());
    line.object("measures", transition.measures.iter().map(|(name, value)| (name.as_str(), number(*value))));
    let posts: Vec<String> = transition.evidence.iter().map(evidence).collect();
    line.raw("evidence", &format!("[{}]", posts.join(",")));
    if !transition.shown.is_empty() {
        let shown: Vec<String> = transition.shown.iter().map(shown).collect();
        line.raw("shown", &format!("[{}]", shown.join(",")));
    }
    line.end()
}

fn shown(shown: &ShownValues) -> String {
    let value = |one: &ShownValue| {
        let mut line = Line::default();
        line.text("value", &one.value).raw("posts", &one.posts.to_string());
        line.end()
    };
    let values: Vec<String> = shown.values.iter().map(value).collect();
    let mut line = Line::default();
    let order = match shown.order {
        ValuesOrder::Top => "top",
        ValuesOrder::New => "new",
    };
    line.text("order", order).text("of", &shown.of).raw("values", &format!("[{}]", values.join(",")));
    line.end()
}

fn evidence(post: &Evidence) -> String {
    let mut line = Line::default();
    line.text("post", &post.post).raw("url", &told(post.url.as_deref())).text("text", &post.text).time("at", post.at);
    line.raw("rank", &post.rank.map_or_else(|| "null".to_owned(), |rank| rank.to_string()));
    line.end()
}

fn name(monitor: Option<&MonitorPlan>) -> &str {
    monitor.map_or("", |monitor| &monitor.name)
}

fn keys<'a>(
    monitor: Option<&'a MonitorPlan>,
    key: &'a [Option<String>],
) -> impl Iterator<Item = (&'a str, String)> + 'a {
    let names = monitor.into_iter().flat_map(|monitor| &monitor.by);
    let names = names.map(|field| field.get().map_or("", |field| field.name));
    names.zip(key.iter().map(|value| told(value.as_deref())))
}

fn told(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote)
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// Whole numbers up to 2^53 print as such; others as the shortest text that reads back as the same number.
fn number(value: Option<f64>) -> String {
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    match value.filter(|value| value.is_finite()) {
        None => "null".to_owned(),
        Some(value) if value.fract() == 0.0 && value.abs() <= WHOLE_MAX => format!("{:.0}", value + 0.0),
        Some(value) => Value::from(value).to_string(),
    }
}

#[derive(Default)]
struct Line(String);

impl Line {
    fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&quote(key));
        self.0.push(':');
        self.0.push_str(json);
        self
    }

    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.raw(key, &quote(text))
    }

    fn time(&mut self, key: &str, micros: i64) -> &mut Self {
        self.text(key, &time::format(micros))
    }

    fn object<'a>(&mut self, key: &str, entries: impl Iterator<Item = (&'a str, String)>) -> &mut Self {
        let mut inner = Self::default();
        for (name, json) in entries {
            inner.raw(name, &json);
        }
        let json = inner.end();
        self.raw(key, &json)
    }

    fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use mon_alerts::IncidentId;
    use mon_compiler::plan::Severity;

    use super::*;

    #[test]
    fn numbers_are_written_plainly() {
        let all = [Some(12.0), Some(-0.0), Some(0.1), Some(-2.5), Some(1e300), None];
        let told: Vec<_> = all.into_iter().map(number).collect();
        expect!["12 0 0.1 -2.5 1e+300 null"].assert_eq(&told.join(" "));
    }

    #[test]
    fn a_transition_is_one_line_in_a_fixed_order() {
        let post = Evidence { post: "p1".into(), url: None, text: "it \"burns\"\n".into(), at: 1_500_000, rank: None };
        let transition = Transition {
            incident: IncidentId("ab".into()),
            number: 1,
            kind: TransitionKind::SeverityChanged { from: Severity::Medium },
            monitor: "outage".into(),
            key: vec![("country".into(), Some("DE".into())), ("lang".into(), None)],
            at: 60_000_000,
            opened_at: 0,
            severity: Severity::High,
            levels: vec![Severity::Medium, Severity::High],
            measures: vec![("volume".into(), Some(80.0)), ("mood".into(), None)],
            evidence: vec![post],
            shown: vec![],
        };
        expect![[r#"{"incident":"ab","number":1,"kind":"severity_changed","from":"medium","monitor":"outage","key":{"country":"DE","lang":null},"at":"1970-01-01T00:01:00Z","opened_at":"1970-01-01T00:00:00Z","severity":"high","measures":{"volume":80,"mood":null},"evidence":[{"post":"p1","url":null,"text":"it \"burns\"\n","at":"1970-01-01T00:00:01.500Z","rank":null}]}"#]]
        .assert_eq(&transition_line(&transition));
    }
}
