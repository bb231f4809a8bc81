use expect_test::expect;
use mon_compiler::plan::{
    AggregatePlan, AlertPlan, MeasureKind, MeasurePlan, MonitorPlan, Place, QueryId, Severity, SeverityPlan, ShowPlan,
    ValueExpr,
};

use super::*;

const MINUTE: i64 = 60_000_000;

/// Fires at 10 posts, clears under 5, critical from 100, high from 50.
fn monitor(hold: i64, clear: bool, clear_hold: i64) -> MonitorPlan {
    let count = AggregatePlan { function: "count".into(), distinct: false, args: vec![], filter: None };
    let truth = || ValueExpr::Truth(true);
    MonitorPlan {
        name: "outage".into(),
        doc: None,
        owner: None,
        place: Place::default(),
        query: QueryId(0),
        window: None,
        steps: Vec::new(),
        by: vec![mon_post::find("country").unwrap()],
        measures: vec![MeasurePlan {
            name: "volume".into(),
            place: Place::default(),
            kind: MeasureKind::Aggregate(count),
        }],
        alert: Some(AlertPlan {
            place: Place::default(),
            when: truth(),
            hold_micros: hold,
            clear: clear.then(truth),
            clear_hold_micros: clear_hold,
            warmup_micros: 0,
            cooldown_micros: 0,
        }),
        severity: vec![
            SeverityPlan { place: Place::default(), level: Severity::Critical, when: Some(truth()) },
            SeverityPlan { place: Place::default(), level: Severity::High, when: Some(truth()) },
            SeverityPlan { place: Place::default(), level: Severity::Medium, when: None },
        ],
        show: ShowPlan { count: 0, by: None },
        under_load: Vec::new(),
        show_values: vec![],
        playbook: None,
        examples: vec![],
    }
}

fn judge(question: Question, values: &[Option<f64>]) -> Option<bool> {
    let volume = values.first().copied().flatten()?;
    Some(match question {
        Question::When => volume >= 10.0,
        Question::Clear => volume < 5.0,
        Question::Severity(0) => volume >= 100.0,
        Question::Severity(_) => volume >= 50.0,
    })
}

/// Runs one window a minute with these volumes (None: the measure is absent) and tells what happened when.
fn run(plan: &MonitorPlan, volumes: &[Option<f64>]) -> String {
    let mut track = None;
    let mut told = String::new();
    for (minute, volume) in (1i64..).zip(volumes) {
        let window = Evaluation {
            monitor: 0,
            key: vec![Some("DE".into())],
            window_start: (minute - 1) * MINUTE,
            window_end: minute * MINUTE,
            values: vec![*volume],
            evidence: vec![],
            shown: vec![],
        };
        let bytes = serde_json::to_vec(&track).unwrap();
        let outcome = step(plan, &judge, serde_json::from_slice(&bytes).unwrap(), &window);
        for transition in &outcome.transitions {
            let kind = match transition.kind {
                TransitionKind::Opened => "opened".to_owned(),
                TransitionKind::SeverityChanged { from } => format!("from {}", from.name()),
                TransitionKind::Cleared => "cleared".to_owned(),
            };
            told += &format!("{minute} #{} {kind} {}\n", transition.number, transition.severity.name());
        }
        track = outcome.track;
    }
    told + match track {
        None => "quiet",
        Some(Track::Pending { .. }) => "pending",
        Some(Track::Firing { .. }) => "firing",
        Some(Track::Clearing { .. }) => "clearing",
        Some(Track::Cooling { .. }) => "cooling",
    }
}

fn volumes(list: &[f64]) -> Vec<Option<f64>> {
    list.iter().copied().map(Some).collect()
}

#[test]
fn opens_at_once_changes_severity_both_ways_and_clears() {
    let told = run(&monitor(0, true, 0), &volumes(&[3.0, 12.0, 60.0, 120.0, 7.0, 4.0, 4.0]));
    expect![[r#"
        2 #0 opened medium
        3 #1 from medium high
        4 #2 from high critical
        5 #3 from critical medium
        6 #4 cleared medium
        quiet"#]]
    .assert_eq(&told);
}

#[test]
fn waits_for_hold_and_a_gap_starts_it_anew() {
    let plan = monitor(2 * MINUTE, true, 0);
    expect!["pending"].assert_eq(&run(&plan, &volumes(&[12.0, 12.0])));
    expect![[r#"
        3 #0 opened medium
        firing"#]]
    .assert_eq(&run(&plan, &volumes(&[12.0, 12.0, 12.0])));
    expect!["pending"].assert_eq(&run(&plan, &volumes(&[12.0, 12.0, 9.0, 12.0, 12.0])));
}

#[test]
fn after_an_incident_none_opens_before_the_cooldown_is_over() {
    let mut plan = monitor(2 * MINUTE, true, 0);
    plan.alert.as_mut().unwrap().cooldown_micros = 4 * MINUTE;
    // Cleared at 4: none before 8, and what holds since 6 has been held for long enough by then.
    expect![[r#"
        3 #0 opened medium
        4 #1 cleared medium
        8 #0 opened medium
        firing"#]]
    .assert_eq(&run(&plan, &volumes(&[12.0, 12.0, 12.0, 1.0, 12.0, 12.0, 12.0, 12.0])));
    expect![[r#"
        3 #0 opened medium
        4 #1 cleared medium
        cooling"#]]
    .assert_eq(&run(&plan, &volumes(&[12.0, 12.0, 12.0, 1.0, 12.0, 1.0])));
    expect![[r#"
        3 #0 opened medium
        4 #1 cleared medium
        quiet"#]]
    .assert_eq(&run(&plan, &volumes(&[12.0, 12.0, 12.0, 1.0, 1.0, 1.0, 1.0, 1.0])));
}

#[test]
fn clears_only_after_clear_hold_and_a_relapse_starts_it_anew() {
    let plan = monitor(0, true, 2 * MINUTE);
    expect![[r#"
        1 #0 opened medium
        6 #1 cleared medium
        quiet"#]]
    .assert_eq(&run(&plan, &volumes(&[12.0, 1.0, 20.0, 1.0, 1.0, 1.0])));
}

#[test]
fn without_a_clear_clause_not_true_clears_and_unknown_is_not_true() {
    let plan = monitor(0, false, 0);
    expect![[r#"
        1 #0 opened medium
        2 #1 cleared medium
        quiet"#]]
    .assert_eq(&run(&plan, &[Some(12.0), None]));
    expect!["quiet"].assert_eq(&run(&plan, &[None, None]));
}

#[test]
fn unknown_does_not_clear_where_a_clear_clause_stands() {
    expect![[r#"
        1 #0 opened medium
        firing"#]]
    .assert_eq(&run(&monitor(0, true, 0), &[Some(12.0), None, None]));
}

#[test]
fn identifiers_depend_on_monitor_key_and_time_alone() {
    let key = [Some("DE".to_owned()), None];
    let id = incident_id("outage", &key, 5);
    assert_eq!(id.0.len(), 32);
    assert_eq!(id, incident_id("outage", &key, 5));
    let others = [
        incident_id("outage", &key, 6),
        incident_id("outages", &key, 5),
        incident_id("outage", &[None, Some("DE".to_owned())], 5),
        incident_id("outage", &[Some("DE".to_owned()), Some(String::new())], 5),
    ];
    assert!(others.iter().all(|other| *other != id));
}

#[test]
fn an_incident_of_a_session_is_about_that_session_alone() {
    let borders = mon_compiler::plan::Borders::Session { gap_micros: MINUTE };
    let window = Some(mon_compiler::plan::WindowPlan { borders, late_micros: 0 });
    let sessions = MonitorPlan { window, ..monitor(0, false, 0) };
    expect![[r#"
        1 #0 opened high
        2 #1 cleared high
        3 #0 opened medium
        4 #1 cleared medium
        quiet"#]]
    .assert_eq(&run(&sessions, &[Some(60.0), Some(0.0), Some(12.0), Some(80.0), None]));
}
