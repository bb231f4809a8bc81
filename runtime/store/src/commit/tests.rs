use serde_json::json;

use super::*;
use crate::{Checkpoint, OutboxState};

fn transition(incident: &str, number: u32, kind: &str) -> TransitionRow {
    TransitionRow::of(&json!({
        "incident": incident, "number": number, "kind": kind, "monitor": "m", "key": [["country", "DE"]],
        "at": 100 + number, "opened_at": 100, "severity": "high", "measures": [], "evidence": [],
    }))
    .unwrap()
}

fn message(id: &str, incident: &str, number: u32) -> MessageRow {
    MessageRow::of(&json!({
        "id": id, "incident": incident, "transition": number, "event": "incident.opened", "monitor": "m",
        "severity": "high", "team": "care", "method": "slack", "at": 100, "due": 100, "title": "t", "body": "b",
    }))
    .unwrap()
}

fn part(name: &str, bytes: Option<&[u8]>) -> SnapshotPart {
    SnapshotPart { name: name.to_owned(), bytes: bytes.map(<[u8]>::to_vec) }
}

fn cursor(at: &str) -> CursorRow {
    CursorRow { source: "jetstream".to_owned(), partition: "0".to_owned(), cursor: at.to_owned() }
}

fn full(epoch: u64) -> EpochCommit {
    EpochCommit {
        epoch,
        at: 1_000,
        cursors: vec![cursor("{\"time_us\":5}")],
        snapshot: Some(vec![part("a-1", Some(b"aa")), part("b-1", Some(b"bb"))]),
        transitions: vec![transition("i1", 0, "opened")],
        messages: vec![message("m1", "i1", 0)],
        mentions: Vec::new(),
        gaps: vec![GapRow {
            source: "jetstream".to_owned(),
            partition: "0".to_owned(),
            from: 1,
            to: None,
            lost: None,
            reason: "connection lost".to_owned(),
        }],
        counts: vec![("posts".to_owned(), 10)],
        audit: vec![AuditEntry { kind: "run.started".to_owned(), subject: "s".to_owned(), detail: String::new() }],
    }
}

/// Everything that a commit can change, as text.
fn picture(store: &Store) -> String {
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        store.load_checkpoint().unwrap(),
        store.incidents(false, 100).unwrap(),
        store.outbox(None, 100).unwrap(),
        store.gaps().unwrap(),
        store.verify_audit().unwrap()
    )
}

#[test]
fn a_new_folder_has_no_checkpoint_and_a_commit_makes_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.load_checkpoint().unwrap(), None);
    let done = store.commit(&full(1)).unwrap();
    assert_eq!(done, Committed { already: false, transitions: 1, messages: 1 });
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let expected = Checkpoint {
        epoch: 1,
        cursors: vec![cursor("{\"time_us\":5}")],
        snapshot: vec![("a-1".to_owned(), b"aa".to_vec()), ("b-1".to_owned(), b"bb".to_vec())],
        counts: vec![("posts".to_owned(), 10)],
    };
    assert_eq!(store.load_checkpoint().unwrap(), Some(expected));
    let kinds: Vec<String> = store.audit_rows(0, 10).unwrap().into_iter().map(|row| row.entry.kind).collect();
    assert_eq!(kinds, ["incident.opened", "message.queued", "run.started"]);
}

#[test]
fn the_same_epoch_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&full(4)).unwrap();
    let before = picture(&store);
    assert!(store.commit(&full(4)).unwrap().already);
    assert!(store.commit(&full(3)).unwrap().already);
    assert_eq!(picture(&store), before);
}

#[test]
fn the_same_transitions_and_messages_in_a_later_epoch_are_not_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&full(1)).unwrap();
    let target = crate::Target { team: "care".to_owned(), method: "slack".to_owned() };
    let claimed = store.claim(100, &[(target.clone(), 5)]).unwrap();
    store.settle(100, &[(claimed[0].id.clone(), crate::Settle::Sent { remote: None })]).unwrap();
    let done = store.commit(&EpochCommit { audit: Vec::new(), ..full(2) }).unwrap();
    assert_eq!((done.transitions, done.messages), (0, 0));
    assert_eq!(store.outbox(None, 10).unwrap()[0].state, OutboxState::Sent);
    assert!(store.claim(100, &[(target, 5)]).unwrap().is_empty());
    let queued = store.audit_rows(0, 100).unwrap().iter().filter(|row| row.entry.kind == "message.queued").count();
    assert_eq!(queued, 1);
}

#[test]
fn snapshot_parts_are_kept_by_name_and_removed_when_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&full(1)).unwrap();
    let parts = vec![part("b-1", None), part("c-2", Some(b"cc"))];
    store.commit(&EpochCommit { epoch: 2, snapshot: Some(parts), ..EpochCommit::default() }).unwrap();
    store.commit(&EpochCommit { epoch: 3, snapshot: None, ..EpochCommit::default() }).unwrap();
    let parts = store.load_checkpoint().unwrap().unwrap().snapshot;
    assert_eq!(parts, [("b-1".to_owned(), b"bb".to_vec()), ("c-2".to_owned(), b"cc".to_vec())]);
    let before = picture(&store);
    let lacking = EpochCommit { snapshot: Some(vec![part("a-1", None)]), ..full(4) };
    let error = store.commit(&lacking).unwrap_err();
    assert!(matches!(&error, StoreError::MissingPart { name } if name == "a-1"), "{error}");
    assert_eq!(picture(&store), before, "a commit that fails leaves nothing behind");
}

#[test]
fn an_incident_stands_as_its_last_transition_says() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let steps =
        vec![transition("i1", 0, "opened"), transition("i1", 1, "severity_changed"), transition("i2", 0, "opened")];
    store.commit(&EpochCommit { epoch: 1, transitions: steps, ..EpochCommit::default() }).unwrap();
    assert_eq!(store.incidents(true, 10).unwrap().len(), 2);
    let open = store.open_incidents().unwrap();
    assert_eq!(open.iter().map(|(_, count)| count).sum::<u64>(), 2, "{open:?}");
    assert!(store.bytes() > 0);
    let end = EpochCommit { epoch: 2, transitions: vec![transition("i1", 2, "cleared")], ..EpochCommit::default() };
    store.commit(&end).unwrap();
    let open = store.incidents(true, 10).unwrap();
    assert_eq!(open.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["i2"]);
    let all = store.incidents(false, 10).unwrap();
    assert_eq!((all[0].id.as_str(), all[0].number, all[0].changed_at, all[0].open), ("i1", 2, 102, false));
    assert_eq!(all[0].key, r#"[["country","DE"]]"#);
    assert_eq!(store.transitions("i1").unwrap().len(), 3);
}

#[test]
fn a_gap_is_completed_by_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&full(1)).unwrap();
    let mut later = full(2);
    later.gaps[0].to = Some(9);
    later.gaps[0].lost = Some(3);
    store.commit(&later).unwrap();
    store.commit(&full(3)).unwrap();
    let gaps = store.gaps().unwrap();
    assert_eq!((gaps.len(), gaps[0].to, gaps[0].lost), (1, Some(9), Some(3)));
}

#[test]
fn a_full_disk_is_said_and_the_last_commit_still_stands() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&full(1)).unwrap();
    let before = picture(&store);
    // The database refuses to grow, as it does when the disk has no room.
    store.read(|db| Ok(db.pragma_update(None, "max_page_count", 60)?)).unwrap();
    let big = EpochCommit { snapshot: Some(vec![part("big", Some(&vec![7; 4 << 20]))]), ..full(2) };
    let error = store.commit(&big).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(picture(&store), before);
    store.read(|db| Ok(db.pragma_update(None, "max_page_count", 1 << 30)?)).unwrap();
    assert!(!store.commit(&big).unwrap().already, "with room again it goes on");
}

#[test]
fn a_row_that_lacks_a_name_is_refused() {
    assert!(matches!(MessageRow::of(&json!({"id": "x"})), Err(StoreError::Shape { what: "a message", .. })));
    assert!(matches!(TransitionRow::of(&json!([1])), Err(StoreError::Shape { .. })));
}
