use mon_compiler::plan::{NotifyPlan, RoutePlan, Severity};

use super::*;

fn plan(teams: &[&str], methods: &[&str]) -> Plan {
    let row = |team: &&str| RoutePlan { place: Place::default(), when: None, team: (*team).to_owned() };
    let methods = methods.iter().map(|&method| method.to_owned()).collect();
    let notify = NotifyPlan { place: Place::default(), level: Severity::High, methods, after_micros: 0 };
    let playbook = PlaybookPlan {
        name: "crisis".to_owned(),
        place: Place::default(),
        first: teams.iter().map(row).collect(),
        also: Vec::new(),
        notify: vec![notify],
    };
    Plan { playbooks: vec![playbook], ..Plan::default() }
}

const DEPLOYMENT: &str = r##"
[team.care]
slack = "#care"
[team.legal]
[method.slack]
kind = "slack"
token = "env:MON_TEST_VARIABLE_THAT_NOBODY_SETS"
[method.terminal]
kind = "terminal"
"##;

fn config() -> DeliveryConfig {
    DeliveryConfig::from_toml(DEPLOYMENT).unwrap()
}

fn target(team: &str, method: &str) -> Target {
    Target { team: team.to_owned(), method: method.to_owned() }
}

#[test]
fn names_that_the_deployment_does_not_bind_are_errors_with_a_fix() {
    let problems = Bindings::resolve(&config(), &plan(&["caer", "Care", "legl"], &["slack", "sms"])).unwrap_err();
    let texts: Vec<String> = problems.iter().map(|p| format!("{:?} {}: {}", p.kind, p.name, p.help)).collect();
    expect_test::expect![[r#"
        [
            "UnboundTeam caer: add `[team.caer]` to `mon.toml`",
            "UnboundTeam Care: did you mean `care`? Else add `[team.Care]` to `mon.toml`",
            "UnboundTeam legl: did you mean `legal`? Else add `[team.legl]` to `mon.toml`",
            "UnboundMethod sms: add `[method.sms]` to `mon.toml`",
            "UnusedTeam care: remove it, or route to it in a playbook",
            "UnusedTeam legal: remove it, or route to it in a playbook",
            "UnusedMethod terminal: remove it, or use it in a playbook's `notify`",
        ]
    "#]]
    .assert_debug_eq(&texts);
}

#[test]
fn a_team_needs_the_address_that_its_method_sends_to() {
    let problems = Bindings::resolve(&config(), &plan(&["care", "legal"], &["slack", "terminal"])).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].kind, problems[0].name.as_str()), (ProblemKind::NoAddress, "legal"));
    assert!(problems[0].help.contains("slack = \"#channel\""));
}

#[test]
fn names_that_no_rule_uses_are_only_worth_knowing() {
    let bindings = Bindings::resolve(&config(), &plan(&["care"], &["terminal"])).unwrap();
    let kinds: Vec<ProblemKind> = bindings.warnings.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::UnusedTeam, ProblemKind::UnusedMethod]);
    assert!(kinds.iter().all(|kind| !kind.is_error()));
}

#[test]
fn a_secret_that_is_not_there_is_found_when_the_channels_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let bindings = Bindings::resolve(&config(), &plan(&["care"], &["slack"])).unwrap();
    let error = bindings.open(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::Secret(SecretError::NotSet { .. })), "{error}");
}

#[tokio::test]
async fn without_a_deployment_everything_goes_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let bindings = Bindings::resolve(&DeliveryConfig::default(), &plan(&["care"], &["sms"])).unwrap();
    let channels = bindings.open(folder.path()).unwrap();
    let delivery = crate::dispatch::tests::delivery("incident.opened", Severity::Low);
    let channel = channels.get(&target("care", "sms")).unwrap();
    assert_eq!(channel.send(&delivery).await, Outcome::Sent { remote: None });
    assert_eq!(std::fs::read_to_string(folder.path().join(EVERYTHING)).unwrap().lines().count(), 1);
}

#[test]
fn two_teams_with_one_file_share_its_writer_and_unknown_targets_have_no_channel() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[team.a]\n[team.b]\n[method.log]\nkind = \"jsonl\"\npath = \"log/all.jsonl\"\n";
    let config = DeliveryConfig::from_toml(text).unwrap();
    let channels = Bindings::resolve(&config, &plan(&["a", "b"], &["log"])).unwrap().open(folder.path()).unwrap();
    let (a, b) = (channels.get(&target("a", "log")).unwrap(), channels.get(&target("b", "log")).unwrap());
    assert!(std::ptr::addr_eq(Arc::as_ptr(&a), Arc::as_ptr(&b)));
    assert!(channels.get(&target("a", "sms")).is_none());
    assert!(channels.get(&target(DEFAULT_TEAM, DEFAULT_METHOD)).is_some());
}
