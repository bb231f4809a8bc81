use std::collections::BTreeSet;
use std::path::Path;

use mon_alerts::{IncidentId, NotificationId};
use mon_compiler::plan::Severity;
use mon_engine::{Mention, Part, Snapshot};
use mon_post::{PostBatchBuilder, PostRow};
use mon_sources::{JetstreamConfig, Resume, SourceConfig, build, supervise};

use super::figures::{COMMIT_BOUNDS, LATENCY_BOUNDS, families};
use super::*;
use crate::live::account::Account;

const SECOND: i64 = 1_000_000;
const NOW: i64 = 1_796_000_000 * SECOND;

fn plan() -> Arc<Plan> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.mon");
    let monitor = |name: &str| format!("monitor {name} {{\n  match \"acme\"\n}}\n");
    std::fs::write(&path, monitor("burst") + &monitor("calm")).unwrap();
    crate::compiled::plan(&[path]).unwrap().0
}

/// A source that nobody answers.
fn source(stalled_after: Duration) -> SourceWatch {
    let config = JetstreamConfig { hosts: vec!["ws://127.0.0.1:9".to_owned()], ..JetstreamConfig::default() };
    let config = SourceConfig::Jetstream(config);
    let options = config.supervisor_options();
    let supervised = supervise("sky", build("sky", &config).unwrap(), Resume::Live, options);
    SourceWatch::new("sky".to_owned(), supervised.handle, stalled_after)
}

fn posts(times: &[i64]) -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    for (number, at) in times.iter().enumerate() {
        let row = PostRow {
            post_uid: Some(format!("x:{number}").into()),
            created_at: Some(*at),
            received_at: Some(*at),
            ..PostRow::default()
        };
        builder.append(&row).unwrap();
    }
    builder.finish().unwrap()
}

fn message(method: &str, at: i64, due: i64) -> Message {
    Message {
        id: NotificationId("m".to_owned()),
        incident: IncidentId("i".to_owned()),
        transition: 0,
        event: "incident.opened".to_owned(),
        monitor: "burst".to_owned(),
        severity: Severity::High,
        team: "care".to_owned(),
        method: method.to_owned(),
        at,
        due,
        title: String::new(),
        body: String::new(),
    }
}

/// A run on which something has happened.
fn watched(folder: &Path) -> Watch {
    let watch = Watch::default();
    drop(Store::open(folder).unwrap());
    let account = Account { read: 9, matched: 5, unmatched: 3, duplicates: 1, epochs: 2, ..Account::default() };
    let late = [("calm".to_owned(), 4), ("gone".to_owned(), 8)].into();
    let (cut, unremembered) = ([("calm".to_owned(), 3)].into(), [("burst".to_owned(), 6)].into());
    let ledger = Arc::new(Mutex::new(Account { late, cut, unremembered, ..account }));
    let store = Store::open_read_only(folder).unwrap();
    watch.opened(Opened::new(plan(), Some(store), ledger, vec![source(Duration::from_secs(300))]));
    watch.batch(0, &posts(&[NOW - 2 * SECOND, NOW - SECOND / 20, NOW + SECOND]), NOW, Instant::now());
    let mention = |monitor, at| Mention { post: "x".to_owned(), monitor, at, key: Vec::new(), details: None };
    let epoch = Epoch {
        watermark: Some(NOW - 7 * SECOND),
        mentions: vec![mention(0, NOW - SECOND), mention(0, NOW - 90 * SECOND), mention(1, NOW)],
        snapshot: Some(Snapshot { parts: vec![Part::stored("p".to_owned(), vec![0; 30])] }),
        ..Epoch::default()
    };
    watch.waits(7, Instant::now());
    watch.committed(7, &epoch, NOW, Duration::from_millis(4));
    watch.handed_over(&message("hook", NOW - 200 * SECOND, NOW - 3 * SECOND), 1, NOW);
    watch.handed_over(&message("hook", NOW - 200 * SECOND, NOW - 3 * SECOND), 2, NOW + 60 * SECOND);
    let target = Target { team: "care".to_owned(), method: "hook".to_owned() };
    watch.settled(&target, &Settle::Retry { at: 0, error: String::new(), progress: None, unsure: false });
    watch.settled(&target, &Settle::Sent { remote: None });
    watch
}

#[tokio::test]
async fn the_page_has_every_family_once_and_each_number_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let page = figures::page(&watched(folder.path()), NOW);
    let typed: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(typed, families().iter().map(|family| family.name).collect::<Vec<_>>());
    assert_eq!(typed.iter().collect::<BTreeSet<_>>().len(), typed.len());
    for line in [
        "mon_posts_read_total 9",
        "mon_posts_duplicate_total 1",
        "mon_epochs_committed_total 2",
        "mon_posts_late_total{monitor=\"burst\"} 0",
        "mon_posts_late_total{monitor=\"calm\"} 4",
        "mon_sessions_cut_total{monitor=\"burst\"} 0",
        "mon_sessions_cut_total{monitor=\"calm\"} 3",
        "mon_windows_unremembered_total{monitor=\"burst\"} 6",
        "mon_windows_unremembered_total{monitor=\"calm\"} 0",
        "mon_mentions_total{monitor=\"burst\"} 2",
        "mon_mentions_total{monitor=\"calm\"} 1",
        "mon_source_up{source=\"sky\"} 0",
        "mon_source_state{source=\"sky\",state=\"starting\"} 1",
        "mon_source_state{source=\"sky\",state=\"running\"} 0",
        // The youngest post comes from a clock that goes a second before ours.
        "mon_source_lag_seconds{source=\"sky\"} 0",
        "mon_received_latency_seconds_bucket{source=\"sky\",le=\"0.1\"} 2",
        "mon_received_latency_seconds_bucket{source=\"sky\",le=\"1\"} 2",
        "mon_received_latency_seconds_bucket{source=\"sky\",le=\"2.5\"} 3",
        "mon_received_latency_seconds_sum{source=\"sky\"} 2.05",
        "mon_received_latency_seconds_count{source=\"sky\"} 3",
        "mon_committed_latency_seconds_bucket{le=\"60\"} 2",
        "mon_committed_latency_seconds_count 3",
        "mon_commit_duration_seconds_bucket{le=\"0.0025\"} 0",
        "mon_commit_duration_seconds_bucket{le=\"0.005\"} 1",
        "mon_commit_wait_seconds 0",
        "mon_watermark_lag_seconds 7",
        "mon_state_bytes 30",
        "mon_message_attempts_total{method=\"hook\"} 2",
        "mon_messages_sent_total{method=\"hook\"} 1",
        "mon_messages_retried_total{method=\"hook\"} 1",
        "mon_handed_over_latency_seconds_sum{method=\"hook\"} 3",
        "mon_handed_over_latency_seconds_count{method=\"hook\"} 1",
        "mon_outbox_messages{state=\"dead\"} 0",
        "mon_incidents_open{severity=\"critical\"} 0",
        "mon_store_read_errors_total 0",
    ] {
        assert!(page.lines().any(|one| one == line), "`{line}` is not on the page:\n{page}");
    }
    assert!(!page.contains("gone"), "a monitor that the rules do not have is no label:\n{page}");
}

#[tokio::test]
async fn a_run_that_is_not_opened_yet_has_a_page_and_is_not_ready() {
    let watch = Watch::default();
    let page = watch.metrics();
    assert!(page.contains("mon_build_info{version=") && !page.contains("mon_posts_read_total"), "{page}");
    assert!(!watch.ready().good && watch.alive().good);
}

#[tokio::test]
async fn an_epoch_that_waits_too_long_for_its_commit_makes_the_run_unready() {
    let folder = tempfile::tempdir().unwrap();
    let watch = watched(folder.path());
    let now = Instant::now();
    watch.waits(8, now);
    watch.waits(9, now + ready::COMMIT_MAX);
    let waits = |later| watch.standing(now + later).commit_waits;
    assert_eq!(waits(ready::COMMIT_MAX), Some(ready::COMMIT_MAX));
    watch.committed(8, &Epoch::default(), NOW, Duration::ZERO);
    assert_eq!(waits(2 * ready::COMMIT_MAX), Some(ready::COMMIT_MAX));
    watch.committed(9, &Epoch::default(), NOW, Duration::ZERO);
    assert_eq!(waits(ready::COMMIT_MAX), None);
}

#[test]
fn a_line_is_up_while_it_runs_and_while_it_is_made_anew_for_its_silence() {
    let minute = Duration::from_secs(60);
    let start = Instant::now();
    let mut line = SourceLine { silence: Silence::new(5 * minute), was_up: false, down_since: None };
    let stalled = State::Stalled { next_attempt_in: minute };
    assert_eq!(line.look(&State::Starting, start), None);
    assert_eq!(line.look(&State::Starting, start + 9 * minute), None, "it never was connected");
    let up = start + 10 * minute;
    assert_eq!(line.look(&State::Running, up), None);
    assert!(line.was_up && line.down_since.is_none());
    assert_eq!(line.look(&stalled, up + 4 * minute), None);
    assert_eq!(line.down_since, Some(up + 4 * minute));
    let told = line.look(&State::Running, up + 5 * minute);
    assert!(matches!(told, Some(Told::Stalled { silent, .. }) if silent == 5 * minute), "{told:?}");
}

#[tokio::test]
async fn a_pump_that_was_held_up_has_not_heard_a_silence() {
    const LIMIT: u64 = 300;
    let jetstream = mon_fakes::FakeJetstream::start(mon_fakes::JetstreamOptions::default()).await.unwrap();
    let config = JetstreamConfig { hosts: vec![jetstream.url()], ..JetstreamConfig::default() };
    let config = SourceConfig::Jetstream(config);
    let supervised = supervise("sky", build("sky", &config).unwrap(), Resume::Live, config.supervisor_options());
    let handle = supervised.handle.clone();
    while handle.status().state != State::Running {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let watch = Watch::default();
    let source = SourceWatch::new("sky".to_owned(), handle, Duration::from_secs(LIMIT));
    watch.opened(Opened::new(plan(), None, Arc::default(), vec![source]));
    let start = Instant::now();
    let at = |second: u64| start + Duration::from_secs(second);
    // The seconds of a pump that comes round each second, up to the one in which it finds a stall.
    let stall = |seconds: std::ops::Range<u64>| seconds.into_iter().find(|second| !watch.round(at(*second)).is_empty());
    assert_eq!(stall(0..LIMIT), None);
    // The engine takes nothing for an hour: the next round does not know what the source did.
    assert_eq!(stall(4_000..4_000 + LIMIT), None);
    // A post that waited for an hour says nothing of the source's rhythm either.
    watch.batch(0, &posts(&[NOW]), NOW, at(8_000));
    assert_eq!(stall(8_000..9_000), Some(8_000 + LIMIT), "a true silence is told in its time");
    assert_eq!(watch.stalled("sky"), 1);
    assert_eq!(stall(20_000..20_900), None, "once is enough");
}

/// The tables of the page for operators.
fn tables() -> String {
    let mut tables = String::from("| name | type | labels | |\n| --- | --- | --- | --- |\n");
    for family in families() {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind) = (family.name, family.kind.word());
        tables.push_str(&format!("| `{name}` | {kind} | {} | {} |\n", labels.join(" "), family.help));
    }
    let list = |bounds: &[u64]| {
        let shown: Vec<String> =
            bounds.iter().map(|micros| Duration::from_micros(*micros).as_secs_f64().to_string()).collect();
        shown.join(", ")
    };
    tables.push_str(&format!("\nBounds of the latencies, in seconds: {}.\n", list(&LATENCY_BOUNDS)));
    tables.push_str(&format!("\nBounds of `mon_commit_duration_seconds`: {}.\n", list(&COMMIT_BOUNDS)));
    tables
}

#[test]
fn the_page_for_operators_lists_every_figure() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- figures -->\n").unwrap();
    let (list, tail) = rest.split_once("<!-- end of figures -->").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let whole = format!("{head}<!-- figures -->\n{}<!-- end of figures -->{tail}", tables());
        std::fs::write(&path, whole).unwrap();
        return;
    }
    assert_eq!(list, tables(), "UPDATE=1 writes it");
}

#[test]
fn names_follow_the_conventions_of_prometheus() {
    for family in families() {
        let name = family.name;
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(name.ends_with("_total"), family.kind == mon_server::Kind::Counter, "{name}");
        assert!(family.help.ends_with('.') && !family.help.contains('\n'), "{name}: {}", family.help);
        assert!(family.kind != mon_server::Kind::Histogram || name.ends_with("_seconds"), "{name}");
    }
}
