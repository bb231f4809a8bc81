use std::fs;

use mon_store::{AuditEntry, EpochCommit, GapRow, Store};

use super::*;
use crate::config::Config;

const NOW: i64 = 1_796_000_000 * SECOND;

fn checked(work: impl FnOnce(&mut Report)) -> Vec<(Finding, String)> {
    let mut report = Report::default();
    work(&mut report);
    report.checks.into_iter().map(|check| (check.finding, format!("{}: {}", check.subject, check.message))).collect()
}

fn config(text: &str) -> Config {
    Config::parse(text).unwrap()
}

fn look(folder: &Path, toml: &str, now: i64) -> Report {
    let path = folder.join("mon.toml");
    fs::write(&path, toml).unwrap();
    let data = folder.join("data");
    examine(&Patient { plan: None, config: Some(&path), data: &data, offline: true, now }).unwrap()
}

#[test]
fn a_length_of_time_is_told_in_its_largest_unit_that_is_there_twice() {
    let told = [(0, "0 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7_300, "2 hours"), (172_800, "2 days")];
    for (seconds, expected) in told {
        assert_eq!(span(seconds * SECOND), expected);
    }
}

#[test]
fn room_is_judged_by_what_is_free() {
    let judged = |free| checked(|report| data::room(report, free)).remove(0).0;
    assert_eq!(judged(5 << 30), Finding::Ok);
    assert_eq!(judged(500 << 20), Finding::Warning);
    assert_eq!(judged(99 << 20), Finding::Failed);
}

#[test]
fn a_clock_before_the_first_release_or_behind_its_own_data_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let entry = AuditEntry { kind: "a".to_owned(), subject: "b".to_owned(), detail: String::new() };
    store.audit(NOW, &[entry]).unwrap();
    let judged = |now| checked(|report| data::clock(report, now, Some(&store))).remove(0);
    assert_eq!(judged(NOW).0, Finding::Ok);
    let (finding, told) = judged(NOW - 3 * HOUR);
    assert_eq!(finding, Finding::Failed);
    assert!(told.contains("last written 3 hours from now"), "{told}");
    assert_eq!(checked(|report| data::clock(report, 0, None))[0].0, Finding::Failed);
}

#[test]
fn what_the_last_week_left_is_told_and_what_is_older_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let gap = |at, reason: &str| GapRow {
        source: "sky".to_owned(),
        partition: "all".to_owned(),
        from: at,
        to: Some(at),
        lost: None,
        reason: reason.to_owned(),
    };
    let from = NOW - 2 * DAY;
    let ends = format!("it is gone (from 7@{from} to 9@{})", from + 5 * HOUR);
    let cursor = format!("{{\"order\":9,\"token\":\"9@{}\",\"epoch\":\"host\"}}", NOW - 3 * HOUR);
    let cursor = mon_store::CursorRow { source: "sky".to_owned(), partition: "all".to_owned(), cursor };
    let gaps = vec![gap(NOW - 8 * DAY, "old"), gap(NOW - 2 * DAY, &ends), gap(NOW - 3 * DAY, "other")];
    store.commit(&EpochCommit { epoch: 1, gaps, cursors: vec![cursor], ..EpochCommit::default() }).unwrap();
    let stalled = |at| {
        let subject = "sky".to_owned();
        store.audit(at, &[AuditEntry { kind: "source.stalled".to_owned(), subject, detail: String::new() }]).unwrap();
    };
    stalled(NOW - 8 * DAY);
    stalled(NOW - DAY);
    let sky = config("[source.sky]\nkind = 'jetstream'\n");
    let told = checked(|report| past::examine(report, NOW, Some(&sky), &store));
    let (findings, told): (Vec<Finding>, Vec<String>) = told.into_iter().unzip();
    assert_eq!(findings, [Finding::Ok, Finding::Warning, Finding::Warning, Finding::Ok], "{told:#?}");
    assert_eq!(told[0], "outbox: 0 messages sent, 0 to be sent");
    assert!(told[1].contains("lost posts 2 times in the last 7 days, about 5 hours in all"), "{}", told[1]);
    assert!(told[2].contains("`sky` was connected and silent for longer than usual once"), "{}", told[2]);
    assert!(told[3].ends_with("3 hours ago"), "{}", told[3]);
    let later = checked(|report| past::examine(report, NOW + 30 * DAY, Some(&sky), &store));
    let later: Vec<Finding> = later.into_iter().map(|(finding, _)| finding).collect();
    assert_eq!(later, [Finding::Ok, Finding::Ok, Finding::Warning], "only the place is told");
}

#[test]
fn a_deployment_that_is_well_has_no_finding_and_one_that_is_not_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let key = folder.path().join("hook.key");
    fs::write(&key, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n").unwrap();
    let good = format!(
        "[source.sky]\nkind = 'jetstream'\n[method.hook]\nkind = 'webhook'\nurl = 'https://hooks.acme.example/mon'\n\
         secret = 'file:{}'\n[server]\nlisten = '127.0.0.1:9464'\n",
        key.display()
    );
    let well = look(folder.path(), &good, NOW);
    // The room on the disk of whoever runs this is theirs.
    let rest: Vec<&Check> = well.checks.iter().filter(|check| check.subject != "room").collect();
    assert!(rest.iter().all(|check| check.finding == Finding::Ok && check.help.is_none()), "{}", well.text());
    assert!(!well.text().contains("MDEyMzQ1"), "a secret is shown: {}", well.text());

    let data = folder.path().join("data");
    let names = || {
        let entries = fs::read_dir(&data).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(names().is_empty(), "{:?}", names());
    let running = Store::open(&data).unwrap();
    let during = look(folder.path(), &good, NOW);
    let rest: Vec<&Check> = during.checks.iter().filter(|check| check.subject != "room").collect();
    assert!(rest.iter().all(|check| check.finding == Finding::Ok && check.help.is_none()), "{}", during.text());
    assert!(during.text().contains("ok       lock: another `mon` writes in the data folder now"), "{}", during.text());
    drop(running);
    let before = names();
    look(folder.path(), &good, NOW);
    assert_eq!(names(), before, "something is left behind");

    let bad = "[source.rec]\nkind = 'file'\npath = 'nothere.jsonl'\n[method.chat]\nkind = 'slack'\n\
               token = 'env:MON_TEST_VARIABLE_THAT_NOBODY_SETS'\napi = 'slack.com'\n[method.mail]\nkind = 'smtp'\n\
               host = 'mail.acme.example:25'\nfrom = 'mon@acme.example'\n[server]\nlisten = '0.0.0.0:9464'\n";
    let ill = look(folder.path(), bad, NOW);
    assert!(!ill.is_well());
    let find = |finding: Finding, words: &str| {
        let found = ill.checks.iter().find(|check| check.message.contains(words));
        let found = found.unwrap_or_else(|| panic!("`{words}` is not said: {}", ill.text()));
        assert_eq!(found.finding, finding, "{words}");
        assert!(found.help.as_ref().is_some_and(|help| !help.is_empty()), "{words}");
    };
    find(Finding::Failed, "`MON_TEST_VARIABLE_THAT_NOBODY_SETS`");
    find(Finding::Failed, "`slack.com` is no address");
    find(Finding::Failed, "`mail.acme.example:25` is no name of a mail server");
    find(Finding::Failed, "nothere.jsonl");
    find(Finding::Warning, "there is no access policy yet");
    let broken = look(folder.path(), "[source.x]\nkind = 5\n", NOW);
    assert!(broken.text().contains("failed   mon.toml: [source.x]: `kind` is 5"), "{}", broken.text());
    assert!(broken.text().contains("data folder"), "the rest is looked at all the same: {}", broken.text());
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let report = look(folder.path(), "", NOW);
    assert!(report.checks.iter().any(|check| check.subject == "data folder" && check.finding == Finding::Failed));
}
