use expect_test::expect;
use mon_compiler::plan::{Place, QueryId, Severity, ShowPlan};
use proptest::prelude::*;

use super::*;
use crate::{DEFAULT_METHOD, NotificationId, ShownValue};

fn monitor() -> MonitorPlan {
    MonitorPlan {
        name: "acme_outage".to_owned(),
        doc: Some("Phones that fail, as people tell it.".to_owned()),
        owner: None,
        place: Place::default(),
        query: QueryId(0),
        window: None,
        steps: Vec::new(),
        by: Vec::new(),
        measures: Vec::new(),
        alert: None,
        severity: Vec::new(),
        show: ShowPlan { count: 2, by: mon_post::find("author.followers") },
        under_load: Vec::new(),
        show_values: Vec::new(),
        playbook: None,
        examples: Vec::new(),
    }
}

fn evidence(text: &str, url: Option<&str>, rank: Option<i64>) -> Evidence {
    Evidence {
        post: "p".to_owned(),
        url: url.map(str::to_owned),
        text: text.to_owned(),
        at: 1_772_618_520_000_000,
        rank,
    }
}

fn transition(kind: TransitionKind) -> Transition {
    Transition {
        incident: IncidentId("00112233445566778899aabbccddeeff".to_owned()),
        number: 0,
        kind,
        monitor: "acme_outage".to_owned(),
        key: vec![("country".to_owned(), Some("DE".to_owned())), ("lang".to_owned(), None)],
        at: 1_772_618_580_000_000,
        opened_at: 1_772_617_725_000_000,
        severity: Severity::High,
        levels: vec![Severity::High],
        measures: vec![
            ("volume".to_owned(), Some(12_345.0)),
            ("mood".to_owned(), Some(-0.4213)),
            ("usual".to_owned(), None),
        ],
        evidence: vec![
            evidence("My phone\n  won't turn on \u{1b}[31m😡", Some("https://example.org/1"), Some(12_000)),
            evidence("caf\u{202e}é on fire", Some("javascript:alert(1)"), None),
            evidence("not shown", None, None),
        ],
        shown: Vec::new(),
    }
}

#[test]
fn values_stand_with_their_posts_before_the_posts() {
    let value = |value: &str, posts| ShownValue { value: value.to_owned(), posts };
    let list = |of: &str, values| ShownValues { order: ValuesOrder::Top, of: of.to_owned(), values };
    let mut opened = transition(TransitionKind::Opened);
    opened.evidence.clear();
    opened.shown = vec![
        list("link.domain", vec![value("news.example", 1_204), value("a\u{202e}.example", 31)]),
        list("tag", vec![]),
        ShownValues { order: ValuesOrder::New, ..list("lang", vec![value("en", 7)]) },
    ];
    let (_, body) = render(None, &opened);
    expect![[r#"
        Opened 2026-03-04 10:03 UTC, severity high.

        country  DE
        lang     not told
        volume   12,345
        mood     -0.421
        usual    not told

        Most posts by link.domain
        1,204  news.example
           31  a.example

        New values of lang
        7  en

        Incident 00112233445566778899aabbccddeeff, step 0"#]]
    .assert_eq(&body);
}

#[test]
fn an_opening_reads_well() {
    let (title, body) = render(Some(&monitor()), &transition(TransitionKind::Opened));
    expect!["[high] acme_outage · DE, not told"].assert_eq(&title);
    expect![[r#"
        Phones that fail, as people tell it.

        Opened 2026-03-04 10:03 UTC, severity high.

        country  DE
        lang     not told
        volume   12,345
        mood     -0.421
        usual    not told

        Posts
        1. My phone won't turn on [31m😡
           2026-03-04 10:02 UTC · author.followers 12,000 · https://example.org/1
        2. café on fire
           2026-03-04 10:02 UTC

        Incident 00112233445566778899aabbccddeeff, step 0"#]]
    .assert_eq(&body);
}

#[test]
fn a_change_and_an_end_say_what_was_before() {
    let monitor = monitor();
    let changed = transition(TransitionKind::SeverityChanged { from: Severity::Medium });
    let (title, body) = render(Some(&monitor), &changed);
    expect![[r#"
        [high] acme_outage · DE, not told: up from medium
        Changed 2026-03-04 10:03 UTC: severity high, before medium. Opened 2026-03-04 09:48:45 UTC."#]]
    .assert_eq(&format!("{title}\n{}", body.lines().nth(2).unwrap()));
    let (title, _) = render(None, &transition(TransitionKind::SeverityChanged { from: Severity::Critical }));
    expect!["[high] acme_outage · DE, not told: down from critical"].assert_eq(&title);
    let (title, body) = render(None, &transition(TransitionKind::Cleared));
    expect![[r#"
        [high] acme_outage · DE, not told: cleared after 14m 15s
        Cleared 2026-03-04 10:03 UTC after 14m 15s, severity high. Opened 2026-03-04 09:48:45 UTC."#]]
    .assert_eq(&format!("{title}\n{}", body.lines().next().unwrap()));
}

#[test]
fn a_line_has_its_keys_in_a_fixed_order() {
    let message = Message {
        id: NotificationId("ab".to_owned()),
        incident: IncidentId("cd".to_owned()),
        transition: 3,
        event: "incident.opened".to_owned(),
        monitor: "m".to_owned(),
        severity: Severity::Low,
        team: "care".to_owned(),
        method: DEFAULT_METHOD.to_owned(),
        at: 5,
        due: 6,
        title: "t".to_owned(),
        body: "b\nc".to_owned(),
    };
    expect![[r#"{"id":"ab","incident":"cd","transition":3,"event":"incident.opened","monitor":"m","severity":"low","team":"care","method":"default","at":5,"due":6,"title":"t","body":"b\nc"}"#]].assert_eq(&to_line(&message));
    assert_eq!(serde_json::from_str::<Message>(&to_line(&message)).unwrap(), message);
}

#[test]
fn numbers_read_as_people_write_them() {
    let shown: Vec<String> = [0.0, 3.0, -7.0, 999.0, 1234.5, 1e7, 0.333_333, 12.345, 0.000_12, 1e20, f64::INFINITY]
        .into_iter()
        .map(|n| number(Some(n)))
        .collect();
    expect!["0 | 3 | -7 | 999 | 1,235 | 10,000,000 | 0.333 | 12.3 | 1.20e-4 | 1.00e20 | not a number"]
        .assert_eq(&shown.join(" | "));
    assert_eq!([0, 59_000_000, 3_600_000_000, 93_784_000_000].map(length), ["0s", "59s", "1h", "1d 2h"]);
}

#[test]
fn long_text_is_cut_on_a_grapheme_border() {
    let family = "👨‍👩‍👧‍👦";
    let cut = clean(&family.repeat(POST_TEXT_MAX + 5), POST_TEXT_MAX);
    assert_eq!(cut, format!("{}…", family.repeat(POST_TEXT_MAX)));
    let piled = format!("a{}", "\u{301}".repeat(5000));
    assert!(clean(&piled, 10).len() < 20, "marks without end are cut too");
}

proptest! {
    #[test]
    fn cleaned_text_is_one_line_without_steering_signs(text in "\\PC*|[\\x00-\\x20\u{202e}\u{200b}a-c]*", max in 1usize..40) {
        let line = clean(&text, max);
        prop_assert!(line.chars().all(|c| !steers(c)));
        prop_assert!(!line.starts_with(' ') && !line.ends_with(' '));
    }
}
