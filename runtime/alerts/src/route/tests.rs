use mon_compiler::plan::{CompareOp, NotifyPlan, QueryId, RouteCond, ShowPlan};
use proptest::prelude::*;

use super::*;

fn row(file: u32, when: Option<RouteCond>, team: &str) -> RoutePlan {
    RoutePlan { place: Place { file, ..Place::default() }, when, team: team.to_owned() }
}

fn notify(level: Severity, methods: &[&str], after_micros: i64) -> NotifyPlan {
    let methods = methods.iter().map(|&m| m.to_owned()).collect();
    NotifyPlan { place: Place::default(), level, methods, after_micros }
}

fn key(field: &str, any_of: &[&str]) -> RouteCond {
    let field = mon_post::find(field).unwrap();
    RouteCond::Key { field, any_of: any_of.iter().map(|&v| v.to_owned()).collect() }
}

fn at_least(level: Severity) -> RouteCond {
    RouteCond::Severity(CompareOp::Ge, level)
}

fn monitor(playbook: Option<u32>) -> MonitorPlan {
    MonitorPlan {
        name: "acme_outage".to_owned(),
        doc: None,
        owner: None,
        place: Place::default(),
        query: QueryId(0),
        window: None,
        steps: Vec::new(),
        by: Vec::new(),
        measures: Vec::new(),
        alert: None,
        severity: Vec::new(),
        show: ShowPlan { count: 3, by: None },
        show_values: vec![],
        playbook,
        under_load: Vec::new(),
        examples: Vec::new(),
    }
}

/// The playbook of the language's page, without what is not executed yet.
fn plan() -> Plan {
    let playbook = PlaybookPlan {
        name: "crisis".to_owned(),
        place: Place::default(),
        first: vec![
            row(1, Some(key("country", &["DE", "AT", "CH"])), "care_dach"),
            row(2, Some(key("lang", &["ja"])), "care_tokyo"),
            row(3, None, "care"),
        ],
        also: vec![
            row(4, Some(at_least(Severity::High)), "legal"),
            row(5, Some(at_least(Severity::Critical)), "care"),
            row(6, Some(RouteCond::Monitor { any_of: vec!["acme_outage".to_owned()] }), "owners"),
        ],
        notify: vec![
            notify(Severity::Critical, &["sms", "slack", "email"], 0),
            notify(Severity::High, &["slack", "email"], 0),
            notify(Severity::Medium, &["slack"], 120_000_000),
            notify(Severity::Medium, &["log", "slack"], 60_000_000),
        ],
    };
    Plan { monitors: vec![monitor(Some(0))], playbooks: vec![playbook], ..Plan::default() }
}

fn transition(kind: TransitionKind, severity: Severity, country: Option<&str>) -> Transition {
    Transition {
        incident: IncidentId("00ff".to_owned()),
        number: 0,
        kind,
        monitor: "acme_outage".to_owned(),
        key: vec![("country".to_owned(), country.map(str::to_owned))],
        at: 1_000_000_000,
        opened_at: 1_000_000_000,
        severity,
        levels: vec![severity],
        measures: Vec::new(),
        evidence: Vec::new(),
        shown: Vec::new(),
    }
}

fn teams(routed: &Routed) -> Vec<(&str, u32)> {
    routed.teams.iter().map(|t| (t.team.as_str(), t.place.map_or(0, |p| p.file))).collect()
}

fn told(routed: &Routed) -> Vec<(&str, &str)> {
    routed.messages.iter().map(|m| (m.team.as_str(), m.method.as_str())).collect()
}

#[test]
fn first_stops_at_the_first_true_row_and_also_adds_every_true_one() {
    let routed = route(&plan(), &transition(TransitionKind::Opened, Severity::High, Some("DE")));
    assert_eq!(teams(&routed), [("care_dach", 1), ("legal", 4), ("owners", 6)]);
    let routed = route(&plan(), &transition(TransitionKind::Opened, Severity::Critical, Some("FR")));
    assert_eq!(teams(&routed), [("care", 3), ("legal", 4), ("owners", 6)], "care is there once, by its first row");
}

#[test]
fn a_country_is_compared_without_regard_to_case() {
    let routed = route(&plan(), &transition(TransitionKind::Opened, Severity::Low, Some("at")));
    assert_eq!(teams(&routed), [("care_dach", 1), ("owners", 6)]);
    assert!(routed.messages.is_empty(), "the playbook tells nobody of a low one");
}

#[test]
fn an_unknown_key_is_neither_true_nor_by_not_true() {
    let mut plan = plan();
    let unknown = RouteCond::Not(Box::new(key("country", &["DE"])));
    plan.playbooks[0].first = vec![
        row(1, Some(unknown.clone()), "abroad"),
        row(2, Some(RouteCond::And(vec![unknown.clone(), at_least(Severity::Low)])), "abroad"),
        row(3, Some(RouteCond::Or(vec![unknown, at_least(Severity::Low)])), "anyone"),
    ];
    plan.playbooks[0].also.clear();
    let without = transition(TransitionKind::Opened, Severity::High, None);
    assert_eq!(teams(&route(&plan, &without)), [("anyone", 3)]);
    let lacking = Transition { key: Vec::new(), ..without };
    assert_eq!(teams(&route(&plan, &lacking)), [("anyone", 3)]);
    let french = transition(TransitionKind::Opened, Severity::High, Some("FR"));
    assert_eq!(teams(&route(&plan, &french)), [("abroad", 1)]);
}

#[test]
fn methods_come_once_with_their_shortest_delay() {
    let routed = route(&plan(), &transition(TransitionKind::Opened, Severity::Medium, Some("DE")));
    let dues: Vec<_> = routed.messages.iter().map(|m| (m.method.as_str(), m.due - m.at)).collect();
    assert_eq!(dues, [("slack", 60_000_000), ("log", 60_000_000), ("slack", 60_000_000), ("log", 60_000_000)]);
}

#[test]
fn who_was_told_at_a_higher_severity_is_told_of_the_fall_and_of_the_end() {
    let fall = Transition {
        levels: vec![Severity::Medium, Severity::Critical],
        ..transition(TransitionKind::SeverityChanged { from: Severity::Critical }, Severity::Medium, Some("DE"))
    };
    let routed = route(&plan(), &fall);
    assert_eq!(teams(&routed), [("care_dach", 1), ("owners", 6), ("legal", 4), ("care", 5)]);
    assert!(routed.messages.iter().all(|m| m.method != "sms"), "a fall rings by the quieter methods");
    let end = Transition { kind: TransitionKind::Cleared, ..fall };
    let routed = route(&plan(), &end);
    assert!(told(&routed).contains(&("legal", "sms")), "the end goes wherever the opening went");
    assert!(routed.messages.iter().all(|m| m.event == "incident.cleared"));
}

#[test]
fn without_a_playbook_the_default_team_is_told() {
    let plan = Plan { monitors: vec![monitor(None)], ..Plan::default() };
    let routed = route(&plan, &transition(TransitionKind::Opened, Severity::Low, None));
    assert_eq!(told(&routed), [(DEFAULT_TEAM, DEFAULT_METHOD)]);
    let mut silent = self::plan();
    silent.playbooks[0].notify.clear();
    let routed = route(&silent, &transition(TransitionKind::Opened, Severity::Low, Some("ES")));
    assert_eq!(told(&routed), [("care", DEFAULT_METHOD), ("owners", DEFAULT_METHOD)]);
}

#[test]
fn ids_tell_every_part_apart() {
    let id = |incident: &str, n, team, method| notification_id(&IncidentId(incident.to_owned()), n, team, method).0;
    let ids = [
        id("a", 1, "b", "c"),
        id("a", 1, "bc", ""),
        id("a1", 1, "b", "c"),
        id("a", 11, "b", "c"),
        id("a", 1, "c", "b"),
    ];
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
    assert!(ids.iter().all(|id| id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit())));
    assert_eq!(ids[0], id("a", 1, "b", "c"));
}

proptest! {
    /// The end of an incident reaches every (team, method) that any earlier step could have told.
    #[test]
    fn nobody_who_was_told_misses_the_end(history in prop::collection::vec(0usize..4, 1..6), country in 0usize..3) {
        let plan = plan();
        let country = [None, Some("DE"), Some("JP")][country];
        let levels: Vec<Severity> = history.iter().map(|&at| Severity::ALL[at]).collect();
        let mut seen: Vec<Severity> = Vec::new();
        let mut told_before: Vec<(String, String)> = Vec::new();
        for (at, &severity) in levels.iter().enumerate() {
            seen.push(severity);
            seen.sort_unstable();
            seen.dedup();
            let kind = match at {
                0 => TransitionKind::Opened,
                _ => TransitionKind::SeverityChanged { from: levels[at - 1] },
            };
            let step = Transition { levels: seen.clone(), ..transition(kind, severity, country) };
            told_before.extend(route(&plan, &step).messages.into_iter().map(|m| (m.team, m.method)));
        }
        let last = *levels.last().unwrap();
        let end = Transition { levels: seen, ..transition(TransitionKind::Cleared, last, country) };
        let at_end: Vec<_> = route(&plan, &end).messages.into_iter().map(|m| (m.team, m.method)).collect();
        for pair in told_before {
            prop_assert!(at_end.contains(&pair), "{pair:?} missed the end");
        }
    }
}
